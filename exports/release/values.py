"""Values of a record as a released file says them: in words, in Swedish time."""

from __future__ import annotations

from collections.abc import Mapping

from archiver.core.calendar import STOCKHOLM
from archiver.core.canonical import Json
from archiver.core.record import instant

INSTANTS = ("created_at", "updated_at", "captured_at", "legal_at")
KINDS: Mapping[str, str] = {
    "call_note": "Samtalsanteckning",
    "comment": "Kommentar",
    "email": "E-post",
    "file": "Fil",
    "letter": "Brev",
    "message": "Meddelande",
    "post": "Inlägg",
    "profile_page": "Profilsida",
    "reply": "Svar",
    "review": "Omdöme",
    "revision": "Tidigare lydelse",
    "screenshot": "Skärmbild",
    "share": "Delning",
    "story": "Händelse",
    "threadgate": "Svarsregler",
    "visit_note": "Besöksanteckning",
}
STATES: Mapping[str, str] = {
    "captured": "fångad för hand",
    "held": "väntade på granskning",
    "hidden": "dold",
    "spam": "skräppost",
    "trashed": "i papperskorgen",
    "visible": "synlig",
}


def kind_words(value: Json | None) -> str:
    """The kind of an item."""
    return KINDS.get(text(value), text(value))


def state_words(value: Json | None) -> str:
    """Where an item stands on its platform."""
    return STATES.get(text(value), text(value))


def text(value: Json | None) -> str:
    """A text; "" for anything else."""
    return value if isinstance(value, str) else ""


def texts(value: Json | None) -> list[str]:
    """A list of texts, each as one."""
    return [value] if isinstance(value, str) else [str(one) for one in items(value)]


def items(value: Json | None) -> list[Json]:
    """A list, or the token that stands for one."""
    if isinstance(value, str):
        return [{"alt": value}] if value else []
    return list(value) if isinstance(value, list | tuple) else []


def at_words(value: Json | None) -> str:
    """An instant in Swedish time, or the token that stands for it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return moment(value)
    return text(value)


def moment(at: int) -> str:
    """An instant (milliseconds since 1970 UTC) in Swedish time, to the second."""
    return instant(at).astimezone(STOCKHOLM).isoformat(timespec="seconds")
