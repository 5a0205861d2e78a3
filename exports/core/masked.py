"""A version of a record as it is given out: what may leave, with tokens for what is hidden. Pure.

The masked copy is made from an allow-list of fields, and never by scrubbing a copy of what was
captured. Masks name a place: a span of a text, a whole field, or a part of one by its way through
lists (`attachments/0/alt`). Whoever hides anything hides also the record's own address and its
links, which lead to the unmasked text as long as that is online; who hides an author's name, also
the account and the address that lead to it; on the same ground. What other records say of a masked
one is `exports.core.leads`. What stands instead is a token of the release (`gdpr.core.pseudonym`),
which has no length of its own.

Invariants, for any set of masks: no hidden character is shown, and all others of an allowed field
are; the order of masks, and saying one twice, makes no difference; the fields given are unchanged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from archiver.core.canonical import Json
from archiver.errors import RuleViolation
from gdpr.core.mask import Cut, Mask, Target, TextSpan, TimeRange, WholeField, masked, place

# What of an attachment is given out: its address at the platform is nobody's content.
_OF_ATTACHMENT = frozenset({"alt", "mime", "name"})
# Each leads to the person whom another of them names.
_AUTHOR = ("author_id", "author_name", "author_url")
_LEADS_THERE = (*_AUTHOR, "native_id", "url")
WAYS = frozenset({"links", "url"})  # where the text stands unmasked, or may


class Kept(NamedTuple):
    """A mask and the entry that made it."""

    seq: int
    mask: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What one place of a version hides. `start`: None where the place is hidden whole; `value`:
    what stands there; `words`: the texts in it, each of which must be nowhere in what leaves;
    `seqs`: the masks, none where it is another record's that are the reason."""

    path: str
    start: int | None = None
    end: int = 0
    category: str
    value: str
    words: tuple[str, ...]
    seqs: tuple[int, ...]

    @property
    def key(self) -> tuple[str, str]:
        """What its token stands for."""
        return self.category, self.value


def hidden(fields: Mapping[str, Json], masks: Iterable[Kept]) -> tuple[Hidden, ...]:
    """What the masks of a version hide of its fields, in order of place. Masks that do not hide are
    left out; those of pictures and recordings hide what leads to them. `RuleViolation` for a place
    that the version does not have."""
    hiding = [one for one in masks if one.mask.hides]
    wanted = sorted(
        {(one.mask.target, one.seq, one.mask.category) for one in _in_text(hiding)}, key=_order
    )
    whole = {t.path: (seq, what) for t, seq, what in reversed(wanted) if isinstance(t, WholeField)}
    spans = [(t, seq, what) for t, seq, what in wanted if isinstance(t, TextSpan)]
    top = {path: said for path, said in whole.items() if not _lies_in(path, whole)}
    found = [_whole(fields, path, *said) for path, said in top.items()]
    left = [one for one in spans if one[0].path not in whole and not _lies_in(one[0].path, whole)]
    for path in sorted({span.path for span, _, _ in left}):
        found += _spans(fields, path, [one for one in left if one[0].path == path])
    if hiding:
        found = _with_ways(fields, found, min(one.seq for one in hiding))
    return tuple(sorted(found, key=lambda one: (one.path, one.start or 0)))


def shown(
    fields: Mapping[str, Json], hiding: Iterable[Hidden], tokens: Mapping[tuple[str, str], str]
) -> dict[str, Json]:
    """Fields that may leave, with tokens where `hiding` hides."""
    by_path: dict[str, list[Hidden]] = {}
    for one in hiding:
        by_path.setdefault(one.path, []).append(one)

    def of(value: Json, path: str) -> Json:
        here = by_path.get(path, ())
        if here and here[0].start is None:
            return tokens[here[0].key]
        if isinstance(value, str):
            cuts = [Cut(one.start or 0, one.end, tokens[one.key]) for one in here]
            return masked(value, cuts)
        if isinstance(value, Mapping):
            return {name: of(one, f"{path}/{name}") for name, one in value.items()}
        if isinstance(value, Sequence):
            return [of(one, f"{path}/{n}") for n, one in enumerate(value)]
        return value

    return {name: of(_narrowed(name, value), name) for name, value in fields.items()}


def hiding_file(masks: Iterable[Kept], media: int) -> list[Mask]:
    """What holds a stored file back whole: masks of its place, or of a part of a recording, which
    cannot be cut here; none if it goes along."""
    return [mask for _, mask in masks if mask.hides and _is_of_file(mask.target, media)]


