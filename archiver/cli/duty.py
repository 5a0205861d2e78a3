"""`diarkiv duty`: who is on duty, and gets what is urgent besides the recipients."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import click

from archiver.cli.home import Finding, Light
from archiver.cli.output import json_option, say, show, table_of
from archiver.cli.when import STOCKHOLM
from archiver.core.ports import Clock
from archiver.errors import ConfigError
from archiver.notify.duty import HEADER, Roster, cells
from archiver.people.duty import Duty, Named


class DutyDesk(Protocol):
    """What the commands need of the application."""

    @property
    def duty(self) -> Duty: ...

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

        In place of an address it may be a user, by number (U12) or login name: what is urgent goes
        to their address then, and to nobody once they are locked.

        Weekdays come back each week; dates hold once and go before the week's lines. Dates without
        an address: nobody is on duty, and what is urgent goes to all recipients.

        \b
        Examples:
          diarkiv duty set "fre 16:00" "mån 07:30" jour@testkoping.example
          diarkiv duty set "mån 07:30" "fre 16:00" eva.lind
          diarkiv duty set "2026-12-24 16:00" "2026-12-27 07:30" krisjour@testkoping.example
          diarkiv duty set "2026-06-19 12:00" "2026-06-21 23:00"
        """
        roster = desk().duty.add(start, end, address)
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
        roster = desk().duty.roster()
        now = desk().clock.now()
        if at is not None:
            now = int(at.replace(tzinfo=STOCKHOLM).timestamp() * 1000)
        found = desk().duty.now(now)
        lines = [dict(zip(HEADER, cells(line), strict=True)) for line in roster.lines]
        missed = [{"user": one.named, "why": one.why} for one in found if one.why]
        data = {"on_duty": [one.named for one in found], "passed_over": missed, "lines": lines}
        show(as_json, data, lambda: table_of("Duty roster", lines, "There is no roster."))
        if not as_json:
            say(f"On duty: {', '.join(map(_called, found)) or 'nobody'}.")

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
        roster = desk().duty.replace(text)
        _show_size(as_json, roster)

    return import_


_WHY = {
    "missing": "no such user",
    "locked": "locked",
    "no_role": "without a role",
    "no_address": "without an address",
}


def _called(one: Named) -> str:
    """Somebody as they stand in the roster, and why they are passed over."""
    return f"{one.named} (passed over: {_WHY[one.why]})" if one.why else one.named


def of_duty(duty: Duty, ways: Sequence[str], now: int) -> Iterator[Finding]:
    """Whether anybody on duty would be told now; nothing where nobody is told by e-mail at all."""
    if "email" not in ways:
        return
    found, lines = duty.now(now), duty.roster().lines
    for line in lines:
        one = duty.told(line.address) if line.address else None
        if one is not None and one.why:
            yield Finding(
                Light.AMBER,
                f"{one.named} in the duty roster is passed over: {_WHY[one.why]}.",
                "Give them an address with `diarkiv user address`, or change the roster.",
            )
    if any(one.address for one in found):
        yield Finding(Light.GREEN, "Somebody is on duty now.")
    else:
        what = "Nobody is on duty now" if lines else "There is no duty roster"
        yield Finding(
            Light.AMBER,
            f"{what}: what is urgent goes to all recipients.",
            "Add a line with `diarkiv duty set`.",
        )


def _show_size(as_json: bool, roster: Roster) -> None:
    size = len(roster.lines)
    show(as_json, {"lines": size}, lambda: f"The roster has {size} lines.")
