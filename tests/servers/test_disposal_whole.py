"""Ten thousand records, three classes, two decisions, holds, a revoked decision: what is left.

Every comment has a canary of its own. After the disposal none of what went is in any file of the
home, in anything that a key there opens, in the index (of which no file from before survives), in
the database's own files; it does not come back by another harvest. What stays is proven as before,
and the auditor's program explains every gap from files alone.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from archiver.app import Application, build
from archiver.clock import SystemClock
from archiver.core.access import HOME, Role, viewer_of
from archiver.core.connector import Target
from archiver.core.layout import FRAME_ID
from archiver.db import tables as t
from archiver.errors import DisposalNotAuthorised
from archiver.harvest.service import RunResult, harvest
from archiver.ledger.proof import build_bundle, verifier, whole_openings
from archiver.ledger.verify import verify_bundle
from archiver.plugins import connectors
from retention.core.decision import Decision, MinorCondition
from retention.core.disposal import State
from retention.core.hold import HoldKind, HoldScope
from retention.core.hold_request import HoldRequest
from retention.core.schedule import (
    AfterPeriod,
    Applies,
    DecisionLevel,
    Period,
    Rounding,
    Rule,
    Schedule,
    TriggerName,
)
from retention.schedule.reading import HeldDecision, HeldSchedule
from tests.bench import corpus, place
from tests.postgres import Server
from tests.servers.seaweed import Seaweed

pytestmark = pytest.mark.server

COUNT = 10_000
CANARY = re.compile(rb"Zork(\d{6})dal")
EVA, BO = viewer_of(1001, [(Role.ARCHIVIST, HOME)]), viewer_of(1002, [(Role.REGISTRAR, HOME)])
DISPOSE, REVOKED = "SM05", "SM08"


def page(number: int) -> bytes:
    """A page of comments, each with its canary."""
    first = (number - 1) * corpus.PER_PAGE + 1
    made = []
    for n in range(first, first + corpus.PER_PAGE):
        item: dict[str, Any] = dict(corpus.comment(n, "S"))
        item["content"] = {"rendered": f"<p>Zork{n:06}dal säger att snön ligger kvar här.</p>\n"}
        item |= {"parent": 0, "author": 0}
        made.append(corpus.encode(item))
    return b"[" + b",".join(made) + b"]"


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Application:
    """A home on SQLite and disk, or on PostgreSQL and S3."""
    environment = {}
    if request.param == "postgresql":
        environment["DIARKIV_DATABASE"] = request.getfixturevalue("postgres").url()
        weed: Seaweed = request.getfixturevalue("weed")
        environment |= {
            "DIARKIV_STORE": weed.make_bucket("gallring") + "/hem",
            "DIARKIV_STORE_KEYS": weed.make_bucket("gallring-nycklar", locked=False) + "/hem",
            "DIARKIV_STORE_ENDPOINT": weed.endpoint,
        }
        for name in ("S3", "S3_KEYS"):
            environment[f"DIARKIV_{name}_ACCESS_KEY"] = weed.credentials.access_key
            environment[f"DIARKIV_{name}_SECRET_KEY"] = weed.credentials.secret_key
    made = build(tmp_path / "home", environment=environment)
    made.init(None)
    made.channels.add_authority("KS", "Kommunstyrelsen")
    made.channels.add_channel("wordpress", corpus.HOST, authority="KS", title="Bloggen")
    return made


def run(app: Application) -> RunResult:
    channel = app.channels.channels()[0]
    replay = place.Replay(COUNT // corpus.PER_PAGE, page)
    found = connectors()["wordpress"]
    return harvest(app.ledger, found, channel, Target(url=channel.url), replay, SystemClock())


def rule(code: str) -> Rule:
    return Rule(
        code=code,
        label=code,
        retention=AfterPeriod(Period(days=1), Rounding.EXACT),
        trigger=TriggerName.RECEIVED,
        applies=Applies(explicit_only=True),
    )


def adopt(app: Application, authority: int) -> None:
    made = app.retention.adopt(
        EVA,
        Schedule(
            authority=authority,
            name="Plan",
            version="1",
            effective_from=date(2020, 1, 1),
            effective_until=None,
            required_levels=frozenset({DecisionLevel.AUTHORITY}),
            rules=tuple(rule(code) for code in (DISPOSE, "SM11", REVOKED)),
        ),
    )
    assert isinstance(made, HeldSchedule), made


def decide(app: Application, authority: int, code: str, **changes: Any) -> Decision:
    today = app.disposals.today()
    decision = Decision(
        seq=0,
        authority=authority,
        number=f"KS {code}",
        body="Kommunstyrelsen",
        level=DecisionLevel.AUTHORITY,
        decided_on=today - timedelta(days=1),
        paragraph="§ 1",
        rules=frozenset({code}),
        conditions=frozenset(MinorCondition),
        records_from=date(2000, 1, 1),
        valid_from=today,
        waiting_days=0,
    )
    made = app.retention.decide(EVA, replace(decision, **changes))
    assert isinstance(made, HeldDecision), made
    return made.decision


def numbers(data: bytes) -> set[int]:
    return {int(found) for found in CANARY.findall(data)}


def in_files(home: Path) -> set[int]:
    """Canaries in the files of a home, as they lie there."""
    return {n for p in home.rglob("*") if p.is_file() for n in numbers(p.read_bytes())}


def readable(app: Application) -> set[int]:
    """Canaries in everything that opens."""
    with app.ledger.database.read() as connection:
        e = t.entry.c
        seqs = list(connection.scalars(select(e.seq).where(e.cohort.is_not(None))))
    found: set[int] = set()
    for start in range(0, len(seqs), 2000):
        opened = app.ledger.open(seqs[start : start + 2000], protected=True)
        for one in opened.values():
            found |= numbers(one.raw) | numbers(str(one.envelope).encode())
    return found


def by_number(app: Application) -> dict[int, int]:
    """Number of each comment → its record."""
    with app.ledger.database.read() as connection:
        rows = list(connection.scalars(select(t.record.c.seq).order_by(t.record.c.seq)))
    found = {}
    for start in range(0, len(rows), 2000):
        for seq, one in app.ledger.open(rows[start : start + 2000]).items():
            found[int(str(one.envelope["native_id"]))] = seq
    return found


def shards(app: Application) -> dict[str, tuple[int, int]]:
    """Files of the index, each with what tells it from one written later: a folder gives the number
    of a file that went to the next one."""
    folder = app.home / "index"
    found = {str(p.relative_to(folder)): p.stat() for p in folder.rglob("*") if p.is_file()}
    return {name: (one.st_ino, one.st_mtime_ns) for name, one in found.items()}


def test_nothing_is_left_of_what_went_and_everything_of_the_rest(
    app: Application, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    assert run(app).count("created") == COUNT
    app.catch_up_index()
    records = by_number(app)
    authority = app.channels.authorities()[0].seq
    adopt(app, authority)
    of = {code: [n for n in records if n % 10 in tail] for code, tail in CLASSES.items()}
    for code, mine in of.items():
        for start in range(0, len(mine), 200):
            chosen = [records[n] for n in mine[start : start + 200]]
            app.retention.classify(EVA, chosen, code)
    decide(app, authority, DISPOSE)
    decide(app, authority, "SM11")
    gone_decision = decide(app, authority, REVOKED)
    app.retention.revoke(EVA, gone_decision.seq, reason="Upphävt")
    held = set(of[DISPOSE][:100])
    app.holds.place(
        EVA,
        HoldRequest(
            authority=authority,
            kind=HoldKind.COURT,
            scope=HoldScope(records=frozenset(records[n] for n in held)),
            reason="Mål T 1-26",
            review_on=app.disposals.today() + timedelta(days=30),
        ),
    )
    stored = Stored(app, request)
    kept_bundle = proof_of(app, records[of[REVOKED][0]])
    before, going = shards(app), {*of[DISPOSE], *of["SM11"]} - held
    assert going <= readable(app)
    assert not in_database(request) & going
    stored.ship()
    sealed = stored.sealed([records[n] for n in sorted(going)[::500]])
    there = sum(stored.holds(one) for one in sealed)
    assert there > len(sealed) * 0.7 or not sealed  # a part may stand across two of its blocks
    proposals = app.disposals.propose(EVA, authority)
    assert len(proposals) == 2
    for seq in proposals:
        digest = app.disposals.get(BO, seq).proposal.digest
        app.disposals.confirm(BO, seq, digest=digest)
        row = app.execution.execute(EVA, seq)
        if stored.weed:
            assert row.state is State.KEYS_DESTROYED  # the store has to follow
            stored.ship()
            row = app.execution.execute(EVA, seq)
        assert row.state is State.COMPLETED
    with pytest.raises(DisposalNotAuthorised):
        app.disposals.propose(EVA, authority)
    stays = set(records) - going
    assert readable(app) == stays
    assert not in_files(app.home) & going
    assert not in_database(request) & set(records)
    after = shards(app)
    old = {name for name, one in before.items() if after.get(name) == one}
    assert {name for name in old if re.search(r"\d{4}/", name)} == set()
    stored.vacuum()
    assert not any(stored.holds(one) for one in sealed)
    audit(app, tmp_path, len(going))
    again = run(app)
    assert again.count("created") == 0
    assert readable(app) == stays
    found, _ = verify_bundle(kept_bundle, str(app.ledger.verifier_key))
    assert found.verdict.value == "Styrkt"
    fresh, _ = verify_bundle(proof_of(app, records[of[REVOKED][1]]), str(app.ledger.verifier_key))
    assert fresh.verdict.value == "Styrkt"
    app.ledger.rebuild()
    assert readable(app) == stays


# What the last digit of a comment's number puts it in; the others are in no class.
CLASSES: Mapping[str, set[int]] = {DISPOSE: {0, 1, 2, 3, 4}, "SM11": {5, 6}, REVOKED: {7, 8}}


class Stored:
    """The S3 server's own files, where the home is shipped; without one, nothing is ever there."""

    def __init__(self, app: Application, request: pytest.FixtureRequest) -> None:
        self._app = app
        is_shipped = app.store_place.is_set
        self.weed: Seaweed | None = request.getfixturevalue("weed") if is_shipped else None

    def ship(self) -> None:
        if self.weed:
            self._app.shipping.tick()

    def vacuum(self) -> None:
        if self.weed:
            self.weed.vacuum()

    def sealed(self, records: list[int]) -> list[bytes]:
        """A part of each record's sealed bytes, and of its wrapped key."""
        if not self.weed:
            return []
        frames = [frame for _, frame, _ in self._app.ledger.sealed(records)]
        keys = b"".join(p.read_bytes() for p in (self._app.home / "keys").glob("[0-9]*"))
        lines = {line[:32]: line[33:129] for line in keys.splitlines()}
        return [frame[40:72] for frame in frames] + [
            lines[frame[FRAME_ID].hex().encode()] for frame in frames
        ]

    def holds(self, part: bytes) -> bool:
        assert self.weed
        return bool(self.weed.holding(part))


def proof_of(app: Application, record: int) -> Path:
    path = app.home.parent / f"R{record}.zip"
    path.write_bytes(build_bundle(app.ledger, whole_openings(app.ledger, [record]), path.name))
    return path


def in_database(request: pytest.FixtureRequest) -> set[int]:
    """Canaries in PostgreSQL's own files, its write-ahead log and all; the home's SQLite files are
    among its files."""
    if "postgresql" not in request.node.name:
        return set()
    server: Server = request.getfixturevalue("postgres")
    return {n for data in server.files().values() for n in numbers(data)}


def audit(app: Application, folder: Path, gone: int) -> None:
    """What an outsider is told, with files and the public key alone."""
    program = folder / "verify.pyz"
    program.write_bytes(verifier())
    command = [sys.executable, "-I", "-S", str(program), str(app.home), "--json"]
    done = subprocess.run(
        [*command, "--key", str(app.ledger.verifier_key)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    said = json.loads(done.stdout)
    assert (said["verdict"], said["unexplained"], said["findings"]) == ("Styrkt", 0, [])
    assert said["disposed"] == said["destroyed"] >= gone
