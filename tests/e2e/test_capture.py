"""Fånga en handling in a real browser: files sent as they are chosen, mistakes put right, axe, and
a record that shows no file nobody has looked at.

Chromium is the system's (tests/servers/install). `DIARKIV_SCREENSHOTS=folder` keeps pictures.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.site import WIDE, Site
from tests.e2e.test_channels import look, press
from tests.unit.scan.clamds import EICAR

pytestmark = pytest.mark.server
# A picture of one pixel, which a browser really draws.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060"
    "000000050001a5f645400000000049454e44ae426082"
)
LARGE = 3 * 2**20


@pytest.fixture(autouse=True)
def silent(site: Site) -> Iterator[None]:
    """None may leave a word on the console, or ask another host. (A form that is sent back answers
    400, which the browser notes.)"""
    site.said.clear()
    site.page.set_viewport_size(WIDE)
    yield
    assert [words for words in site.said if "400 (BAD REQUEST)" not in words] == []


def test_a_message_with_files_is_captured_by_keyboard(site: Site, tmp_path: Path) -> None:
    page = site.page
    (tmp_path / "bild.png").write_bytes(PIXEL)
    (tmp_path / "elak.com").write_bytes(EICAR)
    (tmp_path / "film.bin").write_bytes(os.urandom(LARGE))
    (tmp_path / "stor.bin").write_bytes(os.urandom(5 * 2**20))  # more than this home takes
    site.web.scanner.on = True
    site.open("/handlingar")
    press(page, "Fånga en handling för hand")
    page.wait_for_selector("#fangst")
    look(site, "fangst-tom")
    page.set_input_files("#filer", [tmp_path / "bild.png", tmp_path / "film.bin"])
    page.wait_for_selector("#valda input[value='1']")
    assert page.locator("#valda progress").count() == 0
    page.set_input_files("#filer", tmp_path / "stor.bin")
    page.wait_for_selector("#filstatus:has-text('stor.bin kunde inte')")
    assert page.locator("#valda li").count() == 2
    page.set_input_files("#filer", tmp_path / "elak.com")
    page.wait_for_selector("#valda input[value='2']")
    page.fill("#text", "Lampan vid nr 7 är trasig.")
    press(page, "Spara i arkivet")
    page.wait_for_selector("#fel")
    assert page.evaluate("document.activeElement.id") == "fel"
    look(site, "fangst-fel")
    for name in ("bild.png", "film.bin", "elak.com"):
        assert page.locator(f"#valda li:has-text('{name}')").count() == 1
    assert page.input_value("#text") == "Lampan vid nr 7 är trasig."
    page.check("#valda input[value='1']")
    page.select_option("#myndighet", "KS")
    page.select_option("#satt", "direct_message")
    page.fill("#inkom", "2026-01-07")
    page.fill("#fran", "Eva Ek")
    page.fill("#varfor", "Felanmälan.")
    press(page, "Spara i arkivet")
    page.wait_for_selector("#fangad")
    look(site, "fangst-handling")
    words = page.inner_text("main")
    for said in ("Fångad för hand av driften", "Felanmälan.", "bild.png", "Skadlig kod funnen"):
        assert said in words
    assert "film.bin" not in words
    assert page.evaluate("document.querySelector('.file img').naturalWidth") == 1
    page.click("a[aria-label$='elak.com']")
    assert "Eicar-Signature" in page.inner_text("main")
    look(site, "fangst-varning")
    page.click("text=Tillbaka till R")
    press(page, "Rätta eller lägg till en fil")
    page.wait_for_selector("#fangst")
    look(site, "fangst-rattelse")
    page.fill("#text", "Lampan vid nr 9 är trasig.")
    page.fill("#varfor", "Fel nummer.")
    press(page, "Spara rättelsen")
    page.wait_for_selector("text=Rättelser")
    assert "Lampan vid nr 9" in page.inner_text(".as-posted")
    look(site, "fangst-rattad")


def test_without_scripts_files_come_with_the_form(site: Site, tmp_path: Path) -> None:
    (tmp_path / "bild.png").write_bytes(PIXEL)
    context = site.page.context.browser.new_context(java_script_enabled=False)
    context.add_cookies(site.page.context.cookies())
    page = context.new_page()
    page.goto(site.address + "/handlingar/ny")
    page.set_input_files("#filer", tmp_path / "bild.png")
    page.click("text=Spara i arkivet")
    assert page.locator("#fel li").count() == 4
    assert page.locator("#valda li:has-text('bild.png')").count() == 1
    page.select_option("#myndighet", "KFN")
    page.select_option("#satt", "screenshot")
    page.fill("#inkom", "2026-01-07")
    page.fill("#varfor", "Svaret syns inte för insamlingen.")
    page.click("text=Spara i arkivet")
    assert "bild.png" in page.inner_text("main")
    context.close()
