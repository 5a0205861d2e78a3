"""Relations on an entry's page: by number, once, taken back in the open, never of others."""

from __future__ import annotations

import re

import pytest

from archiver.core.access import LOCAL, Role, viewer_of
from archiver.errors import NotFound, RuleViolation
from archiver.registry.core.entry import Dated, Direction, Registration, Relation
from tests.unit.web.served import Browser, Web


def entry(web: Web, title: str = "En synpunkt", code: str = "KS") -> tuple[int, str]:
    """An entry's seq and number."""
    register = web.register_desk.register
    asked = Registration(
        authority=web.home.channels.authority(code).seq,
        direction=Direction.RECEIVED,
        day="2026-02-06",
        dated=Dated.STATED,
        title=title,
    )
    seq = register.register(LOCAL, asked)
    return seq, register.reader.entry(LOCAL, seq).number


def seen(browser: Browser, seq: int) -> str:
    return re.findall(r'name="sett" value="(\d+)"', browser.get(f"/diarium/{seq}").text)[0]


def test_a_relation_is_noted_by_number_and_taken_back_in_the_open(
    web: Web, browser: Browser
) -> None:
    (one, _), (two, number) = entry(web), entry(web, "Ett svar på synpunkten")
    data = {"samband": "answers", "annan": f" {number.lower()} ", "sett": seen(browser, one)}
    answer = browser.post(f"/diarium/{one}/samband", data=data)
    assert (answer.status_code, answer.location) == (303, f"/diarium/{one}?sagt=samband")
    page = browser.get(answer.location).text
    assert f'besvarar <a href="/diarium/{two}">{number}</a>' in page
    assert "Ett svar på synpunkten" in page
    assert browser.post(f"/diarium/{one}/samband", data=data).status_code == 409  # sent twice
    (related,) = web.register_desk.register.reader.entry(LOCAL, one).relations
    data = {"vilket": str(related.seq), "sambandskal": "Fel post", "sett": seen(browser, one)}
    answer = browser.post(f"/diarium/{one}/samband/bort", data=data)
    assert answer.location == f"/diarium/{one}?sagt=sambandslut"
    page = browser.get(answer.location).text
    assert "Taget tillbaka" in page
    assert "Fel post" in page
    assert "Ta tillbaka ett samband" not in page
    assert browser.post(f"/diarium/{one}/samband/bort", data=data).status_code == 400
    (related,) = web.register_desk.register.reader.entry(LOCAL, one).relations
    assert related.ended is not None
    assert related.ended.reason == "Fel post"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"samband": "loves", "annan": "KS 2026/1"}, "samband"),
        ({"samband": "answers", "annan": ""}, "annan"),
        ({"samband": "answers", "annan": "KS 2026/999"}, "annan"),
        ({"samband": "answers", "annan": "<script>"}, "annan"),
        ({"samband": "answers", "annan": "itself"}, "annan"),
        ({"samband": "answers", "annan": "theirs"}, "annan"),
    ],
)
def test_a_mistake_is_told(web: Web, browser: Browser, data: dict[str, str], field: str) -> None:
    (one, own), (_, theirs) = entry(web), entry(web, code="KFN")
    typed = {"itself": own, "theirs": theirs}.get(data["annan"], data["annan"])
    answer = browser.post(f"/diarium/{one}/samband", data={**data, "annan": typed})
    assert answer.status_code == 400
    assert f'id="{field}-fel"' in answer.text
    assert web.register_desk.register.reader.entry(LOCAL, one).relations == ()


def test_taking_back_asks_why_and_which(web: Web, browser: Browser) -> None:
    (one, _), (two, _) = entry(web), entry(web)
    register = web.register_desk.register
    related = register.relate(LOCAL, one, two, Relation.CONCERNS)
    for data, field in (
        ({"vilket": str(related)}, "sambandskal"),
        ({"vilket": "1", "sambandskal": "x", "sett": str(related)}, "vilket"),
    ):
        answer = browser.post(f"/diarium/{one}/samband/bort", data=data)
        assert answer.status_code == 400
        assert f'id="{field}-fel"' in answer.text
    with pytest.raises(RuleViolation):
        register.relate(LOCAL, one, two, Relation.CONCERNS)
    with pytest.raises(NotFound):
        register.unrelate(LOCAL, two, related, reason="x")


def test_another_authority_s_entries_are_not_related(web: Web) -> None:
    (mine, _), (theirs, _) = entry(web), entry(web, code="KFN")
    viewer = viewer_of(40, [(Role.REGISTRAR, web.home.channels.authority("KS").seq)])
    browser = web.browser(viewer=viewer)
    data = {"samband": "answers", "annan": "KS 2026/1", "sett": "1"}
    assert browser.post(f"/diarium/{theirs}/samband", data=data).status_code == 404
    assert browser.post(f"/diarium/{theirs}/samband/bort", data=data).status_code == 404
    reader = viewer_of(41, [(Role.AUDITOR, web.home.channels.authority("KS").seq)])
    assert web.browser(viewer=reader).post(f"/diarium/{mine}/samband", data=data).status_code == 403
