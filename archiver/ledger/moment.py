"""The home at one moment, as it is shipped: its signed head, and all that this head stands for.

Taken under the writer's lock, which is held for as long as it takes to read the log's tail and the
key files that changed. Packs and tiles are read later: they only grow, or never change.

A writer that died may have left bytes behind an open pack's or key file's end, which the next one
cuts before it writes others. So what is open is known by its length and its last bytes, not by its
length alone: these hold random numbers and the cipher's tag, and are never the same twice.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from archiver.core.checkpoint import Checkpoint
from archiver.core.event import ClearEntry, EventType, parse
from archiver.core.layout import INTENT, KEY_LINE_BYTES, PACK_HEADER_BYTES, SECRETS, tail_header
from archiver.core.merkle import TILE_WIDTH, pack_entries
from archiver.errors import ConfigError, StoreUnavailable
from archiver.ledger.log import Log
from archiver.ledger.service import Ledger
from archiver.store import replica
from archiver.store.replica import PackName

_CLAIM = b'"t":"pack_sealed"'
_END = 32  # bytes


class OpenPack(NamedTuple):
    """A pack that still grows: its name in the home, its length, and the mark of its end."""

    name: str
    length: int
    mark: str


class Moment(NamedTuple):
    """What is shipped. `open`: name in the bucket → open pack; `keys`: the mark of each key file,
    `changed`: the bytes of those that were not shipped as they are."""

    note: bytes
    head: Checkpoint
    log: Log
    intent: bytes
    open: dict[str, OpenPack]
    keys: dict[str, bytes]
    changed: dict[str, bytes]

    def tail(self) -> bytes:
        """`log/tail` as it would be if the log ended with this head."""
        first = self.head.size // TILE_WIDTH * TILE_WIDTH
        return tail_header(first) + pack_entries(list(self.log.entries(first, self.head.size)))


class Moments:
    """Takes moments of one home, and knows which of its packs are sealed."""

    def __init__(self, ledger: Ledger, *, with_keys: bool) -> None:
        self._ledger, self._store, self._with_keys = ledger, ledger.store, with_keys
        self._scanned = 0
        self.digests: dict[tuple[int, int], str] = {}  # of sealed packs, as they were sealed

    def take(self, keys_there: dict[str, bytes]) -> Moment:
        """The home now. `keys_there`: marks of the key files that need not be read again."""
        with self._ledger.locked():
            note = self._ledger.checkpoint()
            log = Log(self._store)
            log.load()
            head = log.published()
            if head is None:
                raise ConfigError("This home has no signed head.", remedy="Run `diarkiv doctor`.")
            self._scan(log, head.size)
            keys = self._key_marks() if self._with_keys else {}
            changed = {
                name: self._store.get(name)
                for name, mark in keys.items()
                if keys_there.get(name) != mark
            }
            intent = self._store.get(INTENT)
            return Moment(note, head, log, intent, self._open_packs(), keys, changed)

    def in_force(self) -> set[PackName]:
        """The sealed packs of the home, each in its newest revision."""
        return replica.in_force(self._store.names("packs"), self.digests.keys())

    def read(self, pack: OpenPack) -> bytes:
        """An open pack as it was; `StoreUnavailable` if it was cut since."""
        data = self._store.get(pack.name, 0, pack.length)
        if len(data) != pack.length or _mark(data[-_END:]) != pack.mark:
            raise StoreUnavailable(
                f"{pack.name} changed while it was shipped.", remedy="It is shipped again."
            )
        return data

    def _scan(self, log: Log, size: int) -> None:
        """Note which packs were sealed, by the log up to `size` entries."""
        for data in log.entries(self._scanned, size):
            if _CLAIM in data:
                entry = parse(data)
                if isinstance(entry, ClearEntry) and entry.type == EventType.PACK_SEALED:
                    cohort, number = entry.facts["cohort"], entry.facts["pack"]
                    assert isinstance(cohort, int)
                    assert isinstance(number, int)
                    self.digests[cohort, number] = str(entry.facts["sha256"])
        self._scanned = max(self._scanned, size)

    def _open_packs(self) -> dict[str, OpenPack]:
        found = {}
        for name in self._store.names("packs"):
            pack, length = PackName.parse(name), self._store.size(name) or 0
            if pack and pack.place not in self.digests and length > PACK_HEADER_BYTES:
                mark = _mark(self._store.get(name, length - _END))
                found[replica.open_pack(name, length, mark)] = OpenPack(name, length, mark)
        return found

    def _key_marks(self) -> dict[str, bytes]:
        marks = {}
        for name in self._store.names("keys"):
            size = self._store.size(name) or 0
            start = 0 if name == SECRETS else max(0, size - KEY_LINE_BYTES)
            marks[name] = b"%d " % size + sha256(self._store.get(name, start)).digest()
        return marks


def _mark(end: bytes) -> str:
    return sha256(end).hexdigest()[:16]
