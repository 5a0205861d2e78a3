"""Upkeep (egenkontroll): what people note that no harvest shows, for the checks to rest on.

A platform's terms were read, the record of processing was adopted, a text stands on the account's
page, somebody supervises at these hours and has looked. A note is never changed: the newest of its
kind holds, and what was noted before tells what has gone since.

Pure. Days are Swedish, digests SHA-256 in hexadecimal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from archiver.core.calendar import Unit, add
from archiver.core.event import EventType
from archiver.governance.core.book import Book

MONTHS = 12  # after which what was read once is read again
MOST_LINKS = 500  # of a page
MAX_TEXT = 20_000  # characters of a text of information


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsReviewed:
    """A platform's terms, of a version or day, were read by `reviewer`, who found that the
    authority can accept them or not. `sha256`, `name`: the saved copy, if there is one."""

    platform: str
    version: str
    reviewer: str
    text: str
    accepted: bool = True
    name: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingAdopted:
    """The record of processing (GDPR art. 30) that the authority keeps: the file's name and digest,
    and the digest of each part of it (`controller:…`, `channel.C17:…`, `purpose.register:…`)."""

    name: str
    sha256: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextShown:
    """What a channel shows in a place ("om", "fäst inlägg", "regler"): an archived record (its
    entry), which is read as it stands, or a text that a person saw there; neither: nothing is shown
    there any more. `address`: where; `name`, `sha256`: the file it was read from."""

    channel: int
    place: str
    record: int | None = None
    text: str = ""
    address: str = ""
    name: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicJudged:
    """A person judged whether a channel's texts say something, whatever the words found in them
    say. It holds for those texts alone: `digest` is theirs."""

    channel: int
    topic: str
    met: bool
    reason: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageVisited:
    """A page of the authority's own as it was fetched once: its digest, its links to platforms and
    to accounts, the hosts that a browser fetches from as it opens, and whether it has scripts.
    `listing`: it is the published list of accounts."""

    address: str
    sha256: str
    links: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    scripts: bool = False
    listing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Somebody supervises at these hours each week ("mån-fre 08:00-12:00"): a user ("U12") or in
    words, with who steps in."""

    hours: str
    who: str
    deputy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervised:
    """How channels (none named: all of the authority's) are supervised (BBS-lagen 4 §): the hours
    of the week it promises, who does it, and how often each working day."""

    channels: tuple[int, ...]
    hours: tuple[str, ...]
    turns: tuple[Turn, ...]
    looks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Somebody has looked at channels, now."""

    channels: tuple[int, ...]
    text: str = ""


Said: TypeAlias = (
    TermsReviewed | ProcessingAdopted | TextShown | TopicJudged | PageVisited | Supervised | Looked
)
NAMES: Mapping[str, type[Said]] = {
    "terms": TermsReviewed,
    "processing": ProcessingAdopted,
    "text": TextShown,
    "judge": TopicJudged,
    "visit": PageVisited,
    "supervise": Supervised,
    "look": Looked,
}
BOOK: Book[Said] = Book(event=EventType.UPKEEP_ACT, names=NAMES, most=MAX_TEXT)


def channels_of(said: Said) -> tuple[int, ...]:
    """The channels that a note is of; none: the authority's."""
    match said:
        case TextShown(channel=channel) | TopicJudged(channel=channel):
            return (channel,)
        case Supervised(channels=channels) | Looked(channels=channels):
            return channels
        case _:
            return ()


def outdated(noted: date, today: date) -> bool:
    """Whether what was read on a day must be read again: more than `MONTHS` ago."""
    return add(noted, MONTHS, Unit.MONTHS) < today
