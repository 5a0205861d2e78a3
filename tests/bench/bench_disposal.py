"""B6: disposal of one class whole, and of a thousand records scattered over all there is.

Over a home that was really harvested. From the confirmed proposal to the sealed certificate, but
for the search index (its shards are built anew: B7 has what that costs) and without an outside time
stamp. No peer: nobody's archive disposes provably.
"""

from __future__ import annotations

import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from archiver.clock import SystemClock
from archiver.core.access import Role, viewer_of
from archiver.db import tables as t
from archiver.ledger.service import Ledger
from archiver.registry.service import Register
from retention.core.decision import Decision, MinorCondition
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
from retention.disposal.certify import Certification, Names
from retention.disposal.execution import Execution
from retention.disposal.residue import Traces
from retention.disposal.service import Disposals
from retention.due.evaluator import Evaluator
from retention.schedule.reading import HeldDecision, HeldSchedule
from retention.schedule.service import Retention
from tests.bench import corpus, place
from tests.bench.measure import Figure

GOAL, GOAL_SCATTERED = 60.0, 5.0  # seconds, of a million; of a thousand
SCATTERED = 1000
EVA, BO = viewer_of(1001, [(Role.ARCHIVIST, 0)]), viewer_of(1002, [(Role.REGISTRAR, 0)])


class Disposed(NamedTuple):
    """How many records went, the CPU seconds of each step, and the seconds of all."""

    records: int
    steps: dict[str, float]
    wall: float


class Archivist:
    """Retention over a home, as far as a disposal needs it."""

    def __init__(self, home: Path, ledger: Ledger) -> None:
        clock = SystemClock()
        self.ledger = ledger
        self.authority = place.the_channel(ledger).authority
        self.retention = Retention(ledger, clock)
        evaluator = Evaluator(self.retention)
        self.disposals = Disposals(ledger, evaluator, self.retention, clock)
        names = Names(person=lambda n: f"Person {n}", authority=str, channel=str)
        certifier = Certification(
            ledger, Register(ledger), self.retention, names, home, backup_days=30
        )
        self.execution = Execution(
            ledger, self.disposals, evaluator, traces=Traces(home), certifier=certifier
        )

    def adopt(self) -> None:
        """Comments go a day after they came, posts are kept; those in a class go too."""
        day = AfterPeriod(Period(days=1), Rounding.EXACT)
        rules = (
            Rule(
                code="SM05",
                label="Kommentar",
                retention=day,
                trigger=TriggerName.RECEIVED,
                applies=Applies(kinds=frozenset({"comment"}), outcomes=frozenset({""})),
            ),
            Rule(
                code="SM11",
                label="Spridda",
                retention=day,
                trigger=TriggerName.RECEIVED,
                applies=Applies(explicit_only=True),
            ),
        )
        made = self.retention.adopt(
            EVA,
            Schedule(
                authority=self.authority,
                name="Plan",
                version="1",
                effective_from=date(2010, 1, 1),
                effective_until=None,
                required_levels=frozenset({DecisionLevel.AUTHORITY}),
                rules=rules,
            ),
        )
        assert isinstance(made, HeldSchedule), made

    def decide(self, code: str) -> None:
        today = self.disposals.today()
        made = self.retention.decide(
            EVA,
            Decision(
                seq=0,
                authority=self.authority,
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
            ),
        )
        assert isinstance(made, HeldDecision), made

    def dispose(self, code: str) -> Disposed:
        """Propose and confirm what is due in a class, and measure how it is carried out."""
        steps: dict[str, float] = {}
        (seq,) = self.disposals.propose(EVA, self.authority, rules={code})
        digest = self.disposals.get(BO, seq).proposal.digest
        self.disposals.confirm(BO, seq, digest=digest)
        wall, since, doing = time.perf_counter(), time.process_time(), "open"

        def progress(step: str, _done: int, _all: int) -> None:
            nonlocal since, doing
            now = time.process_time()
            steps[doing] = steps.get(doing, 0.0) + now - since
            since, doing = now, step

        records = self.execution.execute(EVA, seq, progress).records
        progress("", 0, 0)
        return Disposed(records, steps, time.perf_counter() - wall)


def run(count: int) -> list[Figure]:
    """Over `count` records: a thousand of them, then all the others."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        ledger = place.new_home(home)
        pages = count // corpus.PER_PAGE
        place.harvest_pages(ledger, place.Replay(pages, lambda number: corpus.page(number, "S")))
        office = Archivist(home, ledger)
        office.adopt()
        with ledger.database.read() as connection:
            records = list(connection.scalars(select(t.record.c.seq).order_by(t.record.c.seq)))
        some = records[:: max(1, len(records) // SCATTERED)][:SCATTERED]
        for start in range(0, len(some), 200):
            office.retention.classify(EVA, some[start : start + 200], "SM11")
        office.decide("SM11")
        scattered = office.dispose("SM11")
        office.decide("SM05")
        whole = office.dispose("SM05")
        return [
            _figure(f"scattered over {count}", scattered, GOAL_SCATTERED),
            _figure("all that is due of a class", whole, GOAL * whole.records / 1e6),
        ]


def _figure(name: str, took: Disposed, goal: float) -> Figure:
    units, cpu = took.records, sum(took.steps.values())
    said = ", ".join(f"{step} {seconds:.1f}" for step, seconds in took.steps.items())
    return Figure(
        bench="B6",
        name=f"disposal of {units} records, {name}",
        peer=False,
        unit="record",
        cpu=cpu / units * 1e6,
        wall=took.wall / units * 1e6,
        units=units,
        rounds=1,
        goal=goal / units * 1e6,
        note=f"{cpu:.1f} s CPU, {took.wall:.1f} s wall, goal {goal:.1f}: {said}",
    )
