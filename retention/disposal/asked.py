"""What the commands of disposal need of the application; who acts; and disposals as data."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import click

from archiver.cli.person import login_of
from archiver.cli.when import swedish_time
from archiver.core.access import LOCAL, Viewer
from archiver.errors import AccessRefused, ConfigError, SecondPersonNeeded
from archiver.people.service import People
from archiver.people.sign_in import SignIn
from archiver.people.trail import Happened, Trail
from retention.cli_asked import Home
from retention.core.disposal import Proposal
from retention.disposal.execution import Execution
from retention.disposal.queries import DisposalRow
from retention.disposal.round import Rounds
from retention.disposal.service import Disposals

TERMINAL = "terminal"  # the place from which a password is tried here


class DisposalHome(Home, Protocol):
    """What the commands need of the application."""

    @property
    def disposals(self) -> Disposals: ...

    @property
    def execution(self) -> Execution: ...

    @property
    def rounds(self) -> Rounds: ...

    @property
    def people(self) -> People: ...

    @property
    def sign_in(self) -> SignIn: ...

    def trail(self) -> Trail: ...


# --- who acts ------------------------------------------------------------------------------------


def acting(home: DisposalHome, login: str | None) -> Viewer:
    """The user who is named, once their password is known; else whoever is at this machine."""
    return person(home, login) if login else LOCAL


def person(home: DisposalHome, login: str | None) -> Viewer:
    """A user, once their password is known. `SecondPersonNeeded` if nobody is named,
    `AccessRefused` for a wrong password; tried too often, nothing is heard for a while."""
    if not login:
        raise SecondPersonNeeded(
            "Whoever is at the machine is nobody in particular.",
            remedy="Name yourself with --user, or sign in to the web interface.",
        )
    login = login_of(home.sign_in, login)
    tried = home.sign_in.attempt(login, _password(login), address=TERMINAL)
    with closing(home.trail()) as trail:
        if tried.user is None:
            trail.note(Happened.SIGN_IN_FAILED, tried.meant)
        else:
            trail.note(Happened.SIGNED_IN, tried.user)
    if tried.wait:
        raise AccessRefused(
            "Too many passwords were wrong.",
            remedy=f"Wait {-(-tried.wait // 60_000)} minutes and try again.",
        )
    user = home.people.numbered(tried.user) if tried.user is not None else None
    if user is None:
        raise AccessRefused(
            "The name or the password is wrong.",
            remedy="Who signs in elsewhere or by a passkey does this in the web interface.",
        )
    return user.viewer


def _password(login: str) -> str:
    """A password, typed without being shown, or the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    answer: str = click.prompt(f"Password of {login}", hide_input=True, err=True)
    return answer


# --- as data -------------------------------------------------------------------------------------


def row_fields(row: DisposalRow) -> dict[str, Any]:
    """How far a disposal has come."""
    return {
        "disposal": row.seq,
        "authority": row.authority,
        "state": row.state.value,
        "records": row.records,
        "running": row.running,
        "changed": swedish_time(row.changed_at),
        "waits_until": swedish_time(row.waits_until),
        "keys_destroyed": swedish_time(row.destroyed_at),
        "bytes_removed": swedish_time(row.removed_at),
        "backups_rolled_on": _day(row.rolls_on),
    }


def table_rows(rows: Sequence[DisposalRow]) -> list[dict[str, Any]]:
    """Disposals as lines of a table."""
    names = ("disposal", "state", "records", "waits_until", "keys_destroyed", "backups_rolled_on")
    return [{name: row_fields(row)[name] for name in names} for row in rows]


def proposal_fields(one: Proposal) -> dict[str, Any]:
    """What is proposed; its records are in the log, and counted here."""
    return {
        "authority": one.authority,
        "day": _day(one.day),
        "proposed_by": one.actor,
        "classes": list(one.rules),
        "decisions": list(one.decisions),
        "digest": one.digest,
        "records": len(one.newest),
        "held": dict(one.held),
        "answered": one.answered,
        "kept": len(one.kept),
        "one_of": one.one_of,
        "waiting_days": one.waiting_days,
        "running": one.running,
        "note": one.note,
        "extents": [_extent(extent) for extent in one.extents],
    }


def extent_rows(one: Proposal) -> list[dict[str, Any]]:
    """What a set amounts to, by class and channel, as lines of a table."""
    return [_extent(extent) for extent in one.extents]


def _extent(one: Mapping[str, Any]) -> dict[str, Any]:
    first, last = _day(one["first"]), _day(one["last"])
    sizes = {name: one[name] for name in ("records", "versions", "components", "bytes")}
    return {
        "class": one["rule"],
        "channel": f"C{one['channel']}",
        "from": first,
        "to": last,
        **sizes,
    }


def _day(number: int | None) -> str:
    text = str(number or "")
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if text else ""


def save(file: Path, data: bytes) -> None:
    """Write a file that is not there yet."""
    try:
        with file.open("xb") as out:
            out.write(data)
    except FileExistsError:
        raise ConfigError(f"{file} is there already.", remedy="Choose another name.") from None
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written.", remedy="Choose a folder that is there."
        ) from error
