"""`diarkiv retention plan`: records schedules, shown, checked, adopted and written to files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from archiver.cli.output import json_option, say, show, table_of
from archiver.core.access import LOCAL
from archiver.errors import ConfigError, NotFound
from archiver.registry.cli_asked import day_of
from archiver.registry.core.phrase import Refused
from archiver.registry.shown import moment
from retention.cli_asked import (
    Home,
    confirm_option,
    only_shown,
    owner_of,
    owner_option,
    refuse,
    rule_rows,
    schedule_fields,
    today,
)
from retention.core.cited import unrecorded
from retention.core.plan_file import PlanForm, write_plan
from retention.core.schedule import Schedule
from retention.schedule.reading import HeldSchedule
from retention.schedule.shipped import proposal, proposal_file

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_from = click.option(
    "--from", "since", metavar="DAY", help="From when it holds, before what the file says."
)
_shipped = click.option("--shipped", is_flag=True, help="The proposal that Diarkiv comes with.")


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, to be attached to `diarkiv retention`."""

    @click.group("plan")
    def plan() -> None:
        """Records schedules (informationshanteringsplaner): what is kept, and for how long. A
        schedule disposes of nothing: only a decision does.

        \b
        Example:
          diarkiv retention plan show --authority KS
        """

    for one in (_show, _check, _import, _export, _history):
        plan.add_command(one(home))
    return plan


def _chosen(home: Home, code: str, shipped: bool, day: str | None) -> Schedule:
    authority, on = owner_of(home, code), day_of(day) or today(home)
    found = (
        proposal(on, authority).schedule
        if shipped
        else home.retention.schedule_in_force(authority, on)
    )
    if found is None:
        raise NotFound(
            f"{code} has no schedule in force on {on}.",
            remedy="See the shipped proposal with --shipped, or `diarkiv retention plan history`.",
        )
    return found


def _show(home: Callable[[], Home]) -> click.Command:
    @click.command("show")
    @owner_option
    @click.option("--day", metavar="DAY", help="The one in force then; else today.")
    @_shipped
    @json_option
    def show_(authority: str, day: str | None, shipped: bool, as_json: bool) -> None:
        """Show the schedule that an authority has in force.

        \b
        Examples:
          diarkiv retention plan show --authority KS
          diarkiv retention plan show --authority KS --day 2027-01-01
          diarkiv retention plan show --authority KS --shipped
        """
        found = _chosen(home(), authority, shipped, day)
        title = f"{found.name}, {found.version}, from {found.effective_from}"
        rows = rule_rows(found.rules)
        cited = _unrecorded(home(), found)
        show(as_json, {**schedule_fields(found), **cited}, lambda: table_of(title, rows, ""))
        if not as_json:
            _tell(cited)
            say(f"Levels that must decide: {', '.join(sorted(found.required_levels))}.")

    return show_


def _check(home: Callable[[], Home]) -> click.Command:
    @click.command("check")
    @_file
    @owner_option
    @_from
    @json_option
    @click.pass_context
    def check(
        context: click.Context, file: Path, authority: str, since: str | None, as_json: bool
    ) -> None:
        """Check a FILE with a schedule (TOML, CSV or xlsx): everything that is wrong, by row.

        \b
        Example:
          diarkiv retention plan check plan.xlsx --authority KS
        """
        _read(context, home(), file, authority, since, as_json, "valid")

    return check


def _read(
    context: click.Context,
    home: Home,
    file: Path,
    authority: str,
    since: str | None,
    as_json: bool,
    name: str,
) -> None:
    """Tell what a file would give, or what is wrong with it."""
    owner = owner_of(home, authority)
    done = home.retention.check(LOCAL, owner, file.read_bytes(), effective_from=day_of(since))
    if isinstance(done, Refused):
        refuse(context, name, done, as_json)
        return
    made = done.schedule
    words = f"{made.name}, {made.version}: {len(made.rules)} rows, from {made.effective_from}."
    known, cited = name == "valid", _unrecorded(home, made)
    show(as_json, {name: known, **schedule_fields(made), **cited}, lambda: words)
    if not as_json:
        _tell(cited)


def _unrecorded(home: Home, schedule: Schedule) -> dict[str, dict[str, list[str]]]:
    """Decisions that rows cite and nobody has recorded, each with its record classes."""
    found = unrecorded(schedule, home.retention.decisions(schedule.authority))
    return {"unrecorded_decisions": {one.mandate: list(one.codes) for one in found}}


def _tell(cited: dict[str, dict[str, list[str]]]) -> None:
    for mandate, codes in cited["unrecorded_decisions"].items():
        say(f"{mandate} ({', '.join(codes)}) is not recorded here: nothing is due by it.")


