"""The pages over HTTP, and a real browser that looks at them.

Chromium is the system's (tests/servers/install). `DIARKIV_SCREENSHOTS=folder` keeps pictures.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import waitress.server

from tests.unit.web.served import TOKEN, Web, build

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 700}


@dataclass
class Site:
    """The served pages, and what the browser said while looking at them."""

    web: Web
    address: str
    page: Any
    said: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def picture(self, name: str) -> None:
        folder = os.environ.get("DIARKIV_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@contextmanager
def browsing(web: Web) -> Iterator[Site]:
    """A browser that has entered the pages of a home."""
    playwright = pytest.importorskip("playwright.sync_api")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        server = waitress.server.create_server(web.app(port=port), sockets=[listening], threads=4)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = browser.new_page(viewport=WIDE)
            found = Site(web, f"http://127.0.0.1:{port}", page)
            page.on("console", lambda message: found.said.append(message.text))
            page.on("pageerror", lambda error: found.said.append(str(error)))
            page.on("dialog", lambda dialog: found.said.append("a dialog was opened"))
            page.on("request", lambda asked: _at_home(found, asked.url))
            found.open(f"/?token={TOKEN}")
            yield found
            browser.close()
        server.close()
        thread.join(5)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    pytest.importorskip("playwright.sync_api")
    with browsing(build(tmp_path_factory.mktemp("web") / "home")) as found:
        yield found


def _at_home(site: Site, url: str) -> None:
    if not url.startswith(site.address + "/"):
        site.said.append(f"a request left: {url}")


def violations(page: Any) -> list[str]:
    """What axe finds wrong on the page as it stands."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    found = axe.run(page, options=options).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def tab_to(page: Any, words: str) -> None:
    """Press Tab until a link or button with these words has the focus, and is seen to have it."""
    for _ in range(150):
        page.keyboard.press("Tab")
        inside = "['A', 'BUTTON'].includes(document.activeElement.tagName)"
        if page.evaluate(inside) and words in page.evaluate("document.activeElement.textContent"):
            style = "getComputedStyle(document.activeElement)"
            assert page.evaluate(f"{style}.outlineStyle") == "solid"
            assert float(page.evaluate(f"{style}.outlineWidth").removesuffix("px")) >= 2
            return
    raise AssertionError(f"Tab never reached {words!r}")
