"""Inkorg and Diarium in the web shell: what they work with, and the part that puts them in.

Reading and deciding are in `web_inbox`, the register's own pages in `web_register`, what is set for
an authority in `web_series`, `web_classes` and `web_publication`. Each page
declares the permission that it needs, and what is not the viewer's is not found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.search import Leads, Shortcut
from archiver.db.capture_drafts import CaptureDrafts
from archiver.ledger.apart import Apart
from archiver.registry import words
from archiver.registry.classes import Classes
from archiver.registry.core.entry import Entry
from archiver.registry.desk import Desk
from archiver.registry.handovers import Handovers
from archiver.registry.inbox import Inbox
from archiver.registry.package import Packages
from archiver.registry.posts import Posts
from archiver.registry.publisher import Publisher
from archiver.registry.publishing import WebDiary
from archiver.registry.routes import Routes
from archiver.registry.service import Register
from archiver.web.app import Part
from archiver.web.chronicle import Happened, Noted
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.services import beside, services, viewer

EXTENSION = "diarkiv-registry"
LONGEST_NUMBER = 100  # characters


@dataclass(frozen=True, slots=True)
class Office:
    """What the pages of one app work with; `alarm` has people told at once of what has happened,
    and waits for nobody."""

    desk: Desk
    inbox: Inbox
    posts: Posts
    apart: Apart
    classes: Classes
    web_diary: WebDiary
    publisher: Publisher
    uploads: CaptureDrafts  # what is being looked at before it is imported
    routes: Routes
    handovers: Handovers
    packages: Packages
    alarm: Callable[[], None]

    @property
    def register(self) -> Register:
        return self.desk.register


def part(made: Callable[[], Office]) -> Part:
    """The part of the web shell with the inbox and the register."""

    def attach(app: Flask) -> None:
        from archiver.registry import (
            web_apart,
            web_bulk,
            web_classes,
            web_handover,
            web_inbox,
            web_package,
            web_publication,
            web_register,
            web_routes,
            web_series,
        )

        app.extensions[EXTENSION] = made()
        app.jinja_env.filters.update(words.FILTERS)
        app.jinja_env.globals["entries_of"] = entries_of
        parts = (web_inbox, web_bulk, web_register, web_series, web_classes, web_routes)
        # Some add their pages to the register's own.
        more = (web_publication, web_apart, web_handover, web_package)
        for own in {one.pages.name: one.pages for one in (*parts, *more)}.values():
            app.register_blueprint(own)
        beside(app).noted = noted
        beside(app).shortcuts = shortcuts

    return attach


def entries_of(record: int) -> list[Entry]:
    """For templates: the entries a record is registered in, as far as whoever asks sees them."""
    at, asks = office()
    return at.register.reader.of_records(asks, [record]).get(record, [])


def noted(viewer: Viewer, record: int) -> list[Noted]:
    """What stands in the register about a record: entries, and what has happened to them since."""
    at, _ = office()
    found = []
    for entry in at.register.reader.of_records(viewer, [record]).get(record, []):
        events = [(Happened.ENTERED, entry.at)]
        events += [(Happened.CORRECTED, one.at) for one in entry.corrections]
        events += [
            (Happened.MARKED if one.marking else Happened.UNMARKED, one.at)
            for one in entry.markings
        ]
        events += [(Happened.VOIDED, entry.voided.at)] if entry.voided else []
        found += [
            Noted(what=what, at=when, entry=entry.seq, number=entry.number) for what, when in events
        ]
    return sorted(found, key=lambda one: one.at)


def shortcuts(viewer: Viewer, text: str) -> list[Shortcut]:
    """The entries and cases that have a number, as far as the viewer may read them."""
    if len(text) > LONGEST_NUMBER:
        return []
    at, _ = office()
    year = stockholm_date(services().clock.now()).year
    found = []
    for one in at.register.reader.find(viewer, text, this_year=year, full=False):
        if isinstance(one, Entry):
            found.append(
                Shortcut(leads=Leads.ENTRY, seq=one.seq, label=one.number, title=one.fields.title)
            )
        else:
            found.append(Shortcut(leads=Leads.CASE, seq=one.seq, label=one.number, title=one.title))
    return found


def office() -> tuple[Office, Viewer]:
    """The office of the app that handles this request, and who asks."""
    return cast("Office", current_app.extensions[EXTENSION]), viewer()


def own_authorities(asks: Viewer, needed: Permission) -> list[tuple[int, str]]:
    """The authorities that the viewer has a permission for, by number and name."""
    return [(one.seq, one.name) for one in services().authorities() if asks.may(needed, one.seq)]


def chosen_authority(form: Form, asks: Viewer, needed: Permission) -> int | None:
    """The authority that was chosen, the only one there is, or none, with a mistake noted."""
    there = [seq for seq, _ in own_authorities(asks, needed)]
    if len(there) == 1:
        return there[0]
    number = form.number("namnd")
    if number in there:
        return number
    form.wrong("namnd", gettext("Välj en myndighet."))
    return None