def _import(home: Callable[[], Home]) -> click.Command:
    @click.command("import")
    @_file
    @owner_option
    @_from
    @confirm_option
    @json_option
    @click.pass_context
    def import_(
        context: click.Context,
        file: Path,
        authority: str,
        since: str | None,
        confirm: bool,
        as_json: bool,
    ) -> None:
        """Adopt the schedule in a FILE: all of it, or nothing and what is wrong with it.

        It takes the place of the one before from its day on, which is today or later. What held
        before stays in the log.

        \b
        Examples:
          diarkiv retention plan import plan.xlsx --authority KS
          diarkiv retention plan import plan.xlsx --authority KS --from 2027-01-01 --confirm
        """
        if not confirm:
            _read(context, home(), file, authority, since, as_json, "imported")
            only_shown(confirm)
            return
        owner = owner_of(home(), authority)
        data, day = file.read_bytes(), day_of(since)
        done = home().retention.take_in(LOCAL, owner, data, effective_from=day)
        if isinstance(done, Refused):
            refuse(context, "imported", done, as_json)
            return
        cited = _unrecorded(home(), done.schedule)
        fields = {"imported": True, **schedule_fields(done.schedule, done), **cited}
        words = f"{done.schedule.version} of {authority} holds from {done.schedule.effective_from}."
        show(as_json, fields, lambda: words)
        if not as_json:
            _tell(cited)

    return import_


def _export(home: Callable[[], Home]) -> click.Command:
    @click.command("export")
    @owner_option
    @click.option(
        "--format",
        "named",
        type=click.Choice([one.value for one in PlanForm]),
        help="Else as the file's name ends, or a spreadsheet.",
    )
    @click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Into this file.")
    @click.option("--language", type=click.Choice(["sv", "en"]), default="sv", show_default=True)
    @click.option("--entry", type=int, metavar="SEQ", help="This version; see `history`.")
    @_shipped
    @json_option
    def export(
        authority: str,
        named: str | None,
        out: Path | None,
        language: str,
        entry: int | None,
        shipped: bool,
        as_json: bool,
    ) -> None:
        """Write a schedule as a file that can be changed and imported again.

        \b
        Examples:
          diarkiv retention plan export --authority KS --shipped --out plan.xlsx
          diarkiv retention plan export --authority KS --out plan.toml
          diarkiv retention plan export --authority KS --format csv > plan.csv
        """
        form = PlanForm(named) if named else _form_of(out)
        if entry is not None:
            chosen = _version(home(), authority, entry).schedule
        else:
            chosen = _chosen(home(), authority, shipped, None)
        if shipped and form == PlanForm.TOML:
            data = proposal_file()  # as it stands, with what it says of itself
        else:
            data = write_plan(chosen, form, language)
        fields = {"bytes": len(data), "out": str(out or ""), **schedule_fields(chosen)}
        if out is not None:
            out.write_bytes(data)
            show(as_json, fields, lambda: f"Wrote {out}.")
        elif as_json:
            show(as_json, fields, lambda: "")
        elif form == PlanForm.XLSX:
            raise ConfigError("A spreadsheet is no text.", remedy="Name a file with --out.")
        else:
            click.echo(data, nl=False)

    return export


def _form_of(out: Path | None) -> PlanForm:
    """The form that a file's name asks for; `ConfigError` for an ending that is none of them."""
    if out is None:
        return PlanForm.XLSX
    ending = out.suffix.lower().removeprefix(".")
    if ending not in set(PlanForm):
        raise ConfigError(
            f"{out.name} does not say which form the schedule is to have.",
            remedy="Let it end in .xlsx, .csv or .toml, or name the form with --format.",
        )
    return PlanForm(ending)


def _version(home: Home, authority: str, entry: int) -> HeldSchedule:
    held = home.retention.schedules(LOCAL, owner_of(home, authority))
    found = next((one for one in held if one.seq == entry), None)
    if found is None:
        raise NotFound(
            f"{authority} has no such version.", remedy="See `diarkiv retention plan history`."
        )
    return found


def _history(home: Callable[[], Home]) -> click.Command:
    @click.command("history")
    @owner_option
    @json_option
    def history(authority: str, as_json: bool) -> None:
        """List every version that an authority has adopted, the newest first.

        \b
        Example:
          diarkiv retention plan history --authority KS
        """
        owner = owner_of(home(), authority)
        held = home().retention.schedules(LOCAL, owner)[::-1]
        force = home().retention.version_in_force(owner, today(home()))
        rows = [
            {
                "entry": one.seq,
                "version": one.schedule.version,
                "name": one.schedule.name,
                "from": one.schedule.effective_from,
                "rows": len(one.schedule.rules),
                "adopted": moment(one.at),
                "actor": one.actor,
                "in force": "yes" if force and force[0] == one.seq else "",
            }
            for one in held
        ]
        data = [{**schedule_fields(one.schedule, one), "at": moment(one.at)} for one in held]
        show(as_json, data, lambda: table_of("Schedules", rows, "No schedule is adopted."))

    return history
