"""Rules of manual capture: what a registrar may file of what came in beside the harvested lists.

A message, a call that was noted down, an e-mail, a picture of a screen, a file or a letter is an
official document from the moment it was received (TF 2:9) or drawn up (TF 2:10), not from when it
is filed. So whoever files it states when it came and according to whom; nothing here guesses. What
came personally addressed is judged by the registrar (the rule on such post is TF 2:8).

Pure. Invariants: nothing is received in the future; no path of the uploader's machine is kept, only
a file's own name; what goes into a version is clean text within its limits.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from archiver.core.observation import MESSAGE, Kind
from archiver.core.record import DateBasis, LegalDate, Origin, clean, milliseconds
from archiver.errors import ConfigError

MAX_TEXT = 1_000_000  # characters
MAX_LINE = 200
MAX_WHY = 500
MAX_FILES = 50
MAX_NAME = 150
UNKNOWN_TYPE = "application/octet-stream"
_STOCKHOLM = ZoneInfo("Europe/Stockholm")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2})[:.](\d{2}))?")
_EARLIEST = 1970
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")


class Way(StrEnum):
    """How something came."""

    DIRECT_MESSAGE = "direct_message"
    PHONE = "phone"
    EMAIL = "email"
    SCREENSHOT = "screenshot"
    FILE = "file"
    LETTER = "letter"
    IN_PERSON = "in_person"


class AccordingTo(StrEnum):
    """Whose word it is that something came when it did."""

    CAPTURER = "capturer"  # who captures it saw it come
    COLLEAGUE = "colleague"  # whoever at the authority took it
    SENDER = "sender"  # who sent it says so
    SYSTEM = "system"  # a system's own time stamp: the mail server's, the platform's


_KINDS = {
    Way.DIRECT_MESSAGE: MESSAGE,
    Way.PHONE: Kind("call_note"),
    Way.EMAIL: Kind("email"),
    Way.SCREENSHOT: Kind("screenshot"),
    Way.FILE: Kind("file"),
    Way.LETTER: Kind("letter"),
    Way.IN_PERSON: Kind("visit_note"),
}
# What was said is no document until somebody notes it down: then the authority has drawn it up.
_SPOKEN = frozenset({Way.PHONE, Way.IN_PERSON})


def kind_of(way: Way) -> Kind:
    """The kind of record that a way gives."""
    return _KINDS[way]


def origin_of(way: Way) -> Origin:
    """Received or drawn up, unless the registrar says otherwise: a note of what was said is drawn
    up by the authority, everything else came to it."""
    return Origin.DRAWN_UP if way in _SPOKEN else Origin.RECEIVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """When something came: `stated` as it was written (Swedish time, with or without the clock),
    `at` the instant (milliseconds UTC; a bare date is its first instant), and whose word it is."""

    stated: str
    at: int
    according_to: AccordingTo

    @property
    def legal(self) -> LegalDate:
        """The legal date of the record."""
        return LegalDate(self.at, DateBasis.STATED)


def received(stated: str, according_to: AccordingTo, *, now: int) -> Received:
    """What `2026-11-20` or `2026-11-20 14:05` states; `ConfigError` if it is no Swedish date, or
    lies after `now` (milliseconds UTC)."""
    match = _MOMENT.fullmatch(stated.strip())
    try:
        if match is None:
            raise ValueError
        on = date.fromisoformat(match[1])
        clock = time(int(match[2]), int(match[3])) if match[2] else time.min
    except ValueError:
        raise ConfigError(
            "When it came must be a date, with or without a time.",
            remedy="Write it as 2026-11-20 or 2026-11-20 14:05, in Swedish time.",
        ) from None
    at = milliseconds(datetime.combine(on, clock, _STOCKHOLM).astimezone(UTC))
    if at > now or on.year < _EARLIEST:
        raise ConfigError(
            "It cannot have come then.", remedy=f"Give a day between {_EARLIEST} and today."
        )
    words = f"{on} {clock:%H:%M}" if match[2] else f"{on}"
    return Received(stated=words, at=at, according_to=according_to)


def check_text(text: str) -> str:
    """Free text as an envelope may hold it; `ConfigError` if it is longer than a version holds."""
    text = clean(text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")
    if len(text) > MAX_TEXT:
        raise ConfigError(
            f"The text is longer than {MAX_TEXT} characters.", remedy="Add it as a file."
        )
    return text if text.strip() else ""


def check_line(text: str, what: str) -> str:
    """One line, or nothing: a title, a sender. `ConfigError` for more than one, or a long one."""
    text = clean(text).strip()
    if len(text) > MAX_LINE or any(unicodedata.category(c) == "Cc" for c in text):
        raise ConfigError(f"The {what} must be one line of at most {MAX_LINE} characters.")
    return text


def check_why(text: str) -> str:
    """Why it was captured; `ConfigError` unless something is said, in 1 to 500 characters."""
    text = clean(text.replace("\r\n", "\n")).strip()
    if not text or len(text) > MAX_WHY:
        raise ConfigError(
            f"Say why it is captured, in 1 to {MAX_WHY} characters.",
            remedy="For example: hör till ärendet om Ängsgatan.",
        )
    return text


def file_name(given: str) -> str:
    """A file's own name: no folder of the uploader's, nothing that is not seen, not too long. Its
    ending is kept where there is one; an empty name is `fil`."""
    name = clean(given).replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    kept = " ".join(kept.split()).strip(". ")
    if len(kept) > MAX_NAME:
        stem, dot, ending = kept.rpartition(".")
        ending = dot + ending if dot and len(ending) < 12 else ""
        kept = (stem if ending else kept)[: MAX_NAME - len(ending)] + ending
    return kept or "fil"


def media_type(given: str) -> str:
    """A media type as it was named, without parameters; octet-stream for what is none."""
    found = given.partition(";")[0].strip().lower()
    return found if _TYPE.fullmatch(found) else UNKNOWN_TYPE


def is_letter(name: str) -> bool:
    """Whether a file is an e-mail as mail programs save it (RFC 5322, `.eml`)."""
    return name.casefold().endswith(".eml")
