"""A disposal decision (gallringsbeslut), and whether one covers a record on a day.

Arkivlag 10 § with 16 §: a municipal authority disposes under a decision that exists before the
disposal. Local rules say how many levels must have decided; all of them must cover the record, be
in force that day, and not be revoked. A decision reaches back to older records only as far as its
scope says: without `records_from`, not before the day it takes effect. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from archiver.core.calendar import day_begins
from archiver.core.tombstone import ENDLESS, Interval
from retention.core.schedule import DecisionLevel


class MinorCondition(StrEnum):
    """What must be weighed before what is of minor importance is disposed of; ticked on the
    decision, never per item (RA-FS 1997:6 7–8 §§ as municipalities apply them; not binding on
    them)."""

    INSIGHT = "insight"  # insyn åsidosätts inte
    NO_VALUE = "no_value"  # inget värde för rättskipning, förvaltning, forskning
    PROCESSED = "processed"  # föreskriven bearbetning, redovisning, kontroll är klar
    AUDIT_PASSED = "audit_passed"  # revision och preskription har passerat
    NO_RIGHTS = "no_rights"  # ingen betydelse för rättigheter eller skyldigheter kvar


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision as recorded. `seq`: its entry in the log, 0 before it has one. `rules`: the codes
    it covers; `channels`: seqs, None for all; `records_from`/`records_until`: the records' legal
    dates, both counted; `valid_until`: first day it no longer holds; `revoked_on`: the day it was
    revoked. `early_reason`: why it holds from before it was decided, where it does.
    `asks_running`: it says that disposal is running (löpande); `running`: that is in force, since
    another person than who recorded it has confirmed the rule: each run needs no confirmation.
    `recorded_by`, `confirmed_by`: actors; 0 is whoever is at the machine, None: nobody yet.
    `accepts_key_destruction`: whether destroying the key is accepted as method. `keep_one_of`: one
    of so many is kept as a sample, 0 for none. `waiting_days`: from confirmation to execution.
    `bound`: record class → digest over its rows when the decision was recorded; where they say
    another thing it covers nothing (`retention.core.binding`). A class without one is not bound.
    `bound_levels`: the levels that had to decide then, of one that asks to be running."""

    seq: int
    authority: int
    number: str
    body: str
    level: DecisionLevel
    decided_on: date
    paragraph: str
    rules: frozenset[str]
    channels: frozenset[int] | None = None
    records_from: date | None = None
    records_until: date | None = None
    grounds: str = ""
    conditions: frozenset[MinorCondition] = frozenset()
    valid_from: date
    valid_until: date | None = None
    replaces: int | None = None
    revoked_on: date | None = None
    early_reason: str = ""
    asks_running: bool = False
    running: bool = False
    recorded_by: int = 0
    confirmed_by: int | None = None
    accepts_key_destruction: bool = True
    keep_one_of: int = 0
    waiting_days: int = 7
    bound: Mapping[str, str] = field(default_factory=dict, hash=False)
    bound_levels: frozenset[DecisionLevel] = frozenset()

    def ends(self) -> date | None:
        """The first day it no longer holds; None while it has no end."""
        return min((one for one in (self.valid_until, self.revoked_on) if one), default=None)

    def interval(self) -> Interval:
        """From which instant until which it holds, as the log says it in clear: from 1970 on, since
        nothing can have been disposed of here before."""
        end = self.ends()
        until = max(1, day_begins(end)) if end else ENDLESS
        return Interval(self.seq, max(0, day_begins(self.valid_from)), until)

    def is_in_force(self, day: date) -> bool:
        """Whether it may be executed on that day."""
        end = self.ends()
        return self.valid_from <= day and (end is None or day < end)

    def covers(self, code: str, channel: int, legal_on: date) -> bool:
        """Whether a record of a class, channel and legal date lies in its scope."""
        return (
            code in self.rules
            and (self.channels is None or channel in self.channels)
            and (self.records_from or self.valid_from) <= legal_on
            and (self.records_until is None or legal_on <= self.records_until)
        )
