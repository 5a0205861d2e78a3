"""What somebody chose in the inbox, several at a time: what can be decided on, and what cannot.

What was shown is what is decided on: an item that was changed, or decided on, since then is left
out and named with its reason, and nothing else is lost for it. The same for the pages and the
command line. Pure, given what the tables say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from archiver.core.changes import State
from archiver.registry.core.phrase import Phrase, phrase
from archiver.registry.core.triage import MAX_AT_ONCE, Decision
from archiver.registry.inbox import Item

_GONE = frozenset({State.GONE_CONFIRMED.value, State.PLATFORM_REMOVED.value})


class Shown(NamedTuple):
    """How an item stood when it was shown: its newest version, and the newest decision."""

    latest: int
    triaged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A record that nothing is decided on now, and why."""

    record: int
    why: Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What can be decided on, in the order it was chosen, and what cannot."""

    items: tuple[Item, ...]
    refused: tuple[Refusal, ...]

    @property
    def threads(self) -> int:
        """How many threads the items are in."""
        return len({one.thread for one in self.items})

    def by_authority(self) -> Mapping[int, Sequence[Item]]:
        """Authority → its items: a decision is one authority's."""
        found: dict[int, list[Item]] = {}
        for one in self.items:
            found.setdefault(one.authority, []).append(one)
        return found

    def decisions(self, made: Callable[[Sequence[Item]], Decision]) -> list[Decision]:
        """One decision for each authority."""
        return [made(items) for items in self.by_authority().values()]


def select(
    shown: Mapping[int, Shown | None], items: Mapping[int, Item], pending: Collection[int]
) -> Selection:
    """What of the records that were `shown` (None: as it stands now) can be decided on. `items` are
    those there are for whoever asks, `pending` those with a decision that is not sealed yet."""
    found: list[Item] = []
    refused: list[Refusal] = []
    for record, was in shown.items():
        item = items.get(record)
        code = _refused(item, was, pending=record in pending)
        if item is not None and not code and len(found) < MAX_AT_ONCE:
            found.append(item)
        else:
            refused.append(
                Refusal(record=record, why=phrase(code or "too_many", limit=MAX_AT_ONCE))
            )
    return Selection(items=tuple(found), refused=tuple(refused))


def _refused(item: Item | None, was: Shown | None, *, pending: bool) -> str:
    """Why nothing is decided on an item now; empty if nothing stands against it."""
    if item is None:
        return "not_there"
    if pending:
        return "being_decided"
    if was is None:
        decided = item.triaged >= item.latest and item.state not in _GONE
        return "decided" if decided else ""
    if item.latest != was.latest:
        return "changed_since"
    return "decided_since" if item.triaged != was.triaged else ""
