"""B1: an item's whole way into the archive, against writing the same items as WARC.

The product's own harvest reads pages of 100 from memory: split, normalise, compare with what is
known, compress, encrypt under a key of its own, commit for disclosure, append to pack, key file and
log, hash into the tree, project into SQL, sign. warcio writes gzip records of the same bytes.
Durability: the product makes every page durable (about 102 entries: pack, key file, log, database
in FULL mode, signed head); warcio gets one fsync per 256 items.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests.bench import corpus, place
from tests.bench.measure import Contender, Figure, Ratio, Timed, compare, ratio

FSYNC = 256
GOALS = {"S": (60.0, 1.0), "L": (100.0, 1.5)}


def write_warc(path: Path, bodies: Sequence[bytes], *, every: int) -> None:
    """One gzip record per body; on disk after every `every` records."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number, body in enumerate(bodies, 1):
            headers = StatusAndHeaders(
                "200 OK", [("Content-Type", "application/json")], protocol="HTTP/1.1"
            )
            url = f"{corpus.HOST}/wp-json/wp/v2/comments/{number}"
            writer.write_record(
                writer.create_warc_record(
                    url, "response", payload=io.BytesIO(body), http_headers=headers
                )
            )
            if number % every == 0 or number == len(bodies):
                file.flush()
                os.fsync(file.fileno())


def product(pages: Sequence[bytes]) -> Contender:
    """A new home each time, and one run that finds everything new."""

    def prepare(folder: Path) -> Timed:
        ledger = place.new_home(folder)

        def work() -> int:
            replay = place.Replay(len(pages), lambda number: pages[number - 1])
            created = place.harvest_pages(ledger, replay).count("created")
            assert created == len(pages) * corpus.PER_PAGE
            return created

        return work

    return Contender("diarkiv", prepare)


def warc(name: str, bodies: Sequence[bytes], items: int) -> Contender:
    def prepare(folder: Path) -> Timed:
        def work() -> int:
            write_warc(folder / "a.warc.gz", bodies, every=max(1, FSYNC * len(bodies) // items))
            return items

        return work

    return Contender(name, prepare, peer=True)


def run(count: int, rounds: int) -> tuple[list[Figure], list[Ratio]]:
    """Both texts, `count` items each."""
    figures: list[Figure] = []
    ratios: list[Ratio] = []
    for size, (goal, most) in GOALS.items():
        pages = [corpus.page(number, size) for number in range(1, count // corpus.PER_PAGE + 1)]
        items = list(corpus.items(1, count, size))
        found = compare(
            f"B1 {size}",
            [
                product(pages),
                warc("warcio gz per item", items, count),
                warc("warcio gz per page", pages, count),
            ],
            unit="item",
            rounds=rounds,
            goals={"diarkiv": goal},
            note="durable per page of 100; warcio fsync per 256 items",
        )
        figures += found
        ratios += [
            ratio(found, "diarkiv", "warcio gz per item", goal=most),
            ratio(found, "diarkiv", "warcio gz per page"),
        ]
    return figures, ratios
