from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.web.served import Browser, Web, build


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Web:
    """A harvested home; tests only read it."""
    return build(tmp_path_factory.mktemp("web") / "home")


@pytest.fixture
def browser(web: Web) -> Iterator[Browser]:
    """A browser that has opened the printed address."""
    web.progress[0] = None
    yield web.browser()
    web.progress[0] = None
