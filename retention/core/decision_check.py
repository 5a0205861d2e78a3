"""Whether a disposal decision may be recorded: everything that is wrong with it, at once.

Arkivlag 10 § with 16 §: what is disposed of rests on a decision that names itself (number, body,
day, paragraph) and says what it covers. It holds from the day it was made or later, unless it says
otherwise with a reason; what it disposes of as minor it has weighed, by every condition. Whether it
was right to decide so is not judged here. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from archiver.registry.core.phrase import Problem
from retention.core.decision import Decision, MinorCondition
from retention.core.plan_phrase import problem
from retention.core.schedule import RetainPermanently, Schedule

MOST_TEXT = {"number": 100, "body": 200, "paragraph": 50, "grounds": 2_000, "early_reason": 500}
MOST_SCOPE = 500  # codes or channels in one decision
MOST_WAITING = 365  # days
_NEEDED = ("number", "body", "paragraph")


def decision_problems(
    decision: Decision,
    schedule: Schedule | None,
    *,
    channels: Collection[int],
    held: Collection[Decision],
    today: date,
) -> Iterator[Problem]:
    """What keeps a decision from being recorded. `schedule`: the one in force when it begins to
    hold; `channels`: the authority's; `held`: its decisions so far."""
    yield from _texts(decision)
    yield from _dates(decision, today)
    yield from _rules(decision, schedule)
    for channel in sorted((decision.channels or frozenset()) - set(channels)):
        yield problem(0, "channel_unknown", channel=f"C{channel}")
    if decision.channels is not None and not decision.channels:
        yield problem(0, "decision_channels")
    if decision.keep_one_of == 1 or not 0 <= decision.keep_one_of <= 10_000:
        yield problem(0, "decision_sample")
    if not 0 <= decision.waiting_days <= MOST_WAITING:
        yield problem(0, "decision_waiting", most=MOST_WAITING)
    yield from _among(decision, held)


def _texts(decision: Decision) -> Iterator[Problem]:
    for name, most in MOST_TEXT.items():
        text = getattr(decision, name)
        if name in _NEEDED and not text:
            yield problem(0, "decision_lacks", column=name)
        if len(text) > most:
            yield problem(0, "value_long", column=name, limit=most)
        if text and (not text.isprintable() or text != text.strip()):
            yield problem(0, "control", column=name)


def _dates(decision: Decision, today: date) -> Iterator[Problem]:
    if decision.decided_on > today:
        yield problem(0, "decision_future", day=decision.decided_on)
    if decision.valid_from < decision.decided_on and not decision.early_reason:
        yield problem(0, "decision_early", day=decision.valid_from, decided=decision.decided_on)
    if decision.valid_until and decision.valid_until <= decision.valid_from:
        yield problem(0, "day_order", start=decision.valid_from, end=decision.valid_until)
    since, until = decision.records_from, decision.records_until
    if since and until and until < since:
        yield problem(0, "day_order", start=since, end=until)


def _rules(decision: Decision, schedule: Schedule | None) -> Iterator[Problem]:
    if schedule is None:
        yield problem(0, "decision_no_schedule", day=decision.valid_from)
        return
    if not decision.rules:
        yield problem(0, "decision_no_rules")
    if max(len(decision.rules), len(decision.channels or ())) > MOST_SCOPE:
        yield problem(0, "decision_scope", most=MOST_SCOPE)
    for code in sorted(decision.rules - schedule.codes()):
        yield problem(0, "decision_rule_unknown", code=code, version=schedule.version)
    covered = [rule for rule in schedule.rules if rule.code in decision.rules]
    disposed = {one.code for one in covered if not isinstance(one.retention, RetainPermanently)}
    for code in sorted({one.code for one in covered} - disposed):
        yield problem(0, "decision_rule_kept", code=code)
    minor = sorted({rule.code for rule in covered if rule.minor})
    if minor and decision.conditions != frozenset(MinorCondition):
        yield problem(0, "decision_conditions", codes=", ".join(minor))


def _among(decision: Decision, held: Collection[Decision]) -> Iterator[Problem]:
    own = (decision.number.casefold(), decision.paragraph.casefold(), decision.level)
    for one in held:
        same = (one.number.casefold(), one.paragraph.casefold(), one.level) == own
        if same and one.revoked_on is None and one.seq != decision.replaces:
            yield problem(0, "decision_known", seq=one.seq)
    if decision.replaces is None:
        return
    old = next((one for one in held if one.seq == decision.replaces), None)
    if old is None or old.revoked_on is not None or old.level is not decision.level:
        yield problem(0, "decision_replaces", seq=decision.replaces)
