"""What the tables know that a run must ask: which records it should have shown, which posts lie
above them, what is known of an absence, and how threads have been read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, exists, func, or_, select

from archiver.core.changes import State
from archiver.core.disappearance import Absence
from archiver.core.plan import Scope, ThreadFacts
from archiver.db import queries
from archiver.db import tables as t

_IN_AT_MOST = 500
_AT_A_TIME = 5_000  # records


def latest_versions(connection: Connection, records: Sequence[int]) -> dict[int, int]:
    """Record → its latest version."""
    found: dict[int, int] = {}
    for start in range(0, len(records), _IN_AT_MOST):
        query = select(t.record.c.seq, t.record.c.latest).where(
            t.record.c.seq.in_(records[start : start + _IN_AT_MOST])
        )
        found |= {row.seq: row.latest for row in connection.execute(query)}
    return found


def roots_of(connection: Connection, records: Sequence[int]) -> dict[int, int]:
    """Record → the record of the post it stands under, where that is in the archive."""
    below, above = t.record, t.record.alias("above")
    found: dict[int, int] = {}
    for start in range(0, len(records), _IN_AT_MOST):
        query = (
            select(below.c.seq, above.c.seq)
            .join(above, and_(above.c.channel == below.c.channel, above.c.native == below.c.root))
            .where(below.c.seq.in_(records[start : start + _IN_AT_MOST]))
        )
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found


class Candidate(NamedTuple):
    """A record that a run might miss: when it was created on the platform, and what it stands
    under (native token)."""

    record: int
    state: str
    latest: int
    created_at: int | None
    parent: bytes | None
    root: bytes | None
    native: bytes
    captured_at: int
    origin: str
    kind: str


_candidate = select(
    t.record.c.seq,
    t.record.c.state,
    t.record.c.latest,
    t.record.c.created_at,
    t.record.c.parent,
    t.record.c.root,
    t.record.c.native,
    t.version.c.captured_at,
    t.record.c.origin,
    t.record.c.kind,
).join(t.version, t.version.c.seq == t.record.c.latest)


def candidates(
    connection: Connection,
    channel: int,
    kinds: Collection[str],
    states: Collection[str],
    *,
    created_since: int | None = None,
    roots: Collection[bytes] | None = None,
) -> Iterator[list[Candidate]]:
    """A channel's records of these kinds in these states, some at a time: all, those created since,
    or those under these posts."""
    query = _candidate.where(
        t.record.c.channel == channel,
        t.record.c.kind.in_(sorted(kinds)),
        t.record.c.state.in_(sorted(states)),
    )
    if created_since is not None:
        query = query.where(t.record.c.created_at >= created_since)
    if roots is not None:
        ordered = sorted(roots)
        for start in range(0, len(ordered), _IN_AT_MOST):
            part = query.where(t.record.c.root.in_(ordered[start : start + _IN_AT_MOST]))
            yield [Candidate._make(row) for row in connection.execute(part)]
        return
    query, last = query.order_by(t.record.c.native).limit(_AT_A_TIME), b""
    while page := connection.execute(query.where(t.record.c.native > last)).all():
        yield [Candidate._make(row) for row in page]
        last = page[-1].native  # as the index has them: each page is a range of it


def below(
    connection: Connection,
    channel: int,
    posts: Sequence[int],
    kinds: Collection[str],
    states: Collection[str],
) -> list[Candidate]:
    """The records of these kinds in these states that stand under these posts."""
    found: list[Candidate] = []
    post = t.record.alias("post")
    for start in range(0, len(posts), _IN_AT_MOST):
        query = (
            _candidate.join(post, and_(post.c.channel == channel, post.c.native == t.record.c.root))
            .where(t.record.c.channel == channel, t.record.c.state.in_(sorted(states)))
            .where(t.record.c.kind.in_(sorted(kinds)))
            .where(post.c.seq.in_(posts[start : start + _IN_AT_MOST]), post.c.seq != t.record.c.seq)
        )
        found += [Candidate._make(row) for row in connection.execute(query)]
    return found


class Doubted(NamedTuple):
    """A record that could not be seen, and what is known of its absence (milliseconds UTC)."""

    record: int
    state: str
    at: int
    last_seen: int | None
    first_missed: int | None
    asked: int | None
    confirmed: int | None

    @property
    def absence(self) -> Absence | None:
        """What is known of the absence; None where the platform named another state."""
        if self.last_seen is None or self.first_missed is None:
            return None
        return Absence(
            last_seen=self.last_seen,
            first_missed=self.first_missed,
            asked=self.asked or self.first_missed,
            confirmed=self.confirmed or 0,
        )


def doubted(connection: Connection, channel: int, states: Collection[str]) -> list[Doubted]:
    """A channel's records in these states of absence, with the newest word on each."""
    r, n = t.record.c, t.transition.c
    query = (
        select(n.record, n.state, n.at, n.last_seen, n.first_missed, n.asked, n.confirmed)
        .join(t.record, and_(r.seq == n.record, r.state_seq == n.seq))
        .where(r.channel == channel, r.state.in_(sorted(states)))
        .order_by(n.at, n.record)
    )
    return [Doubted._make(row) for row in connection.execute(query)]


