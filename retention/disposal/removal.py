"""What disposing comes down to in the archive: which keys go, and packs made anew without the rest.

Shared by a disposal that is carried out and one that is carried out again after a recovery.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager

from sqlalchemy import select

from archiver.db import tables as t
from archiver.db.among import among
from archiver.ledger.projection import QUARANTINE
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from retention.disposal import queries
from retention.links import in_parts

Progress = Callable[[str, int, int], None]
Writing = Callable[[], AbstractContextManager[Writer]]


def held_keys(writer: Writer, entries: Collection[int]) -> dict[int, list[int]]:
    """Cohort → those of the entries whose keys lie in its file; what is quarantined is left."""
    e, c = t.entry.c, t.cohort.c
    found: dict[int, list[int]] = {}
    for part in in_parts(entries):
        query = select(e.seq, e.key_cohort).where(
            among(e.seq, part), c.number == e.key_cohort, c.family != QUARANTINE
        )
        for seq, cohort in writer.connection.execute(query).all():
            found.setdefault(cohort, []).append(seq)
    return found


def compact(ledger: Ledger, progress: Progress, writing: Writing | None = None) -> None:
    """Make every pack anew that still holds something whose key is destroyed, one block each;
    `writing` opens the writer where the ledger's own does not do."""
    with ledger.database.read() as connection:
        places = queries.uncompacted(connection)
    for number, (cohort, pack) in enumerate(places):
        progress("compact", number, len(places))
        with (writing or ledger.writer)() as writer:
            if pack == ledger.projection.cohorts[cohort].pack:
                writer.close_pack(cohort)
            writer.compact(cohort, pack)
