"""A fault at every write × {lost, landed but reported failed, torn}, and at the projection commit.

Each step of a small home's life is taken from a copy of the folder before it, once per write and
kind of fault. Afterwards, with fresh objects and, separately, in the process that saw the fault:
what was acknowledged is there, unchanged; the next batch works; the archive verifies with nothing
unexplained; rebuilt tables equal the live ones; no two heads ever written contradict each other.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from archiver.core.event import parse
from archiver.core.layout import CHECKPOINT, SECRETS, SIGNED, TAIL
from archiver.db import tables as t
from archiver.db.engine import Database
from archiver.errors import StoreUnavailable
from archiver.ledger import writer as writer_module
from archiver.store.box import new_pair
from archiver.store.filesystem import FilesystemStore
from tests.build import (
    DAY,
    Book,
    FakeClock,
    add_batch,
    add_mixed,
    assert_never_forked,
    assert_whole,
    create_home,
    explain,
    explain_stop,
    make_ledger,
    openable,
    seeded,
    stage,
)
from tests.databases import copy, projection_of, used

pytestmark = pytest.mark.usefixtures("each_database")


class Mode(StrEnum):
    LOST = "lost"
    LANDED = "landed"
    TORN = "torn"


class Fault(StoreUnavailable):
    """The one write that failed."""


class FaultyStore:
    """A store whose write number `strike` (from 0, once armed) goes wrong, and no other."""

    def __init__(self, inner: FilesystemStore, heads: list[bytes]) -> None:
        self.inner = inner
        self.writes = 0
        self.names_written: list[str] = []
        self.strike: int | None = None
        self.mode = Mode.LOST
        self.heads = heads

    def arm(self, strike: int, mode: Mode) -> None:
        self.writes, self.strike, self.mode = 0, strike, mode

    def _write(self, name: str, whole: Callable[[], None], torn: Callable[[], None]) -> None:
        struck = self.writes == self.strike
        self.writes += 1
        self.names_written.append(name)
        if not struck or self.mode is Mode.LANDED:
            whole()
        elif self.mode is Mode.TORN:
            torn()
        if struck:
            raise Fault(f"write {self.strike}, {name}: {self.mode}")

    def _leave(self, data: bytes) -> None:
        """What a process leaves that dies while it writes an object: a part of it in tmp/."""
        folder = self.inner.root / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "object-1-0").write_bytes(data[: len(data) // 2])

    def put(self, name: str, data: bytes) -> None:
        self._write(name, lambda: self.inner.put(name, data), lambda: self._leave(data))

    def swap(self, name: str, data: bytes, *, expect: bytes | None) -> None:
        def whole() -> None:
            self.inner.swap(name, data, expect=expect)
            if name in (SIGNED, CHECKPOINT):
                self.heads.append(data)

        self._write(name, whole, lambda: self._leave(data))

    def delete(self, name: str) -> None:
        self._write(name, lambda: self.inner.delete(name), lambda: None)

    def append(self, name: str, offset: int, data: bytes) -> None:
        part = data[: len(data) * 2 // 3]
        self._write(
            name,
            lambda: self.inner.append(name, offset, data),
            lambda: self.inner.append(name, offset, part),
        )

    def sync(self, name: str) -> None:
        self._write(name, lambda: self.inner.sync(name), lambda: None)

    def cut(self, name: str, size: int) -> None:
        middle = (size + (self.inner.size(name) or size)) // 2
        self._write(name, lambda: self.inner.cut(name, size), lambda: self.inner.cut(name, middle))

    def clear_temporary(self) -> None:
        self.inner.clear_temporary()

    def get(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        return self.inner.get(name, start, length)

    def size(self, name: str) -> int | None:
        return self.inner.size(name)

    def names(self, prefix: str) -> Iterator[str]:
        return self.inner.names(prefix)


class FaultyDatabase:
    """A database whose next commit fails, before or after it took effect."""

    def __init__(self, inner: Database) -> None:
        self.inner = inner
        self.when = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        when, self.when = self.when, ""
        with self.inner.write() as connection:
            yield connection
            if when == "before":
                raise Fault("commit, before")
        if when == "after":
            raise Fault("commit, after")


@dataclass
class Life:
    """A home on disk, the process at work on it, and what is known of it."""

    home: Path
    clock: FakeClock
    book: Book
    seed: int
    heads: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = seeded(self.seed)
        self.start()

    def start(self) -> None:
        """A new process: nothing in memory but the clock."""
        self.store = FaultyStore(FilesystemStore(self.home), self.heads)
        self.database = FaultyDatabase(projection_of(self.home))
        self.ledger = make_ledger(
            self.home,
            clock=self.clock,
            random=self.random,
            store=self.store,
            database=self.database,  # type: ignore[arg-type]
        )

    def end(self) -> None:
        self.store.inner.close()
        self.database.close()

    def copy(self, home: Path, seed: int) -> Life:
        copy(self.home, home)
        return Life(home, replace(self.clock), self.book.copy(), seed, list(self.heads))

    def do(self, step: Step) -> None:
        """One step whose end was reached is acknowledged."""
        step(self)
        self.book.note(self.ledger)


Step = Callable[[Life], object]


def _create(life: Life) -> None:
    create_home(life.ledger, life.home)


def _first(life: Life) -> None:
    add_mixed(life.ledger)


def _fill(life: Life) -> None:
    """Nearly a tile full, mostly of entries without frames."""
    with life.ledger.writer() as writer:
        stage(writer, life.ledger, 10)
        for number in range(225):
            writer.append_clear("marker", {"number": number})


def _cross(life: Life) -> None:
    """Over the edge of a tile, in several cohorts."""
    add_mixed(life.ledger)
    add_mixed(life.ledger)


def _seal(life: Life) -> None:
    """A pack is full in the middle of a batch that also opens a cohort."""
    with life.ledger.writer() as writer:
        stage(writer, life.ledger, 3, authority=2, padding=9_000)
        stage(writer, life.ledger, 1, authority=4)
        stage(writer, life.ledger, 1, authority=2)


def _lying_in(life: Life, cohort: int, types: str = "version") -> list[int]:
    """Entries whose keys lie in a cohort's file."""
    with life.ledger.database.read() as connection:
        e = t.entry.c
        query = select(e.seq).where(e.key_cohort == cohort, e.type == types).order_by(e.seq)
        return list(connection.scalars(query))


