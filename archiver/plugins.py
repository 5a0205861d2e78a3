"""Finds plug-ins: by folder for our own, by entry point for everybody else's.

There is no list to edit: a connector is one module in `archiver/connectors/` that has an attribute
`connector`, or a distribution that names such an object under the entry-point group
`diarkiv.connectors` (`name = "package.module:connector"`). Triggers of retention are found the
same way, in their own folder and group.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import TypeVar, cast

from archiver.core.connector import Connector
from archiver.errors import ConfigError

CONNECTOR_FOLDER = "archiver.connectors"
CONNECTOR_GROUP = "diarkiv.connectors"

PlugIn = TypeVar("PlugIn")
Name = TypeVar("Name", bound=str)


def connectors() -> Mapping[str, Connector]:
    """Every connector there is, by platform, in alphabetical order.

    `ConfigError` if one cannot be loaded, is not a connector, or has the platform of another:
    which of two would read a channel must not depend on the order of installation.
    """
    return plugins(
        CONNECTOR_FOLDER, CONNECTOR_GROUP, "connector", Connector, lambda one: one.platform
    )


def plugins(
    folder: str,
    group: str,
    what: str,
    protocol: object,
    name_of: Callable[[PlugIn], Name],
) -> Mapping[Name, PlugIn]:
    """Every plug-in of a protocol, by name, in alphabetical order: those in modules of the folder
    (a package's name) under the attribute `what`, and those installed under the group.
    `ConfigError` as `connectors` says."""
    found: dict[Name, tuple[str, PlugIn]] = {}
    for origin, candidate in (*_in_folder(folder, what), *_installed(group, what)):
        plugin = cast(PlugIn, _checked(origin, candidate, what, protocol))
        other, known = found.setdefault(name_of(plugin), (origin, plugin))
        if known is not plugin:
            raise ConfigError(
                f"Both {other} and {origin} are {what}s for {name_of(plugin)}.",
                remedy="Remove one of the two.",
            )
    return {name: found[name][1] for name in sorted(found)}


def _in_folder(folder: str, what: str) -> Iterator[tuple[str, object]]:
    package = import_module(folder)  # by name: what is found here builds upon this file
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        candidate = getattr(import_module(module.name), what, None)
        if candidate is not None:  # the others are what plug-ins share
            yield module.name, candidate


def _installed(group: str, what: str) -> Iterator[tuple[str, object]]:
    for entry in entry_points(group=group):
        try:
            yield entry.value, entry.load()
        except (ImportError, AttributeError) as error:
            raise ConfigError(
                f"The {what} {entry.value} cannot be loaded.",
                remedy="Reinstall or remove the distribution it comes from.",
            ) from error


def _checked(origin: str, candidate: object, what: str, protocol: object) -> object:
    required = {*vars(protocol), *vars(protocol).get("__annotations__", ())}
    missing = [name for name in sorted(required) if name[0] != "_" and not hasattr(candidate, name)]
    if missing:
        raise ConfigError(
            f"{origin} is not a {what}: it has no {', '.join(missing)}.",
            remedy="See docs/architecture.md on plug-ins, or remove it.",
        )
    return candidate
