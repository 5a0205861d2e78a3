"""What is done on the pages of masks: looking, deciding, marking, taking back. PRG throughout."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from gdpr.core.mask import Mask, Target, TextSpan, WholeField
from gdpr.core.place import CATEGORIES, parse
from gdpr.masks import ground_form
from gdpr.masks.reading import Review, by_source
from gdpr.masks.web import desk, ordered, page, pages, queue_asked, reviewed, whole

_QUEUE = 200


@pages.post("/masker/R<int:seq>/foresla")
@needs(Permission.DISCLOSE)
def suggest(seq: int) -> BaseResponse:
    """Look for personal data in every record of the queue, and in the files of this one."""
    masks, asks = desk()
    count = masks.suggest(asks, queue_asked() or [seq])
    if reviewed(seq).types:
        count += masks.suggest(asks, [seq], files=True)
    return _back(seq, "forslag", count)


@pages.post("/masker/R<int:seq>/angra")
@needs(Permission.DISCLOSE)
def undo(seq: int) -> BaseResponse | tuple[str, int]:
    """Take back what the viewer last decided of the record's masks."""
    masks, asks = desk()
    form = Form()
    try:
        return _back(seq, "angrat", masks.undo(asks, seq))
    except RuleViolation as error:
        reviewed(seq)
        form.wrong("angra", gettext("Det finns inget att ångra här."), str(error))
    return page(seq, form), 400


@pages.post("/masker/R<int:seq>/besluta")
@needs(Permission.DISCLOSE)
def decide(seq: int) -> BaseResponse | tuple[str, int]:
    """Accept or reject suggestions, all of a recogniser in the queue, or mask a place: `gor` says
    which."""
    review = reviewed(seq)
    form = Form.of(request.form)
    what, _, which = form.text("gor").partition(":")
    try:
        if what == "alla":
            if (touched := _all(review, form, which)) is not None:
                shown = seq if seq in touched else touched[0]
                return _back(shown, "godtaget", len(touched))
        elif (done := _done(review, form, what, which)) is not None:
            return _back(seq, *done, fokus=_next(review, which))
    except NotFound as error:
        form.wrong("masker", gettext("Någon av maskerna finns inte."), str(error))
    except ConfigError as error:
        form.wrong("grunder", gettext("Det kan inte sparas så."), str(error))
    except RuleViolation as error:
        form.wrong("grunder", gettext("Masken går inte att lägga så."), str(error))
    return page(seq, form), 400


def _done(review: Review, form: Form, what: str, which: str) -> tuple[str, int] | None:
    """What was done, and to how many; None, with the mistake noted, if nothing was."""
    masks, asks = desk()
    if what == "avvisa":
        numbers = _numbers(form, which)
        return ("avvisat", masks.reject(asks, numbers, note=form.text("skal"))) if numbers else None
    until, cited = ground_form.until(form), ground_form.citations(review, form)
    if form.mistakes:
        return None
    if what in ("godta", "lika"):
        numbers = _numbers(form, which)
        if what == "lika":
            numbers = sorted({one for n in numbers for one in masks.alike(asks, n, queue_asked())})
        held = {one.seq: one for one in review.masks}
        has_own = all(n in held and held[n].mask.citations for n in numbers)
        if not numbers or (not cited and not has_own and _no_ground(form)):
            return None
        note = form.text("skal")
        return "godtaget", masks.accept(asks, numbers, cited, note=note, until=until)
    target = _target(review, form, what, which)
    if target is None or (not cited and _no_ground(form)):
        return None
    mask = Mask(
        record=review.record,
        version=review.version,
        target=target,
        category=form.text("slag") if form.text("slag") in CATEGORIES else "other",
        citations=cited,
        note=form.text("skal"),
    )
    masks.add(asks, mask, until=until)
    return "maskat", 1


def _all(review: Review, form: Form, source: str) -> list[int] | None:
    """Accept all that a recogniser suggests in the queue, in one decision, which one undo takes
    back: the record of each, where there are any; None, with the mistake noted, if nothing was."""
    masks, asks = desk()
    until, cited = ground_form.until(form), ground_form.citations(review, form)
    kept = by_source(masks.pending(asks, queue_asked() or [review.record])).get(source, ())
    if not kept:
        form.wrong("masker", gettext("Välj minst ett förslag."))
    if form.mistakes or (not cited and not all(one.mask.citations for one in kept)):
        if not form.mistakes:
            _no_ground(form)
        return None
    masks.accept(asks, [one.seq for one in kept], cited, note=form.text("skal"), until=until)
    return [one.mask.record for one in kept]


def _no_ground(form: Form) -> bool:
    form.wrong("grunder", gettext("Välj minst en paragraf: utan den får inget maskas."))
    return True


def _numbers(form: Form, which: str) -> list[int]:
    ticked = [name.removeprefix("mask-") for name in form.values if name.startswith("mask-")]
    numbers = [n for n in map(whole, [which] if which else ticked) if n]
    if not numbers:
        form.wrong("masker", gettext("Välj minst ett förslag."))
    return numbers


def _target(review: Review, form: Form, what: str, which: str) -> Target | None:
    """The place that was marked: by its words, all of a field, or as the script says it."""
    if what == "markering":
        return parse(form.text("stalle"))
    if what == "fil" and which.isdecimal() and len(which) < 4:
        return WholeField(f"attachments/{int(which)}")
    paths = list(review.texts)
    if not which.isdecimal() or len(which) > 4 or int(which) >= len(paths):
        form.wrong("masker", gettext("Välj minst ett förslag."))
        return None
    if what == "falt":
        return WholeField(paths[int(which)])
    start, end = form.number(f"fran-{which}"), form.number(f"till-{which}")
    if start is None or end is None or end <= start:
        form.wrong(
            f"till-{which}", gettext("Välj det första och det sista ordet, i den ordningen.")
        )
        return None
    return TextSpan(paths[int(which)], start, end)


def _next(review: Review, which: str) -> int | None:
    """The suggestion after the one that was decided on, for the keyboard to go on from."""
    masks, asks = desk()
    before = [one.seq for one in ordered(review)]
    found = masks.pending(asks, [review.record]).get(review.record, ())
    waiting = {one.seq for one in found if one.mask.version == review.version}
    at = before.index(int(which)) if which.isdecimal() and int(which) in before else 0
    return next((one for one in [*before[at:], *before] if one in waiting), None)


def _back(seq: int, said: str, count: int, fokus: int | None = None) -> BaseResponse:
    """To the record's page, with the queue, the view and the grounds that were chosen."""
    kept: dict[str, Any] = {
        name: value
        for name, value in request.form.items()
        if name.startswith((*ground_form.PREFIXES, "sida-")) or name in _KEPT
        if value and len(value) <= 40 * _QUEUE
    }
    anchor = f"m{fokus}" if fokus else None
    more = {**kept, "sagt": said, "antal": count, "fokus": fokus}
    return redirect(url_for("masks.record", seq=seq, **more, _anchor=anchor), 303)


_KEPT = ("records", "visa", "version", "utlamnande", *ground_form.KEPT)
