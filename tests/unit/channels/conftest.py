from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.demo.server import DemoServer
from tests.build import FakeClock
from tests.homes import make_home
from tests.unit.channels.sites import demo_site
from tests.unit.web.served import Browser, FakeSearch, Web


@pytest.fixture
def web(tmp_path: Path) -> Web:
    """A home of its own with one authority, for tests that change it."""
    home = make_home(tmp_path / "home", clock=FakeClock())
    home.channels.add_authority("KS", "Kommunstyrelsen")
    return Web(home, {}, FakeSearch(home.ledger))


@pytest.fixture
def browser(web: Web) -> Browser:
    """A browser that has opened the printed address."""
    return web.browser()


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(demo_site(posts=3, comments=2)) as server:
        yield server
