"""`diarkiv captures show`: the raw exchange behind observations."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from archiver.cli.output import json_option, show
from archiver.cli.when import swedish_time
from archiver.core.access import LOCAL
from archiver.core.egress import Purpose, release
from archiver.core.skeleton import splice
from archiver.db import queries
from archiver.errors import NotFound
from archiver.ledger.service import Ledger


def commands(ledger: Callable[[], Ledger]) -> Sequence[click.Command]:
    """The commands, over the ledger that the composition root gives."""

    @click.group("captures")
    def group() -> None:
        """Captures: HTTP exchanges that brought something new."""

    @group.command("show")
    @click.argument("seq", type=click.IntRange(0, 10**15))
    @click.option("--body", is_flag=True, help="Only the body, byte for byte, to standard output.")
    @json_option
    def show_(seq: int, body: bool, as_json: bool) -> None:
        """Show the capture with this entry number (see `diarkiv records show`).

        Items that were known and unchanged are elided; then the body is not byte-exact, and the
        answer says so.

        \b
        Examples:
          diarkiv captures show 4712
          diarkiv captures show 4712 --body > answer.json
        """
        found = read_capture(ledger(), seq)
        if body:
            sys.stdout.buffer.write(found["body"])
            return
        found["body"] = found["body"].decode("utf-8", "backslashreplace")
        show(as_json, found, lambda: _as_text(found))

    return (group,)


def read_capture(ledger: Ledger, seq: int) -> dict[str, Any]:
    """A capture: its exchange, its body put together again, and how many items are elided."""
    with ledger.database.read() as connection:
        exchange = queries.exchange_of(connection, seq)
    if exchange is None:
        raise NotFound(
            f"Entry {seq} is not a capture.", remedy="`diarkiv records show` names captures."
        )
    opened = ledger.open([seq, exchange])
    if len(opened) < 2:
        raise NotFound(
            f"Capture {seq} is kept apart.",
            remedy="It shows a record that is; see `diarkiv apart`.",
        )
    capture: Mapping[str, Any] = opened[seq].envelope
    held = {
        index: seq + hole["n"] if "n" in hole else hole["s"]
        for index, hole in enumerate(capture["holes"])
        if "n" in hole or "s" in hole
    }
    body = opened[seq].raw
    if not capture["whole"]:
        fragments = ledger.open(list(held.values()))
        held = {index: one for index, one in held.items() if one in fragments}
        count = len(capture["holes"])
        body = splice(body, [fragments[held[i]].raw if i in held else b"" for i in range(count)])
    fields = {**opened[exchange].envelope, **capture, "raw": body}
    allowed: dict[str, Any] = release(LOCAL, Purpose.EVIDENCE, fields)
    shown = {name: value for name, value in allowed.items() if name not in ("raw", "holes")}
    elided = 0 if capture["whole"] else len(capture["holes"]) - len(held)
    return {**shown, "elided": elided, "body": allowed["raw"]}


def _as_text(capture: Mapping[str, Any]) -> str:
    def headers(name: str) -> list[str]:
        return [f"  {key}: {value}" for key, value in capture[name]]

    exact = "byte for byte" if not capture["elided"] else f"{capture['elided']} items elided"
    if capture.get("problem"):
        exact += f", problem: {capture['problem']}"
    return "\n".join(
        [
            f"{capture['method']} {capture['url']} → {capture['status']}",
            f"{swedish_time(capture['ended_at'])} from {capture['peer'] or '–'}; {exact}",
            *headers("request_headers"),
            "",
            *headers("response_headers"),
            "",
            capture["body"],
        ]
    )
