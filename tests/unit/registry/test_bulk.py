"""Several threads in the browser: summed up first, decided on together, refused one by one; and
the clock that each suggestion runs by."""

from __future__ import annotations

import re
from html import unescape

import pytest

from archiver.core.access import LOCAL, Role, viewer_of
from archiver.registry.agenda import by_the_clock
from archiver.registry.core.triage import MAX_AT_ONCE, Decision, Outcome
from archiver.registry.inbox import Item
from archiver.registry.posts import View
from tests.unit.registry.test_web import field, seal, waiting
from tests.unit.web.served import Browser, Web


def threads(web: Web, count: int) -> list[tuple[Item, ...]]:
    found = web.office().inbox.page(LOCAL).threads
    return [one.items for one in found[:count]]


def value(items: tuple[Item, ...]) -> str:
    return ",".join(field(one) for one in items)


def decided(web: Web) -> list[tuple[Outcome, int]]:
    """Outcome and number of records of what waits to be sealed."""
    asked = [one.asked for one in web.register_desk.pending(LOCAL)]
    return [(one.outcome, len(one.records)) for one in asked if isinstance(one, Decision)]


def test_one_thread_is_decided_on_at_once(web: Web, browser: Browser) -> None:
    (thread,) = threads(web, 1)
    answer = browser.post("/inkorg/flera", data={"trad": value(thread), "beslut": "ordnad"})
    assert answer.status_code == 303
    assert answer.location == "/inkorg?sagt=flera-ordnad"
    assert decided(web) == [(Outcome.KEPT_IN_ORDER, len(thread))]


def test_several_are_summed_up_and_then_decided_on_in_one_draft(web: Web, browser: Browser) -> None:
    chosen = [one for one in threads(web, 40) if one[0].authority == waiting(web)[0].authority][:3]
    items = [one for thread in chosen for one in thread]
    data = {"trad": [value(one) for one in chosen], "beslut": "ringa", "vy": "nytt"}
    answer = browser.post("/inkorg/flera", data=data)
    assert answer.status_code == 303
    assert decided(web) == []
    page = unescape(browser.get(answer.location).text)
    assert f"{len(items)} handlingar i 3 trådar" in page
    assert "Tas inte med" not in page
    for one in chosen:
        assert f"R{one[0].seq}" in page
    (named,) = re.findall(r'name="trad" value="([^"]*)"', page)
    done = browser.post("/inkorg/flera", data={"trad": named, "beslut": "ringa", "sett": "1"})
    assert done.status_code == 303
    assert decided(web) == [(Outcome.MINOR, len(items))]  # one draft
    assert "Handlingarna är av ringa betydelse" in browser.get(done.location).text
    (pending,) = web.register_desk.pending(LOCAL)
    assert browser.post("/inkorg/angra", data={"utkast": pending.id.hex()}).status_code == 303
    assert decided(web) == []
    assert {one.seq for one in items} <= {one.seq for one in waiting(web)}


def test_each_authority_has_a_decision_of_its_own(web: Web, browser: Browser) -> None:
    data = {"trad": [value(one) for one in threads(web, 40)], "beslut": "ordnad"}
    page = unescape(browser.get(browser.post("/inkorg/flera", data=data).location).text)
    assert "Ett beslut för varje myndighet" in page
    assert "ser ut att kräva något annat" in page
    browser.post("/inkorg/flera", data={**data, "sett": "1"})
    assert len(decided(web)) == 2
    seal(web)
    assert waiting(web) == []


def test_what_was_changed_since_is_told_one_by_one_and_nothing_is_lost(
    web: Web, browser: Browser
) -> None:
    one, two, three, four = threads(web, 4)
    browser.post("/inkorg/beslut", data={"handling": field(one[0]), "beslut": "ordnad"})
    stale = f"{two[0].seq}.{two[0].latest - 1}.0"
    data = {
        "trad": [field(one[0]), stale, "999999.1.0", field(three[0]), field(four[0])],
        "beslut": "overlamna",
        "sett": "1",
        "till": "Gatukontoret",
        "vag": "e-post",
        "not": "Om snön",
    }
    answer = browser.post("/inkorg/flera", data=data)
    assert answer.status_code == 409
    page = unescape(answer.text)
    assert f"R{one[0].seq}</span></a> – ett beslut om den väntar" in page
    assert f"R{two[0].seq}</span></a> – den har ändrats" in page
    assert "R999999</span></a> – den finns inte här" in page
    for typed in ("Gatukontoret", "e-post", "Om snön"):
        assert f'value="{typed}"' in page
    assert decided(web) == [(Outcome.KEPT_IN_ORDER, 1)]  # what was asked for before
    (named,) = re.findall(r'name="trad" value="([^"]*)"', page)
    assert named == f"{field(three[0])},{field(four[0])}"
    assert browser.post("/inkorg/flera", data={**data, "trad": named}).status_code == 303
    assert sum(count for _, count in decided(web)) == 3


