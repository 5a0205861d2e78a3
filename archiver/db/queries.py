"""Every read of the projection tables that more than one package needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select

from archiver.db import tables as t

_IN_AT_MOST = 500


class KnownRecord(NamedTuple):
    """What the tables hold of a record: enough to tell whether an observation is news."""

    record: int
    state: str
    latest: int
    versions: int
    moderation: str
    content: bytes
    raw: bytes
    cohort: int
    generation: int


_known: Select[Any] = (
    select(
        t.record.c.native,
        t.record.c.seq,
        t.record.c.state,
        t.record.c.latest,
        t.record.c.versions,
        t.version.c.moderation,
        t.version.c.content,
        t.version.c.raw,
        t.entry.c.cohort,
        t.cohort.c.generation,
    )
    .join(t.version, t.version.c.seq == t.record.c.latest)
    .join(t.entry, t.entry.c.seq == t.record.c.latest)
    .join(t.cohort, t.cohort.c.number == t.entry.c.cohort)
)


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


def records_in_states(
    connection: Connection, channel: int, kinds: Collection[str], states: Collection[str]
) -> dict[int, int]:
    """Record → its latest version, of a channel's records of these kinds in these states."""
    query = select(t.record.c.seq, t.record.c.latest).where(
        t.record.c.channel == channel,
        t.record.c.kind.in_(sorted(kinds)),
        t.record.c.state.in_(sorted(states)),
    )
    return {row.seq: row.latest for row in connection.execute(query)}


def last_complete(connection: Connection, channel: int) -> dict[str, int]:
    """Collection → when it was last enumerated completely (start of nothing unseen), ms UTC."""
    query = (
        select(t.coverage.c.collection, func.max(t.coverage.c.until))
        .where(t.coverage.c.channel == channel, t.coverage.c.status == "complete")
        .group_by(t.coverage.c.collection)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def last_run(connection: Connection, channel: int) -> int | None:
    """Seq of a channel's newest run."""
    found: int | None = connection.scalar(
        select(func.max(t.run.c.seq)).where(t.run.c.channel == channel)
    )
    return found


def last_runs(connection: Connection) -> dict[int, int]:
    """Channel → when its newest run ended, ms UTC."""
    query = select(t.run.c.channel, func.max(t.run.c.ended)).group_by(t.run.c.channel)
    return {row[0]: row[1] for row in connection.execute(query)}


class WaitingMedia(NamedTuple):
    """A media file of ours that is not in the archive yet."""

    version: int
    number: int


def waiting_media(connection: Connection, channel: int, *, attempts: int) -> list[WaitingMedia]:
    """Media still to be fetched, tried fewer than `attempts` times, oldest first."""
    query = (
        select(t.media.c.version, t.media.c.number)
        .join(t.version, t.version.c.seq == t.media.c.version)
        .join(t.record, t.record.c.seq == t.version.c.record)
        .where(
            t.record.c.channel == channel,
            t.media.c.component.is_(None),
            t.media.c.failed < attempts,
        )
        .order_by(t.media.c.version, t.media.c.number)
    )
    return [WaitingMedia(*row) for row in connection.execute(query)]


def channel_of_records(connection: Connection, seqs: Iterable[int]) -> dict[int, int]:
    """Record → channel."""
    query = select(t.record.c.seq, t.record.c.channel).where(t.record.c.seq.in_(list(seqs)))
    return {row.seq: row.channel for row in connection.execute(query)}
