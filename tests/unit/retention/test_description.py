"""A description of the archive: nothing is said to be disposed of without a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from retention.core.description import Holds, undecided
from tests.unit.retention.examples import DESCRIPTION

RETAINED, DECIDED, RECONSTRUCTED, PROPOSED = DESCRIPTION.classes


def test_the_example_has_no_faults() -> None:
    assert list(DESCRIPTION.faults()) == []


def test_what_is_proposed_or_reconstructed_is_not_decided() -> None:
    assert list(undecided(DESCRIPTION)) == [RECONSTRUCTED, PROPOSED]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"authority": ""}, "authority: empty"),
        (
            {"channels": (replace(DESCRIPTION.channels[1], until=date(2020, 1, 1)),)},
            "channels.0.until: before since",
        ),
        (
            {"channels": (replace(DESCRIPTION.channels[1], records=-1),)},
            "channels.0.records: negative",
        ),
        ({"classes": (replace(DECIDED, decision=""),)}, "classes.0.decision: none is named"),
        ({"classes": (replace(DECIDED, period=""),)}, "classes.0.period: without it"),
        ({"classes": (replace(DECIDED, record_class=""),)}, "classes.0.record_class: empty"),
        ({"classes": (replace(DECIDED, records=-1),)}, "classes.0.records: negative"),
        ({"classes": (replace(RETAINED, period="1 år"),)}, "classes.0.retain: with a period"),
        ({"holds": (Holds(kind="Tillsyn", holds=0, records=0),)}, "holds.0: no hold"),
    ],
)
def test_every_fault_is_named(changed: dict[str, Any], fault: str) -> None:
    assert any(one.startswith(fault) for one in replace(DESCRIPTION, **changed).faults())
