"""A disposal: proposed by one, confirmed by another, waited for, executed, certified. Pure.

What is proposed is an exact set of records, each as it was then (its newest version); a digest over
it stands on both persons' screens, and a set that has changed since is refused. Held records are
listed and left out; of a selection (urval, one of n) the kept ones are named. Nothing of this
decides: it says what a person may do next, and which rule forbids what they may not.

Arkivlag 10 § (a decision before the act), law of the local arkivreglemente (two persons), SFS
1991:446 for state authorities' own rules. Instants are milliseconds since 1970 UTC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from heapq import nsmallest
from typing import Any, TypeAlias

from archiver.core.canonical import Json
from archiver.errors import (
    DisposalNotAuthorised,
    HoldInForce,
    RuleViolation,
    SecondPersonNeeded,
    SetChanged,
)

DAY = 86_400_000
SAMPLE = 20
_LINES = 10_000  # digested at once
MOST = 2_000_000  # records in one proposal
Runs: TypeAlias = Sequence[tuple[int, int]]


class State(StrEnum):
    """How far a disposal has come. Only the first two can be taken back."""

    PROPOSED = "proposed"  # waits for another person
    CONFIRMED = "confirmed"  # waits for its day
    INTENDED = "intended"  # the log names the entries; the keys are still there
    KEYS_DESTROYED = "keys_destroyed"
    COMPLETED = "completed"  # the bytes are removed, the certificate is sealed
    WITHDRAWN = "withdrawn"
    ABORTED = "aborted"  # something spoke against it at the last moment


OPEN = frozenset({State.PROPOSED, State.CONFIRMED, State.INTENDED, State.KEYS_DESTROYED})


def runs_of(seqs: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers as rising runs (first, size)."""
    runs: list[tuple[int, int]] = []
    for seq in sorted(seqs):
        if runs and seq == sum(runs[-1]):
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((seq, 1))
    return runs


def seqs_in(runs: Iterable[Sequence[int]]) -> Iterator[int]:
    """The numbers in some runs."""
    for first, size in runs:
        yield from range(first, first + size)


def set_digest(newest: Mapping[int, int]) -> str:
    """SHA-256 (hex) over the exact set: record → its newest version. Both are numbers of the log,
    so that it says nothing of what they hold."""
    ordered = sorted(newest.items())
    digest = sha256(b"diarkiv/disposal/v1\n")
    for start in range(0, len(ordered), _LINES):
        part = ordered[start : start + _LINES]
        digest.update("".join([f"{record}:{latest}\n" for record, latest in part]).encode())
    return digest.hexdigest()


def sampled(records: Collection[int], digest: str, size: int = SAMPLE) -> list[int]:
    """Records to look at before confirming; the same for everybody who looks at the same set."""
    return sorted(nsmallest(size, records, key=lambda one: _rank(digest, one)))


def _rank(digest: str, record: int) -> bytes:
    return sha256(f"{digest}/{record}".encode()).digest()


