"""Reminders of late handovers, step by step, and the alert of a stop."""

from __future__ import annotations

import pytest

from archiver.core.alert import Kind, Phase, Severity
from archiver.notify.alert import ONCE, Facts, Held, conditions, decide
from archiver.notify.matter import STEPS, Overdue, of_handovers, of_stopped, whom
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
    matters = (*of_handovers(NOW, [late], step_days=1), *of_stopped([(9, "KS", NOW)]))
    held: dict[str, Held] = {}
    facts = Facts(matters=matters)
    for later, expected in ((0, 2), (5 * DAY, 0), (50 * DAY, 0)):
        found = conditions(NOW + later, facts, unseen_after=DAY)
        decision = decide(NOW + later, found, held, repeat_after=DAY)
        assert len(decision.say) == expected
        held = {one.key: one for one in decision.held}
    assert held.keys() == {"handover/4711", "stopped/9"}
    ended = decide(NOW, [], held, repeat_after=DAY)
    assert (ended.say, ended.held) == ((), ())
    assert {one.kind for one in held.values()} == ONCE
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
