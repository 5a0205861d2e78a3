"""What the one writer refuses: a log, tables or keys that contradict what was signed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from archiver.core import layout, merkle
from archiver.errors import (
    CheckpointForked,
    ConfigError,
    DiarkivError,
    DigestMismatch,
    IntegrityError,
    SealBroken,
    SignatureInvalid,
)
from archiver.ledger.service import Ledger
from archiver.store import root
from tests.build import (
    ROOT,
    Book,
    add_mixed,
    assert_whole,
    create_home,
    make_ledger,
    seeded,
    snapshot,
    tables,
    tiled_home,
)
from tests.databases import forget, keep

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tiled_home(tmp_path / "home")
    return tmp_path / "home"


def _refused(home: Path, error: type[DiarkivError], ledger: Ledger | None = None) -> DiarkivError:
    """A batch is refused with this error, twice, and not a byte of the archive changes."""
    before = snapshot(home)
    ledger = ledger or make_ledger(home)
    for _ in range(2):
        with pytest.raises(error) as caught:
            add_mixed(ledger, 1)
    assert snapshot(home) == before
    assert caught.value.remedy
    return caught.value


# --- the log and the tables contradict each other --------------------------------------------


def _cut_tail(home: Path) -> None:
    path = home / "log" / "tail"
    path.write_bytes(path.read_bytes()[:-1])


def _drop(name: str) -> Callable[[Path], None]:
    return lambda home: (home / name).unlink()


def _older_log(home: Path) -> None:
    """The tail as it was, under the newest head."""
    path = home / "log" / "tail"
    first, entries, _ = layout.read_tail(path.read_bytes())
    path.write_bytes(layout.tail_header(first) + merkle.pack_entries(entries[:3]))


def _other_entry(home: Path) -> None:
    path = home / "log" / "tail"
    path.write_bytes(path.read_bytes().replace(b'"v":1', b'"v":2', 1))


LOST: dict[str, Callable[[Path], None]] = {
    "the tail torn": _cut_tail,
    "the tail gone": _drop("log/tail"),
    "the tail rolled back": _older_log,
    "an entry changed": _other_entry,
    "a tile gone": _drop("log/tile/0/000"),
    "the signed head gone": _drop("log/signed"),
}


@pytest.mark.parametrize("tables_too", [False, True])
@pytest.mark.parametrize("kind", LOST)
def test_a_log_below_its_head_is_never_continued(home: Path, kind: str, tables_too: bool) -> None:
    """With the tables and, so that they cannot be what tells, without."""
    LOST[kind](home)
    if tables_too:
        forget(home)
    assert _refused(home, CheckpointForked).exit_code == 5
    with pytest.raises(CheckpointForked):
        make_ledger(home).rebuild()


def test_tables_that_know_more_than_the_log(home: Path, tmp_path: Path) -> None:
    """An older backup of the whole archive under the present tables."""
    shutil.copytree(home, tmp_path / "backup")
    add_mixed(make_ledger(home))
    for name in ("log", "packs", "keys"):
        shutil.rmtree(home / name)
        shutil.copytree(tmp_path / "backup" / name, home / name)
    error = _refused(home, CheckpointForked)
    assert error.exit_code == 5
    assert "never be continued" in error.remedy
    with pytest.raises(CheckpointForked):  # and no other command takes the memory away
        make_ledger(home).rebuild()
    assert _refused(home, CheckpointForked).exit_code == 5


def test_missing_tables_come_back_by_themselves(home: Path) -> None:
    ledger = make_ledger(home)
    before = tables(ledger)
    forget(home)
    with make_ledger(home).writer():
        pass
    assert tables(ledger) == before


def test_tables_that_vanish_or_grow_old_under_a_process_at_work(home: Path) -> None:
    old, ledger, book = keep(home), make_ledger(home), Book()
    add_mixed(ledger)
    for change in (forget, old):
        change(home)
        add_mixed(ledger)
        book.note(ledger)
        assert_whole(home, ledger, book)


@pytest.mark.parametrize("each_database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", ["garbage", "half", "page"])
def test_damaged_tables_name_the_remedy(home: Path, kind: str) -> None:
    path = home / "db" / "projection.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    damaged = {
        "garbage": b"this is no database, but it is long enough to be taken for one" * 100,
        "half": whole[: len(whole) // 2 + 100],
        "page": whole[:4096] + bytes(8192) + whole[12288:],
    }
    path.write_bytes(damaged[kind])
    before = snapshot(home)
    with pytest.raises(IntegrityError) as caught:
        add_mixed(make_ledger(home))
    assert "diarkiv rebuild" in caught.value.remedy
    assert caught.value.exit_code == 5
    assert snapshot(home) == before
    ledger, book = make_ledger(home), Book()
    ledger.rebuild()
    add_mixed(ledger)
    book.note(ledger)
    assert_whole(home, ledger, book)


def test_a_signed_frame_that_is_gone_is_not_cut_away(home: Path) -> None:
    """Recovery cuts what was never signed, and nothing else."""
    forget(home)
    pack = home / layout.pack_name(1, 0)
    pack.write_bytes(pack.read_bytes()[:-10])
    before = snapshot(home)
    with pytest.raises(IntegrityError):
        add_mixed(make_ledger(home))
    assert snapshot(home) == before


# --- keys ------------------------------------------------------------------------------------


def test_a_wrong_root_key_changes_nothing(home: Path) -> None:
    error = _refused(home, SealBroken, make_ledger(home, key=bytes(32)))
    assert "root key" in error.message
    book, ledger = Book(), make_ledger(home)
    add_mixed(ledger)
    book.note(ledger)
    assert_whole(home, ledger, book)


def test_a_wrong_or_missing_passphrase() -> None:
    data = root.render(ROOT, "rätt lösenord", seeded())
    assert root.unlock(data, "rätt lösenord") == ROOT
    with pytest.raises(SealBroken, match="passphrase is wrong"):
        root.unlock(data, "fel")
    with pytest.raises(ConfigError, match="DIARKIV_PASSPHRASE"):
        root.unlock(data, None)
    for place in range(0, len(data), 3):
        broken = bytearray(data)
        broken[place] ^= 1
        with pytest.raises(DigestMismatch):
            root.unlock(bytes(broken), "rätt lösenord")


def test_a_damaged_secret_store(home: Path) -> None:
    path = home / layout.SECRETS
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    assert "backup" in _refused(home, DigestMismatch).remedy


def test_a_missing_secret_store(home: Path) -> None:
    (home / layout.SECRETS).unlink()
    before = snapshot(home)
    with pytest.raises(SealBroken):
        add_mixed(make_ledger(home))
    assert snapshot(home) == before


def test_a_public_key_that_is_not_ours(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    create_home(make_ledger(other))
    shutil.copy(other / layout.VKEY, home / layout.VKEY)
    _refused(home, SignatureInvalid)
