"""Tables in memory, to make some of them anew beside the real ones and compare."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from archiver.db.tables import metadata


@contextmanager
def shadow() -> Iterator[Connection]:
    """Every table, empty, in a database that is gone afterwards."""
    engine = create_engine("sqlite://", hide_parameters=True, poolclass=StaticPool)
    try:
        with engine.connect() as connection:
            metadata.create_all(connection)
            yield connection
    finally:
        engine.dispose()
