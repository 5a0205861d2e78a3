"""Locks in the bucket, for any day and any lock: never past a due date, never shortened, and a hold
always wins. And which packs may go, and which tiles there are."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core import merkle
from archiver.core.calendar import day_begins, stockholm_date
from archiver.errors import LockInForce
from archiver.store.replica import (
    DAY,
    Kept,
    PackName,
    in_force,
    lock_until,
    refuse_removal,
    superseded,
    tiles,
)

NOW = st.integers(min_value=1_700_000_000_000, max_value=2_500_000_000_000)
DAYS = st.integers(min_value=1, max_value=4000)
DUE = st.none() | st.dates(min_value=date(2020, 1, 1), max_value=date(2060, 1, 1))
CURRENT = st.none() | st.integers(min_value=1_600_000_000_000, max_value=2_900_000_000_000)
PACKS = st.builds(PackName, st.integers(1, 3), st.integers(0, 2), st.integers(0, 3))


@given(NOW, DAYS, DUE, CURRENT)
def test_a_lock_never_passes_a_due_date_and_is_never_shortened(
    now: int, days: int, due: date | None, current: int | None
) -> None:
    until = lock_until(now, days=days, due=due, current=current)
    if until is None:
        return
    assert now < until <= now + days * DAY
    assert until % 1000 == 0
    assert current is None or until > current
    if due:
        assert until <= day_begins(due)
        assert stockholm_date(until - 1) < due


@given(NOW, DAYS, CURRENT)
def test_without_a_due_date_it_rolls(now: int, days: int, current: int | None) -> None:
    until = lock_until(now, days=days, due=None, current=current)
    whole = (now + days * DAY) // 1000 * 1000
    assert until == (None if current is not None and current >= whole else whole)


@given(NOW, DAYS, st.integers(0, 4000), CURRENT)
def test_what_is_due_already_is_not_locked_any_longer(
    now: int, days: int, ago: int, current: int | None
) -> None:
    due = stockholm_date(now) - timedelta(days=ago)
    assert lock_until(now, days=days, due=due, current=current) is None


@given(NOW, CURRENT, st.booleans())
def test_a_hold_always_wins_and_a_lock_until_it_has_passed(
    now: int, until: int | None, held: bool
) -> None:
    kept = Kept(1, until, held)
    if held or (until is not None and until > now):
        with pytest.raises(LockInForce) as caught:
            refuse_removal("packs/1-0.pack", kept, now)
        assert ("hold" in caught.value.message) is held
    else:
        refuse_removal("packs/1-0.pack", kept, now)


@given(st.sets(PACKS), st.sets(PACKS))
def test_a_pack_goes_only_when_its_successor_is_there(
    local: set[PackName], shipped: set[PackName]
) -> None:
    wanted = in_force([str(one) for one in local], {one.place for one in local})
    gone = superseded([*map(str, shipped), "packs/dictionary-1"], wanted)
    assert len({one.place for one in wanted}) == len(wanted) == len({p.place for p in local})
    for one in gone:
        assert one in shipped
        assert one not in wanted
        assert any(o.place == one.place and o > one for o in wanted & shipped)
    assert {one.place for one in gone} <= {one.place for one in local}
    assert superseded(map(str, shipped - set(gone)), wanted) == []


@given(st.sets(PACKS), st.sets(st.tuples(st.integers(1, 3), st.integers(0, 2))))
def test_only_sealed_packs_are_in_force(local: set[PackName], sealed: set[tuple[int, int]]) -> None:
    assert {one.place for one in in_force(map(str, local), sealed)} == {
        one.place for one in local if one.place in sealed
    }


@given(PACKS)
def test_a_pack_is_read_back_from_its_name(pack: PackName) -> None:
    assert PackName.parse(str(pack)) == pack


@pytest.mark.parametrize(
    "name",
    ["packs/01-0.pack", "packs/1-0.0.pack", "packs/1-0.01.pack", "packs/dictionary-1", "1-0.pack"],
)
def test_another_spelling_is_no_pack(name: str) -> None:
    assert PackName.parse(name) is None


@given(st.integers(0, 300_000), st.integers(0, 300_000))
def test_tiles_come_step_by_step_as_all_at_once(a: int, b: int) -> None:
    first, last = min(a, b), max(a, b)
    assert {*tiles(0, first), *tiles(first, last)} == set(tiles(0, last))
    stepwise = [*tiles(0, first), *tiles(first, last)]
    assert len(stepwise) == len(set(stepwise))


def test_the_tiles_of_a_log() -> None:
    assert list(tiles(0, 255)) == []
    assert list(tiles(0, 256)) == [
        "log/" + merkle.entry_tile_name(0),
        "log/" + merkle.hash_tile_name(0, 0),
    ]
    assert "log/" + merkle.hash_tile_name(1, 0) in set(tiles(0, 65_536))
    assert len(list(tiles(0, 65_536))) == 2 * 256 + 1
