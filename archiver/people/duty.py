"""The duty roster, with users in it: who is meant, and whether they can be told now.

A line may name a user instead of an address. Whoever is locked, has lost every role or has no
address is passed over, and that is said wherever the roster is used: in the alert, on the page, by
`diarkiv duty show` and by the doctor. The address is looked up when something is sent, so that
somebody who leaves gets nothing more the moment they are locked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archiver.db.notices import Notices
from archiver.errors import ConfigError, NotFound
from archiver.notify.duty import (
    HEADER,
    Line,
    Roster,
    cells,
    checked_address,
    on_duty,
    parse,
    parse_line,
    render,
    user_of,
)
from archiver.people.service import People


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Somebody in the roster. `named`: as it stands there; `name`: of a user, else ""; `address`:
    where they are told now, "" if they are passed over, and then `why`: `missing`, `locked`,
    `no_role` or `no_address`."""

    named: str
    name: str = ""
    address: str = ""
    why: str = ""


class Duty:
    """Use-cases of the roster."""

    def __init__(self, notices: Notices, people: People) -> None:
        self._notices = notices
        self._people = people

    def roster(self) -> Roster:
        """The roster as it is."""
        return parse(self._notices.roster())

    def replace(self, text: str) -> Roster:
        """Put a table of `from;to;address` in the roster's place. `ConfigError` names a line that
        is none; `NotFound` for a user who is not there."""
        roster = parse(text)
        for line in roster.lines:
            self.meant(line.address)
        self._notices.set_roster(render(roster))
        return roster

    def meant(self, who: str) -> str:
        """How the roster names an address or a user (by number or login name); "" for nobody.
        `ConfigError` for what is no address, `NotFound` for a user who is not there."""
        if not who:
            return ""
        if user_of(who.upper()) is not None or "@" not in who:
            return f"U{self._people.user(who).seq}"
        try:
            return checked_address(who)
        except ValueError:
            raise ConfigError("That is no e-mail address.") from None

    def add(self, start: str, end: str, who: str) -> Roster:
        """Add a line. `ConfigError` for what is none."""
        named = self.meant(who)
        try:
            line = cells(parse_line(start, end, named))
        except ValueError as error:
            raise ConfigError(
                "That is no line of a duty roster.",
                remedy='Write FROM and TO both as "mån 16:00" (and an address or a user), or both '
                'as "2026-12-24 16:00", the first before the second.',
            ) from error
        text = self._notices.roster() or f"{';'.join(HEADER)}\n"
        return self.replace(text + ";".join(line) + "\n")

    def remove(self, line: str) -> None:
        """Take away the line of these cells, joined by ";". `NotFound` if it is not there."""
        kept, gone = list[Line](), False
        for one in self.roster().lines:
            if not gone and ";".join(cells(one)) == line:
                gone = True
            else:
                kept.append(one)
        if not gone:
            raise NotFound("There is no such line in the duty roster.", remedy="Look again.")
        rows = [";".join(HEADER), *(";".join(cells(one)) for one in kept)]
        self._notices.set_roster("\n".join(rows) + "\n")

    def now(self, at: int) -> Sequence[Named]:
        """Who is on duty at an instant (milliseconds UTC), reached or not."""
        return [self.told(one) for one in on_duty(at, self.roster())]

    def told(self, named: str) -> Named:
        """Whom a cell of the roster names, and whether they can be told."""
        number = user_of(named)
        if number is None:
            return Named(named=named, address=named)
        user = self._people.numbered(number)
        if user is None:
            return Named(named=named, why="missing")
        address = self._people.accounts.ways_back.addresses().get(number, "")
        why = "locked" if user.disabled else "" if user.roles else "no_role"
        why = why or ("" if address else "no_address")
        return Named(named=named, name=user.name, address="" if why else address, why=why)

    def address(self, user: int) -> str:
        """Where a user is told now; "" for who is passed over."""
        return self.told(f"U{user}").address
