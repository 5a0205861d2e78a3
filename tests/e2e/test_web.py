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
from tests.e2e.site import NARROW, WIDE, Site, tab_to, violations
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


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_screen_is_accessible(site: Site, size: Any) -> None:
    site.page.set_viewport_size(size)
    spilling = []
    for number, path in enumerate(pages(site.web)):
        site.open(path)
        assert violations(site.page) == [], path
        spill = site.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        site.picture(f"{number:02d}-{size['width']}")
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
