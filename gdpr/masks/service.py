"""Masks: suggested by what looks, decided on by people, and never a change of the record.

Every act is an entry; where a mask stands is what its entries give (`gdpr.core.mask`). A mask is in
force from when a person accepted it with at least one full section of law that the authority may
cite (OSL 2009:400; `Picklist.faults`), and only where it fits beside the others: what does not is
refused with its place, and then nothing is changed. Suggestions hide nothing. Whoever works at
masks needs the right to disclose for the record's authority, and to read what is protected if the
record is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.ports import Clock
from archiver.core.reason import Wording
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.ledger.service import Ledger
from gdpr.core.ground import Citation, Picklist, SecrecyGround
from gdpr.core.mask import ImageBox, Mask, MaskState, Measure, PageBox
from gdpr.core.place import fields
from gdpr.core.pseudonym import normal
from gdpr.detector import Detector, detector
from gdpr.masks import checking, queries, sealed, suggesting
from gdpr.masks.entries import Entries
from gdpr.masks.fitting import Fitting
from gdpr.masks.own_grounds import OwnGrounds
from gdpr.masks.pictures import measured, picture
from gdpr.masks.proposals import AT_ONCE, Proposals, flat
from gdpr.masks.queries import Place
from gdpr.masks.reading import (
    Kept,
    MaskReader,
    Measurer,
    Review,
    below_apart,
    leaving,
    unseen,
)
from gdpr.masks.sealed import IN_ONE


class Masks:
    """The masks of a home. `measure` says how large stored files are; `finder` gives the
    recognisers as of a year."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        measure: Measurer = measured,
        finder: Callable[[int], Detector] = detector,
    ) -> None:
        self._ledger, self._clock, self._finder = ledger, clock, finder
        self._reader = MaskReader(ledger, self.today, measure)
        self.own_grounds = OwnGrounds(ledger)
        self._fitting = Fitting(self._reader, self.own_grounds, self.today)
        self._entries = Entries(ledger)
        self._proposals = Proposals(ledger, self._reader)

    def today(self) -> date:
        """The day in Sweden."""
        return stockholm_date(self._clock.now())

    @property
    def reduced(self) -> tuple[str, ...]:
        """What recognisers find less of than they should; whoever shows suggestions shows it."""
        return self._finder(self.today().year).reduced

    # --- reading -----------------------------------------------------------------------------

    def review(self, viewer: Viewer, record: int, version: int | None = None) -> Review:
        """A version (its entry; the newest if none is named) with its masks, and what they may rest
        on. `NotFound` if there is none that the viewer may disclose."""
        with self._ledger.database.read() as connection:
            at = queries.places(connection, viewer, [record])[record]
            version = at.latest if version is None else version
            envelope = self._reader.envelope(connection, at, version)
            below = below_apart(connection, [record])
            shown = leaving(viewer, record, envelope, below)
            components, types = self._reader.components(connection, at, version, envelope)
            kept = self._reader.standing(connection, [record])[record]
            own = queries.activities(connection, at.authority)
            known = tuple(row.seq for row in queries.versions(connection, record))
            held = self.own_grounds.held_in(connection, at.authority)
        citable = held.picklist.within(own)
        others = [one for one in held.picklist if one not in citable]
        return Review(
            record=record,
            version=version,
            versions=known,
            authority=at.authority,
            protected=at.protected,
            fields=shown,
            measure=Measure(fields=fields(shown), components=components),
            types=tuple(types),
            masks=tuple(one for one in kept if one.mask.version == version),
            activities=own,
            words=held.activities,
            grounds=tuple(citable),
            others=tuple(sorted(others, key=lambda one: one.clause)),
        )

    def file(self, viewer: Viewer, record: int, version: int, number: int) -> tuple[bytes, str]:
        """A file that a version shows, and its content type; `NotFound` if it is not held."""
        with self._ledger.database.read() as connection:
            at = queries.places(connection, viewer, [record])[record]
            envelope = self._reader.envelope(connection, at, version)
            content, mime = self._reader.file(connection, at, version, number, envelope)
        if not content:
            raise NotFound(f"R{record} holds no such file.")
        return content, mime

    def picture(
        self, viewer: Viewer, record: int, version: int, number: int, page: int, *, masked: bool
    ) -> bytes:
        """A page (from 0) of a file that a version shows, as PNG; `masked`: with the boxes that
        hide. `NotFound` if it is not held, or cannot be shown."""
        content, mime = self.file(viewer, record, version, number)
        held = self.in_force(viewer, [record])[record] if masked else ()
        boxes = [
            one.mask.target
            for one in held
            if one.mask.version == version
            and isinstance(one.mask.target, ImageBox | PageBox)
            and one.mask.target.media == number
        ]
        found = picture(content, mime, page, boxes)
        if not found:
            raise NotFound(f"R{record} holds no such file that can be shown.")
        return found

    def newest(self, viewer: Viewer, record: int) -> int:
        """The entry of a record's newest version."""
        with self._ledger.database.read() as connection:
            return queries.places(connection, viewer, [record])[record].latest

    def words(self, viewer: Viewer, mask: Mask) -> str:
        """What a mask of a text lies over; empty for others."""
        with self._ledger.database.read() as connection:
            at = queries.places(connection, viewer, [mask.record])[mask.record]
            envelope = self._reader.envelope(connection, at, mask.version)
            below = below_apart(connection, [mask.record])
        texts = self._reader.text_fields(viewer, mask.record, envelope, below)
        return suggesting.value_of(mask, texts)

    def masks(self, viewer: Viewer, records: Collection[int]) -> Mapping[int, tuple[Kept, ...]]:
        """Record → all of its masks as they stand, of every version, by number."""
        with self._ledger.database.read() as connection:
            queries.places(connection, viewer, records)
            found = self._reader.standing(connection, records)
        return {record: tuple(kept) for record, kept in found.items()}

    def in_force(self, viewer: Viewer, records: Collection[int]) -> Mapping[int, tuple[Kept, ...]]:
        """Record → the masks that hide something of it today, of every version."""
        found = self.masks(viewer, records).items()
        return {record: tuple(one for one in kept if one.mask.hides) for record, kept in found}

    def pending(self, viewer: Viewer, records: Collection[int]) -> Mapping[int, tuple[Kept, ...]]:
        """Record → suggestions that nobody has decided on; records without any are left out. What
        lies under a mask in force needs no look."""
        found = {one: tuple(unseen(kept)) for one, kept in self.masks(viewer, records).items()}
        return {record: kept for record, kept in found.items() if kept}

    def alike(self, viewer: Viewer, number: int, records: Collection[int] = ()) -> list[int]:
        """The suggestions over the same value as a mask's, in these records and its own: Annas is
        Anna, 850101-9802 is 198501019802. Itself among them, if it is one."""
        with self._ledger.database.read() as connection:
            wanted = {self._record_of(connection, number), *records}
            queries.places(connection, viewer, wanted)
            kept = flat(self._reader.standing(connection, wanted))
            opened = self._reader.opened({one.mask.version for one in kept})
            below = below_apart(connection, wanted)
        mine = next((one.mask for one in kept if one.seq == number), None)
        if mine is None:
            raise _no_mask()
        category = mine.category

        def value(mask: Mask) -> str:
            envelope = opened.get(mask.version, {})
            texts = self._reader.text_fields(viewer, mask.record, envelope, below)
            return normal(category, suggesting.value_of(mask, texts))

        sought = value(mine)
        return [
            one.seq
            for one in unseen(kept)
            if one.seq == number or (sought and value(one.mask) == sought)
        ]

    # --- suggesting --------------------------------------------------------------------------

    def suggest(
        self,
        viewer: Viewer,
        records: Collection[int],
        *,
        matter: int | None = None,
        files: bool = False,
    ) -> int:
        """Suggest what is to be masked in the newest versions of records, and put what was released
        before to be looked at anew; how many suggestions there are more. `matter`: the request it
        is for, whose own releases are not asked about again. What the same recogniser of the same
        version pointed at before is not suggested again, whatever became of it. `files`: look at
        the words in pictures and PDFs too, at seconds for each."""
        ordered = sorted(set(records))
        with self._ledger.database.read() as connection:
            queries.places(connection, viewer, ordered)
        finder = self._finder(self.today().year)
        return sum(
            self._proposals.make(viewer, ordered[start : start + AT_ONCE], finder, matter, files)
            for start in range(0, len(ordered), AT_ONCE)
        )

    # --- deciding ----------------------------------------------------------------------------

    def add(self, viewer: Viewer, mask: Mask, *, until: date | None = None) -> int:
        """Mask a place, on the grounds that the mask names; its number. Where else in that version
        the same words stand is suggested. `RuleViolation` for a place outside, an overlap, or a
        ground that cannot be cited."""
        mask = replace(mask, state=MaskState.ACCEPTED, source=sealed.PERSON)
        with self._ledger.writer() as writer:
            at = queries.places(writer.connection, viewer, [mask.record])[mask.record]
            kept = self._reader.standing(writer.connection, [mask.record])[mask.record]
            texts = self._fitting.check(writer.connection, viewer, at, kept, {-1: mask}, until)
            said = sealed.made(mask, authority=at.authority, actor=viewer.actor, until=until)
            seq = self._entries.write(writer, EventType.MASK_MADE, said, at)
            self._proposals.same(writer, viewer, at, [mask], texts, kept)
        return seq * IN_ONE

    def accept(
        self,
        viewer: Viewer,
        numbers: Collection[int],
        citations: Sequence[Citation] = (),
        *,
        note: str = "",
        until: date | None = None,
    ) -> int:
        """Accept suggestions, or what was rejected, on these grounds; how many. Without any, masks
        that are looked at again keep the grounds they had. Errors as `add`; then none is taken."""
        with self._ledger.writer() as writer:
            places, kept, chosen = self._chosen(writer.connection, viewer, numbers)
            checking.check_step(chosen, MaskState.ACCEPTED)
            after = [
                replace(
                    one,
                    mask=replace(
                        one.mask,
                        state=MaskState.ACCEPTED,
                        citations=tuple(citations) or one.mask.citations,
                        note=note,
                    ),
                )
                for one in chosen
            ]
            texts = {
                record: self._fitting.check(
                    writer.connection, viewer, at, kept[record], _by_number(after, record), until
                )
                for record, at in places.items()
            }
            state = MaskState.ACCEPTED
            self._entries.decided(writer, viewer, places, after, state, note=note, until=until)
            for record, at in places.items():
                hidden = list(_by_number(after, record).values())
                self._proposals.same(writer, viewer, at, hidden, texts[record], kept[record])
        return len(chosen)

    def reject(self, viewer: Viewer, numbers: Collection[int], *, note: str = "") -> int:
        """Decide that nothing is hidden there; of how many."""
        checking.check_note(note)
        with self._ledger.writer() as writer:
            places, _, chosen = self._chosen(writer.connection, viewer, numbers)
            checking.check_step(chosen, MaskState.REJECTED)
            self._entries.decided(writer, viewer, places, chosen, MaskState.REJECTED, note=note)
        return len(chosen)

    def confirm(self, viewer: Viewer, numbers: Collection[int], *, matter: int) -> int:
        """Note that masks in force were part of what was released in a matter (its entry). Those
        that were released before, and are in force still, need no second note."""
        with self._ledger.writer() as writer:
            places, _, found = self._chosen(writer.connection, viewer, numbers)
            chosen = [one for one in found if one.mask.state is not MaskState.CONFIRMED]
            checking.check_step(chosen, MaskState.CONFIRMED)
            self._entries.decided(
                writer, viewer, places, chosen, MaskState.CONFIRMED, matter=matter
            )
        return len(chosen)

    def undo(self, viewer: Viewer, record: int) -> int:
        """Take back what the viewer last decided of a record's masks; of how many masks that was.
        `RuleViolation` if there is nothing, or somebody has gone on from it."""
        with self._ledger.writer() as writer:
            connection = writer.connection
            queries.places(connection, viewer, [record])
            seq = queries.last_decided(connection, record, viewer.actor)
            if seq is None:
                raise RuleViolation(
                    "There is nothing of yours to take back.", remedy="Decide anew instead."
                )
            places, kept, chosen = self._chosen(
                connection, viewer, queries.touched(connection, seq)
            )
            if any(one.entry != seq for one in chosen):
                raise RuleViolation(
                    "Something was decided since of what you want to take back.",
                    remedy="Decide anew on each mask instead.",
                )
            before = self._reader.standing(connection, places, without=seq)
            for of in places:
                self._fitting.fit(connection, viewer, places[of], kept[of], before[of])
            said: dict[str, Json] = {
                "authority": places[record].authority,
                "of": seq,
                "actor": viewer.actor,
            }
            self._entries.write(writer, EventType.MASKS_UNDONE, said, places[record])
        return len(chosen)

    # --- what an authority does ----------------------------------------------------------------

    def activities(self, viewer: Viewer, authority: int) -> frozenset[str]:
        """The kinds of activity that an authority carries on, as `gdpr.grounds` names them."""
        viewer.require(Permission.READ, authority)
        with self._ledger.database.read() as connection:
            return queries.activities(connection, authority)

    def grounds(self, viewer: Viewer, authority: int) -> list[SecrecyGround]:
        """What an authority may cite as its own, in order of clause."""
        return self.picklist(authority).within(self.activities(viewer, authority))

    def picklist(self, authority: int) -> Picklist:
        """The list of grounds that holds for an authority, its own laid over what ships."""
        return self.own_grounds.held(authority).picklist

    def kinds(self, authority: int) -> Mapping[str, Wording]:
        """The kinds of activity that an authority can carry on, in words: its own too."""
        return self.own_grounds.held(authority).activities

    def set_activities(self, viewer: Viewer, authority: int, codes: Collection[str]) -> None:
        """Say what activities an authority carries on: which secrecy is its own follows from it.
        `ConfigError` for one that there is not."""
        viewer.require(Permission.DISCLOSE, authority)
        known = self.kinds(authority)
        if unknown := sorted(set(codes) - set(known)):
            raise ConfigError(
                f"No activity is called {', '.join(unknown)}.",
                remedy=f"There are {', '.join(known)}.",
            )
        said: dict[str, Json] = {
            "authority": authority,
            "activities": sorted(set(codes)),
            "actor": viewer.actor,
        }
        with self._ledger.writer() as writer:
            at = writer.cohort(authority, "register")
            writer.append_event(EventType.ACTIVITIES_SET, said, cohort=at)

    # --- inside the writer ---------------------------------------------------------------------

    def _chosen(
        self, connection: Connection, viewer: Viewer, numbers: Collection[int]
    ) -> tuple[dict[int, Place], dict[int, list[Kept]], list[Kept]]:
        """The records of masks, all their masks, and those named. `NotFound` if one is not there,
        or not for the viewer."""
        wanted = set(numbers)
        checking.check_numbers(sorted(wanted))
        records = set(queries.records_of(connection, wanted).values())
        places = queries.places(connection, viewer, records)
        kept = self._reader.standing(connection, records)
        chosen = [one for one in flat(kept) if one.seq in wanted]
        if len(chosen) < len(wanted):
            raise _no_mask()
        return places, kept, chosen

    @staticmethod
    def _record_of(connection: Connection, number: int) -> int:
        found = queries.records_of(connection, [number])
        if number not in found:
            raise _no_mask()
        return found[number]


def _by_number(kept: Iterable[Kept], record: int) -> dict[int, Mask]:
    return {one.seq: one.mask for one in kept if one.mask.record == record}


def _no_mask() -> NotFound:
    return NotFound("There is no such mask.", remedy="`diarkiv gdpr mask list` shows them.")
