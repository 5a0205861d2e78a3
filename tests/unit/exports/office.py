"""An authority that answers requests: a home with a letter to ask for, and whoever may decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from archiver.core.access import LOCAL, Role, Viewer, viewer_of
from archiver.registry.service import Register
from exports.core.access_request import Answer, State, Step, Taken
from exports.core.mandate import Mandate, MandateKind
from exports.core.received import Manner, Received
from exports.core.ruling import OtherGround, Ruling, Used
from exports.release.gate import Gate
from exports.requests.answers import Answers
from exports.requests.decisions import Names, Signing
from exports.requests.given_out import Assessed, File, Handed
from exports.requests.mandates import Mandates
from exports.requests.registering import Registering
from exports.requests.service import Requests
from gdpr.core.ground import Clause
from gdpr.core.recognizer import Mode
from gdpr.core.span import Span
from gdpr.detector import detector
from gdpr.grounds import picklist
from gdpr.leak import Leak, Output, Secret, check
from retention.holds.service import Holds
from retention.schedule.service import Retention
from tests.unit.registry.desk import CaptureDesk, make_desk

CANARY = "Zorkelby-Petra-7731"
SECRET = "hemligt-ord-4488"
PEOPLE = {7: "Alva Ekbacke", 8: "Bosse Granlund"}
PROVISION = "KS delegationsordning 3.2"


@dataclass
class Releases:
    """What was released of a request: one file, with masks by two sections."""

    used_: tuple[Used, ...] = (
        Used(clause=Clause.parse("21:1"), masks=3),
        Used(clause=Clause.parse("39:3"), withheld=1, activity="personnel"),
        Used(clause=Clause.parse("21:7")),
    )
    files: list[File] = field(default_factory=lambda: [File("kopia.pdf", b"%PDF maskad")])

    def used(self, _viewer: Viewer, _request: int) -> Sequence[Used]:
        return self.used_

    def other(self, _viewer: Viewer, _request: int) -> Sequence[tuple[OtherGround, int]]:
        return ()

    def handed(self, _viewer: Viewer, _request: int) -> Sequence[Handed]:
        return (Handed(seq=9, at=0, way="paper", files=(("kopia.pdf", "ab" * 32),), records=1),)

    def assessed(self, _viewer: Viewer, _request: int) -> Sequence[Assessed]:
        return (Assessed(record=1, n=1, decision="masked", clauses=(("21:1", 3),)),)

    def masked(self, _viewer: Viewer, _request: int) -> Sequence[File]:
        return self.files

    def whole(self, _viewer: Viewer, _request: int) -> Sequence[File]:
        return [File("R1.txt", SECRET.encode())]

    def leaks(
        self, _viewer: Viewer, _request: int, texts: Sequence[Output], known: str = ""
    ) -> Sequence[Leak]:
        every = detector(2026)
        sure = [one for one in every.recognizers if one.name in ("email", "personal-number")]

        def certain(text: str) -> Sequence[Span]:
            return replace(every, recognizers=sure).detect(text, Mode.LEAK_CHECK)

        gate = Gate(check, certain, certain)
        return gate.written([Secret(SECRET, "mask 17")], texts, known)


@dataclass
class Office:
    """A home with a letter that somebody may ask for. User 7 holds a mandate, 8 does not."""

    desk: CaptureDesk
    releases: Releases = field(default_factory=Releases)

    @cached_property
    def holds(self) -> Holds:
        return Holds(self.desk.home.ledger, Retention(self.desk.home.ledger, self.desk.clock))

    @cached_property
    def register(self) -> Register:
        return Register(self.desk.home.ledger)

    @cached_property
    def registering(self) -> Registering:
        return Registering(self.desk.home.ledger, self.register)

    @cached_property
    def requests(self) -> Requests:
        return Requests(self.desk.home.ledger, self.holds, self.desk.clock, self.registering)

    @cached_property
    def mandates(self) -> Mandates:
        ledger, clock = self.desk.home.ledger, self.desk.clock
        return Mandates(ledger, clock, lambda seq: PEOPLE.get(seq, ""))

    @cached_property
    def answers(self) -> Answers:
        names = Names(
            person=lambda seq: PEOPLE.get(seq, ""),
            authority=lambda _seq: "Kommunstyrelsen",
            district="Göteborg",
            contact="ks@testkoping.example",
        )
        ledger, clock = self.desk.home.ledger, self.desk.clock
        return Answers.of(
            ledger, self.requests, self.registering, picklist(), names, clock, self.releases
        )

    @cached_property
    def record(self) -> int:
        return self.desk.capture("Brev", when="2026-11-02 10:00").record

    @property
    def authority(self) -> int:
        return self.desk.authority.seq

    @property
    def today(self) -> date:
        return self.requests.today()

    def viewer(self, role: Role, user: int = 17) -> Viewer:
        return viewer_of(user, [(role, self.authority)])

    def asked(self, **changed: object) -> int:
        given = {
            "authority": self.authority,
            "on": self.today,
            "manner": Manner.WRITTEN,
            "text": f"Jag heter {CANARY} och vill se brevet.",
            "sender": CANARY,
            **changed,
        }
        return self.requests.receive(LOCAL, Received(**given))  # type: ignore[arg-type]

    def step(self, seq: int, name: Step, *records: int, **more: object) -> State:
        given = {"day": self.today, "actor": 7, **more}
        taken = Taken(step=name, **given)  # type: ignore[arg-type]
        return self.requests.take(LOCAL, seq, taken, records=records).state

    def empower(self, user: int = 7, **changed: object) -> int:
        given = {
            "authority": self.authority,
            "user": user,
            "kinds": frozenset(MandateKind),
            "provision": PROVISION,
            "decision": "KS 2026-01-14 § 7",
            "valid_from": self.today - timedelta(days=30),
            **changed,
        }
        return self.mandates.add(LOCAL, Mandate(**given))  # type: ignore[arg-type]

    def refuse(self, answer: Answer = Answer.MASKED, **changed: object) -> int:
        """A request that was refused by word, and a decision asked for."""
        seq = self.asked(**changed)
        self.step(seq, Step.MAKE_PRECISE, self.record)
        self.step(seq, Step.ASSESS)
        self.step(seq, Step.ANSWER, answer=answer, told=True)
        self.step(seq, Step.ASK_FOR_DECISION)
        return seq

    def decide(self, seq: int, user: int = 7, **more: str) -> State:
        ruling = Ruling(reasons="Uppgifterna rör enskilds hälsa.", rapporteur="Cilla Ask")
        signing = Signing(day=self.today, user=user, **more)
        return self.answers.decisions.decide(LOCAL, seq, ruling, signing).state

    def held(self) -> list[frozenset[int] | None]:
        return [one.hold.scope.records for one in self.holds.list(LOCAL)]


def make_office(path: Path) -> Office:
    """An office over a new home."""
    office = Office(make_desk(path))
    _ = office.record
    return office
