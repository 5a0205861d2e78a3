"""What happens on the kommun's Mastodon account: the script in `testkoping_mastodon.toml`.

A round is what kommun and citizens do between two harvests. The script is data, so that a registrar
can read it and see what the archive ought to hold; this file only turns its lines into operations.
Rounds are played in order, each once, on an instance from `new_instance()`: ids are counted from
the times of the script, so the same rounds always give the same instance.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from archiver.demo.mastodon_instance import Instance
from archiver.demo.rounds import map_picture

_SCRIPT = tomllib.loads((files("archiver.demo") / "testkoping_mastodon.toml").read_text("utf-8"))

ACCOUNT: str = _SCRIPT["instance"]["account"]
"""The kommun's name on its instance."""

TOKEN: str = _SCRIPT["instance"]["token"]
"""The access token the kommun has given Diarkiv: `read:accounts` and `read:statuses`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the script: `do` is the operation, `fields` what it is given."""

    at: datetime
    do: str
    fields: Mapping[str, Any]

    def apply(self, instance: Instance) -> None:
        """Do it. Raises KeyError for an unknown ref, ValueError for an unknown operation."""
        at, field = self.at, self.fields
        match self.do:
            case "post" | "answer" | "message":
                self._write(instance)
            case "boost":
                by, ref = _account(instance, field["by"]), field["ref"]
                instance.boost(by, instance.id_of(field["of"]), at=at, ref=ref)
            case "edit":
                instance.edit(instance.id_of(field["of"]), at=at, text=field["text"])
            case "delete":
                instance.delete(instance.id_of(field["of"]), at=at)
            case "suspend":
                instance.suspend(_account(instance, field["of"]), at=at)
            case "unsuspend":
                instance.unsuspend(_account(instance, field["of"]), at=at)
            case _:
                raise ValueError(f"the script asks for {self.do!r}, which no instance can do")

    def _write(self, instance: Instance) -> None:
        field = self.fields
        media = tuple[int, ...]()
        if "picture" in field:
            media = (instance.upload(map_picture(), at=self.at, alt=field["picture"]),)
        instance.post(
            _account(instance, field["by"]),
            field["text"],
            at=self.at,
            warning=field.get("warning", ""),
            visibility="direct" if self.do == "message" else "public",
            media=media,
            options=tuple(field.get("options", ())),
            answers=instance.id_of(field["to"]) if "to" in field else 0,
            ref=field["ref"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MastodonRound:
    """What happens before the harvest at `at`; title and note (Swedish) are for the display."""

    at: datetime
    title: str
    note: str
    events: Sequence[Event]

    def apply(self, instance: Instance) -> None:
        """Play the round, its events in their order."""
        for event in self.events:
            event.apply(instance)


def new_instance() -> Instance:
    """The instance before the first round: its accounts, who have written nothing, and the token
    Diarkiv reads it with."""
    instance = Instance(domain=_SCRIPT["instance"]["domain"])
    joined = ROUNDS[0].events[0].at - timedelta(days=30)
    for username, account in _SCRIPT["accounts"].items():
        instance.join(username, account["name"], at=joined, domain=account.get("domain", ""))
    instance.grant(TOKEN, _account(instance, ACCOUNT), "read:accounts read:statuses")
    return instance


def _account(instance: Instance, username: str) -> int:
    return next(a.id for a in instance.accounts.values() if a.username == username)


def _event(line: Mapping[str, Any]) -> Event:
    fields = {name: value for name, value in line.items() if name not in ("at", "do")}
    return Event(at=line["at"], do=line["do"], fields=fields)


ROUNDS: Sequence[MastodonRound] = tuple(
    MastodonRound(
        at=table["at"],
        title=table["title"],
        note=table["note"],
        events=tuple(_event(line) for line in table["event"]),
    )
    for table in _SCRIPT["round"]
)
