"""B14: from a fresh clone to the first page, set-up included, cold and warm package cache."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.bench.measure import Ratio

ROOT = Path(__file__).parents[2]
_LONGEST = 300.0  # seconds


def run() -> list[Ratio]:
    """`git clone` and `make run` until the first page answers: seconds, cold and warm cache."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        found = []
        for name in ("no package in a cache", "packages in a cache"):
            clone = Path(folder) / name.replace(" ", "-")
            subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
            set_up, page = _first_page(clone, {**os.environ, "UV_CACHE_DIR": str(cache)})
            found += [
                Ratio(bench="B14", name=f"make setup, s, {name}", value=set_up),
                Ratio(bench="B14", name=f"make run to first page, s, {name}", value=page, goal=60),
            ]
    return found


def _first_page(clone: Path, environment: dict[str, str]) -> tuple[float, float]:
    started = time.monotonic()
    subprocess.run(["make", "-s", "setup"], cwd=clone, env=environment, check=True)
    set_up = time.monotonic() - started
    process = subprocess.Popen(
        ["make", "-s", "run"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            address = re.search(r"http://\S+", line)
            if address:
                opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
                assert b"Konton" in opener.open(address[0], timeout=_LONGEST).read()
                return set_up, time.monotonic() - started
        raise RuntimeError("make run ended without an address")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)
