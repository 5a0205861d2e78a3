"""The checklist of an initiative: every row with whose words it is, what it rests on, its answer,
evidence and automatic checks; and the page of one row, where it is answered and attested."""

from __future__ import annotations

from flask import render_template, request

from archiver.core.access import Permission
from archiver.core.reason import Wording
from archiver.errors import NotFound
from archiver.governance.core.answers import ANSWER_STATES, AnswerState
from archiver.governance.core.check import OUTCOMES, Outcome
from archiver.governance.core.checklist import (
    CONFIDENCE,
    PHASES,
    PROVENANCE,
    GateClass,
    UnknownRow,
)
from archiver.governance.core.gate import row_remains
from archiver.governance.service import Initiative
from archiver.governance.web import GATE_TONES, doing_parts, gate_words, office, pages
from archiver.governance.web_doing import OF_A_ROW
from archiver.web.form import Form
from archiver.web.needs import needs

STATE_TONES = {
    AnswerState.UNANSWERED: "quiet",
    AnswerState.MET: "good",
    AnswerState.CONDITIONAL: "wait",
    AnswerState.NOT_MET: "bad",
    AnswerState.INAPPLICABLE: "quiet",
}
CHECK_TONES = {
    Outcome.PASS: "good",
    Outcome.FAIL: "bad",
    Outcome.UNKNOWN: "quiet",
    Outcome.STALE: "wait",
    Outcome.NOT_YET: "quiet",
}
CLASSES = {
    GateClass.MANDATORY: Wording("obligatorisk", "mandatory"),
    GateClass.CONDITIONAL: Wording("kan godkännas med villkor", "may be approved on a condition"),
}


def _words(one: Initiative) -> dict[str, object]:
    """What both pages of the checklist are told with."""
    return {
        "one": one,
        "gate": gate_words(one.verdict, one),
        "verdict": one.verdict,
        "tones": GATE_TONES,
        "states": ANSWER_STATES,
        "state_tones": STATE_TONES,
        "check_words": OUTCOMES,
        "check_tones": CHECK_TONES,
        "provenance": PROVENANCE,
        "confidence": CONFIDENCE,
        "phases": PHASES,
        "classes": CLASSES,
    }


@pages.get("/livscykel/I<int:seq>/checklista")
@needs(Permission.OVERSEE)
def checklist(seq: int) -> str:
    """Every row of an initiative's checklist; with `kvar` only those that something remains of."""
    at, asks = office()
    one = at.get(asks, seq)
    left = bool(request.args.get("kvar"))
    rows = [
        (row, remains)
        for row in one.bearings.checklist.rows
        if (remains := [*row_remains(one.standing, row, one.bearings)]) or not left
    ]
    return render_template("lifecycle/checklist.html", rows=rows, left=left, **_words(one))


@pages.get("/livscykel/I<int:seq>/rad/<row>")
@needs(Permission.OVERSEE)
def row(seq: int, row: str) -> str:
    """One row, and the forms for its answer."""
    at, asks = office()
    return row_shown(at.get(asks, seq), row, Form.of(request.args))


def row_shown(one: Initiative, id_: str, form: Form) -> str:
    """The page of a row, with a form as it was typed. `NotFound` if there is no such row."""
    try:
        found = one.bearings.checklist.row(id_)
    except UnknownRow as error:
        raise NotFound(error.message, remedy=error.remedy) from error
    answer = one.standing.answer(id_)
    known = {
        "svar": answer.state.value,
        "motivering": answer.motivation,
        "ansvarig": answer.owner,
    }
    if answer.state is not AnswerState.UNANSWERED and answer.attested is None:
        known["gor"] = "intyga"
    form = Form({**known, **form.values}, mistakes=form.mistakes)
    return render_template(
        "lifecycle/row.html",
        row=found,
        answer=answer,
        remains=[*row_remains(one.standing, found, one.bearings)],
        deviations=[each for each in one.standing.deviations if each.said.row == id_],
        **_words(one),
        **doing_parts(one, OF_A_ROW, form),
    )
