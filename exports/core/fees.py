"""Fees for copies: an authority's own table, adopted by decision. Pure.

Avgiftsförordningen (1992:191) binds the state only; a municipality decides its own table
(kommunfullmäktige). Whatever the table says, reading on the spot is free (TF 2:15), and nothing is
ever charged for the search, the assessment or the masking (TF 2:16 allows a fee for the copy).
Amounts are in öre.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from archiver.errors import ConfigError


class Medium(StrEnum):
    """What is handed over."""

    PAPER = "paper"
    DIGITAL = "digital"
    ON_SITE = "on_site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What copies of a medium cost: nothing below `free_below` units; from there `first` for that
    unit and those before it, and `each` for every one more. Units are pages, or files."""

    medium: Medium
    free_below: int
    first: int
    each: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTable:
    """A table in force from a day, and the decision that says so."""

    decision: str
    valid_from: date
    rates: tuple[Rate, ...]
    valid_to: date | None = None  # the last day

    def is_in_force(self, day: date) -> bool:
        """Whether it counts on that day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def faults(table: FeeTable) -> Iterator[str]:
    """What is wrong with a table; nothing if it can be adopted."""
    if not table.decision.strip():
        yield "decision: a fee rests on a decision; say which, as in KF 2021-03-29 § 33"
    if table.valid_to is not None and table.valid_to < table.valid_from:
        yield "valid_to: lies before valid_from"
    media = [rate.medium for rate in table.rates]
    for medium in sorted({one for one in media if media.count(one) > 1}):
        yield f"{medium}: has two rates"
    for rate in table.rates:
        if rate.medium is Medium.ON_SITE:
            yield "on_site: reading on the spot is free (TF 2:15)"
        if rate.free_below < 1 or rate.first < 0 or rate.each < 0:
            yield f"{rate.medium}: units are counted from 1, and no amount is negative"


def in_force(tables: Iterable[FeeTable], day: date) -> FeeTable | None:
    """The table that counts on a day: of several, in the order they were recorded, the one in force
    from the latest day, and of those the last; None if there is none: nothing is charged."""
    found = [table for table in tables if table.is_in_force(day)]
    return max(reversed(found), key=lambda table: table.valid_from, default=None)


def fee(table: FeeTable | None, medium: Medium, units: int) -> int:
    """What so many units cost, in öre. 0 without a table, without a rate for the medium, and always
    on the spot. `ValueError` for a negative count."""
    if units < 0:
        raise ValueError("Units are counted from 0.")
    rates: Sequence[Rate] = table.rates if table is not None else ()
    rate = next((one for one in rates if one.medium is medium), None)
    if rate is None or medium is Medium.ON_SITE or units < rate.free_below:
        return 0
    return rate.first + (units - rate.free_below) * rate.each


def kronor(ore: int) -> str:
    """An amount in öre as kronor: 5000 is 50,00."""
    return f"{ore // 100},{ore % 100:02}"


def ore(text: str) -> int:
    """Kronor as öre: `2,50` is 250. `ConfigError` for what is no amount."""
    try:
        amount = Decimal(text.replace(",", ".")) * 100
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount <= 10**9 or amount != int(amount):
        raise ConfigError(f"{text!r} is no amount in kronor.", remedy="Write 50 or 2,50.")
    return int(amount)
