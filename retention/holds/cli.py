"""`diarkiv retention hold`: disposal holds (gallringsstopp), placed, reviewed and lifted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import click

from archiver.cli.output import json_option, show, table_of, with_options
from archiver.cli.person import person, user_option
from archiver.cli.records import number
from archiver.core.access import LOCAL, Viewer
from archiver.errors import ConfigError
from archiver.registry.cli_asked import day_of
from retention.cli_asked import (
    SAY,
    Home,
    code_of,
    confirm_option,
    only_shown,
    owner_of,
    owner_option,
    today,
)
from retention.core.hold import HoldKind, HoldScope
from retention.core.hold_request import HoldRequest
from retention.core.trace_words import HOLDS
from retention.holds.service import HeldHold

_hold = click.argument("hold", type=int)
_reason = click.option("--reason", required=True, help="Why, in words.")
_OPTIONS = (
    owner_option,
    click.option("--kind", required=True, help="access_request, police, court, audit …"),
    click.option("--record", "records", multiple=True, metavar="R4711", help="This record."),
    click.option("--thread", "threads", multiple=True, metavar="R4711", help="This whole thread."),
    click.option("--channel", "channels", multiple=True, metavar="C12", help="This channel."),
    click.option("--class", "classes", multiple=True, metavar="CODE", help="A record class."),
    click.option("--since", metavar="DAY", help="Records from this day on."),
    click.option("--until", metavar="DAY", help="Records to this day."),
    click.option("--everything", is_flag=True, help="All records of the authority."),
    user_option,
    click.option("--owner", metavar="LOGIN", help="Who answers for it; whoever acts if not said."),
    click.option("--review", required=True, metavar="DAY", help="When it is to be reviewed."),
    _reason,
    confirm_option,
    json_option,
)


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, to be attached to `diarkiv retention`."""

    @click.group("hold")
    def hold() -> None:
        """Holds (gallringsstopp): what is held stays, whatever rule says that it is due.

        \b
        Example:
          diarkiv retention hold list
        """

    for one in (_place, _review, _lift, _list):
        hold.add_command(one(home))
    return hold


def _place(home: Callable[[], Home]) -> click.Command:
    @click.command("place")
    @with_options(_OPTIONS)
    def place(**given: Any) -> None:
        """Hold records, threads, channels, record classes or a range of days: all that is named
        must fit a record.

        \b
        Examples:
          diarkiv retention hold place --authority KS --kind access_request --record R4711 \\
            --reason "Begäran KS 2026/14" --review 2027-01-31 --confirm
          diarkiv retention hold place --authority KS --kind police --channel C12 \\
            --reason "Polisanmälan" --review 2027-01-31 --owner anna --confirm
          diarkiv retention hold place --authority KS --kind audit --channel C12 \\
            --since 2025-01-01 --until 2025-12-31 --reason Revision --review 2027-03-01 --confirm
        """
        asks = person(home().entrance, given["user"])
        asked = _asked(home(), given, asks)
        if given["confirm"]:
            seq = home().holds.place(asks, asked)
            row = _fields(home().holds.one(LOCAL, seq))
            show(given["as_json"], row, lambda: f"Hold {seq} was placed.")
            return
        checked = home().holds.check(asks, asked, today(home()))
        data = {"placed": False, "owner": asked.owner, "scope": _scope(checked.scope)}
        show(given["as_json"], data, lambda: f"It would hold: {_in_words(checked.scope)}.")
        only_shown(confirm=False)

    return place


def _asked(home: Home, given: Mapping[str, Any], asks: Viewer) -> HoldRequest:
    def numbers(name: str, letter: str) -> frozenset[int] | None:
        return frozenset(number(one, letter) for one in given[name]) or None

    scope = HoldScope(
        records=numbers("records", "R"),
        threads=numbers("threads", "R"),
        channels=numbers("channels", "C"),
        classes=frozenset(given["classes"]) or None,
        since=day_of(given["since"]),
        until=day_of(given["until"]),
    )
    if scope.is_everything != given["everything"]:
        raise ConfigError(
            "A hold names what it holds, or says --everything, and not both.",
            remedy="Name records, threads, channels, classes or days.",
        )
    review = day_of(given["review"])
    assert review is not None
    return HoldRequest(
        authority=owner_of(home, given["authority"]),
        kind=HoldKind(code_of(HOLDS, given["kind"])),
        scope=scope,
        reason=given["reason"],
        review_on=review,
        owner=home.entrance.people.user(given["owner"]).seq if given["owner"] else asks.actor,
    )


