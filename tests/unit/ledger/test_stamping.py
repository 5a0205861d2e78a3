"""When the log is stamped, in which order a stamp is kept, and what a dead process leaves."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from archiver.clock import SystemClock
from archiver.core.anchor import RENEW, note_name
from archiver.core.verdict import Duty
from archiver.errors import StoreUnavailable, TimestampUnavailable
from archiver.ledger import stamping as stamping_module
from archiver.ledger.anchor_projector import AnchorProjector
from archiver.ledger.service import Ledger
from archiver.ledger.stamping import Stamping, keep_stamping
from archiver.ledger.timestamp import HttpTimestamper
from archiver.ledger.verify import verify_archive
from tests.build import (
    PlaceProjector,
    add_batch,
    create_home,
    make_ledger,
    pinned,
    spawn,
)
from tests.tsa import Authority, TsaServer, granting, serving

HOUR = 3_600_000


@dataclass
class MovedClock(SystemClock):
    """The system's clock, set forward."""

    ahead: int = 0

    def now(self) -> int:
        return super().now() + self.ahead


@dataclass
class Kit:
    """A home with an authority that is well; `stamping` may have a clock of its own."""

    home: Path
    authority: Authority
    tsa: TsaServer

    def ledger(self) -> Ledger:
        return make_ledger(
            self.home,
            clock=SystemClock(),
            random=os.urandom,
            projectors=(PlaceProjector(), AnchorProjector()),
        )

    def stamping(self, ledger: Ledger, clock: SystemClock | None = None) -> Stamping:
        asked = HttpTimestamper(
            [self.tsa.url], roots=self.authority.roots, clock=SystemClock(), timeout=5
        )
        return Stamping(ledger, asked, clock or SystemClock(), interval=HOUR)


@pytest.fixture
def kit(tmp_path: Path, authority: Authority) -> Iterator[Kit]:
    with serving(granting(authority)) as tsa:
        kit = Kit(tmp_path / "home", authority, tsa)
        ledger = kit.ledger()
        create_home(ledger, kit.home)
        add_batch(ledger)
        ledger.database.close()
        yield kit


def files(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "stamps").glob("*"))


def test_everything_signed_is_covered_and_nothing_is_stamped_twice(kit: Kit) -> None:
    ledger = kit.ledger()
    stamping, size = kit.stamping(ledger), 6
    assert stamping.covering(size - 1) is None
    first = stamping.stamp_now()
    assert first is not None
    assert (first.seq, first.size, first.number) == (size, size, 1)
    assert stamping.stamp_now() == first  # nothing but the anchor is new
    assert stamping.tick() is None
    add_batch(ledger)
    second = stamping.stamp_now()
    assert second is not None
    assert (second.size, second.seq) == (size + 4, size + 4)  # the first anchor is below it
    assert [one.seq for one in stamping.stamps()] == [second.seq, first.seq]
    assert stamping.stamps(1) == [second]
    assert stamping.covering(size - 1) == first
    assert stamping.covering(size) == second
    assert files(kit.home) == ["10-1.tsr", "10.note", "6-1.tsr", "6.note"]
    assert len(kit.tsa.queries) == 2
    report = verify_archive(kit.home, pinned(kit.home), roots=kit.authority.roots)
    assert (report.duties[Duty.STAMP], report.findings) == (True, [])


def test_the_tables_made_anew_know_the_stamps(kit: Kit) -> None:
    ledger = kit.ledger()
    stamping = kit.stamping(ledger)
    stamping.stamp_now()
    held = stamping.stamps()
    ledger.rebuild()
    assert stamping.stamps() == held
    assert len(held) == 1


def test_each_hour_in_which_something_is_added(kit: Kit) -> None:
    ledger = kit.ledger()
    clock = MovedClock()
    stamping = kit.stamping(ledger, clock)
    assert stamping.tick() is not None
    add_batch(ledger)
    assert stamping.tick() is None
    clock.ahead = HOUR + 1000
    assert stamping.tick() is not None
    clock.ahead += HOUR
    assert stamping.tick() is None  # only the anchor is new
    clock.ahead += RENEW
    assert stamping.tick() is not None  # … but no stamp is left to grow old
    assert len(kit.tsa.queries) == 3


