"""What becomes of one record: when it is due, under which rule and decision, and why. Pure.

Facts go in, an `Evaluation` with its whole trace comes out; nothing here reads a table or a clock,
and nothing is remembered: another schedule, decision or hold gives another answer at once.

- Which rules: those of the classes a person has put it in; without any, those that take it.
- Several: the strongest wins. No rule, or "for ever", beats all; an event that has not happened
  beats a date; the later date beats the earlier.
- A period runs from the event, and from no day before the record was there (`legal_on`).
- Due is not enough: each level the schedule asks for has a decision in force today that covers the
  record (arkivlag 10 §), and the class's rows still say what they did when it was recorded.
- Holds always win; and a record is kept while one that answers it is, directly or deeper:
  disposing of it would take the context from what is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from retention.core.binding import still_binds
from retention.core.decision import Decision
from retention.core.due import due_on
from retention.core.facts import RecordFacts
from retention.core.hold import DisposalHold, holds_on
from retention.core.schedule import (
    Applies,
    RetainPermanently,
    Rule,
    Schedule,
    TriggerName,
)

__all__ = ["Evaluation", "Fate", "RecordFacts", "Step", "Verdict", "conclude", "evaluate", "judge"]


class Fate(StrEnum):
    """In order of strength: the first of these that any rule gives, holds."""

    UNRULED = "unruled"  # no rule takes it: kept
    PERMANENT = "permanent"  # bevaras
    WAITING = "waiting"  # its event has not happened
    TIMED = "timed"  # `due` is known


class Reason(StrEnum):
    """The code of a step in a trace."""

    NO_SCHEDULE = "no_schedule"  # none is in force that day
    CLASSED = "classed"  # a person has put it in the rule's class
    UNKNOWN_CLASS = "unknown_class"  # … in a class that the schedule has no rule for
    APPLIES = "applies"  # the rule takes it
    NO_RULE = "no_rule"
    KEPT_FOR_EVER = "kept_for_ever"
    EVENT_MISSING = "event_missing"  # detail: which
    EVENT = "event"  # detail: which; day: when the period runs from
    DUE = "due"  # day: when the rule lets it go
    STRONGEST = "strongest"  # of several rules, this one decides
    NOT_YET = "not_yet"
    DECIDED = "decided"  # seq: the decision; detail: its level
    LEVEL_MISSING = "level_missing"  # detail: the level without a decision that covers it
    UNDECIDED = "undecided"  # no decision at all covers it
    CHANGED_RULE = "changed_rule"  # seq: a decision over rows that say another thing now
    HELD = "held"  # seq: the hold; detail: its kind
    ANSWERED = "answered"  # seq: a record that answers it and is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the trace: `code` of the reason (data: the interface has the words), the rule,
    decision, hold or record it is about, and the day it leads to."""

    code: str
    rule: str = ""
    seq: int = 0
    day: date | None = None
    detail: str = ""


