"""A thread as it looked at an instant, and what can be known of that.

Each item is shown in the version that had been captured by then; what had not been captured is not
shown, and said to be missing where the platform's own time is earlier. An archive that looks now
and then knows what it saw and not when it happened: between two looks a change or a deletion may
lie on either side of the instant, and that is said of each item that it may be true of.

What is kept apart is left out for whoever may not read it, and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.core.changes import State
from archiver.core.egress import Purpose, release
from archiver.errors import NotFound
from archiver.web import queries
from archiver.web import time_queries as sql
from archiver.web.dates import day
from archiver.web.reading import allow
from archiver.web.reading.channels import Account, account
from archiver.web.reading.records import nested
from archiver.web.rows import Place, RecordRow, TransitionRow, VersionRow
from archiver.web.services import WebServices
from archiver.web.time_queries import RunEnd

ANSWERS_AT_ONCE = 100
UNSEEN_NAMED = 20
TRANSITIONS = 50  # of one record, the newest
_GONE = frozenset(
    {State.GONE_CONFIRMED, State.AUTHOR_GONE, State.PLATFORM_REMOVED, State.MISSING_SUSPECTED}
)
_EXACT = 1000  # milliseconds after a look's end in which nothing else is taken to have happened
Reveal = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of an item at an instant: as it was known then, or as it is `since_known`. `change`
    is the absence it rests on, `perhaps_gone` that it went missing in an interval that holds the
    instant."""

    state: str
    since_known: bool = False
    change: TransitionRow | None = None
    perhaps_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of the thread. `apart`: its words are not shown; `changed_at`: when another version
    was seen that may have been written before the instant; `told`: the newest earlier state that
    the platform itself dates between the version and the instant (record, time)."""

    row: RecordRow
    version: VersionRow
    standing: Standing
    fields: Mapping[str, Any]
    depth: int = 0
    apart: bool = False
    changed_at: int | None = None
    told: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the looks around an instant say: the newest that had ended, the first that came after,
    the lists that one of them did not read wholly (list, reason), whether a whole day passed
    between them, and whether the look before ended at the instant itself."""

    before: RunEnd | None
    after: RunEnd | None
    doubtful: tuple[tuple[str, str], ...] = ()
    nobody: bool = False
    exact: bool = False

    @property
    def certain(self) -> bool:
        """Whether nothing is known to be missing from what was seen."""
        return self.before is not None and not self.doubtful and not self.nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadThen:
    """A page of a thread as it was `at`. `root` is None if it is not in the archive, was not there
    yet, or is left out; `unseen`: records that were there by the platform's own time and had not
    been captured; `withheld`: how many are left out; `protected`: how many that are kept apart the
    viewer may read; `after`: where the next page begins."""

    at: int
    account: Account
    asked: RecordRow
    root: Item | None
    root_known: bool
    answers: tuple[Item, ...]
    total: int
    after: Place | None
    sight: Sight
    unseen: tuple[int, ...] = ()
    withheld: int = 0
    protected: int = 0


def standing(version: VersionRow, transitions: Sequence[TransitionRow], at: int) -> Standing:
    """Where an item stood at an instant. `transitions` oldest first."""
    found = Standing(state=version.moderation)
    newest = version.seq
    for one in transitions:
        if one.at <= at and one.seq > newest:
            found = Standing(state=one.state, change=one)
            newest = one.seq
    for one in transitions:
        if one.at <= at or one.first_missed is None or one.state not in _GONE:
            continue
        if one.first_missed <= at:
            return Standing(state=one.state, since_known=True, change=one)
        # At the end of the look that saw it last, it was there.
        if one.last_seen is not None and one.last_seen + _EXACT < at < one.first_missed:
            return replace(found, change=one, perhaps_gone=True)
        break
    return found


