"""What is set for an authority, in a real browser by the keyboard: a series is tried and saved, a
scheme is looked at and imported, the web diarium is decided, an entry is withheld. Each state of a
page goes through axe in both languages, wide and narrow.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.core.access import LOCAL
from archiver.core.calendar import stockholm_date
from archiver.registry.core.entry import Dated, Direction, Registration
from tests.e2e.site import NARROW, WIDE, Site, tab_to, violations

pytestmark = pytest.mark.server
HEADER = "schema;version;kod;benämning;gäller från;gäller till\n"


@pytest.fixture(autouse=True)
def silent(site: Site) -> Iterator[None]:
    """None may leave a word on the console, open a dialog or ask another host."""
    register = site.web.register_desk.register
    for one in site.web.home.channels.authorities():
        if not register.series_of(one.seq):
            register.set_series(LOCAL, one.seq, one.code, "{ORG} {ÅÅÅÅ}/{LÖP}")
    site.said.clear()
    yield
    site.page.set_viewport_size(WIDE)
    assert [one for one in site.said if "status of 400 (BAD REQUEST)" not in one] == []


def speak(site: Site, language: str) -> None:
    site.open("/diarium")
    if site.page.locator("html").get_attribute("lang") != language:
        site.page.locator(f"button[lang={language}]").click()


def well(site: Site, name: str) -> None:
    """The page as it stands passes axe and fits, wide and narrow."""
    for size in (WIDE, NARROW, WIDE):
        site.page.set_viewport_size(size)
        assert violations(site.page) == [], (name, size)
        wide = "document.documentElement.scrollWidth - innerWidth"
        assert site.page.evaluate(wide) <= 0, (name, size)
    site.picture(f"installt-{name}")


def enter(site: Site, words: str) -> None:
    """Go to a button or link by Tab and press it."""
    tab_to(site.page, words)
    with site.page.expect_navigation():
        site.page.keyboard.press("Enter")


def click(site: Site, selector: str) -> None:
    """Click what leads to another page, and wait for all of that."""
    with site.page.expect_navigation():
        site.page.locator(selector).first.click()


def entered(site: Site) -> tuple[int, int]:
    """An authority, and an entry of its that may be shown."""
    today = stockholm_date(site.web.home.clock.now()).isoformat()
    owner = site.web.home.channels.authority("KS").seq
    asked = Registration(
        authority=owner,
        direction=Direction.RECEIVED,
        day=today,
        dated=Dated.STATED,
        title="Synpunkt på snöröjningen",
        record_class="Synpunkt",
    )
    return owner, site.web.register_desk.register.register(LOCAL, asked)


def test_a_series_is_tried_and_saved_by_keyboard(site: Site) -> None:
    speak(site, "sv")
    site.open("/diarium/serier")
    enter(site, "Ändra KS")
    site.page.locator("#mask").fill("{ORG}-{ÅÅÅÅ}-{LÖP:04}")
    enter(site, "Visa hur numren blir")
    assert "-0001-1" in site.page.locator("#prov").inner_text()
    enter(site, "Spara serien")
    assert "Nummerserien är sparad" in site.page.content()
    assert "{ORG}-{ÅÅÅÅ}-{LÖP:04}" in site.page.content()


def test_a_scheme_is_looked_at_and_imported_by_keyboard(site: Site, tmp_path: Path) -> None:
    speak(site, "sv")
    file = tmp_path / "klassa.csv"
    file.write_text(f"{HEADER}KLASSA;1;1;Leda;;\nKLASSA;1;1.9;Kansli;;2020-12-31\n", "utf-8")
    site.open("/diarium/klassificering")
    site.page.locator("#namnd").select_option(index=1)
    site.page.locator("#fil").set_input_files(file)
    enter(site, "Granska filen")
    assert "2 klasser lästa" in site.page.content()
    enter(site, "Läs in")
    assert "Klassificeringen är inläst" in site.page.content()
    assert "Gäller inte längre" in site.page.content()


def test_an_entry_is_shown_and_withheld_by_keyboard(site: Site) -> None:
    speak(site, "sv")
    owner, _ = entered(site)
    today = stockholm_date(site.web.home.clock.now()).isoformat()
    site.open(f"/diarium/webb?namnd={owner}")
    for name in ("pa", "falt-number", "falt-title", "riktning-received"):
        site.page.locator(f"#{name}").check()
    for name, value in {
        "beslut": "KS 2026/12",
        "beslutsdag": today,
        "organ": "Kommunstyrelsen",
        "klasser": "Synpunkt",
        "dagar": "30",
        "nedtagare": "Bosse Granlund",
        "kontakt": "registrator@testkoping.example",
        "beskrivning": "Kommunstyrelsen har handlingar om kommunens ledning.",
    }.items():
        site.page.locator(f"#{name}").fill(value)
    enter(site, "Spara beslutet")
    assert "Synpunkt på snöröjningen" in site.page.locator("#visas + p + div").inner_text()
    click(site, "#visas + p + div a")
    site.page.locator("#skal").fill("Prövas på nytt")
    enter(site, "Undanta posten genast")
    assert "Posten är undantagen" in site.page.content()
    assert "Ingen post visas" in site.page.content()


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_state_of_a_page_passes_axe(site: Site, language: str, tmp_path: Path) -> None:
    speak(site, language)
    _, entry = entered(site)
    site.web.office().web_diary.withhold(LOCAL, entry, reason="Prövas på nytt")
    try:
        site.open("/diarium/serier")
        click(site, "td a")
        click(site, "button[value=prova]")
        well(site, f"serie-prov-{language}")
        site.page.locator("#mask").fill("{LÖP}")
        click(site, "button[value=spara]")
        well(site, f"serie-fel-{language}")
        good, bad = tmp_path / "god.csv", tmp_path / "dalig.csv"
        good.write_text(f"{HEADER}KLASSA;1;1;Leda och styra;;\nKLASSA;1;1.10;Val;;\n", "utf-8")
        bad.write_text(f"{HEADER}KLASSA;1;1;Leda;i går;\nKLASSA;1;1;Leda;;\n", "utf-8")
        for file in (bad, good):
            site.open("/diarium/klassificering")
            site.page.locator("#namnd").select_option(index=1)
            site.page.locator("#fil").set_input_files(file)
            click(site, "form[enctype] button")
            well(site, f"klass-{file.stem}-{language}")
        site.open("/diarium/webb")
        well(site, f"webb-{language}")
        click(site, "#undantaget ~ .scroll a")
        well(site, f"webb-post-{language}")
        site.page.locator("#dagar").fill("x")
        click(site, "section[aria-labelledby=beslutet] button")
        well(site, f"webb-fel-{language}")
    finally:
        site.page.set_viewport_size(WIDE)
        speak(site, "sv")
