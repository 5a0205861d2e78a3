"""Days in Sweden: the date of an instant, which days are working days, when a time runs out.

Legal dates are dates in Europe/Stockholm (FL 22 §: a record has come in on the day it reaches the
authority); instants are milliseconds since 1970 UTC. Two laws count time, and they differ:

- *lag (1930:173)*: a time in weeks, months or years ends on the day of the same name or number, in
  a shorter month on its last day (1 §); where it ends on a Sunday, another public holiday, a
  Saturday, midsommarafton, julafton or nyårsafton, the act may be done on the next ordinary day
  (2 §). TF's and FL's times of appeal follow it.
- *Regulation (EEC, Euratom) 1182/71*: the day of the event is not counted (art. 3.1), months clamp
  (3.2 c), the last day moves past public holidays, Sundays and Saturdays, except for times in hours
  (3.4), and a time of two days or more holds at least two working days (3.5). GDPR's times
  follow it: art. 12.3 moves, the 72 hours of art. 33 never do.

Public holidays are those of lag (1989:253), from the `holidays` library (years from 1953). Whether
Sweden has designated the three eves as public holidays in the meaning of art. 2.1 is not known to
us: they do not move an EU time, so that a deadline shown is never later than the true one.

Invariants: a working day is never a Saturday; what is rolled is never earlier than what was given;
a deadline never lies before its start. Pure: today is a parameter.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from archiver.core.record import instant, milliseconds

STOCKHOLM = ZoneInfo("Europe/Stockholm")
HOUR = 3_600_000
SATURDAY, SUNDAY = 5, 6
_DAY = timedelta(days=1)


class TimeLaw(StrEnum):
    """The law a time is counted under. `EXACT`: no law moves it; what was counted stands."""

    SWEDISH = "1930:173"
    EU = "1182/71"
    EXACT = "exact"


class Unit(StrEnum):
    """What a time is counted in. Hours are counted from an instant, the others from a date."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


def stockholm_date(at: int) -> date:
    """The date in Sweden at an instant: 23:30 UTC is the next day, all year round."""
    return instant(at).astimezone(STOCKHOLM).date()


def day_begins(day: date) -> int:
    """The first instant of a day in Sweden. Days have 23 or 25 hours when the clocks change. Of the
    first day there is in the calendar, the first instant there is."""
    if day == date.min:
        return milliseconds(datetime.min.replace(tzinfo=UTC))
    return milliseconds(datetime.combine(day, time(), STOCKHOLM).astimezone(UTC))


def day_ends(day: date) -> int:
    """The instant at which a day in Sweden is over: the first of the next day. 31 December 9999,
    which is written for no end, is over with the calendar."""
    if day == date.max:
        return milliseconds(datetime.max.replace(microsecond=999_000, tzinfo=UTC))
    return day_begins(day + _DAY)


@cache
def _public_holidays(year: int) -> frozenset[date]:
    # Here, since the library takes a third of a second to load and most commands need no calendar.
    from holidays.countries.sweden import Sweden

    return frozenset(Sweden(years=year))


@cache
def _eves(year: int) -> frozenset[date]:
    from holidays.constants import DE_FACTO
    from holidays.countries.sweden import Sweden

    return frozenset(Sweden(years=year, categories=(DE_FACTO,)))


def is_public_holiday(day: date) -> bool:
    """Whether a day is a public holiday (lag 1989:253 1 §: every Sunday is one)."""
    return day.weekday() == SUNDAY or day in _public_holidays(day.year)


def is_eve(day: date) -> bool:
    """Whether it is midsommarafton, julafton or nyårsafton, which lag (1930:173) 2 § treats as a
    Sunday though they are no public holidays."""
    return day in _eves(day.year)


def is_working_day(day: date) -> bool:
    """Whether a Swedish authority is at work: the days that lag (1930:173) 2 § does not name."""
    return not (day.weekday() == SATURDAY or is_public_holiday(day) or is_eve(day))


def _is_eu_working_day(day: date) -> bool:
    """Regulation 1182/71 art. 2.2: every day but public holidays, Sundays and Saturdays."""
    return not (day.weekday() == SATURDAY or is_public_holiday(day))


