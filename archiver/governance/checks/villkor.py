"""A-VILLKOR (row 2.1): the terms of every platform were read, and a copy of what was read is kept.

A review holds for twelve months, or until somebody notes that the platform has new terms
(`lifecycle terms`), whichever comes first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.governance.archive import Archive
from archiver.governance.core import acts as a
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.governance.core.upkeep import TermsReviewed, outdated
from archiver.governance.events import act_of
from archiver.governance.upkeep import queries

_FAULTS = {
    "refused": Wording("villkoren godtogs inte", "the terms were not accepted"),
    "copyless": Wording("ingen kopia av villkoren är sparad", "no copy of the terms is kept"),
    "unread": Wording("villkoren är inte granskade", "the terms were not reviewed"),
    "changed": Wording("nya villkor efter granskningen", "new terms since the review"),
    "old": Wording("granskningen är äldre än tolv månader", "reviewed over twelve months ago"),
}
_OUTCOMES = {
    Outcome.FAIL: ("refused", "copyless"),
    Outcome.UNKNOWN: ("unread",),
    Outcome.STALE: ("changed", "old"),
}


class Reviewed(NamedTuple):
    """A platform's newest review, its entry and day."""

    seq: int
    day: date
    said: TermsReviewed


class Villkor:
    """The reviews of the subject's platforms."""

    id = "A-VILLKOR"
    phase = Phase.PLAN

    def run(self, subject: Subject, archive: Archive) -> Result:
        ledger, authority = archive.ledger, subject.authority
        with ledger.database.read() as connection:
            notes = queries.notes(ledger, connection, authority, "terms")
            changed = ledger.open(queries.terms_changed(connection, authority))
        reviews = {
            one.note.said.platform: Reviewed(one.seq, one.note.day, one.note.said)
            for one in notes
            if isinstance(one.note.said, TermsReviewed)
        }
        newer = dict[str, int]()
        for seq, opened in sorted(changed.items()):
            said = act_of(opened.envelope).said
            assert isinstance(said, a.TermsChanged)
            newer[said.platform] = seq
        platforms = sorted({platform for _, platform in subject.places})
        return judge(platforms, reviews, newer, stockholm_date(subject.now))


def judge(
    platforms: Sequence[str],
    reviews: Mapping[str, Reviewed],
    changed: Mapping[str, int],
    today: date,
) -> Result:
    """What each platform's review lacks. `changed`: platform → the entry that noted new terms."""
    faults: dict[str, list[str]] = {name: [] for name in _FAULTS}
    for platform in platforms:
        for name in _lacks(reviews.get(platform), changed.get(platform, 0), today):
            faults[name].append(platform)
    told = {name: held for name, held in faults.items() if held}
    outcome = next(
        (one for one, names in _OUTCOMES.items() if any(name in told for name in names)),
        Outcome.PASS if platforms else Outcome.UNKNOWN,
    )
    reason = _reason(told) if told else Wording(
        "Varje plattforms villkor är granskade, med sparad kopia.",
        "The terms of every platform were reviewed, with a copy kept.",
    )  # fmt: skip
    data: dict[str, Json] = {name: list[Json](held) for name, held in told.items()}
    data["copies"] = [
        reviews[one].said.sha256 for one in platforms if one in reviews and reviews[one].said.sha256
    ]
    return Result(check=Villkor.id, outcome=outcome, reason=reason, data=data)


def _lacks(review: Reviewed | None, changed: int, today: date) -> Collection[str]:
    if review is None:
        return ["unread"]
    held = {
        "refused": not review.said.accepted,
        "copyless": not review.said.sha256,
        "changed": changed > review.seq,
        "old": outdated(review.day, today),
    }
    return [name for name, lacking in held.items() if lacking]


def _reason(told: Mapping[str, Sequence[str]]) -> Wording:
    sv = "; ".join(f"{', '.join(held)}: {_FAULTS[name].sv}" for name, held in told.items())
    en = "; ".join(f"{', '.join(held)}: {_FAULTS[name].en}" for name, held in told.items())
    return Wording(f"{sv}.", f"{en}.")


check = Villkor()
