"""The topics there are, read from `topics.toml`, and the hosts of the platforms."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from archiver.core.reason import Wording
from archiver.governance.core.information import Topic


@cache
def topics() -> Mapping[str, Topic]:
    """Every topic by its id, in the order of the file."""
    return {
        one["id"]: Topic(
            id=one["id"],
            check=one["check"],
            words=Wording(one["words"], one["words_en"]),
            law=one["law"],
            phrases=tuple(one.get("phrases", ())),
            contact=one.get("contact", False),
        )
        for one in _file()["topic"]
    }


def hosts() -> frozenset[str]:
    """Hosts of platforms."""
    return frozenset(_file()["hosts"])


def embedded() -> frozenset[str]:
    """Hosts from which platforms' plug-ins and pictures are fetched."""
    return frozenset(_file()["embedded"])


@cache
def _file() -> Mapping[str, Any]:
    text = resources.files(__package__).joinpath("topics.toml").read_text("utf-8")
    return tomllib.loads(text)
