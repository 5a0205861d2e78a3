"""What is written down of a request when it comes in. Pure.

Nobody is asked who they are or why (TF 2:18): there is no field for either but the one that a
person has filled by writing under their name, and what came in is kept as it came. That name
stands in the request's own sealed frame and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from archiver.core.canonical import Json
from archiver.core.record import lines
from archiver.errors import ConfigError

MAX_TEXT = 20_000  # characters
MAX_NAME = 200


class Manner(StrEnum):
    """How a request came."""

    ORAL = "oral"  # by telephone or over the counter
    WRITTEN = "written"
    ON_SITE = "on_site"  # somebody wants to read on the spot (TF 2:15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it came in, on a Swedish day. `sender`: as the request itself says, if at all;
    `delivery`: where the answer goes, if anywhere (a number to collect it by, an address)."""

    authority: int
    on: date
    manner: Manner
    text: str
    sender: str = ""
    delivery: str = ""

    def checked(self, today: date) -> Received:
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
        names = (self.sender.strip(), self.delivery.strip())
        if max(map(len, names)) > MAX_NAME:
            raise ConfigError(f"Names and addresses have at most {MAX_NAME} characters.")
        if not all(one.isprintable() for one in names):
            raise ConfigError("Names and addresses are one line of text each.")
        return replace(self, text=lines(self.text, "text", MAX_TEXT))

    def payload(self, actor: int) -> dict[str, Json]:
        """Its fields as they are sealed; what nobody said is left out."""
        said: dict[str, Json] = {
            "authority": self.authority,
            "on": self.on.isoformat(),
            "manner": self.manner.value,
            "text": self.text,
            "actor": actor,
        }
        more = {"sender": self.sender.strip(), "delivery": self.delivery.strip()}
        return said | {name: value for name, value in more.items() if value}


def received_of(payload: Mapping[str, Any]) -> Received:
    """A request from its sealed fields."""
    return Received(
        authority=int(payload["authority"]),
        on=date.fromisoformat(payload["on"]),
        manner=Manner(payload["manner"]),
        text=str(payload["text"]),
        sender=str(payload.get("sender", "")),
        delivery=str(payload.get("delivery", "")),
    )


HIDDEN = "[avsändaren]"
_NAME = r"[A-ZÅÄÖÉÜ][\w'-]*"
_REACHES = re.compile(  # what a person can be reached by: e-mail, telephone, personal number
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\d-])(?:19|20)?\d{6}[-+]\d{4}(?!\d)"
    r"|(?<![\d/-])(?:\+46|0)[ -]?\d(?:[ -]?\d){5,10}(?!\d)"
)
_SIGNS = re.compile(  # a name where people say theirs
    r"(?P<before>(?i:\b(?:jag heter|mitt namn är|mvh|vh|(?:med )?vänlig(?:a)? hälsning(?:ar)?|"
    r"hälsningar|hälsar))[\s,:/]+)"
    rf"(?P<name>{_NAME}(?: {_NAME}){{0,3}})"
)
_LEAST = 3  # letters of a part of a name that is looked for


def without_identity(asked: Received) -> str:
    """What is asked for, without what the request says of its sender and of where the answer goes:
    their parts are looked for whole, in any case of letters; addresses and numbers that reach a
    person, and names where people say theirs, go too. What is asked about stays."""
    parts = {asked.sender, asked.delivery, *re.split(r"[\s,;]+", asked.sender)}
    parts |= set(re.split(r"[\s,;]+", asked.delivery))
    text = asked.text
    for part in sorted((one.strip() for one in parts), key=len, reverse=True):
        if len(part) >= _LEAST:
            text = re.sub(rf"(?<!\w){re.escape(part)}s?(?!\w)", HIDDEN, text, flags=re.IGNORECASE)
    text = _REACHES.sub(HIDDEN, text)
    return _SIGNS.sub(rf"\g<before>{HIDDEN}", text)
