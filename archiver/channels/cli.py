"""`diarkiv channel add`, `check` and `credential`; `cli_show` and `cli_change` hold the others."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from archiver.channels import cli_change, cli_show, report
from archiver.channels import credential as logins
from archiver.channels.change import MAX_INTERVAL, MIN_INTERVAL
from archiver.channels.check import CheckResult, Progress
from archiver.channels.cli_change import pairs
from archiver.channels.desk import Desk, channel_row
from archiver.channels.service import DEFAULT_INTERVAL, Channels, Proposal
from archiver.cli.output import json_option, progress_bar, say, show
from archiver.core.channel import INTERVAL
from archiver.core.connector import ControlStatus, Credential, Login
from archiver.errors import ConfigError

_UNREADABLE, _PARTLY = 4, 1
_interval = click.option(
    "--interval",
    type=click.IntRange(MIN_INTERVAL, MAX_INTERVAL),
    default=DEFAULT_INTERVAL,
    show_default=True,
    help="Seconds between two harvests, where the schedule is `interval`.",
)
_credential = click.option(
    "--credential",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File with the login: user name and application password on two lines, or a token on one "
    "(`channel platforms` says which). - reads standard input. Kept encrypted; the file can go.",
)
_allow = click.option(
    "--allow-address",
    "allow",
    multiple=True,
    metavar="IP:PORT",
    help="Let the harvester visit this private address. Recorded as a decision.",
)
_option = click.option(
    "--option",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting of the platform; `channel platforms` lists them.",
)


def commands(desk: Callable[[], Desk], *more: click.Command) -> Sequence[click.Command]:
    """The commands, over what the composition root gives; `more` come under `channel`."""
    group = _channel(desk)
    for one in more:
        group.add_command(one)
    return (cli_show.authority_group(lambda: desk().channels), group)


def _channel(desk: Callable[[], Desk]) -> click.Group:
    @click.group("channel")
    def group() -> None:
        """Channels: the accounts that are harvested."""

    _add(group, desk)
    _check(group, desk)
    _login(group, desk)
    cli_show.add_commands(group, desk)
    cli_change.add_commands(group, desk)
    return group


def _add(group: click.Group, desk: Callable[[], Desk]) -> None:
    @group.command("add")
    @click.argument("platform")
    @click.argument("target")
    @click.option("--authority", required=True, metavar="CODE", help="Who owns the account.")
    @click.option("--title", default="", help="Name to show; else the address.")
    @_interval
    @click.option("--schedule", default=INTERVAL, show_default=True, help="How often it is read.")
    @_option
    @_credential
    @_allow
    @click.option("--no-check", is_flag=True, help="Do not look at the account first.")
    @click.option("--anyway", is_flag=True, help="Add it also if it cannot be read.")
    @json_option
    @click.pass_context
    def add(
        context: click.Context,
        platform: str,
        target: str,
        authority: str,
        title: str,
        interval: int,
        schedule: str,
        options: tuple[str, ...],
        credential: Path | None,
        allow: tuple[str, ...],
        no_check: bool,
        anyway: bool,
        as_json: bool,
    ) -> None:
        """Add the account TARGET on PLATFORM, after a look at whether it can be read.

        Ends with 4 if it cannot and was not added. An account that exists may be added --anyway: it
        then stands in the archive with a gap, instead of not at all.

        \b
        Examples:
          diarkiv channel add wordpress https://nyheter.testkoping.example --authority KS
          diarkiv channel add feed https://testkoping.example/feed/ --authority KS
          diarkiv channel add wordpress http://10.0.0.5 --authority KS \\
              --credential wp.txt --allow-address 10.0.0.5:80
        """
        proposal = _proposal(desk().channels, platform, target, credential, allow, options)
        desk().channels.authority(authority)
        desk().channels.not_there(platform, desk().channels.proposed(proposal)[0])
        found = None if no_check else _looked(desk(), proposal, quiet=as_json)
        seen = _seen(desk(), found, interval, as_json=as_json)
        if "said" in seen:
            say(str(seen.pop("said")))
        if found is not None and found.status is not ControlStatus.OK and not anyway:
            if as_json:
                show(True, {"added": False, **seen}, str)
            else:
                say("It was not added. Mend what stands above, or add it all the same: --anyway.")
            context.exit(_code(found))
        one = desk().channels.add_channel(
            platform,
            target,
            authority=authority,
            title=title or (found.name if found else ""),
            interval=interval,
            credential=proposal.credential,
            allow=allow,
            options=proposal.options,
            schedule=schedule,
        )
        row = channel_row(one) | seen
        show(as_json, row, lambda: f"C{one.seq} {one.platform} {one.url}")
        if not as_json:
            say(f"Harvest it with `diarkiv harvest C{one.seq}`.")


def _check(group: click.Group, desk: Callable[[], Desk]) -> None:
    @group.command("check")
    @click.argument("platform", metavar="PLATFORM|ID")
    @click.argument("target", required=False)
    @_interval
    @_option
    @_credential
    @_allow
    @json_option
    @click.pass_context
    def check(
        context: click.Context,
        platform: str,
        target: str | None,
        interval: int,
        options: tuple[str, ...],
        credential: Path | None,
        allow: tuple[str, ...],
        as_json: bool,
    ) -> None:
        """Look at an account, or again at a channel: can it be read, what is seen, what is not, and
        how many requests a day that takes. Nothing is stored.

        Ends with 0 if all of it can be read, 1 if a list cannot, 4 if the account cannot.

        \b
        Examples:
          diarkiv channel check wordpress https://nyheter.testkoping.example
          diarkiv channel check C17
        """
        if target is None:
            one = desk().channels.channel(platform if re.match(r"[Cc]\d", platform) else "")
            known = desk().channels.target(one)
            proposal = Proposal(
                platform=one.platform,
                target=one.url,
                credential=known.credential,
                allow=one.allow,
                options=one.options,
            )
            interval = one.interval
        else:
            proposal = _proposal(desk().channels, platform, target, credential, allow, options)
        found = _looked(desk(), proposal, quiet=as_json)
        seen = _seen(desk(), found, interval, as_json=as_json)
        show(as_json, seen["check"], lambda: str(seen["said"]))
        context.exit(_code(found))


def _login(group: click.Group, desk: Callable[[], Desk]) -> None:
    @group.command("credential")
    @click.argument("id")
    @click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
    @json_option
    def credential(id: str, file: Path | None, as_json: bool) -> None:
        """Give a channel a new login from FILE (user name and application password on two lines, or
        a token on one; - = standard input). Without FILE it asks, and shows nothing of what is
        typed. The old one is forgotten; neither is ever shown.

        A line more is the secret by which the platform signs its push messages.

        \b
        Examples:
          diarkiv channel credential C17
          diarkiv channel credential C17 wp.txt
        """
        one = desk().channels.channel(id)
        login = desk().channels.connector(one.platform).capabilities.login
        given = _asked(login) if file is None else _read_credential(file, login)
        desk().channels.set_credential(one, given)
        show(as_json, {"id": f"C{one.seq}", "login": "replaced"}, str)
        if not as_json:
            say(f"C{one.seq} has a new login. Try it with `diarkiv channel check C{one.seq}`.")


# --- parts ---------------------------------------------------------------------------------------


def _proposal(
    channels: Channels,
    platform: str,
    target: str,
    credential: Path | None,
    allow: tuple[str, ...],
    options: tuple[str, ...],
) -> Proposal:
    login = channels.connector(platform).capabilities.login
    return Proposal(
        platform=platform,
        target=target,
        credential=_read_credential(credential, login) if credential else None,
        allow=allow,
        options=pairs(options),
    )


def _looked(desk: Desk, proposal: Proposal, *, quiet: bool) -> CheckResult:
    with progress_bar("check", quiet=quiet) as tell:
        progress: Progress = lambda done, total, _what: tell(done, total)  # noqa: E731
        return desk.check(proposal, progress)


def _seen(
    desk: Desk, found: CheckResult | None, interval: int, *, as_json: bool
) -> dict[str, object]:
    """What was found as data; where a person reads, it is also said."""
    if found is None:
        return {}
    rates = desk.channels.connector(found.platform).capabilities.rates
    schedules = list(desk.schedules.values())
    words = "" if as_json else report.in_words(found, schedules, interval, rates, desk.now())
    data: dict[str, object] = {"check": report.as_data(found, schedules, interval, rates)}
    return data if as_json else data | {"said": words}


def _code(found: CheckResult) -> int:
    if found.status is not ControlStatus.OK:
        return _UNREADABLE
    return 0 if found.readable else _PARTLY


def _asked(login: Login) -> Credential:
    """The login as somebody types it, unseen."""
    user = click.prompt("User name", err=True) if login is Login.BASIC else ""
    what = "Application password" if login is Login.BASIC else "Access token"
    secret = "" if login is Login.NONE else click.prompt(what, hide_input=True, err=True)
    return logins.parse(f"{user}\n{secret}", login)


def _read_credential(path: Path, login: Login) -> Credential:
    """A login from a file or standard input; says nothing of what it read."""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The credential file {path} cannot be read.") from error
    return logins.parse(text, login)
