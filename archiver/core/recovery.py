"""What the log says in clear of a recovery: which log it goes on from, what is lost, what was
destroyed anew, and that a person answers for it.

    {"at":…,"from":812,"key":"…64…","origin":"diarkiv/5f0c…/1","root":"…64…","size":840,
     "t":"log_recovered","v":1}
    {"at":…,"of":829,"recovered":812,"runs":[[52,3],[60,1]],"t":"disposal_repeated","v":1}
    {"at":…,"attested":901,"recovered":812,"t":"loss_explained","v":1}

`log_recovered` is the first entry after those that survived: from its own number on, the log of the
generation before went on to `size` entries with that root, as far as anybody knows, and they are
lost. `key` is the SHA-256 of the public key line (vkey) of the log before. `disposal_repeated` says
that the keys of entries are destroyed again that were destroyed in the lost range, or under the old
tombstone `of` (0: a certificate says so). `loss_explained` names the sealed entry in which a person
answers for the loss. Invariants: generations follow one another; a repetition names only entries
that survived, and stands before the loss is explained. Standard library only: the offline verifier
carries this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

from archiver.core.canonical import Json
from archiver.core.checkpoint import Checkpoint, VerifierKey
from archiver.core.event import ClearEntry, Entry, EventType
from archiver.core.layout import CHECKPOINT, VKEY
from archiver.core.runs import Runs, count, numbers, parse_runs, parted
from archiver.errors import NotCanonical

_ORIGIN = re.compile(r"(.+)/([1-9][0-9]{0,5})")
_HEX = re.compile(r"[0-9a-f]{64}")


def generation(origin: str) -> int:
    """Which generation of its home's log a log is; `NotCanonical` if its name does not say."""
    found = _ORIGIN.fullmatch(origin)
    if not found:
        raise NotCanonical("A log's name does not end in its generation.")
    return int(found[2])


def successor(origin: str) -> str:
    """The name of the log of the next generation."""
    return f"{origin.rpartition('/')[0]}/{generation(origin) + 1}"


def kept_names(origin: str) -> list[str]:
    """Where the public keys and newest heads of the generations before a log's lie, oldest first:
    those that a recovery made."""
    found = _ORIGIN.fullmatch(origin)
    older = range(1, int(found[2]) if found else 1)
    return [f"{name}.{number}" for number in older for name in (VKEY, CHECKPOINT)]


def is_older(origin: str, than: str) -> bool:
    """Whether a log is of an earlier generation of the same home's."""
    found, newer = _ORIGIN.fullmatch(origin), _ORIGIN.fullmatch(than)
    return bool(found and newer and found[1] == newer[1] and int(found[2]) < int(newer[2]))


def key_digest(key: VerifierKey) -> str:
    """By what an entry names a public key: SHA-256 of its line, in hexadecimal digits."""
    return sha256(str(key).encode()).hexdigest()


class Recovered(NamedTuple):
    """A log that goes on from `start` entries of an older one, which had `size` with `root` when
    last heard of, and the digest of whose public key is `key`."""

    origin: str
    start: int
    size: int
    root: bytes
    key: str

    @property
    def lost(self) -> int:
        """How many entries."""
        return self.size - self.start

    def facts(self) -> dict[str, Json]:
        """The clear facts of a `log_recovered`."""
        return {
            "origin": self.origin,
            "from": self.start,
            "size": self.size,
            "root": self.root.hex(),
            "key": self.key,
        }

    @classmethod
    def parse(cls, facts: Mapping[str, Json]) -> Recovered:
        """What an entry's facts say; `NotCanonical` if it is not just what `facts` writes."""
        root, key = str(facts.get("root")), str(facts.get("key"))
        if not _HEX.fullmatch(root) or not _HEX.fullmatch(key):
            raise NotCanonical("An entry about a recovery holds no digest.")
        start, size = count(facts.get("from")), count(facts.get("size"))
        found = cls(str(facts.get("origin")), start, size, bytes.fromhex(root), key)
        generation(found.origin)
        if found.facts() != facts or found.lost < 0:
            raise NotCanonical("An entry about a recovery is not of its form.")
        return found


class Repeated(NamedTuple):
    """Entries whose keys are destroyed again after the recovery in the entry `recovered`, as the
    old entry `of` or, if that is 0, a certificate says."""

    recovered: int
    of: int
    runs: Runs

    def facts(self) -> dict[str, Json]:
        """The clear facts of a `disposal_repeated`."""
        runs: list[Json] = [list(run) for run in self.runs]
        return {"recovered": self.recovered, "of": self.of, "runs": runs}

    @classmethod
    def parse(cls, facts: Mapping[str, Json]) -> Repeated:
        """What an entry's facts say; `NotCanonical` if it is not just what `facts` writes."""
        of, runs = count(facts.get("of")), parse_runs(facts.get("runs"))
        found = cls(count(facts.get("recovered")), of, runs)
        if found.facts() != {**facts, "runs": [list(run) for run in runs]}:
            raise NotCanonical("An entry about a repeated disposal is not of its form.")
        return found


