"""What is noted of a request besides its steps: searches, papers, and what may be asked.

A search for a request is told by its words and by a digest of what it found, so that it can be
repeated and compared; it holds nothing. Who somebody is, or what a record is for, is asked only
where the test of a named section needs it (TF 2:18), and the section is one whose row says so; what
they answer stands in the request's own frame.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from archiver.core import canonical
from archiver.core.access import Permission, Viewer
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.db.matter import recorded_at
from archiver.errors import NotFound, RuleViolation
from archiver.ledger.service import Ledger
from archiver.registry.core.entry import MAX_REASON, line
from exports.requests import queries
from exports.requests.paper import Paper, paper_of, sealed
from exports.requests.service import Requests
from gdpr.core.ground import Clause, Picklist

_COHORT = "register"
_MAX_QUERY = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search for a request: `digest` is SHA-256 of the canonical JSON of the sorted numbers of
    the records that were found. `at`: milliseconds UTC."""

    seq: int
    at: int
    query: str
    found: int
    digest: str
    actor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """That the applicant was asked, for which section, why, and what they said."""

    seq: int
    clause: Clause
    why: str
    said: str
    actor: int


def digest_of(records: Collection[int]) -> str:
    """What a set of records is told by, in whatever order they were found."""
    return sha256(canonical.encode(list[Json](sorted(set(records))))).hexdigest()


class RequestNotes:
    """Notes of a home's requests. `grounds`: the grounds of secrecy that hold for an authority."""

    def __init__(
        self, ledger: Ledger, requests: Requests, grounds: Callable[[int], Picklist]
    ) -> None:
        self._ledger, self._requests, self._grounds = ledger, requests, grounds

    # --- searches ----------------------------------------------------------------------------

    def searched(self, viewer: Viewer, seq: int, query: str, records: Collection[int]) -> int:
        """Note a search that was made for a request, and what it found; the entry's number."""
        said: dict[str, Json] = {
            "query": line(query, "query", _MAX_QUERY),
            "found": len(set(records)),
            "sha256": digest_of(records),
        }
        return self._note(viewer, seq, EventType.REQUEST_SEARCHED, said)

    def searches(self, viewer: Viewer, seq: int) -> list[Search]:
        """The searches that were noted, in order."""
        found = []
        for number, at, said in self._noted(viewer, seq, EventType.REQUEST_SEARCHED):
            found.append(
                Search(
                    seq=number,
                    at=at,
                    query=str(said["query"]),
                    found=int(said["found"]),
                    digest=str(said["sha256"]),
                    actor=int(said["actor"]),
                )
            )
        return found

    # --- what may be asked -------------------------------------------------------------------

    def may_ask(self, authority: int, clause: Clause) -> bool:
        """Whether the test of a section is of the recipient, so that one may ask."""
        ground = self._grounds(authority).find(clause)
        return ground is not None and ground.asks

    def ask(self, viewer: Viewer, seq: int, clause: Clause, *, why: str, said: str) -> int:
        """Note what the applicant said when asked, as the test of a section needs it; the entry's
        number. `RuleViolation` for a section that asks nothing of the recipient."""
        authority = self._requests.get(viewer, seq).received.authority
        if not self.may_ask(authority, clause):
            raise RuleViolation(
                f"Nobody is asked who they are, or why: the test of {clause} is not of the "
                "recipient (TF 2:18).",
                remedy="Name the section that makes the answer needed, such as 21:7.",
            )
        noted: dict[str, Json] = {
            "clause": str(clause),
            "why": line(why, "reason for asking", MAX_REASON),
            "said": line(said, "answer", MAX_REASON),
        }
        return self._note(viewer, seq, EventType.REQUEST_ASKED, noted)

    def asked(self, viewer: Viewer, seq: int) -> list[Asked]:
        """What the applicant was asked, in order; for those who assess only."""
        row = self._requests.get(viewer, seq)
        viewer.require(Permission.DISCLOSE, row.received.authority)
        return [
            Asked(
                seq=number,
                clause=Clause.parse(said["clause"]),
                why=str(said["why"]),
                said=str(said["said"]),
                actor=int(said["actor"]),
            )
            for number, _, said in self._noted(viewer, seq, EventType.REQUEST_ASKED)
        ]

    # --- papers ------------------------------------------------------------------------------

    def file(self, viewer: Viewer, seq: int, paper: Paper) -> int:
        """Keep a paper with a request; its number."""
        authority = self._mine(viewer, seq)
        frame = sealed(seq, authority, paper, actor=viewer.actor, random=self._ledger.random)
        with self._ledger.writer() as writer:
            cohort = writer.cohort(authority, _COHORT)
            return writer.append(EventType.REQUEST_PAPER, frame, cohort)

    def papers(self, viewer: Viewer, seq: int) -> list[Paper]:
        """The papers of a request, in the order they were kept."""
        self._mine(viewer, seq)
        with self._ledger.database.read() as connection:
            numbers = queries.notes(connection, seq, EventType.REQUEST_PAPER)
        opened = self._ledger.open(numbers)
        return [paper_of(one, opened[one].envelope, opened[one].raw) for one in numbers]

    def paper(self, viewer: Viewer, number: int) -> Paper:
        """One paper. `NotFound` if there is none that the viewer may read."""
        with self._ledger.database.read() as connection:
            of = queries.request_of_note(connection, number, EventType.REQUEST_PAPER)
        if of is None:
            raise NotFound("There is no such paper.", remedy="The request's list names them.")
        return next(one for one in self.papers(viewer, of) if one.seq == number)

    # --- within ------------------------------------------------------------------------------

    def _mine(self, viewer: Viewer, seq: int) -> int:
        authority = self._requests.get(viewer, seq).received.authority
        viewer.require(Permission.DISCLOSE, authority)
        return authority

    def _note(self, viewer: Viewer, seq: int, kind: EventType, said: dict[str, Json]) -> int:
        authority = self._mine(viewer, seq)
        said |= {"of": seq, "authority": authority, "actor": viewer.actor}
        with self._ledger.writer() as writer:
            cohort = writer.cohort(authority, _COHORT)
            return writer.append_event(kind, said, cohort=cohort)

    def _noted(
        self, viewer: Viewer, seq: int, kind: EventType
    ) -> list[tuple[int, int, Mapping[str, Any]]]:
        self._requests.get(viewer, seq)
        with self._ledger.database.read() as connection:
            numbers = queries.notes(connection, seq, kind)
            at = {one: recorded_at(connection, one) for one in numbers}
        opened = self._ledger.open(numbers)
        return [(one, at[one], opened[one].envelope) for one in numbers]
