"""What is given out on a request: items, how each was decided, and the set that is frozen. Pure.

An item is one version of a record. A release gives out, masks or withholds each; what falls outside
the request is not in it at all. Rules, each of which holds for every set that leaves:

* every item is decided, and at least one is given out, whole or in part;
* what is masked has masks in force, what is given out whole has none, and what is withheld whole
  says on what ground: secrecy by its full clause, no official document (TF 2:4), or no duty to
  compile it (TF 2:6) — GDPR is none;
* no suggestion waits that nobody has looked at;
* the set is the one that was reviewed: its digest covers items, masks, the newest version of each
  record, and what it is rendered with.

The clauses that a decision names are exactly those used here (OSL 6:3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from archiver.core.canonical import Json, encode
from archiver.core.reason import Wording
from exports.core.access_request import Answer
from exports.core.masked import Kept
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import (
    ImageBox,
    Mask,
    MaskState,
    PageBox,
    Target,
    TextSpan,
    TimeRange,
    WholeField,
)

MAX_ITEMS = 10_000  # of one release


class ItemDecision(StrEnum):
    """What becomes of an item."""

    GIVEN = "given"
    MASKED = "masked"
    WITHHELD = "withheld"
    NOT_ASKED = "not_asked"  # it falls outside the request


class Because(StrEnum):
    """Why an item is withheld whole."""

    SECRECY = "secrecy"
    NOT_OFFICIAL = "not_official"  # no official document
    CANNOT_COMPILE = "cannot_compile"  # no routine measure, or no legal power


class Delivery(StrEnum):
    """How what was released reached whoever asked."""

    COUNTER = "counter"
    POST = "post"
    EMAIL = "email"
    ON_SITE = "on_site"  # it was read on the spot
    OTHER = "other"


DECISIONS: Mapping[ItemDecision, Wording] = {
    ItemDecision.GIVEN: Wording("lämnas ut", "given out"),
    ItemDecision.MASKED: Wording("lämnas ut i maskat skick", "given out masked"),
    ItemDecision.WITHHELD: Wording("lämnas inte ut", "withheld"),
    ItemDecision.NOT_ASKED: Wording("omfattas inte av begäran", "not asked for"),
}
REASONS: Mapping[Because, Wording] = {
    Because.SECRECY: Wording("sekretess", "secrecy"),
    Because.NOT_OFFICIAL: Wording("inte en allmän handling", "not an official document"),
    Because.CANNOT_COMPILE: Wording("kan inte sammanställas", "cannot be compiled"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A version of a record and what was decided on it; `decision` None: nothing yet. `version` is
    its entry, `n` its number within the record."""

    record: int
    version: int
    n: int
    decision: ItemDecision | None = None
    because: Because = Because.SECRECY
    citations: tuple[Citation, ...] = ()

    @property
    def leaves(self) -> bool:
        """Whether any of it is given out."""
        return self.decision in (ItemDecision.GIVEN, ItemDecision.MASKED)

    @property
    def name(self) -> str:
        """How errors call it."""
        return f"R{self.record} version {self.n}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSet:
    """What is to leave, as it stands at one moment. `newest`: record → its newest version;
    `masks`: those in force on masked items; `renderer`: what it is rendered with; `without`:
    records whose address and links are left out, since they may quote what was stopped;
    `hide_structure`: whether not even the number of hidden words is shown in the proof; `notes`:
    record → the entries of the rectifications that stand beside it (GDPR art. 16), of records that
    leave."""

    request: int
    items: tuple[Item, ...]
    masks: tuple[Kept, ...]
    newest: Mapping[int, int]
    renderer: str
    without: frozenset[int] = frozenset()
    hide_structure: bool = False
    notes: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    @property
    def leaving(self) -> tuple[Item, ...]:
        """The items of which anything is given out, in order."""
        return tuple(one for one in self.items if one.leaves)

    @property
    def led_to(self) -> frozenset[int]:
        """The versions to which nothing that leaves may lead: masked ones, withheld ones, and those
        that stand under what was stopped."""
        closed = (ItemDecision.MASKED, ItemDecision.WITHHELD)
        return frozenset(
            one.version
            for one in self.items
            if one.decision in closed or (one.leaves and one.record in self.without)
        )

    @property
    def withheld(self) -> tuple[Item, ...]:
        """The items that are withheld whole."""
        return tuple(one for one in self.items if one.decision is ItemDecision.WITHHELD)

    def masks_of(self, item: Item) -> tuple[Kept, ...]:
        """The masks of one item."""
        return tuple(one for one in self.masks if one.mask.version == item.version)

    @property
    def answer(self) -> Answer:
        """What an answer with this release is: part of it withheld or masked is a refusal."""
        return Answer.MASKED if self.masks or self.withheld else Answer.RELEASED

    def whole(self, stopped: frozenset[int] = frozenset()) -> ReleaseSet:
        """The same records and what was withheld, nothing of it hidden: for a court only. Of what
        stands under something `stopped`, which is in nobody's reach, the address is still left
        out."""
        items = (replace(one, decision=ItemDecision.GIVEN, citations=()) for one in self.items)
        return replace(self, items=tuple(items), masks=(), without=stopped)

    def payload(self) -> dict[str, Json]:
        """Its fields as they are sealed."""
        beside: list[Json] = [[record, *self.notes[record]] for record in sorted(self.notes)]
        return {
            **({"notes": beside} if beside else {}),
            "request": self.request,
            "items": [item_payload(one) for one in self.items],
            "masks": [_kept_payload(one) for one in self.masks],
            "newest": [[record, self.newest[record]] for record in sorted(self.newest)],
            "renderer": self.renderer,
            "without": sorted(self.without),
            "hide_structure": self.hide_structure,
        }

    @property
    def digest(self) -> str:
        """SHA-256 of its canonical form, in hexadecimal digits."""
        return sha256(encode(self.payload())).hexdigest()


