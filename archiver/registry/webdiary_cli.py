"""`diarkiv webdiary`: decide what the web diarium shows, take down, publish, and serve it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.output import json_option, say, show
from archiver.core.access import LOCAL
from archiver.errors import ConfigError
from archiver.registry.core.entry import Direction
from archiver.registry.core.publication import Field, Ruling, Setting
from archiver.registry.publisher import Publisher
from archiver.registry.publishing import WebDiary

_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")  # of the environment, for the server


class Desk(Protocol):
    """What the commands need of the application."""

    @property
    def channels(self) -> Channels: ...

    @property
    def web_diary(self) -> WebDiary: ...

    @property
    def publisher(self) -> Publisher: ...


def commands(desk: Callable[[], Desk], file: Callable[[], Path]) -> Sequence[click.Command]:
    """The commands, over what the composition root gives."""

    @click.group("webdiary")
    def group() -> None:
        """The web diarium: what of the register everybody may read on the web. Off by default."""

    for one in (_set, _show, _publish, _withhold):
        group.add_command(one(desk))
    group.add_command(_serve(file))
    return (group,)


def _set(desk: Callable[[], Desk]) -> click.Command:
    @click.command("set")
    @click.argument("authority")
    @click.option("--on/--off", "on", default=None, help="Show it from now on, or nothing.")
    @click.option(
        "--decision",
        nargs=3,
        metavar="NUMBER DAY BODY",
        help="The authority's own decision that it rests on.",
    )
    @click.option(
        "--field", "fields", multiple=True, type=click.Choice([one.value for one in Field])
    )
    @click.option("--class", "classes", multiple=True, help="A record class that is shown.")
    @click.option(
        "--direction",
        "directions",
        multiple=True,
        type=click.Choice([one.value for one in Direction]),
    )
    @click.option("--days", type=click.IntRange(1, 3660), help="How many days back.")
    @click.option(
        "--bare/--not-bare",
        default=None,
        help="Also show, by number and day, that an entry exists whose title is not shown.",
    )
    @click.option("--takes-down", metavar="NAME", help="Who takes down; not shown.")
    @click.option("--contact", help="Where everybody turns to; shown.")
    @click.option("--description", type=click.Path(path_type=Path, dir_okay=False, exists=True))
    @click.option("--description-en", type=click.Path(path_type=Path, dir_okay=False, exists=True))
    @json_option
    def set_(authority: str, as_json: bool, **given: Any) -> None:
        """Decide what is shown of an AUTHORITY's register. What is not given stays as it was;
        --field, --class and --direction are given whole. The descriptions are text files.

        \b
        Examples:
          diarkiv webdiary set KS --decision "KS 2026/12" 2026-11-20 "Kommunstyrelsen" \\
            --field number --field day --field title --class Synpunkt --direction received \\
            --days 90 --takes-down "Bosse Granlund" --contact registrator@testkoping.example \\
            --description beskrivning.txt --on
          diarkiv webdiary set KS --off
        """
        app = desk()
        seq = app.channels.authority(authority).seq
        setting = _changed(app.web_diary.setting(LOCAL, seq), given)
        app.web_diary.set(LOCAL, setting)
        done = app.publisher.tick()
        data = _told(app.web_diary.setting(LOCAL, seq))
        show(as_json, data | {"shown": done.shown}, lambda: _lines(data))

    return set_


def _changed(setting: Setting, given: dict[str, Any]) -> Setting:
    """The setting with what was given."""
    new: dict[str, Any] = {
        name: given[name]
        for name in ("on", "days", "bare", "takes_down", "contact")
        if given[name] is not None
    }
    for option, name, kind in (
        ("fields", "fields", Field),
        ("classes", "record_classes", str),
        ("directions", "directions", Direction),
    ):
        if given[option]:
            new[name] = frozenset(kind(one) for one in given[option])
    if given["decision"]:
        number, day, body = given["decision"]
        new["ruling"] = Ruling(number=number, day=day, body=body)
    for name in ("description", "description_en"):
        if given[name] is not None:
            new[name] = _text(given[name])
    return replace(setting, **new)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "The description cannot be read.", remedy="Save it as text in UTF-8."
        ) from error


def _told(setting: Setting) -> dict[str, Any]:
    ruling = setting.ruling
    return {
        "authority": f"A{setting.authority}",
        "on": setting.on,
        "decision": f"{ruling.number}, {ruling.day}, {ruling.body}" if ruling else None,
        "fields": sorted(setting.fields),
        "record_classes": sorted(setting.record_classes),
        "directions": sorted(setting.directions),
        "days": setting.days,
        "bare": setting.bare,
        "takes_down": setting.takes_down,
        "contact": setting.contact,
        "description": setting.description,
        "description_en": setting.description_en,
    }


def _lines(data: dict[str, Any]) -> str:
    return "\n".join(f"{name:<15} {_in_words(value)}" for name, value in data.items())


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(str(one) for one in value) or "none"
    return "none" if value in (None, "", 0) else str(value)


def _show(desk: Callable[[], Desk]) -> click.Command:
    @click.command("show")
    @click.argument("authority")
    @click.option("--entry", type=int, help="Also say whether this entry is shown, or why not.")
    @json_option
    def show_(authority: str, entry: int | None, as_json: bool) -> None:
        """Show what is decided of an AUTHORITY's web diarium.

        \b
        Examples:
          diarkiv webdiary show KS
          diarkiv webdiary show KS --entry 4711 --json
        """
        app = desk()
        data = _told(app.web_diary.setting(LOCAL, app.channels.authority(authority).seq))
        if entry is not None:
            why = app.publisher.reason(LOCAL, entry)
            data["entry"] = "shown" if why is None else f"not shown: {why.value}"
        show(as_json, data, lambda: _lines(data))

    return show_


def _publish(desk: Callable[[], Desk]) -> click.Command:
    @click.command("publish")
    @click.option("--anew", is_flag=True, help="Make the whole database anew.")
    @json_option
    def publish(anew: bool, as_json: bool) -> None:
        """Bring the web diarium's database up to date now; the worker does so every 15 seconds.

        \b
        Example:
          diarkiv webdiary publish --anew
        """
        done = desk().publisher.tick(anew=anew)
        data = {"shown": done.shown, "written": done.written}
        show(as_json, data, lambda: f"{done.shown} entries are shown.")

    return publish


def _withhold(desk: Callable[[], Desk]) -> click.Command:
    @click.command("withhold")
    @click.argument("entry", type=int)
    @click.option("--reason", required=True, help="Why; kept in the log.")
    @click.option("--lift", is_flag=True, help="No longer withhold it.")
    @json_option
    def withhold(entry: int, reason: str, lift: bool, as_json: bool) -> None:
        """Take ENTRY down from the web diarium at once, or keep it from being shown. Its number
        stands at the end of its address there.

        \b
        Examples:
          diarkiv webdiary withhold 4711 --reason "Rubriken pekar ut en person"
          diarkiv webdiary withhold 4711 --reason "Prövad på nytt" --lift
        """
        app = desk()
        seq = app.web_diary.withhold(LOCAL, entry, reason=reason, lifted=lift)
        done = app.publisher.tick()
        data = {"entry": entry, "withheld": not lift, "event": seq, "shown": done.shown}
        words = f"{entry} is {'no longer withheld' if lift else 'not shown any more'}."
        show(as_json, data, lambda: words)

    return withhold


def _serve(file: Callable[[], Path]) -> click.Command:
    @click.command("serve")
    @click.option("--database", type=click.Path(path_type=Path, dir_okay=False), help="Its file.")
    @click.option("--port", type=int, default=8467, show_default=True, help="Port; 0 = any.")
    @json_option
    def serve(database: Path | None, port: int, as_json: bool) -> None:
        """Serve the web diarium on this machine's loopback, for a reverse proxy to pass on. With
        --database nothing of a home is needed or read; better run it so, as a user of its own.

        \b
        Examples:
          diarkiv webdiary serve
          diarkiv webdiary serve --database /srv/webdiarium/web.sqlite --port 8467
        """
        path = database or file()
        command = [sys.executable, "-m", "archiver.webdiary", "--database", str(path.absolute())]
        command += ["--port", str(port), *(["--json"] if as_json else [])]
        # Another program takes this one's place: nothing that was read or given stays with it.
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        say(f"Serving {path.name}.")
        os.execve(sys.executable, command, environment)  # noqa: S606 our own program

    return serve
