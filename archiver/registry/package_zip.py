"""Writes a zip file while it is sent: members in pieces, digests as they pass, the manifest last.

Nothing is kept but the piece at hand and the digests, so that a package may be larger than memory.
Dates are fixed and times of the day are not told. Each member can be read as soon as it has passed,
also if the file never gets its end: whoever sends one has noted it before.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import IO, TypeAlias

from archiver.registry.core.package import MANIFEST, render_manifest

_DATE = (2020, 1, 1, 0, 0, 0)
Pieces: TypeAlias = Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Nested:
    """A member that is a zip file itself, of such members; `manifest` makes its own last one from
    the digests of the others: (name, bytes)."""

    members: Iterable[tuple[str, Pieces]]
    manifest: Callable[[dict[str, str]], tuple[str, bytes]]


Member: TypeAlias = tuple[str, Pieces | Nested]


@dataclass
class _Sink:
    """What a zip file is written to, and taken from again. It cannot be sought in."""

    waiting: list[bytes] = field(default_factory=list)

    def write(self, data: bytes) -> int:
        self.waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def taken(self) -> Iterator[bytes]:
        pieces, self.waiting = self.waiting, []
        if pieces:
            yield b"".join(pieces)


class _Passing:
    """Passes bytes on to a member, and takes their digest."""

    def __init__(self, to: IO[bytes]) -> None:
        self._to, self.digest = to, sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._to.write(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


def stream(members: Iterable[Member], ending: Callable[[str], None]) -> Iterator[bytes]:
    """The bytes of a package. `ending` gets the digest of its manifest, which comes last."""
    sink, digests = _Sink(), dict[str, str]()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            with _opened(archive, name) as file:
                passing = _Passing(file)
                if isinstance(content, Nested):
                    yield from _nested(content, passing, sink)
                else:
                    for piece in content:
                        passing.write(piece)
                        yield from sink.taken()
                digests[name] = passing.digest.hexdigest()
            yield from sink.taken()
        manifest = render_manifest(digests)
        ending(sha256(manifest).hexdigest())
        with _opened(archive, MANIFEST) as file:
            file.write(manifest)
    yield from sink.taken()


def _nested(content: Nested, to: _Passing, sink: _Sink) -> Iterator[bytes]:
    digests = dict[str, str]()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in content.members:
            with _opened(archive, name) as file:
                passing = _Passing(file)
                for piece in pieces:
                    passing.write(piece)
                    yield from sink.taken()
                digests[name] = passing.digest.hexdigest()
        name, data = content.manifest(digests)
        with _opened(archive, name) as file:
            file.write(data)


def _opened(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    info = zipfile.ZipInfo(name, _DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return archive.open(info, "w", force_zip64=True)
