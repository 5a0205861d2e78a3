"""Managing users on the pages: the same users and events as `diarkiv user`, within one's mandate.

Whoever is at the machine itself may do everything (`diarkiv user`); here `mandate` holds. What
touches accounts belongs to no authority, so that all of it takes the right for the whole home.
A new password is never known to who manages users: they get a link that opens once within a day,
and giving it takes away the password, the passkeys and the sessions there were, as a password that
is set at the machine does.
"""

from __future__ import annotations

from collections.abc import Sequence

from archiver.core.access import LOCAL, Permission, Role, Viewer
from archiver.core.ports import Random
from archiver.db.passkeys import PasskeyRow
from archiver.errors import AccessRefused, ConfigError, NotFound
from archiver.notify.duty import checked_address
from archiver.people import mandate
from archiver.people.projector import Roles
from archiver.people.service import People, User

LINK_LIFE = 24 * 60 * 60_000  # milliseconds
LINK_PATH = "/logga-in/ny/"  # where a link leads, before its token
_TOKEN = 32  # bytes


class LinkSpent(AccessRefused):
    """A link for a new password that was used, is too old, or was replaced by another."""

    code = "link-spent"


class Stewardship:
    """Use-cases of who manages users."""

    def __init__(self, people: People, random: Random) -> None:
        self.people = people
        self._accounts = people.accounts
        self._random = random

    def may_give(self, who: Viewer, role: Role, authority: int) -> bool:
        """Whether they may give that role for that authority (`HOME`: for all)."""
        return mandate.may_give(who, role, authority)

    def covers(self, who: Viewer, user: User) -> bool:
        """Whether they hold all that the user's roles grant, locked or not."""
        return all(mandate.may_give(who, role, authority) for role, authority in user.roles)

    def add(self, who: Viewer, login: str, name: str, roles: Roles, address: str = "") -> User:
        """Add a user, who cannot sign in before they get a link."""
        who.require(Permission.SET_USERS)
        mandate.check_given(who, roles)
        address = email(address)
        made = self.people.add(login, name, roles, actor=who.actor)
        self._accounts.ways_back.put_address(made.seq, address)
        return made

    def set_roles(self, who: Viewer, user: User, roles: Roles) -> User:
        """Give a user these roles instead of those they have."""
        return self._change(who, user, roles=roles)

    def rename(self, who: Viewer, user: User, name: str) -> User:
        """Give a user another name."""
        return self._change(who, user, name=name)

    def lock(self, who: Viewer, user: User) -> User:
        """Keep a user from signing in; their sessions and their link end."""
        return self._change(who, user, disabled=True)

    def unlock(self, who: Viewer, user: User) -> User:
        """Let a user in again, with the roles they have."""
        return self._change(who, user, disabled=False)

    def _change(
        self,
        who: Viewer,
        user: User,
        *,
        name: str | None = None,
        roles: Roles | None = None,
        disabled: bool | None = None,
    ) -> User:
        who.require(Permission.SET_USERS)
        able = self._accounts.with_a_way_in()

        def judge(users: Sequence[User], after: User) -> None:
            now = next(one for one in users if one.seq == after.seq)
            given = set(after.roles) - set(now.roles)
            back = set(now.roles) if now.disabled and not after.disabled else set()
            mandate.check_given(who, tuple(given | back))
            left = [after if one.seq == after.seq else one for one in users]
            mandate.check_left(mandate.managers(users, able), mandate.managers(left, able))

        return self.people.change(
            user, name=name, roles=roles, disabled=disabled, actor=who.actor, judge=judge
        )

    def set_address(self, who: Viewer, user: User, address: str) -> None:
        """Where a user is reached; "" takes it away. `ConfigError` for what is no address."""
        self._accounts.ways_back.put_address(user.seq, self.check_address(who, user, address))

    def check_address(self, who: Viewer, user: User, address: str) -> str:
        """The address as it is kept; `ConfigError` unless they may give it to that user."""
        who.require(Permission.SET_USERS)
        if user.seq != who.actor:
            mandate.check_given(who, user.roles)
        return email(address)

    def end_sessions(self, who: Viewer, user: User) -> int:
        """End a user's sessions; how many there were."""
        who.require(Permission.SET_USERS)
        return self._accounts.end_sessions(user.seq)

    # --- a new password ----------------------------------------------------------------------

    def check_link(self, who: Viewer, user: User) -> None:
        """`ConfigError` unless they may give that user a link now. Until it is used the user has no
        other way in, and if it is lost, none: the last manager gets theirs at the machine."""
        who.require(Permission.SET_USERS)
        mandate.check_given(who, user.roles)
        if who.actor != LOCAL.actor:
            users, able = self.people.users(), self._accounts.with_a_way_in()
            kept = mandate.managers(users, able - {user.seq})
            mandate.check_left(mandate.managers(users, able), kept)
        if not user.login:
            raise ConfigError("This user has no login name.", remedy="They sign in elsewhere.")
        if user.disabled:
            raise ConfigError("This user is kept from signing in.", remedy="Let them in first.")

    def give_link(self, who: Viewer, user: User) -> str:
        """The token of a link by which the user sets a password. What they signed in with until
        now, and where they are signed in, ends."""
        self.check_link(who, user)
        token = self._random(_TOKEN).hex()
        self._accounts.ways_back.put_link(user.seq, token)
        # Whoever is given more from now on loses the link; whoever was just now is seen here.
        now = self.people.numbered(user.seq)
        if now is None or set(now.roles) != set(user.roles):
            self._accounts.ways_back.drop_link(user.seq)
            raise ConfigError("The user was given other roles just now.", remedy="Try again.")
        self._accounts.drop_hash(user.seq)
        self._end_ways_in(user)
        return token

    def set_password(self, who: Viewer, user: User, password: str) -> None:
        """Give a user a password that is known to whoever gives it: only at the machine itself.
        All else they signed in with, and where they are signed in, ends. `ConfigError` for a
        password that is none, which leaves everything as it was."""
        who.require(Permission.SET_USERS)
        mandate.check_given(who, user.roles)
        self.people.set_password(user, password)
        self._end_ways_in(user)

    def _end_ways_in(self, user: User) -> None:
        self._accounts.passkeys.remove_all(user.seq)
        self._accounts.end_sessions(user.seq)

    def passkey(self, who: Viewer, user: User, start: str) -> PasskeyRow:
        """The one passkey of a user whose id begins so; `NotFound` if there is none, or more."""
        who.require(Permission.SET_USERS)
        every = self._accounts.passkeys.of_user(user.seq)
        found = [one for one in every if start and one.id.startswith(start.lower())]
        if len(found) != 1:
            raise NotFound(
                "The user has no such passkey, or more than one that begins so.",
                remedy="`diarkiv user passkeys list` shows them.",
            )
        return found[0]

    def remove_passkey(self, who: Viewer, user: User, passkey: PasskeyRow) -> bool:
        """Remove one of a user's passkeys; False if it is gone already."""
        who.require(Permission.SET_USERS)
        return self._accounts.passkeys.remove(user.seq, passkey.id)

    def holder(self, token: str) -> User:
        """Whose link it is; `LinkSpent` if it opens nothing."""
        number = self._accounts.ways_back.link(token, life=LINK_LIFE)
        found = self.people.numbered(number) if number is not None else None
        if found is None or found.disabled:
            raise LinkSpent("This link has been used, or is too old.", remedy="Ask for a new one.")
        return found

    def redeem(self, token: str, password: str) -> User:
        """Set the password of the link's user, once. `ConfigError` for a password that is none,
        which leaves the link as it was."""
        user = self.holder(token)
        self.people.check_password(user, password)
        if not self._accounts.ways_back.take_link(token):
            raise LinkSpent("This link has been used.", remedy="Ask for a new one.")
        self.people.set_password(user, password)
        return user


def email(text: str) -> str:
    """An e-mail address, or ""; `ConfigError` if it is none that a mail server could take."""
    try:
        return checked_address(text.strip()) if text.strip() else ""
    except ValueError:
        raise ConfigError("That is no e-mail address.") from None
