"""How a command of the register says which series, case, entry or records it is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol

import click

from archiver.channels.service import Channels
from archiver.cli.records import number as number_of
from archiver.core.access import LOCAL
from archiver.core.calendar import stockholm_date
from archiver.core.ports import Clock
from archiver.errors import ConfigError, NotFound
from archiver.registry.assembly import Case
from archiver.registry.classes import Classes
from archiver.registry.core.entry import Entry, day_number
from archiver.registry.package import Packages
from archiver.registry.routes import Routes
from archiver.registry.service import Register

if TYPE_CHECKING:
    from archiver.registry.web import Office

CASE_HELP = "The case (ärende) it goes into: its number, or its seq."


class Home(Protocol):
    """What the commands need of the application."""

    @property
    def register(self) -> Register: ...

    @property
    def classes(self) -> Classes: ...

    @property
    def routes(self) -> Routes: ...

    def registry_office(self) -> Office: ...
    @property
    def packages(self) -> Packages: ...

    @property
    def channels(self) -> Channels: ...

    @property
    def clock(self) -> Clock: ...


def today(home: Home) -> str:
    """The Swedish day, YYYY-MM-DD."""
    return stockholm_date(home.clock.now()).isoformat()


def record_numbers(words: Sequence[str]) -> tuple[int, ...]:
    """Records as people write them: R4711."""
    return tuple(number_of(word, "R") for word in words)


def series_of(home: Home, authority: int, code: str) -> int:
    """The authority's series of that code; `NotFound` names those there are."""
    known = home.register.series_of(authority)
    for one in known:
        if code.casefold() in (one.code.casefold(), str(one.seq)):
            return one.seq
    codes = ", ".join(one.code for one in known) or "none yet"
    raise NotFound(
        f"The authority has no such series. There are: {codes}.",
        remedy="Make one with `diarkiv register series set`.",
    )


def held(home: Home, name: str, *, full: bool = True) -> Entry | Case:
    """The entry or case of a registration number, or of a number in the log; `NotFound` if there
    is none, `ConfigError` if two series write the same number."""
    year = stockholm_date(home.clock.now()).year
    found = home.register.reader.find(LOCAL, name, this_year=year, full=full)
    if len(found) > 1:
        seqs = ", ".join(str(one.seq) for one in found)
        raise ConfigError("Several have that number.", remedy=f"Say which by its seq: {seqs}.")
    if found:
        return found[0]
    if not (name.isascii() and name.isdecimal() and len(name) <= 15):
        raise NotFound(
            "Nothing in the register has that number.",
            remedy="`diarkiv register series list` shows how numbers are written.",
        )
    seq, reader = int(name), home.register.reader
    try:
        return reader.entry(LOCAL, seq, full=full)
    except NotFound:
        return reader.case(LOCAL, seq)


def entry_of(home: Home, name: str) -> Entry:
    """The entry of a number; `ConfigError` if it is a case's."""
    found = held(home, name)
    if isinstance(found, Case):
        raise ConfigError("That is a case.", remedy="Name the document in it, or its seq.")
    return found


def case_of(home: Home, name: str) -> Case:
    """The case of a number; `ConfigError` if it is an entry's."""
    found = held(home, name)
    if isinstance(found, Entry):
        raise ConfigError("That is no case.", remedy="`diarkiv register case list` shows them.")
    return found


def word(value: str) -> str:
    """A choice as it is sealed: drawn-up → drawn_up."""
    return value.replace("-", "_")


def choice(values: Sequence[str]) -> click.Choice[str]:
    """A choice between values, written with hyphens."""
    return click.Choice([value.replace("_", "-") for value in values])


def day_of(text: str | None) -> date | None:
    """A day as it is given to a command, 2026-11-22; None if none was given. `ConfigError` for what
    is no day."""
    if not text:
        return None
    day_number(text)
    return date.fromisoformat(text)
