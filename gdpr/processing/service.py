"""The record of processing, the notice and the assessment's template of each authority.

What is generated is not recorded; that a notice was adopted is, with both its texts and their
digest, so that what people were told on any day can be shown (GDPR art. 5.2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select

from archiver.core.access import Permission, Viewer
from archiver.core.canonical import Json
from archiver.core.channel import Authority, Channel
from archiver.core.event import EventType
from archiver.core.ports import Clock
from archiver.core.record import clean
from archiver.db import gdpr_tables as g
from archiver.db import tables as t
from archiver.errors import ConfigError, NotFound
from archiver.ledger.service import Ledger
from archiver.store.seal import FrameKind, seal
from gdpr.core.processing import Period, ProcessingRecord, Source
from gdpr.processing import notice
from gdpr.processing.record import purposes

MAX_CONTACT = 300
_COHORT = "register"


class Particulars(NamedTuple):
    """What the authority says of itself: how to reach it, and its data protection officer."""

    contact: str = ""
    officer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """A notice that was adopted: its entry, when (milliseconds UTC), by whom, under which decision,
    of which channel (0: all of the authority's), both texts and their digest (hex)."""

    seq: int
    at: int
    actor: int
    authority: int
    channel: int
    decision: str
    swedish: str
    english: str
    digest: str


class Processing:
    """What a home processes, as its authorities answer for it. `periods`: authority → how long its
    record classes are kept; `platforms`: a platform's code → its name."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        authorities: Callable[[], Sequence[Authority]],
        channels: Callable[[], Sequence[Channel]],
        platforms: Mapping[str, str],
        periods: Callable[[int], Sequence[Period]],
    ) -> None:
        self._ledger, self._clock = ledger, clock
        self._authorities, self._channels = authorities, channels
        self._platforms, self._periods = platforms, periods

    def record(
        self,
        viewer: Viewer,
        authority: int,
        said: Particulars = Particulars(),  # noqa: B008 frozen
        *,
        channel: int = 0,
    ) -> ProcessingRecord:
        """The record of an authority's processing as it stands now; with `channel` of that channel
        alone. `NotFound` if there is no such authority or channel that is the viewer's."""
        found = next((one for one in self._authorities() if one.seq == authority), None)
        if found is None or not viewer.may(Permission.PROTECT_DATA, authority):
            raise NotFound("There is no such authority.", remedy="Choose one of your own.")
        if any(len(one) > MAX_CONTACT for one in said):
            raise ConfigError(f"Contacts have at most {MAX_CONTACT} characters.")
        channels = [one for one in self._channels() if one.authority == authority]
        if channel:
            channels = [one for one in channels if one.seq == channel]
            if not channels:
                raise NotFound("There is no such channel.", remedy="Choose one of the list.")
        return ProcessingRecord(
            authority=found.name,
            contact=clean(said.contact.strip()),
            officer=clean(said.officer.strip()),
            made_at=self._clock.now(),
            sources=tuple(
                Source(
                    one.seq, self._platforms.get(one.platform, one.platform), one.title or one.url
                )
                for one in sorted(channels, key=lambda one: one.seq)
            ),
            purposes=purposes(),
            periods=tuple(self._periods(authority)),
        )

    def adopt(
        self,
        viewer: Viewer,
        authority: int,
        said: Particulars,
        *,
        channel: int = 0,
        decision: str = "",
    ) -> int:
        """Record that the notice as it reads now was adopted, with both its texts; its number.
        `ConfigError` where contacts are missing: a notice without them tells nobody whom to ask."""
        record = self.record(viewer, authority, said, channel=channel)
        if not (record.contact and record.officer):
            raise ConfigError(
                "A notice says how to reach the authority and its data protection officer.",
                remedy="Give both (GDPR art. 13.1 a, b).",
            )
        if len(decision) > MAX_CONTACT:
            raise ConfigError(f"A decision's reference has at most {MAX_CONTACT} characters.")
        swedish, english = notice.as_text(record, "sv"), notice.as_text(record, "en")
        payload: dict[str, Json] = {
            "authority": authority,
            "swedish": swedish,
            "english": english,
            "digest": notice.digest(swedish, english),
            "actor": viewer.actor,
        }
        if channel:
            payload["channel"] = channel
        if decision.strip():
            payload["decision"] = clean(decision.strip())
        sealed = seal(FrameKind.EVENT, payload, random=self._ledger.random)
        with self._ledger.writer() as writer:
            cohort = writer.cohort(authority, _COHORT)
            return writer.append(EventType.NOTICE_ADOPTED, sealed, cohort)

    def adopted(self, viewer: Viewer, authority: int) -> list[Adopted]:
        """The notices that an authority adopted, newest first; `NotFound` as `record`."""
        if not viewer.may(Permission.PROTECT_DATA, authority):
            raise NotFound("There is no such authority.", remedy="Choose one of your own.")
        c, e = g.notice.c, t.entry.c
        query = (
            select(c.seq, c.channel, e.at)
            .join(t.entry, e.seq == c.seq)
            .where(c.authority == authority)
            .order_by(c.seq.desc())
        )
        with self._ledger.database.read() as connection:
            rows = connection.execute(query).all()
        opened = self._ledger.open([row.seq for row in rows])
        return [
            Adopted(
                seq=row.seq,
                at=row.at,
                actor=int(str(opened[row.seq].envelope["actor"])),
                authority=authority,
                channel=row.channel,
                decision=str(opened[row.seq].envelope.get("decision", "")),
                swedish=str(opened[row.seq].envelope["swedish"]),
                english=str(opened[row.seq].envelope["english"]),
                digest=str(opened[row.seq].envelope["digest"]),
            )
            for row in rows
            if row.seq in opened
        ]
