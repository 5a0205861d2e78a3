"""`diarkiv channel set`, `crisis`, `pause`, `resume` and `end`: what changes a channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import click

from archiver.channels.change import (
    LONGEST_CRISIS,
    MAX_INTERVAL,
    MIN_INTERVAL,
    Change,
    crisis_until,
)
from archiver.channels.desk import Desk, channel_row
from archiver.cli.output import json_option, say, show
from archiver.cli.when import swedish_time
from archiver.core.channel import ChannelState
from archiver.errors import ConfigError

Desks = Callable[[], Desk]


def pairs(given: tuple[str, ...]) -> Mapping[str, str]:
    """NAME=VALUE words as a mapping; `ConfigError` for a word that is none."""
    found = {}
    for word in given:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise ConfigError(f"{word!r} is not NAME=VALUE.", remedy="As in --option depth=3.")
        found[name] = value
    return found


def add_commands(group: click.Group, desk: Desks) -> None:
    """Attach the commands to `diarkiv channel`."""
    _set(group, desk)
    _crisis(group, desk)
    _states(group, desk)


def _changed(desk: Desk, id: str, change: Change, as_json: bool, words: str) -> None:
    before = desk.channels.channel(id)
    after = desk.channels.change(before, change)
    show(as_json, channel_row(after), lambda: "")
    if not as_json:
        say(f"C{after.seq}: {words}" if after != before else f"C{after.seq} was so already.")


def _set(group: click.Group, desk: Desks) -> None:
    @group.command("set")
    @click.argument("id")
    @click.option("--title", help="Name to show.")
    @click.option(
        "--interval", type=click.IntRange(MIN_INTERVAL, MAX_INTERVAL), help="Seconds, see schedule."
    )
    @click.option("--schedule", metavar="NAME", help="How often it is read; `channel platforms`.")
    @click.option(
        "--option",
        "options",
        multiple=True,
        metavar="NAME=VALUE",
        help="A setting of its platform; an empty VALUE is the default again.",
    )
    @json_option
    def set_(
        id: str,
        title: str | None,
        interval: int | None,
        schedule: str | None,
        options: tuple[str, ...],
        as_json: bool,
    ) -> None:
        """Change the channel ID. What was stays in `diarkiv channel show`.

        \b
        Examples:
          diarkiv channel set C17 --title "Kultur och fritid"
          diarkiv channel set C17 --interval 7200
        """
        if (title, interval, schedule) == (None, None, None) and not options:
            raise ConfigError("Say what to change.", remedy="See `diarkiv channel set --help`.")
        change = Change(
            title=title,
            interval=interval,
            schedule=schedule,
            options=pairs(options) if options else None,
        )
        _changed(desk(), id, change, as_json, "changed.")


def _crisis(group: click.Group, desk: Desks) -> None:
    @group.command("crisis")
    @click.argument("id")
    @click.option(
        "--days",
        type=click.IntRange(0, LONGEST_CRISIS),
        required=True,
        help="For so many days from now; 0 ends it.",
    )
    @json_option
    def crisis(id: str, days: int, as_json: bool) -> None:
        """Read everything on the channel ID often for some days; it ends by itself.

        \b
        Examples:
          diarkiv channel crisis C17 --days 14
          diarkiv channel crisis C17 --days 0
        """
        until = crisis_until(desk().now(), days)
        words = f"crisis mode until {swedish_time(until)}." if until else "crisis mode is over."
        _changed(desk(), id, Change(crisis_until=until), as_json, words)


def _states(group: click.Group, desk: Desks) -> None:
    @group.command("pause")
    @click.argument("id")
    @json_option
    def pause(id: str, as_json: bool) -> None:
        """Stop harvesting the channel ID until it is resumed. The days in between are shown as days
        when nobody looked.

        \b
        Example:
          diarkiv channel pause C17
        """
        words = f"paused. `diarkiv channel resume C{id.upper().removeprefix('C')}` goes on."
        change = Change(state=ChannelState.PAUSED, crisis_until=0)
        _changed(desk(), id, change, as_json, words)

    @group.command("resume")
    @click.argument("id")
    @json_option
    def resume(id: str, as_json: bool) -> None:
        """Go on harvesting the channel ID after a pause or an end.

        \b
        Example:
          diarkiv channel resume C17
        """
        _changed(desk(), id, Change(state=ChannelState.ACTIVE), as_json, "is harvested again.")

    @group.command("end")
    @click.argument("id")
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @json_option
    def end(id: str, yes: bool, as_json: bool) -> None:
        """The account of channel ID is closed: read it wholly once more, then no more.

        Nothing of what is archived goes away, and the channel stays in every list. Without --yes
        it asks first.

        \b
        Example:
          diarkiv channel end C17
        """
        one = desk().channels.channel(id)
        if not yes and not as_json:
            click.confirm(f"Stop harvesting C{one.seq} {one.title}?", abort=True, err=True)
        change = Change(state=ChannelState.CLOSING, crisis_until=0)
        words = f"is read once more and then no more; `diarkiv harvest C{one.seq}` does it now."
        _changed(desk(), id, change, as_json, words)
