"""One harvested home for the tests that only add to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.api.asking import Api, asked_of


@pytest.fixture(scope="package")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with asked_of(tmp_path_factory.mktemp("home")) as api:
        yield api
