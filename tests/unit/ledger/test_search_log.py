"""Searches are noted, sealed, together, and without anybody waiting for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from archiver.core.event import EventType, SealedEntry, parse
from archiver.core.search import Searched
from archiver.errors import HomeBusy
from archiver.ledger import search_log as module
from archiver.ledger.search_log import LedgerSearchLog
from archiver.ledger.service import Ledger
from tests.unit.search.archive import Archive, open_ledger


def searched(query: str, **fields: object) -> Searched:
    return Searched(**{"at": 5, "actor": 17, "query": query, "total": 3, **fields})  # type: ignore[arg-type]


def noted(home: Path) -> list[dict[str, object]]:
    """What the log holds, read by somebody else."""
    ledger = open_ledger(home)
    with ledger.writer():
        pass
    return [
        dict(ledger.open_one(seq).envelope)
        for seq, data in enumerate(ledger.log.entries(0, ledger.log.size))
        if parse(data).type == EventType.SEARCHED
    ]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return Archive(tmp_path).home


def test_what_waits_is_written_together_and_sealed(home: Path) -> None:
    log = LedgerSearchLog(lambda: open_ledger(home), delay=60)
    start = time.monotonic()
    log.note(searched("Östen Åkerö", filters=(("konto", "C7"),)))
    log.note(searched("", total=0))
    assert time.monotonic() - start < 1
    assert noted(home) == []
    log.close()
    first, second = noted(home)
    assert first == {
        "searched_at": 5,
        "actor": 17,
        "query": "Östen Åkerö",
        "filters": [["konto", "C7"]],
        "total": 3,
    }
    assert second == {"searched_at": 5, "actor": 17, "query": "", "total": 0}
    ledger = open_ledger(home)
    ledger.log.load()
    entries = [parse(data) for data in ledger.log.entries(0, ledger.log.size)]
    assert all(isinstance(e, SealedEntry) for e in entries if e.type == EventType.SEARCHED)
    for path in home.rglob("*"):
        assert path.is_dir() or "Östen".encode() not in path.read_bytes()


def test_it_is_written_within_about_a_second(home: Path) -> None:
    log = LedgerSearchLog(lambda: open_ledger(home), delay=0.05)
    log.note(searched("ett"))
    end = time.monotonic() + 20
    while not noted(home) and time.monotonic() < end:
        time.sleep(0.05)
    log.note(searched("två"))
    while len(noted(home)) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    assert [one["query"] for one in noted(home)] == ["ett", "två"]
    log.close()
    assert len(noted(home)) == 2


def test_a_note_that_cannot_be_written_waits(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = open_ledger(home)
    whole, failures = ledger.writer, [HomeBusy("busy", remedy="")] * 2

    @contextmanager
    def busy() -> Iterator[object]:
        if failures:
            raise failures.pop()
        with whole() as writer:
            yield writer

    monkeypatch.setattr(ledger, "writer", busy)
    monkeypatch.setattr(module, "_RETRY", 0.01)
    log = LedgerSearchLog(lambda: ledger, delay=0.01)
    with capture_logs() as logs:
        log.note(searched("hemligt ord"))
        end = time.monotonic() + 20
        while failures and time.monotonic() < end:
            time.sleep(0.01)
        log.close()
    assert [one["query"] for one in noted(home)] == ["hemligt ord"]
    assert [one["event"] for one in logs] == ["search.not_noted"] * 2
    assert "hemligt" not in str(logs)


def test_a_long_search_is_cut_and_odd_characters_are_kept_readable(home: Path) -> None:
    log = LedgerSearchLog(lambda: open_ledger(home))
    log.note(searched("👩‍🚒" * 2000))
    log.note(searched("a\ud800\x00b", filters=(("fran", "\udfff"),)))
    log.close()
    long, odd = noted(home)
    assert 1980 < len(str(long["query"]).encode()) <= 2000
    assert odd["query"] == "a\ufffd\u2400b"


def test_too_many_notes_lose_the_oldest_and_say_so(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    log = LedgerSearchLog(lambda: open_ledger(home), delay=60)
    with capture_logs() as logs:
        for number in range(3):
            log.note(searched(str(number)))
    log.close()
    assert [one["query"] for one in noted(home)] == ["1", "2"]
    assert [one["event"] for one in logs] == ["search.note_lost"]


def test_nothing_noted_writes_nothing(home: Path) -> None:
    def never() -> Ledger:
        raise AssertionError

    LedgerSearchLog(never).close()
