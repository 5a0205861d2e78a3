"""Drafts of releases: which versions are looked at for a request, and what is decided on each.

Each choice and each decision is an event; what holds of a version is what was said of it last.
Nothing is chosen for a request that may not release, of another authority's records, or of a
protected record by somebody who may not read it. A release that was made is never changed: what
follows is another release of the same request.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.errors import AccessRefused, ConfigError, NotFound, RuleViolation
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from archiver.store.seal import FrameKind, Sealed, seal
from exports.core.access_request import State
from exports.core.release import (
    MAX_ITEMS,
    Because,
    Delivery,
    Item,
    ItemDecision,
    item_of,
    item_payload,
)
from exports.release import queries
from exports.release.queries import RecordPlace, ReleaseRow
from exports.requests.service import Requests
from gdpr.core.ground import Citation
from gdpr.core.pseudonym import KEY_BYTES

COHORT = "register"
_MAY_RELEASE = frozenset({State.PRECISE, State.ASSESSING})


class Grounds(Protocol):
    """What an authority may cite."""

    def faults(self, viewer: Viewer, authority: int, citation: Citation) -> Iterable[str]:
        """Why the authority cannot cite so; nothing if it can."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release: the entry that began it, its request, whose it is, the entry that says it was
    made (None: a draft), and its items."""

    seq: int
    request: int
    authority: int
    made: int | None
    items: tuple[Item, ...]


class Drafts:
    """The drafts of a home."""

    def __init__(self, ledger: Ledger, requests: Requests, grounds: Grounds) -> None:
        self._ledger, self._requests, self._grounds = ledger, requests, grounds

    # --- writing -----------------------------------------------------------------------------

    def add(
        self,
        viewer: Viewer,
        request: int,
        records: Collection[int],
        *,
        every_version: bool = False,
    ) -> int:
        """Choose records for the release that is being prepared for a request, their newest
        version or every one there is (what was edited, hidden or removed too); the release's
        number. A version that is in it already stays as it is.

        `RuleViolation` if the request may not release now, `NotFound` and `AccessRefused` for
        records that are not the authority's, or not for the viewer; then nothing is changed.
        """
        if not records:
            raise ConfigError("Name the records that are looked at.")
        asked = self._requests.get(viewer, request)
        viewer.require(Permission.DISCLOSE, asked.received.authority)
        with self._ledger.writer() as writer:
            self._refuse_state(viewer, request)
            authority, held = asked.received.authority, writer.connection
            place = self.places(held, viewer, authority, records)
            chosen = [
                Item(record=one.record, version=one.seq, n=one.n)
                for one in queries.versions(held, records)
                if every_version or one.seq == place[one.record].latest
            ]
            open_one = self._open_draft(held, request)
            number = open_one.seq if open_one else self._begin(writer, viewer, request, authority)
            known = {row.version for row in queries.items(held, number)} if open_one else set()
            new = [one for one in chosen if one.version not in known]
            if len(known) + len(new) > MAX_ITEMS:
                raise ConfigError(f"A release holds at most {MAX_ITEMS} versions.")
            if new:
                self._say(writer, viewer, number, authority, new)
        return number

    def decide(
        self,
        viewer: Viewer,
        release: int,
        decision: ItemDecision,
        *,
        records: Collection[int] = (),
        versions: Collection[int] = (),
        because: Because = Because.SECRECY,
        citations: Sequence[Citation] = (),
    ) -> list[Item]:
        """Decide on the chosen versions (entries), or on all chosen versions of these records;
        the items as they stand then. `RuleViolation` for a ground that the authority cannot cite
        or a release that was made, `NotFound` for what was not chosen."""
        row = self._draft(viewer, release)
        _refuse_grounds(decision, because, citations)
        for citation in citations:
            for fault in self._grounds.faults(viewer, row.authority, citation):
                raise RuleViolation(
                    f"This cannot be cited: {fault}.", remedy="Name a section that holds here."
                )
        with self._ledger.writer() as writer:
            self._refuse_state(viewer, row.request)
            held = self.items(writer.connection, row.seq)
            self.refuse_made(writer.connection, row.seq)
            wanted = [one for one in held if one.version in versions or one.record in records]
            missing = set(records) - {one.record for one in wanted}
            if missing or set(versions) - {one.version for one in wanted} or not wanted:
                raise NotFound(
                    "Not all of that was chosen for the release.",
                    remedy="`diarkiv exports release add` chooses it.",
                )
            self.places(writer.connection, viewer, row.authority, [one.record for one in wanted])
            said = [
                replace(one, decision=decision, because=because, citations=tuple(citations))
                for one in wanted
            ]
            self._say(writer, viewer, row.seq, row.authority, said)
            return said

    def deliver(self, viewer: Viewer, release: int, way: Delivery) -> None:
        """Note how a release that was made reached whoever asked."""
        row = self.mine(viewer, release)
        viewer.require(Permission.DISCLOSE, row.authority)
        if row.made is None:
            raise RuleViolation("It has not been made.", remedy="Make the release first.")
        said: dict[str, Json] = {
            "of": row.seq,
            "authority": row.authority,
            "way": way.value,
            "actor": viewer.actor,
        }
        with self._ledger.writer() as writer:
            cohort = writer.cohort(row.authority, COHORT)
            writer.append_event(EventType.RELEASE_DELIVERED, said, cohort=cohort)

    # --- reading -----------------------------------------------------------------------------

    def delivered(self, viewer: Viewer, release: int) -> list[str]:
        """How a release reached whoever asked (`Delivery`), each time, in order."""
        row = self.mine(viewer, release)
        with self._ledger.database.read() as connection:
            seqs = queries.happened(connection, row.seq, "delivered")
        opened = self._ledger.open(seqs)
        return [str(opened[seq].envelope["way"]) for seq in seqs]

    def all(self, viewer: Viewer, request: int | None = None) -> list[Release]:
        """Releases of the authorities that the viewer may read, in order."""
        with self._ledger.database.read() as connection:
            rows = queries.releases(connection, viewer.authorities(Permission.READ), request)
            return [self._release(connection, row) for row in rows]

    def get(self, viewer: Viewer, release: int) -> Release:
        """One release; `NotFound` if there is none that the viewer may read."""
        row = self.mine(viewer, release)
        with self._ledger.database.read() as connection:
            return self._release(connection, row)

    def mine(self, viewer: Viewer, release: int) -> ReleaseRow:
        """A release's row, by the entry that began it or the one that says it was made."""
        with self._ledger.database.read() as connection:
            row = queries.release(connection, release)
        if row is None or not viewer.may(Permission.READ, row.authority):
            raise NotFound(
                "There is no such release.", remedy="`diarkiv exports release list` shows them."
            )
        return row

    def items(self, connection: Connection, release: int) -> list[Item]:
        """What stands of each version in a release."""
        rows = queries.items(connection, release)
        opened = self._ledger.open(sorted({row.seq for row in rows}))
        said: dict[tuple[int, int], Mapping[str, Any]] = {}
        for seq, frame in opened.items():
            payload: Any = frame.envelope
            said |= {(seq, int(one["version"])): one for one in payload["items"]}
        return [item_of(said[row.seq, row.version]) for row in rows]

    def places(
        self, connection: Connection, viewer: Viewer, authority: int, records: Collection[int]
    ) -> dict[int, RecordPlace]:
        """The records, all of the authority and for the viewer's eyes. `NotFound` or
        `AccessRefused` names one that is not."""
        found = queries.places(connection, records)
        for one in sorted(records):
            place = found.get(one)
            if place is None or place.authority != authority:
                raise NotFound(
                    f"The authority has no record R{one}.",
                    remedy="It may have been disposed of or stopped; `diarkiv records list` "
                    "shows what there is.",
                )
            if place.protected and not viewer.may(Permission.READ_PROTECTED, authority):
                raise AccessRefused(
                    f"R{one} is kept apart as possibly secret.",
                    remedy="Somebody who may read protected records decides on it.",
                )
        return found

    def refuse_unreadable(self, viewer: Viewer, release: int) -> None:
        """`AccessRefused` or `NotFound` if a record of a release is not for the viewer's eyes."""
        row = self.mine(viewer, release)
        with self._ledger.database.read() as connection:
            items = self.items(connection, row.seq)
            asked = {one.record for one in items if one.decision is not ItemDecision.NOT_ASKED}
            self.places(connection, viewer, row.authority, asked)

    # --- inside ------------------------------------------------------------------------------

    def _release(self, connection: Connection, row: ReleaseRow) -> Release:
        items = tuple(self.items(connection, row.seq))
        return Release(
            seq=row.seq,
            request=row.request,
            authority=row.authority,
            made=row.made,
            items=items,
        )

    def _draft(self, viewer: Viewer, release: int) -> ReleaseRow:
        row = self.mine(viewer, release)
        viewer.require(Permission.DISCLOSE, row.authority)
        if row.made is not None:
            raise _made()
        return row

    def refuse_made(self, connection: Connection, release: int) -> None:
        """`RuleViolation` if the release has been made."""
        row = queries.release(connection, release)
        if row is None or row.made is not None:
            raise _made()

    def _refuse_state(self, viewer: Viewer, request: int) -> None:
        state = self._requests.get(viewer, request).standing.state
        if state not in _MAY_RELEASE:
            raise RuleViolation(
                f"Nothing is chosen for release while the request is {state}.",
                remedy="A request is made precise first, and reopened if it was answered.",
            )

    def _open_draft(self, connection: Connection, request: int) -> ReleaseRow | None:
        rows = queries.releases(connection, None, request)
        return next((row for row in rows if row.made is None), None)

    def _begin(self, writer: Writer, viewer: Viewer, request: int, authority: int) -> int:
        said: dict[str, Json] = {
            "request": request,
            "authority": authority,
            "key": self._ledger.random(KEY_BYTES).hex(),
            "actor": viewer.actor,
        }
        cohort = writer.cohort(authority, COHORT)
        return writer.append_event(EventType.RELEASE_BEGUN, said, cohort=cohort)

    def _say(
        self, writer: Writer, viewer: Viewer, of: int, authority: int, items: Sequence[Item]
    ) -> None:
        said: dict[str, Json] = {
            "of": of,
            "authority": authority,
            "items": [item_payload(one) for one in items],
            "actor": viewer.actor,
        }
        cohort = writer.cohort(authority, COHORT)
        writer.append(EventType.RELEASE_ITEMS, self.sealed(said), cohort)

    def sealed(self, said: Mapping[str, Json]) -> Sealed:
        """An event's payload of any size, sealed."""
        return seal(FrameKind.EVENT, said, random=self._ledger.random)


def _refuse_grounds(
    decision: ItemDecision, because: Because, citations: Sequence[Citation]
) -> None:
    withheld_as_secret = decision is ItemDecision.WITHHELD and because is Because.SECRECY
    if withheld_as_secret and not citations:
        raise RuleViolation(
            "What is withheld as secret rests on a section of law, and none is named.",
            remedy='Name it in full, as "21:7" or "39:3 1 st".',
        )
    if citations and not withheld_as_secret:
        raise RuleViolation(
            "Sections of law are named for what is withheld as secret; masks name their own.",
            remedy="Leave them out.",
        )


def _made() -> RuleViolation:
    return RuleViolation(
        "The release has been made, and is not changed.",
        remedy="Choose records for another release of the same request.",
    )
