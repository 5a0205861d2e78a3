"""Plug-ins are found by folder and by entry point, and two for one platform are refused."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from archiver import plugins
from archiver.connectors import feed, wordpress
from archiver.connectors.feed import Feed
from archiver.errors import ConfigError


class Blog(Feed):
    platform = "blog"


blog = Blog()
second_feed = Feed()


def install(monkeypatch: pytest.MonkeyPatch, *values: str) -> None:
    found = EntryPoints(
        EntryPoint(f"p{n}", v, plugins.CONNECTOR_GROUP) for n, v in enumerate(values)
    )
    monkeypatch.setattr(plugins, "entry_points", lambda group: found.select(group=group))


def test_the_folder_is_searched() -> None:
    found = plugins.connectors()
    assert found["feed"] is feed.connector
    assert found["wordpress"] is wordpress.connector
    assert list(found) == sorted(found)


def test_installed_ones_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, f"{__name__}:blog", "archiver.connectors.feed:connector")
    assert plugins.connectors()["blog"].platform == "blog"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (f"{__name__}:second_feed", "Both archiver.connectors.feed and"),
        ("no_such_module:connector", "cannot be loaded"),
        (f"{__name__}:no_such_name", "cannot be loaded"),
        (f"{__name__}:test_the_folder_is_searched", "it has no"),
    ],
)
def test_what_cannot_be_used_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str, says: str
) -> None:
    install(monkeypatch, value)
    with pytest.raises(ConfigError, match=says):
        plugins.connectors()
