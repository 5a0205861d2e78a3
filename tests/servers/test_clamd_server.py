"""A real clamd, with one signature of the test's own: what Diarkiv says to it, it understands.

clamd is Debian's (tests/servers/install). It listens on a socket in the test's folder, as whoever
runs the test, and is stopped again.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from archiver.core.scan import ScanVerdict
from archiver.scan.clamd import scanner_of
from tests.unit.scan.clamds import EICAR

pytestmark = pytest.mark.server
CLAMD = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CANARY = b"KANARIE: ett program som ingen har skrivit. "
SECONDS = 60


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if CLAMD is None:
        pytest.skip("clamd is not installed")
    folder = tmp_path_factory.mktemp("c")
    (folder / "signatures").mkdir()
    line = f"{sha256(CANARY).hexdigest()}:{len(CANARY)}:Diarkiv.Test.Canary\n"
    (folder / "signatures" / "own.hsb").write_text(line)
    (folder / "signatures" / "own.ndb").write_text(f"Diarkiv.Test.Eicar:0:*:{EICAR.hex()}\n")
    socket = folder / "s"
    settings = folder / "clamd.conf"
    settings.write_text(
        f"DatabaseDirectory {folder}/signatures\nLocalSocket {socket}\nForeground yes\n"
        f"User {pwd.getpwuid(os.getuid()).pw_name}\nLogFile {folder}/log\nStreamMaxLength 1M\n"
        f"TemporaryDirectory {folder}\n"
    )
    process = subprocess.Popen([CLAMD, f"--config-file={settings}"])
    try:
        _wait(process, socket)
        yield f"unix:{socket}"
    finally:
        process.terminate()
        process.wait(SECONDS)


def _wait(process: subprocess.Popen[bytes], socket: Path) -> None:
    ends = time.monotonic() + SECONDS
    while not socket.exists():
        assert process.poll() is None, "clamd ended by itself"
        assert time.monotonic() < ends, "clamd never listened"
        time.sleep(0.1)


def test_it_tells_clean_from_infected(setting: str) -> None:
    scanner = scanner_of(setting)
    clean = scanner.scan([b"a" * 300_000, b"b" * 300_000])
    assert (clean.verdict, clean.found) == (ScanVerdict.CLEAN, "")
    assert clean.engine.startswith("ClamAV 1.")
    hashed = scanner.scan([CANARY[:10], CANARY[10:]])
    assert hashed.verdict is ScanVerdict.INFECTED
    assert hashed.found.startswith("Diarkiv.Test.Canary")
    inside = scanner.scan([b"x" * 5000, EICAR, b"y" * 5000])
    assert (inside.verdict, "Diarkiv.Test.Eicar" in inside.found) == (ScanVerdict.INFECTED, True)
    assert scanner.scan([CANARY + b"!"]).verdict is ScanVerdict.CLEAN


def test_a_file_above_its_limit_is_not_scanned(setting: str) -> None:
    scan = scanner_of(setting).scan(b"a" * 2**17 for _ in range(40))
    assert scan.verdict is ScanVerdict.NOT_SCANNED
    assert scan.found in ("too_large", "engine_error", "unreachable")
    assert scanner_of(setting).scan([b"a"]).verdict is ScanVerdict.CLEAN
