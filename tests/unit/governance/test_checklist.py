"""Checklists: every row of the two that are shipped, and files that are none."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from archiver.errors import RuleViolation
from archiver.governance.core.checklist import (
    ChecklistFaulty,
    GateClass,
    Phase,
    Provenance,
    Reclassing,
    UnknownRow,
    joined,
    read,
    reclassed,
    refuse_reclassing,
)
from archiver.governance.shipped import checklist
from tests.unit.governance.initiatives import SMALL, a_file, a_row

ROWS = [
    "1.1",
    "1.2",
    "1.3",
    "1.4",
    "1.5",
    "2.1",
    "2.2",
    "3.1",
    "3.2",
    "3.3",
    "3.4",
    "3.5",
    "4.1",
    "4.2",
    "4.3",
    "4.4",
    "4.5",
    "4.6",
    "5.1",
    "5.2",
    "6.1",
    "6.2a",
    "6.2b",
    "6.2c",
    "6.2d",
    "6.2e",
    "6.2f",
    "6.3a",
    "6.3b",
    "6.3c",
    "7.1",
    "7.2",
    "7.3",
    "7.4",
    "7.5",
    "7.6",
    "7.7",
    "7.8",
    "7.9",
    "7.10",
    "7.11",
    "7.12",
]
CONDITIONAL = [
    "1.5",
    "2.2",
    "3.2",
    "4.4",
    "4.5",
    "5.1",
    "6.3a",
    "6.3b",
    "6.3c",
    "7.4",
    "7.7",
    "7.8",
    "7.10",
    "7.11",
    "7.12",
]


def test_every_row_is_there_once_in_order() -> None:
    assert [row.id for row in checklist().rows] == ROWS
    assert checklist().version == "edel-2010-12-30/diarkiv-2026.1/diarkiv-2026.1"
    assert sorted(checklist().sections) == list(range(1, 8))


def test_what_is_mandatory() -> None:
    conditional = [row.id for row in checklist().rows if row.gate is GateClass.CONDITIONAL]
    assert conditional == CONDITIONAL


def test_nothing_passes_for_words_of_e_delegationen_that_is_not() -> None:
    by = {row.id: row.provenance for row in checklist().rows}
    for id_, provenance in by.items():
        section = id_.partition(".")[0]
        expected = {"3": Provenance.RECONSTRUCTED, "4": Provenance.RECONSTRUCTED}
        expected["7"] = Provenance.OURS
        assert provenance is expected.get(section, Provenance.REWORDED), id_
    assert Counter(by.values())[Provenance.VERBATIM] == 0


def test_no_mandatory_row_waits_for_an_account() -> None:
    """A new channel has none before step 6, and would never get through."""
    waits = [row.id for row in checklist().rows if row.phase is not Phase.PLAN]
    assert waits == ["4.4", "7.10"]
    assert all(checklist().row(id_).gate is GateClass.CONDITIONAL for id_ in waits)


def test_every_question_is_a_question_in_both_languages() -> None:
    for row in checklist().rows:
        assert row.question.sv.endswith("?"), row.id
        assert row.question.en.endswith("?"), row.id
        assert row.confidence, row.id
        assert all(re.fullmatch(r"A-[A-ZÅÄÖ0-9]+", one) for one in row.checks)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (a_row("1.1") | {"gate": "X"}, "1.1: gate is none of M, V"),
        (a_row("1.1") | {"colour": "red"}, "1.1: colour is no field of a row"),
        (a_row("1.1") | {"question": ""}, "1.1: question is missing"),
        (a_row("9.1"), "9.1: its section has no heading"),
        (a_row("ett"), "ett: the id is not of the form 6.2a"),
        (a_row("1.1") | {"provenance": "egen"}, "1.1: provenance is none of"),
        (a_row("1.1") | {"checks": ["syfte"]}, "1.1: syfte is no id of a check"),
        (a_row("1.1") | {"confidence": ["Z"]}, "1.1: confidence is a list of"),
    ],
)
def test_a_faulty_row_is_told_by_its_id(row: dict[str, object], told: str) -> None:
    with pytest.raises(ChecklistFaulty, match=re.escape(told)):
        read("prov.toml", a_file(a_row("1.2"), row))


def test_every_fault_of_a_file_is_told_at_once() -> None:
    with pytest.raises(ChecklistFaulty) as caught:
        read(
            "prov.toml", a_file(a_row("1.1") | {"gate": "X"}, a_row("1.1"), a_row("1.3") | {"a": 1})
        )
    assert [one.row for one in caught.value.faults] == ["1.1", "1.1", "1.3"]


def test_an_unknown_check_is_refused_where_the_checks_are_known() -> None:
    with pytest.raises(ChecklistFaulty, match="there is no check A-PROV"):
        read("prov.toml", a_file(), known_checks={"A-SYFTE"})


def test_two_checklists_never_share_a_row() -> None:
    with pytest.raises(ChecklistFaulty, match=r"1\.1: stands in two"):
        joined([SMALL, SMALL])


def test_an_authority_changes_what_is_mandatory_by_its_own_decision() -> None:
    eased = Reclassing(
        classes={"1.1": GateClass.CONDITIONAL}, decision="KS 2026-11-02 § 201", reason="Litet konto"
    )
    harder = Reclassing(classes={"1.1": GateClass.MANDATORY}, decision="KS § 2", reason="Ändrat")
    assert reclassed(SMALL, [eased]).row("1.1").gate is GateClass.CONDITIONAL
    assert reclassed(SMALL, [eased, harder]).row("1.1").gate is GateClass.MANDATORY
    assert SMALL.row("1.1").gate is GateClass.MANDATORY


def test_a_change_of_a_row_there_is_not_is_refused_by_name() -> None:
    change = Reclassing(classes={"8.9": GateClass.MANDATORY}, decision="KS § 1", reason="Ja")
    with pytest.raises(UnknownRow, match=r"no row 8\.9"):
        refuse_reclassing(SMALL, change)


def test_a_change_without_a_decision_is_refused() -> None:
    change = Reclassing(classes={"1.1": GateClass.CONDITIONAL}, decision=" ", reason="Ja")
    with pytest.raises(RuleViolation, match="a decision of the authority"):
        refuse_reclassing(SMALL, change)
