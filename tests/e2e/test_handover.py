"""Överlämnat, Åtskilt, samband and filpaket in a real browser: by keyboard, through axe in both
languages, wide and narrow; the package that is saved opens.

Chromium is the system's (tests/servers/install). `DIARKIV_SCREENSHOTS=folder` keeps pictures.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from archiver.core.access import LOCAL
from archiver.registry.core.entry import Dated, Direction, Registration, Relation
from archiver.registry.core.triage import Decision, Handover, Outcome
from tests.build import FakeClock
from tests.e2e.site import NARROW, WIDE, Site, violations

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def silent(site: Site) -> Iterator[None]:
    """None may leave a word on the console, open a dialog or ask another host."""
    site.said.clear()
    site.page.set_viewport_size(WIDE)
    yield
    assert [words for words in site.said if "status of 400" not in words] == []


@pytest.fixture(scope="module")
def there(site: Site) -> dict[str, int]:
    """A late handover, one that waits, entries that are related, and something kept apart."""
    register, web = site.web.register_desk.register, site.web
    authority = web.home.channels.authority("KS").seq
    register.set_series(LOCAL, authority, "KS", "{ORG} {ÅÅÅÅ}/{LÖP}")
    record, clock = web.record("Samråd"), web.home.clock
    assert isinstance(clock, FakeClock)

    def over(to: str) -> int:
        handover = Handover(to=to, way="filpaket", due=clock.now() + 3 * 86_400_000)
        decision = Decision(
            authority=authority,
            records=(record,),
            outcome=Outcome.HANDED_OVER,
            handover=handover,
            note="Frågan rör vägbelysningen",
        )
        return register.decide(LOCAL, decision)

    late = over("Gatukontoret")
    clock.advance(9 * 86_400_000)
    web.office().handovers.note_reminder(late, "receipt_1")
    asked = Registration(
        authority=authority,
        direction=Direction.RECEIVED,
        day="2026-02-06",
        dated=Dated.STATED,
        title="Synpunkt på samrådet",
        sender="Alva Ekbacke",
        records=(record,),
    )
    one, two = register.register(LOCAL, asked), register.register(LOCAL, asked)
    related = register.relate(LOCAL, one, two, Relation.CONTINUES)
    register.unrelate(LOCAL, one, related, reason="Fel post")
    register.relate(LOCAL, one, two, Relation.CONCERNS)
    apart = web.office().apart
    secret, stopped = web.record("Öppettider"), web.record("Vattenläcka")
    apart.protect(secret, reason="Skyddad adress")
    apart.stop(stopped, reason="Misstänkt brott")
    return {"late": late, "waits": over("Kultur och fritid"), "entry": one}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page_passes_axe_wide_and_narrow(
    site: Site, there: dict[str, int], language: str
) -> None:
    site.open("/diarium")
    if site.page.locator("html").get_attribute("lang") != language:
        site.page.locator(f"button[lang={language}]").click()
    pages = (
        "/diarium/overlamnat",
        "/diarium/overlamnat?lage=done",
        f"/diarium/overlamnat/{there['late']}",
        f"/diarium/{there['entry']}",
        "/diarium/atskilt",
    )
    try:
        for number, path in enumerate(pages):
            for size in (WIDE, NARROW):
                site.page.set_viewport_size(size)
                site.open(path)
                for one in site.page.locator("main details summary").all():
                    one.click()
                assert violations(site.page) == [], (path, size)
                wide = "document.documentElement.scrollWidth - innerWidth"
                assert site.page.evaluate(wide) <= 0, (path, size)
                site.picture(f"overlamnat-{number}-{language}-{size['width']}")
    finally:
        site.page.set_viewport_size(WIDE)
        if site.page.locator("html").get_attribute("lang") != "sv":
            site.page.locator("button[lang=sv]").click()


def test_a_package_is_saved_and_its_receipt_closes_the_handover(
    site: Site, there: dict[str, int], tmp_path: Path
) -> None:
    site.open(f"/diarium/overlamnat/{there['waits']}")
    with site.page.expect_download() as saving:
        site.page.get_by_role("button", name="Hämta filpaketet").click()
    saved = tmp_path / saving.value.suggested_filename
    saving.value.save_as(saved)
    with zipfile.ZipFile(saved) as archive:
        assert archive.testzip() is None
        digest = sha256(archive.read("manifest.json")).hexdigest()
        (tmp_path / "LAS-MIG.html").write_bytes(archive.read("LAS-MIG.html"))
    wrong, right = tmp_path / "fel.json", tmp_path / "kvittens.json"
    wrong.write_text("{}")
    fields = {"format": "diarkiv-receipt/1", "manifest": digest, "number": "KFN 2026/12"}
    right.write_text(json.dumps(fields))
    for file, words in ((wrong, "är ingen kvittens"), (right, "Överlämningen är avslutad")):
        site.page.locator("#kvittensfil").set_input_files(str(file))
        site.page.get_by_role("button", name="Läs in").click()
        site.page.wait_for_load_state()
        assert words in site.page.content()
        assert violations(site.page) == []
    assert "KFN 2026/12" in site.page.content()


def test_mistakes_are_led_to(site: Site, there: dict[str, int]) -> None:
    site.open(f"/diarium/overlamnat/{there['late']}")
    site.page.get_by_role("button", name="Anteckna kvittensen").click()
    assert violations(site.page) == []
    site.page.get_by_role("link", name="Skriv mottagarens nummer").click()
    assert site.page.evaluate("document.activeElement.id") == "dnr"
    site.picture("overlamnat-fel")
    site.open(f"/diarium/{there['entry']}")
    site.page.locator("summary", has_text="Ange ett samband").click()
    site.page.locator("#annan").fill("KS 2026/999")
    site.page.get_by_role("button", name="Anteckna sambandet").click()
    assert site.page.locator("#annan").is_visible()
    assert violations(site.page) == []
    site.picture("samband-fel")
