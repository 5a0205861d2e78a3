"""What the log says in clear of disposal: what is gone, and that a decision held that day.

    {"at":…,"decision":91,"from":1767222000000,"t":"decision_interval","until":0,"v":1}
    {"at":…,"decision":91,"from":…,"proposal":140,"runs":[[52,3],[60,1]],"t":"tombstone",
     "until":0,"v":1}

A `decision_interval` says from which instant until which the decision recorded in an entry is in
force (`until` 0: without end); a later one for the same decision replaces it, which is how a
revocation shows. A `tombstone` says that entries [52, 55) and 60 are disposed of under a decision,
as the proposal in entry 140 lists them, and repeats the interval it was executed under. Class,
channel, reason and names stand in sealed frames only: decision, proposal, certificate.
A `disposal_aborted` takes the tombstones of its proposal back.
Runs rise by number and do not overlap; a long list is split over tombstones in a row. What an
emergency stop destroyed has no decision of disposal: its own event, `record_destroyed`, explains
it. Standard library only: the offline verifier carries this module.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from archiver.core.canonical import Json
from archiver.core.event import Entry, EventType, SealedEntry
from archiver.core.recovery import Losses
from archiver.core.rewrap import Rewrap
from archiver.errors import NotCanonical

RUNS_IN_AN_ENTRY = 12
ENDLESS = 0
# What a disposal may take: what was captured, and the list that keeps it from coming back.
_CONTENT = {
    EventType.VERSION.value,
    EventType.COMPONENT.value,
    EventType.CAPTURE.value,
    EventType.EXCHANGE.value,
    EventType.PUSH_RECEIVED.value,
    EventType.RECORDS_SUPPRESSED.value,
}


class Interval(NamedTuple):
    """When a decision is in force: [start, end), milliseconds UTC; `end` is `ENDLESS` for none."""

    decision: int
    start: int
    end: int = ENDLESS

    def holds(self, at: int) -> bool:
        """Whether the decision is in force at an instant."""
        return self.start <= at and (self.end == ENDLESS or at < self.end)

    def facts(self) -> dict[str, Json]:
        """The clear facts of a `decision_interval`."""
        return {"decision": self.decision, "from": self.start, "until": self.end}

    @classmethod
    def parse(cls, facts: Mapping[str, Json]) -> Interval:
        """What an entry's facts say; `NotCanonical` if it is not just what `facts` writes."""
        found = cls(*(_count(facts.get(name)) for name in ("decision", "from", "until")))
        if found.facts() != facts:
            raise NotCanonical("An entry about a decision's interval is not of its form.")
        return found


class Confirmed(NamedTuple):
    """That a proposal was confirmed, by the event in the entry `by`."""

    proposal: int
    by: int

    def facts(self) -> dict[str, Json]:
        """The clear facts of a `proposal_confirmed`."""
        return {"by": self.by, "proposal": self.proposal}

    @classmethod
    def parse(cls, facts: Mapping[str, Json]) -> Confirmed:
        """What an entry's facts say; `NotCanonical` if it is not just what `facts` writes."""
        found = cls(_count(facts.get("proposal")), _count(facts.get("by")))
        if found.facts() != facts:
            raise NotCanonical("An entry about a confirmed proposal is not of its form.")
        return found


class Tombstone(NamedTuple):
    """Entries that are disposed of: runs of (first, size), under a decision in its interval, as a
    proposal lists them."""

    interval: Interval
    proposal: int
    runs: tuple[tuple[int, int], ...]

    def seqs(self) -> Iterator[int]:
        """The entries, rising."""
        for first, size in self.runs:
            yield from range(first, first + size)

    def names(self, seq: int) -> bool:
        """Whether it is over an entry; at no more cost for a run that claims to be endless."""
        return any(first <= seq < first + size for first, size in self.runs)

    def facts(self) -> dict[str, Json]:
        """The clear facts of a `tombstone`."""
        runs: list[Json] = [[first, size] for first, size in self.runs]
        return {**self.interval.facts(), "proposal": self.proposal, "runs": runs}

    @classmethod
    def parse(cls, facts: Mapping[str, Json]) -> Tombstone:
        """What an entry's facts say; `NotCanonical` if it is not just what `facts` writes."""
        rows = facts.get("runs")
        if not isinstance(rows, list | tuple) or not rows:
            raise NotCanonical("A tombstone names no entries.")
        runs, end = list[tuple[int, int]](), 0
        for row in rows:
            if not isinstance(row, list | tuple) or len(row) != 2:
                raise NotCanonical("A tombstone holds a run of another length.")
            first, size = _count(row[0]), _count(row[1])
            if first < end or not size:
                raise NotCanonical("A tombstone's runs overlap or do not rise.")
            runs.append((first, size))
            end = first + size
        start, until = _count(facts.get("from")), _count(facts.get("until"))
        interval = Interval(_count(facts.get("decision")), start, until)
        found = cls(interval, _count(facts.get("proposal")), tuple(runs))
        if found.facts() != {**facts, "runs": [list(row) for row in runs]}:
            raise NotCanonical("A tombstone is not of its form.")
        return found


def tombstones(interval: Interval, proposal: int, seqs: Collection[int]) -> Iterator[Tombstone]:
    """The tombstones over some entries, short ones."""
    runs: list[tuple[int, int]] = []
    for seq in sorted(seqs):
        if runs and seq == sum(runs[-1]):
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            if len(runs) == RUNS_IN_AN_ENTRY:
                yield Tombstone(interval, proposal, tuple(runs))
                runs = []
            runs.append((seq, 1))
    if runs:
        yield Tombstone(interval, proposal, tuple(runs))


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 10**15:
        raise NotCanonical("An entry about disposal holds something else than a count.")
    return value


