"""Requests for public records in the web shell: what its pages work with, and the part that puts
them in.

Pages of others add what stands here: search and lists give their hits a box to add them to a
request, the first page shows the open ones by their clocks, and a search that is made for a request
is noted there. Each page declares the permission it needs; what is not the viewer's is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from flask import Blueprint, Flask, current_app

from archiver.core.access import Viewer
from archiver.db.collected import Collected
from archiver.web.app import Part
from archiver.web.services import beside, viewer
from exports.release.service import Releases
from exports.release.work import Work
from exports.requests.answers import Answers
from exports.requests.mandates import Mandates
from exports.requests.service import Requests
from gdpr.masks.service import Masks

EXTENSION = "diarkiv-disclosure"
pages = Blueprint("requests", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the pages of one app work with. `people`: to whom a mandate can be given, by number and
    name; `work`: what goes on beside its pages."""

    requests: Requests
    mandates: Mandates
    people: Callable[[], Sequence[tuple[int, str]]]
    collected: Collected
    answers: Answers
    masks: Masks
    releases: Releases
    work: Work = field(default_factory=Work)


def part(made: Callable[[], Office]) -> Part:
    """The part of the web shell with requests for public records."""

    def attach(app: Flask) -> None:
        from exports.release import web as release_web
        from exports.release import web_make
        from exports.release import words as release_words
        from exports.requests import web as request_web
        from exports.requests import web_charge, web_collect, web_list, web_rules, words

        # Their routes are on `pages`.
        del web_charge, request_web, release_web, web_make, web_list, web_rules
        app.extensions[EXTENSION] = made()
        app.jinja_env.filters.update({**words.FILTERS, **release_words.FILTERS})
        app.jinja_env.globals.update(
            collecting=web_collect.collecting, requests_by_clock=web_collect.by_clock
        )
        app.register_blueprint(pages)
        beside(app).searched = web_collect.searched

    return attach


def office() -> tuple[Office, Viewer]:
    """The office of the app that handles this request, and who asks."""
    return cast("Office", current_app.extensions[EXTENSION]), viewer()
