"""Pröva en ändring: what another plan, or another period for one class, would make due, and what
would no longer be. Nothing is saved, and nothing is disposed of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from flask import render_template, request

from archiver.core.access import Permission
from archiver.registry.core.phrase import Problem, Refused
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext
from archiver.web.needs import needs
from archiver.web.services import services
from retention.core.period_text import read_retention
from retention.core.plan_check import rule_problems
from retention.core.plan_file import MOST_BYTES, read_plan
from retention.core.schedule import AfterPeriod, RetainPermanently, Rule, Schedule
from retention.due.counts import DueCount
from retention.due.simulation import Difference, Proposed, as_decided, simulate
from retention.schedule import shipped
from retention.web import (
    asked_authority,
    channels_of,
    day_in,
    office,
    own_authorities,
    pages,
    today,
)

_MOST = 200  # rows of a table


@dataclass(frozen=True, slots=True)
class Bar:
    """A record class in the figure: how many become due and how many no longer are; `most` is the
    longest bar's number."""

    code: str
    becomes: int
    ceases: int
    most: int


@pages.get("/gallring/prova")
@needs(Permission.READ)
def simulator() -> str:
    """The form: a plan's file, or another period for one class, and a day."""
    _, asks = office()
    authority = asked_authority(asks)
    values = {"namnd": str(authority), "dag": today().isoformat(), "vad": "rad"}
    return _page(authority, Form(values), None)


@pages.post("/gallring/prova")
@needs(Permission.READ)
def simulate_plan() -> tuple[str, int] | str:
    """What the change would make of what may be disposed of, on the day."""
    at, asks = office()
    form = Form.of(request.form)
    authority = asked_authority(asks, form)
    day = day_in(form, "dag") or today()
    if day < today():
        form.wrong("dag", gettext("Välj i dag eller en senare dag."))
    read = _proposed(authority, form, day)
    problems = read.problems if isinstance(read, Refused) else ()
    if read is None or isinstance(read, Refused) or form.mistakes:
        return _page(authority, form, None, problems=problems), 400
    decided = as_decided(read, day) if form.text("beslutad") else None
    with services().ledger.database.read() as connection:
        proposed = Proposed(at.plans, authority, read, decided)
        found = simulate(connection, at.plans, proposed, day)
    return _page(authority, form, found, name=f"{read.name} {read.version}")


def _proposed(authority: int, form: Form, day: date) -> Schedule | Refused | None:
    """The schedule that the form describes; None, with the mistake noted, if there is none."""
    if form.text("vad") == "fil":
        file = request.files.get("fil")
        data = file.stream.read(MOST_BYTES + 1) if file and file.filename else b""
        if not data:
            form.wrong("fil", gettext("Välj en fil som inte är tom."))
            return None
        read = read_plan(data, authority, effective_from=day)
        if isinstance(read, Refused):
            form.wrong("fil", gettext("Planen går inte att läsa."))
            return read
        return read.schedule
    schedule = _base(authority, day)
    code, text = form.text("klass"), form.text("frist")
    if code not in schedule.codes():
        form.wrong("klass", gettext("Välj en handlingstyp."))
    retention = read_retention(text)
    if retention is None:
        form.wrong("frist", gettext("Skriv bevaras, vid inaktualitet eller en frist som 2 år."))
    if form.mistakes or retention is None:
        return None
    rules = tuple(_with(rule, retention) if rule.code == code else rule for rule in schedule.rules)
    if any(one.code == code and _lacks_event(one) for one in rules):
        told = gettext("Raden bevaras och har ingen händelse att räkna från. Pröva en fil.")
        form.wrong("klass", told)
        return None
    for one in rule_problems(tuple(enumerate(rules, 1))):
        form.wrong("frist", one.reason.say(chosen()))
    return replace(schedule, rules=rules)


def _with(rule: Rule, retention: object) -> Rule:
    """The row with another retention; a period keeps the row's rounding."""
    if isinstance(retention, RetainPermanently):
        return replace(rule, retention=retention, trigger=None, inactive_days=0, minor=False)
    if isinstance(retention, AfterPeriod) and isinstance(rule.retention, AfterPeriod):
        retention = replace(retention, rounding=rule.retention.rounding)
    return replace(rule, retention=retention)  # type: ignore[arg-type]  # read as a retention


def _lacks_event(rule: Rule) -> bool:
    return rule.trigger is None and not isinstance(rule.retention, RetainPermanently)


def _base(authority: int, day: date) -> Schedule:
    at, _ = office()
    found = at.plans.schedule_in_force(authority, day)
    return found or shipped.proposal(today(), authority).schedule


def _page(
    authority: int,
    form: Form,
    found: Difference | None,
    *,
    name: str = "",
    problems: Sequence[Problem] = (),
) -> str:
    _, asks = office()
    schedule = _base(authority, today())
    classes = {rule.code: rule for rule in schedule.rules}
    return render_template(
        "retention/simulate.html",
        authority=authority,
        authorities=own_authorities(asks),
        form=form,
        classes=[(code, f"{code} {rule.label}") for code, rule in classes.items()],
        found=found,
        parts=_parts(found) if found else (),
        bars=_bars(found) if found else (),
        most=_MOST,
        titles={one.seq: one.title for one in channels_of(authority)},
        labels={code: rule.label for code, rule in classes.items()},
        name=name,
        problems=[one.reason.say(chosen()) for one in problems[:_MOST]],
    )


def _parts(found: Difference) -> list[tuple[str, str, list[DueCount], int]]:
    """The tables: their anchor, heading, rows, and how many records they make."""
    tables = (
        ("blir", gettext("Får gallras bara med ändringen"), found.becomes),
        ("slutar", gettext("Får inte längre gallras med ändringen"), found.ceases),
        ("allt", gettext("Allt som får gallras med ändringen"), found.all),
    )
    made = []
    for anchor, heading, counts in tables:
        rows = [one for one in counts if one.records]
        made.append((anchor, heading, rows, sum(one.records for one in rows)))
    return made


def _bars(found: Difference) -> list[Bar]:
    becomes, ceases = Counter[str](), Counter[str]()
    for counts, tally in ((found.becomes, becomes), (found.ceases, ceases)):
        for one in counts:
            tally[one.key.code] += one.records
    codes = sorted(code for code in becomes | ceases if becomes[code] or ceases[code])
    most = max([*becomes.values(), *ceases.values(), 1])
    return [Bar(code, becomes[code], ceases[code], most) for code in codes]
