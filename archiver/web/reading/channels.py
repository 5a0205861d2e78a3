"""Channels and runs: who they are, and what each run saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archiver.core.access import Permission, Viewer
from archiver.core.egress import Purpose, release
from archiver.errors import NotFound
from archiver.web import queries
from archiver.web.reading import allow
from archiver.web.rows import CoverageRow, RunRow
from archiver.web.services import WebServices

RUNS_AT_ONCE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A channel and its owner. `interval` is in seconds."""

    seq: int
    authority: int
    platform: str
    title: str
    url: str
    interval: int
    authority_code: str
    authority_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run in a list, with its reasons."""

    run: RunRow
    reasons: tuple[str, ...]


def accounts(
    services: WebServices, viewer: Viewer, permission: Permission = Permission.OVERSEE
) -> dict[int, Account]:
    """The channels of the authorities for which the viewer holds the permission, by number."""
    authorities = allow(viewer, permission)
    owners = {
        one.seq: release(viewer, Purpose.OVERVIEW, {"code": one.code, "name": one.name})
        for one in services.authorities()
    }
    found = {}
    for channel in services.channels():
        if authorities is not None and channel.authority not in authorities:
            continue
        shown = release(
            viewer,
            Purpose.OVERVIEW,
            {"platform": channel.platform, "title": channel.title, "url": channel.url},
        )
        owner = owners.get(channel.authority, {})
        found[channel.seq] = Account(
            seq=channel.seq,
            authority=channel.authority,
            platform=services.platforms.get(channel.platform, shown.get("platform", "")),
            title=shown.get("title", ""),
            url=shown.get("url", ""),
            interval=channel.interval,
            authority_code=owner.get("code", ""),
            authority_name=owner.get("name", ""),
        )
    return found


def account(
    services: WebServices,
    viewer: Viewer,
    seq: int,
    permission: Permission = Permission.OVERSEE,
) -> Account:
    """One channel; `NotFound` if there is none of that number, or it is somebody else's."""
    found = accounts(services, viewer, permission).get(seq)
    if found is None:
        raise NotFound(f"There is no channel C{seq}.")
    return found


def reasons_of(rows: Sequence[CoverageRow]) -> tuple[str, ...]:
    """Why coverage was not complete, each reason once."""
    return tuple(dict.fromkeys(row.reason for row in rows if row.reason))


def states(services: WebServices, viewer: Viewer, channel: int) -> dict[str, int]:
    """State → number of the channel's records."""
    account(services, viewer, channel)
    with services.ledger.database.read() as connection:
        return queries.state_counts(connection, channel)


def runs(
    services: WebServices, viewer: Viewer, channel: int, *, before: int | None = None
) -> tuple[list[RunLine], int | None]:
    """A page of a channel's runs, and the seq the next page begins before (None: no more)."""
    account(services, viewer, channel)
    with services.ledger.database.read() as connection:
        found = queries.runs(connection, channel, before=before, limit=RUNS_AT_ONCE + 1)
        shown = found[:RUNS_AT_ONCE]
        coverage = queries.coverage_of(connection, [run.seq for run in shown])
    lines = [RunLine(run=run, reasons=reasons_of(coverage.get(run.seq, ()))) for run in shown]
    return lines, shown[-1].seq if len(found) > len(shown) else None


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
    """One run; `NotFound` if there is none, or it is of somebody else's channel."""
    authorities = allow(viewer)
    with services.ledger.database.read() as connection:
        run = queries.run(connection, authorities, seq)
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
