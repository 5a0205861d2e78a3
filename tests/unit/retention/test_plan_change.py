"""What a version of a schedule changes is told row by row."""

from __future__ import annotations

from dataclasses import replace

from retention.core.plan_change import CellChange, What, changes
from retention.core.schedule import AfterPeriod, Period, Rule, Schedule
from tests.unit.retention.plans import KEPT, MINOR, TIMED, a_schedule


def with_rules(*rules: Rule) -> Schedule:
    return a_schedule(*rules)


def test_rows_are_new_changed_gone_or_the_same() -> None:
    longer = replace(TIMED, retention=AfterPeriod(Period(years=9)))
    before, after = with_rules(KEPT, TIMED), with_rules(KEPT, longer, MINOR)
    found = {one.code: one for one in changes(before, after, "sv")}
    assert {code: one.what for code, one in found.items()} == {
        TIMED.code: What.CHANGED,
        MINOR.code: What.NEW,
    }
    (cell,) = found[TIMED.code].cells
    assert (cell.column, cell.heading, cell.after) == ("retention", "bevarandetid", "9 år")
    back = {one.code: one.what for one in changes(after, before, "en")}
    assert back == {TIMED.code: What.CHANGED, MINOR.code: What.GONE}
    assert list(changes(after, after, "sv")) == []


def test_the_first_version_is_all_new() -> None:
    found = list(changes(None, with_rules(KEPT), "en"))
    assert [one.what for one in found] == [What.NEW]
    assert CellChange("retention", "retention", "", "permanent") in found[0].cells


def test_rows_of_one_code_are_told_apart_by_their_order() -> None:
    second = replace(KEPT, label="Annat inlägg")
    found = list(changes(with_rules(KEPT), with_rules(KEPT, second), "sv"))
    assert [(one.what, one.label) for one in found] == [(What.NEW, "Annat inlägg")]
