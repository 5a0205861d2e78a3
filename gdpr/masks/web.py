"""Maskning: a queue of records, a record with its masks, and the grounds they can rest on.

Everything is done with forms and answered with a redirect; the script adds keys and marking by
selecting. What is shown of a record is the allow-list of its fields. Reading what is protected is
noted first. Each page declares the permission it needs; what is not the viewer's is not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.core.canonical import Json
from archiver.errors import NotFound
from archiver.web import trail
from archiver.web.app import Part
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext
from archiver.web.needs import needs
from archiver.web.services import services, viewer
from gdpr.core.ground import Citation
from gdpr.core.mask import ImageBox, Mask, MaskState, PageBox, TextSpan, WholeField, place
from gdpr.core.place import fields
from gdpr.masks import layout, words
from gdpr.masks.reading import Kept, Review, by_source, unseen
from gdpr.masks.service import Masks

EXTENSION = "diarkiv-masks"
_RECORD = re.compile(r"[Rr]?(\d{1,15})")
_QUEUE = 200  # records looked at together
_VIEWS = ("original", "maskad", "ut")
pages = Blueprint("masks", __name__, template_folder="../templates")


class Field(NamedTuple):
    """A field of the record on the page: `number` names its form fields."""

    number: int
    path: str
    text: str
    masks: list[Kept]
    pieces: list[layout.Piece]
    words: list[layout.Word]
    left: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the pages work with. `exact`: the fields of a version as they would be given out under
    masks by number."""

    masks: Masks
    exact: Callable[[Mapping[str, Json], Sequence[tuple[int, Mask]]], Mapping[str, Json]]


class Picture(NamedTuple):
    """A file of the record on the page: the page of it that is shown (from 0) and its size, in
    pixels or hundredths of a point. No size: it can be masked whole only. `withheld`: the grounds
    that it is held back whole on; none if it is not."""

    number: int
    mime: str
    page: int
    pages: int
    width: int
    height: int
    boxes: list[Kept]
    withheld: tuple[Citation, ...]

    @property
    def recording(self) -> bool:
        """Whether it is film or sound, of which no part can be hidden."""
        return self.mime.startswith(("audio/", "video/"))


def part(made: Callable[[], Office]) -> Part:
    """The part of the web shell where records are masked."""

    def attach(app: Flask) -> None:
        from gdpr.masks import web_decide

        del web_decide  # its routes are on `pages`
        app.extensions[EXTENSION] = made()
        app.jinja_env.filters.update(words.FILTERS)
        app.register_blueprint(pages)

    return attach


def _office() -> Office:
    return cast("Office", current_app.extensions[EXTENSION])


def desk() -> tuple[Masks, Viewer]:
    """The masks of the app that handles this request, and who asks."""
    return _office().masks, viewer()


def whole(text: str | None) -> int | None:
    """A number of an entry or a mask; None for what is none."""
    known = text is not None and text.isascii() and text.isdecimal() and len(text) < 16
    return int(str(text)) if known else None


def queue_asked() -> list[int]:
    """The records that are looked at together (`records`), in the order they are named."""
    found = [
        _RECORD.fullmatch(one) for one in re.split(r"[\s,;]+", request.values.get("records", ""))
    ]
    return list(dict.fromkeys(int(one[1]) for one in found if one))[:_QUEUE]


# --- the queue -----------------------------------------------------------------------------------


@pages.get("/masker")
@needs(Permission.DISCLOSE)
def queue() -> str | BaseResponse:
    """Choose the records to look at; the first that has something to decide on is shown."""
    masks, asks = desk()
    records = queue_asked()
    form = Form.of(request.args)
    if records:
        try:
            pending = masks.pending(asks, records)
        except NotFound as error:
            form.wrong("records", gettext("Någon av handlingarna finns inte."), str(error))
        else:
            first = next((one for one in records if one in pending), records[0])
            return redirect(url_for("masks.record", seq=first, records=_named(records)), 303)
    return render_template("masks/queue.html", form=form)


def _named(records: list[int]) -> str:
    return ",".join(f"R{one}" for one in records)


# --- one record ----------------------------------------------------------------------------------


@pages.get("/masker/R<int:seq>")
@needs(Permission.DISCLOSE)
def record(seq: int) -> str:
    """A record with its masks, as it is, masked, or just as it is given out (`visa`)."""
    return page(seq, Form.of(request.args))


def page(seq: int, form: Form) -> str:
    """The record's page, with what was wrong of what was asked."""
    masks, asks = desk()
    review = reviewed(seq)
    records = queue_asked() or [seq]
    pending = masks.pending(asks, records)
    shown_fields = [
        _field(n, path, text, review) for n, (path, text) in enumerate(review.texts.items())
    ]
    asked = request.values.get("visa", "")
    shown = asked if asked in _VIEWS else _VIEWS[0]
    return render_template(
        "masks/record.html",
        review=review,
        form=form,
        fields=shown_fields,
        masks=ordered(review),
        undecided=unseen(review.masks),
        rejected=[one for one in review.masks if one.mask.state is MaskState.REJECTED],
        texts={one.path: one.text for one in shown_fields},
        records=records,
        pending={one: len(found) for one, found in pending.items()},
        groups=by_source(pending),
        queue=_named(records),
        release=whole(request.values.get("utlamnande")),
        shown=shown,
        categories=words.CATEGORIES,
        activities={code: one.say(chosen()) for code, one in review.words.items()},
        spoken=chosen(),
        reduced=masks.reduced,
        place=place,
        token=layout.token,
        exact=_exact(review) if shown == "ut" else [],
        files=[_file(n, review) for n in range(len(review.types))],
        said=words.said(request.args.get("sagt", ""), form.number("antal") or 0),
        focus=whole(form.text("fokus")),
    )


