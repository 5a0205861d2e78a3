"""A small archive of invented records, written through the real ledger."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from archiver.clock import SystemClock
from archiver.core.canonical import Json
from archiver.core.event import RUN_VERSION, EventType
from archiver.db.sqlite import SqliteDatabase
from archiver.harvest.projector import HarvestProjector
from archiver.ledger.service import Ledger
from archiver.store.filesystem import FilesystemStore
from archiver.store.keys import KeyRing, Secrets, channel_key_name
from archiver.store.seal import FrameKind, seal

ROOT = b"k" * 32


def at(year: int, month: int = 6, day: int = 1) -> int:
    """An instant in milliseconds UTC."""
    return int(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000)


def open_ledger(home: Path) -> Ledger:
    """The ledger of a home, as each process opens it."""
    store = FilesystemStore(home)
    keys = KeyRing(Secrets(store, ROOT, os.urandom))
    return Ledger(
        home=home,
        store=store,
        keys=keys,
        database=SqliteDatabase(home / "db" / "projection.sqlite"),
        clock=SystemClock(),
        random=os.urandom,
        projectors=[HarvestProjector(keys)],
    )


@dataclass(frozen=True, kw_only=True)
class Said:
    """One invented item. `record` makes it a further version of a record that exists."""

    text: str = ""
    title: str = ""
    author: str = "Ada Almgren"
    channel: int = 0
    kind: str = "comment"
    state: str = "visible"
    origin: str = "received"
    captured_at: int = at(2026)
    legal_at: int | None = None
    record: int | None = None
    n: int = 1


class Archive:
    """A home with two channels, one of authority 1 and one of 2, and its index folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.index = home / "index"
        self.ledger = open_ledger(home)
        self.ledger.create("test", {"name": "Testköping"})
        self.channels = [self.add_channel(), self.add_channel(authority=2)]

    def add_channel(self, authority: int = 1) -> int:
        """A further channel; its number."""
        payload: Mapping[str, Json] = {"authority": authority, "platform": "demo", "interval": 3600}
        with self.ledger.writer() as writer:
            seq = writer.next_seq
            writer.new_secret(channel_key_name(seq))
            return writer.append_event(EventType.CHANNEL_ADDED, payload, cohort=0)

    def add(self, *said: Said) -> list[int]:
        """Append versions; their seqs."""
        with self.ledger.writer() as writer:
            cohort = writer.cohort(1, "content")
            return [
                writer.append(
                    EventType.VERSION,
                    seal(FrameKind.VERSION, self.envelope(one), b"{}", random=os.urandom),
                    cohort,
                )
                for one in said
            ]

    def envelope(self, one: Said) -> dict[str, Json]:
        """The fields as the harvester seals them."""
        fields: dict[str, Json] = {
            "channel": one.channel or self.channels[0],
            "kind": one.kind,
            "native_id": os.urandom(8).hex(),
            "state": one.state,
            "text": one.text,
            "title": one.title,
            "url": "https://example.test/hemlig-adress",
            "author_name": one.author,
            "origin": one.origin,
            "legal_at": one.captured_at if one.legal_at is None else one.legal_at,
            "legal_basis": "platform",
            "captured_at": one.captured_at,
            "capture": 1,
            "changes": ["created" if one.record is None else "edited"],
            "normaliser": 1,
            "n": one.n,
        }
        if one.record is not None:
            fields["record"] = one.record
        return {key: value for key, value in fields.items() if value != ""}

    def texts(self, texts: Iterable[str]) -> list[int]:
        """One record per text."""
        return self.add(*(Said(text=text) for text in texts))

    def run(self, states: Sequence[tuple[int, str]] = ()) -> int:
        """Append a run event that observed these records in these states."""
        payload: dict[str, Json] = {
            "channel": self.channels[0],
            "started": at(2026),
            "ended": at(2026),
            "outcome": "complete",
            "exchanges": [],
            "collections": [],
            "states": [
                {"record": record, "state": state, "exchange": 1, "reason": "", "by": "unknown"}
                for record, state in states
            ],
            "scope": "full",
            "threads": [],
            "media_failed": [],
        }
        with self.ledger.writer() as writer:
            cohort = writer.cohort(1, "content")
            sealed = seal(FrameKind.EVENT, payload, random=os.urandom)
            return writer.append(EventType.RUN, sealed, cohort, RUN_VERSION)
