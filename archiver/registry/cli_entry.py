"""`diarkiv register add`, `show`, `list` and `find`: entries are made and read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TextIO

import click

from archiver.cli.output import json_option, show, table_of
from archiver.core.access import LOCAL
from archiver.core.calendar import stockholm_date
from archiver.errors import ConfigError
from archiver.registry import shown
from archiver.registry.assembly import Case
from archiver.registry.cli_asked import (
    CASE_HELP,
    Home,
    case_of,
    choice,
    held,
    record_numbers,
    series_of,
    today,
    word,
)
from archiver.registry.core.entry import (
    SECRET_FIELDS,
    Dated,
    Direction,
    Entry,
    Marking,
    Registration,
    Secret,
    day_number,
)
from archiver.registry.reading import AT_ONCE

_LETTER = {"received": "I", "drawn_up": "U", "dispatched": "E", "note": "–"}
_DIRECTIONS = [one.value for one in Direction]


def add_commands(group: click.Group, home: Callable[[], Home]) -> None:
    """Attach the commands to `diarkiv register`."""
    group.add_command(_add(home))
    group.add_command(_show(home))
    group.add_command(_list(home))
    group.add_command(_find(home))


def _add(home: Callable[[], Home]) -> click.Command:
    @click.command("add")
    @click.argument("records", nargs=-1, metavar="[R4711]...")
    @click.option("--title", required=True, help="What it is about (ärendemening), to be shown.")
    @click.option("--authority", metavar="CODE", help="Whose entry; else that of the records.")
    @click.option("--direction", type=choice(_DIRECTIONS), help="Riktning; else the records'.")
    @click.option("--day", metavar="DATE", help="Came in or was drawn up; else the records' day.")
    @click.option("--from", "sender", default="", help="Avsändare, as it may be shown.")
    @click.option("--to", "recipient", default="", help="Mottagare, as it may be shown.")
    @click.option("--class", "class_code", default="", help="Klass in the scheme (1.7.9).")
    @click.option("--record-class", default="", help="Handlingstyp.")
    @click.option("--case", metavar="NUMBER", help=CASE_HELP)
    @click.option("--series", metavar="CODE", help="Which series (serie), if there are several.")
    @click.option("--secrecy", metavar="CLAUSE", help='Mark as possibly secret, "OSL 26 kap. 1 §".')
    @click.option(
        "--secret-from",
        type=click.File(encoding="utf-8"),
        metavar="FILE",
        help="JSON with the true title, sender, recipient, kept apart; - reads standard input.",
    )
    @click.option("--again", is_flag=True, help="Also what is registered already.")
    @json_option
    def add(records: tuple[str, ...], again: bool, as_json: bool, **given: Any) -> None:
        """Register (diarieför) records, or with none of them something else that came in or was
        drawn up, and give it a number.

        What is shown to anybody is written in --title, --from and --to; what may be secret comes
        from a file, so that it stands in no list of commands.

        \b
        Examples:
          diarkiv register add R4711 --title "Synpunkt på snöröjningen"
          diarkiv register add R4711 R4712 --title "Fråga och svar" --case "KS 2026/141"
          diarkiv register add --authority KS --direction received --day 2026-11-20
            --title "Brev om cykelvägar" --from "Privatperson"
        """
        numbers = record_numbers(records)
        if not again:
            _check_new(home(), numbers)
        asked = _asked(home(), numbers, given)
        seq = home().register.register(LOCAL, asked)
        entry = home().register.reader.entry(LOCAL, seq)
        row = shown.entry_fields(LOCAL, entry)
        show(as_json, row, lambda: f"{entry.number} (seq {seq})")

    return add


def _check_new(home: Home, records: tuple[int, ...]) -> None:
    """`ConfigError` if one of them is registered already."""
    found = home.register.reader.of_records(LOCAL, records)
    for record in records:
        for entry in found.get(record, []):
            if not entry.voided:
                raise ConfigError(
                    f"R{record} is registered already, as {entry.number}.",
                    remedy="Nothing was recorded. --again registers it once more.",
                )


def _asked(home: Home, records: tuple[int, ...], given: Mapping[str, Any]) -> Registration:
    """What is to be registered, filled in from the records."""
    authority, direction, day, dated = None, None, today(home), Dated.STATED
    if records:
        known = home.register.reader.known(LOCAL, records)
        authority, direction = known.authority, known.direction
        day, dated = known.day, known.dated
    if given["authority"]:
        authority = home.channels.authority(given["authority"]).seq
    if given["direction"]:
        direction = Direction(word(given["direction"]))
    if given["day"]:
        day, dated = given["day"], Dated.STATED
    if authority is None or direction is None:
        raise ConfigError(
            "Without records, the authority and the direction must be said.",
            remedy="As in --authority KS --direction received.",
        )
    secret = _secret(given["secret_from"]) if given["secret_from"] else Secret()
    case = case_of(home, given["case"]).seq if given["case"] else None
    marked = bool(given["secrecy"])
    asked = Registration(
        authority=authority,
        direction=direction,
        day=day,
        dated=dated,
        title=given["title"],
        records=records,
        sender=given["sender"],
        recipient=given["recipient"],
        class_code=given["class_code"],
        record_class=given["record_class"],
        case=case,
        series=series_of(home, authority, given["series"]) if given["series"] else None,
        secret=secret,
        level=4 if secret or marked else 3 if case is not None else 2,
    )
    return replace(asked, marking=_marking(home, authority, given["secrecy"])) if marked else asked


def _marking(home: Home, authority: int, clause: str) -> Marking:
    owner = next(one for one in home.channels.authorities() if one.seq == authority)
    return Marking(clause=clause, day=today(home), authority=owner.name)


def _secret(file: TextIO) -> Secret:
    """The secret fields in a file; what it holds is quoted nowhere."""
    try:
        fields = json.load(file)
    except (ValueError, UnicodeDecodeError):
        fields = None
    if not isinstance(fields, dict) or not fields or not fields.keys() <= SECRET_FIELDS:
        raise ConfigError(
            "The file with the secret fields cannot be used.",
            remedy='It is JSON: {"title": "…", "sender": "…", "recipient": "…"}, or some of them.',
        )
    if not all(isinstance(value, str) for value in fields.values()):
        raise ConfigError("A secret field is no text.", remedy="Write it between quotes.")
    return Secret(**fields)


def _show(home: Callable[[], Home]) -> click.Command:
    @click.command("show")
    @click.argument("number")
    @click.option("--public", is_flag=True, help="As anybody may read it at the authority.")
    @json_option
    def show_(number: str, public: bool, as_json: bool) -> None:
        """Show the entry or case with this number (diarienummer or seq), with its corrections.

        \b
        Examples:
          diarkiv register show "KS 2026/141"
          diarkiv register show "KS 2026/141" --public --json
        """
        found = held(home(), number, full=not public)
        row = _fields(found)
        show(as_json, row, lambda: _as_text(row))

    return show_


def _fields(found: Entry | Case) -> Mapping[str, Any]:
    if isinstance(found, Entry):
        return shown.entry_fields(LOCAL, found)
    return shown.case_fields(LOCAL, found)


def _as_text(row: Mapping[str, Any]) -> str:
    """An entry's filled fields, and everything that happened to it, a line each."""
    lines = []
    for name, value in row.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [f"{name:>13}  {_in_words(one)}" for one in value]
        elif isinstance(value, dict):
            lines.append(f"{name:>13}  {_in_words(value)}")
        elif value not in ("", None, [], False):
            text = ", ".join(f"R{one}" for one in value) if name == "records" else value
            lines.append(f"{name:>13}  {text}")
    return "\n".join(lines)


