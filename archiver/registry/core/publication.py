"""What of the register stands on the web, where everybody reads: by allow-list, denied by default.

The right of access gives no ground to publish (GDPR art. 5.1 c; OSL 5:2 asks what may be read *at*
the authority, not on the web). So nothing is shown unless the authority has decided so, and then
only the fields, classes, directions and days that the decision names. Never: sender, recipient, the
text of what came in, personal numbers, or anything of an entry that is voided, marked, registered
as possibly secret, taken down, or whose records the platform no longer shows to everybody.

Invariants: `published` gives only fields of `Field`, and only those the setting allows; what is
shown bare (that it exists, without its title) is number and day. A program cannot see that a title
is about somebody's health or crime (articles 9 and 10 of the GDPR): that is for the classes that
are allowed, and for whoever writes titles. Pure; time is a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from archiver.core.canonical import Json
from archiver.core.record import clean
from archiver.errors import ConfigError
from archiver.registry.core.entry import MAX_NAME, Direction, Entry, day_number, line
from archiver.registry.core.public import problems

MAX_DESCRIPTION = 900  # characters, in each language: the event must fit its frame
MAX_DAYS = 3_660
MAX_CLASSES = 20
_RUN = 5  # so many words in a row are a quotation


class Field(StrEnum):
    """What can be shown of an entry. There is nothing else."""

    NUMBER = "number"
    DAY = "day"
    DIRECTION = "direction"
    TITLE = "title"
    CASE = "case"
    RECORD_CLASS = "record_class"


class Withheld(StrEnum):
    """Why an entry is not shown, or not its title."""

    OFF = "off"
    VOIDED = "voided"
    TAKEN_DOWN = "taken_down"
    DIRECTION = "direction"
    RECORD_CLASS = "record_class"
    DAY = "day"
    UNSEEN = "unseen"  # a record of it is hidden or gone, or could not be opened
    RESTRICTED = "restricted"  # the processing of a record of it is restricted (GDPR art. 18)
    MARKED = "marked"
    LEVEL = "level"
    APART = "apart"  # something of it is sealed apart
    TITLE = "title"  # points to a person, or quotes what came in


# Of these it may be shown that there is an entry, if the authority decided so.
BARE = frozenset({Withheld.MARKED, Withheld.LEVEL, Withheld.APART, Withheld.TITLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The authority's own decision that its web diarium rests on."""

    number: str
    day: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What an authority decided. `days`: how far back; `bare`: show that an entry exists whose
    title cannot be shown; `takes_down`: who is named for that, not shown; `contact`: where anybody
    turns to, shown; `description`: of the authority's documents (OSL 4:2)."""

    authority: int
    on: bool = False
    ruling: Ruling | None = None
    fields: frozenset[Field] = frozenset()
    record_classes: frozenset[str] = frozenset()
    directions: frozenset[Direction] = frozenset()
    days: int = 0
    bare: bool = False
    takes_down: str = ""
    contact: str = ""
    description: str = ""
    description_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An entry, and what else decides. `apart`: something of it is sealed apart; `seen`: every
    record of it is visible to all; `restricted`: the processing of one is (GDPR art. 18); `names`
    and `texts` are those of what came in; `own`: what the authority itself is called."""

    entry: Entry
    apart: bool = False
    seen: bool = True
    restricted: bool = False
    taken_down: bool = False
    case_voided: bool = False
    case_number: str = ""
    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()

    def with_words(
        self, *, seen: bool, names: Iterable[str] = (), texts: Iterable[str] = ()
    ) -> Candidate:
        """The same, with the names and texts of what came in; not `seen` if they cannot be had."""
        return replace(self, seen=self.seen and seen, names=tuple(names), texts=tuple(texts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What is shown of an entry. `bare`: only that it exists."""

    fields: Mapping[Field, str]
    bare: bool = False


def published(candidate: Candidate, setting: Setting, today: date) -> Published | None:
    """What is shown of an entry on a Swedish day; None for nothing."""
    why = withheld(candidate, setting, today)
    if why is not None and (why not in BARE or not setting.bare):
        return None
    fields = candidate.entry.fields
    values = {
        Field.NUMBER: candidate.entry.number,
        Field.DAY: fields.day,
        Field.DIRECTION: fields.direction.value,
        Field.TITLE: fields.title,
        Field.CASE: candidate.case_number,
        Field.RECORD_CLASS: fields.record_class,
    }
    allowed = setting.fields if why is None else setting.fields & {Field.NUMBER, Field.DAY}
    shown = {name: values[name] for name in Field if name in allowed and values[name]}
    return Published(fields=shown, bare=why is not None)


def withheld(candidate: Candidate, setting: Setting, today: date) -> Withheld | None:
    """Why an entry is not shown; None if it is. The reasons that also hide that it exists go
    first."""
    entry, fields = candidate.entry, candidate.entry.fields
    tests = {
        Withheld.OFF: not setting.on or fields.authority != setting.authority,
        Withheld.VOIDED: entry.voided is not None or candidate.case_voided,
        Withheld.TAKEN_DOWN: candidate.taken_down,
        Withheld.DIRECTION: fields.direction not in setting.directions,
        Withheld.RECORD_CLASS: fields.record_class not in setting.record_classes,
        Withheld.DAY: not 0 <= (today - date.fromisoformat(fields.day)).days <= setting.days,
        Withheld.UNSEEN: not candidate.seen,
        Withheld.RESTRICTED: candidate.restricted,
        Withheld.MARKED: entry.marking is not None,
        Withheld.LEVEL: fields.level not in (2, 3),
        Withheld.APART: candidate.apart or bool(fields.secret),
        Withheld.TITLE: not _is_fit(candidate),
    }
    return next((why for why, holds in tests.items() if holds), None)


