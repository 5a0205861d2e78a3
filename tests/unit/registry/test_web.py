"""The inbox and the register in the browser: what is decided, what is refused, what is kept."""

from __future__ import annotations

import re
from html import unescape

import pytest

from archiver.core.access import LOCAL, NOBODY, Role, viewer_of
from archiver.core.calendar import stockholm_date
from archiver.registry.core.entry import Marking
from archiver.registry.desk import UNDO
from archiver.registry.inbox import Item
from tests.build import FakeClock
from tests.unit.web.served import Browser, Web

EVIL = '<script>alert(1)</script>"onmouseover="x'


def waiting(web: Web) -> list[Item]:
    page = web.office().inbox.page(LOCAL)
    return [item for thread in page.threads for item in thread.items]


def field(item: Item) -> str:
    return f"{item.seq}.{item.latest}.{item.triaged}"


def seal(web: Web) -> None:
    clock = web.home.clock
    assert isinstance(clock, FakeClock)
    clock.advance(UNDO)
    web.register_desk.seal_due()


def registering(item: Item, **more: str) -> dict[str, str]:
    given = {
        "handling": field(item),
        "titel": "Fråga om öppettider på badet",
        "avsandare": "Alva Ekbacke",
        "niva": "2",
        "gor": "registrera",
    }
    return given | more


def test_what_is_kept_in_order_leaves_the_inbox_and_can_be_undone(
    web: Web, browser: Browser
) -> None:
    item, *rest = waiting(web)
    data = {"handling": field(item), "beslut": "ordnad", "nasta": str(rest[-1].seq), "vy": "nytt"}
    answer = browser.post("/inkorg/beslut", data=data)
    assert answer.status_code == 303
    assert answer.location == f"/inkorg?vy=nytt&vald={rest[-1].seq}&sagt=ordnad"
    page = browser.get(answer.location).text
    assert "Handlingen hålls ordnad." in page
    assert f"vald={item.seq}&" not in page
    (pending,) = web.register_desk.pending(LOCAL)
    answer = browser.post("/inkorg/angra", data={"utkast": pending.id.hex()})
    assert answer.location == f"/inkorg?vald={item.seq}&sagt=angrat"
    assert web.register_desk.pending(LOCAL) == []
    assert waiting(web)[0] == item


def test_a_whole_thread_is_decided_on_at_once(web: Web, browser: Browser) -> None:
    thread = max(web.office().inbox.page(LOCAL).threads, key=lambda one: len(one.items))
    assert len(thread.items) > 3
    data = {"handling": [field(one) for one in thread.items], "beslut": "ringa"}
    assert browser.post("/inkorg/beslut", data=data).status_code == 303
    seal(web)
    assert not {one.seq for one in thread.items} & {one.seq for one in waiting(web)}


def test_what_is_registered_gets_its_number_when_it_is_sealed(web: Web, browser: Browser) -> None:
    item = waiting(web)[0]
    assert browser.post("/inkorg/registrera", data=registering(item)).status_code == 303
    assert "Fråga om öppettider på badet" in browser.get("/inkorg").text
    assert "Fråga om öppettider" not in browser.get("/diarium").text
    seal(web)
    page = browser.get("/diarium").text
    (seq,) = re.findall(r'href="/diarium/(\d+)">\w+ 2026/1</a>', page)
    entry = browser.get(f"/diarium/{seq}").text
    for words in ("Alva Ekbacke", "Fråga om öppettider på badet", f"R{item.seq}"):
        assert words in entry
    assert item.seq not in {one.seq for one in waiting(web)}
    record = browser.get(f"/handlingar/R{item.seq}").text
    assert f'<a href="/diarium/{seq}">' in record
    assert "Inte registrerad" in browser.get(f"/handlingar/R{waiting(web)[0].seq}").text


def test_the_form_suggests_a_title_that_names_nobody(web: Web, browser: Browser) -> None:
    for item in waiting(web)[:12]:
        post = web.office().posts.open(LOCAL, [item])[item.seq]
        page = browser.get(f"/inkorg?vald={item.seq}&gor=registrera").text
        (title,) = re.findall(r'id="titel" name="titel" value="([^"]*)"', page)
        assert unescape(title).startswith(("Kommentar", "Inlägg"))
        if post.author:
            assert post.author not in unescape(title)


