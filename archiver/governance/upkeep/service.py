"""Upkeep of a home: what is noted is one sealed event, or refused before."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date

from sqlalchemy import Connection, select

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.ports import Clock
from archiver.db import governance_tables as g
from archiver.db import tables as t
from archiver.errors import ConfigError, NotFound
from archiver.governance.core import upkeep as u
from archiver.governance.core.book import Note
from archiver.governance.core.information import Shown, digest_of
from archiver.governance.core.supervision import spans
from archiver.governance.information.reading import texts
from archiver.governance.information.topics import topics
from archiver.governance.queries import place
from archiver.governance.upkeep.queries import Noted
from archiver.ledger.service import Ledger
from archiver.store.seal import FrameKind, seal

_COHORT = "register"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Upkeep:
    """The notes, and the texts they point at."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock

    def today(self) -> date:
        """The day in Sweden."""
        return stockholm_date(self._clock.now())

    # --- what is there -----------------------------------------------------------------------

    def list(self, viewer: Viewer, act: str = "") -> list[Noted]:
        """Notes of the authorities that the viewer oversees, of a kind or all, the oldest first."""
        c = g.upkeep.c
        query = select(c.seq).order_by(c.seq).distinct()
        mine = viewer.authorities(Permission.OVERSEE)
        if mine is not None:
            query = query.where(c.authority.in_(mine))
        if act:
            query = query.where(c.act == act)
        with self._ledger.database.read() as connection:
            numbers = list(connection.scalars(query))
        opened = self._ledger.open(numbers)
        return [Noted(seq, u.BOOK.note_of(one.envelope)) for seq, one in sorted(opened.items())]

    def texts(self, viewer: Viewer, channel: int) -> Sequence[Shown]:
        """The texts of information that a channel shows, and those that stood there before."""
        with self._ledger.database.read() as connection:
            authority = _authority(connection, channel)
            viewer.require(Permission.OVERSEE, authority)
            return texts(self._ledger, connection, authority, channel, self.today())

    # --- what is done ------------------------------------------------------------------------

    def reviewed(self, viewer: Viewer, authority: int, said: u.TermsReviewed) -> int:
        """Note that a platform's terms were read; its entry. A review without a saved copy is a
        fact too; `ConfigError` where it does not say what was read, by whom, and what they
        found."""
        if not all(one.strip() for one in (said.platform, said.version, said.reviewer, said.text)):
            raise ConfigError(
                "A review says the platform, the version or day of its terms, who read them, and "
                "what they found."
            )
        _refuse_digest(said.sha256)
        return self._note(viewer, authority, said)

    def adopted(self, viewer: Viewer, authority: int, said: u.ProcessingAdopted) -> int:
        """Note which record of processing the authority keeps."""
        return self._note(viewer, authority, said)

    def shown(self, viewer: Viewer, said: u.TextShown) -> int:
        """Note what a channel shows in a place. `ConfigError` for both a record and a text, or a
        record that is not the authority's."""
        if not said.place.strip():
            raise ConfigError("A text stands somewhere.", remedy='Say where: "om", "fäst inlägg".')
        if said.record is not None and said.text.strip():
            raise ConfigError("A text is a record of the archive, or what somebody saw: not both.")
        _refuse_digest(said.sha256)
        with self._ledger.database.read() as connection:
            authority = _authority(connection, said.channel)
            if said.record is not None and _owner(connection, said.record) != authority:
                raise ConfigError(f"{said.record} is no record of the authority's channels.")
        return self._note(viewer, authority, said)

    def supervised(self, viewer: Viewer, authority: int, said: u.Supervised) -> int:
        """Note how channels are supervised. A turn without a deputy, or hours that nobody covers,
        is a fact too; `ConfigError` for hours that are none, or another authority's channel."""
        spans([*said.hours, *(turn.hours for turn in said.turns)])
        if not said.hours or not said.turns or said.looks < 1:
            raise ConfigError("Supervision has hours, somebody who does it, and looks each day.")
        if not all(turn.who.strip() for turn in said.turns):
            raise ConfigError("A turn names who does it.", remedy='A user ("U12"), or a function.')
        if said.channels and self._one_authority(said.channels) != authority:
            raise ConfigError("The channels are another authority's.")
        return self._note(viewer, authority, said)

    def visit(self, viewer: Viewer, authority: int, fetch: Callable[[], u.PageVisited]) -> int:
        """Have a page fetched, and note what it showed; nothing is fetched without the right."""
        viewer.require(Permission.GOVERN, authority)
        return self._note(viewer, authority, fetch())

    def looked(self, viewer: Viewer, said: u.Looked) -> int:
        """Note that somebody has looked at channels, now."""
        return self._note(viewer, self._one_authority(said.channels), said)

    def judge(self, viewer: Viewer, channel: int, topic: str, *, met: bool, reason: str) -> int:
        """Judge a topic by hand, for the texts that the channel shows now."""
        if topic not in topics():
            raise ConfigError(f"There is no topic {topic}.", remedy="`… upkeep topics` lists them.")
        if not reason.strip():
            raise ConfigError("A judgement says why.", remedy="Give a reason.")
        now = self.texts(viewer, channel)
        if not any(one.text.strip() for one in now):
            raise ConfigError(f"C{channel} shows no text.", remedy="Note the text first.")
        said = u.TopicJudged(
            channel=channel, topic=topic, met=met, reason=reason, digest=digest_of(now)
        )
        with self._ledger.database.read() as connection:
            authority = _authority(connection, channel)
        return self._note(viewer, authority, said)

    # --- within ------------------------------------------------------------------------------

    def _one_authority(self, channels: Collection[int]) -> int:
        with self._ledger.database.read() as connection:
            found = {_authority(connection, channel) for channel in channels}
        if len(found) != 1:
            raise ConfigError("Name channels of one authority.", remedy="Nothing was changed.")
        return found.pop()

    def _note(self, viewer: Viewer, authority: int, said: u.Said) -> int:
        viewer.require(Permission.GOVERN, authority)
        note = Note(authority=authority, day=self.today(), actor=viewer.actor, said=said)
        sealed = seal(FrameKind.EVENT, u.BOOK.payload(note), random=self._ledger.random)
        with self._ledger.writer() as writer:
            return writer.append(u.BOOK.event, sealed, writer.cohort(authority, _COHORT))


def _refuse_digest(digest: str) -> None:
    if digest and not _DIGEST.fullmatch(digest):
        raise ConfigError("A digest is the SHA-256 of a file, as 64 hexadecimal digits.")


def _authority(connection: Connection, channel: int) -> int:
    found = place(connection, channel)
    if found is None:
        raise NotFound(f"There is no channel C{channel}.", remedy="`diarkiv channel list`.")
    return found[0]


def _owner(connection: Connection, record: int) -> int | None:
    c = t.record.c
    query = select(t.channel.c.authority).join(t.record, c.channel == t.channel.c.seq)
    found: int | None = connection.scalar(query.where(c.seq == record))
    return found
