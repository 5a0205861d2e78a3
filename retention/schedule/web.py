"""Plan: an authority's records schedule as it holds, its versions, and the file that changes it.

A file is looked at before it is adopted: what is wrong with it, row by row, or what it would
change. Meanwhile it waits as a draft does (`archiver.db.capture_drafts`): sealed, for whoever sent
it only. Every row says where its wording comes from and whether a decision covers it: the schedule
alone disposes of nothing (arkivlag 10 §).
"""

from __future__ import annotations

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.errors import NotFound
from archiver.harvest.media import CHUNK
from archiver.registry.core.capture import file_name
from archiver.registry.core.phrase import Problem, Refused
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext
from archiver.web.needs import needs
from retention.core.cited import unrecorded
from retention.core.plan_change import changes
from retention.core.plan_file import MOST_BYTES, PlanForm, write_plan
from retention.core.schedule import Schedule
from retention.schedule import shipped
from retention.schedule.coverage import coverage, taken_today
from retention.schedule.reading import HeldSchedule
from retention.schedule.words import said
from retention.web import (
    Office,
    acting_authority,
    asked_authority,
    day_in,
    name_of,
    office,
    own_authorities,
    pages,
    today,
)

MOST_TOLD = 200  # problems, or changes, that are told one by one
_TYPES = {
    PlanForm.TOML: "application/toml",
    PlanForm.CSV: "text/csv; charset=utf-8",
    PlanForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@pages.get("/gallring/plan")
@needs(Permission.READ)
def plan() -> str:
    """The schedule in force of an authority (`namnd`), or one of its versions (`version`)."""
    _, asks = office()
    return _page(asked_authority(asks), Form())


def _page(authority: int, form: Form, problems: tuple[Problem, ...] = ()) -> str:
    at, asks = office()
    day = today()
    held = at.plans.schedules(asks, authority)
    force = at.plans.version_in_force(authority, day)
    shown, entry = _shown(held, force)
    offered = shown is None
    schedule = shown or shipped.proposal(day, authority).schedule
    is_current = force is not None and entry == force[0]
    return render_template(
        "retention/plan.html",
        authority=authority,
        authorities=own_authorities(asks),
        schedule=schedule,
        entry=entry,
        offered=offered,
        is_current=is_current,
        in_force=force[0] if force else None,
        covered=coverage(schedule, at.plans.decisions(authority), day),
        cited=unrecorded(schedule, at.plans.decisions(authority)),
        counts=taken_today(at.plans, schedule, day) if is_current else {},
        versions=held[::-1],
        may_set=asks.may(Permission.SET_RETENTION, authority),
        day=day,
        form=form,
        problems=problems[:MOST_TOLD],
        problems_left=max(0, len(problems) - MOST_TOLD),
        said=said(request.args.get("sagt", "")),
    )


def _shown(
    held: list[HeldSchedule], force: tuple[int, Schedule] | None
) -> tuple[Schedule | None, int | None]:
    """The version that the address names, else the one in force, else the newest."""
    named = request.args.get("version", "")
    if named:
        found = next((one for one in held if str(one.seq) == named), None)
        if found is None:
            raise NotFound("There is no such version.", remedy="Choose one of those listed.")
        return found.schedule, found.seq
    if force:
        return force[1], force[0]
    return (held[-1].schedule, held[-1].seq) if held else (None, None)


@pages.get("/gallring/plan/fil")
@needs(Permission.READ)
def plan_file() -> Response:
    """A version, or what ships (`forslag`), as a file that can be changed and adopted: `form`."""
    at, asks = office()
    authority = asked_authority(asks)
    try:
        form = PlanForm(request.args.get("form", "xlsx"))
    except ValueError:
        raise NotFound("There is no such form of file.", remedy="toml, csv or xlsx.") from None
    if request.args.get("forslag"):
        schedule = shipped.proposal(today(), authority).schedule
        is_toml = form is PlanForm.TOML
        data = shipped.proposal_file() if is_toml else write_plan(schedule, form, chosen())
    else:
        held = at.plans.schedules(asks, authority)
        found, _ = _shown(held, at.plans.version_in_force(authority, today()))
        if found is None:
            raise NotFound("The authority has no schedule.", remedy="Adopt one first.")
        data = write_plan(found, form, chosen())
    answer = Response(data, content_type=_TYPES[form])
    name = f"informationshanteringsplan-{authority}.{form.value}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


# --- adopting ------------------------------------------------------------------------------------


@pages.post("/gallring/plan")
@needs(Permission.SET_RETENTION)
def check_plan() -> BaseResponse | tuple[str, int]:
    """Look at a file (or what ships, with `gor=forslag`): what it would change, or what is wrong
    with it."""
    at, asks = office()
    form = Form.of(request.form)
    authority = acting_authority(asks, form, Permission.SET_RETENTION)
    name, data = _sent(form)
    day = day_in(form, "fran")
    if form.text("gor") == "forslag" and not form.text("fran"):
        day = today()  # what ships has no day of its own
    if not data:
        form.wrong("fil", gettext("Välj en fil som inte är tom."))
    if form.mistakes:
        return _page(authority, form), 400
    read = at.plans.check(asks, authority, data, effective_from=day)
    if isinstance(read, Refused):
        form.wrong("fil", gettext("Planen går inte att anta. Ingenting ändrades."))
        return _page(authority, form, read.problems), 400
    draft = at.uploads.new()
    pieces = (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
    with form.judging("fil", gettext("Filen kan inte tas emot nu.")):
        at.uploads.add(draft, asks.actor, name, "application/octet-stream", pieces)
        begins = day.isoformat() if day else ""
        where = url_for("retention.review_plan", utkast=draft, namnd=authority, fran=begins)
        return redirect(where, 303)
    return _page(authority, form), 400


def _sent(form: Form) -> tuple[str, bytes]:
    """The file that was sent, with its name."""
    if form.text("gor") == "forslag":
        return shipped.SOCIAL_MEDIA, shipped.proposal_file()
    file = request.files.get("fil")
    if file is None or not file.filename:
        return "", b""
    return file_name(file.filename), file.stream.read(MOST_BYTES + 1)


@pages.get("/gallring/plan/granska")
@needs(Permission.SET_RETENTION)
def review_plan() -> BaseResponse | tuple[str, int] | str:
    """What a file that waits would change. Nothing is adopted."""
    form = Form.of(request.args)
    return _review(form)


def _review(form: Form) -> BaseResponse | tuple[str, int] | str:
    at, asks = office()
    authority = acting_authority(asks, form, Permission.SET_RETENTION)
    data, day = _waiting(at, asks, form), day_in(form, "fran")
    if data is None:
        return _back(authority, "plan-borta")
    read = at.plans.check(asks, authority, data, effective_from=day)
    if isinstance(read, Refused):
        form.wrong("fil", gettext("Planen går inte att anta. Ingenting ändrades."))
        return _page(authority, form, read.problems), 400
    force = at.plans.version_in_force(authority, max(today(), read.schedule.effective_from))
    before = force[1] if force else None
    found = list(changes(before, read.schedule, chosen()))
    return render_template(
        "retention/plan_review.html",
        authority=authority,
        name=name_of(authority),
        schedule=read.schedule,
        before=before,
        cited=unrecorded(read.schedule, at.plans.decisions(authority)),
        changes=found[:MOST_TOLD],
        left=max(0, len(found) - MOST_TOLD),
        same=len(read.schedule.rules) - sum(1 for one in found if one.what != "gone"),
        form=form,
    )


@pages.post("/gallring/plan/anta")
@needs(Permission.SET_RETENTION)
def adopt_plan() -> BaseResponse | tuple[str, int]:
    """Adopt the file that was looked at, or take it away with `gor=avbryt`."""
    at, asks = office()
    form = Form.of(request.form)
    authority = acting_authority(asks, form, Permission.SET_RETENTION)
    draft = form.text("utkast")
    if form.text("gor") == "avbryt":
        at.uploads.drop(draft, asks.actor)
        return _back(authority, "plan-avbruten")
    data, day = _waiting(at, asks, form), day_in(form, "fran")
    if data is None:
        return _back(authority, "plan-borta")
    done = at.plans.take_in(asks, authority, data, effective_from=day)
    if isinstance(done, Refused):
        form.wrong("fil", gettext("Planen går inte att anta. Ingenting ändrades."))
        return _page(authority, form, done.problems), 400
    at.uploads.drop(draft, asks.actor)
    return _back(authority, "plan", done.seq)


def _waiting(at: Office, asks: Viewer, form: Form) -> bytes | None:
    """The file of a draft of the viewer's own; None if there is none (any more)."""
    draft = form.text("utkast")
    files = at.uploads.files(draft, asks.actor)
    if len(files) != 1:
        return None
    return b"".join(at.uploads.chunks(draft, files[0].number))


def _back(authority: int, told: str, version: int | None = None) -> BaseResponse:
    where = url_for("retention.plan", namnd=authority, version=version, sagt=told)
    return redirect(where, 303)
