"""What a run expected, saw and could not see: pure bookkeeping per collection.

Coverage is stated, never assumed: a collection is `complete` (every page came), `partial` (it broke
off), or a `gap` (nothing could be seen, or something must have passed unseen), and every status
but `complete` has a reason. Missing is not deleted: see `archiver.core.disappearance`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from archiver.core.canonical import Json
from archiver.core.changes import State
from archiver.core.connector import Collection, FeedLayout
from archiver.core.observation import Item, Moderation
from archiver.core.record import milliseconds
from archiver.errors import (
    DiarkivError,
    SourceAccountGone,
    SourceChanged,
    SourceLoginExpired,
    SourceLoops,
    SourceMissingRights,
    SourceQuotaExhausted,
    SourceRefusedAddress,
    SourceRefusedLogin,
    SourceVersionSunset,
)
from archiver.harvest.plan import Covered, Extent


class Status(StrEnum):
    """Coverage of one collection in one run, and outcome of a whole run."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    GAP = "gap"


class Reason(StrEnum):
    """Why coverage is not complete; codes, put into words where they are shown."""

    NONE = ""
    UNREACHABLE = "unreachable"
    QUOTA_EXHAUSTED = "quota_exhausted"
    LOGIN_REFUSED = "login_refused"
    LOGIN_EXPIRED = "login_expired"
    MISSING_RIGHTS = "missing_rights"
    VERSION_SUNSET = "version_sunset"
    ACCOUNT_GONE = "account_gone"
    ACCOUNT_MOVED = "account_moved"
    REFUSED_ADDRESS = "refused_address"
    SOURCE_CHANGED = "source_changed"
    LIST_LOOPS = "list_loops"
    WINDOW_PASSED = "window_passed"
    BAD_ITEMS = "bad_items"
    LIST_SHORT = "list_short"
    TOO_MANY_MISSING = "too_many_missing"
    MASS_DISAPPEARANCE = "mass_disappearance"
    CONTROL_FAILED = "control_failed"
    CLOCK_SKEW = "clock_skew"
    PROBE_FAILED = "probe_failed"
    MEDIA_MISSING = "media_missing"
    TOO_LONG = "too_long"


def reason_of(error: DiarkivError) -> Reason:
    """The reason code of a source's error."""
    match error:
        case SourceLoginExpired():
            return Reason.LOGIN_EXPIRED
        case SourceMissingRights():
            return Reason.MISSING_RIGHTS
        case SourceRefusedLogin():
            return Reason.LOGIN_REFUSED
        case SourceQuotaExhausted():
            return Reason.QUOTA_EXHAUSTED
        case SourceVersionSunset():
            return Reason.VERSION_SUNSET
        case SourceAccountGone():
            return Reason.ACCOUNT_GONE
        case SourceLoops():
            return Reason.LIST_LOOPS
        case SourceRefusedAddress():
            return Reason.REFUSED_ADDRESS
        case SourceChanged():
            return Reason.SOURCE_CHANGED
    return Reason.UNREACHABLE


@dataclass(slots=True)
class Tally:
    """Counts for one collection. `since` is when it was last seen complete (milliseconds UTC)."""

    collection: Collection
    since: int | None = None
    looked: bool = False
    extent: Extent = Extent.ALL
    covered: Covered = field(default_factory=Covered)
    pages: int = 0
    expected: int | None = None
    seen: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0
    bad: int = 0
    known: int = 0
    status: Status = Status.COMPLETE
    reason: Reason = Reason.NONE
    cursor: dict[str, str] = field(default_factory=dict)

    def fail(self, reason: Reason) -> None:
        """The enumeration broke off."""
        self.status = Status.PARTIAL if self.pages else Status.GAP
        self.reason = reason

    def close(self) -> None:
        """Judge an enumeration that ended by itself.

        A window (a feed) that shows only unknown items, though it was looked at before, has moved
        past what we saw last: something may have passed unseen.
        """
        if self.status is not Status.COMPLETE:
            return
        whole = self.collection.exhaustive and self.extent is Extent.ALL
        window = not self.collection.exhaustive and not self.collection.of
        if window and self.looked and self.seen and not self.known:
            self.status, self.reason = Status.GAP, Reason.WINDOW_PASSED
        elif whole and self.expected is not None and self.seen < self.expected:
            # The platform counts more than it shows: what is not shown is not therefore gone.
            self.status, self.reason = Status.PARTIAL, Reason.LIST_SHORT
            self.covered = Covered()
        elif self.bad:
            self.status, self.reason = Status.PARTIAL, Reason.BAD_ITEMS
            self.cursor = {}  # or the next answer, "nothing new", would end the gap

    def line(self) -> Mapping[str, Json]:
        """The collection's part of the sealed coverage frame."""
        line: dict[str, Json] = {
            "name": self.collection.name,
            "status": self.status.value,
            "reason": self.reason.value,
            "seen": self.seen,
            "created": self.created,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "missing": self.missing,
            "bad": self.bad,
            "scope": self.extent.value,
        }
        if self.covered.window is not None:
            line["window"] = self.covered.window
        if self.expected is not None:
            line["expected"] = self.expected
        if self.since is not None:
            line["since"] = self.since
        return line


def may_have_history(
    history: Collection | None, item: Item, was: str, *, edited: bool, since: int | None
) -> bool:
    """Whether an item may have said something since the last look that no look saw: its text is
    another, or the platform says it was saved since (changed, and changed back). Only of items the
    public saw at that look and may have seen since: what is written while an item is hidden is not
    yet drawn up (TF 2:10)."""
    if history is None or since is None or item.ref.kind not in history.of:
        return False
    if was != State.VISIBLE or item.moderation is Moderation.HIDDEN:
        return False
    return edited or (item.updated_at is not None and milliseconds(item.updated_at) >= since)


def history_since(history: Collection | None, looks: Mapping[str, int]) -> int | None:
    """Since when earlier states are asked for: the last complete reading of them, else (the first
    time) the oldest look of any kind. In whole seconds, as platforms tell time."""
    if history is None or not looks:
        return None
    look = looks.get(history.name, min(looks.values()))
    return look - look % 1000


def judge_history(tally: Tally, tallies: Iterable[Tally]) -> None:
    """Close the reading of earlier states. It is complete only if the enumerations told of every
    item to ask for: else the next run must ask for what was saved since the last complete one. It
    is never a gap: the items themselves were seen."""
    of = set(tally.collection.of)
    broken = [
        one.reason
        for one in tallies
        if of & set(one.collection.shows) and one.reason not in (Reason.NONE, Reason.BAD_ITEMS)
    ]
    if tally.status is Status.GAP or (tally.status is Status.COMPLETE and broken):
        tally.status, tally.reason = Status.PARTIAL, tally.reason or broken[0]


def outcome(tallies: Iterable[Tally]) -> Status:
    """A run is complete if every collection is, a gap if none was seen at all, else partial."""
    statuses = {tally.status for tally in tallies}
    if statuses <= {Status.COMPLETE}:
        return Status.COMPLETE
    return Status.GAP if statuses == {Status.GAP} else Status.PARTIAL


MEDIA = Collection(name="media", shows=(), layout=FeedLayout(), exhaustive=False)


def media_tally(fetched: int, missing: int) -> Tally:
    """The authority's own media files as a line of coverage: a file that cannot be had is a gap
    like any other, and stays one."""
    tally = Tally(MEDIA, pages=1, expected=fetched + missing, seen=fetched, missing=missing)
    if missing:
        tally.fail(Reason.MEDIA_MISSING)
    return tally
