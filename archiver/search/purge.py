"""The index forgets what is kept apart or disposed of, at once and after any crash.

Tantivy's files keep every word they ever held, so the shards of the capture years a record was seen
in are made anew beside the old ones and swapped. What they may hold now follows from the ledger,
which opens nothing that is kept apart. `index/purged` holds the newest event that was followed:
what is above it is done by the next who may write the index. Without it, everything is done again.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from archiver.db.apart import Parting, kept_out, partings
from archiver.db.suppression import purged_years
from archiver.errors import HomeBusy
from archiver.search.frames import Frames
from archiver.search.indexer import Indexer
from archiver.search.shard import year_of

MARK = "purged"


class IndexPurge:
    """The search index as a `Derivative`."""

    def __init__(self, ledger: Frames, folder: Path) -> None:
        self._ledger = ledger
        self._folder = folder

    def purge(self, records: Collection[int]) -> None:
        """Forget, here and now, or let the worker do it at its next turn if the home has one."""
        del records  # which ones, the tables say: also those of a process that died before this
        with suppress(HomeBusy), Indexer(self._ledger, self._folder, kept_out) as indexer:
            self.catch_up(indexer)

    def catch_up(self, indexer: Indexer) -> int:
        """Forget what is not forgotten yet; how many partings were followed. Cheap if none."""
        with self._ledger.database.read() as connection:
            parted = partings(connection, above=self._mark())
            disposed = purged_years(connection, above=self._mark())
        if parted or disposed:
            indexer.catch_up(1)  # the index is looked over before anything else is done with it
            years = {year for one in parted for year in _years(one)}
            indexer.rebuild(years | {one.year for one in disposed})
            self._folder.mkdir(parents=True, exist_ok=True)
            newest = max([one.seq for one in parted] + [one.seq for one in disposed])
            (self._folder / MARK).write_text(f"{newest}\n", "ascii")
        return len(parted) + len(disposed)

    def is_behind(self, seq: int) -> bool:
        """Whether an event up to that entry was not followed yet."""
        with self._ledger.database.read() as connection:
            waiting = [one.seq for one in partings(connection, above=self._mark())]
            waiting += [one.seq for one in purged_years(connection, above=self._mark())]
        return any(one <= seq for one in waiting)

    def _mark(self) -> int:
        try:
            return int((self._folder / MARK).read_text("ascii"))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return -1


def _years(parting: Parting) -> range:
    return range(year_of(parting.since), year_of(parting.until) + 1)
