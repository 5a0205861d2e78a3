"""The records schedules that the product comes with, read from beside this file: proposals.

The only reader of these files. A proposal has no day of its own: the authority that makes it its
own says from when. It disposes of nothing (arkivlag 10 §: a decision does).
"""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files

from archiver.errors import ConfigError
from archiver.registry.core.phrase import Refused
from retention.core.plan_file import PlanRead, read_plan

SOCIAL_MEDIA = "social_media.toml"


@cache
def proposal(effective_from: date, authority: int = 0) -> PlanRead:
    """SM01 to SM20 as proposed, as it would be from a day on. ConfigError if this installation's
    file is broken."""
    read = read_plan(proposal_file(), authority, effective_from=effective_from)
    if isinstance(read, Refused):
        why = "; ".join(one.say("en") for one in read.problems[:3])
        raise ConfigError(f"{SOCIAL_MEDIA} is broken: {why}.", remedy="Install Diarkiv anew.")
    return read


def proposal_file() -> bytes:
    """The shipped file as it stands, for whoever writes one of their own."""
    return files("retention").joinpath("plans", SOCIAL_MEDIA).read_bytes()
