"""One decision on several threads of the inbox: it is summed up first, and then it is taken.

What can be decided of many at once is what is the same for all: kept in order, of minor importance,
registered in another system, handed over. What is registered here gets a title and a number of its
own, and is decided on one by one. Nothing that was changed since it was shown is decided on: it is
named, with why, and stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.registry import inbox_form
from archiver.registry.core.suggestion import MINOR, Suggestion
from archiver.registry.core.triage import MAX_AT_ONCE, Decision, Outcome
from archiver.registry.inbox import Item
from archiver.registry.posts import NO_ACTION, Post
from archiver.registry.selection import Selection, select
from archiver.registry.web import Office, office
from archiver.registry.web_inbox import decided_of, proposed
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.reading import channels as accounts
from archiver.web.services import services

pages = Blueprint("bulk", __name__, template_folder="templates")
DECISIONS = ("ordnad", "ringa", "annat", "overlamna")
_PLAIN = {"ordnad": Outcome.KEPT_IN_ORDER, "ringa": Outcome.MINOR}
_SHOWN = 100  # threads and refusals that are listed by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody chose: the decision, the items, and how many more than fit were left."""

    decision: str
    selection: Selection
    left: int

    @property
    def values(self) -> list[str]:
        """The items as the form names them, those that nothing stands against."""
        items = self.selection.items
        return [f"{one.seq}.{one.latest}.{one.triaged}" for one in items]


def _asked(at: Office, asks: Viewer, given: MultiDict[str, str]) -> Asked | None:
    """What was chosen; None if nothing was."""
    named = [one for value in given.getlist("trad") for one in value.split(",") if one]
    decision = given.get("beslut", "")
    if not named or decision not in DECISIONS:
        return None
    shown = inbox_form.parsed(named[:MAX_AT_ONCE])
    left = len(set(named[MAX_AT_ONCE:])) or _count(given.get("over", ""))
    selection = select(shown, at.inbox.items(asks, shown), decided_of(at.desk.pending(asks)))
    return Asked(decision=decision, selection=selection, left=left)


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0


@pages.get("/inkorg/flera")
@needs(Permission.REGISTER)
def summary() -> str | BaseResponse:
    """What will happen if the decision is taken on all that was chosen."""
    at, asks = office()
    asked = _asked(at, asks, request.args)
    if asked is None:
        return _back("valj")
    today = stockholm_date(services().clock.now()).isoformat()
    return _page(at, asks, asked, Form({"dag": today, **_proposed(at, asks, asked)}))


@pages.post("/inkorg/flera")
@needs(Permission.REGISTER)
def decide() -> BaseResponse | tuple[str, int]:
    """Take the decision: at once for one thread and a decision that is a key, else when what will
    happen was shown (`sett`)."""
    at, asks = office()
    asked = _asked(at, asks, request.form)
    if asked is None:
        return _back("valj")
    plain, seen = asked.decision in _PLAIN, bool(request.form.get("sett"))
    whole = not (asked.selection.refused or asked.left)
    if not seen and not (plain and whole and asked.selection.threads == 1):
        return _to_summary(asked)
    form = Form.of(request.form)
    if asked.selection.refused:
        return _page(at, asks, asked, form), 409
    made = asked.selection.decisions(lambda items: _decision(asked.decision, form, items))
    if not form.mistakes:
        with form.judging(
            {"annat": "system"}.get(asked.decision, "till"), gettext("Det går inte så.")
        ):
            at.desk.ask(asks, made)
            return _back(f"flera-{asked.decision}")
    return _page(at, asks, asked, form), 400


def _decision(code: str, form: Form, items: Sequence[Item]) -> Decision:
    if code == "annat":
        return inbox_form.elsewhere(form, items)
    if code == "overlamna":
        return inbox_form.handed_over(form, items)
    return inbox_form.plain(_PLAIN[code], items, "")


def _back(said: str) -> BaseResponse:
    given = request.values
    return redirect(url_for("inbox.inbox", vy=given.get("vy") or None, sagt=said), 303)


def _to_summary(asked: Asked) -> BaseResponse:
    chosen = request.form.getlist("trad")
    named = [one for value in chosen for one in value.split(",") if one][:MAX_AT_ONCE]
    return redirect(
        url_for(
            "bulk.summary",
            trad=",".join(named),
            beslut=asked.decision,
            vy=request.form.get("vy") or None,
            over=asked.left or None,
        ),
        303,
    )


def _proposed(at: Office, asks: Viewer, asked: Asked) -> dict[str, str]:
    """The recipient that every chosen item is led to, if it is the same one."""
    if asked.decision != "overlamna":
        return {}
    posts = at.posts.open(asks, asked.selection.items).values()
    now = services().clock.now()
    found = [proposed(one, now) for one in posts]
    if not found or any(one.get("till") != found[0].get("till") for one in found):
        return {}
    days = [one["svar"] for one in found if "svar" in one]
    return {**found[0], "svar": min(days) if len(days) == len(found) else ""}


def _page(at: Office, asks: Viewer, asked: Asked, form: Form) -> str:
    selection = asked.selection
    threads: dict[tuple[int, bytes], list[Item]] = {}
    for one in selection.items:
        threads.setdefault(one.thread, []).append(one)
    posts = at.posts.open(asks, selection.items)
    names = {one.seq: one.name for one in services().authorities()}
    return render_template(
        "registry/bulk.html",
        asked=asked,
        threads=[_row(asked, held, posts) for held in list(threads.values())[:_SHOWN]],
        more=max(0, len(threads) - _SHOWN),
        authorities=[
            (names.get(one, ""), len(held)) for one, held in selection.by_authority().items()
        ],
        refused=selection.refused[:_SHOWN],
        accounts=accounts.accounts(services(), asks),
        most=MAX_AT_ONCE,
        view=request.values.get("vy", ""),
        form=form,
        now=services().clock.now(),
    )


def _row(asked: Asked, items: Sequence[Item], posts: Mapping[int, Post]) -> dict[str, Any]:
    """A thread in the summary, and those of its posts that seem to call for something else."""
    held = [posts[one.seq] for one in items]
    others = [one for one in held if _differs(asked.decision, one.suggestions)]
    return {"first": held[0], "count": len(held), "others": others}


def _differs(decision: str, suggestions: Sequence[Suggestion]) -> bool:
    """Whether what is suggested does not go with what is about to be decided."""
    if decision == "ringa":
        return any(one.trigger != MINOR for one in suggestions)
    if decision == "ordnad":
        return any(one.trigger not in NO_ACTION for one in suggestions)
    return any(one.stop is not None for one in suggestions)
