"""Schemes and record classes from CSV: what is read, in which order, and all that is refused."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.registry.core.classification import (
    ClassificationScheme,
    RecordClass,
    code_order,
    read_record_classes,
    read_schemes,
    record_class_on,
)
from archiver.registry.core.phrase import Refused
from archiver.registry.core.table_file import MOST_BYTES, MOST_ROWS

HEADER = "scheme,version,code,parent,label,valid_from,valid_to\n"
SMALL = HEADER + (
    "KLASSA,2.1,1,,Ledning,2019-02-06,\n"
    "KLASSA,2.1,1.10,1,Val,2019-02-06,\n"
    "KLASSA,2.1,1.9,1,Kansli,20190206,2024-12-31\n"
    "KLASSA,2.1,1.9.1,1.9,Register,2019-02-06,2020-12-31\n"
    "KLASSA,2.1,1.0,1,Ledning av området,2019-02-06,\n"
    "KLASSA,2.1,2,,Stöd,2019-02-06,\n"
)
DAY = date(2026, 11, 22)
KS, BUN = 12, 13


def read(text: str) -> tuple[ClassificationScheme, ...]:
    schemes = read_schemes(text.encode())
    assert not isinstance(schemes, Refused), [one.say("en") for one in schemes.problems]
    return schemes


def refused(data: str | bytes) -> list[tuple[int, str]]:
    found = read_schemes(data.encode() if isinstance(data, str) else data)
    assert isinstance(found, Refused)
    for problem in found.problems:  # every code has words in both languages, and they fit
        assert problem.reason.code not in problem.say("sv").split()
        assert "{" not in problem.say("sv") + problem.say("en")
    return [(one.row, one.reason.code) for one in found.problems]


def test_classes_stand_in_tree_order_with_ten_after_nine() -> None:
    (scheme,) = read(SMALL)
    assert (scheme.name, scheme.version) == ("KLASSA", "2.1")
    assert [one.code for one in scheme.classes] == ["1", "1.0", "1.9", "1.9.1", "1.10", "2"]
    assert [one.label for one in scheme.path("1.9.1")] == ["Ledning", "Kansli", "Register"]
    assert scheme.path("7") == ()


def test_a_class_is_looked_up_by_date() -> None:
    (scheme,) = read(SMALL)
    assert scheme.class_on("1.9", date(2024, 12, 31)) == scheme.get("1.9")
    assert scheme.class_on("1.9", date(2025, 1, 1)) is None
    assert scheme.class_on("1.9", date(2019, 2, 5)) is None
    assert scheme.class_on("8", DAY) is None
    assert [one.code for one in scheme.valid_on(DAY)] == ["1", "1.0", "1.10", "2"]


@pytest.mark.parametrize(
    "text",
    [
        SMALL.replace(",", ";"),
        "\ufeff" + SMALL,
        SMALL.replace("\n", "\r\n"),
        "\n" + SMALL + "\n,,,,,,\n",
        SMALL.replace(
            HEADER, "Schema,Version,Kod,Överordnad,Benämning,Gäller från,Gäller t.o.m.\n"
        ),
        SMALL.replace(HEADER, '"scheme","VERSION","Code","Parent","label","Valid from",valid-to\n'),
    ],
)
def test_what_spreadsheets_write_is_read_alike(text: str) -> None:
    assert read(text) == read(SMALL)


def test_quoted_fields_hold_separators_quotes_and_lines() -> None:
    (scheme,) = read(HEADER + 'K,1,1,,"Gator, ""parker""; torg",,\n')
    assert scheme.classes[0].label == 'Gator, "parker"; torg'
    assert refused(HEADER + 'K,1,1,,"Gator\noch parker",,\nK,1,1,,Torg,,\n') == [
        (2, "control"),
        (3, "code_twice"),
    ]


def test_one_file_may_hold_several_versions() -> None:
    schemes = read(HEADER + "K,1,1,,A,,\nK,2,1,,B,,\nL,1,1,,C,,\n")
    assert [(s.name, s.version, s.classes[0].label) for s in schemes] == [
        ("K", "1", "A"),
        ("K", "2", "B"),
        ("L", "1", "C"),
    ]


def test_parents_come_from_the_codes_where_the_file_has_no_such_column() -> None:
    (scheme,) = read("schema;version;kod;rubrik\nK;1;1.2.3;C\nK;1;1;A\nK;1;1.2;B\nK;1;4.5;D\n")
    assert [(one.code, one.parent) for one in scheme.classes] == [
        ("1", ""),
        ("1.2", "1"),
        ("1.2.3", "1.2"),
        ("4.5", ""),
    ]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", [(0, "empty")]),
        (HEADER, [(0, "empty")]),
        (HEADER + "K,1,1,,A,,\nK,1,1,,B,,\n", [(3, "code_twice")]),
        (HEADER + "K,1,1.1,1,A,,\n", [(2, "parent_missing")]),
        (HEADER + "K,1,1,2,A,,\nK,1,2,1,B,,\n", [(3, "cycle")]),
        (HEADER + "K,1,1,1,A,,\n", [(2, "cycle")]),
        (HEADER + "K,1,1,,,,\n", [(2, "value_missing")]),
        (HEADER + "K,1,,,A,,\n", [(2, "value_missing")]),
        (HEADER + "K,1,1..2,,A,,\n", [(2, "code_form")]),
        (HEADER + "K,1,1,,A,2024-13-01,\n", [(2, "not_a_date")]),
        (HEADER + "K,1,1,,A,1/2 2024,i morgon\n", [(2, "not_a_date"), (2, "not_a_date")]),
        (HEADER + "K,1,1,,A,2025-01-01,2024-01-01\n", [(2, "ends_before")]),
        (
            HEADER + "K,1,1,,A,2020-01-01,2024-12-31\nK,1,1.1,1,B,2020-01-01,\n",
            [(3, "outlives_parent")],
        ),
        (HEADER + "K,1,1,,A\nK,1,2,,B,,,\n", [(2, "cells"), (3, "cells")]),
        (HEADER + f"K,1,1,,{'A' * 501},,\n", [(2, "value_long")]),
        (HEADER + "K,1,1,,A\x07,,\n", [(2, "control")]),
        (HEADER + 'K,1,1,,"A,,\n', [(2, "quotes")]),
        ("scheme,version,code\nK,1,1\n", [(1, "column_missing")]),
        (HEADER.replace("label", "lable"), [(1, "column_unknown"), (1, "column_missing")]),
        (HEADER.replace("parent", "kod"), [(1, "column_twice")]),
        (HEADER.encode() + "K,1,1,,Stöd,,\n".encode("latin-1"), [(2, "not_utf8")]),
        (SMALL.encode("utf-16"), [(1, "not_utf8")]),
        (SMALL.encode("utf-16-le"), [(1, "not_utf8")]),
        (b"x" * (MOST_BYTES + 1), [(0, "too_large")]),
        (HEADER + "\n" * (MOST_ROWS + 1), [(MOST_ROWS + 2, "too_many_rows")]),
    ],
)
def test_a_broken_file_is_refused_with_each_row_and_reason(
    text: str | bytes, problems: list[tuple[int, str]]
) -> None:
    assert refused(text) == problems


def test_all_problems_are_told_at_once_in_row_order() -> None:
    text = HEADER + "K,1,1.1,9,A,,\nK,1,,,B,,\nK,1,2,8,C,,\n"
    assert [row for row, _ in refused(text)] == [2, 3, 4]
    told = read_schemes(text.encode())
    assert isinstance(told, Refused)
    assert told.problems[0].say("sv") == "Rad 2: den överordnade klassen 9 finns inte"
    assert told.problems[0].say("en") == "Row 2: there is no parent class 9"


def test_a_refused_latin_1_file_says_what_to_do() -> None:
    told = read_schemes((HEADER + "K,1,1,,Stöd,,\n").encode("latin-1"))
    assert isinstance(told, Refused)
    assert "CSV UTF-8" in told.problems[0].say("sv")


def test_a_long_circle_is_told_once_and_short() -> None:
    rows = "".join(f"K,1,{n},{(n + 1) % 3000},A,,\n" for n in range(3000))
    told = read_schemes((HEADER + rows).encode())
    assert isinstance(told, Refused)
    assert len(told.problems) == 1
    assert len(told.problems[0].say("sv")) < 200


@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=4), unique_by=tuple))
def test_codes_sort_like_numbers_and_parents_come_first(codes: list[list[int]]) -> None:
    closed = {tuple(code[:n]) for code in codes for n in range(1, len(code) + 1)}
    rows = "".join(
        f"K,1,{'.'.join(map(str, code))},{'.'.join(map(str, code[:-1]))},A,,\n" for code in closed
    )
    if not rows:
        return
    (scheme,) = read(HEADER + rows)
    assert [one.code for one in scheme.classes] == [".".join(map(str, c)) for c in sorted(closed)]


@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda t: (HEADER + t).encode()))
def test_any_bytes_are_read_or_refused_and_never_break(data: bytes) -> None:
    found = read_schemes(data)
    if isinstance(found, Refused):
        assert found.problems
        assert all(one.say("sv") and one.say("en") for one in found.problems)
        return
    for scheme in found:
        assert len({one.code for one in scheme.classes}) == len(scheme.classes)
        assert all(scheme.path(one.code)[-1] == one for one in scheme.classes)


def test_letters_sort_after_numbers() -> None:
    codes = ["1.A", "1.2", "B", "10", "1", "9", "a"]
    assert sorted(codes, key=code_order) == ["1", "1.2", "1.A", "9", "10", "a", "B"]


CLASSES = "handlingstyp;benämning;kod;gäller från;gäller till\n"


def record_classes(text: str, authority: int = KS) -> tuple[RecordClass, ...] | Refused:
    (scheme,) = read(SMALL)
    return read_record_classes((CLASSES + text).encode(), authority, scheme)


def test_a_record_class_has_one_code_on_each_day_per_authority() -> None:
    mine = record_classes(
        "SM03;Kommentar;1.9;2019-02-06;2024-12-31\nSM03;Kommentar;1.10;2025-01-01;\n"
    )
    theirs = record_classes("SM03;Kommentar;2;2019-02-06;\n", BUN)
    assert not isinstance(mine, Refused)
    assert not isinstance(theirs, Refused)
    everybody = (*theirs, *mine)

    def code(authority: int, day: date) -> str | None:
        found = record_class_on(everybody, authority, "SM03", day)
        return found and found.code

    assert code(KS, date(2024, 12, 31)) == "1.9"
    assert code(KS, date(2025, 1, 1)) == "1.10"
    assert code(BUN, DAY) == "2"
    assert code(14, DAY) is None
    assert code(KS, date(2018, 1, 1)) is None


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("SM03;Kommentar;7.7;2019-02-06;\n", [(2, "code_unknown")]),
        ("SM03;Kommentar;;2019-02-06;\n", [(2, "value_missing")]),
        ("SM03;Kommentar;1.9;2019-02-06;\n", [(2, "code_not_valid")]),
        ("SM03;Kommentar;2;;\n", [(2, "code_not_valid")]),
        (
            "SM03;Kommentar;2;2019-02-06;2022-12-31\nSM03;Kommentar;1;2022-12-31;\n",
            [(3, "overlaps")],
        ),
        (
            "SM03;K;2;2021-01-01;2021-02-01\nSM03;K;1;2019-02-06;\nSM03;K;1;2023-01-01;\n",
            [(3, "overlaps"), (4, "overlaps")],
        ),
    ],
)
def test_broken_record_classes_are_refused(text: str, problems: list[tuple[int, str]]) -> None:
    told = record_classes(text)
    assert isinstance(told, Refused)
    assert [(one.row, one.reason.code) for one in told.problems] == problems
