"""Triggers are plug-ins: each name has one, and two of a name are refused. What every one must keep
is in tests/property/test_due_set.py."""

from __future__ import annotations

from datetime import date
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from archiver import plugins
from archiver.core.calendar import day_begins, day_ends
from archiver.errors import ConfigError
from retention import trigger
from retention.core.schedule import TriggerName
from retention.notes.noted import NOTED, Noted
from retention.trigger import swedish_day, triggers

again = Noted(TriggerName.PROJECT_CLOSED)


def test_every_name_has_a_plug_in() -> None:
    assert set(triggers()) == set(TriggerName)
    assert {name for name, one in triggers().items() if isinstance(one, Noted)} == NOTED


def test_two_of_a_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = EntryPoints([EntryPoint("p", f"{__name__}:again", trigger.GROUP)])
    monkeypatch.setattr(plugins, "entry_points", lambda group: found.select(group=group))
    with pytest.raises(ConfigError, match=r"Both retention\.triggers\.project_closed and"):
        triggers.__wrapped__()


@pytest.mark.parametrize(
    "day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 1, 1), date(2024, 2, 29)]
)
def test_a_day_begins_and_ends_where_the_calendar_says(day: date) -> None:
    assert swedish_day(day_begins(day)) == day == swedish_day(day_ends(day) - 1)
    assert swedish_day(day_begins(day) - 1) < day < swedish_day(day_ends(day))
