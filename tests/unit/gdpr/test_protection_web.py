"""Dataskydd in the browser: a request to its extract and decision, an incident, the notice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archiver.core.access import LOCAL, Role, viewer_of
from gdpr.core.subject_request import Right, State
from gdpr.web import Office
from tests.unit.registry.desk import make_desk
from tests.unit.web.served import Browser, FakeSearch, Web

NAME, OTHER = "Petra Zorkelby", "Sten Kvastmo"


class Desk:
    """A home with a letter by the person who asks, and a browser of its data protection officer."""

    def __init__(self, path: Path) -> None:
        desk = make_desk(path)
        self.mine = desk.capture(f"Torget, sade {OTHER}, är fult.", sender=NAME).record
        self.authority = desk.authority.seq
        self.web = Web(desk.home, {}, FakeSearch(desk.home.ledger))
        self.dpo = self.browser(Role.DPO)

    def browser(self, role: Role) -> Browser:
        return self.web.browser(viewer=viewer_of(17, [(role, self.authority)]))

    @property
    def office(self) -> Office:
        return self.web.protection_office()

    def posted(self, path: str, **data: object) -> str:
        """What a form that was taken leads to."""
        answer = self.dpo.post(path, data={key.replace("_", "-"): v for key, v in data.items()})
        assert answer.status_code == 303, re.findall(r'"mistake".*', answer.text)
        return str(answer.headers["Location"]).partition("?")[0]

    def asked(self, right: Right = Right.ACCESS) -> str:
        return self.posted(
            "/dataskydd/begaran/ny",
            namnd=self.authority,
            ratt=right.value,
            inkom=self.office.subjects.today().isoformat(),
            text="Vad har ni om mig?",
            name=NAME,
        )

    def named(self, right: Right = Right.ACCESS) -> str:
        place, day = self.asked(right), self.office.subjects.today().isoformat()
        self.posted(f"{place}/steg", steg="confirm_identity", hur="e_id", dag=day)
        self.posted(f"{place}/steg", steg="collect", handlingar=f"R{self.mine}", dag=day)
        return place


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_request_from_its_words_to_its_extract(desk: Desk) -> None:
    place = desk.asked()
    found = desk.dpo.post(f"{place}/sok")
    assert f"/handlingar/R{desk.mine}" in found.text
    assert [one.query for one in desk.web.search_log.noted] == [NAME]
    place = desk.named()
    assert "dagar kvar" in desk.dpo.get("/dataskydd").text
    shown = desk.dpo.get(f"{place}/utdrag").text
    assert NAME in shown
    assert "Kvastmo" not in shown
    withheld = desk.dpo.post(f"{place}/utdrag", data={"undanta": f"R{desk.mine} OSL 21:3"}).text
    assert "Inga uppgifter lämnas ut." in withheld
    assert desk.dpo.post(f"{place}/utdrag", data={"undanta": "R4711"}).status_code in (200, 400)
    pdf = desk.dpo.post(f"{place}/utdrag", data={"gor": "pdf"})
    assert pdf.data.startswith(b"%PDF")


def test_an_erasure_is_answered_in_parts_with_how_to_appeal(desk: Desk) -> None:
    place = desk.named(Right.ERASURE)
    page = desk.dpo.get(f"{place}?steg=answer").text
    assert "Ingenting i arkivet tas bort på begäran" in page
    archive = page.partition('id="plats-archive"')[2].partition("</select>")[0]
    assert 'value="kept"' in archive
    assert 'value="removed"' not in archive
    day = desk.office.subjects.today().isoformat()
    given = {
        "steg": "answer", "svar": "partly", "dag": day, "skal": "Bevaras", "upplyst": "1",
        "plats-platform": "hidden", "skal-platform": "Döljs", "plats-register": "not_there",
        "plats-archive": "kept", "skal-archive": "Arkivlagen",
    }  # fmt: skip
    refused = desk.dpo.post(f"{place}/steg", data=given)
    assert (refused.status_code, "no mandate" in refused.text) == (400, True)
    done = desk.dpo.post(f"{place}/steg", data={**given, "delegation": "KS 4.2"})
    assert done.status_code == 303
    assert desk.dpo.get(f"{place}/svar").data.startswith(b"%PDF")
    assert desk.office.subjects.list(LOCAL)[0].state is State.REFUSED


def test_a_rectification_stands_on_the_records_page(desk: Desk) -> None:
    place = desk.named(Right.RECTIFICATION)
    wrong = desk.dpo.post(f"{place}/rattelse", data={"handling": "x", "rattelse": ""})
    assert wrong.status_code == 400
    desk.posted(f"{place}/rattelse", handling=f"R{desk.mine}", rattelse="Parken, inte torget.")
    for role in (Role.DPO, Role.REGISTRAR):
        page = desk.browser(role).get(f"/handlingar/R{desk.mine}").text
        assert "Rättelse antecknad" in page
        assert "Parken, inte torget." in page


def test_a_restriction_shows_and_the_record_is_read_as_before(desk: Desk) -> None:
    place, day = desk.named(Right.RESTRICTION), desk.office.subjects.today().isoformat()
    desk.posted(f"{place}/steg", steg="answer", svar="granted", dag=day)
    page = desk.browser(Role.REGISTRAR).get(f"/handlingar/R{desk.mine}").text
    assert "Behandlingen är begränsad" in page
    assert "Torget, sade" in page


def test_what_is_wrong_is_told_beside_its_field(desk: Desk) -> None:
    empty = desk.dpo.post("/dataskydd/begaran/ny", data={"namnd": desk.authority})
    assert empty.status_code == 400
    for told in ("Välj vilken rätt", "Skriv vad personen begär", "Skriv dagen som"):
        assert told in empty.text
    place = desk.asked()
    day = desk.office.subjects.today().isoformat()
    for data in (
        {"steg": "nej", "dag": day},
        {"steg": "answer", "dag": "2999-01-01"},
        {"steg": "answer", "dag": day, "svar": "granted"},
        {"steg": "confirm_identity", "dag": day},
        {"steg": "collect", "dag": day, "handlingar": "sju"},
    ):
        assert desk.dpo.post(f"{place}/steg", data=data).status_code == 400, data
    assert desk.dpo.get(f"{place}/svar").status_code == 303
    assert "No records are named" in desk.dpo.get(f"{place}/utdrag").text


def test_an_incident_with_its_hours_and_its_document(desk: Desk) -> None:
    assert "Ingen incident pågår." in desk.dpo.get("/dataskydd/incidenter").text
    bad = desk.dpo.post("/dataskydd/incidenter/ny", data={"kand": "i går"})
    assert (bad.status_code, "Skriv tiden som" in bad.text) == (400, True)
    page = desk.dpo.get("/dataskydd/incidenter/ny").text
    now = re.search(r'id="kand"[^>]*value="([^"]+)"', page)
    assert now
    place = desk.posted(
        "/dataskydd/incidenter/ny",
        namnd=desk.authority,
        text="Fel mottagare",
        kand=now[1],
        handlingar=f"R{desk.mine}",
    )
    assert "71 timmar kvar" in desk.dpo.get("/dataskydd/incidenter").text
    closing = desk.dpo.post(f"{place}/steg", data={"steg": "close", "nar": now[1]})
    assert (closing.status_code, "Assess the risk" in closing.text) == (400, True)
    desk.posted(f"{place}/steg", steg="assess", risk="risk", skal="Namn", nar=now[1])
    desk.posted(f"{place}/steg", steg="notify", hande="Fel", kontakt="DSO", antal="3", nar=now[1])
    assert 'value="3"' in desk.dpo.get(f"{place}?steg=supplement").text
    assert desk.dpo.get(f"{place}/pdf").data.startswith(b"%PDF")


def test_the_record_of_processing_and_the_notice(desk: Desk) -> None:
    page = desk.dpo.get("/dataskydd/behandlingar").text
    assert "Registret är inte fullständigt" in page
    for kind, begins in (("pdf", b"%PDF"), ("dpia", b"%PDF"), ("json", b"{"), ("csv", b"\xef\xbb")):
        assert desk.dpo.get(f"/dataskydd/behandlingar?gor={kind}").data.startswith(begins)
    bad = desk.dpo.post("/dataskydd/information", data={"namnd": desk.authority, "gor": "anta"})
    assert (bad.status_code, "Fyll i kontaktuppgiften" in bad.text) == (400, True)
    given = {"namnd": desk.authority, "kontakt": "ks@testkoping.example", "ombud": "DSO"}
    seen = desk.dpo.post("/dataskydd/information", data={**given, "gor": "visa"})
    assert "ks@testkoping.example" in seen.text
    desk.posted("/dataskydd/information", **given, gor="anta", beslut="KS § 14")
    page = desk.dpo.get("/dataskydd/information").text
    assert "KS § 14" in page
    assert desk.office.processing.adopted(LOCAL, desk.authority)[0].digest in page
