"""A home's archive out of a bucket, into an empty folder: the way back when the machine is gone.

What comes back is the home as its newest head in the bucket covers it: tiles, the tail, sealed and
open packs, and key files if they were shipped. Open packs may hold more than that head covers; the
first writer cuts it. The databases are made by `diarkiv rebuild`; the root key is in no bucket.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from archiver.core.checkpoint import Checkpoint
from archiver.core.layout import CHECKPOINT, SIGNED
from archiver.errors import ConfigError, IntegrityError, NotFound
from archiver.ledger.shipping import KeyBucket
from archiver.store import replica
from archiver.store.filesystem import FilesystemStore
from archiver.store.replica import OPEN, Bucket, PackName


class Fetched(NamedTuple):
    """What was fetched: entries the head covers, files written, key files among them."""

    entries: int
    files: int
    keys: int


def fetch(
    bucket: Bucket,
    keys: KeyBucket | None,
    folder: Path,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Fetched:
    """Write the archive into `folder`, which must be empty; `ConfigError` otherwise. A fetch that
    is cut is begun again in another folder."""
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder} is not empty.", remedy="Name an empty or a new folder.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = FilesystemStore(folder)
    try:
        note = bucket.get(CHECKPOINT)
    except NotFound:
        raise ConfigError("No home was ever shipped to this place.") from None
    head = Checkpoint.parse_body(note.decode("utf-8", "replace").partition("\n\n")[0] + "\n")
    wanted = _wanted(bucket, head.size)
    key_files = list(keys.names("keys")) if keys else []
    total = len(wanted) + len(key_files)
    for done, (place, name) in enumerate(sorted(wanted.items())):
        progress(done, total)
        store.put(place, bucket.get(name))
    for done, name in enumerate(key_files, len(wanted)):
        progress(done, total)
        assert keys is not None
        store.put(name, keys.get(name))
    store.put(SIGNED, head.body().encode())
    store.put(CHECKPOINT, note)  # last: a folder without it is no archive
    progress(total, total)
    return Fetched(head.size, total + 2, len(key_files))


def _wanted(bucket: Bucket, size: int) -> dict[str, str]:
    """Place in the home → name in the bucket."""
    found = {name: name for name in bucket.names("log") if name != CHECKPOINT}
    newest: dict[tuple[int, int], PackName] = {}
    for name in bucket.names("packs"):
        pack = PackName.parse(name)
        if pack is None:
            found[name] = name
        elif pack > newest.get(pack.place, PackName(*pack.place, -1)):
            newest[pack.place] = pack
    found |= {str(pack): str(pack) for pack in newest.values()}
    for name in _open_ends(bucket, size):
        found[replica.home_place(name)] = name
    return found


def _open_ends(bucket: Bucket, size: int) -> list[str]:
    """What was open when the log had `size` entries: what a list names of which nothing is gone."""
    there = set(bucket.names(OPEN))
    for index in sorted(there):
        if index.startswith(f"{OPEN}/index/{size:015}-"):
            names = bucket.get(index).decode().splitlines()
            if there.issuperset(names):
                return names
    raise IntegrityError(
        "The bucket lacks the newest part of the archive, which its head covers.",
        remedy="Ask the storage's operator what was removed; keep what else there is.",
    )
