"""`diarkiv records`: list and read what the archive holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from archiver.cli.output import json_option, show, table_of
from archiver.cli.when import swedish_time
from archiver.core.access import LOCAL
from archiver.core.egress import Purpose, release
from archiver.db import queries
from archiver.db.captures import ManualRow, manual_captures
from archiver.errors import ConfigError, NotFound
from archiver.ledger.service import Ledger

_EXCERPT = 60
_SAID = ("received", "according_to", "why", "problem")  # of a capture by hand


def number(name: str, letter: str) -> int:
    """The number in `R4711`, `r4711` or `4711`; `ConfigError` for anything else."""
    digits = name.upper().removeprefix(letter)
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 15:
        raise ConfigError(f"{name!r} is not a number of the form {letter}4711.")
    return int(digits)


class UserNumber(click.ParamType[int]):
    """A user by the number that `user list` prints: `U396`, `u396` or `396`."""

    name = "user"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """The number; click tells what is none."""
        try:
            return number(str(value), "U")
        except ConfigError as error:
            self.fail(error.message, param, ctx)


def commands(ledger: Callable[[], Ledger]) -> Sequence[click.Command]:
    """The commands, over the ledger that the composition root gives."""

    @click.group("records")
    def group() -> None:
        """Records: captured posts and comments."""

    @group.command("list")
    @click.option("--channel", metavar="ID", help="Only this channel (C17).")
    @click.option("--state", help="Only this state: visible, held, spam, missing_suspected …")
    @click.option("--before", metavar="ID", help="Only records before this one (R4711).")
    @click.option("--limit", default=20, show_default=True, help="At most so many.")
    @json_option
    def list_(
        channel: str | None, state: str | None, before: str | None, limit: int, as_json: bool
    ) -> None:
        """List records, newest first.

        \b
        Examples:
          diarkiv records list --channel C17 --limit 50
          diarkiv records list --state missing_suspected --json
        """
        rows = list_records(
            ledger(),
            channel=number(channel, "C") if channel else None,
            state=state,
            before=number(before, "R") if before else None,
            limit=limit,
        )
        flat = [
            {
                "id": row["id"],
                "kind": row["kind"],
                "state": row["state"],
                "date": swedish_time(row["legal_at"]),
                "versions": row["versions"],
                "text": _excerpt(row),
            }
            for row in rows
        ]
        show(as_json, rows, lambda: table_of("Records", flat, "No record."))

    @group.command("show")
    @click.argument("record", metavar="RECORD")
    @click.option("--raw", is_flag=True, help="Also the platform's own bytes of each version.")
    @json_option
    def show_(record: str, raw: bool, as_json: bool) -> None:
        """Show a record with all its versions.

        \b
        Examples:
          diarkiv records show R4711
          diarkiv records show R4711 --raw --json
        """
        found = read_record(ledger(), number(record, "R"), raw=raw)
        show(as_json, found, lambda: _as_text(found))

    return (group,)


def list_records(
    ledger: Ledger,
    *,
    channel: int | None,
    state: str | None,
    before: int | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Records as rows; what leaves has passed the egress gate."""
    with ledger.database.read() as connection:
        found = queries.newest_records(
            connection, channel=channel, state=state, before=before, limit=limit
        )
    opened = ledger.open([row.latest for row in found])
    rows = []
    for row in found:
        held = opened.get(row.latest)  # None: kept apart, so its number and dates are all
        content = release(LOCAL, Purpose.READ, held.envelope if held else {})
        kept = {name: content.get(name, "") for name in ("title", "text", "author_name")}
        rows.append({"id": f"R{row.record}", **row._asdict(), **kept})
    return rows


def read_record(ledger: Ledger, record: int, *, raw: bool) -> dict[str, Any]:
    """A record and its versions; `NotFound` if there is no record of that number."""
    with ledger.database.read() as connection:
        row = queries.record_row(connection, record)
        versions = queries.versions_of(connection, record)
        by_hand = manual_captures(connection, record)
    if row is None:
        raise NotFound(
            f"There is no record R{record}.", remedy="`diarkiv records list` shows them."
        )
    opened = ledger.open([version.seq for version in versions])
    made = []
    for version in versions:
        content = opened.get(version.seq)
        fields: dict[str, Any] = release(LOCAL, Purpose.READ, content.envelope if content else {})
        if raw and content:
            bare = release(LOCAL, Purpose.EVIDENCE, {"raw": content.raw})["raw"]
            fields["raw"] = bare.decode("utf-8", "backslashreplace")
        made.append({**fields, **version._asdict()})
    found = {"id": f"R{record}", **row._asdict(), "versions": made}
    return found | {"captured": [_captured(ledger, one) for one in by_hand]} if by_hand else found


def _captured(ledger: Ledger, row: ManualRow) -> dict[str, Any]:
    """How a version was captured by hand, with what is said of it in the event's frame."""
    said: dict[str, Any] = release(LOCAL, Purpose.READ, ledger.event(row.seq))
    kept: dict[str, Any] = {
        n: said[n] for n in ("received", "according_to", "why", "problem") if n in said
    }
    return {**row._asdict(), **kept}


def _excerpt(row: Mapping[str, Any]) -> str:
    text = " ".join(f"{row['title']} {row['text']}".split())
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"


def _as_text(record: Mapping[str, Any]) -> str:
    basis = record["legal_basis"]
    lines = [
        f"{record['id']}  {record['kind']}  {record['state']}  {record['origin']}",
        f"date {swedish_time(record['legal_at'])} ({basis}), in channel C{record['channel']}",
    ]
    for one in record.get("captured", ()):
        when = (
            f", according to {one['according_to']} {one['received']}" if "received" in one else ""
        )
        lines += [
            f"captured by hand: {one['way']}, by {one['actor']}{when}",
            *(f"  {line}" for line in str(one["why"]).splitlines()),
        ]
    for version in record["versions"]:
        lines += [
            "",
            f"version {version['n']}: {version['changes']}, seen "
            f"{swedish_time(version['captured_at'])} (entry {version['seq']}, "
            f"capture {version['capture']})",
            f"  by {version.get('author_name', '–')}",
        ]
        lines += [f"  {line}" for line in str(version.get("title", "")).splitlines()]
        lines += [f"  {line}" for line in str(version.get("text", "")).splitlines()]
        if "raw" in version:
            lines += ["  raw:", f"  {version['raw']}"]
    return "\n".join(lines)
