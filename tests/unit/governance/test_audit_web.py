"""Granskning in the browser: the report, a verdict, a sample, the papers, and who may what."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from archiver.core.access import HOME, Role, viewer_of
from archiver.governance.audit.questions import questions
from tests.unit.registry.desk import make_desk
from tests.unit.web.served import Browser, FakeSearch, Web

YEAR = {"fran": "2026-01-01", "till": "2026-12-31"}


class Desk:
    """A home, and browsers of those who ask."""

    def __init__(self, path: Path) -> None:
        desk = make_desk(path)
        self.authority = desk.authority.seq
        self.web = Web(desk.home, {}, FakeSearch(desk.home.ledger))
        self.log = desk.home.ledger.log
        desk.capture("Hej!")

    def browser(self, *roles: Role, actor: int = 19) -> Browser:
        return self.web.browser(viewer=viewer_of(actor, [(role, HOME) for role in roles]))

    def said(self, seen: str = "0" * 64, **more: str) -> dict[str, object]:
        named = {"namnd": self.authority, **YEAR, "fraga": "gallring", "sett": seen}
        return {**named, "bedomning": "delvis", "text": "Beslut saknas.", **more}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_report_and_a_verdict(desk: Desk) -> None:
    auditor = desk.browser(Role.AUDITOR)
    page = auditor.get("/granskning", query_string=YEAR).text
    for one in questions().values():
        assert html.escape(one.heading.sv) in page
    assert "underlag saknas: Ingen informationshanteringsplan är antagen" in page
    assert "30 / 93 (32.3 %)" in page
    found = re.search(r'value="gallring"><input type="hidden" name="sett" value="(\w{64})"', page)
    assert found is not None
    answer = auditor.post("/granskning", data=desk.said(found[1]))
    assert answer.status_code == 303
    after = auditor.get(answer.headers["Location"]).text
    assert "delvis uppfyllt. Beslut saknas." in after
    assert "Siffrorna är ändrade" not in after
    auditor.post("/granskning", data=desk.said("1" * 64))
    assert "Siffrorna är ändrade" in auditor.get("/granskning", query_string=YEAR).text
    later = {"fran": "2027-01-01", "till": "2027-12-31"}
    page = auditor.get("/granskning", query_string=later).text
    assert "Föregående granskning 2026-01-01 – 2026-12-31: delvis uppfyllt" in page


def test_what_is_wrong_is_told_and_nothing_is_recorded(desk: Desk) -> None:
    auditor, size = desk.browser(Role.AUDITOR), desk.log.size
    for wrong, told in (
        ({"bedomning": "kanske"}, "Välj en bedömning."),
        ({"text": " "}, "Skriv varför."),
        ({"fraga": "okänd"}, "Det kan inte antecknas så."),
    ):
        answer = auditor.post("/granskning", data=desk.said(**wrong))
        assert answer.status_code == 400
        assert told in answer.text
    for days in ({"fran": "i går"}, {"fran": "2026-12-31", "till": "2026-01-01"}, {"namnd": "99"}):
        assert auditor.get("/granskning", query_string=days).status_code == 404
    assert desk.log.size == size


@pytest.mark.parametrize("roles", [(Role.DPO,), (Role.AUDITOR, Role.REGISTRAR)])
def test_whoever_works_in_it_reads_and_does_not_assess(desk: Desk, roles: tuple[Role, ...]) -> None:
    reader, size = desk.browser(*roles), desk.log.size
    page = reader.get("/granskning", query_string=YEAR)
    assert page.status_code == 200
    assert "Anteckna bedömningen" not in page.text
    assert reader.post("/granskning", data=desk.said()).status_code == 403
    assert desk.log.size == size


def drawn(page: str) -> str:
    """The sample on a page; the rest of it has marks that change by the second."""
    found = re.search(r"Ramens kontrollsumma.*?</ol>", page, re.DOTALL)
    assert found
    return found[0]


def test_a_sample_and_the_papers(desk: Desk) -> None:
    auditor = desk.browser(Role.AUDITOR)
    asked = {**YEAR, "fro": "revision-2026"}
    page = auditor.get("/granskning", query_string=asked).text
    assert "Ramens kontrollsumma" in page
    assert drawn(page) == drawn(auditor.get("/granskning", query_string=asked).text)
    wrong = auditor.get("/granskning", query_string={**YEAR, "fro": "två ord"}).text
    assert "Urvalet kan inte dras så." in wrong
    assert auditor.get("/granskning", query_string={**YEAR, "som": "pdf"}).data[:4] == b"%PDF"
    made = auditor.get("/granskning", query_string={**YEAR, "som": "json"}).json
    assert made is not None
    assert [one["id"] for one in made["questions"]] == list(questions())
