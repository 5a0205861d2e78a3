"""What search asks of the register's tables: which records are registered how.

A class or a case narrows what is found; whose records they are narrows it besides, here and in the
index's own query.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from archiver.core.access import Authorities
from archiver.db import register_tables as r


def filed(
    connection: Connection,
    authorities: Authorities,
    *,
    class_code: str = "",
    cases: Collection[int] | None = None,
) -> list[int]:
    """Records that are registered under a class, in one of these cases, or both at once."""
    e, held = r.register_entry.c, r.entry_record.c
    query = select(held.record).distinct().join(r.register_entry, e.seq == held.entry)
    if authorities is not None:
        query = query.where(e.authority.in_(sorted(authorities)))
    if class_code:
        query = query.where(e.class_code == class_code)
    if cases is not None:
        query = query.where(e.case.in_(sorted(cases)))
    return list(connection.scalars(query))


def class_codes(connection: Connection, authorities: Authorities, *, limit: int) -> list[str]:
    """The classes that entries of these authorities are registered under, in order."""
    e = r.register_entry.c
    query = select(e.class_code).where(e.class_code.is_not(None), e.class_code != "").distinct()
    if authorities is not None:
        query = query.where(e.authority.in_(sorted(authorities)))
    return [str(code) for code in connection.scalars(query.order_by(e.class_code).limit(limit))]
