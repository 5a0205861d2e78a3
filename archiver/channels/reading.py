"""Read models of the channels' screens: the register, a year of coverage, a day, the requests.

Every function takes who asks. Days are Swedish dates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from archiver.channels import queries as own
from archiver.channels.cost import allowed_per_day
from archiver.channels.desk import LoginHealth, WebDesk
from archiver.core.access import Viewer
from archiver.core.channel import Channel, ChannelState
from archiver.core.connector import Login
from archiver.core.egress import Purpose, release
from archiver.db.queries import ChannelSetting, channel_settings
from archiver.harvest.gap import Gap
from archiver.web import queries
from archiver.web.dates import day, end_of, start_of
from archiver.web.reading import allow
from archiver.web.reading.channels import Account, RunLine, accounts, reasons_of
from archiver.web.rows import Counts, CoverageRow, RunRow
from archiver.web.services import WebServices

MONTHS = 12
BUDGET_DAYS = 30
_DAY = 86_400_000
_HOUR = 3_600_000
_WORST = {"complete": 0, "partial": 1, "gap": 2}
_SOON, _NOW = 30, 7  # days left of a login


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the register. `good` is (run, end) of the newest complete run; `days_left` of the
    login, None if nothing is said of an end; `gaps`: those that are open and not acknowledged."""

    account: Account
    channel: Channel
    ended: bool
    last: RunRow | None
    good: tuple[int, int] | None
    reasons: tuple[str, ...]
    counts: Counts
    health: LoginHealth | None
    takes_login: bool
    days_left: int | None
    gaps: int
    next_at: int | None

    @property
    def rank(self) -> tuple[int, int]:
        """Worst first: what cannot be read, what soon cannot, what is not whole, what is well; then
        what is paused or over."""
        if self.ended:
            return 9, self.channel.seq
        if self.channel.state is ChannelState.PAUSED:
            return 8, self.channel.seq
        if self.last is None or self.last.outcome == "gap":
            return 0, self.channel.seq
        if self.days_left is not None and self.days_left <= _NOW:
            return 1, self.channel.seq
        if self.gaps or self.last.outcome == "partial":
            return 2, self.channel.seq
        return (
            3 if self.days_left is not None and self.days_left <= _SOON else 4
        ), self.channel.seq


def register(desk: WebDesk, services: WebServices, viewer: Viewer) -> list[Row]:
    """Every channel of the viewer's authorities, those that need looking at first."""
    known, authorities = accounts(services, viewer), allow(viewer)
    now, coming = services.clock.now(), desk.next_harvests()
    with services.ledger.database.read() as connection:
        counts = queries.channel_counts(connection, authorities)
        newest = queries.newest_runs(connection, authorities)
        good = own.last_good(connection)
        settings = channel_settings(connection)
        coverage = queries.coverage_of(connection, [run.seq for run in newest.values()])
    rows = []
    for channel in desk.channels.channels():
        if channel.seq not in known:
            continue
        seq, last = channel.seq, newest.get(channel.seq)
        health = desk.login_health(seq)
        login = desk.channels.connector(channel.platform).capabilities.login
        rows.append(
            Row(
                account=known[seq],
                channel=channel,
                ended=settings[seq].ended,
                last=last,
                good=good.get(seq),
                reasons=reasons_of(coverage.get(last.seq, ())) if last else (),
                counts=counts.get(seq, Counts(0, 0, 0)),
                health=health,
                takes_login=login is not Login.NONE,
                days_left=days_left(health, now),
                gaps=desk.open_gaps(channel) if settings[seq].harvested else 0,
                next_at=coming.get(seq),
            )
        )
    return sorted(rows, key=lambda row: row.rank)


def days_left(health: LoginHealth | None, now: int) -> int | None:
    """Whole days until a login runs out, 0 if it has; None if nothing is said of that."""
    if health is None or health.expires_at is None:
        return None
    return max(0, health.expires_at - now) // _DAY


