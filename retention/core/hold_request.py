"""What somebody asks to be held, checked before it is recorded; and how it is sealed. Pure.

A hold without a day to look at it again would be for ever: the day is mandatory, and lies ahead.
A scope that names nothing it could hold is refused: whoever places a hold relies on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from archiver.core.canonical import Json
from archiver.errors import ConfigError
from archiver.registry.core.entry import MAX_REASON, line
from retention.core.hold import HoldKind, HoldScope

MOST_NAMED = 10_000  # records, threads, channels or classes that one hold names
_NAMES = ("records", "threads", "channels", "classes")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """A hold that is asked for: `owner` is the actor who answers for it, `review_on` when it is to
    be looked at again, `source` the entry that led to it, if no person did."""

    authority: int
    kind: HoldKind
    scope: HoldScope
    reason: str
    review_on: date
    owner: int = 0
    source: int | None = None

    def checked(self, today: date) -> HoldRequest:
        """Made plain; `ConfigError` says what is missing or cannot be."""
        if self.review_on < today:
            raise ConfigError(
                "The day to review the hold has passed already.",
                remedy="Choose today or a day to come.",
            )
        scope = self.scope
        for name in _NAMES:
            named = getattr(scope, name)
            if named is not None and not 0 < len(named) <= MOST_NAMED:
                raise ConfigError(
                    f"A hold names from 1 to {MOST_NAMED} {name}.",
                    remedy="Name some, or place several holds.",
                )
        if scope.since and scope.until and scope.until < scope.since:
            raise ConfigError("The last day lies before the first.", remedy="Swap the two.")
        return replace(self, reason=line(self.reason, "reason", MAX_REASON))

    def payload(self, actor: int) -> dict[str, Json]:
        """What is sealed; absent parts are left out."""
        scope: dict[str, Json] = {
            name: list[Json](sorted(getattr(self.scope, name)))
            for name in _NAMES
            if getattr(self.scope, name) is not None
        }
        for name, day in (("since", self.scope.since), ("until", self.scope.until)):
            scope |= {name: day.isoformat()} if day else {}
        return {
            "authority": self.authority,
            "kind": self.kind.value,
            "scope": scope,
            "reason": self.reason,
            "review_on": self.review_on.isoformat(),
            "owner": self.owner,
            "actor": actor,
            **({} if self.source is None else {"source": self.source}),
        }


def reason_of(sealed: Mapping[str, Any]) -> str:
    """The words of a hold, or of what was noted of it."""
    return str(sealed.get("reason", ""))


def source_of(sealed: Mapping[str, Any]) -> int | None:
    """The entry that led to a hold, if no person did."""
    found = sealed.get("source")
    return None if found is None else int(found)
