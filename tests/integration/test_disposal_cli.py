"""`diarkiv retention disposal …` and the worker's rounds, over a site that is really harvested."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archiver.app import Application
from archiver.core.access import HOME, LOCAL, Role
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.verdict import Verdict
from archiver.db.place import Place
from archiver.errors import (
    AccessRefused,
    DiarkivError,
    HomeBusy,
    RuleViolation,
    SecondPersonNeeded,
    SetChanged,
    TimestampUnavailable,
)
from archiver.ledger.verify import verify_bundle
from archiver.notify.alert import Facts
from archiver.people.trail import Happened
from retention import cli as retention_cli
from retention.core.disposal import State
from retention.disposal.round import LEFT, RETRY, Went, execution_lease, keep_disposing
from tests.build import DAY
from tests.databases import place
from tests.homes import ROOT
from tests.integration.test_disposal import MARK, Office, hold, plaintext, planted
from tests.integration.test_harvest import Town, town

pytestmark = pytest.mark.usefixtures("each_database")

PASSWORD = "gallrar varsamt 7"


class _Application(Application):
    """An application over a test home, where its databases are."""

    @property
    def place(self) -> Place:  # type: ignore[override]
        return place(self.home)


class Desk:
    """The commands over a town's home, and two persons who may dispose."""

    canary = 0  # a record that is due

    def __init__(self, it: Town) -> None:
        self.town, self.office = it, Office(it)
        self.app = _Application(
            it.home.path, environment={}, clock=it.clock, rng=os.urandom, root_key=ROOT
        )
        (self.group,) = retention_cli.commands(lambda: self.app)
        people = self.app.people
        self.eva = people.add("eva", "Eva Lind", ((Role.ARCHIVIST, HOME),), password=PASSWORD)
        self.bo = people.add("bo", "Bo Berg", ((Role.REGISTRAR, HOME),), password=PASSWORD)

    def __call__(self, *words: str, typed: str = "") -> Any:
        done = CliRunner().invoke(self.group, ["disposal", *words, "--json"], input=typed)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout.splitlines()[-1])  # a log line may stand before

    def said(self, *words: str) -> str:
        done = CliRunner().invoke(self.group, ["disposal", *words])
        assert done.exit_code == 0, done.output
        return done.output

    def proposed(self) -> int:
        eva = f"U{self.eva.seq}"  # as `user list` prints her
        asked = ("propose", "--authority", "KS", "--note", "Vårens", "--user", eva, "--confirm")
        (seq,) = self(*asked, typed=PASSWORD)["proposed"]
        return int(seq)

    def confirmed(self) -> int:
        seq = self.proposed()
        asked = ("confirm", str(seq), "--digest", self.digest(seq), "--user", "bo", "--confirm")
        self(*asked, typed=PASSWORD)
        return seq

    def digest(self, seq: int) -> str:
        return str(self("show", str(seq))["digest"])


@contextmanager
def desk(path: Path, **decided: Any) -> Iterator[Desk]:
    """A town with a decision and comments that are due under it."""
    with town(path) as it:
        one = Desk(it)
        one.office.adopt()
        one.office.decide(**decided)
        _, _, one.canary = planted(it)
        it.clock.advance(40 * DAY)
        yield one


def matters(one: Desk) -> list[tuple[object, ...]]:
    """What the alerts are told of disposals."""
    facts = one.app.disposal_matters.added_to(Facts(), one.town.clock.now())
    return [(m.kind.value, m.item, m.code, m.reasons) for m in facts.matters]


def seen_changed(it: Town, record: int) -> None:
    """What a run notes of a disposed record whose platform says that it was changed since."""
    with it.home.ledger.writer() as writer:
        cohort = writer.cohort(it.channel.authority, "register")
        said: dict[str, Json] = {"channel": it.channel.seq, "record": record}
        writer.append_event(EventType.DISPOSED_SEEN, said, cohort=cohort)


