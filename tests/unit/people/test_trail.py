"""The access log: written together, waited for where it must be, narrowed, and naming nobody."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from archiver.core.access import HOME, Role
from archiver.core.event import EventType
from archiver.errors import StoreUnavailable
from archiver.people import trail as module
from archiver.people.trail import Happened, Trail
from tests.build import FakeClock
from tests.homes import TestHome, make_home, people_of

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def home(tmp_path: Path) -> TestHome:
    made = make_home(tmp_path / "home", clock=FakeClock())
    for code in ("KS", "BUN"):
        made.channels.add_authority(code, code)
    return made


def heads(home: TestHome) -> int:
    """How often the log was signed, as far as its entries tell."""
    with home.ledger.database.read() as connection:
        query = f"SELECT count(*) FROM entry WHERE type = '{EventType.ACCESS_NOTED}'"
        return connection.exec_driver_sql(query).scalar() or 0


def test_who_reads_what_is_protected_waits_until_it_is_written(home: TestHome) -> None:
    trail = Trail(home.ledger, home.clock)
    ks = home.channels.authority("KS").seq
    began = time.monotonic()
    trail.note(Happened.PROTECTED_READ, 7, authority=ks, record=9, wait=True)
    assert time.monotonic() - began < module.GATHER  # whoever waits hurries the others
    (line,) = trail.lines(None, before=None, limit=9)
    assert (line.what, line.actor, line.fields["record"]) == ("protected_read", 7, 9)
    trail.close()


def test_many_are_written_together(home: TestHome, monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    write = Trail._write

    def counted(self: Trail, batch: list[object]) -> None:
        batches.append(len(batch))
        write(self, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(Trail, "_write", counted)
    trail = Trail(home.ledger, home.clock)
    threads = [
        threading.Thread(target=trail.note, args=(Happened.SIGNED_IN, n)) for n in range(1, 41)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trail.close()
    assert heads(home) == 40
    assert len(batches) <= 3
    assert {line.actor for line in trail.lines(None, before=None, limit=99)} == set(range(1, 41))


def test_it_is_written_within_a_second(home: TestHome) -> None:
    trail = Trail(home.ledger, home.clock)
    trail.note(Happened.SIGNED_OUT, 7)
    deadline = time.monotonic() + 1.0
    while not heads(home) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert heads(home) == 1
    trail.close()


def test_names_tried_at_random_do_not_fill_the_archive(home: TestHome) -> None:
    trail = Trail(home.ledger, home.clock)
    for _ in range(500):
        trail.note(Happened.SIGN_IN_FAILED, 0)
    trail.note(Happened.SIGN_IN_FAILED, 7)
    trail.close()
    lines = trail.lines(None, before=None, limit=99)
    assert len(lines) <= 4
    assert sum(line.fields.get("count", 1) for line in lines if not line.actor) == 500
    assert [line.actor for line in lines if line.actor] == [7]


def test_what_cannot_be_noted_is_refused(home: TestHome, monkeypatch: pytest.MonkeyPatch) -> None:
    trail = Trail(home.ledger, home.clock)

    def full() -> None:
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(home.ledger, "writer", full)
    with pytest.raises(StoreUnavailable):
        trail.note(Happened.PROTECTED_READ, 7, record=9, wait=True)
    monkeypatch.undo()
    trail.note(Happened.PROTECTED_READ, 7, record=9, wait=True)  # and it goes on afterwards
    assert heads(home) == 1
    trail.close()


def test_each_sees_their_own_authority_s_and_the_home_s_is_the_home_s(home: TestHome) -> None:
    trail, people = Trail(home.ledger, home.clock), people_of(home)
    ks, bun = (home.channels.authority(code).seq for code in ("KS", "BUN"))
    eva = people.add("eva", "Eva Lind", ((Role.AUDITOR, ks),), password="hästar under bron")
    for authority in (ks, bun, HOME):
        trail.note(Happened.PROTECTED_READ, eva.seq, authority=authority, record=9, wait=True)
    trail.close()
    for authorities, expected in ((frozenset({ks}), 1), (frozenset({ks, bun}), 2), (None, 4)):
        assert len(trail.lines(authorities, before=None, limit=99)) == expected
    every = trail.lines(None, before=None, limit=99)
    assert [line.what for line in every] == ["protected_read"] * 3 + ["user_added"]
    assert trail.lines(None, before=every[1].seq, limit=1) == [every[2]]


def test_what_is_forwarded_names_nobody(home: TestHome) -> None:
    told: list[Happened] = []
    trail = Trail(home.ledger, home.clock, told.append)
    trail.note(Happened.SIGN_IN_FAILED, 7)
    trail.close()
    assert told == [Happened.SIGN_IN_FAILED]
