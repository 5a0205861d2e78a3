"""`diarkiv user`: who may sign in, with which roles. A password is asked for or read, never given
as an argument."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Protocol

import click

from archiver.cli.output import json_option, say, show, table_of
from archiver.cli.user_entry import EntryDesk, noted
from archiver.cli.user_entry import commands as ways_in
from archiver.cli.when import swedish_time
from archiver.core.access import HOME, LOCAL, Role
from archiver.core.channel import Authority
from archiver.errors import ConfigError
from archiver.people.oidc import Provider
from archiver.people.projector import Roles
from archiver.people.service import User
from archiver.people.trail import Happened

_DISABLE = "Keep a USER from signing in; their sessions end now. Nothing they did is touched."
_ROLES = ", ".join(role.value for role in Role)


class Register(Protocol):
    """Where authorities are looked up."""

    def authority(self, code: str) -> Authority: ...

    def authorities(self) -> list[Authority]: ...


class PeopleDesk(EntryDesk, Protocol):
    """What the commands need of the application."""

    @property
    def channels(self) -> Register: ...

    @property
    def provider(self) -> Provider | None: ...


Desk = Callable[[], PeopleDesk]


def commands(desk: Desk) -> Sequence[click.Command]:
    """The commands, over what the composition root gives."""

    @click.group("user")
    def group() -> None:
        """Users: who may sign in to the web pages, and what they may do there."""

    for one in (_add, _list, _show, _roles, _rename, _password):
        group.add_command(one(desk))
    group.add_command(_state(desk, "disable", _DISABLE, disabled=True))
    group.add_command(_state(desk, "enable", "Let a USER sign in again.", disabled=False))
    for command in ways_in(desk):
        group.add_command(command)
    return (group,)


_subject = click.option(
    "--subject",
    metavar="SUB",
    help="No password: the user signs in at the identity provider, as this subject.",
)
_role_option = click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE[@CODE]",
    help=f"A role, for one authority or (without @) for all; may be repeated. Roles: {_ROLES}.",
)


def _add(desk: Desk) -> click.Command:
    @click.command("add")
    @click.argument("login")
    @click.argument("name")
    @_role_option
    @_subject
    @json_option
    def add(
        login: str, name: str, roles: Sequence[str], subject: str | None, as_json: bool
    ) -> None:
        """Add a user with a LOGIN name, their NAME and roles. The password is asked for, or read
        from standard input.

        The name is sealed in the archive, so that it can say for ever who did what. With the first
        user the one-time address opens nothing any more: everybody signs in.

        \b
        Examples:
          diarkiv user add eva.lind "Eva Lind" --role registrar@KS --role auditor@BUN
          diarkiv user add drift "Driften" --role operator < password.txt
        """
        given = _parsed(desk, roles)
        at = desk().provider
        if subject is not None and at is None:
            raise ConfigError(
                "There is no identity provider.", remedy="Set it up under [oidc] in diarkiv.toml."
            )
        elsewhere = (at.settings.issuer, subject) if at and subject is not None else None
        password = None if elsewhere else _asked()
        made = desk().people.add(login, name, given, password=password, subject=elsewhere)
        _shown(desk, made, as_json)

    return add


def _list(desk: Desk) -> click.Command:
    @click.command("list")
    @json_option
    def list_(as_json: bool) -> None:
        """List every user with their roles.

        \b
        Example:
          diarkiv user list --json
        """
        rows = [_row(desk, one) for one in desk().people.users()]
        lines = [{**row, "roles": " ".join(map(str, row["roles"]))} for row in rows]  # type: ignore[call-overload]
        show(as_json, rows, lambda: table_of("Users", lines, "There are no users yet."))

    return list_


def _show(desk: Desk) -> click.Command:
    @click.command("show")
    @click.argument("user")
    @json_option
    def show_(user: str, as_json: bool) -> None:
        """Show a USER, by number (U12) or login name.

        \b
        Example:
          diarkiv user show eva.lind
        """
        _shown(desk, desk().people.user(user), as_json)

    return show_


def _roles(desk: Desk) -> click.Command:
    @click.command("roles")
    @click.argument("user")
    @_role_option
    @json_option
    def roles_(user: str, roles: Sequence[str], as_json: bool) -> None:
        """Give a USER these roles instead of those they have; none takes all away.

        \b
        Examples:
          diarkiv user roles eva.lind --role registrar@KS --role lawyer
          diarkiv user roles U12
        """
        people = desk().people
        _shown(desk, people.change(people.user(user), roles=_parsed(desk, roles)), as_json)

    return roles_


def _rename(desk: Desk) -> click.Command:
    @click.command("rename")
    @click.argument("user")
    @click.argument("name")
    @json_option
    def rename(user: str, name: str, as_json: bool) -> None:
        """Give a USER another NAME. What was done under the old one stays as it was.

        \b
        Example:
          diarkiv user rename eva.lind "Eva Lindgren"
        """
        people = desk().people
        _shown(desk, people.change(people.user(user), name=name), as_json)

    return rename


def _password(desk: Desk) -> click.Command:
    @click.command("password")
    @click.argument("user")
    @json_option
    def password(user: str, as_json: bool) -> None:
        """Give a USER a new password, asked for or read from standard input.

        Every passkey and session of theirs ends, and a link they were given. That it was done is
        noted in the access log. `diarkiv user link` lets them choose a password themselves.

        \b
        Examples:
          diarkiv user password eva.lind
          diarkiv user password U12 < password.txt
        """
        people = desk().people
        found, typed = people.user(user), _asked()
        people.check_password(found, typed)
        noted(desk(), Happened.PASSWORD_SET, found)
        desk().stewardship.set_password(LOCAL, found, typed)
        _shown(desk, found, as_json)

    return password


def _state(desk: Desk, name: str, words: str, *, disabled: bool) -> click.Command:
    @click.command(name, help=f"{words}\n\n\b\nExample:\n  diarkiv user {name} eva.lind")
    @click.argument("user")
    @json_option
    def set_state(user: str, as_json: bool) -> None:
        people = desk().people
        _shown(desk, people.change(people.user(user), disabled=disabled), as_json)

    return set_state


def _parsed(desk: Desk, texts: Sequence[str]) -> Roles:
    """`registrar@KS` → role and authority; `ConfigError` names the roles there are."""
    found = []
    for text in texts:
        name, _, code = text.partition("@")
        try:
            role = Role(name)
        except ValueError:
            raise ConfigError(f"There is no role {name!r}.", remedy=f"Roles: {_ROLES}.") from None
        found.append((role, desk().channels.authority(code).seq if code else HOME))
    return tuple(dict.fromkeys(found))


def _asked() -> str:
    """A password, typed twice without being shown, or the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return answer


def _row(desk: Desk, user: User) -> dict[str, object]:
    codes = {one.seq: one.code for one in desk().channels.authorities()}
    return {
        "id": f"U{user.seq}",
        "login": user.login,
        "name": user.name,
        "roles": [f"{r.value}@{codes.get(n, '?')}" if n else r.value for r, n in user.roles],
        "state": "disabled" if user.disabled else "active",
        "signed_in": swedish_time(user.signed_in_at),
    }


def _shown(desk: Desk, user: User, as_json: bool) -> None:
    row = _row(desk, user)
    lines = [f"{n:>10}  {', '.join(v) if isinstance(v, list) else v}" for n, v in row.items()]
    show(as_json, row, lambda: "\n".join(lines))
    if not as_json and not user.roles:
        say("Without a role this user sees nothing: `diarkiv user roles`.")
