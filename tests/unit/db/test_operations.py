"""The operations database: credentials stay sealed, migrations are quick."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from archiver.core.connector import Control, ControlStatus, Credential
from archiver.core.ports import CredentialStore
from archiver.core.token import TokenFacts
from archiver.db import accounts, api_tokens, capture_drafts, drafts, notices, saved_searches
from archiver.db import operations as module
from archiver.db.operations import (
    REVISION,
    Operations,
    credential,
    metadata,
)
from archiver.db.place import Place
from archiver.errors import ConfigError, IntegrityError, NotFound, SealBroken, StoreUnavailable

KEY = bytes(range(32))
USER, SECRET = "ada.almgren@testkoping.example", "abcd efgh ijkl mnop"
ADA = Credential(user=USER, secret=SECRET)


class Clock:
    wall = 1_795_000_000_000

    def now(self) -> int:
        self.wall += 1
        return self.wall

    def monotonic(self) -> float:
        return 0.0


def opened(path: Path, key: bytes = KEY, *, create: bool = True) -> Operations:
    database = Place(path.parents[1], SecretStr(""), lambda: "").operations()
    return Operations(database, key, Clock(), os.urandom, create=create)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db" / "operations.sqlite"


@pytest.fixture
def operations(path: Path) -> Iterator[Operations]:
    found = opened(path)
    yield found
    found.close()


def on_disk(path: Path) -> bytes:
    return b"".join(p.read_bytes() for p in path.parent.iterdir())


# --- credentials ---------------------------------------------------------------------------------


def test_a_credential_is_put_and_got(operations: Operations, path: Path) -> None:
    store: CredentialStore = operations
    assert store.get(17) is None
    store.put(17, ADA)
    assert store.get(17) == ADA
    assert opened(path).get(17) == ADA
    store.put(17, Credential(user="b", secret="c"))
    assert store.get(17) == Credential(user="b", secret="c")


@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 2**50))
def test_any_text_any_channel(operations: Operations, text: str, channel: int) -> None:
    operations.put(channel, Credential(user=text, secret=text[::-1]))
    assert operations.get(channel) == Credential(user=text, secret=text[::-1])


def test_neither_name_nor_secret_is_on_disk_or_shown(operations: Operations, path: Path) -> None:
    operations.put(17, ADA)
    for value in (USER, SECRET):
        assert value.encode() not in on_disk(path)
        assert value not in repr(operations) + str(vars(operations))
    assert {p.stat().st_mode & 0o777 for p in path.parent.iterdir()} == {0o600}


def test_no_method_lists_credentials() -> None:
    public = {name for name in dir(Operations) if not name.startswith("_")}
    rest = {"close", "database", "note_control", "remove", "seal", "status", "token", "unseal"}
    rest |= {"worked"}
    assert public == {"get", "put", "tokens"} | rest
    assert not {"sealed", "user", "secret"} & set(TokenFacts.__dataclass_fields__)


def test_a_credential_is_bound_to_its_channel(operations: Operations, path: Path) -> None:
    operations.put(17, ADA)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE credential SET channel = 18")
    with pytest.raises(SealBroken, match="C18"):
        operations.get(18)


@pytest.mark.parametrize("damage", [b"", b"short", bytes(100)])
def test_damage_and_a_wrong_key_are_said_without_values(
    operations: Operations, path: Path, damage: bytes
) -> None:
    operations.put(17, ADA)
    with pytest.raises(SealBroken):
        opened(path, os.urandom(32)).get(17)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE credential SET sealed = ?", [damage])
    with pytest.raises(SealBroken) as broken:
        operations.get(17)
    assert broken.value.__cause__ is None
    assert "Enter it again" in broken.value.remedy


def test_a_key_has_32_bytes(path: Path) -> None:
    with pytest.raises(ConfigError):
        opened(path, b"short")
    assert not path.exists()


def test_status_says_when_never_what(operations: Operations) -> None:
    assert operations.status(17) is None
    operations.put(17, ADA)
    first = operations.status(17)
    assert first
    assert (first.created_at > Clock.wall, first.last_ok_at) == (True, None)
    operations.worked(17)
    second = operations.status(17)
    assert second
    assert second.last_ok_at
    operations.put(17, ADA)
    third = operations.status(17)
    assert third
    assert third.last_ok_at is None
    assert operations.remove(17)
    assert not operations.remove(17)
    assert operations.get(17) is None


def test_what_control_reads_tell(operations: Operations) -> None:
    operations.put(17, ADA)
    operations.put(18, ADA)
    operations.note_control(17, Control(status=ControlStatus.UNREACHABLE))
    operations.note_control(17, Control(status=ControlStatus.OK))  # read without the login
    fresh, _ = operations.tokens()
    assert (fresh.channel, fresh.last_ok_at, fresh.refused_since) == (17, None, None)
    ok = Control(
        status=ControlStatus.OK, authenticated=True, expires_at=99, scopes=("write", "read")
    )
    operations.note_control(17, ok)
    operations.note_control(17, Control(status=ControlStatus.OK, authenticated=True))
    good, other = operations.tokens()
    assert (good.expires_at, good.scopes) == (99, ("read", "write"))  # told once is known
    assert good.last_ok_at
    assert (other.last_ok_at, other.expires_at) == (None, None)
    for status in (ControlStatus.LOGIN_REFUSED, ControlStatus.LOGIN_EXPIRED):
        operations.note_control(17, Control(status=status))
    bad, _ = operations.tokens()
    assert bad.refused_reason == "login_expired"
    assert bad.refused_since
    assert bad.last_refused_at
    assert good.last_ok_at < bad.refused_since < bad.last_refused_at
    operations.note_control(17, ok)
    well, _ = operations.tokens()
    assert (well.refused_since, well.refused_reason) == (None, "")
    operations.note_control(17, Control(status=ControlStatus.MISSING_RIGHTS))
    operations.put(17, ADA)  # a new login begins anew
    new, _ = operations.tokens()
    assert (new.last_ok_at, new.expires_at, new.scopes) == (None, None, ())
    assert (new.refused_since, new.last_refused_at, new.refused_reason) == (None, None, "")
    operations.note_control(99, ok)  # a channel without a login has nothing to note
    assert len(operations.tokens()) == 2


# --- the file ------------------------------------------------------------------------------------


def test_the_migrations_make_the_tables_of_the_code(operations: Operations, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        tables = (credential, api_tokens.api_token, notices.alert, notices.alert_delivery)
        people = (accounts.account, accounts.external_identity, accounts.web_session)
        tables += (
            *people,
            accounts.sign_in_failure,
            drafts.desk_draft,
            capture_drafts.capture_draft,
            saved_searches.saved_search,
        )
        for table in (*tables, notices.alert_recipient, notices.duty_roster):
            columns = connection.execute(f"PRAGMA table_info({table.name})").fetchall()
            assert [(c[1], bool(c[3])) for c in columns if not c[5]] == [
                (c.name, not c.nullable) for c in table.columns if not c.primary_key
            ]
        made = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert {row[0] for row in made} - {"sqlite_sequence"} == {"alembic_version", *metadata.tables}
    versions = sorted(
        p.stem for p in (Path(module.__file__).parent / "migrations/versions").glob("*.py")
    )
    assert versions[-1].startswith(REVISION)


def test_an_older_releases_database_is_brought_up_to_date(path: Path) -> None:
    from alembic import command

    def only_the_first(config: object, _revision: str) -> None:
        upgrade(config, "0001")  # type: ignore[arg-type]

    upgrade = command.upgrade
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "upgrade", only_the_first)
        opened(path).put(17, ADA)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO harvest_request VALUES (1, '[1]', 5, 'waiting', '{}', 0, 0)"
        )
    assert opened(path).get(17) == ADA
    with closing(sqlite3.connect(path)) as connection:
        made = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert "harvest_request" not in {row[0] for row in made}


def test_alembic_is_imported_only_to_migrate(path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from archiver.db.operations import Operations\n"
        "from archiver.db.sqlite import SqliteDatabase\n"
        "from archiver.clock import SystemClock\n"
        "Operations(SqliteDatabase(Path(sys.argv[1])), b'k' * 32, SystemClock(), os.urandom)\n"
        "print('alembic' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    said = [
        subprocess.run(
            [sys.executable, "-c", code, str(path)],
            capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(root)},
        )
        for _ in range(2)
    ]  # fmt: skip
    assert [(one.stdout.strip(), one.stderr) for one in said] == [("True", ""), ("False", "")]


def test_a_missing_database_is_not_passed_over(path: Path) -> None:
    with pytest.raises(NotFound, match="backup"):
        opened(path, create=False)
    assert not path.exists()
    opened(path)
    assert opened(path, create=False)


def test_a_damaged_database_is_an_integrity_error(operations: Operations, path: Path) -> None:
    operations.put(17, ADA)
    operations.close()
    for side in path.parent.iterdir():
        if side != path:
            side.unlink()
    path.write_bytes(b"\x00garbage" * 4096)
    with pytest.raises(IntegrityError) as damaged:
        opened(path)
    assert "backup" in damaged.value.remedy
    assert "rebuild" not in str(damaged.value)


def test_a_database_that_vanishes_while_open_is_said(operations: Operations, path: Path) -> None:
    operations.put(17, ADA)
    for side in path.parent.iterdir():
        side.unlink()
    with pytest.raises(StoreUnavailable):
        operations.get(17)


def test_a_newer_releases_database_is_left_alone(operations: Operations, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="newer release"):
        opened(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
            ("9999",)
        ]


def test_a_migration_that_fails_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import op

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(op, "drop_table", fail)
        with pytest.raises(RuntimeError):
            opened(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    assert opened(path).get(17) is None


def _first_start(path: Path, channel: int) -> None:
    opened(path).put(channel, ADA)


def test_processes_that_start_at_once_migrate_once(path: Path) -> None:
    context = get_context("spawn")
    started = [context.Process(target=_first_start, args=(path, n)) for n in range(3)]
    for one in started:
        one.start()
    for one in started:
        one.join(60)
    assert [one.exitcode for one in started] == [0, 0, 0]
    found = opened(path)
    assert [found.get(n) for n in range(3)] == [ADA] * 3
