"""What the doctor says of the store."""

from __future__ import annotations

from archiver.cli.home import Light
from archiver.cli.s3 import of_store
from archiver.ledger.standing import Standing
from archiver.notify.matter import LATE_STORE
from tests.build import FakeClock


def test_what_the_doctor_says() -> None:
    clock = FakeClock()
    now = clock.now()

    def lights(is_set: bool, **fields: object) -> list[Light]:
        return [one.light for one in of_store(is_set, Standing(**fields), clock)]  # type: ignore[arg-type]

    assert lights(False, code="config") == []
    assert lights(True) == [Light.AMBER]
    assert lights(True, shipped_at=now, entries=7) == [Light.GREEN]
    assert lights(True, shipped_at=now - LATE_STORE - 1) == [Light.AMBER]
    assert lights(True, shipped_at=now, code="store-unavailable", failing_since=now) == [Light.RED]
    assert lights(True, shipped_at=now, lapsing_since=now) == [Light.GREEN, Light.AMBER]
    waiting = (("packs/1-0.pack", now),)
    assert lights(True, shipped_at=now, waiting=waiting) == [Light.GREEN, Light.GREEN]
