from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archiver.core.access import LOCAL
from tests.build import FakeClock
from tests.homes import make_home
from tests.unit.web.served import Browser, FakeSearch, Web, build


@pytest.fixture(scope="session")
def harvested(tmp_path_factory: pytest.TempPathFactory) -> Web:
    """A harvested home, each of whose authorities has a series of numbers; tests copy it."""
    web = build(tmp_path_factory.mktemp("registry") / "home")
    for one in web.home.channels.authorities():
        web.register_desk.register.set_series(LOCAL, one.seq, one.code, "{ORG} {ÅÅÅÅ}/{LÖP}")
    return web


@pytest.fixture
def web(harvested: Web, tmp_path: Path) -> Web:
    """A harvested home of its own, for tests that change it."""
    shutil.copytree(harvested.home.path, tmp_path / "home")
    clock = FakeClock(harvested.home.clock.now())
    home = make_home(tmp_path / "home", clock=clock, create=False)
    return Web(home, harvested.channels, FakeSearch(home.ledger))


@pytest.fixture
def browser(web: Web) -> Browser:
    """A browser that has opened the printed address."""
    return web.browser()
