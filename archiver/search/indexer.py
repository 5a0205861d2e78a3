"""The one that writes the search index: it follows the log and brings the shards up to it.

What a record's documents hold follows from its frames and the tables, so doing a part again makes
no difference: each document is deleted by its version before it is added. A record's state can
change without a new version (a run event says so): its newest version is then written anew. The
index is no archive: whatever is missing or damaged is made from the frames, and said in the log.

Tantivy does not forget: what was deleted stays in its files. So what must not be found by anybody
(`Excluded`) never gets in, and what is in already goes by making its years anew beside the old
files and removing those, at the next look whoever asks for it and after a crash too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby, islice
from pathlib import Path
from typing import Any, TypeAlias

import structlog
from sqlalchemy import Connection, Select, exists, func, select
from tantivy import Document, Index

from archiver.core.access import LOCAL
from archiver.core.canonical import Json
from archiver.core.egress import Purpose, release
from archiver.db import tables as t
from archiver.errors import DiarkivError
from archiver.search import shard as shards
from archiver.search.frames import Frames, projected_size
from archiver.search.language import plain
from archiver.search.schema import VERSION, Row, any_of, document
from archiver.search.shard import Shard, ShardBroken, ShardState, guarded, year_of, year_span

HEAP = 48_000_000  # bytes; one writer with one thread at a time
_OPEN_AT_ONCE = 200
_IN_AT_MOST = 500
_log = structlog.get_logger(__name__)

_earlier = t.version.alias()
_rows: Select[Any] = select(
    t.version.c.seq,
    t.version.c.record,
    t.version.c.captured_at,
    t.record.c.channel,
    t.record.c.kind,
    t.record.c.state,
    t.record.c.legal_at,
    t.record.c.latest,
    t.channel.c.authority,
    t.record.c.origin,
    exists()
    .where(
        _earlier.c.record == t.version.c.record,
        _earlier.c.n.between(2, t.version.c.n),
        _earlier.c.changes.like("%edited%"),
    )
    .label("edited"),
)
_rows = _rows.join(t.record, t.record.c.seq == t.version.c.record)
_rows = _rows.join(t.channel, t.channel.c.seq == t.record.c.channel)


# The records that must not be in the index, of all the tables know: few, and read at each look.
Excluded: TypeAlias = Callable[[Connection], Collection[int]]


def nothing(_connection: Connection) -> Collection[int]:
    """Every record may be found."""
    return ()


class Indexer:
    """Writer of one home's index. Belongs to the worker: `HomeBusy` if another process writes.

    The lock is taken at the first write and kept until `close`.
    """

    def __init__(self, ledger: Frames, folder: Path, excluded: Excluded = nothing) -> None:
        self._ledger = ledger
        self._folder = folder
        self._excluded = excluded
        self._out: frozenset[int] = frozenset()  # … as of the last look
        self._file: int | None = None

    def __enter__(self) -> Indexer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let another process write."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def catch_up(self, limit: int = 1000) -> int:
        """Index up to `limit` versions beyond what is indexed, and the changes of state among
        them. The number of documents written; 0 means that the index is at the log's head."""
        limit = max(1, limit)
        written = self._begin()
        states = self._states()
        start = min((state.indexed for state in states.values()), default=0)
        with self._ledger.database.read() as connection:
            head = projected_size(connection)
            news = _seqs(connection, t.version.c.seq, start, head, limit)
            end = news[-1] + 1 if len(news) == limit else head
            seen = t.transition.c
            changed = set(
                connection.scalars(select(seen.record).where(seen.seq >= start, seen.seq < end))
            )
            rows = [
                row for row in _affected(connection, news, changed) if row.record not in self._out
            ]
        rows.sort(key=lambda row: (year_of(row.captured_at), row.version))
        for year, part in groupby(rows, key=lambda row: year_of(row.captured_at)):
            written += self._replace(year, list(part), states, end)
        if end > start:
            self._settle({y: state._replace(indexed=end) for y, state in states.items()})
        return written

    def purge(self, records: Collection[int]) -> int:
        """Drop records for good: the years that hold anything of them are made anew without them,
        and no file of the old ones remains. What keeps a record out after that is `excluded`, or
        that the tables no longer know it. The number of documents written."""
        self._lock()
        out = frozenset(records)
        with self._ledger.database.read() as connection:
            self._out = frozenset(self._excluded(connection)) | out
        years = {year for year in self._states() if not self._sound(year, 0)}
        return self.rebuild(years, without=out) if years else 0

    def rebuild(
        self, years: Collection[int] | None = None, *, without: Collection[int] = ()
    ) -> int:
        """Make shards anew beside the old ones and swap them in: all, or those of these capture
        years (after disposal). No file of the old ones remains. The number of documents."""
        self._lock()
        with self._ledger.database.read() as connection:
            self._out = frozenset(self._excluded(connection)) | frozenset(without)
            head = projected_size(connection)
            held = _years(connection, head)
        for year in set(shards.years_on_disk(self._folder)) - held.keys():
            Shard(self._folder, year).remove()
        written = 0
        for year in sorted(held if years is None else held.keys() & set(years)):
            written += self._rebuild(year, head)
        self._settle(self._states())
        return written

    # --- inside ------------------------------------------------------------------------------

    def _lock(self) -> None:
        if self._file is None:
            self._file = shards.lock(self._folder)

    def _states(self) -> dict[int, ShardState]:
        found = {y: Shard(self._folder, y).state() for y in shards.years_on_disk(self._folder)}
        return {year: state for year, state in found.items() if state is not None}

    def _begin(self) -> int:
        """Take the lock; the first time, compare what is there with what should be; later, see
        that nobody removed a shard. Documents written to mend it."""
        first = self._file is None
        if not first and not (self._folder / "lock").exists():
            self.close()  # the folder was removed under us, and our lock with it
            first = True
        self._lock()
        states = self._states()
        known = {year for state in states.values() for year in state.years}
        with self._ledger.database.read() as connection:
            before, self._out = self._out, frozenset(self._excluded(connection))
        if not first:
            broken = known - states.keys()
            if self._out - before:
                broken |= {year for year in states if not self._sound(year, 0)}
        else:
            start = min((state.indexed for state in states.values()), default=0)
            for year in shards.years_on_disk(self._folder):
                Shard(self._folder, year).tidy()
            with self._ledger.database.read() as connection:
                if start > projected_size(connection):  # an older archive was restored
                    start = 0
                held = _years(connection, start, self._out)
            broken = {y for y, n in held.items() if y not in states or not self._sound(y, n)}
            broken |= known - states.keys()
            if not start and states:
                broken = set(states)
        if broken:
            _log.warning("search.index_damaged", years=sorted(broken), remedy="rebuilding them")
            return self.rebuild(broken)
        return 0

    def _sound(self, year: int, documents: int) -> bool:
        """Whether a shard opens, holds at least so many documents, and nothing it must not hold."""
        shard = Shard(self._folder, year)
        state = shard.state()
        with suppress(ShardBroken):
            if state is not None:
                searcher = shard.open(state.folder).searcher()
                held = any(
                    searcher.search(any_of(part), limit=1).hits
                    for part in _parts(sorted(self._out))
                )
                return not held and searcher.num_docs >= documents
        return False

    def _settle(self, states: Mapping[int, ShardState]) -> None:
        """Make these states count, each naming every year there is."""
        years, now = tuple(sorted(states)), self._states()
        for year, state in states.items():
            if (wanted := state._replace(years=years)) != now.get(year):
                Shard(self._folder, year).switch(wanted)

    def _replace(
        self,
        year: int,
        rows: Sequence[Row],
        states: dict[int, ShardState],
        end: int,
    ) -> int:
        """Write documents into a year's shard, over their older selves; a broken shard is made
        anew up to `end` instead."""
        shard = Shard(self._folder, year)
        try:
            if year not in states:
                shard.tidy()
                states[year] = ShardState(shard.make(), 0, ())
            return _write(shard.open(states[year].folder), self._documents(rows), replace=True)
        except ShardBroken as error:
            _log.warning("search.shard_broken", year=year, error=str(error), remedy="rebuilding it")
            written = self._rebuild(year, end)
            states[year] = shard.state() or states[year]
            return written

    def _rebuild(self, year: int, end: int) -> int:
        shard = Shard(self._folder, year)
        try:
            folder = shard.make()
            written = _write(shard.open(folder), self._documents(self._all(year, end)))
            shard.switch(ShardState(folder, end, (year,)))
            shard.tidy()
        except ShardBroken as error:
            # A new index that cannot be written is the disk's fault, not the index's.
            raise shards.full(OSError(0, str(error))) from error
        _log.info("search.shard_rebuilt", year=year, documents=written)
        return written

    def _all(self, year: int, end: int) -> Iterator[Row]:
        """Every version of a capture year before `end`, in the order of the log."""
        after, (since, until) = -1, year_span(year)
        while True:
            query = _rows.where(
                t.version.c.seq > after,
                t.version.c.seq < end,
                t.version.c.captured_at >= since,
                t.version.c.captured_at < until,
            )
            with self._ledger.database.read() as connection:
                found = connection.execute(query.order_by(t.version.c.seq).limit(_IN_AT_MOST)).all()
            yield from (Row(*row) for row in found if row.record not in self._out)
            if len(found) < _IN_AT_MOST:
                return
            after = found[-1].seq

    def _documents(self, rows: Iterable[Row]) -> Iterator[tuple[int, Document]]:
        """(version, document) of each row. A frame that does not open is indexed without words:
        the record is still found by what the tables say of it."""
        waiting = iter(rows)
        while part := list(islice(waiting, _OPEN_AT_ONCE)):
            opened = self._read([row.version for row in part])
            for row in part:
                fields = release(LOCAL, Purpose.INDEX, opened.get(row.version, {}))
                title, text, author = (
                    plain(str(fields.get(name, ""))) for name in ("title", "text", "author_name")
                )
                yield row.version, document(row, title, text, author)

    def _read(self, seqs: Sequence[int]) -> Mapping[int, Mapping[str, Json]]:
        found: dict[int, Mapping[str, Json]] = {}
        for start in range(0, len(seqs), _OPEN_AT_ONCE):
            part = seqs[start : start + _OPEN_AT_ONCE]
            try:
                found.update({s: o.envelope for s, o in self._ledger.open(part).items()})
            except DiarkivError:
                for seq in part:
                    try:
                        found.update({s: o.envelope for s, o in self._ledger.open([seq]).items()})
                    except DiarkivError as error:
                        _log.error("search.unreadable", entry=seq, code=error.code)
        return found


