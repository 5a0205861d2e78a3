"""Disposals in words, the way an archivist would write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archiver.core.reason import Wording
from archiver.web.i18n import Words, chosen
from archiver.web.i18n import lazy_gettext as _l
from retention.core.disposal import State
from retention.core.trace_words import HOLDS

STATES: Mapping[str, Words] = {
    State.PROPOSED: _l("Granskas"),
    State.CONFIRMED: _l("Godkänd, väntetid"),
    State.INTENDED: _l("Verkställs"),
    State.KEYS_DESTROYED: _l("Nycklar förstörda, bytes tas bort"),
    State.COMPLETED: _l("Verkställd"),
    State.WITHDRAWN: _l("Återtagen"),
    State.ABORTED: _l("Avbruten"),
}
TONES: Mapping[str, str] = {
    State.PROPOSED: "wait",
    State.CONFIRMED: "wait",
    State.INTENDED: "wait",
    State.KEYS_DESTROYED: "wait",
    State.COMPLETED: "good",
    State.WITHDRAWN: "quiet",
    State.ABORTED: "bad",
}
# What ended a disposal, by the code of the rule.
ENDED_BY: Mapping[str, Words] = {
    "hold-in-force": _l("Ett gallringsstopp omfattar handlingar i urvalet."),
    "set-changed": _l("Handlingar i urvalet har ändrats sedan det föreslogs."),
    "disposal-not-authorised": _l(
        "Inget gällande beslut täcker längre allt i urvalet, eller så löper fristen än."
    ),
}
STEPS: tuple[tuple[State, Words], ...] = (
    (State.INTENDED, _l("Avsikten är förseglad i loggen")),
    (State.KEYS_DESTROYED, _l("Nycklarna är förstörda")),
    (State.COMPLETED, _l("Lagrade bytes är borttagna och kontrollerade")),
)


def hold_words(kind: str) -> str:
    """A kind of hold."""
    found: Wording | None = HOLDS.get(kind)
    return found.say(chosen()) if found else kind


def ended_words(reason: str) -> str:
    """Why a disposal ended: the rule's code in words, or what a person wrote."""
    return str(ENDED_BY.get(reason, reason))


def grouped(digest: str) -> str:
    """A digest in groups of eight, to be read aloud and compared."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def swedish_day(number: int) -> str:
    """A day that is kept as YYYYMMDD."""
    text = f"{number:08d}"
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


FILTERS: Mapping[str, Callable[..., str]] = {
    "disposal_words": lambda state: str(STATES[State(state)]),
    "disposal_tone": lambda state: TONES[State(state)],
    "ended_words": ended_words,
    "hold_words": hold_words,
    "grouped": grouped,
    "swedish_day": swedish_day,
}
