"""Accounts in a real browser: added by keyboard alone, with and without scripts, checked against a
real server; every new screen goes through axe, and no secret comes back.

Chromium is the system's (tests/servers/install). `DIARKIV_SCREENSHOTS=folder` keeps pictures.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archiver.channels.desk import LoginHealth
from archiver.core.ports import RequestProgress
from archiver.demo.rounds import LOGIN
from archiver.demo.server import DemoServer
from tests.e2e.site import NARROW, WIDE, Site, tab_to, violations
from tests.unit.channels.desks import FakeDesk
from tests.unit.channels.sites import demo_site

pytestmark = pytest.mark.server
PHONE = {"width": 400, "height": 800}


@pytest.fixture(autouse=True)
def silent(site: Site) -> Iterator[None]:
    """None may leave a word on the console, open a dialog or ask another host. (A form that is
    sent back with mistakes answers 400, which the browser notes.)"""
    site.said.clear()
    site.page.set_viewport_size(WIDE)
    yield
    said = [words for words in site.said if "status of 400 (BAD REQUEST)" not in words]
    assert said == []


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(demo_site(posts=3, comments=2)) as server:
        yield server


@pytest.fixture
def desk(site: Site) -> FakeDesk:
    desk = site.web.desk
    desk.checked.clear()
    desk.before_check = lambda: None
    return desk


def look(site: Site, name: str, page: Any = None) -> None:
    """Axe and the width, wide and narrow, and a picture of each."""
    page = page or site.page
    folder = os.environ.get("DIARKIV_SCREENSHOTS")
    for size in (WIDE, PHONE, NARROW):
        page.set_viewport_size(size)
        assert violations(page) == [], (name, size)
        spill = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(spill) <= 0, (name, size)
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(folder) / f"{name}-{size['width']}.png"), full_page=True)
    page.set_viewport_size(WIDE)


def press(page: Any, words: str) -> None:
    """Reach a button or link by Tab, and use it."""
    tab_to(page, words)
    page.keyboard.press("Enter")


def tab_to_field(page: Any, name: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"Tab never reached the field {name}")


def fill(page: Any, name: str, text: str) -> None:
    tab_to_field(page, name)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def test_an_account_is_added_by_keyboard_alone(
    site: Site, desk: FakeDesk, server: DemoServer
) -> None:
    page, seen = site.page, threading.Event()
    desk.before_check = lambda: (time.sleep(1.6), seen.set())[0]
    site.open("/")
    press(page, "Lägg till konto")
    page.wait_for_url("**/konton/ny")
    look(site, "add-1-platform")
    press(page, "Fortsätt")
    page.wait_for_selector("#fel")
    assert page.evaluate("document.activeElement.id") == "fel"
    look(site, "add-1-mistake")
    tab_to_field(page, "plattform")
    page.keyboard.press("ArrowDown")
    while page.evaluate("document.activeElement.value") != "wordpress":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    press(page, "Fortsätt")
    page.wait_for_url("**/adress")
    look(site, "add-2-address")
    fill(page, "adress", "inte en adress")
    press(page, "Kontrollera kontot")
    page.wait_for_selector("#adress-fel")
    assert page.input_value("#adress") == "inte en adress"
    look(site, "add-2-mistake")
    fill(page, "adress", server.url)
    fill(page, "anvandare", LOGIN[0])
    fill(page, "hemlighet", LOGIN[1])
    _tab_to_summary(page, "Privat adress")
    page.keyboard.press("Enter")
    fill(page, "privat", "{}:{}".format(*server.address))
    press(page, "Kontrollera kontot")
    page.wait_for_url("**/kontroll")
    assert page.inner_text("#forlopp-titel") == "Kontot kontrolleras"
    look(site, "add-3-checking")
    page.wait_for_selector("#kan-lasas", timeout=15_000)
    assert seen.is_set()
    text = page.inner_text("main")
    assert "Ja, kontot går att läsa" in text
    look(site, "add-3-check")
    press(page, "Ändra uppgifterna")
    page.wait_for_url("**/adress")
    assert page.input_value("#adress") == server.url
    assert (page.input_value("#hemlighet"), page.input_value("#anvandare")) == ("", "")
    assert LOGIN[1] not in page.content()
    look(site, "add-2-again")
    press(page, "Kontrollera kontot")  # the login is kept
    page.wait_for_selector("#kan-lasas", timeout=15_000)
    assert desk.checked[-1].credential is not None
    press(page, "Fortsätt")
    page.wait_for_url("**/agare")
    look(site, "add-4-owner")
    press(page, "Lägg till kontot")
    page.wait_for_selector("#agare-fel")
    fill(page, "namn", "Provkontot")
    tab_to_field(page, "agare")
    page.keyboard.type("Kommunst")
    press(page, "Lägg till kontot")
    page.wait_for_url("**/konton/C*")
    assert "Kontot är tillagt." in page.inner_text("main")
    assert page.inner_text("h1") == "Provkontot"
    look(site, "channel-new")


def _tab_to_summary(page: Any, words: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            assert words in page.evaluate("document.activeElement.textContent")
            return
    raise AssertionError("Tab never reached the summary")


def test_an_account_that_cannot_be_read_without_scripts(site: Site, desk: FakeDesk) -> None:
    context = site.page.context.browser.new_context(java_script_enabled=False)
    context.add_cookies(site.page.context.cookies())
    page = context.new_page()
    with DemoServer(demo_site()) as server:
        pass
    page.goto(site.address + "/konton/ny")
    page.check("input[value=wordpress]")
    page.click("text=Fortsätt")
    page.fill("#adress", server.url)
    page.click("summary")
    page.fill("#privat", "{}:{}".format(*server.address))
    page.click("text=Kontrollera kontot")
    page.wait_for_selector("#kan-lasas", timeout=15_000)  # the page renews itself
    assert "inget användbart svarar" in page.inner_text("main")
    page.click("text=Lägg till ändå")
    page.fill("#namn", "Tysta kontot")
    page.select_option("#agare", "KS")
    page.click("button:has-text('Lägg till kontot')")
    assert "Kontot är tillagt." in page.inner_text("main")
    context.close()
    # The same page with scripts, for a picture of what it says.
    site.open("/konton/ny")
    site.page.check("input[value=feed]")
    site.page.click("text=Fortsätt")
    site.page.fill("#adress", "http://127.0.0.1:9/feed/")
    site.page.click("text=Kontrollera kontot")
    site.page.wait_for_selector("#kan-lasas", timeout=15_000)
    assert "får inte besökas" in site.page.inner_text("main")
    look(site, "add-3-refused")


def test_the_calendar_is_walked_by_arrows_and_leads_to_a_day(site: Site) -> None:
    seq, page = site.web.channels["kultur"].seq, site.page
    site.open(f"/konton/C{seq}/tackning")
    tab_to(page, "Hoppa över kalendern")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#kalender') !== null")
    last = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.textContent") != last
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.textContent").startswith("2")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert "Lucka" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dag/2026-02-06")
    assert "källan svarade inte" in page.inner_text("main")
    site.open(f"/konton/C{seq}/tackning")
    tab_to(page, "Hoppa över kalendern")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # one stop, whatever the number of days
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_schedule_crisis_pause_and_end(site: Site) -> None:
    seq, page = site.web.channels["bibliotek"].seq, site.page
    site.open(f"/konton/C{seq}/schema")
    page.check("input[value=full]")
    press(page, "Spara schemat")
    page.wait_for_selector(".said")
    assert "Fullständigt schema" in page.inner_text(".facts")
    fill(page, "dagar", "99")
    press(page, "Sätt på krisläge")
    page.wait_for_selector("#dagar-fel")
    look(site, "schedule-mistake")
    fill(page, "dagar", "14")
    press(page, "Sätt på krisläge")
    page.wait_for_selector("text=Avsluta krisläget nu")
    look(site, "schedule-crisis")
    press(page, "Pausa insamlingen")
    page.wait_for_selector("text=Kontot är pausat")
    look(site, "schedule-paused")
    press(page, "Ångra")
    page.wait_for_selector("text=Kontot samlas in igen.")
    press(page, "Kontot är avslutat")
    page.wait_for_url("**/avsluta")
    press(page, "Nej, gå tillbaka")
    page.wait_for_url("**/schema")
    site.open(f"/konton/C{seq}/andringar")
    assert "Krisläge till" in page.inner_text("main")
    look(site, "changes")


def test_a_login_is_replaced_and_never_comes_back(site: Site, desk: FakeDesk) -> None:
    seq, page = site.web.channels["nyheter"].seq, site.page
    now = site.web.home.clock.now()
    desk.health[seq] = LoginHealth(
        entered_at=now - 86_400_000,
        last_ok_at=now,
        expires_at=now + 5 * 86_400_000,
        scopes=("read:posts", "read:comments"),
    )
    site.open(f"/konton/C{seq}/inloggning")
    assert "5 dagar kvar" in page.inner_text("main")
    fill(page, "anvandare", "hemlig-anvandare")
    press(page, "Spara inloggningen")
    page.wait_for_selector("#hemlighet-fel")
    assert "hemlig-anvandare" not in page.content()
    look(site, "login-mistake")
    fill(page, "anvandare", "hemlig-anvandare")
    fill(page, "hemlighet", "hemligt-KANARIE")
    press(page, "Spara inloggningen")
    page.wait_for_selector("text=Den nya inloggningen är sparad")
    assert not {"hemlig-anvandare", "hemligt-KANARIE"} & set(page.content().split('"'))
    assert "KANARIE" not in page.url + str(page.context.cookies())
    desk.health.pop(seq)


def test_harvest_now_tells_how_it_goes(site: Site, desk: FakeDesk) -> None:
    seq, page = site.web.channels["nyheter"].seq, site.page
    run = site.web.runs()["complete"]
    go = threading.Event()
    step = RequestProgress(request=1, channels=(seq,), results={}, exit_code=None)
    done = {seq: {"run": run, "seen": 42, "exit_code": 0}}

    def follow(request: int, progress: Any) -> int:
        progress(step)
        go.wait(20)
        progress(RequestProgress(request=request, channels=(seq,), results=done, exit_code=0))
        return 0

    desk.follow = follow  # type: ignore[method-assign]
    site.page.goto(f"{site.address}/konton/C{seq}")
    press(page, "Hämta nu")
    page.wait_for_url("**/hamtning/*")
    if page.locator("#forlopp").count():
        look(site, "harvesting")
    go.set()
    page.wait_for_selector("text=Klart. Allt blev sett.", timeout=10_000)
    look(site, "harvested")
    press(page, "Visa insamlingen")
    page.wait_for_url(f"**/insamlingar/{run}")


def test_gaps_are_acknowledged(site: Site, desk: FakeDesk) -> None:
    seq, page = site.web.channels["fientlig"].seq, site.page
    before = desk.open_gaps(desk.channels.channel(str(seq)))
    site.open(f"/konton/C{seq}/luckor")
    page.locator("summary:has-text('Kvittera')").first.click()
    look(site, "gaps")
    page.fill("input[name=gjort] >> nth=0", "Vi har hört av oss till leverantören.")
    page.click("button:has-text('Kvittera luckan') >> nth=0")
    page.wait_for_selector("text=Luckan är kvitterad")
    assert desk.open_gaps(desk.channels.channel(str(seq))) == before - 1


def test_the_register_and_tabs_in_english(site: Site) -> None:
    seq = site.web.channels["nyheter"].seq
    site.open(f"/konton/C{seq}/schema")
    site.page.click("text=English")
    assert "How often the account is read" in site.page.inner_text("main")
    look(site, "schedule-english")
    site.page.click("text=Svenska")
    site.open("/")
    look(site, "register")
