"""What releases tell the answers of a request: what they rest on, what was given out, the copies.

The port of `exports.release`, which is made by whoever composes the two; `NOTHING` is a home where
nothing was given out yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from archiver.core.access import Viewer
from exports.core.ruling import OtherGround, Used
from gdpr.leak import Leak, Output


class File(NamedTuple):
    """A file: its name (ASCII, names nobody) and bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What was handed over once: the entry of the release, when (milliseconds UTC), how (`way`, a
    code), its files (name, SHA-256 hex), and how many records it gave out, masked and withheld."""

    seq: int
    at: int
    way: str = ""
    files: tuple[tuple[str, str], ...] = ()
    records: int = 0
    masks: int = 0
    withheld: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """What was decided on a version of a record (its number `n`): a code of `ItemDecision`, why it
    is withheld if not for secrecy (a code of `Because`), and the sections that its masks or its
    withholding rest on, each with how many masks (0: the whole of it)."""

    record: int
    n: int
    decision: str
    because: str = ""
    clauses: tuple[tuple[str, int], ...] = ()


class GivenOut(Protocol):
    """What was given out for a request."""

    def used(self, viewer: Viewer, request: int) -> Sequence[Used]:
        """The sections that masks and withheld records of its releases rest on."""
        ...

    def other(self, viewer: Viewer, request: int) -> Sequence[tuple[OtherGround, int]]:
        """On which other grounds how many records were withheld."""
        ...

    def handed(self, viewer: Viewer, request: int) -> Sequence[Handed]:
        """Its releases, in order."""
        ...

    def assessed(self, viewer: Viewer, request: int) -> Sequence[Assessed]:
        """What the newest release that says something of a version decided on it, by record."""
        ...

    def masked(self, viewer: Viewer, request: int) -> Sequence[File]:
        """What was given out, byte for byte."""
        ...

    def whole(self, viewer: Viewer, request: int) -> Sequence[File]:
        """The same records without masks, and those that were withheld: for the court only."""
        ...

    def leaks(
        self, viewer: Viewer, request: int, texts: Sequence[Output], known: str = ""
    ) -> Sequence[Leak]:
        """What texts and papers that people wrote (those that end in `.txt` are plain) tell of what
        its releases hide, or of somebody's number or address; `known`: words that stand there
        anyway."""
        ...


class Nothing:
    """Nothing was given out."""

    def used(self, _viewer: Viewer, _request: int) -> Sequence[Used]:
        return ()

    def other(self, _viewer: Viewer, _request: int) -> Sequence[tuple[OtherGround, int]]:
        return ()

    def handed(self, _viewer: Viewer, _request: int) -> Sequence[Handed]:
        return ()

    def assessed(self, _viewer: Viewer, _request: int) -> Sequence[Assessed]:
        return ()

    def masked(self, _viewer: Viewer, _request: int) -> Sequence[File]:
        return ()

    def whole(self, _viewer: Viewer, _request: int) -> Sequence[File]:
        return ()

    def leaks(
        self, _viewer: Viewer, _request: int, _texts: Sequence[Output], _known: str = ""
    ) -> Sequence[Leak]:
        return ()


NOTHING: GivenOut = Nothing()
