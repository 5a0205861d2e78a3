"""What deserves an alert: said once, again for a new reason, repeated slowly, and an all clear."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.alert import Kind, Phase, Severity
from archiver.core.token import Health, TokenState
from archiver.notify.alert import (
    HOUR,
    ORDINARY_FACTOR,
    ChannelFacts,
    Condition,
    Facts,
    Held,
    OpenGap,
    conditions,
    decide,
    tolerance,
)

NOW = 1_795_000_000_000
DAY = 24 * HOUR


def gap(
    *reasons: str, age: int = 5 * HOUR, acknowledged: bool = False, name: str = "posts"
) -> OpenGap:
    return OpenGap(collection=name, since=NOW - age, reasons=reasons, acknowledged=acknowledged)


def channel(*gaps: OpenGap, **fields: Any) -> ChannelFacts:
    values: dict[str, Any] = {"channel": 17, "interval": 3600, "added_at": 0, "last_seen": NOW}
    return ChannelFacts(**{**values, **fields}, gaps=gaps)


def wrong(*channels: ChannelFacts, **fields: Any) -> list[Condition]:
    return conditions(NOW, Facts(channels=channels, **fields), unseen_after=DAY)


def kinds(found: list[Condition]) -> list[tuple[Kind, bool]]:
    return [(one.kind, one.quiet) for one in found]


def test_nothing_is_wrong_with_what_is_well() -> None:
    health = Health(channel=17, state=TokenState.OK)
    assert wrong(channel(token=health)) == []
    assert wrong() == []


def test_an_ordinary_gap_is_said_when_it_has_lasted() -> None:
    assert tolerance(3600) == 3 * HOUR
    assert tolerance(60) == 2 * HOUR
    assert wrong(channel(gap("unreachable", age=3 * HOUR))) == []
    (one,) = wrong(channel(gap("unreachable"), gap("bad_items", name="comments", age=9 * HOUR)))
    assert (one.kind, one.severity) == (Kind.GAP, Severity.ORDINARY)
    assert (one.reasons, one.count) == (("bad_items", "unreachable"), 2)
    assert one.since == NOW - 9 * HOUR


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("login_refused", Kind.LOGIN),
        ("login_expired", Kind.LOGIN),
        ("missing_rights", Kind.LOGIN),
        ("mass_disappearance", Kind.MASS_DISAPPEARANCE),
        ("version_sunset", Kind.VERSION_SUNSET),
        ("account_gone", Kind.ACCOUNT_GONE),
    ],
)
def test_what_waiting_does_not_cure_is_said_at_once(reason: str, kind: Kind) -> None:
    (one,) = wrong(channel(gap(reason, "unreachable", age=1)))
    assert (one.kind, one.severity, one.reasons) == (kind, Severity.URGENT, (reason,))


def test_an_acknowledged_gap_is_quiet_but_does_not_end() -> None:
    assert kinds(wrong(channel(gap("unreachable", acknowledged=True)))) == [(Kind.GAP, True)]
    both = channel(gap("unreachable", acknowledged=True), gap("unreachable", name="comments"))
    assert kinds(wrong(both)) == [(Kind.GAP, False)]


def test_a_silent_worker_is_one_alert_and_not_forty() -> None:
    late = [
        channel(gap("not_looked", name="", age=2 * DAY), channel=n, last_seen=NOW - 2 * DAY)
        for n in range(40)
    ]
    found = wrong(*late, worker_runs=False)
    assert found[0].kind is Kind.WORKER_SILENT
    assert found[0].severity is Severity.URGENT
    assert all(one.quiet for one in found[1:])
    assert not any(one.quiet for one in wrong(*late, worker_runs=True))
    assert wrong(channel(), worker_runs=False) == []  # stopped, and nothing is late yet


def test_nothing_seen_for_hours() -> None:
    (one,) = wrong(channel(last_seen=NOW - DAY - HOUR))
    assert (one.kind, one.hours, one.since) == (Kind.UNSEEN, 25, NOW - DAY - HOUR)
    assert wrong(channel(last_seen=NOW - DAY - HOUR, interval=86_400)) == []
    (one,) = wrong(channel(last_seen=None, added_at=NOW - 2 * DAY))
    assert one.kind is Kind.UNSEEN


@pytest.mark.parametrize(
    ("state", "kind", "severity"),
    [
        (TokenState.EXPIRING, Kind.TOKEN, Severity.ORDINARY),
        (TokenState.EXPIRING_SOON, Kind.TOKEN, Severity.URGENT),
        (TokenState.EXPIRED, Kind.LOGIN, Severity.URGENT),
        (TokenState.REFUSED, Kind.LOGIN, Severity.URGENT),
    ],
)
def test_logins(state: TokenState, kind: Kind, severity: Severity) -> None:
    health = Health(channel=17, state=state, days_left=5)
    (one,) = wrong(channel(token=health))
    assert (one.kind, one.severity) == (kind, severity)
    found = wrong(channel(gap("login_refused"), token=health))
    assert len([one for one in found if one.kind is Kind.LOGIN]) == 1


def test_damage_is_said() -> None:
    (one,) = wrong(integrity="checkpoint-forked")
    assert (one.kind, one.reasons) == (Kind.INTEGRITY, ("checkpoint-forked",))


# --- what is said --------------------------------------------------------------------------------

REPEAT = DAY


def told(
    found: list[Condition], held: dict[str, Held], now: int = NOW, **fields: Any
) -> tuple[list[Phase], dict[str, Held]]:
    decision = decide(now, found, held, repeat_after=REPEAT, **fields)
    return [one.phase for one in decision.say], {one.key: one for one in decision.held}


def test_one_life_of_an_alert() -> None:
    one = wrong(channel(gap("login_refused")))
    said, held = told(one, {})
    assert said == [Phase.RAISED]
    said, held = told(one, held, NOW + HOUR)
    assert said == []
    more = wrong(channel(gap("login_refused", "login_expired")))
    said, held = told(more, held, NOW + 2 * HOUR)
    assert said == [Phase.CHANGED]
    said, held = told(one, held, NOW + 3 * HOUR)  # fewer reasons are no news
    assert said == []
    said, held = told(more, held, NOW + 2 * HOUR + REPEAT)
    assert said == [Phase.REPEATED]
    quiet = wrong(channel(gap("login_refused", "login_expired", acknowledged=True)))
    said, held = told(quiet, held, NOW + 9 * REPEAT)
    assert said == []
    decision = decide(NOW + 9 * REPEAT, [], held, repeat_after=REPEAT)
    (end,) = decision.say
    assert (end.phase, end.kind, end.severity) == (Phase.CLEARED, Kind.LOGIN, Severity.URGENT)
    assert (end.reasons, end.since) == (("login_expired", "login_refused"), one[0].since)
    assert decision.held == ()


def test_what_was_never_said_has_no_all_clear() -> None:
    said, held = told(wrong(channel(gap("unreachable", acknowledged=True))), {})
    assert (said, held) == ([], {})
    assert told([], held) == ([], {})


def test_what_is_not_urgent_is_repeated_more_seldom() -> None:
    one = wrong(channel(gap("unreachable")))
    _, held = told(one, {})
    assert told(one, held, NOW + ORDINARY_FACTOR * REPEAT - 1)[0] == []
    assert told(one, held, NOW + ORDINARY_FACTOR * REPEAT)[0] == [Phase.REPEATED]


def test_what_is_not_known_ends_nothing() -> None:
    _, held = told(wrong(channel(gap("login_refused"))), {})
    assert told([], held, whole=False) == ([], held)


def test_a_login_that_has_run_out_gets_no_all_clear_for_running_out() -> None:
    soon = wrong(channel(token=Health(channel=17, state=TokenState.EXPIRING_SOON, days_left=0)))
    _, held = told(soon, {})
    over = wrong(channel(token=Health(channel=17, state=TokenState.EXPIRED, days_left=-1)))
    said, held = told(over, held)
    assert said == [Phase.RAISED]
    assert list(held) == ["login/17"]
    well = wrong(channel(token=Health(channel=17, state=TokenState.OK)))
    assert told(well, held)[0] == [Phase.CLEARED]


_states = st.lists(
    st.tuples(
        st.integers(0, 30 * HOUR),
        st.sets(st.sampled_from(["unreachable", "login_refused", "bad_items", "account_gone"])),
        st.booleans(),
        st.booleans(),
    ),
    max_size=30,
)


@given(_states)
def test_every_alarm_has_at_most_one_all_clear_and_none_comes_first(
    history: list[tuple[int, set[str], bool, bool]],
) -> None:
    now, held, standing = NOW, dict[str, Held](), set[str]()
    for later, reasons, acknowledged, whole in history:
        now += later
        gaps = [
            OpenGap(collection="posts", since=0, reasons=tuple(reasons), acknowledged=acknowledged)
        ]
        facts = Facts(channels=(channel(*(gaps if reasons else []), last_seen=now),), whole=whole)
        found = conditions(now, facts, unseen_after=DAY)
        decision = decide(now, found, held, repeat_after=REPEAT, whole=whole)
        again = decide(now, found, {one.key: one for one in decision.held}, repeat_after=REPEAT)
        assert [one for one in again.say if one.phase is not Phase.CLEARED] == []  # said once
        for one in decision.say:
            if one.phase is Phase.RAISED:
                assert one.key not in standing
                standing.add(one.key)
            else:
                assert one.key in standing
            if one.phase is Phase.CLEARED:
                assert whole
                standing.discard(one.key)
        held = {one.key: one for one in decision.held}
        assert held.keys() == standing
