"""What a schedule's rows cite that nobody has recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from retention.core.cited import Cited, unrecorded
from retention.core.decision import Decision
from retention.core.schedule import (
    Applies,
    DecisionLevel,
    Period,
    RetainPermanently,
    Retention,
    Rule,
    Schedule,
    TriggerName,
    WhenObsolete,
)

DAY = date(2026, 11, 20)


def _decision(number: str) -> Decision:
    return Decision(
        seq=1,
        authority=1,
        number=number,
        body="Kommunstyrelsen",
        level=DecisionLevel.AUTHORITY,
        decided_on=DAY,
        paragraph="§ 3",
        rules=frozenset({"B1"}),
        valid_from=DAY,
    )


def _schedule(*rows: tuple[str, str, Retention]) -> Schedule:
    return Schedule(
        authority=1,
        name="Plan",
        version="1",
        effective_from=DAY,
        effective_until=None,
        required_levels=frozenset({DecisionLevel.AUTHORITY}),
        rules=tuple(
            Rule(
                code=code,
                label=code,
                retention=retention,
                trigger=TriggerName.RECEIVED,
                applies=Applies(),
                mandate=mandate,
            )
            for code, mandate, retention in rows
        ),
    )


GOES, STAYS = WhenObsolete(Period()), RetainPermanently()


@pytest.mark.parametrize(
    ("mandate", "recorded", "is_here"),
    [
        ("KS 2026/1 § 3", ["KS 2026/1"], True),
        ("ks  2026/1, § 3", ["KS 2026/1"], True),
        ("Beslut KS 2026/1", ["KS 2025/9", "KS 2026/1"], True),
        ("KS 2026/14 § 3", ["KS 2026/1"], False),
        ("KS 2026/1/2", ["KS 2026/1"], False),
        ("XKS 2026/1", ["KS 2026/1"], False),
        ("KS 2026/1", [], False),
        ("KS 2026/1", [" "], False),
    ],
)
def test_a_citation_is_here_if_its_number_was_recorded(
    mandate: str, recorded: Sequence[str], is_here: bool
) -> None:
    found = unrecorded(_schedule(("B1", mandate, GOES)), [_decision(one) for one in recorded])
    assert found == (() if is_here else (Cited(mandate, ("B1",)),))


def test_what_cites_nothing_or_is_kept_needs_no_decision() -> None:
    rows = _schedule(
        ("B1", "", GOES),
        ("B2", "KS 2026/1", STAYS),
        ("B3", "KS 2026/9", GOES),
        ("B4", "KS 2026/9", GOES),
        ("B4", "KS 2026/9", GOES),
    )
    assert unrecorded(rows, []) == (Cited("KS 2026/9", ("B3", "B4")),)
