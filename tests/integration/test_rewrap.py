"""Keys that leave their key file: who still opens, what is void, what an auditor without keys sees.

Crashes at every write of it: test_faults.py and test_kill.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from sqlalchemy import select

from archiver.core import layout
from archiver.core.event import EventType
from archiver.core.verdict import Report, Verdict
from archiver.db import tables as t
from archiver.errors import ConfigError, IntegrityError, NotFound, SealBroken
from archiver.ledger.service import Ledger
from archiver.store.box import new_pair, open_box
from archiver.store.keys import quarantine_name
from tests.build import (
    DAY,
    Book,
    FakeClock,
    add_batch,
    assert_whole,
    create_home,
    explain,
    explain_stop,
    make_ledger,
    openable,
    seeded,
    stage,
    tables,
    verify,
)

pytestmark = pytest.mark.usefixtures("each_database")

CONTACT = new_pair(seeded(5))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Ten versions in cohort 1 (entries 3 to 12), five in cohort 2 of another authority."""
    home = tmp_path / "home"
    ledger = make_ledger(home)
    create_home(ledger, home)
    add_batch(ledger, 10)
    add_batch(ledger, 5, authority=2)
    ledger.database.close()
    return home


def _move(ledger: Ledger, source: int, away: Mapping[int, str | None]) -> dict[str, int]:
    """One batch; `away`: entry → family. The cohorts of the families."""
    with ledger.writer() as writer:
        to = {
            family: writer.quarantine(1, CONTACT.public)
            if family == "quarantine"
            else writer.cohort(1, family)
            for family in sorted({f for f in away.values() if f})
        }
        if gone := [seq for seq, family in away.items() if not family]:
            explain(writer, gone)
        writer.rewrap(source, {seq: to[f] if f else None for seq, f in away.items()})
    return to


def _contents(home: Path) -> Book:
    book = Book()
    ledger = make_ledger(home)
    with ledger.writer():
        pass
    book.note(ledger)
    return book


def _ids(home: Path, seqs: Iterable[int]) -> set[str]:
    book = _contents(home)
    return {layout_id(book.entries[seq]) for seq in seqs}


def layout_id(entry: bytes) -> str:
    return entry.partition(b'"id":"')[2][:32].decode()


def test_survivors_open_as_before_and_the_others_by_where_they_went(home: Path) -> None:
    book, ledger = _contents(home), make_ledger(home)
    ids = {seq: layout_id(book.entries[seq]) for seq in book.contents}
    away: dict[int, str | None] = {4: "protected", 5: None, 6: "quarantine", 9: "protected"}
    before = {path.name: path.read_bytes() for path in (home / "packs").iterdir()}
    _move(ledger, 1, away)
    apart = {4, 5, 6, 9}
    everything = list(range(3, 13))
    assert set(ledger.open(everything)) == set(everything) - apart
    opened = ledger.open(everything, protected=True)
    assert set(opened) == set(everything) - {5, 6}
    assert all((o.envelope, o.raw) == book.contents[seq] for seq, o in opened.items())
    for seq in (4, 5, 6):
        with pytest.raises(NotFound):
            ledger.open_one(seq)
    with pytest.raises(NotFound):
        ledger.open_one(6, protected=True)
    found = openable(home)
    assert {seq for seq, one in ids.items() if one in found} == set(ids) - {5, 6}
    for name, data in before.items():  # frames stay where they are
        assert (home / "packs" / name).read_bytes().startswith(data)
    assert not (home / "keys/1.1").exists()
    book.leaving |= {5, 6}
    book.note(ledger)
    assert_whole(home, ledger, book)
    assert (verify(home).moved, verify(home).destroyed) == (3, 1)


def test_a_void_line_has_one_form_and_keeps_the_others_places(home: Path) -> None:
    old = (home / "keys/1.1").read_bytes()
    _move(make_ledger(home), 1, {5: None})
    new, size = (home / "keys/1.2").read_bytes(), layout.KEY_LINE_BYTES
    assert len(new) == len(old)
    for number in range(10):
        line = new[number * size : (number + 1) * size]
        assert line[:33] == old[number * size :][:33]
        assert layout.is_void(line) == (number == 2)
        assert layout.key_line_is_whole(line, line[:32].decode())
    assert new[2 * size : 3 * size] == layout.void_line(
        bytes.fromhex(old[2 * size :][:32].decode())
    )


