"""What was captured by hand, in words: how it came, on whose word, and what a scanner said."""

from __future__ import annotations

from collections.abc import Mapping

from archiver.web.i18n import Words, gettext
from archiver.web.i18n import lazy_gettext as _l
from archiver.web.words import Badge

WAYS: Mapping[str, Words] = {
    "direct_message": _l("Direktmeddelande"),
    "phone": _l("Telefonsamtal"),
    "email": _l("E-post"),
    "letter": _l("Brev"),
    "in_person": _l("Besök"),
    "screenshot": _l("Skärmbild"),
    "file": _l("Fil"),
}
ACCORDING: Mapping[str, Words] = {
    "capturer": _l("enligt den som fångade handlingen"),
    "colleague": _l("enligt den på myndigheten som tog emot den"),
    "sender": _l("enligt avsändaren"),
    "system": _l("enligt tidsstämpel i systemet den kom till"),
}
_VERDICTS: Mapping[str, Words] = {
    "clean": _l("Genomsökt, inget skadligt funnet"),
    "infected": _l("Skadlig kod funnen"),
    "not_scanned": _l("Inte genomsökt"),
}
_BADGES: Mapping[str, Badge] = {
    "clean": Badge("✓", "good"),
    "infected": Badge("✗", "bad"),
    "not_scanned": Badge("–", "wait"),
}
_NOT_SCANNED: Mapping[str, Words] = {
    "no_scanner": _l("arkivet har ingen genomsökning inställd"),
    "unreachable": _l("genomsökningen svarade inte"),
    "too_large": _l("filen är större än genomsökningen tar emot"),
    "engine_error": _l("genomsökningen kunde inte bedöma filen"),
}
_LETTER: Mapping[str, Words] = {
    "too_large": _l("Brevet är större än det som tas isär."),
    "too_deep": _l("Brevet har fler delar i delar än det som tas isär."),
    "too_many": _l("Brevet har fler bilagor än de som tas ut ur det."),
    "unreadable": _l("Brevet gick inte att läsa."),
    "no_letter": _l("Filen är inget brev."),
}


def _in_words(words: Mapping[str, Words], code: str) -> str:
    found = words.get(code)
    return str(found) if found is not None else code


def way(code: str) -> str:
    return _in_words(WAYS, code)


def according(code: str) -> str:
    return _in_words(ACCORDING, code)


def verdict(code: str) -> str:
    return _in_words(_VERDICTS, code)


def verdict_badge(code: str) -> Badge:
    return _BADGES.get(code, Badge("?", "quiet"))


def not_scanned(code: str) -> str:
    return _in_words(_NOT_SCANNED, code)


def letter_problem(code: str) -> str:
    """What of a letter could not be read; its file is kept whole whatever it is."""
    return f"{_in_words(_LETTER, code)} {gettext('Filen är sparad byte för byte.')}"


def bytes_words(size: int) -> str:
    """A file's size as people write it."""
    for unit, step in (("MB", 1_000_000), ("kB", 1000)):
        if size >= step:
            return f"{size / step:.1f}".removesuffix(".0").replace(".", ",") + f" {unit}"
    return gettext("%(size)s byte", size=size)


FILTERS = {
    "according_words": according,
    "bytes_words": bytes_words,
    "letter_problem": letter_problem,
    "not_scanned_words": not_scanned,
    "verdict_badge": verdict_badge,
    "verdict_words": verdict,
    "way_words": way,
}
