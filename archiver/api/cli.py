"""`diarkiv token`: which programs may use the interface, and for what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import click

from archiver.api.tokens import LONGEST, Token, Tokens
from archiver.channels.service import Channels
from archiver.cli.output import json_option, say, show, table_of
from archiver.cli.when import swedish_time
from archiver.core.access import HOME, LOCAL
from archiver.core.api_token import SCOPES, Scope, scoped
from archiver.core.ports import Clock

_KNOWN = ", ".join(one.value.replace("_", "-") for one in SCOPES)


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def tokens(self) -> Tokens: ...

    @property
    def channels(self) -> Channels: ...

    @property
    def clock(self) -> Clock: ...


def commands(home: Callable[[], Home]) -> Sequence[click.Command]:
    """The commands, over what the composition root gives."""

    @click.group("token")
    def group() -> None:
        """Tokens of programs that use the interface /api/v1."""

    for one in (_add, _list, _revoke):
        group.add_command(one(home))
    return (group,)


def _add(home: Callable[[], Home]) -> click.Command:
    @click.command("add", help=_ADD)
    @click.argument("name")
    @click.option(
        "--scope",
        "scopes",
        multiple=True,
        required=True,
        metavar="WHAT[:AUTHORITY]",
        help=f"What it may do, and for whom (all): {_KNOWN}.",
    )
    @click.option(
        "--days",
        type=click.IntRange(1, LONGEST),
        default=365,
        show_default=True,
        help="How long it holds.",
    )
    @click.option("--for-ever", is_flag=True, help="It holds until it is revoked.")
    @json_option
    def add(name: str, scopes: tuple[str, ...], days: int, for_ever: bool, as_json: bool) -> None:
        wanted = [one for text in scopes for one in _scope(home(), text)]
        token, seq = home().tokens.add(LOCAL, name, wanted, days=None if for_ever else days)
        show(as_json, {"id": seq, "token": token}, lambda: token)
        if not as_json:
            say(f"Token {seq}. It is shown only now: give it to the program in a safe way.")

    return add


_ADD = """Make a token for the program NAME and show it, once.

Name the program and its system, no person. A program sends it as Authorization: Bearer TOKEN.

\b
Examples:
  diarkiv token add Ärendesystemet --scope read:KS --scope register:KS
  diarkiv token add Statistik --scope read --days 30
"""


def _scope(home: Home, text: str) -> Sequence[Scope]:
    name, sign, code = text.partition(":")
    authority = home.channels.authority(code).seq if sign else HOME
    return list(scoped(name, authority))


def _list(home: Callable[[], Home]) -> click.Command:
    @click.command("list")
    @json_option
    def list_(as_json: bool) -> None:
        """List the tokens there are and were, what they may do, and when each was last used.

        \b
        Example:
          diarkiv token list
        """
        codes = {one.seq: one.code for one in home().channels.authorities()}
        now = home().clock.now()
        rows = [_row(one, codes, now) for one in home().tokens.all(LOCAL)]
        flat = [_flat(row) for row in rows]
        show(as_json, rows, lambda: table_of("Tokens", flat, "No token."))

    return list_


def _flat(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        **row,
        "scopes": " ".join(row["scopes"]),
        "expires": swedish_time(row["expires"]),
    }


def _row(token: Token, codes: Mapping[int, str], now: int) -> Mapping[str, Any]:
    row = token.row
    state = "revoked" if row.revoked_at else "valid" if row.holds(now) else "expired"
    used = str(row.used_on or "")
    return {
        "id": row.seq,
        "name": token.name,
        "state": state,
        "scopes": [
            permission.value.replace("_", "-") + (f":{codes[authority]}" if authority else "")
            for permission, authority in row.scopes
        ],
        "expires": row.expires_at,
        "used": f"{used[:4]}-{used[4:6]}-{used[6:]}" if used else "",
    }


def _revoke(home: Callable[[], Home]) -> click.Command:
    @click.command("revoke")
    @click.argument("number", type=int)
    @json_option
    def revoke(number: int, as_json: bool) -> None:
        """Let the token NUMBER open nothing any more, from now on.

        \b
        Example:
          diarkiv token revoke 4711
        """
        home().tokens.revoke(LOCAL, number)
        show(as_json, {"id": number, "state": "revoked"}, lambda: f"Token {number} is revoked.")

    return revoke
