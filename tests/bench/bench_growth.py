"""B13: what a record costs must not depend on how many came before it, nor must memory.

Each size is measured in a process of its own (`python -m tests.bench.bench_growth COUNT FOLDER`),
so that its peak of memory is its own. Pages are made as they are asked for; that time is taken off.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from archiver.ledger.verify import verify_archive
from tests.bench import corpus, place
from tests.bench.measure import Ratio, cpu

GOAL = 1.3
_NAMES = {"B1": "seal, per item", "B2": "verify, per record", "B12": "rebuild, per record"}


def measure(count: int, folder: Path) -> dict[str, float]:
    """Microseconds of CPU for B1, B2 and B12 at `count` items, and peak memory in MiB."""
    made = 0.0

    def page(number: int) -> bytes:
        nonlocal made
        start = cpu()
        body = corpus.page(number, "S")
        made += cpu() - start
        return body

    ledger = place.new_home(folder)
    start = cpu()
    place.harvest_pages(ledger, place.Replay(count // corpus.PER_PAGE, page))
    found = {"B1": (cpu() - start - made) / count * 1e6, "memory": _peak()}
    start = cpu()
    report = verify_archive(folder, str(ledger.verifier_key))
    found["B2"] = (cpu() - start) / report.entries * 1e6
    start = cpu()
    entries = ledger.rebuild()
    found["B12"] = (cpu() - start) / entries * 1e6
    return found


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(small: int, factor: int = 10) -> list[Ratio]:
    """The ratio of each figure at `small` × `factor` items to that at `small`."""
    at: list[dict[str, float]] = []
    for count in (small, small * factor):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "tests.bench.bench_growth", str(count), folder]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            at.append(json.loads(done.stdout))
    less, more = at
    steps = f"{small:,} → {small * factor:,}"
    ratios = [
        Ratio(
            bench="B13",
            name=f"{name}, {steps}",
            value=more[bench] / less[bench],
            goal=GOAL,
            note=f"{less[bench]:.1f} and {more[bench]:.1f} µs of CPU",
        )
        for bench, name in _NAMES.items()
    ]
    note = f"{less['memory']:.0f} and {more['memory']:.0f} MiB"
    memory = more["memory"] / less["memory"]
    return [
        *ratios,
        Ratio(bench="B13", name=f"peak memory, {steps}", value=memory, goal=GOAL, note=note),
    ]


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), Path(sys.argv[2]))))
