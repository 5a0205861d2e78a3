"""From what a run is to read to the scans of each collection, and what they have covered. Pure.

Absence means something only inside what was asked for and came whole: all of a list, what was
created since an instant, or what stands under a post. Everything else stays as it was.
"""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from archiver.core.connector import Collection, Reach, Scan
from archiver.core.observation import ItemRef
from archiver.core.plan import RunPlan, Scope
from archiver.core.record import instant


class Extent(StrEnum):
    """How much of a collection a run has asked for; stands in its coverage."""

    ALL = "all"
    RECENT = "recent"
    THREADS = "threads"


def extent(collection: Collection, plan: RunPlan, since: int | None) -> Extent:
    """What a run asks of a collection. `since`: until when everything created has been seen (ms
    UTC); None if it was never read to its end, which then comes first."""
    if Reach.ALL not in collection.reach:
        return Extent.THREADS
    part = plan.scope is Scope.PART and plan.since is not None and since is not None
    return Extent.RECENT if part and Reach.RECENT in collection.reach else Extent.ALL


def scans(
    collection: Collection,
    plan: RunPlan,
    *,
    since: int | None,
    cursor: Mapping[str, str],
    seen: AnyOf[ItemRef],
    due: AnyOf[ItemRef],
) -> list[Scan]:
    """The scans of one collection. `seen`: posts this run has met (all of them in a full run, the
    new ones else); `due`: posts whose threads the plan names."""
    asked = extent(collection, plan, since)
    if asked is Extent.ALL:
        return [Scan(collection=collection, cursor=cursor)]
    under = tuple(dict.fromkeys([*due, *seen]))
    found = [Scan(collection=collection, cursor=cursor, under=under)] if under else []
    if asked is Extent.THREADS:
        return found
    # No gap between two windows: a window reaches back to where everything had been seen.
    assert plan.since is not None
    assert since is not None
    window = instant(min(plan.since, since))
    threads = found if Reach.THREADS in collection.reach else []
    return [Scan(collection=collection, cursor=cursor, since=window), *threads]


@dataclass(slots=True)
class Covered:
    """What of one collection came whole: all of it, what was created since `window` (ms UTC), what
    stands under the posts in `threads` (native tokens)."""

    everything: bool = False
    window: int | None = None
    threads: frozenset[bytes] = frozenset()

    def holds(self, created_at: int | None, root: bytes | None) -> bool:
        """Whether an item of that age under that post would have been seen."""
        if self.everything or (root is not None and root in self.threads):
            return True
        return self.window is not None and created_at is not None and created_at >= self.window


def holds_all(
    covered: Iterable[tuple[Collection, Covered]], created_at: int | None, root: bytes | None
) -> bool:
    """Whether every exhaustive collection that could show an item has been asked and did not. What
    stands under nothing is in no list of what stands under posts."""
    every = [one for c, one in covered if root is not None or Reach.ALL in c.reach]
    return bool(every) and all(one.holds(created_at, root) for one in every)
