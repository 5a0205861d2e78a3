"""The disposal board: what is due, and how far each disposal has come. Reading only.

What is due is evaluated over the whole of an authority, so it is kept for some minutes, or until
somebody places or lifts a hold, decides, changes a plan or a disposal; whoever proposes sees it
evaluated anew. Cards are by record class and channel, as decisions are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archiver.core.access import LOCAL, Permission, Viewer
from archiver.core.ports import Clock
from archiver.ledger.service import Ledger
from retention.core.disposal import State
from retention.disposal import queries
from retention.disposal.gather import extents
from retention.disposal.queries import ChangedRow, DisposalRow
from retention.disposal.service import Disposals

KEEP = 300_000  # milliseconds a count of what is due is shown before it is made anew
MOST = 50  # disposals that are done, and changes after disposal, that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCard:
    """What is due of a record class in a channel: first and last legal day (YYYYMMDD), how many
    records, bytes as stored. `decided`: decisions in force cover it."""

    authority: int
    rule: str
    channel: int
    first: int
    last: int
    records: int
    size: int
    decided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is due at some authorities, as of an instant; how many due records are held, by kind,
    and how many kept answers keep."""

    at: int
    cards: tuple[DueCard, ...]
    held: Mapping[str, int]
    answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A disposal on the board: how far it has come, and what its set amounts to."""

    row: DisposalRow
    extents: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """The columns: what waits for a second person, for its day, what is being carried out, what is
    done, what ended otherwise; and what is shown changed after its disposal."""

    due: Due
    proposed: Sequence[Card]
    confirmed: Sequence[Card]
    begun: Sequence[Card]
    done: Sequence[DisposalRow]
    ended: Sequence[DisposalRow]
    changed: Sequence[ChangedRow]


class Board:
    """The board of a home."""

    def __init__(self, ledger: Ledger, disposals: Disposals, clock: Clock) -> None:
        self._ledger, self._disposals, self._clock = ledger, disposals, clock
        self._kept: dict[int, tuple[tuple[Any, ...], Due]] = {}
        self._extents: dict[int, tuple[Mapping[str, Any], ...]] = {}

    def view(self, viewer: Viewer, authorities: Collection[int]) -> BoardView:
        """The board of these authorities, as far as the viewer may read them."""
        mine = [one for one in sorted(authorities) if viewer.may(Permission.READ, one)]
        rows = [row for row in self._disposals.all(viewer) if row.authority in mine]
        with self._ledger.database.read() as connection:
            changed = queries.changed_after(connection, frozenset(mine), limit=MOST)

        def cards(*states: State) -> list[Card]:
            return [self._card(viewer, row) for row in rows if row.state in states]

        return BoardView(
            due=_together([self.due(one) for one in mine], self._clock.now()),
            proposed=cards(State.PROPOSED),
            confirmed=cards(State.CONFIRMED),
            begun=cards(State.INTENDED, State.KEYS_DESTROYED),
            done=[row for row in rows if row.state is State.COMPLETED][:MOST],
            ended=[row for row in rows if row.state in (State.WITHDRAWN, State.ABORTED)][:MOST],
            changed=changed,
        )

    def _card(self, viewer: Viewer, row: DisposalRow) -> Card:
        """A set never changes, and may name millions of records: it is opened once."""
        if row.seq not in self._extents:
            self._extents[row.seq] = self._disposals.get(viewer, row.seq).proposal.extents
        return Card(row=row, extents=self._extents[row.seq])

    def due(self, authority: int) -> Due:
        """What is due at an authority, counted some minutes ago at most."""
        now = self._clock.now()
        with self._ledger.database.read() as connection:
            mark = (self._disposals.today(), queries.newest_act(connection))
        kept = self._kept.get(authority)
        if kept and kept[0] == mark and now - kept[1].at < KEEP:
            return kept[1]
        found = self._counted(authority, now)
        self._kept[authority] = (mark, found)
        return found

    def _counted(self, authority: int, now: int) -> Due:
        cards, held, answered = list[DueCard](), dict[str, int](), 0
        gathered = self._disposals.due(LOCAL, authority)
        with self._ledger.database.read() as connection:
            for group in gathered:
                answered += group.answered
                for kind, count in group.held.items():
                    held[kind] = held.get(kind, 0) + count
                for one in extents(connection, group.places):
                    cards.append(_card(authority, one, decided=bool(group.decisions)))
        cards.sort(key=lambda one: (one.rule, one.channel))
        return Due(at=now, cards=tuple(cards), held=held, answered=answered)


def _card(authority: int, one: Mapping[str, Any], *, decided: bool) -> DueCard:
    return DueCard(
        authority=authority,
        rule=one["rule"],
        channel=one["channel"],
        first=one["first"],
        last=one["last"],
        records=one["records"],
        size=one["bytes"],
        decided=decided,
    )


def _together(dues: Sequence[Due], now: int) -> Due:
    held: dict[str, int] = {}
    for due in dues:
        for kind, count in due.held.items():
            held[kind] = held.get(kind, 0) + count
    return Due(
        at=min((due.at for due in dues), default=now),
        cards=tuple(card for due in dues for card in due.cards),
        held=held,
        answered=sum(due.answered for due in dues),
    )
