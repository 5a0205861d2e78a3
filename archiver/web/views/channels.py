"""Konton: the register, one channel, one run, and the progress of long work."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, jsonify, render_template, request

from archiver.web.dates import day, parse_day
from archiver.web.reading import allow, archive
from archiver.web.reading import channels as reading
from archiver.web.services import services, viewer
from archiver.web.views import asked

pages = Blueprint("channels", __name__)


@pages.get("/")
def overview() -> str:
    """Every channel, and how the archive stands."""
    return render_template(
        "overview.html",
        rows=reading.overview(services(), viewer()),
        health=archive.health(services(), viewer()),
        progress=services().progress(),
    )


@pages.get("/progress")
def progress() -> Response:
    """The long work that goes on, as data for the page's own script."""
    allow(viewer())
    found = services().progress()
    if found is None:
        return jsonify({"running": False})
    return jsonify(
        {
            "running": not found.finished,
            "title": found.title,
            "note": found.note,
            "done": found.done,
            "total": found.total,
        }
    )


@pages.get("/konton/C<int:seq>")
def channel(seq: int) -> str:
    """One channel: coverage, states, runs."""
    account = reading.account(services(), viewer(), seq)
    today = day(services().clock.now())
    last = min(parse_day(request.args.get("till", "")) or today, today)
    weeks = reading.calendar(services(), viewer(), seq, last=last)
    lines, before = reading.runs(services(), viewer(), seq, before=asked.number("fore"))
    return render_template(
        "channel.html",
        account=account,
        weeks=weeks,
        days=[one for week in weeks for one in week if one.inside],
        earlier=weeks[0][0].date - timedelta(days=1) if weeks[0][0].inside else None,
        today=today,
        last=last,
        states=reading.states(services(), viewer(), seq),
        lines=lines,
        before=before,
    )


@pages.get("/insamlingar/<int:seq>")
def run(seq: int) -> str:
    """One run: what was expected, seen and not seen, and every request."""
    return render_template("run.html", view=reading.run_view(services(), viewer(), seq))
