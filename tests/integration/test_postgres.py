"""What only a home in PostgreSQL has: the address and its password, rights, a server that goes
away, the lock that can be lost, and several machines on one database.

What it shares with SQLite is in tests/contract/test_database.py and, with `each_database`, in the
suites of the ledger.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select
from structlog.testing import capture_logs

from archiver.app import build
from archiver.config import load
from archiver.core.connector import Credential
from archiver.core.verdict import Verdict
from archiver.db import tables as t
from archiver.db.postgres import PostgresDatabase
from archiver.errors import (
    CheckpointForked,
    ConfigError,
    IntegrityError,
    NotFound,
    StoreUnavailable,
)
from archiver.ledger import writer as writer_module
from archiver.ledger.service import Ledger
from tests.build import (
    Book,
    add_batch,
    add_mixed,
    assert_whole,
    create_home,
    make_ledger,
    snapshot,
    stage,
    tables,
    verify,
)
from tests.databases import home_id, keep
from tests.postgres import GUARDED, PASSWORD, Server, end, new_server

pytestmark = pytest.mark.server
over_postgres = pytest.mark.parametrize("each_database", ["postgresql"], indirect=True)


@pytest.fixture
def own(each_database: str) -> Iterator[Server]:
    """A server of the test's own, to be stopped and damaged."""
    made = new_server()
    yield made
    end(made)


def database(url: str, schema: str = "diarkiv_test_projection") -> PostgresDatabase:
    return PostgresDatabase(SecretStr(url), lambda: schema)


def shown(error: BaseException | None) -> str:
    """What a traceback shows of an error and its causes, the lines of the source left out."""
    said = ""
    while error:
        said += repr(error) + str(error) + str(getattr(error, "__notes__", ""))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return said


def refused(work: Callable[[], object], *secrets: str) -> StoreUnavailable:
    """The error, after nothing of the secrets was found in it or in its traceback."""
    with pytest.raises(StoreUnavailable) as caught:
        work()
    said = shown(caught.value)
    assert not [secret for secret in (*secrets, PASSWORD) if secret in said]
    assert caught.value.remedy
    return caught.value


def touch(of: PostgresDatabase) -> None:
    with of.write() as connection:
        connection.exec_driver_sql("SELECT 1")


# --- the address -----------------------------------------------------------------------------


def test_a_login_that_is_refused(postgres: Server) -> None:
    for password in ("", "fel+lösen", PASSWORD + "x"):
        url = postgres.url(user=GUARDED, password=password)
        error = refused(lambda url=url: touch(database(url)), password or PASSWORD)  # type: ignore[misc]
        assert "refuses the login" in error.message
        assert "PGPASSFILE" in error.remedy


def test_a_password_in_a_file(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pgpass"
    path.write_text(f"*:*:*:{GUARDED}:{PASSWORD}\n")
    path.chmod(0o600)
    postgres.sql(f"GRANT CREATE ON DATABASE test TO {GUARDED}")
    url = postgres.url(user=GUARDED)
    touch(database(f"{url}&passfile={path}", "diarkiv_passfile_projection"))
    monkeypatch.setenv("PGPASSFILE", str(path))
    touch(database(url, "diarkiv_passfile_projection"))
    touch(database(postgres.url(user=GUARDED, password=PASSWORD), "diarkiv_passfile_projection"))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://postgres@/ingen?host={folder}", "no such database"),
        ("postgresql://ingen@/test?host={folder}", "refuses the login"),
        ("postgresql://ada:h3mligt@127.0.0.1:1/test", "cannot be reached"),
        ("postgresql://ada:h3mligt@/test?host=/nowhere", "cannot be reached"),
        ("postgresql://ada:h3mligt@host.invalid/test", "cannot be reached"),
    ],
)
def test_a_server_that_is_not_there(postgres: Server, address: str, words: str) -> None:
    url = address.format(folder=str(postgres.folder).replace("/", "%2F"))
    assert words in refused(lambda: touch(database(url)), "h3mligt").message


