"""clamd's dialogue, against one that speaks it: what is clean, found, too large, away."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from archiver.core.scan import NO_SCANNER, Scan, ScanVerdict
from archiver.errors import ConfigError
from archiver.scan.clamd import Clamd, NoScanner, scanner_of
from tests.unit.scan.clamds import EICAR, VERSION, FakeClamd, running

CLEAN = Scan(verdict=ScanVerdict.CLEAN, engine=VERSION)


@pytest.mark.parametrize("unix", [True, False])
def test_a_file_is_streamed_whole_and_judged(tmp_path: Path, unix: bool) -> None:
    clamd = FakeClamd()
    with running(clamd, tmp_path / "clamd.ctl" if unix else None) as setting:
        scanner = scanner_of(setting)
        chunks = [b"a" * 2**20, b"", b"zINSTREAM\0\0\0\0\0", b"b" * 200_000]
        assert scanner.scan(iter(chunks)) == CLEAN
        assert scanner.scan([]) == CLEAN
        found = scanner.scan([b"x" * 10, EICAR[:20], EICAR[20:]])
    assert clamd.seen == [b"".join(chunks), b"", b"x" * 10 + EICAR]
    assert found == Scan(verdict=ScanVerdict.INFECTED, engine=VERSION, found="Eicar-Signature")


def test_what_the_daemon_will_not_take_is_not_clean() -> None:
    with running(FakeClamd(limit=1000)) as setting:
        scan = scanner_of(setting).scan(b"a" * 2**16 for _ in range(200))
    assert (scan.verdict, scan.engine) == (ScanVerdict.NOT_SCANNED, VERSION)
    assert scan.found in ("too_large", "engine_error")  # the hang-up may outrun the answer


@pytest.mark.parametrize(
    "answer", ["stream: OK FOUND?", "stream: ok", "OK", "Can't allocate memory ERROR", "x" * 9000]
)
def test_an_answer_that_is_not_known_is_no_verdict(answer: str) -> None:
    with running(FakeClamd(answer=answer)) as setting:
        scan = scanner_of(setting).scan([b"a"])
    assert (scan.verdict, scan.found) == (ScanVerdict.NOT_SCANNED, "engine_error")


def test_a_daemon_that_is_away_or_silent_makes_nothing_clean(tmp_path: Path) -> None:
    away = Scan(verdict=ScanVerdict.NOT_SCANNED, found="unreachable")
    assert scanner_of(f"unix:{tmp_path / 'none'}").scan([b"a"]) == away
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert Clamd(silent.getsockname()[:2], timeout=0.2).scan([b"a"]) == away
        port = silent.getsockname()[1]
    assert scanner_of(f"tcp://127.0.0.1:{port}").scan([b"a"]) == away


def test_without_a_scanner_every_file_is_said_not_to_be_scanned() -> None:
    assert isinstance(scanner_of(""), NoScanner)
    assert scanner_of("").scan([b"a"]) == NO_SCANNER


@pytest.mark.parametrize(
    "setting",
    ["clamd", "unix:clamd.ctl", "tcp://192.0.2.7:3310", "tcp://localhost:x", "http://127.0.0.1/"],
)
def test_only_a_scanner_on_this_machine_can_be_named(setting: str) -> None:
    with pytest.raises(ConfigError, match="malware_scanner"):
        scanner_of(setting)
