"""The last gate: nothing leaves that was hidden, nor personal data that nobody has looked at.

Three questions, each of which stops a release (`gdpr.leak` looks):
* does a hidden value stand anywhere in any byte stream that leaves?
* do the recognisers, recall first, find anything in the fields that are given out, or in files
  that go along, that no person has looked at in the review?
* is there a personal number or an e-mail address in a file of ours that stands in no field?

The verifier that a bundle carries is the program's own, byte for byte, and is not searched. Files
that strangers made are read where they can do no harm, their pixels too; what was set here from
masked records is read at once, and has no pixels to hide anything in.

What leaked is told by its place and its mask, never by its value. Suspects are masked, or waived by
name; a value never is.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from archiver.core.canonical import Json
from archiver.core.enclosed import VERIFIER
from archiver.errors import RuleViolation
from archiver.ledger.proof import build_zip, verifier
from exports.core.masked import Kept, at, words_of
from exports.release.document import BUNDLE
from exports.release.frozen import Frozen
from exports.release.given import Given
from exports.release.neighbours import LeakCheck
from gdpr.core.mask import TextSpan, WholeField
from gdpr.core.span import Span
from gdpr.leak import Kind, Leak, Output, Secret, suspect
from gdpr.leak.fold import words
from gdpr.leak.piece import Gathered, Limits
from gdpr.leak.reader import read

# Whose words may stand in a field that is given out.
_OF_OTHERS = ("attachments", "author_name", "author_url", "links", "text", "title", "url")
_LOOKED_AT = ("author_name", "author_url", "url")  # who gives them out has seen whom they name
# A salt or a digest of ours: that its digits make a number of somebody's is chance.
_CHANCE = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-f]{32}|[0-9a-f]{64})(?![0-9A-Za-z])")
_TOLD = 12  # leaks that an error names

Detect = Callable[[str], Sequence[Span]]


class Leaked(NamedTuple):
    """What must not leave. `output` and `place`: where; `ref`: the mask, the kind of data, or why
    nobody can read it; `digest`: by which it may be waived, if at all."""

    output: str
    place: str
    kind: str
    ref: str
    digest: str

    @property
    def waivable(self) -> bool:
        """Whether a person may let it pass by name."""
        return self.kind != Kind.VALUE and bool(self.digest)

    @property
    def words(self) -> str:
        """One line that says what and where."""
        return f"{self.output}, {self.place}: {self.kind} ({self.ref}) {self.digest}".rstrip()


class LeaksFound(RuleViolation):
    """The leak check stopped it; `leaks` is what it found, which may be more than it tells."""

    def __init__(self, message: str, leaks: Sequence[Leaked], *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.leaks = tuple(leaks)


class Gate:
    """Looks at outputs before they leave. `check` is `gdpr.leak.check`, `detect` the recognisers,
    recall first; `certain` those of them that hardly err."""

    def __init__(self, check: LeakCheck, detect: Detect, certain: Detect) -> None:
        self._check, self._detect, self._certain = check, detect, certain

    def leaks(
        self,
        frozen: Frozen,
        given: Sequence[Given],
        outputs: Sequence[Output],
        *,
        looked_at: Iterable[Kept] = (),
        waived: Collection[str] = (),
    ) -> list[Leaked]:
        """What stops a release of these outputs, in order; nothing if they may leave. `looked_at`:
        what a person saw in the review and did not mask."""
        secrets = frozen.secrets()
        known = _known(frozen, given, looked_at)
        there = _plain(" ".join(word for one in given for word in words_of(dict(one.fields))))
        along = {file.output.name for one in given for file in one.files}

        def stranger(text: str) -> list[Span]:
            chance = [one.span() for one in _CHANCE.finditer(text)]
            return [
                one
                for one in self._certain(text)
                if _plain(text[one.start : one.end]) not in there
                and not any(start <= one.start and one.end <= end for start, end in chance)
            ]

        def unseen(text: str) -> list[Span]:
            found = self._detect(text)
            return [one for one in found if not _is_known(text[one.start : one.end], known)]

        fields = dict(_fields(given))
        numbered = [Output(str(n), text.encode()) for n, text in enumerate(fields.values(), 1)]
        own = [part for one in outputs if one.name not in along for part in _parts(one)]
        files = [one for one in outputs if one.name in along]
        found: list[Leak] = []
        for looked, suspects, reader in (
            (own, stranger, _at_once),
            (files, unseen, None),
            (numbered, unseen, _at_once),
        ):
            if looked:
                found += self._check(
                    looked,
                    secrets,
                    suspects=suspects,
                    waived=waived,
                    key=frozen.key,
                    reader=reader,
                )
        names = {str(n): name for n, name in enumerate(fields, 1)}
        return sorted({_leaked(one, names) for one in found})

    def suspected(self, frozen: Frozen, given: Sequence[Given]) -> dict[str, str]:
        """Digest → the words that a check of these may point at, for who may see all of them."""
        return {
            suspect(frozen.key, one.label, text[one.start : one.end]): text[one.start : one.end]
            for text in _every_text(given)
            for one in self._detect(text)
        }

    def written(
        self, secrets: Sequence[Secret], texts: Sequence[Output], known: str = ""
    ) -> list[Leak]:
        """What texts and papers that people wrote tell of what is hidden, and what in them the
        recognisers that hardly err find. `known`: words that stand there anyway, as the standing
        ones of a decision, and give nothing away. What is no plain text (`.txt`) is read where it
        can do no harm."""
        numbered = [one._replace(ref=str(n)) for n, one in enumerate(secrets)]
        there = self._check([Output("known", known.encode())], numbered, reader=_at_once)
        public = {int(one.ref) for one in there if one.kind is Kind.VALUE}
        sought = [one for n, one in enumerate(secrets) if n not in public]
        plain = _plain(known)

        def certain(text: str) -> list[Span]:
            found = self._certain(text)
            return [one for one in found if _plain(text[one.start : one.end]) not in plain]

        return [
            leak
            for one in texts
            for leak in self._check(
                [one],
                sought,
                suspects=certain,
                reader=_at_once if one.name.endswith(".txt") else None,
            )
        ]


def refuse(found: Sequence[Leaked]) -> None:
    """`LeaksFound` that says what leaked and where; nothing if nothing did."""
    if found:
        told = "; ".join(one.words for one in found[:_TOLD])
        more = f" And {len(found) - _TOLD} more." if len(found) > _TOLD else ""
        raise LeaksFound(
            f"The leak check stopped the release: {told}.{more}",
            found,
            remedy="Nothing left the archive. Mask what is named, or waive a suspect by its "
            "digest with a reason, and check again.",
        )


def _at_once(name: str, content: bytes) -> Gathered:
    """Reads what was made here."""
    return read(name, content, Limits())


def _every_text(given: Sequence[Given]) -> Iterator[str]:
    for one in given:
        yield from words_of(dict(one.fields))
        yield from (noted.text for noted in one.notes)


def _fields(given: Sequence[Given]) -> Iterator[tuple[str, str]]:
    """(name, text) of each field that is given out, by itself: so its place can be told."""
    for one in given:
        for name in _OF_OTHERS:
            if text := "\n".join(words_of(one.fields.get(name, ""))):
                yield f"{one.item.name}, {name}", text
        for number, noted in enumerate(one.notes, 1):
            yield f"{one.item.name}, rectification {number}", noted.text


def _parts(output: Output) -> Iterator[Output]:
    """An output; of a bundle its files but the verifier, if it is nothing else than those."""
    members = _members(output.content) if output.name == BUNDLE else {}
    if members.get(VERIFIER) != verifier() or build_zip(members, packed=False) != output.content:
        yield output
        return
    for name, content in members.items():
        if name != VERIFIER:
            yield Output(f"{output.name}/{name}", content)


def _members(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError):
        return {}


def _known(
    frozen: Frozen, given: Sequence[Given], looked_at: Iterable[Kept]
) -> list[Sequence[str]]:
    """Texts that a person has looked at, as their words."""
    found = [
        word for one in given for name in _LOOKED_AT for word in words_of(one.fields.get(name, ""))
    ]
    for _, mask in looked_at:
        fields, target = frozen.envelopes.get(mask.version), mask.target
        if fields is None or not isinstance(target, TextSpan | WholeField):
            continue
        try:
            value: Json = at(fields, target.path)
        except RuleViolation:  # a suggestion over a field that this version does not have
            continue
        if isinstance(target, TextSpan) and isinstance(value, str):
            value = value[target.start : target.end]
        found += words_of(value)
    return [there for one in found if (there := words(one))]


def _is_known(text: str, known: Sequence[Sequence[str]]) -> bool:
    """Whether the words stand together, whole, in one of the texts that were looked at."""
    sought = words(text)
    size = len(sought)
    return not sought or any(
        sought == list(one[at : at + size]) for one in known for at in range(len(one) - size + 1)
    )


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _leaked(found: Leak, names: Mapping[str, str]) -> Leaked:
    name = names.get(found.output, found.output)
    return Leaked(name, found.place, str(found.kind), found.ref, found.digest)
