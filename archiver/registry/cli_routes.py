"""`diarkiv register routes`: the routing table that holds for an authority, and the file that
changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from archiver.cli.output import json_option, say, show, table_of
from archiver.core.access import LOCAL
from archiver.registry.cli_asked import Home
from archiver.registry.core.due import pace
from archiver.registry.core.phrase import Problem, Refused
from archiver.registry.core.routing import Route, RoutingTable
from archiver.registry.routes import Held, Set
from archiver.registry.shown import moment

_SAY = "en"
_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_owner = click.option("--authority", required=True, metavar="CODE", help="Whose table it is (KS).")


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, to be attached to `diarkiv register`."""

    @click.group("routes")
    def routes() -> None:
        """Routing (dirigering): what must be lifted out of the stream, to whom, how soon.

        \b
        Example:
          diarkiv register routes show --authority KS
        """

    for one in (_show(home), _check(home), _set(home)):
        routes.add_command(one)
    return routes


def _show(home: Callable[[], Home]) -> click.Command:
    @click.command("show")
    @_owner
    @click.option("--file", "as_file", is_flag=True, help="The authority's own file, as it is.")
    @json_option
    def show_(authority: str, as_file: bool, as_json: bool) -> None:
        """Show the table that holds for an authority, and which routes lead to nobody's address.

        \b
        Examples:
          diarkiv register routes show --authority KS
          diarkiv register routes show --authority KS --file > ks.toml
        """
        owner = home().channels.authority(authority).seq
        held = home().routes.held(LOCAL, owner)
        if as_file:
            click.echo(held.text, nl=False)
            return
        data = _fields(home(), held)
        show(as_json, data, lambda: table_of("Routes", [_flat(one) for one in data["routes"]], ""))
        if not as_json:
            _tell(held)

    return show_


def _check(home: Callable[[], Home]) -> click.Command:
    @click.command("check")
    @_file
    @json_option
    @click.pass_context
    def check(context: click.Context, file: Path, as_json: bool) -> None:
        """Check a FILE with an authority's changes, in TOML, and set nothing.

        The file says only what differs from the table that Diarkiv comes with:

        \b
          version = "2026-11-22"
          [recipient.faults]
          address = "felanmalan@testkoping.example"

        \b
        Example:
          diarkiv register routes check ks.toml
        """
        done = home().routes.check(file.read_bytes())
        if isinstance(done, Refused):
            _refused(context, "valid", done, as_json)
        else:
            data = {"valid": True, "version": done.version, "without_recipient": _missing(done)}
            show(as_json, data, lambda: f"{file.name} can be set ({done.version}).")

    return check


def _set(home: Callable[[], Home]) -> click.Command:
    @click.command("set")
    @_file
    @_owner
    @json_option
    @click.pass_context
    def set_(context: click.Context, file: Path, authority: str, as_json: bool) -> None:
        """Set an authority's table from a FILE: all of it, or nothing and what is wrong with it.

        What held before stays in the log. A file with a version and nothing else goes back to the
        table that Diarkiv comes with.

        \b
        Example:
          diarkiv register routes set ks.toml --authority KS
        """
        owner = home().channels.authority(authority).seq
        done = home().routes.set(LOCAL, owner, file.read_bytes())
        if isinstance(done, Refused):
            _refused(context, "set", done, as_json)
        else:
            data = _fields(home(), done)
            words = f"The routes of {authority} are those of {done.table.version}."
            show(as_json, {"set": True, **data}, lambda: words)
            if not as_json:
                _tell(done)

    return set_


def _refused(context: click.Context, name: str, done: Refused, as_json: bool) -> None:
    wrong = _problems(done.problems)
    show(as_json, {name: False, "problems": wrong}, lambda: table_of("", wrong, ""))
    say("Nothing was changed: put the file right and try again.")
    context.exit(2)


def _tell(held: Held) -> None:
    for one in held.table.without_recipient():
        say(f"{one.say(_SAY)[:1].upper()}{one.say(_SAY)[1:]}.")
    if held.problems:
        say("The authority's own file cannot be read by this release; the shipped table holds:")
        for problem in held.problems:
            say(problem.say(_SAY))


def _problems(problems: Sequence[Problem]) -> list[dict[str, object]]:
    return [{"row": one.row, "problem": one.reason.say(_SAY)} for one in problems]


def _missing(table: RoutingTable) -> list[str]:
    return [dict(one.values)["route"] for one in table.without_recipient()]


def _fields(home: Home, held: Held) -> Mapping[str, Any]:
    """The table as data."""
    changed = held.changed(home.routes.shipped)
    return {
        "authority": held.authority,
        "version": held.table.version,
        "own": _set_fields(held.own) if held.own else None,
        "problems": _problems(held.problems),
        "without_recipient": _missing(held.table),
        "history": [_set_fields(one) for one in home.routes.history(LOCAL, held.authority)],
        "routes": [
            _route(one, held.table, own=key in changed) for key, one in held.table.routes.items()
        ],
    }


def _set_fields(one: Set) -> Mapping[str, Any]:
    return {"seq": one.seq, "at": moment(one.at), "actor": one.actor, "version": one.version}


def _route(route: Route, table: RoutingTable, *, own: bool) -> Mapping[str, Any]:
    return {
        "route": route.trigger,
        "title": route.title.say(_SAY),
        "levels": [int(level) for level in route.levels],
        "recipients": [
            {
                "recipient": key,
                "title": table.recipients[key].title.say(_SAY),
                "address": table.recipients[key].address,
            }
            for key in route.recipients
        ],
        "clocks": [
            {
                "act": clock.act.say(_SAY),
                "pace": clock.pace.value,
                "count": clock.count,
                "since": clock.since.value,
                "law": clock.law.value,
                "words": pace(clock).say(_SAY),
            }
            for clock in route.clocks
        ],
        "secrecy": route.secrecy.value,
        "stop": route.stop.value if route.stop else None,
        "basis": route.basis,
        "text_status": route.text_status.value,
        "active": route.active,
        "own": own,
    }


def _flat(row: Mapping[str, Any]) -> dict[str, object]:
    state = [word for word, on in (("own", row["own"]), ("off", not row["active"])) if on]
    return {
        "route": row["route"],
        "level": "/".join(map(str, row["levels"])),
        "to": ", ".join(one["address"] or one["recipient"] for one in row["recipients"]),
        "clock": "; ".join(one["words"] for one in row["clocks"]),
        "basis": row["basis"],
        "status": row["text_status"],
        "": " ".join(state),
    }