def selected(records: Collection[int], one_of: int) -> frozenset[int]:
    """The records that a selection of one of `one_of` keeps; none if that is 0. Each is judged by a
    digest of its own number, so that anybody can do it again, and no choice of what is proposed
    together changes it."""
    if not one_of:
        return frozenset()
    return frozenset(
        one for one in records if int.from_bytes(_rank("urval", one)[:8]) % one_of == 0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is proposed. `newest`: record → its newest version; `held`: kind of hold → how many due
    records it keeps; `kept`: those a selection keeps; `decisions`: which cover all of it, the
    principal one first; `until`: the last instant its decisions hold is not here but in the log.
    `waiting_days`: from confirmation to execution; `running`: under a rule that two persons have
    confirmed once and for all."""

    authority: int
    actor: int
    day: int  # the Swedish day it was evaluated for, YYYYMMDD
    rules: tuple[str, ...]
    decisions: tuple[int, ...]
    newest: Mapping[int, int] = field(repr=False)
    held: Mapping[str, int] = field(default_factory=dict)
    answered: int = 0
    kept: Collection[int] = ()
    one_of: int = 0
    waiting_days: int = 7
    running: bool = False
    note: str = ""
    extents: tuple[Mapping[str, Json], ...] = ()

    @property
    def digest(self) -> str:
        return set_digest(self.newest)

    def payload(self) -> dict[str, Json]:
        """The sealed payload; the records of the set as runs, their newest versions beside."""
        ordered = sorted(self.newest)
        held: dict[str, Json] = {kind: self.held[kind] for kind in sorted(self.held)}
        found: dict[str, Json] = {
            "authority": self.authority,
            "actor": self.actor,
            "day": self.day,
            "rules": list(self.rules),
            "decisions": list(self.decisions),
            "records": [list(run) for run in runs_of(ordered)],
            "newest": [self.newest[record] - record for record in ordered],
            "digest": self.digest,
            "held": held,
            "answered": self.answered,
            "kept": [list(run) for run in runs_of(self.kept)],
            "one_of": self.one_of,
            "waiting_days": self.waiting_days,
            "running": self.running,
            "note": self.note,
            "extents": [dict(one) for one in self.extents],
        }
        return found

    @classmethod
    def parse(cls, payload: Mapping[str, Any]) -> Proposal:
        """What a payload says; `SetChanged` if its digest is not that of its set."""
        records = list(seqs_in(payload["records"]))
        newest = {
            record: record + further
            for record, further in zip(records, payload["newest"], strict=True)
        }
        found = cls(
            authority=payload["authority"],
            actor=payload["actor"],
            day=payload["day"],
            rules=tuple(payload["rules"]),
            decisions=tuple(payload["decisions"]),
            newest=newest,
            held=payload["held"],
            answered=payload["answered"],
            kept=tuple(seqs_in(payload["kept"])),
            one_of=payload["one_of"],
            waiting_days=payload["waiting_days"],
            running=payload["running"],
            note=payload["note"],
            extents=tuple(payload["extents"]),
        )
        if found.digest != payload["digest"]:
            raise SetChanged("The proposal's digest is not that of its records.")
        return found


def refuse_confirmation(
    proposal: Proposal, state: State, actor: int, digest: str, *, present: Mapping[int, int]
) -> None:
    """Raise what forbids a person to confirm: the state, the same person, or another set than the
    one they looked at (`digest`) or than there is now (`present`)."""
    if state is not State.PROPOSED:
        raise RuleViolation(
            f"The proposal is {state.value}; only one that waits can be confirmed.",
            remedy="Make a new proposal.",
        )
    if proposal.actor == 0 and not proposal.running:
        raise SecondPersonNeeded(
            "Nobody in particular proposed this: who is at the machine may be anybody.",
            remedy="Withdraw it, and let somebody who is signed in propose it.",
        )
    if actor == proposal.actor and not proposal.running:
        raise SecondPersonNeeded(
            "Who proposed a disposal does not confirm it.",
            remedy="Ask a colleague who may dispose to look at it and confirm.",
        )
    if digest != proposal.digest:
        raise SetChanged(
            "The set you looked at is not the one that was proposed.",
            remedy="Open the proposal again and compare the digest.",
        )
    refuse_changed(proposal, present)


def refuse_changed(proposal: Proposal, present: Mapping[int, int]) -> None:
    """`SetChanged` if the records are no longer as they were proposed: each and its newest
    version as `present` has them."""
    if present != proposal.newest:
        raise SetChanged(
            "Records of the set have changed since it was proposed.",
            remedy="Withdraw it and make a new proposal.",
        )


def refuse_execution(state: State, now: int, waits_until: int | None) -> None:
    """Raise what forbids an execution now."""
    if state is State.PROPOSED:
        raise SecondPersonNeeded(
            "The disposal is not confirmed.", remedy="Another person has to confirm it first."
        )
    if state not in (State.CONFIRMED, State.INTENDED, State.KEYS_DESTROYED):
        raise RuleViolation(f"The disposal is {state.value}.", remedy="Nothing was done.")
    if waits_until is not None and now < waits_until:
        raise RuleViolation(
            "The waiting period has not passed.", remedy="It is executed when it has."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What speaks against disposing of a record now: the code of the reason, and what it is."""

    record: int
    code: str  # hold, not_due, no_decision, answered, sample, gone, other_terms
    seq: int = 0


def refuse_against(found: Sequence[Against]) -> None:
    """Raise the rule that the first of these stands for: holds before all others."""
    counts = Counter(one.code for one in found)
    said = ", ".join(f"{code}: {count}" for code, count in sorted(counts.items()))
    if "hold" in counts:
        seqs = ", ".join(f"#{seq}" for seq in sorted({one.seq for one in found if one.seq})[:5])
        raise HoldInForce(
            f"A hold keeps records of the set ({said}; {seqs}).",
            remedy="See what it is for; make a new proposal without what it keeps.",
        )
    if found:
        raise DisposalNotAuthorised(
            f"Records of the set may not go now ({said}).",
            remedy="No decision in force covers them any more, they go under another one, or they "
            "are not due. Make a new proposal.",
        )
