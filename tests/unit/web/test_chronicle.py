"""A record's time as a line: what is drawn, what is told, and that neither grows without end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from archiver.web.chronicle import (
    BY_DAY,
    EACH,
    WIDTH,
    By,
    Happened,
    Known,
    Nobody,
    Noted,
    chronicle,
    together,
    unlooked,
)
from archiver.web.dates import STOCKHOLM
from archiver.web.rows import LookRow, TransitionRow, VersionRow

HOUR = 3_600_000
DAY = 24 * HOUR


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).timestamp() * 1000)


START = _at("2026-03-01T12:00")


def _look(at: int, number: int = 1) -> LookRow:
    return LookRow(at, at, number, at)


def _version(at: int, n: int = 1, state: str = "visible") -> VersionRow:
    return VersionRow(n, 1, n, at, None, state, "created", 1)


def _known(days: int, every: int = DAY) -> Known:
    hours = [_look(START + n * every) for n in range(days * DAY // every + 1)]
    return Known(
        since=START,
        until=START + days * DAY,
        hours=hours,
        singly=hours if len(hours) <= EACH else (),
        versions=[_version(START)],
    )


def test_few_looks_stand_one_by_one_and_many_together() -> None:
    assert chronicle(_known(20)).by is By.EACH
    many = chronicle(_known(80, every=HOUR))
    assert (many.by, many.looks) == (By.DAY, 80 * 24 + 1)
    year = chronicle(_known(366, every=HOUR))
    assert year.by is By.WEEK
    assert sum(row.looks.number for row in year.rows if row.looks) == year.looks
    for one in (many, year):
        assert len(one.ticks) <= BY_DAY
        assert len(one.rows) <= BY_DAY + 1


def test_what_is_taken_together_keeps_its_ends() -> None:
    looks = [_look(START + n * HOUR) for n in range(24)]
    first, second = together(looks, By.DAY)
    assert (first.first, first.last, first.number) == (START, START + 11 * HOUR, 12)
    assert second.run == looks[-1].run
    assert len(together([_look(START + n * DAY) for n in range(3)], By.WEEK)) == 2  # a Sunday first


def test_where_nobody_looked() -> None:
    known = _known(3)
    assert unlooked(known) == ()
    seldom = _known(9, every=3 * DAY)
    assert [(one.since, one.until) for one in unlooked(seldom)] == [
        (START + n * DAY, START + (n + 3) * DAY) for n in (0, 3, 6)
    ]
    gap = Nobody(since=START + HOUR, until=START + 2 * HOUR, reasons=("unreachable",))
    assert unlooked(replace(known, gaps=[gap])) == (gap,)
    # What overlaps is one stretch, with the reasons of both; what goes on has no end.
    more = Nobody(since=START + HOUR, until=None, reasons=("not_looked", "unreachable"))
    (joined,) = unlooked(replace(known, gaps=[gap, more]))
    assert (joined.since, joined.until) == (START + HOUR, None)
    assert joined.reasons == ("unreachable", "not_looked")
    # No part of it lies outside what is shown.
    early = Nobody(since=START - DAY, until=START + HOUR)
    (cut,) = unlooked(replace(known, gaps=[early]))
    assert cut.since == START


def test_a_version_is_a_look_too() -> None:
    known = replace(
        _known(4, every=4 * DAY), versions=[_version(START), _version(START + 2 * DAY, 2)]
    )
    assert [one.until for one in unlooked(known)] == [START + 2 * DAY, START + 4 * DAY]


def test_nobody_was_to_look_at_what_was_captured_by_hand() -> None:
    line = chronicle(replace(_known(30), hours=(), singly=(), watched=False))
    assert (line.nobody, line.hatched, line.looks) == ((), (), 0)
    assert [row.what for row in line.rows] == [Happened.VERSION]


def test_a_deletion_is_an_interval() -> None:
    gone = TransitionRow(
        9, START + 8 * DAY, "gone_confirmed", "", "probes", "unknown", START + 2 * DAY,
        START + 4 * DAY, 3,
    )  # fmt: skip
    line = chronicle(replace(_known(10), transitions=[gone]))
    assert [(one.code, one.x, one.x + one.width) for one in line.states] == [
        ("visible", 0, 200),
        ("unsure-gone_confirmed", 200, 400),
        ("gone_confirmed", 400, WIDTH),
    ]
    suspected = gone._replace(seq=5, at=START + 4 * DAY, state="missing_suspected")
    line = chronicle(replace(_known(10), transitions=[suspected, gone]))
    assert [one.code for one in line.states][-1] == "gone_confirmed"
    back = TransitionRow(12, START + 9 * DAY, "visible", "", None, "unknown", None, None, None)
    line = chronicle(replace(_known(10), transitions=[gone, back]))
    assert [(one.code, one.x) for one in line.states][-1] == ("visible", 900)


def test_the_register_stands_on_the_line() -> None:
    entered = Noted(what=Happened.ENTERED, at=START + 5 * DAY, entry=77, number="KS 2026/1")
    before = replace(entered, at=START - DAY)
    line = chronicle(replace(_known(10), noted=[before, entered]))
    assert line.noted == (500,)
    assert [row.noted for row in line.rows if row.noted] == [entered]


def test_rows_are_newest_first_and_a_moment_is_no_division_by_nothing() -> None:
    line = chronicle(_known(10))
    assert [row.at for row in line.rows] == sorted((row.at for row in line.rows), reverse=True)
    at_once = Known(since=START, until=START, hours=[], versions=[_version(START)])
    assert chronicle(at_once).versions == (0,)
