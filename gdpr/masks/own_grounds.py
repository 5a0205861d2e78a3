"""The grounds of secrecy that hold for each authority: those that ship, its own laid over them.

An authority sets its list as entries: what held when, and who set it, stays in the log. What is
sealed is the file as it was given, which says only what differs. Nothing is set of a file with
anything wrong in it; one that a later release can no longer read is not used, and said to be so:
never half. A mask keeps the sections it was set with, whatever the list says since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from archiver.core.access import Permission, Viewer
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.reason import Wording
from archiver.db import mask_tables as m
from archiver.errors import ConfigError
from archiver.ledger.service import Ledger
from archiver.registry.queries import instants
from gdpr.core.ground import Picklist
from gdpr.grounds import activities, picklist

LONGEST = 40_000  # characters of a file
_PART = 700  # characters in one entry, so that it stays within the writer's bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """A list that an authority set: its first entry in the log, when (milliseconds UTC), by whom,
    and the file; an empty one takes it back to what ships."""

    seq: int
    at: int
    actor: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What holds for an authority. `activities`: the kinds of activity there are, in words. `own`:
    what it set last. `problem`: why that cannot be used with this release; then what ships
    holds."""

    picklist: Picklist
    activities: Mapping[str, Wording]
    own: Set | None = None
    problem: str = ""


class OwnGrounds:
    """The lists of a home's authorities."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._shipped = Held(picklist=picklist(), activities=activities())
        self._known: dict[int, Held] = {}  # by the list's first entry, which never changes

    def held(self, authority: int) -> Held:
        """What holds for an authority."""
        with self._ledger.database.read() as connection:
            return self.held_in(connection, authority)

    def held_in(self, connection: Connection, authority: int) -> Held:
        """What holds for an authority, as a connection sees it."""
        c = m.own_grounds.c
        query = select(func.max(c.of)).where(c.authority == authority, c.last == 1)
        newest: int | None = connection.scalar(query)
        if newest is None:
            return self._shipped
        if newest not in self._known:
            own = self._set(connection, newest)
            try:
                held = Held(picklist=picklist(own.text), activities=activities(own.text), own=own)
            except ConfigError as error:
                held = Held(
                    picklist=self._shipped.picklist,
                    activities=self._shipped.activities,
                    own=own,
                    problem=str(error),
                )
            self._known[newest] = held
        return self._known[newest]

    def history(self, viewer: Viewer, authority: int) -> list[Set]:
        """Every list that the authority set, the newest first."""
        viewer.require(Permission.READ, authority)
        c = m.own_grounds.c
        query = select(c.of).where(c.authority == authority, c.last == 1).order_by(c.of.desc())
        with self._ledger.database.read() as connection:
            return [self._set(connection, one) for one in connection.scalars(query).all()]

    def set(self, viewer: Viewer, authority: int, data: bytes) -> Held:
        """Set an authority's list from a file (TOML), all of it; `ConfigError` that names every row
        that is wrong, and then nothing is. The same file again changes nothing."""
        viewer.require(Permission.DISCLOSE, authority)
        text = _text(data)
        picklist(text)
        own = self.held(authority).own
        if (own.text if own else "") != text:
            with self._ledger.writer() as writer:
                cohort = writer.cohort(authority, "register")
                first: int | None = None
                for payload in _parts(text, authority, viewer.actor):
                    of: dict[str, Json] = {} if first is None else {"of": first}
                    seq = writer.append_event(
                        EventType.GROUNDS_SET, {**payload, **of}, cohort=cohort
                    )
                    first = seq if first is None else first
        return self.held(authority)

    def _set(self, connection: Connection, of: int) -> Set:
        c = m.own_grounds.c
        seqs = connection.scalars(select(c.seq).where(c.of == of).order_by(c.seq)).all()
        opened = self._ledger.open(seqs)
        said: Mapping[str, Any] = opened[of].envelope
        return Set(
            seq=of,
            at=instants(connection, [of])[of],
            actor=said["actor"],
            text="".join(str(opened[seq].envelope["text"]) for seq in seqs),
        )


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ConfigError(
            "The list is not text in UTF-8.", remedy="Save it as UTF-8; nothing was imported."
        ) from None
    if len(text) > LONGEST:
        raise ConfigError(
            f"The list is longer than {LONGEST} characters.", remedy="Leave out what ships."
        )
    return text


def _parts(text: str, authority: int, actor: int) -> Iterator[dict[str, Json]]:
    pieces = [text[start : start + _PART] for start in range(0, len(text), _PART)] or [""]
    for number, piece in enumerate(pieces, start=1):
        yield {
            "authority": authority,
            "part": number,
            "parts": len(pieces),
            "text": piece,
            "actor": actor,
        }
