"""What else happens while a disposal goes on: another decision, a hold, the same thing twice.

Whatever comes between two steps is seen by the next; what two do at once is done once.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Barrier

import pytest

from archiver.core.calendar import day_begins
from archiver.db import tables as t
from archiver.errors import DisposalNotAuthorised, HoldInForce, NotFound, RuleViolation
from retention.core.disposal import OPEN, State
from retention.core.schedule import (
    AfterPeriod,
    Applies,
    Period,
    RetainPermanently,
    Rounding,
    Rule,
    TriggerName,
)
from retention.disposal.execution import STEPS
from retention.disposal.round import Rounds, Went
from tests.build import DAY, verify
from tests.integration.test_decision_bound import adopt
from tests.integration.test_disposal import (
    BO,
    COMMENTS,
    EVA,
    MARK,
    POSTS,
    Office,
    hold,
    plaintext,
    planted,
)
from tests.integration.test_harvest import Town, archived, rows_of, town

COMPLAINTS = Rule(
    code="SM10",
    label="Klagomål",
    retention=RetainPermanently(),
    trigger=None,
    applies=Applies(explicit_only=True),
)
OTHER = Rule(
    code="SM07",
    label="Synpunkt",
    retention=AfterPeriod(Period(days=30), Rounding.EXACT),
    trigger=TriggerName.RECEIVED,
    applies=Applies(explicit_only=True),
)


def confirmed(office: Office) -> int:
    """A disposal whose waiting time has passed; its records are of `SM05`."""
    it = office.town
    it.clock.advance(40 * DAY)
    seq = office.propose()
    office.confirm(seq)
    it.clock.advance(8 * DAY)
    return seq


def _unstamped() -> None:
    raise RuleViolation("No stamp can be had.")


@pytest.mark.parametrize("when", ["confirmed", "intended"])
def test_what_another_decision_lets_go_does_not_go_under_this_one(
    tmp_path: Path, when: str
) -> None:
    """A record is put in a class whose decision asks for a longer wait and a sample."""
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt(COMMENTS, POSTS, OTHER)
        office.decide()
        office.decide("SM07", paragraph="§ 118", waiting_days=300, keep_one_of=2)
        _, _, record = planted(it)
        seq = confirmed(office)
        if when == "intended":
            office.execution._stamp = _unstamped
            with pytest.raises(RuleViolation, match="stamp"):
                office.execution.execute(EVA, seq)
            office.execution._stamp = office.stamp
        office.retention.classify(EVA, [record], "SM07")
        with pytest.raises(DisposalNotAuthorised):
            office.execution.execute(EVA, seq)
        assert office.disposals.get(EVA, seq).row.state is State.ABORTED
        assert MARK in plaintext(it)


def test_another_decision_in_its_place_while_it_waits_for_a_stamp(tmp_path: Path) -> None:
    """What replaces a decision asks for another wait: what was proposed under the old one ends."""
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt()
        old = office.decide()
        planted(it)
        seq = confirmed(office)
        office.execution._stamp = _unstamped
        with pytest.raises(RuleViolation, match="stamp"):
            office.execution.execute(EVA, seq)
        office.decide(paragraph="§ 118", replaces=old.seq, waiting_days=300)
        office.execution._stamp = office.stamp
        with pytest.raises(DisposalNotAuthorised):
            office.execution.execute(EVA, seq)
        assert office.disposals.get(EVA, seq).row.state is State.ABORTED
        assert verify(it.home.path).unexplained == 0
        assert MARK in plaintext(it)


def test_the_same_set_proposed_by_many_at_once_is_proposed_once(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt()
        office.decide()
        planted(it)
        it.clock.advance(40 * DAY)
        drafts = office.disposals.drafts
        looked = Barrier(3)

        def together(*args: object, **how: object) -> object:
            found = drafts(*args, **how)  # type: ignore[arg-type]
            looked.wait(20)
            return found

        office.disposals.drafts = together  # type: ignore[method-assign,assignment]

        def propose(_number: int) -> bool:
            try:
                office.disposals.propose(EVA, office.authority)
            except DisposalNotAuthorised:
                return False
            return True

        with ThreadPoolExecutor(3) as pool:
            assert sorted(pool.map(propose, range(3))) == [False, False, True]
        assert len(office.disposals.all(EVA, states=OPEN)) == 1


@pytest.mark.parametrize("step", ["intend", "destroy", "compact", "complete"])
def test_carried_out_twice_at_once_it_is_done_once(tmp_path: Path, step: str) -> None:
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt()
        office.decide()
        planted(it)
        seq = confirmed(office)

        def meanwhile(now: str, _done: int, _all: int) -> None:
            if now == step:
                Office(it).execution.execute(EVA, seq)

        assert office.execution.execute(EVA, seq, meanwhile).state is State.COMPLETED
        types = [row.type for row in rows_of(it.home, t.entry)]
        assert types.count("disposal_completed") == types.count("disposal_executed") == 1
        assert MARK not in plaintext(it)
        report = verify(it.home.path)
        assert (report.unexplained, report.findings) == (0, [])


Planted = tuple[int, int, int]  # the post, the comment, the comment's record


def _hold(it: Town, office: Office, at: Planted) -> None:
    with suppress(NotFound):  # a hold over what is gone
        hold(it, office, at[2])


def _revoke(_it: Town, office: Office, _at: Planted) -> None:
    office.retention.revoke(EVA, office.retention.decisions(office.authority)[0].seq, reason="Fel")


def _plan(_it: Town, office: Office, _at: Planted) -> None:
    adopt(office, replace(COMMENTS, retention=AfterPeriod(Period(years=9), Rounding.EXACT)))


def _kept(_it: Town, office: Office, at: Planted) -> None:
    with suppress(NotFound):  # what is gone is in no class
        office.retention.classify(EVA, [at[2]], "SM10", note="Klagomål, bevaras")


def _text(it: Town, _office: Office, at: Planted) -> None:
    it.site.edit_comment(at[1], at=it.at, text="Något annat nu")
    it.harvest()


@pytest.mark.parametrize("step", ["intend", "destroy", "compact"])
@pytest.mark.parametrize("act", [_hold, _revoke, _plan, _kept, _text])
def test_what_comes_before_the_keys_go_stops_it_and_what_comes_after_does_not(
    tmp_path: Path, act: Callable[[Town, Office, Planted], None], step: str
) -> None:
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt(COMMENTS, POSTS, COMPLAINTS)
        office.decide()
        at = planted(it)
        seq = confirmed(office)

        def meanwhile(now: str, _done: int, _all: int) -> None:
            if now == step:
                act(it, office, at)

        # What is about to go is not captured again, from the intent on.
        late = STEPS.index(step) > STEPS.index("intend" if act is _text else "destroy")
        if late:
            office.execution.execute(EVA, seq, meanwhile)
        else:
            with pytest.raises(RuleViolation):
                office.execution.execute(EVA, seq, meanwhile)
        state = office.disposals.get(EVA, seq).row.state
        assert state is (State.COMPLETED if late else State.ABORTED)
        report = verify(it.home.path)
        assert (report.unexplained, report.findings) == (0, [])
        assert (MARK in plaintext(it)) is not late


def test_a_clock_that_is_set_lets_nothing_go_too_early_or_twice(tmp_path: Path) -> None:
    """Over the change to summer time, a leap day and a clock that somebody set years ahead."""
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt()
        decision = office.decide(asks_running=True, waiting_days=3)
        office.retention.confirm_running(BO, decision.seq)
        planted(it)
        rounds = Rounds(
            office.disposals, office.execution, lambda: [office.authority], it.home.path
        )
        leap = day_begins(date(2028, 2, 29)) - it.clock.now()
        it.clock.jump(leap)
        assert rounds.tick().proposed == 1, "everybody's clock says so"
        it.clock.jump(-leap)
        assert rounds.tick() == Went(), "a day anew, and nothing is due or has waited"
        it.clock.advance(50 * DAY)
        assert rounds.tick() == Went()
        (row,) = office.disposals.all(EVA, states=OPEN)
        assert row.waits_until == day_begins(date(2028, 3, 3))
        with pytest.raises(RuleViolation, match="waiting period"):
            office.execution.execute(EVA, row.seq)
        office.disposals.withdraw(EVA, row.seq, reason="Klockan gick fel")
        before_summer_time = day_begins(date(2028, 3, 26)) - 1
        it.clock.advance(before_summer_time - it.clock.now())
        assert rounds.tick().proposed == 1
        it.clock.advance(3 * DAY - 1)
        assert rounds.tick().completed == 0
        it.clock.advance(1)
        assert rounds.tick().completed == 1
        assert MARK not in plaintext(it)


def test_what_was_said_while_it_waited_is_captured_once_it_is_stopped(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt()
        office.decide()
        _, canary, record = planted(it)
        seq = confirmed(office)
        office.execution._stamp = _unstamped
        with pytest.raises(RuleViolation, match="stamp"):
            office.execution.execute(EVA, seq)
        it.site.edit_comment(canary, at=it.at, text="Ny lydelse som ska bevaras")
        it.harvest()
        office.execution._stamp = office.stamp
        hold(it, office, record)
        with pytest.raises(HoldInForce):
            office.execution.execute(EVA, seq)
        for _ in range(2):
            it.harvest()
        assert archived(it.home)[("comment", canary)][1][-1].text == "Ny lydelse som ska bevaras"
        assert MARK in plaintext(it)