def setting(services: WebServices, viewer: Viewer, channel: int) -> ChannelSetting:
    """How a channel is harvested now."""
    allow(viewer)
    with services.ledger.database.read() as connection:
        return channel_settings(connection)[channel]


# --- coverage ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day: its worst status; "" where nobody looked, `paused` where nobody was to, `later` if
    it is not over and nobody looked yet, `before` if the channel was not there."""

    date: date
    status: str
    runs: int = 0
    reasons: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it says anything of coverage."""
        return self.status not in ("before", "later")


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month as weeks from Monday; None stands for days of other months."""

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]

    @property
    def days(self) -> list[Day]:
        """Its days in order."""
        return [one for week in self.weeks for one in week if one is not None]


def year_to(
    desk: WebDesk, services: WebServices, viewer: Viewer, channel: Channel, last: date
) -> list[Month]:
    """The twelve months up to and with the one of `last`, without those before the channel."""
    allow(viewer)
    firsts = [_month(last, back) for back in reversed(range(MONTHS))]
    since, until = start_of(firsts[0]), start_of(_month(last, -1))
    with services.ledger.database.read() as connection:
        coverage = own.coverage_by_hour(connection, channel.seq, since, until)
        runs = own.requests_by_hour(connection, channel.seq, since, until)
    statuses: dict[date, list[own.HourRow]] = {}
    for row in coverage:
        statuses.setdefault(day(row.hour * _HOUR), []).append(row)
    counts: dict[date, int] = {}
    for one in runs:
        counts[day(one.hour * _HOUR)] = counts.get(day(one.hour * _HOUR), 0) + one.runs
    began, pauses = _life(desk, channel)
    unlooked = [gap for gap in desk.gaps(channel.seq, since, until) if not gap.collection]
    today = day(services.clock.now())

    def judged(on: date) -> Day:
        rows = statuses.get(on, ())
        if rows:
            worst = max((row.status for row in rows), key=lambda s: _WORST.get(s, 3))
            reasons = tuple(dict.fromkeys(row.reason for row in rows if row.reason))
            missed = _reasons_on(unlooked, on)
            if missed and worst == "complete":  # the runs there were saw all; not all were made
                worst = "partial"
                reasons = tuple(missed)
            return Day(date=on, status=worst, runs=counts.get(on, 0), reasons=reasons)
        if on >= today:
            return Day(date=on, status="later")
        if on < began:
            return Day(date=on, status="before")
        paused = any(a < end_of(on) and start_of(on) < b for a, b in pauses)
        return Day(date=on, status="paused" if paused else "")

    months = [_weeks(first, judged) for first in firsts]
    while len(months) > 1 and all(one.status == "before" for one in months[0].days):
        months.pop(0)
    return months


def _reasons_on(gaps: Iterable[Gap], on: date) -> list[str]:
    """Why the channel was not looked at when it should have been, within a day."""
    since, until = start_of(on), end_of(on)
    return [
        reason
        for gap in gaps
        if gap.since < until and (gap.until is None or gap.until > since)
        for reason in gap.reasons
    ]


def _month(last: date, back: int) -> date:
    """The first of the month that lies `back` months before the one of `last`."""
    number = last.year * 12 + last.month - 1 - back
    return date(number // 12, number % 12 + 1, 1)


def _weeks(first: date, judged: Any) -> Month:
    days = [first + timedelta(days=n) for n in range((_month(first, -1) - first).days)]
    cells: list[Day | None] = [None] * first.weekday()
    cells += [judged(one) for one in days]
    cells += [None] * (-len(cells) % 7)
    weeks = tuple(tuple(cells[n : n + 7]) for n in range(0, len(cells), 7))
    return Month(first=first, weeks=weeks)


def _life(desk: WebDesk, channel: Channel) -> tuple[date, list[tuple[int, int]]]:
    """When the channel came, and from when to when it was not harvested on purpose."""
    events = desk.channels.history(channel)[::-1]
    pauses: list[tuple[int, int]] = []
    since: int | None = None
    for event in events:
        state = event.fields.get("state")
        if state is not None:
            if since is not None:
                pauses.append((since, event.at))
            since = None if state == ChannelState.ACTIVE else event.at
    if since is not None:
        pauses.append((since, 2**62))
    return day(events[0].at), pauses


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """A day's runs, what they saw of each list, and the gaps it lies in."""

    date: date
    lines: tuple[RunLine, ...]
    coverage: Mapping[int, Sequence[CoverageRow]]
    gaps: tuple[Gap, ...]


