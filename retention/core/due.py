"""When a period ends: from the day of an event to the first day a record may go. Pure.

Gallringsfrister are calendar time on Swedish dates; nothing here knows hours, so changes of the
clock move nothing. The default rounding is the practice of municipal archives: what came in during
2013 with two years is due on 1 January 2016.

Invariants: never due before the event's day and the whole period after it; a rounding, a month that
is too short and a calendar that ends only ever make it later; a later event is never due earlier.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from retention.core.schedule import (
    AfterPeriod,
    Period,
    RetainPermanently,
    Retention,
    Rounding,
    WhenObsolete,
)

NEVER = date.max  # a period that ends beyond the calendar


def due_on(retention: Retention, event: date) -> date | None:
    """The first day a record may go whose event happened on `event`; None if it is kept for ever.
    `NEVER` where the calendar ends before the period does."""
    match retention:
        case RetainPermanently():
            return None
        case WhenObsolete(grace=period):
            return end_of(period, event)
        case AfterPeriod(period=period, rounding=rounding):
            return _rounded(end_of(period, event), rounding)


def end_of(period: Period, start: date) -> date:
    """The day a period has passed: years and months first, then days. Where the month lacks the
    day, the period ends with the month: it has passed on the first of the next. Errors: none;
    `NEVER` where the calendar ends."""
    try:
        later: date = start + relativedelta(years=period.years, months=period.months)
        clamped = later.day < start.day
        return later + timedelta(days=period.days + clamped)
    except (ValueError, OverflowError):
        return NEVER


def _rounded(day: date, rounding: Rounding) -> date:
    if day == NEVER or rounding is Rounding.EXACT:
        return day
    month = 12 if rounding is Rounding.CALENDAR_YEAR else day.month
    try:
        return date(day.year + month // 12, month % 12 + 1, 1)
    except ValueError:
        return NEVER


def cut_off(retention: Retention, today: date) -> date | None:
    """The latest day an event may have happened on for the record to be due on `today`; None if no
    event makes it due then. It is what lets tables be asked by range: due on `today` ⇔ the event
    happened on this day or earlier."""
    if isinstance(retention, RetainPermanently):
        return None

    def due(ordinal: int) -> date:
        return due_on(retention, date.fromordinal(ordinal)) or NEVER

    count = bisect_right(range(1, today.toordinal() + 1), today, key=due)
    return date.fromordinal(count) if count else None
