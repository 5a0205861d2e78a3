"""What the import of a classification scheme would change: each class against what holds before.

An import is whole: what holds of a version is what was imported last under its name and version. So
a class that a new file leaves out is gone, as is one that is given an end. Of a version that is new
it is told what differs from another version of the same scheme; that one holds on beside it.

Invariants: every code of either side is counted once, as new, changed, ended or the same. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from archiver.registry.core.classification import ClassificationScheme, SchemeClass, code_order


class Change(StrEnum):
    """What happens to a class."""

    NEW = "new"
    CHANGED = "changed"
    ENDED = "ended"  # left out, or given an end that it did not have or that is earlier


@dataclass(frozen=True, slots=True)
class ClassChange:
    """What happens to one class; at least one side is there."""

    what: Change
    before: SchemeClass | None
    after: SchemeClass | None

    @property
    def code(self) -> str:
        one = self.after or self.before
        return one.code if one else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A scheme of a file against what holds. `against`: the version it was compared with, "" for
    none; `replaces`: whether that is its own, which it takes the place of; `same`: classes that
    nothing happens to."""

    scheme: ClassificationScheme
    against: str
    replaces: bool
    changes: tuple[ClassChange, ...]
    same: int

    def count(self, what: str) -> int:
        """How many classes that happens to."""
        return sum(one.what == what for one in self.changes)


def compared(
    scheme: ClassificationScheme, before: Iterable[SchemeClass], *, against: str
) -> Compared:
    """A scheme against the classes of a version ("" and none, if there is nothing before)."""
    old = {one.code: one for one in before}
    new = {one.code: one for one in scheme.classes}
    found = [
        ClassChange(what, old.get(code), new.get(code))
        for code in sorted({*old, *new}, key=lambda one: (code_order(one), one))
        if (what := _what(old.get(code), new.get(code))) is not None
    ]
    return Compared(
        scheme=scheme,
        against=against,
        replaces=against == scheme.version,
        changes=tuple(found),
        same=len({*old, *new}) - len(found),
    )


def _what(before: SchemeClass | None, after: SchemeClass | None) -> Change | None:
    if before == after:
        return None
    if before is None:
        return Change.NEW
    if after is None:
        return Change.ENDED
    was, will = before.validity.end, after.validity.end
    earlier = will is not None and (was is None or will < was)
    return Change.ENDED if earlier else Change.CHANGED
