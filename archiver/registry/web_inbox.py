"""Inkorgen: what came in and waits, beside it the item, and what can be decided of it.

A decision is a form, answered with a redirect to what is next; it can be undone for a minute. One
key does what one button does, and the keys can be switched off (WCAG 2.2, 2.1.4).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.egress import Purpose, release
from archiver.db.apart import ApartState, apart
from archiver.errors import ConfigError
from archiver.registry import inbox_form, words
from archiver.registry.agenda import by_the_clock
from archiver.registry.core.draft import Asked
from archiver.registry.core.triage import Outcome
from archiver.registry.desk import Pending
from archiver.registry.inbox import Item, Page, Place
from archiver.registry.posts import Post, View
from archiver.registry.web import Office, office
from archiver.web import queries
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext
from archiver.web.needs import needs
from archiver.web.reading import channels as accounts
from archiver.web.services import services

pages = Blueprint("inbox", __name__, template_folder="templates")
_PLAIN = {
    "ordnad": Outcome.KEPT_IN_ORDER,
    "ringa": Outcome.MINOR,
}
_REGISTERS = ("registrera", "sekretess", "samling")
_FORMS = (*_REGISTERS, "annat", "overlamna", "stoppa")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The item that is shown, what waits with it, and the authority's post that it answers."""

    post: Post
    waiting: tuple[Item, ...]
    top: Mapping[str, Any]
    next: int | None


def _view() -> View:
    try:
        return View(request.args.get("vy", View.ALL))
    except ValueError:
        return View.ALL


def _number(name: str) -> int | None:
    text = request.args.get(name, "").removeprefix("R")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


@pages.get("/inkorg")
@needs(Permission.REGISTER)
def inbox() -> str:
    """The inbox: a saved view (`vy`), the item that is shown (`vald`), what is done (`gor`)."""
    at, asks = office()
    do = request.args.get("gor", "")
    return _page(at, asks, do if do in _FORMS else "", None)


def _page(at: Office, asks: Viewer, do: str, form: Form | None) -> str:
    pending = at.desk.pending(asks)
    decided = decided_of(pending)
    view, after = _view(), Place.parse(request.args.get("efter", ""))
    if view is View.CLOCK:
        page = by_the_clock(at.inbox, at.posts, asks, without=decided, after=after)
    else:
        page = at.inbox.page(asks, at.posts.choice(asks, view), without=decided, after=after)
    posts = at.posts.open(asks, [thread.items[0] for thread in page.threads])
    chosen = _chosen(at, asks, page, decided)
    title = do and chosen and _filled(at, asks, chosen, do)
    now = services().clock.now()
    return render_template(
        "registry/inbox.html",
        accounts=accounts.accounts(services(), asks),
        view=view,
        views=list(View),
        page=page,
        after=after,
        posts=posts,
        chosen=chosen,
        do=do if chosen else "",
        held=do == "sekretess" and chosen is not None and _is_apart(chosen.post.item.seq),
        form=form or Form(title or {}),
        series=at.register.series(asks),
        cases=at.register.reader.cases(asks) if do in _REGISTERS else [],
        pending=pending,
        standing=at.inbox.standing(asks, now=now),
        now=now,
        said=words.said(request.args.get("sagt", "")),
    )


def _chosen(at: Office, asks: Viewer, page: Page, decided: Collection[int]) -> Chosen | None:
    """The item that was asked for, else the first that waits."""
    wanted = _number("vald")
    order = [thread.items[0].seq for thread in page.threads]
    item: Item | None = None
    if wanted is not None:
        item = at.inbox.items(asks, [wanted]).get(wanted)
    if item is None and page.threads:
        item = page.threads[0].items[0]
    if item is None:
        return None
    thread = next((one for one in page.threads if item.thread == one.items[0].thread), None)
    waiting = thread.items if thread else ()
    here = order.index(thread.items[0].seq) if thread else -1
    rest = [seq for seq in order[here + 1 :] + order[: max(here, 0)] if seq not in decided]
    return Chosen(
        post=at.posts.open(asks, [item])[item.seq],
        waiting=tuple(one for one in waiting if one.seq != item.seq),
        top=_top(asks, item),
        next=rest[0] if rest else None,
    )


