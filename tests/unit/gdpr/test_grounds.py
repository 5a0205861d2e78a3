"""The list of grounds: what ships, who may use what of it, and an authority's own laid over it."""

from __future__ import annotations

from datetime import date

import pytest

from archiver.errors import ConfigError
from gdpr.core.ground import Certainty, Citation, Clause
from gdpr.grounds import activities, picklist

SCHOOL = frozenset({"school"})
NONE: frozenset[str] = frozenset()
OWN = """
[activities]
port = ["hamnverksamhet", "port"]

[[ground]]
clause = "30:23"
topic = ["tillsyn", "supervision"]
harm = "straight"
certainty = "unverified"
activities = ["port"]
"""


def test_the_list_is_filtered_and_says_how_well_it_is_known() -> None:
    bare, school = picklist().within(NONE), picklist().within(SCHOOL)
    assert Clause(21, 1) in {one.clause for one in bare}
    assert {one.clause for one in school} - {one.clause for one in bare} == {
        Clause(23, 1),
        Clause(23, 2),
    }
    assert [one.clause for one in school] == sorted(one.clause for one in school)
    # Nothing of the list was read in the statute that is in force: every row must say so.
    assert not [one for one in picklist() if one.certainty is Certainty.VERIFIED]
    named = frozenset().union(*(one.activities for one in picklist()))
    assert named <= activities().keys()


def test_how_long_it_may_last() -> None:
    health, unknown = picklist().find(Clause(21, 1)), picklist().find(Clause(25, 1))
    assert health is not None
    assert unknown is not None
    assert health.ends(date(2024, 2, 29)) == date(2094, 2, 28)
    assert unknown.ends(date(2024, 2, 29)) is None


def test_an_authority_adds_its_own() -> None:
    own = picklist(OWN)
    at_port = Citation(clause=Clause(30, 23), activity="port")
    assert not list(own.faults(at_port, frozenset({"port"})))
    assert activities(OWN)["port"].sv == "hamnverksamhet"
    replaced = picklist(OWN.replace("30:23", "21:1")).find(Clause(21, 1))
    assert replaced is not None
    assert replaced.topic.sv == "tillsyn"


@pytest.mark.parametrize(
    ("was", "put", "told"),
    [
        ('"30:23"', '"30 kap"', "row 1 (30 kap): A ground names one section"),
        ('["port"]', '["pier"]', "no activity is called pier"),
        ('"straight"', '"some"', "ground.0.harm"),
        ("[[ground]]", "[[grounds]]", "grounds"),
        ("clause =", "clause", "not TOML"),
        ('certainty = "unverified"\n', "", "ground.0.certainty"),
    ],
)
def test_a_list_with_a_mistake_is_refused_whole(was: str, put: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        picklist(OWN.replace(was, put, 1))
    assert told in str(refused.value)


def test_the_same_clause_twice_is_a_mistake() -> None:
    row = OWN[OWN.index("[[ground]]") :]
    with pytest.raises(ConfigError, match="has a row already"):
        picklist(OWN + row)
