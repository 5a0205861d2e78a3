"""Handlingar: the list in threads or one by one, a record, its differences, evidence and files."""

from __future__ import annotations

from itertools import chain

from flask import Blueprint, Response, make_response, render_template, request

from archiver.core.access import Permission
from archiver.core.record import address_of
from archiver.errors import NotFound
from archiver.web import trail, words
from archiver.web.dates import parse_day
from archiver.web.difference import counts, difference, newer, older
from archiver.web.markup import harmless, platform_html
from archiver.web.media import SNIFFED, UNKNOWN, sniff, suffix
from archiver.web.needs import needed, needs
from archiver.web.reading import archive, captured, channels
from archiver.web.reading import evidence as evidences
from archiver.web.reading import records as reading
from archiver.web.reading.history import history
from archiver.web.reading.records import RecordView, VersionView
from archiver.web.services import beside, services, viewer
from archiver.web.views import asked

pages = Blueprint("records", __name__)
_COMPARED = ("title", "text")
_LISTED = ("parent", "links", "attachments")
_SAME = 20  # records that hold the same, named at once


@pages.get("/handlingar")
@needs(Permission.READ)
def listing() -> str:
    """Records that match, in threads (`visa=tradar`) or one by one (`visa=lista`)."""
    selection, after = asked.selection(), asked.place()
    flat = request.args.get("visa") == "lista"
    read = reading.listing if flat else reading.threads
    return render_template(
        "records.html",
        found=read(services(), viewer(), selection, after=after),
        flat=flat,
        selection=selection,
        accounts=channels.accounts(services(), viewer(), Permission.READ),
        states=asked.STATE_CHOICES,
        kept=asked.kept("efter", "samlade"),
        first=after is None,
    )


@pages.get("/handlingar/R<int:seq>")
@needs(Permission.READ)
def record(seq: int) -> str | tuple[str, int]:
    """One record, its newest version or the one asked for (`version=n`), and its chronicle of the
    year up to today or a day (`ar`). Of one that was disposed of, under what: 410."""
    try:
        view = _view(seq)
    except NotFound:
        gone = beside().gone(viewer(), seq)
        if gone is None:
            raise
        return gone, 410
    hidden = [seq] if view.latest.apart else []
    if view.under_apart and not view.under_apart.stopped:
        hidden.append(view.under_apart.record)
    revealed = bool(request.args.get("skyddat") and hidden)
    if revealed:
        for one in hidden:
            trail.protected(one, view.account.authority)
        view = reading.record_view(services(), viewer(), seq, protected=True)
    n = asked.number("version")
    shown = reading.version_of(view, n) if n is not None else view.latest
    last = parse_day(request.args.get("ar", ""))
    return render_template(
        "record.html",
        view=view,
        shown=shown,
        revealed=revealed,
        strength=evidences.strength(services(), viewer(), shown.row),
        proof=archive.proof(services(), viewer(), shown.row.seq),
        rendered=_rendered(shown),
        files=_files(view, shown),
        permalink=_permalink(view, shown),
        captures=captured.captures(services(), viewer(), seq),
        history=history(services(), viewer(), beside(), view, last),
        same=[
            int(text)
            for text in request.args.getlist("lika")[:_SAME]
            if text.isdecimal() and len(text) < 16
        ],
    )


def _view(seq: int) -> RecordView:
    """The record, for the page that was asked for: who may read it may not for that see its
    evidence too (`AccessRefused`)."""
    view = reading.record_view(services(), viewer(), seq)
    viewer().require(needed(), view.account.authority)
    return view


def _sent(seq: int) -> RecordView:
    """The record, for a page of what the platform sent: where that may hold words of what is kept
    apart, reading it is reading that (`AccessRefused`), and noted."""
    view = _view(seq)
    if view.under_apart:
        if view.under_apart.stopped:
            raise NotFound("What the platform sent of it is out of reach with the thread.")
        trail.protected(view.under_apart.record, view.account.authority)
    return view


def _rendered(version: VersionView) -> object:
    """The platform's own mark-up without anything that could act or fetch."""
    # Captured by hand: what looks like mark-up was typed; kept apart: nothing of it is shown.
    if version.row.capture is None or version.apart:
        return None
    html = platform_html(evidences.raw_bytes(services(), viewer(), version.row))
    return harmless(html) if html else None


def _permalink(view: RecordView, version: VersionView) -> str:
    """The item's address, where it lies under the channel's own: only such a link is live."""
    url, home = str(version.fields.get("url", "")), view.account.url
    own = home.startswith(("http://", "https://")) and url.startswith(home.rstrip("/") + "/")
    return url if own else ""


