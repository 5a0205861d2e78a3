"""Fees: an adopted table and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from exports.core.fees import FeeTable, Medium, Rate, faults, fee, in_force

PAPER = Rate(medium=Medium.PAPER, free_below=10, first=5_000, each=200)
TABLE = FeeTable(decision="KF 2021-03-29 § 33", valid_from=date(2021, 5, 1), rates=(PAPER,))


@pytest.mark.parametrize(
    ("units", "costs"), [(0, 0), (9, 0), (10, 5_000), (11, 5_200), (110, 25_000)]
)
def test_as_the_ordinance_has_it(units: int, costs: int) -> None:
    assert fee(TABLE, Medium.PAPER, units) == costs


def test_what_is_free() -> None:
    assert fee(TABLE, Medium.DIGITAL, 1_000) == 0  # no rate
    assert fee(TABLE, Medium.ON_SITE, 1_000) == 0
    assert fee(None, Medium.PAPER, 1_000) == 0
    with pytest.raises(ValueError, match="counted from 0"):
        fee(TABLE, Medium.PAPER, -1)


def test_which_table_counts() -> None:
    newer = replace(TABLE, decision="KF 2025", valid_from=date(2025, 1, 1))
    assert in_force([TABLE, newer], date(2021, 4, 30)) is None
    assert in_force([newer, TABLE], date(2024, 12, 31)) == TABLE
    assert in_force([TABLE, newer], date(2025, 1, 1)) == newer
    ended = replace(TABLE, valid_to=date(2024, 12, 31))
    assert in_force([ended], date(2024, 12, 31)) == ended
    assert in_force([ended], date(2025, 1, 1)) is None


def test_what_is_wrong_with_a_table() -> None:
    assert list(faults(TABLE)) == []
    bad = FeeTable(
        decision=" ",
        valid_from=date(2025, 1, 1),
        valid_to=date(2024, 1, 1),
        rates=(
            PAPER,
            PAPER,
            replace(PAPER, medium=Medium.ON_SITE),
            replace(PAPER, medium=Medium.DIGITAL, each=-1),
        ),
    )
    told = [fault.split(":")[0] for fault in faults(bad)]
    assert told == ["decision", "valid_to", "paper", "on_site", "digital"]