def thread_then(
    services: WebServices,
    viewer: Viewer,
    seq: int,
    at: int,
    *,
    after: Place | None = None,
    reveal: Reveal | None = None,
) -> ThreadThen:
    """The thread that a record stands in, at an instant (milliseconds UTC). `reveal` is called with
    the record and authority of each item that is kept apart before its words are read, and must
    note it; None: they are not read. `NotFound` if the record is not there for the viewer."""
    authorities = allow(viewer, Permission.READ)
    with services.ledger.database.read() as connection:
        asked = queries.record(connection, authorities, seq)
        if asked is None:
            raise NotFound(f"There is no record R{seq}.")
        channel, top = asked.channel, asked.root or asked.native
        owner = account(services, viewer, channel, Permission.READ)
        may = viewer.may(Permission.READ_PROTECTED, owner.authority)
        root = queries.by_native(connection, channel, top)
        apart = frozenset(sql.apart_in_thread(connection, channel, top, at=at))
        hidden: Collection[int] = () if may else apart
        rows = sql.answers_then(
            connection,
            channel,
            top,
            at=at,
            without=hidden,
            after=after,
            limit=ANSWERS_AT_ONCE + 1,
        )
        shown = rows[:ANSWERS_AT_ONCE]
        there = [root] if root and root.captured_at <= at and root.seq not in hidden else []
        around = sight(connection, channel, at)
        items = _items(viewer, connection, [*there, *shown], around, at)
        unseen = sql.unseen_then(connection, channel, top, at=at, limit=UNSEEN_NAMED)
        total = sql.count_then(connection, channel, top, at=at)
    opened, lost = _opened(services, viewer, items, owner, reveal if may else None, may=may)
    head = opened.pop(root.seq, None) if root else None
    placed = [
        replace(opened[row.seq], depth=depth) for row, depth in nested(shown) if row.seq in opened
    ]
    return ThreadThen(
        at=at,
        account=owner,
        asked=asked,
        root=head,
        root_known=root is not None,
        answers=tuple(placed),
        total=total,
        after=Place(shown[-1].legal_at, shown[-1].seq) if len(rows) > len(shown) else None,
        sight=around,
        unseen=tuple(unseen),
        withheld=len(hidden) + lost,
        protected=len(apart) if may else 0,
    )


def sight(connection: Connection, channel: int, at: int) -> Sight:
    """What the looks around an instant say of a channel."""
    before = sql.run_before(connection, channel, at, seen=True)
    after = sql.run_after(connection, channel, at, seen=True)
    exact = before is not None and at - before.ended < _EXACT
    nearest = [sql.run_before(connection, channel, at, seen=False)]
    if not exact:
        nearest.append(sql.run_after(connection, channel, at, seen=False))
    runs = [one.seq for one in nearest if one is not None]
    coverage = queries.coverage_of(connection, runs)
    doubtful = dict.fromkeys(
        (row.collection, row.reason)
        for run in runs
        for row in coverage.get(run, ())
        if row.status != "complete" and row.collection != "media"
    )
    nobody = bool(
        before and not exact and (day(after.ended if after else at) - day(before.ended)).days > 1
    )
    return Sight(before=before, after=after, doubtful=tuple(doubtful), nobody=nobody, exact=exact)


def _items(
    viewer: Viewer,
    connection: Connection,
    rows: Sequence[RecordRow],
    around: Sight,
    at: int,
) -> list[Item]:
    """The records as they stood, without their words."""
    seqs = [row.seq for row in rows]
    versions = sql.versions_then(connection, seqs, at)
    states = sql.transitions_of(connection, seqs, limit=TRANSITIONS)
    told = (
        sql.told_then(connection, rows[0].channel, [row.native for row in rows], at) if rows else {}
    )
    found = []
    for row in rows:
        if row.seq not in versions:
            continue
        version, next_at = versions[row.seq]
        said = told.get(row.native)
        perhaps = around.after is not None and not around.exact and next_at is not None
        found.append(
            Item(
                row=row,
                version=version,
                standing=_released(viewer, standing(version, states.get(row.seq, ()), at)),
                fields={},
                changed_at=next_at
                if perhaps and around.after and next_at and next_at <= around.after.ended
                else None,
                told=said if said and said[1] > version.captured_at else None,
            )
        )
    return found


def _released(viewer: Viewer, one: Standing) -> Standing:
    if one.change is None:
        return one
    fields = release(viewer, Purpose.EVIDENCE, {"problem": one.change.reason})
    return replace(one, change=one.change._replace(reason=fields["problem"]))


def _opened(
    services: WebServices,
    viewer: Viewer,
    items: Sequence[Item],
    owner: Account,
    reveal: Reveal | None,
    *,
    may: bool,
) -> tuple[dict[int, Item], int]:
    """The items with their words, by record, and how many are left out because they do not open."""
    opened = services.ledger.open([one.version.seq for one in items])
    closed = [one for one in items if one.version.seq not in opened]
    if reveal is not None:
        for one in closed:
            reveal(one.row.seq, owner.authority)
        protected = [one.version.seq for one in closed]
        opened |= services.ledger.open(protected, protected=True)
    found = {}
    for one in items:
        held = opened.get(one.version.seq)
        if held is None and not may:
            continue
        fields = release(viewer, Purpose.READ, held.envelope) if held is not None else {}
        apart = one in closed
        found[one.row.seq] = replace(one, fields=fields, apart=apart)
    return found, len(items) - len(found)
