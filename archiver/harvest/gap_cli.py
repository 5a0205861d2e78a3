"""`diarkiv gap`: what could not be seen, since when, and what was done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

import click

from archiver.cli.output import json_option, say, show, table_of
from archiver.cli.when import STOCKHOLM, swedish_time
from archiver.core.channel import Channel
from archiver.core.reason import remedies
from archiver.harvest.gap import WHOLE_CHANNEL, Gap
from archiver.harvest.gap_register import DAY, MAX_MEASURE, PERIOD, GapRegister

_WHOLE = "whole"  # how the command line writes the collection ""


class GapDesk(Protocol):
    """What the commands need of the application."""

    @property
    def gaps(self) -> GapRegister: ...

    def pick(self, names: Sequence[str], *, due: bool) -> list[Channel]:
        """The channels of these numbers, or all."""
        ...


def gap_row(gap: Gap) -> dict[str, Any]:
    """A gap as a row: numbers, codes and instants in milliseconds UTC."""
    return {
        "channel": f"C{gap.channel}",
        "collection": gap.collection or _WHOLE,
        "since": gap.since,
        "until": gap.until,
        "reasons": list(gap.reasons),
        "runs": gap.runs,
        "first_run": gap.first_run,
        "last_run": gap.last_run,
        "acknowledged": gap.acknowledged,
    }


def commands(desk: Callable[[], GapDesk]) -> Sequence[click.Command]:
    """The commands, over what the composition root gives."""

    @click.group("gap")
    def group() -> None:
        """Gaps: what could not be seen, and what was done about it."""

    group.add_command(_list(desk))
    group.add_command(_acknowledge(desk))
    return (group,)


def _list(desk: Callable[[], GapDesk]) -> click.Command:
    @click.command("list")
    @click.argument("ids", nargs=-1, metavar="[ID]...")
    @click.option("--open", "only_open", is_flag=True, help="Only gaps that have not ended.")
    @click.option(
        "--days",
        type=click.IntRange(1, 36_600),
        default=PERIOD // DAY,
        show_default=True,
        help="How far back to look; open gaps are shown however old they are.",
    )
    @json_option
    def list_(ids: tuple[str, ...], only_open: bool, days: int, as_json: bool) -> None:
        """Show gaps: from when until when, of what, why, and whether somebody has answered.

        A gap lasts from the last complete look until the next one. The collection "whole" means
        that nobody looked at the channel at all.

        \b
        Examples:
          diarkiv gap list
          diarkiv gap list C17 --open
          diarkiv gap list --days 365 --json
        """
        found = [
            gap
            for channel in desk().pick(ids, due=False)
            for gap in desk().gaps.gaps(channel, period=days * DAY)
            if gap.is_open or not only_open
        ]
        flat = [_flat(gap) for gap in found]
        rows = [gap_row(gap) for gap in found]
        show(as_json, rows, lambda: table_of("Gaps", flat, "No gap."))
        if not as_json:
            waiting = [gap for gap in found if gap.is_open and gap.acknowledged is None]
            for text in remedies(reason for gap in waiting for reason in gap.reasons):
                say(text)

    return list_


def _flat(gap: Gap) -> dict[str, Any]:
    return {
        **gap_row(gap),
        "since": swedish_time(gap.since),
        "until": swedish_time(gap.until) or "open",
        "reasons": ", ".join(gap.reasons),
        "acknowledged": "" if gap.acknowledged is None else f"by entry {gap.acknowledged}",
    }


def _acknowledge(desk: Callable[[], GapDesk]) -> click.Command:
    @click.command("acknowledge")
    @click.argument("id")
    @click.option(
        "--done",
        required=True,
        metavar="TEXT",
        help=f"What was found and done, at most {MAX_MEASURE} characters. Sealed; name nobody.",
    )
    @click.option("--collection", metavar="NAME", help='Only this collection; "whole" = channel.')
    @click.option(
        "--since",
        type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]),
        help="Only the gap that began then, in Swedish time as `gap list` shows it.",
    )
    @click.option(
        "--accept-disappearance",
        is_flag=True,
        help="What disappeared at once was meant to: go on noting what is gone.",
    )
    @json_option
    def acknowledge(
        id: str,
        done: str,
        collection: str | None,
        since: datetime | None,
        accept_disappearance: bool,
        as_json: bool,
    ) -> None:
        """Record what was done about the gaps of channel ID that nobody has answered yet.

        The gap stays in the record; it no longer calls for attention, unless a new reason comes.
        With --accept-disappearance only gaps that a mass disappearance caused are answered.

        \b
        Examples:
          diarkiv gap acknowledge C17 --done "Nytt programlösenord inlagt."
          diarkiv gap acknowledge C17 --collection posts --since "2026-11-20 03:15" \\
              --done "Webbplatsen var nere för service."
          diarkiv gap acknowledge C17 --accept-disappearance --done "Gammalt flöde rensat."
        """
        (channel,) = desk().pick([id], due=False)
        if collection == _WHOLE:
            collection = WHOLE_CHANNEL
        between = None
        if since is not None:  # shown to the minute: the gaps that begin within it
            start = int(since.replace(tzinfo=STOCKHOLM).timestamp() * 1000)
            between = (start, start + 60_000)
        answered = desk().gaps.acknowledge(
            channel,
            done,
            collection=collection,
            between=between,
            accept_disappearance=accept_disappearance,
        )
        rows = [gap_row(gap) for gap in answered]
        flat = [_flat(gap) for gap in answered]
        show(as_json, rows, lambda: table_of("Acknowledged", flat, "The decision is recorded."))

    return acknowledge
