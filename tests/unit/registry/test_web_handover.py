"""Överlämnat in the browser: lists, one handover, receipt and answer, and whose they are."""

from __future__ import annotations

import re

import pytest

from archiver.core.access import LOCAL, Role, viewer_of
from archiver.registry.core.handover import Standing
from archiver.registry.core.triage import Decision, Handover, HandoverStep, Outcome
from archiver.registry.handovers import Handovers, StaleHandover
from tests.build import FakeClock
from tests.unit.web.served import Browser, Web

DAY = 86_400_000
EVIL = '<script>alert(1)</script>"onmouseover="x'


def authority(web: Web, code: str = "KS") -> int:
    return web.home.channels.authority(code).seq


def hand_over(
    web: Web, to: str = "Gatukontoret", *, due: int | None = None, code: str = "KS"
) -> int:
    decision = Decision(
        authority=authority(web, code),
        records=(web.record("Samråd"),) if code == "KS" else (),
        outcome=Outcome.HANDED_OVER,
        handover=Handover(to=to, way="säker e-post", due=due),
    )
    return web.register_desk.register.decide(LOCAL, decision)


def advance(web: Web, days: float) -> int:
    clock = web.home.clock
    assert isinstance(clock, FakeClock)
    clock.advance(int(days * DAY))
    return clock.now()


def seen(browser: Browser, seq: int) -> str:
    (found,) = set(re.findall(r'name="sett" value="(\d+)"', browser.get(_at(seq)).text))
    return str(found)


def _at(seq: int) -> str:
    return f"/diarium/overlamnat/{seq}"


def rows(text: str) -> list[int]:
    return [int(one) for one in re.findall(r'href="/diarium/overlamnat/(\d+)"', text)]


def test_a_handover_from_the_list_to_the_answer(web: Web, browser: Browser) -> None:
    seq = hand_over(web, f"Enhet {EVIL}", due=advance(web, 0) + 5 * DAY)
    page = browser.get("/diarium/overlamnat").text
    assert rows(page) == [seq]
    assert "Väntar på kvittens (1)" in page
    assert EVIL not in page
    data = {"dnr": f"TN 2026/88 {EVIL}", "sett": seen(browser, seq)}
    answer = browser.post(f"{_at(seq)}/kvittens", data=data)
    assert (answer.status_code, answer.location) == (303, f"{_at(seq)}?sagt=kvittens")
    page = browser.get(answer.location).text
    assert "Kvittensen är antecknad." in page
    assert "TN 2026/88 &lt;script&gt;" in page
    assert rows(browser.get("/diarium/overlamnat?lage=answer").text) == [seq]
    assert rows(browser.get("/diarium/overlamnat?lage=receipt").text) == []
    advance(web, 9)
    assert "Svarsdagen har passerat" in browser.get(_at(seq)).text
    assert rows(browser.get("/diarium/overlamnat?lage=late").text) == [seq]
    data = {"svar": "Besvarat per telefon", "sett": seen(browser, seq)}
    assert browser.post(f"{_at(seq)}/svar", data=data).status_code == 303
    page = browser.get(_at(seq)).text
    assert "Överlämningen är avslutad." in page
    assert "/kvittens" not in page
    assert "/svar" not in page
    assert rows(browser.get("/diarium/overlamnat?lage=done").text) == [seq]


def test_a_receipt_closes_what_expects_no_answer(web: Web, browser: Browser) -> None:
    seq = hand_over(web)
    browser.post(f"{_at(seq)}/kvittens", data={"kvittensnot": "Per telefon", "sett": str(seq)})
    handed = Handovers(web.home.ledger).one(LOCAL, seq, now=advance(web, 30))
    assert (handed.standing, handed.notes[0].note) == (Standing.DONE, "Per telefon")
    assert web.register_desk.register.reader.handovers(LOCAL) == []


def test_a_form_that_is_sent_twice_notes_once(web: Web, browser: Browser) -> None:
    seq = hand_over(web)
    data = {"dnr": "TN 2026/88", "sett": seen(browser, seq)}
    assert browser.post(f"{_at(seq)}/kvittens", data=data).status_code == 303
    assert browser.post(f"{_at(seq)}/kvittens", data=data).status_code == 409
    handovers = Handovers(web.home.ledger)
    assert len(handovers.one(LOCAL, seq, now=0).notes) == 1
    with pytest.raises(StaleHandover):
        handovers.note(LOCAL, seq, HandoverStep.ANSWERED, "svar", seen=seq)


@pytest.mark.parametrize(
    ("where", "data", "field"),
    [
        ("kvittens", {}, "dnr"),
        ("kvittens", {"dnr": "x" * 101}, "dnr"),
        ("kvittens", {"dnr": "1", "kvittensnot": "x" * 1900}, "dnr"),
        ("svar", {"svar": " "}, "svar"),
        ("svar", {"svar": "x" * 1900}, "svar"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_lost(
    web: Web, browser: Browser, where: str, data: dict[str, str], field: str
) -> None:
    seq = hand_over(web)
    answer = browser.post(f"{_at(seq)}/{where}", data={**data, "sett": str(seq)})
    assert answer.status_code == 400
    assert f'id="{field}-fel"' in answer.text
    for value in data.values():
        assert value.strip() in answer.text
    assert Handovers(web.home.ledger).one(LOCAL, seq, now=0).notes == ()


def test_pages_go_on_by_cursor(web: Web, browser: Browser) -> None:
    made = [hand_over(web, f"Enhet {n}") for n in range(53)]
    first = browser.get("/diarium/overlamnat?lage=receipt").text
    assert rows(first) == made[:2:-1]
    (more,) = re.findall(r'href="(/diarium/overlamnat\?fore=[^"]+)"', first)
    assert rows(browser.get(more.replace("&amp;", "&")).text) == made[2::-1]


def test_another_authority_s_handovers_are_not_there(web: Web) -> None:
    mine, theirs = hand_over(web), hand_over(web, "Bibliotekschefen", code="KFN")
    registrar = web.browser(viewer=viewer_of(40, [(Role.REGISTRAR, authority(web))]))
    page = registrar.get("/diarium/overlamnat").text
    assert rows(page) == [mine]
    assert "Bibliotekschefen" not in page
    for where in ("kvittens", "svar"):
        data = {"dnr": "1", "svar": "1", "sett": str(theirs)}
        assert registrar.post(f"{_at(theirs)}/{where}", data=data).status_code == 404
    assert registrar.get(_at(theirs)).status_code == 404
    reader = web.browser(viewer=viewer_of(41, [(Role.AUDITOR, authority(web))]))
    assert "Anteckna kvittens" not in reader.get(_at(mine)).text
    data = {"dnr": "1", "sett": str(mine)}
    assert reader.post(f"{_at(mine)}/kvittens", data=data).status_code == 403


def test_a_reminder_is_noted_once_and_shown(web: Web, browser: Browser) -> None:
    seq = hand_over(web)
    handovers = Handovers(web.home.ledger)
    now = advance(web, 30)
    ((row, sent),) = handovers.late(now)
    assert (row.seq, sent) == (seq, [])
    for _ in range(2):
        handovers.note_reminder(seq, "receipt_1")
    ((_, sent),) = handovers.late(now)
    assert [stage for stage, _ in sent] == ["receipt_1"]
    page = browser.get(_at(seq)).text
    assert page.count("Påminnelse skickad") == 1
    assert "Ingen kvittens har antecknats." in page
    handovers.note_reminder(999_999, "receipt_1")  # of nothing: nothing
