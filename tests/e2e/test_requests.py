"""The desk of requests in a real browser: by keyboard alone, and through axe, wide and narrow.

Chromium is the system's (tests/servers/install). `DIARKIV_SCREENSHOTS=folder` keeps pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from archiver.core.access import LOCAL
from exports.core.mandate import Mandate, MandateKind
from exports.requests.mandates import Mandates
from tests.e2e.site import NARROW, WIDE, Site, tab_to, violations

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def silent(site: Site) -> Iterator[None]:
    """None may leave a word on the console, open a dialog or ask another host."""
    site.said.clear()
    site.page.set_viewport_size(WIDE)
    yield
    assert [words for words in site.said if "status of 400" not in words] == []


def looked_at(site: Site, name: str) -> None:
    """Wide and narrow, the page passes axe and nothing of it lies outside the window."""
    for size in (WIDE, NARROW):
        site.page.set_viewport_size(size)
        site.picture(f"begaran-{name}-{size['width']}")
        site.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert violations(site.page) == [], (name, size)
        assert site.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    site.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")
    site.page.set_viewport_size(WIDE)


def focus(site: Site, name: str) -> None:
    """Press Tab until the field has the focus."""
    for _ in range(200):
        site.page.keyboard.press("Tab")
        if site.page.evaluate("document.activeElement.id") == name:
            return
    raise AssertionError(f"Tab never reached {name!r}")


def entered(site: Site) -> None:
    """Press Enter, and wait for the page that it leads to."""
    with site.page.expect_navigation():
        site.page.keyboard.press("Enter")


def test_a_request_is_recorded_collected_for_and_made_precise_by_keyboard(site: Site) -> None:
    site.open("/begaran")
    assert "Ingen begäran väntar på svar" in site.page.inner_text("main")
    looked_at(site, "tom")
    tab_to(site.page, "Anteckna en begäran")
    entered(site)
    looked_at(site, "ny")
    tab_to(site.page, "Anteckna begäran")
    entered(site)
    assert "Skriv vad som begärs" in site.page.inner_text("#fel")
    looked_at(site, "ny-fel")
    focus(site, "text")
    site.page.keyboard.type("Kommentarer om vattenläckan, även dolda")
    tab_to(site.page, "Anteckna begäran")
    entered(site)
    assert "Klockan går" in site.page.inner_text("[role=status]")
    looked_at(site, "inkommen")
    seq = int(site.page.url.partition("?")[0].rpartition("/")[2])

    tab_to(site.page, "Sök handlingar")
    entered(site)
    site.page.keyboard.press("/")
    site.page.keyboard.type("vatten")
    entered(site)
    record = site.web.record("Vattenläcka")
    focus(site, f"r-{record}")
    site.page.keyboard.press("Space")
    looked_at(site, "traffar")
    tab_to(site.page, f"Lägg till markerade i begäran {seq}")
    entered(site)
    assert "En handling är tillagd" in site.page.inner_text("main")
    tab_to(site.page, "Till begäran")
    entered(site)
    looked_at(site, "insamlat")
    tab_to(site.page, "Begäran är preciserad")
    entered(site)
    assert "Handlingar som begäran gäller (1)" in site.page.inner_text("main")
    looked_at(site, "preciserad")
    site.open("/")
    assert f"Begäran {seq}" in site.page.inner_text("#begaran-nu >> xpath=..")
    looked_at(site, "oversikt")
    site.open("/begaran")
    looked_at(site, "lista")
    site.open(f"/handlingar/R{record}")
    looked_at(site, "handling")


def test_who_may_decide_and_what_copies_cost_by_keyboard(site: Site) -> None:
    site.open("/begaran")
    tab_to(site.page, "Delegationer")
    entered(site)
    looked_at(site, "delegationer-tom")
    tab_to(site.page, "Lägg in en delegation")
    entered(site)
    tab_to(site.page, "Lägg in delegationen")
    entered(site)
    assert "Välj vem som får besluta" in site.page.inner_text("#fel")
    looked_at(site, "delegation-fel")
    home = site.web.home
    mandate = Mandate(
        authority=home.channels.authority("KS").seq,
        user=9,  # of whom the home knows no more: a user would have everybody sign in
        kinds=frozenset(MandateKind),
        provision="KS delegationsordning 3.2",
        decision="KS 2026-01-14 § 7",
        valid_from=date(2026, 2, 1),
    )
    number = Mandates(home.ledger, home.clock, str).add(LOCAL, mandate)
    site.open("/begaran/delegationer")
    looked_at(site, "delegationer")
    site.page.click("summary")
    site.page.fill(f"#skal-{number}", "Ny delegationsordning")
    site.page.fill(f"#sista-{number}", "i går")
    with site.page.expect_navigation():
        site.page.keyboard.press("Enter")
    assert "ÅÅÅÅ-MM-DD" in site.page.inner_text("#fel")
    looked_at(site, "delegation-avsluta-fel")
    tab_to(site.page, "Avgifter")
    entered(site)
    tab_to(site.page, "Fyll i förslaget")
    entered(site)
    looked_at(site, "avgifter")
    site.page.fill("#beslut", "KF 2026-01-29 § 33")
    site.page.fill("#fran", "2026-01-30")
    tab_to(site.page, "Lägg in taxan")
    entered(site)
    focus(site, "antal")
    site.page.keyboard.type("23")
    entered(site)
    assert "76,00 kr" in site.page.inner_text("main")
    looked_at(site, "avgifter-antagen")
