"""The split answer to a request for erasure (GDPR art. 17): platform, register, archive.

One word cannot answer it. On the platform the authority may hide or remove what it has the power
over; a register entry is corrected beside itself and never erased; what the archive holds is kept
until a disposal decision covers it (art. 17.3 b and d; arkivlagen 10 §). Nobody has a right to
disposal: that part of an answer is no decision that can be appealed (HFD 2015 ref. 71), while the
refusal under art. 17 is (dataskyddslagen 7:2).

Invariant: no answer says that anything in the archive was erased. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from archiver.core.reason import Wording


class Place(StrEnum):
    """Where what is to be erased stands."""

    PLATFORM = "platform"
    REGISTER = "register"
    ARCHIVE = "archive"


class Outcome(StrEnum):
    """What becomes of it there."""

    REMOVED = "removed"
    HIDDEN = "hidden"
    CORRECTED = "corrected"  # in the register, beside what stands there
    KEPT = "kept"
    NOT_THERE = "not_there"


ALLOWED: Mapping[Place, frozenset[Outcome]] = {
    Place.PLATFORM: frozenset({Outcome.REMOVED, Outcome.HIDDEN, Outcome.KEPT, Outcome.NOT_THERE}),
    Place.REGISTER: frozenset({Outcome.CORRECTED, Outcome.KEPT, Outcome.NOT_THERE}),
    Place.ARCHIVE: frozenset({Outcome.KEPT, Outcome.NOT_THERE}),
}


class Part(NamedTuple):
    """What becomes of it in one place, and why."""

    place: Place
    outcome: Outcome
    reason: str


def faults(split: Sequence[Part], *, granted: bool) -> Iterator[str]:
    """What is wrong with a split answer; nothing if it can be given."""
    places = [one.place for one in split]
    for place in Place:
        if places.count(place) != 1:
            yield f"An answer to a request for erasure says once what becomes of the {place}."
    for one in split:
        if one.outcome not in ALLOWED[one.place]:
            yield f"Nothing in the {one.place} is {one.outcome} on request."
        if one.outcome is not Outcome.NOT_THERE and not one.reason.strip():
            yield f"Say why for the {one.place}."
    if granted and any(one.outcome is Outcome.KEPT for one in split):
        yield "Something is kept: the answer is granted in part, or refused."


PLACES: Mapping[Place, Wording] = {
    Place.PLATFORM: Wording("Plattformen", "The platform"),
    Place.REGISTER: Wording("Diariet", "The register"),
    Place.ARCHIVE: Wording("Arkivet", "The archive"),
}
OUTCOMES: Mapping[Outcome, Wording] = {
    Outcome.REMOVED: Wording("tas bort", "removed"),
    Outcome.HIDDEN: Wording("döljs", "hidden"),
    Outcome.CORRECTED: Wording("rättas, det tidigare står kvar", "corrected beside itself"),
    Outcome.KEPT: Wording("bevaras", "kept"),
    Outcome.NOT_THERE: Wording("finns inte där", "not there"),
}
# What is said of a part that is kept unless somebody writes another reason.
PROPOSED: Mapping[Place, Wording] = {
    Place.PLATFORM: Wording(
        "Inlägget behövs på plattformen för att utföra en uppgift av allmänt intresse "
        "(artikel 17.3 b i dataskyddsförordningen).",
        "The post is needed on the platform for a task in the public interest (art. 17.3 b).",
    ),
    Place.REGISTER: Wording(
        "Uppgifter i diariet är allmänna handlingar som myndigheten enligt offentlighets- och "
        "sekretesslagen ska registrera. De rättas genom att en rättelse förs in vid sidan av, men "
        "tas inte bort (artikel 17.3 b).",
        "What stands in the register is registered by law. It is corrected by a note beside it "
        "and not taken away (art. 17.3 b).",
    ),
    Place.ARCHIVE: Wording(
        "Handlingen är allmän och ingår i myndighetens arkiv. Den bevaras enligt arkivlagen och "
        "får gallras bara med stöd av ett gallringsbeslut, inte på begäran av en enskild "
        "(artikel 17.3 b och d).",
        "The document is official and part of the archive. It is kept under the Archives Act and "
        "disposed of under a disposal decision only, not at somebody's request (art. 17.3 b, d).",
    ),
}
