"""Files on their way into the archive by hand: measured, looked at, told apart from what is there.

A file is read twice and held never: once to count it, take its digest and show it to the scanner,
once to be sealed. What is sealed must have the digest that was taken, so a file that changes in
between is refused and not kept half.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, select

from archiver.core.ports import Scanner
from archiver.core.scan import Scan
from archiver.db import tables as t
from archiver.errors import ConfigError, SealBroken
from archiver.harvest.media import CHUNK
from archiver.harvest.projector import keyed
from archiver.registry.core.capture import UNKNOWN_TYPE, file_name, media_type
from archiver.store.keys import KeyRing

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


def duplicates(
    connection: Connection, keys: KeyRing, authority: int, text: bytes, digests: Sequence[str]
) -> list[Duplicate]:
    """Records of the authority that hold the same text or the same file, captured by hand: told by
    HMAC under the lookup key of each month, so that it takes the keys to ask."""
    cohort = t.cohort.c
    query = select(cohort.number, cohort.generation).where(
        cohort.authority == authority, cohort.family == "content"
    )
    wanted_files, wanted_texts = dict[bytes, int](), list[bytes]()
    for number, generation in connection.execute(query):
        try:
            lookup = keys.lookup(number, generation)
        except SealBroken:
            continue  # destroyed: then nothing of that month can be told any more
        wanted_files |= {file_token(lookup, one): n for n, one in enumerate(digests)}
        if text:
            wanted_texts.append(keyed(lookup, text))
    found = [
        Duplicate(what=wanted_files[token], record=record)
        for token, record in _files(connection, wanted_files)
    ]
    found += [Duplicate(what=TEXT, record=record) for record in _texts(connection, wanted_texts)]
    return sorted(set(found), key=lambda one: (one.what, one.record))


def _files(connection: Connection, tokens: Collection[bytes]) -> Iterator[tuple[bytes, int]]:
    file = t.captured_file.c
    query = select(file.digest, t.version.c.record).join(t.version, t.version.c.seq == file.version)
    for part in _parts(tokens):
        for row in connection.execute(query.where(file.digest.in_(part))):
            yield row[0], row[1]


def _texts(connection: Connection, tokens: Collection[bytes]) -> Iterator[int]:
    by_hand = t.manual_capture.c
    query = select(t.version.c.record).join(t.manual_capture, by_hand.version == t.version.c.seq)
    for part in _parts(tokens):
        yield from connection.scalars(query.where(t.version.c.raw.in_(part)))


def _parts(tokens: Iterable[bytes]) -> Iterator[list[bytes]]:
    ordered = sorted(tokens)
    for start in range(0, len(ordered), _TOKENS_AT_ONCE):
        yield ordered[start : start + _TOKENS_AT_ONCE]
