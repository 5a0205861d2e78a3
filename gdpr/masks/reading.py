"""Masks as they stand, with their grounds, over what they lie on.

Invariants: a mask hides from when a person accepted it with its grounds until the last day it is
valid; after that it is a suggestion again, so that nothing is given out because time went by. What
was released in one matter is looked at anew in the next (`Again`). Whoever asks has been asked for
the right to the records first (`queries.places`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from archiver.core.access import Viewer
from archiver.core.egress import Purpose, release
from archiver.core.reason import Wording
from archiver.core.record import address_of
from archiver.db import queries as archive
from archiver.db.apart import under_apart
from archiver.db.hold_tables import day_of
from archiver.errors import NotFound
from archiver.ledger.service import Ledger
from gdpr.core.ground import SecrecyGround
from gdpr.core.mask import Component, Mask, MaskState, Measure
from gdpr.core.place import covers, fields, only_flags, parse
from gdpr.masks import queries
from gdpr.masks.queries import MaskRow, Place, StateRow
from gdpr.masks.sealed import EARLIER, IN_ONE, citations_of

_REMEMBERED = 10_000  # measures of files
# Measures a stored file: its bytes and content type; an empty measure for what it does not know.
Measurer = Callable[[bytes, str], Component]


class Again(StrEnum):
    """Why a mask is looked at once more."""

    EXPIRED = "expired"  # the last day it was valid has passed
    RELEASED = "released"  # it is from an earlier release
    CARRIED = "carried"  # it is from an earlier version of the record


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A mask as it stands. `seq`: its number. `mask.state` is what counts today; of a mask that is
    looked at again, its citations are those it had. `until`: the last day it is valid. `entry` and
    `actor`: what brought it to where it stands, and who. `matter`: what it was released in."""

    seq: int
    mask: Mask
    until: date | None
    entry: int
    actor: int
    again: Again | None = None
    matter: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One version of a record with its masks, for whoever decides on them. `versions`: the entries
    of all of the record's versions, first to last. `fields`: what of it may be given out;
    `measure`: its texts by path, its components.
    `types`: the content type of each component. `words`: what kinds of activity are called.
    `grounds`: what the authority may cite as its own;
    `others`: what it may cite only as secrecy that was carried over to it."""

    record: int
    version: int
    versions: tuple[int, ...]
    authority: int
    protected: bool
    fields: Mapping[str, Any]
    measure: Measure
    types: tuple[str, ...]
    masks: tuple[Kept, ...]
    activities: frozenset[str]
    words: Mapping[str, Wording]
    grounds: tuple[SecrecyGround, ...]
    others: tuple[SecrecyGround, ...]

    @property
    def texts(self) -> Mapping[str, str]:
        """The fields that are text, by path."""
        return {path: text for path, text in self.measure.fields.items() if text is not None}


class MaskReader:
    """Reads masks and what they lie on."""

    def __init__(self, ledger: Ledger, today: Callable[[], date], measurer: Measurer) -> None:
        self._ledger, self._today, self._measurer = ledger, today, measurer
        self._measured: dict[tuple[int, int], Component] = {}  # files never change

    def standing(
        self, connection: Connection, records: Collection[int], *, without: int | None = None
    ) -> dict[int, list[Kept]]:
        """Record → its masks of every version as they stand, rejected ones too, by number. Those
        whose making was taken back are left out. `without`: as they would stand without what that
        entry says."""
        rows = queries.masks(connection, records)
        states = queries.states(connection, [row.number for row in rows], without)
        entries = {row.number // IN_ONE for row in rows if row.number in states}
        entries |= {one.seq for found in states.values() for one in found}
        opened = self._ledger.open(sorted(entries), protected=True)
        said: Mapping[int, Mapping[str, Any]] = {seq: one.envelope for seq, one in opened.items()}
        found: dict[int, list[Kept]] = {one: [] for one in records}
        for row in rows:
            if row.number in states and row.number // IN_ONE in said:
                kept = _kept(row, states[row.number], said, self._today())
                found[row.record].append(kept)
        return found

    def text_fields(
        self, viewer: Viewer, record: int, envelope: Mapping[str, Any], below: Collection[int]
    ) -> dict[str, str | None]:
        """What of a version can be masked: what may be given out (`leaving`)."""
        return fields(leaving(viewer, record, envelope, below))

    def opened(self, versions: Collection[int]) -> dict[int, Mapping[str, Any]]:
        """The envelopes of versions."""
        found = self._ledger.open(sorted(versions), protected=True)
        return {seq: one.envelope for seq, one in found.items()}

    def envelope(self, connection: Connection, place: Place, version: int) -> Mapping[str, Any]:
        """One version's; `NotFound` if the record has no such version, or it cannot be read."""
        known = [row.seq for row in queries.versions(connection, place.record)]
        found = self.opened([version]) if version in known else {}
        if version not in found:
            raise NotFound(f"R{place.record} has no version of that number that can be read.")
        return found[version]

    def components(
        self, connection: Connection, place: Place, version: int, envelope: Mapping[str, Any]
    ) -> tuple[list[Component], list[str]]:
        """The files that a version shows, in the order of its attachments, measured, and their
        content types; what is not held, or cannot be measured, measures nothing."""
        found: list[Component] = []
        types: list[str] = []
        for number in range(len(envelope.get("attachments", ()))):
            key = version, number
            if key not in self._measured:
                content, mime = self.file(connection, place, version, number, envelope)
                if len(self._measured) >= _REMEMBERED:
                    self._measured.clear()
                self._measured[key] = self._measurer(content, mime) if content else Component()
            found.append(self._measured[key])
            types.append(str(envelope["attachments"][number].get("mime", "")))
        return found, types

    def file(
        self,
        connection: Connection,
        place: Place,
        version: int,
        number: int,
        envelope: Mapping[str, Any],
    ) -> tuple[bytes, str]:
        """A file that a version shows, and its content type: the version's own, or that of the
        newest one before it which shows the same. Empty, if it is not held."""
        attachments = envelope.get("attachments", ())
        if not 0 <= number < len(attachments):
            return b"", ""
        mime = str(attachments[number].get("mime", ""))
        before = [row.seq for row in queries.versions(connection, place.record)]
        before = [seq for seq in before if seq <= version]
        held = {seq for seq, n in queries.whole_media(connection, before) if n == number}
        opened = self.opened(held)
        for seq in sorted(held & opened.keys(), reverse=True):
            shown = opened[seq].get("attachments", ())
            if number < len(shown) and address_of(shown[number]) == address_of(attachments[number]):
                parts = archive.media_parts(connection, seq, number)
                chunks = self._ledger.open(parts, protected=True)
                if all(part in chunks for part in parts):
                    return b"".join(chunks[part].raw for part in parts), mime
        return b"", mime


