"""The port of triggers: on which day an event happened to a record, as facts and tables have it.

A trigger is one file in `retention/triggers/` with an attribute `trigger`, or a distribution that
names such an object under the entry-point group `diarkiv.triggers`. There is no list to edit.

What every one must keep, and a contract suite checks over all of them: an event that has not
happened, or is not known to have, gives no day, and never today's; of several, the latest counts;
`days` and `within` say the same of every record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple, Protocol

from sqlalchemy import ColumnElement, Connection, and_

from archiver.core.calendar import HOUR, day_ends, stockholm_date
from archiver.db.hold_tables import number_of
from archiver.plugins import plugins
from retention.core.schedule import TriggerName

FOLDER = "retention.triggers"
GROUP = "diarkiv.triggers"


class Subject(NamedTuple):
    """A record as triggers and rules see it; tokens and instants (milliseconds UTC) as in its
    table. Of the last four, three are 0 or 1: a person has put it in a class; it is in the
    register; the authority has hidden or removed it. `answered`: 1 if others name it as what they
    answer, 2 if as the root of their thread, 3 if both."""

    record: int
    channel: int
    kind: str
    origin: str
    native: bytes
    parent: bytes | None
    root: bytes | None
    legal_at: int
    captured_at: int
    outcome: str = ""
    classed: int = 0
    filed: int = 0
    moderated: int = 0
    answered: int = 0


class Span(NamedTuple):
    """Days from the one after `after` (None: from the first there is) to `until`."""

    after: date | None
    until: date

    def of_instants(self, column: ColumnElement[int]) -> ColumnElement[bool]:
        """The condition that an instant lies in the span, in Sweden."""
        below = column < day_ends(self.until)
        return below if self.after is None else and_(column >= day_ends(self.after), below)

    def of_numbers(self, column: ColumnElement[int]) -> ColumnElement[bool]:
        """The condition that a day, YYYYMMDD, lies in the span."""
        below = column <= number_of(self.until)
        return below if self.after is None else and_(column > number_of(self.after), below)


class Trigger(Protocol):
    """One kind of event. `name`: which; `rare`: it happens to few records, which are sought from
    the event and not the other way round. `days`: record → the day it happened, the latest of
    several; a record to which it has not happened is left out. `within`: the condition, on the
    table of records, that this day lies in a span; only records of `channel` are asked about."""

    name: TriggerName
    rare: bool

    def days(self, connection: Connection, subjects: Sequence[Subject]) -> Mapping[int, date]: ...

    def within(self, channel: int, span: Span) -> ColumnElement[bool]: ...


@cache
def triggers() -> Mapping[TriggerName, Trigger]:
    """Every trigger there is; `ConfigError` for one that cannot be used, or two of one name."""
    return plugins(FOLDER, GROUP, "trigger", Trigger, lambda one: one.name)


def swedish_day(at: int) -> date:
    """The date in Sweden at an instant, quickly for many: a day there begins on a whole hour."""
    return _day_of_hour(at // HOUR)


@lru_cache(maxsize=100_000)
def _day_of_hour(hour: int) -> date:
    return stockholm_date(hour * HOUR)
