"""How well a channel's login is: pure, from what control reads have told. Nothing of a secret here.

A login that runs out silently is a gap in the archive a month later, so its end is counted down:
from 30 days it is said, from 7 it is urgent. A refusal counts until the login is accepted again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

DAY = 86_400_000  # milliseconds
WARN, ALARM = 30, 7  # days
TRY_AFTER = DAY  # a login that no run has tried for so long is tried by itself


class TokenState(StrEnum):
    """How a login stands; put into words where it is shown."""

    OK = "ok"
    NO_EXPIRY_TOLD = "no_expiry_told"  # accepted; the platform does not say until when
    NEVER_TRIED = "never_tried"
    EXPIRING = "expiring"  # within 30 days
    EXPIRING_SOON = "expiring_soon"  # within 7 days
    EXPIRED = "expired"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """What is known of a channel's login; instants in milliseconds UTC, None = never or not told.
    `refused_since` is the first refusal after it was last accepted, `refused_reason` its code."""

    channel: int
    created_at: int
    last_ok_at: int | None = None
    expires_at: int | None = None
    scopes: tuple[str, ...] = ()
    refused_since: int | None = None
    last_refused_at: int | None = None
    refused_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a channel's login stands. `days_left`: whole days until it runs out, None if not told, 0
    and less when it has; `since`: when it was first refused, or ran out."""

    channel: int
    state: TokenState
    days_left: int | None = None
    since: int | None = None
    reason: str = ""
    scopes: tuple[str, ...] = ()
    last_ok_at: int | None = None


def token_health(now: int, facts: Iterable[TokenFacts]) -> list[Health]:
    """The health of each login at `now` (milliseconds UTC), in the order of the facts."""
    return [_health(now, one) for one in facts]


def _health(now: int, one: TokenFacts) -> Health:
    days = None if one.expires_at is None else (one.expires_at - now) // DAY
    state, since = _state(one, days), None
    if state is TokenState.REFUSED:
        since = one.refused_since
    elif state is TokenState.EXPIRED:
        since = one.expires_at
    return Health(
        channel=one.channel,
        state=state,
        days_left=days,
        since=since,
        reason=one.refused_reason if state is TokenState.REFUSED else "",
        scopes=one.scopes,
        last_ok_at=one.last_ok_at,
    )


def _state(one: TokenFacts, days: int | None) -> TokenState:
    if one.refused_since is not None:
        return TokenState.REFUSED
    if days is not None and days < 0:
        return TokenState.EXPIRED
    if one.last_ok_at is None:
        return TokenState.NEVER_TRIED
    if days is None:
        return TokenState.NO_EXPIRY_TOLD
    if days <= ALARM:
        return TokenState.EXPIRING_SOON
    return TokenState.EXPIRING if days <= WARN else TokenState.OK


def untried(now: int, facts: Iterable[TokenFacts]) -> list[int]:
    """Channels whose login nobody has tried for a day: to be tried by a control read alone."""
    return [
        one.channel
        for one in facts
        if now - max(one.last_ok_at or 0, one.last_refused_at or 0) >= TRY_AFTER
    ]