def leaving(
    viewer: Viewer, record: int, envelope: Mapping[str, Any], below: Collection[int]
) -> dict[str, Any]:
    """The fields of a version that may be given out. `below`: records that stand under one kept
    apart (`below_apart`): their address may hold its words, and never leaves."""
    found = release(viewer, Purpose.DISCLOSURE, envelope)
    if record in below:
        found.pop("url", None)
    return found


def below_apart(connection: Connection, records: Collection[int]) -> Collection[int]:
    """Those of the records that stand under one which is kept apart."""
    return under_apart(connection, records).keys()


def _kept(
    row: MaskRow,
    states: Sequence[StateRow],
    said: Mapping[int, Mapping[str, Any]],
    today: date,
) -> Kept:
    """A mask as its entries leave it."""
    last, born = states[-1], said[row.number // IN_ONE]
    item = born["masks"][row.number % IN_ONE] if "masks" in born else born
    why: Mapping[str, Any] = item
    days: int | None = None
    for one in states:  # what it was accepted with holds until somebody says otherwise
        if one.state == MaskState.ACCEPTED:
            why, days = said[one.seq], one.until
    state = MaskState(last.state)
    noted = said[last.seq] if state is MaskState.REJECTED else why
    until = None if days is None else day_of(days)
    mask = Mask(
        record=row.record,
        version=row.version,
        target=parse(row.target),
        category=row.category,
        citations=() if state is MaskState.REJECTED else citations_of(why),
        source=row.source,
        state=state,
        note=noted.get("note", ""),
    )
    again: Again | None = None
    if state is MaskState.SUGGESTED and len(states) > 1:
        again = Again.RELEASED
    elif state is MaskState.SUGGESTED and row.source == EARLIER:
        again = Again.CARRIED
    if mask.hides and until is not None and until < today:
        mask, again = replace(mask, state=MaskState.SUGGESTED), Again.EXPIRED
    return Kept(
        seq=row.number,
        mask=mask,
        until=until,
        entry=last.seq,
        actor=last.actor,
        again=again,
        matter=next((one.matter for one in reversed(states) if one.matter is not None), None),
    )


def unseen(masks: Sequence[Kept]) -> list[Kept]:
    """The suggestions that nobody has decided on, without those that lie under what is hidden."""
    hiding = [one.mask for one in masks if one.mask.hides]
    return [
        one
        for one in masks
        if one.mask.state is MaskState.SUGGESTED
        and not any(
            other.version == one.mask.version and covers(other.target, one.mask.target)
            for other in hiding
        )
    ]


def by_source(pending: Mapping[int, Sequence[Kept]]) -> Mapping[str, tuple[Kept, ...]]:
    """Recogniser, without its version → what it suggests of several records (`Masks.pending`), to
    be masked all at once. What only points at something sensitive masks nothing, and is in none."""
    found: dict[str, list[Kept]] = {}
    for one in (one for some in pending.values() for one in some):
        if not only_flags(one.mask.category):
            found.setdefault(one.mask.source.partition("/")[0], []).append(one)
    return {source: tuple(found[source]) for source in sorted(found)}
