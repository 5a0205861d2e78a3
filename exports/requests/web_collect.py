"""Search → collect: what is found goes onto the list of a request that is open.

Collecting holds nothing from disposal and changes nothing in the archive; a search that was made
for a request (`begaran` in its address) is noted for it. Only records of the request's own
authority are taken, in whatever state they are: visible, edited, hidden or gone from the platform.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.core.search import Searched
from archiver.errors import NotFound
from archiver.registry.queries import places
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.security import own_page
from archiver.web.services import services
from archiver.web.views import asked
from exports.core.access_request import EARLY, Standing
from exports.requests import words
from exports.requests.queries import RequestRow
from exports.web import Office, office, pages

SHOWN = 10  # open requests on the first page
_PAGE = 500  # records that a form may name at once


class Choice(NamedTuple):
    """An open request to collect for."""

    seq: int
    received: date
    authority: str


class Collecting(NamedTuple):
    """What a list of records is offered: the open requests, and the one it is collected for."""

    choices: list[Choice]
    chosen: Choice | None
    added: int | None
    back: str  # the page that is collected from

    @property
    def one(self) -> Choice | None:
        """The request there is no choice about."""
        return self.chosen or (self.choices[0] if len(self.choices) == 1 else None)


class Urgent(NamedTuple):
    """An open request and its clock."""

    row: RequestRow
    clock: words.Clock


def _open(at: Office, asks: Viewer, needed: Permission) -> list[RequestRow]:
    rows = at.requests.list(asks)
    return [row for row in rows if row.state in EARLY and asks.may(needed, row.authority)]


def collecting() -> Collecting | None:
    """For templates: which requests one may collect for; None if there is none."""
    at, asks = office()
    if not asks.may_somewhere(Permission.DISCLOSE):
        return None
    names = {one.seq: one.code for one in services().authorities()}
    rows = _open(at, asks, Permission.DISCLOSE)
    choices = [Choice(row.seq, row.received, names[row.authority]) for row in rows]
    if not choices:
        return None
    number = asked.number("begaran")
    chosen = next((one for one in choices if one.seq == number), None)
    kept = [(n, v) for n, v in request.args.items(multi=True) if n != "samlade"]
    back = f"{request.path}?{urlencode(kept)}" if kept else request.path
    return Collecting(choices, chosen, asked.number("samlade"), back)


def by_clock() -> tuple[list[Urgent], int]:
    """For templates: requests that wait for us, the worst first, and how many more there are."""
    at, asks = office()
    today = at.requests.today()
    rows = [
        row for row in at.requests.list(asks) if row.state in EARLY or row.state in words.OWN_TURN
    ]
    found = [
        Urgent(row, words.clock(Standing(received=row.received, state=row.state), today))
        for row in rows
    ]
    found.sort(key=lambda one: (_WORST.index(one.clock.tone), one.row.received, one.row.seq))
    return found[:SHOWN], max(0, len(found) - SHOWN)


_WORST = ("bad", "wait", "good", "quiet")


def searched(made: Searched, found: Callable[[], Sequence[int]]) -> None:
    """Note a search that was made for a request, and what it `found`."""
    at, asks = office()
    number = asked.number("begaran")
    if number is None:
        return
    for row in _open(at, asks, Permission.DISCLOSE):
        if row.seq == number:
            at.answers.notes.searched(asks, number, _asked(made), found())


def _asked(made: Searched) -> str:
    """What was searched for, with its filters."""
    filters = [f"{name}={value}" for name, value in made.filters if value]
    return " ".join([made.query, *filters]).strip() or "*"


def open_request(at: Office, asks: Viewer, seq: int) -> RequestRow:
    """A request that is being collected for; `NotFound` for one that is not, or not the viewer's,
    `AccessRefused` without the right to."""
    one = at.requests.get(asks, seq)
    asks.require(Permission.DISCLOSE, one.received.authority)
    if one.standing.state not in EARLY:
        raise NotFound(
            "The request is answered: nothing is collected for it.",
            remedy="Open it again first.",
        )
    return RequestRow(seq, one.received.authority, one.received.on, one.standing.state, seq)


@pages.post("/begaran/samla")
@needs(Permission.DISCLOSE)
def collect() -> BaseResponse:
    """Add the records that are ticked (`r-4711`), or with `alla` all of the page (`sida`), to the
    list of a request (`begaran`); back to the page they were found on."""
    at, asks = office()
    form = Form.of(request.form)
    number = form.number("begaran")
    if number is None:
        return redirect(url_for("requests.listing", sagt="valj"), 303)
    row = open_request(at, asks, number)
    ticked = set(form.ticked("r-"))
    if form.text("alla"):
        listed = request.form.get("sida", "").split(",")[:_PAGE]
        ticked |= {
            int(one) for one in listed if one.isascii() and one.isdecimal() and len(one) < 10
        }
    added = at.collected.add(number, _own(row.authority, ticked), asks.actor)
    back = own_page(request.form.get("tillbaka", ""))
    if back:
        joined = "&" if "?" in back else "?"
        return redirect(f"{back}{joined}samlade={len(added)}", 303)
    return redirect(url_for("requests.one", seq=number, sagt="samlade"), 303)


def _own(authority: int, records: set[int]) -> list[int]:
    """Those of the records that are the authority's."""
    with services().ledger.database.read() as connection:
        found = places(connection, records)
    return [seq for seq, place in found.items() if place.authority == authority]


@pages.post("/begaran/<int:seq>/ta-bort")
@needs(Permission.DISCLOSE)
def discard(seq: int) -> BaseResponse:
    """Take the ticked records (`r-4711`) off the list. What is held already stays held."""
    at, asks = office()
    open_request(at, asks, seq)
    at.collected.remove(seq, Form.of(request.form).ticked("r-"))
    return redirect(url_for("requests.one", seq=seq, sagt="borttagna", _anchor="insamlat"), 303)


SAID = {
    "samlade": lambda: gettext("Handlingarna är tillagda."),
    "borttagna": lambda: gettext("Handlingarna är borttagna ur listan."),
    "valj": lambda: gettext("Välj vilken begäran handlingarna ska läggas till i."),
}
