"""What the rules of retention look at in one record. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from retention.core.schedule import TriggerName


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """What rules look at. `legal_on`: the day it was received or drawn up, in Sweden. `events`: the
    day each trigger's event happened, absent if it has not; of several (two cases), the latest, and
    absent while one of them is open; of `THREAD_INACTIVE` the day of the last activity, to which a
    rule adds its days. `classes`: codes a person has put it in. `root`: the record its thread
    begins with; None for none, or one that is not held."""

    record: int
    authority: int
    channel: int
    kind: str
    origin: str
    outcome: str
    moderated: bool
    legal_on: date
    classes: frozenset[str]
    class_codes: frozenset[str]
    events: Mapping[TriggerName, date]
    root: int | None = None
