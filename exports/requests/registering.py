"""Register entries of a request (diarieföring): one case, with what came in and what was sent.

The request, the decision, the appeal and the judgment are entries of one case where the authority
has a series of numbers; where it has none, that is told and nothing is done. Each is registered
once, by a draft that follows from the request, so that after a crash it is the same entry. Whoever
asked is "Anonym" (TF 2:18): who they are stands in the request alone, and never in a title.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import NamedTuple

from archiver.core.access import LOCAL, Permission, Viewer
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.ledger.service import Ledger
from archiver.registry.core.entry import Dated, Direction, Registration
from archiver.registry.service import Register
from exports.core.access_request import Step, Taken
from exports.requests import queries
from exports.requests.service import AccessRequest

ANONYMOUS = "Anonym"
_COHORT = "register"


class _Kept(NamedTuple):
    """What is registered of a step: as what, in which direction, under which title; whom it is from
    or to."""

    part: str
    direction: Direction
    title: str
    other: str

    @property
    def sender(self) -> str:
        return self.other if self.direction is Direction.RECEIVED else ""

    @property
    def recipient(self) -> str:
        return self.other if self.direction is Direction.DISPATCHED else ""


_IN, _OUT = Direction.RECEIVED, Direction.DISPATCHED
_COURT = "Kammarrätten"
_RECEIVED = _Kept("request", _IN, "Begäran om allmän handling", ANONYMOUS)
_STEPS: Mapping[Step, _Kept] = {
    Step.DECIDE: _Kept("decision", _OUT, "Beslut om utlämnande av allmän handling", ANONYMOUS),
    Step.APPEAL: _Kept("appeal", _IN, "Överklagande av beslut om utlämnande", ANONYMOUS),
    Step.DISMISS_AS_LATE: _Kept("dismissal", _OUT, "Avvisning av överklagande", ANONYMOUS),
    Step.HAND_TO_COURT: _Kept("letter", _OUT, "Överlämnande av överklagande", _COURT),
    Step.JUDGE: _Kept("judgment", _IN, "Dom i mål om utlämnande av allmän handling", _COURT),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A part of a request that is registered: its entry and case, and the number it has."""

    part: str
    entry: int
    case: int
    number: str


class Registering:
    """Registers the requests of a home."""

    def __init__(self, ledger: Ledger, register: Register) -> None:
        self._ledger, self._register = ledger, register

    def has_series(self, authority: int) -> bool:
        """Whether an authority numbers its entries here."""
        return bool(self._register.series_of(authority))

    def follow(self, viewer: Viewer, request: AccessRequest) -> None:
        """Register what has become of a request and is not registered yet; nothing where its
        authority has no series."""
        authority = request.received.authority
        viewer.require(Permission.DISCLOSE, authority)
        if not self.has_series(authority):
            return
        # What is done here follows from the request, as a disposal's certificate does from it.
        actor = replace(LOCAL, actor=viewer.actor)
        case = 0
        known = {one.part for one in self.entries(request.seq)}
        for place, kept, day in _parts(request):
            part = f"{kept.part}/{place}"
            if part in known:
                continue
            case = case or self._case(actor, request)
            asked = Registration(
                authority=authority,
                direction=kept.direction,
                day=day,
                dated=Dated.STATED,
                title=kept.title,
                case=case,
                draft=_draft(request.seq, part),
                sender=kept.sender,
                recipient=kept.recipient,
            )
            self._note(viewer, request, part, self._register.register(actor, asked), case)

    def entries(self, request: int) -> list[Registered]:
        """What is registered of a request, in order."""
        with self._ledger.database.read() as connection:
            seqs = queries.notes(connection, request, EventType.REQUEST_REGISTERED)
        opened = self._ledger.open(seqs)
        found = [opened[seq].envelope for seq in seqs]
        return [
            Registered(
                part=str(said["part"]),
                entry=int(said["entry"]),  # type: ignore[arg-type]
                case=int(said["case"]),  # type: ignore[arg-type]
                number=str(said["number"]),
            )
            for said in found
        ]

    def missing(self, request: AccessRequest) -> list[str]:
        """The parts of a request that are not registered."""
        known = {one.part for one in self.entries(request.seq)}
        parts = [f"{kept.part}/{place}" for place, kept, _ in _parts(request)]
        return [part for part in parts if part not in known]

    def _case(self, actor: Viewer, request: AccessRequest) -> int:
        return self._register.open_case(
            actor,
            request.received.authority,
            f"Begäran om allmän handling B{request.seq}",
            draft=_draft(request.seq, "case"),
        )

    def _note(
        self, viewer: Viewer, request: AccessRequest, part: str, entry: int, case: int
    ) -> None:
        authority = request.received.authority
        said: dict[str, Json] = {
            "of": request.seq,
            "authority": authority,
            "part": part,
            "entry": entry,
            "case": case,
            "number": self._register.reader.entry(LOCAL, entry).number,
            "actor": viewer.actor,
        }
        with self._ledger.writer() as writer:
            cohort = writer.cohort(authority, _COHORT)
            writer.append_event(EventType.REQUEST_REGISTERED, said, cohort=cohort)


def _parts(request: AccessRequest) -> list[tuple[int, _Kept, str]]:
    """What of a request is registered: its place among the steps, as what, and its day."""
    found = [(0, _RECEIVED, request.received.on.isoformat())]
    steps: list[tuple[int, Taken]] = list(enumerate(request.steps, 1))
    found += [
        (place, _STEPS[taken.step], taken.day.isoformat())
        for place, taken in steps
        if taken.step in _STEPS
    ]
    return found


def _draft(seq: int, part: str) -> bytes:
    return sha256(f"access_request/{seq}/{part}".encode()).digest()[:16]
