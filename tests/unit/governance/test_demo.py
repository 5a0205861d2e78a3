"""The demo's initiative: at the gate, the beginning of its checklist filled in."""

from __future__ import annotations

from pathlib import Path

from archiver.core.access import LOCAL, Role, viewer_of
from archiver.governance.core.answers import AnswerState
from archiver.governance.core.gate import GateState
from archiver.governance.demo import GATE, stage
from tests.unit.registry.desk import make_desk
from tests.unit.web.served import FakeSearch, Web

EVA, BO = 17, 18


def test_the_demos_initiative_waits_at_the_gate(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    web = Web(desk.home, {}, FakeSearch(desk.home.ledger))
    account = desk.home.channels.add_channel(
        "feed", "http://nyheter.test/flode", authority="KS", allow=["127.0.0.1:1"]
    )
    eva = viewer_of(EVA, [(Role.ARCHIVIST, account.authority)])
    bo = viewer_of(BO, [(Role.REGISTRAR, account.authority)])
    one = web.initiatives.get(LOCAL, stage(web.initiatives, account, eva, bo))
    standing = one.standing
    assert (standing.step, one.verdict.state) == (GATE, GateState.NOT_READY)
    answers = standing.answers.values()
    assert {each.recorder for each in answers} == {EVA}
    assert {each.attester for each in answers} == {BO, None}
    assert 0 < len(answers) < len(one.bearings.checklist.rows)
    assert {AnswerState.CONDITIONAL, AnswerState.NOT_MET} < {each.state for each in answers}
    assert standing.answer("1.5").condition is not None
    assert standing.answer("1.4").attested is not None
    assert "utan godkännande" in one.observed[0].sv
