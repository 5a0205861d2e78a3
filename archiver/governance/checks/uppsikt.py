"""A-UPPSIKT (row 1.3): somebody has looked as often as was promised (BBS-lagen 4 §).

Each account, each of the last `DAYS` working days with promised hours. That somebody looked is what
they noted at that moment; a harvest is no supervision.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from archiver.core.calendar import day_begins, stockholm_date
from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.governance.core.supervision import too_few, watched_days
from archiver.governance.upkeep.queries import looks, plan_of, supervised

DAYS = 10


class Watched(NamedTuple):
    """Of an account: the working days on which somebody was to look, and those of them on which
    somebody looked too seldom."""

    days: tuple[date, ...]
    few: tuple[date, ...]


class Uppsikt:
    """When somebody looked at the subject's accounts."""

    id = "A-UPPSIKT"
    phase = Phase.DRIFT

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Mapping[int, Watched]:
    """How each account was looked at; none of the days where nothing was promised."""
    today = stockholm_date(subject.now)
    with archive.ledger.database.read() as connection:
        plans = supervised(archive.ledger, connection, subject.authority)
        since = day_begins(today - timedelta(days=28))
        seen = looks(connection, subject.channels, since)
    found = dict[int, Watched]()
    for channel in subject.channels:
        plan = plan_of(plans, channel)
        days = watched_days(plan.said, plan.day, today, DAYS) if plan else []
        looked = [stockholm_date(one.at) for one in seen if one.channel == channel]
        few = too_few(days, looked, plan.said.looks) if plan else []
        found[channel] = Watched(tuple(days), tuple(few))
    return found


def judge(accounts: Mapping[int, Watched]) -> Result:
    """UNKNOWN where no working day has passed since somebody promised anything."""
    few = {channel: one.few for channel, one in accounts.items() if one.few}
    silent = [channel for channel, one in accounts.items() if not one.days]
    if few:
        outcome = Outcome.FAIL
        sv = "; ".join(f"C{channel} {len(days)} arbetsdagar" for channel, days in few.items())
        en = "; ".join(f"C{channel} {len(days)} working days" for channel, days in few.items())
        reason = Wording(f"Färre tillsyner än utlovat: {sv}.", f"Fewer looks than promised: {en}.")
    elif silent or not accounts:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            "Ingen arbetsdag har gått sedan uppsikten planerades: `diarkiv lifecycle upkeep "
            "supervise`, därefter `look`.",
            "No working day has passed since supervision was planned: `diarkiv lifecycle upkeep "
            "supervise`, then `look`.",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Kontona har setts till så ofta som utlovats.",
            "The accounts were looked at as often as promised.",
        )
    data: dict[str, Json] = {
        f"C{channel}": {"days": len(one.days), "few": [str(day) for day in one.few]}
        for channel, one in accounts.items()
    }
    return Result(check=Uppsikt.id, outcome=outcome, reason=reason, data=data)


check = Uppsikt()
