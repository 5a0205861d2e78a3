"""Automatic checks: what a program can say of a row, and when.

A check confirms, contradicts or stays silent. It never answers a row by itself: a named person
attests (PASS is no answer), and what it cannot see is UNKNOWN, not PASS. Before its phase it is
NOT_YET: a new channel has no account and no harvest, and nothing may be demanded of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar

from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.governance.core.acts import Goal
from archiver.governance.core.checklist import Phase


class Outcome(StrEnum):
    """What a check found."""

    PASS = "pass"  # noqa: S105 no password
    FAIL = "fail"
    UNKNOWN = "unknown"
    STALE = "stale"  # it held once; nobody has looked since too long
    NOT_YET = "not_yet"


OUTCOMES: Mapping[Outcome, Wording] = {
    Outcome.PASS: Wording("stämmer", "confirmed"),
    Outcome.FAIL: Wording("stämmer inte", "contradicted"),
    Outcome.UNKNOWN: Wording("går inte att avgöra", "unknown"),
    Outcome.STALE: Wording("inaktuell", "stale"),
    Outcome.NOT_YET: Wording("inte tillämplig ännu", "not applicable yet"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a check found, why, and the numbers and codes it rests on. `data` names no person: it
    is frozen in what the authority's body is shown."""

    check: str
    outcome: Outcome
    reason: Wording
    data: Mapping[str, Json] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is checked: an initiative of an authority, its goals, and how far it has come. `places`:
    its channels with their platforms, and platforms without an account yet (None). `now` is
    milliseconds UTC."""

    authority: int
    places: tuple[tuple[int | None, str], ...]
    goals: tuple[Goal, ...]
    phase: Phase
    now: int

    @property
    def channels(self) -> tuple[int, ...]:
        """The accounts there are."""
        return tuple(channel for channel, _ in self.places if channel is not None)


Archive_contra = TypeVar("Archive_contra", contravariant=True)

Archive = TypeVar("Archive")


class AutoCheck(Protocol[Archive_contra]):
    """A check, a plug-in: one small file. `id` as checklists name it ("A-SYFTE")."""

    @property
    def id(self) -> str: ...

    @property
    def phase(self) -> Phase: ...

    def run(self, subject: Subject, archive: Archive_contra) -> Result:
        """What it finds; reads, and writes nothing."""


_ORDER = tuple(Phase)


def results(
    checks: Iterable[AutoCheck[Archive]], subject: Subject, archive: Archive
) -> dict[str, Result]:
    """What each check finds, by id; NOT_YET for one whose phase is not reached."""
    return {one.id: _result(one, subject, archive) for one in checks}


def _result(check: AutoCheck[Archive], subject: Subject, archive: Archive) -> Result:
    if _ORDER.index(check.phase) > _ORDER.index(subject.phase):
        when = {
            Phase.GO_LIVE: Wording("Prövas när kontot finns (steg 6).", "Tried at step 6."),
            Phase.DRIFT: Wording("Prövas när kanalen är i drift (steg 7).", "Tried at step 7."),
        }[check.phase]
        return Result(check=check.id, outcome=Outcome.NOT_YET, reason=when)
    return check.run(subject, archive)
