"""Series of registration numbers, and giving the next one.

A number is given inside the ledger's writer, where nobody else appends and the tables are caught up
with the log, and in the same batch as the entry that has it: so there is never a gap and never one
twice, also with many asking at once and when a process is killed. Numbers begin anew each Swedish
year. A number that was given is written as the mask then was, for ever: it stands in its entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.ledger.service import Ledger
from archiver.registry import queries
from archiver.registry.core.mask import Mask, Number, check_code
from archiver.registry.queries import CaseRow

CLASS_SHOWN = "{KLASS}"  # stands for the class, in a number that is foretold


class StaleSetting(RuleViolation):
    """Somebody has set it anew since it was read."""

    code = "stale"


class WouldGap(ConfigError):
    """A first number for a year of which the series has given numbers."""


class GivenAlready(ConfigError):
    """Numbers that another series gives, or has given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A series of numbers as it is now. `seq` is its number in the log, `set_at` that of the event
    that set it last; `year` and `first`: the first number of that year, where an authority went on
    from another system."""

    seq: int
    authority: int
    code: str
    mask: Mask
    year: int | None = None
    first: int | None = None
    set_at: int = 0

    def example(self, year: int) -> str:
        """A number of the series, as it would be written."""
        return self.written(Number(year, 1), "1.2.3")

    def gives_as(self, code: str, mask: Mask) -> bool:
        """Whether a number of this series, of a case or of a document in one, could be read as one
        of another code and mask, or the other way round."""
        other = replace(self, code=code, mask=mask)
        return self._reads_of(other) or other._reads_of(self)

    def _reads_of(self, other: Series) -> bool:
        return any(
            self.mask.read(other.written(number, "1.2.3"), code=self.code, this_year=2026)
            for number in (Number(2026, 4711), Number(2026, 4711, 3))
        )

    def written(self, number: Number, class_code: str) -> str:
        """A number, as the series writes it now."""
        return self.mask.render(number, code=self.code, class_code=class_code)


def all_series(
    ledger: Ledger, connection: Connection, authorities: queries.Authorities = None
) -> list[Series]:
    """The series of these authorities as they are now, in the order they were made."""
    settings = every_setting(ledger, connection, authorities)
    return list({one.seq: one for one in settings}.values())


def every_setting(
    ledger: Ledger, connection: Connection, authorities: queries.Authorities = None
) -> list[Series]:
    """What the series of these authorities were set to, each time, the oldest first: a number is
    read by the mask it may have been written with."""
    rows = queries.series(connection, authorities)
    opened = ledger.open([row.seq for row in rows])
    found = []
    for row in rows:
        payload: Mapping[str, Any] = opened[row.seq].envelope
        found.append(
            Series(
                seq=row.series,
                authority=row.authority,
                code=payload["code"],
                mask=Mask.parse(payload["mask"]),
                year=row.year,
                first=row.first,
                set_at=row.seq,
            )
        )
    return found


def chosen(ledger: Ledger, connection: Connection, authority: int, series: int | None) -> Series:
    """The authority's series of that number, or its only one; the first if there are several."""
    found = all_series(ledger, connection, [authority])
    if series is not None:
        found = [one for one in found if one.seq == series]
    if not found:
        raise NotFound(
            "The authority has no such series of registration numbers.",
            remedy="Make one with `diarkiv register series set`.",
        )
    return found[0]


def series_payload(
    *, authority: int, code: str, mask: str, year: int | None, first: int | None, actor: int
) -> dict[str, Json]:
    """What a series is set to, as it is sealed; `ConfigError` for what would not do."""
    payload: dict[str, Json] = {
        "authority": authority,
        "code": check_code(code),
        "mask": str(Mask.parse(mask)),
        "actor": actor,
    }
    if (year is None) != (first is None):
        raise ConfigError("A first number needs its year, and a year its first number.")
    if year is not None and first is not None:
        if not (1 <= first < 10**9 and 1900 <= year < 3000):
            raise ConfigError("The first number is from 1 on, in a year of four digits.")
        payload |= {"year": year, "first": first}
    return payload


