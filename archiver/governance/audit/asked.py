"""What is asked about: an authority and a period, and the means to find figures about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from archiver.core.calendar import day_begins, day_ends, stockholm_date
from archiver.core.channel import Channel
from archiver.governance.archive import Archive
from archiver.governance.core.audit import Period
from archiver.governance.core.check import Subject
from archiver.governance.core.checklist import Phase
from archiver.governance.core.standing import Standing
from archiver.governance.queries import day_number
from archiver.harvest.gap import Gap
from archiver.ledger.account import Account
from archiver.people.service import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An authority, its channels and initiatives, a period, and what to read. `now`: milliseconds
    UTC; `standings`: the initiatives as they stand now; `account`: the completeness audit of the
    whole log; `gaps`: of a channel, as far back as so many milliseconds."""

    archive: Archive
    connection: Connection
    authority: int
    channels: Sequence[Channel]
    standings: Sequence[Standing]
    users: Sequence[User]
    gaps: Callable[[Channel, int], Sequence[Gap]]
    account: Account
    period: Period
    now: int

    @property
    def today(self) -> date:
        """The day of the report."""
        return stockholm_date(self.now)

    @property
    def last_day(self) -> date:
        """The period's last day, or the report's if it has not come yet."""
        return min(self.period.until, self.today)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The channels' numbers."""
        return tuple(one.seq for one in self.channels)

    @property
    def subject(self) -> Subject:
        """The channels, as the automatic checks are asked about them."""
        places = tuple((one.seq, one.platform) for one in self.channels)
        goals = tuple(goal for one in self.standings for goal in one.goals)
        return Subject(
            authority=self.authority, places=places, goals=goals, phase=Phase.DRIFT, now=self.now
        )

    def count(self, table: Table, *where: ColumnElement[bool]) -> int:
        """How many rows of a table."""
        query = select(func.count()).select_from(table).where(*where)
        return self.connection.scalar(query) or 0

    def within(self, column: Any) -> ColumnElement[bool]:
        """Whether an instant (milliseconds UTC) lies in the period."""
        held: ColumnElement[bool] = column.between(*self.instants)
        return held

    def on_days(self, column: Any) -> ColumnElement[bool]:
        """Whether a day (YYYYMMDD) lies in the period."""
        held: ColumnElement[bool] = column.between(*map(day_number, self.period))
        return held

    @property
    def instants(self) -> tuple[int, int]:
        """The period's first and last millisecond, UTC."""
        return day_begins(self.period.since), day_ends(self.period.until) - 1
