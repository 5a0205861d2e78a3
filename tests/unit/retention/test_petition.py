"""A petition: what it must say, and what it leaves open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from retention.core.petition import Condition, Judgement, open_points
from tests.unit.retention.examples import PETITION

DISPOSED, SPAM, RETAINED = PETITION.proposals


def test_the_example_has_no_faults() -> None:
    assert list(PETITION.faults()) == []


def test_what_does_not_hold_and_what_nobody_answered_is_open() -> None:
    assert list(open_points(PETITION)) == [("SM05", Condition.REVIEWED), ("SM05", Condition.RIGHTS)]
    bare = replace(PETITION, proposals=(replace(SPAM, judgements=()), RETAINED))
    assert [condition for _, condition in open_points(bare)] == [*Condition]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"number": ""}, "number: empty"),
        ({"archival_authority": ""}, "archival_authority: empty"),
        ({"proposals": ()}, "proposals: none"),
        ({"backup_days": -1}, "backup_days: negative"),
        ({"proposals": (DISPOSED, DISPOSED)}, "proposals.1: the same class and channels twice"),
        ({"proposals": (replace(SPAM, record_class=""),)}, "proposals.0.record_class: empty"),
        ({"proposals": (replace(RETAINED, period="1 år"),)}, "proposals.0.retain: with"),
        ({"proposals": (replace(SPAM, trigger=""),)}, "proposals.0.period: without"),
        ({"proposals": (replace(SPAM, sample_one_in=1),)}, "proposals.0.sample_one_in"),
        (
            {"proposals": (replace(SPAM, holding=replace(SPAM.holding, records=-1)),)},
            "proposals.0.holding: negative",
        ),
        (
            {
                "proposals": (
                    replace(DISPOSED, holding=replace(DISPOSED.holding, latest=date(2020, 1, 1))),
                )
            },
            "proposals.0.holding.latest: before",
        ),
        (
            {"proposals": (replace(SPAM, judgements=SPAM.judgements[:1] * 2),)},
            "proposals.0.judgements: access twice",
        ),
        (
            {
                "proposals": (
                    replace(SPAM, judgements=(Judgement(condition=Condition.VALUE, met=True),)),
                )
            },
            "proposals.0.judgements: value without a reason",
        ),
    ],
)
def test_every_fault_is_named(changed: dict[str, Any], fault: str) -> None:
    assert any(one.startswith(fault) for one in replace(PETITION, **changed).faults())
