"""Fånga en handling, as a browser without scripts goes through it, and as the script does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from archiver.channels.web import part as channels_part
from archiver.core.access import LOCAL, Permission, Viewer
from archiver.db import tables as t
from archiver.db.capture_drafts import CaptureDrafts
from archiver.db.operations import Operations
from archiver.registry.capture_web import MAX_TEXT
from archiver.registry.capture_web import part as capture_part
from archiver.web.app import WebServices, WebSettings, create_web
from tests.build import FakeClock, tables
from tests.databases import place
from tests.unit.channels.desks import FakeDesk
from tests.unit.registry.desk import CaptureDesk, make_desk
from tests.unit.registry.test_capture import letter, rows, whole
from tests.unit.scan.clamds import EICAR
from tests.unit.web.served import PORT, TOKEN, Browser

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
FORM = {
    "myndighet": "KS",
    "satt": "direct_message",
    "inkom": "2026-11-20",
    "klockan": "14:05",
    "enligt": "sender",
    "fran": "Eva Ek",
    "rubrik": "Lampan",
    "text": "Lampan är trasig.\r\nHälsningar",
    "varfor": "Hör till ärendet om Ängsgatan.",
}


class Office:
    """A home of two authorities, and browsers of those who may capture for one, or none."""

    def __init__(self, path: Path) -> None:
        self.desk: CaptureDesk = make_desk(path)
        home = self.desk.home
        self.other = home.channels.add_authority("KFN", "Kultur- och fritidsnämnden")
        database = place(path).operations()
        operations = Operations(database, bytes(32), self.desk.clock, home.ledger.random)
        self.drafts = CaptureDrafts(operations, self.desk.clock, home.ledger.random)

    def browser(self, viewer: Viewer = LOCAL) -> Browser:
        home = self.desk.home
        services = WebServices(
            ledger=home.ledger,
            channels=home.channels.all,
            authorities=home.channels.authorities,
            clock=self.desk.clock,
            random=home.ledger.random,
        )
        settings = WebSettings(port=PORT, token=TOKEN, viewer=viewer)
        parts = [channels_part(FakeDesk(home)), capture_part(self.desk.captures, self.drafts)]
        browser = Browser(create_web(services, settings, parts))
        assert browser.get(f"/?token={TOKEN}").status_code == 303
        return browser


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    return Office(tmp_path / "home")


@pytest.fixture
def browser(office: Office) -> Browser:
    return office.browser()


def file(name: str, data: bytes) -> tuple[BytesIO, str]:
    return BytesIO(data), name


def send(browser: Browser, at: str = "/handlingar/ny", **more: Any) -> Any:
    data = {k: v for k, v in {**FORM, **more}.items() if v is not None}
    return browser.post(at, data=data, content_type="multipart/form-data")


def draft_of(text: str) -> str:
    found = re.search(r'name="utkast" id="utkast" value="([0-9a-f]*)"', text)
    assert found
    return found[1]


def test_a_message_is_captured_and_shown(office: Office, browser: Browser) -> None:
    page = browser.get("/handlingar/ny").text
    for words in ("Hur den kom", "Enligt vem", "Varför den fångas", "Kommunstyrelsen (KS)"):
        assert words in page
    answer = send(browser)
    (row,) = rows(office.desk, t.record)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/handlingar/R{row.seq}?sagt=fangad"
    shown = browser.get(answer.headers["Location"]).text
    for words in (
        f"Sparad i arkivet som R{row.seq}.",
        "Fångad för hand av driften den",
        "Direktmeddelande",
        "2026-11-20 14:05, enligt avsändaren",
        "Hör till ärendet om Ängsgatan.",
        "Lampan är trasig.",
        "Eva Ek",
    ):
        assert words in shown
    assert "underlag/1" not in shown
    assert browser.get(f"/handlingar/R{row.seq}/underlag/1").status_code == 404
    listed = browser.get("/handlingar?visa=lista").text
    assert "Fångad för hand" in listed
    assert "Inga handlingar" in browser.get("/handlingar?tillstand=not_visible").text
    assert "Lampan" in browser.get("/handlingar?tillstand=captured").text
    assert f"R{row.seq}" in browser.get(f"/handlingar?konto=C{row.channel}").text
    assert browser.get(f"/konton/C{row.channel}").status_code == 404
    assert "Manuell fångst" not in browser.get("/").text
    again = send(browser)
    assert f"lika={row.seq}" in again.headers["Location"]
    assert "finns redan i" in browser.get(again.headers["Location"]).text


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    office: Office, browser: Browser
) -> None:
    size = office.desk.home.ledger.log.size
    answer = send(
        browser,
        myndighet="",
        satt="",
        inkom="2026-13-40",
        varfor="",
        rubrik="a" * 201,
        filer=[file("hemlig mapp/bild.png", PNG), file("brev.txt", b"abc")],
    )
    assert (answer.status_code, office.desk.home.ledger.log.size) == (400, size)
    for name in ("myndighet", "satt", "inkom", "varfor", "rubrik"):
        assert f'id="{name}-fel"' in answer.text
        assert f'href="#{name}"' in answer.text
    assert "Lampan är trasig." in answer.text
    assert 'value="Eva Ek"' in answer.text
    assert "bild.png" in answer.text
    assert "hemlig mapp" not in answer.text
    draft = draft_of(answer.text)
    done = send(browser, utkast=draft, bort="1", filer=[file("till.txt", b"def")])
    assert done.status_code == 303, done.text
    (row,) = rows(office.desk, t.record)
    names = [one["name"] for one in office.desk.envelope(row.latest)["attachments"]]
    assert names == ["bild.png", "till.txt"]
    assert whole(office.desk, row.latest, 0) == PNG
    assert office.drafts.files(draft, 0) == []


def test_files_are_sent_as_they_are_chosen(office: Office, browser: Browser) -> None:
    def keep(name: str, data: bytes, draft: str = "") -> Any:
        fields = {"fil": file(name, data), "utkast": draft}
        return browser.post(
            "/handlingar/ny/fil", data=fields, headers={"Accept": "application/json"}
        )

    first = keep("bild.png", PNG)
    assert first.json == {
        "utkast": first.json["utkast"],
        "nummer": 0,
        "namn": "bild.png",
        "byte": len(PNG),
    }
    draft = first.json["utkast"]
    assert keep("b.txt", b"abc", draft).json["nummer"] == 1
    assert keep("tom.txt", b"", draft).status_code == 400
    assert keep("stor.bin", b"x" * (8 * 2**20 + 1), draft).status_code == 400
    assert keep("x.txt", b"x", "../../etc").json["utkast"] != "../../etc"
    assert send(browser, utkast=draft).status_code == 303
    (row,) = rows(office.desk, t.record)
    assert len(office.desk.envelope(row.latest)["attachments"]) == 2


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 9000, b"\r" + b"x" * 10**6, b"\r\n--" * 10**5]
)
def test_a_file_of_any_bytes_arrives_as_it_is(
    office: Office, browser: Browser, data: bytes
) -> None:
    fields = {"fil": file("a.bin", data)}
    held = browser.post("/handlingar/ny/fil", data=fields)
    assert held.status_code == 200, "the limit of form fields must not stop a file"
    assert b"".join(office.drafts.chunks(held.json["utkast"], 0)) == data


def test_a_letter_fills_itself_in(office: Office, browser: Browser) -> None:
    blank: dict[str, Any] = {"rubrik": "", "fran": "", "text": ""}
    answer = send(browser, satt="email", filer=[file("brev.eml", letter())], **blank)
    shown = browser.get(answer.headers["Location"]).text
    for words in ("Hål i Ängsgatan", "Åsa Öberg", "Det är hål.", "kvitto.pdf", "brev.eml"):
        assert words in shown
    assert "enligt avsändaren" in shown


def test_a_correction_is_shown_beside_what_it_corrects(office: Office, browser: Browser) -> None:
    send(browser)
    (row,) = rows(office.desk, t.record)
    at = f"/handlingar/R{row.seq}/ratta"
    page = browser.get(at).text
    assert "Lampan är trasig.\nHälsningar</textarea>" in page.replace("\r", "")
    blank = {"inkom": "", "klockan": ""}
    nothing = send(browser, at, varfor="Samma.", **blank)
    assert (nothing.status_code, "Nothing differs" in nothing.text) == (400, True)
    bad = send(browser, at, varfor="", inkom="2027-01-01")
    assert 'id="varfor-fel"' in bad.text
    assert 'id="inkom-fel"' in bad.text
    done = send(
        browser,
        at,
        rubrik="Lampan vid nr 9",
        varfor="Fel nummer.",
        inkom="2026-11-19",
        klockan="",
        filer=[file("b.txt", b"abc")],
    )
    assert done.status_code == 303
    shown = browser.get(f"/handlingar/R{row.seq}").text
    for words in ("Lampan vid nr 9", "Fel nummer.", "Rättelser", "2026-11-19", "b.txt", "Rättad"):
        assert words in shown
    first = browser.get(f"/handlingar/R{row.seq}?version=1").text
    assert "Du läser version 1 av 2" in first
    compared = browser.get(f"/handlingar/R{row.seq}/jamfor")
    assert compared.status_code == 200
    assert browser.get("/handlingar/R1/ratta").status_code == 404
    ledger = office.desk.home.ledger
    live = tables(ledger)
    ledger.rebuild()
    assert tables(ledger) == live


# --- files from outside --------------------------------------------------------------------------


def test_only_a_clean_picture_is_shown(office: Office, browser: Browser) -> None:
    office.desk.scanner.on = True
    files = [file("bild.png", PNG), file("elak.com", EICAR), file("brev.pdf", b"%PDF-1.7")]
    answer = send(browser, filer=files)
    shown = browser.get(answer.headers["Location"]).text
    (row,) = rows(office.desk, t.record)
    at = f"/handlingar/R{row.seq}/fil/1"
    assert shown.count("<img") == 1
    for words in ("Skadlig kod funnen", "Genomsökt, inget skadligt funnet", "ClamAV 1.4.6"):
        assert words in shown
    picture = browser.get(f"{at}/0")
    assert picture.mimetype == "image/png"
    assert "inline" in picture.headers["Content-Disposition"]
    warned = browser.get(f"{at}/1")
    assert warned.mimetype == "text/html"
    assert "Eicar-Signature" in warned.text
    assert EICAR not in warned.data
    anyway = browser.get(f"{at}/1?anda=1")
    assert (anyway.data, anyway.mimetype) == (EICAR, "application/octet-stream")
    assert anyway.headers["Content-Disposition"] == f'attachment; filename="R{row.seq}-v1-1.bin"'
    assert "sandbox" in anyway.headers["Content-Security-Policy"]
    clean = browser.get(f"{at}/2")
    assert (clean.data, "attachment" in clean.headers["Content-Disposition"]) == (
        b"%PDF-1.7",
        True,
    )


def test_what_nobody_looked_at_is_not_shown(office: Office, browser: Browser) -> None:
    answer = send(browser, filer=[file("bild.png", PNG)])
    shown = browser.get(answer.headers["Location"]).text
    assert "<img" not in shown
    assert "arkivet har ingen genomsökning inställd" in shown
    (row,) = rows(office.desk, t.record)
    warned = browser.get(f"/handlingar/R{row.seq}/fil/1/0")
    assert "Inte genomsökt" in warned.text
    assert browser.get(f"/handlingar/R{row.seq}/fil/1/0?anda=1").data == PNG
    office.desk.scanner.on = True
    office.desk.captures.scan()
    assert "<img" in browser.get(f"/handlingar/R{row.seq}").text


def test_hostile_words_and_names_are_text(office: Office, browser: Browser) -> None:
    evil = '"><script>alert(1)</script>'
    answer = send(
        browser,
        text='{"content":"<b>x</b><img src=x onerror=alert(2)>"}',
        rubrik=evil,
        fran=evil,
        varfor=evil,
        filer=[file(f"{evil}.png", b"x")],
    )
    shown = browser.get(answer.headers["Location"]).text
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


# --- who may -------------------------------------------------------------------------------------


def test_one_captures_for_ones_own_authority_only(office: Office) -> None:
    read = frozenset({Permission.READ})
    may = read | {Permission.REGISTER}
    mine = Viewer(21, {office.desk.authority.seq: may})
    theirs = Viewer(22, {office.other.seq: may})
    nobody = Viewer(23, {0: read})
    browser = office.browser(mine)
    page = browser.get("/handlingar/ny").text
    assert "Kommunstyrelsen (KS)" in page
    assert "Kultur- och fritidsnämnden" not in page
    refused = send(browser, myndighet="KFN")
    assert (refused.status_code, 'id="myndighet-fel"' in refused.text) == (400, True)
    assert send(browser).status_code == 303
    (row,) = rows(office.desk, t.record)
    (event,) = rows(office.desk, t.manual_capture)
    assert event.actor == 21
    assert office.browser(theirs).get(f"/handlingar/R{row.seq}/ratta").status_code == 404
    assert send(office.browser(theirs), f"/handlingar/R{row.seq}/ratta").status_code == 404
    stranger = office.browser(nobody)
    assert stranger.get("/handlingar/ny").status_code == 403
    assert send(stranger).status_code == 403
    assert stranger.post("/handlingar/ny/fil", data={"fil": file("a", b"a")}).status_code == 403
    assert "Fånga en handling" not in stranger.get("/handlingar").text
    assert "Fånga en handling" in browser.get("/handlingar").text


def test_a_text_that_no_form_holds_is_said(browser: Browser) -> None:
    answer = send(browser, text="å" * (MAX_TEXT + 1))
    assert (answer.status_code, 'id="text-fel"' in answer.text) == (400, True)
    assert send(browser, text="å" * MAX_TEXT).status_code == 303


def test_forged_forms_are_refused(browser: Browser) -> None:
    assert browser.post("/handlingar/ny", forged=True, data=FORM).status_code == 400


def test_time_is_the_archives_own(office: Office, browser: Browser) -> None:
    clock: FakeClock = office.desk.clock
    assert send(browser, inkom="2026-11-23").status_code == 400
    clock.advance(2 * 86_400_000)
    assert send(browser, inkom="2026-11-23").status_code == 303
