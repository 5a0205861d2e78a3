"""Whether a decision still gives what it was taken over: the rows of a plan as they stood then.

Arkivlag 10 § with 16 §: a decision says what may go and after how long, by pointing to rows of the
plan. One person may adopt a plan; a row that takes other records, or lets them go sooner, is not
what was decided (nor what two persons confirmed, where disposal runs). So a decision keeps a digest
of the substance of each class it covers, and covers nothing of a class whose rows say another thing
now. Words beside it (label, note, grounds, where the text comes from) may change freely, and the
order of the rows too. A decision without a digest for a class is not bound there. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256

from archiver.core.canonical import encode
from retention.core.decision import Decision
from retention.core.schedule import Rule, Schedule
from retention.core.sealed import rule_substance


def rule_digest(rules: Collection[Rule]) -> str:
    """SHA-256, in hex, over the retention, trigger, inactive days and scope of a class's rows."""
    return sha256(b"\n".join(sorted(encode(rule_substance(rule)) for rule in rules))).hexdigest()


def bound_to(codes: Collection[str], schedule: Schedule) -> Mapping[str, str]:
    """Record class → digest over its rows, for those that the schedule has."""
    return {code: _digest(_rows(code, schedule)) for code in sorted(schedule.codes() & set(codes))}


def still_binds(decision: Decision, code: str, schedule: Schedule) -> bool:
    """Whether the rows of a class say what they did when the decision was recorded."""
    bound = decision.bound.get(code)
    return bound is None or bound == _digest(_rows(code, schedule))


def changed_codes(decision: Decision, schedule: Schedule | None) -> tuple[str, ...]:
    """The classes that a decision covers no more since their rows say another thing, in order."""
    if schedule is None:
        return ()
    return tuple(
        code for code in sorted(decision.rules) if not still_binds(decision, code, schedule)
    )


def runs_under(decision: Decision, schedule: Schedule) -> Decision:
    """A decision that asks to be running, bound to what that right rests on in a schedule."""
    bound = bound_to(schedule.codes(), schedule)
    return replace(decision, bound=bound, bound_levels=schedule.required_levels)


def may_run(decision: Decision, schedule: Schedule | None) -> bool:
    """Whether disposal under a running decision still needs no confirmation each time."""
    return (
        schedule is not None
        and decision.bound_levels <= schedule.required_levels
        and all(still_binds(decision, code, schedule) for code in decision.bound)
    )


def _rows(code: str, schedule: Schedule) -> tuple[Rule, ...]:
    return tuple([rule for rule in schedule.rules if rule.code == code])


# Asked for every record that is looked at, about the few classes of the plans in force.
_digest = lru_cache(maxsize=1024)(rule_digest)
