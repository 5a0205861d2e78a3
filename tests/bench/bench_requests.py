"""Requests a day for the accounts of a municipality, against what each platform allows:
`python -m tests.bench requests` prints the table of docs/operator.md.

Nothing is measured: the schedules are run, without any network, over the posts that an account has
after half a year, for a week. One look at the head is one request and one scan of a thread another,
which is what a connector needs that cannot ask for several at once.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from archiver.core.plan import ThreadFacts
from archiver.jobs.due import ChannelFacts, due, next_due
from archiver.jobs.schedule import DAY, Schedule, load

DATA = Path(__file__).with_name("requests.toml")
_BEGIN = 1_795_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Accounts on one platform. `limit`: requests a day per account or project, 0 = unpublished."""

    name: str
    accounts: int
    posts: float
    limit: int
    per: str


def platforms() -> list[Platform]:
    return [Platform(**one) for one in tomllib.loads(DATA.read_text("utf-8"))["platform"]]


def per_day(schedule: Schedule, posts: float, *, crisis: bool = False, days: int = 7) -> float:
    """Requests a day for one account with so many new posts a day, in which nothing happens; the
    mean of so many days."""
    end = _BEGIN + days * DAY * 1000
    oldest, gap = _BEGIN - schedule.tiers[-1].until * 1000, int(DAY * 1000 / posts)
    births = range(oldest + gap // 2, end, gap)
    scanned: dict[int, int] = {}
    facts = ChannelFacts(
        channel=1,
        schedule=schedule,
        last_full=_BEGIN,
        last_ended=_BEGIN,
        crisis_until=end if crisis else 0,
    )
    now, requests = _BEGIN, 0
    while True:
        threads = tuple(
            ThreadFacts(
                record=n, created_at=born, scanned_at=scanned.get(n, _BEGIN), activity_at=None
            )
            for n, born in enumerate(births)
            if born <= now
        )
        facts = replace(facts, threads=threads)
        now = max(now + 1000, next_due(now, facts) or end)
        if now >= end:
            return requests / days
        for one in due(now, [facts]):
            requests += 1 + len(one.plan.threads)
            scanned |= dict.fromkeys(one.plan.threads, now)
            facts = replace(facts, last_ended=now)


def table() -> str:
    """The table, as Markdown."""
    lines = [
        "| platform | accounts | full, per account | eco | crisis | full, all | of the limit |"
        " eco | crisis |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    total = [0.0, 0.0, 0.0]
    for one in platforms():
        full, eco = load("full"), load("eco")
        found = [
            per_day(full, one.posts),
            per_day(eco, one.posts),
            per_day(full, one.posts, crisis=True),
        ]
        total = [sum_ + one.accounts * each for sum_, each in zip(total, found, strict=True)]
        shares = [_share(one, each) for each in found]
        lines.append(
            f"| {one.name} | {one.accounts} | {found[0]:.0f} | {found[1]:.0f} | {found[2]:.0f} |"
            f" {one.accounts * found[0]:.0f} | {shares[0]} | {shares[1]} | {shares[2]} |"
        )
    accounts = sum(one.accounts for one in platforms())
    lines.append(
        f"| **all** | {accounts} | | | | {total[0]:.0f} (eco {total[1]:.0f},"
        f" crisis {total[2]:.0f}) | | | |"
    )
    return "\n".join(lines)


def _share(one: Platform, requests: float) -> str:
    """Of the limit, in per cent."""
    if not one.limit:
        return "unpublished"
    used = requests * (one.accounts if one.per == "project" else 1)
    return f"{100 * used / one.limit:.1f} %"
