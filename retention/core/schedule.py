"""A records schedule (informationshanteringsplan) as data: rules, each with a retention.

A schedule says what an authority *means* to keep and for how long. It disposes of nothing: only a
decision does (arkivlag 10 §; `retention.core.decision`). So the schedule that ships, SM01 to SM20,
is a proposal whose every row must be pointed to by a decision before anything is due under it.

A rule takes the records its `Applies` describes, or those a person has put in its class. Its
retention is one of three: kept for ever; until it is obsolete and a grace time (karens) has passed;
or a period after an event. Periods are calendar time, dates are Swedish dates. An event that has
not happened, or is not known to have, makes nothing due: a period never falls back on the day of
harvest. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import inf
from typing import TypeAlias


class TriggerName(StrEnum):
    """The events a period can run from; each is a plug-in in `retention.triggers`."""

    RECEIVED = "received"
    DRAWN_UP = "drawn_up"
    DISPATCHED = "dispatched"
    CASE_CLOSED = "case_closed"
    CHANNEL_CLOSED = "channel_closed"
    PROJECT_CLOSED = "project_closed"
    MODERATED = "moderated"
    BLOCK_LIFTED = "block_lifted"
    DECISION_FINAL = "decision_final"
    VERSION_SUPERSEDED = "version_superseded"
    THREAD_INACTIVE = "thread_inactive"
    DECLARED_INACTIVE = "declared_inactive"
    TRANSFER_RECEIPTED = "transfer_receipted"


class Rounding(StrEnum):
    """Where a period ends. `CALENDAR_YEAR`, the default: on 1 January after the last whole year, so
    that what came in 2013 with two years is due on 1 January 2016. `MONTH_END`: on the first day
    after the month the exact date lies in. A rounding never makes anything due earlier."""

    CALENDAR_YEAR = "calendar_year"
    EXACT = "exact"
    MONTH_END = "month_end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Calendar time: whole years, months and days, added in that order; a day that a shorter month
    lacks is its last (29 February + 1 year = 28 February, and is due the day after it would be)."""

    years: int = 0
    months: int = 0
    days: int = 0


LEAST_YEARS = 5  # that what was moderated is kept: as long as an offence could be prosecuted


@dataclass(frozen=True, slots=True)
class RetainPermanently:
    """Bevaras."""


@dataclass(frozen=True, slots=True)
class WhenObsolete:
    """Gallras vid inaktualitet, at the earliest when `grace` (karens) has passed since. Exact date:
    no rounding."""

    grace: Period


@dataclass(frozen=True, slots=True)
class AfterPeriod:
    """Gallras efter en frist from the rule's trigger."""

    period: Period
    rounding: Rounding = Rounding.CALENDAR_YEAR


Retention: TypeAlias = RetainPermanently | WhenObsolete | AfterPeriod


class TextStatus(StrEnum):
    """Where a row's wording comes from; shown with the row, on every screen and print."""

    DECIDED = "decided"  # the authority's own
    PROPOSED = "proposed"  # ours
    RECONSTRUCTED = "reconstructed"  # from others' practice
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applies:
    """Which records a rule takes, all of what is given; None: any. `explicit_only`: none but those
    a person has put in the class. `kinds`: kinds of items (post, comment …); `origins`: received,
    drawn_up; `outcomes`: what a registrar decided (triage outcomes; "" = nothing yet);
    `moderated`: hidden or removed by the authority; `channels`: by seq; `class_codes`: codes of the
    classification scheme at the record's register entry; `since`/`until`: the record's legal date,
    both ends counted."""

    explicit_only: bool = False
    kinds: frozenset[str] | None = None
    origins: frozenset[str] | None = None
    outcomes: frozenset[str] | None = None
    moderated: bool | None = None
    channels: frozenset[int] | None = None
    class_codes: frozenset[str] | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row: a record class (handlingstyp) and what becomes of it. `code` (SM05) names the class;
    a code may stand on several rows if their scopes do not overlap. `inactive_days`: days without
    activity after which a thread counts as inactive (trigger THREAD_INACTIVE only). `minor`: it
    disposes of what is of minor importance, so a decision under it ticks every condition for that.
    `prescription_years`: the prescription period of the offence that the row names, 0 if it names
    none. `mandate`: the number of the decision it rests on, where it claims one."""

    code: str
    label: str
    retention: Retention
    trigger: TriggerName | None
    applies: Applies = Applies()
    inactive_days: int = 0
    minor: bool = False
    prescription_years: int = 0
    mandate: str = ""
    grounds: str = ""
    note: str = ""
    text_status: TextStatus = TextStatus.PROPOSED

    @property
    def moderated(self) -> bool | None:
        """Whether it takes what the authority hid or removed: only that (True), none of it (False),
        that too (None). A row that does not say takes it only where it keeps it for as long as an
        offence could be prosecuted: a plain row for comments is not to take what SM08 keeps."""
        said = self.applies.moderated
        return False if said is None and self.least_months < LEAST_YEARS * 12 else said

    @property
    def least_months(self) -> float:
        """Whole months from its event that it keeps at least; what is kept until it is obsolete may
        be obsolete at once."""
        match self.retention:
            case RetainPermanently():
                return inf
            case AfterPeriod(period):
                return period.years * 12 + period.months
        return 0


class DecisionLevel(StrEnum):
    """Who decides. Which of them a disposal needs is local (the arkivreglemente): see
    `Schedule.required_levels`."""

    COUNCIL = "council"  # kommunfullmäktige
    ARCHIVAL_AUTHORITY = "archival_authority"  # arkivmyndigheten
    AUTHORITY = "authority"  # the nämnd or board itself
    APPLICATION = "application"  # tillämpningsbeslut


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One version of an authority's schedule. `effective_until` is the first day it no longer
    holds; None while it holds. A later version that takes effect replaces it from that day."""

    authority: int
    name: str
    version: str
    effective_from: date
    effective_until: date | None
    required_levels: frozenset[DecisionLevel]
    rules: tuple[Rule, ...]

    def holds(self, day: date) -> bool:
        """Whether its own days include it; whether a later version replaces it is not told here."""
        ends = self.effective_until
        return self.effective_from <= day and (ends is None or day < ends)

    def codes(self) -> frozenset[str]:
        """The record classes it has."""
        return frozenset(rule.code for rule in self.rules)
