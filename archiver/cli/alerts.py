"""`diarkiv alert`: who is told when something is wrong, and by which ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import click

from archiver.cli.output import json_option, say, show, table_of
from archiver.cli.when import swedish_time
from archiver.core.alert import Severity
from archiver.core.ports import Clock
from archiver.db.notices import Notices
from archiver.errors import ConfigError
from archiver.notify.duty import checked_address
from archiver.notify.service import Alerts

_NO_WAY = "No way to tell anybody is set up: set smtp_url and smtp_from, or alert_webhook."


class AlertDesk(Protocol):
    """What the commands need of the application."""

    @property
    def alerts(self) -> Alerts: ...

    @property
    def notices(self) -> Notices: ...

    @property
    def clock(self) -> Clock: ...


def commands(desk: Callable[[], AlertDesk]) -> Sequence[click.Command]:
    """The commands, over what the composition root gives."""

    @click.group("alert")
    def group() -> None:
        """Alerts: who is told when something is wrong."""

    for one in (_add, _remove, _list, _test, _check):
        group.add_command(one(desk))
    return (group,)


def _add(desk: Callable[[], AlertDesk]) -> click.Command:
    @click.command("add")
    @click.argument("address")
    @json_option
    def add(address: str, as_json: bool) -> None:
        """Send alerts by e-mail to ADDRESS too. A shared mailbox is better than a person's.

        The address is kept encrypted, outside the archive.

        \b
        Example:
          diarkiv alert add registrator@testkoping.example
        """
        try:
            checked_address(address)
        except ValueError as error:
            raise ConfigError("That is no e-mail address.") from error
        if address in [one.address for one in desk().notices.recipients()]:
            raise ConfigError("That address gets the alerts already.")
        number = desk().notices.add_recipient(address)
        show(as_json, {"id": number}, lambda: f"Recipient {number} is added.")
        if not as_json:
            say("Try it with `diarkiv alert test`.")

    return add


def _remove(desk: Callable[[], AlertDesk]) -> click.Command:
    @click.command("remove")
    @click.argument("number", type=int)
    @json_option
    def remove(number: int, as_json: bool) -> None:
        """Send no more alerts to recipient NUMBER; the address is forgotten.

        \b
        Example:
          diarkiv alert remove 2
        """
        desk().notices.remove_recipient(number)
        show(as_json, {"id": number}, lambda: f"Recipient {number} is forgotten.")

    return remove


def _list(desk: Callable[[], AlertDesk]) -> click.Command:
    @click.command("list")
    @json_option
    def list_(as_json: bool) -> None:
        """Show the ways, the recipients, the alerts that stand, and what waits to be sent.

        \b
        Example:
          diarkiv alert list
        """
        backlog = desk().alerts.backlog()
        people = [one._asdict() for one in desk().notices.recipients()]
        standing = [one._asdict() for one in desk().notices.standing()]
        data = {
            "ways": list(desk().alerts.ways),
            "recipients": people,
            "standing": standing,
            "waiting": backlog.waiting,
            "failing": backlog.failing,
            "failure": backlog.failure,
        }
        show(as_json, data, lambda: table_of("Recipients", people, "No recipient yet."))
        if as_json:
            return
        flat = [
            {
                "alert": row["kind"],
                "channel": "" if row["channel"] is None else f"C{row['channel']}",
                "severity": row["severity"],
                "since": swedish_time(row["since"]),
                "told": swedish_time(row["told_at"]),
            }
            for row in standing
        ]
        show(False, flat, lambda: table_of("Alerts that stand", flat, "No alert stands."))
        say(f"Ways: {', '.join(desk().alerts.ways)}." if desk().alerts.ways else _NO_WAY)
        if backlog.failing:
            say(f"{backlog.failing} messages wait; the newest try failed: {backlog.failure}.")

    return list_


def _test(desk: Callable[[], AlertDesk]) -> click.Command:
    @click.command("test")
    @click.option("--urgent", is_flag=True, help="As if it were urgent: also to who is on duty.")
    @json_option
    @click.pass_context
    def test(context: click.Context, urgent: bool, as_json: bool) -> None:
        """Send a test by every way, at once. Ends with 1 if one of them fails.

        \b
        Examples:
          diarkiv alert test
          diarkiv alert test --urgent
        """
        if not desk().alerts.ways:
            raise ConfigError(_NO_WAY)
        severity = Severity.URGENT if urgent else Severity.ORDINARY
        outcome = desk().alerts.test(desk().clock.now(), severity)
        rows = [{"way": way, "outcome": error or "sent"} for way, error in outcome.items()]
        show(as_json, rows, lambda: table_of("Test", rows, ""))
        context.exit(1 if any(outcome.values()) else 0)

    return test


def _check(desk: Callable[[], AlertDesk]) -> click.Command:
    @click.command("check")
    @json_option
    @click.pass_context
    def check(context: click.Context, as_json: bool) -> None:
        """Look at how the home stands and send what is to be said, once.

        The worker does this each minute. Let a timer run it too, so that somebody is told when the
        worker itself is silent. Ends with 1 if a message could not be sent; it is kept.

        \b
        Example:
          diarkiv alert check
        """
        if not desk().alerts.ways:
            raise ConfigError(_NO_WAY)
        done = desk().alerts.tick(desk().clock.now())
        row = {"said": done.said, "sent": done.sent, "failed": done.failed}
        show(as_json, row, lambda: f"{done.sent} sent, {done.failed} failed.")
        context.exit(1 if done.failed else 0)

    return check
