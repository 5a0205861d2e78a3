"""The log on disk: full tiles as immutable objects, the newest entries in one growing file.

    log/tile/entries/NNN   256 entries, each behind a u16 length          (tlog-tiles)
    log/tile/L/NNN         256 hashes of 32 bytes                         (tlog-tiles)
    log/tail               "DIARKIVT" ‖ u64 first seq, then entries as in a bundle
    log/intent             the head the newest batch leads to, with a MAC only a writer can make
    log/signed             body of the newest head that was signed or is about to be
    log/checkpoint         that head, signed
    log/vkey               the log's public key
    log/forked             another copy's signed head, if one has written: then nobody writes here
    log/recovery           a recovery that was begun and has not ended: likewise
    log/vkey.N             the public key of the log's generation N, which this log goes on from
    log/checkpoint.N       that generation's newest signed head in this home

A batch is announced in `intent` before it is written: after a crash, entries that nobody signed
count only if they are the announced batch, whole. So a torn batch counts for nothing, and whoever
can write to the disk, but has no key, cannot have an entry of their own adopted and signed.
Partial tiles are not written: whoever publishes the log makes them from the tail. The head's
size and root reach `signed` before any signature exists, so the process can never sign two heads
that contradict each other, even across a crash.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Protocol

from archiver.core import merkle
from archiver.core.checkpoint import Checkpoint
from archiver.core.layout import (
    CHECKPOINT,
    FORKED,
    RECOVERY,
    SIGNED,
    TAIL,
    TAIL_HEADER_BYTES,
    read_tail,
    tail_header,
)
from archiver.core.merkle import TILE_HEIGHT, TILE_WIDTH, Frontier, Hash
from archiver.core.ports import AppendStore, BlobStore
from archiver.errors import CheckpointForked, IntegrityError, NotFound, ProofInvalid

_CACHED_TILES = 64


class Store(BlobStore, AppendStore, Protocol):
    """What the log needs: objects and growing files."""


class Log:
    """The log's entries and hashes. Only the holder of the writer's lock may append."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.first = 0  # seq of the tail's first entry; a multiple of 256
        self.tail: list[bytes] = []
        self._tail_hashes: list[Hash] = []
        self._tail_bytes = 0
        self.frontier = Frontier()
        self._trees: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()
        self._nodes: dict[tuple[int, int], Hash] = {}
        self._newest_read: tuple[int, list[bytes]] | None = None  # one that was just asked for

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.frontier.size

    # --- reading -----------------------------------------------------------------------------

    def signed(self) -> Checkpoint | None:
        """The newest head that was, or was about to be, signed; None in a new home."""
        if self._store.size(SIGNED) is None:
            return None
        return Checkpoint.parse_body(self._store.get(SIGNED).decode("utf-8", "replace"))

    def published(self) -> Checkpoint | None:
        """The head in the public checkpoint, its signature not judged; None in a new home."""
        if self._store.size(CHECKPOINT) is None:
            return None
        note = self._store.get(CHECKPOINT).decode("utf-8", "replace")
        return Checkpoint.parse_body(note.partition("\n\n")[0] + "\n")

    def refuse_forked(self) -> None:
        """`CheckpointForked` if another copy of this home was found to have written: whatever this
        one would sign could contradict it."""
        if self._store.size(FORKED) is not None:
            raise CheckpointForked(
                "Another copy of this home has written; its signed head is in log/forked.",
                remedy="This copy writes no more. Go on with the other one, or with what "
                "`diarkiv s3 fetch` brings, and keep this one for the auditor.",
            )
        if self._store.size(RECOVERY) is not None:
            raise CheckpointForked(
                "A recovery of this home was begun and has not ended.",
                remedy="Run `diarkiv recover --confirm --reason …` again: it goes on with it.",
            )

    def fresh(self) -> bool:
        """Whether nobody else has written since this object loaded or wrote."""
        size = self._store.size(TAIL)
        if size != self._tail_bytes or size is None:
            return False
        return self._store.get(TAIL, 0, TAIL_HEADER_BYTES) == tail_header(self.first)

    def load(self) -> None:
        """Read the tail and the tree's right edge. A torn last entry is left out (and is cut by
        the next writer); a missing tile or a lost tail raises `CheckpointForked`."""
        published = self.published()  # first: a writer at work persists `signed` before it
        signed = self.signed()
        must = signed.size if signed else 0
        if published and (not signed or signed.size < published.size):
            raise CheckpointForked(
                f"A head of {published.size} entries was published, but log/signed holds {must}.",
                remedy="Nothing was changed. Restore the log folder from a backup.",
            )
        data = self._store.get(TAIL) if self._store.size(TAIL) is not None else b""
        if len(data) < TAIL_HEADER_BYTES:
            if must:
                raise _lost(must, "its newest part is missing")
            self.first, self.tail, self._tail_bytes = 0, [], len(data)
        else:
            self.first, self.tail, whole = read_tail(data)
            if self.first % TILE_WIDTH:
                raise IntegrityError("log/tail does not begin at a tile's edge.")
            self._tail_bytes = len(data)
            if whole < len(data) and self.first + len(self.tail) < must:
                raise _lost(must, "its newest entries are damaged")
        if self.first + len(self.tail) < must:
            raise _lost(must, f"it ends at {self.first + len(self.tail)}")
        self._tail_hashes = [merkle.leaf_hash(entry) for entry in self.tail]
        self._trees.clear()
        self._nodes.clear()
        self._newest_read = None
        try:
            self.frontier = Frontier.at(self.first, self.node)
        except NotFound as error:
            raise _lost(must, "a tile is missing") from error
        for leaf in self._tail_hashes:
            self.frontier.append(leaf)
        for head in (signed, published):
            if head and self._root_at(head.size) != head.root:
                raise CheckpointForked(
                    f"The log's first {head.size} entries are not those that were signed.",
                    remedy="Run `diarkiv verify`, and restore the log folder from a backup.",
                )

    def entry(self, seq: int) -> bytes:
        """One entry's bytes."""
        if not 0 <= seq < self.size:
            raise IndexError(seq)
        if seq >= self.first:
            return self.tail[seq - self.first]
        number, index = divmod(seq, TILE_WIDTH)
        return self._bundle(number)[index]

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        """Entries [start, end) in order, one bundle in memory at a time."""
        while start < min(end, self.first):
            number, index = divmod(start, TILE_WIDTH)
            bundle = self._bundle(number)[index : index + end - start]
            yield from bundle
            start += len(bundle)
        if start < end:
            yield from self.tail[start - self.first : end - self.first]

    def _bundle(self, number: int) -> list[bytes]:
        if self._newest_read is None or self._newest_read[0] != number:
            name = "log/" + merkle.entry_tile_name(number)
            bundle = merkle.unpack_entries(self._store.get(name))
            if len(bundle) != TILE_WIDTH:
                raise ProofInvalid(f"Entry bundle {number} is not full.")
            self._newest_read = (number, bundle)
        return self._newest_read[1]

    def node(self, level: int, index: int) -> Hash:
        """Hash of the perfect subtree (level, index), from tiles and the tail."""
        if (index + 1) << level > self.first:
            return self._node_near_tail(level, index)
        tile_level, height = divmod(level, TILE_HEIGHT)
        number, position = divmod(index << height, TILE_WIDTH)
        if (number + 1) << (TILE_HEIGHT * (tile_level + 1)) > self.first:
            return self._node_from_children(level, index)
        at = 32 * (position >> height)
        return self._tree(tile_level, number)[height][at : at + 32]

    def _node_near_tail(self, level: int, index: int) -> Hash:
        if level == 0:
            return self._tail_hashes[index - self.first]
        return self._node_from_children(level, index)

    def _node_from_children(self, level: int, index: int) -> Hash:
        """A node above the newest full tile of its level, or within an unfinished one. Whole
        subtrees never change, so it is kept until the tile above them is written."""
        node = self._nodes.get((level, index))
        if node is None:
            left = self.node(level - 1, 2 * index)
            node = merkle.node_hash(left, self.node(level - 1, 2 * index + 1))
            self._nodes[(level, index)] = node
        return node

    def _tree(self, level: int, number: int) -> list[bytes]:
        """A full tile's subtree, all nine rows of it, their hashes joined; a few are kept."""
        tree = self._trees.get((level, number))
        if tree is None:
            row = self._store.get("log/" + merkle.hash_tile_name(level, number))
            if len(row) != 32 * TILE_WIDTH:
                raise ProofInvalid(f"Tile {level}/{number} is not full.")
            tree = [row]
            while len(row) > 32:
                pairs = range(0, len(row), 64)
                row = b"".join([sha256(b"\x01" + row[i : i + 64]).digest() for i in pairs])
                tree.append(row)
            self._trees[(level, number)] = tree
            if len(self._trees) > _CACHED_TILES:
                self._trees.popitem(last=False)
        else:
            self._trees.move_to_end((level, number))
        return tree

    def _root_at(self, size: int) -> Hash:
        return self.frontier.root() if size == self.size else self.frontier_at(size).root()

    def frontier_at(self, size: int) -> Frontier:
        """The tree's right edge when it had `size` leaves."""
        return Frontier.at(size, self.node)

    # --- writing (the caller holds the writer's lock) ----------------------------------------

    def cut(self, size: int) -> None:
        """Drop entries from `size` on and any torn bytes: they were never acknowledged."""
        self._nodes.clear()
        self.tail = self.tail[: size - self.first]
        self._tail_hashes = self._tail_hashes[: len(self.tail)]
        self.frontier = Frontier.at(self.first, self.node)
        for leaf in self._tail_hashes:
            self.frontier.append(leaf)
        whole = TAIL_HEADER_BYTES + sum(2 + len(entry) for entry in self.tail)
        if self._tail_bytes != whole:
            if self._tail_bytes < TAIL_HEADER_BYTES:
                self._store.cut(TAIL, 0)
                self._store.append(TAIL, 0, tail_header(0))
                self._store.sync(TAIL)
            else:
                self._store.cut(TAIL, whole)
            self._tail_bytes = whole

    def settle(self) -> None:
        """Write the tail anew, durably: what a killed writer left may only be in memory, and after
        a failed sync a second sync proves nothing."""
        data = self._store.get(TAIL)
        self._store.swap(TAIL, data, expect=data)

    def append(
        self, entries: Sequence[bytes], announce: Callable[[int, Hash], None] = lambda *_: None
    ) -> None:
        """Add entries durably; full tiles are written and the tail is begun anew behind them.

        `announce` is told the size and root the log will have, before anything of it is written.
        """
        leaves = [merkle.leaf_hash(entry) for entry in entries]
        for leaf in leaves:
            self.frontier.append(leaf)
        announce(self.size, self.frontier.root())
        data = merkle.pack_entries(entries)
        self._store.append(TAIL, self._tail_bytes, data)
        self._store.sync(TAIL)
        self._tail_bytes += len(data)
        self.tail.extend(entries)
        self._tail_hashes.extend(leaves)
        if len(self.tail) >= TILE_WIDTH:
            self._turn_tail()

    def _turn_tail(self) -> None:
        """Write every full tile, then replace the tail by what is left. A crash in between leaves
        tiles that the same entries write again, byte for byte."""
        old = self._store.get(TAIL)
        while len(self.tail) >= TILE_WIDTH:
            number = self.first // TILE_WIDTH
            bundle, hashes = self.tail[:TILE_WIDTH], self._tail_hashes[:TILE_WIDTH]
            self._store.put("log/" + merkle.entry_tile_name(number), merkle.pack_entries(bundle))
            self._store.put("log/" + merkle.hash_tile_name(0, number), b"".join(hashes))
            del self.tail[:TILE_WIDTH], self._tail_hashes[:TILE_WIDTH]
            self.first += TILE_WIDTH
            level = 1
            while self.first % (1 << (TILE_HEIGHT * (level + 1))) == 0:
                self._write_upper_tile(level)
                level += 1
        new = tail_header(self.first) + merkle.pack_entries(self.tail)
        self._store.swap(TAIL, new, expect=old)
        self._tail_bytes = len(new)

    def _write_upper_tile(self, level: int) -> None:
        """The tile at `level` whose last child tile was just written."""
        self._nodes.clear()
        number = (self.first >> (TILE_HEIGHT * (level + 1))) - 1
        children = range(number * TILE_WIDTH, (number + 1) * TILE_WIDTH)
        hashes = [self._tree(level - 1, child)[-1] for child in children]
        self._store.put("log/" + merkle.hash_tile_name(level, number), b"".join(hashes))

    def persist_head(self, head: Checkpoint) -> None:
        """Make the size and root durable before a signature over them exists."""
        old = self._store.get(SIGNED) if self._store.size(SIGNED) is not None else None
        self._store.swap(SIGNED, head.body().encode(), expect=old)

    def publish(self, note: str) -> None:
        """Replace the public checkpoint."""
        old = self._store.get(CHECKPOINT) if self._store.size(CHECKPOINT) is not None else None
        self._store.swap(CHECKPOINT, note.encode(), expect=old)


def _lost(size: int, what: str) -> CheckpointForked:
    return CheckpointForked(
        f"The log was signed at {size} entries, but {what}.",
        remedy="Nothing was changed. Restore the log folder from a backup; never continue it.",
    )
