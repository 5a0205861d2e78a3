"""Alerts as data: the same again from their fields, and fields the egress gate lets out."""

from __future__ import annotations

import pytest

from archiver.core.access import LOCAL, NOBODY
from archiver.core.alert import Alert, Phase
from archiver.core.canonical import Json
from archiver.core.egress import Purpose, release
from archiver.errors import AccessRefused
from tests.unit.notify.servers import alert


def test_an_alert_is_the_same_again_from_its_fields() -> None:
    for one in (alert(), alert(channel=None, days=0, until=5, phase=Phase.CLEARED, reasons=())):
        assert Alert.of(one.fields()) == one


def test_the_gate_lets_out_every_field_of_an_alert_and_nothing_else() -> None:
    whole = alert(days=3, hours=25, until=9, item=4711, step=1).fields()
    assert release(LOCAL, Purpose.ALERT, whole) == whole
    assert whole.keys() == Alert.__dataclass_fields__.keys()
    more: dict[str, Json] = {"title": "x", "url": "x", "name": "x", "text": "x", "author_name": "x"}
    assert release(LOCAL, Purpose.ALERT, {**whole, **more}) == whole
    with pytest.raises(AccessRefused):
        release(NOBODY, Purpose.ALERT, whole)


@pytest.mark.parametrize("change", [{"kind": "tea"}, {"more": 1}, {"reasons": 5}])
def test_other_fields_are_no_alert(change: dict[str, Json]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Alert.of({**alert().fields(), **change})
