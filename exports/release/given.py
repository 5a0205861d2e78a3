"""The records of a release as they are given out: masked, with neutral numbers and file names.

The one place where a frozen set becomes what leaves; PDF, JSON and CSV are all made from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from archiver.core.access import Viewer
from archiver.core.canonical import Json
from archiver.errors import CannotRedact, RuleViolation
from exports.core.leads import leading_back
from exports.core.masked import WAYS, Hidden, Kept, hiding_file
from exports.core.release import Item, ItemDecision
from exports.release.bundle import Disclosed
from exports.release.files import PDF, StoredFile, ending
from exports.release.frozen import Frozen, Noted
from exports.release.neighbours import Redactor
from gdpr.core.ground import Citation
from gdpr.core.mask import ImageBox, PageBox
from gdpr.core.pseudonym import tokens
from gdpr.leak import Output
from gdpr.redaction import ACTIVE

Progress = Callable[[int, int], None]
_MARKUP = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml"})  # may carry scripts


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFile:
    """A file that goes along; `of`: its place among the attachments; `remade`: what the file that
    was received does or hides, for which it was made anew though nothing of it is masked."""

    of: int
    output: Output
    mime: str
    redacted: bool
    remade: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldFile:
    """A file that is held back whole, as film and sound always are; `of`: its place among the
    attachments; `citations`: on which grounds; `because`: why it cannot be checked, if that is
    why: no secrecy, so it is given on paper or read on the spot (TF 2:15–16)."""

    of: int
    mime: str
    citations: tuple[Citation, ...] = ()
    because: str = ""

    @property
    def kind(self) -> str:
        """What it is, as a code: film, sound, picture, file."""
        kinds = {"video": "film", "audio": "sound", "image": "picture"}
        return kinds.get(self.mime.partition("/")[0], "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A version as it is given out. `number`: its place in the release, from 1; `withheld`: its
    files that are not given out; `notes`: the rectifications beside its record; `marks`: what
    stands for what is hidden, or the file it is hidden in, and what each rests on."""

    number: int
    item: Item
    platform: str
    fields: Mapping[str, Json]
    files: tuple[GivenFile, ...] = ()
    withheld: tuple[WithheldFile, ...] = ()
    notes: tuple[Noted, ...] = ()
    marks: tuple[tuple[str, frozenset[Citation]], ...] = ()

    @property
    def kept_back(self) -> int:
        """How many of its files are not given out."""
        return len(self.withheld)

    @property
    def masked(self) -> bool:
        """Whether anything of it is hidden."""
        return self.item.decision is ItemDecision.MASKED


def given(
    viewer: Viewer,
    frozen: Frozen,
    files: Callable[[Item], list[StoredFile]],
    redact: Redactor,
    progress: Progress = lambda _done, _all: None,
) -> list[Given]:
    """The versions of a set that leave, in order. `files` gives those that a version shows."""
    every_hidden = [one for found in frozen.hiding.values() for one in found]
    names = tokens(frozen.key, [one.key for one in every_hidden])
    made: list[Given] = []
    count = 0
    leaving = frozen.set.leaving
    for number, item in enumerate(leaving, 1):
        progress(number - 1, len(leaving))
        masks = frozen.set.masks_of(item)
        along: list[GivenFile] = []
        withheld: list[WithheldFile] = []
        for file in files(item):
            if hiding := hiding_file(masks, file.number):
                cited = dict.fromkeys(one for mask in hiding for one in mask.citations)
                withheld.append(
                    WithheldFile(of=file.number, mime=file.mime, citations=tuple(cited))
                )
                continue
            made_of = _file(item, file, masks, count + 1, redact)
            if isinstance(made_of, WithheldFile):
                withheld.append(made_of)
                continue
            count += 1
            along.append(made_of)
        made.append(
            Given(
                marks=_marks(
                    number, frozen.hiding.get(item.version, ()), names, masks, along, withheld
                ),
                number=number,
                item=item,
                platform=frozen.platforms[item.record],
                fields=frozen.shown(viewer, item, names),
                files=tuple(along),
                withheld=tuple(withheld),
                notes=tuple(
                    Noted(one.at, _without(one.text, every_hidden, names))
                    for one in frozen.notes.get(item.record, ())
                ),
            )
        )
    progress(len(leaving), len(leaving))
    return made


class Remark(NamedTuple):
    """What whoever reviews is told of a file: it is made anew for what it carries (`remade`), or
    cannot be checked and stays (`because`). `of`: its place among the attachments."""

    item: str
    of: int
    remade: tuple[str, ...]
    because: str


def remarks(shown: Sequence[Given]) -> Iterator[Remark]:
    """What is to be told of the files of a release, in order."""
    for one in shown:
        for file in one.files:
            if file.remade:
                yield Remark(one.item.name, file.of, file.remade, "")
        for kept in one.withheld:
            if kept.because:
                yield Remark(one.item.name, kept.of, (), kept.because)