def _top(asks: Viewer, item: Item) -> Mapping[str, Any]:
    """What may be shown of the post at the top of the thread; empty if the item is that itself, or
    the archive has not got it."""
    if item.root is None:
        return {}
    with services().ledger.database.read() as connection:
        row = queries.by_native(connection, item.channel, item.root)
    if row is None:
        return {}
    opened = services().ledger.open([row.latest])  # nothing of a post that is kept apart
    envelope = opened[row.latest].envelope if opened else {}
    return {**release(asks, Purpose.READ, envelope), "seq": row.seq}


def _is_apart(record: int) -> bool:
    with services().ledger.database.read() as connection:
        found = apart(connection, record)
    return found is not None and found.state is ApartState.PROTECTED


def _filled(at: Office, asks: Viewer, chosen: Chosen, do: str) -> dict[str, str]:
    """What a form begins with. Nothing that is suggested names a person where it may be shown."""
    item, post = chosen.post.item, chosen.post
    account = accounts.account(services(), asks, item.channel)
    today = stockholm_date(services().clock.now()).isoformat()
    suggested = post.suggested
    held = at.register.reader.of_records(asks, [one.seq for one in chosen.waiting] + [item.seq])
    case = next(
        (one.fields.case for found in held.values() for one in found if one.fields.case), None
    )
    level = max(2, int(post.level)) if case is None else 3
    filled = {
        "titel": words.suggested_title(
            answers=item.root is not None,
            top=str(chosen.top.get("title", "")),
            channel=account.title,
        ),
        "avsandare": post.author,
        "niva": str(level if level != 3 or case else 2),
        "arende": str(case) if case else "",
        "dag": today,
        "forslag": suggested.trigger if suggested else "",
        "skal": gettext("Misstänkt övergreppsmaterial") if do == "stoppa" else "",
    }
    if do == "sekretess":
        filled |= {
            "niva": "4",
            "titel": gettext("Uppgift som kan omfattas av sekretess"),
            "avsandare": "",
            "hemlig-avsandare": post.author,
        }
    if do == "overlamna":
        filled |= proposed(post, services().clock.now())
    if do == "samling":
        mine = [
            one
            for one in at.register.reader.cases(asks)
            if one.collective and one.authority == item.authority
            if one.voided is None and not one.closed_on
        ]
        filled |= {"niva": "3", "arende": str(mine[0].seq) if mine else ""}
    return filled


def proposed(post: Post, now: int) -> dict[str, str]:
    """To whom the suggested route leads, how they are reached, and the last day that is to come."""
    filled: dict[str, str] = {}
    if post.leads_to:
        first = post.leads_to[0]
        filled |= {"till": first.title.say(chosen()), "vag": first.address}
    last = next((one.last for one in post.clocks if one.last is not None), None)
    if last is not None and stockholm_date(last) > stockholm_date(now):
        filled["svar"] = stockholm_date(last).isoformat()
    return filled


def _items(at: Office, asks: Viewer) -> list[Item]:
    shown = inbox_form.named(request.form.getlist("handling"))
    return inbox_form.current(shown, at.inbox.items(asks, shown), decided_of(at.desk.pending(asks)))


def decided_of(pending: Sequence[Pending]) -> set[int]:
    """Records with a decision that waits to be sealed."""
    return {record for one in pending if not one.failure for record in one.asked.records}


def _done(said: str, chosen: int | None = None) -> BaseResponse:
    """To what is next in the same view, or to the item that was asked for."""
    following = request.form.get("nasta") if chosen is None else str(chosen)
    view = request.form.get("vy") or None
    return redirect(url_for("inbox.inbox", vy=view, vald=following or None, sagt=said), 303)


@pages.post("/inkorg/beslut")
@needs(Permission.REGISTER)
def decide() -> BaseResponse:
    """Keep in order, or of minor importance: one item, or all that waits in its thread."""
    at, asks = office()
    code = request.form.get("beslut", "")
    if code not in _PLAIN:
        raise ConfigError("There is no such decision.", remedy="Use the page's buttons.")
    items = _items(at, asks)
    trigger = request.form.get("forslag", "")
    known = trigger if trigger in at.posts.table(items[0].authority).routes else ""
    at.desk.ask(asks, [inbox_form.plain(_PLAIN[code], items, known)])
    return _done(code)


