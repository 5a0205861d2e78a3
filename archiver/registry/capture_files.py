"""Files on their way into the archive by hand: measured, looked at, told apart from what is there.

A file is read twice and held never: once to count it, take its digest and show it to the scanner,
once to be sealed. What is sealed must have the digest that was taken, so a file that changes in
between is refused and not kept half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection, select

from archiver.core.ports import Scanner
from archiver.core.scan import Scan
from archiver.db import tables as t
from archiver.errors import ConfigError
from archiver.harvest.media import CHUNK
from archiver.harvest.projector import keyed
from archiver.registry.core.capture import UNKNOWN_TYPE, file_name, media_type

_TOKENS_AT_ONCE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file to capture. `chunks` gives its bytes from the beginning, in pieces of at most 1 MiB,
    each time it is called. `name` is its own name, without a path."""

    name: str
    chunks: Callable[[], Iterator[bytes]] = field(repr=False)
    mime: str = UNKNOWN_TYPE


def from_bytes(name: str, data: bytes, mime: str = "") -> Upload:
    """An upload of bytes that are held."""

    def chunks() -> Iterator[bytes]:
        return (data[at : at + CHUNK] for at in range(0, len(data), CHUNK))

    return Upload(name=file_name(name), mime=media_type(mime), chunks=chunks)


def from_path(path: Path, mime: str = "") -> Upload:
    """An upload of a file on this machine; only its own name goes along."""

    def chunks() -> Iterator[bytes]:
        try:
            with path.open("rb") as file:
                while piece := file.read(CHUNK):
                    yield piece
        except OSError as error:
            raise ConfigError(f"A file cannot be read: {error.strerror}.") from error

    return Upload(name=file_name(path.name), mime=media_type(mime), chunks=chunks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """An upload with its size in bytes, SHA-256 (hex) and what the scanner said."""

    upload: Upload
    size: int
    digest: str
    scan: Scan


def measure(upload: Upload, scanner: Scanner, cap: int) -> Measured:
    """Read a file once; `ConfigError` if it is empty or larger than `cap` bytes."""
    digest, size = sha256(), 0

    def read() -> Iterator[bytes]:
        nonlocal size
        for piece in upload.chunks():
            size += len(piece)
            if size > cap:
                raise ConfigError(
                    f"A file is larger than {cap // 2**20} MiB.",
                    remedy="Raise capture_cap_mib, or divide the file.",
                )
            digest.update(piece)
            yield piece

    pieces = read()
    scan = scanner.scan(pieces)
    for _ in pieces:
        pass  # what the scanner did not want to see counts too
    if not size:
        raise ConfigError("A file is empty.", remedy="Choose the right file, or leave it out.")
    return Measured(upload=upload, size=size, digest=digest.hexdigest(), scan=scan)


def file_token(lookup: bytes, digest: str) -> bytes:
    """What stands in the tables for a captured file's digest (hex)."""
    return keyed(lookup, b"file\x00" + bytes.fromhex(digest))


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """The same bytes in an earlier record: `what` is the file's position, or -1 for the text."""

    what: int
    record: int


TEXT = -1


Lookups: TypeAlias = Callable[[Sequence[int]], Mapping[int, bytes]]


def duplicates(
    connection: Connection, lookups: Lookups, authority: int, text: bytes, digests: Sequence[str]
) -> list[Duplicate]:
    """Records of the authority that hold the same text or the same file, captured by hand: told by
    HMAC under a key that follows from each version's own (`Ledger.lookups`), so that it takes the
    keys to ask, and what is gone cannot be told any more."""
    r, v, by_hand = t.record.c, t.version.c, t.manual_capture.c
    query = (
        select(v.seq, v.record, v.raw)
        .join(t.manual_capture, by_hand.version == v.seq)
        .join(t.record, r.seq == v.record)
        .join(t.channel, t.channel.c.seq == r.channel)
        .where(t.channel.c.authority == authority)
    )
    rows = connection.execute(query).all()
    keys, found = lookups([row.seq for row in rows]), set[Duplicate]()
    for row in rows:
        if text and row.seq in keys and keyed(keys[row.seq], text) == row.raw:
            found.add(Duplicate(what=TEXT, record=row.record))
    records = {row.seq: row.record for row in rows}
    file = t.captured_file.c
    for part in _parts(keys if digests else ()):
        held = select(file.version, file.digest).where(file.version.in_(part))
        for version, token in connection.execute(held):
            for number, digest in enumerate(digests):
                if file_token(keys[version], digest) == token:
                    found.add(Duplicate(what=number, record=records[version]))
    return sorted(found, key=lambda one: (one.what, one.record))


def _parts(seqs: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(seqs)
    for start in range(0, len(ordered), _TOKENS_AT_ONCE):
        yield ordered[start : start + _TOKENS_AT_ONCE]
