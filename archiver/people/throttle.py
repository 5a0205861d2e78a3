"""How long somebody must wait between two attempts to sign in. Pure.

The first failures cost nothing, since people mistype. After that the wait doubles with every
failure up to a bound, so that guessing is slow and nobody is ever locked out. What is counted is
counted three times: for a name from one address, for an address whatever the names, and for a name
wherever it is tried from (a browser in which that person has signed in before is spared the last,
so that a stranger's guesses do not keep its owner out). Rests on NIST SP 800-63B 5.2.2 and OWASP's
Authentication Cheat Sheet.
"""

from __future__ import annotations

from dataclasses import dataclass

SECOND = 1000  # milliseconds
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`free` failures without a wait, then `first` milliseconds, doubled each time up to `most`;
    failures are forgotten `forget` milliseconds after the last."""

    free: int
    first: int
    most: int
    forget: int


PAIR = Rule(free=5, first=SECOND, most=5 * MINUTE, forget=24 * HOUR)
ADDRESS = Rule(free=30, first=SECOND, most=MINUTE, forget=HOUR)
NAME = Rule(free=20, first=SECOND, most=MINUTE, forget=24 * HOUR)


def counted(rule: Rule, failures: int, last_at: int, now: int) -> int:
    """The failures that still count at `now` (milliseconds UTC)."""
    return failures if now - last_at < rule.forget else 0


def wait(rule: Rule, failures: int, last_at: int, now: int) -> int:
    """Milliseconds until the next attempt is heard; 0: now. A clock that went back adds nothing
    beyond the bound."""
    over = counted(rule, failures, last_at, now) - rule.free
    if over < 0:
        return 0
    pause = min(rule.most, rule.first << min(over, 30))
    return min(pause, max(0, last_at + pause - now))