def _review(home: Callable[[], Home]) -> click.Command:
    @click.command("review")
    @_hold
    @click.option("--until", required=True, metavar="DAY", help="When to review it next.")
    @_reason
    @confirm_option
    @json_option
    def review(hold: int, until: str, reason: str, confirm: bool, as_json: bool) -> None:
        """Note that a hold was reviewed and is needed still.

        \b
        Example:
          diarkiv retention hold review 4820 --until 2027-06-30 --reason "Överklagat" --confirm
        """
        day = day_of(until)
        assert day is not None
        if confirm:
            home().holds.review(LOCAL, hold, until=day, reason=reason)
        row = _fields(home().holds.one(LOCAL, hold))
        show(as_json, row, lambda: f"Hold {hold} is to be reviewed on {row['review_on']}.")
        only_shown(confirm)

    return review


def _lift(home: Callable[[], Home]) -> click.Command:
    @click.command("lift")
    @_hold
    @_reason
    @confirm_option
    @json_option
    def lift(hold: int, reason: str, confirm: bool, as_json: bool) -> None:
        """Lift a hold. Nothing is disposed of by that.

        \b
        Example:
          diarkiv retention hold lift 4820 --reason "Slutligt avgjord" --confirm
        """
        if confirm:
            home().holds.lift(LOCAL, hold, reason=reason)
        row = _fields(home().holds.one(LOCAL, hold))
        said = f"Hold {hold} was lifted." if confirm else f"Hold {hold} would be lifted."
        show(as_json, row, lambda: said)
        only_shown(confirm)

    return lift


def _list(home: Callable[[], Home]) -> click.Command:
    @click.command("list")
    @click.option("--authority", metavar="CODE", help="Only this authority's (KS).")
    @click.option("--lifted", is_flag=True, help="Also those that were lifted.")
    @click.option("--overdue", is_flag=True, help="Only those whose review is overdue.")
    @json_option
    def list_(authority: str | None, lifted: bool, overdue: bool, as_json: bool) -> None:
        """List holds in force, oldest first. What holds a record by itself (an open case, a
        handover without a receipt) is shown by `diarkiv retention why`.

        \b
        Examples:
          diarkiv retention hold list --authority KS
          diarkiv retention hold list --overdue --json
        """
        owner = frozenset({owner_of(home(), authority)}) if authority else None
        held = home().holds.list(LOCAL, lifted=lifted, authorities=owner)
        day = today(home())
        found = [one for one in held if not overdue or one.hold.is_overdue(day)]
        rows = [_fields(one) for one in found]
        show(as_json, rows, lambda: table_of("Holds", _lines(found, day), "Nothing is held."))

    return list_


def _lines(found: Sequence[HeldHold], day: date) -> list[dict[str, object]]:
    return [
        {
            "hold": one.hold.seq,
            "kind": HOLDS[one.hold.kind].say(SAY),
            "what": _in_words(one.hold.scope),
            "review": f"{one.hold.review_on}{' (overdue)' if one.hold.is_overdue(day) else ''}",
            "lifted": one.hold.lifted_on or "",
            "reason": one.reason,
        }
        for one in found
    ]


def _scope(scope: HoldScope) -> dict[str, Any]:
    return {
        "records": sorted(scope.records) if scope.records is not None else None,
        "threads": sorted(scope.threads) if scope.threads is not None else None,
        "channels": sorted(scope.channels) if scope.channels is not None else None,
        "classes": sorted(scope.classes) if scope.classes is not None else None,
        "since": scope.since.isoformat() if scope.since else None,
        "until": scope.until.isoformat() if scope.until else None,
    }


def _in_words(scope: HoldScope) -> str:
    parts = []
    for name, letter in (("records", "R"), ("threads", "R"), ("channels", "C"), ("classes", "")):
        named = getattr(scope, name)
        if named is not None:
            some = ", ".join(f"{letter}{one}" for one in sorted(named)[:3])
            parts.append(f"{name} {some}{f' and {len(named) - 3} more' if len(named) > 3 else ''}")
    parts += [f"from {scope.since}"] if scope.since else []
    parts += [f"to {scope.until}"] if scope.until else []
    return "; ".join(parts) or "everything"


def _fields(held: HeldHold) -> dict[str, Any]:
    hold = held.hold
    return {
        "hold": hold.seq,
        "authority": hold.authority,
        "kind": hold.kind.value,
        "scope": _scope(hold.scope),
        "reason": held.reason,
        "owner": hold.owner,
        "actor": held.actor,
        "placed_on": hold.placed_on.isoformat(),
        "review_on": hold.review_on.isoformat(),
        "lifted_on": hold.lifted_on.isoformat() if hold.lifted_on else None,
        "automatic": hold.automatic,
        "notes": [
            {"seq": one.seq, "type": one.type, "actor": one.actor, "reason": one.reason}
            for one in held.notes
        ],
    }
