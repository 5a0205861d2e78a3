"""How far the home has been shipped: a small file beside the databases, for whoever looks.

It says nothing that the bucket does not know better, and is no part of the archive: without it
everything is looked at anew. Codes, numbers and instants only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from archiver.core.ports import BlobStore
from archiver.errors import AlreadyExists, NotFound

FILE = "db/shipped.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`entries` lie in the bucket since `shipped_at`; locks were looked through at `renewed_at`;
    `failing_since` and `code`: what keeps the home from being shipped. Milliseconds UTC; 0: never.
    `lapsing_since`: since when the locks cannot be renewed. `waiting`: objects that are to go when
    their lock has passed, with that instant."""

    entries: int = 0
    shipped_at: int = 0
    renewed_at: int = 0
    failing_since: int = 0
    code: str = ""
    lapsing_since: int = 0
    waiting: tuple[tuple[str, int], ...] = ()

    def done(self, entries: int, now: int) -> Standing:
        """After everything up to `entries` was shipped."""
        return replace(self, entries=entries, shipped_at=now, failing_since=0, code="")

    def failed(self, code: str, now: int) -> Standing:
        """After it could not be."""
        return replace(self, failing_since=self.failing_since or now, code=code)

    def waits(self, waiting: tuple[tuple[str, int], ...]) -> Standing:
        """With other objects that are to go."""
        return replace(self, waiting=waiting)

    def renewed(self, waiting: tuple[tuple[str, int], ...], now: int) -> Standing:
        """After all locks were looked through."""
        return replace(self, waiting=waiting, renewed_at=now, lapsing_since=0)

    def lapsing(self, now: int) -> Standing:
        """After they could not be."""
        return replace(self, lapsing_since=self.lapsing_since or now)


def read(store: BlobStore) -> Standing:
    """How it stands; as if nothing was ever shipped, if the file is gone or damaged."""
    try:
        fields: dict[str, Any] = orjson.loads(store.get(FILE))
        waiting = tuple((str(name), int(until)) for name, until in fields.pop("waiting"))
        return Standing(**fields, waiting=waiting)
    except (NotFound, ValueError, TypeError, KeyError, AttributeError):
        return Standing()


def write(store: BlobStore, standing: Standing) -> None:
    """Keep it. Who else writes at the same instant has as much to say."""
    old = store.get(FILE) if store.size(FILE) is not None else None
    try:
        store.swap(FILE, orjson.dumps(asdict(standing)), expect=old)
    except AlreadyExists:
        return
