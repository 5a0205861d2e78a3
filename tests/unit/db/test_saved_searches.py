"""Saved searches are their owner's, encrypted, and hold text and filters only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archiver.db.operations import Operations
from archiver.db.saved_searches import MAX_NAME, MOST, SavedSearches
from archiver.db.sqlite import SqliteDatabase
from archiver.errors import ConfigError, NotFound, SealBroken
from tests.build import FakeClock

ADA, BO = 17, 18


def opened(path: Path, key: bytes = b"k" * 32) -> SavedSearches:
    clock = FakeClock()
    return SavedSearches(Operations(SqliteDatabase(path), key, clock, os.urandom), clock)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "operations.sqlite"


def test_what_is_saved_comes_back_to_its_owner_only(path: Path) -> None:
    saved = opened(path)
    one = saved.save(ADA, "  Bygglov   in ", " *lov* ", {"riktning": "received", "konto": ""})
    assert (one.name, one.query, one.filters) == ("Bygglov in", "*lov*", {"riktning": "received"})
    saved.save(ADA, "arkiv", "", {})
    assert [found.name for found in opened(path).of(ADA)] == ["arkiv", "Bygglov in"]
    assert saved.get(ADA, "BYGGLOV IN") == saved.get(ADA, str(one.id)) == one
    assert saved.of(BO) == []
    with pytest.raises(NotFound):
        saved.get(BO, str(one.id))
    with pytest.raises(NotFound):
        saved.remove(BO, one.id)
    saved.remove(ADA, one.id)
    with pytest.raises(NotFound):
        saved.remove(ADA, one.id)


def test_the_same_name_replaces(path: Path) -> None:
    saved = opened(path)
    saved.save(ADA, "Snö", "snöröjning", {})
    saved.save(BO, "Snö", "is", {})
    saved.save(ADA, "snö", "halka", {})
    assert [(one.name, one.query) for one in saved.of(ADA)] == [("snö", "halka")]
    assert [one.query for one in saved.of(BO)] == ["is"]


@pytest.mark.parametrize(
    ("name", "query", "filters"),
    [
        ("", "x", {}),
        ("x" * (MAX_NAME + 1), "x", {}),
        ("namn", "x" * 401, {}),
        ("namn", "x", {"religion": "x"}),
        ("namn", "x", {"konto": "C" * 41}),
    ],
)
def test_only_text_and_filters_are_saved(
    path: Path, name: str, query: str, filters: dict[str, str]
) -> None:
    saved = opened(path)
    with pytest.raises(ConfigError):
        saved.save(ADA, name, query, filters)
    assert saved.of(ADA) == []


def test_there_is_an_end(path: Path) -> None:
    saved = opened(path)
    for number in range(MOST):
        saved.save(ADA, f"sökning {number}", "x", {})
    with pytest.raises(ConfigError, match="already"):
        saved.save(ADA, "en till", "x", {})
    saved.save(ADA, "sökning 0", "y", {})
    saved.save(BO, "en till", "x", {})
    assert len(saved.of(ADA)) == MOST


def test_nothing_of_it_lies_open(path: Path) -> None:
    opened(path).save(ADA, "Grannfejden", "Östen Åkerö", {"fran": "2026-01-01"})
    for file in path.parent.iterdir():
        data = file.read_bytes()
        for words in ("Grannfejden", "Östen", "2026-01-01"):
            assert words.encode() not in data
    with pytest.raises(SealBroken):
        opened(path, b"x" * 32).of(ADA)
