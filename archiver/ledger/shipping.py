"""Ships the home to a bucket: sealed packs, tiles, the open ends, last the head that covers them.

Order: packs → tiles → public key → open ends → their index → key files → `log/checkpoint` by
compare-and-swap → what is outdated goes. So the bucket's head never claims more than lies there; a
shipment that is cut anywhere is gone on with by the next one, which finds out from the bucket what
is there. What is shipped is one moment of the home.

The head in the bucket is a fence: if our log does not extend it, another copy of this home has
written. Then nothing is shipped, and `log/forked`, that copy's signed head, keeps this one from
writing (`CheckpointForked`). `root.key`, `quarantine/` and the databases are never shipped.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

import structlog

from archiver.core.layout import CHECKPOINT, FORKED, VKEY
from archiver.core.ports import Clock
from archiver.core.recovery import kept_names
from archiver.errors import (
    AlreadyExists,
    CheckpointForked,
    ConfigError,
    DiarkivError,
    DigestMismatch,
    LockInForce,
    NotFound,
)
from archiver.ledger import standing as kept_standing
from archiver.ledger.moment import Moment, Moments
from archiver.ledger.renewal import Renewal, Renewed
from archiver.ledger.service import Ledger
from archiver.ledger.standing import Standing
from archiver.store import replica
from archiver.store.replica import OPEN, RENEW_EVERY, Bucket, Kept, Lock, Mode, PackName

EVERY = 30.0  # seconds between two shipments of the worker: what is lost is at most a minute
_LOOK_AGAIN = 86_400_000  # milliseconds until the bucket is listed anew
_TRY_AGAIN = 3_600_000  # milliseconds until a renewal that failed is tried again
_ATTEMPTS = 3
_DICTIONARY = "packs/dictionary-"
_log = structlog.get_logger(__name__)

Progress = Callable[[int, int], None]


class KeyBucket(Protocol):
    """Where key files go: a bucket of its own, without versions and without locks."""

    def replace(self, name: str, data: bytes) -> None: ...

    def names(self, prefix: str) -> Iterator[str]: ...

    def get(self, name: str) -> bytes: ...

    def delete(self, name: str) -> None: ...

    def is_versioned(self) -> bool: ...


class Shipped(NamedTuple):
    """What a shipment did: entries the bucket's head now covers, objects written, removed."""

    entries: int
    written: int
    removed: int