def _cohort(life: Life, authority: int, family: str = "content") -> int:
    """The first cohort of an authority and family."""
    cohorts = life.ledger.projection.cohorts.values()
    return min(c.number for c in cohorts if (c.authority, c.family) == (authority, family))


def _move(life: Life) -> None:
    """Keys go to another cohort, and one is destroyed, while the cohort goes on in the batch."""
    source = _cohort(life, 1)
    seqs = _lying_in(life, source)
    life.book.leaving |= {seqs[4]}
    with life.ledger.writer() as writer:
        stage(writer, life.ledger, 2)
        to = writer.cohort(1, "protected")
        explain(writer, [seqs[4]])
        writer.rewrap(source, {seqs[1]: to, seqs[2]: to, seqs[4]: None, seqs[7]: to})
        stage(writer, life.ledger, 2)


def _stop(life: Life) -> None:
    """Keys of two cohorts go where nobody here opens them, one of them moved before."""
    protected, source = _cohort(life, 1, "protected"), _cohort(life, 2)
    from_protected, from_content = _lying_in(life, protected)[1], _lying_in(life, source)[0]
    life.book.leaving |= {from_protected, from_content}
    with life.ledger.writer() as writer:
        to = writer.quarantine(1, _CONTACT.public)
        writer.rewrap(protected, {from_protected: to})
        writer.rewrap(source, {from_content: to})
        stage(writer, life.ledger, 1)


def _back(life: Life) -> None:
    """A key returns to its own cohort, whose month is over."""
    protected = _cohort(life, 1, "protected")
    with life.ledger.writer() as writer:
        writer.rewrap(protected, {_lying_in(life, protected)[0]: _cohort(life, 1)})


def _destroy(life: Life) -> None:
    """All keys of a quarantine."""
    source = _cohort(life, 1, "quarantine")
    with life.ledger.writer() as writer:
        writer.rewrap(source, dict.fromkeys(_lying_in(life, source)))
        explain_stop(writer)


def _compact(life: Life) -> None:
    """Packs are made anew without what was destroyed, an open one too, and one for the second
    time."""
    with life.ledger.writer() as writer:
        e = t.entry.c
        gone = select(e.cohort, e.pack).where(e.pack.is_not(None), e.key_cohort.is_(None))
        for cohort, pack in sorted({tuple(row) for row in writer.connection.execute(gone)}):
            if pack == life.ledger.projection.cohorts[cohort].pack:
                writer.close_pack(cohort)
            assert writer.compact(cohort, pack)
        stage(writer, life.ledger, 1)


