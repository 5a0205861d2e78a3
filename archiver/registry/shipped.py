"""The rules the product comes with, read from beside this file: routing and suggestions.

The only reader of these files; what they mean is decided in `registry.core`. An authority's own
file is laid over the routing table with `routing_file.override`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TypeVar

from archiver.errors import ConfigError
from archiver.registry.core.phrase import Refused
from archiver.registry.core.routing import RoutingTable
from archiver.registry.core.routing_file import parse_table
from archiver.registry.core.rulebook import RuleBook, parse_rules

T = TypeVar("T")


@cache
def routing_table() -> RoutingTable:
    """The shipped routing table. ConfigError if this installation's file is broken."""
    return _sound("routing.toml", parse_table(text("routing.toml")))


@cache
def rule_book() -> RuleBook:
    """The shipped rules for suggestions. ConfigError if this installation's file is broken."""
    return _sound("suggestion.toml", parse_rules(text("suggestion.toml"), routing_table().routes))


def text(name: str) -> str:
    """A shipped file as it stands, for whoever writes one of their own."""
    return files("archiver.registry").joinpath(name).read_text("utf-8")


def _sound(name: str, read: T | Refused) -> T:
    if isinstance(read, Refused):
        why = "; ".join(problem.say("en") for problem in read.problems[:3])
        raise ConfigError(f"{name} is broken: {why}.", remedy="Install Diarkiv anew.")
    return read