def _in_words(fields: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {_plain(value)}" for name, value in fields.items() if value != "")


def _plain(value: object) -> object:
    return _in_words(value) if isinstance(value, dict) else value


def _list(home: Callable[[], Home]) -> click.Command:
    @click.command("list")
    @click.option("--authority", metavar="CODE", help="Only this authority's (KS).")
    @click.option("--since", metavar="DATE", help="Only from this day on.")
    @click.option("--until", metavar="DATE", help="Only up to and with this day.")
    @click.option("--case", metavar="NUMBER", help="Only documents of this case (ärende).")
    @click.option("--direction", type=choice(_DIRECTIONS), help="Only this direction (riktning).")
    @click.option("--class", "class_code", help="Only registered under this class (klass).")
    @click.option("--level", type=click.IntRange(2, 4), help="Only this level.")
    @click.option("--before", type=int, metavar="SEQ", help="Only entries made before this one.")
    @click.option("--limit", type=click.IntRange(1, 500), default=AT_ONCE, show_default=True)
    @click.option("--public", is_flag=True, help="As anybody may read it at the authority.")
    @json_option
    def list_(as_json: bool, **given: Any) -> None:
        """List entries (diarieposter), newest first.

        \b
        Examples:
          diarkiv register list --authority KS --since 2026-11-01
          diarkiv register list --before 4711 --json
        """
        desk = home()
        page = desk.register.reader.entries(
            LOCAL,
            before=given["before"],
            limit=given["limit"],
            since=day_number(given["since"]) if given["since"] else None,
            until=day_number(given["until"]) if given["until"] else None,
            case=case_of(desk, given["case"]).seq if given["case"] else None,
            authority=desk.channels.authority(given["authority"]).seq
            if given["authority"]
            else None,
            direction=word(given["direction"]) if given["direction"] else None,
            level=given["level"],
            class_code=given["class_code"],
            full=not given["public"],
        )
        rows = [shown.entry_fields(LOCAL, one) for one in page.entries]
        flat = [_flat(row) for row in rows]
        data = {"entries": rows, "before": page.before}
        show(as_json, data, lambda: table_of("Register", flat, "No entry."))

    return list_


def _flat(row: Mapping[str, Any]) -> dict[str, object]:
    people = [row["sender"], row["recipient"]]
    return {
        "seq": row["seq"],
        "number": row["number"],
        "day": row["day"],
        "": _LETTER[row["direction"]],
        "title": row["title"],
        "from/to": " → ".join(one for one in people if one),
        "state": "voided" if row["voided"] else "marked" if row["marking"] else "",
    }


def _find(home: Callable[[], Home]) -> click.Command:
    @click.command("find")
    @click.argument("number")
    @json_option
    def find(number: str, as_json: bool) -> None:
        """Find the entry or case with a number (diarienummer), typed as people write it.

        \b
        Example:
          diarkiv register find "ks  2026/141"
        """
        year = stockholm_date(home().clock.now()).year
        found = home().register.reader.find(LOCAL, number, this_year=year)
        rows = [_fields(one) for one in found]
        flat = [{"seq": row["seq"], "number": row["number"], "title": row["title"]} for row in rows]
        show(as_json, rows, lambda: table_of("Found", flat, "Nothing has that number."))

    return find
