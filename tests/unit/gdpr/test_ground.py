"""Grounds: what can be cited, in which form, and by whom."""

from __future__ import annotations

import pytest

from archiver.errors import ConfigError
from gdpr.core.ground import Citation, Clause
from gdpr.grounds import picklist

SCHOOL = frozenset({"school"})
NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("21:7", Clause(21, 7)),
        ("OSL 21:3 a", Clause(21, 3, "a")),
        ("21:3a 1 st", Clause(21, 3, "a", 1)),
        ("39 kap. 3 § 1 st.", Clause(39, 3, "", 1)),
        ("21 kap. 3 a § 2 stycket", Clause(21, 3, "a", 2)),
        ("  26 kap 1  §", Clause(26, 1)),
    ],
)
def test_a_clause_is_read_and_read_again(text: str, read: Clause) -> None:
    assert Clause.parse(text) == read
    assert Clause.parse(str(read)) == read


@pytest.mark.parametrize(
    "text", ["39", "39 kap.", "39:1-3", "39:1–3", "GDPR 6", "", "21:", ":7", "21:7 och 26:1", "0:1"]
)
def test_less_than_a_section_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="one section") as refused:
        Clause.parse(text)
    assert "21:7" in refused.value.remedy


def test_a_decision_writes_it_out() -> None:
    assert Clause(21, 3, "a", 1).in_words() == (
        "21 kap. 3 a § första stycket offentlighets- och sekretesslagen (2009:400)"
    )


def faults(citation: Citation, own: frozenset[str]) -> str:
    return "; ".join(picklist().faults(citation, own))


def test_who_may_cite_what() -> None:
    pupil = Clause(23, 2)
    assert "does not carry on" in faults(Citation(clause=pupil), NONE)
    assert "which activity" in faults(Citation(clause=pupil), SCHOOL)
    assert not faults(Citation(clause=pupil, activity="school"), SCHOOL)
    carried = Citation(clause=pupil, through=Clause(11, 3))
    assert not carried.is_primary
    assert not faults(carried, NONE)
    assert "carried over" in faults(Citation(clause=pupil, through=Clause(21, 1)), NONE)
    assert not faults(Citation(clause=Clause(21, 1, "", 1)), NONE)  # its section's row


def test_what_is_no_ground_of_secrecy() -> None:
    assert "15 to 40" in faults(Citation(clause=Clause(10, 14)), NONE)
    assert "not in the list" in faults(Citation(clause=Clause(38, 7)), NONE)