def reviewed(seq: int) -> Review:
    """The record, once reading it is noted where it is protected."""
    masks, asks = desk()
    review = masks.review(asks, seq, whole(request.values.get("version")))
    if review.protected:
        trail.protected(seq, review.authority)
    return review


def _field(number: int, path: str, text: str, review: Review) -> Field:
    own = layout.of_field(review.masks, path)
    return Field(
        number,
        path,
        text,
        own,
        layout.pieces(text, own),
        layout.words(text),
        layout.left(text, own),
    )


def _exact(review: Review) -> list[tuple[str, str]]:
    """Path and text of what would be given out, in the order of the fields."""
    hiding = [(one.seq, one.mask) for one in review.masks if one.mask.hides]
    left = fields(_office().exact(review.fields, hiding))
    return [(path, text) for path, text in left.items() if text is not None]


def _file(number: int, review: Review) -> Picture:
    """A file on the page, at the page of it that was asked for (`sida-N`, from 1)."""
    size = review.measure.components[number]
    wanted = whole(request.values.get(f"sida-{number}")) or 1
    at = min(wanted, len(size.pages) or 1) - 1
    width, height = size.pages[at] if size.pages else (size.width, size.height)
    own = [one for one in review.masks if one.mask.state is not MaskState.REJECTED]
    held = [
        cited
        for one in own
        if one.mask.hides and one.mask.target == WholeField(f"attachments/{number}")
        for cited in one.mask.citations
    ]
    boxes = [one for one in own if _lies_on(one, number, at)]
    return Picture(
        number=number,
        mime=review.types[number],
        page=at,
        pages=len(size.pages),
        width=width,
        height=height,
        boxes=boxes,
        withheld=tuple(dict.fromkeys(held)),
    )


def _lies_on(one: Kept, number: int, page: int) -> bool:
    target = one.mask.target
    if isinstance(target, PageBox):
        return (target.media, target.page) == (number, page)
    return isinstance(target, ImageBox) and target.media == number


def ordered(review: Review) -> list[Kept]:
    """The masks that were not rejected, suggestions first, in the order of the fields."""
    paths = {path: at for at, path in enumerate(review.texts)}
    return sorted(
        (one for one in review.masks if one.mask.state is not MaskState.REJECTED),
        key=lambda one: (one.mask.hides, paths.get(_path(one), len(paths)), _start(one)),
    )


def _path(one: Kept) -> str:
    target = one.mask.target
    return target.path if isinstance(target, TextSpan | WholeField) else ""


def _start(one: Kept) -> int:
    target = one.mask.target
    return target.start if isinstance(target, TextSpan) else 0


@pages.get("/masker/R<int:seq>/bild/<int:number>")
@needs(Permission.DISCLOSE)
def picture(seq: int, number: int) -> Response:
    """A page (`sida`, from 0) of a file of a version, drawn anew; with `maskad` as it would be
    given out."""
    masks, asks = desk()
    version = whole(request.args.get("version"))
    review = reviewed(seq)
    page = whole(request.args.get("sida")) or 0
    shown = masks.picture(
        asks, seq, version or review.version, number, page, masked=bool(request.args.get("maskad"))
    )
    return Response(shown, mimetype="image/png")


# --- what the authority does ---------------------------------------------------------------------


@pages.get("/masker/verksamheter")
@needs(Permission.DISCLOSE)
def activities() -> str:
    """What activities an authority (`namnd`) carries on."""
    return _activities(Form.of(request.args))


def _activities(form: Form) -> str:
    masks, asks = desk()
    own = [one for one in services().authorities() if asks.may(Permission.DISCLOSE, one.seq)]
    asked = form.number("namnd")
    authority = next((one for one in own if one.seq == asked), own[0] if own else None)
    if authority is None or (asked is not None and authority.seq != asked):
        raise NotFound("There is no such authority.")
    return render_template(
        "masks/activities.html",
        authority=authority,
        authorities=own,
        held=masks.activities(asks, authority.seq),
        activities={code: one.say(chosen()) for code, one in masks.kinds(authority.seq).items()},
        said=words.said(request.args.get("sagt", ""), 0),
    )


@pages.post("/masker/verksamheter")
@needs(Permission.DISCLOSE)
def set_activities() -> BaseResponse | tuple[str, int]:
    """Say what activities an authority carries on."""
    masks, asks = desk()
    form = Form.of(request.form)
    seq = form.number("namnd")
    if seq is None:
        return _activities(form), 400
    if not asks.may(Permission.DISCLOSE, seq) or seq not in {
        one.seq for one in services().authorities()
    }:
        raise NotFound("There is no such authority.")
    codes = [code for code in masks.kinds(seq) if form.text(f"gren-{code}")]
    masks.set_activities(asks, seq, codes)
    return redirect(url_for("masks.activities", namnd=seq, sagt="verksamheter"), 303)