def _files(view: RecordView, shown: VersionView) -> list[dict[str, object]]:
    """The attachments a version shows, in order. A file is fetched once, with the first version
    that shows it: `version` and `number` say where in the archive it lies."""
    places = {
        address_of(version.fields["attachments"][number]): (version, number)
        for version in reversed(view.versions)
        for number in version.media
    }
    scans = captured.scans(services(), viewer(), [one.row.seq for one in view.versions])
    found = []
    for attachment in shown.fields.get("attachments", ()):
        place = places.get(address_of(attachment))  # the rest of an address may be signed anew
        version, number = place or (shown, 0)
        scan = scans.get((version.row.seq, number)) if place else None
        showable = scan is None or scan.is_clean
        found.append(
            {
                "url": attachment["url"],
                "alt": attachment["alt"],
                "name": attachment.get("name", ""),
                "size": attachment.get("size"),
                "scan": scan,
                "held": place is not None,
                "image": place is not None and showable and _is_image(version.row.seq, number),
                "version": version.row.n,
                "number": number,
            }
        )
    return found


def _is_image(version: int, number: int) -> bool:
    head = next(evidences.media(services(), viewer(), version, number).chunks, b"")
    return sniff(head[:SNIFFED]) != UNKNOWN


@pages.get("/handlingar/R<int:seq>/jamfor")
@needs(Permission.READ)
def compare(seq: int) -> str:
    """Two versions word by word (`fran`, `till`), inline or side by side (`vy=sida`)."""
    view = _view(seq)
    until = asked.number("till") or view.latest.row.n
    since = asked.number("fran") or max(1, until - 1)
    before, after = reading.version_of(view, since), reading.version_of(view, until)
    pairs = {name: (_text(before, name), _text(after, name)) for name in _COMPARED}
    pieces = {name: difference(*pair) for name, pair in pairs.items() if any(pair)}
    return render_template(
        "compare.html",
        view=view,
        before=before,
        after=after,
        pieces=pieces,
        older=older,
        newer=newer,
        counts=counts,
        lists=[(name, _list(before, name), _list(after, name)) for name in _LISTED],
        side=request.args.get("vy") == "sida",
    )


def _text(version: VersionView, name: str) -> str:
    return str(version.fields.get(name, ""))


def _list(version: VersionView, name: str) -> list[str]:
    """Links, the addresses of attachments, or what the item answers ("comment 31")."""
    values = version.fields.get(name, ())
    if name == "parent":
        return [f"{words.kind(values[0])} {values[1]}"] if values else []
    return [value["url"] if isinstance(value, dict) else str(value) for value in values]


@pages.get("/handlingar/R<int:seq>/underlag/<int:n>")
@needs(Permission.READ_EVIDENCE)
def evidence(seq: int, n: int) -> str:
    """The raw exchange behind version `n`; `hela=1` also shows the neighbours' bytes."""
    view = _sent(seq)
    version = reading.version_of(view, n)
    everything = bool(request.args.get("hela"))
    found = evidences.evidence(services(), viewer(), version.row, everything=everything)
    return render_template(
        "evidence.html", view=view, version=version, found=found, everything=everything
    )


@pages.get("/handlingar/R<int:seq>/ra/<int:n>")
@needs(Permission.READ_EVIDENCE)
def raw(seq: int, n: int) -> Response:
    """The item's own bytes as a file to save, never as a page."""
    view = _sent(seq)
    version = reading.version_of(view, n)
    data = evidences.raw_bytes(services(), viewer(), version.row)
    return _file(Response(data, mimetype=UNKNOWN), f"R{seq}-v{n}.bin", attached=True)


@pages.get("/handlingar/R<int:seq>/fil/<int:n>/<int:number>")
@needs(Permission.READ)
def media(seq: int, n: int, number: int) -> Response:
    """A media file from the archive: images are shown, everything else is a file to save. One that
    came from outside and is not known to be clean is never shown, and given after a warning only
    (`anda=1`), under a name that no program opens by itself."""
    view = _view(seq)
    version = reading.version_of(view, n)
    scan = captured.scans(services(), viewer(), [version.row.seq]).get((version.row.seq, number))
    warned = scan is not None and not scan.is_clean
    if warned and not request.args.get("anda"):
        return make_response(
            render_template("warning.html", view=view, n=n, number=number, scan=scan)
        )
    found = evidences.media(services(), viewer(), version.row.seq, number)
    first = next(found.chunks, b"")
    mime = UNKNOWN if warned else sniff(first[:SNIFFED])
    answer = Response(chain([first], found.chunks), mimetype=mime)
    answer.content_length = found.size
    name = f"R{seq}-v{n}-{number}{suffix(mime)}"
    return _file(answer, name, attached=mime == UNKNOWN)


def _file(answer: Response, name: str, *, attached: bool) -> Response:
    """Whatever the bytes are, a browser that opens them may run nothing."""
    kind = "attachment" if attached else "inline"
    answer.headers["Content-Disposition"] = f'{kind}; filename="{name}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
