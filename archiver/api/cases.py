"""Cases, decisions that are no registration, handovers, series and classes, for programs."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint

from archiver.api import cursor, given, schemas
from archiver.api.asked import decision as asked_decision
from archiver.api.asked import draft_of
from archiver.api.services import services, viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.registry import shown
from archiver.registry.core import triage
from archiver.registry.core.entry import MAX_TITLE, day_number, line
from archiver.registry.core.triage import HandoverStep

pages = APIBlueprint("cases", __name__, tag="Cases and decisions", url_prefix="/api/v1")


@pages.get("/cases")
@pages.input(schemas.Page, location="query")
@pages.output(given.Cases)
def cases(query_data: schemas.Page) -> Any:
    """Cases, the newest first."""
    before = cursor.numbers(query_data.cursor, 1)
    reader = services().register.reader
    found = reader.cases(viewer(), before=before[0] if before else None, limit=query_data.limit + 1)
    part = found[: query_data.limit]
    return {
        "items": [shown.case_fields(viewer(), one) for one in part],
        "next": cursor.written(part[-1].seq) if len(found) > len(part) else None,
    }


@pages.get("/cases/<int:seq>")
@pages.output(given.Case)
def case(seq: int) -> Any:
    """One case. Its documents are entries, found by `case`."""
    return shown.case_fields(viewer(), services().register.reader.case(viewer(), seq))


@pages.post("/cases")
@pages.input(schemas.Once, location="headers")
@pages.input(schemas.CaseIn)
@pages.output(given.Case, status_code=201)
def open_case(headers_data: schemas.Once, json_data: schemas.CaseIn) -> Any:
    """Open a case and give it a number."""
    register, asked = services().register, json_data
    draft = draft_of("case", headers_data.idempotency_key)
    title = line(asked.title, "title", MAX_TITLE)
    payload: dict[str, Json] = {
        "authority": asked.authority,
        "title": title,
        "collective": asked.collective,
    }
    payload |= {"class_code": asked.class_code} if asked.class_code else {}
    seq = register.reader.sealed_as(draft, payload)
    if seq is None:
        seq = register.open_case(
            viewer(),
            asked.authority,
            title,
            class_code=asked.class_code,
            series=asked.series,
            collective=asked.collective,
            draft=draft,
        )
    return shown.case_fields(viewer(), register.reader.case(viewer(), seq)), 201


@pages.post("/cases/<int:seq>/closing")
@pages.input(schemas.ClosingIn)
@pages.output(given.Case, status_code=201)
def close_case(seq: int, json_data: schemas.ClosingIn) -> Any:
    """Close a case: nothing more is registered in it until it is taken up again."""
    register = services().register
    register.cases.close(viewer(), seq, day=json_data.day or "", note=json_data.note)
    return shown.case_fields(viewer(), register.reader.case(viewer(), seq)), 201


@pages.post("/cases/<int:seq>/reopening")
@pages.input(schemas.ReasonIn)
@pages.output(given.Case, status_code=201)
def reopen_case(seq: int, json_data: schemas.ReasonIn) -> Any:
    """Take a closed case up again."""
    register = services().register
    register.cases.reopen(viewer(), seq, reason=json_data.reason)
    return shown.case_fields(viewer(), register.reader.case(viewer(), seq)), 201


@pages.post("/decisions")
@pages.input(schemas.Once, location="headers")
@pages.input(schemas.DecisionIn)
@pages.output(given.Decision, status_code=201)
def decide(headers_data: schemas.Once, json_data: schemas.DecisionIn) -> Any:
    """Decide on records without registering them here."""
    register = services().register
    draft = draft_of("decision", headers_data.idempotency_key)
    asked = asked_decision(json_data, draft)
    register.reader.sealed_as(draft, triage.payload(asked, actor=viewer().actor))
    seq = register.decide(viewer(), asked)
    return shown.decision_fields(viewer(), seq, asked), 201


@pages.get("/decisions/<int:seq>")
@pages.output(given.Decision)
def decision(seq: int) -> Any:
    """One decision."""
    found = services().register.reader.decision(viewer(), seq)
    return shown.decision_fields(viewer(), seq, found)


@pages.get("/handovers")
@pages.output(given.Handovers)
def handovers() -> Any:
    """What was handed over and not answered, the most urgent first; at most 200."""
    found = services().register.reader.handovers(viewer(), limit=200)
    return {"items": [shown.waiting_fields(viewer(), one) for one in found]}


@pages.post("/handovers/<int:seq>/notes")
@pages.input(schemas.NoteIn)
@pages.output(given.Noted, status_code=201)
def note(seq: int, json_data: schemas.NoteIn) -> Any:
    """Note the receipt, the answer or the escalation of a handover. Once it is answered, nothing
    more is noted."""
    step = HandoverStep(json_data.step)
    made = services().register.note_handover(viewer(), seq, step, json_data.note)
    return {"seq": made, "of": seq, "step": step.value}, 201


@pages.get("/series")
@pages.output(given.SeriesList)
def series() -> Any:
    """The series of registration numbers."""
    year = stockholm_date(services().clock.now()).year
    found = services().register.series(viewer())
    return {"items": [shown.series_fields(one, year) for one in found]}


@pages.get("/schemes")
@pages.output(given.Schemes)
def schemes() -> Any:
    """The versions of classification schemes that hold."""
    found = services().classes.schemes(viewer())
    return {"items": [shown.scheme_fields(one) for one in found]}


@pages.get("/schemes/<int:seq>/classes")
@pages.input(schemas.ClassesQuery, location="query")
@pages.output(given.SchemeClasses)
def classes(seq: int, query_data: schemas.ClassesQuery) -> Any:
    """The classes of a scheme, all or those valid on a `day`."""
    if query_data.day:
        day_number(query_data.day)
    found = services().classes.listed(
        viewer(),
        seq,
        day=query_data.day or "",
        after=cursor.text(query_data.cursor),
        limit=query_data.limit + 1,
    )
    part = found[: query_data.limit]
    return {
        "items": [shown.class_fields(one) for one in part],
        "next": cursor.written(part[-1].code) if len(found) > len(part) else None,
    }
