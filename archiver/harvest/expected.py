"""Which records a run should have shown, by what came whole of the lists that show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from archiver.core.connector import Reach
from archiver.core.record import Origin
from archiver.harvest import facts
from archiver.harvest.completeness import Tally
from archiver.harvest.plan import holds_all


def expected(
    connection: Connection, showing: Sequence[Tally], rows: Sequence[facts.Candidate]
) -> list[facts.Candidate]:
    """The records that what the collections have covered would have shown.

    What the channel said itself, and what stands under others' posts, is not looked for in a list
    that is only read under the channel's posts in view, where another list shows all of it.
    """
    everywhere = [tally for tally in showing if Reach.ALL in tally.collection.reach]
    asked = [] if everywhere == list(showing) else [row.record for row in rows]
    ours = facts.roots_of(connection, asked)

    def covers(one: facts.Candidate) -> bool:
        apart = one.origin == Origin.DRAWN_UP or one.record not in ours
        lists = everywhere if apart and everywhere else showing
        covered = [(tally.collection, tally.covered) for tally in lists]
        return holds_all(covered, one.created_at, one.root)

    return [row for row in rows if covers(row)]


def last_look(
    tally: Tally,
    one: facts.Candidate,
    whole: Mapping[str, int],
    threads: Mapping[bytes, int],
) -> int:
    """The last look of a collection before this run that would have shown the record."""
    look = whole.get(tally.collection.name, 0)
    if Reach.THREADS in tally.collection.reach and one.root is not None:
        look = max(look, threads.get(one.root, 0))
    return look
