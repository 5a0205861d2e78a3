"""`diarkiv exports fee`: the tables an authority has adopted, and what copies cost by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.output import json_option, show, table_of, with_options
from archiver.cli.records import UserNumber
from archiver.core.access import LOCAL
from archiver.errors import ConfigError
from archiver.registry.cli_asked import day_of
from exports.core import fee_proposal
from exports.core.fees import FeeTable, Medium, Rate, kronor, ore
from exports.requests.answers import Answers
from exports.requests.fees import AdoptedTable, Charged
from exports.requests.service import Requests

_authority = click.option("--authority", required=True, metavar="CODE", help="Whose table (KS).")
_medium = click.option(
    "--medium", required=True, type=click.Choice([one.value for one in Medium]), help="Of what."
)
_units = click.option("--units", required=True, type=int, help="How many pages, or files.")
_SET = (
    _authority,
    click.option("--decision", required=True, help='That adopted it: "KF 2026-03-29 § 33".'),
    click.option("--from", "valid_from", metavar="DAY", required=True, help="First day."),
    click.option("--to", "valid_to", metavar="DAY", help="Last day, if there is one."),
    click.option(
        "--rate",
        "rates",
        multiple=True,
        metavar="MEDIUM:FREE:FIRST:EACH",
        help="paper:10:50:2: fewer than 10 free, the tenth 50 kr, then 2 kr each.",
    ),
    click.option("--proposal", is_flag=True, help="Adopt the model of the state's ordinance."),
    json_option,
)
_CHARGE = (
    click.argument("request", type=int),
    _medium,
    _units,
    click.option("--release", type=int, default=0, help="For this delivery of several."),
    click.option("--prepaid", is_flag=True, help="Paid beforehand: no name, no invoice."),
    click.option("--amount", metavar="KR", help="Less than the table gives, by a decision."),
    click.option("--reason", default="", help="Why less, or why it is charged anew."),
    click.option("--signer", type=UserNumber(), metavar="U9", help="Who decided it: `user list`."),
    click.option("--body", default="", help="Or the decision of the authority's own body."),
    json_option,
)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def answers(self) -> Answers: ...

    @property
    def requests(self) -> Requests: ...

    @property
    def channels(self) -> Channels: ...


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, to be attached to `diarkiv exports`."""

    @click.group("fee")
    def fee() -> None:
        """Fees for copies, by the authority's own adopted table. Nothing is charged for the search,
        the assessment or the masking; reading on the spot is free.

        \b
        Examples:
          diarkiv exports fee set --authority KS --decision "KF 2026-03-29 § 33" \\
            --from 2026-04-01 --rate paper:10:50:2 --rate digital:1:0:0
          diarkiv exports fee calculate --authority KS --medium paper --units 23
        """

    for one in (_table, _set, _calculate, _charge):
        fee.add_command(one(home))
    return fee


def _table(home: Callable[[], Home]) -> click.Command:
    @click.command("table")
    @_authority
    @json_option
    def table(authority: str, as_json: bool) -> None:
        """Show an authority's tables, and the proposal that it may adopt.

        \b
        Example:
          diarkiv exports fee table --authority KS
        """
        seq = home().channels.authority(authority).seq
        adopted = home().answers.fees.tables(LOCAL, seq)
        rows = [_fields(one) for one in adopted]
        said = {
            "tables": rows,
            "proposal": {
                "source": fee_proposal.SOURCE,
                "verified": fee_proposal.VERIFIED,
                "rates": [_rate(one) for one in fee_proposal.RATES],
            },
        }
        none = f"No table is adopted: nothing is charged. A proposal: {fee_proposal.SOURCE}."
        show(as_json, said, lambda: table_of("Tables of fees", rows, none))

    return table


