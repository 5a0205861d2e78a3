"""A log of a million entries in seconds: real tiles and a real tail, written without any sync."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from archiver.core import merkle
from archiver.core.event import EventType, SealedEntry
from archiver.core.layout import TAIL, tail_header
from archiver.core.merkle import TILE_WIDTH, Hash


def entry(seq: int) -> bytes:
    """A leaf of the size real ones have."""
    digest = sha256(seq.to_bytes(8, "big")).hexdigest()
    return SealedEntry(
        EventType.VERSION, 1, 1_795_000_000_000 + seq, 3, digest[:32], digest, digest
    ).encode()


def write_log(folder: Path, size: int) -> None:
    """`log/` with full tiles of `size` entries, and its tail."""
    rows: dict[int, list[Hash]] = {}
    full = size // TILE_WIDTH
    for number in range(full):
        bundle = [entry(seq) for seq in range(number * TILE_WIDTH, (number + 1) * TILE_WIDTH)]
        _write(folder / "log" / merkle.entry_tile_name(number), merkle.pack_entries(bundle))
        _add(folder, rows, 0, [merkle.leaf_hash(data) for data in bundle], number)
    rest = merkle.pack_entries(entry(seq) for seq in range(full * TILE_WIDTH, size))
    _write(folder / TAIL, tail_header(full * TILE_WIDTH) + rest)


def _add(
    folder: Path, rows: dict[int, list[Hash]], level: int, hashes: list[Hash], number: int
) -> None:
    """Write a full tile, and its parent's where that is now full too."""
    _write(folder / "log" / merkle.hash_tile_name(level, number), b"".join(hashes))
    while len(hashes) > 1:
        hashes = merkle.fold(hashes)
    above = rows.setdefault(level + 1, [])
    above += hashes
    if len(above) == TILE_WIDTH:
        del rows[level + 1]
        _add(folder, rows, level + 1, above, number // TILE_WIDTH)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
