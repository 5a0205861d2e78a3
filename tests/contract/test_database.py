"""What every database of a home promises, whichever it is: the port's contract over both adapters.

With PostgreSQL these tests are marked `server`. What only one of them has: tests/unit/db and
tests/integration/test_postgres.py.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError as ConstraintViolated

from archiver.core.connector import Credential
from archiver.db import tables as t
from archiver.db.among import among
from archiver.db.engine import Database, dump
from archiver.db.operations import REVISION, Operations, credential
from archiver.db.rows import Rows
from archiver.errors import ConfigError, DiarkivError, NotFound, StoreUnavailable
from tests.databases import forget, place
from tests.fakes import FixedClock

pytestmark = pytest.mark.usefixtures("each_database")
BIG = 2**53 - 1


@pytest.fixture
def home(tmp_path: Path, each_database: str) -> Iterator[Path]:
    yield tmp_path
    forget(tmp_path)


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    """A projection with its tables."""
    found = place(home).projection()
    with found.write() as connection:
        t.metadata.create_all(connection)
    yield found
    found.close()


def add(connection: Connection, *seqs: int) -> None:
    connection.execute(insert(t.authority), [{"seq": seq} for seq in seqs])


def seqs(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.scalars(select(t.authority.c.seq).order_by(t.authority.c.seq)))


class Stop(Exception):
    """Something goes wrong in the middle."""


def test_many_numbers_are_one_parameter(database: Database) -> None:
    with database.write() as connection:
        add(connection, *range(1, 2000, 2), BIG)
    with database.read() as connection:
        a = t.authority.c.seq
        for asked in ([], [3, 4], [BIG], range(70_000)):
            query = select(a).where(among(a, asked)).order_by(a)
            assert len(query.compile(dialect=connection.dialect).params) == 1
            held = {*range(1, 2000, 2), BIG}
            assert list(connection.scalars(query)) == sorted(held & set(asked))


# --- transactions ----------------------------------------------------------------------------


def test_a_block_counts_whole_or_not_at_all(database: Database, home: Path) -> None:
    with database.write() as connection:
        add(connection, 1, 2)

    def block() -> None:
        with database.write() as connection:
            add(connection, 3)
            raise Stop

    with pytest.raises(Stop):
        block()
    assert seqs(database) == [1, 2]
    assert seqs(place(home).projection()) == [1, 2]


def test_readers_see_what_is_committed_and_at_once(database: Database) -> None:
    with database.read() as reader:
        count = select(func.count()).select_from(t.authority)
        with database.write() as connection:
            add(connection, 1)
            assert reader.scalar(count) == 0
        assert reader.scalar(count) == 1


def test_who_reads_cannot_write(database: Database) -> None:
    with pytest.raises(StoreUnavailable), database.read() as connection:
        add(connection, 1)
    with pytest.raises(StoreUnavailable), database.read() as connection:
        connection.execute(delete(t.authority))
    assert seqs(database) == []


def test_writers_wait_for_each_other(home: Path, database: Database) -> None:
    """Each adds one to what it read: none is lost, none fails."""
    failures: list[BaseException] = []

    def work() -> None:
        mine = place(home).projection()
        try:
            for _ in range(15):
                with mine.write() as connection:
                    newest = connection.scalar(select(func.max(t.authority.c.seq))) or 0
                    add(connection, newest + 1)
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            failures.append(error)
        finally:
            mine.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert seqs(database) == list(range(1, 61))


def test_a_violated_constraint_is_told_without_the_row(database: Database) -> None:
    with pytest.raises(ConstraintViolated) as caught, database.write() as connection:
        add(connection, 4711, 4711)
    assert "4711" not in str(caught.value)
    assert seqs(database) == []


def test_tables_that_are_not_there_name_the_remedy(home: Path) -> None:
    found = place(home).projection()
    with found.write():
        pass
    with pytest.raises(StoreUnavailable) as caught, found.read() as connection:
        connection.execute(select(t.authority))
    assert "diarkiv rebuild" in caught.value.remedy
    found.close()


def test_there_or_not(home: Path) -> None:
    found = place(home).projection()
    assert not found.exists()
    with found.write() as connection:
        t.metadata.create_all(connection)
    assert found.exists()
    forget(home)
    assert not place(home).projection().exists()


# --- values ----------------------------------------------------------------------------------

HEAD = ("comment", b"\0n\xff", None, b"", "received", None, BIG, "unobserved", 1, "visible")


def test_values_come_back_as_they_were(database: Database) -> None:
    rows = Rows()
    rows.add("record", BIG, 7, *HEAD, BIG, BIG, 2**31 - 1, 0, None)
    rows.add("entry", 0, "version", -1, *(None,) * 6)
    for collection in ("å", "a", "Z", "a b", "ab", "\t\\N\n"):
        told = (7, None, 1, "gap", 'a"b\\', None, 0, 0, "all", None)
        rows.add("coverage", 9, collection, *told)
    with database.write() as connection:
        rows.flush(connection)
    with database.read() as connection:
        found = list(dump(connection, t.metadata.sorted_tables))
    record = next(row for name, row in found if name == "record")
    assert record == (BIG, 7, *HEAD, BIG, BIG, 2**31 - 1, 0, None)
    assert [type(value) for value in record[3:6]] == [bytes, type(None), bytes]
    assert [row[1] for name, row in found if name == "coverage"] == [
        "\t\\N\n", "Z", "a", "a b", "ab", "å",
    ]  # fmt: skip
    assert next(row for name, row in found if name == "coverage")[6] == 'a"b\\'


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations([(11, "missing_suspected"), (13, "visible"), (17, "held")]), st.data())
def test_the_newest_state_wins_however_rows_are_batched(
    database: Database, order: list[tuple[int, str]], data: st.DataObject
) -> None:
    with database.write() as connection:
        connection.execute(delete(t.record))
        rows = Rows()
        rows.add("record", 7, 1, *HEAD, 7, 7, 1, 0, None)
        for seq, state in order:
            rows.add("record_state", state, seq, 7, seq)
            if data.draw(st.booleans()):
                rows.flush(connection)
        rows.flush(connection)
        assert connection.scalar(select(t.record.c.state)) == "held"


def test_updates_of_one_row_are_made_one_by_one(database: Database) -> None:
    rows = Rows()
    rows.add("media", 1, 0, None, 0)
    for _ in range(3):
        rows.add("media_failed", 1, 0)
    rows.add("cohort", 1, 2, "content", "2026-11", 1, 0, 26, 0)
    for end in (100, 200):
        rows.add("cohort_end", 1, 0, end, end // 100, 1)
    with database.write() as connection:
        rows.flush(connection)
        assert connection.scalar(select(t.media.c.failed)) == 3
        assert connection.scalar(select(t.cohort.c.pack_end)) == 200


def test_a_barrier_keeps_what_was_before_before(database: Database) -> None:
    """Without one, updates come after inserts and deletes after both, whatever their order."""
    rows = Rows()
    for number in (1, 2):
        rows.barrier()
        rows.add("gone_media", 1, 1)
        rows.barrier()
        rows.add("media", 1, 0, None, number)
        rows.add("media_failed", 1, 0)
    with database.write() as connection:
        rows.flush(connection)
        rows.flush(connection)  # what was written is not written again
        assert connection.scalar(select(t.media.c.failed)) == 3


# --- swapping --------------------------------------------------------------------------------


def test_a_new_one_takes_the_place_at_once(database: Database, home: Path) -> None:
    with database.write() as connection:
        add(connection, 1)
    other, was = place(home).projection(), database.identity
    with other.write():
        assert other.identity == was
    with database.replaced() as fresh:
        with fresh.write() as connection:
            t.metadata.create_all(connection)
            add(connection, 2)
        assert (seqs(other), seqs(database), seqs(fresh)) == ([1], [1], [2])
    assert (seqs(other), seqs(database)) == ([2], [2])
    for one in (other, database):
        with one.write():
            assert one.identity not in (None, was)
    other.close()


def test_a_new_one_that_was_not_finished_leaves_the_old(database: Database) -> None:
    with database.write() as connection:
        add(connection, 1)

    def attempt() -> None:
        with database.replaced() as fresh:
            with fresh.write() as connection:
                t.metadata.create_all(connection)
                add(connection, 2)
            raise Stop

    for _ in range(2):
        with pytest.raises(Stop):
            attempt()
        assert seqs(database) == [1]


def test_a_reader_at_work_is_not_in_the_way(database: Database) -> None:
    with database.write() as connection:
        add(connection, *range(1000))
    with database.read() as reader:
        rows = reader.execute(select(t.authority.c.seq))
        assert rows.fetchone() is not None
        with database.replaced() as fresh, fresh.write() as connection:
            t.metadata.create_all(connection)
    assert seqs(database) == []


# --- being alone -----------------------------------------------------------------------------


def test_alone_with_nothing_to_fear(database: Database) -> None:
    for _ in range(2):
        with database.alone() as guard:
            guard.check()
            with database.write() as connection:
                add(connection, time.monotonic_ns())
            guard.check()


def test_what_it_is(database: Database, each_database: str) -> None:
    found = database.condition()
    assert found.name.lower().startswith(each_database)
    assert found.weak == (() if each_database == "sqlite" else ("fsync=off",))


# --- the operations database -----------------------------------------------------------------

KEY = bytes(range(32))
ADA = Credential(user="ada.almgren@testkoping.example", secret="abcd efgh ijkl mnop")


def opened(home: Path, *, create: bool = True, key: bytes = KEY) -> Operations:
    return Operations(place(home).operations(), key, FixedClock(), os.urandom, create=create)


def test_credentials(home: Path) -> None:
    store = opened(home)
    assert (store.get(17), store.status(17), store.remove(17)) == (None, None, False)
    store.put(17, ADA)
    store.put(17, ADA)
    assert opened(home).get(17) == ADA
    store.worked(17)
    status = store.status(17)
    assert status is not None
    assert status.last_ok_at == status.created_at == FixedClock.wall
    with pytest.raises(DiarkivError):
        opened(home, key=bytes(32)).get(17)
    assert store.remove(17)
    assert store.get(17) is None


def test_what_is_gone_is_not_passed_over(home: Path) -> None:
    with pytest.raises(NotFound) as caught:
        opened(home, create=False)
    assert "backup" in caught.value.remedy
    assert not place(home).operations().exists()
    opened(home).put(1, ADA)
    assert opened(home, create=False).get(1) == ADA


def test_tables_of_a_newer_release_are_refused(home: Path) -> None:
    opened(home).close()
    with place(home).operations().write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="newer release"):
        opened(home)


def test_migrations_give_the_tables_of_the_code(home: Path) -> None:
    opened(home)
    with place(home).operations().read() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        assert found == REVISION
        assert connection.execute(select(credential)).all() == []


def test_a_home_that_several_open_at_once(home: Path) -> None:
    """One of them migrates, the others wait for it."""
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            opened(home).put(number, ADA)
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert all(opened(home).get(number) == ADA for number in range(4))
