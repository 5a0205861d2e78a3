"""Search over the shards, from any process: sees what the worker committed, never writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import structlog
from sqlalchemy import Column, func, select
from tantivy import Index, Order, Query, Searcher

from archiver.core.access import LOCAL
from archiver.core.egress import Purpose, release
from archiver.core.search import Hit, SearchPage
from archiver.db import tables as t
from archiver.db.apart import kept_out
from archiver.errors import DiarkivError
from archiver.search.frames import Frames
from archiver.search.language import plain
from archiver.search.query import Clause, notes, parse
from archiver.search.schema import (
    LEGAL_AT,
    MONTH,
    RECORD,
    VERSION,
    Filters,
    build,
    month_name,
)
from archiver.search.shard import Shard, ShardBroken, ShardState, guarded, years_on_disk
from archiver.search.snippet import snippet

DEEPEST = 10_000  # hits that can be paged through; `total` counts all
MOST = 200  # hits of one page
_TRIES = 3
_MOST_MONTHS = 12 * 10_000  # all there can be
_log = structlog.get_logger(__name__)


class _Opened(NamedTuple):
    signature: tuple[int, int, int]
    state: ShardState
    tantivy: Index


class _Found(NamedTuple):
    """One hit before its text is read; `order` is its score, or its legal date."""

    order: float
    record: int
    version: int


class TantivySearch:
    """The `SearchIndex` over a home's index folder. Usable from several threads."""

    def __init__(self, ledger: Frames, folder: Path) -> None:
        self._ledger = ledger
        self._folder = folder
        self._open: dict[int, _Opened] = {}
        self._lock = Lock()

    def search(
        self,
        query: str,
        *,
        authorities: Collection[int] | None = None,
        channels: Collection[int] | None = None,
        records: Collection[int] | None = None,
        without: Collection[int] = (),
        kinds: Collection[str] | None = None,
        states: Collection[str] | None = None,
        origins: Collection[str] | None = None,
        edited: bool | None = None,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int = 20,
        offset: int = 0,
        timeline: bool = False,
        older: bool = False,
    ) -> SearchPage:
        """See `SearchIndex`. A page has at most 200 hits, and the first 10,000 hits can be paged
        through."""
        clauses, said = parse(query), notes(query)
        searchers, lag = self._searchers()
        with self._ledger.database.read() as connection:  # after it: what was set apart since too
            left_out = [*kept_out(connection), *without]
        filters = Filters(
            authorities=authorities,
            channels=channels,
            records=records,
            without=left_out,
            kinds=kinds,
            states=states,
            origins=origins,
            edited=edited,
            since_ms=since_ms,
            until_ms=until_ms,
            older=older,
        )
        offset, limit = max(0, offset), max(0, min(limit, MOST))
        if filters.nothing() or (query.strip() and not clauses):
            return SearchPage(0, (), lag, (), said)
        wanted, total, found = build(clauses, filters), 0, list[_Found]()
        months = Counter[int]()
        deep = max(1, min(offset + limit, DEEPEST))
        for year, searcher in searchers:
            try:
                count, some = _ask(searcher, wanted, deep, ranked=bool(clauses))
                if timeline and count:
                    months.update(_months(searcher, wanted))
            except ShardBroken as error:
                _log.error("search.shard_broken", year=year, error=str(error))
                lag = True
                continue
            total += count
            found += some
        found.sort(key=lambda one: (-one.order, -one.version))
        page = found[:deep][offset : offset + limit]
        line = tuple((month_name(month), count) for month, count in sorted(months.items()))
        return SearchPage(total, self._hits(page, clauses), lag, line, said)

    def refresh(self) -> None:
        """Let go of files that the worker has replaced. A file that is gone from its folder lies on
        the disk as long as somebody has it open, so a process that searches seldom calls this now
        and then: what was purged is then nowhere."""
        self._searchers()

    def lag(self) -> int:
        """How many versions and runs the archive holds that the index has not seen."""
        states = [Shard(self._folder, year).state() for year in years_on_disk(self._folder)]
        indexed = min((state.indexed if state else 0 for state in states), default=0)
        with self._ledger.database.read() as connection:
            return sum(
                connection.scalar(select(func.count()).where(column >= indexed)) or 0
                for column in _news(indexed)
            )

    # --- inside ------------------------------------------------------------------------------

    def _searchers(self) -> tuple[list[tuple[int, Searcher]], bool]:
        """(year, searcher) of every shard as last committed, and whether the index lags."""
        with self._lock:
            years = years_on_disk(self._folder)
            for year in self._open.keys() - set(years):
                del self._open[year]
            usable = {year: self._refresh(year) for year in years}
            states = [opened.state for opened in self._open.values()]
            searchers = [(year, one.tantivy.searcher()) for year, one in self._open.items()]
        known = {year for state in states for year in state.years}
        indexed = min((state.indexed for state in states), default=0)
        whole = all(usable.values()) and known <= usable.keys()
        return searchers, not whole or self._behind(indexed)

    def _refresh(self, year: int) -> bool:
        """Bring one shard to its newest commit; False if it cannot be used. The worker may swap
        and remove a folder between two of our looks: then look again."""
        shard = Shard(self._folder, year)
        for _ in range(_TRIES):
            signature, old = shard.signature(), self._open.get(year)
            if signature is None:
                break
            if old is not None and old.signature == signature:
                return True
            state = shard.state()
            if state is None:
                break
            try:
                if old is not None and old.state.folder == state.folder:
                    with guarded():
                        old.tantivy.reload()
                    index = old.tantivy
                else:
                    index = shard.open(state.folder)
            except ShardBroken as error:
                _log.warning("search.shard_unreadable", year=year, error=str(error))
                self._open.pop(year, None)
                continue
            self._open[year] = _Opened(signature, state, index)
            return True
        self._open.pop(year, None)
        return False

    def _behind(self, indexed: int) -> bool:
        """Whether the archive holds a version, or a run that may have changed states, that the
        index has not seen."""
        with self._ledger.database.read() as connection:
            return any(
                connection.scalar(select(column).where(column >= indexed).limit(1)) is not None
                for column in _news(indexed)
            )

    def _hits(self, page: Sequence[_Found], clauses: Sequence[Clause]) -> tuple[Hit, ...]:
        fields = self._fields([one.version for one in page])
        hits = []
        for one in page:
            texts = [fields.get(one.version, {}).get(name, "") for name in _SHOWN]
            quoted, spans = snippet(texts, clauses)
            hits.append(Hit(one.record, one.version, one.order, quoted, spans))
        return tuple(hits)

    def _fields(self, versions: Sequence[int]) -> dict[int, dict[str, str]]:
        """What may be quoted of versions; what does not open is left out."""
        found = {}
        for part in (versions, *([one] for one in versions)):
            missing = [seq for seq in part if seq not in found]
            if missing:
                try:
                    opened = self._ledger.open(missing)
                except DiarkivError as error:
                    if len(missing) == 1:
                        _log.error("search.unreadable", entry=missing[0], code=error.code)
                    continue
                for seq, content in opened.items():
                    fields = release(LOCAL, Purpose.INDEX, content.envelope)
                    found[seq] = {name: plain(str(value)) for name, value in fields.items()}
        return found


