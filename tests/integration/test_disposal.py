"""Disposals over a site that is really harvested: what goes, what stays, what an outsider sees.

Canaries stand in what goes and in what stays; after each act every file of the home is searched for
them, opened by every key there is. `town` ends each test with a keyless and a deep verification and
a rebuild that equals the live tables.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from archiver.core.access import HOME, LOCAL, NOBODY, Role, viewer_of
from archiver.core.event import EventType
from archiver.core.observation import COMMENT, ItemRef
from archiver.db import tables as t
from archiver.db.suppression import disposal_of
from archiver.errors import (
    AccessRefused,
    DisposalNotAuthorised,
    HoldInForce,
    NotFound,
    RuleViolation,
    SecondPersonNeeded,
    SetChanged,
)
from archiver.harvest.gone import gone_among
from archiver.registry.service import Register
from archiver.store.seal import FrameKind, seal
from retention.core.decision import Decision, MinorCondition
from retention.core.disposal import State
from retention.core.hold import HoldKind, HoldScope
from retention.core.hold_request import HoldRequest
from retention.core.schedule import (
    AfterPeriod,
    Applies,
    DecisionLevel,
    Period,
    RetainPermanently,
    Rounding,
    Rule,
    Schedule,
    TriggerName,
)
from retention.disposal.certify import Certification, Names
from retention.disposal.execution import Execution
from retention.disposal.queries import DisposalRow
from retention.disposal.residue import Traces
from retention.disposal.service import Disposals
from retention.due.evaluator import Evaluator
from retention.holds.service import Holds
from retention.schedule.reading import HeldDecision, HeldSchedule
from retention.schedule.service import Retention
from tests.build import DAY, openable, verify
from tests.integration.test_apart import Forgotten, record_of
from tests.integration.test_harvest import Town, archived, rows_of, town

pytestmark = pytest.mark.usefixtures("each_database")

CANARY = "Zorkelby-7731-QX sjunger på Björkgatan 7"
MARK = b"Zorkelby-7731"
EVA, BO = viewer_of(17, [(Role.ARCHIVIST, HOME)]), viewer_of(18, [(Role.REGISTRAR, HOME)])
COMMENTS = Rule(
    code="SM05",
    label="Enkel fråga",
    retention=AfterPeriod(Period(days=30), Rounding.EXACT),
    trigger=TriggerName.RECEIVED,
    applies=Applies(kinds=frozenset({"comment"}), origins=frozenset({"received"})),
)
POSTS = Rule(
    code="SM01",
    label="Eget inlägg",
    retention=RetainPermanently(),
    trigger=None,
    applies=Applies(kinds=frozenset({"post", "page"})),
)


OWN_POSTS = Rule(
    code="SM02",
    label="Eget inlägg, dubblerar webben",
    retention=AfterPeriod(Period(days=30), Rounding.EXACT),
    trigger=TriggerName.DRAWN_UP,
    applies=Applies(kinds=frozenset({"post"})),
    minor=True,
)


class Office:
    """Retention over a town's home."""

    def __init__(self, it: Town) -> None:
        self.town, ledger = it, it.home.ledger
        self.authority = it.home.channels.authorities()[0].seq
        self.retention = Retention(ledger, it.clock)
        self.evaluator = Evaluator(self.retention)
        self.disposals = Disposals(ledger, self.evaluator, self.retention, it.clock)
        self.forgotten = Forgotten()
        self.register = Register(ledger)
        names = Names(person=lambda n: f"Person {n}", authority=str, channel=str)
        folder = it.home.path
        certifier = Certification(
            ledger, self.register, self.retention, names, folder, backup_days=30
        )
        self.stamps = 0
        self.execution = Execution(
            ledger,
            self.disposals,
            self.evaluator,
            traces=Traces(it.home.path),
            certifier=certifier,
            derivatives=[self.forgotten],
            stamp=self.stamp,
        )

    def stamp(self) -> None:
        self.stamps += 1

    def adopt(self, *rules: Rule) -> None:
        made = self.retention.adopt(
            EVA,
            Schedule(
                authority=self.authority,
                name="Plan",
                version="1",
                effective_from=date(2026, 1, 1),
                effective_until=None,
                required_levels=frozenset({DecisionLevel.AUTHORITY}),
                rules=rules or (COMMENTS, POSTS),
            ),
        )
        assert isinstance(made, HeldSchedule), made

    def decide(self, *codes: str, **changes: Any) -> Decision:
        decision = Decision(
            seq=0,
            authority=self.authority,
            number="KS 2026/41",
            body="Kommunstyrelsen",
            level=DecisionLevel.AUTHORITY,
            decided_on=date(2026, 11, 1),
            paragraph="§ 117",
            rules=frozenset(codes or ("SM05",)),
            conditions=frozenset(MinorCondition),
            records_from=date(2020, 1, 1),
            valid_from=date(2026, 11, 10),
        )
        made = self.retention.decide(EVA, replace(decision, **changes))
        assert isinstance(made, HeldDecision), made
        return made.decision

    def propose(self) -> int:
        (seq,) = self.disposals.propose(EVA, self.authority)
        return seq

    def confirm(self, seq: int) -> None:
        digest = self.disposals.get(BO, seq).proposal.digest
        self.disposals.confirm(BO, seq, digest=digest)

    def dispose(self) -> DisposalRow:
        seq = self.propose()
        self.confirm(seq)
        self.town.clock.advance(8 * DAY)
        return self.execution.execute(EVA, seq)


