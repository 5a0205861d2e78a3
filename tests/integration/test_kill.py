"""kill -9 at random moments, several writers at once, and readers beside a writer.

A child process appends batches and says of each, once it is acknowledged, which seq holds which
bytes. Whatever it said is there afterwards, byte for byte.
"""

from __future__ import annotations

import os
import random as random_module
import select
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest

from archiver.clock import SystemClock
from archiver.core.event import SealedEntry, parse
from archiver.core.verdict import Verdict
from archiver.errors import DiarkivError
from archiver.ledger import writer as writer_module
from archiver.ledger.service import Ledger
from tests.build import (
    Book,
    add_batch,
    add_mixed,
    assert_never_forked,
    assert_whole,
    create_home,
    in_children,
    make_ledger,
    move_some,
    openable,
    published,
    seeded,
    spawn,
    tables,
    verify,
)

pytestmark = pytest.mark.usefixtures("each_database")

KILLS = 80


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, each_database: str) -> Iterator[Path]:
    """A home in memory (a killed process, unlike power loss, loses nothing it has written), with
    packs small enough to be sealed now and then."""
    monkeypatch.setattr(writer_module, "SEAL_AT", 40_000)
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        place = Path(folder) / "home"
        in_children([lambda: create_home(_open(place), place)])
        yield place


def _open(home: Path) -> Ledger:
    return make_ledger(home, clock=SystemClock(), random=os.urandom)


def _append_forever(home: Path, out: int, seed: int) -> None:
    """Batches of changing size in changing cohorts; a line per acknowledged entry."""
    ledger, choose = _open(home), random_module.Random(seed)
    said = 0
    with ledger.writer() as writer:
        said = writer.next_seq
    while True:
        authority = choose.choice([1, 2, 3, seed % 7 + 4])
        add_batch(ledger, choose.randint(1, 12), authority=authority, padding=400)
        lines = [
            f"{seq} {sha256(data).hexdigest()}\n"
            for seq, data in enumerate(ledger.log.entries(said, ledger.log.size), said)
        ]
        said = ledger.log.size
        os.write(out, "".join(lines).encode())


def _move_forever(home: Path, out: int, seed: int) -> None:
    """Batches, and between them keys moved, destroyed and brought back; a line for each entry that
    is gone for good, once that is acknowledged."""
    ledger, choose = _open(home), random_module.Random(seed)
    while True:
        add_batch(ledger, choose.randint(1, 6), authority=choose.choice([1, 2]), padding=200)
        gone = move_some(ledger, choose)
        os.write(out, "".join(f"{seq}\n" for seq in gone).encode() or b"-\n")


def _killed(work: Callable[[int], object], after: float) -> str:
    """What a child wrote to its pipe until it was killed; waits for its first line."""
    source, out = os.pipe()
    child = spawn(lambda: work(out))
    os.close(out)
    waiting = select.poll()  # select() cannot take descriptors above 1023
    waiting.register(source, select.POLLIN)
    waiting.poll(20_000)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    with open(source, "rb") as pipe:
        return pipe.read().decode()


def test_what_a_killed_writer_acknowledged_is_there(home: Path) -> None:
    """Eighty kills on one home, each at a random moment of a batch."""
    choose, said = random_module.Random(7), dict[int, str]()
    notes = [published(home)]
    for number in range(KILLS):
        text = _killed(
            lambda out, number=number: _append_forever(home, out, number),  # type: ignore[misc]
            choose.uniform(0, 0.02),
        )
        for line in text.splitlines():
            seq, digest = line.split()
            said[int(seq)] = digest
        notes.append(published(home))
        crashed = verify(home)  # as the kill left it: nothing that was signed is missing
        assert crashed.verdict is Verdict.PROVEN, crashed.findings
    assert len(said) > KILLS
    ledger = _open(home)
    add_mixed(ledger, 1)
    held = {seq: sha256(ledger.log.entry(seq)).hexdigest() for seq in said}
    assert held == said
    book = Book()
    book.note(ledger)
    assert_whole(home, ledger, book)
    assert_never_forked(ledger, [*notes, published(home)])


