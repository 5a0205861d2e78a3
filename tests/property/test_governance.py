"""Whatever is done in whatever order: step 6 is entered only through the gate."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from archiver.errors import RuleViolation
from archiver.governance.core import acts as a
from archiver.governance.core.answers import AnswerState
from archiver.governance.core.approval import Outcome, Scope
from archiver.governance.core.check import Outcome as Found
from archiver.governance.core.gate import Bearings
from archiver.governance.core.lifecycle import take
from archiver.governance.core.snapshot import freeze, opened
from archiver.governance.core.standing import Standing
from tests.unit.governance.initiatives import (
    BO,
    DIGEST,
    EVA,
    GOAL,
    KS,
    PAGE,
    a_decision,
    act,
    answered,
    approved,
    at_step,
    bearings,
    new,
    notes,
    sent,
)

ROWS = st.sampled_from(["1.1", "1.2", "8.9"])
PEOPLE = st.sampled_from([EVA, BO])


class Initiative(RuleBasedStateMachine):
    """A new channel or a legacy page, in the hands of two people who try everything."""

    standing: Standing

    @initialize(legacy=st.booleans(), stage=st.integers(0, 2))
    def open(self, legacy: bool, stage: int) -> None:
        """From the first step, before the gate, or with everything answered there."""
        self.day, self.found = date(2026, 9, 1), Found.UNKNOWN
        since = date(2014, 5, 1) if legacy else None
        self.standing = new(channels=(PAGE,) if legacy else (), live_since=since)
        if stage > 0:
            self.standing = at_step(self.standing, 5, self.day)
        if stage > 1:
            self.standing = answered(self.standing, self.at)
        self.frozen: dict[str, str] = {}

    @property
    def at(self) -> Bearings:
        return bearings(self.day, self.found)

    def attempt(self, said: a.Said, actor: int = EVA) -> None:
        before = self.standing
        try:
            self.standing = take(before, act(said, self.day, actor), self.at)
        except RuleViolation:
            assert self.standing is before
            return
        if before.step == 5 and self.standing.step == 6:
            self.entered(before)

    def entered(self, before: Standing) -> None:
        """What must have been so when step 6 was opened."""
        decision = before.decision
        assert decision is not None
        approval = decision.approval
        assert approval.outcome is Outcome.APPROVED
        assert approval.is_valid(self.day)
        for channel, platform in before.places:
            assert approval.scope.covers(KS, platform, channel)
        content = opened(self.frozen[approval.snapshot], approval.snapshot)
        assert content["remaining"] == []
        for row in content["rows"]:
            state = row["answer"]["state"]
            assert state not in ("obesvarad", "ej_uppfyllt")
            assert row["gate"] == "V" or state != "villkorat"
            assert row["answer"]["attester"] != row["answer"]["recorder"]

    @rule(days=st.integers(1, 200))
    def time_goes_by(self, days: int) -> None:
        self.day += timedelta(days=days)

    @rule(found=st.sampled_from(list(Found)))
    def a_fact_changes(self, found: Found) -> None:
        self.found = found

    @rule(
        row=ROWS,
        state=st.sampled_from(list(AnswerState)),
        who=PEOPLE,
        why=st.sampled_from(["", "Ja"]),
    )
    def answer(self, row: str, state: AnswerState, who: int, why: str) -> None:
        self.attempt(a.Answered(row=row, state=state, motivation=why), who)

    @rule(row=ROWS, who=PEOPLE)
    def attest(self, row: str, who: int) -> None:
        self.attempt(a.Attested(row=row), who)

    @rule(row=ROWS, last=st.characters(codec="ascii", categories=["Nd"]))
    def evidence(self, row: str, last: str) -> None:
        self.attempt(a.Evidenced(row=row, name="r.pdf", sha256=DIGEST[:-1] + last))

    @rule(days=st.integers(-5, 500))
    def condition(self, days: int) -> None:
        due = self.day + timedelta(days=days)
        self.attempt(a.Conditioned(row="1.2", text="Avtal", owner="DSO", due=due))

    @rule(handled=st.booleans())
    def deviate(self, handled: bool) -> None:
        number = len(self.standing.deviations) + 1
        said = a.Deviated(text="Brist", category=a.Category.LAW, row="1.1", check="A-PROV")
        self.attempt(said)
        if handled:
            self.attempt(a.Handled(number=number, holder="A", mandate="B", reason="C"))

    @rule()
    def everything_is_answered(self) -> None:
        for row in ("1.1", "1.2"):
            self.attempt(a.Answered(row=row, state=AnswerState.MET, motivation="Ja"))
            self.attempt(a.Attested(row=row), BO)

    @rule()
    def send_the_underlag(self) -> None:
        self.send()

    def send(self) -> None:
        frozen = freeze(9, self.standing, self.at)
        count = len(self.standing.sent)
        self.attempt(a.Sent(digest=frozen.digest, snapshot=frozen.text))
        if len(self.standing.sent) > count:
            self.frozen[frozen.digest] = frozen.text

    @rule(
        outcome=st.sampled_from(list(Outcome)),
        shown=st.booleans(),
        wide=st.sampled_from([frozenset[str](), frozenset({"facebook"}), frozenset({"x"})]),
    )
    def the_board_decides(self, outcome: Outcome, shown: bool, wide: frozenset[str]) -> None:
        self.decide(outcome, shown, wide)

    def decide(self, outcome: Outcome, shown: bool, wide: frozenset[str]) -> None:
        pending = self.standing.pending
        digest = pending.digest if shown and pending else ""
        scope = Scope(authority=KS, platforms=wide)
        days = {"held_on": self.day, "valid_from": self.day}
        self.attempt(a_decision(outcome, digest, scope=scope, **days))

    @rule()
    def the_board_approves_what_it_is_shown(self) -> None:
        self.send()
        self.decide(Outcome.APPROVED, True, frozenset())

    @rule()
    def weigh(self) -> None:
        self.attempt(a.Weighed(holder="Ordföranden", reason="Inga hinder"))

    @rule(step=st.integers(1, 8))
    def complete(self, step: int) -> None:
        self.attempt(a.Completed(step=step))

    @rule()
    def do_the_step(self) -> None:
        if self.standing.step == 1:
            self.attempt(GOAL)
        if self.standing.step == 6:
            self.attempt(a.Linked(channel=PAGE, platform="facebook"))
        for said in notes(self.standing.step):
            self.attempt(said)
        self.attempt(a.Completed(step=self.standing.step))

    @rule()
    def next_cycle(self) -> None:
        self.attempt(a.NextCycle())

    @invariant()
    def what_was_sent_never_changes(self) -> None:
        assert {one.digest: one.snapshot for one in self.standing.sent} == self.frozen
        for digest, text in self.frozen.items():
            opened(text, digest)


TestInitiative = Initiative.TestCase
TestInitiative.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_both_a_new_channel_and_a_legacy_page_have_a_way_through() -> None:
    for channels, since in (((), None), ((PAGE,), date(2014, 5, 1))):
        one = approved(sent(answered(at_step(new(channels=channels, live_since=since), 5))))
        assert take(one, act(a.Completed(step=5)), bearings()).step == 6
