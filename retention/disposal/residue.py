"""What is left of what was disposed of: the home is searched for it before the certificate is made.

Before the keys go, some lines of text of the set are remembered, in memory only. Afterwards every
file of the home that may hold plaintext is searched for them: index, databases with their logs,
temporary files, previews. Packs and key files hold none; there it is asked whether any frame or key
of the set remains. Others who hold copies (the index, a replica) answer for themselves.

After a crash between destroying and looking, there are no lines to look for any more: then the
certificate says that none were.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select

from archiver.db import disposal_tables as d
from archiver.db import tables as t
from archiver.ledger.service import Ledger
from retention.core.disposal import sampled

_RECORDS = 20  # whose longest lines are remembered: each costs a pass over the files
_SHORTEST, _LONGEST = 16, 80  # bytes of a line that is looked for
_PIECE = 4 * 2**20
_SEALED = ("packs", "keys", "log", "lock", "stamps")


@dataclass(frozen=True, slots=True, kw_only=True)
class Residue:
    """What a look found: names of places (empty: nothing is left), who has yet to follow
    (`waiting`), how many lines were looked for, in how many files and bytes."""

    found: tuple[str, ...]
    waiting: tuple[str, ...]
    lines: int
    files: int
    volume: int


class Traces:
    """Looks for what is left in a home's folder. `others`: place → whether it still holds anything
    of what was destroyed up to an entry of the log."""

    def __init__(
        self, folder: Path, others: Mapping[str, Callable[[int], bool]] | None = None
    ) -> None:
        self._folder = folder
        self._others = others or {}
        self._lines: frozenset[bytes] = frozenset()

    def remember(self, ledger: Ledger, connection: Connection, records: Collection[int]) -> None:
        """Keep in memory some lines of what is about to be destroyed."""
        some = sampled(records, str(len(records)), _RECORDS)
        r = t.record.c
        latest = list(connection.scalars(select(r.latest).where(r.seq.in_(some))))
        opened = ledger.open(latest, protected=True)
        found = (line for one in opened.values() for line in _lines(one.envelope.get("text")))
        self._lines = frozenset(found)

    def look(self, ledger: Ledger, proposal: int) -> Residue:
        """Search for what is left, and forget what was remembered if nothing is."""
        found, files, volume = list[str](), 0, 0
        with ledger.database.read() as connection:
            found += _in_tables(connection, proposal)
            executed = connection.scalar(
                select(d.disposal.c.changed).where(d.disposal.c.seq == proposal)
            )
        waiting = [name for name, holds in self._others.items() if holds(executed or 0)]
        if waiting:  # they are asked again before anything is searched
            return Residue(found=(), waiting=tuple(waiting), lines=0, files=0, volume=0)
        for path in _files(self._folder):
            files += 1
            size, holds_any = _search(path, self._lines)
            volume += size
            if holds_any:
                found.append(str(path.relative_to(self._folder)))
        lines = len(self._lines)
        if not found:
            self._lines = frozenset()
        return Residue(found=tuple(found), waiting=(), lines=lines, files=files, volume=volume)


def _in_tables(connection: Connection, proposal: int) -> Iterator[str]:
    """Keys and frames of the set that the archive still has."""
    s, e = d.tombstone.c, t.entry.c
    for name, column in (("keys", e.key_cohort), ("packs", e.pack)):
        query = (
            select(func.count())
            .select_from(d.tombstone)
            .join(t.entry, e.seq.between(s.first, s.first + s.size - 1))
            .where(s.proposal == proposal, column.is_not(None))
        )
        if connection.scalar(query):
            yield name


def _files(folder: Path) -> Iterator[Path]:
    """Files of the home that may hold plaintext."""
    for path in sorted(folder.rglob("*")):
        if path.relative_to(folder).parts[0] not in _SEALED and path.is_file():
            yield path


def _search(path: Path, lines: Collection[bytes]) -> tuple[int, bool]:
    """(bytes read, whether the file holds any of the lines). A file that goes meanwhile holds
    none."""
    if not lines:
        return 0, False
    size, tail = 0, b""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                size += len(piece)
                window = tail + piece
                if any(line in window for line in lines):
                    return size, True
                tail = piece[-_LONGEST:]
    except OSError:
        return size, False
    return size, False


def _lines(text: object) -> Iterator[bytes]:
    """A text's longest line, as it is in files: as written, and in JSON."""
    longest = max(str(text or "").splitlines(), key=len, default="").strip()
    for form in {longest, json.dumps(longest)[1:-1]}:
        data = form.encode()[:_LONGEST]
        if len(data) >= _SHORTEST:
            yield data
