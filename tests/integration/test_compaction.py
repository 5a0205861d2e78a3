"""Packs made anew without what was destroyed: no byte of it is left, all else is as it was.

Crashes at every write of it: test_faults.py.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import select

from archiver.core import layout
from archiver.core.compaction import Holes, header_length
from archiver.core.verdict import Verdict
from archiver.db import tables as t
from archiver.errors import ConfigError
from archiver.ledger.service import Ledger
from tests.build import (
    DAY,
    Book,
    FakeClock,
    add_batch,
    add_mixed,
    assert_whole,
    compact_some,
    create_home,
    explain,
    make_ledger,
    move_some,
    stage,
    tables,
    verify,
)

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Ten versions in cohort 1 (entries 3 to 12)."""
    home = tmp_path / "home"
    ledger = make_ledger(home)
    create_home(ledger, home)
    add_batch(ledger, 10)
    ledger.database.close()
    return home


def destroy(ledger: Ledger, cohort: int, *seqs: int) -> dict[int, bytes]:
    """One batch; the frames that nobody can open any more, as they lay there."""
    frames = {seq: frame for seq, frame, _ in ledger.sealed(seqs, protected=True)}
    with ledger.writer() as writer:
        explain(writer, seqs)
        writer.rewrap(cohort, dict.fromkeys(seqs))
    return frames


def compact(ledger: Ledger, cohort: int = 1, pack: int = 0) -> int:
    with ledger.writer() as writer:
        if ledger.projection.cohorts[cohort].pack == pack:
            writer.close_pack(cohort)
        return writer.compact(cohort, pack)


def everything(home: Path) -> bytes:
    return b"".join(p.read_bytes() for p in sorted(home.rglob("*")) if p.is_file())


def book_of(ledger: Ledger) -> Book:
    book = Book()
    with ledger.writer():
        pass
    book.note(ledger)
    return book


def test_no_byte_is_left_of_what_was_destroyed_and_the_rest_is_as_it_was(home: Path) -> None:
    ledger = make_ledger(home)
    book = book_of(ledger)
    gone = destroy(ledger, 1, 4, 5, 9)
    book.leaving |= set(gone)
    assert all(frame in everything(home) for frame in gone.values())
    assert compact(ledger) == sum(map(len, gone.values()))
    for frame in gone.values():
        assert frame not in everything(home)
        assert frame[layout.FRAME_ID] not in (home / "packs/1-0.1.pack").read_bytes()
    assert not (home / "packs/1-0.pack").exists()
    book.note(ledger)
    assert_whole(home, ledger, book)
    assert (verify(home).destroyed, verify(home).disposed) == (3, 3)


def test_a_pack_is_made_anew_again_and_again_until_nothing_is_left(home: Path) -> None:
    ledger = make_ledger(home)
    book = book_of(ledger)
    for seqs in ((3, 4), (12,), (5, 6, 7), (8, 9, 10, 11)):
        destroy(ledger, 1, *seqs)
        book.leaving |= set(seqs)
        assert compact(ledger)
        book.note(ledger)
        assert_whole(home, ledger, book)
    pack = (home / "packs/1-0.4.pack").read_bytes()
    assert layout.footer_bytes(pack[-layout.FOOTER_END_BYTES :]) == layout.FOOTER_END_BYTES
    assert header_length(pack) + layout.FOOTER_END_BYTES == len(pack)
    add_batch(ledger, 3)
    book.note(ledger)
    assert_whole(home, ledger, book)


def test_what_another_process_reads_meanwhile_it_finds_where_it_now_lies(home: Path) -> None:
    reader, writer = make_ledger(home), make_ledger(home)
    book = book_of(reader)
    destroy(writer, 1, 3)
    it = reader.sealed(list(range(4, 13)))
    first = next(it)
    compact(writer)
    rest = {seq: frame for seq, frame, _ in it}
    assert first[0] == 4
    assert sorted(rest) == list(range(5, 13))
    for seq, frame in rest.items():
        assert frame[layout.FRAME_ID].hex().encode() in book.entries[seq]


