"""Completeness: what may be called complete, and what may raise suspicion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.connector import Collection, JsonLayout
from archiver.core.observation import COMMENT, POST
from archiver.core.reason import ADVICE
from archiver.errors import (
    ConfigError,
    DiarkivError,
    SourceChanged,
    SourceError,
    SourceRefusedAddress,
    SourceRefusedLogin,
    SourceUnavailable,
)
from archiver.harvest.completeness import (
    Reason,
    Status,
    Tally,
    outcome,
    reason_of,
)
from archiver.harvest.plan import Covered, Extent

LAYOUT = JsonLayout(arrays=((),))
LIST = Collection(name="posts", shows=(POST,), layout=LAYOUT, exhaustive=True)
WINDOW = Collection(name="entries", shows=(POST, COMMENT), layout=LAYOUT, exhaustive=False)
collections = st.builds(
    Collection,
    name=st.just("c"),
    shows=st.sampled_from([(POST,), (COMMENT,), (POST, COMMENT)]),
    layout=st.just(LAYOUT),
    exhaustive=st.booleans(),
)
counts = st.integers(0, 3)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    """A collection as an enumeration leaves it: closed, or broken off."""
    tally = Tally(draw(collections), draw(st.none() | st.just(1)), pages=draw(counts))
    tally.seen, tally.known, tally.bad = draw(counts), draw(counts), draw(counts)
    if draw(st.booleans()):
        tally.fail(draw(st.sampled_from([Reason.UNREACHABLE, Reason.LOGIN_REFUSED])))
    tally.close()
    return tally


@given(tallies())
def test_whatever_is_not_complete_has_a_reason(tally: Tally) -> None:
    assert (tally.status is Status.COMPLETE) is (tally.reason is Reason.NONE)
    line = tally.line()
    assert (line["status"], line["reason"]) == (tally.status.value, tally.reason.value)
    assert ("since" in line) is (tally.since is not None)


@given(st.lists(tallies(), min_size=1))
def test_a_run_is_complete_only_if_everything_is(all_: list[Tally]) -> None:
    statuses = {tally.status for tally in all_}
    result = outcome(all_)
    assert (result is Status.COMPLETE) is (statuses == {Status.COMPLETE})
    assert (result is Status.GAP) is (statuses == {Status.GAP})


def test_breaking_off_is_partial_and_never_having_begun_a_gap() -> None:
    begun, not_begun = Tally(LIST, pages=1), Tally(LIST)
    for tally in (begun, not_begun):
        tally.fail(Reason.UNREACHABLE)
        tally.close()
    assert (begun.status, not_begun.status) == (Status.PARTIAL, Status.GAP)
    assert begun.reason is not_begun.reason is Reason.UNREACHABLE


@pytest.mark.parametrize(
    ("collection", "since", "seen", "known", "status"),
    [
        (WINDOW, 1, 10, 0, Status.GAP),  # ten new ones and none we knew: some may have passed
        (WINDOW, 1, 10, 1, Status.COMPLETE),
        (WINDOW, None, 10, 0, Status.COMPLETE),  # the first look
        (WINDOW, 1, 0, 0, Status.COMPLETE),  # 304, or an empty feed
        (LIST, 1, 10, 0, Status.COMPLETE),  # a list shows everything there is
    ],
)
def test_a_window_that_moved_past_what_we_knew_is_a_gap(
    collection: Collection, since: int | None, seen: int, known: int, status: Status
) -> None:
    tally = Tally(collection, since, looked=since is not None, pages=1, seen=seen, known=known)
    tally.close()
    assert tally.status is status
    assert (tally.reason is Reason.WINDOW_PASSED) is (status is Status.GAP)


def test_a_list_that_shows_fewer_than_it_counts_vouches_for_nothing() -> None:
    short = Tally(LIST, pages=1, expected=3, seen=2, covered=Covered(everything=True))
    short.close()
    assert (short.status, short.reason) == (Status.PARTIAL, Reason.LIST_SHORT)
    assert short.covered == Covered()
    recent = Tally(LIST, pages=1, expected=3, seen=2, extent=Extent.RECENT)
    recent.close()
    assert recent.status is Status.COMPLETE  # the total is of another list than was asked for


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (SourceUnavailable("x"), Reason.UNREACHABLE),
        (SourceError("x"), Reason.UNREACHABLE),
        (SourceRefusedLogin("x"), Reason.LOGIN_REFUSED),
        (SourceRefusedAddress("x"), Reason.REFUSED_ADDRESS),
        (SourceChanged("x"), Reason.SOURCE_CHANGED),
        (ConfigError("x"), Reason.UNREACHABLE),
    ],
)
def test_each_error_has_its_reason(error: DiarkivError, reason: Reason) -> None:
    assert reason_of(error) is reason


def test_every_reason_for_a_gap_has_a_remedy() -> None:
    assert set(ADVICE) >= {reason.value for reason in Reason} - {""}