def _is_of_file(target: Target, media: int) -> bool:
    if isinstance(target, WholeField):
        return target.path in ("attachments", f"attachments/{media}")
    return isinstance(target, TimeRange) and target.media == media


def words_of(value: Json) -> Iterator[str]:
    """Every text in a value that is not blank."""
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from words_of(one)
    elif isinstance(value, Sequence):
        for one in value:
            yield from words_of(one)


def _in_text(masks: Iterable[Kept]) -> Iterator[Kept]:
    for one in masks:
        if one.mask.hides and isinstance(one.mask.target, TextSpan | WholeField):
            yield one


def _order(said: tuple[object, int, str]) -> tuple[str, int, int, int, str]:
    target, seq, category = said
    if isinstance(target, TextSpan):
        return target.path, target.start, target.end, seq, category
    assert isinstance(target, WholeField)
    return target.path, -1, 0, seq, category


def _with_ways(fields: Mapping[str, Json], found: Sequence[Hidden], seq: int) -> list[Hidden]:
    """What is hidden, and with it what leads there: to an author of whom something is hidden, and
    by the mask `seq` to what stands at the platform. What is hidden inside such a field stays a
    word of it; the field's own words are none where only the way is hidden, since they may well
    stand elsewhere."""
    author = min(
        ((one.path, one.seqs[0], one.category) for one in found if one.path in _AUTHOR),
        default=None,
    )
    ways = {path: (seq, "url") for path in sorted(WAYS) if any(words_of(fields.get(path, "")))}
    if author is not None:
        ways |= {path: author[1:] for path in _LEADS_THERE if path in fields}
    made = list(found)
    for path, (by, what) in ways.items():
        inside = [one for one in made if one.path == path or one.path.startswith(f"{path}/")]
        if inside and (path in _AUTHOR or (path, None) in {(o.path, o.start) for o in inside}):
            continue
        way = _whole(fields, path, by, what)
        words = way.words if author is not None and path in _LEADS_THERE else ()
        words += tuple(word for one in inside for word in one.words)
        made = [one for one in made if one not in inside] + [replace(way, words=words)]
    return made


def way_hidden(fields: Mapping[str, Json], path: str) -> Hidden:
    """A field that is hidden only for the other record that it leads to."""
    return replace(_whole(fields, path, 0, "url"), words=(), seqs=())


def _lies_in(path: str, whole: Collection[str]) -> bool:
    parts = path.split("/")
    return any("/".join(parts[:n]) in whole for n in range(1, len(parts)))


def _whole(fields: Mapping[str, Json], path: str, seq: int, category: str) -> Hidden:
    value = at(fields, path)
    words = tuple(words_of(value)) or (str(value),)
    said = value if isinstance(value, str) else "\n".join(words)
    return Hidden(path=path, category=category, value=said, words=words, seqs=(seq,))


def _spans(
    fields: Mapping[str, Json], path: str, said: Sequence[tuple[TextSpan, int, str]]
) -> Iterator[Hidden]:
    """The spans of one text; what two of them share is hidden once, under the first one's name."""
    text = at(fields, path)
    runs: list[tuple[int, int, str, list[int]]] = []
    for span, seq, category in said:
        if not isinstance(text, str) or not 0 <= span.start < span.end <= len(text):
            raise RuleViolation(
                f"A mask lies outside its text: {place(span)}.",
                remedy="Look at the record's masks again.",
            )
        if runs and span.start < runs[-1][1]:
            start, end, first, seqs = runs[-1]
            runs[-1] = (start, max(end, span.end), first, [*seqs, seq])
        else:
            runs.append((span.start, span.end, category, [seq]))
    assert isinstance(text, str)
    for start, end, category, seqs in runs:
        value = text[start:end]
        yield Hidden(
            path=path, start=start, end=end, category=category, value=value,
            words=(value,), seqs=tuple(sorted(set(seqs))),
        )  # fmt: skip


def at(fields: Mapping[str, Json], path: str) -> Json:
    """The value at a place. `RuleViolation` if there is none."""
    value: Json = fields
    for part in path.split("/"):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, Sequence) and not isinstance(value, str) and part.isdecimal():
            if int(part) >= len(value):
                break
            value = value[int(part)]
        else:
            break
    else:
        return value
    raise RuleViolation(
        f"A mask names {path}, which the version does not have.",
        remedy="Look at the record's masks again.",
    )


def _narrowed(name: str, value: Json) -> Json:
    if name != "attachments" or isinstance(value, str) or not isinstance(value, Sequence):
        return value
    return [
        {part: said for part, said in one.items() if part in _OF_ATTACHMENT}
        for one in value
        if isinstance(one, Mapping)
    ]
