"""The inbox: what came in and waits for a decision, in threads, the newest first.

What waits is new, was changed since it was decided on, or is gone since (`tables.UNDECIDED`, an
index of its own: what is decided costs nothing here). A thread stands where its newest waiting item
does. Views that need to read the texts look at a bounded number of items at a time, and say where
they stopped. Another authority's items are not fetched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, func, or_, select

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date, working_days_between
from archiver.db import tables as t
from archiver.db.engine import Database

AT_ONCE = 40  # threads on a page
LOOKED_AT = 2_000  # items that a view reads in at most before it stops
_CHUNK = 500
MOST = 10_000  # what is counted up to
_WRITTEN = re.compile(r"([0-9]{1,15})\.([0-9]{1,15})")


class Why(StrEnum):
    """Why an item waits."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"


class Item(NamedTuple):
    """An item that waits, as the tables know it. `captured_at` is when it was first seen, `seen_at`
    when its newest version was."""

    seq: int
    channel: int
    authority: int
    kind: str
    native: bytes
    root: bytes | None
    legal_at: int
    legal_basis: str
    captured_at: int
    state: str
    latest: int
    triaged: int
    outcome: str | None
    seen_at: int

    @property
    def mark(self) -> str:
        """What a form says of it, so that a stale one is known: record, version, decision."""
        return f"{self.seq}.{self.latest}.{self.triaged}"

    @property
    def why(self) -> Why:
        """Why it waits."""
        if not self.triaged:
            return Why.NEW
        return Why.CHANGED if self.triaged < self.latest else Why.GONE

    @property
    def thread(self) -> tuple[int, bytes]:
        """Which thread it is in: the channel and what stands at its top."""
        return self.channel, self.root or self.native


class Place(NamedTuple):
    """Where a page ends: the next begins after it."""

    at: int
    seq: int

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """The place that is written "1795345200000.4711"; None for anything else."""
        found = _WRITTEN.fullmatch(text)
        return cls(int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A thread with what waits in it, the newest first."""

    channel: int
    authority: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Threads, and where the next page begins (None: there is none). `cut`: it ended because
    enough was looked at, so that there may be more although the page is not full."""

    threads: tuple[Waiting, ...]
    after: Place | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the inbox stands: items that wait (at most `MOST` are counted), and the oldest, which
    came in on `since` and has waited `working_days` Swedish working days."""

    waiting: int
    since: int | None = None
    working_days: int = 0


Chosen = Callable[[Sequence[Item]], Collection[int]]


def everything(items: Sequence[Item]) -> Collection[int]:
    """Every item."""
    return [one.seq for one in items]


def because(*reasons: Why) -> Chosen:
    """Items that wait for one of these reasons."""
    return lambda items: [one.seq for one in items if one.why in reasons]


class Inbox:
    """Reads what waits, for somebody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        viewer: Viewer,
        chosen: Chosen = everything,
        *,
        without: Collection[int] = (),
        channel: int | None = None,
        after: Place | None = None,
        limit: int = AT_ONCE,
    ) -> Page:
        """A page of threads in which something waits that is `chosen`. `without` are items that
        somebody has just decided on. `chosen` is given items in chunks and may read their texts."""
        with self._database.read() as connection:
            stream = _stream(connection, viewer, channel, after)
            threads: dict[tuple[int, bytes], list[Item]] = {}
            looked = 0
            while chunk := list(islice(stream, _CHUNK)):
                looked += len(chunk)
                wanted = set(chosen([one for one in chunk if one.seq not in without]))
                for item in chunk:
                    if item.seq not in wanted:
                        continue
                    if item.thread not in threads and len(threads) == limit:
                        return self._finished(connection, threads, after, before=item)
                    threads.setdefault(item.thread, []).append(item)
                if looked >= LOOKED_AT:
                    return self._finished(connection, threads, after, before=None, last=chunk[-1])
            return self._finished(connection, threads, after, before=None)

    def _finished(
        self,
        connection: Connection,
        threads: Mapping[tuple[int, bytes], Sequence[Item]],
        after: Place | None,
        *,
        before: Item | None,
        last: Item | None = None,
    ) -> Page:
        """The page: without threads that an earlier page has shown because of a newer item."""
        shown = set(threads) if after is None else set(threads) - _newer(connection, threads, after)
        found = tuple(
            Waiting(channel=key[0], authority=items[0].authority, items=tuple(items))
            for key, items in threads.items()
            if key in shown
        )
        end = None
        if before is not None:
            end = Place(before.legal_at, before.seq + 1)
        elif last is not None:
            end = Place(last.legal_at, last.seq)
        return Page(threads=found, after=end, cut=last is not None)

    def ends(
        self, viewer: Viewer, *, without: Collection[int] = (), most: int = LOOKED_AT
    ) -> tuple[list[Item], bool]:
        """What waits, each item once; if that is more than `most`, half of them from the oldest and
        half from the newest, and whether any were left out."""
        r, half = t.record.c, max(1, most // 2)
        newest = _items(viewer, None).order_by(r.legal_at.desc(), r.seq.desc())
        oldest = _items(viewer, None).order_by(r.legal_at, r.seq).limit(half)
        with self._database.read() as connection:
            rows = connection.execute(newest.limit(most + 1)).all()
            cut = len(rows) > most
            if cut:
                rows = [*rows[:half], *connection.execute(oldest)]
        found = {row[0]: Item(*row) for row in rows}
        return [one for one in found.values() if one.seq not in without], cut

    def standing(self, viewer: Viewer, *, now: int) -> Standing:
        """How many items wait, and how long the oldest has."""
        counted = _items(viewer, None).limit(MOST).subquery()
        oldest = _items(viewer, None).order_by(t.record.c.legal_at).limit(1)
        with self._database.read() as connection:
            waiting = connection.scalar(select(func.count()).select_from(counted)) or 0
            row = connection.execute(oldest).first()
        if row is None:
            return Standing(waiting=0)
        item = Item(*row)
        return Standing(
            waiting=waiting,
            since=item.legal_at,
            working_days=age(item.legal_at, stockholm_date(now)),
        )

    def items(self, viewer: Viewer, seqs: Iterable[int]) -> dict[int, Item]:
        """Items of these numbers, whether they wait or not, that the viewer may decide on."""
        query = _every()
        query = query.where(t.record.c.seq.in_(list(seqs)), _own(viewer))
        with self._database.read() as connection:
            return {row[0]: Item(*row) for row in connection.execute(query)}


def age(at: int, today: date) -> int:
    """How many Swedish working days old something is that came in at an instant."""
    return working_days_between(stockholm_date(at), today)


_ELSEWHERE: Mapping[str, Any] = {
    "authority": t.channel.c.authority,
    "seen_at": t.version.c.captured_at,
}
_COLUMNS: list[Any] = [
    _ELSEWHERE[name] if name in _ELSEWHERE else t.record.c[name] for name in Item._fields
]


def _every() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(t.channel, t.channel.c.seq == t.record.c.channel)
        .join(t.version, t.version.c.seq == t.record.c.latest)
    )