def test_what_a_killed_writer_destroyed_is_gone(home: Path) -> None:
    """Forty kills among moves: whatever was said to be gone is, whatever lies on disk; all else
    opens, and the archive verifies as each kill left it."""
    choose, gone = random_module.Random(9), set[int]()
    for number in range(KILLS // 2):
        text = _killed(
            lambda out, number=number: _move_forever(home, out, number),  # type: ignore[misc]
            choose.uniform(0, 0.03),
        )
        gone |= {int(line) for line in text.split() if line != "-"}
        crashed = verify(home)
        assert crashed.verdict is Verdict.PROVEN, crashed.findings
    ledger = _open(home)
    add_mixed(ledger, 1)
    book = Book()
    book.note(ledger)
    assert_whole(home, ledger, book)
    entries = [parse(data) for data in ledger.log.entries(0, ledger.log.size)]
    ids = {e.id: seq for seq, e in enumerate(entries) if isinstance(e, SealedEntry)}
    opens = {ids[frame_id] for frame_id in openable(home) if frame_id in ids}
    assert len(gone) > 20
    assert not opens & gone
    assert opens == set(ledger.open(list(ids.values()), protected=True))


def test_readers_and_auditors_beside_a_writer_that_moves_keys(home: Path) -> None:
    """Contents and audits are whole at every moment: what is left out is what has gone."""

    def work() -> None:
        ledger, choose = _open(home), random_module.Random(4)
        for number in range(80):
            add_batch(ledger, 3, authority=choose.randint(1, 2), padding=100)
            move_some(ledger, choose)
            if number % 20 == 19:
                ledger.rebuild()

    child, reader, rounds, status = spawn(work), _open(home), 0, 0
    while not status:
        done, code = os.waitpid(child, os.WNOHANG)
        status = done and 1 + os.waitstatus_to_exitcode(code)
        report = verify(home)
        assert report.verdict is Verdict.PROVEN, report.findings
        rows = [row for name, row in tables(reader) if name == "entry"]
        reader.open([int(row[0]) for row in rows if row[3] is not None], protected=True)
        rounds += 1
    assert (status, rounds > 5) == (1, True)
    ledger, book = _open(home), Book()
    add_batch(ledger, 1)
    book.note(ledger)
    assert_whole(home, ledger, book)


def test_a_process_at_work_goes_on_after_another_was_killed(home: Path) -> None:
    """Without an error in between: what the dead one left is put right first."""
    orders, order = os.pipe()
    answer, answers = os.pipe()

    def work() -> None:
        ledger = _open(home)
        while os.read(orders, 1) == b"+":
            add_mixed(ledger, 1)
            os.write(answers, b"!")

    child, choose = spawn(work), random_module.Random(8)
    for number in range(15):
        os.write(order, b"+")
        assert os.read(answer, 1) == b"!"
        _killed(
            lambda out, number=number: _append_forever(home, out, number),  # type: ignore[misc]
            choose.uniform(0, 0.02),
        )
    os.write(order, b"+.")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    for end in (orders, order, answer, answers):
        os.close(end)
    ledger, book = _open(home), Book()
    add_batch(ledger, 1)
    book.note(ledger)
    assert_whole(home, ledger, book)


def test_the_lock_is_released_on_kill(home: Path) -> None:
    def hold(out: int) -> None:
        with _open(home).writer():
            os.write(out, b"held\n")
            time.sleep(60)

    started = time.monotonic()
    assert _killed(hold, 0.01) == "held\n"
    add_batch(_open(home), 1)
    assert time.monotonic() - started < 10


def test_a_second_writer_waits_for_the_first(home: Path) -> None:
    source, out = os.pipe()

    def hold() -> None:
        ledger = _open(home)
        with ledger.writer() as writer:
            os.write(out, b"held")
            time.sleep(0.3)
            writer.append_clear("marker", {"who": "first"})

    child = spawn(hold)
    assert os.read(source, 4) == b"held"
    ledger = _open(home)
    with ledger.writer() as writer:
        before = parse(ledger.log.entry(writer.next_seq - 1))
        assert not isinstance(before, SealedEntry)
        assert before.facts == {"who": "first"}
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(source)
    os.close(out)


def test_writers_at_once_interleave(home: Path) -> None:
    """Three processes, 40 batches each, over tiles and packs; each batch stays together."""

    def work(who: int) -> None:
        ledger, choose = _open(home), random_module.Random(who)
        for number in range(40):
            with ledger.writer() as writer:
                first = writer.next_seq
                for part in range(choose.randint(1, 5)):
                    writer.append_clear("marker", {"batch": number, "part": part, "who": who})
            assert ledger.log.size > first
            add_batch(ledger, 2, authority=choose.choice([who, 9]), padding=200)

    in_children([lambda who=who: work(who) for who in (1, 2, 3)])  # type: ignore[misc]
    ledger, book = _open(home), Book()
    add_batch(ledger, 1)
    book.note(ledger)
    assert_whole(home, ledger, book)
    seen: dict[int, list[int]] = {1: [], 2: [], 3: []}
    previous = (0, 0, -1)
    for data in ledger.log.entries(0, ledger.log.size):
        entry = parse(data)
        if entry.type != "marker" or isinstance(entry, SealedEntry):
            previous = (0, 0, -1)
            continue
        who, batch, part = (int(str(entry.facts[key])) for key in ("who", "batch", "part"))
        assert part == 0 or previous == (who, batch, part - 1)
        previous = (who, batch, part)
        if part == 0:
            seen[who].append(batch)
    assert seen == {who: list(range(40)) for who in (1, 2, 3)}


def test_readers_and_auditors_beside_a_writer(home: Path) -> None:
    """Proofs, contents, tables and audits are whole at every moment of a writer's work, and of
    a rebuild's."""

    def work() -> None:
        ledger, choose = _open(home), random_module.Random(3)
        for number in range(60):
            add_batch(ledger, choose.randint(1, 30), authority=choose.randint(1, 3), padding=200)
            if number % 15 == 14:
                ledger.rebuild()

    child, reader, rounds, notes = spawn(work), _open(home), 0, list[bytes]()
    status = 0
    while not status:
        done, code = os.waitpid(child, os.WNOHANG)
        status = done and 1 + os.waitstatus_to_exitcode(code)
        report = verify(home)
        assert report.verdict is Verdict.PROVEN, report.findings
        notes.append(published(home))
        size = report.head.size if report.head else 0
        reader.prove([0, size // 2, size - 1])
        rows = [row for name, row in tables(reader) if name == "entry"]
        assert [row[0] for row in rows] == list(range(len(rows)))
        newest = [int(row[0]) for row in rows[-5:] if row[3] is not None]
        assert set(reader.open(newest)) == set(newest)
        rounds += 1
    assert (status, rounds > 5) == (1, True)
    writer = _open(home)
    add_batch(writer, 1)
    book = Book()
    book.note(writer)
    assert_whole(home, writer, book)
    assert_never_forked(writer, notes)


def test_two_creations_at_once_make_one_home(tmp_path: Path) -> None:
    home = tmp_path / "home"

    def create() -> None:
        with suppress(DiarkivError):
            create_home(make_ledger(home, random=seeded(os.getpid())))

    in_children([create] * 4)
    ledger, book = make_ledger(home), Book()
    add_mixed(ledger)
    book.note(ledger)
    assert_whole(home, ledger, book)
