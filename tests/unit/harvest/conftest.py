from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.harvest.web import Rig, web


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A scripted server and clients that may visit it."""
    with web() as site:
        rig = Rig(site)
        yield rig
        for client in rig.clients:
            client.close()