def _own(viewer: Viewer) -> Any:
    authorities = viewer.authorities(Permission.REGISTER)
    return and_(True) if authorities is None else t.channel.c.authority.in_(authorities)


def _items(viewer: Viewer, channel: int | None) -> Select[Any]:
    query = _every()
    query = query.where(t.UNDECIDED, _own(viewer))
    return query if channel is None else query.where(t.record.c.channel == channel)


def _stream(
    connection: Connection, viewer: Viewer, channel: int | None, after: Place | None
) -> Iterator[Item]:
    """What waits, the newest first, in chunks that are fetched when they are needed."""
    r, place = t.record, after
    while True:
        query = _items(viewer, channel)
        if place is not None:
            older = and_(r.c.legal_at == place.at, r.c.seq < place.seq)
            query = query.where(or_(r.c.legal_at < place.at, older))
        query = query.order_by(r.c.legal_at.desc(), r.c.seq.desc()).limit(_CHUNK)
        rows = [Item(*row) for row in connection.execute(query)]
        yield from rows
        if len(rows) < _CHUNK:
            return
        place = Place(rows[-1].legal_at, rows[-1].seq)


def _newer(
    connection: Connection, threads: Collection[tuple[int, bytes]], after: Place
) -> set[tuple[int, bytes]]:
    """Those of the threads in which something waits that is newer than a place."""
    r = t.record
    top = func.coalesce(r.c.root, r.c.native)
    query = (
        select(r.c.channel, top)
        .where(
            t.UNDECIDED,
            r.c.channel.in_({channel for channel, _ in threads}),
            or_(
                r.c.legal_at > after.at,
                and_(r.c.legal_at == after.at, r.c.seq >= after.seq),
            ),
            or_(
                r.c.root.in_({native for _, native in threads}),
                r.c.native.in_({native for _, native in threads}),
            ),
        )
        .distinct()
    )
    return {(row[0], row[1]) for row in connection.execute(query)} & set(threads)
