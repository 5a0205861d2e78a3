"""What a release needs of other parts, for its tests: masks that a test sets, a plain search."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import NamedTuple

import pypdf

from archiver.core.access import Viewer
from archiver.core.canonical import encode
from archiver.document.render import Attachment
from exports.core.masked import Kept
from exports.release.bundle import Disclosed
from exports.release.neighbours import Reader, Suspects
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import ImageBox, Mask, MaskState, PageBox, Target
from gdpr.core.span import Span
from gdpr.leak import Kind, Leak, Output, Secret

NOTE = Attachment(name="kvitto.json", media_type="application/json", data=b"{}", purpose="bevis")
CITED = (Citation(clause=Clause(21, 1)),)


@dataclass
class SetMasks:
    """Masks as a test sets them."""

    held: dict[int, Kept] = field(default_factory=dict)
    confirmed: list[tuple[int, int]] = field(default_factory=list)

    def add(
        self,
        record: int,
        version: int,
        target: Target,
        *,
        category: str = "name",
        state: MaskState = MaskState.ACCEPTED,
        citations: tuple[Citation, ...] = CITED,
    ) -> int:
        seq = len(self.held) + 1
        mask = Mask(
            record=record,
            version=version,
            target=target,
            category=category,
            citations=citations,
            state=state,
        )
        self.held[seq] = Kept(seq, mask)
        return seq

    def become(self, seq: int, state: MaskState) -> None:
        self.held[seq] = Kept(seq, replace(self.held[seq].mask, state=state))

    def _of(self, records: Collection[int], *states: MaskState) -> list[Kept]:
        return [
            one
            for one in self.held.values()
            if one.mask.record in records and one.mask.state in states
        ]

    def suggest(self, viewer: Viewer, records: Collection[int], request: int) -> int:
        return 0

    def in_force(self, viewer: Viewer, records: Collection[int]) -> Mapping[int, Sequence[Kept]]:
        found = self._of(records, MaskState.ACCEPTED, MaskState.CONFIRMED)
        return {one: [kept for kept in found if kept.mask.record == one] for one in records}

    def pending(self, viewer: Viewer, records: Collection[int]) -> Sequence[Kept]:
        return self._of(records, MaskState.SUGGESTED)

    def rejected(self, viewer: Viewer, records: Collection[int]) -> Sequence[Kept]:
        return self._of(records, MaskState.REJECTED)

    def confirm(self, viewer: Viewer, masks: Sequence[Kept], request: int) -> None:
        for one in masks:
            self.become(one.seq, MaskState.CONFIRMED)
            self.confirmed.append((one.seq, request))


def streams(output: Output) -> Iterator[tuple[str, str]]:
    """(place, text) of a file and of what is in it."""
    yield "name", output.name
    content = output.content
    if content.startswith(b"%PDF"):
        reader = pypdf.PdfReader(io.BytesIO(content))
        yield "text", "\n".join(page.extract_text() for page in reader.pages)
        yield "metadata", str(dict(reader.metadata or {}))
        for name, found in reader.attachments.items():
            for one in found:
                yield from streams(Output(name, one))
    elif content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from streams(Output(name, archive.read(name)))
    else:
        yield "text", content.decode("utf-8", "replace")
    yield "bytes", content.decode("utf-8", "replace")


def plain_check(
    outputs: Sequence[Output],
    secrets: Sequence[Secret],
    *,
    suspects: Suspects | None = None,
    waived: Collection[str] = (),
    key: bytes = b"",
    reader: Reader | None = None,
) -> list[Leak]:
    """A plain search for values and suspects in what files say."""
    found = []
    for output in outputs:
        for place, text in streams(output):
            folded = " ".join(text.casefold().split())
            found += [
                Leak(output.name, place, Kind.VALUE, one.ref)
                for one in secrets
                if " ".join(one.value.casefold().split()) in folded
            ]
            for span in suspects(text) if suspects and place != "bytes" else ():
                digest = sha256(text[span.start : span.end].encode()).hexdigest()[:16]
                if digest not in waived:
                    found.append(Leak(output.name, place, Kind.SUSPECT, span.label, digest))
    return found


_SEEN = re.compile(r"(?P<EMAIL>[\w.]+@[\w.]+)|(?P<PERSON>\bZork\w+)")


def detect(text: str) -> list[Span]:
    """Finds e-mail addresses and one family."""
    return [
        Span(
            start=one.start(),
            end=one.end(),
            label=str(one.lastgroup),
            score=1.0,
            source="test/1",
            reason="test",
        )
        for one in _SEEN.finditer(text)
    ]


def certain(text: str) -> list[Span]:
    """Finds e-mail addresses only."""
    return [one for one in detect(text) if one.label == "EMAIL"]


class Anew(NamedTuple):
    content: bytes
    mime: str
    dropped: tuple[str, ...] = ()


def redact(content: bytes, mime: str, targets: Sequence[ImageBox | PageBox]) -> Anew:
    """Stands for a file made anew."""
    return Anew(b"anew " + str(len(targets)).encode(), "image/png")


@dataclass
class PlainProver:
    """Proofs that prove nothing: what was asked for, and when."""

    asked: list[int | None] = field(default_factory=list)

    attachment: Attachment = NOTE

    def selection(self, disclosed: Sequence[Disclosed]) -> str:
        return sha256(self._said(disclosed, None)).hexdigest()

    def prepared(self, pdf: bytes) -> bytes:
        return pdf

    def digest(self, pdf: bytes) -> str:
        return sha256(pdf).hexdigest()

    def sealed(self, pdf: bytes, release: int) -> bytes:
        return pdf + f"\n%kvitto {release}\n".encode()

    def bundle(self, disclosed: Sequence[Disclosed], release: int | None, name: str) -> bytes:
        self.asked.append(release)
        return self._said(disclosed, release)

    def _said(self, disclosed: Sequence[Disclosed], release: int | None) -> bytes:
        said = [[one.seq, sorted(one.hidden), one.hide_structure] for one in disclosed]
        return encode([said, release or 0])


class AnyGround:
    """An authority that may cite everything but one section."""

    def faults(self, viewer: Viewer, authority: int, citation: Citation) -> Iterable[str]:
        if citation.clause.chapter == 40:
            yield f"{citation.clause}: holds in libraries"
