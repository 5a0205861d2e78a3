"""What lies in the bucket, how long it is locked, and what may go: the plan, without any network.

The home's folder is the working copy. A bucket holds, under its prefix,

    log/tile/…            full tiles, locked in COMPLIANCE mode
    log/vkey              the log's public key, likewise
    log/checkpoint        the newest head that was shipped: the fence, changed by compare-and-swap
    packs/<pack>          sealed packs and the dictionary, locked in GOVERNANCE mode
    open/tail/<size>      the entries behind the last full tile, of a log of so many entries
    open/intent/<size>-…  the head that the newest batch was announced to lead to
    open/<pack>/<bytes>-… what an open pack held when it was so long
    open/index/<size>-…   which of these belong together

Invariants, held by property tests: a lock never reaches past the earliest day on which anything in
the pack is due for disposal, and is never shortened; what is on legal hold is never removed; a pack
goes only when a later revision of it lies in the bucket. Locks roll: 90 days, extended monthly, so
that disposal never waits for longer than that (arkivlagen 1990:782, GDPR art. 5.1 c).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple, Protocol

from archiver.core import merkle
from archiver.core.calendar import day_begins
from archiver.core.checkpoint import Checkpoint, VerifierKey, open_checkpoint
from archiver.core.layout import INTENT, TAIL
from archiver.core.merkle import TILE_HEIGHT
from archiver.core.ports import BlobStore
from archiver.core.recovery import is_older
from archiver.errors import CheckpointForked, ConfigError, LockInForce

DAY = 86_400_000  # milliseconds
LOCK_DAYS = 90
RENEW_EVERY = 30 * DAY
OPEN = "open"
_PACK = re.compile(r"packs/([0-9]+)-([0-9]+)(?:\.([1-9][0-9]*))?\.pack")


class Mode(StrEnum):
    """Who may lift a lock before its time: whoever has the right to, or nobody."""

    GOVERNANCE = "GOVERNANCE"
    COMPLIANCE = "COMPLIANCE"


class Lock(NamedTuple):
    """A lock until an instant (milliseconds UTC, whole seconds)."""

    mode: Mode
    until: int


@dataclass(frozen=True, slots=True)
class Kept:
    """How an object stands: bytes, locked until (milliseconds UTC; None = not), on legal hold."""

    size: int
    until: int | None = None
    held: bool = False


class Bucket(BlobStore, Protocol):
    """A `BlobStore` whose objects can be locked. `delete` raises `LockInForce` and removes nothing
    while a lock or a legal hold is on the object; when it returns, no version of it is left."""

    def put_locked(self, name: str, data: bytes, lock: Lock | None) -> None:
        """As `put`; a new object is locked from its first instant."""
        ...

    def kept(self, name: str) -> Kept | None:
        """How an object stands, None if there is none."""
        ...

    def lock(self, name: str, lock: Lock) -> None:
        """Lock an object for longer."""
        ...

    def hold(self, name: str, *, on: bool) -> None:
        """Put an object on legal hold, or lift it."""
        ...

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """(name, bytes) of the objects under a folder, sorted."""
        ...


class PackName(NamedTuple):
    """A pack: of which cohort, its number there, and which revision; compaction makes the next."""

    cohort: int
    number: int
    revision: int = 0

    def __str__(self) -> str:
        revision = f".{self.revision}" if self.revision else ""
        return f"packs/{self.cohort}-{self.number}{revision}.pack"

    @property
    def place(self) -> tuple[int, int]:
        """What all revisions of it have in common."""
        return self.cohort, self.number

    @classmethod
    def parse(cls, name: str) -> PackName | None:
        """The pack of an object's name; None if it is another object's, or spelled otherwise."""
        found = _PACK.fullmatch(name)
        if not found:
            return None
        pack = cls(int(found[1]), int(found[2]), int(found[3] or 0))
        return pack if str(pack) == name else None


def lock_until(now: int, *, days: int, due: date | None, current: int | None) -> int | None:
    """Until when an object is to be locked from `now` on (milliseconds UTC); None = leave it.

    `due` is the first day on which something in it is due for disposal (None = not known): the lock
    ends before that day begins in Sweden. `current` is the lock it has, which is never shortened.
    """
    until = now + days * DAY
    if due is not None:
        until = min(until, day_begins(due))
    until -= until % 1000
    if until <= now or (current is not None and until <= current):
        return None
    return until


def refuse_removal(name: str, kept: Kept, now: int) -> None:
    """`LockInForce` while an object may not be removed; a hold goes before everything."""
    if kept.held:
        raise LockInForce(
            f"{name} is on legal hold.",
            remedy="It is removed when the hold is lifted and its lock has passed.",
        )
    if kept.until is not None and kept.until > now:
        day = f"{datetime.fromtimestamp(kept.until / 1000, UTC):%Y-%m-%d %H:%M} UTC"
        raise LockInForce(
            f"{name} is locked in the bucket until {day}.",
            remedy="It is removed after that, without further ado.",
        )


def in_force(local: Iterable[str], sealed: Collection[tuple[int, int]]) -> set[PackName]:
    """Of the packs in the home, those that are to lie in the bucket: sealed, newest revision."""
    found: dict[tuple[int, int], PackName] = {}
    for name in local:
        pack = PackName.parse(name)
        if pack and pack.place in sealed:
            found[pack.place] = max(pack, found.get(pack.place, pack))
    return set(found.values())


def superseded(shipped: Iterable[str], in_force: Collection[PackName]) -> list[PackName]:
    """Of the packs in the bucket, those whose successor is in force and lies there too. A pack that
    the home has lost is not among them: the bucket may hold the only copy."""
    packs = {pack for name in shipped if (pack := PackName.parse(name))}
    newest = {pack.place: pack for pack in in_force if pack in packs}
    return sorted(
        pack
        for pack in packs
        if pack.place in newest and pack.revision < newest[pack.place].revision
    )


def tiles(start: int, end: int) -> Iterator[str]:
    """Names of the tiles that become full while the log grows from `start` to `end` entries."""
    level = 0
    while end >> (TILE_HEIGHT * (level + 1)):
        height = TILE_HEIGHT * (level + 1)
        for number in range(start >> height, end >> height):
            if level == 0:
                yield "log/" + merkle.entry_tile_name(number)
            yield "log/" + merkle.hash_tile_name(level, number)
        level += 1


def open_tail(size: int) -> str:
    """Name of the entries behind the last full tile of a log of `size` entries."""
    return f"{OPEN}/tail/{size:015}"


def open_intent(size: int, intent: bytes) -> str:
    """Name of `log/intent`, as it was when the log had `size` entries."""
    return f"{OPEN}/intent/{size:015}-{_mark(intent)}"


def open_pack(name: str, length: int, mark: str) -> str:
    """Name of an open pack as it was when it was `length` bytes long and ended so."""
    return f"{OPEN}/{name.removeprefix('packs/')}/{length:015}-{mark}"


def open_index(size: int, names: Iterable[str]) -> tuple[str, bytes]:
    """Name and bytes of the list of what was open when the log had `size` entries. Whoever fetches
    takes what one list names, and nothing that another moment left."""
    data = "".join(f"{name}\n" for name in sorted(names)).encode()
    return f"{OPEN}/index/{size:015}-{_mark(data)}", data


def is_no_index(name: str) -> bool:
    """Whether it is something that is open itself."""
    return not name.startswith(f"{OPEN}/index/")


def home_place(name: str) -> str:
    """Where in the home something open belongs, by its name in the bucket."""
    which = name.split("/")[1]
    return {"tail": TAIL, "intent": INTENT}.get(which, f"packs/{which}")


def _mark(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]


def judge(
    note: bytes, ours: Checkpoint, key: VerifierKey, root_at: Callable[[int], bytes]
) -> Checkpoint:
    """The head in the bucket, once it is known to be one that our log extends.

    `CheckpointForked` if it is signed with our key and our log does not hold it: another copy of
    this home has written. `SignatureInvalid` or `NotCanonical` if it is not this home's at all.
    """
    said = note.decode("utf-8", "replace").partition("\n\n")[0] + "\n"
    origin = Checkpoint.parse_body(said).origin
    if is_older(origin, ours.origin):
        raise ConfigError(
            f"The bucket holds the log {origin}, from before this home was recovered.",
            remedy="Give the new generation a prefix of its own in the setting store; what lies "
            "in the old one stays locked, as evidence.",
        )
    if origin != ours.origin:
        raise ConfigError(
            "The bucket holds the archive of another home.",
            remedy="Give each home a bucket or a prefix of its own.",
        )
    head = open_checkpoint(note, key)
    if head.size > ours.size or root_at(head.size) != head.root:
        what = "is not in" if head.size <= ours.size else "is newer than"
        raise CheckpointForked(
            f"The bucket's head of {head.size} entries {what} this home's log of {ours.size}: "
            "another copy of this home has written.",
            remedy="This copy writes no more. Go on with the other copy, or fetch the bucket's "
            "archive into an empty folder (`diarkiv s3 fetch`), and keep this one for the auditor.",
        )
    return head
