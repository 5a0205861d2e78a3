"""The exact set that a release is of, as it stands at one moment, with what it is made from.

Reads items, masks and versions together and refuses what may not leave, with what and where:
undecided items, unreviewed suggestions, masks outside their text, versions whose key is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from importlib.metadata import version as version_of
from importlib.resources import files
from typing import Any, NamedTuple

from archiver import __version__
from archiver.core.access import LOCAL, Permission, Viewer
from archiver.core.canonical import Json
from archiver.core.egress import Purpose, release
from archiver.core.record import Origin
from archiver.db.apart import Above, under_apart
from archiver.db.matter import recorded_at
from archiver.errors import AccessRefused, NotFound, RuleViolation
from archiver.ledger.service import Ledger
from exports.core.leads import leading_back, told_in
from exports.core.masked import WAYS, Hidden, Kept, hidden, shown, way_hidden, words_of
from exports.core.release import Because, Item, ItemDecision, ReleaseSet, faults, set_of
from exports.release import queries
from exports.release.drafts import Drafts, Release
from exports.release.neighbours import MaskSource
from exports.release.queries import RecordPlace, ReleaseRow
from gdpr.core.mask import Measure, TextSpan, WholeField, place
from gdpr.core.mask import faults as mask_faults
from gdpr.leak import Secret
from gdpr.leak.fold import words
from gdpr.subjects.queries import notes_beside

FORM = 3  # of what leaves; 3: files made anew bear no title, PDFs that do more are made anew
_SHOWN = 12  # faults that an error names
_SHORTEST = 12  # characters of a withheld text that is looked for elsewhere


class Noted(NamedTuple):
    """A rectification beside a record: when it was noted (milliseconds UTC), and its words."""

    at: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A set with what it is made from. `envelopes`: version → its fields, of all versions that the
    set or its masks name; `hiding`: version → what is hidden of it; `platforms`: by record;
    `apart`: how its records are kept apart, or what they stand under is, by record;
    `elsewhere`: what masks hide of versions that are not masked in it; `notes`: what stands beside
    its records; `problems`: why it may not leave so."""

    row: ReleaseRow
    set: ReleaseSet
    key: bytes
    envelopes: Mapping[int, Mapping[str, Json]]
    hiding: Mapping[int, tuple[Hidden, ...]]
    platforms: Mapping[int, str]
    apart: tuple[tuple[int, ...], ...] = ()
    elsewhere: tuple[Hidden, ...] = ()
    notes: Mapping[int, tuple[Noted, ...]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def ready(self) -> Frozen:
        """Itself; `RuleViolation` with what and where if it may not leave."""
        if self.problems:
            more = f" And {len(self.problems) - _SHOWN} more." if self.problems[_SHOWN:] else ""
            raise RuleViolation(
                f"It cannot be released so. {' '.join(self.problems[:_SHOWN])}{more}",
                remedy="Nothing left the archive. Decide on what is named, and check again.",
            )
        return self

    @property
    def digest(self) -> str:
        """What identifies the set that was reviewed."""
        return self.set.digest

    def shown(
        self, viewer: Viewer, item: Item, tokens: Mapping[tuple[str, str], str]
    ) -> dict[str, Json]:
        """The fields of an item as they are given out to somebody."""
        fields = dict(self.envelopes[item.version])
        if item.record in self.set.without:
            fields = {name: value for name, value in fields.items() if name not in WAYS}
        allowed = release(viewer, Purpose.DISCLOSURE, fields)
        return shown(allowed, self.hiding.get(item.version, ()), tokens)

    def secrets(self) -> list[Secret]:
        """Everything that must be nowhere in what leaves."""
        return _secrets((*_each(self.hiding), *self.elsewhere), self.set.items, self.envelopes)


class Freezer:
    """Puts sets together."""

    def __init__(self, ledger: Ledger, drafts: Drafts, masks: MaskSource) -> None:
        self._ledger, self._drafts, self._masks = ledger, drafts, masks

    def now(self, viewer: Viewer, number: int, *, hide_structure: bool = False) -> Frozen:
        """The set of a draft as it stands, with the problems it has."""
        row = self._drafts.mine(viewer, number)
        viewer.require(Permission.DISCLOSE, row.authority)
        with self._ledger.database.read() as connection:
            every = self._drafts.items(connection, row.seq)
            items = [one for one in every if one.decision is not ItemDecision.NOT_ASKED]
            records = sorted({one.record for one in items})
            places = self._drafts.places(connection, viewer, row.authority, records)
            above = under_apart(connection, records)
            leaving = {one.record for one in items if one.leaves}
            beside = notes_beside(connection, leaving)
        _refuse_below(viewer, row.authority, above)
        in_force = self._masks.in_force(viewer, records) if records else {}
        by_version: dict[int, list[Kept]] = {}
        for kept in (one for found in in_force.values() for one in found):
            by_version.setdefault(kept.mask.version, []).append(kept)
        envelopes = self._envelopes({one.version for one in items} | set(by_version))
        masked = [one for one in items if one.decision is ItemDecision.MASKED]
        release_set = ReleaseSet(
            request=row.request,
            items=tuple(items),
            masks=tuple(
                sorted(
                    (kept for one in masked for kept in by_version.get(one.version, ())),
                    key=lambda kept: kept.seq,
                )
            ),
            newest={one: place.latest for one, place in places.items()},
            renderer=renderer(),
            without=frozenset(above),
            hide_structure=hide_structure,
            notes={record: tuple(some) for record, some in beside.items()},
        )
        pending = self._masks.pending(viewer, records) if records else ()
        problems = [
            *faults(release_set, by_version),
            *_mask_faults(release_set, envelopes),
            *_pending_faults(release_set.leaving, pending),
        ]
        found = self._frozen(row, release_set, envelopes, by_version, places)
        apart = tuple(
            sorted((one, *_apart(place, above.get(one))) for one, place in places.items())
        )
        return replace(found, apart=apart, problems=(*problems, *_way_faults(found)))

    def again(self, viewer: Viewer, row: ReleaseRow, said: Mapping[str, Any]) -> Frozen:
        """The set that a release was made of. `NotFound` if a key is gone: then it cannot be made
        again, which is what disposal is for."""
        release_set = set_of(said)
        items = release_set.items
        records = sorted({one.record for one in items})
        try:
            with self._ledger.database.read() as connection:
                places = self._drafts.places(connection, viewer, row.authority, records)
            envelopes = self._envelopes({one.version for one in items})
        except NotFound as error:
            raise NotFound(
                f"The release cannot be made again: {error.message}",
                remedy="The files that were given out still prove themselves.",
            ) from None
        by_version: dict[int, list[Kept]] = {}
        for kept in release_set.masks:
            by_version.setdefault(kept.mask.version, []).append(kept)
        return self._frozen(row, release_set, envelopes, by_version, places)

    def secrets(self, viewer: Viewer, request: int) -> list[Secret]:
        """What a request's releases hide, made or being prepared, and what newer masks hide of the
        same records: of every version that can be opened. What people write is searched for it;
        nobody is shown it."""
        items = {
            item.version: item
            for one in self._drafts.all(viewer, request)
            for item in one.items
            if item.decision is not ItemDecision.NOT_ASKED
        }
        masks = {kept for one in self._drafts.all(viewer, request) for kept in self._made_with(one)}
        records = sorted({one.record for one in items.values()})
        in_force = self._masks.in_force(LOCAL, records) if records else {}
        masks.update(kept for found in in_force.values() for kept in found)
        by_version: dict[int, list[Kept]] = {}
        for kept in sorted(masks, key=lambda one: one.seq):
            by_version.setdefault(kept.mask.version, []).append(kept)
        opened = self._ledger.open(sorted(items.keys() | by_version.keys()), protected=True)
        envelopes = {seq: frame.envelope for seq, frame in opened.items()}
        hiding = [
            one
            for version, found in by_version.items()
            if version in envelopes
            for one in hidden(envelopes[version], found)
        ]
        there = [one for version, one in items.items() if version in envelopes]
        return _secrets(hiding, there, envelopes)

    def _made_with(self, one: Release) -> tuple[Kept, ...]:
        """The masks that a release was made with; none of a draft."""
        if one.made is None:
            return ()
        said: Any = self._ledger.open_one(one.made).envelope
        return set_of(said["set"]).masks

    def under_stopped(self, records: Collection[int]) -> frozenset[int]:
        """Those of the records whose address may quote what is stopped now."""
        with self._ledger.database.read() as connection:
            above = under_apart(connection, records)
        return frozenset(record for record, found in above.items() if found.stopped)

    def _frozen(
        self,
        row: ReleaseRow,
        release_set: ReleaseSet,
        envelopes: Mapping[int, Mapping[str, Json]],
        by_version: Mapping[int, Sequence[Kept]],
        places: Mapping[int, queries.RecordPlace],
    ) -> Frozen:
        masked = {one.version for one in release_set.items if one.decision is ItemDecision.MASKED}
        elsewhere = tuple(
            one
            for version, kept in sorted(by_version.items())
            if version not in masked
            for one in hidden(envelopes[version], kept)
        )
        begun = self._ledger.open_one(row.seq)
        return Frozen(
            row=row,
            set=release_set,
            key=bytes.fromhex(str(begun.envelope["key"])),
            envelopes=envelopes,
            hiding=hiding_of(release_set, envelopes),
            platforms={one: place.platform for one, place in places.items()},
            elsewhere=elsewhere,
            notes={one: self._noted(seqs) for one, seqs in release_set.notes.items()},
        )

    def _noted(self, seqs: Sequence[int]) -> tuple[Noted, ...]:
        """Rectifications by their entries. `NotFound` if a key is gone."""
        envelopes = self._envelopes(seqs)
        with self._ledger.database.read() as connection:
            at = {seq: recorded_at(connection, seq) for seq in seqs}
        return tuple(Noted(at[seq], str(envelopes[seq]["text"])) for seq in seqs)

    def _envelopes(self, versions: Collection[int]) -> dict[int, Mapping[str, Json]]:
        """The fields of versions; whether the viewer may see them was asked before."""
        opened = self._ledger.open(sorted(versions), protected=True)
        for one in sorted(versions):
            if one not in opened:
                raise NotFound(f"The key of entry {one} is gone.", remedy="It was disposed of.")
        return {seq: frame.envelope for seq, frame in opened.items()}


@cache
def renderer() -> str:
    """What files are rendered with: the same says that the same set gives the same bytes."""
    template = files("archiver.document").joinpath("templates", "document.typ").read_bytes()
    return (
        f"diarkiv {__version__}; form {FORM}; typst {version_of('typst')}; "
        f"fonts {version_of('manimgx-fonts')}; template {sha256(template).hexdigest()[:16]}"
    )


def _secrets(
    hiding: Iterable[Hidden], items: Iterable[Item], envelopes: Mapping[int, Mapping[str, Json]]
) -> list[Secret]:
    """What must be nowhere: what masks hide, and of what is withheld whole its texts and, if it is
    secret, who sent it; but for what is given out too."""
    found = [
        Secret(word, f"mask {one.seqs[0]}", one.category) for one in hiding for word in one.words
    ]
    by_decision: dict[ItemDecision | None, list[Item]] = {}
    for item in items:
        by_decision.setdefault(item.decision, []).append(item)
    given = {
        word
        for item in by_decision.get(ItemDecision.GIVEN, ())
        for word in (*_long(envelopes[item.version]), *_sender(envelopes[item.version]))
    }
    given |= {
        word
        for item in by_decision.get(ItemDecision.MASKED, ())
        for word in _sender(envelopes[item.version])
    }
    for item in by_decision.get(ItemDecision.WITHHELD, ()):
        envelope = envelopes[item.version]
        sender = _sender(envelope) if item.because is Because.SECRECY else ()
        for word in (*_long(envelope), *sender):
            if word not in given:
                found.append(Secret(word, item.name))
    sought = {one for one in found if words(one.value)}
    return sorted(sought, key=lambda one: (one.ref, one.value))


def _apart(place: RecordPlace, above: Above | None) -> tuple[int, ...]:
    """Whether a record is kept apart, and under what it stands if anything."""
    return (int(place.protected), *map(int, above or ()))


def _refuse_below(viewer: Viewer, authority: int, above: Mapping[int, Any]) -> None:
    """A record below a protected one may quote it in its own address: it counts as that one."""
    for record, found in sorted(above.items()):
        if not found.stopped and not viewer.may(Permission.READ_PROTECTED, authority):
            raise AccessRefused(
                f"R{record} stands under R{found.record}, which is kept apart as possibly secret.",
                remedy="Somebody who may read protected records decides on it.",
            )


def _mask_faults(
    release_set: ReleaseSet, envelopes: Mapping[int, Mapping[str, Json]]
) -> Iterator[str]:
    for item in release_set.items:
        masks = [one.mask for one in release_set.masks_of(item)]
        texts = [one for one in masks if isinstance(one.target, TextSpan | WholeField)]
        measure = Measure(fields=_measured(envelopes[item.version]))
        for fault in mask_faults(texts, measure):
            yield f"{item.name}: {fault}."


def hiding_of(
    release_set: ReleaseSet, envelopes: Mapping[int, Mapping[str, Json]]
) -> dict[int, tuple[Hidden, ...]]:
    """Version → what is hidden of it: by its masks, and what leads from it to a masked one."""
    made = {
        one.version: hidden(envelopes[one.version], release_set.masks_of(one))
        for one in release_set.items
        if one.decision is ItemDecision.MASKED
    }
    leaving = {one.version for one in release_set.leaving}
    for version, paths in leading_back(envelopes, release_set.led_to).items():
        if version not in leaving:
            continue
        fields, own = envelopes[version], made.get(version, ())
        there = {one.path for one in own if one.start is None}
        ways = [way_hidden(fields, one) for one in sorted(paths & WAYS - there) if fields[one]]
        made[version] = tuple(sorted((*own, *ways), key=lambda one: (one.path, one.start or 0)))
    return made


def _way_faults(frozen: Frozen) -> Iterator[str]:
    """Where the address of a masked record stands in words that are given out."""
    names = {item.version: item.name for item in frozen.set.leaving}
    marks = {one.key: "" for one in _each(frozen.hiding)}
    given = {item.version: frozen.shown(LOCAL, item, marks) for item in frozen.set.leaving}
    for version, path in told_in(given, frozen.envelopes, frozen.set.led_to):
        yield f"{names[version]}: its {path} tells the address of a masked record: mask it there."


def _measured(value: Json, path: str = "") -> dict[str, str | None]:
    """Every place in a version by its way there; its text, or None for what is none."""
    found: dict[str, str | None] = {}
    if path:
        found[path] = value if isinstance(value, str) else None
    parts: Iterable[tuple[object, Json]] = ()
    if isinstance(value, Mapping):
        parts = value.items()
    elif isinstance(value, Sequence) and not isinstance(value, str):
        parts = enumerate(value)
    for name, one in parts:
        found |= _measured(one, f"{path}/{name}" if path else str(name))
    return found


def _pending_faults(items: Sequence[Item], pending: Sequence[Kept]) -> Iterator[str]:
    for item in items:
        waiting = [one.mask for one in pending if one.mask.version == item.version]
        if waiting:
            where = ", ".join(sorted({place(one.target) for one in waiting})[:4])
            yield f"{item.name}: {len(waiting)} suggestions wait to be looked at ({where})."


def _each(hiding: Mapping[int, tuple[Hidden, ...]]) -> Iterator[Hidden]:
    for found in hiding.values():
        yield from found


def _long(envelope: Mapping[str, Json]) -> Iterator[str]:
    for name in ("text", "title"):
        for word in words_of(envelope.get(name, "")):
            if len(word) >= _SHORTEST:
                yield word


def _sender(envelope: Mapping[str, Json]) -> Iterator[str]:
    """Who sent what came in: a name of several words, for one word alone is shared by many, and
    the address of their page. Nothing of what is the authority's own."""
    if envelope.get("origin") != Origin.RECEIVED:
        return
    for name in words_of(envelope.get("author_name", "")):
        if len(words(name)) > 1:
            yield name
    yield from words_of(envelope.get("author_url", ""))
