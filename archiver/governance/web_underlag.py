"""The underlag as the body is shown it: from the frozen bytes, never from what has come since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from flask import Response, render_template, request

from archiver.core.access import Permission
from archiver.core.reason import Wording
from archiver.errors import NotFound
from archiver.governance.core.acts import CATEGORIES, PURPOSES
from archiver.governance.core.answers import ANSWER_STATES
from archiver.governance.core.check import OUTCOMES
from archiver.governance.core.checklist import PHASES, PROVENANCE
from archiver.governance.core.steps import STEPS
from archiver.governance.web import gate_words, office, pages
from archiver.governance.web_checklist import CLASSES
from archiver.governance.web_choices import account_name, platform_name
from archiver.web.needs import needs
from archiver.web.services import services

Code = TypeVar("Code", bound=str)


@pages.get("/livscykel/I<int:seq>/underlag")
@needs(Permission.OVERSEE)
def underlag(seq: int) -> str | Response:
    """An underlag that was sent, to be printed: the newest, or the one of that `digest`; with
    `som=json` its very bytes. Before any was sent the page says so."""
    at, asks = office()
    one, digest = at.get(asks, seq), request.args.get("digest", "")
    frozen, content = None, {}
    if digest or one.standing.sent:
        frozen, found = at.frozen(asks, seq, digest)
        content = dict(found)
    if request.args.get("som") == "json":
        if frozen is None:
            raise NotFound("No such underlag was sent.", remedy="Send it when the gate is ready.")
        return Response(frozen.snapshot.encode(), content_type="application/json")
    names = {each.seq: each.name for each in services().authorities()}
    return render_template(
        "lifecycle/underlag.html",
        one=one,
        gate=gate_words(one.verdict, one),
        frozen=frozen,
        content=content,
        name=names.get(one.standing.opened.authority, ""),
        states=_by_code(ANSWER_STATES),
        outcomes=_by_code(OUTCOMES),
        provenance=_by_code(PROVENANCE),
        phases=_by_code(PHASES),
        classes=_by_code(CLASSES),
        purposes=_by_code(PURPOSES),
        categories=_by_code(CATEGORIES),
        sections=one.bearings.checklist.sections,
        steps=STEPS,
        platform_name=platform_name,
        account_name=account_name,
    )


def _by_code(words: Mapping[Code, Wording]) -> dict[str, Wording]:
    return {str(code): said for code, said in words.items()}
