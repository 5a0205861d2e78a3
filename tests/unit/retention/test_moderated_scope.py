"""What a row that does not say so does with what the authority hid or removed."""

from __future__ import annotations

import pytest

from retention.core.schedule import (
    AfterPeriod,
    Applies,
    Period,
    RetainPermanently,
    Retention,
    Rule,
    TriggerName,
    WhenObsolete,
)


@pytest.mark.parametrize(
    ("retention", "said", "takes"),
    [
        (WhenObsolete(Period()), None, False),
        (AfterPeriod(Period(years=4, months=11)), None, False),
        (AfterPeriod(Period(years=5)), None, None),
        (AfterPeriod(Period(months=60)), None, None),
        (RetainPermanently(), None, None),
        (AfterPeriod(Period(years=5)), True, True),
        (RetainPermanently(), False, False),
    ],
)
def test_only_what_keeps_long_enough_takes_it(
    retention: Retention, said: bool | None, takes: bool | None
) -> None:
    rule = Rule(
        code="A1",
        label="Kommentar",
        retention=retention,
        trigger=TriggerName.RECEIVED,
        applies=Applies(moderated=said),
    )
    assert rule.moderated is takes
