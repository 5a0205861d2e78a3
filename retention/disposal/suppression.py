"""The list of what is not to be captured again, as a disposal adds to it.

It holds HMACs under the channel's key, so that it says nothing to who has not that key: what a
harvest would know each record again by, and when it was last captured.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import select

from archiver.core.canonical import Json
from archiver.core.observation import REVISION
from archiver.db import tables as t
from archiver.db.among import among
from archiver.ledger.writer import Writer
from retention.core.disposal import runs_of
from retention.links import in_parts

_IN_AN_EVENT = 20_000  # records in one list


def suppressions(
    writer: Writer, proposal: int, authority: int, records: Collection[int], actor: int
) -> Iterator[dict[str, Json]]:
    """Payloads of the list, by channel: what a harvest would know the records again by, when each
    was last captured, and how the threads that they are answers in have been read."""
    r, v = t.record.c, t.version.c
    rows: dict[int, list[tuple[int, bytes, int]]] = {}
    threads = _threads(writer, records)

    def payload(channel: int) -> dict[str, Json]:
        some = rows.pop(channel)
        return {
            "proposal": proposal,
            "authority": authority,
            "actor": actor,
            "channel": channel,
            "records": [list(run) for run in runs_of(seq for seq, _, _ in some)],
            "natives": "".join([native.hex() for _, native, _ in some]),
            "last": [at for _, _, at in some],
            "threads": threads.pop(channel, []),
        }

    for part in in_parts(records):
        query = (
            select(r.seq, r.channel, r.native, v.captured_at)
            .join(t.version, v.seq == r.latest)
            .where(among(r.seq, part))
            .where(r.kind != REVISION)
            .order_by(r.seq)
        )
        for seq, channel, native, at in writer.connection.execute(query).all():
            rows.setdefault(channel, []).append((seq, native, at))
            if len(rows[channel]) == _IN_AN_EVENT:
                yield payload(channel)
    yield from map(payload, sorted(rows))


def _threads(writer: Writer, records: Collection[int]) -> dict[int, list[Json]]:
    """Channel → how the threads that the records are answers in have been read."""
    r, th = t.record.c, t.thread.c
    gone, found = set(records), dict[int, Json]()
    of: dict[int, list[Json]] = {}
    for part in in_parts(records):
        query = (
            select(t.thread)
            .join(t.record, (r.channel == th.channel) & (r.root == th.native))
            .where(among(r.seq, part))
            .distinct()
        )
        for row in writer.connection.execute(query):
            if row.record not in gone and row.record not in found:
                names = ("record", "scanned_at", "activity_at", "activity_seq", "empty")
                thread: dict[str, Json] = {
                    name: value for name in names if (value := getattr(row, name)) is not None
                }
                found[row.record] = thread
                of.setdefault(row.channel, []).append(thread)
    return of
