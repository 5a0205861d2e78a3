"""`diarkiv harvest` and `diarkiv coverage`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import click

from archiver.cli.output import json_option, progress_bar, say, show, table_of
from archiver.cli.when import swedish_time
from archiver.core.channel import Channel
from archiver.core.reason import remedy
from archiver.errors import ConfigError, DiarkivError
from archiver.harvest.completeness import Status
from archiver.harvest.service import Progress, RunResult


class Harvesting(Protocol):
    """What the commands need of the application."""

    def pick(self, names: Sequence[str], *, due: bool) -> list[Channel]:
        """The channels of these numbers, those that are due, or all."""
        ...

    def run(
        self, channels: Sequence[Channel], progress: Callable[[Channel], Progress]
    ) -> list[dict[str, Any]]:
        """Harvest here if no worker runs, else ask the worker and follow it; a row a run."""
        ...

    def coverage(self, channels: Sequence[Channel], limit: int) -> list[dict[str, Any]]:
        """Newest coverage lines of the channels, newest first."""
        ...


COUNTS = ("seen", "created", "changed", "unchanged", "missing", "bad")
_STATUS_OF_CODE = {0: Status.COMPLETE, 4: Status.GAP}


def requested_row(channel: int, counts: Mapping[str, int]) -> dict[str, Any]:
    """A run that the worker did for us as a row; its reasons are in `diarkiv coverage`."""
    status = _STATUS_OF_CODE.get(counts["exit_code"], Status.PARTIAL)
    return {
        "channel": f"C{channel}",
        "run": counts.get("run"),
        "status": status.value,
        **{name: counts.get(name, 0) for name in COUNTS},
        "reasons": {},
    }


def failed_row(channel: Channel, error: DiarkivError) -> dict[str, Any]:
    """A channel whose run could not begin: nothing was recorded, the error says why."""
    return {
        "channel": f"C{channel.seq}",
        "run": None,
        "status": Status.GAP.value,
        "requests": 0,
        **dict.fromkeys(COUNTS, 0),
        "reasons": {"": f"{error.code}: {error}"},
    }


def run_row(channel: Channel, result: RunResult) -> dict[str, Any]:
    """One run as a row: counts are items, reasons are codes per collection."""
    return {
        "channel": f"C{channel.seq}",
        "run": result.seq,
        "status": result.status.value,
        "requests": result.requests,
        **{name: result.count(name) for name in COUNTS},
        "reasons": {
            tally.collection.name: tally.reason.value
            for tally in result.tallies
            if tally.reason.value
        },
    }


def exit_code_of(rows: Sequence[dict[str, Any]]) -> int:
    """0 all complete, 4 nothing could be seen anywhere, 1 otherwise."""
    statuses = {row["status"] for row in rows}
    if statuses <= {Status.COMPLETE.value}:
        return 0
    return 4 if statuses == {Status.GAP.value} else 1


def commands(service: Callable[[], Harvesting]) -> Sequence[click.Command]:
    """The commands, over what the composition root gives."""
    return (_harvest(service), _coverage(service))


def _harvest(service: Callable[[], Harvesting]) -> click.Command:
    @click.command("harvest")
    @click.argument("ids", nargs=-1, metavar="[ID]...")
    @click.option("--due", is_flag=True, help="Only the channels whose interval has passed.")
    @click.option("--all", "every", is_flag=True, help="Every channel.")
    @json_option
    @click.pass_context
    def harvest(
        context: click.Context, ids: tuple[str, ...], due: bool, every: bool, as_json: bool
    ) -> None:
        """Harvest channels now: read, compare, seal what is new, record what could not be seen.

        Ends with 0 when everything was seen, 1 when there are gaps (they are recorded), 4 when no
        channel could be read at all. Beside a running worker, the worker does it.

        \b
        Examples:
          diarkiv harvest C17
          diarkiv harvest --due
          diarkiv harvest --all --json
        """
        if sum((bool(ids), due, every)) != 1:
            raise ConfigError(
                "Say which channels.", remedy="Give their numbers (C17), --due or --all."
            )
        channels = service().pick(ids, due=due)
        with progress_bar("harvest", quiet=as_json) as tell:

            def progress(channel: Channel) -> Progress:
                del channel
                return lambda _collection, seen, expected: tell(seen, expected or seen)

            rows = service().run(channels, progress)
        flat = [{**row, "reasons": _words(row["reasons"])} for row in rows]
        show(as_json, rows, lambda: table_of("Runs", flat, "No channel to harvest."))
        code = exit_code_of(rows)
        if code and not as_json:
            say("Some of it could not be seen. It is recorded as a gap (`diarkiv coverage`).")
            for reason in dict.fromkeys(r for row in rows for r in row["reasons"].values()):
                say(f"{reason}: {remedy(reason)}" if remedy(reason) else reason)
        context.exit(code)

    return harvest


def _coverage(service: Callable[[], Harvesting]) -> click.Command:
    @click.command("coverage")
    @click.argument("ids", nargs=-1, metavar="[ID]...")
    @click.option("--limit", default=50, show_default=True, help="At most so many lines.")
    @json_option
    def coverage(ids: tuple[str, ...], limit: int, as_json: bool) -> None:
        """Show what was looked at, when, and what could not be seen.

        \b
        Examples:
          diarkiv coverage C17
          diarkiv coverage --json --limit 1000
        """
        rows = service().coverage(service().pick(ids, due=False), limit)
        flat = [
            {**row, "since": swedish_time(row["since"]), "until": swedish_time(row["until"])}
            for row in rows
        ]
        show(as_json, rows, lambda: table_of("Coverage", flat, "Nothing was harvested yet."))

    return coverage


def _words(reasons: dict[str, str]) -> str:
    return ", ".join(f"{name}: {reason}" for name, reason in reasons.items())