def test_how_it_stands(kit: Kit) -> None:
    ledger = kit.ledger()
    stamping = kit.stamping(ledger)
    before = stamping.state()
    assert (before.configured, before.newest) == (True, None)
    assert before.waiting_since is not None
    anchor = stamping.stamp_now()
    assert stamping.state().newest == anchor
    assert stamping.state().waiting_since is None
    add_batch(ledger)
    since = stamping.state().waiting_since
    assert anchor is not None
    assert since is not None
    assert since >= anchor.at


def test_without_an_authority_nothing_is_stamped_and_nothing_fails(kit: Kit) -> None:
    ledger = kit.ledger()
    stamping = Stamping(ledger, None, SystemClock(), interval=HOUR)
    assert (stamping.stamp_now(), stamping.tick()) == (None, None)
    assert stamping.is_configured is False
    assert stamping.state().configured is False
    assert stamping.stamps() == []


def test_no_stamp_leaves_no_trace_in_the_log(kit: Kit) -> None:
    ledger = kit.ledger()
    kit.tsa.answer = lambda _query: (500, b"")
    with pytest.raises(TimestampUnavailable):
        kit.stamping(ledger).stamp_now()
    assert files(kit.home) == []
    assert kit.stamping(ledger).stamps() == []


def test_what_is_covered_logged_later_than_the_stamp_is_no_stamp(kit: Kit) -> None:
    """The machine's clock goes an hour before the authority's: whoever checks would say that the
    stamp is back-dated."""
    ledger = make_ledger(
        kit.home, clock=MovedClock(HOUR), random=os.urandom, projectors=(AnchorProjector(),)
    )
    add_batch(ledger)
    with pytest.raises(TimestampUnavailable, match="clock"):
        kit.stamping(ledger).stamp_now()


def test_the_network_is_asked_outside_the_writer(kit: Kit) -> None:
    """While the authority is asked, another writes to the home."""
    ledger, other = kit.ledger(), kit.ledger()

    def slow(query: bytes) -> tuple[int, bytes]:
        add_batch(other)
        return 200, kit.authority.reply(query)

    kit.tsa.answer = slow
    anchor = kit.stamping(ledger).stamp_now()
    assert anchor is not None
    assert (anchor.size, anchor.seq) == (6, 9)


def test_several_at_once(kit: Kit) -> None:
    """Worker and command line ask together: each reply is named once."""
    begun = threading.Barrier(3)

    def together(query: bytes) -> tuple[int, bytes]:
        begun.wait(10)
        return 200, kit.authority.reply(query)

    kit.tsa.answer = together
    work = lambda: kit.stamping(kit.ledger()).stamp_now()  # noqa: E731
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(work) for _ in range(3)]:
            assert done.result() is not None
    kit.tsa.answer = granting(kit.authority)
    ledger = kit.ledger()
    assert kit.stamping(ledger).stamp_now() is not None
    anchors = kit.stamping(ledger).stamps()
    assert sorted(one.number for one in anchors) == [1, 2, 3]
    assert len({one.sha256 for one in anchors}) == 3
    report = verify_archive(kit.home, pinned(kit.home), roots=kit.authority.roots)
    assert (report.duties[Duty.STAMP], report.findings) == (True, [])
    assert [note for note in report.notes if "no entry" in note] == []


