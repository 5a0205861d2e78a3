"""What a verification found, the way its reader would write it: verdict, extent, files, fields.

A verdict is one of four. Beside it stands how much of a release the copy shows: a copy may be
proved in every word, and still not be all that was given out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from markupsafe import Markup, escape

from archiver.core.enclosed import Extent, Member, Standing
from archiver.core.finding import swedish
from archiver.core.verdict import Report, Verdict
from archiver.web.dates import moment_exact
from archiver.web.i18n import Words, gettext
from archiver.web.i18n import lazy_gettext as _l

_VERDICTS: Mapping[Verdict, Words] = {
    Verdict.PROVEN: _l("Filen är oförändrad och kommer från det här arkivet."),
    Verdict.PROVEN_MASKED: _l(
        "Filen är oförändrad och kommer från det här arkivet. Delar av innehållet är dolda."
    ),
    Verdict.DISPOSED: _l(
        "Arkivet visar att handlingen har gallrats enligt ett beslut som gällde då."
    ),
    Verdict.UNPROVEN: _l(
        "Något i filen är ändrat eller saknas, eller så kommer den från ett annat arkiv. Be "
        "myndigheten om en ny kopia om du behöver kunna lita på den."
    ),
}
# Of a bundle that lacks something, or holds files that nobody vouches for.
_NOT_WHOLE = frozenset({Extent.PART, Extent.OTHER})
_ENCLOSED = _l(
    "Det som står i loggen är oförändrat och kommer från det här arkivet. Filer som följer med och "
    "inte är styrkta står längre ner."
)
_ENCLOSED_MASKED = _l(
    "Det som står i loggen är oförändrat och kommer från det här arkivet. Delar av innehållet är "
    "dolda. Filer som följer med och inte är styrkta står längre ner."
)
_LACKING = _l(
    "Paketet är inte det som myndigheten lämnade ut, och det styrks därför inte. Be myndigheten om "
    "en ny kopia om du behöver kunna lita på den."
)
_STANDINGS: Mapping[Standing, Words] = {
    Standing.PROVED: _l("styrkt av post %(entry)s i loggen"),
    Standing.PROOF: _l("beviset för post %(entry)s, kontrollerat"),
    Standing.LISTING: _l("förteckning över filerna; stämmer, men styrker inget själv"),
    Standing.KEY: _l("arkivets nyckel, samma som det här arkivets"),
    Standing.STAMP: _l("tidsstämpel, underskriften kontrollerad"),
    Standing.STAMP_UNSIGNED: _l("tidsstämpel, underskriften inte kontrollerad"),
    Standing.OWN: _l("följer med, inte styrkt (likadan som det här arkivets egen)"),
    Standing.BESIDE: _l("följer med, inte styrkt"),
    Standing.UNPROVED: _l("inte styrkt"),
}
_FIELDS: Mapping[str, Words] = {
    "attachments": _l("Bilagor"),
    "author_id": _l("Avsändarens konto"),
    "author_name": _l("Avsändare"),
    "author_url": _l("Avsändarens adress"),
    "capture": _l("Hämtning"),
    "captured_at": _l("Fångad"),
    "changes": _l("Ändringar"),
    "channel": _l("Konto"),
    "collection": _l("Hämtades ur"),
    "created_at": _l("Skapad"),
    "digest": _l("Kontrollsumma"),
    "files": _l("Filer"),
    "kind": _l("Slag"),
    "language": _l("Språk"),
    "legal_at": _l("Handlingens datum"),
    "legal_basis": _l("Datumet enligt"),
    "links": _l("Länkar"),
    "masked": _l("Maskat"),
    "media": _l("Bilagor i arkivet"),
    "n": _l("Version"),
    "native_id": _l("Plattformens nummer"),
    "normaliser": _l("Tolkad av"),
    "origin": _l("Ursprung"),
    "parent": _l("Svar på"),
    "raw": _l("Plattformens egna byte"),
    "record": _l("Handling"),
    "root": _l("Tråd"),
    "size": _l("Storlek"),
    "source": _l("Källa"),
    "state": _l("Läge"),
    "text": _l("Text"),
    "title": _l("Rubrik"),
    "updated_at": _l("Ändrad"),
    "url": _l("Adress"),
}
_CODES: Mapping[str, Mapping[str, Words]] = {
    "kind": {
        "comment": _l("kommentar"),
        "message": _l("meddelande"),
        "post": _l("inlägg"),
        "reply": _l("svar"),
        "review": _l("omdöme"),
        "story": _l("händelse"),
    },
    "state": {
        "captured": _l("fångad för hand"),
        "held": _l("väntade på granskning"),
        "hidden": _l("dold"),
        "spam": _l("skräppost"),
        "trashed": _l("i papperskorgen"),
        "visible": _l("synlig"),
    },
    "legal_basis": {
        "first_seen": _l("när den först sågs"),
        "platform": _l("plattformen"),
        "stated": _l("den som tog emot den"),
    },
    "origin": {"received": _l("inkommen"), "drawn_up": _l("upprättad")},
}


class Told(NamedTuple):
    """A verdict in a sentence, and how much of a release is shown, "" where that is no question."""

    verdict: str
    extent: str


def verdict(report: Report) -> Told:
    """What is said under the verdict."""
    beside = any(one.standing in (Standing.OWN, Standing.BESIDE) for one in report.members)
    said = _VERDICTS[report.verdict]
    if report.verdict is Verdict.UNPROVEN and report.extent in _NOT_WHOLE:
        said = _LACKING
    elif report.verdict is Verdict.PROVEN and beside:
        said = _ENCLOSED
    elif report.verdict is Verdict.PROVEN_MASKED and beside:
        said = _ENCLOSED_MASKED
    return Told(str(said), _extent(report))


def _extent(report: Report) -> str:
    shown, released = report.shown, report.released
    proven = report.verdict is not Verdict.UNPROVEN
    match report.extent:
        case Extent.PART:
            return gettext(
                "Paketet visar inte hela utlämnandet: av %(released)s handlingar finns %(shown)s "
                "här.",
                released=released,
                shown=shown,
            )
        case Extent.OTHER:
            return gettext(
                "Paketet visar inte just det som lämnades ut. Handlingar här: %(shown)s.",
                shown=shown,
            )
        case Extent.WHOLE if proven:
            return gettext(
                "Paketet visar hela det utlämnande som det hör till. Handlingar: %(shown)s.",
                shown=shown,
            )
        case Extent.RELEASE_ALONE if proven:
            return gettext(
                "Paketet visar att ett utlämnande har gjorts, men ingen handling ur det."
            ) + ("" if released is None else gettext(" Det gällde %(num)s.", num=released))
        case Extent.RECORDS_ALONE if proven:
            return gettext(
                "Paketet visar poster ur arkivets logg var för sig (%(shown)s). Det visar inget "
                "utlämnande: inte om de är allt som lämnades ut, och inte vem som har dolt delar "
                "av dem.",
                shown=shown,
            )
    return ""


def finding(said: str, language: str) -> str:
    """A finding in the reader's language."""
    return said if language == "en" else swedish(said)


def standing(member: Member) -> str:
    """What is known of a member."""
    return str(_STANDINGS[member.standing]) % {"entry": member.entry}


def field(path: str) -> str:
    """A field's name; as it stands, if it is none that a reader need know."""
    name, slash, rest = path.partition("/")
    return f"{_FIELDS.get(name, name)}{slash}{rest}"


def value(path: str, text: str) -> str | Markup:
    """A field's value: an instant as Swedish time, a code in words, all else as it is."""
    if path.endswith("_at") and text.isascii() and text.isdecimal() and len(text) <= 15:
        return moment_exact(int(text))
    said = _CODES.get(path, {}).get(text)
    return str(said) if said is not None else escape(text)
