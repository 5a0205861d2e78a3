"""Files of a form that waits: encrypted, for one person, for a day, gone when they are captured."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from archiver.db import capture_drafts as module
from archiver.db.capture_drafts import LIFE, CaptureDrafts, DraftFile
from archiver.db.operations import Operations
from archiver.db.place import Place
from archiver.errors import ConfigError, NotFound
from tests.build import FakeClock

CANARY = b"KANARIE-bytes-4711"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def drafts(tmp_path: Path, clock: FakeClock) -> CaptureDrafts:
    database = Place(tmp_path, SecretStr(""), lambda: "").operations()
    return CaptureDrafts(Operations(database, bytes(32), clock, os.urandom), clock, os.urandom)


def test_files_wait_in_their_order(drafts: CaptureDrafts) -> None:
    one, other = drafts.new(), drafts.new()
    first = drafts.add(one, 17, "hål.png", "image/png", [b"ab", b"c"])
    second = drafts.add(one, 17, "b.txt", "text/plain", [])
    drafts.add(other, 17, "annan.txt", "text/plain", [b"x"])
    assert drafts.files(one, 17) == [first, second]
    assert first == DraftFile(0, "hål.png", "image/png", 3)
    assert list(drafts.chunks(one, 0)) == [b"ab", b"c"]
    drafts.drop(one, 17, 0)
    assert drafts.files(one, 17) == [second]
    assert drafts.add(one, 17, "c.txt", "text/plain", [b"x"]).number == 2
    drafts.drop(one, 17)
    assert drafts.files(one, 17) == []
    assert len(drafts.files(other, 17)) == 1


def test_a_draft_is_one_persons(drafts: CaptureDrafts) -> None:
    draft = drafts.new()
    drafts.add(draft, 17, "a.txt", "text/plain", [b"x"])
    assert drafts.files(draft, 18) == []
    with pytest.raises(NotFound):
        drafts.add(draft, 18, "b.txt", "text/plain", [b"x"])
    drafts.drop(draft, 18)
    assert len(drafts.files(draft, 17)) == 1


def test_a_draft_ends_by_itself(drafts: CaptureDrafts, clock: FakeClock, tmp_path: Path) -> None:
    draft = drafts.new()
    drafts.add(draft, 17, "a.txt", "text/plain", [b"x"])
    clock.advance(LIFE + 1)
    assert drafts.files(draft, 17) == []
    assert list(drafts.chunks(draft, 0)) == [b"x"]
    drafts.clear_old()
    assert list(drafts.chunks(draft, 0)) == []


def test_there_is_only_so_much_of_it(
    drafts: CaptureDrafts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 10)
    draft = drafts.new()
    drafts.add(draft, 17, "a.txt", "text/plain", [b"x" * 6])
    with pytest.raises(ConfigError, match="too many"):
        drafts.add(draft, 17, "b.txt", "text/plain", [b"x" * 3, b"x" * 3])
    assert len(drafts.files(draft, 17)) == 1  # nothing of it is kept half
    drafts.add(draft, 17, "c.txt", "text/plain", [b"x" * 4])


def test_neither_name_nor_bytes_lie_open(drafts: CaptureDrafts, tmp_path: Path) -> None:
    draft = drafts.new()
    drafts.add(draft, 17, CANARY.decode() + ".txt", "text/plain", [CANARY])
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert draft.encode() in held
    assert CANARY not in held
