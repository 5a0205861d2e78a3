"""Every read of the projection tables that more than one package needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, exists, false, func, or_, select

from archiver.core.channel import INTERVAL, MANUAL, ChannelState
from archiver.core.plan import Scope
from archiver.db import tables as t

_IN_AT_MOST = 500
# Reasons for which a list is not vouched for although it was read to its end.
READ = (
    *("", "bad_items", "list_short", "window_passed", "media_missing", "probe_failed"),
    *("too_many_missing", "mass_disappearance", "control_failed", "clock_skew"),
)
_GONE = ("account_gone", "account_moved")  # then there is nothing left to be read for the last time


class KnownRecord(NamedTuple):
    """What the tables hold of a record: enough to tell whether an observation is news."""

    record: int
    state: str
    latest: int
    versions: int
    moderation: str
    content: bytes
    raw: bytes


_known: Select[Any] = select(
    t.record.c.native,
    t.record.c.seq,
    t.record.c.state,
    t.record.c.latest,
    t.record.c.versions,
    t.version.c.moderation,
    t.version.c.content,
    t.version.c.raw,
).join(t.version, t.version.c.seq == t.record.c.latest)


def known_records(
    connection: Connection, channel: int, natives: Sequence[bytes]
) -> dict[bytes, KnownRecord]:
    """Records of a channel by their native tokens; unknown ones are left out."""
    found: dict[bytes, KnownRecord] = {}
    for start in range(0, len(natives), _IN_AT_MOST):
        part = natives[start : start + _IN_AT_MOST]
        query = _known.where(t.record.c.channel == channel, t.record.c.native.in_(part))
        for row in connection.execute(query):
            found[row[0]] = KnownRecord(*row[1:])
    return found


def collections_of(connection: Connection, channel: int) -> list[str]:
    """Names of the collections that any run of the channel has named, by seeking from one to the
    next."""
    c, names = t.coverage.c, list[str]()
    while True:
        query = select(func.min(c.collection)).where(c.channel == channel)
        found = connection.scalar(query.where(c.collection > names[-1]) if names else query)
        if found is None:
            return names
        names.append(found)


def last_complete(
    connection: Connection, channel: int, scopes: Collection[str] = ("all", "recent")
) -> dict[str, int]:
    """Collection → until when everything created has been seen (start of nothing unseen), ms UTC;
    with the scope "all" only: when everything there is was last seen. Sought from the newest run
    backwards: the past costs nothing."""
    c, found = t.coverage.c, dict[str, int]()
    for name in collections_of(connection, channel):
        query = (
            select(c.until)
            .where(c.channel == channel, c.collection == name, c.status == "complete")
            .where(c.scope.in_(sorted(scopes)))
            .order_by(c.run.desc())
            .limit(1)
        )
        until = connection.scalar(query)
        if until is not None:
            found[name] = until
    return found


def projected(connection: Connection) -> int:
    """How many log entries the tables hold."""
    found = connection.scalar(select(t.meta.c.value).where(t.meta.c.name == "projected"))
    return int(found or 0)


def looked_at(connection: Connection, channel: int) -> frozenset[str]:
    """Collections of which some run has seen something."""
    c = t.coverage.c
    return frozenset(
        name
        for name in collections_of(connection, channel)
        for status in ("complete", "partial")  # one seek each: "not a gap" would be a scan
        if connection.scalar(
            select(exists().where(c.channel == channel, c.collection == name, c.status == status))
        )
    )


def last_run(connection: Connection, channel: int) -> int | None:
    """Seq of a channel's newest run."""
    found: int | None = connection.scalar(
        select(func.max(t.run.c.seq)).where(t.run.c.channel == channel)
    )
    return found


class ChannelSetting(NamedTuple):
    """How a channel is harvested now: `state_seq` is the event that brought it into its state, 0
    for none; `ended`: it was closed and has been read for the last time; `waits_for_last`: it was
    closed and has not (a part, or a run that saw nothing, does not count)."""

    interval: int
    schedule: str
    crisis_until: int
    state: str
    state_seq: int
    ended: bool
    waits_for_last: bool = False

    @property
    def harvested(self) -> bool:
        """Whether the schedule is to harvest it."""
        return self.state != ChannelState.PAUSED and not self.ended


