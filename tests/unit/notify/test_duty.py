"""Who is on duty: every minute of a year is covered by lines that meet, also when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.errors import ConfigError
from archiver.notify.duty import (
    MAX_LINES,
    STOCKHOLM,
    Dated,
    Roster,
    Weekly,
    on_duty,
    parse,
    render,
)

DAY_SHIFT, NIGHT_SHIFT, CRISIS = (
    "dag@testkoping.example",
    "natt@testkoping.example",
    "kris@t.example",
)
ROTA = f"""\
from;to;address
mån 07:30;fre 16:00;{DAY_SHIFT}
Fredag 16.00;måndag 07:30;{NIGHT_SHIFT}
2026-12-24 16:00;2026-12-27 07:30;{CRISIS}
2026-06-19 12:00;2026-06-21 23:00;
"""


def at(local: str, fold: int = 0) -> int:
    found = datetime.fromisoformat(local).replace(tzinfo=STOCKHOLM, fold=fold)
    return int(found.timestamp() * 1000)


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        ("2026-11-23 07:29", (NIGHT_SHIFT,)),
        ("2026-11-23 07:30", (DAY_SHIFT,)),
        ("2026-11-27 15:59", (DAY_SHIFT,)),
        ("2026-11-27 16:00", (NIGHT_SHIFT,)),
        ("2026-12-24 15:59", (DAY_SHIFT,)),
        ("2026-12-24 16:00", (CRISIS,)),
        ("2026-12-27 07:29", (CRISIS,)),
        ("2026-12-27 07:30", (NIGHT_SHIFT,)),
        ("2026-06-20 12:00", ()),
    ],
)
def test_the_roster(moment: str, who: tuple[str, ...]) -> None:
    assert on_duty(at(moment), parse(ROTA)) == who


def test_nobody_without_a_roster() -> None:
    assert on_duty(at("2026-11-23 07:30"), parse("")) == ()


times = st.times(max_value=time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0))


@given(
    st.lists(st.tuples(st.integers(0, 6), times), min_size=1, max_size=6, unique=True),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
)
def test_lines_that_meet_leave_no_moment_uncovered(
    starts: list[tuple[int, time]], moment: datetime
) -> None:
    starts.sort()
    ends = [*starts[1:], starts[0]]
    lines = tuple(
        Weekly(start_day=s[0], start=s[1], end_day=e[0], end=e[1], address=f"{n}@t.example")
        for n, (s, e) in enumerate(zip(starts, ends, strict=True))
    )
    found = on_duty(int(moment.replace(tzinfo=UTC).timestamp() * 1000), Roster(weekly=lines))
    assert 1 <= len(found) <= 2  # two only in the hour that happens twice


@pytest.mark.parametrize("line", range(60))
def test_every_minute_around_the_clock_changes(line: int) -> None:
    """The rota changes hands within the hours that happen twice, and not at all."""
    meet = time(2, line)
    rota = Roster(
        weekly=(
            Weekly(start_day=6, start=meet, end_day=0, end=time(8), address=NIGHT_SHIFT),
            Weekly(start_day=0, start=time(8), end_day=6, end=meet, address=DAY_SHIFT),
        )
    )
    for begin in (datetime(2026, 3, 29, 0, 0, tzinfo=UTC), datetime(2026, 10, 25, 0, tzinfo=UTC)):
        who = [
            on_duty(int((begin + timedelta(minutes=m)).timestamp() * 1000), rota)
            for m in range(-60, 180)
        ]
        assert all(who)
        assert (who[0], who[-1]) == ((DAY_SHIFT,), (NIGHT_SHIFT,))
        changes = [one for n, one in enumerate(who) if not n or who[n - 1] != one]
        assert len(changes) <= 3  # handed over once: nobody comes back after leaving


def test_a_dated_line_covers_both_hours_that_are_called_two() -> None:
    text = f"2026-10-25 01:00;2026-10-25 02:30;{CRISIS}\n"
    for fold in (0, 1):
        assert on_duty(at("2026-10-25 02:15", fold), parse(text)) == (CRISIS,)
    assert on_duty(at("2026-10-25 02:30", 1), parse(text)) == ()


def test_a_rendered_roster_is_the_same() -> None:
    assert parse(render(parse(ROTA))) == parse(ROTA)
    assert len(parse(ROTA).lines) == 4


def test_commas_headings_and_marks_of_spreadsheets() -> None:
    text = f"\ufefffrån,till,adress\n# sommaren\n\nmon 08:00,mon 08:00,{DAY_SHIFT}\n"
    whole_week = parse(text)
    for day in range(23, 30):
        assert on_duty(at(f"2026-11-{day} 03:00"), whole_week) == (DAY_SHIFT,)


@pytest.mark.parametrize(
    "line",
    [
        "mån 16:00;tis 07:30",  # weekly, but nobody
        "mån 16:00;2026-12-24 07:30;a@b.example",
        "mån 25:00;tis 07:30;a@b.example",
        "mandag;tisdag;a@b.example",
        "2026-12-24 16:00;2026-12-24 16:00;a@b.example",
        "2026-12-24T16:00+01:00;2026-12-25T16:00+01:00;a@b.example",
        "mån 16:00;tis 07:30;Hemliga Hulda",
        "mån 16:00;tis 07:30;hulda@b.example\x0bRCPT",
        "mån 16:00;tis 07:30;a@b.example;mer",
        "mån 16:00",
    ],
)
def test_a_wrong_line_is_named_by_its_number_only(line: str) -> None:
    with pytest.raises(ConfigError, match="Line 2") as wrong:
        parse(f"from;to;address\n{line}\n")
    assert "ulda" not in str(wrong.value)
    assert wrong.value.__cause__ is None


def test_a_roster_has_an_end() -> None:
    with pytest.raises(ConfigError, match="2000"):
        parse(f"mån 08:00;tis 08:00;{DAY_SHIFT}\n" * (MAX_LINES + 1))


def test_lines_are_data() -> None:
    (line,) = parse("2026-12-24 16:00;2026-12-25 07:30;").lines
    assert line == Dated(
        start=datetime(2026, 12, 24, 16), end=datetime(2026, 12, 25, 7, 30), address=""
    )
