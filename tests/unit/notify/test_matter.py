"""Reminders of late handovers, step by step, and the alert of a stop."""

from __future__ import annotations

import pytest

from archiver.core.alert import Kind, Phase, Severity
from archiver.notify.alert import ONCE, Facts, Held, conditions, decide
from archiver.notify.matter import (
    LATE_STORE,
    STEPS,
    Overdue,
    of_disposals,
    of_handovers,
    of_stamps,
    of_stopped,
    of_store,
    whom,
)
from archiver.notify.wording import body, subject
from tests.unit.notify.servers import NOW, alert

DAY = 86_400_000
FRIDAY = 1_795_176_000_000  # 2026-11-20 12.00 in Sweden


def steps(now: int, *sent: tuple[str, int], cause: str = "receipt") -> list[int | None]:
    one = Overdue(handover=4711, code="KS", cause=cause, since=FRIDAY, sent=sent)
    return [found.step for found in of_handovers(now, [one], step_days=1)]


def test_each_step_waits_for_a_working_day_after_the_one_before() -> None:
    assert steps(FRIDAY) == [1]
    assert steps(FRIDAY + 2 * DAY, ("receipt_1", FRIDAY)) == []  # Sunday
    assert steps(FRIDAY + 3 * DAY - 1, ("receipt_1", FRIDAY)) == []
    assert steps(FRIDAY + 3 * DAY, ("receipt_1", FRIDAY)) == [2]
    assert steps(FRIDAY + 9 * DAY, ("receipt_1", FRIDAY), ("receipt_2", FRIDAY)) == [3]
    three = tuple((f"receipt_{n}", FRIDAY) for n in range(1, STEPS + 1))
    assert steps(FRIDAY + 99 * DAY, *three) == []
    assert steps(FRIDAY + 99 * DAY, *three, cause="answer") == [1]


@pytest.mark.parametrize(
    ("step", "duty", "recipients", "expected"),
    [
        (1, ["jour"], ["a", "b"], ("jour",)),
        (2, ["jour"], ["a", "b"], ("a",)),
        (3, ["jour"], ["a", "b"], ("jour", "a", "b")),
        (1, [], ["a", "b", "c"], ("a",)),
        (2, [], ["a", "b", "c"], ("b",)),
        (3, [], ["a", "b", "c"], ("a", "b", "c")),
        (2, [], ["a"], ("a",)),
        (2, ["a"], ["a"], ("a",)),
        (1, [], [], ()),
    ],
)
def test_whom_a_step_goes_to(
    step: int, duty: list[str], recipients: list[str], expected: tuple[str, ...]
) -> None:
    assert whom(step, duty, recipients) == expected


def test_each_is_said_once_and_never_cleared() -> None:
    late = Overdue(handover=4711, code="KS", cause="receipt", since=NOW)
    gone = of_disposals([(12, "KS", "hold-in-force", NOW)], [(7, NOW)])
    matters = (*of_handovers(NOW, [late], step_days=1), *of_stopped([(9, "KS", NOW)]), *gone)
    held: dict[str, Held] = {}
    facts = Facts(matters=matters)
    for later, expected in ((0, 4), (5 * DAY, 0), (50 * DAY, 0)):
        found = conditions(NOW + later, facts, unseen_after=DAY)
        decision = decide(NOW + later, found, held, repeat_after=DAY)
        assert len(decision.say) == expected
        held = {one.key: one for one in decision.held}
    assert held.keys() == {
        "handover/4711",
        "stopped/9",
        "disposal/12",
        "disposed_changed/7",
    }
    ended = decide(NOW, [], held, repeat_after=DAY)
    assert (ended.say, ended.held) == ((), ())
    unseen = {Kind.HOLD_REVIEW, Kind.REQUEST_WAITS, Kind.SUBJECT_REQUEST}
    assert {one.kind for one in held.values()} == ONCE - unseen
    assert decide(NOW, [], held, repeat_after=DAY, whole=False).held == tuple(held.values())


def test_the_words_say_a_number_and_no_more() -> None:
    given = {"channel": None, "platform": "", "count": 0, "phase": Phase.RAISED}
    late = alert(kind=Kind.HANDOVER, item=4711, step=2, reasons=("answer_2",), **given)
    said = "[Diarkiv] En överlämning är försenad (påminnelse 2) – KS, 4711"
    assert subject(late, "sv") == said
    assert "Saknas: svar, efter vår egen frist" in body(late, "sv")
    assert "Missing: an answer" in body(late, "en")
    urgent = Severity.URGENT
    stop = alert(kind=Kind.STOPPED, item=9, reasons=("stopped",), severity=urgent, **given)
    assert subject(stop, "sv") == "[Diarkiv] BRÅDSKANDE: Nödstopp – KS, R9"
    assert "Gäller: KS, R9" in body(stop, "sv")
    assert "police" in body(stop, "en")
    assert "Skäl" not in body(stop, "sv")


