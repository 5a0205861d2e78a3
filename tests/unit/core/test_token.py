"""A login's health: what is worst is said, and the countdown has no hole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.token import (
    ALARM,
    DAY,
    WARN,
    Health,
    TokenFacts,
    TokenState,
    token_health,
    untried,
)

NOW = 1_795_000_000_000


def health(**fields: int | str | None) -> Health:
    facts = TokenFacts(channel=17, created_at=NOW - 90 * DAY, **fields)  # type: ignore[arg-type]
    (found,) = token_health(NOW, [facts])
    return found


@pytest.mark.parametrize(
    ("left", "state"),
    [
        ((WARN + 1) * DAY, TokenState.OK),
        ((WARN + 1) * DAY - 1, TokenState.EXPIRING),
        ((ALARM + 1) * DAY, TokenState.EXPIRING),
        ((ALARM + 1) * DAY - 1, TokenState.EXPIRING_SOON),
        (0, TokenState.EXPIRING_SOON),
        (-1, TokenState.EXPIRED),
    ],
)
def test_the_countdown(left: int, state: TokenState) -> None:
    found = health(last_ok_at=NOW - DAY, expires_at=NOW + left)
    assert (found.state, found.days_left) == (state, left // DAY)
    assert (found.since == NOW + left) == (state is TokenState.EXPIRED)


def test_what_is_not_told_is_not_guessed() -> None:
    assert health().state is TokenState.NEVER_TRIED
    found = health(last_ok_at=NOW)
    assert (found.state, found.days_left) == (TokenState.NO_EXPIRY_TOLD, None)
    assert health(expires_at=NOW - 1).state is TokenState.EXPIRED


@given(st.none() | st.integers(NOW - 400 * DAY, NOW + 400 * DAY))
def test_a_refusal_is_said_before_all(expires_at: int | None) -> None:
    found = health(
        last_ok_at=NOW - 2 * DAY,
        refused_since=NOW - DAY,
        last_refused_at=NOW,
        refused_reason="login_refused",
        expires_at=expires_at,
    )
    assert (found.state, found.since) == (TokenState.REFUSED, NOW - DAY)
    assert found.reason == "login_refused"


def test_a_login_nobody_tries_is_to_be_tried() -> None:
    facts = [
        TokenFacts(channel=1, created_at=0),
        TokenFacts(channel=2, created_at=0, last_ok_at=NOW - DAY + 1),
        TokenFacts(channel=3, created_at=0, last_ok_at=NOW - DAY),
        TokenFacts(channel=4, created_at=0, last_ok_at=0, last_refused_at=NOW),
    ]
    assert untried(NOW, facts) == [1, 3]
