"""`diarkiv lifecycle account`: the register of accounts from the terminal, answered in Swedish."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.output import json_option, show, table_of, with_options
from archiver.cli.person import person, user_option
from archiver.core.access import LOCAL
from archiver.governance.accounts.service import Account, Accounts
from archiver.governance.cli_asked import Channel, Day, Member
from archiver.governance.core import account as a
from archiver.people.sign_in import SignIn

_AUTHORITY = click.option("--authority", required=True, metavar="CODE", help="Whose it is (KS).")
_WHO = (user_option, json_option)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def channels(self) -> Channels: ...

    @property
    def sign_in(self) -> SignIn: ...


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, over what the composition root gives."""

    @click.group("account")
    def account() -> None:
        """The register of accounts: whose each is, who may do what there, shadow pages.

        \b
        Examples:
          diarkiv lifecycle account list
          diarkiv lifecycle account person add "Eva Lind" --authority KS
          diarkiv lifecycle account appoint C17 5120 --right administrator --since 2026-11-02
        """

    for one in (_list, _describe, _appoint, _end, _leave):
        account.add_command(one(home))
    account.add_command(_people(home))
    account.add_command(_shadows(home))
    return account


def _list(home: Callable[[], Home]) -> click.Command:
    @click.command("list")
    @json_option
    def list_(as_json: bool) -> None:
        """List every account: owner, administrators, MFA, the login's days left, what it lacks.

        \b
        Example:
          diarkiv lifecycle account list --json
        """
        found = home().accounts.list(LOCAL)
        flat = [
            {
                "channel": f"C{one.channel.seq}",
                "unit": one.known.unit,
                "mfa": a.MFA[one.known.mfa or a.Mfa.UNKNOWN].sv,
                "people": ", ".join(who.name for _, who in one.held),
                "days left": one.token.days_left if one.token else None,
                "lacks": "; ".join(a.LACKS[code].sv for code in one.lacks),
            }
            for one in found
        ]
        rows = [_row(one) for one in found]
        show(as_json, rows, lambda: table_of("Konton", flat, "Det finns inga konton."))

    return list_


def _row(one: Account) -> Mapping[str, object]:
    known = one.known
    return {
        "channel": f"C{one.channel.seq}",
        "platform": one.channel.platform,
        "kind": known.kind,
        "unit": known.unit,
        "mfa": known.mfa or a.Mfa.UNKNOWN,
        "recovery": known.recovery,
        "owner": known.owner,
        "decision": known.decision,
        "people": [
            {
                "right": held.seq,
                "person": who.seq,
                "name": who.name,
                "as": held.said.right,
                "since": held.said.since,
                "until": held.said.until,
                "handle": held.said.handle,
            }
            for held, who in one.held
        ],
        "lacks": list(one.lacks),
        "login": one.token.state if one.token else None,
        "days_left": one.token.days_left if one.token else None,
    }


def _describe(home: Callable[[], Home]) -> click.Command:
    @click.command("describe")
    @click.argument("channel", type=Channel())
    @click.option("--kind", type=Member(a.Kind), help="Whose account it is.")
    @click.option("--unit", default="", help="The owner unit.")
    @click.option("--mfa", type=Member(a.Mfa), help="Whether all of them sign in with MFA.")
    @click.option("--recovery", default="", help="Whom to reach to get back in.")
    @click.option("--owner", default="", help="Of a personal account: by role.")
    @click.option("--decision", default="", help="Of a personal account: under which decision.")
    @with_options(_WHO)
    def describe(user: str | None, as_json: bool, **given: Any) -> None:
        """Note what is known of an account; what is left out stays as it was.

        \b
        Example:
          diarkiv lifecycle account describe C17 --kind myndighetens --mfa ja \\
            --unit "Kommunikationsenheten" --recovery "IT-support, 0123-456 00"
        """
        it = home()
        _noted(it.accounts.describe(person(it.sign_in, user), a.Described(**given)), as_json)

    return describe


def _appoint(home: Callable[[], Home]) -> click.Command:
    @click.command("appoint")
    @click.argument("channel", type=Channel())
    @click.argument("who", type=int)
    @click.option("--right", type=Member(a.Right), required=True, help="What they may do.")
    @click.option("--since", type=Day(), required=True, help="The first day.")
    @click.option("--until", type=Day(), help="The last day, if it is set.")
    @click.option("--handle", default="", help="How the platform names them: number or name.")
    @with_options(_WHO)
    def appoint(who: int, user: str | None, as_json: bool, **given: Any) -> None:
        """Note that a person may administer an account, or publish there.

        \b
        Example:
          diarkiv lifecycle account appoint C17 5120 --right administrator --since 2026-11-02 \\
            --handle eva.lind
        """
        it = home()
        said = a.Appointed(person=who, **given)
        _noted(it.accounts.appoint(person(it.sign_in, user), said), as_json)

    return appoint


def _end(home: Callable[[], Home]) -> click.Command:
    @click.command("end")
    @click.argument("right", type=int)
    @click.option("--on", type=Day(), help="The first day without it; today if not said.")
    @with_options(_WHO)
    def end(right: int, on: Any, user: str | None, as_json: bool) -> None:
        """Note that a right was taken away on the platform.

        \b
        Example:
          diarkiv lifecycle account end 5124 --on 2026-11-23
        """
        it = home()
        said = a.Ended(of=right, on=on or it.accounts.today())
        _noted(it.accounts.end(person(it.sign_in, user), said), as_json)

    return end


