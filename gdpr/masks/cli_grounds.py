"""`diarkiv gdpr grounds`: the sections that masks can rest on, and an authority's own list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.output import json_option, say, show, table_of
from archiver.core.access import LOCAL
from gdpr.masks.own_grounds import Held
from gdpr.masks.service import Masks

_authority = click.option("--authority", required=True, metavar="CODE", help="Whose (KS).")


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def masks(self) -> Masks: ...

    @property
    def channels(self) -> Channels: ...


def group(home: Callable[[], Home]) -> click.Group:
    """The commands, to be attached to `diarkiv gdpr`."""

    @click.group("grounds")
    def grounds() -> None:
        """Grounds of secrecy: those that ship, and an authority's own list laid over them.

        \b
        Examples:
          diarkiv gdpr grounds list --authority KS
          diarkiv gdpr grounds import ks.toml --authority KS
        """

    for one in (_import, _list, _export, _history):
        grounds.add_command(one(home))
    return grounds


def _import(home: Callable[[], Home]) -> click.Command:
    @click.command("import")
    @click.argument(
        "file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
    )
    @_authority
    @json_option
    def import_(file: Path, authority: str, as_json: bool) -> None:
        """Set an authority's own list from a FILE: all of it, or nothing and what is wrong, row by
        row.

        Its rows are added to those that ship, or replace those of the same clause. An empty file
        goes back to what ships. What held before stays in the log, and masks keep the sections they
        were set with.

        \b
        Example:
          diarkiv gdpr grounds import ks.toml --authority KS
        """
        owner = home().channels.authority(authority).seq
        held = home().masks.own_grounds.set(LOCAL, owner, file.read_bytes())
        own = sum(one.own for one in held.picklist)
        show(
            as_json,
            {"authority": authority, "own": own, "entry": held.own.seq if held.own else None},
            lambda: f"{authority} has {own} rows of its own.",
        )

    return import_


def _list(home: Callable[[], Home]) -> click.Command:
    @click.command("list")
    @_authority
    @json_option
    def list_(authority: str, as_json: bool) -> None:
        """List every ground that holds for an authority, where it is from, and whether it can be
        cited as the authority's own.

        \b
        Example:
          diarkiv gdpr grounds list --authority KS --json
        """
        owner = home().channels.authority(authority).seq
        held = home().masks.own_grounds.held(owner)
        activities = home().masks.activities(LOCAL, owner)
        if held.problem:
            say(f"The authority's own list cannot be used with this release: {held.problem}")
        rows = [
            {
                "clause": str(one.clause),
                "topic": one.topic.sv,
                "within": ", ".join(sorted(one.activities)),
                "harm": one.harm.value,
                "years": one.years,
                "certainty": one.certainty.value,
                "citable": one.is_within(activities),
                "from": _origin(held) if one.own else "shipped",
            }
            for one in sorted(held.picklist, key=lambda one: one.clause)
        ]
        show(as_json, rows, lambda: table_of("Grounds", rows, "There are none."))

    return list_


def _export(home: Callable[[], Home]) -> click.Command:
    @click.command("export")
    @_authority
    @click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path))
    @json_option
    def export(authority: str, output: Path | None, as_json: bool) -> None:
        """Write an authority's own list as it was imported; without -o to standard output.

        \b
        Example:
          diarkiv gdpr grounds export --authority KS -o ks.toml
        """
        own = home().masks.own_grounds.held(home().channels.authority(authority).seq).own
        text = own.text if own else ""
        if output is not None:
            output.write_text(text, "utf-8")
        fields = {"authority": authority, "entry": own.seq if own else None, "text": text}
        show(as_json, fields, lambda: f"Written to {output}." if output else text)

    return export


def _history(home: Callable[[], Home]) -> click.Command:
    @click.command("history")
    @_authority
    @json_option
    def history(authority: str, as_json: bool) -> None:
        """List every list that an authority has set, the newest first.

        \b
        Example:
          diarkiv gdpr grounds history --authority KS
        """
        found = home().masks.own_grounds.history(LOCAL, home().channels.authority(authority).seq)
        rows = [
            {"entry": one.seq, "at": _at(one.at), "actor": one.actor, "characters": len(one.text)}
            for one in found
        ]
        show(as_json, rows, lambda: table_of("Lists", rows, "There are none."))

    return history


def _origin(held: Held) -> str:
    return f"own, {_at(held.own.at)[:10]}" if held.own else "own"


def _at(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
