"""Late handovers and emergency stops, from the archive to a mailbox: each step once, to the next
person, through any crash; what leaves says a number and nothing of anybody."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import event, select
from structlog.testing import capture_logs

from archiver.app import Application, build
from archiver.cli import apart as apart_cli
from archiver.core.access import LOCAL
from archiver.db import tables as t
from archiver.demo.server import DemoServer
from archiver.notify.service import LEASE
from archiver.registry.core.triage import Decision, Handover, HandoverStep, Outcome
from tests.build import FakeClock
from tests.unit.channels.sites import demo_site
from tests.unit.notify.servers import Mailbox, Receiver, mail_server, webhook_receiver

DAY = 86_400_000
MONDAY = 1_795_429_800_000  # 2026-11-23 11.30 in Sweden
CANARY = "KANARIEFAGELN"
FIRST, SECOND, THIRD = (f"{one}@testkoping.example" for one in ("ett", "tva", "tre"))


def application(
    path: Path, receiver: Receiver, box: Mailbox | None, clock: FakeClock
) -> Application:
    environment = {
        "DIARKIV_ALERT_WEBHOOK": receiver.url,
        "DIARKIV_WEBHOOK_SECRET": f"{CANARY}-secret",
    }
    if box is not None:
        environment |= {
            "DIARKIV_SMTP_URL": f"smtp://127.0.0.1:{box.port}",
            "DIARKIV_SMTP_FROM": "diarkiv@testkoping.example",
        }
    return build(path, environment=environment, clock=clock, rng=os.urandom)


class Rig:
    """A home with something handed over, and those who are told."""

    def __init__(self, path: Path, box: Mailbox, receiver: Receiver, logs: list[Any]) -> None:
        self.path, self.box, self.receiver, self.logs = path, box, receiver, logs
        self.clock = FakeClock(MONDAY)
        self.app = application(path, receiver, box, self.clock)
        self.app.init(None)
        self.app.add_authority("KS", f"{CANARY}-nämnden")
        for one in (FIRST, SECOND, THIRD):
            self.app.notices.add_recipient(one)

    def hand_over(self, due: int | None = None) -> int:
        to = Handover(to=f"{CANARY}-enheten", way=f"{CANARY}-post", due=due)
        authority = self.app.channels.authority("KS").seq
        decision = Decision(
            authority=authority, records=(), outcome=Outcome.HANDED_OVER, handover=to
        )
        return self.app.register.decide(LOCAL, decision)

    def tick(self, later: float = 0) -> int:
        """Messages that were put on their way, so many days later."""
        self.clock.advance(int(later * DAY))
        return self.app.alerts.tick(self.clock.now()).said

    def told(self) -> list[list[str]]:
        return [to for to, _, _ in self.box.messages]

    def stages(self, seq: int) -> list[str]:
        found = self.app.handovers.one(LOCAL, seq, now=self.clock.now())
        return [note.stage for note in found.notes if note.stage]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with mail_server() as box, webhook_receiver() as receiver, capture_logs() as logs:
        yield Rig(tmp_path / "home", box, receiver, logs)


def test_a_handover_without_a_receipt_is_told_of_to_one_after_the_other(rig: Rig) -> None:
    seq = rig.hand_over()
    assert rig.tick() == 0
    assert rig.tick(2) == 0  # Wednesday: the second working day is not over
    assert rig.tick(1) == 2  # by e-mail and by webhook
    assert [rig.tick(0.1) for _ in range(3)] == [0, 0, 0]
    assert rig.told() == [[FIRST]]
    assert rig.tick(1) == 2
    assert rig.tick(2) == 0  # Sunday
    assert rig.tick(1) == 2
    assert rig.tick(30) == 0
    assert rig.told() == [[FIRST], [SECOND], [FIRST, SECOND, THIRD]]
    assert rig.stages(seq) == ["receipt_1", "receipt_2", "receipt_3"]
    subjects = [str(one["Subject"]) for one in rig.box.parsed()]
    assert subjects[1] == f"[Diarkiv] En överlämning är försenad (påminnelse 2) – KS, {seq}"
    left = b"".join(raw for _, raw, _ in rig.box.messages) + repr(rig.logs).encode()
    left += b"".join(repr(one).encode() for one in rig.receiver.requests)
    assert CANARY.encode() not in left


def test_whoever_is_on_duty_is_told_first(rig: Rig) -> None:
    rig.app.notices.set_roster("från;till;adress\nmån 00:00;mån 00:00;jour@testkoping.example\n")
    rig.hand_over()
    for later in (3, 1, 3):
        rig.tick(later)
    jour = "jour@testkoping.example"
    assert rig.told() == [[jour], [FIRST], [jour, FIRST, SECOND, THIRD]]


def test_a_receipt_and_an_answer_stop_it(rig: Rig) -> None:
    seq = rig.hand_over(due=MONDAY + 7 * DAY)
    assert rig.tick(3) == 2
    rig.app.handovers.note(LOCAL, seq, HandoverStep.RECEIVED, "Kvittens 17")
    assert rig.tick(2) == 0
    assert rig.tick(3) == 2  # now the answer is late, and that begins with the first step
    rig.app.handovers.note(LOCAL, seq, HandoverStep.ANSWERED, "")
    assert [rig.tick(2) for _ in range(4)] == [0] * 4
    assert rig.stages(seq) == ["receipt_1", "answer_1"]


def test_what_waits_to_be_sent_when_the_receipt_comes_is_not_sent(rig: Rig) -> None:
    rig.box.answer, rig.receiver.status = "451 later", 503
    seq = rig.hand_over()
    assert rig.tick(3) == 2
    assert rig.stages(seq) == []  # nobody has been told
    rig.app.handovers.note(LOCAL, seq, HandoverStep.RECEIVED, "")
    rig.box.answer, rig.receiver.status = "250 OK", 200
    before = len(rig.box.messages), len(rig.receiver.requests)
    rig.tick(1)
    assert (len(rig.box.messages), len(rig.receiver.requests)) == before
    assert rig.app.alerts.backlog().waiting == 0


def test_a_step_that_nobody_took_over_is_gone_on_with_and_no_next_one_begins(rig: Rig) -> None:
    rig.box.answer, rig.receiver.status = "451 later", 503
    seq = rig.hand_over()
    assert [rig.tick(3), rig.tick(3), rig.tick(3)] == [2, 0, 0]
    rig.box.answer, rig.receiver.status = "250 OK", 200
    rig.tick(1)
    assert rig.stages(seq) == ["receipt_1"]
    assert rig.told()[-1] == [FIRST, SECOND, THIRD]  # a first address that is dead stops nothing


def _tell_on(path: Path, url: str, now: int) -> None:
    """A worker's ticks without end, each with what is on disk; to be killed."""
    app = application(path, Receiver(url=url), None, FakeClock(now))
    while True:
        app.alerts.tick(app.clock.now())