def test_only_sealed_packs_once_in_a_batch_and_only_where_something_went(home: Path) -> None:
    ledger = make_ledger(home)
    destroy(ledger, 1, 3)
    with pytest.raises(ConfigError), ledger.writer() as writer:
        writer.compact(1, 0)
    with ledger.writer() as writer:
        writer.close_pack(1)
        assert writer.compact(1, 0)
        with pytest.raises(ConfigError):
            writer.compact(1, 0)
    with pytest.raises(ConfigError), ledger.writer() as writer:
        writer.compact(77, 0)
    size = ledger.log.size
    assert compact(ledger) == 0
    assert ledger.log.size == size


def test_tables_that_lag_behind_catch_up_over_it(home: Path) -> None:
    """Another database knows the home from before the destruction, a third from between."""
    ledger = make_ledger(home)
    book = book_of(ledger)
    before = (home / "db/projection.sqlite").read_bytes() if _is_sqlite(ledger) else b""
    destroy(ledger, 1, 4, 12)
    book.leaving |= {4, 12}
    add_batch(ledger, 2)
    compact(ledger)
    add_batch(ledger, 2)
    book.note(ledger)
    live = tables(ledger)
    ledger.database.close()
    if before:
        for end in ("-wal", "-shm"):
            (home / f"db/projection.sqlite{end}").unlink(missing_ok=True)
        (home / "db/projection.sqlite").write_bytes(before)
        late = make_ledger(home)
        with late.writer():
            pass
        assert tables(late) == live
        book.check(late)


def _is_sqlite(ledger: Ledger) -> bool:
    with ledger.database.read() as connection:
        connection.execute(select(t.log)).all()
    ledger.database.close()
    return ledger.database.alone is not None and "sqlite" in type(ledger.database).__name__.lower()


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_acts_verifies_and_rebuilds(tmp_path: Path, seed: int) -> None:
    choose, clock = random.Random(seed), FakeClock()
    home, book = tmp_path / "home", Book()
    ledger = make_ledger(home, clock=clock, projectors=())
    create_home(ledger, home)
    add_batch(ledger, 3)
    book.note(ledger)
    for number in range(24):
        match choose.randrange(5):
            case 0:
                add_mixed(ledger)
            case 1:
                add_batch(ledger, choose.randint(1, 6))
            case 2 | 3:
                book.leaving |= set(move_some(ledger, choose))
            case 4:
                compact_some(ledger, choose)
        clock.advance(choose.choice([10, 60_000, 3 * DAY, 20 * DAY]))
        book.note(ledger)
        if number % 8 == 7:
            assert_whole(home, ledger, book)
            ledger = make_ledger(home, clock=clock, projectors=())
            with ledger.writer():
                pass


def test_a_frame_left_out_that_the_log_does_not_let_go_is_found(home: Path) -> None:
    """An insider makes a pack anew without a frame whose key is still there, or with holes that
    are not where the frames were."""
    ledger = make_ledger(home)
    destroy(ledger, 1, 4)
    compact(ledger)
    assert verify(home).verdict is Verdict.PROVEN
    path = home / "packs/1-0.1.pack"
    whole = path.read_bytes()
    head = header_length(whole)
    for damaged in (
        whole[:-1],
        whole[: head - 1] + b"\0" + whole[head:],
        whole[: head + 40] + bytes(8) + whole[head + 48 :],
        b"",
        Holes([(16, 60)]).encode(1, 0, 1) + whole[head:],
    ):
        path.write_bytes(damaged)
        assert verify(home).verdict is Verdict.UNPROVEN
    path.unlink()
    report = verify(home)
    assert report.verdict is Verdict.UNPROVEN
    assert report.unexplained
    path.write_bytes(whole)
    assert verify(home).verdict is Verdict.PROVEN


def test_packs_of_several_cohorts_and_months(tmp_path: Path) -> None:
    clock, home, book = FakeClock(), tmp_path / "home", Book()
    ledger = make_ledger(home, clock=clock)
    create_home(ledger, home)
    seqs = []
    for _ in range(3):
        with ledger.writer() as writer:
            seqs.append(stage(writer, ledger, 4))
        clock.advance(31 * DAY)
    book.note(ledger)
    for cohort, held in enumerate(seqs, 1):
        destroy(ledger, ledger.projection.cohorts[cohort].number, *held[1:3])
        book.leaving |= set(held[1:3])
        assert compact(ledger, cohort)
    book.note(ledger)
    assert_whole(home, ledger, book)
