"""What the log says of recoveries: one form each, and what may stand where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.checkpoint import Checkpoint, VerifierKey
from archiver.core.event import ClearEntry, Entry, EventType, SealedEntry, parse
from archiver.core.recovery import (
    Attested,
    Losses,
    Recovered,
    Repeated,
    generation,
    is_older,
    key_digest,
    repetitions,
    successor,
)
from archiver.core.runs import RUNS_IN_AN_ENTRY, in_runs, numbers, parse_runs, parted
from archiver.core.tombstone import Explanations
from archiver.errors import NotCanonical

OLD = VerifierKey("diarkiv/ab/1", bytes(range(32)))
SAID = Recovered(OLD.name, 5, 9, bytes(32), key_digest(OLD))
SEQS = st.sets(st.integers(min_value=0, max_value=300))


def clear(type_: str, facts: object) -> ClearEntry:
    return ClearEntry(type_, 1, 1, facts)  # type: ignore[arg-type]


def recovered(said: Recovered = SAID) -> ClearEntry:
    return clear(EventType.LOG_RECOVERED, said.facts())


def sealed(type_: str = EventType.LOSS_ATTESTED) -> SealedEntry:
    return SealedEntry(type_, 1, 1, 0, "0" * 32, "0" * 64, "0" * 64)


def walked(*entries: Entry) -> Losses:
    losses = Losses()
    for number, entry in enumerate(entries, SAID.start):
        losses.take(number, entry)
    return losses


@given(SEQS)
def test_runs_say_just_the_numbers(seqs: set[int]) -> None:
    assert list(numbers(in_runs(seqs))) == sorted(seqs)
    parts = list(parted(seqs))
    assert [n for runs in parts for n in numbers(runs)] == sorted(seqs)
    assert all(parse_runs([list(run) for run in runs]) == runs for runs in parts)
    assert all(len(runs) <= RUNS_IN_AN_ENTRY for runs in parts)


@pytest.mark.parametrize(
    "rows",
    [[], "x", [[1]], [[1, 0]], [[3, 2], [4, 1]], [[-1, 2]], [[1, True]], [1], [[1, 1]] * 13],
)
def test_runs_of_another_form_are_refused(rows: object) -> None:
    with pytest.raises(NotCanonical):
        parse_runs(rows)


@given(st.dictionaries(st.integers(0, 300), st.integers(0, 3)))
def test_repetitions_say_each_entry_once_with_its_reason(by: dict[int, int]) -> None:
    made = list(repetitions(5, by))
    assert {n: one.of for one in made for n in numbers(one.runs)} == by
    for one in made:
        entry = parse(clear(EventType.DISPOSAL_REPEATED, one.facts()).encode())
        assert isinstance(entry, ClearEntry)
        assert Repeated.parse(entry.facts) == one
        assert len(entry.encode()) <= 420


def test_names_of_generations() -> None:
    assert successor("diarkiv/ab/1") == "diarkiv/ab/2"
    assert generation("diarkiv/ab/12") == 12
    assert is_older("diarkiv/ab/9", "diarkiv/ab/10")
    assert not is_older("diarkiv/ab/2", "diarkiv/ab/2")
    assert not is_older("diarkiv/cd/1", "diarkiv/ab/2")
    for name in ("diarkiv", "diarkiv/ab/", "diarkiv/ab/0", "diarkiv/ab/x"):
        with pytest.raises(NotCanonical):
            generation(name)


@pytest.mark.parametrize(
    "change",
    [
        {"size": 4},
        {"from": -1},
        {"root": "00"},
        {"key": "K" * 64},
        {"origin": "diarkiv"},
        {"more": 1},
        {"origin": 1},
    ],
)
def test_a_recovery_of_another_form_is_refused(change: dict[str, object]) -> None:
    assert Recovered.parse(SAID.facts()) == SAID
    with pytest.raises(NotCanonical):
        Recovered.parse({**SAID.facts(), **change})  # type: ignore[dict-item]


def test_a_loss_is_unexplained_until_somebody_answers_for_it() -> None:
    losses = walked(recovered())
    assert (losses.lost, losses.unexplained, losses.open) == (4, 4, [5])
    losses = walked(recovered(), sealed(), clear(EventType.LOSS_EXPLAINED, Attested(5, 6).facts()))
    assert (losses.lost, losses.unexplained, losses.open) == (4, 0, [])


REPEATED = clear(EventType.DISPOSAL_REPEATED, Repeated(5, 0, ((2, 2),)).facts())
EXPLAINED = clear(EventType.LOSS_EXPLAINED, Attested(5, 6).facts())


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([recovered(SAID._replace(start=4))], id="elsewhere"),
        pytest.param([EXPLAINED], id="no recovery"),
        pytest.param([recovered(), sealed("run"), EXPLAINED], id="nobody answers"),
        pytest.param([REPEATED], id="repeated without a recovery"),
        pytest.param([recovered(), sealed(), EXPLAINED, REPEATED], id="repeated afterwards"),
        pytest.param(
            [
                recovered(),
                clear(EventType.DISPOSAL_REPEATED, Repeated(5, 0, ((4, 2),)).facts()),
            ],
            id="repeated beyond what survived",
        ),
        pytest.param(
            [
                recovered(),
                clear(EventType.DISPOSAL_REPEATED, Repeated(5, 10, ((4, 1),)).facts()),
            ],
            id="by an entry that was not known",
        ),
        pytest.param(
            [recovered(), clear(EventType.DISPOSAL_REPEATED, {"of": 0, "recovered": 5})],
            id="no runs",
        ),
        pytest.param(
            [recovered(), clear(EventType.LOSS_EXPLAINED, {"recovered": 5})], id="no entry"
        ),
    ],
)
def test_what_may_not_stand_there_is_refused(entries: list[Entry]) -> None:
    with pytest.raises(NotCanonical):
        walked(*entries)


def test_a_repeated_disposal_explains_and_nothing_else_does() -> None:
    rewrapped = clear("keys_rewrapped", {"cohort": 1, "generation": 2, "voided": [[2, 3]]})
    found = Explanations()
    for number, entry in enumerate((recovered(), REPEATED, rewrapped), 5):
        found.take(number, entry)
    found.end()
    assert (found.repeated, found.unexplained, found.disposed) == (2, 1, 0)


def test_generations_follow_one_another() -> None:
    assert list(Losses().findings("diarkiv/ab/1")) == []
    assert list(Losses().findings("diarkiv/ab/2"))
    assert list(walked(recovered()).findings("diarkiv/ab/2")) == []
    assert list(walked(recovered()).findings("diarkiv/ab/1"))
    assert list(walked(recovered()).findings("diarkiv/cd/2"))


def test_an_old_head_is_judged_by_where_it_ends() -> None:
    losses, root = walked(recovered()), b"r" * 32

    def judged(size: int, of: VerifierKey = OLD, name: str = OLD.name) -> str:
        return losses.judge(Checkpoint(name, size, root), of, root)

    assert judged(5) == ""
    assert "do not give" in losses.judge(Checkpoint(OLD.name, 5, root), OLD, bytes(32))
    assert "declared lost range" in judged(6)
    assert "more is lost" in judged(10)
    assert "does not go on from" in judged(5, VerifierKey(OLD.name, bytes(32)))
    assert "does not go on from" in judged(5, name="diarkiv/cd/1")
