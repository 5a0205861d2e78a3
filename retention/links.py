"""Which register entries records belong to, as they were corrected: only those count that were not
voided (makulerade)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select

from archiver.core.event import EventType
from archiver.db.hold_tables import entry_correction
from archiver.db.register_tables import entry_record, register_change, register_entry

AT_MOST = 500  # tokens in one statement
_AT_ONCE = 5000  # numbers, which are one parameter (`db.among`)


def in_parts(numbers: Collection[int]) -> Iterator[Sequence[int]]:
    """Numbers in lists that a statement takes (`db.among`), rising."""
    ordered = sorted(numbers)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


class Link:
    """Records and the entries that hold them, for a query. Each has names of its own, so that one
    may stand within another."""

    def __init__(self) -> None:
        self._link, self._entry = entry_record.alias(), register_entry.alias()
        self._change = register_change.alias()
        self.record, self.e = self._link.c.record, self._entry.c

    @property
    def class_code(self) -> ColumnElement[str]:
        """The entry's class, as it was corrected."""
        return func.coalesce(self._newest("class_code", "code"), self.e.class_code)

    @property
    def direction(self) -> ColumnElement[str]:
        """The entry's direction, as it was corrected."""
        return func.coalesce(self._newest("direction", "code"), self.e.direction)

    @property
    def day(self) -> ColumnElement[int]:
        """The entry's day, as it was corrected."""
        return func.coalesce(self._newest("day", "day"), self.e.day)

    def _newest(self, field: str, column: str) -> ColumnElement[Any]:
        c = entry_correction.alias().c
        query = select(c[column]).where(c.entry == self.e.seq, c.field == field)
        return query.order_by(c.seq.desc()).limit(1).correlate(self._entry).scalar_subquery()

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Columns of records and the entries that stand."""
        change = self._change.c
        voided = exists().where(
            change.of == self.e.seq, change.type == EventType.REGISTER_VOIDED.value
        )
        joined = select(*columns).join_from(
            self._link, self._entry, self.e.seq == self._link.c.entry
        )
        return joined.where(~voided)