class Shipping:
    """Ships one home. `log_days`: how long tiles are locked each time. `earliest_due`: the first
    day on which something in a pack is due for disposal, None if it is not known; `holds`: whether
    anything in a pack is on legal hold. Both are asked of every revision of a pack. `keys`: None =
    key files are backed up otherwise."""

    def __init__(
        self,
        ledger: Ledger,
        bucket: Bucket,
        clock: Clock,
        *,
        home: Path,
        log_days: int,
        keys: KeyBucket | None = None,
        earliest_due: Callable[[PackName], date | None] = lambda _pack: None,
        holds: Callable[[PackName], bool] = lambda _pack: False,
    ) -> None:
        self._ledger, self._store = ledger, ledger.store
        self._bucket, self._clock, self._home = bucket, clock, home
        self._keys, self._holds = keys, holds
        self._log_days, self._earliest_due = log_days, earliest_due
        self._renewal = Renewal(
            bucket, clock, log_days=log_days, earliest_due=earliest_due, holds=holds
        )
        self._moments = Moments(ledger, with_keys=keys is not None)
        self._there: set[str] | None = None  # names in the bucket, as far as they are known
        self._looked_at = self._renew_tried_at = 0
        self._tiled = 0
        self._keys_there: dict[str, bytes] = {}  # name → mark of what was written
        self._keys_checked = False
        self._entries = -1

    # --- what others call --------------------------------------------------------------------

    def standing(self) -> Standing:
        """How far the home has been shipped, as it was noted last."""
        return kept_standing.read(self._store)

    def ship(self, progress: Progress = lambda _done, _all: None) -> Shipped:
        """Ship what is new. `CheckpointForked` if another copy of this home has shipped; this one
        is then kept from writing. What fails is noted, and raised."""
        try:
            with _alone(self._home):
                done = self._ship(progress)
        except DiarkivError as error:
            self._there = None  # what was written last may be there, or may not
            failed = self.standing().failed(error.code, self._clock.now())
            kept_standing.write(self._store, failed)
            raise
        kept_standing.write(self._store, self.standing().done(done.entries, self._clock.now()))
        return done

    def renew(self, progress: Progress = lambda _done, _all: None) -> Renewed:
        """Extend every lock as far as it may be, mirror legal holds, remove what was replaced."""
        now = self._renew_tried_at = self._clock.now()
        try:
            with _alone(self._home):
                self._fence()
                self._there = None
                done = self._renewal.renew(self._moments.in_force(), progress)
        except DiarkivError:
            kept_standing.write(self._store, self.standing().lapsing(now))
            raise
        kept_standing.write(self._store, self.standing().renewed(done.waiting, now))
        return done

    def mirror_holds(self, packs: Iterable[PackName]) -> int:
        """Put these packs on legal hold in the bucket, or lift it, as `holds` says now; how many
        were changed. For whoever places or lifts a hold and does not wait for the next renewal."""
        with _alone(self._home):
            self._fence()
            return self._renewal.mirror_holds(packs)

    def kept(self, pack: PackName) -> Kept | None:
        """How a pack stands in the bucket right now; None when no version of it is left there."""
        return self._bucket.kept(str(pack))

    def tick(self) -> None:
        """What the worker does every half minute: ship, remove replaced packs whose lock has
        passed, and once a month renew the locks."""
        self.ship()
        now, stands = self._clock.now(), self.standing()
        if now - max(stands.renewed_at + RENEW_EVERY, self._renew_tried_at + _TRY_AGAIN) >= 0:
            self.renew()
        else:
            self._sweep()

    def check_fence(self) -> None:
        """Before anything is written: `CheckpointForked` if another copy of this home has shipped
        what our log does not hold."""
        with _alone(self._home):
            self._fence()

    # --- shipping ----------------------------------------------------------------------------

    def _ship(self, progress: Progress) -> Shipped:
        for _ in range(_ATTEMPTS):
            there, now = self._fence()
            fresh = self._clock.now() - self._looked_at < _LOOK_AGAIN
            if there == now.note and self._entries == now.head.size and fresh:
                return Shipped(now.head.size, self._ship_keys(now), 0)
            self._look()
            written = self._ship_data(now, progress) + self._ship_keys(now)
            try:
                if there != now.note:
                    self._bucket.swap(CHECKPOINT, now.note, expect=there)
            except AlreadyExists:
                continue  # another process of this home, or another copy of it: look again
            removed = self._tidy(now)
            self._entries = now.head.size
            return Shipped(now.head.size, written, removed)
        raise AlreadyExists(
            "The bucket's log/checkpoint changes all the time.",
            remedy="See whether another copy of this home ships to the same place.",
        )

    def _fence(self) -> tuple[bytes | None, Moment]:
        """The bucket's head, and the home at a moment after it was read."""
        self._ledger.log.refuse_forked()
        try:
            there = self._bucket.get(CHECKPOINT)
        except NotFound:
            there = None
        now = self._moments.take(self._keys_there)
        if there is None or there == now.note:
            return there, now
        key = self._ledger.verifier_key
        try:
            replica.judge(there, now.head, key, lambda size: now.log.frontier_at(size).root())
        except CheckpointForked:
            with suppress(AlreadyExists):
                self._store.put(FORKED, there)
            raise
        return there, now

    def _look(self) -> None:
        """Learn from the bucket what lies there: at the start, after a failure, once a day."""
        now = self._clock.now()
        if self._there is None or now - self._looked_at >= _LOOK_AGAIN:
            packs = dict(self._bucket.sizes("packs"))
            for pack in map(str, self._moments.in_force()):
                if packs.get(pack, self._store.size(pack)) != self._store.size(pack):
                    raise DigestMismatch(
                        f"{pack} in the bucket is not as long as it is here.",
                        remedy="Run `diarkiv verify`; ask the storage's operator what happened.",
                    )
            self._there = {*packs, *self._bucket.names("log")}
            self._looked_at, self._tiled = now, 0

    def _ship_data(self, now: Moment, progress: Progress) -> int:
        assert self._there is not None
        packs = [str(pack) for pack in sorted(self._moments.in_force())]
        packs += [one for one in self._store.names("packs") if one.startswith(_DICTIONARY)]
        older = [one for one in kept_names(now.head.origin) if self._store.size(one) is not None]
        tiles = [*replica.tiles(self._tiled, now.head.size), VKEY, *older]
        missing = [one for one in (*packs, *tiles) if one not in self._there]
        ends = _open_ends(now, self._moments)
        new_ends = ends.keys() - set(self._bucket.names(OPEN))
        missing_ends = sorted(new_ends, key=replica.is_no_index, reverse=True)  # the index last
        total = len(missing) + len(missing_ends)
        for done, name in enumerate(missing):
            progress(done, total)
            self._bucket.put_locked(name, self._bytes(name), self._lock(name))
            self._there.add(name)
        for done, name in enumerate(missing_ends, len(missing)):
            progress(done, total)
            self._bucket.put(name, ends[name]())
        progress(total, total)
        self._tiled = now.head.size
        return total

    def _lock(self, name: str) -> Lock | None:
        pack = PackName.parse(name)
        due = self._earliest_due(pack) if pack else None
        mode = Mode.COMPLIANCE if name.startswith("log/") else Mode.GOVERNANCE
        days = self._log_days if mode is Mode.COMPLIANCE else replica.LOCK_DAYS
        until = replica.lock_until(self._clock.now(), days=days, due=due, current=None)
        return Lock(mode, until) if until is not None else None

    def _bytes(self, name: str) -> bytes:
        """An object's bytes; of a sealed pack only what was sealed."""
        data, pack = self._store.get(name), PackName.parse(name)
        sealed = self._moments.digests[pack.place] if pack and not pack.revision else None
        if sealed and sha256(data).hexdigest() != sealed:
            raise DigestMismatch(
                f"{name} is not as it was sealed; it was not shipped.",
                remedy="Run `diarkiv verify`, and restore the pack from a backup.",
            )
        return data

    def _ship_keys(self, now: Moment) -> int:
        """Key files that differ from what was shipped; all of them after a start."""
        if self._keys is None:
            return 0
        if not self._keys_checked:
            if self._keys.is_versioned():
                raise ConfigError(
                    "The bucket for key files keeps old versions: nothing destroyed would be gone.",
                    remedy="Give key files a bucket that never had versions or Object Lock.",
                )
            self._keys_checked = True
        for name, data in now.changed.items():
            self._keys.replace(name, data)
            self._keys_there[name] = now.keys[name]
        return len(now.changed)

    def _tidy(self, now: Moment) -> int:
        """Remove the open ends that newer ones replace, indexes first, and key files gone here."""
        current, removed = _open_ends(now, self._moments).keys(), 0
        for name in sorted(set(self._bucket.names(OPEN)) - current, key=replica.is_no_index):
            with suppress(LockInForce, NotFound):  # a lock that the bucket gives of its own accord
                self._bucket.delete(name)
                removed += 1
        if self._keys:
            for name in set(self._keys.names("keys")) - now.keys.keys():
                with suppress(NotFound):
                    self._keys.delete(name)
                    removed += 1
        return removed

    def _sweep(self) -> None:
        """Remove what compaction replaced, as soon as its lock has passed."""
        stands, now = self.standing(), self._clock.now()
        waiting = dict(stands.waiting)
        outdated = replica.superseded(self._there or (), self._moments.in_force())
        ripe = [
            pack
            for pack in outdated
            if waiting.get(str(pack), 0) <= now and not (str(pack) in waiting and self._holds(pack))
        ]
        if ripe:
            with _alone(self._home):
                removed, still = self._renewal.remove(ripe)
            self._there = {*(self._there or ())} - {*removed}
            rest = {name: at for name, at in waiting.items() if name not in removed} | dict(still)
            waits = tuple(sorted(rest.items()))
            kept_standing.write(self._store, self.standing().waits(waits))