def day_view(
    desk: WebDesk, services: WebServices, viewer: Viewer, channel: int, on: date
) -> DayView:
    """One day of a channel."""
    allow(viewer)
    since, until = start_of(on), end_of(on)
    with services.ledger.database.read() as connection:
        runs = own.runs_between(connection, channel, since, until)
        coverage = queries.coverage_of(connection, [run.seq for run in runs])
    lines = [RunLine(run=run, reasons=reasons_of(coverage.get(run.seq, ()))) for run in runs]
    gaps = desk.gaps(channel, since, until)
    return DayView(date=on, lines=tuple(lines), coverage=coverage, gaps=tuple(gaps))


# --- requests ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetDay:
    """Runs and requests of a day."""

    date: date
    runs: int
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Requests of the last days, newest first. `allowed`: a day, by the platform's tightest limit,
    None if it names none; `scale`: the longest bar."""

    days: tuple[BudgetDay, ...]
    allowed: int | None
    scale: int

    @property
    def most(self) -> int:
        """The busiest day's requests."""
        return max((one.requests for one in self.days), default=0)


def budget(desk: WebDesk, services: WebServices, viewer: Viewer, channel: Channel) -> Budget:
    """What a channel cost, from its runs."""
    allow(viewer)
    today = day(services.clock.now())
    dates = [today - timedelta(days=n) for n in range(BUDGET_DAYS)]
    with services.ledger.database.read() as connection:
        hours = own.requests_by_hour(connection, channel.seq, start_of(dates[-1]), end_of(dates[0]))
    found = {on: BudgetDay(date=on, runs=0, requests=0) for on in dates}
    for hour in hours:
        on = day(hour.hour * _HOUR)
        runs, requests = found[on].runs + hour.runs, found[on].requests + hour.requests
        found[on] = BudgetDay(date=on, runs=runs, requests=requests)
    allowed = allowed_per_day(desk.channels.connector(channel.platform).capabilities.rates)
    most = max(one.requests for one in found.values())
    return Budget(days=tuple(found.values()), allowed=allowed, scale=max(allowed or 0, most, 1))


# --- changes -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that was set: field, what it was, what it became; `option` names an option."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One event of a channel's history."""

    seq: int
    at: int
    actor: int
    added: bool
    events: tuple[Event, ...]


def changes(desk: WebDesk, viewer: Viewer, channel: Channel) -> list[Changed]:
    """A channel's history, newest first."""
    allow(viewer)
    return [
        Changed(
            seq=one.seq,
            at=one.at,
            actor=one.actor,
            added=one.added,
            events=tuple(
                _events(
                    release(viewer, Purpose.OVERVIEW, dict(one.fields)),
                    release(viewer, Purpose.OVERVIEW, dict(one.before)),
                )
            ),
        )
        for one in desk.channels.history(channel)
    ]


def _events(fields: Mapping[str, Any], before: Mapping[str, Any]) -> Iterable[Event]:
    for name, value in fields.items():
        if name == "options":
            was = before.get("options") or {}
            for option, text in value.items():
                yield Event(field=f"option:{option}", before=was.get(option, ""), after=text)
        elif name == "allow":
            if value:
                yield Event(field=name, before="", after=", ".join(value))
        else:
            yield Event(field=name, before=str(before.get(name, "")), after=str(value))
