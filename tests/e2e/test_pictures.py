"""The pictures in README: the main screens over the demo that `make run` shows.

`make pictures` takes them anew. Otherwise each screen is looked at and measured against the picture
that is kept: same size, and the words that are to stand on it.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.e2e.site import ARGUMENTS, CHROMIUM

pytestmark = pytest.mark.server
ROOT = Path(__file__).parents[2]
KEPT = ROOT / "docs/pictures"
SIZE = {"width": 1280, "height": 860}
FOUND = "Vattenläcka på Kvarngatan"
REGISTERED = {
    "vattenläcka": ["--title", f"{FOUND}, inlägg med uppdatering"],
    "arvode kandidat": ["--title", "Fråga om arvode", "--from", "Privatperson"],
    "e-sport bidraget": ["--title", "Fråga om bidrag till e-sport", "--from", "Privatperson"],
    "källaren": [
        *("--title", "Klagomål om översvämmad källare", "--from", "Privatperson"),
        *("--secrecy", "OSL 21 kap. 1 §"),
    ],
}
SCREENS = {
    "konton": ("/", "Testköpings kommun – nyheter"),
    "inkorg": ("/inkorg?vy=klockan", "Klockan går"),
    "diarium": ("/diarium", "KS 2026/1"),
    "handling": ("{record}", "Tidslinje"),
    "traden-da": ("{record}/da?kl=2026-02-05T10.00", "Så såg tråden ut"),
    "sok": ("/sok?q=vatten", FOUND),
    "gallring": ("/gallring", "Granskas"),
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    """A browser on the demo, when all its rounds are harvested and something is registered."""
    playwright = pytest.importorskip("playwright.sync_api")
    home = tmp_path_factory.mktemp("pictures") / "home"
    running = [sys.executable, "-m", "archiver", "demo", "--home", str(home), "--port", "0"]
    process = subprocess.Popen(running, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = next(line.strip() for line in process.stdout if "token=" in line)
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = browser.new_page(viewport=SIZE, locale="sv-SE")
            page.goto(address)
            origin = address.partition("/?")[0]
            while (told := page.request.get(f"{origin}/progress").json())["running"] or not told[
                "done"
            ]:
                page.wait_for_timeout(500)
            _register(home, page, origin)
            yield page, origin
            browser.close()
    finally:
        process.terminate()
        process.wait(30)


def _register(home: Path, page: Any, origin: str) -> None:
    program = [sys.executable, "-m", "archiver", "--home", str(home)]
    for words, options in REGISTERED.items():
        asked = ["register", "add", _found(page, origin, words), *options]
        subprocess.run([*program, *asked], check=True, capture_output=True)


def _found(page: Any, origin: str, words: str) -> str:
    """The number of the first record that a search finds."""
    page.goto(f"{origin}/sok?q={quote(words)}")
    number: str = page.locator("ol.hits h3 a").first.get_attribute("href").rpartition("/")[2]
    return number


def size(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG in pixels (ISO/IEC 15948, 11.2.2)."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


@pytest.mark.parametrize("name", SCREENS)
def test_the_picture_of_a_main_screen(demo: tuple[Any, str], name: str) -> None:
    page, origin = demo
    path, words = SCREENS[name]
    if "{record}" in path:
        path = path.format(record=f"/handlingar/{_found(page, origin, 'vattenläcka')}")
    page.goto(origin + path)
    assert words in page.locator("main").inner_text()
    taken = page.screenshot()
    if os.environ.get("TESTS_PICTURES"):
        KEPT.mkdir(exist_ok=True)
        (KEPT / f"{name}.png").write_bytes(taken)
    assert size(taken) == size((KEPT / f"{name}.png").read_bytes()) == (1280, 860)
    assert f"docs/pictures/{name}.png" in (ROOT / "README.md").read_text(encoding="utf-8")