def _write(
    index: Index, documents: Iterable[tuple[int, Document]], *, replace: bool = False
) -> int:
    count, failed = 0, True
    with guarded():
        writer = index.writer(heap_size=HEAP, num_threads=1)
    try:
        for version, made in documents:
            with guarded():
                if replace:
                    writer.delete_documents_by_term(VERSION, version)
                writer.add_document(made)
            count += 1
        with guarded():
            writer.commit()
        failed = False
    finally:
        with suppress(*((ShardBroken,) if failed else ())), guarded():
            writer.wait_merging_threads()  # also gives tantivy's lock back
    return count


def _seqs(
    connection: Connection, column: Any, start: int, end: int, limit: int | None
) -> list[int]:
    query = select(column).where(column >= start, column < end).order_by(column).limit(limit)
    return list(connection.scalars(query))


def _affected(connection: Connection, news: Sequence[int], changed: set[int]) -> list[Row]:
    """The versions to write: the new ones, those they replace as newest, and the newest of records
    whose state changed."""
    wanted, records = set(news), set(changed)
    for part in _parts(news):
        query = select(t.version.c.record).where(t.version.c.seq.in_(part), t.version.c.n > 1)
        records.update(connection.scalars(query))
    for part in _parts(sorted(records)):
        query = select(t.version.c.record, t.version.c.seq).where(t.version.c.record.in_(part))
        before: dict[int, int] = {}
        for record, seq in connection.execute(query.order_by(t.version.c.seq)):
            if seq in wanted and record in before:
                wanted.add(before[record])
            before[record] = seq
        wanted.update(before[record] for record in part if record in changed and record in before)
    return [
        Row(*row)
        for part in _parts(sorted(wanted))
        for row in connection.execute(_rows.where(t.version.c.seq.in_(part)))
    ]


def _parts(seqs: Sequence[int]) -> Iterator[Sequence[int]]:
    return (seqs[i : i + _IN_AT_MOST] for i in range(0, len(seqs), _IN_AT_MOST))


def _years(connection: Connection, end: int, out: Collection[int] = ()) -> dict[int, int]:
    """Capture year → its versions before `end`, those of the records `out` not counted."""
    at, before = t.version.c.captured_at, t.version.c.seq < end
    first, last = connection.execute(select(func.min(at), func.max(at)).where(before)).one()
    if first is None:
        return {}
    found = {}
    for year in range(year_of(first), year_of(last) + 1):
        since, until = year_span(year)
        query = select(func.count()).where(before, at >= since, at < until)
        found[year] = connection.scalar(query) or 0
        for part in _parts(sorted(out)):
            inside = query.where(t.version.c.record.in_(part))
            found[year] -= connection.scalar(inside) or 0
    return {year: count for year, count in found.items() if count}
