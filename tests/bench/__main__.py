"""`python -m tests.bench [--quick] [--out FILE] [B1 B2 …]`: measure, print a table, write JSON.

The full run takes under 25 minutes, `--quick` under one: it shows that everything runs, and its
figures mean little. B5 and B7 ask a million records, B11 a hundred thousand; with `--records` B5
asks as many as are named (ten million take 4 GB and five minutes). B10 is measured where its
feature lives. `requests` by itself prints requests a day by the schedules, against the
platforms' limits.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import (
    bench_desk,
    bench_disclosure,
    bench_disposal,
    bench_due,
    bench_growth,
    bench_harvest,
    bench_personal,
    bench_read,
    bench_requests,
    bench_search,
    bench_setup,
    bench_write,
    corpus,
    place,
)
from tests.bench.measure import Figure, Ratio, table

Found = tuple[list[Figure], list[Ratio]]


def _reading(count: int, leaves: int, rounds: int, wanted: set[str]) -> Found:
    """B2, B3 and B12 over one home."""
    figures: list[Figure] = []
    ratios: list[Ratio] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        ledger = place.new_home(home)
        pages = [corpus.page(number, "S") for number in range(1, count // corpus.PER_PAGE + 1)]
        place.harvest_pages(ledger, place.Replay(len(pages), lambda number: pages[number - 1]))
        if "B2" in wanted:
            items = list(corpus.items(1, count, "S"))
            found = bench_read.verify(home, ledger, items, rounds)
            figures += found[0]
            ratios += found[1]
        if "B12" in wanted:
            figures += bench_read.rebuild(home, ledger, rounds)
        if "B3" in wanted:
            found = bench_read.prove(Path(folder) / "large", ledger, leaves, rounds)
            figures += found[0]
            ratios += found[1]
    return figures, ratios


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run, under a minute")
    parser.add_argument("--records", type=int, default=1_000_000, help="of B5 and B6")
    parser.add_argument("--out", type=Path, default=Path("bench-results.json"))
    parser.add_argument("benches", nargs="*", metavar="B1 …", help="all of them if none is named")
    asked = parser.parse_args()
    if asked.benches == ["requests"]:
        print(bench_requests.table())
        return
    count, rounds, leaves = (500, 1, 20_000) if asked.quick else (10_000, 5, 1_000_000)
    records = 10_000 if asked.quick else 1_000_000
    pages = 2_000 if asked.quick else 100_000
    due = (20_000, 20_000) if asked.quick else (asked.records, 100_000)
    gone = 2_000 if asked.quick else asked.records
    reading = {"B2", "B3", "B12"}
    parts: dict[frozenset[str], Callable[[set[str]], Found]] = {
        frozenset({"B1"}): lambda _wanted: bench_write.run(count, rounds),
        frozenset(reading): lambda wanted: _reading(count, leaves, rounds, wanted),
        frozenset({"B4"}): lambda _wanted: bench_harvest.run(count // 2, rounds),
        frozenset({"B5"}): lambda _wanted: ([], bench_due.run(*due)),
        frozenset({"B6"}): lambda _wanted: (bench_disposal.run(gone), []),
        frozenset({"B7"}): lambda _wanted: bench_search.run(records, rounds),
        frozenset({"B8"}): lambda _wanted: bench_personal.run(count, rounds),
        frozenset({"B9"}): lambda _wanted: bench_disclosure.run(10 if asked.quick else 200, rounds),
        frozenset({"B11"}): lambda _wanted: (bench_desk.run(pages), []),
        frozenset({"B13"}): lambda _wanted: ([], bench_growth.run(count)),
        frozenset({"B14"}): lambda _wanted: ([], [] if asked.quick else bench_setup.run()),
    }
    known = frozenset().union(*parts)
    wanted = set(asked.benches) or set(known)
    if wanted - known:
        parser.error(f"no such benchmark here: {', '.join(sorted(wanted - known))}")
    figures: list[Figure] = []
    ratios: list[Ratio] = []
    for names, part in parts.items():
        if names & wanted:
            print(f"{', '.join(sorted(names & wanted))} …", file=sys.stderr, flush=True)
            found = part(wanted)
            figures += found[0]
            ratios += found[1]
    print(table(figures, ratios))
    machine = {"python": platform.python_version(), "cpus": os.cpu_count(), "quick": asked.quick}
    results = {
        "machine": machine,
        "figures": [figure.as_json() for figure in figures],
        "ratios": [each.as_json() for each in ratios],
    }
    asked.out.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
