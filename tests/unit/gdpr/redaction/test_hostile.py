"""Hostile and broken files: each ends as a refusal with a reason and a remedy, or is dealt with;
the next file is dealt with as if nothing had been."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from archiver.errors import CannotRedact
from gdpr.core.mask import PageBox
from gdpr.redaction import Limits, Redacted, contained, redact
from tests.unit.gdpr.redaction.received import (
    endless,
    locked,
    unfolding,
    with_pages,
)

PDF = "application/pdf"
SMALL = Limits(reading_seconds=0, memory=700_000_000, page_seconds=1, seconds=20)


def reason(work: Callable[[], object]) -> str:
    with pytest.raises(CannotRedact) as refusal:
        work()
    assert refusal.value.remedy
    assert refusal.value.code == "cannot-redact"
    return refusal.value.reason


def test_what_unfolds_without_end_is_left() -> None:
    content = unfolding(3_000)
    assert len(content) < 5_000_000
    assert outcome(content) == "too-large"


def outcome(content: bytes) -> str:
    try:
        redact(content, PDF, (), limits=SMALL)
    except CannotRedact as refusal:
        return refusal.reason
    return "made"


def test_drawing_without_end_is_left() -> None:
    assert reason(lambda: redact(endless(), PDF, (), limits=SMALL)) == "too-slow"


def test_a_picture_that_needs_more_memory_than_there_is_is_refused() -> None:
    tight = Limits(reading_seconds=0, memory=250_000_000)
    out = io.BytesIO()
    Image.new("RGB", (4_000, 4_000)).save(out, "PNG")
    assert reason(lambda: redact(out.getvalue(), "image/png", (), limits=tight)) == "memory"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import os; os.kill(os.getpid(), 11)", "crashed"),
        ("import os; os.abort()", "crashed"),
        ("raise SystemExit(1)", "crashed"),
        ("import signal, os; os.kill(os.getpid(), signal.SIGXCPU)", "too-slow"),
        ("import subprocess; subprocess.run(['sleep', '60'])", "too-slow"),
        ('print(\'{"answer": 1, "size": 9}\')', "crashed"),
        ("print('nonsense')", "crashed"),
    ],
)
def test_however_the_child_ends_the_caller_goes_on(
    monkeypatch: pytest.MonkeyPatch, program: str, said: str
) -> None:
    monkeypatch.setattr(contained, "_COMMAND", (sys.executable, "-I", "-c", program))
    monkeypatch.setattr(contained, "_GRACE", 0.5)
    limits = Limits(seconds=0)
    assert reason(lambda: contained.ask({}, b"x" * 100_000, limits)) == said


def test_after_a_bad_file_the_next_is_masked() -> None:
    made: list[Redacted | str] = []
    for content in (locked(), with_pages(1)):
        try:
            made.append(redact(content, PDF, [PageBox(0, 0, 0, 0, 100, 100)], limits=SMALL))
        except CannotRedact as refusal:
            made.append(refusal.reason)
    assert made[0] == "encrypted"
    assert isinstance(made[1], Redacted)


CONFINED = """
from gdpr.redaction.confine import confine
confine(memory=1_000_000_000, seconds=20)
import os, socket, sys
def refused(work):
    try: work()
    except (OSError, MemoryError): return
    sys.exit(3)
"""


@pytest.mark.parametrize(
    "work",
    [
        "bytearray(2_000_000_000)",
        "os.write(os.open({path!r}, os.O_WRONLY | os.O_CREAT), b'x')",
        "os.write(os.open({there!r}, os.O_WRONLY), b'x')",
        "socket.create_connection(('127.0.0.1', {port}), 2)",
    ],
)
def test_the_child_may_not_write_grow_or_reach_out(tmp_path: Path, work: str) -> None:
    there = tmp_path / "there"
    there.write_bytes(b"")
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = CONFINED + "refused(lambda: " + work + ")"
        values = {
            "path": str(there.with_name("new")),
            "there": str(there),
            "port": server.getsockname()[1],
        }
        done = subprocess.run(
            [sys.executable, "-I", "-c", program.format(**values)], check=False, timeout=60
        )
    if "socket" in work and not sys.platform.startswith("linux"):
        pytest.skip("no network is denied here")
    assert done.returncode == 0
    assert there.read_bytes() == b""