def _again(life: Life) -> None:
    """More is destroyed in a pack that was made anew."""
    source = _cohort(life, 1)
    seqs = _lying_in(life, source)[:2]
    life.book.leaving |= set(seqs)
    with life.ledger.writer() as writer:
        explain(writer, seqs)
        writer.rewrap(source, dict.fromkeys(seqs))
    _compact(life)


def _month(life: Life) -> None:
    """The next month opens new cohorts and seals the old ones' packs; the clock is set back."""
    life.clock.advance(30 * DAY)
    life.clock.jump(-60_000)
    add_mixed(life.ledger)


def _rebuild(life: Life) -> None:
    life.ledger.rebuild()
    add_batch(life.ledger, 1)


STEPS: list[Step] = [
    *(
        _create,
        _first,
        _fill,
        _cross,
        _seal,
        _move,
        _stop,
        _month,
        _back,
        _destroy,
        _compact,
        _again,
        _rebuild,
    )
]
_CONTACT = new_pair(seeded(77))
_SEAL_AT = 32_000


@pytest.fixture(autouse=True)
def small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "SEAL_AT", _SEAL_AT)


@pytest.fixture(scope="module")
def memory(each_database: str) -> Iterator[Path]:
    """A folder in memory where there is one: these tests write a great deal."""
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def stages(memory: Path, each_database: str) -> list[Life]:
    """The home before each step."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer_module, "SEAL_AT", _SEAL_AT)
        (memory / "life").mkdir()
        life, found = Life(memory / "life", FakeClock(), Book(), 0), []
        for number, step in enumerate(STEPS):
            found.append(life.copy(memory / f"stage-{number}", number + 1))
            life.do(step)
        assert_whole(life.home, life.ledger, life.book)
        return found


def _started(stage_: Life, home: Path, seed: int) -> Life:
    """A copy of a stage, its process already at work (where there is a home to work on)."""
    life = stage_.copy(home, seed)
    if life.book.entries:
        with life.ledger.writer():
            pass
    return life


def _check(life: Life, *, created: bool) -> None:
    """The next batch works, and then everything holds."""
    if not created:
        if life.store.size(CHECKPOINT) is None:
            create_home(life.ledger, life.home)
        life.book.note(life.ledger)
    add_mixed(life.ledger, 1)
    life.book.note(life.ledger)
    assert_whole(life.home, life.ledger, life.book, newest=50)
    _assert_gone(life)
    assert_never_forked(life.ledger, life.heads)
    life.end()


def _assert_gone(life: Life) -> None:
    """Nothing on disk opens what the log says is gone, and everything else opens."""
    if not life.book.leaving:
        return
    entries = [parse(life.book.entries[seq]) for seq in sorted(life.book.contents)]
    ids = {one.id: seq for one, seq in zip(entries, sorted(life.book.contents), strict=True)}  # type: ignore[union-attr]
    found = {ids[one] for one in openable(life.home) if one in ids}
    assert found == set(life.ledger.open(list(life.book.contents), protected=True))
    assert set(life.book.contents) - found <= life.book.leaving


def _after(life: Life, spare: Path, seed: int, *, created: bool) -> None:
    """Both ways to go on after a fault: from disk with fresh objects, and in the same process."""
    life.store.strike = None
    _check(life.copy(spare, seed), created=created)
    _check(life, created=created)


# Every third write beside the other tests, each by one mode; every write where time is.
SPACED = pytest.mark.parametrize(
    "spacing", [pytest.param(3, id="third"), pytest.param(1, id="each", marks=pytest.mark.server)]
)


def _first(spacing: int, mode: Mode) -> int:
    """The first write to fail. `Skipped` where nothing new would be seen."""
    if used() and spacing == 1:
        pytest.skip("the store is the same with both databases")
    return list(Mode).index(mode) % spacing


@SPACED
@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("number", range(len(STEPS)), ids=[s.__name__.strip("_") for s in STEPS])
def test_a_fault_at_every_write(
    memory: Path, stages: list[Life], number: int, mode: Mode, spacing: int
) -> None:
    home, spare = memory / f"{number}-{mode}-{spacing}", memory / f"{number}-{mode}-spare-{spacing}"
    counting = _started(stages[number], home, 100)
    counting.store.arm(-1, mode)
    STEPS[number](counting)
    counting.end()
    writes = counting.store.writes
    assert writes > 5
    for strike in range(_first(spacing, mode), writes, spacing):
        life = _started(stages[number], home, 101 + strike)
        life.store.arm(strike, mode)
        with pytest.raises(Fault):
            life.do(STEPS[number])
        _after(life, spare, 5000 + strike, created=number > 0)


@SPACED
@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("step", [_month, _move], ids=["month", "move"])
def test_a_fault_at_every_write_of_a_recovery(
    memory: Path, stages: list[Life], mode: Mode, step: Callable[[Life], None], spacing: int
) -> None:
    """A crash in the middle of a batch, then a fault while that is being put right."""
    stage_ = stages[STEPS.index(step)]
    name = f"recovery-{step.__name__}-{mode}-{spacing}"
    home, spare = memory / name, memory / f"{name}-spare"
    torn = _started(stage_, memory / f"{name}-torn", 7)
    torn.store.arm(_tail_append(stage_, memory / f"{name}-probe", step), Mode.TORN)
    with pytest.raises(Fault):
        torn.do(step)
    torn.store.strike, strike, done = None, _first(spacing, mode), False
    while not done:
        life = torn.copy(home, 200 + strike)
        life.store.arm(strike, mode)
        try:
            add_mixed(life.ledger, 1)
        except Fault:
            _after(life, spare, 6000 + strike, created=True)
        else:
            done = True
        life.end()
        strike += spacing
    assert strike > 15


def _tail_append(stage_: Life, home: Path, step: Callable[[Life], None]) -> int:
    """Which write of a step appends to the log's tail."""
    probe = _started(stage_, home, 7)
    before = len(probe.store.names_written)
    step(probe)
    probe.end()
    return probe.store.names_written[before:].index(TAIL)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, len(STEPS) - 1))