@pytest.mark.parametrize(
    ("wrong", "field_", "words"),
    [
        ({"titel": " "}, "titel", "Skriv i korthet"),
        ({"titel": "Om 811228-9874"}, "titel", "personnummer"),
        ({"titel": "x" * 301}, "titel", "Det går inte"),
        ({"niva": "9"}, "niva", "Välj en nivå"),
        ({"niva": "3"}, "arende", "Välj det ärende"),
        ({"niva": "4"}, "lagrum", "Skriv vilken bestämmelse"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_nothing_is_lost(
    web: Web, browser: Browser, wrong: dict[str, str], field_: str, words: str
) -> None:
    item = waiting(web)[0]
    data = registering(item, typ=f"Synpunkt {EVIL}", **wrong)
    answer = browser.post("/inkorg/registrera", data=data)
    assert answer.status_code == 400
    page = answer.text
    assert f'id="{field_}-fel"' in page
    assert words in page
    assert 'role="alert"' in page
    assert "Synpunkt &lt;script&gt;" in page
    assert EVIL not in page
    assert web.register_desk.pending(LOCAL) == []


def test_a_title_that_only_looks_like_a_person_can_be_kept(web: Web, browser: Browser) -> None:
    item = waiting(web)[0]
    data = registering(item, titel="Om @kommunen på nätet")
    assert browser.post("/inkorg/registrera", data=data).status_code == 400
    data["titel-anda"] = "1"
    assert browser.post("/inkorg/registrera", data=data).status_code == 303


def test_what_was_decided_or_changed_meanwhile_is_not_decided_unseen(
    web: Web, browser: Browser
) -> None:
    item = waiting(web)[0]
    data = {"handling": field(item), "beslut": "ordnad"}
    assert browser.post("/inkorg/beslut", data=data).status_code == 303
    for path, form in (("beslut", data), ("registrera", registering(item))):  # double submit
        answer = browser.post(f"/inkorg/{path}", data=form)
        assert answer.status_code == 409
    seal(web)
    assert browser.post("/inkorg/beslut", data=data).status_code == 409
    older = {"handling": f"{item.seq}.{item.latest - 1}.0", "beslut": "ordnad"}
    assert browser.post("/inkorg/beslut", data=older).status_code == 409


@pytest.mark.parametrize(
    "forged",
    ["", "x", "1", "1.2", "1.2.3.4", "-1.2.3", "999999999.1.0", "1e3.1.0", "²." * 3, "9" * 40],
)
def test_a_forged_id_is_not_found(browser: Browser, forged: str) -> None:
    data = {"handling": forged, "beslut": "ordnad"}
    assert browser.post("/inkorg/beslut", data=data).status_code == 404


def test_registered_elsewhere_and_handed_over(web: Web, browser: Browser) -> None:
    one, two = waiting(web)[0], waiting(web)[-1]
    bad = browser.post("/inkorg/annat", data={"handling": field(one), "system": "Ciceron"})
    assert bad.status_code == 400
    assert 'value="Ciceron"' in bad.text
    data = {"handling": field(one), "system": "Ciceron", "dnr": "KS 1", "dag": "2026-02-16"}
    assert browser.post("/inkorg/annat", data=data).status_code == 303
    bad = browser.post("/inkorg/overlamna", data={"handling": field(two), "svar": "snart"})
    assert bad.status_code == 400
    assert bad.text.count("-fel") >= 3
    data = {"handling": field(two), "till": "Gatukontoret", "vag": "post", "svar": "2026-12-24"}
    assert browser.post("/inkorg/overlamna", data=data).status_code == 303
    seal(web)
    assert web.register_desk.pending(LOCAL) == []
    assert web.register_desk.register.reader.entries(LOCAL).entries == ()


def test_a_case_is_opened_and_suggested_for_what_is_in_its_thread(
    web: Web, browser: Browser
) -> None:
    thread = max(web.office().inbox.page(LOCAL).threads, key=lambda one: len(one.items))
    data = {"namnd": str(thread.authority), "arendemening": "Cykelväg längs Ågatan", "serie": ""}
    assert browser.post("/diarium/arenden", data=data).status_code == 303
    (case,) = web.register_desk.register.reader.cases(LOCAL)
    first, second = thread.items[:2]
    data = registering(first, niva="3", arende=str(case.seq))
    assert browser.post("/inkorg/registrera", data=data).status_code == 303
    seal(web)
    page = browser.get(f"/inkorg?vald={second.seq}&gor=registrera").text
    assert f'<option value="{case.seq}" selected>' not in page  # the first has left the thread
    assert f'<option value="{case.seq}"' in page
    assert "handling 1" in browser.get(f"/diarium/{_entry(web)}").text


def test_a_case_is_closed_and_taken_up_again_on_its_page(web: Web, browser: Browser) -> None:
    thread = max(web.office().inbox.page(LOCAL).threads, key=lambda one: len(one.items))
    data = {"namnd": str(thread.authority), "arendemening": "Cykelväg längs Ågatan", "serie": ""}
    browser.post("/diarium/arenden", data=data)
    (case,) = web.register_desk.register.reader.cases(LOCAL)
    page = f"/diarium?arende={case.seq}"
    today = stockholm_date(web.home.clock.now()).isoformat()
    assert f'value="{today}"' in browser.get(page).text
    close, reopen = (f"/diarium/arenden/{case.seq}/{one}" for one in ("avsluta", "ateruppta"))
    for day in ("", "i går", "2020-01-01", "2099-01-01"):
        bad = browser.post(close, data={"avslutat": day})
        assert bad.status_code == 400
        assert 'id="avslutat-fel"' in bad.text
    done = browser.post(close, data={"avslutat": today, "avslutsnot": EVIL})
    assert done.location == f"/diarium?arende={case.seq}&sagt=avslutat"
    assert f"Ärendet avslutades {today}" in browser.get(page).text
    assert "Avslutat" in browser.get("/diarium/arenden").text
    assert browser.post(close, data={"avslutat": today}).status_code == 409
    item = thread.items[0]
    offered = browser.get(f"/inkorg?vald={item.seq}&gor=registrera").text
    assert f'<option value="{case.seq}"' not in offered
    assert browser.post(reopen, data={}).status_code == 400
    assert browser.post(reopen, data={"aterskal": "Ny skrivelse"}).status_code == 303
    assert "Ärendet är öppet" in browser.get(page).text
    assert web.register_desk.register.reader.case(LOCAL, case.seq).closed_on == ""


def _entry(web: Web) -> int:
    return web.register_desk.register.reader.entries(LOCAL).entries[0].seq


def test_an_entry_is_corrected_marked_and_voided(web: Web, browser: Browser) -> None:
    item = waiting(web)[0]
    browser.post("/inkorg/registrera", data=registering(item))
    seal(web)
    seq = _entry(web)
    bad = browser.post(f"/diarium/{seq}/ratta", data={"falt": "title", "varde": "Nytt"})
    assert bad.status_code == 400
    assert 'value="Nytt"' in bad.text
    assert 'id="skal-fel"' in bad.text
    fixed = {"falt": "title", "varde": EVIL, "skal": "Felskrivet"}
    assert browser.post(f"/diarium/{seq}/ratta", data=fixed).status_code == 303
    page = browser.get(f"/diarium/{seq}").text
    assert "<del" in page
    assert "Fråga om öppettider på badet" in page
    assert EVIL not in page
    bad = browser.post(f"/diarium/{seq}/sekretess", data={"markskal": "Kanske"})
    assert 'id="lagrum-fel"' in bad.text
    marked = {"lagrum": "OSL 26:1", "markskal": "Kanske"}
    assert browser.post(f"/diarium/{seq}/sekretess", data=marked).status_code == 303
    assert browser.post(f"/diarium/{seq}/sekretess", data={"av": "1", "markskal": "Nej"}).location
    assert browser.post(f"/diarium/{seq}/makulera", data={"makulering": ""}).status_code == 400
    void = {"makulering": "Dubbel"}
    assert browser.post(f"/diarium/{seq}/makulera", data=void).status_code == 303
    assert browser.post(f"/diarium/{seq}/makulera", data=void).status_code == 409
    page = browser.get(f"/diarium/{seq}").text
    assert page.count("OSL 26:1") == 1
    assert "Makulerad" in page


def test_the_public_view_holds_nothing_that_is_secret(web: Web, browser: Browser) -> None:
    item = waiting(web)[0]
    data = registering(
        item,
        titel="Uppgift som kan omfattas av sekretess",
        avsandare="",
        niva="4",
        lagrum="OSL 26:1",
    ) | {"hemlig-titel": "Om Bosse Granlund", "hemlig-avsandare": "Cilla Myrberg"}
    assert browser.post("/inkorg/registrera", data=data).status_code == 303
    seal(web)
    seq = _entry(web)
    assert "Granlund" in browser.get(f"/diarium/{seq}").text
    for path in (f"/diarium/{seq}?offentlig=1", "/diarium?offentlig=1", "/diarium"):
        page = browser.get(path).text
        assert "Granlund" not in page
        assert "Myrberg" not in page
        assert "Uppgift som kan omfattas av sekretess" in page
    auditor = web.browser(viewer=viewer_of(41, [(Role.AUDITOR, item.authority)]))
    assert "Granlund" not in auditor.get(f"/diarium/{seq}").text


def test_a_series_is_made_and_a_bad_mask_is_refused(web: Web, browser: Browser) -> None:
    authority = web.home.channels.authorities()[0].seq
    bad = {"namnd": str(authority), "kod": "KS", "mask": "{ORG}/{LÖP}"}
    answer = browser.post("/diarium/serier", data=bad)
    assert answer.status_code == 400
    assert 'value="{ORG}/{LÖP}"' in answer.text
    assert 'id="mask-fel"' in answer.text
    good = bad | {"mask": "{ORG}-{ÅÅ}-{LÖP:04}", "forsta": "312"}
    assert browser.post("/diarium/serier", data=good).status_code == 303
    page = browser.get("/diarium/serier").text
    assert "KS-26-0312" in page
    assert "KS-26-0312-1" in page


def test_others_see_and_decide_nothing(web: Web) -> None:
    items = waiting(web)
    mine = items[0]
    other = next(one.seq for one in web.home.channels.authorities() if one.seq != mine.authority)
    stranger = web.browser(viewer=viewer_of(40, [(Role.REGISTRAR, other)]))
    auditor = web.browser(viewer=viewer_of(41, [(Role.AUDITOR, mine.authority)]))
    data = {"handling": field(mine), "beslut": "ordnad"}
    assert stranger.post("/inkorg/beslut", data=data).status_code == 404
    assert auditor.post("/inkorg/beslut", data=data).status_code == 403
    assert auditor.get("/inkorg").status_code == 403
    assert f"vald={mine.seq}&" not in stranger.get("/inkorg").text
    assert web.browser(viewer=NOBODY).get("/diarium").status_code == 403


def test_a_form_without_its_token_is_refused(web: Web, browser: Browser) -> None:
    data = {"handling": field(waiting(web)[0]), "beslut": "ordnad"}
    assert browser.post("/inkorg/beslut", data=data, forged=True).status_code in (400, 403)
    assert web.register_desk.pending(LOCAL) == []


def test_what_could_not_be_sealed_is_told(web: Web, browser: Browser) -> None:
    item = waiting(web)[0]
    register = web.register_desk.register
    case = register.open_case(LOCAL, item.authority, "Ett ärende")
    browser.post("/inkorg/registrera", data=registering(item, niva="3", arende=str(case)))
    register.void(LOCAL, case, reason="Fel")
    seal(web)
    page = browser.get("/inkorg").text
    assert "Kunde inte förseglas" in page
    assert item.seq in {one.seq for one in waiting(web)}


def test_a_marking_is_shown_as_a_warning(web: Web, browser: Browser) -> None:
    item = waiting(web)[0]
    browser.post("/inkorg/registrera", data=registering(item))
    seal(web)
    marking = Marking(clause="OSL 21:7", day="2026-02-16", authority="Kommunstyrelsen")
    web.register_desk.register.mark(LOCAL, _entry(web), marking, reason="Misstänkt")
    assert "En varning, inget beslut" in browser.get(f"/diarium/{_entry(web)}").text


def test_what_may_be_secret_is_hidden_at_once_and_shown_again_if_it_is_undone(
    web: Web, browser: Browser
) -> None:
    item = waiting(web)[0]
    text = web.office().posts.open(LOCAL, [item])[item.seq].text
    assert text
    data = registering(item, titel="Kan vara hemligt", avsandare="", niva="4", lagrum="OSL 26:1")
    assert browser.post("/inkorg/registrera", data=data).status_code == 303
    reader = web.browser(viewer=viewer_of(41, [(Role.AUDITOR, item.authority)]))
    page = f"/handlingar/R{item.seq}"
    assert "Hålls åtskild" in reader.get(page).text
    assert text not in unescape(reader.get(page).text)
    assert reader.get(f"{page}?skyddat=1").status_code == 403
    assert text not in unescape(browser.get(page).text)  # also for who may read it: not unasked
    assert text in unescape(browser.get(f"{page}?skyddat=1").text)
    (pending,) = web.register_desk.pending(LOCAL)
    browser.post("/inkorg/angra", data={"utkast": pending.id.hex()})
    assert text in unescape(reader.get(page).text)


def test_one_key_hides_what_may_be_secret_before_anything_is_written(
    web: Web, browser: Browser
) -> None:
    item = waiting(web)[0]
    post = web.office().posts.open(LOCAL, [item])[item.seq]
    reader = web.browser(viewer=viewer_of(41, [(Role.AUDITOR, item.authority)]))
    address, data = f"/inkorg/atskilj?vald={item.seq}", {"handling": field(item)}
    answer = browser.post(address, data=data)
    assert answer.status_code == 200
    assert "Handlingen hålls åtskild från och med nu" in answer.text
    assert f'value="{post.author}"' in answer.text  # for the fields that may be secret
    assert '<strong dir="auto">Hålls åtskild</strong>' in answer.text
    page = f"/handlingar/R{item.seq}"
    assert post.text not in unescape(reader.get(page).text)
    assert browser.post(address, data=data).status_code == 200  # pressed again
    asked = registering(item, titel="Kan vara hemligt", avsandare="", niva="4", lagrum="")
    bad = browser.post(f"/inkorg/registrera?vald={item.seq}", data={**asked, "gor": "sekretess"})
    assert bad.status_code == 400
    assert post.text not in unescape(reader.get(page).text)
    assert browser.post("/inkorg/oppna", data=data).status_code == 303
    assert post.text in unescape(reader.get(page).text)
    assert (
        "Handlingen hålls åtskild" not in browser.get(f"/inkorg?vald={item.seq}&gor=sekretess").text
    )


def test_the_emergency_stop_puts_a_record_out_of_reach(web: Web, browser: Browser) -> None:
    item = waiting(web)[0]
    form = browser.get(f"/inkorg?vald={item.seq}&gor=stoppa").text
    assert "Stoppa nu" in form
    bad = browser.post("/inkorg/stoppa", data={"handling": field(item), "skal": " "})
    assert bad.status_code == 400
    data = {"handling": field(item), "skal": "Misstänkt övergreppsmaterial"}
    auditor = web.browser(viewer=viewer_of(41, [(Role.AUDITOR, item.authority)]))
    assert auditor.post("/inkorg/stoppa", data=data).status_code == 403
    assert browser.post("/inkorg/stoppa", data=data).status_code == 303
    assert browser.get(f"/handlingar/R{item.seq}").status_code == 404
    assert item.seq not in {one.seq for one in waiting(web)}


def test_undoing_a_failed_draft_does_not_show_what_another_keeps_apart(
    web: Web, browser: Browser
) -> None:
    item = waiting(web)[0]
    text = web.office().posts.open(LOCAL, [item])[item.seq].text
    secret = registering(item, titel="Kan vara hemligt", niva="4", lagrum="OSL 26:1")
    browser.post("/inkorg/registrera", data={**secret, "arende": "999999"})
    seal(web)
    (failed,) = web.register_desk.pending(LOCAL)
    assert failed.failure
    assert browser.post("/inkorg/registrera", data=secret).status_code == 303
    seal(web)
    assert browser.post("/inkorg/angra", data={"utkast": failed.id.hex()}).status_code == 303
    reader = web.browser(viewer=viewer_of(41, [(Role.AUDITOR, item.authority)]))
    assert text not in unescape(reader.get(f"/handlingar/R{item.seq}").text)


def test_a_marking_keeps_the_record_apart(web: Web, browser: Browser) -> None:
    item = waiting(web)[0]
    text = web.office().posts.open(LOCAL, [item])[item.seq].text
    browser.post("/inkorg/registrera", data=registering(item))
    seal(web)
    marked = {"lagrum": "OSL 26:1", "markskal": "Kanske"}
    assert browser.post(f"/diarium/{_entry(web)}/sekretess", data=marked).status_code == 303
    reader = web.browser(viewer=viewer_of(41, [(Role.AUDITOR, item.authority)]))
    assert text not in unescape(reader.get(f"/handlingar/R{item.seq}").text)


def test_suggestions_do_not_quote_what_is_kept_apart(web: Web, browser: Browser) -> None:
    posts = web.office().posts
    item = next(one for one in waiting(web) if posts.open(LOCAL, [one])[one.seq].suggestions)
    assert posts.open(LOCAL, [item])[item.seq].suggestions
    web.office().apart.protect(item.seq, reason="Misstänkt")
    assert posts.open(LOCAL, [item])[item.seq].suggestions == ()
    assert "därför att" not in browser.get(f"/inkorg?vald={item.seq}").text


def test_a_post_that_is_kept_apart_takes_nothing_else_with_it(web: Web, browser: Browser) -> None:
    with web.home.ledger.database.read() as connection:
        query = "SELECT seq FROM record WHERE kind = 'post' ORDER BY seq"
        posts = [row[0] for row in connection.exec_driver_sql(query)]
    for seq in posts:
        web.office().apart.protect(seq, reason="Misstänkt")
    for item in waiting(web):
        assert browser.get(f"/inkorg?vald={item.seq}").status_code == 200
        assert browser.get(f"/inkorg?vald={item.seq}&gor=registrera").status_code == 200


def test_whoever_may_stop_need_not_register_and_waits_for_nothing(
    web: Web, browser: Browser
) -> None:
    item = waiting(web)[0]
    browser.post("/inkorg/beslut", data={"handling": field(item), "beslut": "ordnad"})
    lawyer = web.browser(viewer=viewer_of(42, [(Role.LAWYER, item.authority)]))
    stale = {"handling": f"{item.seq}.1.0", "skal": "Misstänkt övergreppsmaterial"}
    assert lawyer.post("/inkorg/stoppa", data=stale).status_code == 303
    assert browser.get(f"/handlingar/R{item.seq}").status_code == 404
    other = next(one.seq for one in web.home.channels.authorities() if one.seq != item.authority)
    stranger = web.browser(viewer=viewer_of(43, [(Role.LAWYER, other)]))
    again = next(one for one in waiting(web) if one.authority == item.authority)
    data = {"handling": field(again), "skal": "Misstänkt"}
    assert stranger.post("/inkorg/stoppa", data=data).status_code in (403, 404)
    assert browser.get(f"/handlingar/R{again.seq}").status_code == 200


def test_the_secret_fields_of_an_entry_are_for_who_may_read_them(
    web: Web, browser: Browser
) -> None:
    item = waiting(web)[0]
    data = registering(item, niva="4", lagrum="OSL 26:1") | {"hemlig-titel": "Om Bosse Granlund"}
    browser.post("/inkorg/registrera", data=data)
    seal(web)
    dpo = web.browser(viewer=viewer_of(44, [(Role.DPO, item.authority)]))
    assert "Granlund" not in dpo.get(f"/diarium/{_entry(web)}").text
    assert "Granlund" in browser.get(f"/diarium/{_entry(web)}").text


def test_what_is_stopped_while_its_draft_waits_blocks_nothing(web: Web, browser: Browser) -> None:
    """Both hard stops, one after the other, and somebody else's decision beside them."""
    first, second = waiting(web)[0], waiting(web)[-1]
    secret = registering(first, titel="Kan vara hemligt", niva="4", lagrum="OSL 26:1")
    assert browser.post("/inkorg/registrera", data=secret).status_code == 303
    ordered = {"handling": field(second), "beslut": "ordnad"}
    assert browser.post("/inkorg/beslut", data=ordered).status_code == 303
    stopped = {"handling": field(first), "skal": "Misstänkt övergreppsmaterial"}
    assert browser.post("/inkorg/stoppa", data=stopped).status_code == 303
    seal(web)
    (failed,) = web.register_desk.pending(LOCAL)
    assert failed.asked.records == (first.seq,)
    assert failed.failure
    data = {"utkast": failed.id.hex()}
    assert browser.post("/inkorg/angra", data=data).status_code == 303
    assert browser.get("/inkorg").status_code == 200
    assert web.register_desk.pending(LOCAL) == []


@pytest.mark.parametrize("place", ["9" * 29 + ".1", "1." + "9" * 29, "x", "1", "-1.2", "²" * 3])
def test_a_place_that_is_none_is_the_beginning(browser: Browser, place: str) -> None:
    for view in ("allt", "fraga", "klockan"):
        assert browser.get(f"/inkorg?vy={view}&efter={place}").status_code == 200
