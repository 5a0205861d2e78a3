"""The web diarium in a real browser: axe finds nothing, keys suffice, it prints, and nothing but
its own pages is asked for. The program runs as it does in use."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.e2e.site import ARGUMENTS, CHROMIUM, NARROW, WIDE, tab_to, violations
from tests.integration.test_webdiary_program import running
from tests.unit.webdiary.books import make

pytestmark = pytest.mark.server

PAGES = ("/", "/?page=2", "/?q=finnsinte", "/?since=igår", "/post/7", "/post/10", "/om")
PAGES += ("/tillganglighet", "/borta")
BOTH = [prefix + page for page in PAGES for prefix in ("", "/en")]


class Seen(NamedTuple):
    """A browser before the program: its page, the address, and what it asked for and said."""

    page: Any
    address: str
    asked: list[str]
    said: list[str]

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def picture(self, name: str) -> None:
        if folder := os.environ.get("DIARKIV_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"webdiary-{name}.png"), full_page=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    playwright = pytest.importorskip("playwright.sync_api")
    folder = tmp_path_factory.mktemp("webdiary")
    command = [sys.executable, "-m", "archiver.webdiary", "--json", "--port", "0"]
    command += ["--database", str(make(folder / "web.sqlite"))]
    with (
        running(command, log=folder / "log") as address,
        playwright.sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport=WIDE)
        found = Seen(page, address, [], [])
        page.on("request", lambda asked: found.asked.append(asked.url))
        page.on("console", lambda message: found.said.append(message.text))
        page.on("pageerror", lambda error: found.said.append(str(error)))
        yield found
        browser.close()


@pytest.fixture(autouse=True)
def alone(site: Seen) -> Iterator[None]:
    """Nothing of another host is asked for, and no cookie or store is left behind."""
    site.asked.clear()
    site.said.clear()
    site.page.set_viewport_size(WIDE)
    yield
    assert [url for url in site.asked if not url.startswith(site.address + "/")] == []
    assert site.page.context.cookies() == []
    assert site.page.evaluate("localStorage.length + sessionStorage.length") == 0
    # A browser notes a 400 and a 404 on its console; that is all it may say.
    assert [one for one in site.said if "the server responded with a status of 4" not in one] == []


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_is_accessible(site: Seen, size: Any) -> None:
    site.page.set_viewport_size(size)
    for number, path in enumerate(BOTH):
        site.open(path)
        assert violations(site.page) == [], path
        site.picture(f"{number:02d}-{size['width']}")
        spill = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert site.page.evaluate(spill) <= 0, path  # WCAG 1.4.10


def test_the_text_can_be_spaced_out(site: Seen) -> None:
    """WCAG 1.4.12: with its spacing nothing is cut off."""
    site.page.set_viewport_size(NARROW)
    for path in ("/", "/en/post/7", "/om"):
        site.open(path)
        site.page.evaluate(
            """() => document.querySelectorAll('*').forEach(one => {
                 one.style.setProperty('line-height', '1.5', 'important');
                 one.style.setProperty('letter-spacing', '0.12em', 'important');
                 one.style.setProperty('word-spacing', '0.16em', 'important'); })"""
        )
        cut = """[...document.querySelectorAll('h1, p, dd, label, button, nav a')].filter(
                 one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0).length"""
        assert site.page.evaluate(cut) == 0, path


def test_the_targets_are_large_enough(site: Seen) -> None:
    """WCAG 2.5.8: 24 by 24 pixels, for what does not stand in a sentence."""
    for path in BOTH:
        site.open(path)
        small = """[...document.querySelectorAll('a, button, input, select')].filter(one => {
            const box = one.getBoundingClientRect();
            return !one.closest('p') && !one.matches('.skip') && (box.width < 24 || box.height < 24)
        }).map(one => one.outerHTML)"""
        assert site.page.evaluate(small) == [], path


def test_the_keyboard_suffices(site: Seen) -> None:
    """Skip link, search, an entry, the other language: by keys alone, the focus always seen."""
    page = site.page
    site.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Till innehållet"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("återvinning 117")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")
    assert page.inner_text("h2") == "1 post"
    tab_to(page, "KS 2026/117")
    page.keyboard.press("Enter")
    page.wait_for_url("**/post/117")
    tab_to(page, "English")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/post/117")
    assert "Registration number" not in page.inner_text("h1")
    assert "Do you want to read the document?" in page.inner_text("main")


def test_without_scripts_and_on_paper_it_is_all_there(site: Seen) -> None:
    context = site.page.context.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.address + "/?q=117")
    assert "KS 2026/117" in page.inner_text("table")
    context.close()
    site.open("/post/7")
    site.page.emulate_media(media="print")
    shown = "getComputedStyle(document.querySelector('.top')).display"
    assert site.page.evaluate(shown) == "none"
    assert site.page.is_visible("text=KS 2026/500")
    site.page.emulate_media(media="screen")