def test_a_disposal_says_what_stood_in_its_way() -> None:
    given = {"severity": Severity.ORDINARY, "platform": "", "count": 0, "phase": Phase.RAISED}
    said = alert(kind=Kind.DISPOSAL, item=12, channel=None, reasons=("hold-in-force",), **given)
    assert subject(said, "sv") == "[Diarkiv] En gallring har stannat – KS, 12"
    assert "Skäl: ett gallringsstopp" in body(said, "sv")
    assert "Reason: a disposal hold" in body(said, "en")
    other = alert(kind=Kind.DISPOSAL, item=12, channel=None, reasons=("store",), **given)
    assert "Skäl: store" in body(other, "sv")


def test_what_is_shown_changed_is_told_once_a_week_for_a_channel() -> None:
    held: dict[str, Held] = {}
    told = []
    for days in (0, 1, 7, 8):
        at = NOW + days * DAY
        found = conditions(at, Facts(matters=tuple(of_disposals([], [(7, at)]))), unseen_after=DAY)
        decision = decide(at, found, held, repeat_after=DAY)
        told += [days for _ in decision.say]
        held = {one.key: one for one in decision.held}
    assert told == [0, 7]
    given = {"platform": "", "count": 0, "phase": Phase.RAISED, "severity": Severity.ORDINARY}
    reasons = ("disposed_changed_2026_48",)
    said = alert(kind=Kind.DISPOSED_CHANGED, channel=7, reasons=reasons, **given)
    assert "ändrad text" in body(said, "sv")
    assert "2026_48" not in body(said, "sv")


def test_time_stamps_that_do_not_come() -> None:
    hour = 3_600_000
    assert of_stamps(NOW, None, interval=hour) == []
    assert of_stamps(NOW + DAY, NOW, interval=hour) == []
    assert of_stamps(NOW + 2 * DAY, NOW, interval=DAY) == []
    held: dict[str, Held] = {}
    told = list[tuple[int, Phase]]()
    for hours in (25, 26, 90, 91):
        matters = of_stamps(NOW + hours * hour, NOW if hours < 91 else None, interval=hour)
        found = conditions(NOW, Facts(matters=tuple(matters)), unseen_after=DAY)
        decision = decide(NOW + hours * hour, found, held, repeat_after=DAY)
        told += [(hours, one.phase) for one in decision.say]
        held = {one.key: one for one in decision.held}
    assert told == [(25, Phase.RAISED), (91, Phase.CLEARED)]
    said = alert(
        kind=Kind.UNSTAMPED, severity=Severity.ORDINARY, channel=None, reasons=("unstamped",)
    )
    assert "Tidsstämplarna uteblir" in subject(said, "sv")
    assert "diarkiv stamp" in body(said, "sv")
    assert "unstamped" not in body(said, "en")


@pytest.mark.parametrize(
    ("shipped", "failing", "code", "severity"),
    [
        (0, 0, "", None),  # the first shipment is not yet made
        (NOW - 60_000, 0, "", None),
        (NOW - 60_000, NOW - 30_000, "store-unavailable", None),
        (NOW - 60_000, NOW - 30_000, "signature-invalid", Severity.ORDINARY),
        (NOW - LATE_STORE - 1, 0, "", Severity.ORDINARY),  # nobody ships
        (NOW - LATE_STORE - 1, NOW - LATE_STORE, "store-unavailable", Severity.ORDINARY),
        (0, NOW - LATE_STORE - 1, "store-unavailable", Severity.ORDINARY),
        (0, NOW, "config", Severity.ORDINARY),
        (NOW - DAY - 1, NOW - DAY, "store-unavailable", Severity.URGENT),
    ],
)
def test_a_store_that_is_behind(
    shipped: int, failing: int, code: str, severity: Severity | None
) -> None:
    found = of_store(NOW, shipped_at=shipped, failing_since=failing, code=code)
    assert [one.severity for one in found] == ([severity] if severity else [])
    if found:
        decision = decide(NOW, found, {}, repeat_after=DAY)
        assert decision.say[0].phase is Phase.RAISED
        held = {one.key: one for one in decision.held}
        assert [one.phase for one in decide(NOW, [], held, repeat_after=DAY).say] == [Phase.CLEARED]


def test_locks_that_cannot_be_renewed_are_told_of_after_a_day() -> None:
    def said(lapsing: int) -> list[Severity]:
        found = of_store(NOW, shipped_at=NOW, failing_since=0, code="", lapsing_since=lapsing)
        return [one.severity for one in found]

    assert (said(0), said(NOW - DAY), said(NOW - DAY - 1)) == ([], [], [Severity.URGENT])


def test_a_store_in_words() -> None:
    one = alert(kind=Kind.STORE, reasons=("store",), channel=None)
    assert "Arkivets kopia" in subject(one, "sv")
    assert "diarkiv s3 status" in body(one, "sv")
    assert "Skäl" not in body(one, "sv")
    assert "this machine only" in body(one, "en")
