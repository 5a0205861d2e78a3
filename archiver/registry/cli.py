"""`diarkiv register`: the register (diariet) from the terminal. Whoever is at this machine and
holds its key may do everything here; what is done is sealed with that actor, 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from archiver.cli.output import json_option, say, show, table_of
from archiver.core.access import LOCAL
from archiver.core.calendar import stockholm_date
from archiver.errors import ConfigError
from archiver.registry import (
    cli_afterwards,
    cli_case,
    cli_entry,
    cli_package,
    cli_routes,
    shown,
)
from archiver.registry.classes import in_order
from archiver.registry.cli_asked import Home, series_of
from archiver.registry.core.entry import day_number
from archiver.registry.core.phrase import Refused

_SAY = "en"


def commands(home: Callable[[], Home]) -> Sequence[click.Command]:
    """The commands, over what the composition root gives."""

    @click.group("register")
    def group() -> None:
        """The register (diariet): registration numbers (diarienummer), entries, cases (ärenden),
        decisions. Nothing in it is altered or taken away: it is corrected and voided (makulerat).
        """

    group.add_command(_series(home))
    cli_entry.add_commands(group, home)
    cli_afterwards.add_commands(group, home)
    cli_case.add_commands(group, home)
    cli_package.add_commands(group, home)
    group.add_command(_classes(home))
    group.add_command(cli_routes.group(home))
    return (group,)


def _series(home: Callable[[], Home]) -> click.Group:
    @click.group("series")
    def series() -> None:
        """Series of registration numbers (diarieserier) and how their numbers are written.

        \b
        Example:
          diarkiv register series list
        """

    @series.command("set")
    @click.argument("code")
    @click.argument("mask")
    @click.option("--authority", required=True, metavar="CODE", help="Whose series it is (KS).")
    @click.option("--change", metavar="CODE", help="Write this series anew from now on.")
    @click.option(
        "--first",
        metavar="YEAR/N",
        help="The first number given that year (2026/1313), by another system or after a recovery.",
    )
    @json_option
    def set_(
        code: str, mask: str, authority: str, change: str | None, first: str | None, as_json: bool
    ) -> None:
        """Make the series CODE with numbers like MASK: text with {ORG} (the code), {ÅÅÅÅ} or {ÅÅ},
        {LÖP} or {LÖP:05}, {KLASS} and, last, {HANDL}. Numbers begin anew each year.

        \b
        Examples:
          diarkiv register series set KS "{ORG} {ÅÅÅÅ}/{LÖP}" --authority KS
          diarkiv register series set BUN "{ORG}-{ÅÅÅÅ}-{LÖP:05}" --authority BUN --first 2026/1313
        """
        owner = home().channels.authority(authority).seq
        made = home().register.set_series(
            LOCAL,
            owner,
            code,
            mask,
            series=series_of(home(), owner, change) if change else None,
            first=_first(first) if first else None,
        )
        row = shown.series_fields(made, _year(home()))
        show(as_json, row, lambda: f"Numbers of {made.code} look like {row['example']}.")

    @series.command("list")
    @json_option
    def list_(as_json: bool) -> None:
        """List the series there are.

        \b
        Example:
          diarkiv register series list
        """
        year = _year(home())
        rows = [shown.series_fields(one, year) for one in home().register.series(LOCAL)]
        known = {one.seq: one.code for one in home().channels.authorities()}
        flat = [
            {
                "authority": known[row["authority"]],
                **{n: row[n] for n in ("code", "mask", "example")},
            }
            for row in rows
        ]
        show(as_json, rows, lambda: table_of("Series", flat, "No series yet."))

    return series


def _year(home: Home) -> int:
    return stockholm_date(home.clock.now()).year


def _first(text: str) -> tuple[int, int]:
    year, sign, number = text.partition("/")
    if not (sign and all(one.isascii() and one.isdecimal() for one in (year, number))):
        raise ConfigError(f"{text!r} is no year and number.", remedy="As in --first 2026/1313.")
    return int(year[:5]), int(number[:10])


def _classes(home: Callable[[], Home]) -> click.Group:
    @click.group("classes")
    def classes() -> None:
        """Classification schemes (klassificeringsstrukturer).

        \b
        Example:
          diarkiv register classes list
        """

    @classes.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--authority", required=True, metavar="CODE", help="Whose scheme it is (KS).")
    @json_option
    @click.pass_context
    def import_(context: click.Context, file: Path, authority: str, as_json: bool) -> None:
        """Import a scheme from a CSV FILE: all of it, or nothing and what is wrong with it.

        Columns, in Swedish or English: scheme, version, code, label, and where there are any
        parent, valid_from, valid_to. From then on, entries of the authority are classified by it:
        a code that is not valid on an entry's day is refused.

        \b
        Example:
          diarkiv register classes import klassa-2.1.csv --authority KS
        """
        owner = home().channels.authority(authority).seq
        done = home().classes.take_in(LOCAL, owner, file.read_bytes())
        if isinstance(done, Refused):
            wrong = [{"row": one.row, "problem": one.reason.say(_SAY)} for one in done.problems]
            show(as_json, {"imported": False, "problems": wrong}, lambda: table_of("", wrong, ""))
            say("Nothing was imported: put the file right and try again.")
            context.exit(2)
        rows = [shown.scheme_fields(one) for one in done]
        show(as_json, rows, lambda: table_of("Schemes that hold now", rows, ""))

    @classes.command("list")
    @click.option("--scheme", type=int, metavar="SEQ", help="The classes of this one.")
    @click.option("--day", default="", help="Only classes that are valid on this day.")
    @json_option
    def list_(scheme: int | None, day: str, as_json: bool) -> None:
        """List the schemes, or with --scheme the classes of one.

        \b
        Examples:
          diarkiv register classes list
          diarkiv register classes list --scheme 4711 --day 2026-11-22
        """
        if day:
            day_number(day)
        if scheme is None:
            rows = [shown.scheme_fields(one) for one in home().classes.schemes(LOCAL)]
            show(as_json, rows, lambda: table_of("Schemes", rows, "No scheme is imported."))
            return
        found = in_order(home().classes.listed(LOCAL, scheme, day=day))
        listed = [shown.class_fields(one) for one in found]
        show(as_json, listed, lambda: table_of("Classes", listed, "No class."))

    return classes
