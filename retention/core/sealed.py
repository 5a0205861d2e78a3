"""Schedules and decisions as they are sealed: codes and days, and back. See docs/data-format.md.

What is absent is left out: there is no null in the canonical form. What is read is what was
written. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from archiver.core.canonical import Json
from retention.core.decision import Decision, MinorCondition
from retention.core.schedule import (
    AfterPeriod,
    Applies,
    DecisionLevel,
    Period,
    RetainPermanently,
    Retention,
    Rounding,
    Rule,
    Schedule,
    TextStatus,
    TriggerName,
    WhenObsolete,
)

_SCOPES = ("kinds", "origins", "outcomes", "class_codes")
_COUNTS = ("inactive_days", "prescription_years")
_TEXTS = ("mandate", "grounds", "note")


def schedule_payload(schedule: Schedule) -> dict[str, Json]:
    """A schedule's own fields; its authority is the event's."""
    return {
        "name": schedule.name,
        "version": schedule.version,
        "effective_from": schedule.effective_from.isoformat(),
        **_days(effective_until=schedule.effective_until),
        "required_levels": _sorted(schedule.required_levels),
        "rules": [_rule(rule) for rule in schedule.rules],
    }


def schedule_of(sealed: Mapping[str, Any]) -> Schedule:
    """The schedule that an event's payload holds."""
    return Schedule(
        authority=sealed["authority"],
        name=sealed["name"],
        version=sealed["version"],
        effective_from=date.fromisoformat(sealed["effective_from"]),
        effective_until=_day(sealed, "effective_until"),
        required_levels=frozenset(DecisionLevel(one) for one in sealed["required_levels"]),
        rules=tuple(_rule_of(one) for one in sealed["rules"]),
    )


def decision_payload(decision: Decision) -> dict[str, Json]:
    """A decision as it is recorded; who did so is the event's. What comes later (that it was
    revoked, or confirmed) has events of its own."""
    fields: dict[str, Json] = {
        "authority": decision.authority,
        "number": decision.number,
        "body": decision.body,
        "level": decision.level.value,
        "decided_on": decision.decided_on.isoformat(),
        "paragraph": decision.paragraph,
        "rules": _sorted(decision.rules),
        "conditions": _sorted(decision.conditions),
        "valid_from": decision.valid_from.isoformat(),
        "running": decision.asks_running,
        "accepts_key_destruction": decision.accepts_key_destruction,
        "keep_one_of": decision.keep_one_of,
        "waiting_days": decision.waiting_days,
        **_days(
            records_from=decision.records_from,
            records_until=decision.records_until,
            valid_until=decision.valid_until,
        ),
    }
    if decision.channels is not None:
        fields["channels"] = sorted(decision.channels)
    if decision.replaces is not None:
        fields["replaces"] = decision.replaces
    if decision.bound:
        fields["bound"] = dict(decision.bound)
    if decision.bound_levels:
        fields["bound_levels"] = _sorted(decision.bound_levels)
    texts = {"grounds": decision.grounds, "early_reason": decision.early_reason}
    return fields | {name: text for name, text in texts.items() if text}


def decision_of(
    seq: int,
    sealed: Mapping[str, Any],
    *,
    revoked_on: date | None = None,
    confirmed_by: int | None = None,
) -> Decision:
    """The decision that an event's payload holds, with what came later."""
    channels = sealed.get("channels")
    return Decision(
        seq=seq,
        authority=sealed["authority"],
        number=sealed["number"],
        body=sealed["body"],
        level=DecisionLevel(sealed["level"]),
        decided_on=date.fromisoformat(sealed["decided_on"]),
        paragraph=sealed["paragraph"],
        rules=frozenset(sealed["rules"]),
        channels=None if channels is None else frozenset(channels),
        records_from=_day(sealed, "records_from"),
        records_until=_day(sealed, "records_until"),
        grounds=sealed.get("grounds", ""),
        conditions=frozenset(MinorCondition(one) for one in sealed["conditions"]),
        valid_from=date.fromisoformat(sealed["valid_from"]),
        valid_until=_day(sealed, "valid_until"),
        replaces=sealed.get("replaces"),
        revoked_on=revoked_on,
        early_reason=sealed.get("early_reason", ""),
        asks_running=sealed["running"],
        running=sealed["running"] and confirmed_by is not None,
        recorded_by=sealed["actor"],
        confirmed_by=confirmed_by,
        accepts_key_destruction=sealed["accepts_key_destruction"],
        keep_one_of=sealed["keep_one_of"],
        waiting_days=sealed["waiting_days"],
        bound=dict(sealed.get("bound", {})),
        bound_levels=frozenset(DecisionLevel(one) for one in sealed.get("bound_levels", ())),
    )


