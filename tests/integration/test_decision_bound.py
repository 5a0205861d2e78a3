"""What two persons confirmed is the row as it stood: one of them alone does not widen it after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from archiver.core.access import LOCAL
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
from retention.schedule.reading import HeldSchedule
from tests.build import DAY, verify
from tests.integration.test_disposal import BO, COMMENTS, EVA, Office, planted
from tests.integration.test_harvest import archived, town

WIDE = Rule(
    code="SM05",
    label="Enkel fråga",
    retention=AfterPeriod(Period(days=1), Rounding.EXACT),
    trigger=TriggerName.DRAWN_UP,
    applies=Applies(kinds=frozenset({"post", "page"})),
)


LEVEL = frozenset({DecisionLevel.AUTHORITY})


def adopt(office: Office, rule: Rule, levels: frozenset[DecisionLevel] = LEVEL) -> None:
    """A version of today, by one person."""
    schedule = Schedule(
        authority=office.authority,
        name="Plan",
        version=f"{office.disposals.today()}-{len(levels)}",
        effective_from=office.disposals.today(),
        effective_until=None,
        required_levels=levels,
        rules=(rule,),
    )
    assert isinstance(office.retention.adopt(EVA, schedule), HeldSchedule)


def run(office: Office) -> list[int]:
    """The disposals that running decisions propose, carried out."""
    seqs = list(office.disposals.run(office.authority, LOCAL))
    for seq in seqs:
        office.execution.execute(LOCAL, seq)
    return seqs


def test_a_plan_changed_by_one_person_lets_nothing_more_go(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt()
        decision = office.decide(asks_running=True, waiting_days=0)
        assert decision.bound.keys() >= {"SM05"}
        office.retention.confirm_running(BO, decision.seq)
        assert office.retention.decision(EVA, decision.seq).decision.bound == decision.bound
        post = it.post()
        it.harvest()
        adopt(office, WIDE)
        it.clock.advance(3 * DAY)
        assert run(office) == []
        assert ("post", post) in archived(it.home)
        again = office.decide(paragraph="§ 118", asks_running=True, waiting_days=0)
        it.clock.advance(DAY)
        assert run(office) == [], "the new decision is not confirmed"
        office.retention.confirm_running(BO, again.seq)
        assert run(office) != [], "and once it is, it goes"


def test_a_new_version_that_says_the_same_goes_on(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        office = Office(it)
        office.adopt(WIDE)
        decision = office.decide(asks_running=True, waiting_days=0)
        office.retention.confirm_running(BO, decision.seq)
        it.post()
        it.harvest()
        adopt(office, replace(WIDE, label="Fråga", note=COMMENTS.label))
        it.clock.advance(3 * DAY)
        assert run(office) != []


def test_fewer_levels_by_one_person_end_the_right_to_run(tmp_path: Path) -> None:
    """Both decisions stand; a level less is asked for, and a disposal takes two persons again."""
    with town(tmp_path) as it:
        office = Office(it)
        adopt(office, WIDE)
        both = frozenset({DecisionLevel.AUTHORITY, DecisionLevel.ARCHIVAL_AUTHORITY})
        it.clock.advance(DAY)
        adopt(office, WIDE, both)
        decision = office.decide(asks_running=True, waiting_days=0)
        office.retention.confirm_running(BO, decision.seq)
        it.post()
        it.harvest()
        it.clock.advance(3 * DAY)
        assert run(office) == [], "the other level has not decided"
        adopt(office, WIDE)
        assert run(office) == [], "nobody has confirmed that it is asked for no more"
        (seq,) = office.disposals.propose(EVA, office.authority)
        held = office.disposals.get(EVA, seq)
        assert not held.proposal.running
        office.disposals.confirm(BO, seq, digest=held.proposal.digest)
        assert run(office) == []


@pytest.mark.parametrize(
    ("since", "until"), [(None, date.max), (date.min, None), (date(1, 1, 2), date(9999, 12, 30))]
)
def test_days_that_stand_for_no_end_are_counted_with(
    tmp_path: Path, since: date | None, until: date | None
) -> None:
    """31 December 9999 is how other systems write "without end"."""
    with town(tmp_path) as it:
        office = Office(it)
        applies = replace(COMMENTS.applies, since=since, until=until)
        office.adopt(replace(COMMENTS, applies=applies))
        decision = office.decide(
            records_from=since or date(2020, 1, 1),
            records_until=until,
            valid_from=since or date(2026, 11, 10),
            valid_until=until,
            early_reason="Gällde redan",
        )
        planted(it)
        it.clock.advance(40 * DAY)
        assert office.retention.scope_count(decision, office.disposals.today()).total == 3
        assert verify(it.home.path).findings == []
        assert office.dispose().records == 3
        assert verify(it.home.path).unexplained == 0
