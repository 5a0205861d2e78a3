"""Inkorg and Diarium in the web shell: what they work with, and the part that puts them in.

Reading and deciding are in `web_inbox`, the register's own pages in `web_register`. Each page
declares the permission that it needs, and what is not the viewer's is not found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from archiver.core.access import Viewer
from archiver.ledger.apart import Apart
from archiver.registry import words
from archiver.registry.core.entry import Entry
from archiver.registry.desk import Desk
from archiver.registry.handovers import Handovers
from archiver.registry.inbox import Inbox
from archiver.registry.package import Packages
from archiver.registry.posts import Posts
from archiver.registry.service import Register
from archiver.web.app import Part
from archiver.web.services import viewer

EXTENSION = "diarkiv-registry"


@dataclass(frozen=True, slots=True)
class Office:
    """What the pages of one app work with; `alarm` has people told at once of what has happened,
    and waits for nobody."""

    desk: Desk
    inbox: Inbox
    posts: Posts
    apart: Apart
    handovers: Handovers
    packages: Packages
    alarm: Callable[[], None]

    @property
    def register(self) -> Register:
        return self.desk.register


def part(made: Callable[[], Office]) -> Part:
    """The part of the web shell with the inbox and the register."""

    def attach(app: Flask) -> None:
        from archiver.registry import web_apart, web_handover, web_inbox, web_package

        app.extensions[EXTENSION] = made()
        app.jinja_env.filters.update(words.FILTERS)
        app.jinja_env.globals["entries_of"] = entries_of
        # All but the first are one, with the register's own.
        for blueprint in dict.fromkeys(
            (web_inbox.pages, web_apart.pages, web_handover.pages, web_package.pages)
        ):
            app.register_blueprint(blueprint)

    return attach


def entries_of(record: int) -> list[Entry]:
    """For templates: the entries a record is registered in, as far as whoever asks sees them."""
    at, asks = office()
    return at.register.reader.of_records(asks, [record]).get(record, [])


def office() -> tuple[Office, Viewer]:
    """The office of the app that handles this request, and who asks."""
    return cast("Office", current_app.extensions[EXTENSION]), viewer()
