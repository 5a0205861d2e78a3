"""Disposal holds (gallringsstopp): what stops every copy of a record on every path. Pure.

A hold has a reason, an owner and a day to be reviewed on; lifting it disposes of nothing and makes
nothing due. It starts when a request is precise enough and covers the documents it concerns:
searching sets none. Who is asked for a record must not dispose of it (TF 2:15–16; Upplands Väsby's
practice, made automatic here).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from retention.core.facts import RecordFacts


class HoldKind(StrEnum):
    """Why it is held."""

    ACCESS_REQUEST = "access_request"  # until it is finally decided
    SUPERVISION = "supervision"  # IMY, JO, JK
    POLICE = "police"
    COURT = "court"
    AUDIT = "audit"
    RESTRICTION = "restriction"  # GDPR art. 18
    INCIDENT = "incident"  # GDPR art. 33
    OPEN_CASE = "open_case"
    UNDELIVERED_TRANSFER = "undelivered_transfer"
    ARCHIVAL_AUTHORITY = "archival_authority"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldScope:
    """What a hold covers: all of what is given must fit; None: any. `threads` are the seqs of root
    records: they, and everything under them. `classes`: record classes, whether a person or a rule
    put the record there. `since`/`until`: legal dates, both counted."""

    records: frozenset[int] | None = None
    threads: frozenset[int] | None = None
    channels: frozenset[int] | None = None
    classes: frozenset[str] | None = None
    since: date | None = None
    until: date | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing narrows it: every record of the authority."""
        return self == HoldScope()


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalHold:
    """A hold in force or lifted. `seq`: the entry that placed it; an automatic one that follows
    from another fact (an open case) names that fact's entry."""

    seq: int
    authority: int
    kind: HoldKind
    scope: HoldScope
    owner: int
    placed_on: date
    review_on: date
    lifted_on: date | None = None
    automatic: bool = False

    def is_in_force(self, day: date) -> bool:
        """Whether it holds on that day."""
        return self.placed_on <= day and (self.lifted_on is None or day < self.lifted_on)

    def is_overdue(self, day: date) -> bool:
        """Whether it should have been reviewed before that day, and still holds."""
        return self.is_in_force(day) and self.review_on < day


def covers(hold: DisposalHold, facts: RecordFacts, codes: frozenset[str]) -> bool:
    """Whether a record is in a hold's scope; `codes`: the record classes it is in."""
    scope = hold.scope
    return (
        hold.authority == facts.authority
        and (scope.records is None or facts.record in scope.records)
        and (scope.threads is None or bool(scope.threads & {facts.record, facts.root}))
        and (scope.channels is None or facts.channel in scope.channels)
        and (scope.classes is None or bool(scope.classes & codes))
        and (scope.since is None or scope.since <= facts.legal_on)
        and (scope.until is None or facts.legal_on <= scope.until)
    )


def holds_on(
    holds: Iterable[DisposalHold], facts: RecordFacts, codes: frozenset[str], today: date
) -> tuple[DisposalHold, ...]:
    """The holds that are in force and cover a record, by number."""
    found = [one for one in holds if one.is_in_force(today) and covers(one, facts, codes)]
    return tuple(sorted(found, key=lambda one: one.seq))


class HoldBook:
    """Holds, found quickly for one record after another."""

    def __init__(self, holds: Iterable[DisposalHold]) -> None:
        self._of_record: dict[int, list[DisposalHold]] = {}
        self._of_thread: dict[int, list[DisposalHold]] = {}
        self._wide: list[DisposalHold] = []
        for hold in holds:
            named = hold.scope.records
            if named is None:
                named, index = hold.scope.threads, self._of_thread
            else:
                index = self._of_record
            if named is None:
                self._wide.append(hold)
            for one in named or ():
                index.setdefault(one, []).append(hold)

    def __bool__(self) -> bool:
        return bool(self._wide or self._of_record or self._of_thread)

    @property
    def names_threads(self) -> bool:
        """Whether it matters which thread a record is in."""
        return bool(self._of_thread) or any(
            hold.scope.threads is not None for found in self._of_record.values() for hold in found
        )

    def near(self, record: int, root: int | None) -> list[DisposalHold]:
        """The holds that may cover a record, which `holds_on` is to tell; mostly none."""
        found = [*self._of_record.get(record, ()), *self._wide]
        for one in {record, root} & self._of_thread.keys():
            assert one is not None
            found += self._of_thread[one]
        return found
