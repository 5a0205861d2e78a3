"""`diarkiv authority` and `diarkiv channel`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from archiver.channels.service import (
    DEFAULT_INTERVAL,
    MAX_INTERVAL,
    MIN_INTERVAL,
    Channels,
)
from archiver.cli.output import json_option, say, show, table_of
from archiver.core.channel import Authority, Channel
from archiver.core.connector import Credential, Login
from archiver.errors import ConfigError


def commands(channels: Callable[[], Channels], *more: click.Command) -> Sequence[click.Command]:
    """The commands, over the service that the composition root gives; `more` come under
    `channel`."""
    group = _channel(channels)
    for one in more:
        group.add_command(one)
    return (_authority(channels), group)


def _authority(channels: Callable[[], Channels]) -> click.Group:
    @click.group("authority")
    def group() -> None:
        """Authorities: the nämnder, boards and companies that own channels."""

    @group.command("add")
    @click.argument("code")
    @click.argument("name")
    @json_option
    def add(code: str, name: str, as_json: bool) -> None:
        """Add an authority with a short CODE.

        \b
        Example:
          diarkiv authority add KS "Kommunstyrelsen"
        """
        one = channels().add_authority(code, name)
        show(as_json, _authority_row(one), lambda: f"A{one.seq} {one.code} {one.name}")

    @group.command("list")
    @json_option
    def list_(as_json: bool) -> None:
        """List the authorities.

        \b
        Example:
          diarkiv authority list --json
        """
        rows = [_authority_row(one) for one in channels().authorities()]
        show(as_json, rows, lambda: table_of("Authorities", rows, "No authority yet."))

    return group


def _channel(channels: Callable[[], Channels]) -> click.Group:
    @click.group("channel")
    def group() -> None:
        """Channels: the accounts that are harvested."""

    @group.command("add")
    @click.argument("platform")
    @click.argument("target")
    @click.option("--authority", required=True, metavar="CODE", help="Who owns the account.")
    @click.option("--title", default="", help="Name to show; else the address.")
    @click.option(
        "--interval",
        type=click.IntRange(MIN_INTERVAL, MAX_INTERVAL),
        default=DEFAULT_INTERVAL,
        show_default=True,
        help="Seconds between two harvests.",
    )
    @click.option(
        "--credential",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="File with the user name on its first line and the application password on its "
        "second; or a token and, for webhooks, the app's secret. - reads them from standard input. "
        "Kept encrypted; the file can go afterwards.",
    )
    @click.option(
        "--allow-address",
        "allow",
        multiple=True,
        metavar="IP:PORT",
        help="Let the harvester visit this private address. Recorded as a decision.",
    )
    @json_option
    def add(
        platform: str,
        target: str,
        authority: str,
        title: str,
        interval: int,
        credential: Path | None,
        allow: tuple[str, ...],
        as_json: bool,
    ) -> None:
        """Add the account TARGET on PLATFORM.

        \b
        Examples:
          diarkiv channel add wordpress https://nyheter.testkoping.example --authority KS
          diarkiv channel add feed https://testkoping.example/feed/ --authority KS
          diarkiv channel add wordpress http://10.0.0.5 --authority KS \\
              --credential wp.txt --allow-address 10.0.0.5:80
        """
        one = channels().add_channel(
            platform,
            target,
            authority=authority,
            title=title,
            interval=interval,
            credential=_read(credential, channels(), platform) if credential else None,
            allow=allow,
        )
        show(as_json, _channel_row(one), lambda: f"C{one.seq} {one.platform} {one.url}")
        if not as_json:
            say(f"Harvest it with `diarkiv harvest C{one.seq}`.")

    @group.command("credential")
    @click.argument("id")
    @click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
    def credential(id: str, file: Path) -> None:
        """Give a channel a new login from FILE (user name, application password; or token and the
        app's secret; - = standard input). The old one is forgotten; neither is ever shown.

        \b
        Example:
          diarkiv channel credential C17 wp.txt
        """
        one = channels().channel(id)
        channels().set_credential(one, _read(file, channels(), one.platform))
        say(f"C{one.seq} has a new login. Try it with `diarkiv harvest C{one.seq}`.")

    @group.command("list")
    @json_option
    def list_(as_json: bool) -> None:
        """List the channels.

        \b
        Example:
          diarkiv channel list
        """
        rows = [_channel_row(one) for one in channels().channels()]
        show(as_json, rows, lambda: table_of("Channels", rows, "No channel yet."))

    return group


def _authority_row(one: Authority) -> dict[str, object]:
    return {"id": f"A{one.seq}", "code": one.code, "name": one.name}


def _channel_row(one: Channel) -> dict[str, object]:
    return {
        "id": f"C{one.seq}",
        "authority": f"A{one.authority}",
        "platform": one.platform,
        "title": one.title,
        "url": one.url,
        "interval": one.interval,
        "allow": json.dumps(one.allow) if one.allow else "",
    }


def _read(path: Path, channels: Channels, platform: str) -> Credential:
    """The login in a file's first lines, as the platform wants it; says nothing of what it read.

    A user name and a secret, or a token and perhaps the secret that signs push messages.
    """
    login = channels.connector(platform).capabilities.login
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The credential file {path} cannot be read.") from error
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if login is Login.BEARER and len(lines) in (1, 2):
        return Credential(secret=lines[0], signing=lines[1] if lines[1:] else "")
    if login is Login.BEARER:
        raise ConfigError(
            f"The credential file {path} must have one or two lines: token, the app's secret."
        )
    if len(lines) != 2:
        raise ConfigError(
            f"The credential file {path} must have two lines: user name, application password."
        )
    return Credential(user=lines[0], secret=lines[1])
