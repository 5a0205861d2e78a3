"""A-SKORD (row 1.4): every account is harvested as its schedule says, from a whole first reading.

An account is behind when nothing was read wholly for twice the time its schedule lets pass between
two readings of everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.db.queries import channel_settings
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.harvest.facts import last_whole
from archiver.harvest.timetable import schedule_of

TIMES = 2


class Harvested(NamedTuple):
    """An account: whether a schedule reads it, how often it reads everything (seconds), and when
    everything was last read (milliseconds UTC; None: never)."""

    channel: int
    active: bool
    every: int
    whole_at: int | None


class Skord:
    """Schedules and runs of the subject's accounts."""

    id = "A-SKORD"
    phase = Phase.GO_LIVE

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive), subject.now)


def gather(subject: Subject, archive: Archive) -> list[Harvested]:
    """How the accounts are harvested."""
    with archive.ledger.database.read() as connection:
        settings, whole = channel_settings(connection), last_whole(connection)
    return [
        Harvested(
            channel,
            settings[channel].harvested,
            schedule_of(settings[channel].schedule, settings[channel].interval).deep,
            whole[channel].ended if channel in whole else None,
        )
        for channel in subject.channels
        if channel in settings
    ]


def judge(accounts: Sequence[Harvested], now: int) -> Result:
    """UNKNOWN where there is no account that could be harvested."""
    faults: Mapping[str, list[int]] = {
        "inactive": [one.channel for one in accounts if not one.active],
        "no_baseline": [one.channel for one in accounts if one.active and one.whole_at is None],
        "behind": [
            one.channel
            for one in accounts
            if one.active
            and one.whole_at is not None
            and now - one.whole_at > TIMES * one.every * 1000
        ],
    }
    outcome, reason = _judged(accounts, faults)
    data: dict[str, Json] = {name: list[Json](held) for name, held in faults.items()}
    data["accounts"] = len(accounts)
    return Result(check=Skord.id, outcome=outcome, reason=reason, data=data)


def _judged(
    accounts: Sequence[Harvested], faults: Mapping[str, list[int]]
) -> tuple[Outcome, Wording]:
    if not accounts:
        return Outcome.UNKNOWN, Wording("Inget konto är anslutet.", "No account is connected.")
    words = {
        "inactive": Wording("insamlas inte", "is not harvested"),
        "no_baseline": Wording("har ingen grundinsamling", "has no first full capture"),
        "behind": Wording("ligger efter sitt schema", "is behind its schedule"),
    }
    told = [
        (", ".join(f"C{one}" for one in held), words[name]) for name, held in faults.items() if held
    ]
    if told:
        sv = "; ".join(f"{which} {what.sv}" for which, what in told)
        en = "; ".join(f"{which} {what.en}" for which, what in told)
        return Outcome.FAIL, Wording(f"{sv}.", f"{en}.")
    return Outcome.PASS, Wording(
        "Varje konto insamlas enligt sitt schema.", "Every account is harvested as scheduled."
    )


check = Skord()