def channel_settings(connection: Connection) -> dict[int, ChannelSetting]:
    """The settings of every channel that is an account, in the order they were added."""
    c = t.channel_change.c
    accounts = select(t.channel.c.seq, t.channel.c.interval).where(t.channel.c.platform != MANUAL)
    added = connection.execute(accounts.order_by("seq"))
    found = {
        row.seq: ChannelSetting(row.interval, INTERVAL, 0, ChannelState.ACTIVE.value, 0, False)
        for row in added
    }
    for row in connection.execute(select(t.channel_change).order_by(c.seq)):
        new = {name: row._mapping[name] for name in ("interval", "schedule", "crisis_until")}
        if row.state is not None:
            new |= {"state": row.state, "state_seq": row.seq}
        changed = {name: value for name, value in new.items() if value is not None}
        found[row.channel] = found[row.channel]._replace(**changed)
    closing = {n: one.state_seq for n, one in found.items() if one.state == ChannelState.CLOSING}
    gone = exists().where(t.coverage.c.run == t.run.c.seq, t.coverage.c.reason.in_(_GONE))
    broken = exists().where(t.coverage.c.run == t.run.c.seq, t.coverage.c.reason.not_in(READ))
    since = (and_(t.run.c.channel == n, t.run.c.seq > at) for n, at in closing.items())
    read = (
        select(t.run.c.channel)
        .where(or_(false(), *since), t.run.c.scope == Scope.FULL.value, or_(~broken, gone))
        .distinct()
    )
    wholly = set(connection.scalars(read)) if closing else set()
    for channel in closing:
        ended = channel in wholly
        found[channel] = found[channel]._replace(ended=ended, waits_for_last=not ended)
    return found


def channel_changes(connection: Connection, channel: int | None = None) -> list[int]:
    """Seqs of the changes of a channel, or of all, in order."""
    c = t.channel_change.c
    query = select(c.seq).where(c.seq != c.channel).order_by(c.seq)
    return list(connection.scalars(query if channel is None else query.where(c.channel == channel)))


def platforms(connection: Connection) -> dict[int, str]:
    """Channel → its platform."""
    rows = connection.execute(select(t.channel.c.seq, t.channel.c.platform))
    return {row.seq: row.platform for row in rows}


def last_runs(connection: Connection) -> dict[int, int]:
    """Channel → when its newest run ended, ms UTC."""
    newest = (
        select(func.max(t.run.c.ended))
        .where(t.run.c.channel == t.channel.c.seq)
        .correlate(t.channel)
        .scalar_subquery()
    )
    rows = connection.execute(select(t.channel.c.seq, newest))
    return {row[0]: row[1] for row in rows if row[1] is not None}


class WaitingMedia(NamedTuple):
    """A media file of ours that is not in the archive yet."""

    version: int
    number: int
    failed: int


def waiting_media(connection: Connection, channel: int) -> list[WaitingMedia]:
    """Media the archive lacks, with how often they failed, oldest first."""
    query = (
        select(t.media.c.version, t.media.c.number, t.media.c.failed)
        .join(t.version, t.version.c.seq == t.media.c.version)
        .join(t.record, t.record.c.seq == t.version.c.record)
        .where(
            t.record.c.channel == channel,
            t.media.c.component.is_(None),
        )
        .order_by(t.media.c.version, t.media.c.number)
    )
    return [WaitingMedia._make(row) for row in connection.execute(query)]


class RecordRow(NamedTuple):
    """A record as lists show it: numbers, states and dates (milliseconds UTC)."""

    record: int
    channel: int
    kind: str
    state: str
    origin: str
    legal_at: int
    legal_basis: str
    captured_at: int
    latest: int
    versions: int


