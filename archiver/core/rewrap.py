"""Keys that leave their cohort's key file: what `keys_rewrapped` says, and where keys lie after it.

    {"at":…,"cohort":3,"generation":2,"moved":[[7,120,3]],"t":"keys_rewrapped","v":1,
     "voided":[[140,1]]}

Cohort 3 got a key file of generation 2. The keys of entries 120, 121 and 122 went to cohort 7, the
key of entry 140 nowhere. Their lines in 3 are void from then on; in 7 they stand at the end of the
key file in the order of the entry's numbers. Runs rise by number and do not overlap; what is empty
is left out. A long list is split over entries that follow one another and name the same generation.
No entry is written whose key lies in cohort 0: that is the home's own and stays as it is.
Standard library only: the offline verifier carries this module.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from archiver.core.canonical import Json
from archiver.core.compaction import Compacted
from archiver.core.event import ClearEntry, EventType, parse
from archiver.errors import NotCanonical

_RUNS_IN_AN_ENTRY = 10
_REWRAPPED = f'"t":"{EventType.KEYS_REWRAPPED}"'.encode()
_COMPACTED = f'"t":"{EventType.PACK_COMPACTED}"'.encode()


class Run(NamedTuple):
    """Keys of `size` entries from `first` on, which went to the cohort `to`, or nowhere (None)."""

    to: int | None
    first: int
    size: int

    @property
    def seqs(self) -> range:
        return range(self.first, self.first + self.size)


class Rewrap(NamedTuple):
    """A cohort's new key generation, and which keys have left it."""

    cohort: int
    generation: int
    runs: tuple[Run, ...]

    def places(self) -> Iterator[tuple[int, int | None]]:
        """(entry, where its key went), by number."""
        for run in self.runs:
            for seq in run.seqs:
                yield seq, run.to

    def facts(self) -> dict[str, Json]:
        """The clear facts of the entry."""
        moved: list[Json] = [[r.to, r.first, r.size] for r in self.runs if r.to is not None]
        voided: list[Json] = [[r.first, r.size] for r in self.runs if r.to is None]
        facts: dict[str, Json] = {"cohort": self.cohort, "generation": self.generation}
        return facts | ({"moved": moved} if moved else {}) | ({"voided": voided} if voided else {})

    @classmethod
    def parse(cls, facts: Mapping[str, Json]) -> Rewrap:
        """What an entry's facts say; `NotCanonical` if it is not just what `facts` writes."""
        moved = [Run(*row) for row in _rows(facts.get("moved", ()), 3)]
        voided = [Run(None, *row) for row in _rows(facts.get("voided", ()), 2)]
        runs = tuple(sorted([*moved, *voided], key=lambda run: run.first))
        found = cls(_count(facts.get("cohort")), _count(facts.get("generation")), runs)
        ends = [0, *(run.first + run.size for run in runs)]
        apart = all(run.size and run.first >= end for run, end in zip(runs, ends, strict=False))
        own = any(run.to in (0, found.cohort) for run in runs)
        if not runs or not apart or own or found.cohort < 1 or found.generation < 2:
            raise NotCanonical("An entry about moved keys contradicts itself.")
        if found.facts() != {k: _listed(v) for k, v in facts.items()}:
            raise NotCanonical("An entry about moved keys is not of its form.")
        return found


def split(cohort: int, generation: int, away: Mapping[int, int | None]) -> list[Rewrap]:
    """The entries that say of each number where its key went, short ones."""
    runs: list[Run] = []
    for seq in sorted(away):
        last = runs[-1] if runs else None
        if last and last.to == away[seq] and seq == last.first + last.size:
            runs[-1] = last._replace(size=last.size + 1)
        else:
            runs.append(Run(away[seq], seq, 1))
    parts = range(0, len(runs), _RUNS_IN_AN_ENTRY)
    return [Rewrap(cohort, generation, tuple(runs[i : i + _RUNS_IN_AN_ENTRY])) for i in parts]


class Whereabouts:
    """Where keys and frames lie when all of some entries are counted, for who walks the log from
    its start: key files and packs are those of the end.

    `generations`: cohort → newest; `ends`: entry → the cohort its key ended in, None for nowhere;
    `leaves`: (cohort, entry) → how many of its lines there are void; `packs`: (cohort, pack) → its
    newest revision; `took`: … → the number of the entry that says so."""

    def __init__(self, entries: Iterable[bytes], first: int = 0) -> None:
        """`entries` from number `first` on; `NotCanonical` if one names entries behind itself."""
        self.generations: dict[int, int] = {}
        self.ends: dict[int, int | None] = {}
        self.leaves: Counter[tuple[int, int]] = Counter()
        self.packs: dict[tuple[int, int], Compacted] = {}
        self.took: dict[tuple[int, int], int] = {}
        self._destroyed: dict[int, int] = {}
        for number, data in enumerate(entries, first):
            if _REWRAPPED not in data and _COMPACTED not in data:
                continue
            entry = parse(data)
            if isinstance(entry, ClearEntry) and entry.type == EventType.PACK_COMPACTED:
                pack = Compacted.parse(entry.facts)
                self.packs[pack[:2]], self.took[pack[:2]] = pack, number
            elif isinstance(entry, ClearEntry) and entry.type == EventType.KEYS_REWRAPPED:
                found = Rewrap.parse(entry.facts)
                if found.runs[-1].seqs.stop > number:
                    raise NotCanonical("An entry about moved keys names entries behind itself.")
                self.generations[found.cohort] = found.generation
                for seq, to in found.places():
                    self.ends[seq] = to
                    self.leaves[(found.cohort, seq)] += 1
                    if to is None:
                        self._destroyed[seq] = number

    def revision(self, cohort: int, pack: int) -> int:
        """Of the pack as it lies there now; 0 if it was never made anew."""
        found = self.packs.get((cohort, pack))
        return found.revision if found else 0

    def is_absent(self, cohort: int, pack: int, seq: int) -> bool:
        """Whether an entry's frame is no longer in its pack."""
        gone = self._destroyed.get(seq)
        return gone is not None and gone < self.took.get((cohort, pack), -1)


def _rows(value: Json, width: int) -> list[list[int]]:
    if not isinstance(value, list | tuple):
        raise NotCanonical("An entry about moved keys holds no list.")
    rows = [[_count(one) for one in row] for row in value if isinstance(row, list | tuple)]
    if len(rows) != len(value) or any(len(row) != width for row in rows):
        raise NotCanonical("An entry about moved keys holds a row of another length.")
    return rows


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 10**15:
        raise NotCanonical("An entry about moved keys holds something else than a count.")
    return value


def _listed(value: Json) -> Json:
    return [_listed(one) for one in value] if isinstance(value, list | tuple) else value