def test_from_proposal_to_certificate(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        dry = one("propose", "--authority", "KS")
        assert dry["proposed"] == []
        (would,) = dry["proposals"]
        assert (would["records"], would["classes"], would["held"]) == (3, ["SM05"], {})
        assert one("list") == []
        assert "digest" in one.said("propose", "--authority", "KS")
        with pytest.raises(SecondPersonNeeded):
            one("propose", "--authority", "KS", "--confirm")
        seq = one.proposed()
        shown = one("show", str(seq))
        assert (shown["digest"], shown["state"]) == (would["digest"], "proposed")
        assert shown["proposed_by"] == one.eva.seq
        assert len(shown["sample"]) == 3
        text = one.said("show", str(seq))
        assert would["digest"] in text
        assert "SM05" in text
        spaced = " ".join((would["digest"][:8], would["digest"][8:]))
        asked = ("confirm", str(seq), "--digest", spaced)
        dry = one(*asked, "--user", "bo"), one(*asked)
        assert [(d["confirmed"], d["state"]) for d in dry] == [(False, "proposed")] * 2
        assert "would be confirmed, and wait 7 days" in one.said(*asked)
        with pytest.raises(SecondPersonNeeded, match="Who proposed"):
            one(*asked, "--user", "eva")
        with pytest.raises(SetChanged):
            one("confirm", str(seq), "--digest", "ab" * 32, "--user", "bo")
        with pytest.raises(SecondPersonNeeded, match="nobody in particular"):
            one(*asked, "--confirm")
        with pytest.raises(SecondPersonNeeded, match="Who proposed"):
            one(*asked, "--user", "eva", "--confirm", typed=PASSWORD)
        with pytest.raises(AccessRefused):
            one(*asked, "--user", "bo", "--confirm", typed="fel")
        done = one(*asked, "--user", "bo", "--confirm", typed=PASSWORD)
        assert done["state"] == "confirmed"
        with pytest.raises(RuleViolation, match="waiting"):
            one("execute", str(seq))
        one.town.clock.advance(8 * DAY)
        assert one("execute", str(seq))["executed"] is False
        gone = one("execute", str(seq), "--confirm")
        assert gone["executed"] is True
        assert gone["backups_rolled_on"]
        assert MARK not in plaintext(one.town)
        pdf = tmp_path / "protokoll.pdf"
        assert "GALLRINGSPROTOKOLL" in one.said("certificate", str(seq))
        assert "DISPOSAL CERTIFICATE" in one.said("certificate", str(seq), "--english").upper()
        one.said("certificate", str(seq), "--pdf", str(pdf))
        assert pdf.read_bytes().startswith(b"%PDF")
        with pytest.raises(DiarkivError, match="there already"):
            one("certificate", str(seq), "--pdf", str(pdf))
        proof = tmp_path / "protokoll.zip"
        one.said("certificate", str(seq), "--proof", str(proof))
        report, _ = verify_bundle(proof, str(one.town.home.ledger.verifier_key))
        assert report.verdict is Verdict.PROVEN
        certificate = one("certificate", str(seq))
        assert certificate["extents"][0]["records"] == 3
        assert [row["state"] for row in one("list", "--state", "completed")] == ["completed"]


def test_a_password_is_noted_and_counted(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        for _ in range(12):
            with pytest.raises(AccessRefused) as refused:
                one("propose", "--authority", "KS", "--user", "eva", "--confirm", typed="fel")
        assert "too many" in refused.value.message.lower()
        with closing(one.app.trail()) as trail:
            lines = trail.lines(None, before=None, limit=20)
        assert [line.what for line in lines].count(Happened.SIGN_IN_FAILED) == 12


def test_it_is_taken_back_until_it_is_done(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        seq = str(one.confirmed())
        assert one("withdraw", seq, "--reason", "Fel period")["withdrawn"] is False
        assert one("show", seq)["state"] == "confirmed"
        assert one("withdraw", seq, "--reason", "Fel period", "--confirm")["state"] == "withdrawn"
        assert one("show", seq)["reason"] == "Fel period"
        with pytest.raises(RuleViolation):
            one("execute", seq, "--confirm")


def test_a_proposal_by_nobody_in_particular_is_confirmed_by_nobody(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        (seq,) = one.app.disposals.propose(LOCAL, one.office.authority)
        asked = ("confirm", str(seq), "--digest", one.digest(seq), "--user", "bo")
        with pytest.raises(SecondPersonNeeded, match="Nobody in particular"):
            one(*asked)
        asked = (*asked, "--confirm")
        with pytest.raises(SecondPersonNeeded, match="Nobody in particular"):
            one(*asked, typed=PASSWORD)


def test_the_worker_carries_out_what_has_waited(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        seq = one.confirmed()
        assert one.app.rounds.tick() == Went()
        one.town.clock.advance(8 * DAY)
        with execution_lease(one.app.home):
            assert one.app.rounds.tick() == Went()
            with pytest.raises(HomeBusy):
                one("execute", str(seq), "--confirm")
        assert one.app.rounds.tick() == Went(completed=1)
        assert one.app.rounds.tick() == Went()
        assert MARK not in plaintext(one.town)


def test_what_cannot_go_on_waits_and_keeps_nothing_else(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        seq = one.confirmed()
        one.town.clock.advance(8 * DAY)

        def none() -> object:
            raise TimestampUnavailable("No authority answers.")

        real = one.app.execution._stamp
        one.app.execution._stamp = none
        assert matters(one) == []
        assert one.app.rounds.tick().stuck == ((seq, "timestamp-unavailable"),)
        assert one("show", str(seq))["state"] == State.INTENDED
        assert matters(one) == []
        one.town.clock.advance(DAY // 12)
        assert matters(one) == [("disposal", seq, "KS", ("unstamped",))]
        one.app.execution._stamp = real
        assert one.app.rounds.tick() == Went(completed=1)


def test_what_is_shown_changed_afterwards_is_told_of_its_channel(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.confirmed()
        one.town.clock.advance(8 * DAY)
        assert one.app.rounds.tick() == Went(completed=1)
        assert matters(one) == []
        seen_changed(one.town, one.canary)
        assert [found[0] for found in matters(one)] == ["disposed_changed"]
        one.town.clock.advance(8 * DAY)
        assert matters(one) == []


def test_a_hold_aborts_it_and_the_next_look_leaves_it(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        seq = one.confirmed()
        one.town.clock.advance(8 * DAY)
        hold(one.town, one.office, one.app.disposals.get(one.eva.viewer, seq).sample()[0])
        assert one.app.rounds.tick().stuck == ((seq, "hold-in-force"),)
        assert one("show", str(seq))["state"] == "aborted"
        assert matters(one) == [("disposal", seq, "KS", ("hold-in-force",))]
        assert one.app.rounds.tick() == Went()
        (left,) = one("propose", "--authority", "KS")["proposals"]
        assert (left["records"], left["held"]) == (2, {"supervision": 1})


def test_running_decisions_are_run_once_a_day(tmp_path: Path) -> None:
    with desk(tmp_path, asks_running=True) as one:
        assert one("run")["proposals"] == []
        (decision,) = one.office.retention.decisions(one.office.authority)
        one.office.retention.confirm_running(one.bo.viewer, decision.seq)
        (would,) = one("run")["proposals"]
        assert would["records"] == 3
        assert one("list") == []
        assert one.app.rounds.tick() == Went(proposed=1)
        (row,) = one("list")
        assert (row["state"], row["running"]) == ("confirmed", True)
        assert one("run", "--confirm")["proposed"] == []
        one.town.clock.advance(8 * DAY)
        assert one.app.rounds.tick() == Went(completed=1)
        certificate = one("certificate", str(row["disposal"]))
        assert certificate["continuing"] is True


def test_what_a_crash_left_unconfirmed_is_made_anew(tmp_path: Path) -> None:
    with desk(tmp_path, asks_running=True) as one:
        (decision,) = one.office.retention.decisions(one.office.authority)
        one.office.retention.confirm_running(one.bo.viewer, decision.seq)
        (draft,) = one.app.rounds.would_run()
        left = one.app.disposals.seal(draft)
        assert one.app.rounds.would_run() == []
        assert one.app.rounds.tick() == Went(proposed=1)
        shown = one("show", str(left))
        assert (shown["state"], shown["reason"]) == ("withdrawn", LEFT)


def test_the_disposer_goes_on_until_it_is_stopped() -> None:
    went: list[Callable[[], Went]] = [
        lambda: Went(),
        lambda: Went(stuck=((1, "x"),)),
        lambda: (_ for _ in ()).throw(RuleViolation("Nej.")),
        lambda: 1 // 0,  # type: ignore[return-value]
    ]
    turns, pauses = iter(went), list[float]()

    def stop(seconds: float) -> bool:
        pauses.append(seconds)
        return len(pauses) == len(went)

    keep_disposing(lambda: next(turns)(), stop)
    assert pauses == [60.0, RETRY, RETRY, RETRY]
