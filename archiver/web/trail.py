"""Åtkomstlogg: who signed in and saw what is protected; and noting it.

A page that shows what is marked as possibly secret calls `protected` first: it refuses who may not
see it, and returns once it is noted.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, render_template

from archiver.core.access import HOME, Permission
from archiver.people.trail import Happened
from archiver.web.needs import needs
from archiver.web.services import services, viewer
from archiver.web.views import asked

pages = Blueprint("trail", __name__)
LINES_AT_ONCE = 50


def protected(record: int, authority: int) -> None:
    """Before something protected is shown: `AccessRefused` unless the viewer may see it, and then
    noted in the archive; `StoreUnavailable` if it cannot be noted."""
    viewer().require(Permission.READ_PROTECTED, authority)
    trail = services().trail
    if trail is not None:
        actor = viewer().actor
        trail.note(Happened.PROTECTED_READ, actor, authority=authority, record=record, wait=True)


def listed(authorities: Iterable[int]) -> None:
    """Before a list of what is kept apart is shown: noted for each authority; `StoreUnavailable` if
    it cannot be."""
    trail = services().trail
    for authority in sorted(set(authorities)) if trail is not None else ():
        assert trail is not None
        actor = viewer().actor
        trail.note(Happened.PROTECTED_LISTED, actor, authority=authority, wait=True)


def note(what: Happened, actor: int, *, about: int = 0, wait: bool = False) -> None:
    """Note something about the home itself, or done to the user `about`. With `wait` it is in the
    archive when this returns, or it raises."""
    trail = services().trail
    if trail is not None:
        trail.note(what, actor, authority=HOME, user=about, wait=wait)


@pages.get("/atkomstlogg")
@needs(Permission.AUDIT)
def log() -> str:
    """The access log of the authorities one audits, newest first."""
    trail, found = services().trail, []
    if trail is not None:
        found = trail.lines(
            viewer().authorities(Permission.AUDIT),
            before=asked.number("fore"),
            limit=LINES_AT_ONCE + 1,
        )
    shown = found[:LINES_AT_ONCE]
    return render_template(
        "trail.html",
        lines=shown,
        before=shown[-1].seq if len(found) > len(shown) else None,
        whole=viewer().may(Permission.AUDIT),
        authorities={one.seq: one.code for one in services().authorities()},
    )