def _open_ends(now: Moment, moments: Moments) -> dict[str, Callable[[], bytes]]:
    """Name in the bucket → bytes, of everything that is open at a moment, and of its index."""
    ends: dict[str, Callable[[], bytes]] = {
        replica.open_tail(now.head.size): now.tail,
        replica.open_intent(now.head.size, now.intent): lambda: now.intent,
    }
    for name, pack in now.open.items():
        ends[name] = lambda pack=pack: moments.read(pack)  # type: ignore[misc]
    index, data = replica.open_index(now.head.size, ends)
    ends[index] = lambda: data
    return ends


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One shipment of a home at a time, over threads and processes."""
    folder = home / "lock"
    folder.mkdir(parents=True, exist_ok=True)
    file = os.open(folder / "shipping", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def keep_shipping(
    tick: Callable[[], object],
    stop: Callable[[float], bool],
    forked: Callable[[CheckpointForked], None],
) -> None:
    """The worker's shipper, in a thread of its own, until `stop`, which waits for so many seconds
    and says whether to end. What goes wrong is logged and ends nothing, but for a log that must
    not be written to any more: then `forked` is told, and it ends."""
    while True:
        try:
            tick()
        except CheckpointForked as error:
            _log.error("shipping.forked", code=error.code)
            forked(error)
            return
        except DiarkivError as error:
            _log.error("shipping.error", code=error.code)
        except Exception as error:  # noqa: BLE001 its words may quote an address
            _log.error("shipping.fault", error=type(error).__name__)
        if stop(EVERY):
            return
