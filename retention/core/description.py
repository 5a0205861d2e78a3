"""The text for the description of the archive (arkivbeskrivning), made of what is in force.

arkivlagen 6 § 2 p asks of an authority that it describes which kinds of documents its archive holds
and how it is organised; OSL 4:2 that it describes how they can be searched for, with which means,
who answers, which secrecy is common, what is regularly got from or given to others, and any right
to sell personal data. This is the part about social media, to be put into the authority's own text.

Invariants: what nobody decided is marked as a proposal, and no class is said to be disposed of
without the decision that lets it; what the authority has not told is said to be missing, not left
out. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from retention.core.petition import TextStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedChannel:
    """An account: its name, platform, since when it is archived and until when, and how much."""

    name: str
    platform: str
    since: date
    until: date | None = None
    records: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedClass:
    """A record class and what becomes of it. `period` is in words; `decision` names the decision:
    body, date, number, section. Both are "" for what is kept for ever without a decision."""

    record_class: str
    label: str
    code: str = ""  # in the classification scheme
    retain: bool
    period: str = ""
    decision: str = ""
    status: TextStatus
    records: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """How many holds of a kind are in force, and how many records they keep."""

    kind: str
    holds: int
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The description. `made_at` is in milliseconds since 1970 UTC; `scheme` names the
    classification scheme. Texts that are "" are those the authority has not told yet."""

    authority: str
    made_at: int
    number: str = ""
    organisation: str = ""
    order: str = ""
    scheme: str = ""
    channels: tuple[DescribedChannel, ...]
    classes: tuple[DescribedClass, ...]
    holds: tuple[Holds, ...] = ()
    search_means: tuple[str, ...] = ()
    public_aids: tuple[str, ...] = ()
    contact: str = ""
    secrecy: tuple[str, ...] = ()
    exchanges: tuple[str, ...] = ()
    sale: str = ""
    formats: tuple[str, ...] = ()

    def faults(self) -> Iterator[str]:
        """What is missing or cannot be, each as `member: rule`."""
        if not self.authority.strip():
            yield "authority: empty"
        for i, channel in enumerate(self.channels):
            if channel.until is not None and channel.until < channel.since:
                yield f"channels.{i}.until: before since"
            if channel.records < 0:
                yield f"channels.{i}.records: negative"
        for i, one in enumerate(self.classes):
            yield from (f"classes.{i}.{fault}" for fault in _class_faults(one))
        for i, held in enumerate(self.holds):
            if held.holds < 1 or held.records < 0:
                yield f"holds.{i}: no hold, or a negative number"


def undecided(description: Description) -> Sequence[DescribedClass]:
    """The classes that a disposal is proposed for but not decided: nothing of them may go."""
    return [
        one
        for one in description.classes
        if not one.retain and one.status is not TextStatus.DECIDED
    ]


def _class_faults(one: DescribedClass) -> Iterator[str]:
    if not one.record_class.strip():
        yield "record_class: empty"
    if one.records < 0:
        yield "records: negative"
    if one.retain and one.period:
        yield "retain: with a period"
    if not one.retain and not one.period.strip():
        yield "period: without it nothing can be due"
    if not one.retain and one.status is TextStatus.DECIDED and not one.decision.strip():
        yield "decision: none is named"