def test_forms_are_checked_beside_their_fields(web: Web, browser: Browser) -> None:
    chosen = [value(one) for one in threads(web, 2)]
    for code, field_ in (("annat", "system"), ("overlamna", "till")):
        data = {"trad": chosen, "beslut": code, "sett": "1", "dag": "i går", "svar": "snart"}
        answer = browser.post("/inkorg/flera", data=data)
        assert answer.status_code == 400
        assert f'id="{field_}-fel"' in answer.text
        assert answer.text.count("-fel") >= 3
    assert decided(web) == []
    data = {"trad": chosen, "beslut": "annat", "sett": "1", "system": "Ciceron"}
    full = {**data, "dnr": "KS 1", "dag": "2026-02-16"}
    assert browser.post("/inkorg/flera", data=full).status_code == 303


@pytest.mark.parametrize("data", [{}, {"beslut": "ordnad"}, {"trad": "1.1.0", "beslut": "stoppa"}])
def test_nothing_chosen_is_said(browser: Browser, data: dict[str, str]) -> None:
    answer = browser.post("/inkorg/flera", data=data)
    assert answer.status_code == 303
    assert "Välj minst en tråd" in browser.get(answer.location).text


@pytest.mark.parametrize("forged", ["x", "1", "1.2.3.4", "-1.2.3", "1e3.1.0", "9" * 40])
def test_a_forged_choice_is_not_found(browser: Browser, forged: str) -> None:
    assert (
        browser.post("/inkorg/flera", data={"trad": forged, "beslut": "ordnad"}).status_code == 404
    )


def test_more_than_fit_are_left_and_counted(web: Web, browser: Browser) -> None:
    many = ",".join(f"{900_000 + n}.1.0" for n in range(MAX_AT_ONCE))
    data = {"trad": [many, *(value(one) for one in threads(web, 2))], "beslut": "ordnad"}
    left = sum(len(one) for one in threads(web, 2))
    location = browser.post("/inkorg/flera", data=data).location
    assert len(location) < 8_000  # what a proxy lets through
    page = unescape(browser.get(location).text)
    assert f"{left} handling" in page
    assert f"högst {MAX_AT_ONCE} handlingar beslutas på en gång" in page
    assert "Ingenting av det du valde" in page


def test_another_authoritys_threads_are_not_there(web: Web) -> None:
    chosen = threads(web, 3)
    other = next(
        one.seq for one in web.home.channels.authorities() if one.seq != chosen[0][0].authority
    )
    stranger = web.browser(viewer=viewer_of(40, [(Role.REGISTRAR, other)]))
    page = stranger.get(f"/inkorg/flera?beslut=ordnad&trad={value(chosen[0])}")
    assert page.status_code == 200
    assert "den finns inte här" in page.text
    assert web.office().posts.open(LOCAL, chosen[0][:1])[chosen[0][0].seq].author not in page.text
    data = {"trad": value(chosen[0]), "beslut": "ordnad", "sett": "1"}
    assert stranger.post("/inkorg/flera", data=data).status_code == 409
    auditor = web.browser(viewer=viewer_of(41, [(Role.AUDITOR, chosen[0][0].authority)]))
    assert auditor.post("/inkorg/flera", data=data).status_code == 403
    assert browser_forged(web, data) in (400, 403)
    assert decided(web) == []


def browser_forged(web: Web, data: dict[str, str]) -> int:
    return web.browser().post("/inkorg/flera", data=data, forged=True).status_code


# --- by the clock ---------------------------------------------------------------------------------


def clocked(web: Web, limit: int = 40) -> list[Item]:
    """The leading items of the view, page by page."""
    at, after, found = web.office(), None, []
    while True:
        page = by_the_clock(at.inbox, at.posts, LOCAL, after=after, limit=limit)
        found += [one.items[0] for one in page.threads]
        after = page.after
        if after is None:
            return found


def test_the_nearest_last_day_comes_first_whatever_the_page(web: Web) -> None:
    items = clocked(web)
    posts = web.office().posts.open(LOCAL, items)
    order = [posts[one.seq].clocks[0].order for one in items]
    assert len(order) > 3
    assert order == sorted(order)
    assert [one.seq for one in clocked(web, limit=2)] == [one.seq for one in items]


