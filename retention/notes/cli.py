"""`diarkiv retention event`: events that no table tells, as a person notes them."""

from __future__ import annotations

from collections.abc import Callable

import click

from archiver.cli.output import json_option, show, table_of
from archiver.cli.records import number
from archiver.core.access import LOCAL
from archiver.errors import ConfigError
from archiver.registry.cli_asked import day_of
from retention.cli_asked import SAY, Home, code_of, confirm_option, only_shown, today
from retention.core.schedule import TriggerName
from retention.core.vocabulary import TRIGGERS
from retention.notes.noted import NotedOf


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, to be attached to `diarkiv retention`."""

    @click.group("event")
    def event() -> None:
        """Events that a period runs from and that nobody but a person knows: a project that ended,
        a decision that became final.

        \b
        Example:
          diarkiv retention event list
        """

    event.add_command(_note(home))
    event.add_command(_list(home))
    return event


def _note(home: Callable[[], Home]) -> click.Command:
    @click.command("note")
    @click.argument("trigger")
    @click.argument("subjects", nargs=-1, required=True, metavar="R4711... | C12...")
    @click.option("--on", metavar="DAY", help="The day it happened.")
    @click.option("--take-back", is_flag=True, help="It has not happened after all.")
    @click.option("--note", default="", help="In words.")
    @confirm_option
    @json_option
    def note(
        trigger: str,
        subjects: tuple[str, ...],
        on: str | None,
        take_back: bool,
        note: str,
        confirm: bool,
        as_json: bool,
    ) -> None:
        """Note that an event happened to records, or to whole channels: project_closed,
        block_lifted, decision_final, declared_inactive or transfer_receipted.

        \b
        Examples:
          diarkiv retention event note project_closed C12 --on 2026-10-31 --confirm
          diarkiv retention event note declared_inactive R4711 R4712 --on 2026-11-22 --confirm
          diarkiv retention event note declared_inactive R4711 --take-back --confirm
        """
        name, day = TriggerName(code_of(TRIGGERS, trigger)), day_of(on)
        if take_back != (day is None):
            raise ConfigError("Give either --on with a day, or --take-back.")
        of = NotedOf.CHANNEL if subjects[0][:1] in "Cc" else NotedOf.RECORD
        letter = "C" if of is NotedOf.CHANNEL else "R"
        numbers = [number(one, letter) for one in subjects]
        notes = home().event_notes
        if confirm:
            made = notes.note(LOCAL, name, of, numbers, on=day, note=note)
        else:
            notes.check(LOCAL, name, of, numbers, on=day, today=today(home()))
            made = []
        fields = {"noted": confirm, "entries": made, "trigger": name.value, "on": on}
        what = "is taken back" if take_back else f"happened on {on}"
        told = f"{TRIGGERS[name].say(SAY)} {what}: {len(set(numbers))} {of.value}s."
        show(as_json, fields, lambda: told)
        only_shown(confirm)

    return note


def _list(home: Callable[[], Home]) -> click.Command:
    @click.command("list")
    @click.option("--trigger", help="Only this event.")
    @click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
    @json_option
    def list_(trigger: str | None, limit: int, as_json: bool) -> None:
        """List what was noted, newest first.

        \b
        Example:
          diarkiv retention event list --trigger project_closed --limit 10
        """
        name = TriggerName(code_of(TRIGGERS, trigger)) if trigger else None
        rows = [
            {
                "entry": one.seq,
                "trigger": one.trigger.value,
                "of": one.of.value,
                "subjects": ", ".join(
                    f"{'C' if one.of is NotedOf.CHANNEL else 'R'}{seq}" for seq in one.subjects
                ),
                "on": one.on.isoformat() if one.on else None,
                "note": one.note,
                "actor": one.actor,
            }
            for one in home().event_notes.list(LOCAL, trigger=name, limit=limit)
        ]
        show(as_json, rows, lambda: table_of("Noted", rows, "Nothing was noted."))

    return list_
