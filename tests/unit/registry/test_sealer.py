"""The sealer: what is due is sealed by itself, and a failure does not end it."""

from __future__ import annotations

import threading
from typing import cast

from archiver.errors import StoreUnavailable
from archiver.registry.desk import Desk
from archiver.registry.sealer import sealing


class _Desk:
    """A desk whose disk is full the first time."""

    def __init__(self) -> None:
        self.asked = 0
        self.done = threading.Event()

    def seal_due(self) -> int:
        self.asked += 1
        if self.asked == 1:
            raise StoreUnavailable("The disk is full.")
        self.done.set()
        return 0


def test_it_goes_on_after_a_failure_and_ends_with_its_block() -> None:
    desk = _Desk()
    with sealing(lambda: cast("Desk", desk), every=0.001):
        assert desk.done.wait(10)
    asked = desk.asked
    assert not any(thread.name == "desk" for thread in threading.enumerate())
    assert desk.asked == asked
