"""What the one writer promises, over a real home: numbers, blocks, time, packs, proofs.

What it refuses: test_ledger_refusals.py.
"""

from __future__ import annotations

import random as random_module
from pathlib import Path

import pytest

from archiver.core import layout, merkle
from archiver.core.checkpoint import open_checkpoint
from archiver.core.event import ClearEntry, EventType, SealedEntry, parse
from archiver.core.verdict import Verdict
from archiver.errors import (
    ConfigError,
    NotFound,
)
from archiver.ledger.service import Ledger
from archiver.store.pack import SEAL_AT
from archiver.store.seal import FrameKind, seal
from tests.build import (
    DAY,
    NOVEMBER,
    Book,
    FakeClock,
    add_batch,
    add_mixed,
    assert_whole,
    create_home,
    make_ledger,
    published,
    seeded,
    snapshot,
    stage,
    tables,
    tiled_home,
    verify,
)

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tiled_home(tmp_path / "home")
    return tmp_path / "home"


def _at(ledger: Ledger) -> list[int]:
    return [parse(data).at for data in ledger.log.entries(0, ledger.log.size)]


def _jumps(ledger: Ledger) -> list[int]:
    entries = [parse(data) for data in ledger.log.entries(0, ledger.log.size)]
    return [
        int(str(entry.facts["ms"]))
        for entry in entries
        if isinstance(entry, ClearEntry) and entry.type == EventType.CLOCK_JUMPED
    ]


# --- appending -------------------------------------------------------------------------------


def test_numbers_are_contiguous_and_named_before_the_end(home: Path) -> None:
    ledger, seen = make_ledger(home), []
    for count in (1, 7, 300, 2):
        with ledger.writer() as writer:
            first = writer.next_seq
            staged = stage(writer, ledger, count, authority=count)
            cohorts = 1 if first + count < writer.next_seq else 0
            assert staged == list(range(first + cohorts, first + cohorts + count))
        seen.append((first, ledger.log.size))
    assert [start for start, _ in seen[1:]] == [end for _, end in seen[:-1]]


class Stop(Exception):
    """A rule that says no in the middle of a block."""


def test_an_exception_in_the_block_leaves_nothing(home: Path) -> None:
    ledger = make_ledger(home)
    add_batch(ledger, 1)
    before, rows = snapshot(home), tables(ledger)

    def block(clock_month: int) -> None:
        with ledger.writer() as writer:
            stage(writer, ledger, 5)
            stage(writer, ledger, 2, authority=7 + clock_month)
            raise Stop

    for number in range(3):
        with pytest.raises(Stop):
            block(number)
    after = snapshot(home)
    assert {name for name in after if after[name] != before.get(name)} <= {layout.SECRETS}
    assert tables(ledger) == rows
    book = Book()
    add_mixed(ledger, 1)
    book.note(ledger)
    assert_whole(home, ledger, book)


