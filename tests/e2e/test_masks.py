"""Masking in a real browser: by keyboard, by selecting, without a mouse, and through axe, wide and
narrow.

Chromium is the system's (tests/servers/install). `DIARKIV_SCREENSHOTS=folder` keeps pictures.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archiver.core.access import LOCAL
from archiver.registry.capture_files import from_bytes
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import ImageBox, Mask, MaskState, TextSpan
from gdpr.masks.service import Masks
from tests.e2e.site import NARROW, WIDE, Site, violations
from tests.unit.gdpr.redaction.received import saved_picture
from tests.unit.registry.desk import CaptureDesk

pytestmark = pytest.mark.server
TEXT = "😀 Min granne Zorka Ek dricker. Ring 070-174 06 05, eller 0701740605.\nHälsar Zorka Ek"


@pytest.fixture(autouse=True)
def silent(site: Site) -> Iterator[None]:
    """None may leave a word on the console, open a dialog or ask another host."""
    site.said.clear()
    site.page.set_viewport_size(WIDE)
    yield
    assert [words for words in site.said if "status of 400" not in words] == []


@pytest.fixture
def record(site: Site) -> int:
    desk = CaptureDesk(site.web.home, site.web.home.clock)  # type: ignore[arg-type]
    return desk.capture(TEXT, sender="Zorka Ek", when="2026-02-01 10:00").record


def looked_at(site: Site, name: str) -> None:
    """Wide and narrow, the page passes axe and nothing of it lies outside the window."""
    for size in (WIDE, NARROW):
        site.page.set_viewport_size(size)
        assert violations(site.page) == [], (name, size)
        assert site.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        site.picture(f"mask-{name}-{size['width']}")
    site.page.set_viewport_size(WIDE)


def press(site: Site, key: str) -> None:
    """Press a key, and wait for the page that it leads to."""
    with site.page.expect_navigation():
        site.page.keyboard.press(key)


def focused(site: Site) -> str:
    return str(site.page.evaluate("document.activeElement.id"))


def test_reviewed_by_keyboard(site: Site, record: int) -> None:
    masks = Masks(site.web.home.ledger, site.web.home.clock)
    page = site.page
    site.open(f"/masker/R{record}")
    page.get_by_role("button", name="Sök personuppgifter").click()
    page.locator(".mask-text .mask-suggested").first.wait_for()
    looked_at(site, "forslag")
    page.keyboard.press("j")
    first = focused(site)
    page.keyboard.press("j")
    assert focused(site) not in ("", first)
    page.keyboard.press("k")
    assert focused(site) == first
    press(site, "a")
    assert "Välj minst en paragraf" in page.content()
    page.locator('[name="grund-21:1"]').check()
    page.locator('[name="grund-21:1"]').evaluate("one => one.blur()")
    while page.locator("[data-item]").count():
        before = page.locator("[data-item]").count()
        press(site, "l")
        page.wait_for_load_state()
        assert page.locator("[data-item]").count() < before
        assert page.locator('[name="grund-21:1"]').is_checked()
    assert "Inget förslag är oprövat" in page.content()
    for view in ("Maskad", "Exakt det som lämnas ut"):
        page.get_by_role("link", name=view, exact=True).click()
        page.wait_for_url(f"**visa={view.split()[-1].lower()}**")
        assert "070-174" not in page.locator(".mask-text, .mask-out").all_inner_texts()
        looked_at(site, view.split()[0].lower())
    page.get_by_role("link", name="Original", exact=True).click()
    page.wait_for_url("**visa=original**")
    press(site, "u")
    assert "Ångrade beslut om masker" in page.content()
    assert masks.pending(LOCAL, [record])


def test_marked_by_selecting(site: Site, record: int) -> None:
    masks = Masks(site.web.home.ledger, site.web.home.clock)
    page = site.page
    site.open(f"/masker/R{record}")
    page.locator('[name="grund-21:1"]').check()
    page.locator('[name="grund-21:1"]').evaluate("one => one.blur()")
    page.evaluate(
        """() => {
          const node = document.querySelector('[data-path="text"] [data-start]').firstChild;
          const from = node.data.indexOf("Zorka Ek");
          getSelection().setBaseAndExtent(node, from, node, from + 8);
        }"""
    )
    page.locator("#markering").wait_for()
    assert page.locator("#markerat").inner_text() == "Zorka Ek"
    press(site, "m")
    assert "Maskat." in page.content()
    kept = masks.masks(LOCAL, [record])[record]
    at = TEXT.index("Zorka Ek")  # code points, though browsers count the smile as two
    assert {one.mask.target for one in kept if one.mask.state is MaskState.ACCEPTED} == {
        TextSpan("text", at, at + 8)
    }
    looked_at(site, "markerad")


def test_marked_by_words_without_script(site: Site, record: int) -> None:
    context = site.page.context.browser.new_context(
        java_script_enabled=False, storage_state=site.page.context.storage_state()
    )
    page = context.new_page()
    page.goto(f"{site.address}/masker/R{record}")
    field = page.locator("section", has=page.get_by_role("heading", name="Text", exact=True)).last
    field.locator("summary").click()
    field.get_by_label("Från och med ordet").select_option(label="4 Zorka")
    field.get_by_label("Till och med ordet").select_option(label="5 Ek")
    page.locator('[name="grund-21:1"]').check()
    field.get_by_role("button", name="Maska orden").click()
    assert "Maskat." in page.content()
    assert "Zorka Ek" in page.locator(".mask-text .mask-hides").inner_text()
    context.close()


def test_a_box_is_shown_and_leads_to_its_file(site: Site) -> None:
    desk = CaptureDesk(site.web.home, site.web.home.clock)  # type: ignore[arg-type]
    files = [from_bytes("karta.png", saved_picture("PNG"), "image/png")]
    record = desk.capture("Se bilden", files=files, when="2026-02-01 10:00").record
    masks = Masks(site.web.home.ledger, site.web.home.clock)
    page = site.page
    cited = (Citation(clause=Clause.parse("21:1")),)
    box, version = ImageBox(0, 64, 32, 40, 32), masks.newest(LOCAL, record)
    made = Mask(record=record, version=version, target=box, category="face", citations=cited)
    masks.add(LOCAL, made)
    site.open(f"/masker/R{record}")
    assert page.locator(".mask-picture rect.box-hides").count() == 1
    looked_at(site, "ruta")
    page.get_by_role("link", name="Maskad", exact=True).click()
    page.wait_for_url("**visa=maskad**")
    looked_at(site, "ruta-maskad")
    page.get_by_role("link", name="Original", exact=True).click()
    page.get_by_role("link", name="Maska i fil 1").click()
    page.wait_for_url("**/fil/0**")


def test_the_other_pages(site: Site) -> None:
    site.open("/masker")
    looked_at(site, "ko")
    site.open("/masker/verksamheter")
    looked_at(site, "verksamheter")
