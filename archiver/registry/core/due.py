"""When what a route asks for is to be done, for one item: its clocks, the nearest first, in words.

Rests on the routing table, whose rows name the clause; days and hours are counted by
`core.calendar`. What the authority became aware of is counted from when the archive first saw it.
A time that the law sets no number for ("without delay") has no last day and is never called late;
"at once" is late from the next working day on, so that it can be said how much. Pure: now is a
parameter.
"""

from __future__ import annotations

from dataclasses import dataclass

from archiver.core.calendar import stockholm_date, working_days_between
from archiver.core.reason import Wording
from archiver.registry.core.phrase import Phrase, phrase
from archiver.registry.core.routing import Clock, Pace, Recipient, Route, RoutingTable, Since

# Stands for "no last day" where items are put in order: after every day there is.
NEVER = 10**14
_PACES = {
    Pace.IMMEDIATELY: "pace_immediately",
    Pace.WITHOUT_DELAY: "pace_without_delay",
    Pace.SAME_DAY: "pace_same_day",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A clock that runs for an item. `due` is the instant (milliseconds UTC) it runs out; None: the
    law sets none. `by_the_hour`: `due` is an hour of a day, else the end of a day."""

    clock: Clock
    since: int
    due: int | None

    @property
    def act(self) -> Wording:
        """What is to be done."""
        return self.clock.act

    @property
    def by_the_hour(self) -> bool:
        return self.clock.pace is Pace.HOURS

    @property
    def pace(self) -> Phrase:
        """How soon, in words: within two working days."""
        return pace(self.clock)

    @property
    def last(self) -> int | None:
        """An instant on the last day, or the hour itself."""
        if self.due is None or self.by_the_hour or self.clock.pace is Pace.IMMEDIATELY:
            return self.due
        return self.due - 1

    def late(self, now: int) -> bool:
        """Whether the time has run out."""
        if self.due is None:
            return False
        if self.clock.pace is Pace.IMMEDIATELY:
            return self.late_days(now) > 0
        return now >= self.due

    def late_days(self, now: int) -> int:
        """How many Swedish working days ago the last day was."""
        if self.last is None:
            return 0
        return working_days_between(stockholm_date(self.last), stockholm_date(now))

    @property
    def order(self) -> int:
        """Where it stands among others: the nearest end first, what has none last."""
        return NEVER + self.since if self.due is None else self.due


def pace(clock: Clock) -> Phrase:
    """How soon a clock wants something done, in words."""
    if clock.pace in _PACES:
        return phrase(_PACES[clock.pace])
    many = "" if clock.count == 1 else "s"
    return phrase(f"pace_{clock.pace.value.removesuffix('s')}{many}", n=clock.count)


def what(running: Running, language: str) -> str:
    """What is to be done and how soon: "Svara inom 2 arbetsdagar". What the act says itself is not
    said twice."""
    act, soon = running.act.say(language), running.pace.say(language)
    if soon.casefold() in act.casefold():
        return act
    between = " · " if running.clock.pace is Pace.WITHOUT_DELAY else " "
    return f"{act}{between}{soon}"


def running(route: Route, *, received: int, known: int) -> tuple[Running, ...]:
    """The clocks of a route for an item that came in at `received` and was first seen at `known`
    (milliseconds UTC), the nearest first."""
    found = []
    for clock in route.clocks:
        since = known if clock.since is Since.KNOWN else received
        found.append(Running(clock=clock, since=since, due=clock.due(since)))
    return tuple(sorted(found, key=lambda one: one.order))


def leads_to(route: Route, table: RoutingTable) -> tuple[Recipient, ...]:
    """Whom a route leads to: those that can be reached first, in the table's order."""
    found = [table.recipients[key] for key in route.recipients]
    return tuple(sorted(found, key=lambda one: not one.address))
