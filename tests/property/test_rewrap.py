"""What `keys_rewrapped` says: one spelling, split and joined, and where keys lie after many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.canonical import Json
from archiver.core.event import ClearEntry, EventType
from archiver.core.rewrap import Rewrap, Run, Whereabouts, split
from archiver.errors import NotCanonical

away = st.dictionaries(st.integers(0, 60), st.none() | st.integers(2, 4), min_size=1, max_size=40)


def _entry(rewrap: Rewrap) -> bytes:
    return ClearEntry(EventType.KEYS_REWRAPPED, 1, 1_795_353_955_123, rewrap.facts()).encode()


@given(away)
def test_what_is_split_says_the_same_together(moves: dict[int, int | None]) -> None:
    parts = split(1, 2, moves)
    assert dict(place for part in parts for place in part.places()) == moves
    assert [seq for part in parts for seq, _ in part.places()] == sorted(moves)
    for part in parts:
        assert Rewrap.parse(part.facts()) == part
        assert len(_entry(part)) <= 300


@given(st.lists(away, max_size=5))
def test_the_last_move_wins_and_every_line_left_is_counted(
    all_: list[dict[int, int | None]],
) -> None:
    marker = ClearEntry("marker", 1, 1, {}).encode()
    entries, ends, leaves = [marker] * 70, dict[int, int | None](), 0
    for number, moves in enumerate(all_):
        entries += [_entry(part) for part in split(1, number + 2, moves)]
        ends |= moves
        leaves += len(moves)
    where = Whereabouts(entries)
    assert where.ends == ends
    assert where.leaves.total() == leaves
    assert where.generations == ({1: len(all_) + 1} if all_ else {})


def test_an_entry_cannot_speak_of_what_comes_after_it() -> None:
    """A count without end would keep an auditor busy for ever."""
    marker = ClearEntry("marker", 1, 1, {}).encode()
    entry = _entry(Rewrap(1, 2, (Run(None, 1, 10**14),)))
    for first, last in ((0, 10**14), (7, 3)):
        with pytest.raises(NotCanonical):
            Whereabouts([marker, _entry(Rewrap(1, 2, (Run(None, first, last),))), entry])
    assert Whereabouts([marker, _entry(Rewrap(1, 2, (Run(None, 0, 1),)))]).ends == {0: None}
    assert Whereabouts([_entry(Rewrap(1, 2, (Run(None, 8, 1),)))], 9).ends == {8: None}


BAD: dict[str, dict[str, Json]] = {
    "nothing moved": {},
    "an empty list": {"moved": [], "voided": [[1, 1]]},
    "overlapping runs": {"moved": [[7, 1, 3]], "voided": [[3, 1]]},
    "an empty run": {"voided": [[3, 0]]},
    "falling numbers": {"voided": [[9, 1], [3, 1]]},
    "to itself": {"moved": [[3, 1, 1]]},
    "to the home's own": {"moved": [[0, 1, 1]]},
    "from the home's own": {"cohort": 0, "voided": [[1, 1]]},
    "the first generation": {"generation": 1, "voided": [[1, 1]]},
    "too short a row": {"voided": [[1]]},
    "no list": {"voided": "1"},
    "a row that is none": {"voided": [1]},
    "a negative number": {"voided": [[-1, 1]]},
    "a truth value": {"voided": [[True, 1]]},
    "no cohort": {"cohort": "3", "voided": [[1, 1]]},
    "one thing more": {"voided": [[1, 1]], "note": "x"},
}


@pytest.mark.parametrize("facts", BAD.values(), ids=BAD.keys())
def test_anything_else_is_refused(facts: dict[str, Json]) -> None:
    good: dict[str, Json] = {"cohort": 3, "generation": 2}
    assert Rewrap.parse({**good, "voided": [[1, 1]]}).runs[0].seqs == range(1, 2)
    with pytest.raises(NotCanonical):
        Rewrap.parse({**good, **facts})
