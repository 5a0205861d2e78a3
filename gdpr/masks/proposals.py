"""How suggestions come to be: looked for outside the one writer, written where they are new.

Several stand in one entry (`sealed.in_entries`). Between looking and writing somebody else may have
looked too, so what is written is compared once more inside the writer: a suggestion that the same
source has made of the same place is never made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from archiver.core.access import Viewer
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.ledger.projection import PROTECTED
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from gdpr.core.mask import Mask, MaskState
from gdpr.detector import Detector
from gdpr.masks import queries, sealed, suggesting
from gdpr.masks.pictures import found_in
from gdpr.masks.queries import Place
from gdpr.masks.reading import Kept, MaskReader, below_apart
from gdpr.masks.sealed import Suggestion

AT_ONCE = 200  # records between two turns of the one writer
_COHORT = "register"


def cohort(writer: Writer, place: Place) -> int:
    """Where entries about a record's masks are sealed: apart, if the record is."""
    return writer.cohort(place.authority, PROTECTED if place.protected else _COHORT)


class Proposals:
    """Makes suggestions over records. `finder`: the recognisers."""

    def __init__(self, ledger: Ledger, reader: MaskReader) -> None:
        self._ledger, self._reader = ledger, reader

    def make(
        self,
        viewer: Viewer,
        records: Sequence[int],
        finder: Detector,
        matter: int | None,
        files: bool,
    ) -> int:
        """Suggest over these records, at most `AT_ONCE`; how many suggestions there are more."""
        found = self._look(viewer, records, finder, files)
        with self._ledger.database.read() as connection:
            kept = self._reader.standing(connection, records)
        if not any(found.values()) and not any(to_look_at(flat(kept), matter)):
            return 0
        with self._ledger.writer() as writer:
            places = queries.places(writer.connection, viewer, records)
            held = self._reader.standing(writer.connection, records)
            anew = list(to_look_at(flat(held), matter))
            for record in sorted({one.mask.record for one in anew}):
                numbers = [one.seq for one in anew if one.mask.record == record]
                said = sealed.decided(
                    numbers,
                    MaskState.SUGGESTED,
                    authority=places[record].authority,
                    actor=viewer.actor,
                )
                writer.append_event(
                    EventType.MASKS_DECIDED, said, cohort=cohort(writer, places[record])
                )
            count = len(anew)
            for record, suggestions in found.items():
                more = suggesting.new(suggestions, _of(held[record], places[record].latest))
                count += self.write(writer, viewer, places[record], places[record].latest, more)
        return count

    def _look(
        self, viewer: Viewer, records: Sequence[int], finder: Detector, files: bool
    ) -> dict[int, list[Suggestion]]:
        """What there is to suggest of the newest versions, and was not suggested before."""
        with self._ledger.database.read() as connection:
            places = queries.places(connection, viewer, records)
            kept = self._reader.standing(connection, records)
            below = below_apart(connection, records)
        masked = {one.mask.version for one in flat(kept)}
        opened = self._reader.opened(masked | {one.latest for one in places.values()})
        found: dict[int, list[Suggestion]] = {}
        for record, place in places.items():
            if place.latest not in opened:
                continue
            texts = {
                version: self._reader.text_fields(viewer, record, opened[version], below)
                for version in {place.latest, *(one.mask.version for one in kept[record])}
                if version in opened
            }
            now = texts[place.latest]
            older = [
                one
                for one in kept[record]
                if one.mask.version != place.latest and (one.mask.hides or one.again)
            ]
            every = [
                *suggesting.carried(older, texts, now),
                *suggesting.found(finder, now, received=place.received),
            ]
            if files:
                every += self._in_files(place, opened[place.latest], finder)
            found[record] = suggesting.new(every, _of(kept[record], place.latest))
        return found

    def _in_files(
        self, place: Place, envelope: Mapping[str, Any], finder: Detector
    ) -> Iterator[Suggestion]:
        with self._ledger.database.read() as connection:
            sizes, _ = self._reader.components(connection, place, place.latest, envelope)
            held = [
                self._reader.file(connection, place, place.latest, number, envelope)
                for number in range(len(sizes))
            ]
        for number, ((content, mime), size) in enumerate(zip(held, sizes, strict=True)):
            if size.width or size.pages:
                yield from found_in(finder, content, mime, number, size)

    def same(
        self,
        writer: Writer,
        viewer: Viewer,
        place: Place,
        masks: Sequence[Mask],
        texts: Mapping[int, suggesting.Fields],
        kept: Sequence[Kept],
    ) -> None:
        """Suggest where else in their versions stands what these masks hide."""
        for version in sorted({one.version for one in masks}):
            hidden = [one for one in masks if one.version == version]
            found = suggesting.same(hidden, texts[version])
            more = suggesting.new(found, _of(kept, version), hidden)
            self.write(writer, viewer, place, version, more)

    def write(
        self,
        writer: Writer,
        viewer: Viewer,
        place: Place,
        version: int,
        suggestions: Sequence[Suggestion],
    ) -> int:
        """Append suggestions over a version; how many."""
        for items in sealed.in_entries(suggestions):
            said: dict[str, Json] = {
                "authority": place.authority,
                "record": place.record,
                "version": version,
                "masks": items,
                "actor": viewer.actor,
            }
            writer.append_event(EventType.MASKS_SUGGESTED, said, cohort=cohort(writer, place))
        return len(suggestions)


def to_look_at(kept: Iterable[Kept], matter: int | None) -> Iterator[Kept]:
    """Masks that were released in another matter: they are looked at anew in this one."""
    for one in kept:
        if one.mask.state is MaskState.CONFIRMED and (matter is None or one.matter != matter):
            yield one


def flat(kept: Mapping[int, Sequence[Kept]]) -> list[Kept]:
    """The masks of several records in one list."""
    return [one for some in kept.values() for one in some]


def _of(kept: Iterable[Kept], version: int) -> list[Kept]:
    return [one for one in kept if one.mask.version == version]