def _news(indexed: int) -> tuple[Column[int], ...]:
    """What may bring documents. Runs alone bring none: a home without versions needs no index."""
    return (t.version.c.seq, t.run.c.seq) if indexed else (t.version.c.seq,)


_SHOWN = ("text", "title", "author_name")


def _ask(searcher: Searcher, query: Query, deep: int, *, ranked: bool) -> tuple[int, list[_Found]]:
    """(all hits, the best `deep` of them) in one shard."""
    with guarded():
        if ranked:
            result = searcher.search(query, limit=deep)
        else:
            result = searcher.search(query, limit=deep, order_by_field=LEGAL_AT, order=Order.Desc)
        addresses = [address for _, address in result.hits]
        records = searcher.fast_field_values(RECORD, addresses)
        versions = searcher.fast_field_values(VERSION, addresses)
    found = [
        _Found(float(order), int(record or 0), int(version or 0))
        for (order, _), record, version in zip(result.hits, records, versions, strict=True)
    ]
    return int(result.count), found  # type: ignore[attr-defined]  # not in tantivy's stubs


def _months(searcher: Searcher, query: Query) -> Mapping[int, int]:
    """Month → hits in one shard."""
    asked = {"months": {"terms": {"field": MONTH, "size": _MOST_MONTHS}}}
    with guarded():
        found = searcher.aggregate(query, asked)
    return {int(one["key"]): int(one["doc_count"]) for one in found["months"]["buckets"]}
