"""Gallring in a real browser, by keyboard, two persons at two screens: from what is due to the
certificate, through axe in both languages, wide and narrow.

Chromium is the system's (tests/servers/install). `DIARKIV_SCREENSHOTS=folder` keeps pictures.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import waitress.server

from archiver.core.access import Role, Viewer
from tests.build import DAY
from tests.e2e.site import ARGUMENTS, CHROMIUM, NARROW, WIDE, Site, tab_to, violations
from tests.integration.test_disposal import hold
from tests.integration.test_disposal_cli import seen_changed
from tests.integration.test_disposal_web import Desk, desk
from tests.unit.web.served import TOKEN

pytestmark = pytest.mark.server


@contextmanager
def screen(driver: Any, one: Desk, viewer: Viewer) -> Iterator[Site]:
    """A browser of somebody's own, and the pages as they are served to them."""
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        app = one.web.app(port=port, viewer=viewer)
        server = waitress.server.create_server(app, sockets=[listening], threads=2)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        page = browser.new_page(viewport=WIDE)
        found = Site(one.web, f"http://127.0.0.1:{port}", page)
        page.on("console", lambda message: found.said.append(message.text))
        page.on("pageerror", lambda error: found.said.append(str(error)))
        found.open(f"/?token={TOKEN}")
        yield found
        browser.close()
        server.close()
        thread.join(5)
    assert [words for words in found.said if not re.search(r"status of 4\d\d", words)] == []


def looked_at(site: Site, path: str, name: str) -> None:
    """A page through axe, in both languages, wide and narrow; everything opened."""
    for language in ("English", "Svenska"):
        site.open("/gallring")
        site.page.click(f"text={language}") if site.page.locator(
            f"text={language}"
        ).count() else None
        for size in (WIDE, NARROW):
            site.page.set_viewport_size(size)
            site.open(path)
            site.picture(f"{name}-{language}-{size['width']}")
            site.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert violations(site.page) == [], (path, language, size)
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert site.page.evaluate(wide) <= 0, (path, size)
    site.page.set_viewport_size(WIDE)


def test_two_persons_dispose_by_keyboard(tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    with desk(tmp_path) as one, playwright.sync_playwright() as driver:
        hold(one.town, one.office, one.record - 1)
        with (
            screen(driver, one, one.viewer(17, Role.ARCHIVIST)) as eva,
            screen(driver, one, one.viewer(18, Role.REGISTRAR)) as bo,
        ):
            eva.open("/gallring")
            tab_to(eva.page, "Granska och föreslå")
            eva.page.keyboard.press("Enter")
            eva.page.wait_for_url("**/gallring/foresla*")
            looked_at(eva, eva.page.url.removeprefix(eva.address), "draft")
            tab_to(eva.page, "Föreslå")
            eva.page.keyboard.press("Enter")
            eva.page.wait_for_url("**sagt=foreslagen")
            found = re.search(r"/gallring/(\d+)", eva.page.url)
            assert found
            seq = int(found[1])
            assert "En annan person" in eva.page.inner_text("main")

            bo.open("/gallring")
            looked_at(bo, "/gallring", "board-proposed")
            tab_to(bo.page, f"Gallring {seq}")
            bo.page.keyboard.press("Enter")
            bo.page.wait_for_url(f"**/gallring/{seq}")
            assert bo.page.inner_text(".digest") == eva.page.inner_text(".digest")
            looked_at(bo, f"/gallring/{seq}", "proposal")
            bo.page.focus("#granskat")
            bo.page.keyboard.press("Space")
            bo.page.keyboard.press("Tab")
            bo.page.keyboard.press("Enter")
            bo.page.wait_for_url("**sagt=bekraftad")
            assert "Väntetiden slut" in bo.page.inner_text("main")

            one.town.clock.advance(8 * DAY)
            one.office.execution.execute(one.viewer(17, Role.ARCHIVIST), seq)
            seen_changed(one.town, one.record)
            looked_at(bo, "/gallring", "board-done")
            looked_at(bo, f"/gallring/{seq}/protokoll", "certificate")
            looked_at(bo, f"/handlingar/R{one.record}", "gone")
            with bo.page.expect_download() as saved:
                bo.open(f"/gallring/{seq}/protokoll")
                tab_to(bo.page, "Hämta som PDF")
                bo.page.keyboard.press("Enter")
            assert Path(saved.value.path()).read_bytes().startswith(b"%PDF")
