"""The benchmarks run. What they measure is never a test's business."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import corpus


@pytest.mark.bench
def test_every_benchmark_runs(tmp_path: Path) -> None:
    out = tmp_path / "bench-results.json"
    command = [sys.executable, "-m", "tests.bench", "--quick", "--out", str(out)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(out.read_text())
    assert {one["bench"].split()[0] for one in found["figures"]} == {
        *("B1", "B2", "B3", "B4", "B7", "B8", "B9", "B11", "B12")
    }
    assert {one["bench"] for one in found["ratios"]} >= {
        *("B1 S", "B1 L", "B2", "B3", "B4", "B5", "B13")
    }
    assert "| B1 S | diarkiv, per item |" in done.stdout


@pytest.mark.bench
def test_the_corpus_is_the_same_in_every_run_and_of_the_stated_size() -> None:
    assert corpus.page(3, "S") == corpus.page(3, "S")
    for size, least, most in (("S", 750, 1000), ("L", 1050, 1300)):
        items = list(corpus.items(1, 500, size))
        assert least < sum(map(len, items)) / len(items) < most
