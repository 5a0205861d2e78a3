"""Tables that another release made: they are made anew by themselves, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from archiver.ledger.projection import is_outdated
from tests.databases import rows_of
from tests.homes import TestHome, make_home

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def home(tmp_path: Path) -> TestHome:
    home = make_home(tmp_path)
    for code in ("KS", "BUN", "SN"):
        home.channels.add_authority(code, f"Nämnden {code}")
    return home


def _of_another_release(home: TestHome) -> None:
    with home.ledger.database.write() as connection:
        connection.execute(text("UPDATE meta SET value = value + 1 WHERE name = 'form'"))
        connection.execute(text("ALTER TABLE run RENAME COLUMN seen TO seen_then"))


def test_a_writer_makes_them_anew(home: TestHome) -> None:
    _of_another_release(home)
    fresh = make_home(home.path, create=False)
    fresh.channels.add_authority("MBN", "Miljönämnden")
    assert [one.code for one in fresh.channels.authorities()] == ["KS", "BUN", "SN", "MBN"]
    _assert_as_rebuilt(fresh)


def test_a_reader_is_given_new_ones(home: TestHome) -> None:
    _of_another_release(home)
    fresh = make_home(home.path, create=False)
    fresh.ledger.renew()
    assert len(fresh.channels.authorities()) == 3
    _assert_as_rebuilt(fresh)


def test_tables_of_this_release_are_left_alone(home: TestHome) -> None:
    before = home.ledger.database.identity
    fresh = make_home(home.path, create=False)
    fresh.ledger.renew()
    fresh.channels.add_authority("MBN", "Miljönämnden")
    assert fresh.ledger.database.identity == before


def _assert_as_rebuilt(home: TestHome) -> None:
    with home.ledger.database.read() as connection:
        assert not is_outdated(connection)
    live = rows_of(home.ledger.database)
    home.ledger.rebuild()
    assert rows_of(home.ledger.database) == live