class Whole(NamedTuple):
    """A channel's newest full run that read every list to its end, and its newest of any outcome:
    seq and end (milliseconds UTC) of the first, end of the second; None: there was none."""

    seq: int | None
    ended: int | None
    tried: int | None


def last_whole(connection: Connection, channel: int | None = None) -> dict[int, Whole]:
    """Channel → when everything of it was last read, of those with a full run; of one channel or
    of all. Each is looked up from its newest run backwards, so that the past costs nothing."""
    run, line = t.run.c, t.coverage.c
    broken = exists().where(line.run == run.seq, line.reason.not_in(queries.READ))
    full = (
        select(run.seq)
        .where(run.channel == t.channel.c.seq, run.scope == Scope.FULL.value)
        .order_by(run.seq.desc())
        .limit(1)
        .correlate(t.channel)
    )
    query = select(t.channel.c.seq, full.where(~broken).scalar_subquery(), full.scalar_subquery())
    if channel is not None:
        query = query.where(t.channel.c.seq == channel)
    found = {row[0]: row[1:] for row in connection.execute(query) if row[2] is not None}
    seqs = {seq for pair in found.values() for seq in pair if seq is not None}
    rows = connection.execute(select(run.seq, run.ended).where(run.seq.in_(seqs)))
    ended = {row.seq: row.ended for row in rows}
    return {one: Whole(seq, ended.get(seq), ended[last]) for one, (seq, last) in found.items()}


def is_frozen(connection: Connection, channel: int) -> bool:
    """Whether the newest run that read everything found so much missing that nothing is to be
    concluded."""
    whole = last_whole(connection, channel).get(channel)
    if whole is None or whole.seq is None:
        return False
    line = t.coverage.c
    said = select(exists().where(line.run == whole.seq, line.reason == "mass_disappearance"))
    return bool(connection.scalar(said))


def freeze_lifted(connection: Connection, channel: int) -> bool:
    """Whether a person has said that what went missing at once is truly gone, since everything was
    last read: a run that reads a part may not meet what was meant."""
    said = connection.scalar(
        select(func.max(t.freeze_lifted.c.seq)).where(t.freeze_lifted.c.channel == channel)
    )
    whole = last_whole(connection, channel).get(channel)
    return said is not None and said > ((whole.seq if whole else None) or 0)


def thread_looks(
    connection: Connection, channel: int, natives: Collection[bytes]
) -> dict[bytes, int]:
    """Native token of a post → when what stands under it was last read, ms UTC."""
    found: dict[bytes, int] = {}
    ordered = sorted(natives)
    for start in range(0, len(ordered), _IN_AT_MOST):
        query = select(t.thread.c.native, t.thread.c.scanned_at).where(
            t.thread.c.channel == channel,
            t.thread.c.native.in_(ordered[start : start + _IN_AT_MOST]),
            t.thread.c.scanned_at.is_not(None),
        )
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found


def threads_since(
    connection: Connection, channel: int, *, created: int, active: int
) -> list[ThreadFacts]:
    """The posts of a channel that were created, or had something new under them, since then (ms
    UTC): the only ones a schedule may look under between two full readings."""
    c = t.thread.c
    query = (
        select(c.record, c.created_at, c.scanned_at, c.activity_at, c.empty)
        .join(t.record, t.record.c.seq == c.record)
        .where(
            c.channel == channel,
            or_(c.created_at >= created, c.activity_at >= active),
            t.record.c.state == State.VISIBLE.value,
        )
        .order_by(c.record)
    )
    return [
        ThreadFacts(record=r, created_at=made, scanned_at=scanned, activity_at=news, empty=empty)
        for r, made, scanned, news, empty in connection.execute(query)
    ]
