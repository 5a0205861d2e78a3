"""Decisions that a schedule's rows name, and that were never recorded here. Pure.

A row may cite the decision it rests on (its `mandate`). The citation is words: only a decision that
was recorded, with its scope and its days, makes anything due (arkivlag 10 §). A row whose decision
is not here is adopted like any other, and is said to let nothing go.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from retention.core.decision import Decision
from retention.core.schedule import RetainPermanently, Schedule


@dataclass(frozen=True, slots=True)
class Cited:
    """A decision that rows of some classes cite (`mandate`, as written) and nobody recorded."""

    mandate: str
    codes: tuple[str, ...]


def unrecorded(schedule: Schedule, decisions: Collection[Decision]) -> tuple[Cited, ...]:
    """What rows that let something go cite, and none of the authority's decisions is, whether in
    force or not: in the order of the rows."""
    numbers = [_number(one.number) for one in decisions if _plain(one.number)]
    found: dict[str, list[str]] = {}
    for rule in schedule.rules:
        mandate = rule.mandate.strip()
        if not mandate or isinstance(rule.retention, RetainPermanently):
            continue
        if not any(number.search(_plain(mandate)) for number in numbers):
            codes = found.setdefault(mandate, [])
            codes += [rule.code] if rule.code not in codes else []
    return tuple(Cited(mandate, tuple(codes)) for mandate, codes in found.items())


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _number(number: str) -> re.Pattern[str]:
    """A decision's number as it stands in words: not as a part of a longer one."""
    return re.compile(rf"(?<![\w/]){re.escape(_plain(number))}(?![\w/])")
