"""The registrar's day in a real browser, by keyboard alone: decide, register, undo, correct, void;
and the register as the public reads it. Every page goes through axe in both languages.

Chromium is the system's (tests/servers/install). `DIARKIV_SCREENSHOTS=folder` keeps pictures.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archiver.core.access import LOCAL
from archiver.registry.desk import UNDO
from tests.build import FakeClock
from tests.e2e.site import NARROW, WIDE, Site, tab_to, violations

pytestmark = pytest.mark.server
PAGES = (
    "/inkorg",
    "/inkorg?vy=atgard",
    "/inkorg?gor=registrera",
    "/inkorg?gor=sekretess",
    "/inkorg?gor=overlamna",
    "/inkorg?gor=annat",
    "/inkorg?gor=stoppa",
    "/diarium",
    "/diarium?offentlig=1",
    "/diarium/arenden",
    "/diarium/serier",
    "/diarium/dirigering",
    "/inkorg?vy=klockan",
    "/inkorg?vy=klockan&gor=overlamna",
    "/diarium/klassificering",
    "/diarium/webb",
)


@pytest.fixture(autouse=True)
def silent(site: Site) -> Iterator[None]:
    """None may leave a word on the console, open a dialog or ask another host."""
    for one in site.web.home.channels.authorities():
        if not site.web.register_desk.register.series_of(one.seq):
            site.web.register_desk.register.set_series(
                LOCAL, one.seq, one.code, "{ORG} {ÅÅÅÅ}/{LÖP}"
            )
    site.said.clear()
    site.page.set_viewport_size(WIDE)
    yield
    said = [words for words in site.said if "status of 400 (BAD REQUEST)" not in words]
    assert said == []


def seal(site: Site) -> None:
    clock = site.web.home.clock
    assert isinstance(clock, FakeClock)
    clock.advance(UNDO)
    site.web.register_desk.seal_due()


def press(site: Site, key: str) -> None:
    """Press a key that leads to another page, and wait for that."""
    with site.page.expect_navigation():
        site.page.keyboard.press(key)


def waiting(site: Site) -> int:
    return site.web.office().inbox.standing(LOCAL, now=site.web.home.clock.now()).waiting


def current(site: Site) -> str:
    return str(site.page.locator(".desk-item h2 .seq").inner_text())


def test_the_queue_is_worked_through_by_single_keys(site: Site) -> None:
    """Story 1: suggestions say why; a key decides; what was done can be undone."""
    site.open("/inkorg")
    assert site.page.locator("#lage").inner_text()
    first = current(site)
    press(site, "j")
    second = current(site)
    assert second != first
    press(site, "k")
    assert current(site) == first
    before = waiting(site)
    press(site, "o")
    assert "Handlingen hålls ordnad" in site.page.content()
    assert current(site) != first
    press(site, "u")
    assert "Beslutet är ångrat" in site.page.content()
    assert current(site) == first
    press(site, "g")
    seal(site)
    site.open("/inkorg")
    assert waiting(site) == before - 1
    site.open("/inkorg?vy=atgard")
    assert "därför att" in site.page.locator(".suggestions").first.inner_text()


def test_a_comment_is_registered_by_keyboard(site: Site) -> None:
    """Story 2: the number is given at sealing; a mistake is told beside its field."""
    site.open("/inkorg")
    press(site, "r")
    site.page.wait_for_function("document.activeElement.id === 'titel'")
    site.page.keyboard.press("Control+A")
    site.page.keyboard.type("Om 811228-9874")
    press(site, "Enter")
    assert "personnummer" in site.page.locator("#titel-fel").inner_text()
    site.page.wait_for_function("document.activeElement.id === 'fel'")
    tab_to(site.page, "personnummer")  # the summary's link leads to the field
    site.page.keyboard.press("Enter")
    site.page.keyboard.press("Control+A")
    site.page.keyboard.type("Fråga om öppettider på badet")
    press(site, "Enter")
    assert "Numret ges när beslutet förseglas" in site.page.content()
    seal(site)
    site.open("/diarium")
    row = site.page.locator("tbody tr").first.inner_text()
    assert "2026/" in row
    assert "Fråga om öppettider på badet" in row


def test_typing_is_never_taken_for_a_command(site: Site) -> None:
    site.open("/inkorg?gor=registrera")
    site.page.wait_for_function("document.activeElement.id === 'titel'")
    address = site.page.url
    site.page.keyboard.type("gogroja")
    assert site.page.url == address
    press(site, "Escape")
    assert "gor=" not in site.page.url
    site.page.locator(".keys summary").click()
    site.page.locator("#tangenter").uncheck()
    site.page.locator("h1").click()
    address = site.page.url
    site.page.keyboard.press("o")
    site.page.wait_for_timeout(200)
    assert site.page.url == address
    site.page.locator("#tangenter").check()


def test_several_threads_are_chosen_and_decided_on_by_keyboard(site: Site) -> None:
    """X chooses, the choice goes along, one key sums up, Enter decides, U takes it all back."""
    site.open("/inkorg")
    before, first = waiting(site), current(site)
    site.page.keyboard.press("x")
    press(site, "j")
    second = current(site)
    site.page.keyboard.press("x")
    press(site, "k")
    assert "Valda trådar: 2" in site.page.locator("#valda").inner_text()
    site.page.keyboard.press("t")  # one thread's: does nothing while several are chosen
    site.page.keyboard.press("Escape")
    assert "Valda" not in site.page.locator("#valda").inner_text()
    site.page.keyboard.press("x")
    press(site, "j")
    site.page.keyboard.press("x")
    press(site, "o")
    assert "/inkorg/flera" in site.page.url
    assert "i 2 trådar" in site.page.locator("#sker + p").inner_text()
    assert {first, second} <= set(site.page.locator("tbody th").all_inner_texts())
    assert violations(site.page) == []
    site.picture("inkorg-flera")
    tab_to(site.page, "ordnad")
    press(site, "Enter")
    assert "Handlingarna hålls ordnade" in site.page.content()
    assert site.page.locator(".pick:checked").count() == 0
    undone = 0
    while site.page.locator("[data-key=u]").count():  # a draft for each authority
        press(site, "u")
        undone += 1
    assert undone in (1, 2)
    assert waiting(site) == before
    site.open("/inkorg")
    assert current(site) == first


def test_a_range_is_chosen_with_shift_and_all_with_one_box(site: Site) -> None:
    site.open("/inkorg")
    picks = site.page.locator(".pick")
    count = picks.count()
    assert count > 3
    picks.nth(0).click()
    picks.nth(2).click(modifiers=["Shift"])
    assert site.page.locator(".pick:checked").count() == 3
    site.page.locator("#alla").check()
    assert site.page.locator(".pick:checked").count() == count
    site.page.keyboard.press("f")
    site.page.wait_for_url("**/inkorg/flera**")
    assert violations(site.page) == []
    site.page.go_back()
    site.open("/inkorg")
    site.page.locator("#alla").uncheck()
    assert site.page.locator(".pick:checked").count() == 0


def test_an_entry_is_corrected_and_voided_by_keyboard(site: Site) -> None:
    """Stories 3 and 4: what the public reads; a correction shows what stood there; a voided number
    stays."""
    site.open("/inkorg")
    press(site, "r")
    site.page.wait_for_function("document.activeElement.id === 'titel'")
    press(site, "Enter")
    seal(site)
    site.open("/diarium")
    number = site.page.locator("tbody th a").first.inner_text()
    tab_to(site.page, number)
    press(site, "Enter")
    site.page.locator("summary", has_text="Rätta en uppgift").focus()
    site.page.keyboard.press("Enter")
    site.page.locator("#varde").focus()
    site.page.keyboard.type("Synpunkt på badets öppettider")
    site.page.keyboard.press("Tab")
    site.page.keyboard.type("Felskrivet")
    press(site, "Enter")
    assert site.page.locator("del").count() == 1
    assert violations(site.page) == []
    site.page.locator("summary", has_text="Makulera posten").focus()
    site.page.keyboard.press("Enter")
    site.page.locator("#makulering").focus()
    site.page.keyboard.type("Registrerad två gånger")
    press(site, "Enter")
    assert "Numret används inte igen" in site.page.content()
    tab_to(site.page, "Visa som allmänheten")
    press(site, "Enter")
    assert "Synpunkt på badets öppettider" in site.page.content()
    assert violations(site.page) == []


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page_passes_axe_wide_and_narrow(site: Site, language: str) -> None:
    site.open("/inkorg")
    if site.page.locator("html").get_attribute("lang") != language:
        site.page.locator(f"button[lang={language}]").click()
    try:
        for number, path in enumerate(PAGES):
            for size in (WIDE, NARROW):
                site.page.set_viewport_size(size)
                site.open(path)
                assert violations(site.page) == [], (path, size)
                wide = "document.documentElement.scrollWidth - innerWidth"
                assert site.page.evaluate(wide) <= 0, (path, size)
            site.picture(f"inkorg-{number}-{language}")
    finally:
        site.page.set_viewport_size(WIDE)
        if site.page.locator("html").get_attribute("lang") != "sv":
            site.page.locator("button[lang=sv]").click()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_one_key_keeps_apart_what_may_be_secret_and_another_takes_it_back(
    site: Site, size: dict[str, int]
) -> None:
    site.page.set_viewport_size(size)
    site.open("/inkorg")
    press(site, "h")
    notice = site.page.locator(".doing .notice")
    assert "hålls åtskild från och med nu" in notice.inner_text()
    assert site.page.locator(":focus").get_attribute("id") == "titel"
    assert violations(site.page) == []
    site.picture(f"inbox-apart-{size['width']}")
    button = notice.get_by_role("button")
    button.focus()
    press(site, "Enter")
    assert "hålls inte åtskild längre" in site.page.locator(".said-line").inner_text()
    assert violations(site.page) == []
