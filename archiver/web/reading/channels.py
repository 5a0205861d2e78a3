"""Channels: the register, what each run saw, and the calendar of when anybody looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from archiver.core.egress import Purpose, Viewer, release
from archiver.errors import NotFound
from archiver.web import queries
from archiver.web.dates import day, end_of, start_of
from archiver.web.reading import allow
from archiver.web.rows import Counts, CoverageRow, RunRow
from archiver.web.services import WebServices

RUNS_AT_ONCE = 25
WEEKS = 8
_WORST = {"complete": 0, "partial": 1, "gap": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A channel and its owner. `interval` is in seconds."""

    seq: int
    platform: str
    title: str
    url: str
    interval: int
    authority_code: str
    authority_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the channel register."""

    account: Account
    last: RunRow | None
    reasons: tuple[str, ...]
    counts: Counts
    gaps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run in a list, with its reasons."""

    run: RunRow
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the calendar: its worst status, "" where nobody looked; None outside it."""

    date: date
    status: str
    runs: int
    reasons: tuple[str, ...]
    inside: bool


def accounts(services: WebServices, viewer: Viewer) -> dict[int, Account]:
    """Every channel by number."""
    allow(viewer)
    owners = {
        one.seq: release(viewer, Purpose.OVERVIEW, {"code": one.code, "name": one.name})
        for one in services.authorities()
    }
    found = {}
    for channel in services.channels():
        shown = release(
            viewer,
            Purpose.OVERVIEW,
            {"platform": channel.platform, "title": channel.title, "url": channel.url},
        )
        owner = owners.get(channel.authority, {})
        found[channel.seq] = Account(
            seq=channel.seq,
            platform=services.platforms.get(channel.platform, shown.get("platform", "")),
            title=shown.get("title", ""),
            url=shown.get("url", ""),
            interval=channel.interval,
            authority_code=owner.get("code", ""),
            authority_name=owner.get("name", ""),
        )
    return found


def account(services: WebServices, viewer: Viewer, seq: int) -> Account:
    """One channel; `NotFound` if there is none of that number."""
    found = accounts(services, viewer).get(seq)
    if found is None:
        raise NotFound(f"There is no channel C{seq}.")
    return found


def overview(services: WebServices, viewer: Viewer) -> list[Row]:
    """The channel register, those that need looking at first."""
    known = accounts(services, viewer)
    with services.ledger.database.read() as connection:
        counts = queries.channel_counts(connection)
        newest = queries.newest_runs(connection)
        gaps = queries.incomplete_runs(connection)
        coverage = queries.coverage_of(connection, [run.seq for run in newest.values()])
    rows = []
    for seq, one in known.items():
        last = newest.get(seq)
        rows.append(
            Row(
                account=one,
                last=last,
                reasons=_reasons(coverage.get(last.seq, ())) if last else (),
                counts=counts.get(seq, Counts(0, 0, 0)),
                gaps=gaps.get(seq, 0),
            )
        )
    return sorted(rows, key=_urgency)


def _urgency(row: Row) -> tuple[int, int]:
    return -_WORST.get(row.last.outcome, 3) if row.last else -3, row.account.seq


def _reasons(rows: Sequence[CoverageRow]) -> tuple[str, ...]:
    """Why coverage was not complete, each reason once."""
    return tuple(dict.fromkeys(row.reason for row in rows if row.reason))


def states(services: WebServices, viewer: Viewer, channel: int) -> dict[str, int]:
    """State → number of the channel's records."""
    allow(viewer)
    with services.ledger.database.read() as connection:
        return queries.state_counts(connection, channel)


def runs(
    services: WebServices, viewer: Viewer, channel: int, *, before: int | None = None
) -> tuple[list[RunLine], int | None]:
    """A page of a channel's runs, and the seq the next page begins before (None: no more)."""
    allow(viewer)
    with services.ledger.database.read() as connection:
        found = queries.runs(connection, channel, before=before, limit=RUNS_AT_ONCE + 1)
        shown = found[:RUNS_AT_ONCE]
        coverage = queries.coverage_of(connection, [run.seq for run in shown])
    lines = [RunLine(run=run, reasons=_reasons(coverage.get(run.seq, ()))) for run in shown]
    return lines, shown[-1].seq if len(found) > len(shown) else None


