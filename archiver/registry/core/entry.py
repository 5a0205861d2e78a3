"""A register entry: what is asked to be registered, what was sealed, and what became of it since.

OSL 2009:400 5:2 asks for four facts: 1 the day it came in or was drawn up, 2 its number, 3 from
whom or to whom, 4 in short what it is about. Facts 3 and 4 are written to be shown to anybody;
where they cannot be, what is secret stands in fields of its own, which are sealed apart and never
come the way that the public reads (5:2 second paragraph). An entry is archived the moment it is
made (arkivförordningen 1991:446 3 §): nothing is altered or taken away. A correction says what
stood there before, who put it right, when and why; a voided entry keeps its number (JO 4639-2007).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from archiver.core.canonical import Json
from archiver.core.record import clean
from archiver.errors import ConfigError

MAX_TITLE = 300  # characters
MAX_NAME = 200
MAX_REASON = 500
MAX_RECORDS = 50  # in one entry
_FIRST_DAY = date(1900, 1, 1)


class Direction(StrEnum):
    """Riktning: received (I), drawn up (U), dispatched (E), or a note without any (–)."""

    RECEIVED = "received"
    DRAWN_UP = "drawn_up"
    DISPATCHED = "dispatched"
    NOTE = "note"


class Relation(StrEnum):
    """How one entry has to do with another."""

    ANSWERS = "answers"
    CONTINUES = "continues"
    CONCERNS = "concerns"
    REPLACES = "replaces"


class Dated(StrEnum):
    """What the day of an entry rests on; shown beside it. The first three are those of a record's
    legal date (TF 2:9, 2:10)."""

    PLATFORM = "platform"
    FIRST_SEEN = "first_seen"
    UNOBSERVED = "unobserved"
    STATED = "stated"  # by whoever registered it, with the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """Sekretessmarkering (OSL 5:5): a warning and never a decision. It names the provision, the day
    and the authority that made it; nothing may be marked without a provision."""

    clause: str
    day: str
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What may not be shown with the rest of an entry: the true title, sender and recipient."""

    title: str = ""
    sender: str = ""
    recipient: str = ""

    def __bool__(self) -> bool:
        return bool(self.title or self.sender or self.recipient)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What is asked to be registered. `day` is a Swedish day, YYYY-MM-DD, and `dated` what it rests
    on; `case` is the case it goes into, None for a number of its own; `title`, `sender` and
    `recipient` are written to be shown; `draft` (16 bytes) tells one asking from another, so that
    none is done twice."""

    authority: int
    direction: Direction
    day: str
    dated: Dated
    title: str
    records: tuple[int, ...] = ()
    sender: str = ""
    recipient: str = ""
    class_code: str = ""
    record_class: str = ""
    level: int = 2
    series: int | None = None
    case: int | None = None
    marking: Marking | None = None
    secret: Secret = field(default_factory=Secret)
    trigger: str = ""
    draft: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One field put right. `secret`: it is one of the secret fields; `conceals`: what stood in an
    open field may not be shown."""

    seq: int
    at: int
    actor: int
    field: str
    old: str
    new: str
    reason: str
    secret: bool = False
    conceals: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided:
    """Makulerad: the number stays and is never given again."""

    seq: int
    at: int
    actor: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A secrecy marking that was put on (`marking`) or taken off (None), and why."""

    seq: int
    at: int
    actor: int
    marking: Marking | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another entry that this one has to do with; `ended`: that was taken back, and stays seen."""

    seq: int
    at: int
    actor: int
    other: int
    relation: Relation
    ended: Voided | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as it stands now, with everything that happened to it. `at` is milliseconds UTC."""

    seq: int
    at: int
    actor: int
    number: str
    fields: Registration
    part: int | None = None
    corrections: tuple[Correction, ...] = ()
    markings: tuple[Marked, ...] = ()
    relations: tuple[Related, ...] = ()
    voided: Voided | None = None

    @property
    def newest(self) -> int:
        """The newest change of those that are shown, or the entry itself."""
        seqs = [self.seq, *(one.seq for one in self.corrections)]
        seqs += [one.seq for one in self.markings] + [one.seq for one in self.relations]
        seqs += [one.ended.seq for one in self.relations if one.ended]
        return max(seqs + ([self.voided.seq] if self.voided else []))

    @property
    def marking(self) -> Marking | None:
        """The marking that stands."""
        return self.markings[-1].marking if self.markings else self.fields.marking


CORRECTABLE: Mapping[str, int] = {
    "title": MAX_TITLE,
    "sender": MAX_NAME,
    "recipient": MAX_NAME,
    "day": 10,
    "direction": 20,
    "class_code": 40,
    "record_class": 100,
}
SECRET_FIELDS = frozenset({"title", "sender", "recipient"})


def line(text: str, name: str, most: int, *, needed: bool = True) -> str:
    """One line of text without blanks at its ends; `ConfigError` names what is wrong with it."""
    text = clean(" ".join(text.split()))
    if needed and not text:
        raise ConfigError(f"The {name} is missing.", remedy="Write it and try again.")
    if len(text) > most:
        raise ConfigError(f"The {name} is longer than {most} characters.", remedy="Shorten it.")
    if not text.isprintable():
        raise ConfigError(f"The {name} holds characters that are no text.", remedy="Remove them.")
    return text


def day_number(day: str) -> int:
    """YYYY-MM-DD as YYYYMMDD; `ConfigError` for what is no day."""
    try:
        parsed = date.fromisoformat(day)
    except ValueError:
        parsed = date.min
    if parsed < _FIRST_DAY or parsed.isoformat() != day:  # ISO weeks are no days here
        raise ConfigError("The day is none.", remedy="Write it as 2026-11-22.")
    return parsed.year * 10_000 + parsed.month * 100 + parsed.day


def refuse_future(day: str, today: str) -> None:
    """`ConfigError` for a day after `today` (Swedish, YYYY-MM-DD): nothing has come in then."""
    if day_number(day) > day_number(today):
        raise ConfigError("The day is in the future.", remedy="Write the day it came in.")


def checked(asked: Registration, *, today: str) -> Registration:
    """What is asked, with its texts made plain; `ConfigError` for what cannot be registered.
    `today` is the Swedish day: nothing has come in later."""
    refuse_future(asked.day, today)
    if len(set(asked.records)) != len(asked.records) or len(asked.records) > MAX_RECORDS:
        raise ConfigError(f"An entry has at most {MAX_RECORDS} different records.")
    if asked.level not in (2, 3, 4):
        raise ConfigError("Only levels 2 to 4 are registered.", remedy="Keep it in order instead.")
    if (asked.secret or asked.marking) and asked.level != 4:
        raise ConfigError(
            "What may be secret is registered at level 4.", remedy="Choose level 4, or unmark it."
        )
    optional: dict[str, Any] = {
        name: line(getattr(asked, name), name.replace("_", " "), CORRECTABLE[name], needed=False)
        for name in ("sender", "recipient", "class_code", "record_class")
    }
    secret = {
        name: line(getattr(asked.secret, name), f"secret {name}", CORRECTABLE[name], needed=False)
        for name in sorted(SECRET_FIELDS)
    }
    return replace(
        asked,
        **optional,
        title=line(asked.title, "title", MAX_TITLE),
        marking=checked_marking(asked.marking) if asked.marking else None,
        secret=Secret(**secret),
    )


def checked_value(name: str, value: str, *, secret: bool) -> str:
    """What a field is corrected to, made plain; `ConfigError` for what it cannot be."""
    if name not in CORRECTABLE or (secret and name not in SECRET_FIELDS):
        raise ConfigError(
            f"{name!r} is no field that can be corrected.",
            remedy="There are: " + ", ".join(sorted(SECRET_FIELDS if secret else CORRECTABLE)),
        )
    if name == "day":
        day_number(value)
        return value
    if name == "direction":
        try:
            return Direction(value).value
        except ValueError:
            raise ConfigError("There is no such direction.") from None
    needed = name == "title" and not secret
    return line(value, name.replace("_", " "), CORRECTABLE[name], needed=needed)


def checked_marking(marking: Marking) -> Marking:
    """A marking with all that OSL 5:5 asks for; `ConfigError` otherwise."""
    day_number(marking.day)
    return Marking(
        clause=line(marking.clause, "provision of the secrecy", 100),
        day=marking.day,
        authority=line(marking.authority, "authority that marks", MAX_NAME),
    )


# --- as it is sealed ------------------------------------------------------------------------------


def payload(asked: Registration, *, actor: int) -> dict[str, Json]:
    """The open part of an entry as it is sealed: no empty fields, and nothing secret."""
    fields: dict[str, Json] = {
        "authority": asked.authority,
        "direction": asked.direction.value,
        "day": asked.day,
        "dated": asked.dated.value,
        "title": asked.title,
        "records": list(asked.records),
        "level": asked.level,
        "actor": actor,
    }
    for name in ("sender", "recipient", "class_code", "record_class", "trigger"):
        if value := getattr(asked, name):
            fields[name] = value
    if asked.case is not None:
        fields["case"] = asked.case
    if asked.draft:
        fields["draft"] = asked.draft.hex()
    if asked.marking is not None:
        fields["marking"] = marking_payload(asked.marking)
    return fields


def marking_payload(marking: Marking) -> dict[str, Json]:
    """A marking as it is sealed."""
    return {"clause": marking.clause, "day": marking.day, "authority": marking.authority}


def secret_payload(secret: Secret) -> dict[str, Json]:
    """The secret part of an entry as it is sealed, in the protected family."""
    return {name: getattr(secret, name) for name in SECRET_FIELDS if getattr(secret, name)}


def registration(fields: Mapping[str, Any]) -> Registration:
    """The open part of an entry, from what was sealed."""
    marking = fields.get("marking")
    return Registration(
        authority=fields["authority"],
        series=fields["series"],
        direction=Direction(fields["direction"]),
        day=fields["day"],
        dated=Dated(fields["dated"]),
        title=fields["title"],
        records=tuple(fields["records"]),
        sender=fields.get("sender", ""),
        recipient=fields.get("recipient", ""),
        class_code=fields.get("class_code", ""),
        record_class=fields.get("record_class", ""),
        level=fields["level"],
        case=fields.get("case"),
        marking=Marking(**marking) if marking else None,
        trigger=fields.get("trigger", ""),
        draft=bytes.fromhex(fields.get("draft", "")),
    )


def corrected(
    fields: Registration, changes: Iterable[tuple[int, int, Mapping[str, Any]]]
) -> tuple[Registration, tuple[Correction, ...]]:
    """An entry with its corrections applied in order: (seq, instant, what was sealed) each."""
    found: list[Correction] = []
    for seq, at, change in changes:
        name, new, secret = change["field"], change["value"], change.get("secret", False)
        holder: Registration | Secret = fields.secret if secret else fields
        old = str(getattr(holder, name))
        found.append(
            Correction(
                seq=seq,
                at=at,
                actor=change["actor"],
                field=name,
                old=old,
                new=new,
                reason=change["reason"],
                secret=secret,
                conceals=change.get("conceals", False),
            )
        )
        value: dict[str, Any] = {name: Direction(new) if name == "direction" else new}
        if secret:
            fields = replace(fields, secret=replace(fields.secret, **value))
        else:
            fields = replace(fields, **value)
    return fields, tuple(found)


def public(entry: Entry) -> Entry:
    """The entry as anybody may read it at the authority (OSL 5:2): what is secret is not there.
    Corrections of secret fields leave no trace; of one that took something secret out of an open
    field, it is seen that it was made."""
    return replace(
        entry,
        fields=replace(entry.fields, secret=Secret()),
        corrections=_shown([one for one in entry.corrections if not one.secret]),
    )


def _shown(corrections: Sequence[Correction]) -> tuple[Correction, ...]:
    """Corrections of open fields without what may not be shown: what stood there before one that
    conceals, also where the one before it is what put it there."""
    shown = list(corrections)
    for place, one in enumerate(shown):
        if one.conceals:
            shown[place] = replace(one, old="")
            for earlier in range(place - 1, -1, -1):
                if shown[earlier].field == one.field:
                    shown[earlier] = replace(shown[earlier], new="", conceals=True)
                    break
    return tuple(shown)
