"""The search port: full text over the records of one home, and what an answer looks like.

An answer is plain text and spans, never mark-up: who shows it escapes it. It says which records
match and where; reading one goes through the gate (`core.egress`) like every other view.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


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
    the archive does (yet), so that something may be missing from the answer."""

    total: int
    hits: tuple[Hit, ...]
    lag: bool


class SearchIndex(Protocol):
    """Search over the newest version of every record.

    The contract, which every adapter is tested against:
    - No text makes `search` raise: what is not understood counts as plain words.
    - Words are all required and found in any inflection and inside compounds; `"…"` is an exact
      phrase (case does not matter); `ord*` is the beginning of a word.
    - A blank query finds every record that the filters let through, newest legal date first; a
      query without any letter or digit finds nothing.
    - None means no filter, an empty collection lets nothing through. The period is half-open
      [since, until), milliseconds since 1970 UTC, over the record's legal date.
    - An index that is damaged, absent or being rebuilt gives what there is and says `lag`.
    """

    def search(
        self,
        query: str,
        *,
        channels: Collection[int] | None = None,
        kinds: Collection[str] | None = None,
        states: Collection[str] | None = None,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int = 20,
        offset: int = 0,
    ) -> SearchPage: ...
