"""The moderation log, and what the platform shows, held against each other.

Whoever hides, removes or blocks says what, when, on which ground, by whose decision (BBS-lagen 5 §,
RF 1:9). The archive sees for itself when what came in is no longer shown. The rules:

- An *episode* lasts from the first look that no longer shows an item until it is shown again. What
  is only suspected, or could not be asked for, is no episode.
- The platform names our own moderation: hidden, trashed, or, once it was shown, put back on hold or
  marked as spam. What a filter held before anybody saw it is nobody's measure. Such an episode
  without an entry in the log, with its ground, is a fault. Nothing else is: a gap in knowledge
  accuses nobody.
- Its author's own doing, and the platform's, are classes of their own, by the platform's word, by
  the author's signature, or by a person's attestation.
- What is left has an unknown cause: it is counted, and attested when more than a local limit.

Pure. Instants are milliseconds UTC, days Swedish.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from archiver.core.calendar import stockholm_date
from archiver.core.changes import State
from archiver.core.disappearance import Why
from archiver.core.event import EventType
from archiver.core.reason import Wording
from archiver.governance.core.book import Book


class Measure(StrEnum):
    """What was done."""

    HIDE = "dolt"
    DELETE = "borttaget"
    BLOCK = "blockerat"


class Cause(StrEnum):
    """Why something is no longer shown, as it stands after the log and attestations."""

    LOGGED = "loggad"  # our own, and in the log with its ground
    UNLOGGED = "ologgad"  # our own, as the platform shows, and not in the log
    AUTHOR = "anvandaren_sjalv"
    PLATFORM = "plattformen"
    ATTESTED = "intygad_okand"  # a person looked, and could not tell either
    UNKNOWN = "okand"


MEASURES: Mapping[Measure, Wording] = {
    Measure.HIDE: Wording("dolt", "hidden"),
    Measure.DELETE: Wording("borttaget", "removed"),
    Measure.BLOCK: Wording("blockerat", "blocked"),
}
CAUSES: Mapping[Cause, Wording] = {
    Cause.LOGGED: Wording("vår moderering, loggad", "our moderation, logged"),
    Cause.UNLOGGED: Wording("vår moderering, utan loggpost", "our moderation, without an entry"),
    Cause.AUTHOR: Wording("användaren själv", "the user themself"),
    Cause.PLATFORM: Wording("plattformen", "the platform"),
    Cause.ATTESTED: Wording("okänd orsak, intygad", "unknown cause, attested"),
    Cause.UNKNOWN: Wording("okänd orsak", "unknown cause"),
}
# What a person may attest of what the platform does not show to be ours.
ATTESTABLE = (Cause.AUTHOR, Cause.PLATFORM, Cause.ATTESTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A measure on a channel, on a Swedish day: of records (their entries), or of an account, named
    as the platform names it. `ground`: a code of `grounds.toml`; `decider`: who decided; `reply`:
    what whoever wrote was told; `review`: when it is tried again. What is not known yet is left
    out: a measure is recorded all the same."""

    channel: int
    measure: Measure
    on: date
    records: tuple[int, ...] = ()
    account: str = ""
    ground: str = ""
    decider: str = ""
    motive: str = ""
    reply: str = ""
    review: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A measure (its entry) was tried again, or completed: why it stands, and what is said anew of
    its ground, decider and next review."""

    of: int
    reason: str
    ground: str = ""
    decider: str = ""
    review: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """A measure was lifted: shown again, no longer blocked."""

    of: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """A person stands for why records are no longer shown, one of `ATTESTABLE`, and says what that
    rests on."""

    records: tuple[int, ...]
    cause: Cause
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """How many disappearances of unknown cause the authority lets stand without attestation, and
    under which decision."""

    most: int
    decision: str


Said: TypeAlias = Taken | Reviewed | Lifted | Attested | Limited
NAMES: Mapping[str, type[Said]] = {
    "take": Taken,
    "review": Reviewed,
    "lift": Lifted,
    "attest": Attested,
    "limit": Limited,
}
BOOK: Book[Said] = Book(event=EventType.MODERATION_ACT, names=NAMES)


class Seen(NamedTuple):
    """What a look showed of a record: the entry, when (of what is gone: when it was first missed),
    its state, and what the state rests on."""

    record: int
    seq: int
    at: int
    state: State
    why: Why | None = None


class Episode(NamedTuple):
    """From when a record was no longer shown: the entry that tells it, the instant of the first
    look that missed it, the day it was last shown again before (None: never), whether the platform
    shows it to be ours, and whose doing it is if the platform says (else UNKNOWN)."""

    record: int
    seq: int
    at: int
    after: date | None
    own: bool
    cause: Cause


class Logged(NamedTuple):
    """What the log holds of a record: the day of the measure, and whether it has a ground."""

    on: date
    grounded: bool


class Vouched(NamedTuple):
    """What was attested of a record, by which entry."""

    seq: int
    cause: Cause


_PUT_BACK = frozenset({State.HELD, State.SPAM})  # ours only if it was shown before
_OWN = frozenset({State.HIDDEN, State.TRASHED}) | _PUT_BACK
_CAUSE: Mapping[State, Cause] = {
    State.AUTHOR_GONE: Cause.AUTHOR,
    State.PLATFORM_REMOVED: Cause.PLATFORM,
}
AWAY = _OWN | {State.GONE_CONFIRMED} | frozenset(_CAUSE)


def episodes(looks: Iterable[Seen]) -> list[Episode]:
    """The episodes of one record, from its looks in the order of the log."""
    found: list[Episode] = []
    now: Episode | None = None
    after: date | None = None
    shown = False
    for look in looks:
        shown = shown or look.state is State.VISIBLE
        if look.state is State.VISIBLE or (look.state in _PUT_BACK and not shown):
            after = stockholm_date(look.at)
            now = None
        elif look.state in AWAY:
            cause = Cause.AUTHOR if look.why is Why.PROOF else _CAUSE.get(look.state, Cause.UNKNOWN)
            own = look.state in _OWN
            if now is None:
                now = Episode(look.record, look.seq, look.at, after, own, cause)
                found.append(now)
            else:
                named = now.cause if now.cause is not Cause.UNKNOWN else cause
                now = now._replace(own=now.own or own, cause=named)
                found[-1] = now
    return found


def cause_of(one: Episode, log: Iterable[Logged], vouched: Iterable[Vouched]) -> Cause:
    """Why an episode is. An entry of the log counts from the day the record was last shown to the
    day it was missed; an attestation counts if it came after that, and never for what is ours."""
    missed = stockholm_date(one.at)
    since = one.after or date.min
    if any(each.grounded and since <= each.on <= missed for each in log):
        return Cause.LOGGED
    if one.own:
        return Cause.UNLOGGED
    if one.cause is not Cause.UNKNOWN:
        return one.cause
    later = [each for each in vouched if each.seq > one.seq]
    return max(later).cause if later else Cause.UNKNOWN


class Block(NamedTuple):
    """A block that stands: its entry, and what is said of it."""

    seq: int
    ground: bool
    decider: bool
    review: date | None

    def lacks(self, today: date) -> list[str]:
        """What it lacks: ground, decider, review, or that a review is past its day."""
        missing = {"ground": self.ground, "decider": self.decider, "review": self.review}
        found = [name for name, held in missing.items() if not held]
        return [*found, "overdue"] if self.review and self.review < today else found


def counts(causes: Sequence[Cause]) -> dict[str, int]:
    """How many there are of each cause, all of them named."""
    return {cause.value: causes.count(cause) for cause in Cause}