def test_an_exception_after_a_pack_was_sealed_in_the_block(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archiver.ledger.writer.SEAL_AT", 5_000)
    ledger = make_ledger(home)

    def block() -> None:
        with ledger.writer() as writer:
            stage(writer, ledger, 10, padding=2_000)
            raise Stop

    with pytest.raises(Stop):
        block()
    assert verify(home).verdict is Verdict.PROVEN
    add_batch(ledger, 10, padding=2_000)
    book = Book()
    book.note(ledger)
    assert_whole(home, ledger, book)


def test_an_empty_block_changes_nothing(home: Path) -> None:
    ledger, before = make_ledger(home), snapshot(home)
    for _ in range(3):
        with ledger.writer():
            pass
    assert snapshot(home) == before


def test_what_a_writer_does_not_take(home: Path) -> None:
    ledger = make_ledger(home)
    with ledger.writer() as writer:
        with pytest.raises(ConfigError):
            writer.cohort(1, "other")
        with pytest.raises(ConfigError):
            writer.append_event("note", {"text": seeded(1)(5000).hex()}, cohort=1)
        stage(writer, ledger, 1)
    book = Book()
    book.note(ledger)
    assert_whole(home, ledger, book)


def test_a_pack_is_sealed_at_its_real_size(tmp_path: Path) -> None:
    """64 MiB and not a byte more, with media chunks of 15 MiB."""
    home = tmp_path / "home"
    ledger = make_ledger(home)
    create_home(ledger)
    chunk = seeded(5)(15 * 2**20)
    for _ in range(3):
        with ledger.writer() as writer:
            cohort = writer.cohort(1, "media")
            for _ in range(2):
                sealed = seal(FrameKind.COMPONENT, {"n": 1}, chunk, random=ledger.random)
                writer.append(EventType.COMPONENT, sealed, cohort)
    sizes = [(home / layout.pack_name(1, n)).stat().st_size for n in range(2)]
    assert 4 * len(chunk) < sizes[0] < SEAL_AT
    assert 2 * len(chunk) < sizes[1] < 3 * len(chunk)
    assert (home / layout.pack_name(1, 0)).read_bytes().endswith(layout.FOOTER_MAGIC)
    assert verify(home).verdict is Verdict.PROVEN
    assert ledger.open_one(ledger.log.size - 1).raw == chunk


def test_a_home_is_created_once(home: Path) -> None:
    before = snapshot(home)
    for name in ("testkommun", "annan"):
        with pytest.raises(ConfigError):
            make_ledger(home).create(name, {"name": "Ny"})
    assert snapshot(home) == before


# --- time ------------------------------------------------------------------------------------


def test_time_goes_by(tmp_path: Path) -> None:
    clock, home = FakeClock(), tmp_path / "home"
    ledger = make_ledger(home, clock=clock)
    create_home(ledger)
    for _ in range(5):
        clock.advance(DAY)
        add_batch(ledger, 1)
    assert _jumps(ledger) == []
    assert _at(ledger)[-1] == NOVEMBER + 5 * DAY


@pytest.mark.parametrize("jump", [-3_600_000, 3_600_000, -6_000, 6_000, -4_000, 4_000])
def test_a_jump_of_the_clock_is_recorded_once_and_time_never_goes_back(
    tmp_path: Path, jump: int
) -> None:
    clock, home = FakeClock(), tmp_path / "home"
    ledger = make_ledger(home, clock=clock)
    create_home(ledger)
    clock.jump(jump)
    with pytest.raises(Stop), ledger.writer():
        raise Stop  # a batch that failed has recorded nothing
    for _ in range(4):
        add_batch(ledger, 1)
        clock.advance(1_000)
    assert _jumps(ledger) == ([jump] if abs(jump) > 5_000 else [])
    assert _at(ledger) == sorted(_at(ledger))
    assert _at(ledger)[-1] >= NOVEMBER
    clock.jump(-jump)
    add_batch(ledger, 1)
    assert len(_jumps(ledger)) == (2 if abs(jump) > 5_000 else 0)
    assert verify(home).verdict is Verdict.PROVEN


def test_a_clock_that_was_set_back_between_two_processes(tmp_path: Path) -> None:
    clock, home = FakeClock(), tmp_path / "home"
    create_home(make_ledger(home, clock=clock))
    clock.jump(-DAY)
    ledger = make_ledger(home, clock=clock)
    add_batch(ledger, 1)
    add_batch(ledger, 1)
    assert _jumps(ledger) == [-DAY]
    assert set(_at(ledger)) == {NOVEMBER}


# --- proofs and contents ---------------------------------------------------------------------


def test_every_inclusion_proof_verifies(home: Path) -> None:
    ledger = make_ledger(home)
    for count in (230, 3, 40):
        add_batch(ledger, count)
        size = ledger.log.size
        proofs = ledger.prove(range(size))
        head = open_checkpoint(proofs.note, ledger.verifier_key)
        assert head.size == size
        for seq, (entry, path) in proofs.entries.items():
            merkle.verify_inclusion(merkle.leaf_hash(entry), seq, size, path, head.root)
    for seq in (-1, size, size + 1):
        with pytest.raises(NotFound):
            ledger.prove([seq])


def test_contents_come_back_whichever_are_asked_for(home: Path) -> None:
    ledger, book = make_ledger(home), Book()
    add_batch(ledger, 100)
    book.note(ledger)
    choose = random_module.Random(3)
    for _ in range(20):
        seqs = choose.sample(sorted(book.contents), 7)
        assert {s: (o.envelope, o.raw) for s, o in ledger.open(seqs).items()} == {
            seq: book.contents[seq] for seq in seqs
        }
    with pytest.raises(NotFound):
        ledger.open_one(5)  # a clear entry
    assert isinstance(parse(ledger.log.entry(max(book.contents))), SealedEntry)


def test_a_head_that_was_not_published_is_published_by_the_next_writer(home: Path) -> None:
    note = published(home)
    add_mixed(make_ledger(home))
    (home / "log" / "checkpoint").write_bytes(note)
    ledger = make_ledger(home)
    with ledger.writer():
        pass
    assert open_checkpoint(ledger.checkpoint(), ledger.verifier_key).size == ledger.log.size
