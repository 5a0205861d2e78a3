"""What was chosen in the inbox: what can be decided on, and why the rest cannot."""

from __future__ import annotations

from archiver.registry.core.triage import MAX_AT_ONCE, Decision, Outcome
from archiver.registry.inbox import Item
from archiver.registry.selection import Shown, select


def item(seq: int, *, latest: int = 10, triaged: int = 0, state: str = "visible") -> Item:
    return Item(
        seq=seq,
        channel=1,
        authority=7 + seq % 2,
        kind="comment",
        native=bytes([seq % 250]),
        root=b"top",
        legal_at=seq,
        legal_basis="platform",
        captured_at=seq,
        state=state,
        latest=latest,
        triaged=triaged,
        outcome=None,
        seen_at=seq,
    )


def test_each_refusal_has_its_reason_and_the_rest_goes_on() -> None:
    there = {1: item(1), 2: item(2), 3: item(3, latest=11), 4: item(4, triaged=12), 6: item(6)}
    shown = {seq: Shown(10, 0) for seq in (1, 2, 3, 4, 5, 6)}
    found = select(shown, there, pending={2})
    assert [one.seq for one in found.items] == [1, 6]
    assert {one.record: one.why.code for one in found.refused} == {
        2: "being_decided",
        3: "changed_since",
        4: "decided_since",
        5: "not_there",
    }
    for one in found.refused:
        assert one.why.say("sv") != one.why.say("en")
        assert one.why.code not in one.why.say("sv")


def test_as_it_stands_now() -> None:
    there = {1: item(1, triaged=12), 2: item(2, triaged=12, state="gone_confirmed"), 3: item(3)}
    found = select(dict.fromkeys(there), there, pending=())
    assert [one.seq for one in found.items] == [2, 3]
    assert [one.why.code for one in found.refused] == ["decided"]


def test_no_more_than_fit_in_one_decision() -> None:
    there = {seq: item(seq) for seq in range(MAX_AT_ONCE + 3)}
    found = select(dict.fromkeys(there), there, pending=())
    assert len(found.items) == MAX_AT_ONCE
    assert {one.why.code for one in found.refused} == {"too_many"}
    assert str(MAX_AT_ONCE) in found.refused[0].why.say("sv")


def test_a_decision_is_one_authoritys() -> None:
    there = {seq: item(seq) for seq in range(1, 6)}
    found = select(dict.fromkeys(there), there, pending=())
    made = found.decisions(
        lambda items: Decision(
            authority=items[0].authority,
            records=tuple(one.seq for one in items),
            outcome=Outcome.MINOR,
        )
    )
    assert sorted((one.authority, one.records) for one in made) == [(7, (2, 4)), (8, (1, 3, 5))]
    assert found.threads == 1
