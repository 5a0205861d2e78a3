"""Numbers, volumes, days and instants as they are written in a Swedish or an English document.

Swedish groups digits with a no-break space and has a decimal comma; dates are ISO 8601, as in
official Swedish; instants are Swedish local time. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from archiver.core.calendar import STOCKHOLM, stockholm_date
from archiver.core.record import instant
from archiver.document.parts import Field
from retention.core.certificate import SeqRange
from retention.core.words import Language, Say

_GROUP: dict[Language, str] = {"sv": "\u00a0", "en": ","}
_POINT: dict[Language, str] = {"sv": ",", "en": "."}
_OWN_NUMBER = re.compile(r"G[0-9]+")  # of a disposal; one of the diarium has its year
_UNITS = ("kB", "MB", "GB", "TB", "PB")


def count(number: int, language: Language) -> str:
    """1 234 567, or 1,234,567."""
    return f"{number:,}".replace(",", _GROUP[language])


def volume(size: int, language: Language) -> str:
    """Bytes in the largest decimal unit that fits, with one decimal: 1,2 MB."""
    if size < 1000:
        return f"{size}\u00a0B"
    tenths, unit = size, ""
    for unit in _UNITS:
        tenths = size * 10 // 1000 if unit == _UNITS[0] else tenths // 1000
        if tenths < 10_000:
            break
    return f"{count(tenths // 10, language)}{_POINT[language]}{tenths % 10}\u00a0{unit}"


def volume_exactly(size: int, language: Language) -> str:
    """As `volume`, with the number of bytes behind."""
    if size < 1000:
        return volume(size, language)
    return f"{volume(size, language)} ({count(size, language)} byte)"


def moment(at: int, language: Language) -> str:
    """Milliseconds since 1970 UTC as Swedish local time to the minute."""
    local = instant(at).astimezone(STOCKHOLM)
    return (
        f"{local:%Y-%m-%d} kl.\u00a0{local:%H.%M}"
        if language == "sv"
        else f"{local:%Y-%m-%d %H:%M}"
    )


def day(at: int) -> str:
    """The date in Sweden at an instant."""
    return stockholm_date(at).isoformat()


def span(first: date | None, last: date | None) -> str:
    """From a day to a day; a dash for what is not known."""
    if first is None and last is None:
        return "–"
    if first == last and first is not None:
        return first.isoformat()
    return "\u00a0– ".join(one.isoformat() if one else "…" for one in (first, last))


def numbers(ranges: Sequence[SeqRange]) -> str:
    """Sequence numbers, run by run: 4711–4719, 4802."""
    return ", ".join(
        str(one.first) if one.first == one.last else f"{one.first}–{one.last}" for one in ranges
    )


def told(*fields: Field) -> tuple[Field, ...]:
    """The fields that say something."""
    return tuple(one for one in fields if one.value)


def designation(number: str, say: Say) -> Field:
    """A disposal's number in the diarium; where the authority has no series of numbers it stands in
    none, and that is said."""
    if _OWN_NUMBER.fullmatch(number):
        said = say("{number} (ej diarieförd: myndigheten har ingen nummerserie)")
        return Field(say("Beteckning"), said.format(number=number))
    return Field(say("Diarienummer"), number)
