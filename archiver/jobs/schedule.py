"""Schedules as data: how often the head of a channel's lists, each post's thread, and all of it are
read. The schedules that come with the program are `schedules/*.toml`; a channel that has only an
interval is read wholly that often.

A cadence is a row of slots. Each channel has its own offset and each slot its own jitter, both from
a hash, so that channels that were added together do not knock together, and the same question has
the same answer. Invariants: a jittered slot is never before the plain one and at most `JITTER` of
the cadence after it; two slots of a row are at least 90 % of the cadence apart.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from archiver.errors import ConfigError

JITTER = 0.1  # of a cadence
NIGHT_IN = ZoneInfo("Europe/Stockholm")
DAY = 86_400
_REST = 60
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": DAY}
_LENGTH = re.compile(r"([1-9]\d{0,6})([smhd])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Posts of an age up to `until` are scanned every `every`; both in seconds."""

    until: int
    every: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How often a channel is read; times in seconds.

    `head_day`, `head_night`: the head of each list, by the hour in Sweden (None: only `deep` runs);
    `night`: its first hour and the first after it; `window`: how far before the last look the head
    is read; `tiers`: threads by the age of their post, youngest first; `crisis`: up to which age
    they are all as the youngest in crisis mode; `deep`: everything again; `rest`: between two runs
    of a channel.
    """

    name: str
    head_day: int | None
    head_night: int | None
    night: tuple[int, int]
    window: int
    tiers: tuple[Tier, ...]
    crisis: int
    deep: int
    rest: int

    def is_night(self, at: int) -> bool:
        """Whether an instant (milliseconds UTC) is in the night, Swedish time."""
        hour = datetime.fromtimestamp(at / 1000, NIGHT_IN).hour
        first, after = self.night
        return first <= hour < after if first <= after else hour >= first or hour < after

    def heads_per_day(self) -> float:
        """Looks at the head in a day of 24 hours."""
        if self.head_day is None or self.head_night is None:
            return 0.0
        first, after = self.night
        night = (after - first) % 24 * 3600
        return (DAY - night) / self.head_day + night / self.head_night

    def scans_per_post(self) -> int:
        """Scans of a post's thread over its life, if nothing happens in it."""
        ages = (0, *(tier.until for tier in self.tiers))
        return sum((t.until - age) // t.every for age, t in zip(ages, self.tiers, strict=False))


def interval(seconds: int) -> Schedule:
    """A full run every so many seconds and nothing else: a channel that has only an interval."""
    return Schedule(
        name="interval",
        head_day=None,
        head_night=None,
        night=(0, 0),
        window=0,
        tiers=(),
        crisis=0,
        deep=seconds,
        rest=min(_REST, seconds // 10),
    )


# --- slots ---------------------------------------------------------------------------------------


def _fraction(*what: object) -> float:
    """A number in [0, 1) that follows from `what` alone."""
    digest = hashlib.blake2b("/".join(map(str, what)).encode(), digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) / 2**53


def jitter(channel: int, slot: int, every: int) -> int:
    """How much later than its plain instant a slot is: under `JITTER` of `every`, in its unit."""
    return int(_fraction("jitter", channel, slot) * JITTER * every)


def slot_after(channel: int, every: int, last: int) -> int:
    """The channel's first slot after `last` in the row of this cadence; all in milliseconds."""
    offset = int(_fraction("offset", channel, every) * every)
    number = (last - offset) // every  # its plain instant is past; its jitter may not be over
    while True:
        if (at := number * every + offset + jitter(channel, number, every)) > last:
            return at
        number += 1


# --- the data ------------------------------------------------------------------------------------


def _seconds(value: object) -> int:
    """ "15m" → 900."""
    found = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('a time is a number and one of s, m, h, d, as "15m"')
    return int(found[1]) * _UNITS[found[2]]


_Length = Annotated[int, BeforeValidator(_seconds)]
_Hour = Annotated[int, Field(ge=0, le=23)]


class _TierData(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    until: _Length
    every: _Length


class _ScheduleData(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    head_day: _Length
    head_night: _Length
    night: tuple[_Hour, _Hour]
    window: _Length
    crisis: _Length
    deep: _Length
    rest: _Length
    tiers: tuple[_TierData, ...] = Field(min_length=1)


def parse(name: str, text: str) -> Schedule:
    """The schedule that a TOML text says; `ConfigError` names what is unknown or wrong."""
    try:
        data = _ScheduleData.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The schedule {name} is no TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise ConfigError(
            f"{key!r} in the schedule {name} is wrong: {first['msg']}.",
            remedy=f"A schedule has: {', '.join(_ScheduleData.model_fields)}.",
        ) from error
    tiers = tuple(Tier(until=tier.until, every=tier.every) for tier in data.tiers)
    age = 0
    for tier in tiers:
        if not tier.every <= tier.until - age:
            raise ConfigError(
                f"The tiers of the schedule {name} do not follow each other.",
                remedy="Each tier's `until` lies after the one before by at least its `every`.",
            )
        age = tier.until
    return Schedule(
        name=name,
        head_day=data.head_day,
        head_night=data.head_night,
        night=data.night,
        window=data.window,
        tiers=tiers,
        crisis=data.crisis,
        deep=data.deep,
        rest=data.rest,
    )


def names() -> list[str]:
    """The schedules that come with the program."""
    found = files("archiver.jobs").joinpath("schedules").iterdir()
    return sorted(one.name.removesuffix(".toml") for one in found if one.name.endswith(".toml"))


@cache
def load(name: str) -> Schedule:
    """One of the schedules that come with the program; `ConfigError` if there is none such."""
    if name not in names():
        raise ConfigError(
            f"There is no schedule {name!r}.", remedy=f"There are: {', '.join(names())}."
        )
    place = files("archiver.jobs").joinpath("schedules", f"{name}.toml")
    return parse(name, place.read_text("utf-8"))
