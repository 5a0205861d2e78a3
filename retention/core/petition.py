"""The petition to the archival authority (gallringsframställan): which classes, on what grounds.

Nothing is disposed of without a decision (arkivlagen 10 §, and the local arkivreglemente under
16 §). This is what the decision is made on: for each record class what it is, how much there is
today, what is proposed and why, judged against the five conditions for records of minor importance
that many municipal authorities apply after the pattern of RA-FS 1997:6. Those regulations bind
state authorities only. They are judged for the class, in the decision, not record by record.

Invariants: a petition decides nothing, and its rows say where they come from; a row that is to be
disposed of has a period and a trigger, and answers each condition or says that it is unanswered.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class TextStatus(StrEnum):
    """Where a row comes from. Only what is decided lets anything be disposed of."""

    DECIDED = "decided"
    PROPOSED = "proposed"
    RECONSTRUCTED = "reconstructed"  # from summaries: to be compared with the source


class Condition(StrEnum):
    """What must hold for records of minor importance to be disposed of."""

    ACCESS = "access"
    VALUE = "value"
    PROCESSED = "processed"
    REVIEWED = "reviewed"
    RIGHTS = "rights"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether a condition holds for a class, and why. `met` None: nobody has answered."""

    condition: Condition
    met: bool | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """How much there is today: records, bytes as stored, and their own first and last dates."""

    records: int
    volume: int
    earliest: date | None = None
    latest: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is proposed for a record class. `retain`: kept for ever, and period and trigger are "".

    `period` and `trigger` are in words; `sample_one_in` is how many of which one is kept (0: none);
    `practice` tells how others do, with the source.
    """

    record_class: str
    label: str
    about: str = ""
    channels: tuple[str, ...] = ()
    retain: bool
    period: str = ""
    trigger: str = ""
    reason: str = ""
    sample_one_in: int = 0
    practice: str = ""
    status: TextStatus
    holding: Holding
    judgements: tuple[Judgement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What is lost for those who search, compile, or judge whether a record is genuine."""

    search: str
    compilation: str
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Petition:
    """A petition. `made_at` is in milliseconds since 1970 UTC; `number` is its own registration
    number. `keys_as_method`: the archival authority is asked to accept destroyed keys as disposal.
    `backup_days`: how many days backups hold what is disposed of. `rules`: the arkivreglemente
    and the levels of decision that it demands. `signers`: one line or two for each."""

    number: str
    authority: str
    archival_authority: str
    made_at: int
    background: str = ""
    rules: str = ""
    proposals: tuple[Proposal, ...]
    consequences: Consequences
    keys_as_method: bool = True
    backup_days: int = 30
    contact: str = ""
    signers: tuple[str, ...] = ()

    def faults(self) -> Iterator[str]:
        """What is missing or cannot be, each as `member: rule`."""
        for name in ("number", "authority", "archival_authority"):
            if not getattr(self, name).strip():
                yield f"{name}: empty"
        if not self.proposals:
            yield "proposals: none"
        if self.backup_days < 0:
            yield "backup_days: negative"
        for i, one in enumerate(self.proposals):
            yield from (f"proposals.{i}.{fault}" for fault in _proposal_faults(one))
        codes = [(one.record_class, one.channels) for one in self.proposals]
        yield from (
            f"proposals.{i}: the same class and channels twice"
            for i, code in enumerate(codes)
            if code in codes[:i]
        )


def open_points(petition: Petition) -> Sequence[tuple[str, Condition]]:
    """The record classes to be disposed of, with each condition that does not hold or that nobody
    has answered: what the archival authority will ask about."""
    return [
        (one.record_class, condition)
        for one in petition.proposals
        if not one.retain
        for condition in Condition
        if not any(j.condition is condition and j.met for j in one.judgements)
    ]


def _proposal_faults(one: Proposal) -> Iterator[str]:
    if not one.record_class.strip():
        yield "record_class: empty"
    if one.retain and (one.period or one.trigger or one.sample_one_in):
        yield "retain: with a period, a trigger or a sample"
    if not one.retain and not (one.period.strip() and one.trigger.strip()):
        yield "period: without it and its trigger nothing can be due"
    if one.sample_one_in and not 2 <= one.sample_one_in <= 1_000_000:
        yield "sample_one_in: 0, or at least 2"
    held = one.holding
    if held.records < 0 or held.volume < 0:
        yield "holding: negative"
    if held.earliest and held.latest and held.latest < held.earliest:
        yield "holding.latest: before earliest"
    conditions = [judged.condition for judged in one.judgements]
    yield from (f"judgements: {c} twice" for c in Condition if conditions.count(c) > 1)
    for judged in one.judgements:
        if judged.met is not None and not judged.why.strip():
            yield f"judgements: {judged.condition} without a reason"
