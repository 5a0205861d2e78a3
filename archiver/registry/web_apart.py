"""Åtskilt: which records are kept apart as possibly secret, and which were stopped.

For whoever may read what is protected, of their authorities; that the list was read is noted in the
access log before it is shown. It says numbers, states and dates, and why; never a word of a record.
A stop is not lifted here: no key of this installation opens what was stopped.
"""

from __future__ import annotations

from flask import Blueprint, render_template

from archiver.core.access import Permission
from archiver.registry.web import office
from archiver.web import trail
from archiver.web.needs import needs
from archiver.web.reading import channels as accounts
from archiver.web.services import services
from archiver.web.views import asked

pages = Blueprint("apart", __name__)
AT_ONCE = 50


@pages.get("/diarium/atskilt")
@needs(Permission.READ_PROTECTED)
def kept_apart() -> str:
    """What is kept apart, stopped, handed over and destroyed, the newest first."""
    at, asks = office()
    found = at.apart.page(asks, before=asked.number("fore"), limit=AT_ONCE + 1)
    shown = found[:AT_ONCE]
    trail.listed(row.authority for row, _ in shown)
    return render_template(
        "registry/apart.html",
        rows=shown,
        before=shown[-1][0].seq if len(found) > len(shown) else None,
        names={one.seq: one.name for one in services().authorities()},
        accounts=accounts.accounts(services(), asks),
    )
