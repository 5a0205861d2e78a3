"""The moderation log of a home: what is noted is one sealed event, or refused before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.ports import Clock
from archiver.errors import ConfigError, NotFound
from archiver.governance.core import moderation as m
from archiver.governance.core.book import Note
from archiver.governance.moderation import queries as q
from archiver.governance.moderation.grounds import grounds
from archiver.governance.queries import place
from archiver.ledger.service import Ledger
from archiver.store.seal import FrameKind, seal

_COHORT = "register"


class Moderation:
    """The log, and what the platform shows against it."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock

    def today(self) -> date:
        """The day in Sweden."""
        return stockholm_date(self._clock.now())

    # --- what is there -----------------------------------------------------------------------

    def list(
        self, viewer: Viewer, channels: Collection[int] = ()
    ) -> list[tuple[q.MeasureRow, m.Taken]]:
        """Measures of the authorities that the viewer oversees, as they stand and as noted."""
        with self._ledger.database.read() as connection:
            mine = viewer.authorities(Permission.OVERSEE)
            rows = q.measures(connection, mine, channels=channels)
        held = self._ledger.open([row.seq for row in rows])
        return [(row, _taken(m.BOOK.note_of(held[row.seq].envelope))) for row in rows]

    def reconcile(self, viewer: Viewer, channel: int) -> Sequence[q.Reconciled]:
        """What came in on a channel and was no longer shown, each time with its cause."""
        with self._ledger.database.read() as connection:
            viewer.require(Permission.OVERSEE, _authority(connection, channel))
            return q.reconciled(connection, [channel])

    # --- what is done ------------------------------------------------------------------------

    def take(self, viewer: Viewer, said: m.Taken) -> int:
        """Note a measure; its entry. What it lacks (ground, decider, review) does not keep it out
        of the log. `ConfigError` for what cannot be."""
        self._known_ground(said.ground)
        if bool(said.records) == bool(said.account.strip()):
            raise ConfigError("A measure is of records, or of an account.", remedy="Say which.")
        if (said.measure is m.Measure.BLOCK) != bool(said.account.strip()):
            raise ConfigError("What is blocked is an account; what is hidden or removed, records.")
        if said.on > self.today():
            raise ConfigError("A measure cannot have been taken on a day to come.")
        if said.review and said.review <= said.on:
            raise ConfigError("A measure is reviewed after the day it was taken.")
        with self._ledger.database.read() as connection:
            authority = _authority(connection, said.channel)
            owners = q.owners(connection, said.records)
        viewer.require(Permission.GOVERN, authority)
        _refuse_strange({one: owners.get(one, (0, 0))[0] for one in said.records}, said.channel)
        return self._note(viewer, authority, said)

    def review(self, viewer: Viewer, said: m.Reviewed) -> int:
        """Note that a measure was tried again, or what it lacked."""
        self._known_ground(said.ground)
        if said.review and said.review <= self.today():
            raise ConfigError("The next review is on a day to come.")
        return self._note(viewer, self._standing(viewer, said.of, said.reason), said)

    def lift(self, viewer: Viewer, said: m.Lifted) -> int:
        """Note that a measure was lifted."""
        return self._note(viewer, self._standing(viewer, said.of, said.reason), said)

    def attest(self, viewer: Viewer, said: m.Attested) -> int:
        """Stand for why records are no longer shown. Refused for what the platform shows to be our
        own moderation: that is logged."""
        if said.cause not in m.ATTESTABLE or not said.reason.strip() or not said.records:
            raise ConfigError(
                "An attestation names records, a cause that can be attested, and what it rests on."
            )
        with self._ledger.database.read() as connection:
            owners = q.owners(connection, said.records)
            if len({owners.get(one, (0, 0)) for one in said.records}) != 1 or not owners:
                raise ConfigError("The records are ones that came in, of one channel.")
            channel, authority = owners[said.records[0]]
            viewer.require(Permission.GOVERN, authority)
            found = q.reconciled(connection, [channel])
        latest = {one.episode.record: one for one in found}
        for record in said.records:
            if record not in latest:
                raise ConfigError(f"{record} has never been out of sight.")
            if latest[record].episode.own:
                raise ConfigError(
                    f"{record}: the platform shows that we hid or removed it.",
                    remedy="Log it: `diarkiv lifecycle moderation log`.",
                )
        return self._note(viewer, authority, said)

    def limit(self, viewer: Viewer, authority: int, said: m.Limited) -> int:
        """Set how many disappearances of unknown cause may stand without attestation."""
        viewer.require(Permission.GOVERN, authority)
        if said.most < 0 or not said.decision.strip():
            raise ConfigError("The limit is a number, and rests on a decision.")
        return self._note(viewer, authority, said)

    # --- within ------------------------------------------------------------------------------

    def _standing(self, viewer: Viewer, seq: int, reason: str) -> int:
        with self._ledger.database.read() as connection:
            row = q.measure(connection, seq)
        if row is None or not viewer.may(Permission.OVERSEE, row.authority):
            raise NotFound(
                f"There is no measure {seq}.", remedy="`diarkiv lifecycle moderation list`."
            )
        viewer.require(Permission.GOVERN, row.authority)
        if row.lifted is not None:
            raise ConfigError("The measure was lifted already.", remedy="Log a new one.")
        if not reason.strip():
            raise ConfigError("A review says why.", remedy="Give a reason.")
        return row.authority

    def _known_ground(self, code: str) -> None:
        if code and code not in grounds():
            raise ConfigError(
                f"There is no ground {code}.", remedy="`diarkiv lifecycle moderation grounds`."
            )

    def _note(self, viewer: Viewer, authority: int, said: m.Said) -> int:
        note = Note(authority=authority, day=self.today(), actor=viewer.actor, said=said)
        sealed = seal(FrameKind.EVENT, m.BOOK.payload(note), random=self._ledger.random)
        with self._ledger.writer() as writer:
            return writer.append(m.BOOK.event, sealed, writer.cohort(authority, _COHORT))


def _taken(note: Note[m.Said]) -> m.Taken:
    assert isinstance(note.said, m.Taken)  # the tables name no other entry
    return note.said


def _authority(connection: Connection, channel: int) -> int:
    found = place(connection, channel)
    if found is None:
        raise NotFound(f"There is no channel C{channel}.", remedy="`diarkiv channel list`.")
    return found[0]


def _refuse_strange(channels: dict[int, int], channel: int) -> None:
    strange = [record for record, of in channels.items() if of != channel]
    if strange:
        raise ConfigError(
            f"{strange[0]} did not come in on C{channel}.", remedy="Nothing was changed."
        )
