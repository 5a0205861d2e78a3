"""Names in comments that the model was not trained on (`unseen.txt`, invented): the shares that
must be found and be right, at each operating point; and the forms that were weak."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from gdpr.core.recognizer import Mode
from gdpr.detector import detector
from gdpr.recognizers.name import bare_of
from tests.marked import Marked, marked, read, score

SETS = {
    name: tuple(read(Path(__file__).with_name(f"{name}.txt")))
    for name in ("unseen", "unseen_later", "unseen_third")
}
every_set = pytest.mark.parametrize("rows", list(SETS.values()), ids=SETS)


def test_there_are_enough_of_them() -> None:
    assert len(SETS["unseen"]) >= 150
    assert len(SETS["unseen_later"]) >= 100
    assert len(SETS["unseen_third"]) >= 40
    for rows in SETS.values():
        assert sum(not row.spans for row in rows) * 4 >= len(rows)


@every_set
def test_what_is_suggested_is_mostly_right(rows: Sequence[Marked]) -> None:
    found = score(rows, detector(2026), Mode.SUGGEST)
    assert found.names >= 0.85
    assert found.precision >= 0.90
    assert found.others >= 0.97


@every_set
def test_little_leaks(rows: Sequence[Marked]) -> None:
    found = score(rows, detector(2026), Mode.LEAK_CHECK)
    assert found.names >= 0.93
    assert found.clean >= 0.95
    assert found.others >= 0.97


@pytest.mark.parametrize(
    "row",
    [
        "Tack ⟦Gudrun⟧ för hjälpen",
        "tack ⟦gudrun⟧ för hjälpen",
        "Hälsa ⟦Kicki⟧ från oss",
        "⟦Astrid⟧s hund springer lös varje kväll",
        "⟦Björn Sten⟧ är ny chef på skolan",
        "⟦Mohamed Hassan⟧ fick ingen plats",
        "Det säger ⟦Anna Lind-Bergström⟧ på kommunen",
        "Mvh ⟦A. Ek⟧",
        "ring ⟦lars svensson⟧ imorgon",
        "MED VÄNLIG HÄLSNING ⟦OLOF HEDLUND⟧",
        "Vi saknar ⟦Ulla-Britt Nilsson⟧ i köket",
        "jag heter ⟦emma lundqvist⟧ och bor här",
        "det var ⟦mehmet yilmaz⟧ som körde",
        "prata med ⟦leyla⟧ i receptionen",
    ],
)
def test_forms_that_were_weak(row: str) -> None:
    text, spans = marked(row)
    found = detector(2026).detect(text)
    assert [(one.start, one.end) for one in found] == [(start, end) for start, end, _ in spans]


@pytest.mark.parametrize(
    ("word", "bare"),
    [
        ("Annas", "Anna"),
        ("Hans", "Hans"),
        ("Jonas", "Jonas"),
        ("Lars", "Lars"),
        ("Lindgrens", "Lindgren"),
        ("Anderssons", "Andersson"),
        ("Ek's", "Ek"),
        ("Ek’s", "Ek"),
        ("Abbas", "Abbas"),
        ("Lind-Bergströms", "Lind-Bergström"),
        ("MOHAMEDS", "MOHAMED"),
        ("Li", "Li"),
        ("Xavierrus", "Xavierrus"),
    ],
)
def test_the_genitives_s_is_handed_back(word: str, bare: str) -> None:
    assert bare_of(word) == bare
