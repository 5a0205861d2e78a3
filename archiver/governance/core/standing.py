"""Where an initiative stands: what its acts add up to. A fold that judges nothing.

What may be done next is `lifecycle`, what remains before the decision is `gate`. An act that was
once taken is never judged again: the law and the checklist may have changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

from archiver.core import canonical
from archiver.governance.core import acts as a
from archiver.governance.core.answers import Answer, AnswerState, Condition, Evidence
from archiver.governance.core.approval import Appeal, Decision, Notice, Outcome
from archiver.governance.core.checklist import Phase

FIRST, GATE, IMPLEMENT, LAST = 1, 5, 6, 8


class Deviation(NamedTuple):
    """A deviation that somebody, or a check, has recorded. `number` from 1 within the
    initiative."""

    number: int
    said: a.Deviated
    found_on: date
    cycle: int
    handled: a.Handled | None = None
    handled_on: date | None = None
    resolved: a.Resolved | None = None
    resolved_on: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is still there, handled or not."""
        return self.resolved is None


class Frozen(NamedTuple):
    """An underlag that was sent: its digest, canonical JSON and day, and in which cycle."""

    digest: str
    snapshot: str
    day: date
    cycle: int
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An initiative after its acts. `step`: the one it is in, 1–8; `finished`: step 8 is completed;
    `answers`: by row; `pending`: the underlag that waits for a decision."""

    opened: a.Opened
    step: int = FIRST
    cycle: int = 1
    finished: bool = False
    channels: Mapping[int, str] = field(default_factory=dict, hash=False)  # number → platform
    goals: tuple[a.Goal, ...] = ()
    notes: tuple[a.Noted, ...] = ()
    answers: Mapping[str, Answer] = field(default_factory=dict, hash=False)
    deviations: tuple[Deviation, ...] = ()
    terms_changed: date | None = None
    sent: tuple[Frozen, ...] = ()
    pending: Frozen | None = None
    decisions: tuple[Decision, ...] = ()
    closed: a.Closed | None = None

    @property
    def phase(self) -> Phase:
        """How far it has come; what was live before anybody asked is in use."""
        if self.step > IMPLEMENT or self.opened.live_since is not None or self.cycle > 1:
            return Phase.DRIFT
        return Phase.GO_LIVE if self.step == IMPLEMENT else Phase.PLAN

    @property
    def decision(self) -> Decision | None:
        """This cycle's newest approval; None if there is none."""
        approved = [
            one
            for one in self.decisions
            if one.cycle == self.cycle and one.approval.outcome is Outcome.APPROVED
        ]
        return approved[-1] if approved else None

    @property
    def places(self) -> list[tuple[int | None, str]]:
        """Its channels, and its platforms that have none yet: (channel, platform)."""
        linked = list(self.channels.items())
        without = [p for p in self.opened.platforms if p not in self.channels.values()]
        return [*linked, *((None, platform) for platform in without)]

    def answer(self, row: str) -> Answer:
        """A row's answer; an unanswered one if it has none."""
        return self.answers.get(row, Answer(row=row))

    def handled(self, row: str, check: str) -> Deviation | None:
        """The handled deviation that answers for a check's failure on a row, if there is one."""
        return next(
            (
                one
                for one in reversed(self.deviations)
                if one.is_open and one.handled and (one.said.row, one.said.check) == (row, check)
            ),
            None,
        )


def opened(said: a.Opened, platforms: Mapping[int, str]) -> Standing:
    """An initiative as it begins; `platforms`: channel → platform, of the channels it names."""
    return Standing(opened=said, channels={one: platforms[one] for one in said.channels})


def after(first: Standing, acts: Iterable[a.Act]) -> Standing:
    """Where it stands after its acts."""
    for act in acts:
        first = apply(first, act)
    return first


def apply(standing: Standing, act: a.Act) -> Standing:
    """Where it stands after one more act."""
    return _FOLD[type(act.said)](standing, act.said, act)


def _answered(standing: Standing, said: a.Answered, act: a.Act) -> Standing:
    before = standing.answer(said.row)
    kept = before.condition if said.state is AnswerState.CONDITIONAL else None
    answer = Answer(
        row=said.row,
        state=said.state,
        motivation=said.motivation,
        owner=said.owner or before.owner,
        recorder=act.actor,
        day=act.day,
        cycle=standing.cycle,
        evidence=before.evidence,
        condition=kept,
    )
    return _with(standing, answer)


def _attested(standing: Standing, said: a.Attested, act: a.Act) -> Standing:
    answer = replace(standing.answer(said.row), attester=act.actor, attested=act.day)
    return _with(standing, answer)


def _evidenced(standing: Standing, said: a.Evidenced, _act: a.Act) -> Standing:
    """New evidence is not attested: who attested had not seen it."""
    before = standing.answer(said.row)
    evidence = Evidence(
        name=said.name, sha256=said.sha256, link=said.link, valid_until=said.valid_until
    )
    kept = [one for one in before.evidence if one.name != said.name]
    answer = replace(before, evidence=(*kept, evidence), attester=None, attested=None)
    return _with(standing, answer)


def _conditioned(standing: Standing, said: a.Conditioned, act: a.Act) -> Standing:
    condition = Condition(
        text=said.text,
        owner=said.owner,
        due=said.due,
        set_on=act.day,
        before_go_live=said.before_go_live,
    )
    before = standing.answer(said.row)
    return _with(standing, replace(before, condition=condition, attester=None, attested=None))


def _condition_met(standing: Standing, said: a.ConditionMet, act: a.Act) -> Standing:
    before = standing.answer(said.row)
    if before.condition is None:
        return standing
    condition = replace(before.condition, met=act.day, how=said.text)
    return _with(standing, replace(before, condition=condition))