def _set(home: Callable[[], Home]) -> click.Command:
    @click.command("set")
    @with_options(_SET)
    def set_(**given: Any) -> None:
        """Record a table that was adopted. It counts from its day; the one before stays known.

        \b
        Example:
          diarkiv exports fee set --authority KS --decision "KF 2026-03-29 § 33" \\
            --from 2026-04-01 --rate paper:20:70:2
        """
        if bool(given["rates"]) == given["proposal"]:
            raise ConfigError("Give the rates that were adopted, or --proposal.")
        authority = home().channels.authority(given["authority"]).seq
        first = day_of(given["valid_from"])
        assert first is not None
        adopted = FeeTable(
            decision=given["decision"],
            valid_from=first,
            valid_to=day_of(given["valid_to"]),
            rates=fee_proposal.RATES
            if given["proposal"]
            else tuple(parsed_rate(text) for text in given["rates"]),
        )
        seq = home().answers.fees.adopt(LOCAL, authority, adopted)
        row = _fields(AdoptedTable(seq=seq, authority=authority, table=adopted))
        show(given["as_json"], row, lambda: f"Table {seq} counts from {first}.")

    return set_


def _calculate(home: Callable[[], Home]) -> click.Command:
    @click.command("calculate")
    @_authority
    @_medium
    @_units
    @json_option
    def calculate(authority: str, medium: str, units: int, as_json: bool) -> None:
        """Say what copies cost today. Nothing is recorded.

        \b
        Example:
          diarkiv exports fee calculate --authority KS --medium paper --units 23
        """
        seq = home().channels.authority(authority).seq
        found = home().answers.fees.calculate(LOCAL, seq, Medium(medium), units)
        decision = found.table.table.decision if found.table else None
        row = {
            "medium": medium,
            "units": units,
            "amount_ore": found.amount,
            "table": found.table.seq if found.table else None,
            "decision": decision,
            "prepay": "May be paid beforehand without a name; collected by the request's number.",
        }
        by = f", by {decision}" if decision else ": no table is adopted"
        show(as_json, row, lambda: f"{kronor(found.amount)} kr{by}.")

    return calculate


def _charge(home: Callable[[], Home]) -> click.Command:
    @click.command("charge")
    @with_options(_CHARGE)
    def charge(**given: Any) -> None:
        """Record what is charged for a request, or for one delivery of it. Charged again, with a
        reason, it is a correction that takes the place of the first.

        \b
        Examples:
          diarkiv exports fee charge 4812 --medium paper --units 23 --prepaid
          diarkiv exports fee charge 4812 --medium paper --units 23 --amount 0 \\
            --reason "Felräknat" --signer U9
        """
        made = home().answers.fees.charge(
            LOCAL,
            given["request"],
            Medium(given["medium"]),
            given["units"],
            release=given["release"],
            prepaid=given["prepaid"],
            amount=None if given["amount"] is None else ore(given["amount"]),
            reason=given["reason"],
            body=given["body"],
            signer=given["signer"],
        )
        told = f"{kronor(made.amount)} kr for request {given['request']}."
        if made.corrects:
            told += f" It takes the place of entry {made.corrects}."
        show(given["as_json"], _charged(made), lambda: told)

    return charge


def parsed_rate(text: str) -> Rate:
    """A rate written as `paper:10:50:2`; `ConfigError` for what is none."""
    parts = text.split(":")
    if len(parts) != 4 or parts[0] not in set(Medium) or not parts[1].isdecimal():
        raise ConfigError(
            f"{text!r} is no rate.", remedy="Write paper:10:50:2 (fewer than 10 free, 50 kr, 2 kr)."
        )
    return Rate(
        medium=Medium(parts[0]), free_below=int(parts[1]), first=ore(parts[2]), each=ore(parts[3])
    )


def _fields(one: AdoptedTable) -> dict[str, Any]:
    until = one.table.valid_to
    return {
        "table": one.seq,
        "decision": one.table.decision,
        "from": one.table.valid_from.isoformat(),
        "to": until.isoformat() if until else None,
        "rates": "; ".join(_rate(rate) for rate in one.table.rates),
    }


def _rate(one: Rate) -> str:
    return f"{one.medium.value}:{one.free_below}:{kronor(one.first)}:{kronor(one.each)}"


def _charged(one: Charged) -> dict[str, Any]:
    return {
        "entry": one.seq,
        "medium": one.medium.value,
        "units": one.units,
        "amount_ore": one.amount,
        "table": one.table or None,
        "prepaid": one.prepaid,
        "release": one.release or None,
        "corrects": one.corrects or None,
    }