def check_setting(
    ledger: Ledger,
    connection: Connection,
    payload: Mapping[str, Any],
    *,
    series: int | None,
    seen: int | None = None,
) -> tuple[int, int] | None:
    """Whether a series (None: a new one) may be set so: `NotFound` if it is not the authority's,
    `StaleSetting` if it was set after `seen`, `WouldGap`, `GivenAlready`. The year and first number
    it then has: those that are given, or else those it had."""
    authority, mask = payload["authority"], Mask.parse(payload["mask"])
    year, first = payload.get("year"), payload.get("first")
    if series is not None:
        known = [one for one in all_series(ledger, connection, [authority]) if one.seq == series]
        if not known:
            raise NotFound("There is no such series.", remedy="List the series there are.")
        if seen is not None and seen != known[0].set_at:
            raise StaleSetting(
                "The series was set anew after it was read.", remedy="Read it anew and try again."
            )
        if queries.has_numbers(connection, series, year):
            raise WouldGap(
                "The series has given numbers of that year: there would be a gap.",
                remedy="Make a new series, or begin with the next year.",
            )
        if year is None:
            year, first = known[0].year, known[0].first
    for one in every_setting(ledger, connection):
        if one.seq != series and one.gives_as(payload["code"], mask):
            raise GivenAlready(
                "Another series gives just these numbers, or has given them.",
                remedy="Choose another code or mask.",
            )
    return (year, first) if year is not None and first is not None else None


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What a series gives next: to a case, or a document by itself, and to the first document in
    such a case. The class stands as `CLASS_SHOWN`."""

    number: str
    document: str


def upcoming(connection: Connection, series: Series, at: int) -> Upcoming:
    """What a series would give at a time (milliseconds UTC), as far as is known now."""
    place = Numbers(connection, at).next(series, CLASS_SHOWN)
    return Upcoming(place.written, series.written(place.number._replace(part=1), CLASS_SHOWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A number that is about to be given: of its own, or document `part` of a case."""

    series: int
    number: Number
    written: str
    case: int | None = None

    def fields(self) -> dict[str, Json]:
        """As it is sealed."""
        fields: dict[str, Json] = {
            "series": self.series,
            "year": self.number.year,
            "running": self.number.running,
            "number": self.written,
        }
        return fields if self.number.part is None else {**fields, "part": self.number.part}


class Numbers:
    """Gives numbers within one writer's block: what was given there is not in the tables yet. A
    number counts as given once it was taken."""

    def __init__(self, connection: Connection, at: int) -> None:
        self._connection = connection
        self.year = stockholm_date(at).year
        self._running: dict[int, int] = {}
        self._parts: dict[int, int] = {}

    def next(self, series: Series, class_code: str) -> Place:
        """The next number of a series, of this year."""
        last = self._running.get(series.seq)
        if last is None:
            last = queries.last_number(self._connection, series.seq, self.year)
            if series.year == self.year and series.first is not None:
                last = max(last, series.first - 1)
        return _place(series, Number(self.year, last + 1), class_code)

    def next_in_case(self, series: Series, case: CaseRow, class_code: str) -> Place:
        """The next document's number in a case."""
        last = self._parts.get(case.seq)
        if last is None:
            last = queries.last_part(self._connection, case.seq)
        number = Number(case.year, case.running, last + 1)
        return _place(series, number, class_code, case.seq)

    def take(self, place: Place) -> None:
        """The number was staged with what has it."""
        if place.case is None:
            self._running[place.series] = place.number.running
        else:
            self._parts[place.case] = place.number.part or 0


def _place(series: Series, number: Number, class_code: str, case: int | None = None) -> Place:
    written = series.mask.render(number, code=series.code, class_code=class_code)
    return Place(series=series.seq, number=number, written=written, case=case)
