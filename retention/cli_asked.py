"""What the commands of retention need of the application, and how they read and answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.output import say, show, table_of
from archiver.core.calendar import stockholm_date
from archiver.core.ports import Clock
from archiver.core.reason import Wording
from archiver.errors import ConfigError
from archiver.ledger.service import Ledger
from archiver.people.sign_in import SignIn
from archiver.registry.core.phrase import Problem, Refused
from retention.core import vocabulary as words
from retention.core.decision import Decision
from retention.core.plan_row import write_rule
from retention.core.schedule import Rule, Schedule
from retention.due.evaluator import Evaluator
from retention.holds.service import Holds
from retention.notes.service import Notes
from retention.schedule.reading import HeldDecision, HeldSchedule
from retention.schedule.service import Retention

SAY = "en"
owner_option = click.option("--authority", required=True, metavar="CODE", help="Whose it is (KS).")
confirm_option = click.option("--confirm", is_flag=True, help="Do it; else it is only shown.")


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def retention(self) -> Retention: ...

    @property
    def holds(self) -> Holds: ...

    @property
    def event_notes(self) -> Notes: ...

    @property
    def evaluator(self) -> Evaluator: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def channels(self) -> Channels: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def entrance(self) -> SignIn: ...


def today(home: Home) -> date:
    """The Swedish day."""
    return stockholm_date(home.clock.now())


def owner_of(home: Home, code: str) -> int:
    """The authority of a code."""
    return home.channels.authority(code).seq


def code_of(known: Mapping[str, Wording], text: str) -> str:
    """The code that a word names; `ConfigError` tells those there are."""
    found = words.code_of(known, text)
    if found is None:
        there = ", ".join(known)
        raise ConfigError(f"{text!r} is not known.", remedy=f"One of: {there}.")
    return found


def refuse(context: click.Context, name: str, refused: Refused, as_json: bool) -> None:
    """Tell what is wrong, row by row, and end with 2."""
    wrong = [_problem(one) for one in refused.problems]
    show(as_json, {name: False, "problems": wrong}, lambda: table_of("", wrong, ""))
    say("Nothing was changed: put it right and try again.")
    context.exit(2)


def only_shown(confirm: bool) -> None:
    """Say that nothing was done yet."""
    if not confirm:
        say("Nothing was changed. Say --confirm to do it.")


def _problem(one: Problem) -> Mapping[str, object]:
    return {"row": one.row, "problem": one.reason.say(SAY)}


# --- as data -------------------------------------------------------------------------------------


def schedule_fields(schedule: Schedule, held: HeldSchedule | None = None) -> Mapping[str, Any]:
    """A version of a schedule; `entry` and `actor` where it was recorded."""
    until = schedule.effective_until
    return {
        "entry": held.seq if held else None,
        "actor": held.actor if held else None,
        "authority": schedule.authority,
        "name": schedule.name,
        "version": schedule.version,
        "effective_from": schedule.effective_from.isoformat(),
        "effective_until": until.isoformat() if until else None,
        "required_levels": sorted(schedule.required_levels),
        "rules": [write_rule(rule, SAY) for rule in schedule.rules],
    }


def rule_rows(rules: Sequence[Rule]) -> list[dict[str, object]]:
    """Rules as lines of a table."""
    rows: list[dict[str, object]] = []
    for rule in rules:
        cells = write_rule(rule, SAY)
        shown = ("code", "label", "retention", "trigger", "text_status")
        by = "a person" if rule.applies.explicit_only else "what it is"
        rows.append({**{name: cells[name] for name in shown}, "taken by": by})
    return rows


def decision_fields(held: HeldDecision) -> Mapping[str, Any]:
    """A decision as it stands."""
    one = held.decision
    days = ("decided_on", "valid_from", "valid_until", "records_from", "records_until")
    return {
        "seq": one.seq,
        "authority": one.authority,
        "number": one.number,
        "body": one.body,
        "level": one.level.value,
        "paragraph": one.paragraph,
        **{name: _iso(getattr(one, name)) for name in days},
        "rules": sorted(one.rules),
        "channels": None if one.channels is None else [f"C{seq}" for seq in sorted(one.channels)],
        "grounds": one.grounds,
        "conditions": sorted(one.conditions),
        "early_reason": one.early_reason,
        "replaces": one.replaces,
        "asks_running": one.asks_running,
        "running": one.running,
        "recorded_by": one.recorded_by,
        "confirmed_by": one.confirmed_by,
        "accepts_key_destruction": one.accepts_key_destruction,
        "keep_one_of": one.keep_one_of,
        "waiting_days": one.waiting_days,
        "revoked_on": _iso(one.revoked_on),
        "revoked_by": held.revoked_by,
        "revoked_why": held.revoked_why,
    }


def standing(one: Decision, day: date) -> str:
    """How a decision stands on a day, in a word."""
    end = one.ends()
    if end is not None and end <= day:
        return "revoked" if one.revoked_on == end else "run out"
    if one.valid_from > day:
        return "to come"
    return "in force" if one.asks_running == one.running else "in force, running not confirmed"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