def roll(day: date, law: TimeLaw) -> date:
    """The day on which a time that runs out on `day` ends: `day`, or the next that is no holiday
    (lag 1930:173 2 §; Regulation 1182/71 art. 3.4). `EXACT` moves nothing."""
    counts = _COUNTS.get(law)
    while counts is not None and not counts(day):
        day += _DAY
    return day


_COUNTS = {TimeLaw.SWEDISH: is_working_day, TimeLaw.EU: _is_eu_working_day}


def add_working_days(day: date, count: int) -> date:
    """The working day that is `count` working days after `day`, which is itself not counted.

    With 0, `day` if it is a working day, else the next one. ValueError if `count` is negative.
    """
    if count < 0:
        raise ValueError("Working days are counted forward.")
    day = roll(day, TimeLaw.SWEDISH)
    for _ in range(count):
        day = roll(day + _DAY, TimeLaw.SWEDISH)
    return day


def working_days_between(received: date, today: date) -> int:
    """How many working days old something is: 0 on the working day it came in, 1 on the next.

    What comes in on a day when nobody is at work counts from the next working day (a comment of
    Saturday is 0 on Monday); 0 also while it is still holiday, and if `today` lies before.
    This is the age OSL 5:1 ("without delay") is watched by; law sets no number of days.
    """
    first = roll(received, TimeLaw.SWEDISH)
    days = (today - first).days
    if days <= 0:
        return 0
    weeks, rest = divmod(days, 7)
    last = today - timedelta(days=rest)
    weekdays = 5 * weeks + sum((last + _DAY * i).weekday() < SATURDAY for i in range(1, rest + 1))
    return weekdays - _holidays_on_weekdays(first, today)


def _holidays_on_weekdays(after: date, until: date) -> int:
    """Public holidays and eves on Monday to Friday in (after, until]."""
    return sum(
        after < day <= until and day.weekday() < SATURDAY
        for year in range(after.year, until.year + 1)
        for day in _public_holidays(year) | _eves(year)
    )


def add(start: date, count: int, unit: Unit) -> date:
    """`start` and a time after it, before any roll-over: the day of the same name or number, in a
    shorter month its last day (lag 1930:173 1 §; Regulation 1182/71 art. 3.2 c). The day of the
    start is not counted (art. 3.1). ValueError if `count` is negative."""
    if count < 0:
        raise ValueError("Times are counted forward.")
    match unit:
        case Unit.DAYS:
            return start + timedelta(days=count)
        case Unit.WORKING_DAYS:
            return add_working_days(start, count)
        case Unit.WEEKS:
            return start + timedelta(weeks=count)
        case Unit.MONTHS:
            return _later(start, months=count)
        case Unit.YEARS:
            return _later(start, months=12 * count)


def _later(start: date, *, months: int) -> date:
    later: date = start + relativedelta(months=months)
    return later


def deadline(start: date, count: int, unit: Unit, law: TimeLaw) -> date:
    """The last day on which an act is in time, for a time that runs from the day `start`.

    Three weeks from the day somebody was served (FL 44 §): `deadline(served, 3, WEEKS, SWEDISH)`.
    One month from a request (GDPR art. 12.3): `deadline(received, 1, MONTHS, EU)`.
    """
    last = roll(add(start, count, unit), law)
    if law is TimeLaw.EU and unit is Unit.DAYS and count >= 2:
        while _eu_working_days(start, last) < 2:  # art. 3.5
            last = roll(last + _DAY, law)
    return last


def _eu_working_days(after: date, until: date) -> int:
    days = (until - after).days
    return sum(_is_eu_working_day(after + _DAY * i) for i in range(1, days + 1))


def hours_after(at: int, hours: int) -> int:
    """The instant `hours` hours after another: elapsed time, through nights, holidays and changes
    of the clock. Hours never roll (Regulation 1182/71 art. 3.4). The hour of the event, which
    art. 3.1 leaves out, is counted here: what is shown is up to an hour early, never late.
    ValueError if `hours` is negative."""
    if hours < 0:
        raise ValueError("Times are counted forward.")
    return at + hours * HOUR
