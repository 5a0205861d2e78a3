"""The search page: whose records it finds, what it says, and what it keeps of a search."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archiver.core.access import HOME, NOBODY, Role, viewer_of
from archiver.core.search import Searched
from archiver.search.indexer import Indexer
from archiver.search.reader import TantivySearch
from tests.unit.web.served import CANARY, Browser, Web


def test_another_authoritys_records_are_not_found(web: Web) -> None:
    owners = {one.code: one.seq for one in web.home.channels.authorities()}
    theirs = web.channels["fientlig"]  # Kommunstyrelsen's
    stranger = viewer_of(7, [(Role.LAWYER, owners["KFN"])])
    owner = viewer_of(8, [(Role.LAWYER, owners["KS"])])
    addresses = [
        f"/sok?q={CANARY}",
        f"/sok?q=%22{CANARY}%22",
        f"/sok?q={CANARY}&konto=C{theirs.seq}",
        f"/sok?q={CANARY}&slag=comment&riktning=received",
        f"/sok?q={CANARY}&start=20",
        f"/sok?konto=C{theirs.seq}",
    ]
    for address in addresses:
        text = web.browser(viewer=stranger).get(address).text
        assert "0 träffar" in text, address
        assert "<mark>" not in text
        assert "Träffar per" not in text
        if not {"start", "%22", "slag"} & set(re.findall(r"\w+|%22", address)):
            assert "0 träffar" not in web.browser(viewer=owner).get(address).text


def test_when_the_hits_fall_is_a_table_that_leads_on(browser: Browser) -> None:
    text = browser.get("/sok?riktning=received").text
    total = int(re.search(r"(\d+) träffar", text)[1])  # type: ignore[index]
    links = re.findall(
        r'<th scope="row">(\d{4}-\d{2})</th><td class="count"><a href="([^"]+)">(\d+)<', text
    )
    assert sum(int(count) for _, _, count in links) == total
    assert 'class="timeline" aria-hidden="true"' in text
    for _month, address, count in links:
        assert f"{count} träff" in browser.get(address.replace("&amp;", "&")).text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('"vatten', "Citattecknet stängdes aldrig"),
        ("*a*", "för få tecken vid stjärnan"),
        ("!!", "ingen bokstav eller siffra"),
    ],
)
def test_what_was_understood_otherwise_is_said(browser: Browser, query: str, said: str) -> None:
    answer = browser.get("/sok", query_string={"q": query})
    assert answer.status_code == 200
    assert said in answer.text
    assert said not in browser.get("/sok?q=vatten").text


def test_help_and_the_reminder_stand_at_the_box(browser: Browser) -> None:
    text = browser.get("/sok").text
    assert "<summary>Så söker du</summary>" in text
    assert 'aria-describedby="sokregel"' in text
    assert "dataskyddslagen 3 kap. 3 §" in text


def test_a_records_number_leads_to_it(web: Web, browser: Browser) -> None:
    seq = web.record("Vattenläcka")
    for typed in (f"R{seq}", f"r{seq}", f"R {seq}"):
        text = browser.get("/sok", query_string={"q": typed}).text
        assert f'Gå till handlingen: <a href="/handlingar/R{seq}">R{seq}</a>' in text
    for typed in ("R999999999", "R0", f"RR{seq}", "R99999999999999999999"):
        assert "Gå till handlingen" not in browser.get("/sok", query_string={"q": typed}).text


def test_a_search_is_noted_with_its_filters(web: Web, browser: Browser) -> None:
    del web.search_log.noted[:]
    browser.get("/sok")
    assert web.search_log.noted == []
    browser.get("/sok?q=vatten&riktning=received&okand=1&fran=" + "9" * 500)
    (noted,) = web.search_log.noted
    expected = (("fran", "9" * 40), ("riktning", "received"))
    assert noted == Searched(
        at=web.home.clock.now(), actor=0, query="vatten", filters=expected, total=noted.total
    )


def test_searches_are_saved_run_and_forgotten(web: Web, browser: Browser) -> None:
    name = "Vatten <b>in</b>"
    form = {"namn": name, "q": "vatten & läcka", "riktning": "received", "annat": "x"}
    done = browser.post("/sok/sparade", data=form)
    assert done.status_code == 303
    assert "riktning=received" in done.headers["Location"]
    assert "annat" not in done.headers["Location"]
    text = browser.get("/sok").text
    assert "Vatten &lt;b&gt;in&lt;/b&gt;" in text
    (one,) = web.saved.of(0)
    assert (one.query, one.filters) == ("vatten & läcka", {"riktning": "received"})
    away = f"/sok/sparade/{one.id}/ta-bort"
    assert away in text
    other = web.browser(viewer=viewer_of(9, [(Role.LAWYER, HOME)]))
    assert "Mina sparade sökningar" not in other.get("/sok").text
    assert other.post(away).status_code == 404
    assert browser.post(away, forged=True).status_code == 400
    nobody = web.browser(viewer=NOBODY)
    token = re.search(r'name="csrf_token" value="([^"]+)"', nobody.get("/").text)
    assert token
    for path in ("/sok/sparade", away):
        form = {"namn": "x", "csrf_token": token[1]}
        assert nobody.post(path, forged=True, data=form).status_code == 403
    assert web.saved.of(NOBODY.actor) == []
    assert browser.post(away).status_code == 303
    assert web.saved.of(0) == []
    assert browser.post("/sok/sparade", data={"namn": " ", "q": "x"}).status_code == 400


def test_no_number_leads_to_anothers_record(web: Web) -> None:
    owners = {one.code: one.seq for one in web.home.channels.authorities()}
    seq = web.record(CANARY)
    for code, leads in (("KS", True), ("KFN", False)):
        viewer = viewer_of(7, [(Role.LAWYER, owners[code])])
        text = web.browser(viewer=viewer).get(f"/sok?q=R{seq}").text
        assert ("Gå till handlingen" in text) is leads


def test_words_that_were_edited_away_are_found_in_replaced_versions(
    web: Web, tmp_path: Path
) -> None:
    seq = web.record("Vattenläcka")
    with Indexer(web.home.ledger, tmp_path / "index") as indexer:
        indexer.rebuild()
    before, web.search = web.search, TantivySearch(web.home.ledger, tmp_path / "index")  # type: ignore[assignment]
    try:
        browser = web.browser()
        newest = browser.get("/sok?q=vatten+klockan").text
        assert "ersatt" not in re.sub(
            r"<form.*?</form>|<details.*?</details>", "", newest, flags=re.S
        )
        text = browser.get("/sok?q=vattenläcka&aldre=1").text
        assert re.search(rf'href="/handlingar/R{seq}\?version=1"', text)
        assert "Version 1, ersatt" in text
    finally:
        web.search = before
