"""The register of accounts and the people of each, as notes that are folded.

The checklist asks that each account has an owner unit, at least two named administrators, MFA and a
way to get back in, and that it is listed who may speak for the authority (KL 6:37). The rules:

- A person is named once, by a note; what they may do on which account, and from when to when, is a
  note of its own. Whoever leaves is still an administrator there until somebody has taken that away
  on the platform and notes it, account by account.
- A shadow page is somebody's page about the authority that is no account of it: the owner decides
  for each to adopt it, to have it closed, or that it is not the authority's.
- What was never noted is unknown, never wrong.

Pure. Days are Swedish.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from archiver.core.event import EventType
from archiver.core.reason import Wording
from archiver.governance.core.book import Book, Note

FEWEST = 2  # administrators of an account


class Kind(StrEnum):
    """Whose account it is."""

    AUTHORITY = "myndighetens"
    OFFICE = "i_tjansten"
    PERSONAL = "personligt"


class Mfa(StrEnum):
    """Whether everybody who administers it signs in with more than a password."""

    YES = "ja"
    NO = "nej"
    UNKNOWN = "okant"


class Right(StrEnum):
    """What a person may do on an account. Whoever administers it may publish, too."""

    ADMIN = "administrator"
    SPEAKER = "publicerar"


class Way(StrEnum):
    """How a shadow page became known."""

    FOUND = "hittad"
    REPORTED = "anmald"


class Settlement(StrEnum):
    """What the owner decided of a shadow page."""

    ADOPT = "ta_over"
    CLOSE = "stang"
    NOT_OURS = "inte_var"


KINDS: Mapping[Kind, Wording] = {
    Kind.AUTHORITY: Wording("myndighetens konto", "the authority's account"),
    Kind.OFFICE: Wording("konto i tjänsten", "account of an office"),
    Kind.PERSONAL: Wording("personligt konto", "personal account"),
}
MFA: Mapping[Mfa, Wording] = {
    Mfa.YES: Wording("ja", "yes"),
    Mfa.NO: Wording("nej", "no"),
    Mfa.UNKNOWN: Wording("okänt", "unknown"),
}
RIGHTS: Mapping[Right, Wording] = {
    Right.ADMIN: Wording("administratör", "administrator"),
    Right.SPEAKER: Wording("publicerar", "publishes"),
}
SETTLEMENTS: Mapping[Settlement, Wording] = {
    Settlement.ADOPT: Wording("ta över", "adopt"),
    Settlement.CLOSE: Wording("stäng", "close"),
    Settlement.NOT_OURS: Wording("inte vår", "not ours"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What is known of an account; what is left out stays as it was. `unit`: the owner unit;
    `recovery`: whom to reach to get back in; `owner`: by role, and `decision`: under which
    decision, of an account that is a person's own."""

    channel: int
    kind: Kind | None = None
    unit: str = ""
    mfa: Mfa | None = None
    recovery: str = ""
    owner: str = ""
    decision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A person of the register; their number is the note's entry."""

    name: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointed:
    """A person has a right on an account, from a day and perhaps through another. `handle`: how the
    platform names them there, by its number or name."""

    person: int
    channel: int
    right: Right
    since: date
    until: date | None = None
    handle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A right (its entry) was taken away on the platform; `on` is the first day without it."""

    of: int
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A person leaves; `on` is their last day."""

    person: int
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A page that looks like one of the authority's and is in no register."""

    url: str
    platform: str
    way: Way
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The owner's decision on a shadow page (its entry); a later one takes its place."""

    of: int
    settlement: Settlement
    decider: str
    reason: str