@pytest.mark.parametrize("place", ["environment", "file"])
def test_no_command_shows_the_password(
    postgres: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str], place: str
) -> None:
    postgres.sql(f"GRANT CREATE ON DATABASE test TO {GUARDED}")
    url = postgres.url(user=GUARDED, password=PASSWORD)
    home, environment = tmp_path / "home", dict[str, str]()
    home.mkdir()
    if place == "file":
        (home / "diarkiv.toml").write_text(f'database = "{url}"\n')
    else:
        environment["DIARKIV_DATABASE"] = url

    def diarkiv(*words: str) -> str:
        command = [sys.executable, "-m", "archiver", "--home", str(home), *words]
        subprocess.run(command, check=True, env={**os.environ, **environment})
        out, err = capfd.readouterr()
        assert not [one for one in (PASSWORD, url, "hemligt") if one in out + err]
        return out

    diarkiv("init")
    for words in ("authority add KS Styrelsen", "authority list", "verify", "rebuild"):
        diarkiv(*words.split())
    findings = json.loads(diarkiv("doctor", "--json"))["findings"]
    (found,) = [one for one in findings if "database is" in one["what"]]
    assert found["light"] == "attention"
    assert "PostgreSQL" in found["what"]
    assert "fsync=off" in found["what"]
    assert "fsync = on" in found["remedy"]
    assert not (home / "db").exists()
    texts = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert [path.name for path, data in texts.items() if b"hemligt" in data] == (
        ["diarkiv.toml"] if place == "file" else []
    )
    assert "hemligt" not in repr(load(home, environment)) + str(load(home, environment))


def test_a_home_that_moves_to_postgresql_takes_its_credentials_along(
    postgres: Server, tmp_path: Path
) -> None:
    ada, home = Credential(user="ada", secret="abcd efgh"), tmp_path / "home"
    app = build(home, environment={})
    app.init(None)
    app.operations.put(17, ada)
    app.operations.close()
    app.ledger.database.close()

    moved = build(home, environment={"DIARKIV_DATABASE": postgres.url()})
    assert moved.operations.get(17) == ada
    names = {path.name for path in (home / "db").iterdir()}
    assert "operations.sqlite.moved" in names
    assert "operations.sqlite" not in names
    moved.ledger.rebuild()
    moved.operations.remove(17)
    again = build(home, environment={"DIARKIV_DATABASE": postgres.url()})
    assert again.operations.get(17) is None

    postgres.sql(f"DROP SCHEMA {moved.operations._database.schema} CASCADE")  # type: ignore[attr-defined]
    lost = build(home, environment={"DIARKIV_DATABASE": postgres.url()})
    with pytest.raises(NotFound) as caught:
        _ = lost.operations
    assert "_operations" in caught.value.remedy
    for one in (moved, again):
        one.operations.close()
        one.ledger.database.close()


# --- rights and settings ---------------------------------------------------------------------


def test_a_role_without_rights(postgres: Server) -> None:
    postgres.sql("CREATE ROLE rightless LOGIN")
    error = refused(lambda: touch(database(postgres.url(user="rightless"), "diarkiv_no_x")))
    assert "lacks a right" in error.message
    assert "GRANT CREATE" in error.remedy


def test_a_standby_is_told_apart(postgres: Server) -> None:
    url = postgres.url() + "&options=-c%20default_transaction_read_only%3Don"
    touch(database(url))  # our own session says otherwise, and may
    postgres.sql("CREATE SCHEMA IF NOT EXISTS diarkiv_ro_projection")
    script = "SET transaction_read_only = on; CREATE TABLE x (a int)"
    with pytest.raises(StoreUnavailable, match="only be read"), database(url).write() as connection:
        connection.exec_driver_sql(script)


def test_commits_are_durable_whatever_the_server_says(postgres: Server) -> None:
    postgres.sql("CREATE ROLE hasty LOGIN SUPERUSER")
    postgres.sql("ALTER ROLE hasty SET synchronous_commit = off")
    found = database(postgres.url(user="hasty"), "diarkiv_hasty_projection")
    with found.write() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    assert found.condition().weak == ("fsync=off", "synchronous_commit=off")
    postgres.sql("ALTER ROLE hasty SET synchronous_commit = remote_apply")
    found.close()
    with found.write() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "remote_apply"
    assert found.condition().weak == ("fsync=off",)
    found.close()