def planted(it: Town) -> tuple[int, int, int]:
    """A canary with all the traces it can leave, among what stays: (the post it stands under, its
    comment, its record)."""
    post = it.post()
    it.comment(post, "Tack för beskedet, det var bra")
    canary = it.comment(post, CANARY)
    it.harvest()
    it.site.edit_comment(canary, at=it.at, text=CANARY + " varje dag")
    it.comment(post, "Ännu en kommentar bredvid den andra")
    it.harvest()
    return post, canary, record_of(it, CANARY)


def plaintext(it: Town) -> bytes:
    """Every file of the home, and every frame that any key in it opens."""
    files = b"".join(p.read_bytes() for p in it.home.path.rglob("*") if p.is_file())
    rows = [row.seq for row in rows_of(it.home, t.entry) if row.cohort is not None]
    opened = it.home.ledger.open(rows, protected=True)
    return files + b"".join(str(o.envelope).encode() + o.raw for o in opened.values())


def test_what_is_due_goes_without_a_trace_and_the_rest_stays(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt()
        office.decide()
        post, canary, record = planted(it)
        it.clock.advance(40 * DAY)
        late = it.comment(post, "En som inte är gammal nog")
        it.harvest()
        ids = {r.seq: r for r in rows_of(it.home, t.version) if r.record == record}
        assert len(ids) == 2
        held = openable(it.home.path)
        row = office.dispose()
        assert row.state is State.COMPLETED
        assert row.records == 3
        assert MARK not in plaintext(it)
        left = archived(it.home)
        assert ("comment", canary) not in left
        assert ("comment", late) in left
        assert ("post", post) in left
        assert len(openable(it.home.path)) < len(held)
        report = verify(it.home.path)
        assert (report.unexplained, report.findings) == (0, [])
        assert report.disposed == report.destroyed > 3
        assert office.stamps == 1
        assert record in office.forgotten.purged
        certificate = office.disposals.certificate(EVA, row.seq)
        assert list(certificate.faults()) == []
        assert (certificate.records, certificate.number) == (3, f"G{row.seq}")
        assert certificate.residue is not None
        assert certificate.residue.found == 0
        assert certificate.verification is not None
        assert certificate.verification.unexplained == 0
        with it.home.ledger.database.read() as connection:
            assert disposal_of(connection, record) == row.seq
        it.harvest()
        assert MARK not in plaintext(it)
        assert ("comment", canary) not in archived(it.home)
        pushed = [ItemRef(COMMENT, str(canary))]
        assert gone_among(it.home.ledger, it.channel.seq, pushed)
        assert not gone_among(it.home.ledger, it.channel.seq, [ItemRef(COMMENT, str(late))])


def lived(it: Town) -> Office:
    """Everything that can happen to disposals: one withdrawn, one aborted, one carried out, of
    which the platform then shows a post that was changed."""
    office = Office(it)
    office.adopt(COMMENTS, OWN_POSTS)
    office.decide("SM05", "SM02")
    post, canary, record = planted(it)
    it.clock.advance(40 * DAY)
    office.disposals.withdraw(EVA, office.propose(), reason="Fel period")
    office.disposals.withdraw(EVA, office.propose(), reason="Fel igen")
    seq = office.propose()
    office.confirm(seq)
    it.clock.advance(8 * DAY)
    number = hold(it, office, record)
    with pytest.raises(HoldInForce):
        office.execution.execute(EVA, seq)
    Holds(it.home.ledger, office.retention).lift(EVA, number, reason="Klart")
    office.execution._stamp = _no_stamp
    seq = office.propose()
    office.confirm(seq)
    it.clock.advance(8 * DAY)
    with pytest.raises(RuleViolation, match="stamp"):
        office.execution.execute(EVA, seq)
    office.execution._stamp = office.stamp
    number = hold(it, office, record)
    with pytest.raises(HoldInForce):
        office.execution.execute(EVA, seq)
    Holds(it.home.ledger, office.retention).lift(EVA, number, reason="Klart")
    office.dispose()
    it.site.edit_comment(canary, at=it.at, text="Ny lydelse Zorkelby-7731")
    it.site.edit_post(post, at=it.at, html="<p>Zorkelby-7731 igen</p>")
    for _ in range(2):
        it.harvest()
    return office


def _no_stamp() -> None:
    raise RuleViolation("No stamp can be had.")


def test_a_change_after_disposal_is_told_once_and_never_captured(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        lived(it)
        assert MARK not in plaintext(it)
        types = [row.type for row in rows_of(it.home, t.entry)]
        assert types.count(EventType.DISPOSED_SEEN) == 1  # a comment has no date of change there


def test_two_persons_a_wait_and_the_very_set(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt()
        with pytest.raises(DisposalNotAuthorised):
            office.propose()
        office.decide()
        planted(it)
        with pytest.raises(DisposalNotAuthorised):
            office.propose()  # nothing is due yet
        it.clock.advance(40 * DAY)
        with pytest.raises(AccessRefused):
            office.disposals.propose(viewer_of(9, [(Role.AUDITOR, HOME)]), office.authority)
        seq = office.propose()
        with pytest.raises(DisposalNotAuthorised):
            office.propose()  # it is proposed already
        digest = office.disposals.get(EVA, seq).proposal.digest
        with pytest.raises(SecondPersonNeeded):
            office.disposals.confirm(EVA, seq, digest=digest)
        with pytest.raises(SecondPersonNeeded):
            office.disposals.confirm(LOCAL, seq, digest=digest)
        with pytest.raises(SecondPersonNeeded):
            office.execution.execute(EVA, seq)
        with pytest.raises(SetChanged):
            office.disposals.confirm(BO, seq, digest="0" * 64)
        with pytest.raises(NotFound):
            office.disposals.get(NOBODY, seq)
        office.confirm(seq)
        with pytest.raises(RuleViolation, match="waiting period"):
            office.execution.execute(EVA, seq)
        assert office.execution.due() == []
        it.clock.advance(8 * DAY)
        assert office.execution.due() == [seq]
        office.disposals.withdraw(BO, seq, reason="Fel period")
        with pytest.raises(RuleViolation):
            office.execution.execute(EVA, seq)
        assert office.disposals.get(EVA, seq).reason == "Fel period"
        assert MARK in plaintext(it)


def test_a_set_that_changed_is_refused_and_aborted(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt()
        office.decide()
        _, canary, _ = planted(it)
        it.clock.advance(40 * DAY)
        first = office.propose()
        it.site.edit_comment(canary, at=it.at, text=CANARY + " igen")
        it.harvest()
        with pytest.raises(SetChanged):
            office.confirm(first)
        office.disposals.withdraw(EVA, first, reason="Ändrad")
        it.clock.advance(40 * DAY)
        second = office.propose()
        office.confirm(second)
        it.site.edit_comment(canary, at=it.at, text=CANARY + " ännu en gång")
        it.harvest()
        it.clock.advance(8 * DAY)
        with pytest.raises(SetChanged):
            office.execution.execute(EVA, second)
        held = office.disposals.get(EVA, second)
        assert (held.row.state, held.reason) == (State.ABORTED, "set-changed")
        assert MARK in plaintext(it)


def test_a_revoked_decision_stops_what_was_confirmed(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt()
        decision = office.decide()
        planted(it)
        it.clock.advance(40 * DAY)
        seq = office.propose()
        office.confirm(seq)
        it.clock.advance(8 * DAY)
        assert office.disposals.pending(decision.seq) == [seq]
        office.retention.revoke(EVA, decision.seq, reason="Omprövas")
        with pytest.raises(DisposalNotAuthorised):
            office.execution.execute(EVA, seq)
        assert office.disposals.get(EVA, seq).row.state is State.ABORTED
        assert verify(it.home.path).destroyed == 0


def test_a_selection_is_kept_also_the_next_time(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt()
        office.decide(keep_one_of=2)
        post = it.post()
        for number in range(5):
            it.comment(post, f"Kommentar nummer {number} av fem")
        it.harvest()
        it.clock.advance(40 * DAY)
        row = office.dispose()
        assert row.records == 2
        assert len([key for key in archived(it.home) if key[0] == "comment"]) == 3
        with pytest.raises(DisposalNotAuthorised):
            office.propose()


def test_a_file_that_was_still_on_its_way_goes_too(tmp_path: Path) -> None:
    """Between the tombstones and the keys' end, a media file of the set is fetched to its end."""
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt()
        office.decide()
        _, _, record = planted(it)
        it.clock.advance(40 * DAY)
        seq = office.propose()
        office.confirm(seq)
        it.clock.advance(8 * DAY)
        office.execution._stamp = _no_stamp
        with pytest.raises(RuleViolation, match="stamp"):
            office.execution.execute(EVA, seq)
        (version,) = [row.latest for row in rows_of(it.home, t.record) if row.seq == record]
        said = {"version": version, "number": 0, "part": 0, "last": True}
        ledger = it.home.ledger
        chunk = seal(FrameKind.COMPONENT, said, MARK * 9, random=ledger.random)
        with ledger.writer() as writer:
            late = writer.append(
                EventType.COMPONENT, chunk, writer.cohort(office.authority, "media")
            )
        office.execution._stamp = office.stamp
        assert office.execution.execute(EVA, seq).state is State.COMPLETED
        assert late not in ledger.open([late], protected=True)
        assert MARK not in plaintext(it)


def test_a_stamp_that_cannot_be_had_waits_and_a_hold_meanwhile_aborts(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt()
        office.decide()
        _, _, record = planted(it)
        it.clock.advance(40 * DAY)
        seq = office.propose()
        office.confirm(seq)
        it.clock.advance(8 * DAY)

        office.execution._stamp = _no_stamp
        with pytest.raises(RuleViolation, match="stamp"):
            office.execution.execute(EVA, seq)
        assert office.disposals.get(EVA, seq).row.state is State.INTENDED
        assert MARK in plaintext(it)
        assert verify(it.home.path).unexplained == 0
        hold(it, office, record)
        office.execution._stamp = office.stamp
        with pytest.raises(HoldInForce):
            office.execution.execute(EVA, seq)
        held = office.disposals.get(EVA, seq)
        assert (held.row.state, held.reason) == (State.ABORTED, "hold-in-force")
        with it.home.ledger.database.read() as connection:
            assert disposal_of(connection, record) is None
        it.harvest()
        assert MARK in plaintext(it)


def hold(it: Town, office: Office, record: int) -> int:
    """An inspectorate has asked for the record; the hold's number."""
    return Holds(it.home.ledger, office.retention).place(
        EVA,
        HoldRequest(
            authority=office.authority,
            kind=HoldKind.SUPERVISION,
            scope=HoldScope(records=frozenset({record})),
            reason="IMY har begärt handlingen",
            review_on=office.disposals.today() + timedelta(days=30),
        ),
    )


def test_interrupted_anywhere_it_goes_on(tmp_path: Path) -> None:
    """A process that dies between any two writes of the execution is followed by another."""
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt()
        office.decide()
        planted(it)
        it.clock.advance(40 * DAY)
        seq = office.propose()
        office.confirm(seq)
        it.clock.advance(8 * DAY)
        writes = 0
        real = it.home.ledger.writer

        class Killed(Exception):
            pass

        for stop in range(1, 30):
            writes = 0

            def counted(stop: int = stop, **how: Any) -> Any:
                nonlocal writes
                writes += 1
                if writes == stop:
                    raise Killed
                return real(**how)

            it.home.ledger.writer = counted  # type: ignore[method-assign,assignment]
            try:
                office.execution.execute(EVA, seq)
                break
            except Killed:
                assert verify(it.home.path).unexplained == 0
                office = Office(it)
                stop_again = stop
                del stop_again
        it.home.ledger.writer = real  # type: ignore[method-assign]
        assert office.disposals.get(EVA, seq).row.state is State.COMPLETED
        assert MARK not in plaintext(it)
