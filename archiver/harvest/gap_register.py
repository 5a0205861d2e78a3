"""The register of gaps: which there are, and what was done about them.

A gap follows from the coverage that runs have sealed; it is never written down itself. What is
written is that somebody saw it: the event `gap_acknowledged`, sealed, with what was done in that
person's words. A gap that is acknowledged stays a gap; it no longer calls for attention. The words
are in the frame only: the tables hold numbers, codes and instants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from archiver.core.canonical import Json
from archiver.core.channel import Channel
from archiver.core.event import EventType
from archiver.core.ports import Clock
from archiver.core.reason import MASS_DISAPPEARANCE
from archiver.core.record import clean
from archiver.db import gaps as rows
from archiver.db import queries
from archiver.db.rows import Rows
from archiver.errors import ConfigError, NotFound
from archiver.harvest.gap import (
    WHOLE_CHANNEL,
    Acknowledgement,
    Gap,
    Look,
    RunTime,
    acknowledged,
    channel_gaps,
    collection_gaps,
    instant_of,
    promised,
)
from archiver.ledger.projection import Event
from archiver.ledger.service import Ledger

DAY = 86_400_000  # milliseconds
PERIOD = 90 * DAY  # how far back gaps are looked for unless told otherwise
RECENT = 2 * DAY  # … and what is asked each minute
MAX_MEASURE = 500  # characters
OPERATOR = 0  # the actor, until there is sign-in


class GapProjector:
    """Tables of acknowledgements, from their events."""

    types: frozenset[str] = frozenset({EventType.GAP_ACKNOWLEDGED})

    def project(self, event: Event, rows: Rows) -> None:
        payload: Mapping[str, Any] = event.payload
        rows.add(
            "gap_acknowledged",
            event.seq,
            payload["channel"],
            payload["collection"],
            payload["since"],
            payload.get("until"),
            ",".join(payload["reasons"]),
            payload["actor"],
        )
        if payload.get("accept_disappearance"):
            rows.add("freeze_lifted", event.seq, payload["channel"])


class GapRegister:
    """Gaps of a home's channels, and their acknowledgement. `pause`: the longest time, in seconds,
    that a channel's schedule leaves between two runs (None: it is not read)."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        pause: Callable[[Channel], int | None] = lambda channel: channel.interval,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._pause = pause

    def gaps(self, channel: Channel, *, period: int = PERIOD) -> list[Gap]:
        """Gaps of a channel that reach into the last `period` milliseconds, and every open one,
        oldest first."""
        with self._ledger.database.read() as connection:
            return self._gaps(connection, channel, period)

    def open(self, channel: Channel) -> list[Gap]:
        """The channel's open gaps: cheap enough to be asked each minute."""
        return [gap for gap in self.gaps(channel, period=RECENT) if gap.is_open]

    def added_at(self, channel: Channel) -> int:
        """When the channel was added, milliseconds UTC."""
        with self._ledger.database.read() as connection:
            return rows.logged_at(connection, channel.seq)

    def last_seen(self, channel: Channel) -> int | None:
        """When a run of the channel last saw anything at all, milliseconds UTC."""
        with self._ledger.database.read() as connection:
            return rows.last_seen(connection, channel.seq)

    def acknowledge(
        self,
        channel: Channel,
        measure: str,
        *,
        collection: str | None = None,
        between: tuple[int, int] | None = None,
        actor: int = OPERATOR,
        accept_disappearance: bool = False,
    ) -> list[Gap]:
        """Record what was done about gaps: those of the channel that nobody has acknowledged, or
        only those of a `collection` ("" = the whole channel), or that began in [start, end) of
        `between`, or, with `accept_disappearance`, that a mass disappearance caused. `measure`: one
        to 500 characters. `NotFound` if there is no such gap."""
        measure = clean(measure.strip())
        if not measure or len(measure) > MAX_MEASURE:
            raise ConfigError(
                f"What was done must be said in 1 to {MAX_MEASURE} characters.",
                remedy="Say it with --done TEXT. It is sealed, and never shown in an alert.",
            )
        with self._ledger.writer() as writer:  # the gaps are read where nobody appends
            now = self._clock.now()
            period = PERIOD if between is None else max(PERIOD, now - between[0] + DAY)
            chosen = [
                gap
                for gap in self._gaps(writer.connection, channel, period)
                if gap.acknowledged is None
                and collection in (None, gap.collection)
                and (between is None or between[0] <= gap.since < between[1])
                and (not accept_disappearance or MASS_DISAPPEARANCE in gap.reasons)
            ]
            if not chosen and not accept_disappearance:
                raise NotFound(
                    f"C{channel.seq} has no such gap that waits for an answer.",
                    remedy=f"`diarkiv gap list C{channel.seq}` shows them.",
                )
            cohort = writer.cohort(channel.authority, "register")
            # A disappearance may be accepted after its gap has ended: the decision stands alone.
            for gap in chosen or [_no_gap(channel, now)]:
                writer.append_event(
                    EventType.GAP_ACKNOWLEDGED,
                    _payload(gap, measure, actor, accept_disappearance),
                    cohort=cohort,
                )
        return chosen

    def _gaps(self, connection: Connection, channel: Channel, period: int) -> list[Gap]:
        now = self._clock.now()
        since = max(0, now - period)
        found = [
            gap
            for name in queries.collections_of(connection, channel.seq)
            for gap in collection_gaps(channel.seq, _looks(connection, channel.seq, name, since))
            if gap.until is None or gap.until > since
        ]
        found += self._unlooked(connection, channel, since, now)
        found.sort(key=lambda gap: (gap.since, gap.collection))
        oldest = min((gap.since for gap in found), default=now)
        told = rows.acknowledgements(connection, channel.seq, oldest)
        return acknowledged(found, [_acknowledgement(row) for row in told])

    def _unlooked(
        self, connection: Connection, channel: Channel, since: int, now: int
    ) -> list[Gap]:
        pause = self._pause(channel)
        if pause is None:  # nobody is to look
            return []
        runs = rows.runs_since(connection, channel.seq, since)
        added_at = rows.logged_at(connection, channel.seq)
        gaps = channel_gaps(
            channel.seq,
            [RunTime(run=row.run, started=row.started, logged=row.logged) for row in runs],
            before=added_at if not runs or runs[0].before is None else runs[0].before,
            promise=promised(pause),
            now=now,
        )
        return [gap for gap in gaps if gap.until is None or gap.until > since]