_record_row = select(
    t.record.c.seq,
    t.record.c.channel,
    t.record.c.kind,
    t.record.c.state,
    t.record.c.origin,
    t.record.c.legal_at,
    t.record.c.legal_basis,
    t.record.c.captured_at,
    t.record.c.latest,
    t.record.c.versions,
)


def newest_records(
    connection: Connection,
    *,
    channel: int | None = None,
    state: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[RecordRow]:
    """Records with a number below `before`, newest first."""
    query = _record_row.order_by(t.record.c.seq.desc()).limit(limit)
    if channel is not None:
        query = query.where(t.record.c.channel == channel)
    if state is not None:
        query = query.where(t.record.c.state == state)
    if before is not None:
        query = query.where(t.record.c.seq < before)
    return [RecordRow._make(row) for row in connection.execute(query)]


def record_row(connection: Connection, record: int) -> RecordRow | None:
    """One record."""
    row = connection.execute(_record_row.where(t.record.c.seq == record)).first()
    return RecordRow._make(row) if row else None


class VersionRow(NamedTuple):
    """A version of a record; `changes` are the names of the changes that made it."""

    seq: int
    n: int
    captured_at: int
    capture: int | None
    moderation: str
    changes: str


def versions_of(connection: Connection, record: int) -> list[VersionRow]:
    """A record's versions, first to last."""
    query = (
        select(
            t.version.c.seq,
            t.version.c.n,
            t.version.c.captured_at,
            t.version.c.capture,
            t.version.c.moderation,
            t.version.c.changes,
        )
        .where(t.version.c.record == record)
        .order_by(t.version.c.n)
    )
    return [VersionRow._make(row) for row in connection.execute(query)]


def media_parts(connection: Connection, version_seq: int, number: int) -> list[int]:
    """Seqs of a whole media file's chunks in order. An attempt that broke off left chunks of the
    same numbers behind it: the newest up to the file's last chunk are the file."""
    c, last = t.component, t.component.alias("last")
    query = (
        select(func.max(c.c.seq))
        .join(t.media, and_(t.media.c.version == c.c.version, t.media.c.number == c.c.number))
        .join(last, last.c.seq == t.media.c.component)
        .where(
            c.c.version == version_seq,
            c.c.number == number,
            c.c.seq <= last.c.seq,
            c.c.part <= last.c.part,
        )
        .group_by(c.c.part)
        .order_by(c.c.part)
    )
    return list(connection.scalars(query))


def components_of(connection: Connection, versions: Iterable[int]) -> list[int]:
    """Chunks of every whole media file of these versions, file by file, in order."""
    query = (
        select(t.media.c.version, t.media.c.number)
        .where(t.media.c.version.in_(list(versions)), t.media.c.component.is_not(None))
        .order_by(t.media.c.version, t.media.c.number)
    )
    files = connection.execute(query).all()
    return [seq for file in files for seq in media_parts(connection, file.version, file.number)]


class CoverageRow(NamedTuple):
    """One collection in one run."""

    run: int
    channel: int
    collection: str
    since: int | None
    until: int
    status: str
    reason: str
    expected: int | None
    seen: int
    missing: int


def newest_coverage(
    connection: Connection, channels: Collection[int], limit: int
) -> list[CoverageRow]:
    """Coverage of the channels, newest first."""
    c = t.coverage.c
    query = (
        select(
            c.run,
            c.channel,
            c.collection,
            c.since,
            c.until,
            c.status,
            c.reason,
            c.expected,
            c.seen,
            c.missing,
        )
        .where(c.channel.in_(sorted(channels)))
        .order_by(c.run.desc(), c.collection)
        .limit(limit)
    )
    return [CoverageRow._make(row) for row in connection.execute(query)]


def exchange_of(connection: Connection, capture: int) -> int | None:
    """The exchange behind a capture; None if there is no such capture."""
    found: int | None = connection.scalar(
        select(t.capture.c.exchange).where(t.capture.c.seq == capture)
    )
    return found
