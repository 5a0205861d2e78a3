"""B2, B3 and B12: verifying, proving and rebuilding.

B2 is the keyless audit: it reads and hashes every frame, entry and key line, and decompresses
nothing. fastwarc reads gzip records and checks their block digests; bagit checks SHA-256 of one
file per item. `verify.pyz` runs as an auditor runs it, its start included.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random

import bagit
from fastwarc.warc import ArchiveIterator
from pymerkle import InmemoryTree

from archiver.core import merkle
from archiver.core.event import EventType, SealedEntry, parse
from archiver.core.verdict import Verdict
from archiver.db.postgres import PostgresDatabase, schema_of
from archiver.ledger.log import Log
from archiver.ledger.proof import build_bundle, verifier, whole_openings
from archiver.ledger.service import Ledger
from archiver.ledger.verify import verify_archive, verify_bundle
from archiver.store.filesystem import FilesystemStore
from tests.bench.bench_write import write_warc
from tests.bench.measure import Contender, Figure, Ratio, Timed, compare, ratio
from tests.bench.place import open_ledger
from tests.bench.synthetic import write_log
from tests.postgres import NoServer, end, new_server

_PROOFS = 400
_BUNDLES = 20


def _again(work: Timed) -> Contender:
    """A product's work that needs no folder of its own."""
    return Contender("diarkiv", lambda _folder: work)


def _audit(home: Path, key: str) -> int:
    report = verify_archive(home, key)
    assert report.verdict is Verdict.PROVEN, report.findings
    return report.entries


def _pyz(home: Path, key: str, entries: int, folder: Path) -> Timed:
    program = folder / "verify.pyz"
    program.write_bytes(verifier())
    command = [sys.executable, "-I", "-S", str(program), str(home), "--key", key]

    def work() -> int:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return entries

    return work


def _fastwarc(items: Sequence[bytes], folder: Path) -> Timed:
    path = folder / "a.warc.gz"
    write_warc(path, items, every=len(items))

    def work() -> int:
        with path.open("rb") as file:
            seen = sum(
                record.verify_block_digest() for record in ArchiveIterator(file, parse_http=False)
            )
        assert seen == len(items)
        return seen

    return work


def _bagit(items: Sequence[bytes], folder: Path) -> Timed:
    for number, item in enumerate(items):
        (folder / f"{number}.json").write_bytes(item)
    bag = bagit.make_bag(str(folder), checksums=["sha256"])

    def work() -> int:
        bag.validate(processes=1)
        return len(items)

    return work


def verify(
    home: Path, ledger: Ledger, items: Sequence[bytes], rounds: int
) -> tuple[list[Figure], list[Ratio]]:
    """B2, over a home that holds `items`."""
    key, size = str(ledger.verifier_key), ledger.log.size
    figures = compare(
        "B2",
        [
            _again(partial(_audit, home, key)),
            Contender("verify.pyz -I -S", partial(_pyz, home, key, size)),
            Contender("fastwarc", partial(_fastwarc, items), peer=True),
            Contender("bagit", partial(_bagit, items), peer=True),
        ],
        unit="record",
        rounds=rounds,
        goals={"diarkiv": 6, "verify.pyz -I -S": 15},
        note="keyless: nothing is decompressed",
    )
    return figures, [
        ratio(figures, "diarkiv", "fastwarc", goal=1),
        ratio(figures, "diarkiv", "bagit"),
    ]


def rebuild(home: Path, ledger: Ledger, rounds: int) -> list[Figure]:
    """B12: the tables anew from packs, log and keys; there is no search index in this home. Over
    PostgreSQL, where there is one, the server's own CPU is not counted: look at the wall time."""
    contenders = [_again(ledger.rebuild)]
    try:
        server = new_server("fsync=on")
    except NoServer:
        server = None
    else:
        database = PostgresDatabase(server.secret(), lambda: schema_of("matning", "projection"))
        over = open_ledger(home, database)
        contenders.append(Contender("diarkiv, PostgreSQL", lambda _folder: over.rebuild))
    try:
        return compare("B12", contenders, unit="record", rounds=rounds, goals={"diarkiv": 50})
    finally:
        if server:
            database.close()
            end(server)


def prove(
    folder: Path, ledger: Ledger, leaves: int, rounds: int
) -> tuple[list[Figure], list[Ratio]]:
    """B3: proofs of random leaves in a log of `leaves`, and a bundle over one record."""
    write_log(folder, leaves)
    random = Random(3)
    peer_leaves = min(leaves, 100_000)

    def proofs(_folder: Path) -> Timed:
        log = Log(FilesystemStore(folder))
        log.load()
        wanted = [random.randrange(leaves) for _ in range(_PROOFS)]
        root = log.frontier.root()

        def work() -> int:
            for seq in wanted:
                merkle.inclusion_proof(seq, leaves, log.node)
            return len(wanted)

        path = merkle.inclusion_proof(7, leaves, log.node)
        merkle.verify_inclusion(merkle.leaf_hash(log.entry(7)), 7, leaves, path, root)
        return work

    tree = InmemoryTree(algorithm="sha256")
    for number in range(peer_leaves):
        tree.append_entry(number.to_bytes(8, "big"))

    def peer(_folder: Path) -> Timed:
        wanted = [random.randrange(peer_leaves) + 1 for _ in range(_PROOFS)]

        def work() -> int:
            for seq in wanted:
                tree.prove_inclusion(seq)
            return len(wanted)

        return work

    name, other = f"diarkiv, {leaves:,} leaves on disk", f"pymerkle, {peer_leaves:,} in memory"
    figures = compare(
        "B3",
        [Contender(name, proofs), Contender(other, peer, peer=True)],
        unit="proof",
        rounds=rounds,
        goals={name: 150},
    )
    return [*figures, *_bundle(folder, ledger, rounds)], [ratio(figures, name, other, goal=1)]


def _bundle(folder: Path, ledger: Ledger, rounds: int) -> list[Figure]:
    entries = (parse(ledger.log.entry(seq)) for seq in range(ledger.log.size))
    seq = next(
        seq
        for seq, entry in enumerate(entries)
        if isinstance(entry, SealedEntry) and entry.type == EventType.VERSION
    )
    path = folder / "one.zip"
    path.write_bytes(build_bundle(ledger, whole_openings(ledger, [seq]), path.name))
    key = str(ledger.verifier_key)

    def work() -> int:
        for _ in range(_BUNDLES):
            report, _disclosed = verify_bundle(path, key)
            assert report.verdict is Verdict.PROVEN
        return _BUNDLES

    return compare(
        "B3", [_again(work)], unit="bundle verified", rounds=rounds, goals={"diarkiv": 4000}
    )
