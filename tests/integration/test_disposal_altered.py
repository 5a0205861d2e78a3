"""Whoever can write in the database disposes of nothing by it: the acts are read from the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver.errors import HoldInForce, IntegrityError
from archiver.ledger.account import account
from tests.integration.test_disposal import BO, DAY, EVA, Office, hold, planted
from tests.integration.test_harvest import Town, town

pytestmark = pytest.mark.usefixtures("each_database")


def proposed(it: Town, *, confirmed: bool) -> tuple[Office, int, int]:
    """An office with a proposal that has waited long enough, and one record of its set."""
    office = Office(it)
    office.adopt()
    office.decide()
    _, _, record = planted(it)
    it.clock.advance(40 * DAY)
    (seq,) = office.disposals.propose(EVA, office.authority)
    if confirmed:
        digest = office.disposals.get(BO, seq).proposal.digest
        office.disposals.confirm(BO, seq, digest=digest)
    it.clock.advance(8 * DAY)
    return office, seq, record


def alter(it: Town, *statements: str) -> None:
    with it.home.ledger.database.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def refused(it: Town, office: Office, seq: int, table: str) -> None:
    """Nothing is destroyed, and the tables made anew say what is true."""
    before = account(it.home.ledger)
    with pytest.raises(IntegrityError, match=f"table {table} ") as told:
        office.execution.execute(EVA, seq)
    assert "diarkiv rebuild" in told.value.remedy
    after = account(it.home.ledger)
    assert (after.disposed, after.unexplained) == (0, 0)
    assert after.live >= before.live
    it.home.ledger.rebuild()


CONFIRM = "UPDATE disposal SET state = 'confirmed', confirmed = {seq}, waits_until = 0"


def test_a_confirmation_that_nobody_gave(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        office, seq, _ = proposed(it, confirmed=False)
        alter(it, CONFIRM.format(seq=seq))
        refused(it, office, seq, "disposal")


def test_a_disposal_that_was_taken_back(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        office, seq, _ = proposed(it, confirmed=True)
        office.disposals.withdraw(EVA, seq, reason="Nej")
        alter(it, "UPDATE disposal SET state = 'confirmed'")
        refused(it, office, seq, "disposal")


def test_a_waiting_time_that_was_cut_short(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        office, seq, _ = proposed(it, confirmed=True)
        alter(it, "UPDATE disposal SET waits_until = 0")
        refused(it, office, seq, "disposal")


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("disposal_hold", "DELETE FROM disposal_hold"),
        ("disposal_hold", "UPDATE disposal_hold SET lifted_on = 20200101"),
        ("hold_record", "UPDATE hold_record SET record = record + 1000000"),
    ],
)
def test_a_hold_that_was_taken_away(tmp_path: Path, table: str, statement: str) -> None:
    with town(tmp_path) as it:
        office, seq, record = proposed(it, confirmed=True)
        hold(it, office, record)
        alter(it, statement)
        refused(it, office, seq, table)
        with pytest.raises(HoldInForce):
            office.execution.execute(EVA, seq)


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("disposal_decision", "UPDATE disposal_decision SET valid_from = 10101"),
        ("schedule", "UPDATE schedule SET effective_until = 20260101"),
    ],
)
def test_another_decision_or_plan(tmp_path: Path, table: str, statement: str) -> None:
    with town(tmp_path) as it:
        office, seq, _ = proposed(it, confirmed=True)
        alter(it, statement)
        refused(it, office, seq, table)


def test_what_is_altered_behind_the_tombstones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town(tmp_path) as it:
        office, seq, record = proposed(it, confirmed=True)

        def meddle() -> None:
            hold(it, office, record)
            alter(it, "DELETE FROM hold_record")

        with monkeypatch.context() as patched:
            patched.setattr(office.execution, "_stamp", meddle)
            refused(it, office, seq, "hold_record")
        with pytest.raises(HoldInForce):
            office.execution.execute(EVA, seq)