def _is_fit(candidate: Candidate) -> bool:
    """Whether the title names nobody and repeats nothing of what came in."""
    fields = candidate.entry.fields
    names = {*candidate.names, fields.sender, fields.recipient} - {""}
    names = {name for name in names if name.casefold() not in candidate.own}
    if any(problems(fields.title, name) for name in names or {""}):
        return False
    return not any(quotes(fields.title, text) for text in candidate.texts)


def quotes(title: str, text: str) -> bool:
    """Whether five words in a row of a text, or all of a shorter one, stand in the title."""
    ours, theirs = (re.findall(r"\w+", one.casefold()) for one in (title, text))
    run = min(_RUN, len(theirs))
    if run < 2:
        return False
    said = {tuple(theirs[place : place + run]) for place in range(len(theirs) - run + 1)}
    return any(tuple(ours[place : place + run]) in said for place in range(len(ours) - run + 1))


# --- the setting ----------------------------------------------------------------------------------


def checked(setting: Setting, *, today: str) -> Setting:
    """A setting with its texts made plain; `ConfigError` for one that lacks what it rests on.
    `today` is the Swedish day."""
    ruling = setting.ruling and Ruling(
        number=line(setting.ruling.number, "decision's number", 60),
        day=setting.ruling.day,
        body=line(setting.ruling.body, "body that decided", MAX_NAME),
    )
    if ruling and day_number(ruling.day) > day_number(today):
        raise ConfigError("The decision's day is in the future.", remedy="Publish once it is made.")
    setting = replace(
        setting,
        ruling=ruling,
        record_classes=frozenset(
            line(one, "record class", 100) for one in setting.record_classes if one.strip()
        ),
        takes_down=line(setting.takes_down, "person who takes down", 100, needed=setting.on),
        contact=line(setting.contact, "contact", MAX_NAME, needed=setting.on),
        description=_paragraphs(setting.description),
        description_en=_paragraphs(setting.description_en),
    )
    if not 0 <= setting.days <= MAX_DAYS or len(setting.record_classes) > MAX_CLASSES:
        raise ConfigError(
            f"At most {MAX_DAYS} days and {MAX_CLASSES} record classes.", remedy="Choose fewer."
        )
    for one in sorted(setting.record_classes):
        if problems(one):
            raise ConfigError("A record class points to a person.", remedy="Choose another word.")
    lacks = _lacking(setting)
    if setting.on and lacks:
        raise ConfigError(
            f"What is published is decided: {', '.join(lacks)} missing.",
            remedy="Give what is missing; until then the web diarium stays as it was.",
        )
    return setting


def _lacking(setting: Setting) -> list[str]:
    there: Mapping[str, object] = {
        "the decision": setting.ruling,
        "the field number": Field.NUMBER in setting.fields,
        "the record classes": setting.record_classes,
        "the directions": setting.directions,
        "the days": setting.days,
        "the description": setting.description,
    }
    return [name for name, value in there.items() if not value]


def _paragraphs(text: str) -> str:
    """Paragraphs parted by one empty line, each of one line."""
    parts = (" ".join(part.split()) for part in re.split(r"\n\s*\n", clean(text)))
    whole = "\n\n".join(part for part in parts if part)
    if len(whole) > MAX_DESCRIPTION:
        raise ConfigError(
            f"The description is longer than {MAX_DESCRIPTION} characters.", remedy="Shorten it."
        )
    if not whole.replace("\n", "").isprintable():
        raise ConfigError("The description holds characters that are no text.")
    return whole


def payload(setting: Setting, *, actor: int) -> dict[str, Json]:
    """A setting as it is sealed."""
    sealed: dict[str, Json] = {
        "authority": setting.authority,
        "on": setting.on,
        "fields": _sorted(setting.fields),
        "record_classes": _sorted(setting.record_classes),
        "directions": _sorted(setting.directions),
        "days": setting.days,
        "bare": setting.bare,
        "actor": actor,
    }
    if setting.ruling is not None:
        one = setting.ruling
        sealed["decision"] = {"number": one.number, "day": one.day, "body": one.body}
    for name in ("takes_down", "contact", "description", "description_en"):
        if value := getattr(setting, name):
            sealed[name] = value
    return sealed


def _sorted(names: Iterable[str]) -> list[Json]:
    return [str(name) for name in sorted(names)]


def setting_of(sealed: Mapping[str, Any]) -> Setting:
    """A setting from what was sealed. A field or direction that this release does not know is not
    shown."""
    ruling = sealed.get("decision")
    return Setting(
        authority=sealed["authority"],
        on=sealed["on"],
        ruling=Ruling(**ruling) if ruling else None,
        fields=frozenset(one for one in Field if one in sealed["fields"]),
        record_classes=frozenset(sealed["record_classes"]),
        directions=frozenset(one for one in Direction if one in sealed["directions"]),
        days=sealed["days"],
        bare=sealed["bare"],
        **{
            name: sealed.get(name, "")
            for name in ("takes_down", "contact", "description", "description_en")
        },
    )
