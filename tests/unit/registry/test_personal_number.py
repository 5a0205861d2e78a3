"""Personal and coordination numbers: date, check digit, and what only looks like one.

The numbers are from the Swedish Tax Agency's range for tests (98xx) or made for the purpose.
"""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.registry.core.detector import Detector
from archiver.registry.core.personal_number import (
    COORDINATION,
    PERSONAL,
    PersonalNumbers,
    luhn,
)

DETECTOR: Detector = PersonalNumbers()


def check_digit(nine: str) -> str:
    return next(str(digit) for digit in range(10) if luhn(nine + str(digit)))


def found(text: str) -> list[tuple[str, str]]:
    return [(one.label, text[one.start : one.end]) for one in DETECTOR.find(text)]


@pytest.mark.parametrize(
    "written",
    [
        "720728-9864",
        "19720728-9864",
        "7207289864",
        "197207289864",
        "720728 9864",
        "720728+9864",
        "720728–9864",
        "720728\u20119864",
        "720728 - 9864",
        "1972-07-28-9864",
        "72 07 28 9864",
    ],
)
def test_a_personal_number_is_found_however_it_is_written(written: str) -> None:
    assert found(f"Mitt nr är {written}.") == [(PERSONAL, written)]


def test_a_coordination_number_has_sixty_added_to_its_day() -> None:
    assert found("19501075-9818") == [(COORDINATION, "19501075-9818")]


@pytest.mark.parametrize(
    "text",
    [
        "720728-9865",  # check digit
        "720231-9868",  # 31 February
        "721328-9863",
        "886268-4654",  # an organisation number: its month is 20 or more
        "KS 2026/0123",
        "1720728986412",
        "OCR 1237207289864",
        "720728-98645",
        "720728-9864-1",
        "3.720728-9864",
        "070-174 06 18",
        "2026-11-22 1230",
        "",
        "Hej!",
    ],
)
def test_what_only_looks_like_one_is_not_found(text: str) -> None:
    assert found(text) == []


def test_a_slip_of_the_pen_counts_where_the_number_is_named_or_we_are_careful() -> None:
    assert found("Personnummer: 720728-9865") == [(PERSONAL, "720728-9865")]
    assert found("720728-9865 är personnumret jag uppgav") == [(PERSONAL, "720728-9865")]
    assert len(list(PersonalNumbers(strict=False).find("Fakt. 720728-9865"))) == 1
    assert not list(PersonalNumbers(strict=False).find("Fakt. 7207289865"))


def test_leap_days_count_in_the_century_they_may_mean() -> None:
    nine = "000229" + "980"
    assert found(f"{nine[:6]}-980{check_digit(nine)}")  # 2000 had one
    assert not found(f"1900{nine[2:6]}-980{check_digit(nine)}")  # 1900 had none


def test_a_mobile_number_is_no_coordination_number() -> None:
    nine = "070174061"
    assert not found(nine + check_digit(nine))
    assert found(f"20{nine}{check_digit(nine)}")


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999),
    st.sampled_from(["", "-", "+", " "]),
    st.booleans(),
    st.booleans(),
)
def test_every_right_number_is_found_and_none_with_another_check_digit(
    born: date, serial: int, sign: str, full: bool, coordination: bool
) -> None:
    day = born.day + 60 * coordination
    nine = f"{born:%y%m}{day:02}{serial:03}"
    front = f"{born:%Y}" if full or sign == "" else f"{born:%y}"
    right = f"{front}{nine[2:6]}{sign}{nine[6:]}"
    kind = COORDINATION if coordination else PERSONAL
    assert [one.label for one in DETECTOR.find(f"x {right + check_digit(nine)} y")] == [kind]
    wrong = str((int(check_digit(nine)) + 1) % 10)
    assert not list(DETECTOR.find(f"x {right + wrong} y"))


@given(st.text(max_size=100))
def test_findings_lie_in_the_text_in_order(text: str) -> None:
    places = [(one.start, one.end) for one in DETECTOR.find(text)]
    assert places == sorted(places)
    assert all(0 <= start < end <= len(text) for start, end in places)
