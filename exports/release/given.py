"""The records of a release as they are given out: masked, with neutral numbers and file names.

The one place where a frozen set becomes what leaves; PDF, JSON and CSV are all made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from archiver.core.access import Viewer
from archiver.core.canonical import Json
from archiver.core.egress import Purpose, release
from archiver.errors import DiarkivError, RuleViolation
from exports.core.masked import Kept, hiding_file, shown
from exports.core.release import Item, ItemDecision
from exports.release.bundle import Disclosed
from exports.release.files import StoredFile, ending
from exports.release.frozen import Frozen
from exports.release.neighbours import Redactor
from gdpr.core.ground import Citation
from gdpr.core.mask import ImageBox, PageBox
from gdpr.core.pseudonym import tokens
from gdpr.leak import Output

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFile:
    """A file that goes along; `of`: its place among the attachments."""

    of: int
    output: Output
    mime: str
    redacted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldFile:
    """A file that is held back whole, as film and sound always are; `of`: its place among the
    attachments; `citations`: on which grounds."""

    of: int
    mime: str
    citations: tuple[Citation, ...]

    @property
    def kind(self) -> str:
        """What it is, as a code: film, sound, picture, file."""
        kinds = {"video": "film", "audio": "sound", "image": "picture"}
        return kinds.get(self.mime.partition("/")[0], "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A version as it is given out. `number`: its place in the release, from 1; `withheld`: its
    files that are not given out."""

    number: int
    item: Item
    platform: str
    fields: Mapping[str, Json]
    files: tuple[GivenFile, ...] = ()
    withheld: tuple[WithheldFile, ...] = ()

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
    every = [one.key for found in frozen.hiding.values() for one in found]
    names = tokens(frozen.key, every)
    made: list[Given] = []
    count = 0
    leaving = frozen.set.leaving
    for number, item in enumerate(leaving, 1):
        progress(number - 1, len(leaving))
        fields = dict(frozen.envelopes[item.version])
        if item.record in frozen.set.without:
            fields.pop("url", None)
        allowed = release(viewer, Purpose.DISCLOSURE, fields)
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
            count += 1
            along.append(_file(item, file, masks, count, redact))
        made.append(
            Given(
                number=number,
                item=item,
                platform=frozen.platforms[item.record],
                fields=shown(allowed, frozen.hiding.get(item.version, ()), names),
                files=tuple(along),
                withheld=tuple(withheld),
            )
        )
    progress(len(leaving), len(leaving))
    return made


def _file(
    item: Item, file: StoredFile, masks: tuple[Kept, ...], count: int, redact: Redactor
) -> GivenFile:
    """A file as it is given out. Of a masked version every picture and page is made anew, so that
    nothing that is hidden goes along in what nobody sees of a file."""
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
    content, mime = file.content, file.mime
    anew = item.decision is ItemDecision.MASKED and file.redactable
    if anew:
        try:
            made = redact(content, mime, boxes)
        except DiarkivError as error:
            raise RuleViolation(
                f"{item.name}: file {file.number + 1} cannot be made anew. {error.message}",
                remedy="Hide the file whole (attachments), or withhold the version.",
            ) from error
        content, mime = made.content, made.mime
    output = Output(f"bilaga-{count:03}{ending(mime)}", content)
    return GivenFile(of=file.number, output=output, mime=mime, redacted=anew)


def disclosed(frozen: Frozen) -> list[Disclosed]:
    """What the masked bundle hides of each version that leaves, beside what the egress gate keeps
    back: no less than the files do."""
    return [
        Disclosed(item.version, _hidden_places(frozen, item), frozen.set.hide_structure)
        for item in frozen.set.leaving
    ]


def _hidden_places(frozen: Frozen, item: Item) -> dict[str, list[tuple[int, int]] | None]:
    envelope = frozen.envelopes[item.version]
    found: dict[str, list[tuple[int, int]] | None] = {}
    if item.record in frozen.set.without and "url" in envelope:
        found["url"] = None
    if item.decision is ItemDecision.MASKED and "attachments" in envelope:
        found["attachments"] = None  # it holds the digests of files that were made anew
    for one in frozen.hiding.get(item.version, ()):
        if one.start is None:
            found[one.path] = None
        elif (spans := found.setdefault(one.path, [])) is not None:
            spans.append((one.start, one.end))
    return dict(sorted(found.items()))
