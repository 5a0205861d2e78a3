"""What a release needs of other parts: masks, redaction, the leak check, proofs. Ports only.

Each is given by the composition root (`archiver.disclosing`). Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from archiver.core.access import Viewer
from archiver.document.render import Attachment
from exports.core.masked import Kept
from exports.release.bundle import Disclosed
from gdpr.core.mask import ImageBox, PageBox
from gdpr.core.span import Span
from gdpr.leak import Leak, Output, Secret
from gdpr.leak.piece import Gathered

Suspects = Callable[[str], Sequence[Span]]
Reader = Callable[[str, bytes], Gathered]


class LeakCheck(Protocol):
    """Searches every byte stream of the outputs (`gdpr.leak.check`)."""

    def __call__(
        self,
        outputs: Sequence[Output],
        secrets: Sequence[Secret],
        *,
        suspects: Suspects | None = None,
        waived: Collection[str] = (),
        key: bytes = b"",
        reader: Reader | None = None,
    ) -> Sequence[Leak]: ...


class MaskSource(Protocol):
    """The masks of records (`gdpr.masks`)."""

    def suggest(self, viewer: Viewer, records: Collection[int], request: int) -> int:
        """Let the recognisers look at records, for a request; how many suggestions there are."""
        ...

    def in_force(self, viewer: Viewer, records: Collection[int]) -> Mapping[int, Sequence[Kept]]:
        """Record → the masks that hide something of any of its versions."""
        ...

    def pending(self, viewer: Viewer, records: Collection[int]) -> Sequence[Kept]:
        """Suggestions that nobody has looked at."""
        ...

    def rejected(self, viewer: Viewer, records: Collection[int]) -> Sequence[Kept]:
        """What a person looked at and did not mask."""
        ...

    def confirm(self, viewer: Viewer, masks: Sequence[Kept], request: int) -> None:
        """Note that they were part of a release. Saying so again changes nothing."""
        ...


class Redacted(Protocol):
    """A file made anew without what was hidden."""

    @property
    def content(self) -> bytes: ...
    @property
    def mime(self) -> str: ...
    @property
    def dropped(self) -> Sequence[str]:
        """What the file had besides what is seen, as codes."""
        ...


class Redactor(Protocol):
    """Makes files anew without parts of them (`gdpr.redaction.redact`)."""

    def __call__(
        self, content: bytes, mime: str, targets: Sequence[ImageBox | PageBox]
    ) -> Redacted: ...


class Prover(Protocol):
    """Proofs that go with a release (`exports.release.receipt`, `exports.release.bundle`)."""

    @property
    def attachment(self) -> Attachment:
        """What a PDF is set with, so that there is room for its receipt."""
        ...

    def prepared(self, pdf: bytes) -> bytes:
        """The PDF with room for its receipt."""
        ...

    def digest(self, pdf: bytes) -> str:
        """SHA-256 of a PDF whose room is empty, in hexadecimal digits."""
        ...

    def selection(self, disclosed: Sequence[Disclosed]) -> str:
        """The digest by which a release names its masked bundle, in hexadecimal digits."""
        ...

    def sealed(self, pdf: bytes, release: int) -> bytes:
        """The PDF with the receipt of the release that names its digest."""
        ...

    def bundle(self, disclosed: Sequence[Disclosed], release: int | None, name: str) -> bytes:
        """A masked bundle over the versions, and over the release that was made of them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What a release needs of other parts. `detect`: recognisers, recall first; `certain`: those
    that hardly err; `authority`: its name by its number."""

    masks: MaskSource
    redact: Redactor
    check: LeakCheck
    detect: Suspects
    certain: Suspects
    prover: Prover
    authority: Callable[[int], str]