def calendar(services: WebServices, viewer: Viewer, channel: int, *, last: date) -> list[list[Day]]:
    """Weeks (Monday to Sunday) up to and with the one of `last`; days before the channel's first
    run and after `last` are outside."""
    allow(viewer)
    monday = last - timedelta(days=last.weekday() + 7 * (WEEKS - 1))
    with services.ledger.database.read() as connection:
        began = queries.first_run_at(connection, channel)
        since, until = start_of(monday), end_of(last)
        coverage = queries.coverage_between(connection, channel, since, until)
    first = day(began) if began is not None else last + timedelta(days=1)
    by_day: dict[date, list[CoverageRow]] = {}
    for row in coverage:
        by_day.setdefault(day(row.until), []).append(row)
    weeks = []
    for week in range(WEEKS):
        days = (monday + timedelta(days=7 * week + n) for n in range(7))
        weeks.append([_day(one, by_day.get(one, ()), first <= one <= last) for one in days])
    while len(weeks) > 1 and not any(one.inside for one in weeks[0]):
        weeks.pop(0)
    return weeks


def _day(date_: date, rows: Sequence[CoverageRow], inside: bool) -> Day:
    worst = max((row.status for row in rows), key=lambda s: _WORST.get(s, 3), default="")
    runs_ = len({row.run for row in rows})
    return Day(date=date_, status=worst, runs=runs_, reasons=_reasons(rows), inside=inside)


# --- one run -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionLine:
    """What a run saw of one collection."""

    name: str
    status: str
    reason: str
    expected: int | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeLine:
    """One request of a run; `capture` is the seq of what was kept of it, 0 if nothing."""

    number: int
    method: str
    template: str
    status: int
    at: int
    capture: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A state a run saw without a new version, and the platform's reason."""

    record: int
    state: str
    exchange: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run with everything it sealed."""

    run: RunRow
    account: Account
    authenticated: bool
    control: str
    control_detail: str
    normaliser: int
    collections: tuple[CollectionLine, ...]
    exchanges: tuple[ExchangeLine, ...]
    sightings: tuple[Sighting, ...]
    media_failed: tuple[tuple[int, str], ...]


_COUNTS = ("seen", "created", "changed", "unchanged", "missing", "bad")


def run_view(services: WebServices, viewer: Viewer, seq: int) -> RunView:
    """One run; `NotFound` if there is none."""
    allow(viewer)
    with services.ledger.database.read() as connection:
        run = queries.run(connection, seq)
    if run is None:
        raise NotFound(f"There is no run {seq}.")
    payload: Mapping[str, Any] = services.ledger.event(seq)
    failed = payload["media_failed"]
    with services.ledger.database.read() as connection:
        records = queries.record_of_versions(connection, [one[0] for one in failed])
    return RunView(
        run=run,
        account=account(services, viewer, run.channel),
        authenticated=bool(payload["authenticated"]),
        control=str(payload["control"]),
        control_detail=str(payload["control_detail"]),
        normaliser=int(payload["normaliser"]),
        collections=tuple(_collection(viewer, one) for one in payload["collections"]),
        exchanges=tuple(_exchange(viewer, one) for one in payload["exchanges"]),
        sightings=tuple(_sighting(viewer, one) for one in payload["states"]),
        media_failed=tuple((records.get(one[0], 0), str(one[2])) for one in failed),
    )


def _collection(viewer: Viewer, line: Mapping[str, Any]) -> CollectionLine:
    fields = {"collection": line["name"], "status": line["status"], "problem": line["reason"]}
    shown = release(viewer, Purpose.EVIDENCE, fields)
    return CollectionLine(
        name=str(shown.get("collection", "")),
        status=str(shown.get("status", "")),
        reason=str(shown.get("problem", "")),
        expected=line.get("expected"),
        counts={name: int(line[name]) for name in _COUNTS},
    )


def _exchange(viewer: Viewer, line: Sequence[Any]) -> ExchangeLine:
    names = ("number", "method", "template", "status", "at", "capture")
    shown = release(viewer, Purpose.EVIDENCE, dict(zip(names, line, strict=True)))
    return ExchangeLine(**{name: shown[name] for name in names})


def _sighting(viewer: Viewer, line: Mapping[str, Any]) -> Sighting:
    fields = {name: line[name] for name in ("record", "state", "exchange")}
    shown = release(viewer, Purpose.EVIDENCE, fields | {"problem": line["reason"]})
    return Sighting(
        record=shown["record"],
        state=shown["state"],
        exchange=shown["exchange"],
        reason=shown["problem"],
    )
