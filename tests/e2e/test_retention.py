"""Plan, beslut, gallringsstopp and the simulator in a real browser: by keyboard, and through axe,
wide and narrow.

Chromium is the system's (tests/servers/install). `DIARKIV_SCREENSHOTS=folder` keeps pictures.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.site import NARROW, WIDE, Site, tab_to, violations

pytestmark = pytest.mark.server
# Everything may go a year after it came in, or was drawn up.
PLAN = """plan;version;beslutsnivåer;kod;handlingstyp;bevarandetid;händelse;ursprung
Prov;1;myndigheten;IN;Inkommet;1 år;inkommen;inkommen
Prov;1;myndigheten;UT;Upprättat;1 år;upprättad;upprättad
"""


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
        assert violations(site.page) == [], (name, size)
        assert site.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        site.picture(f"gallring-{name}-{size['width']}")
    site.page.set_viewport_size(WIDE)


def focus(site: Site, name: str) -> None:
    """Press Tab until the field has the focus."""
    for _ in range(150):
        site.page.keyboard.press("Tab")
        if site.page.evaluate("document.activeElement.id") == name:
            return
    raise AssertionError(f"Tab never reached {name!r}")


def entered(site: Site) -> None:
    """Press Enter, and wait for the page that it leads to."""
    with site.page.expect_navigation():
        site.page.keyboard.press("Enter")


def typed(site: Site, name: str, text: str) -> None:
    focus(site, name)
    site.page.keyboard.type(text)


def test_a_plan_is_adopted_after_it_was_looked_at(site: Site) -> None:
    site.open("/gallring/plan")
    assert "Myndigheten har ingen plan" in site.page.content()
    looked_at(site, "forslag")
    tab_to(site.page, "Granska Diarkivs förslag")
    entered(site)
    assert "Inget är antaget än" in site.page.content()
    looked_at(site, "granska-plan")
    tab_to(site.page, "Anta planen")
    entered(site)
    assert "Planen är antagen" in site.page.content()
    looked_at(site, "plan")
    wrong = {"name": "plan.csv", "mimeType": "text/csv", "buffer": b"kod;frist\nSM01;kanske\n"}
    site.page.locator("#fil").set_input_files([wrong])
    site.page.get_by_role("button", name="Granska filen").click()
    assert "Det här behöver rättas i filen" in site.page.content()
    looked_at(site, "plan-fel")


def test_a_decision_is_recorded_by_keyboard(site: Site) -> None:
    site.open("/gallring/beslut")
    tab_to(site.page, "Anteckna ett beslut")
    entered(site)
    typed(site, "dnr", "KS 2026/41")
    typed(site, "organ", "Kommunstyrelsen")
    typed(site, "dag", "2026-02-10")
    typed(site, "paragraf", "§ 117")
    focus(site, "klass-SM05")
    site.page.keyboard.press("Space")
    typed(site, "fran", "2015-01-01")
    tab_to(site.page, "Räkna och granska")
    entered(site)
    assert "alla fem villkor" in site.page.content()
    looked_at(site, "beslut-fel")
    site.page.locator("#fel a").click()
    assert site.page.evaluate("document.activeElement.id") == "villkor"
    assert site.page.locator("#dnr").input_value() == "KS 2026/41"
    for one in ("insight", "no_value", "processed", "audit_passed", "no_rights"):
        focus(site, f"villkor-{one}")
        site.page.keyboard.press("Space")
    tab_to(site.page, "Räkna och granska")
    entered(site)
    assert "Beslutet omfattar" in site.page.content()
    looked_at(site, "beslut-granska")
    tab_to(site.page, "Spara beslutet")
    entered(site)
    assert "Beslutet är antecknat" in site.page.content()
    looked_at(site, "beslut")


def test_a_record_is_held_from_its_page(site: Site) -> None:
    record = site.web.record("Vattenläcka")
    site.open(f"/handlingar/R{record}")
    site.page.get_by_role("link", name="Lägg gallringsstopp").click()
    assert site.page.locator("#handlingar").input_value() == f"R{record}"
    site.page.get_by_role("button", name="Lägg stoppet").click()
    looked_at(site, "stopp-fel")
    site.page.locator("#slag").select_option("supervision")
    site.page.locator("#skal").fill("Tillsyn pågår")
    site.page.locator("#granskas").fill("2027-01-01")
    site.page.get_by_role("button", name="Lägg stoppet").click()
    assert "Gallringsstoppet är lagt" in site.page.content()
    looked_at(site, "stopp")
    site.open("/gallring/stopp")
    looked_at(site, "stoppen")


def test_a_change_is_tried_before_it_is_made(site: Site) -> None:
    site.open("/gallring/prova")
    site.page.get_by_label("En hel plan i en fil").check()
    plan = {"name": "plan.csv", "mimeType": "text/csv", "buffer": PLAN.encode()}
    site.page.locator("#fil").set_input_files([plan])
    site.page.locator("#dag").fill("2040-01-01")
    site.page.locator("#beslutad").check()
    site.page.get_by_role("button", name="Pröva").click()
    assert site.page.locator("meter").count() == 4
    looked_at(site, "prova")
    site.page.locator("button[lang=en]").click()
    site.open("/gallring/prova")
    assert "Try a change" in site.page.content()
    looked_at(site, "prova-en")
    site.page.locator("button[lang=sv]").click()