def repetitions(recovered: int, by: Mapping[int, int]) -> Iterator[Repeated]:
    """The entries that say which keys are destroyed again: entry → `of`, short ones."""
    for of in sorted(set(by.values())):
        for runs in parted(seq for seq, why in by.items() if why == of):
            yield Repeated(recovered, of, runs)


class Attested(NamedTuple):
    """That a person answers, in the sealed entry `event`, for what a recovery lost."""

    recovered: int
    event: int

    def facts(self) -> dict[str, Json]:
        """The clear facts of a `loss_explained`."""
        return {"recovered": self.recovered, "attested": self.event}

    @classmethod
    def parse(cls, facts: Mapping[str, Json]) -> Attested:
        """What an entry's facts say; `NotCanonical` if it is not just what `facts` writes."""
        found = cls(count(facts.get("recovered")), count(facts.get("attested")))
        if found.facts() != facts:
            raise NotCanonical("An entry about a loss is not of its form.")
        return found


class Losses:
    """What a log says of its recoveries, told by a walk over it from its start."""

    def __init__(self) -> None:
        self.recoveries: dict[int, Recovered] = {}
        self.repeated: set[int] = set()  # entries whose keys may be gone for that reason
        self._explained: set[int] = set()
        self._attestations: set[int] = set()
        self._newest = -1

    def take(self, number: int, entry: Entry) -> None:
        """Look at the next entry; `NotCanonical` if what it says is not of its form, or may not
        stand where it does."""
        if entry.type == EventType.LOSS_ATTESTED and not isinstance(entry, ClearEntry):
            self._attestations.add(number)
        if not isinstance(entry, ClearEntry):
            return
        if entry.type == EventType.LOG_RECOVERED:
            found = Recovered.parse(entry.facts)
            if found.start != number:
                raise NotCanonical("A recovery does not begin at its own entry.")
            self.recoveries[number] = found
            self._newest = number
        elif entry.type == EventType.DISPOSAL_REPEATED:
            self._repeat(Repeated.parse(entry.facts))
        elif entry.type == EventType.LOSS_EXPLAINED:
            said = Attested.parse(entry.facts)
            if said.recovered not in self.recoveries or said.event not in self._attestations:
                raise NotCanonical("A loss is explained that is none, or that nobody answers for.")
            self._explained.add(said.recovered)

    def _repeat(self, said: Repeated) -> None:
        of = self.recoveries.get(said.recovered)
        if of is None or said.recovered != self._newest or said.recovered in self._explained:
            raise NotCanonical("A disposal is repeated that no open recovery stands before.")
        if sum(said.runs[-1]) > of.start or said.of > of.size:
            raise NotCanonical("A repeated disposal names entries that no recovery brought back.")
        self.repeated.update(numbers(said.runs))

    @property
    def lost(self) -> int:
        """How many entries were lost."""
        return sum(one.lost for one in self.recoveries.values())

    @property
    def unexplained(self) -> int:
        """How many of them nobody answers for."""
        return sum(one.lost for n, one in self.recoveries.items() if n not in self._explained)

    @property
    def open(self) -> list[int]:
        """Recoveries whose loss nobody answers for yet."""
        return sorted(self.recoveries.keys() - self._explained)

    def findings(self, origin: str) -> Iterator[str]:
        """What is wrong with the generations that lead to the log of this name."""
        held = [one.origin for one in self.recoveries.values()]
        for older, newer in pairwise([*held, origin]):
            if successor(older) != newer:
                yield f"The log says that it goes on from {older}, which {newer} does not follow."
        if not held and _ORIGIN.fullmatch(origin) and generation(origin) > 1:
            yield f"The log {origin} does not say which log it goes on from."

    def judge(self, head: Checkpoint, key: VerifierKey, root: bytes | None) -> str:
        """What is wrong with an old generation's signed head that somebody kept; empty if this log
        holds all of it. `key`: whose signature it is; `root`: this log's at the head's size."""
        found = next((r for r in self.recoveries.values() if r.origin == head.origin), None)
        if found is None or found.key != key_digest(key):
            return "The checkpoint that was kept is of a log that this one does not go on from."
        if head.size <= found.start:
            same = root == head.root
            return "" if same else f"The first {head.size} entries do not give the kept root."
        if head.size <= found.size:
            return (
                f"The checkpoint that was kept ends at {head.size}, in the declared lost range "
                f"[{found.start}, {found.size})."
            )
        return (
            f"The checkpoint that was kept ends at {head.size}: more is lost than the "
            f"{found.size} entries that the recovery knew of."
        )