def set_of(said: Mapping[str, Any]) -> ReleaseSet:
    """A set from its sealed fields."""
    return ReleaseSet(
        request=int(said["request"]),
        items=tuple(item_of(one) for one in said["items"]),
        masks=tuple(_kept_of(one) for one in said["masks"]),
        newest={int(record): int(version) for record, version in said["newest"]},
        renderer=str(said["renderer"]),
        without=frozenset(said["without"]),
        hide_structure=bool(said["hide_structure"]),
        notes={int(record): tuple(map(int, some)) for record, *some in said.get("notes", ())},
    )


def faults(release: ReleaseSet, in_force: Mapping[int, Sequence[Kept]]) -> Iterator[str]:
    """Why a set cannot be released; nothing if it can. `in_force`: version → masks that hide."""
    if not release.leaving:
        yield "Nothing would be given out: a refusal is an answer, not a release."
    for item in release.items:
        hiding = in_force.get(item.version, ())
        match item.decision:
            case None:
                yield f"{item.name}: nothing is decided on it."
            case ItemDecision.GIVEN if hiding:
                yield (
                    f"{item.name}: it is to be given out whole, but {len(hiding)} masks are in "
                    "force on it."
                )
            case ItemDecision.MASKED if not hiding:
                yield f"{item.name}: it is to be masked, but no mask is in force on it."
            case ItemDecision.WITHHELD:
                if item.because is Because.SECRECY and not item.citations:
                    yield f"{item.name}: it is withheld as secret, and no clause is named."
    for kept in release.masks:
        if not kept.mask.citations:
            yield f"R{kept.mask.record}: mask {kept.seq} rests on no clause."


def citations_used(release: ReleaseSet) -> tuple[Citation, ...]:
    """What the release rests on where it hides anything, each once, in order: a decision names
    exactly these."""
    found = {one for kept in release.masks for one in kept.mask.citations}
    found |= {
        one
        for item in release.withheld
        if item.because is Because.SECRECY
        for one in item.citations
    }
    return tuple(sorted(found, key=_citation_order))


def in_words(citation: Citation) -> str:
    """A citation as a decision writes it."""
    said = citation.clause.in_words()
    if citation.through is None:
        return said
    by = citation.through
    return f"{said}, överförd enligt {by.chapter} kap. {by.section} § samma lag"


def _citation_order(one: Citation) -> tuple[Clause, str, str]:
    return one.clause, one.activity, str(one.through or "")


# --- sealed forms ------------------------------------------------------------------------------


def item_payload(item: Item) -> dict[str, Json]:
    """An item's fields as they are sealed; what is empty is left out."""
    said: dict[str, Json] = {"record": item.record, "version": item.version, "n": item.n}
    if item.decision is not None:
        said["decision"] = item.decision.value
    if item.decision is ItemDecision.WITHHELD:
        said["because"] = item.because.value
    if item.citations:
        said["citations"] = [citation_payload(one) for one in item.citations]
    return said


def item_of(said: Mapping[str, Any]) -> Item:
    """An item from its sealed fields."""
    decision = said.get("decision")
    return Item(
        record=int(said["record"]),
        version=int(said["version"]),
        n=int(said["n"]),
        decision=ItemDecision(decision) if decision else None,
        because=Because(said.get("because", Because.SECRECY)),
        citations=tuple(citation_of(one) for one in said.get("citations", ())),
    )


def citation_payload(citation: Citation) -> dict[str, Json]:
    """A citation's fields as they are sealed."""
    said: dict[str, Json] = {"clause": str(citation.clause)}
    if citation.activity:
        said["activity"] = citation.activity
    if citation.through is not None:
        said["through"] = str(citation.through)
    return said


def citation_of(said: Mapping[str, Any]) -> Citation:
    """A citation from its sealed fields."""
    through = said.get("through")
    return Citation(
        clause=Clause.parse(said["clause"]),
        activity=str(said.get("activity", "")),
        through=Clause.parse(through) if through else None,
    )


_TARGETS: Mapping[str, type[Any]] = {
    "span": TextSpan,
    "field": WholeField,
    "box": ImageBox,
    "page": PageBox,
    "time": TimeRange,
}


def _target_payload(target: Target) -> list[Json]:
    kind = next(name for name, made in _TARGETS.items() if isinstance(target, made))
    return [kind, *(getattr(target, name) for name in target.__dataclass_fields__)]


def _kept_payload(kept: Kept) -> dict[str, Json]:
    mask = kept.mask
    return {
        "seq": kept.seq,
        "record": mask.record,
        "version": mask.version,
        "target": _target_payload(mask.target),
        "category": mask.category,
        "citations": [citation_payload(one) for one in sorted(mask.citations, key=_citation_order)],
    }


def _kept_of(said: Mapping[str, Any]) -> Kept:
    kind, *values = said["target"]
    mask = Mask(
        record=int(said["record"]),
        version=int(said["version"]),
        target=_TARGETS[kind](*values),
        category=str(said["category"]),
        citations=tuple(citation_of(one) for one in said["citations"]),
        state=MaskState.CONFIRMED,
    )
    return Kept(int(said["seq"]), mask)
