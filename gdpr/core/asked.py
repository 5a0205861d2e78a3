"""What is written down of a data subject's request when it comes in. Pure.

What the person supplied to be found by is kept as it was supplied: a handle, a platform's id, a
name, words. Nothing is derived from it: no identity is put together across platforms. It stands in
the request's own sealed frame and nowhere else. A document's number is never recorded: what looks
like a personal number in these fields is refused (dataskyddslagen 3:10).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from archiver.core.canonical import Json
from archiver.core.record import clean
from archiver.errors import ConfigError
from gdpr.core.subject_request import Right

MAX_TEXT = 20_000  # characters
MAX_VALUE = 300
MOST_VALUES = 20
_NUMBER = re.compile(r"(?<!\d)(?:\d{2})?\d{6}[-+–]\d{4}(?!\d)")


class By(StrEnum):
    """What somebody can be found by."""

    HANDLE = "handle"
    PLATFORM_ID = "platform_id"
    NAME = "name"
    WORDS = "words"


class Supplied(NamedTuple):
    """Something to find by, as the person wrote it."""

    by: By
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it came in, on a Swedish day. `sender` and `delivery`: who asks and where the
    answer goes, as they said."""

    authority: int
    right: Right
    on: date
    text: str
    supplied: tuple[Supplied, ...] = ()
    sender: str = ""
    delivery: str = ""

    def checked(self, today: date) -> Asked:
        """Itself; `ConfigError` for what cannot be recorded."""
        if not self.text.strip() or len(self.text) > MAX_TEXT:
            raise ConfigError(
                f"A request says what is asked for, in at most {MAX_TEXT} characters.",
                remedy="Write down the words that were said, or the letter's own.",
            )
        if self.on > today:
            raise ConfigError(
                "The request came in on a day that has not come.",
                remedy="Give the day it was received, which the clock runs from.",
            )
        values = [one.value for one in self.supplied]
        if len(values) > MOST_VALUES or any(not one.strip() for one in values):
            raise ConfigError(f"At most {MOST_VALUES} things to find by, none of them empty.")
        if any(len(one) > MAX_VALUE for one in (*values, self.sender, self.delivery)):
            raise ConfigError(f"Names, handles and addresses have at most {MAX_VALUE} characters.")
        if any(_NUMBER.search(one) for one in (*values, self.sender, self.delivery)):
            raise ConfigError(
                "A personal number is not recorded with a request.",
                remedy="Say how the person was identified with `confirm_identity`, not by what.",
            )
        return self

    def payload(self, actor: int) -> dict[str, Json]:
        """Its fields as they are sealed; what nobody said is left out."""
        said: dict[str, Json] = {
            "authority": self.authority,
            "right": self.right.value,
            "on": self.on.isoformat(),
            "text": clean(self.text),
            "actor": actor,
        }
        if self.supplied:
            said["supplied"] = [[one.by.value, clean(one.value)] for one in self.supplied]
        more = {"sender": clean(self.sender.strip()), "delivery": clean(self.delivery.strip())}
        return said | {name: value for name, value in more.items() if value}


def asked_of(payload: Mapping[str, Any]) -> Asked:
    """A request from its sealed fields."""
    return Asked(
        authority=int(payload["authority"]),
        right=Right(payload["right"]),
        on=date.fromisoformat(payload["on"]),
        text=str(payload["text"]),
        supplied=tuple(Supplied(By(by), str(value)) for by, value in payload.get("supplied", ())),
        sender=str(payload.get("sender", "")),
        delivery=str(payload.get("delivery", "")),
    )
