"""Masks in files: a page of a PDF or a picture, boxes on it, and how it leaves.

A box is drawn by pointer, or given by its cells (left, top, width, height) with arrow keys, or
taken from words that stand there; all three make the same masks, by the same form. The picture of
how it leaves is made by what makes the release. What is shown of a protected record is noted first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.errors import CannotRedact, ConfigError, NotFound, RuleViolation
from archiver.web import trail
from archiver.web.app import Part
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext
from archiver.web.needs import needs
from archiver.web.services import viewer
from gdpr.core.mask import Component, ImageBox, Mask, MaskState, PageBox, TimeRange, place
from gdpr.masks import ground_form
from gdpr.masks import words as mask_words
from gdpr.masks.reading import Kept
from gdpr.masks.service import Masks
from gdpr.redaction import file_words, service
from gdpr.redaction.answer import Box, Limits, Word
from gdpr.redaction.canvas import Canvas, text_of

EXTENSION = "diarkiv-redaction"
_SHOWN_DPI = 100
_MOST = 500  # words or boxes of one form
_CELLS = ("vanster", "topp", "bredd", "hojd")
_KEPT = ("records", "version", "sida", "las", *ground_form.KEPT)
pages = Blueprint("files", __name__, template_folder="../templates")


class Services(NamedTuple):
    """What the pages need: the masks of the home, and what a file may cost."""

    masks: Masks
    limits: Limits


class Drawn(NamedTuple):
    """A mask on the page, with the area that is filled for it."""

    kept: Kept
    area: Box


class Told(NamedTuple):
    """A word on the page; `label` is what a suggestion takes it for, "" for nothing."""

    word: Word
    value: str
    label: str


def part(made: Callable[[], Services]) -> Part:
    """The part of the web shell where files of records are masked."""

    def attach(app: Flask) -> None:
        app.extensions[EXTENSION] = made()
        app.jinja_env.filters["file_refusal"] = file_words.refusal
        app.register_blueprint(pages)

    return attach


def _desk() -> tuple[Services, Viewer]:
    return cast("Services", current_app.extensions[EXTENSION]), viewer()


class _File:
    """A stored file of a version, as it was asked for."""

    def __init__(self, seq: int, number: int) -> None:
        (masks, limits), asks = _desk()
        version = request.values.get("version", "")
        asked = int(version) if version.isdecimal() and len(version) < 16 else None
        self.review = masks.review(asks, seq, asked)
        self.number, self.limits = number, limits
        if self.review.protected:
            trail.protected(seq, self.review.authority)
        self.content, self.mime = masks.file(asks, seq, self.review.version, number)
        self.component: Component = self.review.measure.components[number]
        self.refusal = ""
        self.count = self._pages()
        sheet = request.values.get("sida", "1")
        at = int(sheet) - 1 if sheet.isdecimal() and len(sheet) < 6 else -1
        if self.count and not 0 <= at < self.count:
            raise NotFound("The file has no such page.")
        self.canvas = Canvas(number, max(0, at), self.component)

    def _pages(self) -> int:
        """How many pages or frames can be looked at; none, with the refusal, if it cannot."""
        try:
            return service.frames(self.content, self.mime, limits=self.limits)
        except CannotRedact as error:
            self.refusal = error.reason
            return 0

    @property
    def own(self) -> list[Kept]:
        """The masks of this file that were not rejected."""
        return [
            one
            for one in self.review.masks
            if isinstance(one.mask.target, ImageBox | PageBox | TimeRange)
            and one.mask.target.media == self.number
            and one.mask.state is not MaskState.REJECTED
        ]

    def in_force(self) -> list[Box]:
        """What is hidden of the page."""
        return self.canvas.on_it([one.mask.target for one in self.own if one.mask.hides])

    def words(self) -> list[Word]:
        """What stands on the page; read from its pixels only if that was asked for."""
        asked = request.values.get("las", "") == "1"
        at = self.canvas.page
        return service.words(
            self.content, self.mime, media=self.number, read=asked, page=at, limits=self.limits
        )


@pages.get("/masker/R<int:seq>/fil/<int:number>")
@needs(Permission.DISCLOSE)
def file(seq: int, number: int) -> str:
    """A page of a file (`sida`, from 1) with its boxes, and how it leaves."""
    return _page(_File(seq, number), Form.of(request.args))


def _page(shown: _File, form: Form) -> str:
    canvas = shown.canvas
    new = _cells(shown.canvas, form) if shown.count else None
    told: list[Told] = []
    if shown.count:
        try:
            told = _told(shown.words(), _on(shown))
        except CannotRedact as error:
            shown.refusal = error.reason
    return render_template(
        "redaction/file.html",
        file=shown,
        review=shown.review,
        canvas=canvas,
        form=form,
        drawn=[Drawn(one, canvas.filled(cast("Box", one.mask.target))) for one in _on(shown)],
        elsewhere=[one for one in shown.own if one not in _on(shown)],
        told=told,
        new=new,
        ticked=set(request.values.getlist("ord")),
        cells=_CELLS,
        reads=service.reads(),
        read=request.values.get("las", "") == "1",
        queue=request.values.get("records", f"R{shown.review.record}"),
        categories=mask_words.CATEGORIES,
        activities={code: one.say(chosen()) for code, one in shown.review.words.items()},
        spoken=chosen(),
        place=place,
        said=_said(request.args.get("sagt", ""), form.number("antal") or 0),
    )


def _said(code: str, count: int) -> str:
    if code == "maskat":
        return gettext("Maskade ställen: %(count)s.", count=count)
    return gettext("Masken är borttagen.") if code == "borta" else ""


def _on(shown: _File) -> list[Kept]:
    """The masks of the page that is looked at."""
    here = shown.canvas.on_it([one.mask.target for one in shown.own]) if shown.count else []
    return [one for one in shown.own if one.mask.target in here]


def _told(some: Sequence[Word], here: Sequence[Kept]) -> list[Told]:
    """Words, each with what a suggestion on the page takes it for."""
    labels: dict[Box, str] = {}
    suggested = [one.mask for one in here if one.mask.state is MaskState.SUGGESTED]
    for mask in suggested:
        for word in some:
            if _within(word.box, cast("Box", mask.target)):
                labels.setdefault(word.box, mask.category)
    return [Told(word, text_of(word.box), labels.get(word.box, "")) for word in some[:_MOST]]


def _within(box: Box, other: Box) -> bool:
    across = other.left <= box.left and box.left + box.width <= other.left + other.width
    return across and other.top <= box.top and box.top + box.height <= other.top + other.height


def _cells(canvas: Canvas, form: Form) -> Box | None:
    """The box that is given by its cells, if it is one."""
    numbers = [form.number(name) for name in _CELLS]
    left, top, width, height = numbers
    if left is None or top is None or not width or not height:
        return None
    return canvas.of_cells(left, top, width, height)


@pages.get("/masker/R<int:seq>/fil/<int:number>/bild")
@needs(Permission.DISCLOSE)
def image(seq: int, number: int) -> BaseResponse:
    """The page as a picture; with `visa=ut` as it leaves, and as it would with a box (`vanster` …)
    and words (`ord`) that are chosen."""
    shown = _File(seq, number)
    boxes: list[Box] = []
    if request.args.get("visa") == "ut":
        form = Form.of(request.args)
        new = [_cells(shown.canvas, form)] if shown.count else []
        new += [shown.canvas.of_text(one) for one in request.args.getlist("ord")[:_MOST]]
        boxes = [*shown.in_force(), *(one for one in new if one is not None)]
    try:
        made = service.page_image(
            shown.content,
            shown.mime,
            shown.canvas.page,
            _SHOWN_DPI,
            targets=boxes,
            limits=shown.limits,
        )
    except CannotRedact as error:
        raise NotFound("The page cannot be shown.") from error
    return current_app.response_class(
        made, mimetype="image/png", headers={"Cache-Control": "no-store"}
    )


@pages.post("/masker/R<int:seq>/fil/<int:number>/besluta")
@needs(Permission.DISCLOSE)
def decide(seq: int, number: int) -> BaseResponse | tuple[str, int]:
    """Mask a box or words, or remove a mask: `gor` says which."""
    (masks, _), asks = _desk()
    shown = _File(seq, number)
    form = Form.of(request.form)
    what, _, which = form.text("gor").partition(":")
    try:
        if what == "bort" and which.isdecimal() and int(which) in {one.seq for one in shown.own}:
            masks.reject(asks, [int(which)], note=form.text("skal"))
            return _back(shown, "borta", 1)
        count = _masked(shown, form, what)
        if count:
            return _back(shown, "maskat", count)
    except ConfigError as error:
        form.wrong("grunder", gettext("Det kan inte sparas så."), str(error))
    except RuleViolation as error:
        form.wrong("grunder", gettext("Masken går inte att lägga så."), str(error))
    return _page(shown, form), 400


def _masked(shown: _File, form: Form, what: str) -> int:
    """How many masks were made; none, with the mistake noted, if something is missing."""
    (masks, _), asks = _desk()
    boxes = _chosen(shown, form, what)
    until, cited = ground_form.until(form), ground_form.citations(shown.review, form)
    if not cited and not form.mistakes:
        form.wrong("grunder", gettext("Välj minst en paragraf: utan den får inget maskas."))
    if form.mistakes:
        return 0
    for box in boxes:
        mask = Mask(
            record=shown.review.record,
            version=shown.review.version,
            target=box,
            category=form.text("slag") or "other",
            citations=cited,
            note=form.text("skal"),
        )
        masks.add(asks, mask, until=until)
    return len(boxes)


def _chosen(shown: _File, form: Form, what: str) -> list[Box]:
    if what == "ord" and shown.count:
        sent = request.form.getlist("ord")[:_MOST]
        some = [shown.canvas.of_text(one) for one in sent]
        if not some or None in some:
            form.wrong("orden", gettext("Välj minst ett ord."))
        return [one for one in some if one is not None]
    box = _cells(shown.canvas, form) if shown.count and what == "ruta" else None
    if box is None:
        form.wrong("vanster", gettext("Rita en ruta på sidan, eller ange den med siffror."))
        return []
    return [box]


def _back(shown: _File, said: str, count: int) -> BaseResponse:
    kept: dict[str, Any] = {
        name: value
        for name, value in request.form.items()
        if value and (name in _KEPT or name.startswith(ground_form.PREFIXES))
    }
    more = {**kept, "sagt": said, "antal": count}
    seq, number = shown.review.record, shown.number
    return redirect(url_for("files.file", seq=seq, number=number, **more), 303)
