"""Writing what people decide of masks: entries of any size, sealed apart where the record is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby

from archiver.core.access import Viewer
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from archiver.store.seal import FrameKind, seal
from gdpr.core.mask import MaskState
from gdpr.masks import sealed
from gdpr.masks.proposals import cohort
from gdpr.masks.queries import Place
from gdpr.masks.reading import Kept


class Entries:
    """Appends decisions."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def decided(
        self,
        writer: Writer,
        viewer: Viewer,
        places: Mapping[int, Place],
        chosen: Iterable[Kept],
        state: MaskState,
        *,
        note: str = "",
        until: date | None = None,
        matter: int | None = None,
    ) -> None:
        """One entry for all masks of an authority that rest on the same grounds."""

        def key(one: Kept) -> tuple[int, bool, str]:
            at = places[one.mask.record]
            cited = one.mask.citations if state is MaskState.ACCEPTED else ()
            return at.authority, at.protected, repr(cited)

        for _, group in groupby(sorted(chosen, key=key), key=key):
            same = list(group)
            at = places[same[0].mask.record]
            accepted = state is MaskState.ACCEPTED
            said = sealed.decided(
                [one.seq for one in same],
                state,
                authority=at.authority,
                actor=viewer.actor,
                citations=same[0].mask.citations if accepted else (),
                note=note,
                until=until,
                matter=matter,
            )
            self.write(writer, EventType.MASKS_DECIDED, said, at)

    def write(self, writer: Writer, type_: EventType, said: Mapping[str, Json], at: Place) -> int:
        """Append an entry about a record\'s masks; its seq."""
        frame = seal(FrameKind.EVENT, said, random=self._ledger.random)
        return writer.append(type_, frame, cohort(writer, at))
