"""The screens in a real browser: axe finds nothing, nothing leaves the machine, keys suffice.

Chromium is the system's (tests/servers/install). `DIARKIV_SCREENSHOTS=folder` also keeps a picture
of every screen.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from archiver.web.app import Progress
from exports.release.receipt import digest, receipt_of, seal_pdf
from tests.e2e.site import NARROW, WIDE, Site, tab_to, violations
from tests.unit.exports.given_out import give_out, hollow_pdf
from tests.unit.web.served import TOKEN, pages
from tests.unit.web.test_verification import members, zipped

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def silent(site: Site) -> Iterator[None]:
    """Every test begins wide; none may leave a word on the console, open a dialog or ask another
    host."""
    site.said.clear()
    site.page.set_viewport_size(WIDE)
    site.web.progress[0] = None
    yield
    assert site.said == []


@pytest.fixture(params=["Svenska", "English"])
def language(site: Site, request: pytest.FixtureRequest) -> Iterator[str]:
    """The pages in one language, and in Swedish again afterwards."""
    site.open("/")
    if request.param != "Svenska":
        site.page.click(f"text={request.param}")
    yield request.param
    if request.param != "Svenska":
        site.open("/")
        site.page.click("text=Svenska")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_screen_is_accessible(site: Site, language: str, size: Any) -> None:
    site.page.set_viewport_size(size)
    spilling = []
    for number, path in enumerate(pages(site.web)):
        site.open(path)
        assert (
            site.page.get_attribute("html", "lang") == {"Svenska": "sv", "English": "en"}[language]
        )
        assert violations(site.page) == [], path
        spill = site.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        site.picture(f"{number:02d}-{size['width']}-{language}")
        if spill > 0:  # WCAG 1.4.10: a page must not scroll in two directions
            spilling.append((path, spill))
    assert spilling == []


def test_everything_opened_is_accessible_too(site: Site) -> None:
    for path in pages(site.web):
        site.open(path)
        if site.page.locator("details").count():
            site.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert violations(site.page) == [], path


def test_the_keyboard_suffices(site: Site) -> None:
    """Skip link, menu, a channel, a record: by Tab and Enter alone, the focus always seen."""
    site.open("/")
    page = site.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Hoppa till innehållet"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "innehall"
    tab_to(page, "Testköpings kommun – nyheter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/konton/C*")
    tab_to(page, "Visa alla i trådar")
    page.keyboard.press("Enter")
    page.wait_for_url("**/handlingar?konto=*")
    tab_to(page, "Visa urvalet")
    page.keyboard.press("Enter")
    page.wait_for_url("**/handlingar?*visa=*")
    tab_to(page, "Vattenläcka")
    page.keyboard.press("Enter")
    page.wait_for_url("**/handlingar/R*")
    assert "Vattenläcka" in page.inner_text("h1")


def test_the_bar_moves_by_itself_and_goes_when_the_work_is_done(site: Site) -> None:
    site.web.progress[0] = Progress(title="Måndag", done=1, total=3, note="Första rundan.")
    site.open("/")
    assert violations(site.page) == []
    site.picture("progress")
    assert site.page.get_attribute("#forlopp-stapel", "value") == "1"
    site.web.progress[0] = Progress(title="Tisdag", done=2, total=3, note="Andra rundan.")
    site.page.wait_for_selector("#forlopp-titel:text-is('Tisdag')", timeout=10_000)
    assert site.page.get_attribute("#forlopp-stapel", "value") == "2"
    assert site.page.inner_text("#forlopp-text") == "Andra rundan."
    site.web.progress[0] = Progress(title="Klart", done=3, total=3)
    site.page.wait_for_selector("#forlopp", state="detached", timeout=10_000)


def test_a_bundle_is_checked_from_the_form(site: Site) -> None:
    site.open("/verifiera")
    bundle = {
        "name": "bevis.zip",
        "mimeType": "application/zip",
        "buffer": zipped(members(site.web)),
    }
    site.page.set_input_files("#bundle", bundle)
    site.page.click("form.upload button")
    assert site.page.inner_text("#utslag") == "Styrkt"
    assert violations(site.page) == []
    site.picture("verified")


def test_a_stranger_has_a_released_pdf_checked_without_script(site: Site) -> None:
    made = hollow_pdf("En huvudledning gick sönder.")
    ledger = site.web.home.ledger
    entry = give_out(ledger, [("utlamnande.pdf", digest(made))])
    pdf = seal_pdf(made, receipt_of(ledger, entry))
    context = site.page.context.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for data, said in ((pdf, "Styrkt med maskning"), (pdf + b"%", "Kan inte styrkas")):
        page.goto(site.address + "/verifiera")
        file = {"name": "utlamnande.pdf", "mimeType": "application/pdf", "buffer": data}
        page.set_input_files("#bundle", file)
        page.click("form.upload button")
        assert page.inner_text("#utslag") == said
        assert page.locator(".duties li").count() == 5
    context.close()
    site.open("/verifiera")
    site.page.set_input_files("#bundle", {**file, "buffer": pdf})
    site.page.click("form.upload button")
    assert violations(site.page) == []
    site.picture("verified-pdf")


def test_the_switch_works_without_a_referrer(site: Site) -> None:
    site.open("/handlingar?visa=lista")
    site.page.click("text=English")
    assert site.page.inner_text("h1") == "Records"
    assert site.page.url.endswith("/handlingar?visa=lista")
    assert violations(site.page) == []
    site.picture("english")
    site.page.click("text=Svenska")
    assert site.page.inner_text("h1") == "Handlingar"


def test_hostile_words_do_nothing(site: Site) -> None:
    for path in pages(site.web):
        if "KANARIE" in path or "handlingar" in path:
            site.open(path)
    time.sleep(0.2)  # whatever would run has run
    assert site.page.evaluate("getComputedStyle(document.body).display") != "none"


def test_another_browser_stays_outside(site: Site) -> None:
    other = site.page.context.browser.new_context()
    page = other.new_page()
    page.goto(site.address + "/handlingar")
    assert "Öppna den adress" in page.inner_text("h1")
    assert violations(page) == []
    page.goto(f"{site.address}/?token={TOKEN}")
    assert "gäller inte längre" in page.inner_text("h1")
    assert violations(page) == []
    other.close()


def test_the_timeline_leads_to_the_thread_as_it_looked(site: Site) -> None:
    """By the keyboard alone: the table behind the drawing, a moment in it, and another one typed;
    in both languages."""
    seq = site.web.record("Vattenläcka")
    page = site.page
    site.open(f"/handlingar/R{seq}")
    drawn = page.locator("svg.chronicle").bounding_box()
    assert drawn["width"] > 400
    assert page.locator("svg.chronicle *").count() < 100
    page.focus("summary:has-text('Tidslinjen som tabell')")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    tab_to(page, "Så såg tråden ut")
    page.keyboard.press("Enter")
    page.wait_for_url("**/da?kl=*")
    assert page.inner_text("h1").startswith("Så såg tråden ut 2026-02-1")
    assert violations(page) == []
    site.picture("then")
    page.fill("#dag", "2026-02-05")
    page.fill("#tid", "8.15")
    page.keyboard.press("Enter")
    page.wait_for_url("**/da?kl=2026-02-05T08.15.59")
    assert "Uppdatering klockan 12.40" not in page.inner_text("main")
    page.click("text=English")
    assert page.inner_text("h1") == "The thread as it looked 2026-02-05 08.15.59"
    assert page.url.endswith("/da?kl=2026-02-05T08.15.59")
    assert violations(page) == []
    site.open(f"/handlingar/R{seq}")
    assert page.inner_text("#tidslinje") == "Timeline"
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert violations(page) == []
    site.picture("timeline-english")
    page.click("text=Svenska")


def test_a_moment_typed_wrong_is_said_where_it_stands(site: Site) -> None:
    site.open(f"/handlingar/R{site.web.record('Vattenläcka')}/da?dag=imorgon&tid=12.00")
    page = site.page
    assert page.evaluate("document.activeElement.id") == "dag"
    assert page.input_value("#dag") == "imorgon"
    assert violations(page) == []
    assert len(site.said) == 1  # Chromium tells of the status 400
    site.said.clear()


def test_a_slash_goes_to_the_search_box(site: Site) -> None:
    page = site.page
    site.open("/handlingar")
    page.keyboard.press("/")
    page.wait_for_url("**/sok#q")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("a/b")  # in the box it is a letter
    assert page.input_value("#q") == "a/b"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    page.keyboard.type("x")
    assert page.input_value("#q") == "x"  # what stood there was chosen
    page.click("summary:has-text('Så söker du')")
    page.uncheck("#snedstreck")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "q"
    page.check("#snedstreck")
    assert violations(page) == []


def test_the_timeline_stands_without_script(site: Site) -> None:
    plain = site.page.context.browser.new_context(java_script_enabled=False, viewport=NARROW)
    plain.add_cookies(site.page.context.cookies())
    page = plain.new_page()
    page.goto(f"{site.address}/handlingar/R{site.web.record('Vattenläcka')}")
    page.click("summary:has-text('Tidslinjen som tabell')")
    assert page.locator("table:has(caption:has-text('Nyast först')) tbody tr").count() > 5
    assert page.locator("svg.chronicle").bounding_box()["width"] < 320
    page.fill("#dag", "2026-02-05")
    page.fill("#tid", "08.15")
    page.keyboard.press("Enter")
    page.wait_for_url("**/da?kl=2026-02-05T08.15.59")
    plain.close()
