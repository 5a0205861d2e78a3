"""Users: added and changed as events, never taken away; a user's number is the seq of their event.

Name, roles and whether somebody is disabled are facts of the archive: they are sealed in the home's
own register cohort, the name in the frame only, so that the log can name who did something for
ever. How somebody signs in lies in the operations database and can be lost with nothing but the
trouble of giving new passwords. Invariants: whoever is disabled, or whose password is changed, has
no session and no link left; a fact that differs in nothing is not written again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archiver.core.access import HOME, LOCAL, Role, Viewer, viewer_of
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.record import clean
from archiver.db import tables as t
from archiver.db.accounts import Accounts, SessionRow, plain_login
from archiver.errors import ConfigError, NotFound
from archiver.ledger.projection import HOME_COHORT
from archiver.ledger.service import Ledger
from archiver.people.password import Passwords, check_password
from archiver.people.projector import Roles, any_user, changes, standings

MOST_ROLES = 100
_MAX_NAME, _MAX_LOGIN = 120, 200  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may sign in. `seq` is their number in the log, shown `U12`; `roles` are (role,
    authority or `HOME`); `login` is "" for who has no account of their own here; `signed_in_at` in
    milliseconds UTC."""

    seq: int
    name: str
    roles: Roles
    disabled: bool
    login: str = ""
    signed_in_at: int | None = None

    @property
    def viewer(self) -> Viewer:
        """What they may do: nothing when disabled."""
        return viewer_of(self.seq, () if self.disabled else self.roles)


