"""Periods and retentions as people write them: "2 år", "18 månader", "bevaras".

What is read: "bevaras"; "vid inaktualitet" with or without ", karens 3 månader"; a period in years,
months and days, also in English and as ISO 8601 ("P2Y6M"). What is written is read back as the very
same. A period of nothing is no period. Pure.
"""

from __future__ import annotations

import re

from retention.core.schedule import AfterPeriod, Period, RetainPermanently, Retention, WhenObsolete

MOST = 36_500  # of any unit: a hundred years in days
_UNITS = (
    ("years", ("år", "year", "years", "y")),
    ("months", ("månad", "månader", "mån", "month", "months", "mon")),
    ("days", ("dag", "dagar", "dgr", "day", "days", "d")),
)
_PART = re.compile(r"(\d{1,5})\s*([a-zåäö]+)\.?")
_ISO = re.compile(r"P(?:(\d{1,5})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})D)?")
_BETWEEN = re.compile(r"[\s,]*(?:och|and|&)?[\s,]*")
_PERMANENT = frozenset({"bevaras", "bevara", "permanent", "retain permanently", "kept"})
_OBSOLETE = re.compile(
    r"(?:gallras\s+)?(?:vid\s+inaktualitet|when\s+obsolete)(?:\s*[,;]?\s*(?:karens|grace)\s+(.+))?"
)


def read_period(text: str) -> Period | None:
    """A period, or None if the text is none, or is one of nothing."""
    text = text.strip()
    if (iso := _ISO.fullmatch(text.upper())) and len(text) > 1:
        found = [int(part or 0) for part in iso.groups()]
        return _period(*found)
    counts: dict[str, int] = {}
    at, plain = 0, text.casefold()
    while at < len(plain):
        match = _PART.match(plain, at)
        unit = match and next((name for name, words in _UNITS if match[2] in words), None)
        if not match or unit is None or unit in counts:
            return None
        counts[unit] = int(match[1])
        gap = _BETWEEN.match(plain, match.end())
        at = gap.end() if gap else match.end()
    return _period(*(counts.get(name, 0) for name, _ in _UNITS))


def _period(years: int, months: int, days: int) -> Period | None:
    if not any((years, months, days)) or max(years, months, days) > MOST:
        return None
    return Period(years=years, months=months, days=days)


def write_period(period: Period, language: str = "sv") -> str:
    """A period in words; "" for one of nothing."""
    swedish = (("år", "år"), ("månad", "månader"), ("dag", "dagar"))
    english = (("year", "years"), ("month", "months"), ("day", "days"))
    counts = (period.years, period.months, period.days)
    return " ".join(
        f"{count} {words[count != 1]}"
        for count, words in zip(counts, english if language == "en" else swedish, strict=True)
        if count
    )


def read_retention(text: str) -> Retention | None:
    """A retention; a period with the default rounding. None if the text is none."""
    plain = " ".join(text.casefold().split())
    if plain in _PERMANENT:
        return RetainPermanently()
    if obsolete := _OBSOLETE.fullmatch(plain):
        if obsolete[1] is None:
            return WhenObsolete(Period())
        grace = read_period(obsolete[1])
        return WhenObsolete(grace) if grace else None
    period = read_period(plain)
    return AfterPeriod(period) if period else None


def write_retention(retention: Retention, language: str = "sv") -> str:
    """A retention in words, without its rounding."""
    english = language == "en"
    match retention:
        case RetainPermanently():
            return "permanent" if english else "bevaras"
        case WhenObsolete(grace):
            words = "when obsolete" if english else "vid inaktualitet"
            time = write_period(grace, language)
            return f"{words}, {'grace' if english else 'karens'} {time}" if time else words
        case AfterPeriod(period):
            return write_period(period, language)
