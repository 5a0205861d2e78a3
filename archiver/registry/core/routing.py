"""The routing table: what must be lifted out of the stream, to whom, how soon, on which basis.

Rests on OSL 5 kap. 1 § (what is registered, kept in order, or neither) and the clauses that each
row names. The table is data (`archiver/registry/routing.toml`); an authority changes rows and
recipients in a file of its own, in the same words. A row whose basis was not read in the statute
says so (`TextStatus`), so that the product can.

Invariants (kept by `routing_file`, which reads the data): a route with a level above 0, or a stop,
has a recipient; the two hard stops (suspected secret, suspected child-abuse material) are there and
switched on. Pure: instants are parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from archiver.core.calendar import TimeLaw, Unit, day_ends, deadline, hours_after, stockholm_date
from archiver.core.reason import Wording
from archiver.registry.core.phrase import Phrase, phrase


class Level(IntEnum):
    """How an official document is accounted for (OSL 5 kap. 1 §)."""

    MINOR = 0  # obviously of minor importance: neither registered nor kept in order
    KEPT_IN_ORDER = 1  # the archive's index tells whether and when it came in; no number
    REGISTERED = 2  # an entry and a number of its own
    IN_CASE = 3  # an entry within a case
    SECRET = 4  # registered, always, and kept in the separated store

    @property
    def words(self) -> Wording:
        """The level in words."""
        return _LEVELS[self]


_LEVELS: Mapping[int, Wording] = {
    0: Wording("Av ringa betydelse", "Of minor importance"),
    1: Wording("Hålls ordnad", "Kept in order"),
    2: Wording("Diarieförs", "Registered"),
    3: Wording("I ärende", "In a case"),
    4: Wording("Sekretess, diarieförs avskilt", "Secret, registered apart"),
}


class TextStatus(StrEnum):
    """What a row's basis rests on. All but `READ` are to be confirmed by a jurist."""

    READ = "read"
    PREDECESSOR = "predecessor"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"
    RECONSTRUCTED = "reconstructed"

    @property
    def words(self) -> Wording:
        """The status in words, for the line below a basis."""
        return _STATUS[self]


_STATUS: Mapping[str, Wording] = {
    "read": Wording("läst i lagtexten", "read in the statute"),
    "predecessor": Wording(
        "läst i den tidigare lagen, bekräftas av jurist",
        "read in the former act, to be confirmed by a jurist",
    ),
    "secondary": Wording(
        "enligt andra källor, bekräftas av jurist",
        "from secondary sources, to be confirmed by a jurist",
    ),
    "unverified": Wording(
        "inte kontrollerad, bekräftas av jurist", "not verified, to be confirmed by a jurist"
    ),
    "reconstructed": Wording(
        "rekonstruerad, bekräftas av jurist", "reconstructed, to be confirmed by a jurist"
    ),
}


class Secrecy(StrEnum):
    """What is assumed of secrecy until somebody has assessed it."""

    NO = "no"
    YES = "yes"
    CASE = "case"  # from case to case
    ASSESS = "assess"  # to be assessed at once


class Stop(StrEnum):
    """What is done before anybody has looked."""

    SECLUDE = "seclude"  # hidden from every other role at once
    QUARANTINE = "quarantine"  # no view, preview or export for anybody


HARD_STOPS: Mapping[str, Stop] = {
    "abuse_material": Stop.QUARANTINE,
    "secrecy": Stop.SECLUDE,
}


class Pace(StrEnum):
    """How soon. The last four have a count."""

    IMMEDIATELY = "immediately"
    WITHOUT_DELAY = "without_delay"  # the law sets no number
    SAME_DAY = "same_day"  # the same working day
    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"


COUNTED = frozenset({Pace.HOURS, Pace.DAYS, Pace.WORKING_DAYS, Pace.MONTHS})


class Since(StrEnum):
    """The event a clock runs from."""

    RECEIVED = "received"
    KNOWN = "known"  # when the authority became aware


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How soon something is to be done, since which event, under which law of time."""

    pace: Pace
    act: Wording
    count: int = 0
    since: Since = Since.RECEIVED
    law: TimeLaw = TimeLaw.EXACT

    def due(self, at: int) -> int | None:
        """The instant (milliseconds UTC) by which it is to be done if the event was at `at`; for
        times in days and months the end of the last day in Sweden. None: the law sets none."""
        day = stockholm_date(at)
        match self.pace:
            case Pace.IMMEDIATELY:
                return at
            case Pace.WITHOUT_DELAY:
                return None
            case Pace.SAME_DAY:
                return day_ends(deadline(day, 0, Unit.WORKING_DAYS, TimeLaw.SWEDISH))
            case Pace.HOURS:
                return hours_after(at, self.count)
            case Pace.DAYS | Pace.WORKING_DAYS | Pace.MONTHS:
                return day_ends(deadline(day, self.count, Unit(self.pace.value), self.law))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A role that a route leads to. `address`: where the authority can reach it, "" = not said."""

    key: str
    title: Wording
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row of the table. `levels`: what it may come to, the first is suggested; none = the level
    follows from elsewhere. `active`: an authority may switch a row off."""

    trigger: str
    title: Wording
    levels: tuple[Level, ...]
    recipients: tuple[str, ...]
    secrecy: Secrecy
    basis: str
    text_status: TextStatus
    action: Wording | None = None
    clocks: tuple[Clock, ...] = ()
    stop: Stop | None = None
    active: bool = True

    @property
    def level(self) -> Level | None:
        """The level that is suggested; None if the route sets none."""
        return self.levels[0] if self.levels else None

    @property
    def needs_recipient(self) -> bool:
        return self.stop is not None or any(level > Level.MINOR for level in self.levels)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingTable:
    """Routes by trigger, in order of weight, and the recipients they name."""

    version: str
    routes: Mapping[str, Route]
    recipients: Mapping[str, Recipient]

    def without_recipient(self) -> tuple[Phrase, ...]:
        """One phrase for each active route none of whose recipients has an address: the desk shows
        them until somebody has filled them in."""
        return tuple(
            phrase("no_address", route=route.trigger, recipients=", ".join(route.recipients))
            for route in self.routes.values()
            if route.active
            and route.needs_recipient
            and not any(self.recipients[key].address for key in route.recipients)
        )
