"""The search page: whose records it finds, what it says, and what it keeps of a search."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from archiver.core.access import HOME, LOCAL, NOBODY, Role, viewer_of
from archiver.core.calendar import stockholm_date
from archiver.core.search import Leads, Searched, Shortcut
from archiver.registry.core.entry import Dated, Direction, Registration
from archiver.search.indexer import Indexer
from archiver.search.reader import TantivySearch
from archiver.web.services import beside
from tests.unit.web.served import CANARY, TOKEN, Browser, Web, build


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
    own = f"http://127.0.0.1:8465/handlingar/R{seq}"
    for typed in (f"R{seq}", f"r{seq}", f"R {seq}", own, f"{own}/jamfor?fran=1", own[21:]):
        answer = browser.get("/sok", query_string={"q": typed})
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/handlingar/R{seq}")
    nowhere = ("R999999999", "R0", f"RR{seq}", "R99999999999999999999", f'"R{seq}"', "http://[x")
    for typed in (*nowhere, "https://exempel.se/handlingar/Rx", f"se {own}"):
        answer = browser.get("/sok", query_string={"q": typed})
        assert answer.status_code == 200, typed
        assert "Numret leder till" not in answer.text
    # With a filter it is a search, and the number is named beside the hits.
    text = browser.get("/sok", query_string={"q": f"R{seq}", "slag": "post"}).text
    assert re.search(rf'Numret leder till.*?href="/handlingar/R{seq}"', text, re.DOTALL)


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Web, dict[str, int]]:
    """A home whose authorities have registered something: number → entry, and one case."""
    web = build(tmp_path_factory.mktemp("filed") / "home")
    register = web.register_desk.register
    owners = {one.code: one.seq for one in web.home.channels.authorities()}
    records = {"KS": web.record("Vattenläcka"), "KFN": web.record("Nytt konstverk")}
    found = dict[str, int]()
    for code, owner in owners.items():
        register.set_series(LOCAL, owner, code, "{ORG} {ÅÅÅÅ}/{LÖP}")
        series = register.set_series(LOCAL, owner, f"G{code}", "{ORG} {ÅÅÅÅ}:{LÖP}").seq
        case = register.open_case(LOCAL, owner, f"Ärende hos {code}", series=series)
        asked = Registration(
            authority=owner,
            direction=Direction.DRAWN_UP,
            day="2026-02-05",
            dated=Dated.PLATFORM,
            title=f"Post hos {code}",
            records=(records[code],),
            class_code=f"1.{code}",
        )
        entry = register.register(LOCAL, asked)
        found[register.reader.entry(LOCAL, entry).number] = entry
        inside = register.register(LOCAL, replace(asked, case=case, class_code="9"))
        found |= {f"record {code}": records[code], f"case {code}": case, code: inside}
    return web, found


def test_a_register_number_leads_to_its_entry(filed: tuple[Web, dict[str, int]]) -> None:
    web, found = filed
    number = next(one for one in found if one.startswith("KS "))
    for typed in (number, number.lower(), number.replace(" ", "  ")):
        answer = web.browser().get("/sok", query_string={"q": typed})
        assert answer.headers.get("Location") == f"/diarium/{found[number]}", typed
    assert web.search_log.noted[-1].total == 1
    owners = {one.code: one.seq for one in web.home.channels.authorities()}
    stranger = web.browser(viewer=viewer_of(7, [(Role.LAWYER, owners["KFN"])]))
    assert stranger.get("/sok", query_string={"q": number}).status_code == 200


def test_a_number_that_means_several_things_is_a_choice(
    filed: tuple[Web, dict[str, int]],
) -> None:
    web, found = filed
    number = next(one for one in found if one.startswith("KS "))
    app = web.app()
    case = Shortcut(leads=Leads.CASE, seq=found["case KS"], label=number, title="Ärende <i>hos</i>")
    own = beside(app).shortcuts
    beside(app).shortcuts = lambda viewer, text: [*own(viewer, text), case]
    browser = Browser(app)
    browser.get(f"/?token={TOKEN}")
    text = browser.get("/sok", query_string={"q": number}).text
    assert "Numret kan betyda flera saker" in text
    assert f'href="/diarium?arende={case.seq}"' in text
    assert f'href="/diarium/{found[number]}"' in text
    assert "Ärende &lt;i&gt;hos&lt;/i&gt;" in text


def test_hits_are_narrowed_by_class_and_case(filed: tuple[Web, dict[str, int]]) -> None:
    web, found = filed
    browser = web.browser()

    def hits(**filters: str) -> set[int]:
        text = browser.get("/sok", query_string=filters).text
        assert '<option value="1.KS">' in text  # the classes there are to choose from
        part = text.partition('<ol class="hits"')[2]
        return {int(seq) for seq in re.findall(r'<h3[^>]*><a href="/handlingar/R(\d+)', part)}

    ks, kfn = found["record KS"], found["record KFN"]
    assert hits(klass="1.KS") == {ks}
    assert hits(klass="9") == {ks, kfn}
    assert hits(klass="9", q="väggmålningen") == {kfn}
    assert hits(klass="finns inte") == set()
    numbered = f"gks {stockholm_date(web.home.clock.now()).year}:1"
    assert hits(arende=numbered) == {ks}
    assert hits(arende=numbered, klass="1.KS") == set()
    missing = browser.get("/sok?arende=KS+1999/1").text
    assert "Det finns inget ärende med numret KS 1999/1" in missing
    assert "0 träffar" in missing
    saved = browser.post("/sok/sparade", data={"namn": "x", "klass": "9", "arende": numbered})
    assert saved.status_code == 303
    owners = {one.code: one.seq for one in web.home.channels.authorities()}
    stranger = web.browser(viewer=viewer_of(7, [(Role.LAWYER, owners["KFN"])]))
    text = stranger.get("/sok?klass=1.KS").text
    assert "0 träffar" in text
    assert '<option value="1.KS">' not in text


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
        answer = web.browser(viewer=viewer).get(f"/sok?q=R{seq}")
        assert (answer.status_code == 303) is leads


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
