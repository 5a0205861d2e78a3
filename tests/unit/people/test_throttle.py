"""Waiting: the first failures are free, the wait grows to a bound, nobody is locked out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.people.throttle import ADDRESS, NAME, PAIR, Rule, counted, wait

NOW = 1_795_000_000_000
RULES = st.sampled_from([ADDRESS, NAME, PAIR])


@pytest.mark.parametrize("rule", [ADDRESS, NAME, PAIR])
def test_the_first_are_free_and_then_it_doubles(rule: Rule) -> None:
    assert wait(rule, rule.free - 1, NOW, NOW) == 0
    assert wait(rule, rule.free, NOW, NOW) == rule.first
    assert wait(rule, rule.free + 1, NOW, NOW) == 2 * rule.first
    assert wait(rule, rule.free + 1, NOW, NOW + 2 * rule.first) == 0


@given(RULES, st.integers(0, 10**6), st.integers(-(10**9), 10**12))
def test_nobody_waits_longer_than_the_bound(rule: Rule, failures: int, ago: int) -> None:
    assert 0 <= wait(rule, failures, NOW - ago, NOW) <= rule.most


@given(RULES, st.integers(0, 200), st.integers(0, 10**10))
def test_more_failures_never_wait_less(rule: Rule, failures: int, ago: int) -> None:
    assert wait(rule, failures, NOW - ago, NOW) <= wait(rule, failures + 1, NOW - ago, NOW)


def test_old_failures_are_forgotten() -> None:
    assert counted(PAIR, 9, NOW - PAIR.forget, NOW) == 0
    assert counted(PAIR, 9, NOW - PAIR.forget + 1, NOW) == 9