def _no_gap(channel: Channel, now: int) -> Gap:
    return Gap(channel=channel.seq, collection=WHOLE_CHANNEL, since=now, until=now, reasons=())


def _looks(connection: Connection, channel: int, name: str, since: int) -> Sequence[Look]:
    """The looks that a collection's gaps follow from: every stretch that failed, and the complete
    looks on both sides of it."""
    failed, complete = list[Look](), dict[int, Look]()
    for stretch in rows.stretches(connection, channel, name, since=since):
        begin = _at(connection, stretch.first)
        if stretch.before is not None:
            complete[stretch.before] = _complete(connection, name, stretch.before)
            begin = complete[stretch.before].at
        failed.append(
            Look(
                run=stretch.first,
                last_run=stretch.last,
                collection=name,
                at=_at(connection, stretch.first),
                complete=False,
                whole=stretch.whole,
                reasons=stretch.reasons,
                runs=stretch.runs,
            )
        )
        after = stretch.after
        while after is not None:
            complete[after] = _complete(connection, name, after)
            if complete[after].at > begin:
                break
            after = rows.next_complete(connection, channel, name, after, whole=stretch.whole)
    return sorted([*failed, *complete.values()], key=lambda look: look.run)


def _complete(connection: Connection, name: str, run: int) -> Look:
    at, whole = _at(connection, run), rows.is_whole(connection, name, run)
    return Look(run=run, last_run=run, collection=name, at=at, complete=True, whole=whole)


def _at(connection: Connection, run: int) -> int:
    row = rows.run_row(connection, run)
    return instant_of(row.started, row.before, row.logged)


def _acknowledgement(row: rows.AcknowledgedRow) -> Acknowledgement:
    return Acknowledgement(
        seq=row.seq,
        collection=row.collection,
        since=row.since,
        reasons=frozenset(row.reasons.split(",")) - {""},
    )


def _payload(gap: Gap, measure: str, actor: int, accept: bool) -> dict[str, Json]:
    payload: dict[str, Json] = {
        "channel": gap.channel,
        "collection": gap.collection,
        "since": gap.since,
        "reasons": list(gap.reasons),
        "measure": measure,
        "actor": actor,
    }
    if gap.until is not None:
        payload["until"] = gap.until
    if accept:
        payload["accept_disappearance"] = True
    return payload
