"""`diarkiv retention due`, `why` and `simulate`: what may go, why a record may or may not, and what
another schedule would change. Nothing is disposed of here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from archiver.cli.output import json_option, say, show, table_of
from archiver.cli.records import number
from archiver.errors import NotFound
from archiver.registry.cli_asked import day_of
from archiver.registry.core.phrase import Refused
from retention.cli_asked import SAY, Home, owner_of, owner_option, refuse, today
from retention.core import trace_words
from retention.core.evaluate import Evaluation
from retention.core.plan_file import read_plan
from retention.due.counts import DueCount, due_counts
from retention.due.due_set import due_set
from retention.due.simulation import Proposed, as_decided, simulate

_on = click.option("--on", metavar="DAY", help="As of this day, by the facts of today; else today.")


def commands(home: Callable[[], Home]) -> Sequence[click.Command]:
    """The commands, to be attached to `diarkiv retention`."""
    return [_due(home), _why(home), _simulate(home)]


def _day(home: Home, on: str | None) -> date:
    return day_of(on) or today(home)


def _due(home: Callable[[], Home]) -> click.Command:
    @click.command("due")
    @click.option("--authority", metavar="CODE", help="Only this authority's (KS).")
    @_on
    @json_option
    def due(authority: str | None, on: str | None, as_json: bool) -> None:
        """Count what may be disposed of, by record class, year and channel; and what only a hold or
        a kept answer keeps.

        \b
        Examples:
          diarkiv retention due --authority KS
          diarkiv retention due --on 2027-01-01 --json
        """
        app, day = home(), _day(home(), on)
        owner = frozenset({owner_of(app, authority)}) if authority else None
        with app.ledger.database.read() as connection:
            look = app.evaluator.look(connection, day, everything=True)
            found = due_counts(connection, due_set(look, owner, kept=True), look.channels)
        rows = [count_fields(one) for one in found]
        data = {"on": day.isoformat(), "records": sum(one.records for one in found), "counts": rows}
        show(as_json, data, lambda: table_of(f"Due on {day}", _lines(found), "Nothing is due."))

    return due


def count_fields(one: DueCount) -> dict[str, Any]:
    """A count as data."""
    return {
        "authority": one.key.authority,
        "class": one.key.code,
        "year": one.key.year,
        "channel": f"C{one.key.channel}",
        "records": one.records,
        "bytes": one.size,
        "held": one.held,
        "answered": one.answered,
        "sample": [f"R{seq}" for seq in one.sample],
    }


def _lines(found: Sequence[DueCount]) -> list[dict[str, object]]:
    names = ("class", "year", "channel", "records", "bytes", "held", "answered")
    return [{name: count_fields(one)[name] for name in names} for one in found]


def _why(home: Callable[[], Home]) -> click.Command:
    @click.command("why")
    @click.argument("record", metavar="R4711")
    @_on
    @json_option
    def why(record: str, on: str | None, as_json: bool) -> None:
        """Say what becomes of a record, and every step that leads there.

        \b
        Examples:
          diarkiv retention why R4711
          diarkiv retention why R4711 --on 2030-01-01 --json
        """
        app, day, seq = home(), _day(home(), on), number(record, "R")
        with app.ledger.database.read() as connection:
            found = app.evaluator.evaluate_records(connection, [seq], day, whole=True)
        if seq not in found:
            raise NotFound(
                "There is no such record: it was never there, or is stopped or disposed of.",
                remedy="`diarkiv records list` shows those there are.",
            )
        show(as_json, evaluation_fields(found[seq]), lambda: _words(found[seq], day))

    return why


def evaluation_fields(one: Evaluation) -> dict[str, Any]:
    """An evaluation as data; steps have codes, and words in English."""
    return {
        "record": f"R{one.record}",
        "fate": one.fate.value,
        "class": one.rule,
        "due": one.due.isoformat() if one.due else None,
        "decisions": list(one.decisions),
        "holds": list(one.holds),
        "may_go": one.may_go,
        "trace": [
            {
                "code": str(step.code),
                "class": step.rule,
                "seq": step.seq,
                "day": step.day.isoformat() if step.day else None,
                "detail": step.detail,
                "words": trace_words.say(step, SAY),
            }
            for step in one.trace
        ],
    }


def _words(one: Evaluation, day: date) -> str:
    fate = trace_words.FATES[one.fate].say(SAY)
    due = f", from {one.due}" if one.due else ""
    end = "It may be disposed of." if one.may_go else "It is kept."
    lines = [f"R{one.record}, as of {day}: {fate}{due}. {end}"]
    return "\n".join(lines + [f"- {trace_words.say(step, SAY)}" for step in one.trace])


def _simulate(home: Callable[[], Home]) -> click.Command:
    @click.command("simulate")
    @owner_option
    @click.option(
        "--plan", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
    )
    @click.option("--as-decided", is_flag=True, help="As if every row were decided on.")
    @_on
    @json_option
    @click.pass_context
    def simulated(
        context: click.Context,
        authority: str,
        plan: Path,
        as_decided: bool,
        on: str | None,
        as_json: bool,
    ) -> None:
        """Show what a schedule in a file would change, before it is adopted. Decisions are those
        there are, unless --as-decided.

        \b
        Examples:
          diarkiv retention simulate --authority KS --plan plan.toml
          diarkiv retention simulate --authority KS --plan plan.xlsx --on 2028-01-01 --as-decided
        """
        _run(context, home(), plan, authority, _day(home(), on), as_decided, as_json)

    return simulated


def _run(
    context: click.Context,
    app: Home,
    plan: Path,
    authority: str,
    day: date,
    decided: bool,
    as_json: bool,
) -> None:
    owner = owner_of(app, authority)
    read = read_plan(plan.read_bytes(), owner, effective_from=day)
    if isinstance(read, Refused):
        refuse(context, "simulated", read, as_json)
        return
    instead = as_decided(read.schedule, day) if decided else None
    with app.ledger.database.read() as connection:
        proposed = Proposed(app.retention, owner, read.schedule, instead)
        found = simulate(connection, app.retention, proposed, day)
    parts = {"becomes_due": found.becomes, "no_longer_due": found.ceases, "due": found.all}
    data = {name: [count_fields(one) for one in counts] for name, counts in parts.items()}
    lines = [
        {"change": name.replace("_", " "), **line}
        for name, counts in parts.items()
        for line in _lines(counts)
    ]
    title = f"On {day}"
    show(
        as_json, {"on": day.isoformat(), **data}, lambda: table_of(title, lines, "Nothing is due.")
    )
    say("Nothing was changed.")