def test_the_clock_and_the_recipient_are_told_in_words(web: Web, browser: Browser) -> None:
    first = clocked(web)[0]
    page = unescape(browser.get("/inkorg?vy=klockan").text)
    assert 'aria-current="page">Klockan går' in page
    assert "försenat" in page
    assert "Lämnas till" in page
    post = web.office().posts.open(LOCAL, [first])[first.seq]
    form = unescape(browser.get(f"/inkorg?vald={first.seq}&gor=overlamna").text)
    assert f'name="till" value="{post.leads_to[0].title.sv}"' in form


def test_only_so_much_is_looked_at_and_it_is_said(
    web: Web, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = web.office()
    every, cut = at.inbox.ends(LOCAL)
    assert not cut
    some, cut = at.inbox.ends(LOCAL, most=6)
    assert cut
    by_age = sorted(every, key=lambda one: (one.legal_at, one.seq))
    assert {one.seq for one in some} == {one.seq for one in (*by_age[:3], *by_age[-3:])}
    assert at.inbox.ends(LOCAL, without={every[0].seq})[0] == every[1:]
    page = unescape(browser.get("/inkorg?vy=klockan").text)
    assert "Mer väntar än som läses" not in page
    monkeypatch.setattr("archiver.registry.inbox.Inbox.ends", lambda *_, **__: (some, True))
    assert "Mer väntar än som läses" in unescape(browser.get("/inkorg?vy=klockan").text)


def test_texts_are_read_once(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    at = web.office()
    items, _ = at.inbox.ends(LOCAL)
    first = at.posts.order(LOCAL, items)
    asked: list[int] = []
    real = web.home.ledger.open
    monkeypatch.setattr(
        web.home.ledger, "open", lambda seqs, **named: asked.extend(seqs) or real(seqs, **named)
    )
    assert at.posts.order(LOCAL, items) == first
    assert asked == []


def test_what_is_put_apart_has_no_clock(web: Web) -> None:
    first = clocked(web)[0]
    at = web.office()
    assert by_the_clock(at.inbox, at.posts, LOCAL).threads
    at.apart.protect(first.seq, reason="Misstänkt")
    page = by_the_clock(at.inbox, at.posts, LOCAL)
    assert first.seq not in {one.items[0].seq for one in page.threads}


def test_an_authoritys_own_table_moves_the_clock_and_the_recipient(
    web: Web, browser: Browser
) -> None:
    at = web.office()
    choice = at.posts.choice(LOCAL, View.QUESTIONS)
    item = at.inbox.page(LOCAL, choice).threads[0].items[0]
    before = at.posts.open(LOCAL, [item])[item.seq]
    assert before.suggested is not None
    assert before.suggested.trigger == "question"
    text = (
        'version = "1"\n[recipient.contact_centre]\naddress = "kc@testkoping.example"\n'
        '[[route.question.clock]]\npace = "working_days"\ncount = 900\n'
        'act = { sv = "Besvaras", en = "Answered" }\n'
    )
    at.routes.set(LOCAL, item.authority, text.encode())
    after = at.posts.open(LOCAL, [item])[item.seq]
    assert after.leads_to[0].address == "kc@testkoping.example"
    assert after.clocks[0].order > before.clocks[0].order
    page = unescape(browser.get(f"/inkorg?vald={item.seq}").text)
    assert "Besvaras inom 900 arbetsdagar · till" in page
    form = unescape(browser.get(f"/inkorg?vald={item.seq}&gor=overlamna").text)
    assert 'name="vag" value="kc@testkoping.example"' in form
    assert re.search(r'name="svar" value="20\d\d-\d\d-\d\d"', form)
    switched_off = 'version = "2"\n[route.question]\nactive = false\n'
    at.routes.set(LOCAL, item.authority, switched_off.encode())
    assert "question" not in {
        one.trigger for one in at.posts.open(LOCAL, [item])[item.seq].suggestions
    }


def test_a_decided_item_has_a_clock_again_only_for_what_is_new(web: Web) -> None:
    at = web.office()
    item = clocked(web)[0]
    (first, *_) = at.posts.open(LOCAL, [item])[item.seq].clocks
    changed = item._replace(triaged=item.latest - 1, seen_at=item.legal_at + 90_000_000)
    later = at.posts.open(LOCAL, [changed])[item.seq].clocks[0]
    assert later.since == changed.seen_at > first.since == item.legal_at
    gone = item._replace(triaged=item.latest, state="gone_confirmed")
    assert at.posts.open(LOCAL, [gone])[item.seq].clocks == ()