@pages.post("/inkorg/atskilj")
@needs(Permission.REGISTER)
def set_apart() -> str:
    """Keep apart what may be secret, at the first key; then ask for the rest. What the form begins
    with is read before: afterwards nobody reads it unasked."""
    at, asks = office()
    items = _items(at, asks)
    post = at.posts.open(asks, items[:1])[items[0].seq]
    begun = Chosen(post=post, waiting=(), top=_top(asks, items[0]), next=None)
    form = Form(_filled(at, asks, begun, "sekretess"))
    at.desk.set_apart(asks, items[0].authority, [one.seq for one in items])
    return _page(at, asks, "sekretess", form)


@pages.post("/inkorg/oppna")
@needs(Permission.MARK_SECRECY)
def put_back() -> BaseResponse:
    """Keep it apart no longer: the key was a slip."""
    at, asks = office()
    items = _items(at, asks)
    for one in items:
        at.apart.unprotect(one.seq, reason="Ångrad", viewer=asks)
    return _done("oppnad", items[0].seq)


@pages.post("/inkorg/registrera")
@needs(Permission.REGISTER)
def register() -> BaseResponse | tuple[str, int]:
    """Register what is shown, with a number of its own or in a case."""
    at, asks = office()
    items, form = _items(at, asks), Form.of(request.form)
    post = at.posts.open(asks, items[:1])[items[0].seq]
    asked = inbox_form.registration(
        form,
        items,
        now=services().clock.now(),
        sender=post.author,
        authority=accounts.account(services(), asks, items[0].channel).authority_name,
    )
    do = request.form.get("gor", "registrera")
    return _ask(at, asks, asked, form, "registrerad", do if do in _FORMS else "registrera", "titel")


@pages.post("/inkorg/annat")
@needs(Permission.REGISTER)
def elsewhere() -> BaseResponse | tuple[str, int]:
    """Note that it is registered in another system."""
    at, asks = office()
    items, form = _items(at, asks), Form.of(request.form)
    return _ask(at, asks, inbox_form.elsewhere(form, items), form, "annat", "annat", "system")


@pages.post("/inkorg/overlamna")
@needs(Permission.REGISTER)
def hand_over() -> BaseResponse | tuple[str, int]:
    """Hand over to somebody who answers."""
    at, asks = office()
    items, form = _items(at, asks), Form.of(request.form)
    asked = inbox_form.handed_over(form, items)
    return _ask(at, asks, asked, form, "overlamnad", "overlamna", "till")


def _ask(
    at: Office, asks: Viewer, asked: Asked, form: Form, said: str, do: str, field: str
) -> BaseResponse | tuple[str, int]:
    if not form.mistakes:
        with form.judging(field, gettext("Det går inte att registrera så.")):
            at.desk.ask(asks, [asked])
            return _done(said)
    return _page(at, asks, do, form), 400


@pages.post("/inkorg/stoppa")
@needs(Permission.STOP)
def stop() -> BaseResponse | tuple[str, int]:
    """The emergency stop: out of everybody's reach at once. There is no minute to undo it in."""
    at, asks = office()
    record, form = min(inbox_form.named(request.form.getlist("handling"))), Form.of(request.form)
    reason = form.text("skal")
    if not reason and asks.may_somewhere(Permission.REGISTER):
        form.wrong("skal", gettext("Skriv varför handlingen stoppas."))
        return _page(at, asks, "stoppa", form), 400
    # It waits for nothing: neither for a decision on its way, nor for a newer version to be read.
    at.apart.stop(record, reason=reason, viewer=asks)
    at.alarm()
    if asks.may_somewhere(Permission.REGISTER):
        return _done("stoppad")
    return redirect(url_for("records.listing"), 303)


@pages.post("/inkorg/angra")
@needs(Permission.REGISTER)
def undo() -> BaseResponse:
    """Take back a decision that is not sealed yet."""
    at, asks = office()
    text = request.form.get("utkast", "")
    if len(text) != 32 or set(text) - set("0123456789abcdef"):
        raise ConfigError("No decision was named.", remedy="Go back to the inbox.")
    taken = at.desk.undo(asks, bytes.fromhex(text))
    return _done("angrat", taken.records[0] if taken.records else None)
