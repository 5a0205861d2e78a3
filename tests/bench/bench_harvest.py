"""B4: a harvest over loopback HTTP, new and unchanged items; the server's CPU is not counted.

The peer does what many archives do: `requests` in warcio's `capture_http`, and `json` of each page.
It neither compares nor encrypts, proves nothing, and keeps every page again in every run.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warcio.capture_http import capture_http  # isort: skip - before requests: it patches http.client
from warcio.warcwriter import WARCWriter  # isort: skip

import requests  # isort: skip

from archiver.clock import SystemClock
from archiver.core.connector import Target
from archiver.harvest.address import AllowedAddress
from archiver.harvest.http import Limits, RecordingClient
from archiver.harvest.service import RunResult, harvest
from archiver.ledger.service import Ledger
from archiver.plugins import connectors
from tests.bench import corpus, place
from tests.bench.measure import Contender, Figure, Ratio, Timed, compare, ratio


@contextmanager
def _site(pages: int) -> Iterator[str]:
    """IP:PORT of a site with that many pages of comments."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, pages + 1):
            (Path(folder) / f"{number}.json").write_bytes(corpus.page(number, "S"))
        command = [sys.executable, "-m", "tests.bench.site", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield f"127.0.0.1:{process.stdout.readline().strip()}"
            finally:
                process.terminate()


def _harvest(ledger: Ledger) -> RunResult:
    channel = place.the_channel(ledger)
    target = Target(url=channel.url)
    clock = SystemClock()
    with RecordingClient(
        target,
        now=clock.now,
        sleep=time.sleep,
        rng=random.Random(1),
        allowed=[AllowedAddress.parse(address) for address in channel.allow],
        limits=Limits(),
    ) as http:
        return harvest(ledger, connectors()["wordpress"], channel, target, http, clock)


def run(count: int, rounds: int) -> tuple[list[Figure], list[Ratio]]:
    """Harvest `count` short comments, then the same again."""
    pages = count // corpus.PER_PAGE
    with _site(pages) as address:

        def new(folder: Path) -> Timed:
            ledger = place.new_home(folder, url=f"http://{address}", allow=(address,))
            return lambda: _harvest(ledger).count("created")

        def unchanged(folder: Path) -> Timed:
            ledger = place.new_home(folder, url=f"http://{address}", allow=(address,))
            _harvest(ledger)
            return lambda: _harvest(ledger).count("unchanged")

        def peer(folder: Path) -> Timed:
            def work() -> int:
                seen = 0
                with (folder / "a.warc.gz").open("wb") as file:
                    with capture_http(WARCWriter(file)), requests.Session() as session:
                        for page in range(1, pages + 1):
                            asked = {"per_page": corpus.PER_PAGE, "page": page}
                            url = f"http://{address}/wp-json/wp/v2/comments"
                            seen += len(json.loads(session.get(url, params=asked).content))
                    os.fsync(file.fileno())
                return seen

            return work

        figures = compare(
            "B4",
            [
                Contender("diarkiv, new", new),
                Contender("diarkiv, unchanged", unchanged),
                Contender("requests + warcio + json", peer, peer=True),
            ],
            unit="item",
            rounds=rounds,
            goals={"diarkiv, new": 250, "diarkiv, unchanged": 25},
        )
    return figures, [
        ratio(figures, "diarkiv, new", "requests + warcio + json", goal=4.5),
        ratio(figures, "diarkiv, unchanged", "requests + warcio + json"),
    ]