def _with(standing: Standing, answer: Answer) -> Standing:
    return replace(standing, answers={**standing.answers, answer.row: answer})


def _deviated(standing: Standing, said: a.Deviated, act: a.Act) -> Standing:
    found = Deviation(len(standing.deviations) + 1, said, act.day, standing.cycle)
    return replace(standing, deviations=(*standing.deviations, found))


def _handled(standing: Standing, said: a.Handled, act: a.Act) -> Standing:
    return _of_deviation(standing, said.number, handled=said, handled_on=act.day)


def _resolved(standing: Standing, said: a.Resolved, act: a.Act) -> Standing:
    return _of_deviation(standing, said.number, resolved=said, resolved_on=act.day)


def _of_deviation(standing: Standing, number: int, **changes: Any) -> Standing:
    every = [
        one._replace(**changes) if one.number == number else one for one in standing.deviations
    ]
    return replace(standing, deviations=tuple(every))


def _sent(standing: Standing, said: a.Sent, act: a.Act) -> Standing:
    content = canonical.decode_object(said.snapshot.encode())
    ready = not content.get("remaining")
    frozen = Frozen(said.digest, said.snapshot, act.day, standing.cycle, ready)
    return replace(standing, sent=(*standing.sent, frozen), pending=frozen)


def _decided(standing: Standing, said: a.Decided, _act: a.Act) -> Standing:
    approval, pending = said.approval, standing.pending
    shown = pending if pending and pending.digest == approval.snapshot else None
    decision = Decision(approval=approval, cycle=standing.cycle, ready=bool(shown and shown.ready))
    # What is tabled waits for the next meeting; anything else has used the underlag up.
    waits = pending if approval.outcome is Outcome.TABLED else None
    return replace(standing, decisions=(*standing.decisions, decision), pending=waits)


def _minutes(standing: Standing, said: a.MinutesNoticed, _act: a.Act) -> Standing:
    notice = Notice(adjusted=said.adjusted, noticed=said.noticed, taken_down=said.taken_down)
    return _of_decision(standing, lambda one: replace(one, notice=notice))


def _reported(standing: Standing, said: a.Reported, _act: a.Act) -> Standing:
    return _of_decision(standing, lambda one: replace(one, reported=said.on, report=said.reference))


def _weighed(standing: Standing, said: a.Weighed, _act: a.Act) -> Standing:
    return _of_decision(
        standing, lambda one: replace(one, weighed=said.reason, weigher=said.holder)
    )


def _appealed(standing: Standing, said: a.Appealed, _act: a.Act) -> Standing:
    def add(one: Decision) -> Decision:
        others = tuple(each for each in one.appeals if each.case_number != said.case_number)
        appeal = Appeal(case_number=said.case_number, inhibited=said.inhibited)
        return replace(one, appeals=(*others, appeal))

    return _of_decision(standing, add)


def _judged(standing: Standing, said: a.Judged, _act: a.Act) -> Standing:
    def tried(one: Decision) -> Decision:
        appeals = tuple(
            replace(each, upheld=said.upheld, final_on=said.final_on)
            if each.upheld is None
            else each
            for each in one.appeals
        )
        return replace(one, appeals=appeals)

    return _of_decision(standing, tried)


def _of_decision(standing: Standing, change: Callable[[Decision], Decision]) -> Standing:
    """What follows on a decision is about the newest approval."""
    held = list(standing.decisions)
    for at in range(len(held) - 1, -1, -1):
        if held[at].approval.outcome is Outcome.APPROVED:
            held[at] = change(held[at])
            break
    return replace(standing, decisions=tuple(held))


def _completed(standing: Standing, said: a.Completed, _act: a.Act) -> Standing:
    if said.step == LAST:
        return replace(standing, finished=True)
    return replace(standing, step=said.step + 1)


def _next_cycle(standing: Standing, _said: a.NextCycle, _act: a.Act) -> Standing:
    """Answers, open deviations, conditions and channels are inherited; goals and notes are not."""
    return replace(
        standing,
        step=FIRST,
        cycle=standing.cycle + 1,
        finished=False,
        goals=(),
        notes=(),
        pending=None,
        deviations=standing.deviations,
    )


def _goal(standing: Standing, said: a.Goal, _act: a.Act) -> Standing:
    return replace(standing, goals=(*standing.goals, said))


def _noted(standing: Standing, said: a.Noted, _act: a.Act) -> Standing:
    return replace(standing, notes=(*standing.notes, said))


def _linked(standing: Standing, said: a.Linked, _act: a.Act) -> Standing:
    return replace(standing, channels={**standing.channels, said.channel: said.platform})


def _terms(standing: Standing, _said: a.TermsChanged, act: a.Act) -> Standing:
    return replace(standing, terms_changed=act.day)


def _closed(standing: Standing, said: a.Closed, _act: a.Act) -> Standing:
    return replace(standing, closed=said, pending=None)


_FOLD: Mapping[type[a.Said], Callable[[Standing, Any, a.Act], Standing]] = {
    a.Goal: _goal,
    a.Noted: _noted,
    a.Linked: _linked,
    a.Completed: _completed,
    a.Answered: _answered,
    a.Attested: _attested,
    a.Evidenced: _evidenced,
    a.Conditioned: _conditioned,
    a.ConditionMet: _condition_met,
    a.Deviated: _deviated,
    a.Handled: _handled,
    a.Resolved: _resolved,
    a.TermsChanged: _terms,
    a.Sent: _sent,
    a.Decided: _decided,
    a.MinutesNoticed: _minutes,
    a.Reported: _reported,
    a.Weighed: _weighed,
    a.Appealed: _appealed,
    a.Judged: _judged,
    a.NextCycle: _next_cycle,
    a.Closed: _closed,
}
