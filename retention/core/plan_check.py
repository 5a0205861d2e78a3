"""What only a schedule as a whole can get wrong, or what an authority's archive knows better.

No two rows may take the same record under one code, and no two rows of one scope may say different
retentions: a registrar could not tell which one holds. What the authority has hidden or removed is
kept as long as an offence could be prosecuted: five years at least, and never less than the period
of prescription of the offence that the row names. A version that has taken effect is history: what
comes after begins on a later day, and never before today. Pure; all problems at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from archiver.registry.core.phrase import Problem
from archiver.registry.core.table_file import Validity
from retention.core.plan_phrase import problem
from retention.core.plan_row import row_problems
from retention.core.schedule import (
    LEAST_YEARS,
    Applies,
    RetainPermanently,
    Rule,
    Schedule,
    TriggerName,
)

MODERATED = "SM08"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the archive knows of an authority: its channels, the class codes of its classification
    schemes and the keys of its record classes (None: none was imported, so any will do), its
    earlier versions in the order they were recorded, and the day it is."""

    channels: frozenset[int]
    class_codes: frozenset[str] | None = None
    record_classes: frozenset[str] | None = None
    versions: Sequence[Schedule] = ()
    today: date


Numbered = Sequence[tuple[int, Rule]]


def rule_problems(rules: Numbered) -> Iterator[Problem]:
    """What is wrong with rules, each by itself and among each other; each with its row."""
    for row, rule in rules:
        yield from row_problems(row, rule)
        if (least := _least_years(rule)) and rule.least_months < least * 12:
            yield problem(row, "below_prescription", years=least)
    yield from _same_code(rules)
    yield from _same_scope(rules)


def known_problems(rules: Numbered, known: Known) -> Iterator[Problem]:
    """What the rules name that the authority does not have."""
    for row, rule in rules:
        for channel in sorted((rule.applies.channels or frozenset()) - known.channels):
            yield problem(row, "channel_unknown", channel=f"C{channel}")
        if known.class_codes is not None:
            for code in sorted((rule.applies.class_codes or frozenset()) - known.class_codes):
                yield problem(row, "class_unknown", code=code)
        if known.record_classes is not None and rule.code not in known.record_classes:
            yield problem(row, "record_class_unknown", code=rule.code)


def version_problems(schedule: Schedule, known: Known) -> Iterator[Problem]:
    """Why a version cannot follow the authority's earlier ones. One that has not taken effect may
    still be replaced by one of the same day."""
    day = schedule.effective_from
    begun = [one for one in known.versions if one.effective_from <= known.today]
    if any(one.version == schedule.version for one in known.versions):
        yield problem(0, "version_known", version=schedule.version)
    if not begun:
        return
    newest = begun[-1]
    if day <= newest.effective_from:
        since = newest.effective_from
        yield problem(0, "effective_overlaps", version=newest.version, day=since)
    elif day < known.today:
        yield problem(0, "effective_past", day=day)


def meet(one: Applies, other: Applies) -> bool:
    """Whether two scopes can take the same record."""
    pairs = (
        (one.kinds, other.kinds),
        (one.origins, other.origins),
        (one.outcomes, other.outcomes),
        (one.channels, other.channels),
        (one.class_codes, other.class_codes),
    )
    if any(a is not None and b is not None and a.isdisjoint(b) for a, b in pairs):
        return False
    if None not in (one.moderated, other.moderated) and one.moderated != other.moderated:
        return False
    return Validity(one.since, one.until).meets(Validity(other.since, other.until))


def _fate(rule: Rule) -> tuple[object, ...]:
    return (rule.retention, rule.trigger, rule.inactive_days)


def _same_code(rules: Numbered) -> Iterator[Problem]:
    by_code: dict[str, list[tuple[int, Rule]]] = {}
    for row, rule in rules:
        earlier = by_code.setdefault(rule.code, [])
        clash = next(((n, one) for n, one in earlier if meet(one.applies, rule.applies)), None)
        if clash is not None:
            code = "rule_twice" if _fate(clash[1]) == _fate(rule) else "contradicts"
            yield problem(row, code, code=rule.code, row=clash[0])
        earlier.append((row, rule))


def _same_scope(rules: Numbered) -> Iterator[Problem]:
    first: dict[Applies, tuple[int, Rule]] = {}
    for row, rule in rules:
        if rule.applies.explicit_only:  # only a person puts a record there
            continue
        at, other = first.setdefault(rule.applies, (row, rule))
        if other.code != rule.code and _fate(other) != _fate(rule):
            found = {"code": rule.code, "other": other.code, "row": at}
            yield problem(row, "contradicts_other", **found)


def _least_years(rule: Rule) -> int:
    """The years that what a rule takes must be kept; 0 if nothing says so."""
    if isinstance(rule.retention, RetainPermanently):
        return 0
    about_moderation = (
        rule.code == MODERATED
        or rule.trigger is TriggerName.MODERATED
        or rule.applies.moderated is True
    )
    return max(LEAST_YEARS if about_moderation else 0, rule.prescription_years)