def test_a_reader_holds_no_transaction(postgres: Server) -> None:
    found = database(postgres.url())
    touch(found)
    with found.read() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        connection.exec_driver_sql("SELECT count(*) FROM pg_class").scalar()
        state = "SELECT state, backend_xmin FROM pg_stat_activity WHERE pid = %s"
        assert postgres.sql(state, pid) == [("idle", None)]
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
    found.close()


def test_an_old_schema_that_somebody_reads_goes_later(postgres: Server) -> None:
    found = database(postgres.url(), "diarkiv_kept_projection")
    with found.write() as connection:
        t.metadata.create_all(connection)
    with psycopg.connect(postgres.url()) as backup:
        backup.execute("SELECT * FROM diarkiv_kept_projection.entry")
        with (
            capture_logs() as logs,
            found.replaced() as fresh,
            fresh.write() as connection,
        ):
            t.metadata.create_all(connection)
            connection.execute(insert(t.authority).values(seq=1))
        assert [line["event"] for line in logs] == ["old_tables_kept"]
        with found.read() as connection:
            assert connection.scalar(select(t.authority.c.seq)) == 1
    for _ in range(2):
        with found.replaced() as fresh, fresh.write() as connection:
            t.metadata.create_all(connection)
        names = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'diarkiv_kept%'"
        assert postgres.sql(names) == [(1,)]
    found.close()


# --- a server that goes away -----------------------------------------------------------------


@over_postgres
def test_a_server_that_was_restarted_is_no_error(own: Server) -> None:
    found = database(own.url())
    touch(found)
    with found.alone() as guard:
        guard.check()
    with found.read() as connection:
        connection.exec_driver_sql("SELECT 1")
    own.stop(signal.SIGQUIT)
    assert "cannot be reached" in refused(lambda: touch(found)).message
    own.start()
    touch(found)
    with found.alone() as guard, found.read() as connection:
        guard.check()
        connection.exec_driver_sql("SELECT 1")
    found.close()


@over_postgres
def test_a_server_that_crashes_in_the_middle_of_a_batch(
    own: Server, tmp_path: Path, each_database: str
) -> None:
    home, book = tmp_path / "home", Book()

    def ledger() -> Ledger:
        return make_ledger(home, database=database(own.url()))

    create_home(ledger(), home)
    worker = ledger()
    for _ in range(3):
        add_mixed(worker)
        book.note(worker)

        def crash() -> None:
            with worker.writer() as writer:
                stage(writer, worker, 3)
                own.stop(signal.SIGQUIT)

        refused(crash)
        refused(lambda: add_batch(worker))
        assert verify(home).verdict is Verdict.PROVEN
        own.start()
        add_batch(worker, 1)
        book.note(worker)
    assert_whole(home, worker, book)
    worker.database.close()


@over_postgres
def test_damaged_tables_name_the_remedy(own: Server, tmp_path: Path) -> None:
    home, book = tmp_path / "home", Book()
    ledger = make_ledger(home, database=database(own.url()))
    create_home(ledger, home)
    add_mixed(ledger)
    ledger.database.close()
    path = own.sql("SELECT pg_relation_filepath('diarkiv_test_projection.cohort')")[0][0]
    own.sql("CHECKPOINT")
    own.stop()
    with (own.data / path).open("r+b") as file:
        file.write(b"no page" * 50)
    own.start()
    before = snapshot(home)
    with pytest.raises(IntegrityError) as caught:
        add_mixed(make_ledger(home, database=database(own.url())))
    assert "diarkiv rebuild" in caught.value.remedy
    assert snapshot(home) == before
    ledger.rebuild()
    add_mixed(ledger)
    book.note(ledger)
    assert_whole(home, ledger, book)
    ledger.database.close()


# --- the lock --------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, each_database: str) -> Path:
    """A home in the session's server."""
    home = tmp_path / "home"
    create_home(make_ledger(home), home)
    return home


def lose_the_lock(postgres: Server) -> None:
    """End the session that holds the advisory lock, and wait until it has ended."""
    query = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid IN (SELECT pid "
        "FROM pg_locks WHERE locktype = 'advisory') AND state = 'idle'"
    )
    assert postgres.sql(query) == [(True,)]


