"""`diarkiv user link`, `address`, `sessions` and `passkeys`: how a user gets in, and where they are
reached.

None of it is a fact of the archive; that it was done is noted in the access log before it is done,
as on the page. A link is shown once, to whoever made it, and stands nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Protocol

import click

from archiver.cli.output import json_option, say, show, table_of
from archiver.cli.when import swedish_time
from archiver.config import Settings
from archiver.core.access import LOCAL
from archiver.core.ports import Clock
from archiver.people.service import People, User
from archiver.people.stewardship import LINK_LIFE, LINK_PATH, Stewardship, email
from archiver.people.trail import Happened, Trail

_SHORT = 12  # characters of a passkey's id that are shown


class EntryDesk(Protocol):
    """What the commands need of the application."""

    @property
    def people(self) -> People: ...

    @property
    def stewardship(self) -> Stewardship: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def clock(self) -> Clock: ...

    def trail(self) -> Trail: ...


Desk = Callable[[], EntryDesk]


def commands(desk: Desk) -> Sequence[click.Command]:
    """The commands, to stand in the group `diarkiv user`."""
    return (_link(desk), _address(desk), _sessions(desk), _passkeys(desk))


def noted(desk: EntryDesk, what: Happened, about: User) -> None:
    """Note something in the access log before it is done to a user; `StoreUnavailable` if that
    cannot be."""
    with closing(desk.trail()) as trail:
        trail.note(what, LOCAL.actor, user=about.seq, wait=True)


def _link(desk: Desk) -> click.Command:
    @click.command("link")
    @click.argument("user")
    @json_option
    def link(user: str, as_json: bool) -> None:
        """Make a link by which a USER chooses a new password. It opens once, within a day.

        Their password, passkeys and sessions end now. The link is shown this once: give it to them
        in a way that nobody else reads. A new link takes the place of the old one.

        \b
        Examples:
          diarkiv user link eva.lind
          diarkiv user link U12 --json
        """
        home = desk()
        found = home.people.user(user)
        home.stewardship.check_link(LOCAL, found)
        noted(home, Happened.LINK_GIVEN, found)
        until = home.clock.now() + LINK_LIFE
        made = _place(home.settings) + LINK_PATH + home.stewardship.give_link(LOCAL, found)
        row = {"id": f"U{found.seq}", "link": made, "until": swedish_time(until)}
        show(as_json, row, lambda: made)
        if not as_json:
            say(f"It opens once, until {row['until']}.")

    return link


def _place(settings: Settings) -> str:
    """Where the pages are reached: at the public address, or on this machine."""
    return settings.web_origin or f"http://{settings.web_host}:{settings.web_port}"


def _address(desk: Desk) -> click.Command:
    @click.command("address")
    @click.argument("user")
    @click.argument("address", required=False)
    @click.option("--remove", is_flag=True, help="Keep no address of theirs.")
    @json_option
    def address_(user: str, address: str | None, remove: bool, as_json: bool) -> None:
        """Show where a USER is told when they are on duty, or set it to ADDRESS.

        \b
        Examples:
          diarkiv user address eva.lind
          diarkiv user address eva.lind eva.lind@testkoping.example
          diarkiv user address eva.lind --remove
        """
        if remove and address:
            raise click.UsageError("Give an ADDRESS or --remove, not both.")
        home = desk()
        found = home.people.user(user)
        kept = home.people.accounts.ways_back.addresses().get(found.seq, "")
        if remove or address is not None:
            new = email(address or "")
            if new != kept:
                noted(home, Happened.ADDRESS_CHANGED, found)
                home.stewardship.set_address(LOCAL, found, new)
            kept = new
        row = {"id": f"U{found.seq}", "address": kept}
        show(as_json, row, lambda: kept or "There is no address.")

    return address_


def _sessions(desk: Desk) -> click.Group:
    @click.group("sessions")
    def group() -> None:
        """Where a user is signed in."""

    @group.command("list")
    @click.argument("user")
    @json_option
    def list_(user: str, as_json: bool) -> None:
        """List where a USER is signed in.

        \b
        Example:
          diarkiv user sessions list eva.lind
        """
        people = desk().people
        rows = [
            {
                "since": swedish_time(one.created_at),
                "used": swedish_time(one.seen_at),
                "browser": one.browser,
            }
            for one in people.sessions(people.user(user))
        ]
        show(as_json, rows, lambda: table_of("Sessions", rows, "There are none."))

    @group.command("end")
    @click.argument("user")
    @json_option
    def end(user: str, as_json: bool) -> None:
        """End every session of a USER. They can sign in again.

        \b
        Example:
          diarkiv user sessions end eva.lind
        """
        home = desk()
        found = home.people.user(user)
        noted(home, Happened.SESSIONS_ENDED, found)
        ended = home.stewardship.end_sessions(LOCAL, found)
        show(as_json, {"ended": ended}, lambda: f"{ended} sessions were ended.")

    return group


def _passkeys(desk: Desk) -> click.Group:
    @click.group("passkeys")
    def group() -> None:
        """What a user signs in with instead of a password."""

    @group.command("list")
    @click.argument("user")
    @json_option
    def list_(user: str, as_json: bool) -> None:
        """List the passkeys of a USER. One that is suspected lets nobody in: it may be a copy.

        \b
        Example:
          diarkiv user passkeys list eva.lind
        """
        people = desk().people
        rows = [
            {
                "id": one.id[:_SHORT],
                "name": one.name,
                "added": swedish_time(one.created_at),
                "used": swedish_time(one.used_at),
                "suspected": swedish_time(one.suspected_at),
            }
            for one in people.accounts.passkeys.of_user(people.user(user).seq)
        ]
        show(as_json, rows, lambda: table_of("Passkeys", rows, "There are none."))

    @group.command("remove")
    @click.argument("user")
    @click.argument("passkey")
    @json_option
    def remove(user: str, passkey: str, as_json: bool) -> None:
        """Remove one PASSKEY of a USER, by its id. Sessions stay: `diarkiv user sessions end`.

        \b
        Example:
          diarkiv user passkeys remove eva.lind 0f3a9c21b7d4
        """
        home = desk()
        found = home.people.user(user)
        gone = home.stewardship.passkey(LOCAL, found, passkey)
        noted(home, Happened.PASSKEY_REMOVED, found)
        home.stewardship.remove_passkey(LOCAL, found, gone)
        show(as_json, {"removed": gone.id[:_SHORT]}, lambda: f"{gone.name} was removed.")

    return group