def test_a_fault_at_the_projection_commit(
    memory: Path, stages: list[Life], number: int, when: str
) -> None:
    """The log has the batch, and the tables have it (or not): no head says so yet."""
    home = memory / f"commit-{number}-{when}"
    life = _started(stages[number], home, 300 + number)
    life.database.when = when
    with pytest.raises(Fault):
        life.do(STEPS[number])
    _after(life, memory / f"commit-{number}-{when}-spare", 400 + number, created=True)


def test_an_abandoned_batch_is_not_in_the_way_of_another_process(memory: Path) -> None:
    """One process stays at work; another dies between the frames and the log."""
    home = memory / "two"
    home.mkdir()
    life = Life(home, FakeClock(), Book(), 1)
    create_home(life.ledger, home)
    add_mixed(life.ledger)
    life.book.note(life.ledger)
    for strike in range(12):
        other = Life(home, replace(life.clock), life.book.copy(), 10 + strike)
        other.store.arm(strike, Mode.TORN)
        with pytest.raises(Fault):
            add_mixed(other.ledger)
        other.end()
        add_mixed(life.ledger, 1)
        life.book.note(life.ledger)
    assert_whole(home, life.ledger, life.book)


def test_entries_whose_sync_failed_are_written_anew_before_they_are_signed(
    memory: Path, stages: list[Life]
) -> None:
    """A failed sync may drop what it did not write, and a second one then succeeds."""
    life = _started(stages[2], memory / "sync", 1)
    probe = _started(stages[2], memory / "sync-probe", 1)
    before = len(probe.store.names_written)
    add_batch(probe.ledger, 2)
    tail_writes = [n for n, name in enumerate(probe.store.names_written[before:]) if name == TAIL]
    life.store.arm(tail_writes[1], Mode.LOST)
    with pytest.raises(Fault):
        add_batch(life.ledger, 2)
    life.store.names_written.clear()
    with life.ledger.writer():
        pass
    assert life.store.names_written == [TAIL, SIGNED, CHECKPOINT]


def test_a_key_that_could_not_be_stored_does_not_exist(memory: Path, stages: list[Life]) -> None:
    life = _started(stages[2], memory / "secrets", 1)
    secrets = life.ledger.keys.secrets
    life.store.arm(0, Mode.LOST)
    with pytest.raises(Fault):
        secrets.add({"channel/7": bytes(32)})
    assert life.store.names_written[-1] == SECRETS
    assert not secrets.has("channel/7")
    secrets.add({"channel/7": bytes(32)})
    assert secrets.get("channel/7") == bytes(32)
