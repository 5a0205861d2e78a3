"""Locks in the bucket, kept up: extended monthly, holds mirrored, replaced packs removed in time.

What may be done is decided by `store.replica`; here it is done, object by object, so that a renewal
that is cut is simply begun again. A lock is never shortened, never lifted, never passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import NamedTuple

from archiver.core.layout import CHECKPOINT
from archiver.core.ports import Clock
from archiver.errors import LockInForce, StoreUnavailable
from archiver.store import replica
from archiver.store.replica import Bucket, Kept, Lock, Mode, PackName

_GIVE_UP = 5  # objects in a row: then it is the server that is away


class Renewed(NamedTuple):
    """What a renewal did: objects looked at, locks extended, holds put on or lifted, names of packs
    that were removed, and of those that wait for their lock, with that instant (0: on hold)."""

    looked_at: int
    extended: int
    holds: int
    removed: tuple[str, ...]
    waiting: tuple[tuple[str, int], ...]


class Renewal:
    """The locks of one home's bucket; the parameters are those of `Shipping`."""

    def __init__(
        self,
        bucket: Bucket,
        clock: Clock,
        *,
        log_days: int,
        earliest_due: Callable[[PackName], date | None],
        holds: Callable[[PackName], bool],
    ) -> None:
        self._bucket, self._clock = bucket, clock
        self._log_days, self._earliest_due, self._holds = log_days, earliest_due, holds

    def renew(
        self, in_force: Collection[PackName], progress: Callable[[int, int], None]
    ) -> Renewed:
        """Go through everything that is locked. `in_force`: the packs the home has now. One object
        that cannot be renewed keeps no other from it; it is raised when all have been tried."""
        names = [*self._bucket.names("log"), *self._bucket.names("packs")]
        names = [name for name in names if name != CHECKPOINT]
        outdated = replica.superseded(names, in_force)
        removed, waiting = self.remove(outdated)
        extended = holds = streak = 0
        failed: StoreUnavailable | None = None
        gone = {str(pack) for pack in outdated}
        for done, name in enumerate(names):
            progress(done, len(names))
            try:
                kept = None if name in gone else self._bucket.kept(name)
                if kept:
                    holds += self._mirror_hold(name, kept)
                    extended += self._extend(name, kept)
                streak = 0
            except StoreUnavailable as error:
                failed, streak = error, streak + 1
                if streak == _GIVE_UP:
                    raise
        progress(len(names), len(names))
        if failed:
            raise failed
        return Renewed(len(names), extended, holds, removed, waiting)

    def _extend(self, name: str, kept: Kept) -> bool:
        pack = PackName.parse(name)
        due = self._earliest_due(pack) if pack else None
        in_log = name.startswith("log/")
        until = replica.lock_until(
            self._clock.now(),
            days=self._log_days if in_log else replica.LOCK_DAYS,
            due=due,
            current=kept.until,
        )
        if until is None:
            return False
        self._bucket.lock(name, Lock(Mode.COMPLIANCE if in_log else Mode.GOVERNANCE, until))
        return True

    def _mirror_hold(self, name: str, kept: Kept) -> bool:
        pack = PackName.parse(name)
        if pack is None or (wanted := self._holds(pack)) == kept.held:
            return False
        self._bucket.hold(name, on=wanted)
        return True

    def mirror_holds(self, packs: Iterable[PackName]) -> int:
        """Put packs on legal hold, or lift it; how many were changed."""
        kept = {str(pack): self._bucket.kept(str(pack)) for pack in packs}
        return sum(self._mirror_hold(name, one) for name, one in kept.items() if one)

    def remove(
        self, outdated: Collection[PackName]
    ) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
        """Remove replaced packs; names of those that went, and of those that wait for their lock,
        with that instant (0: on hold)."""
        removed, waiting = [], []
        for pack in outdated:
            name = str(pack)
            kept = self._bucket.kept(name)
            if kept:
                self._mirror_hold(name, kept)
            try:
                self._bucket.delete(name)
                removed.append(name)
            except LockInForce:
                still = self._bucket.kept(name)
                until = still.until if still and not still.held else None
                waiting.append((name, until or 0))
        return tuple(removed), tuple(waiting)