def test_a_cohort_goes_on_after_its_keys_were_rewrapped(home: Path) -> None:
    clock = FakeClock()
    ledger, book = make_ledger(home, clock=clock), _contents(home)
    book.leaving |= {3, 7}
    _move(ledger, 1, {3: None})
    add_batch(ledger, 3)
    _move(ledger, 1, {7: None, 8: "protected"})
    clock.advance(40 * DAY)
    add_batch(ledger, 2)
    book.note(ledger)
    assert_whole(home, ledger, book)
    assert sorted(path.name for path in (home / "keys").glob("1.*")) == ["1.3"]


def test_there_and_back_again_and_on_to_a_third(home: Path) -> None:
    ledger, book = make_ledger(home), _contents(home)
    protected = _move(ledger, 1, {4: "protected", 5: "protected"})["protected"]
    for _ in range(2):
        with ledger.writer() as writer:
            writer.rewrap(protected, {4: 1})
        assert set(ledger.open([4, 5])) == {4}
        _move(ledger, 1, {4: "protected"})
    assert set(ledger.open([4, 5])) == set()
    book.leaving |= {4}
    quarantine = _move(ledger, protected, {4: "quarantine"})["quarantine"]
    book.note(ledger)
    assert_whole(home, ledger, book)
    with ledger.writer() as writer:
        writer.rewrap(quarantine, {4: None})
        explain_stop(writer)
    book.note(ledger)
    assert_whole(home, ledger, book)
    assert (verify(home).moved, verify(home).destroyed) == (1, 1)


def test_the_contact_opens_what_the_application_cannot(home: Path) -> None:
    ledger = make_ledger(home)
    cohort = _move(ledger, 1, {6: "quarantine"})["quarantine"]
    name = quarantine_name(cohort, 1)
    kek = open_box(CONTACT.private, ledger.keys.secrets.get(name), name)
    assert len(kek) == 32
    for private in (bytes(32), ledger.keys.secrets.get("kek/1.2")):
        with pytest.raises(SealBroken):
            open_box(private, ledger.keys.secrets.get(name), name)
    assert kek not in b"".join(p.read_bytes() for p in home.rglob("*") if p.is_file())
    with ledger.writer() as writer:
        writer.rewrap(cohort, {6: None})
        explain_stop(writer)
    assert not ledger.keys.secrets.has(name)


def test_the_digests_in_the_tables_go_with_the_key(home: Path) -> None:
    ledger = make_ledger(home)
    with ledger.writer():
        pass
    before = ledger.lookups(list(range(3, 13)))
    _move(ledger, 1, {4: "protected", 5: None, 6: "quarantine"})
    after = ledger.lookups(list(range(3, 13)))
    assert after == {seq: key for seq, key in before.items() if seq not in (5, 6)}
    assert len(set(after.values())) == len(after)


def test_tables_that_were_behind_catch_up_over_moves(home: Path) -> None:
    """A database from before the moves, or none at all, gives the same tables."""
    ledger = make_ledger(home)
    with ledger.writer():
        pass
    _move(ledger, 1, {4: "protected", 5: None, 6: "quarantine"})
    add_batch(ledger, 2)
    _move(ledger, 2, {16: "protected"})
    live = tables(ledger)
    ledger.rebuild()
    assert tables(ledger) == live


WRONG: dict[str, tuple[int, dict[int, int | None]]] = {
    "from the home's own": (0, {2: None}),
    "from a cohort there is not": (9, {3: None}),
    "nothing": (1, {}),
    "another cohort's key": (1, {15: None}),
    "an entry without a key": (1, {0: None}),
    "to its own": (1, {3: 1}),
    "to the home's own": (1, {3: 0}),
    "to a cohort there is not": (1, {3: 9}),
}


