"""Files of schedules: what is wrong is told with its row, all at once, and nothing is taken in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook

from archiver.registry.core.phrase import PHRASES, Refused
from retention.core import plan_sheet
from retention.core.plan_file import MOST_BYTES, PlanForm, PlanRead, read_plan, write_plan
from retention.core.plan_phrase import PLAN_PHRASES
from retention.core.plan_row import COLUMNS
from retention.core.plan_sheet import MOST_ROWS
from retention.core.schedule import (
    AfterPeriod,
    Applies,
    DecisionLevel,
    Period,
    Rounding,
    TextStatus,
    TriggerName,
)
from retention.schedule.shipped import proposal
from tests.unit.retention.plans import KEPT, MINOR, TIMED, a_schedule

HEAD = "plan;utgåva;gäller från;beslutsnivåer;kod;handlingstyp;bevarandetid"
LINE = "IHP;2026;2026-01-01;myndigheten;SM01;Eget inlägg;bevaras"


def table(*rows: str, more: str = "") -> bytes:
    return "\r\n".join((HEAD + more, *rows)).encode()


def codes(data: bytes) -> list[tuple[int, str]]:
    read = read_plan(data, 1)
    assert isinstance(read, Refused), read
    for one in read.problems:
        assert one.say("sv") != one.say("en")
    return [(one.row, one.reason.code) for one in read.problems]


def taken(data: bytes) -> PlanRead:
    read = read_plan(data, 1)
    assert isinstance(read, PlanRead), read
    return read


def test_a_swedish_table_is_read() -> None:
    data = table(
        "IHP;2026;2026-01-01;myndigheten, arkivmyndigheten;SM15;Begäran;18 månader;"
        "Ärendet avslutat;exakt dag;;svar, kommentar;C12, 14;2.1, 2.2;ja;Lokal praxis",
        ";;;;SM01;Eget inlägg;bevaras;;;;;;;;",
        more=";räknas från;avrundning;dagar utan aktivitet;slag;kanaler;klasser;"
        "endast utpekade;lagrum",
    )
    schedule = taken(data).schedule
    assert schedule.name == "IHP"
    assert schedule.effective_from == date(2026, 1, 1)
    assert schedule.required_levels == {DecisionLevel.AUTHORITY, DecisionLevel.ARCHIVAL_AUTHORITY}
    one = schedule.rules[0]
    assert one.retention == AfterPeriod(Period(months=18), Rounding.EXACT)
    assert one.trigger is TriggerName.CASE_CLOSED
    assert one.applies == Applies(
        explicit_only=True,
        kinds=frozenset({"reply", "comment"}),
        channels=frozenset({12, 14}),
        class_codes=frozenset({"2.1", "2.2"}),
    )
    assert one.text_status is TextStatus.PROPOSED
    assert schedule.rules[1].code == "SM01"


def test_the_day_may_be_given_beside_the_file() -> None:
    read = read_plan(table(LINE), 1, effective_from=date(2027, 1, 1))
    assert isinstance(read, PlanRead)
    assert read.schedule.effective_from == date(2027, 1, 1)


def row(code: str, retention: str, *rest: str) -> str:
    return ";".join(
        ("IHP", "2026", "2026-01-01", "myndigheten", code, "Handling", retention, *rest)
    )


BAD: dict[str, tuple[bytes, list[tuple[int, str]]]] = {
    "retention": (
        table(row("A1", "snarast"), row("A2", "två år")),
        [(2, "retention"), (3, "retention")],
    ),
    "code": (table(row("A 1!", "bevaras")), [(2, "rule_code")]),
    "no trigger": (table(row("A1", "2 år")), [(2, "trigger_missing")]),
    "stray trigger": (
        table(row("A1", "bevaras", "inkommen"), more=";händelse"),
        [(2, "trigger_stray")],
    ),
    "unknown trigger": (table(row("A1", "2 år", "snart"), more=";händelse"), [(2, "one_of")]),
    "no days": (
        table(row("A1", "2 år", "tråden inaktiv"), more=";händelse"),
        [(2, "inactive_missing")],
    ),
    "stray days": (
        table(row("A1", "2 år", "inkommen", "90"), more=";händelse;dagar utan aktivitet"),
        [(2, "inactive_stray")],
    ),
    "count": (
        table(row("A1", "2 år", "inkommen", "-1"), more=";händelse;preskription"),
        [(2, "formula"), (2, "count")],
    ),
    "count behind zeros": (
        table(
            row("A1", "2 år", "tråden inaktiv", "0" * 8 + "199999"),
            row("A2", "2 år", "inkommen", "0" * 9 + "9" * 5000),
            more=";händelse;dagar utan aktivitet",
        ),
        [(2, "count"), (3, "value_long"), (3, "count")],
    ),
    "rounding": (
        table(row("A1", "bevaras", "kalenderår"), more=";avrundning"),
        [(2, "rounding_stray")],
    ),
    "minor kept": (table(row("A1", "bevaras", "ja"), more=";ringa"), [(2, "minor_stray")]),
    "mandate": (
        table(row("A1", "2 år", "inkommen", "beslutad"), more=";händelse;textstatus"),
        [(2, "mandate_missing")],
    ),
    "moderated floor": (
        table(
            row("SM08", "59 månader", "inkommen", "", ""),
            row("X", "4 år", "modererad", "", ""),
            row("Y", "4 år", "inkommen", "ja", ""),
            row("Z", "9 år", "inkommen", "ja", "10"),
            row("Q", "vid inaktualitet", "modererad", "nej", ""),
            more=";händelse;modererad;preskription",
        ),
        [(n, "below_prescription") for n in range(2, 7)]
        + [(3, "contradicts_other"), (5, "contradicts_other")],
    ),
    "same twice": (table(LINE, LINE), [(3, "rule_twice")]),
    "overlap": (
        table(
            row("A", "2 år", "inkommen", "inlägg, svar", ""),
            row("A", "2 år", "inkommen", "svar", "C1"),
            more=";händelse;slag;kanaler",
        ),
        [(3, "rule_twice")],
    ),
    "contradiction": (
        table(
            row("A", "2 år", "inkommen", "svar"),
            row("A", "3 år", "inkommen", ""),
            more=";händelse;slag",
        ),
        [(3, "contradicts")],
    ),
    "other code": (
        table(
            row("A", "2 år", "inkommen", "svar"),
            row("B", "3 år", "inkommen", "svar"),
            more=";händelse;slag",
        ),
        [(3, "contradicts_other")],
    ),
    "channel": (table(row("A", "bevaras", "kanal 3"), more=";kanaler"), [(2, "channel_form")]),
    "day": (table(row("A", "bevaras", "2026-W01"), more=";handlingar från"), [(2, "not_day")]),
    "days": (
        table(
            row("A", "bevaras", "2026-02-01", "2026-01-31"),
            more=";handlingar från;handlingar till",
        ),
        [(2, "day_order")],
    ),
    "head differs": (
        table(LINE, "IHP;2027;;;SM02;Annat;bevaras"),
        [(3, "head_differs"), (3, "contradicts_other")][:1],
    ),
    "head missing": (
        table(";;;;SM01;Eget inlägg;bevaras"),
        [(0, "head_missing")] * 4,
    ),
    "head order": (
        table(LINE + ";2025-12-31", more=";upphör"),
        [(0, "day_order")],
    ),
    "formula": (
        table(
            row("A", "bevaras", "\"=cmd|' /C calc'!A0\"", "+1", "@x", "-2"),
            more=";grund;anmärkning;beslut;klasser",
        ),
        [(2, "formula")] * 4,
    ),
    "column": (table(LINE + ";x", more=";hemligt"), [(1, "column_unknown")]),
    "Latin-1": (table(LINE).decode().encode("latin-1"), [(1, "not_utf8")]),
    "UTF-16": (table(LINE).decode().encode("utf-16"), [(1, "not_utf8")]),
    "empty": (b"", [(0, "empty")]),
    "cells": (table(LINE + ";x", LINE + ";y"), [(2, "cells"), (3, "cells")]),
    "too large": (b"x" * (MOST_BYTES + 1), [(0, "plan_too_large")]),
    "too many": (
        table(*(row(f"A{n}", "bevaras") for n in range(MOST_ROWS + 1))),
        [(0, "too_many_rules")],
    ),
    "broken zip": (b"PK\x03\x04 and no more", [(0, "sheet_broken")]),
    "TOML": (b'version = "1"\nschedule = \n', [(2, "not_toml")]),
    "TOML without rules": (b'version = "1"\n', [(0, "no_rules")]),
    "TOML key": (
        b'schedule="a"\nversion="1"\neffective_from=2026-01-01\nrequired_levels=["council"]\n'
        b'[[rule]]\ncode="A"\nlabel="b"\nretention="bevaras"\nkarens=3\nnote={a=1}\n',
        [(5, "rule_key"), (5, "rule_value")],
    ),
    "TOML number": (
        b'schedule="a"\nversion="1"\neffective_from=2026-01-01\nrequired_levels=["council"]\n'
        b"[[rule]]\ncode=0x" + b"f" * 6000 + b'\nlabel="b"\nretention="bevaras"\n',
        [(5, "rule_value"), (5, "value_missing")],
    ),
    "TOML too large": (b'version = "1"\n' + b"[[rule]]\n" * 400_000, [(0, "plan_too_large")]),
    "TOML with too many": (
        b'version = "1"\n' + b"[[rule]]\n" * (MOST_ROWS + 1),
        [(0, "too_many_rules")],
    ),
    "TOML with many keys": (
        b'version="1"\n[[rule]]\ncode="A"\n' + b"".join(b"k%d=1\n" % n for n in range(20_000)),
        [(2, "rule_key")] * 99 + [(2, "value_missing")] * 2 + [(0, "head_missing")] * 3,
    ),
    "headings": (b"kod," * 30_000, [(1, "cells")]),
    "TOML in Latin-1": ('version = "1" # å\n'.encode("latin-1"), [(0, "text_not_utf8")]),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told(name: str) -> None:
    data, expected = BAD[name]
    assert sorted(codes(data)) == sorted(expected)


def test_every_problem_is_told_at_once() -> None:
    data = table(row("A", "snart"), row("B", "2 år"), row("B!", "bevaras"))
    assert codes(data) == [(2, "retention"), (3, "trigger_missing"), (4, "rule_code")]


def test_scopes_that_cannot_meet_may_share_a_code() -> None:
    data = table(
        row("A", "2 år", "inkommen", "svar", "", ""),
        row("A", "3 år", "inkommen", "kommentar", "ja", ""),
        row("A", "3 år", "inkommen", "kommentar", "nej", "2026-01-01"),
        row("A", "4 år", "inkommen", "omdöme", "nej", ""),
        more=";händelse;slag;endast utpekade;handlingar från",
    )
    assert codes(data) == [(4, "rule_twice")]
    fine = data.replace(b"kommentar;nej;2026-01-01", b"inl\xc3\xa4gg;nej;2026-01-01")
    assert len(taken(fine).schedule.rules) == 4


# --- spreadsheets ---------------------------------------------------------------------------------


def book(change: Callable[[Workbook], None]) -> bytes:
    made = load_workbook(io.BytesIO(write_plan(a_schedule(), PlanForm.XLSX)))
    change(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def cell(made: Workbook, column: str, number: int) -> object:
    place = [one.name for one in COLUMNS].index(column) + 1
    return made.worksheets[0].cell(number, place)


def put(column: str, number: int, value: object) -> Callable[[Workbook], None]:
    def change(made: Workbook) -> None:
        cell(made, column, number).value = value  # type: ignore[attr-defined]

    return change


def test_cells_with_numbers_and_dates_are_read_as_people_mean_them() -> None:
    data = book(put("inactive_days", 3, 60.0))
    assert taken(data).schedule.rules[1].inactive_days == 60
    data = book(put("effective_until", 2, date(2030, 1, 1)))
    assert taken(data).schedule.effective_until == date(2030, 1, 1)
    data = book(put("minor", 3, False))
    assert not taken(data).schedule.rules[1].minor


def test_a_formula_in_a_cell_is_told_and_not_evaluated() -> None:
    found = codes(book(put("note", 3, '=HYPERLINK("http://x.example","x")')))
    assert found == [(3, "formula")]
    assert (4, "formula") in codes(book(put("inactive_days", 4, "=1+1")))


def test_text_that_looks_like_a_formula_goes_out_as_text() -> None:
    rules = (KEPT, MINOR, TIMED)
    risky = a_schedule(*rules, name="=cmd|' /C calc'!A0")
    for form in PlanForm:
        assert taken(write_plan(risky, form)).schedule == risky
    made = load_workbook(io.BytesIO(write_plan(risky, PlanForm.XLSX)))
    cells = [one for line in made.worksheets[0].iter_rows() for one in line if one.value]
    assert {one.data_type for one in cells} == {"s"}
    assert cells[len(COLUMNS)].value == "'=cmd|' /C calc'!A0"
    assert b";=" not in write_plan(risky, PlanForm.CSV)


def test_a_sheet_that_swells_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_sheet, "load_workbook", None)  # would be told as broken
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", bytes(60_000_000))
    assert len(out.getvalue()) < 100_000
    assert codes(out.getvalue()) == [(0, "sheet_bomb")]
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as parts:
        for n in range(600):
            parts.writestr(f"{n}.xml", b"")
    assert codes(many.getvalue()) == [(0, "sheet_bomb")]


def parts_of(change: Callable[[str, bytes], bytes]) -> bytes:
    data, out = book(lambda _: None), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def test_a_part_that_is_no_sheet_is_small() -> None:
    def many(name: str, data: bytes) -> bytes:
        styles = name == "xl/styles.xml"
        return data.replace(b"</cellXfs>", b"<xf/>" * 500_000 + b"</cellXfs>") if styles else data

    assert codes(parts_of(many)) == [(0, "sheet_bomb")]


def test_cells_without_number_are_not_made() -> None:
    cells = b'<row r="1">' + b"<c/>" * 1_300_000 + b'</row><row r="2"'
    assert codes(_renumbered(b'<row r="2"', cells)) == [(0, "sheet_far")]


def test_merged_cells_are_told_and_not_read_as_empty() -> None:
    """A scope that stands in one cell for two rows would be a wide one in the second."""

    def merged(made: Workbook) -> None:
        assert made.active is not None
        made.active.merge_cells("L2:L3")

    assert codes(book(merged)) == [(0, "sheet_merged")]


def test_entities_do_not_swell() -> None:
    lol = '<!ENTITY a0 "xxxxxxxxxxxxxxxxxxxx">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 20}">' for n in range(1, 9)
    )
    bomb = f"<?xml version='1.0'?><!DOCTYPE s [{lol}]><worksheet>&a8;</worksheet>"

    def change(name: str, data: bytes) -> bytes:
        return bomb.encode() if name == "xl/worksheets/sheet1.xml" else data

    assert codes(parts_of(change)) == [(0, "sheet_broken")]


def test_a_sheet_of_another_program_is_named() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("content.xml", b"<x/>")
    assert codes(out.getvalue()) == [(0, "plan_ods")]


def test_a_truncated_sheet_is_refused() -> None:
    assert codes(book(lambda _: None)[:-200]) == [(0, "sheet_broken")]
    assert codes(parts_of(lambda name, data: data[:-50])) == [(0, "sheet_broken")]


# --- the shipped proposal -------------------------------------------------------------------------


def test_the_proposal_is_sound_and_complete() -> None:
    schedule = proposal(date(2027, 1, 1), 7).schedule
    assert [one.code for one in schedule.rules] == [f"SM{n:02}" for n in range(1, 21)]
    assert schedule.authority == 7
    for rule in schedule.rules:
        assert rule.grounds
        assert rule.note
        assert rule.text_status is not TextStatus.DECIDED, "only an authority decides"
        assert not rule.mandate
    minor = {one.code for one in schedule.rules if one.minor}
    assert minor == {"SM02", "SM05", "SM10", "SM11"}
    registered = next(one for one in schedule.rules if one.code == "SM06")
    assert registered.applies.moderated is None, "what is registered is kept, hidden or not"
    by_person = {one.code for one in schedule.rules if one.applies.explicit_only}
    assert {f"SM{n}" for n in range(12, 21)} <= by_person


def test_every_sentence_can_be_said() -> None:
    assert not PLAN_PHRASES.keys() & PHRASES.keys()
    for wording in PLAN_PHRASES.values():
        assert wording.sv != wording.en


@pytest.mark.parametrize("last", [b"20001", b"2000000000", b"9" * 30])
def test_a_row_number_far_down_is_refused_and_not_counted_to(last: bytes) -> None:
    assert codes(_renumbered(b'<row r="2"', b'<row r="' + last + b'"')) == [(0, "sheet_far")]


def test_a_cell_far_out_is_not_reached_for() -> None:
    before = taken(write_plan(a_schedule(), PlanForm.XLSX))
    far = _renumbered(b'<c r="A2"', b'<c r="XFD2" t="inlineStr"><is><t>x</t></is></c><c r="A2"')
    assert taken(far).schedule == before.schedule


def _renumbered(old: bytes, new: bytes) -> bytes:
    """A plan's sheet with one text of its XML exchanged."""
    out, changed = io.BytesIO(), 0
    with (
        zipfile.ZipFile(io.BytesIO(write_plan(a_schedule(), PlanForm.XLSX))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("sheet1.xml"):
                changed += data.count(old)
                data = data.replace(old, new)
            made.writestr(name, data)
    assert changed == 1
    return out.getvalue()
