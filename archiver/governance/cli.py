"""`diarkiv lifecycle`: initiatives from the terminal, answered in Swedish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import click

from archiver.cli.output import json_option, show, table_of, with_options
from archiver.cli.person import person, user_option
from archiver.core.access import LOCAL
from archiver.governance import cli_acts, cli_checklist
from archiver.governance.accounts import cli as account_cli
from archiver.governance.audit import cli as audit_cli
from archiver.governance.cli_asked import NUMBER, Channel, Day, Home, command, tell
from archiver.governance.core.acts import Opened
from archiver.governance.moderation import cli as moderation_cli
from archiver.governance.upkeep import cli as upkeep_cli

_OPEN = (
    click.option("--authority", required=True, metavar="CODE", help="Whose it is (KS)."),
    click.option("--title", required=True, help="What it is called."),
    click.option("--platform", "platforms", multiple=True, required=True, help="One or more."),
    click.option(
        "--channel", "channels", type=Channel(), multiple=True, help="Accounts there are."
    ),
    click.option("--live-since", type=Day(), help="In use since (i drift sedan), if it is."),
    click.option("--owner", default="", help="Who sees to it."),
    user_option,
    json_option,
)
_DECIDE: Sequence[Any] = (*cli_acts.DECIDE_OPTIONS, user_option, json_option)


def commands(home: Callable[[], Home]) -> Sequence[click.Command]:
    """The commands, over what the composition root gives."""

    @click.group("lifecycle")
    def lifecycle() -> None:
        """Initiatives (kanalsatsningar): eight steps, a gate at the decision, in cycles.

        \b
        Examples:
          diarkiv lifecycle open --authority KS --title "Kommunens sida" --platform facebook
          diarkiv lifecycle show 5120
          diarkiv lifecycle step 5120 1
        """

    for one in (_open, _list, _show, _send, _underlag, _decide, _control, _covering):
        lifecycle.add_command(one(home))
    for doing in cli_acts.LIFECYCLE:
        lifecycle.add_command(command(home, doing))
    lifecycle.add_command(moderation_cli.group(home))
    lifecycle.add_command(account_cli.group(home))
    lifecycle.add_command(upkeep_cli.group(home))
    return (lifecycle, cli_checklist.group(home), audit_cli.group(home))


def _open(home: Callable[[], Home]) -> click.Command:
    @click.command("open")
    @with_options(_OPEN)
    def open_(authority: str, user: str | None, as_json: bool, **given: Any) -> None:
        """Open an initiative. What is in use already is harvested as before, and is a deviation
        until it is approved.

        \b
        Examples:
          diarkiv lifecycle open --authority KS --title "Kommunens sida" --platform facebook
          diarkiv lifecycle open --authority KS --title "Bibliotekets sida" --platform facebook \\
            --channel C17 --live-since 2014-05-01
        """
        it = home()
        viewer = person(it.sign_in, user)
        said = Opened(
            authority=it.channels.authority(authority).seq, day=it.initiatives.today(), **given
        )
        seq = it.initiatives.open(viewer, said)
        tell(it.initiatives.get(LOCAL, seq), as_json=as_json)

    return open_


def _list(home: Callable[[], Home]) -> click.Command:
    @click.command("list")
    @click.option("--all", "closed", is_flag=True, help="Closed ones too.")
    @json_option
    def list_(closed: bool, as_json: bool) -> None:
        """List initiatives, the oldest first, with where each stands before the gate.

        \b
        Example:
          diarkiv lifecycle list --json
        """
        it = home().initiatives
        every = [it.get(LOCAL, row.seq) for row in it.list(LOCAL, closed=closed)]
        rows = [
            {
                "initiative": one.seq,
                "title": one.standing.opened.title,
                "cycle": one.standing.cycle,
                "step": one.standing.step,
                "gate": one.verdict.state.value,
                "remaining": len(one.verdict.remaining),
            }
            for one in every
        ]
        show(as_json, rows, lambda: table_of("Initiativ", rows, "Det finns inga initiativ."))

    return list_


def _show(home: Callable[[], Home]) -> click.Command:
    @click.command("show")
    @NUMBER
    @json_option
    def show_(initiative: int, as_json: bool) -> None:
        """Show an initiative: its step, the gate, what remains, checks, deviations, decisions.

        \b
        Example:
          diarkiv lifecycle show 5120
        """
        tell(home().initiatives.get(LOCAL, initiative), as_json=as_json)

    return show_


def _send(home: Callable[[], Home]) -> click.Command:
    @click.command("send")
    @NUMBER
    @with_options((user_option, json_option))
    def send(initiative: int, user: str | None, as_json: bool) -> None:
        """Freeze the underlag and note that it was sent to the body. Refused while anything
        remains.

        \b
        Example:
          diarkiv lifecycle send 5120
        """
        it = home()
        frozen = it.initiatives.send(person(it.sign_in, user), initiative)
        row = {"initiative": initiative, "digest": frozen.digest, "day": str(frozen.day)}
        show(as_json, row, lambda: f"Underlaget är fryst: {frozen.digest}")

    return send


def _underlag(home: Callable[[], Home]) -> click.Command:
    @click.command("underlag")
    @NUMBER
    @click.option("--digest", default="", help="Which; the newest if not said.")
    @json_option
    def underlag(initiative: int, digest: str, as_json: bool) -> None:
        """Write an underlag as it was sent: the same bytes, whatever has happened since.

        \b
        Example:
          diarkiv lifecycle underlag 5120 > underlag.json && sha256sum underlag.json
        """
        frozen, content = home().initiatives.frozen(LOCAL, initiative, digest)
        if as_json:
            show(as_json, dict(content), lambda: "")
        else:
            click.echo(frozen.snapshot.encode(), nl=False)

    return underlag


def _decide(home: Callable[[], Home]) -> click.Command:
    @click.command("decide")
    @NUMBER
    @with_options(_DECIDE)
    def decide(initiative: int, user: str | None, as_json: bool, **given: Any) -> None:
        """Record what the body decided. A decision without the underlag is recorded too, and opens
        no step.

        \b
        Example:
          diarkiv lifecycle decide 5120 --outcome bifall --body KS --held-on 2026-11-02 \\
            --paragraph "§ 201" --number "KS 2026/12" --snapshot 3f1c…
        """
        it = home()
        viewer = person(it.sign_in, user)
        authority = it.initiatives.get(viewer, initiative).standing.opened.authority
        said = cli_acts.decided(authority=authority, **given)
        tell(it.initiatives.take(viewer, initiative, said), as_json=as_json)

    return decide


def _control(home: Callable[[], Home]) -> click.Command:
    @click.command("control")
    @NUMBER
    @with_options((user_option, json_option))
    def control(initiative: int, user: str | None, as_json: bool) -> None:
        """Run the checks; what has come undone since the approval is recorded as deviations.

        \b
        Example:
          diarkiv lifecycle control 5120
        """
        it = home()
        tell(it.initiatives.control(person(it.sign_in, user), initiative), as_json=as_json)

    return control


def _covering(home: Callable[[], Home]) -> click.Command:
    @click.command("covering")
    @click.argument("channel", type=Channel())
    @click.option("--on", type=Day(), help="The day; today if not said.")
    @json_option
    def covering(channel: int, on: date | None, as_json: bool) -> None:
        """Say which approval covered a channel on a day.

        \b
        Example:
          diarkiv lifecycle covering C17 --on 2025-06-01
        """
        it = home().initiatives
        found = it.covering(LOCAL, channel=channel, day=on)
        row: dict[str, Any] = {"channel": f"C{channel}", "approval": None}
        if found:
            row |= {"approval": found.seq, "initiative": found.of, "kind": found.kind}
        told = (
            f"C{channel} omfattas av beslut {found.seq} i initiativ {found.of}."
            if found
            else f"Inget beslut omfattar C{channel} den dagen."
        )
        show(as_json, row, lambda: told)

    return covering
