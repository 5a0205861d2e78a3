"""The register of accounts of a home: what is noted is one sealed event, or refused before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.channel import MANUAL, Channel
from archiver.core.ports import Clock
from archiver.core.token import Health
from archiver.errors import ConfigError, NotFound
from archiver.governance.accounts import queries as q
from archiver.governance.core import account as a
from archiver.governance.core.book import Note
from archiver.ledger.service import Ledger
from archiver.store.seal import FrameKind, seal

_COHORT = "register"


class Account(NamedTuple):
    """An account as the register has it today: what is known of it, who administers it and who
    else may publish (or still can although they have left), what it lacks (`a.LACKS`), and how its
    login stands (None: it has none)."""

    channel: Channel
    known: a.Described
    held: tuple[tuple[a.Held, a.Person], ...]
    lacks: tuple[str, ...]
    token: Health | None


class Accounts:
    """The register, by authority. `tokens` gives how each channel's login stands at an instant
    (milliseconds UTC)."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        channels: Callable[[], Sequence[Channel]],
        tokens: Callable[[int], Sequence[Health]],
    ) -> None:
        self._ledger, self._clock = ledger, clock
        self._channels, self._tokens = channels, tokens

    def today(self) -> date:
        """The day in Sweden."""
        return stockholm_date(self._clock.now())

    # --- what is there -----------------------------------------------------------------------

    def register(self, viewer: Viewer, authority: int) -> a.Register:
        """An authority's register."""
        viewer.require(Permission.OVERSEE, authority)
        return q.register(self._ledger, authority)

    def list(self, viewer: Viewer) -> list[Account]:
        """Every account of the authorities that the viewer oversees, in the order of channels."""
        day = self.today()
        tokens = {one.channel: one for one in self._tokens(self._clock.now())}
        registers: dict[int, a.Register] = {}
        found = []
        for one in self._channels():
            if one.platform == MANUAL or not viewer.may(Permission.OVERSEE, one.authority):
                continue
            if one.authority not in registers:
                registers[one.authority] = q.register(self._ledger, one.authority)
            it = registers[one.authority]
            held = [(each, it.people[each.said.person]) for each in it.of(one.seq) if each.on(day)]
            known = it.accounts.get(one.seq, a.Described(channel=one.seq))
            lacking = tuple(a.lacks(it, one.seq, day))
            found.append(Account(one, known, tuple(held), lacking, tokens.get(one.seq)))
        return found

    # --- what is done ------------------------------------------------------------------------

    def describe(self, viewer: Viewer, said: a.Described) -> int:
        """Note what is known of an account; its entry."""
        authority = self._govern(viewer, said.channel)
        if said == a.Described(channel=said.channel):
            raise ConfigError("Nothing is said of the account.", remedy="Say what is known.")
        return self._note(viewer, authority, said)

    def name(self, viewer: Viewer, authority: int, said: a.Named) -> int:
        """Name a person of an authority's register; their number."""
        viewer.require(Permission.GOVERN, authority)
        if not said.name.strip():
            raise ConfigError("A person has a name.")
        return self._note(viewer, authority, said)

    def appoint(self, viewer: Viewer, said: a.Appointed) -> int:
        """Note that a person has a right on an account; its entry."""
        authority = self._govern(viewer, said.channel)
        it = q.register(self._ledger, authority)
        person = _person(it, said.person)
        if said.until and said.until < said.since:
            raise ConfigError("A right ends on or after the day it began.")
        if person.left and person.left < (said.until or self.today()):
            raise ConfigError(f"{said.person} left on {person.left}.", remedy="Say `--until`.")
        same = [one for one in it.of(said.channel, said.right) if one.said.person == said.person]
        if any(one.open(said.since) for one in same):
            raise ConfigError(
                f"{said.person} has that right on C{said.channel} already.", remedy="End it first."
            )
        return self._note(viewer, authority, said)

    def end(self, viewer: Viewer, said: a.Ended) -> int:
        """Note that a right was taken away on the platform."""
        authority = self._of(viewer, said.of)
        held = q.register(self._ledger, authority).rights.get(said.of)
        if held is None or held.ended is not None:
            raise ConfigError(f"{said.of} is no right that stands.", remedy="Nothing was changed.")
        if not held.said.since <= said.on <= self.today():
            raise ConfigError("A right is ended between the day it began and today.")
        return self._note(viewer, authority, said)

    def leave(self, viewer: Viewer, said: a.Left) -> Sequence[a.Held]:
        """Note a person's last day; what is now to be ended, account by account."""
        authority = self._of(viewer, said.person)
        person = _person(q.register(self._ledger, authority), said.person)
        if person.left is not None:
            raise ConfigError(f"{said.person} left on {person.left} already.")
        self._note(viewer, authority, said)
        return self.to_end(viewer, said.person)

    def to_end(self, viewer: Viewer, person: int) -> Sequence[a.Held]:
        """What is to be taken away from a person who leaves."""
        authority = self._of(viewer, person, Permission.OVERSEE)
        it = q.register(self._ledger, authority)
        return it.to_end(_person(it, person).seq, self.today())

    def report(self, viewer: Viewer, authority: int, said: a.Reported) -> int:
        """Note a shadow page; its entry."""
        viewer.require(Permission.GOVERN, authority)
        url = said.url.strip().rstrip("/")
        if not url.startswith(("https://", "http://")):
            raise ConfigError("A page has an address that begins with https://.")
        known = next((one for one in self._channels() if one.url.rstrip("/") == url), None)
        if known:
            raise ConfigError(f"{url} is C{known.seq}.", remedy="`diarkiv channel list`.")
        shadows = q.register(self._ledger, authority).shadows.values()
        again = next((one for one in shadows if one.said.url.rstrip("/") == url), None)
        if again:
            raise ConfigError(f"{url} was reported already, as {again.seq}.")
        return self._note(viewer, authority, said)

    def settle(self, viewer: Viewer, said: a.Settled) -> int:
        """Note the owner's decision on a shadow page."""
        authority = self._of(viewer, said.of)
        if said.of not in q.register(self._ledger, authority).shadows:
            raise ConfigError(f"{said.of} is no shadow page.", remedy="Nothing was changed.")
        if not said.decider.strip() or not said.reason.strip():
            raise ConfigError("A decision says who made it, and why.")
        return self._note(viewer, authority, said)

    # --- within ------------------------------------------------------------------------------

    def _govern(self, viewer: Viewer, channel: int) -> int:
        one = next((one for one in self._channels() if one.seq == channel), None)
        if (
            one is None
            or one.platform == MANUAL
            or not viewer.may(Permission.OVERSEE, one.authority)
        ):
            raise NotFound(f"There is no channel C{channel}.", remedy="`diarkiv channel list`.")
        viewer.require(Permission.GOVERN, one.authority)
        return one.authority

    def _of(self, viewer: Viewer, seq: int, permission: Permission = Permission.GOVERN) -> int:
        authority = q.authority_of(self._ledger, seq)
        if authority is None or not viewer.may(Permission.OVERSEE, authority):
            raise NotFound(
                f"The register holds nothing as {seq}.", remedy="`diarkiv lifecycle account list`."
            )
        viewer.require(permission, authority)
        return authority

    def _note(self, viewer: Viewer, authority: int, said: a.Said) -> int:
        note = Note(authority=authority, day=self.today(), actor=viewer.actor, said=said)
        sealed = seal(FrameKind.EVENT, a.BOOK.payload(note), random=self._ledger.random)
        with self._ledger.writer() as writer:
            return writer.append(a.BOOK.event, sealed, writer.cohort(authority, _COHORT))


def _person(register: a.Register, seq: int) -> a.Person:
    found = register.people.get(seq)
    if found is None:
        raise ConfigError(
            f"{seq} is nobody of the authority's register.",
            remedy="`diarkiv lifecycle account person`.",
        )
    return found
