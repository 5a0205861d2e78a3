"""What a run asks for, and what it may then miss."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from archiver.core.connector import Collection, JsonLayout, Reach
from archiver.core.observation import COMMENT, POST, ItemRef
from archiver.core.plan import EVERYTHING, RunPlan, Scope
from archiver.core.record import instant
from archiver.harvest.plan import Covered, Extent, extent, holds_all, scans

LAYOUT = JsonLayout(arrays=((),))
ALL, RECENT, THREADS = Reach.ALL, Reach.RECENT, Reach.THREADS
ONE, TWO = ItemRef(POST, "1"), ItemRef(POST, "2")
PART = RunPlan(scope=Scope.PART, since=1000, threads=(7,))


def listed(*reach: Reach) -> Collection:
    return Collection(
        name="c", shows=(COMMENT,), layout=LAYOUT, exhaustive=True, reach=frozenset(reach)
    )


def asked(collection: Collection, plan: RunPlan, since: int | None) -> list[tuple[object, ...]]:
    found = scans(collection, plan, since=since, cursor={}, seen=[ONE], due=[TWO])
    return [(scan.since, scan.under) for scan in found]


def test_a_full_run_reads_lists_to_their_end_and_threads_under_every_post() -> None:
    assert asked(listed(ALL, RECENT, THREADS), EVERYTHING, 5) == [(None, ())]
    assert asked(listed(THREADS), EVERYTHING, 5) == [(None, (TWO, ONE))]


def test_a_part_run_reads_the_window_and_the_due_threads() -> None:
    assert asked(listed(ALL, RECENT), PART, 2000) == [(instant(1000), ())]
    assert asked(listed(ALL, RECENT, THREADS), PART, 2000) == [
        (instant(1000), ()),
        (None, (TWO, ONE)),
    ]
    assert asked(listed(ALL), PART, 2000) == [(None, ())]  # it cannot be read in part


def test_a_window_reaches_back_to_where_everything_had_been_seen() -> None:
    assert asked(listed(ALL, RECENT), PART, 400) == [(instant(400), ())]


def test_what_was_never_read_to_its_end_is_read_whole_first() -> None:
    assert extent(listed(ALL, RECENT), PART, None) is Extent.ALL
    assert asked(listed(ALL, RECENT), PART, None) == [(None, ())]


def test_no_post_no_thread() -> None:
    assert scans(listed(THREADS), PART, since=None, cursor={}, seen=[], due=[]) == []


covered = st.builds(
    Covered,
    everything=st.booleans(),
    window=st.none() | st.integers(0, 9),
    threads=st.frozensets(st.sampled_from([b"a", b"b"])),
)


@given(st.lists(covered, max_size=3), st.none() | st.integers(0, 9), st.sampled_from([None, b"a"]))
def test_only_what_lay_inside_every_list_is_missed(
    lists: list[Covered], created: int | None, root: bytes | None
) -> None:
    inside = [
        one.everything
        or root in one.threads
        or (one.window is not None and created is not None and one.window <= created)
        for one in lists
    ]
    every = [(listed(ALL), one) for one in lists]
    assert holds_all(every, created, root) is (bool(lists) and all(inside))
    below = (listed(THREADS), Covered())  # read under no post at all
    assert not holds_all([below], created, root)
    assert not holds_all([*every, below], created, b"a")
    assert holds_all([*every, below], created, None) is holds_all(every, created, None)
