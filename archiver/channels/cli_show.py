"""`diarkiv authority`, and `diarkiv channel list`, `show` and `platforms`: what there is."""

from __future__ import annotations

from collections.abc import Callable

import click

from archiver.channels.desk import Desk, channel_row
from archiver.channels.service import Channels, Happening
from archiver.cli.output import json_option, say, show, table_of
from archiver.cli.when import swedish_time
from archiver.core.channel import Authority, Channel


def authority_group(channels: Callable[[], Channels]) -> click.Group:
    """The group, over the service."""

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


def add_commands(group: click.Group, desk: Callable[[], Desk]) -> None:
    """Attach the commands to `diarkiv channel`."""

    @group.command("list")
    @json_option
    def list_(as_json: bool) -> None:
        """List the channels.

        \b
        Example:
          diarkiv channel list
        """
        rows = [channel_row(one) for one in desk().channels.channels()]
        names = ("id", "platform", "title", "url", "schedule", "interval", "state")
        flat = [{name: row[name] for name in names} for row in rows]
        show(as_json, rows, lambda: table_of("Channels", flat, "No channel yet."))

    @group.command("show")
    @click.argument("id")
    @json_option
    def show_(id: str, as_json: bool) -> None:
        """Show the channel ID: how it is set up, its login's health, and every change of it.

        \b
        Example:
          diarkiv channel show C17
        """
        one = desk().channels.channel(id)
        data = _shown(desk(), one)
        show(as_json, data, lambda: _shown_words(data))

    @group.command("platforms")
    @json_option
    def platforms(as_json: bool) -> None:
        """List the platforms: what each of them can show, its login, its options and its limits.

        \b
        Example:
          diarkiv channel platforms
        """
        rows = [
            {
                "platform": one.platform,
                "name": one.title,
                "login": one.capabilities.login.value or "none",
                "login_needed": one.capabilities.needs_credential,
                "edits": one.capabilities.edits,
                "deletes": one.capabilities.deletes,
                "moderation": one.capabilities.moderation,
                "history": one.capabilities.history,
                "options": {o.name: o.help for o in one.options},
                "limits": [f"{r.requests} in {r.seconds:g} s" for r in one.capabilities.rates],
            }
            for one in desk().channels.platforms()
        ]
        flat = [{**row, **{k: _list_words(row[k]) for k in ("options", "limits")}} for row in rows]
        data = {"platforms": rows, "schedules": list(desk().schedules)}
        show(as_json, data, lambda: table_of("Platforms", flat, "No platform."))
        if not as_json:
            say(f"Schedules: {', '.join(desk().schedules)}")


def _shown(desk: Desk, one: Channel) -> dict[str, object]:
    health = desk.login_health(one.seq)
    return {
        **channel_row(one),
        "login": None
        if health is None
        else {
            "entered_at": health.entered_at,
            "last_ok_at": health.last_ok_at,
            "expires_at": health.expires_at,
            "scopes": list(health.scopes),
            "refused": health.refused,
        },
        "not_seen": sorted(
            blind.value
            for blind in desk.channels.connector(one.platform).blind(desk.channels.target(one))
        ),
        "changes": [_change_row(event) for event in desk.channels.history(one)],
    }


def _change_row(event: Happening) -> dict[str, object]:
    return {
        "at": event.at,
        "actor": event.actor,
        "what": "added" if event.added else "changed",
        "fields": dict(event.fields),
    }


def _shown_words(data: dict[str, object]) -> str:
    lines = []
    for name, value in data.items():
        if name == "changes":
            lines.append("changes:")
            for row in value:  # type: ignore[attr-defined]
                fields = ", ".join(f"{k} = {v}" for k, v in row["fields"].items())
                lines.append(f"  {swedish_time(row['at'])} {row['what']}: {fields}")
        else:
            lines.append(f"{name}: {_list_words(value)}")
    return "\n".join(lines)


def _list_words(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {one}" for name, one in value.items() if one)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _authority_row(one: Authority) -> dict[str, object]:
    return {"id": f"A{one.seq}", "code": one.code, "name": one.name}
