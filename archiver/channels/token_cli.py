"""`diarkiv channel tokens`: how the channels' logins stand, and never what is in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import click

from archiver.channels.watch import Watch, token_remedies, token_row, token_words
from archiver.cli.output import json_option, say, show, table_of
from archiver.cli.when import swedish_time
from archiver.core.ports import Clock


class TokenDesk(Protocol):
    """What the command needs of the application."""

    @property
    def watch(self) -> Watch: ...

    @property
    def clock(self) -> Clock: ...


def command(desk: Callable[[], TokenDesk]) -> click.Command:
    """The command, over what the composition root gives."""

    @click.command("tokens")
    @json_option
    def tokens(as_json: bool) -> None:
        """Show how each channel's login stands: accepted, refused, how many days are left.

        \b
        Examples:
          diarkiv channel tokens
          diarkiv channel tokens --json
        """
        found = desk().watch.tokens(desk().clock.now())
        rows = [token_row(one) for one in found]
        flat = [
            {
                "channel": f"C{one.channel}",
                "login": token_words(one),
                "since": swedish_time(one.since),
                "reason": one.reason,
                "last accepted": swedish_time(one.last_ok_at),
                "scopes": " ".join(one.scopes),
            }
            for one in found
        ]
        show(as_json, rows, lambda: table_of("Logins", flat, "No channel has a login."))
        if not as_json:
            for text in token_remedies(found):
                say(text)

    return tokens