@pytest.mark.server  # half a minute
def test_killed_again_and_again_no_step_is_lost_or_taken_twice(rig: Rig) -> None:
    made = [rig.hand_over() for _ in range(25)]
    rng, spawn = random.Random(4), multiprocessing.get_context("spawn")
    rig.clock.advance(3 * DAY)
    for life in range(5):
        known = len(rig.receiver.requests)
        worker = spawn.Process(target=_tell_on, args=(rig.path, rig.receiver.url, rig.clock.now()))
        worker.start()
        patience = time.monotonic() + 5
        while len(rig.receiver.requests) == known and time.monotonic() < patience:
            time.sleep(0.01)
        time.sleep(0.2 * rng.random())
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        rig.clock.advance(LEASE if life != 2 else DAY)
    for _ in range(10):
        rig.tick(1)
    numbers = [json.loads(sent)["number"] for _, _, sent in rig.receiver.requests]
    told = {
        (body["item"], body["step"]): body["number"]
        for body in (json.loads(sent) for _, _, sent in rig.receiver.requests)
    }
    assert told.keys() == {(seq, step) for seq in made for step in (1, 2, 3)}
    assert set(told.values()) == set(numbers)
    assert len(set(numbers)) == len(told)  # what came again has the number it had
    for seq in made:
        assert rig.stages(seq) == ["receipt_1", "receipt_2", "receipt_3"]


def test_the_cost_does_not_grow_with_what_is_done(rig: Rig) -> None:
    def statements() -> int:
        counted = []
        database = rig.app.ledger.database
        with database.read() as connection:
            engine = connection.engine
        listener = lambda *words: counted.append(words[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", listener)
        assert rig.app.handovers.late(rig.clock.now()) == []
        event.remove(engine, "before_cursor_execute", listener)
        with database.read() as connection:
            plan = connection.exec_driver_sql(
                "EXPLAIN QUERY PLAN SELECT seq FROM handover WHERE closed IS NULL AND due <= 5"
            ).all()
        assert "handover_open" in str(plan)
        return len(counted)

    first = statements()
    for _ in range(5):
        rig.app.handovers.note(LOCAL, rig.hand_over(), HandoverStep.ANSWERED, "")
    assert statements() == first


# --- the emergency stop --------------------------------------------------------------------------


def test_a_stop_is_told_of_at_once_and_says_nothing_of_what(rig: Rig) -> None:
    with DemoServer(demo_site(posts=1, comments=1)) as server:
        host, port = server.address
        channel = rig.app.channels.add_channel(
            "wordpress", server.url, authority="KS", allow=[f"{host}:{port}"], title=CANARY
        )
        rig.app.harvest(channel)
    with rig.app.ledger.database.read() as connection:
        record = connection.scalars(select(t.record.c.seq).order_by(t.record.c.seq.desc())).first()
    rig.app.notices.set_roster("från;till;adress\nmån 00:00;mån 00:00;jour@testkoping.example\n")
    stop = next(
        one
        for one in apart_cli.commands(
            lambda: rig.app.apart, lambda: rig.app.new_key(), lambda: rig.app.alarm()
        )
        if one.name == "stop"
    )
    done = CliRunner().invoke(stop, [f"R{record}", "--reason", CANARY], catch_exceptions=False)
    assert done.exit_code == 0
    ((to, raw, _),) = rig.box.messages
    assert to == [FIRST, SECOND, THIRD, "jour@testkoping.example"]
    (message,) = rig.box.parsed()
    assert message["Subject"] == f"[Diarkiv] BRÅDSKANDE: Nödstopp – KS, R{record}"
    left = raw + repr([sent for _, _, sent in rig.receiver.requests]).encode()
    assert CANARY.encode() not in left
    for _ in range(3):
        rig.tick(0.01)
        rig.app.alarm()
    assert len(rig.box.messages) == 1
