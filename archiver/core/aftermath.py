"""What happened in a log after an instant to entries from before it, as its clear entries tell.

A restored backup holds keys that were destroyed or put away since. A newer copy of the log says
which, without any key: `keys_rewrapped` names the entries, tombstones why. What a tombstone does
not explain was destroyed after an emergency stop, and the entry that destroyed it stands for it.
Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from archiver.core.event import ClearEntry, EventType, parse
from archiver.core.rewrap import Rewrap
from archiver.core.tombstone import Tombstone
from archiver.errors import NotCanonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """`destroyed`: entry → the entry that explains why its key is gone; `moved`: entries whose keys
    were put elsewhere and live; `types`: how many entries of each type came after."""

    destroyed: dict[int, int]
    moved: frozenset[int]
    types: Counter[str]


def aftermath(entries: Iterable[bytes], start: int) -> Aftermath:
    """What the entries from number `start` on did to those before it; `entries` are all from the
    log's beginning. `NotCanonical` if one is not of its form."""
    stones: dict[int, tuple[int, int]] = {}  # entry → its tombstone, and of which proposal
    destroyed, moved = dict[int, int](), set[int]()
    types: Counter[str] = Counter()
    for number, data in enumerate(entries):
        entry = parse(data)
        types[entry.type] += number >= start
        if not isinstance(entry, ClearEntry):
            continue
        if entry.type == EventType.TOMBSTONE:
            stone = Tombstone.parse(entry.facts)
            stones.update(dict.fromkeys(stone.seqs(), (number, stone.proposal)))
        elif entry.type == EventType.DISPOSAL_ABORTED:
            of = entry.facts.get("proposal")
            stones = {seq: stone for seq, stone in stones.items() if stone[1] != of}
        elif entry.type == EventType.KEYS_REWRAPPED and number >= start:
            rewrap = Rewrap.parse(entry.facts)
            if rewrap.runs[-1].seqs.stop > number:
                raise NotCanonical("An entry about moved keys names entries behind itself.")
            for seq, to in rewrap.places():
                if seq >= start:
                    continue
                if to is None:
                    destroyed[seq] = stones.get(seq, (number, 0))[0]
                    moved.discard(seq)
                else:
                    moved.add(seq)
    return Aftermath(destroyed=destroyed, moved=frozenset(moved), types=+types)
