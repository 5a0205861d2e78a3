"""Projector: rows follow from events and keys alone, and no row names a person or a text."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.pool import StaticPool

from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.db import tables as t
from archiver.db.rows import STATEMENTS, Rows
from archiver.harvest.projector import HMAC_BYTES, HarvestProjector, keyed, native_token
from archiver.ledger.projection import Event
from archiver.store.seal import FrameKind, seal
from tests.homes import TestHome, make_home

KEY = bytes(32)
COUNTS: dict[str, Json] = {"seen": 0, "created": 0, "changed": 0, "unchanged": 0, "missing": 0}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> TestHome:
    home = make_home(tmp_path_factory.mktemp("home"))
    home.add_channel("feed", "https://site.example/feed", "10.0.0.1:80")
    return home


@given(st.text(max_size=9), st.text(max_size=9), st.text(max_size=9))
def test_tokens_tell_kinds_and_ids_and_keys_apart(kind: str, one: str, other: str) -> None:
    kind, one, other = (text.replace("\0", "") for text in (kind, one, other))
    token = native_token(KEY, kind, one)
    assert len(token) == HMAC_BYTES
    assert (token == native_token(KEY, kind, other)) is (one == other)
    assert token != native_token(bytes([1]) * 32, kind, one)
    assert (token == native_token(KEY, kind + "x", one)) is False
    assert token == keyed(KEY, f"{kind}\0{one}".encode())


class Recording(Rows):
    """Rows that are kept for the test instead of written."""

    def __init__(self) -> None:
        super().__init__()
        self.added: list[tuple[str, tuple[Any, ...]]] = []

    def add(self, statement: str, *values: Any) -> None:
        self.added.append((statement, values))


def version_payload(channel: int, **fields: Json) -> dict[str, Json]:
    return {
        "channel": channel,
        "kind": "comment",
        "native_id": "hemlig-id",
        "author_id": "hemlig-person",
        "author_name": "Hemlige Arne",
        "text": "hemlig text",
        "title": "hemlig rubrik",
        "url": "https://hemlig.example/x",
        "parent": ["comment", "hemlig-mor"],
        "state": "visible",
        "n": 1,
        "capture": 2,
        "captured_at": 5,
        "changes": ["created"],
        "normaliser": 1,
        "origin": "received",
        "legal_at": 4,
        "legal_basis": "unobserved",
        **fields,
    }


def rows_of(home: TestHome, type_: str, payload: dict[str, Json]) -> list[Any]:
    projector, rows = HarvestProjector(home.ledger.keys), Recording()
    projector.project(Event(40, type_, 9, 1, b"k" * 32, payload, b"hemligt"), rows)
    assert {name for name, _ in rows.added} <= set(STATEMENTS)
    return rows.added


def test_rows_of_a_version_hold_no_text(home: TestHome) -> None:
    channel = home.channels.channels()[0].seq
    rows = rows_of(home, EventType.VERSION, version_payload(channel))
    assert [name for name, _ in rows] == ["record", "version"]
    assert "emlig" not in str(rows)
    record = dict(zip(t.record.c.keys(), rows[0][1], strict=True))
    assert record["seq"] == record["latest"] == record["state_seq"] == 40
    key = home.ledger.keys.channel(channel)
    assert record["native"] == native_token(key, "comment", "hemlig-id")
    assert record["parent"] == native_token(key, "comment", "hemlig-mor")
    assert record["root"] is None
    version = dict(zip(t.version.c.keys(), rows[1][1], strict=True))
    assert version["capture"] == 38
    assert version["author"] == native_token(key, "author", "hemlig-person")


def test_a_later_version_moves_its_record_on(home: TestHome) -> None:
    channel = home.channels.channels()[0].seq
    rows = rows_of(home, EventType.VERSION, version_payload(channel, record=30, n=2, media=[0, 2]))
    assert [name for name, _ in rows] == ["record_version", "version", "media", "media"]
    assert rows[0][1] == ("visible", 40, 40, 2, 30)
    assert [values for name, values in rows if name == "media"] == [
        (40, 0, None, 0),
        (40, 2, None, 0),
    ]


def test_a_file_is_done_with_its_last_chunk(home: TestHome) -> None:
    chunk: dict[str, Json] = {"channel": 1, "version": 30, "number": 1, "part": 0}
    first = rows_of(home, EventType.COMPONENT, {**chunk, "last": False})
    last = rows_of(home, EventType.COMPONENT, {**chunk, "last": True})
    assert [name for name, _ in first] == ["component"]
    assert [name for name, _ in last] == ["component", "media_done"]


def test_a_run_tells_its_collections_and_sightings(home: TestHome) -> None:
    line = {
        "name": "comments:hold",
        "status": "complete",
        "reason": "",
        **COUNTS,
        "expected": 3,
        "scope": "all",
    }
    payload: dict[str, Json] = {
        "channel": 1,
        "started": 5,
        "ended": 8,
        "outcome": "complete",
        "exchanges": [[1, "GET", "/", 200, 6, 0]],
        "collections": [line, {**line, "name": "posts:publish", "seen": 2}],
        "states": [
            {
                "record": 30,
                "state": "missing_suspected",
                "exchange": 1,
                "reason": "rest_comment_invalid_id",
                "by": "unknown",
                "absence": [2, 6, 6, 0],
            }
        ],
        "scope": "full",
        "began": 29,
        "threads": [],
        "media_failed": [[30, 0, "source"]],
    }
    rows = rows_of(home, EventType.RUN, payload)
    named = [
        *("run", "coverage", "coverage", "record_state", "transition"),
        *("threads_scanned", "media_failed"),
    ]
    assert [name for name, _ in rows] == named
    run = dict(zip(t.run.c.keys(), rows[0][1], strict=True))
    assert (run["expected"], run["seen"], run["requests"]) == (6, 2, 1)
    coverage = dict(zip(t.coverage.c.keys(), rows[1][1], strict=True))
    # Nothing is known of what came after the look began: it is covered until then.
    assert coverage["until"] == 5
    assert rows[3][1] == ("missing_suspected", 40, 30, 40)
    transition = dict(zip(t.transition.c.keys(), rows[4][1], strict=True))
    assert (transition["last_seen"], transition["first_missed"]) == (2, 6)
    assert (transition["asked"], transition["confirmed"]) == (6, 0)


@given(st.permutations([(11, "missing_suspected"), (13, "visible"), (17, "held")]), st.data())
def test_the_newest_state_wins_however_rows_are_batched(
    order: list[tuple[int, str]], data: st.DataObject
) -> None:
    """Each state carries the seq it comes from, so batches of any size give the same table."""
    engine = create_engine(
        "sqlite+pysqlite://", creator=lambda: sqlite3.connect(":memory:"), poolclass=StaticPool
    )
    with engine.begin() as connection:
        t.metadata.create_all(connection)
        rows = Rows()
        head = (1, "comment", b"n", None, None, "received", None, 1, "unobserved", 1, "visible")
        rows.add("record", 7, *head, 7, 7, 1, 0, None)
        for seq, state in order:
            rows.add("record_state", state, seq, 7, seq)
            if data.draw(st.booleans()):
                rows.flush(connection)
        rows.flush(connection)
        assert connection.scalar(select(t.record.c.state)) == "held"


def test_the_live_table_is_what_the_event_gives(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    channel = home.add_channel("feed", "https://site.example/feed", "10.0.0.1:80")
    payload = version_payload(channel.seq, media=[0])
    sealed = seal(FrameKind.VERSION, payload, b"<item/>", random=os.urandom)
    with home.ledger.writer() as writer:
        seq = writer.append(EventType.VERSION, sealed, writer.cohort(channel.authority, "content"))
    with home.ledger.database.read() as connection:
        live = connection.execute(select(t.version)).one()
        assert connection.execute(select(t.media)).one() == (seq, 0, None, 0)
    home.ledger.rebuild()
    with home.ledger.database.read() as connection:
        assert connection.execute(select(t.version)).one() == live
