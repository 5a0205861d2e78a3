"""Konton: the register, and one channel's tabs. Reading here; `web_change` changes, `web_add` adds.

A part of the web shell that the composition root puts in with `part`. Whoever oversees an authority
sees how its channels stand; whoever may set channels changes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from flask import Blueprint, Flask, current_app, render_template, request

from archiver.channels import reading, words
from archiver.channels.desk import WebDesk
from archiver.channels.draft import Draft, Drafts
from archiver.channels.following import Following
from archiver.core.access import Permission
from archiver.core.channel import Channel
from archiver.core.connector import Connector
from archiver.core.reason import MASS_DISAPPEARANCE
from archiver.errors import NotFound
from archiver.web.app import Part
from archiver.web.dates import day as day_of
from archiver.web.dates import end_of, parse_day, start_of
from archiver.web.form import Form
from archiver.web.needs import needed, needs
from archiver.web.reading import allow, archive
from archiver.web.reading import channels as shared
from archiver.web.services import beside, services, viewer
from archiver.web.views import asked

EXTENSION = "diarkiv-channels"
GAP_DAYS = 400

pages = Blueprint("channels", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Office:
    """What the pages of one app work with."""

    desk: WebDesk
    drafts: Drafts
    following: Following


def part(desk: WebDesk) -> Part:
    """The part of the web shell that shows and changes this desk's channels."""

    def attach(app: Flask) -> None:
        from archiver.channels import web_add, web_change

        given = app.extensions["diarkiv"].services
        drafts = Drafts(given.clock, given.random, desk.check)
        following = Following(lambda request, tell: desk.follow(request, tell))  # noqa: PLW0108 late
        app.extensions[EXTENSION] = Office(desk, drafts, following)
        beside(app).gaps = desk.gaps
        app.jinja_env.filters.update(words.FILTERS)
        app.jinja_env.globals.update(value_words=words.value, with_tiers=words.with_tiers)
        for blueprint in (pages, web_add.pages, web_change.pages):
            app.register_blueprint(blueprint)

    return attach


def office() -> Office:
    """The office of the app that handles this request; `AccessRefused` for who may not see it."""
    allow(viewer())
    return cast("Office", current_app.extensions[EXTENSION])


def desk() -> WebDesk:
    """The desk of the app that handles this request."""
    return office().desk


def channel_of(seq: int) -> Channel:
    """The channel that a page is about; `NotFound` if there is none, or it is of an authority whose
    channels the viewer does not oversee: both take the same way and say the same. `AccessRefused`
    if they may see it and not do this."""
    authorities = viewer().authorities(Permission.OVERSEE)
    for one in desk().channels.channels():
        if one.seq == seq and (authorities is None or one.authority in authorities):
            viewer().require(needed(), one.authority)
            return one
    raise NotFound(f"There is no channel C{seq}.")


def draft_of(id: str) -> Draft:
    """The draft, if whoever asks has begun it."""
    return office().drafts.get(id, viewer().actor)


def render(template: str, channel: Channel, **values: object) -> str:
    """A page of one channel, with what all of its tabs show."""
    connector: Connector = desk().channels.connector(channel.platform)
    return render_template(
        template,
        account=shared.account(services(), viewer(), channel.seq),
        channel=channel,
        connector=connector,
        setting=reading.setting(services(), viewer(), channel.seq),
        said=words.said(request.args.get("sagt", "")),
        now=services().clock.now(),
        **values,
    )


@pages.get("/")
@needs(Permission.OVERSEE)
def overview() -> str:
    """Every channel, those that need looking at first, and how the archive stands."""
    return render_template(
        "channels/list.html",
        rows=reading.register(desk(), services(), viewer()),
        health=archive.health(services(), viewer()),
        progress=services().progress(),
        now=services().clock.now(),
    )


@pages.get("/konton/C<int:seq>")
@needs(Permission.OVERSEE)
def channel(seq: int) -> str:
    """One channel: what it is, its records by state, its runs."""
    one = channel_of(seq)
    lines, before = shared.runs(services(), viewer(), seq, before=asked.number("fore"))
    target = desk().channels.target(one)
    return render(
        "channels/overview.html",
        one,
        states=shared.states(services(), viewer(), seq),
        lines=lines,
        before=before,
        blind=sorted(desk().channels.connector(one.platform).blind(target)),
        next_at=desk().next_harvests().get(seq),
    )


@pages.get("/konton/C<int:seq>/tackning")
@needs(Permission.OVERSEE)
def coverage(seq: int) -> str:
    """A year of days: what was seen on each, and when nobody looked."""
    one = channel_of(seq)
    today = day_of(services().clock.now())
    last = min(parse_day(request.args.get("till", "")) or today, today)
    months = reading.year_to(desk(), services(), viewer(), one, last)
    first, year_on = months[0].first, last + timedelta(days=365)
    reaches_back = months[0].days[0].status != "before"
    return render(
        "channels/coverage.html",
        one,
        months=months,
        days=[on for month in months for on in month.days if on.counts],
        earlier=first - timedelta(days=1) if reaches_back else None,
        later=min(year_on, today) if last < today else None,
    )


@pages.get("/konton/C<int:seq>/dag/<text>")
@needs(Permission.OVERSEE)
def day(seq: int, text: str) -> str:
    """One day: its runs, what each list gave, and the gaps it lies in."""
    one, on = channel_of(seq), parse_day(text)
    if on is None or not 2000 <= on.year < 3000:
        raise NotFound("There is no such day.")
    view = reading.day_view(desk(), services(), viewer(), seq, on)
    today = day_of(services().clock.now())
    return render(
        "channels/day.html",
        one,
        view=view,
        before=on - timedelta(days=1),
        after=on + timedelta(days=1) if on < today else None,
    )


@pages.get("/konton/C<int:seq>/luckor")
@needs(Permission.OVERSEE)
def gaps(seq: int) -> str:
    """What is not known, since when, why, and whether somebody has seen to it."""
    one = channel_of(seq)
    today = day_of(services().clock.now())
    since = start_of(today - timedelta(days=GAP_DAYS))
    found = desk().gaps(seq, since, end_of(today))
    return render("channels/gaps.html", one, gaps=found, form=Form(), mass=MASS_DISAPPEARANCE)


@pages.get("/konton/C<int:seq>/anrop")
@needs(Permission.OVERSEE)
def budget(seq: int) -> str:
    """Requests a day, against the platform's limit."""
    one = channel_of(seq)
    found = reading.budget(desk(), services(), viewer(), one)
    interval = desk().request_interval
    own = int(86_400 / interval) if interval else None
    return render("channels/budget.html", one, budget=found, own_limit=own)


@pages.get("/konton/C<int:seq>/andringar")
@needs(Permission.OVERSEE)
def changes(seq: int) -> str:
    """Everything that was ever set of the channel."""
    one = channel_of(seq)
    return render("channels/changes.html", one, changes=reading.changes(desk(), viewer(), one))
