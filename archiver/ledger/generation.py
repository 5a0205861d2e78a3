"""A cohort's key file made anew without some of its keys, and what is left over of older ones;
so with packs that are made anew without what was destroyed.

The order, as the writer keeps it: the new generation's KEK is in the secret store → where the keys
went, their lines are in the destinations' files → the new key file is there, whole → the batch that
says so is announced, logged, projected, signed and published → the old KEK leaves the secret store
→ the old file is deleted. Up to the log, a crash leaves the old generation in force, and what there
is of a newer one is removed at the next start. From the log on, the new one is in force, and what
is left of the old one is removed at the next start, after the head that says so was signed. A
pack is the same: its new revision lies there whole → the log says so → the old one is deleted.

Deleting is what a file system means by it: the bytes are no longer reachable, and the storage below
and its backups may keep them. Without the KEK they are of no use to anyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from archiver.core.layout import KEY_LINE_BYTES, generation_of, is_void, pack_of, void_line
from archiver.core.ports import BlobStore
from archiver.errors import SealBroken
from archiver.ledger.projection import Cohort
from archiver.store.keys import KeyRing, unwrap_line, wrap_line


class Parted(NamedTuple):
    """A key file made anew, and the data keys that left it: line number → (frame id, key)."""

    lines: bytes
    left: dict[int, tuple[bytes, bytes]]


def part(lines: bytes, away: Mapping[int, bool], old: AESGCM | None, new: AESGCM | None) -> Parted:
    """The file's lines under a new KEK, those `away` void. `away`: line number → whether its key is
    wanted. Without `old` and `new` no key is looked at: then none may survive or be wanted."""
    made: list[bytes] = []
    left: dict[int, tuple[bytes, bytes]] = {}
    for number in range(len(lines) // KEY_LINE_BYTES):
        line = lines[number * KEY_LINE_BYTES : (number + 1) * KEY_LINE_BYTES]
        if is_void(line):
            made.append(line)
            continue
        frame_id = bytes.fromhex(line[:32].decode("ascii"))
        if away.get(number) is False:
            made.append(void_line(frame_id))
            continue
        if old is None or new is None:
            raise SealBroken("The keys of this quarantine cannot be opened here.")
        dek = unwrap_line(old, frame_id, line)
        if number in away:
            left[number] = (frame_id, dek)
            made.append(void_line(frame_id))
        else:
            made.append(wrap_line(new, frame_id, dek))
    return Parted(b"".join(made), left)


class Remains(NamedTuple):
    """Key files and KEKs, by name, of generations that are not in force, and packs of revisions
    that are not."""

    files: tuple[str, ...]
    secrets: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.files or self.secrets)

    def remove(self, store: BlobStore, keys: KeyRing) -> None:
        """Destroy them: the KEKs first, for without them the files say nothing."""
        if self.secrets:
            keys.destroy(self.secrets)
        for name in self.files:
            store.delete(name)


def remains(
    store: BlobStore,
    keys: KeyRing,
    cohorts: Mapping[int, Cohort],
    revisions: Mapping[tuple[int, int], int],
) -> tuple[Remains, Remains]:
    """What there is of generations and packs (newer, older) than those in force. Of a cohort that
    is not there, every key generation is newer: the batch that was to open it was cut. Packs that
    were never made anew are left to whoever cuts them."""
    in_force = {number: cohort.generation for number, cohort in cohorts.items()}
    files = [(name, *found) for name in store.names("keys") if (found := generation_of(name))]
    secrets = list(keys.generations())

    def newer(held: Iterable[tuple[str, int, int]]) -> tuple[str, ...]:
        return tuple(name for name, cohort, n in held if n > in_force.get(cohort, 0))

    def older(held: Iterable[tuple[str, int, int]]) -> tuple[str, ...]:
        return tuple(name for name, cohort, n in held if n < in_force.get(cohort, 0))

    packs = [(name, *of) for name in store.names("packs") if (of := pack_of(name))]
    apart = [(name, n - revisions.get((cohort, pack), 0)) for name, cohort, pack, n in packs]
    return (
        Remains((*newer(files), *(name for name, by in apart if by > 0)), newer(secrets)),
        Remains((*older(files), *(name for name, by in apart if by < 0)), older(secrets)),
    )
