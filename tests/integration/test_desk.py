"""The desk over both databases: a minute to undo, sealed once, and nothing asked is lost."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from archiver.core.access import LOCAL, Permission, Role, Viewer, viewer_of
from archiver.db.drafts import Drafts
from archiver.db.operations import Operations
from archiver.errors import AccessRefused, ConfigError, NotFound, RuleViolation
from archiver.ledger.apart import Apart
from archiver.registry.core.draft import from_bytes, to_bytes
from archiver.registry.core.entry import Dated, Direction, Marking, Registration, Secret
from archiver.registry.core.triage import Decision, Elsewhere, Handover, Outcome
from archiver.registry.desk import UNDO, Desk
from archiver.registry.seclusion import put_back, seclude
from archiver.registry.service import Register
from tests.build import FakeClock
from tests.databases import place
from tests.homes import TestHome, make_home

pytestmark = pytest.mark.usefixtures("each_database")

KEY = bytes(range(32))
NOON = 1_795_345_200_000  # 2026-11-22 12.00 in Sweden


def desk_of(home: TestHome) -> Desk:
    operations = Operations(place(home.path).operations(), KEY, home.clock, os.urandom)
    kept = Drafts(operations, home.clock)
    apart = Apart(home.ledger, home.path, [])
    return Desk(Register(home.ledger), apart, kept, home.clock, os.urandom)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def home(tmp_path: Path, clock: FakeClock) -> TestHome:
    home = make_home(tmp_path, clock=clock)
    home.channels.add_authority("KS", "Kommunstyrelsen")
    return home


@pytest.fixture
def desk(home: TestHome) -> Desk:
    return desk_of(home)


@pytest.fixture
def ks(home: TestHome, desk: Desk) -> int:
    seq = home.channels.authority("KS").seq
    desk.register.set_series(LOCAL, seq, "KS", "{ORG} {ÅÅÅÅ}/{LÖP}")
    return seq


def asked(authority: int, title: str = "En synpunkt") -> Registration:
    return Registration(
        authority=authority,
        direction=Direction.RECEIVED,
        day="2026-11-20",
        dated=Dated.STATED,
        title=title,
    )


def test_a_draft_is_sealed_when_its_minute_is_over(desk: Desk, ks: int, clock: FakeClock) -> None:
    desk.ask(LOCAL, [asked(ks, "Ett"), asked(ks, "Två")])
    clock.advance(UNDO - 1)
    assert desk.seal_due() == 0
    clock.advance(1)
    assert desk.seal_due() == 2
    entries = desk.register.reader.entries(LOCAL).entries
    assert [(one.number, one.fields.title) for one in entries] == [
        ("KS 2026/2", "Två"),
        ("KS 2026/1", "Ett"),
    ]
    assert desk.pending(LOCAL) == []
    assert desk.seal_due() == 0


def test_what_is_undone_leaves_nothing(desk: Desk, ks: int, clock: FakeClock) -> None:
    first, second = desk.ask(LOCAL, [asked(ks, "Ett"), asked(ks, "Två")])
    taken = desk.undo(LOCAL, first)
    assert isinstance(taken, Registration)
    assert taken.title == "Ett"
    assert [one.id for one in desk.pending(LOCAL)] == [second]
    clock.advance(UNDO)
    desk.seal_due()
    assert [one.number for one in desk.register.reader.entries(LOCAL).entries] == ["KS 2026/1"]
    for late in (first, second, bytes(16)):
        with pytest.raises(NotFound, match="sealed already"):
            desk.undo(LOCAL, late)


def test_one_that_is_claimed_cannot_be_undone(
    home: TestHome, desk: Desk, ks: int, clock: FakeClock
) -> None:
    (id_,) = desk.ask(LOCAL, [asked(ks)])
    clock.advance(UNDO)
    operations = Operations(place(home.path).operations(), KEY, clock, os.urandom)
    assert len(Drafts(operations, clock).claim_due()) == 1  # and then its process is killed
    with pytest.raises(NotFound):
        desk.undo(LOCAL, id_)
    assert desk.seal_due() == 1
    assert len(desk.register.reader.entries(LOCAL).entries) == 1


def test_several_processes_seal_it_once(home: TestHome, desk: Desk, ks: int) -> None:
    desk.ask(LOCAL, [asked(ks, f"Nummer {n}") for n in range(20)], wait=0)
    with ThreadPoolExecutor(4) as threads:
        desks = [desk_of(make_home(home.path, clock=home.clock, create=False)) for _ in range(4)]
        list(threads.map(lambda one: one.seal_due(), desks))
    numbers = [one.number for one in desk.register.reader.entries(LOCAL).entries]
    assert sorted(numbers) == sorted(f"KS 2026/{n}" for n in range(1, 21))
    assert desk.pending(LOCAL) == []


def test_a_draft_that_was_sealed_before_a_crash_is_not_sealed_again(
    desk: Desk, ks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ask(LOCAL, [asked(ks)], wait=0)

    def killed(_self: Drafts, _ids: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Drafts, "sealed", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.seal_due()
    desk.seal_due()
    assert len(desk.register.reader.entries(LOCAL).entries) == 1
    assert desk.pending(LOCAL) == []


def test_what_cannot_be_sealed_waits_with_the_reason(desk: Desk, ks: int) -> None:
    case = desk.register.open_case(LOCAL, ks, "Ett ärende")
    desk.ask(LOCAL, [replace(asked(ks), case=case, level=3), asked(ks, "Två")], wait=0)
    desk.register.void(LOCAL, case, reason="Fel nämnd")
    desk.seal_due()
    (waiting,) = desk.pending(LOCAL)
    assert "voided" in waiting.failure
    assert desk.seal_due() == 0
    assert len(desk.register.reader.entries(LOCAL).entries) == 1
    assert desk.undo(LOCAL, waiting.id) == waiting.asked


def test_a_mistake_is_told_at_once_and_nothing_is_kept(desk: Desk, ks: int) -> None:
    with pytest.raises(ConfigError, match="title"):
        desk.ask(LOCAL, [asked(ks), asked(ks, " ")])
    assert desk.pending(LOCAL) == []


def test_others_neither_ask_see_nor_undo(home: TestHome, desk: Desk, ks: int) -> None:
    bun = home.channels.add_authority("BUN", "Barn- och utbildningsnämnden").seq
    other = viewer_of(40, [(Role.REGISTRAR, bun)])
    (id_,) = desk.ask(LOCAL, [asked(ks)])
    assert desk.pending(other) == []
    with pytest.raises(NotFound):
        desk.undo(other, id_)
    for viewer in (other, viewer_of(41, [(Role.AUDITOR, ks)])):
        with pytest.raises(AccessRefused):
            desk.ask(viewer, [asked(ks)])
    assert [one.id for one in desk.pending(LOCAL)] == [id_]


class _Aside:
    """Notes what was kept apart, by whom; a record is so only once."""

    def __init__(self) -> None:
        self.apart: dict[int, int] = {}

    def protect(self, record: int, *, reason: str, viewer: Viewer) -> None:
        assert reason
        assert viewer.grants == {2: frozenset({Permission.MARK_SECRECY})}
        if record in self.apart:
            raise RuleViolation("It is kept apart already.")
        self.apart[record] = viewer.actor

    def unprotect(self, record: int, *, reason: str, viewer: Viewer) -> None:
        assert reason
        del self.apart[record]


def test_what_may_be_secret_is_kept_apart_once_and_put_back_only_by_who_undoes_it() -> None:
    aside, secret = _Aside(), replace(asked(2), level=4, records=(7, 8))
    assert seclude(aside, 40, asked(2)) == []
    assert seclude(aside, 40, Decision(authority=2, records=(7,), outcome=Outcome.MINOR)) == []
    assert seclude(aside, 40, replace(secret, records=(7,))) == [7]
    assert seclude(aside, 41, secret) == [8]
    assert aside.apart == {7: 40, 8: 41}
    put_back(aside, 41, 2, [8])
    assert aside.apart == {7: 40}


def test_nothing_of_a_draft_lies_in_clear(home: TestHome, desk: Desk, ks: int) -> None:
    desk.ask(LOCAL, [asked(ks, "Granlunds hemlighet")])
    for path in (home.path / "db").glob("operations*"):
        assert b"Granlund" not in path.read_bytes()


FULL = Registration(
    authority=12,
    direction=Direction.RECEIVED,
    day="2026-11-20",
    dated=Dated.PLATFORM,
    title="😀 å",
    records=(1, 2),
    level=4,
    marking=Marking(clause="OSL 26:1", day="2026-11-20", authority="KS"),
    secret=Secret(sender="Alva"),
    draft=bytes(range(16)),
)


@pytest.mark.parametrize(
    "one",
    [
        FULL,
        replace(FULL, marking=None, secret=Secret(), case=7),
        Decision(
            authority=12,
            records=(1,),
            outcome=Outcome.HANDED_OVER,
            elsewhere=Elsewhere(system="Ciceron", number="1", day="2026-11-20"),
            handover=Handover(to="Gatukontoret", way="post", due=17),
        ),
        Decision(authority=12, records=(), outcome=Outcome.MINOR, note="Reklam", draft=bytes(16)),
    ],
)
def test_what_is_kept_is_what_was_asked(one: Registration | Decision) -> None:
    assert from_bytes(to_bytes(one)) == one
