"""Masking a page of a file in a real browser: drawn by pointer, moved by keys, and by its words.

Chromium is the system's (tests/servers/install). `DIARKIV_SCREENSHOTS=folder` keeps pictures.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archiver.core.access import LOCAL
from archiver.registry.capture_files import from_bytes
from gdpr.core.mask import MaskState, PageBox
from tests.e2e.site import NARROW, WIDE, Site, violations
from tests.unit.gdpr.redaction.received import everything
from tests.unit.registry.desk import CaptureDesk

pytestmark = pytest.mark.server
CELLS = ("vanster", "topp", "bredd", "hojd")


@pytest.fixture(autouse=True)
def silent(site: Site) -> Iterator[None]:
    """None may leave a word on the console, open a dialog or ask another host."""
    site.said.clear()
    site.page.set_viewport_size(WIDE)
    yield
    assert [words for words in site.said if "status of 400" not in words] == []


@pytest.fixture(scope="module")
def record(site: Site) -> int:
    desk = CaptureDesk(site.web.home, site.web.home.clock)  # type: ignore[arg-type]
    letter = from_bytes("brev.pdf", everything(), "application/pdf")
    return desk.capture("Se brevet", when="2026-02-01 10:00", files=[letter]).record


def given(site: Site) -> list[int]:
    return [int(site.page.locator(f"#{name}").input_value() or 0) for name in CELLS]


def boxes(site: Site, record: int) -> list[PageBox]:
    found = [one.mask for one in site.web.masks.masks(LOCAL, [record])[record]]
    here = [one.target for one in found if one.state is MaskState.ACCEPTED]
    return [one for one in here if isinstance(one, PageBox)]


def looked_at(site: Site, name: str) -> None:
    """Wide and narrow, the page passes axe and nothing of it lies outside the window."""
    for size in (WIDE, NARROW):
        site.page.set_viewport_size(size)
        assert violations(site.page) == [], (name, size)
        assert site.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        site.picture(f"fil-{name}-{size['width']}")
    site.page.set_viewport_size(WIDE)


def test_drawn_by_pointer_moved_by_keys_and_masked(site: Site, record: int) -> None:
    page = site.page
    site.open(f"/masker/R{record}/fil/0")
    before = page.locator("#ut").get_attribute("src")
    sheet = page.locator("#yta").bounding_box()
    assert sheet
    page.mouse.move(sheet["x"] + sheet["width"] * 0.10, sheet["y"] + sheet["height"] * 0.16)
    page.mouse.down()
    page.mouse.move(sheet["x"] + sheet["width"] * 0.30, sheet["y"] + sheet["height"] * 0.22)
    page.mouse.up()
    left, top, width, height = drawn = given(site)
    assert (left, top) == (1, 11)  # of 18 and 70 cells
    assert (width, height) == (5, 5)
    page.wait_for_function("src => document.getElementById('ut').src.includes('bredd=5')", arg="")
    assert page.locator("#ut").get_attribute("src") != before
    page.get_by_role("button", name="Flytta rutan med piltangenterna").focus()
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowLeft", "Shift+ArrowUp"):
        page.keyboard.press(key)
    assert given(site) == [left + 1, top + 1, width - 1, height - 1] != drawn
    assert page.locator("#lage-ruta").inner_text() == "Rutan: 2, 12, 4, 4"
    page.get_by_label("Bredd").focus()
    page.keyboard.press("ArrowUp")
    assert given(site)[2] == width
    looked_at(site, "ruta")
    page.get_by_role("button", name="Maska rutan").click()
    page.get_by_role("alert").wait_for()
    assert given(site) == [left + 1, top + 1, width, height - 1]
    page.locator('[name="grund-21:1"]').check()
    page.get_by_role("button", name="Maska rutan").click()
    page.get_by_text("Maskade ställen: 1.").wait_for()
    assert boxes(site, record) == [PageBox(0, 0, 2 * 1728, 12 * 288, 5 * 1728, 4 * 288)]
    looked_at(site, "maskad")


def test_words_are_masked_and_a_mask_removed_by_keyboard_alone(site: Site, record: int) -> None:
    page = site.page
    site.open(f"/masker/R{record}/fil/0")
    held = len(boxes(site, record))
    page.get_by_label("Synligask", exact=True).focus()
    page.keyboard.press("Space")
    page.wait_for_function("() => document.getElementById('ut').src.includes('ord=')")
    page.locator('[name="grund-21:1"]').focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Maska de valda orden").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Maskade ställen: 1.").wait_for()
    assert len(boxes(site, record)) == held + 1
    page.get_by_role("button", name="Ta bort masken").last.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Masken är borttagen.").wait_for()
    assert len(boxes(site, record)) == held
