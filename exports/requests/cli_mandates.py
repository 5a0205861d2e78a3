"""`diarkiv exports mandate`: who may decide in an authority's name, recorded and ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.output import json_option, show, table_of, with_options
from archiver.cli.records import UserNumber
from archiver.core.access import LOCAL
from archiver.registry.cli_asked import day_of
from exports.core.mandate import Mandate, MandateKind
from exports.requests.mandates import Mandates
from exports.requests.service import Requests

_ADD = (
    click.option("--authority", required=True, metavar="CODE", help="For which authority (KS)."),
    click.option(
        "--user", required=True, type=UserNumber(), metavar="U9", help="Whose: `user list`."
    ),
    click.option(
        "--kind",
        "kinds",
        multiple=True,
        required=True,
        type=click.Choice([one.value for one in MandateKind]),
        help="What they may decide; several may be given.",
    ),
    click.option("--provision", required=True, help='"KS delegationsordning 3.2".'),
    click.option("--decision", required=True, help='The body\'s own: "KS 2026-01-14 § 7".'),
    click.option("--from", "valid_from", metavar="DAY", help="First day; today if not said."),
    click.option("--to", "valid_to", metavar="DAY", help="Last day; until further notice if not."),
    json_option,
)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def mandates(self) -> Mandates: ...

    @property
    def requests(self) -> Requests: ...

    @property
    def channels(self) -> Channels: ...


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, to be attached to `diarkiv exports`."""

    @click.group("mandate")
    def mandate() -> None:
        """Mandates to decide (delegation). Without one nobody signs a refusal but the authority's
        own body.

        \b
        Examples:
          diarkiv exports mandate add --authority KS --user U9 --kind refusal --kind condition \\
            --provision "KS delegationsordning 3.2" --decision "KS 2026-01-14 § 7"
          diarkiv exports mandate list
          diarkiv exports mandate end 4901 --reason "Slutat"
        """

    for one in (_add, _list, _end):
        mandate.add_command(one(home))
    return mandate


def _add(home: Callable[[], Home]) -> click.Command:
    @click.command("add")
    @with_options(_ADD)
    def add(**given: Any) -> None:
        """Record a mandate that the delegation gives.

        \b
        Example:
          diarkiv exports mandate add --authority KS --user U9 --kind refusal \\
            --provision "KS delegationsordning 3.2" --decision "KS 2026-01-14 § 7" --from 2026-02-01
        """
        asked = Mandate(
            authority=home().channels.authority(given["authority"]).seq,
            user=given["user"],
            kinds=frozenset(map(MandateKind, given["kinds"])),
            provision=given["provision"],
            decision=given["decision"],
            valid_from=day_of(given["valid_from"]) or home().requests.today(),
            valid_to=day_of(given["valid_to"]),
        )
        seq = home().mandates.add(LOCAL, asked)
        (row,) = [one for one in home().mandates.list(LOCAL) if one.seq == seq]
        show(given["as_json"], _fields(home(), row), lambda: f"Mandate {seq} was recorded.")

    return add


def _list(home: Callable[[], Home]) -> click.Command:
    @click.command("list")
    @click.option("--on", metavar="DAY", help="Only those in force on that day.")
    @json_option
    def list_(on: str | None, as_json: bool) -> None:
        """List mandates, ended ones too.

        \b
        Example:
          diarkiv exports mandate list --on 2026-11-23
        """
        rows = [_fields(home(), one) for one in home().mandates.list(LOCAL, day=day_of(on))]
        show(as_json, rows, lambda: table_of("Mandates", rows, "There are no mandates."))

    return list_


def _end(home: Callable[[], Home]) -> click.Command:
    @click.command("end")
    @click.argument("mandate", type=int)
    @click.option("--last", metavar="DAY", help="The last day it counts; yesterday if not said.")
    @click.option("--reason", required=True, help="Why.")
    @json_option
    def end(mandate: int, last: str | None, reason: str, as_json: bool) -> None:
        """End a mandate. What was decided under it stays decided.

        \b
        Example:
          diarkiv exports mandate end 4901 --last 2026-12-31 --reason "Ny delegationsordning"
        """
        day = day_of(last) or home().requests.today() - timedelta(days=1)
        row = _fields(home(), home().mandates.end(LOCAL, mandate, last=day, reason=reason))
        show(as_json, row, lambda: f"Mandate {mandate} ends after {day}.")

    return end


def _fields(home: Home, one: Mandate) -> dict[str, Any]:
    codes = {each.seq: each.code for each in home.channels.authorities()}
    return {
        "mandate": one.seq,
        "authority": codes[one.authority],
        "user": f"U{one.user}",
        "kinds": ", ".join(sorted(one.kinds)),
        "provision": one.provision,
        "decision": one.decision,
        "from": one.valid_from.isoformat(),
        "to": one.valid_to.isoformat() if one.valid_to else None,
    }