class Evaluation(NamedTuple):
    """`due`: the first day it may go by its rules, None if never or not known yet. `decisions`:
    those that cover it and are in force today, one per level at least, empty if a level is missing.
    `holds`: what holds it. It may be disposed of today iff `may_go`."""

    record: int
    fate: Fate
    rule: str
    due: date | None
    decisions: tuple[int, ...]
    holds: tuple[int, ...]
    trace: tuple[Step, ...]
    may_go: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What schedule and decisions say of a record, before holds and its thread. `codes`: the
    classes it is in, by a person or by rules; `place`: that of the rule that
    decides, in the schedule, -1 for none; `open`: nothing but a hold or an answer could keep it."""

    fate: Fate
    rule: str = ""
    due: date | None = None
    decisions: tuple[int, ...] = ()
    codes: frozenset[str] = frozenset()
    place: int = -1
    trace: tuple[Step, ...] = ()
    open: bool = False


def evaluate(
    facts: RecordFacts,
    schedule: Schedule | None,
    decisions: Sequence[Decision],
    holds: Iterable[DisposalHold],
    today: date,
    thread: Sequence[int] = (),
) -> Evaluation:
    """What becomes of a record, as of `today` (a Swedish date). `schedule`: the one in force that
    day, `decisions` and `holds` all there are of its authority, `thread` the records that answer
    it, directly or deeper, and are kept."""
    verdict = judge(facts, schedule, decisions, today)
    return conclude(facts.record, verdict, holds_on(holds, facts, verdict.codes, today), thread)


def conclude(
    record: int, verdict: Verdict, holds: Sequence[DisposalHold], thread: Sequence[int]
) -> Evaluation:
    """The evaluation that a verdict, what holds the record and the kept answers to it lead to."""
    trace = verdict.trace
    if holds or thread:
        held = [
            Step(code=Reason.HELD, seq=hold.seq, detail=hold.kind.value, day=hold.review_on)
            for hold in holds
        ]
        trace = (*trace, *held, *(Step(code=Reason.ANSWERED, seq=one) for one in thread))
    return Evaluation(
        record=record,
        fate=verdict.fate,
        rule=verdict.rule,
        due=verdict.due,
        decisions=verdict.decisions,
        holds=tuple([hold.seq for hold in holds]),
        trace=trace,
        may_go=verdict.open and not holds and not thread,
    )


def judge(
    facts: RecordFacts, schedule: Schedule | None, decisions: Sequence[Decision], today: date
) -> Verdict:
    """What schedule and decisions say of a record, as of `today`."""
    if schedule is None:
        return Verdict(
            fate=Fate.UNRULED, codes=facts.classes, trace=(Step(code=Reason.NO_SCHEDULE),)
        )
    places, trace = _taken(facts, schedule.rules)
    rules = [schedule.rules[place] for place in places]
    codes = facts.classes | {rule.code for rule in rules}
    unruled = [step for step in trace if step.code in (Reason.NO_RULE, Reason.UNKNOWN_CLASS)]
    if unruled:
        return Verdict(
            fate=Fate.UNRULED,
            rule=unruled[0].rule,
            codes=codes,
            trace=tuple(trace),
        )
    outcomes = [_outcome(facts, rule, today) for rule in rules]
    strongest = max(range(len(rules)), key=lambda n: (-_RANK[outcomes[n][0]], outcomes[n][1]))
    fate, due, _ = outcomes[strongest]
    rule = rules[strongest]
    trace += [step for outcome in outcomes for step in outcome[2]]
    if len(rules) > 1:
        trace.append(Step(code=Reason.STRONGEST, rule=rule.code))
    if fate is not Fate.TIMED:
        return Verdict(
            fate=fate, rule=rule.code, codes=codes, place=places[strongest], trace=tuple(trace)
        )
    if due > today:
        trace.append(Step(code=Reason.NOT_YET, rule=rule.code, day=due))
    covering, steps = _covering(facts, rule.code, schedule, decisions, today)
    return Verdict(
        fate=fate,
        rule=rule.code,
        due=due,
        decisions=covering,
        codes=codes,
        place=places[strongest],
        trace=(*trace, *steps),
        open=due <= today and bool(covering),
    )


_RANK = {fate: rank for rank, fate in enumerate(Fate)}


def takes(rule: Rule, facts: RecordFacts) -> bool:
    """Whether a rule takes a record by itself: all of what its scope gives fits."""
    applies = rule.applies
    return (
        not applies.explicit_only
        and in_scope(applies, facts)
        and (applies.kinds is None or facts.kind in applies.kinds)
        and (applies.origins is None or facts.origin in applies.origins)
        and (applies.outcomes is None or facts.outcome in applies.outcomes)
        and rule.moderated in (None, facts.moderated)
        and (applies.class_codes is None or bool(facts.class_codes & applies.class_codes))
    )


def in_scope(applies: Applies, facts: RecordFacts) -> bool:
    """Whether a record lies among the channels and days of a rule: what tells rows of one class
    apart for a record that a person has put in it."""
    return (
        (applies.channels is None or facts.channel in applies.channels)
        and (applies.since is None or applies.since <= facts.legal_on)
        and (applies.until is None or facts.legal_on <= applies.until)
    )


def _taken(facts: RecordFacts, rules: Sequence[Rule]) -> tuple[list[int], list[Step]]:
    """The places of the rules that take a record, rising, and how that came about."""
    if not facts.classes:
        places = [n for n, rule in enumerate(rules) if takes(rule, facts)]
        steps = [Step(code=Reason.APPLIES, rule=rules[n].code) for n in places]
        return places, steps or [Step(code=Reason.NO_RULE)]
    found, steps = list[int](), list[Step]()
    for code in sorted(facts.classes):
        rows = [n for n, rule in enumerate(rules) if rule.code == code]
        # A person's word goes before what the row would take by itself; of several rows, those for
        # the record's channel and day, and all of them if none is: the strongest then wins.
        found += [n for n in rows if in_scope(rules[n].applies, facts)] or rows
        steps.append(Step(code=Reason.CLASSED if rows else Reason.UNKNOWN_CLASS, rule=code))
    return sorted(found), steps


def _outcome(facts: RecordFacts, rule: Rule, today: date) -> tuple[Fate, date, tuple[Step, ...]]:
    """What one rule gives: the fate, the day it is due (`date.max` if there is none), and why."""
    if isinstance(rule.retention, RetainPermanently):
        return Fate.PERMANENT, date.max, (Step(code=Reason.KEPT_FOR_EVER, rule=rule.code),)
    trigger = rule.trigger
    day = happened(facts, rule, today)
    if trigger is None or day is None:
        name = trigger.value if trigger else ""
        return (
            Fate.WAITING,
            date.max,
            (Step(code=Reason.EVENT_MISSING, rule=rule.code, detail=name),),
        )
    due = due_on(rule.retention, day)
    assert due is not None  # only what is kept for ever has none
    event = Step(code=Reason.EVENT, rule=rule.code, day=day, detail=trigger.value)
    return Fate.TIMED, due, (event, Step(code=Reason.DUE, rule=rule.code, day=due))


def happened(facts: RecordFacts, rule: Rule, today: date) -> date | None:
    """The day a rule's period runs from; None if its event has not happened by `today`. A thread is
    inactive when the rule's days have gone by since its last activity."""
    day = facts.events.get(rule.trigger) if rule.trigger else None
    if day is None:
        return None
    if rule.trigger is TriggerName.THREAD_INACTIVE:
        try:
            day += timedelta(days=rule.inactive_days)
        except OverflowError:
            return None
    day = max(day, facts.legal_on)
    return day if day <= today else None


def _covering(
    facts: RecordFacts,
    code: str,
    schedule: Schedule,
    decisions: Sequence[Decision],
    today: date,
) -> tuple[tuple[int, ...], list[Step]]:
    """The decisions that let a record go, none if a level is missing; and how that came about."""
    named = [
        one
        for one in decisions
        if one.authority == facts.authority
        and one.is_in_force(today)
        and one.covers(code, facts.channel, facts.legal_on)
    ]
    found = [one for one in named if still_binds(one, code, schedule)]
    steps = [
        Step(
            code=Reason.DECIDED if one in found else Reason.CHANGED_RULE,
            rule=code,
            seq=one.seq,
            detail=one.level.value,
        )
        for one in named
    ]
    missing = schedule.required_levels - {one.level for one in found}
    steps += [
        Step(code=Reason.LEVEL_MISSING, rule=code, detail=level)
        for level in sorted(level.value for level in missing)
    ]
    if not named and not missing:
        steps.append(Step(code=Reason.UNDECIDED, rule=code))
    return () if missing else tuple(one.seq for one in found), steps
