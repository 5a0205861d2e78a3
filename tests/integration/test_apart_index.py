"""The search index of a home where records are kept apart: found before, nothing left after."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver.ledger.apart import Apart
from archiver.search.indexer import Indexer
from archiver.search.purge import MARK, IndexPurge
from archiver.search.reader import TantivySearch
from tests.integration.test_apart import apart_of, planted
from tests.integration.test_harvest import Town, town

pytestmark = pytest.mark.usefixtures("each_database")


def _index(it: Town) -> None:
    with Indexer(it.home.ledger, it.home.path / "index") as indexer:
        while indexer.catch_up():
            pass


def _found(it: Town, words: str) -> int:
    return TantivySearch(it.home.ledger, it.home.path / "index").search(words).total


def _segments(it: Town) -> set[str]:
    kinds = {".idx", ".term", ".pos", ".store", ".fast", ".fieldnorm"}
    files = (it.home.path / "index").rglob("*")
    return {p.name for p in files if p.suffix in kinds}


def _purge(it: Town) -> IndexPurge:
    return IndexPurge(it.home.ledger, it.home.path / "index")


def test_the_index_forgets_and_learns_again(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        _, record = planted(it)
        _index(it)
        assert (_found(it, "Vilhelmina"), _found(it, "granne")) == (1, 1)
        before = _segments(it)
        service = Apart(it.home.ledger, it.home.path, [_purge(it)])
        service.protect(record, reason="Skyddad adress")
        assert (_found(it, "Vilhelmina"), _found(it, "granne")) == (0, 1)
        assert not _segments(it) & before
        service.unprotect(record, reason="Ett misstag")
        assert _found(it, "Vilhelmina") == 1
        before = _segments(it)
        service.stop(record, reason="Misstänkt")
        assert (_found(it, "Vilhelmina"), _found(it, "granne")) == (0, 1)
        assert not _segments(it) & before


def test_what_is_said_of_a_protected_record_later_is_not_found(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        comment, record = planted(it)
        _index(it)
        Apart(it.home.ledger, it.home.path, [_purge(it)]).protect(record, reason="Skyddad adress")
        it.site.edit_comment(comment, at=it.at, text="Lingonvägen är den nya adressen")
        it.harvest()
        _index(it)
        assert _found(it, "Lingonvägen") == 0


def test_a_process_that_died_before_the_index_forgot(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        _, record = planted(it)
        _index(it)
        apart_of(it).stop(record, reason="Misstänkt")  # no derivative was told
        with Indexer(it.home.ledger, it.home.path / "index") as indexer:
            assert _purge(it).catch_up(indexer) == 1
            assert _purge(it).catch_up(indexer) == 0
        assert _found(it, "Vilhelmina") == 0
        (it.home.path / "index" / MARK).write_text("vad som helst")
        with Indexer(it.home.ledger, it.home.path / "index") as indexer:
            assert _purge(it).catch_up(indexer) == 1


def test_where_a_worker_holds_the_index_it_forgets_at_its_next_turn(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        _, record = planted(it)
        with Indexer(it.home.ledger, it.home.path / "index") as worker:
            while worker.catch_up():
                pass
            Apart(it.home.ledger, it.home.path, [_purge(it)]).stop(record, reason="Misstänkt")
            assert _purge(it).catch_up(worker) == 1
        assert _found(it, "Vilhelmina") == 0