def _leave(home: Callable[[], Home]) -> click.Command:
    @click.command("leave")
    @click.argument("who", type=int)
    @click.option("--on", type=Day(), help="Their last day; without it, only what is left to end.")
    @with_options(_WHO)
    def leave(who: int, on: Any, user: str | None, as_json: bool) -> None:
        """Note that a person leaves, and list what is to be taken away, account by account.

        \b
        Examples:
          diarkiv lifecycle account leave 5120 --on 2026-11-30
          diarkiv lifecycle account leave 5120
        """
        it = home()
        viewer = person(it.sign_in, user)
        if on:
            found = it.accounts.leave(viewer, a.Left(person=who, on=on))
        else:
            found = it.accounts.to_end(viewer, who)
        rows = [
            {
                "right": held.seq,
                "channel": f"C{held.said.channel}",
                "as": held.said.right.value,
                "end": f"diarkiv lifecycle account end {held.seq}",
            }
            for held in found
        ]
        show(as_json, rows, lambda: table_of("Att avsluta", rows, "Inget återstår att avsluta."))

    return leave


def _people(home: Callable[[], Home]) -> click.Group:
    @click.group("person")
    def people() -> None:
        """Who is in the register.

        \b
        Example:
          diarkiv lifecycle account person list --authority KS
        """

    @people.command("add")
    @click.argument("name")
    @click.option("--title", default="", help="What they are: kommunikatör.")
    @with_options((_AUTHORITY, *_WHO))
    def add(name: str, title: str, authority: str, user: str | None, as_json: bool) -> None:
        """Name a person; answers their number.

        \b
        Example:
          diarkiv lifecycle account person add "Eva Lind" --authority KS --title kommunikatör
        """
        it = home()
        owner = it.channels.authority(authority).seq
        said = a.Named(name=name, title=title)
        _noted(it.accounts.name(person(it.sign_in, user), owner, said), as_json)

    @people.command("list")
    @with_options((_AUTHORITY, json_option))
    def list_(authority: str, as_json: bool) -> None:
        """List the people of an authority's register.

        \b
        Example:
          diarkiv lifecycle account person list --authority KS --json
        """
        it = home()
        register = it.accounts.register(LOCAL, it.channels.authority(authority).seq)
        rows = [
            {"person": one.seq, "name": one.name, "title": one.title, "left": one.left}
            for one in register.people.values()
        ]
        show(as_json, rows, lambda: table_of("Personer", rows, "Ingen är antecknad."))

    return people


def _shadows(home: Callable[[], Home]) -> click.Group:
    @click.group("shadow")
    def shadow() -> None:
        """Pages that look like the authority's and are in no register.

        \b
        Example:
          diarkiv lifecycle account shadow list --authority KS
        """

    @shadow.command("report")
    @click.argument("url")
    @click.option("--platform", required=True, help="On which platform.")
    @click.option("--way", type=Member(a.Way), default=a.Way.FOUND.value, help="How it was known.")
    @click.option("--note", default="", help="What it shows.")
    @with_options((_AUTHORITY, *_WHO))
    def report(authority: str, user: str | None, as_json: bool, **given: Any) -> None:
        """Note a shadow page; answers its number.

        \b
        Example:
          diarkiv lifecycle account shadow report https://facebook.com/testkoping.inofficiell \\
            --platform facebook --authority KS --way anmald
        """
        it = home()
        owner = it.channels.authority(authority).seq
        _noted(it.accounts.report(person(it.sign_in, user), owner, a.Reported(**given)), as_json)

    @shadow.command("settle")
    @click.argument("page", type=int)
    @click.argument("settlement", type=Member(a.Settlement))
    @click.option("--decider", required=True, help="Who decided.")
    @click.option("--reason", required=True, help="Why.")
    @with_options(_WHO)
    def settle(page: int, user: str | None, as_json: bool, **given: Any) -> None:
        """Note the owner's decision on a shadow page: ta_over, stang or inte_var.

        \b
        Example:
          diarkiv lifecycle account shadow settle 5130 stang --decider "Förvaltningschefen" \\
            --reason "Sidan är övergiven"
        """
        it = home()
        said = a.Settled(of=page, **given)
        _noted(it.accounts.settle(person(it.sign_in, user), said), as_json)

    @shadow.command("list")
    @with_options((_AUTHORITY, json_option))
    def list_(authority: str, as_json: bool) -> None:
        """List shadow pages with the decision on each.

        \b
        Example:
          diarkiv lifecycle account shadow list --authority KS --json
        """
        it = home()
        rows = _pages(it.accounts.register(LOCAL, it.channels.authority(authority).seq))
        show(as_json, rows, lambda: table_of("Skuggsidor", rows, "Ingen sida är antecknad."))

    return shadow


def _pages(register: a.Register) -> Sequence[Mapping[str, object]]:
    return [
        {
            "page": one.seq,
            "url": one.said.url,
            "platform": one.said.platform,
            "way": one.said.way.value,
            "settlement": one.settled.settlement.value if one.settled else None,
        }
        for one in register.shadows.values()
    ]


def _noted(seq: int, as_json: bool) -> None:
    show(as_json, {"noted": seq}, lambda: f"Noterat som {seq}.")