def rule_substance(rule: Rule) -> dict[str, Json]:
    """What a row does, without the words beside it: what a decision over it is bound to."""
    return {
        "retention": _retention(rule.retention),
        "trigger": rule.trigger.value if rule.trigger else "",
        "inactive_days": rule.inactive_days,
        "applies": _applies(rule.applies),
    }


def _rule(rule: Rule) -> dict[str, Json]:
    fields: dict[str, Json] = {
        "code": rule.code,
        "label": rule.label,
        "retention": _retention(rule.retention),
        "applies": _applies(rule.applies),
        "text_status": rule.text_status.value,
    }
    fields |= {"trigger": rule.trigger.value} if rule.trigger else {}
    fields |= {"minor": True} if rule.minor else {}
    return fields | {name: one for name in (*_COUNTS, *_TEXTS) if (one := getattr(rule, name))}


def _rule_of(sealed: Mapping[str, Any]) -> Rule:
    trigger = sealed.get("trigger")
    return Rule(
        code=sealed["code"],
        label=sealed["label"],
        retention=_retention_of(sealed["retention"]),
        trigger=TriggerName(trigger) if trigger else None,
        applies=_applies_of(sealed["applies"]),
        minor=sealed.get("minor", False),
        text_status=TextStatus(sealed["text_status"]),
        **{name: sealed.get(name, 0) for name in _COUNTS},
        **{name: sealed.get(name, "") for name in _TEXTS},
    )


def _retention(retention: Retention) -> dict[str, Json]:
    match retention:
        case RetainPermanently():
            return {"kind": "permanent"}
        case WhenObsolete(grace):
            return {"kind": "obsolete", "period": _period(grace)}
        case AfterPeriod(period, rounding):
            return {"kind": "period", "period": _period(period), "rounding": rounding.value}


def _retention_of(sealed: Mapping[str, Any]) -> Retention:
    match sealed["kind"]:
        case "permanent":
            return RetainPermanently()
        case "obsolete":
            return WhenObsolete(Period(**sealed["period"]))
        case _:
            return AfterPeriod(Period(**sealed["period"]), Rounding(sealed["rounding"]))


def _period(period: Period) -> dict[str, Json]:
    return {"years": period.years, "months": period.months, "days": period.days}


def _applies(applies: Applies) -> dict[str, Json]:
    fields: dict[str, Json] = {"explicit_only": True} if applies.explicit_only else {}
    for name in _SCOPES:
        if (codes := getattr(applies, name)) is not None:
            fields[name] = _sorted(codes)
    if applies.moderated is not None:
        fields["moderated"] = applies.moderated
    if applies.channels is not None:
        fields["channels"] = sorted(applies.channels)
    return fields | _days(since=applies.since, until=applies.until)


def _applies_of(sealed: Mapping[str, Any]) -> Applies:
    sets: dict[str, Any] = {
        name: frozenset(sealed[name]) for name in (*_SCOPES, "channels") if name in sealed
    }
    return Applies(
        explicit_only=sealed.get("explicit_only", False),
        moderated=sealed.get("moderated"),
        since=_day(sealed, "since"),
        until=_day(sealed, "until"),
        **sets,
    )


def _sorted(codes: Collection[str]) -> list[Json]:
    return [str(one) for one in sorted(codes)]


def _days(**days: date | None) -> dict[str, Json]:
    return {name: day.isoformat() for name, day in days.items() if day is not None}


def _day(sealed: Mapping[str, Any], name: str) -> date | None:
    text = sealed.get(name)
    return date.fromisoformat(text) if text else None
