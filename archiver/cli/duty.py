"""`diarkiv duty`: who is on duty, and gets what is urgent besides the recipients."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import click

from archiver.cli.output import json_option, say, show, table_of
from archiver.cli.when import STOCKHOLM
from archiver.core.ports import Clock
from archiver.db.notices import Notices
from archiver.errors import ConfigError
from archiver.notify.duty import HEADER, Roster, cells, on_duty, parse, parse_line, render


class DutyDesk(Protocol):
    """What the commands need of the application."""

    @property
    def notices(self) -> Notices: ...

    @property
    def clock(self) -> Clock: ...


def commands(desk: Callable[[], DutyDesk]) -> Sequence[click.Command]:
    """The commands, over what the composition root gives."""

    @click.group("duty")
    def group() -> None:
        """Duty: who is on duty, week by week and on given dates."""

    for one in (_set, _show, _import):
        group.add_command(one(desk))
    return (group,)


def _set(desk: Callable[[], DutyDesk]) -> click.Command:
    @click.command("set")
    @click.argument("start", metavar="FROM")
    @click.argument("end", metavar="TO")
    @click.argument("address", default="")
    @json_option
    def set_(start: str, end: str, address: str, as_json: bool) -> None:
        """Add a line: ADDRESS is on duty FROM one moment TO another, in Swedish time.

        Weekdays come back each week; dates hold once and go before the week's lines. Dates without
        an address: nobody is on duty, and what is urgent goes to all recipients.

        \b
        Examples:
          diarkiv duty set "fre 16:00" "mån 07:30" jour@testkoping.example
          diarkiv duty set "2026-12-24 16:00" "2026-12-27 07:30" krisjour@testkoping.example
          diarkiv duty set "2026-06-19 12:00" "2026-06-21 23:00"
        """
        try:
            line = cells(parse_line(start, end, address))
        except ValueError as error:
            raise ConfigError(
                "That is no line of a duty roster.",
                remedy='Write FROM and TO both as "mån 16:00" (and an address), or both as '
                '"2026-12-24 16:00", the first before the second.',
            ) from error
        text = desk().notices.roster() or f"{';'.join(HEADER)}\n"
        roster = parse(text + ";".join(line) + "\n")
        desk().notices.set_roster(render(roster))
        _show_size(as_json, roster)

    return set_


def _show(desk: Callable[[], DutyDesk]) -> click.Command:
    @click.command("show")
    @click.option(
        "--at",
        type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]),
        help="Who is on duty then (Swedish time), instead of now.",
    )
    @json_option
    def show_(at: datetime | None, as_json: bool) -> None:
        """Show the roster and who is on duty.

        \b
        Examples:
          diarkiv duty show
          diarkiv duty show --at "2026-12-24 20:00" --json
        """
        roster = parse(desk().notices.roster())
        now = desk().clock.now()
        if at is not None:
            now = int(at.replace(tzinfo=STOCKHOLM).timestamp() * 1000)
        found = on_duty(now, roster)
        lines = [dict(zip(HEADER, cells(line), strict=True)) for line in roster.lines]
        data = {"on_duty": list(found), "lines": lines}
        show(as_json, data, lambda: table_of("Duty roster", lines, "There is no roster."))
        if not as_json:
            say(f"On duty: {', '.join(found) or 'nobody'}.")

    return show_


def _import(desk: Callable[[], DutyDesk]) -> click.Command:
    @click.command("import")
    @click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
    @json_option
    def import_(file: Path, as_json: bool) -> None:
        """Replace the whole roster by FILE, a table of from;to;address (- = standard input).

        The roster is kept encrypted, outside the archive; the file can go afterwards.

        \b
        Example:
          diarkiv duty import jour.csv
        """
        try:
            text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                "The file of the duty roster cannot be read.", remedy="Save it as CSV in UTF-8."
            ) from error
        roster = parse(text)
        desk().notices.set_roster(render(roster))
        _show_size(as_json, roster)

    return import_


def _show_size(as_json: bool, roster: Roster) -> None:
    size = len(roster.lines)
    show(as_json, {"lines": size}, lambda: f"The roster has {size} lines.")
