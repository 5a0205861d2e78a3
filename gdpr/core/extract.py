"""The extract that a data subject gets (GDPR art. 15.3): their own data, others' masked (15.4).

Made from an allow-list of fields, never from a scrubbed copy of what the platform sent. A record
is the data subject's own if its author is who they said they are: by the platform's id, or by the
very name or handle. Of a record that is not, everything about its author is left out. In all texts
others are masked: what the recognisers find, recall first, and the names, handles and ids of all
others in the same threads. What is the data subject's own, as they supplied it, stays; an official
may show or hide more, word by word.

Invariants: a mask has no length of its own; nothing of `others` is left in the extract (`left`);
the same input gives the same extract. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from archiver.core.canonical import Json
from gdpr.core.mask import Cut, masked
from gdpr.core.span import Label, Span

Detect: TypeAlias = Callable[[str], Sequence[Span]]
_SHORTEST = 3  # characters of a value that is looked for in texts
_WORDS: Mapping[str, str] = {
    Label.PERSON: "person",
    Label.PERSONAL_NUMBER: "personnummer",
    Label.COORDINATION_NUMBER: "samordningsnummer",
    Label.PHONE: "telefonnummer",
    Label.EMAIL: "e-postadress",
    Label.ADDRESS: "adress",
    Label.HANDLE: "användarnamn",
}
_OTHER = "annan"  # somebody else in the thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who asks, as they said: platform ids, and names and handles."""

    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def is_author(self, fields: Mapping[str, Any]) -> bool:
        """Whether a record with these fields is by them. Where the platform gives an id and the
        data subject one too, the id alone tells: names are shared."""
        author = folded(str(fields.get("author_id", "")))
        if author and self.ids:
            return author in {folded(one) for one in self.ids}
        names = {folded(one) for one in self.names} | {folded(one) for one in self.ids}
        said = {author, folded(str(fields.get("author_name", "")))}
        url = str(fields.get("author_url", "")).rstrip("/").rpartition("/")[2]
        return bool((said | {folded(url)}) - {""} & names)

    def holds(self, text: str) -> bool:
        """Whether a stretch of text is nothing but what they supplied."""
        return folded(text) in {folded(one) for one in (*self.ids, *self.names)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A version of a record. `where` is the channel's title, `platform` its name; `on` the legal
    day, `captured_on` the day it was captured, both Swedish and ISO; `fields` what the egress gate
    lets out; `notes` the rectifications that stand beside the record."""

    record: int
    n: int
    kind: str
    where: str
    platform: str
    on: str
    captured_on: str
    state: str
    fields: Mapping[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What an official decided of single words: masked wrongly (`show`), or missed (`hide`);
    `withheld`: record → the provision it is withheld under (dataskyddslagen 5:1)."""

    show: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    withheld: Mapping[int, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Extract:
    """What is given: rows in the order of the log, what was masked (kind → how often), and how many
    records are withheld under which provision."""

    rows: tuple[Mapping[str, Json], ...]
    masks: Mapping[str, int]
    withheld: Mapping[str, int]

    @cached_property
    def data(self) -> dict[str, Json]:
        """The extract as JSON."""
        return {
            "records": list[Json](self.rows),
            "masked": [{"as": word, "times": times} for word, times in self.masks.items()],
            "withheld": [{"under": one, "records": n} for one, n in self.withheld.items()],
        }


def folded(text: str) -> str:
    """A name, handle or id as it is compared: case, an at sign and blanks make no difference."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(plain.split()).removeprefix("@")


def extract(
    held: Iterable[Held],
    subject: Subject,
    others: Collection[str],
    detect: Detect,
    wishes: Wishes = Wishes(),
) -> Extract:
    """The extract of these versions. `others`: names, handles and ids of others in the threads;
    `detect`: the recognisers, recall first."""
    veil = _Veil(subject, _values(others, subject), detect, wishes)
    rows, withheld = list[Mapping[str, Json]](), dict[int, str]()
    for one in held:
        if one.record in wishes.withheld:
            withheld[one.record] = wishes.withheld[one.record]
        else:
            rows.append(_row(one, subject, veil))
    counts = Counter(withheld.values())
    return Extract(tuple(rows), dict(sorted(veil.counts.items())), dict(sorted(counts.items())))


def left(given: str, others: Collection[str], subject: Subject) -> int:
    """How many of the others' names, handles and ids stand in what would be given; 0 if it may
    leave. The data subject's own are no others'."""
    values = _values(others, subject)
    text = unicodedata.normalize("NFKC", given).casefold()
    return sum(_pattern([value]).search(text) is not None for value in values)


def _values(others: Collection[str], subject: Subject) -> list[str]:
    """What is looked for, the longest first."""
    kept = {folded(one) for one in others if not subject.holds(one)}
    return sorted((one for one in kept if len(one) >= _SHORTEST), key=lambda one: (-len(one), one))


def _pattern(values: Sequence[str]) -> re.Pattern[str]:
    alternatives = "|".join(r"\s+".join(map(re.escape, one.split())) for one in values)
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)|(?<!\w)(?:{alternatives})s(?!\w)", re.I)


class _Veil:
    """Masks texts, and counts what it masked."""

    def __init__(
        self, subject: Subject, values: Sequence[str], detect: Detect, wishes: Wishes
    ) -> None:
        self._subject, self._detect = subject, detect
        self._shown = {folded(one) for one in wishes.show}
        hidden = sorted({folded(one) for one in wishes.hide if one.strip()}, key=len, reverse=True)
        named = [*hidden, *values]
        self._named = _pattern(named) if named else None
        self.counts = Counter[str]()

    def text(self, text: str) -> str:
        """The text with others masked."""
        cuts = list(self._cuts(text))
        self.counts.update(cut.token for cut in cuts)
        return masked(text, cuts)

    def hides_any(self, text: str) -> bool:
        """Whether anything of the text would be masked."""
        return next(self._cuts(text), None) is not None

    def _cuts(self, text: str) -> Iterator[Cut]:
        found = [
            (one.start, one.end, _WORDS.get(one.label, "uppgift"))
            for one in self._detect(text)
            if not one.flags_only and not self._stays(text[one.start : one.end])
        ]
        if self._named is not None:
            for match in self._named.finditer(text):
                if folded(match[0]) not in self._shown:
                    found.append((*match.span(), _OTHER))
        start, end, word = -1, -1, ""
        for one in sorted(found):
            if one[0] < end:
                end = max(end, one[1])
                continue
            if word:
                yield Cut(start, end, f"[maskat: {word}]")
            start, end, word = one
        if word:
            yield Cut(start, end, f"[maskat: {word}]")

    def _stays(self, text: str) -> bool:
        return self._subject.holds(text) or folded(text) in self._shown


def _row(one: Held, subject: Subject, veil: _Veil) -> dict[str, Json]:
    fields = one.fields
    own = subject.is_author(fields)
    row: dict[str, Json] = {
        "record": f"R{one.record}",
        "version": one.n,
        "kind": one.kind,
        "channel": one.where,
        "platform": one.platform,
        "date": one.on,
        "captured": one.captured_on,
        "state": one.state,
        "own": own,
    }
    for name in ("title", "text"):
        if fields.get(name):
            row[name] = veil.text(str(fields[name]))
    if own:
        for name in ("author_name", "author_id", "author_url"):
            if fields.get(name):
                row[name] = str(fields[name])
        url = str(fields.get("url", ""))
        if url and not veil.hides_any(re.sub(r"[-_/+%.=?&#]+", " ", url)):
            row["url"] = url
    alts = [veil.text(str(file.get("alt", ""))) for file in fields.get("attachments", ())]
    if alts:
        row["attachments"] = [*alts]
    if fields.get("links"):
        row["links"] = len(fields["links"])
    if one.notes:
        row["rectifications"] = [veil.text(note) for note in one.notes]
    return row
