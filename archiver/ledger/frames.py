"""Frames and their keys, from the places the tables give: who may open what, where keys lie now.

What is kept apart as possibly secret is left out unless it is asked for, so that whoever does not
know of it shows nothing of it. Beside a writer that moves keys, a place may be of yesterday: then
it is asked for once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Row, and_, select

from archiver.core.layout import FRAME_ID, KEY_LINE_BYTES, key_file
from archiver.core.ports import BlobStore
from archiver.db import tables as t
from archiver.db.engine import Database
from archiver.errors import NotFound, SealBroken
from archiver.ledger.projection import PROTECTED, QUARANTINE
from archiver.store.keys import KeyRing, lookup_key, unwrap_line
from archiver.store.pack import Pack

_IN_AT_MOST = 500  # a statement may have only so many parameters
_PACKS = 64  # compacted packs whose holes are remembered
_NEAR = 64  # key lines read in vain for each that is wanted, at most
T = TypeVar("T")
_NOTHING: Mapping[tuple[int, int, int], bytes] = {}


class FrameReader:
    """Reads frames and keys of one home."""

    def __init__(self, store: BlobStore, keys: KeyRing, database: Database) -> None:
        self._store = store
        self._keys = keys
        self._database = database
        self._packs: dict[tuple[int, int, int], Pack] = {}

    def sealed(
        self, seqs: Sequence[int], *, protected: bool = False
    ) -> Iterator[tuple[int, bytes, bytes]]:
        """(seq, frame, data key) of sealed entries, in the order of the log; what is left out is
        as in `open`."""
        ordered = sorted(set(seqs))
        for start in range(0, len(ordered), _IN_AT_MOST):
            for row in self._places(ordered[start : start + _IN_AT_MOST], protected):
                found = self._with_key(row, protected, self._fetch)
                if found is not None:
                    yield row.seq, *found

    def lookups(self, seqs: Sequence[int]) -> dict[int, bytes]:
        """The keys of the digests that the tables hold of these entries' content, protected ones
        too; without reading the frames."""
        ordered, found = sorted(set(seqs)), dict[int, bytes]()
        for start in range(0, len(ordered), _IN_AT_MOST):
            rows = self._places(ordered[start : start + _IN_AT_MOST], protected=True)
            lines = self._lines_near(rows)
            for row in rows:
                dek = self._with_key(row, True, partial(self._key, near=lines))
                if dek is not None:
                    found[row.seq] = lookup_key(dek)
        return found

    def _lines_near(self, rows: Sequence[Row[Any]]) -> dict[tuple[int, int, int], bytes]:
        """Key lines of several places, those of a file that lie near each other in one read."""
        found: dict[tuple[int, int, int], bytes] = {}
        for cohort in {row.key_cohort for row in rows}:
            held = [row for row in rows if row.key_cohort == cohort]
            numbers = [row.key_line for row in held]
            first, end = min(numbers), max(numbers) + 1
            if end - first <= _NEAR * len(held):
                generation, size = held[0].generation, KEY_LINE_BYTES
                name = key_file(cohort, generation)
                with suppress(NotFound):  # then each is sought by itself
                    data = self._store.get(name, first * size, (end - first) * size)
                    for number in numbers:
                        at = (number - first) * size
                        found[(cohort, generation, number)] = data[at : at + size]
        return found

    def _places(self, seqs: Sequence[int], protected: bool) -> Sequence[Row[Any]]:
        """Where frames and keys of entries lie, of those that may be opened."""
        e, p = t.entry.c, t.compacted.c
        shut = (QUARANTINE,) if protected else (QUARANTINE, PROTECTED)
        query = (
            select(t.entry, t.cohort.c.generation, p.revision)
            .join(t.cohort, t.cohort.c.number == e.key_cohort)
            .join(t.compacted, and_(p.cohort == e.cohort, p.pack == e.pack), isouter=True)
            .where(e.seq.in_(seqs), t.cohort.c.family.not_in(shut))
            .order_by(e.seq)
        )
        with self._database.read() as connection:
            return connection.execute(query).all()

    def _with_key(self, row: Row[Any], protected: bool, read: Callable[[Row[Any]], T]) -> T | None:
        """What `read` reads at a place. Between asking for the place and reading there, another
        process may have moved keys: then where it is now; None if it is no longer to be opened."""
        while True:
            try:
                return read(row)
            except SealBroken:
                now = self._places([row.seq], protected)
                if not now:
                    return None
                if now[0] == row:
                    raise
                row = now[0]

    def _fetch(self, row: Row[Any]) -> tuple[bytes, bytes]:
        """A frame's bytes and its data key, from their places on disk."""
        try:
            pack = self._pack(row.cohort, row.pack, row.revision or 0)
            frame = pack.get(row.offset, row.length)
        except NotFound as error:
            raise _lost(error) from error
        if len(frame) != row.length:
            raise SealBroken(f"A frame in {pack.name} is cut off.")
        return frame, self._key(row, frame[FRAME_ID])

    def _pack(self, cohort: int, number: int, revision: int) -> Pack:
        """A pack; where a compacted one's holes are is remembered of the last few."""
        if not revision:
            return Pack(self._store, cohort, number)
        key = (cohort, number, revision)
        pack = self._packs.get(key)
        if pack is None:
            pack = Pack(self._store, *key)
            if len(self._packs) >= _PACKS:
                self._packs.clear()
            self._packs[key] = pack
        return pack

    def _key(
        self,
        row: Row[Any],
        frame_id: bytes | None = None,
        near: Mapping[tuple[int, int, int], bytes] = _NOTHING,
    ) -> bytes:
        """An entry's data key; lines `near` were read before."""
        place = (row.key_cohort, row.generation, row.key_line)
        try:
            at, keys = row.key_line * KEY_LINE_BYTES, key_file(*place[:2])
            line = near.get(place) or self._store.get(keys, at, KEY_LINE_BYTES)
        except NotFound as error:
            raise _lost(error) from error
        if frame_id is None:
            frame_id = _id_in(line)
        return unwrap_line(self._keys.kek(row.key_cohort, row.generation), frame_id, line)


def _lost(error: NotFound) -> SealBroken:
    return SealBroken(error.message, remedy="Restore packs/ and keys/ from the newest backup.")


def _id_in(line: bytes) -> bytes:
    try:
        return bytes.fromhex(line[:32].decode("ascii"))
    except ValueError as error:
        raise SealBroken("A key line is damaged.", remedy="Run `diarkiv verify`.") from error