class Explanations:
    """Why keys that were destroyed are gone, told by a walk over the log from its start.

    `take` is given every entry in order; `unexplained` and `stopped` count entries, `disposed` too;
    `findings` are sentences. A tombstone explains if the decision it names was recorded before it,
    its interval is the newest the log gives, that interval holds at the tombstone's own time and
    when the key goes, its proposal was confirmed (`proposal_confirmed`) and not taken back, and the
    entry is captured content. What had been moved and is destroyed in a batch with a
    `record_destroyed` was stopped; what a recovery destroyed again is repeated (`core.recovery`);
    all else is unexplained.
    """

    def __init__(self) -> None:
        self.unexplained = self.disposed = self.stopped = self.repeated = 0
        self.losses = Losses()
        self.findings: list[str] = []
        self._intervals: dict[int, Interval] = {}
        self._decisions: set[int] = set()
        self._proposals: dict[int, bool] = {}  # whether it is confirmed
        self._confirmations: set[int] = set()
        self._content = bytearray()  # of each entry, whether it is what a disposal may take
        self._moved: set[int] = set()
        self._stones: dict[int, tuple[str, int]] = {}  # entry → what is wrong, and the decision
        self._runs: dict[int, list[Tombstone]] = {}  # by proposal
        self._pending: list[int] = []  # destroyed at `_at`, by nothing yet that explains it
        self._at = 0

    def take(self, number: int, entry: Entry) -> None:
        """Look at the next entry; `NotCanonical` if what it says of disposal is not of its form."""
        if entry.at != self._at:
            self.end()
            self._at = entry.at
        self.losses.take(number, entry)
        self._content.extend(bytes(number - len(self._content)))
        self._content.append(isinstance(entry, SealedEntry) and entry.type in _CONTENT)
        if isinstance(entry, SealedEntry):
            self._sealed(number, entry.type)
        elif entry.type == EventType.DECISION_INTERVAL:
            interval = Interval.parse(entry.facts)
            self._intervals[interval.decision] = interval
        elif entry.type == EventType.TOMBSTONE:
            stone = Tombstone.parse(entry.facts)
            if sum(stone.runs[-1]) > number:
                raise NotCanonical("A tombstone names entries behind itself.")
            wrong = self._wrong(stone, entry.at)
            if wrong:
                self.findings.append(f"Entry {number}: a tombstone {wrong}.")
            said = (wrong, stone.interval.decision)
            self._stones.update(dict.fromkeys(stone.seqs(), said))
            self._runs.setdefault(stone.proposal, []).append(stone)
        elif entry.type == EventType.PROPOSAL_CONFIRMED:
            self._confirmed(Confirmed.parse(entry.facts))
        elif entry.type == EventType.DISPOSAL_ABORTED:
            self._aborted(entry.facts.get("proposal"))
        elif entry.type == EventType.KEYS_REWRAPPED:
            for seq, to in Rewrap.parse(entry.facts).places():
                if to is None:
                    self._destroyed(seq, entry.at)
                else:
                    self._moved.add(seq)

    def end(self) -> None:
        """All entries of an instant were seen: what nothing explained stays unexplained."""
        for seq in self._pending:
            wrong, decision = self._stones.get(seq, ("", -1))
            why = "and no decision explains it"
            if wrong:
                why = f"under a tombstone {wrong}"
            elif decision >= 0:
                why = "when its decision was no longer in force"
            self.findings.append(f"Entry {seq}: its key was destroyed {why}.")
        self.unexplained += len(self._pending)
        self._pending.clear()

    def _sealed(self, number: int, type_: str) -> None:
        if type_ == EventType.DISPOSAL_DECIDED:
            self._decisions.add(number)
        elif type_ == EventType.DISPOSAL_PROPOSED:
            self._proposals[number] = False
        elif type_ == EventType.DISPOSAL_CONFIRMED:
            self._confirmations.add(number)
        elif type_ == EventType.RECORD_DESTROYED:
            stopped = [seq for seq in self._pending if seq in self._moved]
            self.stopped += len(stopped)
            self._pending = [seq for seq in self._pending if seq not in self._moved]

    def _confirmed(self, said: Confirmed) -> None:
        if said.proposal in self._proposals and said.by in self._confirmations:
            self._proposals[said.proposal] = True

    def _aborted(self, proposal: object) -> None:
        """The proposal is none any more, and nothing goes under its tombstones."""
        if isinstance(proposal, int) and proposal in self._proposals:
            self._proposals[proposal] = False
        for stone in self._runs.pop(proposal, []) if isinstance(proposal, int) else []:
            for seq in stone.seqs():
                self._stones.pop(seq, None)

    def _wrong(self, stone: Tombstone, at: int) -> str:
        known = self._intervals.get(stone.interval.decision)
        if stone.interval.decision not in self._decisions or known is None:
            return "that names no decision in the log"
        if known != stone.interval:
            return "that gives its decision another time than the log does"
        if not known.holds(at):
            return "under a decision that was not in force"
        if not self._proposals.get(stone.proposal):
            return "of a proposal that nobody confirmed"
        if not all(
            self._content[first : first + size].count(1) == size for first, size in stone.runs
        ):
            return "over entries that are no captured content"
        return ""

    def _destroyed(self, seq: int, at: int) -> None:
        wrong, decision = self._stones.get(seq, ("nothing", -1))
        if not wrong and self._intervals[decision].holds(at):
            self.disposed += 1
        elif seq in self.losses.repeated:
            self.repeated += 1
        else:
            self._pending.append(seq)
