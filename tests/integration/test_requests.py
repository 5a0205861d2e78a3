"""Requests for public records over both databases: what they hold, and who sees them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from archiver.core.access import LOCAL, Role, viewer_of
from archiver.errors import AccessRefused, ConfigError, NotFound, RuleViolation
from exports.core.access_request import Answer, Light, State, Step, Taken
from retention.holds.service import Holds
from tests.databases import rows_of
from tests.unit.exports.office import CANARY, Office, make_office

pytestmark = pytest.mark.usefixtures("each_database")
DAY = 86_400_000


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


def refused(office: Office, seq: int) -> None:
    """To a decision that is served."""
    office.step(seq, Step.MAKE_PRECISE, office.record)
    office.step(seq, Step.ASSESS)
    office.step(seq, Step.ANSWER, answer=Answer.MASKED, told=True)
    office.step(seq, Step.ASK_FOR_DECISION)
    office.empower()
    office.step(seq, Step.DECIDE)
    office.step(seq, Step.SERVE)


def test_what_it_concerns_is_held_until_it_is_closed(office: Office) -> None:
    seq = office.asked()
    assert office.held() == []  # asking, and searching, hold nothing
    office.step(seq, Step.MAKE_PRECISE, office.record)
    assert office.held() == [frozenset({office.record})]
    (hold,) = office.holds.list(LOCAL)
    with pytest.raises(RuleViolation, match="another matter"):
        office.holds.lift(LOCAL, hold.hold.seq, reason="Nej")
    office.step(seq, Step.READ_ON_SITE)
    office.step(seq, Step.ANSWER, answer=Answer.RELEASED)
    assert len(office.held()) == 1
    assert office.step(seq, Step.CLOSE) is State.CLOSED
    assert office.held() == []
    assert office.requests.list(LOCAL) == []
    assert [row.seq for row in office.requests.list(LOCAL, closed=True)] == [seq]


def test_from_a_refusal_to_the_end_of_the_time_for_appeal(office: Office) -> None:
    seq = office.asked()
    refused(office, seq)
    one = office.requests.get(LOCAL, seq)
    assert one.standing.appeal_until is not None
    assert one.received.sender == CANARY
    assert [taken.step for taken in one.steps][-1] is Step.SERVE
    with pytest.raises(RuleViolation, match="in time until"):
        office.step(seq, Step.CLOSE)
    office.desk.clock.advance(40 * DAY)
    assert office.step(seq, Step.CLOSE) is State.CLOSED


def test_what_cannot_follow_changes_nothing(office: Office) -> None:
    seq = office.asked()
    before = office.desk.home.ledger.log.size
    with pytest.raises(RuleViolation, match="cannot follow"):
        office.step(seq, Step.DECIDE, mandate="KS 4.2")
    with pytest.raises(ConfigError, match="names the records"):
        office.step(seq, Step.MAKE_PRECISE)
    with pytest.raises(NotFound):
        office.step(seq, Step.MAKE_PRECISE, office.record + 999)
    with pytest.raises(ConfigError, match="at most"):
        office.step(seq, Step.ASK_BACK, reason="x" * 2_000)
    with pytest.raises(ConfigError, match="has not come"):
        office.step(seq, Step.ASK_BACK, day=office.today + timedelta(days=1))
    with pytest.raises(ConfigError, match="has not come"):
        office.asked(on=office.requests.today() + timedelta(days=1))
    with pytest.raises(ConfigError, match="what is asked for"):
        office.asked(text="  ")
    assert office.desk.home.ledger.log.size == before
    assert office.held() == []


def test_a_crash_before_the_step_holds_too_long_and_never_too_little(office: Office) -> None:
    seq = office.asked()
    office.step(seq, Step.MAKE_PRECISE, office.record)
    office.step(seq, Step.READ_ON_SITE)
    office.step(seq, Step.ANSWER, answer=Answer.RELEASED)

    def cut(*_given: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Holds, "release", cut)
        with pytest.raises(KeyboardInterrupt):
            office.step(seq, Step.CLOSE)
    assert len(office.held()) == 1
    assert office.requests.settle() == 1
    assert office.held() == []
    assert office.requests.settle() == 0


def test_the_clock_runs_in_working_days(office: Office) -> None:
    seq = office.asked()
    first = office.requests.today()
    one = office.requests.get(LOCAL, seq)
    assert [one.light(first + timedelta(days=n)) for n in (0, 20)] == [Light.GREEN, Light.RED]


def test_others_neither_see_it_nor_act_on_it(office: Office) -> None:
    seq = office.asked()
    elsewhere = viewer_of(18, [(Role.REGISTRAR, office.authority + 999)])
    taken = Taken(step=Step.ASK_BACK, day=office.requests.today(), actor=18)
    with pytest.raises(NotFound):
        office.requests.get(elsewhere, seq)
    with pytest.raises(NotFound):
        office.requests.take(elsewhere, seq, taken)
    assert office.requests.list(elsewhere) == []
    auditor = office.viewer(Role.AUDITOR)
    assert office.requests.get(auditor, seq).standing.state is State.RECEIVED
    with pytest.raises(AccessRefused):
        office.requests.take(auditor, seq, taken)
    asked = office.requests.get(LOCAL, seq).received
    with pytest.raises(AccessRefused):
        office.requests.receive(auditor, asked)


def test_the_log_has_it_all_and_the_tables_no_word_of_it(office: Office) -> None:
    seq = office.asked()
    refused(office, seq)
    database = office.desk.home.ledger.database
    before = rows_of(database)
    assert CANARY not in str(before)
    office.desk.home.ledger.rebuild()
    assert rows_of(database) == before
    assert office.requests.get(LOCAL, seq).standing.state is State.SERVED