Said: TypeAlias = Described | Named | Appointed | Ended | Left | Reported | Settled
NAMES: Mapping[str, type[Said]] = {
    "describe": Described,
    "name": Named,
    "appoint": Appointed,
    "end": Ended,
    "leave": Left,
    "report": Reported,
    "settle": Settled,
}
BOOK: Book[Said] = Book(event=EventType.ACCOUNT_ACT, names=NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person, and their last day if they leave."""

    seq: int
    name: str
    title: str = ""
    left: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A right as it stands; `ended`: the first day without it."""

    seq: int
    said: Appointed
    ended: date | None = None

    def on(self, day: date) -> bool:
        """Whether the platform gives it on that day, as far as is noted."""
        said = self.said
        within = said.since <= day and (said.until is None or day <= said.until)
        return within and (self.ended is None or day < self.ended)

    def open(self, day: date) -> bool:
        """Whether it is there on that day, or will be."""
        said = self.said
        return self.ended is None and (said.until is None or day <= said.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """A shadow page, and the newest decision on it."""

    seq: int
    said: Reported
    settled: Settled | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """An authority's register: what is known of each account by its number, people, rights and
    shadow pages by their entries."""

    accounts: Mapping[int, Described]
    people: Mapping[int, Person]
    rights: Mapping[int, Held]
    shadows: Mapping[int, Shadow]

    def of(self, channel: int, right: Right | None = None) -> list[Held]:
        """The rights on an account, over too, in the order they were noted."""
        held = [one for one in self.rights.values() if one.said.channel == channel]
        return [one for one in held if right in (None, one.said.right)]

    def admins(self, channel: int, day: date) -> list[Held]:
        """Who administers an account on a day; whoever has left does not."""
        every = self.of(channel, Right.ADMIN)
        return [one for one in every if one.on(day) and not self.lingers(one, day)]

    def lingers(self, held: Held, day: date) -> bool:
        """Whether the platform still gives it on that day to somebody who has left."""
        left = self.people[held.said.person].left
        return held.on(day) and left is not None and left < day

    def to_end(self, person: int, day: date) -> list[Held]:
        """What is to be taken away from a person, account by account."""
        return [one for one in self.rights.values() if one.said.person == person and one.open(day)]


def folded(notes: Iterable[tuple[int, Note[Said]]]) -> Register:
    """The register of an authority, from its notes in the order of the log."""
    accounts, people = dict[int, Described](), dict[int, Person]()
    rights, shadows = dict[int, Held](), dict[int, Shadow]()
    for seq, note in notes:
        match note.said:
            case Described() as said:
                known = accounts.get(said.channel, Described(channel=said.channel))
                accounts[said.channel] = _described(known, said)
            case Named(name=name, title=title):
                people[seq] = Person(seq=seq, name=name, title=title)
            case Appointed() as said:
                rights[seq] = Held(seq=seq, said=said)
            case Ended(of=of, on=on):
                rights[of] = replace(rights[of], ended=on)
            case Left(person=person, on=on):
                people[person] = replace(people[person], left=on)
            case Reported() as said:
                shadows[seq] = Shadow(seq=seq, said=said)
            case Settled() as said:
                shadows[said.of] = replace(shadows[said.of], settled=said)
    return Register(accounts=accounts, people=people, rights=rights, shadows=shadows)


def _described(known: Described, said: Described) -> Described:
    return Described(
        channel=said.channel,
        kind=said.kind or known.kind,
        unit=said.unit or known.unit,
        mfa=said.mfa or known.mfa,
        recovery=said.recovery or known.recovery,
        owner=said.owner or known.owner,
        decision=said.decision or known.decision,
    )


def lacks(register: Register, channel: int, day: date) -> Sequence[str]:
    """What an account lacks on a day, by code: `mfa`, `admins` and `left` contradict what is asked
    for; `no_admins`, `no_mfa`, `no_unit` and `no_recovery` were never noted."""
    known = register.accounts.get(channel, Described(channel=channel))
    ever = register.of(channel, Right.ADMIN)
    admins = {one.said.person for one in register.admins(channel, day)}
    found = {
        "mfa": known.mfa is Mfa.NO,
        "admins": bool(ever) and len(admins) < FEWEST,
        "left": any(register.lingers(one, day) for one in register.of(channel)),
        "no_admins": not ever,
        "no_mfa": known.mfa in (None, Mfa.UNKNOWN),
        "no_unit": not known.unit,
        "no_recovery": not known.recovery,
    }
    return [code for code, lacking in found.items() if lacking]


LACKS: Mapping[str, Wording] = {
    "mfa": Wording("saknar tvåfaktorsinloggning", "without MFA"),
    "admins": Wording("har färre än två administratörer", "fewer than two administrators"),
    "left": Wording("har kvar någon som har slutat", "somebody who has left is still there"),
    "no_admins": Wording("har inga antecknade administratörer", "no administrators noted"),
    "no_mfa": Wording("tvåfaktorsinloggning inte antecknad", "MFA not noted"),
    "no_unit": Wording("ägande enhet inte antecknad", "owner unit not noted"),
    "no_recovery": Wording("återställningskontakt inte antecknad", "recovery contact not noted"),
}
CONTRADICTS = frozenset({"mfa", "admins", "left"})