@over_postgres
def test_who_lost_the_lock_writes_no_entry(home: Path, postgres: Server) -> None:
    ledger, book = make_ledger(home), Book()
    add_mixed(ledger)
    book.note(ledger)
    before, rows = snapshot(home), tables(ledger)

    def block() -> None:
        with ledger.writer() as writer:
            stage(writer, ledger, 3)
            lose_the_lock(postgres)

    assert "lock was lost" in refused(block).message
    assert {n for n, data in snapshot(home).items() if data != before.get(n)} == set()
    assert tables(ledger) == rows
    add_mixed(ledger)
    book.note(ledger)
    assert_whole(home, ledger, book)


@over_postgres
@pytest.mark.parametrize("moment", ["commit", "signature"])
def test_who_lost_the_lock_neither_commits_nor_signs(
    home: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Lost when the log has the batch and the tables have it or not. The next writer takes over
    what was announced, so that no two heads contradict each other."""
    ledger, book = make_ledger(home), Book()
    add_mixed(ledger)
    book.note(ledger)
    signed, rows = (home / "log" / "signed").read_bytes(), tables(ledger)
    place = {
        "commit": (writer_module, "belong"),
        "signature": (ledger, "_published_size"),
    }[moment]
    real = getattr(*place)

    def lose_it_first(*arguments: object) -> object:
        lose_the_lock(postgres)
        return real(*arguments)

    monkeypatch.setattr(*place, lose_it_first)
    assert "lock was lost" in refused(lambda: add_batch(ledger, 2)).message
    monkeypatch.undo()
    assert (home / "log" / "signed").read_bytes() == signed
    assert (tables(ledger) == rows) is (moment == "commit")
    other = make_ledger(home)
    with other.writer() as writer:
        assert writer.next_seq > len(book.entries)  # the batch is adopted
    add_mixed(other)
    book.note(other)
    assert_whole(home, other, book)


@over_postgres
def test_a_second_machine_waits_for_the_first(home: Path, tmp_path: Path) -> None:
    """The folders differ, so their file locks do; the database's lock is one."""
    first, other = make_ledger(home), make_ledger(tmp_path / "x", database=same_as(home))
    order: list[str] = []
    with first.locked() as held:

        def work() -> None:
            with other.locked():
                order.append("second")

        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(0.2)
        held.check()
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def same_as(home: Path) -> PostgresDatabase:
    """The database of a home, for another folder."""
    found = make_ledger(home).database
    assert isinstance(found, PostgresDatabase)
    return found


@over_postgres
def test_another_copy_of_the_folder_is_refused(home: Path, tmp_path: Path) -> None:
    """Two machines that go on with copies of one home: whoever is second is told so, also where
    it has entries of its own that never came into the tables."""
    add_mixed(make_ledger(home))
    copies = [tmp_path / name for name in ("behind", "ahead", "even")]
    for copy in copies:
        shutil.copytree(home, copy)
    before = keep(home)
    for copy, number in zip(copies[1:], (7, 2), strict=True):
        # A batch that reached the copy's log, but of which the tables were never told.
        add_batch(make_ledger(copy, database=same_as(home)), number)
        before(home)
    add_batch(make_ledger(home), 2)
    for copy, words in zip(copies, ("holds", "are not those", "are not those"), strict=True):
        files = snapshot(copy)
        ledger = make_ledger(copy, database=same_as(home))
        for work in (lambda: add_batch(ledger), ledger.rebuild):  # noqa: B023 - called at once
            with pytest.raises(CheckpointForked, match=words) as caught:
                work()
            assert caught.value.exit_code == 5
            assert "Nothing was changed" in caught.value.remedy
        assert snapshot(copy) == files
    book, ledger = Book(), make_ledger(home)
    add_mixed(ledger)
    book.note(ledger)
    assert_whole(home, ledger, book)


@over_postgres
def test_tables_of_another_home_are_refused(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    make_ledger(other, database=same_as(other)).create("annan", {"name": "Annan"})
    files = snapshot(other)
    for work in (lambda ledger: add_batch(ledger), lambda ledger: ledger.rebuild()):
        with pytest.raises(ConfigError, match="belongs to the log diarkiv/testkommun/1"):
            work(make_ledger(other, database=same_as(home)))
    assert snapshot(other) == files
    assert home_id(home) != home_id(other)
