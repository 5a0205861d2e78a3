"""What every command has in common: `--json`, tables, progress on long work, and exit codes.

Data goes to standard output, words about the work to standard error, so that `--json` can be piped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from archiver.core.verdict import visible
from archiver.errors import DiarkivError

_PIPE_WIDTH = 240
json_option = click.option("--json", "as_json", is_flag=True, help="Answer with JSON.")

Option: TypeAlias = Callable[[Callable[..., None]], Callable[..., None]]


def with_options(options: Sequence[Option]) -> Option:
    """A decorator that gives a command all of these options, in this order."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def say(words: str) -> None:
    """A sentence for the person at the terminal."""
    click.echo(words, err=True)


def show(as_json: bool, data: object, table: Callable[[], Table | str]) -> None:
    """Print `data` as JSON, or the table made from it."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, default=str))
        return
    made = table()
    if isinstance(made, str):
        click.echo(visible(made))
    else:
        width = None if Console().is_terminal else _PIPE_WIDTH  # a pipe has no edge
        Console(width=width).print(made)


def table_of(title: str, rows: Sequence[Mapping[str, object]], empty: str) -> Table | str:
    """Rows as a table, one column per key of the first; `empty` where there are none."""
    if not rows:
        return empty
    table = Table(title=title, title_justify="left", header_style="bold", box=None)
    for name in rows[0]:
        table.add_column(name)
    for row in rows:
        # Text, not str: what was harvested must not be read as mark-up.
        table.add_row(*(Text("" if v is None else visible(str(v))) for v in row.values()))
    return table


@contextmanager
def progress_bar(title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, told (done, total); nothing when quiet or not at a terminal."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
    )
    shown = not quiet and console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not shown) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def report_error(error: DiarkivError, *, as_json: bool) -> int:
    """Print an error and what to do; its exit code."""
    if as_json:
        fields = {"error": error.code, "message": error.message, "remedy": error.remedy}
        click.echo(json.dumps(fields, ensure_ascii=False))
    else:
        click.secho(error.message, fg="red", err=True)
        if error.remedy:
            say(error.remedy)
    return error.exit_code
