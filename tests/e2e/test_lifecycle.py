"""Livscykel in a real browser: an initiative from its first form to the next cycle, and one for a
page that has been in use for years, through återremiss. By keyboard, and through axe, in both
languages, wide and narrow.

Two people work at it: Eva records, Bo attests. The checklist is the shipped one; a few rows are
answered on their pages, the rest as the terminal would.

Chromium is the system's (tests/servers/install). `DIARKIV_SCREENSHOTS=folder` keeps pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from archiver.core.access import HOME, LOCAL, Role
from archiver.core.channel import Channel
from archiver.core.connector import Credential
from archiver.demo.rounds import CHANNELS, LOGIN, ROUNDS, new_sites
from archiver.demo.server import DemoServer
from archiver.governance.core import acts as a
from archiver.governance.core.answers import AnswerState
from archiver.governance.core.gate import GateState
from archiver.governance.service import Initiative
from archiver.people.service import User
from tests.build import FakeClock
from tests.e2e.site import NARROW, WIDE, Site, browsing, tab_to, violations
from tests.homes import make_home
from tests.unit.web.served import FakeSearch, Web, set_clock

pytestmark = pytest.mark.server
GOAL = {
    "text": "Fler når rätt tjänst på första försöket",
    "matt": "Klick till e-tjänsten per månad",
    "utgangslage": "100",
    "malvarde": "200",
    "senast": "2027-01-31",
}


@dataclass
class Town:
    """Testköping at its first day: the served sites, two people, and their browser."""

    site: Site
    server: DemoServer
    eva: User
    bo: User

    @property
    def web(self) -> Web:
        return self.site.web

    @property
    def today(self) -> str:
        return self.web.initiatives.today().isoformat()

    def channel(self, name: str) -> Channel:
        """An account of KS, captured as it is now."""
        one = next(each for each in CHANNELS if each.site == name)
        login = Credential(user=LOGIN[0], secret=LOGIN[1])
        host, port = self.server.address
        found = self.web.home.channels.add_channel(
            one.platform,
            self.server.site_url(one.site).rstrip("/") + one.path,
            authority="KS",
            title=one.title,
            credential=login if one.platform == "wordpress" else None,
            allow=[f"{host}:{port}"],
        )
        self.web.home.harvest(found)
        return found

    def one(self, seq: int) -> Initiative:
        return self.web.initiatives.get(LOCAL, seq)

    def answer_the_rest(self, seq: int) -> None:
        """Rows that are not answered on their pages: Eva answers, Bo attests."""
        for row in self.one(seq).bearings.checklist.rows:
            if row.id not in self.one(seq).standing.answers:
                said = a.Answered(row=row.id, state=AnswerState.MET, motivation="Beslutad rutin.")
                self.web.initiatives.take(self.eva.viewer, seq, said)
                self.web.initiatives.take(self.bo.viewer, seq, a.Attested(row=row.id))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    pytest.importorskip("playwright.sync_api")
    clock = FakeClock()
    set_clock(clock, ROUNDS[0].at)
    home = make_home(tmp_path_factory.mktemp("web") / "home", clock=clock)
    home.channels.add_authority("KS", "Kommunstyrelsen")
    sites = new_sites()
    ROUNDS[0].apply(sites)
    web = Web(home, {}, FakeSearch(home.ledger), played=True)
    people = [
        web.people.add(login, name, ((role, HOME),), password="allt är påhittat")
        for login, name, role in (
            ("eva.lind", "Eva Lind", Role.COMMUNICATOR),
            ("bo.berg", "Bo Berg", Role.LAWYER),
        )
    ]
    with DemoServer(sites, now=clock.now) as server, browsing(web) as site:
        site.page.set_default_timeout(60_000)
        yield Town(site, server, *people)


@pytest.fixture(autouse=True)
def silent(town: Town) -> Iterator[None]:
    """None may leave a word on the console, open a dialog or ask another host."""
    town.site.said.clear()
    yield
    assert [words for words in town.site.said if "status of 400" not in words] == []


def looked_at(site: Site, name: str) -> None:
    """In both languages, wide and narrow, the page is as it should be; then it is Swedish and wide
    again."""
    for language in ("sv", "en"):
        assert site.page.evaluate("document.documentElement.lang") == language
        for size in (NARROW, WIDE):
            site.page.set_viewport_size(size)
            seen(site, f"{name}-{language}-{size['width']}")
        with site.page.expect_navigation():
            site.page.locator(".language button").click()


def seen(site: Site, name: str) -> None:
    """The page passes axe as it stands, and nothing of it lies outside the window."""
    assert violations(site.page) == [], name
    assert site.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    site.picture(f"livscykel-{name}")


def acts_as(site: Site, user: User) -> None:
    """Choose who one is, and stay on the page."""
    site.page.locator("#person").select_option(str(user.seq))
    with site.page.expect_navigation():
        site.page.get_by_role("button", name="Byt", exact=True).click()


def focus(site: Site, name: str) -> None:
    """Press Tab until the field has the focus."""
    for _ in range(150):
        site.page.keyboard.press("Tab")
        if site.page.evaluate("document.activeElement.id") == name:
            return
    raise AssertionError(f"Tab never reached {name!r}")


def typed(site: Site, **fields: str) -> None:
    """Type each into the field of that name, in the order of the page."""
    for name, text in fields.items():
        focus(site, name)
        site.page.keyboard.type(text)


def entered(site: Site, words: str) -> None:
    """Tab to a link or button, press Enter, and wait for the page that it leads to."""
    tab_to(site.page, words)
    with site.page.expect_navigation():
        site.page.keyboard.press("Enter")


def sends(site: Site, words: str, **fields: str) -> None:
    """Choose a form by its name, fill it in and send it. A field's value is text, a choice by its
    words, or "ja" for a box."""
    tab = site.page.locator("nav.tabs").get_by_role("link", name=words, exact=True)
    if tab.get_attribute("aria-current") is None:
        with site.page.expect_navigation():
            tab.click()
    for key, value in fields.items():
        field = site.page.locator("#" + key.replace("_", "-"))
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(label=value)
        elif field.get_attribute("type") == "checkbox":
            field.check()
        else:
            field.fill(value)
    with site.page.expect_navigation():
        site.page.locator("main form").get_by_role("button", name=words, exact=True).click()


def does(site: Site, words: str, **fields: str) -> None:
    """… and it is taken."""
    sends(site, words, **fields)
    assert "Antecknat." in site.page.inner_text("main"), site.page.inner_text("main")[:600]


def notes(site: Site, *kinds: tuple[str, str]) -> None:
    """Record what the step asks for, and complete it."""
    for kind, about in kinds:
        chosen = {"om": about} if about else {}
        does(site, "Anteckna i steget", slag=kind, text="Gjort och beslutat.", **chosen)
    does(site, "Avsluta steget")


def to_the_gate(site: Site, platform: str) -> None:
    """Steps 2–4."""
    notes(site, ("val av plattform: villkor, etik, risk, passar målet", platform))
    notes(
        site,
        ("jämförelse av verktyg", ""),
        ("provinsamling i arkivet, verifierad", platform),
    )
    notes(site, ("bemanning: tider, ersättare, svarstid, budget", ""))


def test_a_newcomer_takes_an_initiative_from_its_first_form_to_the_next_cycle(town: Town) -> None:
    site, page = town.site, town.site.page
    site.open("/livscykel")
    acts_as(site, town.eva)
    seen(site, "inga")
    entered(site, "Öppna ett initiativ")
    entered(site, "Öppna ett initiativ")
    assert "Fyll i: Rubrik." in page.inner_text("#fel")
    seen(site, "ny-fel")
    page.locator("#namnd").select_option(label="Kommunstyrelsen")
    typed(site, rubrik="Nyhetsflödet")
    focus(site, "plattform-feed")
    page.keyboard.press("Space")
    entered(site, "Öppna ett initiativ")
    place = page.url.partition("?")[0]
    seq = int(place.rpartition("/I")[2])

    # Step 1 by keyboard: not completed before what it asks for.
    entered(site, "Avsluta steget")
    entered(site, "Avsluta steget")
    assert "Det här återstår: saknas: stöd i uppdraget" in page.inner_text("#fel")
    seen(site, "steg-1-fel")
    entered(site, "Sätt ett mål")
    page.locator("#andamal").select_option(label="informera om tjänster")
    page.locator("h1").click()
    typed(site, **GOAL)
    entered(site, "Sätt ett mål")
    entered(site, "Anteckna i steget")
    page.locator("#slag").select_option(label="stöd i uppdraget (reglemente)")
    typed(site, text="Reglementet för kommunstyrelsen 4 §")
    entered(site, "Anteckna i steget")
    seen(site, "steg-1")
    notes(site, ("målgrupp", ""))
    to_the_gate(site, "RSS eller Atom")
    assert town.one(seq).standing.step == 5
    looked_at(site, "steg-5")

    # A row: answered by Eva, who does not attest it; evidence, attested by Bo.
    entered(site, "Checklistan")
    looked_at(site, "checklista")
    entered(site, "1.4 Finns det en rutin för arkivering")
    page.locator("#svar").select_option(label="uppfyllt")
    typed(site, motivering="Arkivrutin KS 2026/12", ansvarig="Kansliet")
    entered(site, "Svara")
    file = {"name": "arkivrutin.pdf", "mimeType": "application/pdf", "buffer": b"rutin"}
    page.locator("nav.tabs").get_by_role("link", name="Lägg till underlag").click()
    page.locator("#fil").set_input_files([file])
    does(site, "Lägg till underlag", lank="KS 2026/12", galler_till="2027-01-31")
    sends(site, "Intyga svaret")
    assert "Be en kollega intyga." in page.inner_text("#fel")
    seen(site, "rad-fel")
    site.open(f"/livscykel/I{seq}/rad/1.4")
    acts_as(site, town.bo)
    does(site, "Intyga svaret")
    looked_at(site, "rad")

    # A row on a condition.
    acts_as(site, town.eva)
    site.open(f"/livscykel/I{seq}/rad/1.5")
    does(site, "Svara", svar="villkorat", motivering="Planen antas i mars.")
    does(
        site,
        "Sätt ett villkor",
        text="Planen antas",
        ansvarig="Arkivarien",
        senast="2026-04-30",
        fore_drift="ja",
    )
    acts_as(site, town.bo)
    does(site, "Intyga svaret")
    acts_as(site, town.eva)
    town.answer_the_rest(seq)

    # The gate: ready, sent, decided.
    site.open(f"/livscykel/I{seq}")
    assert "Klar för beslut" in page.inner_text(".gate")
    entered(site, "Skicka beslutsunderlaget")
    entered(site, "Skicka beslutsunderlaget")
    seen(site, "skickat")
    entered(site, "Beslutsunderlaget")
    looked_at(site, "underlag")
    decided(town, seq, "bifall", "§ 14")
    seen(site, "bifall")
    does(site, "Avsluta steget")
    assert town.one(seq).standing.step == 6

    # Step 6: the account is there, the first condition is met, the notice is up.
    channel = town.channel("bibliotek")
    site.open(f"/livscykel/I{seq}")
    does(site, "Koppla ett konto", konto=f"{channel.title} (C{channel.seq})")
    for kind, about in (
        ("kontot registrerat", "RSS eller Atom"),
        ("informationstexter på plats", "RSS eller Atom"),
        ("grundinsamling gjord", "RSS eller Atom"),
        ("återställning prövad", ""),
    ):
        chosen = {"om": about} if about else {}
        does(site, "Anteckna i steget", slag=kind, text="Gjort.", **chosen)
    sends(site, "Avsluta steget")
    told = page.inner_text("#fel")
    assert "villkoret ska vara uppfyllt före drift: Planen antas" in told
    assert "justeringen är inte tillkännagiven" in told
    seen(site, "steg-6-fel")
    site.open(f"/livscykel/I{seq}/rad/1.5")
    does(site, "Villkoret är uppfyllt", text="Antagen, KS § 20.")
    site.open(f"/livscykel/I{seq}")
    day = town.today
    does(site, "Protokollet är justerat och tillkännagivet", justerat=day, anslaget=day)
    assert "Överklagas senast" in page.inner_text("main")
    does(
        site,
        "Verkställ före laga kraft",
        vem="Förvaltningschefen",
        skal="Krisinformation behövs nu, och flödet kan stängas samma dag.",
    )
    assert town.one(seq).verdict.state is GateState.CLEARED
    looked_at(site, "steg-6")
    does(site, "Avsluta steget")

    # Steps 7 and 8, and the next cycle.
    does(site, "Kör kontrollerna")
    seen(site, "steg-7")
    for each in town.one(seq).standing.deviations:
        does(
            site,
            "Hantera en avvikelse",
            avvikelse=f"{each.number}. {each.said.text}",
            vem="Kommunikationschefen",
            mandat="KS delegationsordning 3.2",
            skal="Åtgärdas före nästa kontroll.",
        )
    notes(site, ("månadskontroll utan öppna fel", ""))
    does(
        site,
        "Anteckna i steget",
        slag="utfall mot ett mål",
        om=f"1. {GOAL['text']}",
        text="180 klick: e-tjänsten öppnade två månader senare än planerat.",
    )
    seen(site, "steg-8")
    notes(site, ("uppföljningsrapport till nämnden", ""))
    does(site, "Börja nästa omgång", skal="Målet höjs.")
    standing = town.one(seq).standing
    assert (standing.cycle, standing.step) == (2, 1)
    seen(site, "omgang-2")


def decided(town: Town, seq: int, outcome: str, paragraph: str) -> None:
    """Record what KS decided today on the underlag that waits."""
    site = town.site
    site.open(f"/livscykel/I{seq}")
    pending = town.one(seq).standing.pending
    assert pending
    does(
        site,
        "Anteckna ett beslut",
        utfall=outcome,
        slag="politiskt beslut",
        organ="KS",
        dag=town.today,
        paragraf=paragraph,
        dnr="KS 2026/12",
        mening="Kommunstyrelsen beslutar enligt förslaget.",
        visat=f"{pending.day} {pending.digest[:12]}…",
    )


def test_a_page_that_has_been_in_use_for_years_is_sent_back_mended_and_approved(
    town: Town,
) -> None:
    site, page = town.site, town.site.page
    channel = town.channel("nyheter")
    town.web.home.clock.advance(int(timedelta(days=1).total_seconds() * 1000))
    site.open("/livscykel/ny")
    acts_as(site, town.eva)
    looked_at(site, "ny")
    page.locator("#namnd").select_option(label="Kommunstyrelsen")
    page.locator("#rubrik").fill("Kommunens sida")
    page.locator("#plattform-wordpress").check()
    page.locator(f"#konto-{channel.seq}").check()
    page.locator("#i-drift").fill("2014-05-01")
    with page.expect_navigation():
        page.get_by_role("button", name="Öppna ett initiativ").click()
    seq = int(page.url.partition("?")[0].rpartition("/I")[2])
    assert "är i drift sedan 2014-05-01 utan godkännande" in page.inner_text("main")
    does(site, "Sätt ett mål", andamal="informera om tjänster", **GOAL)
    for kind in ("stöd i uppdraget (reglemente)", "målgrupp"):
        does(site, "Anteckna i steget", slag=kind, text="Gjort.")
    does(site, "Avsluta steget")
    to_the_gate(site, "WordPress")
    town.answer_the_rest(seq)

    # What a check contradicts stops the gate until somebody with the mandate answers for it.
    for number, left in enumerate(town.one(seq).verdict.remaining, 1):
        site.open(f"/livscykel/I{seq}")
        with page.expect_navigation():
            page.get_by_role("link", name=re.compile(rf"^{re.escape(left.row)}: ")).first.click()
        with page.expect_navigation():
            page.get_by_role("link", name="Anteckna en avvikelse på raden").click()
        seen(site, f"avvikelse-{number}")
        does(site, "Anteckna en avvikelse", text="Det är inte gjort än.", omrade="lag och policy")
        does(
            site,
            "Hantera en avvikelse",
            avvikelse=f"{number}. Det är inte gjort än.",
            vem="Kommundirektören",
            mandat="KS delegationsordning 3.1",
            skal="Klart före juni.",
        )
    does(site, "Skicka beslutsunderlaget")
    first = town.one(seq).standing.sent[-1]
    decided(town, seq, "återremiss", "§ 31")
    assert town.one(seq).standing.step == 5
    seen(site, "aterremiss")
    sends(site, "Avsluta steget")
    assert "ett beslut om bifall saknas" in page.inner_text("#fel")

    # Mended, attested anew, and a new underlag: the first stays what it was.
    site.open(f"/livscykel/I{seq}/rad/1.3")
    does(site, "Svara", svar="uppfyllt", motivering="Även helgerna bemannas, enligt KS § 31.")
    acts_as(site, town.bo)
    does(site, "Intyga svaret")
    acts_as(site, town.eva)
    site.open(f"/livscykel/I{seq}")
    does(site, "Skicka beslutsunderlaget")
    site.open(f"/livscykel/I{seq}/underlag")
    assert "Även helgerna bemannas" in page.inner_text("main")
    seen(site, "underlag-2")
    page.locator("nav.tabs a").first.click()
    page.wait_for_url(f"**digest={first.digest}")
    assert "Även helgerna bemannas" not in page.inner_text("main")
    decided(town, seq, "bifall", "§ 45")
    does(site, "Avsluta steget")
    standing = town.one(seq).standing
    assert standing.step == 6
    assert [one.approval.outcome.value for one in standing.decisions] == ["återremiss", "bifall"]
    assert "utan godkännande" not in page.inner_text("main")
    site.open("/livscykel")
    looked_at(site, "initiativen")