def _marks(
    number: int,
    hiding: Sequence[Hidden],
    names: Mapping[tuple[str, str], str],
    masks: Sequence[Kept],
    along: Sequence[GivenFile],
    withheld: Sequence[WithheldFile],
) -> tuple[tuple[str, frozenset[Citation]], ...]:
    """What stands for what is hidden in a version, and what each rests on."""
    marks = [(names[one.key], _cited(masks, one.seqs)) for one in hiding]
    marks += [(one.output.name, _cited(masks, _in_file(masks, one.of))) for one in along]
    marks += [
        (f"handling {number}, bilaga {one.of + 1}", frozenset(one.citations)) for one in withheld
    ]
    return tuple(one for one in marks if one[1])


def _cited(masks: Sequence[Kept], seqs: Collection[int]) -> frozenset[Citation]:
    """What masks rest on."""
    return frozenset(cited for seq, mask in masks if seq in seqs for cited in mask.citations)


def _in_file(masks: Sequence[Kept], media: int) -> list[int]:
    return [
        seq
        for seq, mask in masks
        if isinstance(mask.target, ImageBox | PageBox) and mask.target.media == media
    ]


def _without(text: str, hiding: Sequence[Hidden], names: Mapping[tuple[str, str], str]) -> str:
    """A note without what masks hide in the release, in any case of letters: nobody masks a note,
    so what it repeats of a record goes with it. Of what is otherwise written the leak check tells.
    """
    said = {word.casefold(): names[one.key] for one in hiding for word in one.words}
    if not said:
        return text
    every = "|".join(re.escape(word) for word in sorted(said, key=len, reverse=True))
    return re.sub(every, lambda found: said.get(found[0].casefold(), "[…]"), text, flags=re.I)


def _file(
    item: Item, file: StoredFile, masks: tuple[Kept, ...], count: int, redact: Redactor
) -> GivenFile | WithheldFile:
    """A file as it is given out. Of a masked version every picture and page is made anew, so that
    nothing that is hidden goes along in what nobody sees of a file; a PDF also of one that is given
    out whole, if it does something when opened or hides something. What cannot be checked stays,
    and the rest goes on; but where a mask lies on it, a person decides."""
    boxes = [
        one.mask.target
        for one in masks
        if isinstance(one.mask.target, ImageBox | PageBox) and one.mask.target.media == file.number
    ]
    if boxes and not file.redactable:
        raise RuleViolation(
            f"{item.name}: file {file.number + 1} cannot be made anew without a part of it.",
            remedy="Hide the file whole, or withhold the version.",
        )
    if file.mime in _MARKUP:
        return WithheldFile(of=file.number, mime=file.mime, because="unsupported")
    content, mime = file.content, file.mime
    masked = item.decision is ItemDecision.MASKED and file.redactable
    remade: tuple[str, ...] = ()
    if masked or mime == PDF:
        try:
            made = redact(content, mime, boxes)
        except CannotRedact as error:
            if not boxes:
                return WithheldFile(of=file.number, mime=mime, because=error.reason)
            raise RuleViolation(
                f"{item.name}: file {file.number + 1} cannot be made anew. {error.message}",
                remedy="Hide the file whole (attachments), or withhold the version.",
            ) from error
        if not masked:
            remade = tuple(one for one in made.dropped if one in ACTIVE)
        if masked or remade:
            content, mime = made.content, made.mime
    output = Output(f"bilaga-{count:03}{ending(mime)}", content)
    return GivenFile(of=file.number, output=output, mime=mime, redacted=masked, remade=remade)


def disclosed(frozen: Frozen) -> list[Disclosed]:
    """What the masked bundle hides of each version that leaves, beside what the egress gate keeps
    back: no less than the files do."""
    ways = leading_back(frozen.envelopes, {one.version for one in frozen.set.withheld})
    return [
        Disclosed(
            item.version,
            _hidden_places(frozen, item),
            frozen.set.hide_structure,
            ways.get(item.version, frozenset()),
        )
        for item in frozen.set.leaving
    ]


def _hidden_places(frozen: Frozen, item: Item) -> dict[str, list[tuple[int, int]] | None]:
    envelope = frozen.envelopes[item.version]
    found: dict[str, list[tuple[int, int]] | None] = {}
    if item.record in frozen.set.without:
        found |= dict.fromkeys(WAYS & envelope.keys())
    if item.decision is ItemDecision.MASKED and "attachments" in envelope:
        found["attachments"] = None  # it holds the digests of files that were made anew
    for one in frozen.hiding.get(item.version, ()):
        if not one.seqs:
            continue  # it leads to another record: the bundle hides that and more by itself
        if one.start is None:
            found[one.path] = None
        elif (spans := found.setdefault(one.path, [])) is not None:
            spans.append((one.start, one.end))
    return dict(sorted(found.items()))
