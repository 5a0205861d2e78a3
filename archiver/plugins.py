"""Finds plug-ins: by folder for our own, by entry point for everybody else's.

There is no list to edit: a connector is one module in `archiver/connectors/` that has an attribute
`connector`, or a distribution that names such an object under the entry-point group
`diarkiv.connectors` (`name = "package.module:connector"`).
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from archiver.core.connector import Connector
from archiver.errors import ConfigError

CONNECTOR_FOLDER = "archiver.connectors"
CONNECTOR_GROUP = "diarkiv.connectors"

_REQUIRED = sorted(
    {*Connector.__annotations__, *(name for name in vars(Connector) if not name.startswith("_"))}
)


def connectors() -> Mapping[str, Connector]:
    """Every connector there is, by platform, in alphabetical order.

    `ConfigError` if one cannot be loaded, is not a connector, or has the platform of another:
    which of two would read a channel must not depend on the order of installation.
    """
    found: dict[str, tuple[str, Connector]] = {}
    for origin, candidate in (*_in_folder(), *_installed()):
        connector = _checked(origin, candidate)
        other, known = found.setdefault(connector.platform, (origin, connector))
        if known is not connector:
            raise ConfigError(
                f"Both {other} and {origin} are connectors for {connector.platform}.",
                remedy="Remove one of the two.",
            )
    return {platform: found[platform][1] for platform in sorted(found)}


def _in_folder() -> Iterator[tuple[str, object]]:
    package = import_module(CONNECTOR_FOLDER)  # by name: what is found here builds upon this file
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        candidate = getattr(import_module(module.name), "connector", None)
        if candidate is not None:  # the others are what connectors share
            yield module.name, candidate


def _installed() -> Iterator[tuple[str, object]]:
    for entry in entry_points(group=CONNECTOR_GROUP):
        try:
            yield entry.value, entry.load()
        except (ImportError, AttributeError) as error:
            raise ConfigError(
                f"The connector {entry.value} cannot be loaded.",
                remedy="Reinstall or remove the distribution it comes from.",
            ) from error


def _checked(origin: str, candidate: object) -> Connector:
    missing = [name for name in _REQUIRED if not hasattr(candidate, name)]
    if missing:
        raise ConfigError(
            f"{origin} is not a connector: it has no {', '.join(missing)}.",
            remedy="See docs/architecture.md on plug-ins, or remove it.",
        )
    return cast(Connector, candidate)
