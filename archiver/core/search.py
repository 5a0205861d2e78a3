"""The search port: full text over the records of one home, and what an answer looks like.

An answer is plain text and spans, never mark-up: who shows it escapes it. It says which records
match and where; reading one goes through the gate (`core.egress`) like every other view.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Note(StrEnum):
    """What in a query was taken otherwise than it was typed."""

    OPEN_QUOTE = "open_quote"  # a quote that is not closed reaches to the end
    STAR_IGNORED = "star_ignored"  # too few letters beside the star
    SHORTENED = "shortened"  # too long: the rest was left out
    NO_WORD = "no_word"  # no letter or digit at all


class Leads(StrEnum):
    """What a shortcut leads to."""

    RECORD = "record"
    ENTRY = "entry"  # of the register
    CASE = "case"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """Where something that was typed leads straight away: a number, an address. `label` is what it
    is shown as, `title` what says which one it is."""

    leads: Leads
    seq: int
    label: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One record that matches. `version` is the matching version's seq, `score` only orders hits
    within one answer. `highlights` are (start, end) code-point offsets into `snippet`, in order,
    without overlap. `snippet` is empty where the content could not be read."""

    record: int
    version: int
    score: float
    snippet: str
    highlights: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of hits, best first, out of `total`. `lag`: the index does not hold everything that
    the archive does (yet), so that something may be missing from the answer. `months`: the
    timeline of all hits, if it was asked for: (month of the legal date in Sweden, "2026-11"; hits),
    in order, months without a hit left out. The counts add up to `total`."""

    total: int
    hits: tuple[Hit, ...]
    lag: bool
    months: tuple[tuple[str, int], ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """That somebody searched. `filters`: what narrowed it, as code → value."""

    at: int
    actor: int
    query: str
    filters: tuple[tuple[str, str], ...] = ()
    total: int


class SearchLog(Protocol):
    """Where it is noted that somebody searched (dataskyddslag 3:3: free text is never
    blocked, but it is logged). `note` never waits and never raises."""

    def note(self, searched: Searched) -> None: ...


class SearchIndex(Protocol):
    """Search over the newest version of every record; with `older`, over those that were replaced
    too, each a hit of its own: what was edited away is held like anything else.

    The contract, which every adapter is tested against:
    - No text makes `search` raise: what is not understood counts as plain words.
    - Words are all required and found in any inflection, inside compounds and where a compound was
      written as two words; `"…"` is an exact phrase (case does not matter); `ord*` is the beginning
      of a word, `*ord` its end, `*ord*` three letters or more anywhere in it.
    - å, ä and ö are letters of their own: `lan` does not find "lån".
    - A blank query finds every record that the filters let through, newest legal date first; a
      query without any letter or digit finds nothing.
    - None means no filter, an empty collection lets nothing through. `authorities` are those that
      the viewer may read, `without` records that they may not: totals, pages and timeline count
      nothing else. The period is half-open
      [since, until), milliseconds since 1970 UTC, over the record's legal date.
    - What is kept apart is not found, counted or shown, also while the index still has it.
    - An index that is damaged, absent or being rebuilt gives what there is and says `lag`.
    """

    def search(
        self,
        query: str,
        *,
        authorities: Collection[int] | None = None,
        channels: Collection[int] | None = None,
        records: Collection[int] | None = None,
        without: Collection[int] = (),
        kinds: Collection[str] | None = None,
        states: Collection[str] | None = None,
        origins: Collection[str] | None = None,
        edited: bool | None = None,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int = 20,
        offset: int = 0,
        timeline: bool = False,
        older: bool = False,
    ) -> SearchPage: ...
