"""Så såg tråden ut: a thread at an instant, which stands in the address and can be chosen anew.

`kl=2026-11-22T14.05.33` is the instant in Swedish time, to the end of that second (or minute, where
no second is said). `dag` and `tid` are what the form sends; it is answered with the address.
"""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission
from archiver.web import trail
from archiver.web.dates import (
    end_of_moment,
    local,
    moment_text,
    parse_clock,
    parse_day,
    parse_moment,
)
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.reading import then as reading
from archiver.web.services import services, viewer
from archiver.web.views import asked

pages = Blueprint("then", __name__)


@pages.get("/handlingar/R<int:seq>/da")
@needs(Permission.READ)
def thread(seq: int) -> BaseResponse | str:
    """The thread of a record at `kl`; with `skyddat`, the words of what is kept apart too, each
    reading noted first."""
    if "dag" in request.args or "tid" in request.args:
        return _chosen(seq)
    at = parse_moment(request.args.get("kl", ""))
    now = services().clock.now()
    if at is None:
        at = now
    elif at > now + 60_000:  # to the end of the minute that is now
        return _again(seq, {"dag": gettext("Välj ett ögonblick som har varit.")})
    found = reading.thread_then(
        services(),
        viewer(),
        seq,
        at,
        after=asked.place(),
        reveal=trail.protected if request.args.get("skyddat") else None,
    )
    return _page(found, {}, {})


def _chosen(seq: int) -> BaseResponse:
    """To the address of the day and time that the form sent, or the form again."""
    on = parse_day(request.args.get("dag", ""))
    clock = parse_clock(request.args.get("tid", ""))
    mistakes = {}
    if on is None or not 1990 <= on.year <= 2999:
        mistakes["dag"] = gettext("Skriv datumet som 2026-11-22.")
    if clock is None:
        mistakes["tid"] = gettext("Skriv klockslaget som 14.05 eller 14.05.33.")
    if on is None or clock is None or mistakes:
        return _again(seq, mistakes)
    at = end_of_moment(on, clock)
    if at > services().clock.now() + 60_000:
        return _again(seq, {"dag": gettext("Välj ett ögonblick som har varit.")})
    return redirect(url_for("then.thread", seq=seq, kl=moment_text(at)), 303)


def _again(seq: int, mistakes: dict[str, str]) -> Response:
    """The thread as it is now, and the form with what was typed and what is wrong with it."""
    found = reading.thread_then(services(), viewer(), seq, services().clock.now())
    typed = {name: request.args.get(name, "") for name in ("dag", "tid")}
    return make_response(_page(found, typed, mistakes), 400)


def _page(found: reading.ThreadThen, typed: dict[str, str], mistakes: dict[str, str]) -> str:
    swedish = local(found.at)
    return render_template(
        "then.html",
        view=found,
        text=moment_text(found.at),
        typed=typed or {"dag": f"{swedish:%Y-%m-%d}", "tid": f"{swedish:%H.%M.%S}"},
        mistakes=mistakes,
        revealed=bool(request.args.get("skyddat")),
        first=asked.place() is None,
    )
