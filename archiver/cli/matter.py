"""Matters that are taken through steps, at the terminal: listed, shown, told after each step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import click

from archiver.cli.output import json_option, show, table_of
from archiver.core.access import LOCAL, Viewer


class Row(Protocol):
    """A row of a list."""

    @property
    def seq(self) -> int: ...


class Desk(Protocol):
    """Where matters of one kind are worked on."""

    def list(self, viewer: Viewer, *, closed: bool = False) -> Sequence[Row]: ...

    def get(self, viewer: Viewer, seq: int) -> object: ...


At = TypeVar("At", bound=Desk)


@dataclass(frozen=True, slots=True)
class Told(Generic[At]):
    """How one kind of matter is told. `name`: what one is called in English; `group`: the commands
    these are part of; `fields`: one as data, of which `listed` stand in lists; `words`: those
    fields in words."""

    name: str
    group: str
    desk: Callable[[], At]
    fields: Callable[[At, Any], Mapping[str, Any]]  # whichever that desk has
    words: Callable[[Mapping[str, Any]], str]
    listed: Sequence[str]

    def tell(self, as_json: bool, seq: int, words: str = "") -> None:
        """Print where one stands now; `words`: a sentence with fields in braces, else all of it."""
        desk = self.desk()
        row = self.fields(desk, desk.get(LOCAL, seq))
        show(as_json, row, lambda: words.format_map(row) if words else self.words(row))

    def list_command(self, clocks: str) -> click.Command:
        """The command that lists them. `clocks`: what is said of them in its help."""
        help_ = f"List {self.name}s, the oldest first, {clocks}"

        @click.command("list", help=f"{help_}\n\n\b\nExample:\n  diarkiv {self.group} list\n")
        @click.option("--all", "closed", is_flag=True, help="Closed ones too.")
        @json_option
        def list_(closed: bool, as_json: bool) -> None:
            desk = self.desk()
            found = [desk.get(LOCAL, row.seq) for row in desk.list(LOCAL, closed=closed)]
            told = [self.fields(desk, one) for one in found]
            rows = [{name: one[name] for name in self.listed} for one in told]
            none = f"There are no {self.name}s."
            show(as_json, rows, lambda: table_of(f"{self.name.title()}s", rows, none))

        return list_

    def show_command(self, number: int) -> click.Command:
        """The command that shows one. `number`: of the example."""
        article = "an" if self.name[0] in "aeiou" else "a"
        help_ = f"Show {article} {self.name}, its steps, and which may follow."
        example = f"diarkiv {self.group} show {number} --json"

        @click.command("show", help=f"{help_}\n\n\b\nExample:\n  {example}\n")
        @click.argument("seq", metavar=self.name.upper(), type=int)
        @json_option
        def show_(seq: int, as_json: bool) -> None:
            self.tell(as_json, seq)

        return show_


def in_words(begins: Sequence[str], row: Mapping[str, Any], when: str) -> str:
    """A matter in words: how it begins, its steps (`when` they were taken), what may follow."""
    steps = [f"  {one[when]}  {one['step']}" for one in row["steps"]]
    until = row.get("appeal_until")
    appeal = [f"An appeal is in time until {until}."] if until else []
    follows = f"May follow: {', '.join(row['next']) or 'nothing'}."
    return "\n".join((*begins, *steps, *appeal, follows))
