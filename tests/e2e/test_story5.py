"""Story 5 in a real browser: an anonymous request is recorded, searched for, masked, answered in
part on the day it came, refused in part in writing by whoever may, appealed, and handed to the
court.

Chromium is the system's (tests/servers/install). `DIARKIV_SCREENSHOTS=folder` keeps pictures.
"""

from __future__ import annotations

import io
import re
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdf
import pytest
import waitress.server

from archiver.core.access import HOME, LOCAL, Role
from exports.core.mandate import Mandate, MandateKind
from exports.requests.mandates import Mandates
from tests.e2e.site import ARGUMENTS, CHROMIUM, NARROW, WIDE, Site, violations
from tests.unit.web.served import TOKEN, Web, build

pytestmark = pytest.mark.server
NUMBER, NAME = "19121212-1212", "Tolvan"
SLOW = 120_000  # milliseconds: another suite may run beside


@contextmanager
def lawyer(web: Web) -> Iterator[Site]:
    """A browser of a registrar who has the mandate to refuse."""
    playwright = pytest.importorskip("playwright.sync_api")
    bo = web.people.add(
        "bo.berg", "Bo Berg", ((Role.REGISTRAR, HOME),), password="allt är påhittat"
    )
    Mandates(web.home.ledger, web.home.clock, web.people.name).add(
        LOCAL,
        Mandate(
            authority=web.home.channels.authority("KS").seq,
            user=bo.seq,
            kinds=frozenset({MandateKind.REFUSAL, MandateKind.DISMISSAL}),
            provision="KS delegationsordning 4.2",
            decision="KS 2026-01-14 § 7",
            valid_from=web.requests.today(),
        ),
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        web.played = True  # who acts is chosen, as in the demo
        app = web.app(port=port, viewer=bo.viewer)
        server = waitress.server.create_server(app, sockets=[listening], threads=4)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = browser.new_page(viewport=WIDE)
            page.set_default_timeout(60_000)
            found = Site(web, f"http://127.0.0.1:{port}", page)
            page.on("console", lambda message: found.said.append(message.text))
            page.on("pageerror", lambda error: found.said.append(str(error)))
            found.open(f"/?token={TOKEN}")
            yield found
            browser.close()
        server.close()
        thread.join(5)
    assert [words for words in found.said if not re.search(r"status of 4\d\d", words)] == []


def looked_at(site: Site, name: str) -> None:
    """The page passes axe, and at the narrow width nothing of it lies outside the window."""
    site.picture(f"story5-{name}")
    assert violations(site.page) == [], name
    site.page.set_viewport_size(NARROW)
    assert site.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    site.page.set_viewport_size(WIDE)


def press(site: Site, words: str, *, exact: bool = True) -> None:
    """Press a button, and wait for the page that it leads to."""
    with site.page.expect_navigation():
        site.page.get_by_role("button", name=words, exact=exact).first.click()


def collected(site: Site, seq: int, words: str, *records: int) -> None:
    site.open(f"/sok?begaran={seq}")
    site.page.locator("#q").fill(words)
    press(site, "Sök")
    for one in records:
        site.page.locator(f"#r-{one}").check()
    press(site, f"Lägg till markerade i begäran {seq}")


def masked(site: Site, record: int, *, accept: bool) -> None:
    """Decide on every suggestion of a record."""
    site.page.get_by_role("link", name=re.compile(f"^R{record}\\b")).first.click()
    site.page.wait_for_url(f"**/masker/R{record}*")
    for _ in range(30):
        acts = site.page.locator(".mask-acts button[value^='godta']" if accept else
                                 ".mask-acts button[value^='avvisa']")  # fmt: skip
        if not acts.count():
            return
        if accept:
            site.page.locator("input[name^='grund-']").first.check()
        with site.page.expect_navigation():
            acts.first.click()
    raise AssertionError(f"R{record} has suggestions without end")


def made(site: Site, release: int, step: str, *, told: bool) -> None:
    """Check and release what is shown."""
    site.open(f"/utlamnanden/{release}/exakt")
    press(site, "Kontrollera")
    site.page.wait_for_selector("#kontrollen .notice", timeout=SLOW)
    looked_at(site, f"fynd-{step}")
    while site.page.locator("#kontrollen summary").count():
        # Nobody lets pass what they cannot see.
        assert site.page.locator("#kontrollen li:has(summary) mark").count()
        site.page.locator("#kontrollen summary").first.click()
        site.page.locator("#skal-1").fill("Ett löpnummer, som står där också utan kommentaren.")
        press(site, "Anteckna undantaget")
    if "Inget dolt finns" not in site.page.inner_text("#kontrollen"):
        press(site, "Kontrollera")
    site.page.wait_for_selector("text=Inget dolt finns i någon fil", timeout=SLOW)
    looked_at(site, f"kontroll-{step}")
    site.page.locator(f"#steg-{step}").check()
    if told:
        site.page.locator("#upplyst").check()
    press(site, "Lämna ut det som visas")
    site.page.wait_for_selector("text=Det är utlämnat", timeout=SLOW)
    site.open(f"/utlamnanden/{release}")


def downloaded(site: Site, words: str, role: Any = "link") -> bytes:
    with site.page.expect_download(timeout=SLOW) as saved:
        site.page.get_by_role(role, name=words, exact=True).first.click()
    return Path(saved.value.path()).read_bytes()


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def test_a_request_is_answered_the_same_day_and_goes_to_the_court(tmp_path: Path) -> None:
    web = build(tmp_path / "home")
    number, plain = web.record("Jag kan inte bära vatten"), web.record("Inget vatten på nummer 22")
    threat = web.record("Nu har plogen kört igen")
    with lawyer(web) as site:
        page = site.page
        site.open("/begaran/ny")
        page.locator("#text").fill("Kommentarer om vattenläckan, även dolda, och om gatuchefen.")
        press(site, "Anteckna begäran")
        seq = int(page.url.partition("?")[0].rpartition("/")[2])
        assert "anonym" in page.inner_text("main")

        collected(site, seq, "vatten", number, plain)  # one of them is hidden on the platform
        collected(site, seq, "gatuchefen", threat)  # … and this one is in its bin
        site.open(f"/begaran/{seq}")
        looked_at(site, "insamlat")
        press(site, "Begäran är preciserad")
        assert "Handlingar som begäran gäller (3)" in page.inner_text("main")

        # What can be given out at once is given out on the day it was asked for.
        release = prepared(site, seq, plain)
        page.get_by_role("link", name="Granska och maska").click()
        masked(site, plain, accept=False)
        decided(site, release, plain, "given")
        made(site, release, "release_part", told=False)
        page.locator("#satt").select_option("counter")
        press(site, "Anteckna")
        one = web.requests.get(LOCAL, seq)
        assert (one.standing.parts, web.requests.today()) == (1, one.received.on)

        # The rest is masked, or withheld: that is the answer, and a refusal in part.
        release = prepared(site, seq, number, threat)
        looked_at(site, "bedomning")
        page.get_by_role("link", name="Granska och maska").click()
        masked(site, number, accept=True)
        site.picture("story5-maskning")
        decided(site, release, threat, "withheld", "21:1")
        decided(site, release, number, "masked")
        looked_at(site, "bedomt")
        made(site, release, "answer", told=True)
        looked_at(site, "filer")
        text = pdf_text(downloaded(site, "utlamnande.pdf"))
        assert "kan hemtjänsten komma" in text
        for secret in (NUMBER, "121212-1212", NAME, "gatuchefen att"):
            assert secret not in text
        with zipfile.ZipFile(io.BytesIO(downloaded(site, "bevis.zip"))) as archive:
            whole = b"".join(archive.read(name) for name in archive.namelist())
        assert NUMBER.encode() not in whole
        refused(site, seq)


def prepared(site: Site, seq: int, *records: int) -> int:
    """Prepare a release of these records of a request; its number."""
    site.open(f"/begaran/{seq}")
    for one in records:
        site.page.locator(f"#r-{one}").check()
    press(site, "Bedöm, maska och lämna ut")
    found = re.search(r"/utlamnanden/(\d+)", site.page.url)
    assert found
    return int(found[1])


def decided(site: Site, release: int, record: int, decision: str, clause: str = "") -> None:
    """Decide on a record of a release."""
    site.open(f"/utlamnanden/{release}")
    site.page.locator(f"tr:has-text('R{record}') .pick").check()
    site.page.locator(f"#beslut-{decision}").check()
    site.page.locator("#lagrum").fill(clause)
    press(site, "Anteckna bedömningen")


def refused(site: Site, seq: int) -> None:
    """The rest is refused: from the answer to the court."""
    page = site.page
    site.open(f"/begaran/{seq}")
    looked_at(site, "besked")
    press(site, "Skriftligt beslut har begärts")
    page.locator("#skal-decide").fill("Uppgifterna rör enskildas hälsa och kan antas vålla men.")
    press(site, "Visa utkast")
    draft = page.inner_text("main")
    assert "Inget är beslutat" in draft
    assert "18 kap. 1 §" in draft  # what the masks and what was withheld rest on, no more
    assert "21 kap. 1 §" in draft
    looked_at(site, "utkast")
    press(site, "Fatta beslutet")
    press(site, "Beslutet är delgivet")
    until = site.web.requests.get(LOCAL, seq).standing.appeal_until
    assert f"Överklagas senast\n{until}" in page.inner_text("main")
    looked_at(site, "delgivet")
    page.locator("#text-appeal").fill("Jag överklagar beslutet och vill ha handlingarna hela.")
    press(site, "Ett överklagande har kommit in")
    press(site, "I rätt tid")
    press(site, "Överlämnat till kammarrätten")
    looked_at(site, "domstol")
    with zipfile.ZipFile(
        io.BytesIO(downloaded(site, "Paket till kammarrätten", "button"))
    ) as found:
        names = found.namelist()
        assert "forteckning.json" in names
        assert any(name.endswith("overklagande.txt") for name in names)
        assert NUMBER.encode() not in b"".join(found.read(one) for one in names)
    with zipfile.ZipFile(io.BytesIO(downloaded(site, "Förseglat paket", "button"))) as found:
        whole = b"".join(found.read(one) for one in found.namelist())
    assert len(whole) > 1000
    log = pdf_text(downloaded(site, "Utlämnandelogg (PDF)"))
    assert "vatten" in log