@pytest.mark.parametrize("where", ["asked", "note kept", "reply kept", "anchor logged"])
def test_a_killed_process_leaves_nothing_twice(kit: Kit, where: str) -> None:
    """kill -9 at each step: the next stamping goes on from what is there."""

    def work() -> None:
        ledger = kit.ledger()
        stamping, put = kit.stamping(ledger), ledger.store.put

        def die(*_arguments: object) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        def put_once(name: str, data: bytes) -> None:
            put(name, data)
            if name == note_name(6):
                ledger.store.put = die  # type: ignore[method-assign]

        if where == "asked":
            ledger.store.put = die  # type: ignore[method-assign]
        elif where == "note kept":
            ledger.store.put = put_once  # type: ignore[method-assign]
        elif where == "reply kept":
            stamping._name = die  # type: ignore[method-assign,assignment]
        stamping.stamp_now()
        die()

    child = spawn(work)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    asked = len(kit.tsa.queries)
    assert asked == 1
    ledger = kit.ledger()
    anchor = kit.stamping(ledger).stamp_now()
    assert anchor is not None
    assert (anchor.size, anchor.number) == (6, 1)
    again = where in ("asked", "note kept")
    assert len(kit.tsa.queries) == asked + again
    assert files(kit.home) == ["6-1.tsr", "6.note"]
    ledger.log.load()
    entries = ledger.log.entries(0, ledger.log.size)
    assert sum(b'"anchor"' in data for data in entries) == 1
    report = verify_archive(kit.home, pinned(kit.home), roots=kit.authority.roots)
    assert (report.duties[Duty.STAMP], report.findings) == (True, [])


@pytest.mark.parametrize("name", ["6.note", "6-1.tsr"])
@pytest.mark.parametrize("landed", [True, False])
def test_a_write_that_fails_costs_at_most_a_second_question(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, name: str, landed: bool
) -> None:
    """… also one that is reported as failed, and has landed."""
    ledger = kit.ledger()
    put = ledger.store.put

    def failing(at: str, data: bytes) -> None:
        if landed or not at.endswith(name):
            put(at, data)
        if at.endswith(name):
            raise StoreUnavailable("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(ledger.store, "put", failing)
        with pytest.raises(StoreUnavailable):
            kit.stamping(ledger).stamp_now()
    anchor = kit.stamping(ledger).stamp_now()
    assert anchor is not None
    assert (anchor.size, anchor.number, anchor.seq) == (6, 1, 6)
    assert len(kit.tsa.queries) == (1 if landed and name == "6-1.tsr" else 2)
    assert files(kit.home) == ["6-1.tsr", "6.note"]
    report = verify_archive(kit.home, pinned(kit.home), roots=kit.authority.roots)
    assert (report.duties[Duty.STAMP], report.findings) == (True, [])


def test_what_was_put_into_the_folder_is_not_anchored(kit: Kit, authority: Authority) -> None:
    """Only a reply over this log's own head, signed by an authority that is trusted."""
    ledger = kit.ledger()
    stamps = kit.home / "stamps"
    stamps.mkdir()
    note = ledger.checkpoint()
    (stamps / "6.note").write_bytes(note)
    (stamps / "6-1.tsr").write_bytes(authority.stamp(b"something else"))
    (stamps / "6-2.tsr").write_bytes(b"nothing")
    (stamps / "5-1.tsr").write_bytes(authority.stamp(note))  # without its head
    (stamps / "9.note").write_bytes(note)
    (stamps / "9-1.tsr").write_bytes(authority.stamp(note))  # another head's
    (stamps / "4.note").write_bytes(b"no note\n\nat all\n")
    (stamps / "4-1.tsr").write_bytes(authority.stamp(b"no note\n\nat all\n"))
    anchor = kit.stamping(ledger).stamp_now()
    assert anchor is not None
    assert (anchor.size, anchor.number) == (6, 3)
    assert [one.number for one in kit.stamping(ledger).stamps()] == [3]


def test_the_worker_goes_on_after_what_fails() -> None:
    pauses, fails = list[float](), [TimestampUnavailable("No."), RuntimeError("hm"), None]

    def tick() -> None:
        if error := fails.pop(0):
            raise error

    def stop(seconds: float) -> bool:
        pauses.append(seconds)
        return not fails

    keep_stamping(tick, stop)
    assert pauses == [stamping_module.RETRY, stamping_module.RETRY, stamping_module.EVERY]