class People:
    """Use-cases around users."""

    def __init__(self, ledger: Ledger, accounts: Accounts, passwords: Passwords) -> None:
        self._ledger = ledger
        self.accounts = accounts
        self.passwords = passwords
        self._any = False
        self._names: dict[tuple[int, ...], str] = {}  # by what was said of somebody

    def any(self) -> bool:
        """Whether this home has users: ever after the first."""
        if not self._any:
            with self._ledger.database.read() as connection:
                self._any = any_user(connection)
        return self._any

    def users(self) -> list[User]:
        """Every user as they are now, in the order they were added."""
        with self._ledger.database.read() as connection:
            known, seqs = standings(connection), changes(connection)
        accounts = self.accounts.all()
        names = _names((seq, one.envelope) for seq, one in self._ledger.open(seqs).items())
        found = []
        for seq, (roles, disabled) in known.items():
            user = User(seq=seq, name=names[seq], roles=roles, disabled=disabled)
            if row := accounts.get(seq):
                user = replace(user, login=row.login, signed_in_at=row.signed_in_at)
            found.append(user)
        return found

    def user(self, name: str) -> User:
        """The user of that number ("U12") or login name; `NotFound` if there is none."""
        number, login = name.upper().removeprefix("U"), plain_login(name)
        for one in self.users():
            if number == str(one.seq) or (login and login == plain_login(one.login)):
                return one
        raise NotFound("There is no such user.", remedy="`diarkiv user list` shows them.")

    def name(self, seq: int) -> str:
        """What a user is called; "" if nobody has that number."""
        found = self.numbered(seq)
        return found.name if found else ""

    def numbered(self, seq: int) -> User | None:
        """The user of that number. Asked at every request: their frames are opened only when
        something new was said of them."""
        with self._ledger.database.read() as connection:
            known, seqs = standings(connection, seq), tuple(changes(connection, seq))
        if seq not in known:
            return None
        if seqs not in self._names:
            opened = self._ledger.open(seqs)
            self._names[seqs] = _names((n, one.envelope) for n, one in opened.items())[seq]
        roles, disabled = known[seq]
        user = User(seq=seq, name=self._names[seqs], roles=roles, disabled=disabled)
        row = self.accounts.of_user(seq)
        return replace(user, login=row.login, signed_in_at=row.signed_in_at) if row else user

    def add(
        self,
        login: str,
        name: str,
        roles: Roles,
        *,
        password: str | None = None,
        subject: tuple[str, str] | None = None,
        actor: int = LOCAL.actor,
    ) -> User:
        """Record a user. Without a password they get one later, or sign in elsewhere as `subject`
        (issuer, subject), and need no login name then. `ConfigError` for a login name or subject
        that is taken, or what is no name, role or password."""
        name = _line(name, "name", _MAX_NAME)
        if login or subject is None:
            login = _line(login, "login name", _MAX_LOGIN)
        if password is not None:
            check_password(password, login)
        kept = None if password is None else self.passwords.hash(password)
        with self._ledger.writer() as writer:
            self._check_roles(roles)
            if subject and self.accounts.of_subject(*subject) is not None:
                raise ConfigError("There is already a user who is that subject.")
            if login and self.accounts.of_login(login) is not None:
                raise ConfigError("There is already a user with that login name.")
            payload: dict[str, Json] = {"name": name, "roles": _written(roles), "actor": actor}
            seq = writer.append_event(EventType.USER_ADDED, payload, cohort=HOME_COHORT)
        if login:
            self.accounts.put(seq, login)
        if subject:
            self.accounts.put_subject(seq, *subject)
        if kept is not None:
            self.accounts.set_hash(seq, kept, new=True)
        return User(seq=seq, name=name, roles=roles, disabled=False, login=login)

    def change(
        self,
        user: User,
        *,
        name: str | None = None,
        roles: Roles | None = None,
        disabled: bool | None = None,
        actor: int = LOCAL.actor,
        judge: Callable[[Sequence[User], User], None] = lambda _users, _after: None,
    ) -> User:
        """Record what is to be different; the user afterwards. Nothing is recorded if nothing
        differs. `judge` is shown all users as they are and this one as it would be, while nobody
        else can change any, and raises if it must not."""
        with self._ledger.writer() as writer:
            users = self.users()
            now = next(one for one in users if one.seq == user.seq)
            fields: dict[str, Json] = {}
            if name is not None and (name := _line(name, "name", _MAX_NAME)) != now.name:
                fields["name"] = name
            if roles is not None and set(roles) != set(now.roles):
                self._check_roles(roles)
                fields["roles"] = _written(roles)
            if disabled is not None and disabled != now.disabled:
                fields["disabled"] = disabled
            after = replace(
                now,
                roles=now.roles if roles is None else roles,
                disabled=now.disabled if disabled is None else disabled,
            )
            judge(users, after)
            if fields:
                payload: dict[str, Json] = {"user": user.seq, "actor": actor, **fields}
                writer.append_event(EventType.USER_CHANGED, payload, cohort=HOME_COHORT)
        if disabled:
            self.accounts.end_sessions(user.seq)
        if disabled or not set(after.roles) <= set(now.roles):
            # Whoever gave the link might not have been allowed to give what was added.
            self.accounts.ways_back.drop_link(user.seq)
        return next(one for one in self.users() if one.seq == user.seq)

    def check_password(self, user: User, password: str) -> None:
        """`ConfigError` for what cannot be the user's password."""
        if not user.login:
            raise ConfigError("This user has no login name.", remedy="Give them one first.")
        check_password(password, user.login)

    def set_password(self, user: User, password: str) -> None:
        """Give a user a new password; every session of theirs ends, and a link they were given."""
        self.check_password(user, password)
        self.accounts.ways_back.drop_link(user.seq)
        self.accounts.set_hash(user.seq, self.passwords.hash(password), new=True)
        self.accounts.end_sessions(user.seq)

    def sessions(self, user: User) -> Sequence[SessionRow]:
        """A user's sessions, newest first."""
        return self.accounts.sessions(user.seq)

    def _check_roles(self, roles: Collection[tuple[Role, int]]) -> None:
        if len(roles) > MOST_ROLES:
            raise ConfigError(f"A user has at most {MOST_ROLES} roles.")
        with self._ledger.database.read() as connection:
            known = set(connection.scalars(t.authority.select()))
        if not {number for _, number in roles} <= known | {HOME}:
            raise ConfigError("A role is for an authority that is not there.")


def _written(roles: Roles) -> list[Json]:
    return [[role.value, number] for role, number in sorted(set(roles))]


def _names(events: Any) -> dict[int, str]:
    """User → the name they have now."""
    found: dict[int, str] = {}
    for seq, envelope in sorted(events):
        fields: Mapping[str, Any] = envelope
        if "name" in fields:
            found[int(fields.get("user", seq))] = str(fields["name"])
    return found


def _line(text: str, what: str, most: int) -> str:
    """One line without outer space; `ConfigError` without a word of it."""
    text = clean(text.strip())
    if not text or len(text) > most or "\n" in text:
        raise ConfigError(f"A {what} is one line of at most {most} characters.")
    return text