@pytest.mark.parametrize(("source", "away"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_moved_is_refused(
    home: Path, source: int, away: dict[int, int | None]
) -> None:
    ledger, book = make_ledger(home), _contents(home)
    with pytest.raises(ConfigError), ledger.writer() as writer:
        writer.rewrap(source, away)
    add_batch(ledger, 1)
    book.note(ledger)
    assert_whole(home, ledger, book)


def test_a_cohort_is_rewrapped_once_in_a_block(home: Path) -> None:
    ledger = make_ledger(home)
    with ledger.writer() as writer:
        explain(writer, [3])
        writer.rewrap(1, {3: None})
        with pytest.raises(ConfigError):
            writer.rewrap(1, {4: None})
    assert set(ledger.open([3, 4])) == {4}
    with pytest.raises(ConfigError), ledger.writer() as writer:
        writer.cohort(1, "quarantine")


def test_a_part_of_a_quarantine_cannot_be_taken_out(home: Path) -> None:
    ledger = make_ledger(home)
    cohort = _move(ledger, 1, {6: "quarantine", 7: "quarantine"})["quarantine"]
    for away in ({6: None}, {6: 1, 7: 1}):
        with pytest.raises(SealBroken), ledger.writer() as writer:
            writer.rewrap(cohort, away)
    assert verify(home).verdict is Verdict.PROVEN


# --- the auditor -------------------------------------------------------------------------------


@pytest.fixture
def parted(home: Path) -> Path:
    """The home after moves: entry 4 is protected, 5 destroyed."""
    shutil.copytree(home, home.parent / "before")
    _move(make_ledger(home), 1, {4: "protected", 5: None})
    return home


def _line(path: Path, number: int, line: bytes) -> None:
    data, at = bytearray(path.read_bytes()), number * layout.KEY_LINE_BYTES
    data[at : at + len(line)] = line
    path.write_bytes(bytes(data))


def _is_refused(report: Report, what: str) -> None:
    assert report.verdict is Verdict.UNPROVEN
    assert any(what in finding for finding in report.findings), report.findings


def test_a_void_line_that_no_entry_explains_is_a_gap(parted: Path) -> None:
    path = parted / "keys/1.2"
    frame_id = bytes.fromhex(path.read_bytes()[:32].decode())
    _line(path, 0, layout.void_line(frame_id))
    report = verify(parted)
    _is_refused(report, "Entry 3: its key is gone without an entry")
    assert report.unexplained == 1
    with pytest.raises(IntegrityError):
        make_ledger(parted).rebuild()


def test_a_key_that_was_put_back_is_found(parted: Path) -> None:
    size = layout.KEY_LINE_BYTES
    old = (parted.parent / "before/keys/1.1").read_bytes()
    _line(parted / "keys/1.2", 2, old[2 * size : 3 * size])
    _is_refused(verify(parted), "Entry 5: its key lies where it was to be gone")
    with pytest.raises(IntegrityError):
        make_ledger(parted).rebuild()


def test_the_old_key_file_in_place_of_the_new_is_found(parted: Path) -> None:
    shutil.copy(parted.parent / "before/keys/1.1", parted / "keys/1.2")
    _is_refused(verify(parted), "its key lies where it was to be gone")


def test_an_old_key_file_beside_the_new_is_said_and_removed(parted: Path) -> None:
    shutil.copy(parted.parent / "before/keys/1.1", parted / "keys/1.1")
    assert any("keys/1.1" in note for note in verify(parted).notes)
    add_batch(make_ledger(parted), 1)
    assert not (parted / "keys/1.1").exists()


@pytest.mark.parametrize("name", ["keys/1.2", "keys/3.1"])
def test_a_missing_or_shortened_file_is_found(parted: Path, name: str) -> None:
    path = parted / name
    data = path.read_bytes()
    for rest in (data[: -layout.KEY_LINE_BYTES], data[:-1], None):
        if rest is None:
            path.unlink()
        else:
            path.write_bytes(rest)
        _is_refused(verify(parted), "key line is missing or altered")


def test_every_flipped_bit_of_moved_and_void_lines_is_found(parted: Path) -> None:
    for name in ("keys/1.2", "keys/3.1"):
        whole = (parted / name).read_bytes()
        for place in range(0, len(whole), 7):
            bad = bytearray(whole)
            bad[place] ^= 1 << place % 8
            (parted / name).write_bytes(bytes(bad))
            assert verify(parted).verdict is Verdict.UNPROVEN, (name, place)
        (parted / name).write_bytes(whole)
    assert verify(parted).verdict is Verdict.PROVEN


def test_what_the_log_may_not_say_of_keys(home: Path) -> None:
    """Whoever writes the log could claim moves that did not happen: it is not accepted."""
    ledger = make_ledger(home)
    with ledger.writer() as writer:
        facts = {"cohort": 1, "generation": 2, "voided": [[3, 1]]}
        writer.append_clear(EventType.KEYS_REWRAPPED, facts)
    assert verify(home).verdict is Verdict.UNPROVEN


def test_moves_are_in_the_tables(parted: Path) -> None:
    ledger = make_ledger(parted)
    with ledger.database.read() as connection:
        e = t.entry.c
        rows = connection.execute(select(e.seq, e.cohort, e.key_cohort, e.key_line)).all()
    found = {row.seq: tuple(row[1:]) for row in rows}
    assert (found[3], found[4], found[5]) == ((1, 1, 0), (1, 3, 0), (1, None, None))


def test_staged_lines_of_the_same_block_are_rewrapped_too(home: Path) -> None:
    ledger, book = make_ledger(home), _contents(home)
    book.leaving |= {3}
    with ledger.writer() as writer:
        stage(writer, ledger, 2)
        explain(writer, [3])
        writer.rewrap(1, {3: None})
        stage(writer, ledger, 2)
    book.note(ledger)
    assert_whole(home, ledger, book)
