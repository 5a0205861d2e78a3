"""Livscykel in the browser: from opening to step 6, and what is told when something is refused."""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path

import pytest

from archiver.core.access import Role, viewer_of
from archiver.governance.core import acts as a
from archiver.governance.core.answers import AnswerState
from archiver.governance.core.gate import GateState
from archiver.governance.service import Initiative
from archiver.governance.web_doing import OF_A_ROW
from tests.unit.governance.initiatives import GOAL, SMALL, notes
from tests.unit.registry.desk import make_desk
from tests.unit.web.served import Browser, FakeSearch, Web

EVA, BO = 17, 18


class Desk:
    """A home with an initiative under the small checklist, and browsers of two who govern."""

    def __init__(self, path: Path) -> None:
        desk = make_desk(path)
        self.authority = desk.authority.seq
        self.web = Web(desk.home, {}, FakeSearch(desk.home.ledger), questions=SMALL)
        self.eva = self.browser(Role.COMMUNICATOR, EVA)
        self.bo = self.browser(Role.LAWYER, BO)
        self.today = self.web.initiatives.today()
        self.viewer = viewer_of(EVA, [(Role.COMMUNICATOR, self.authority)])
        opened = self.eva.post(
            "/livscykel/ny",
            data={"namnd": self.authority, "rubrik": "Nyhetsflödet", "plattform-feed": "1"},
        )
        assert opened.status_code == 303
        self.place = str(opened.headers["Location"]).partition("?")[0]
        self.seq = int(self.place.rpartition("/I")[2])

    def browser(self, role: Role, actor: int) -> Browser:
        return self.web.browser(viewer=viewer_of(actor, [(role, self.authority)]))

    @property
    def one(self) -> Initiative:
        return self.web.initiatives.get(self.viewer, self.seq)

    def take(self, *every: a.Said) -> None:
        for said in every:
            self.web.initiatives.take(self.viewer, self.seq, said)

    def to_the_gate(self) -> None:
        """Steps 1–4, without the pages."""
        for step in range(1, 5):
            named = [
                a.Noted(step=step, kind=one.kind, subject="feed", text=one.text)
                for one in notes(step)
            ]
            self.take(*([GOAL] if step == 1 else []), *named, a.Completed(step=step))

    def does(self, gor: str, browser: Browser | None = None, **data: object) -> None:
        """Send a form that is taken."""
        answer = self.sends(gor, browser, **data)
        assert answer[0] == 303, re.findall(r'"mistake".*', answer[1])

    def sends(self, gor: str, browser: Browser | None = None, **data: object) -> tuple[int, str]:
        """Status and page of a form."""
        named = {"gor": gor, **{key.replace("_", "-"): value for key, value in data.items()}}
        of_a_row = gor in {one.name for one in OF_A_ROW} and "rad" in named
        place = f"{self.place}/rad/{named.pop('rad')}" if of_a_row else self.place
        answer = (browser or self.eva).post(place, data=named)
        return answer.status_code, answer.text

    def answer_all(self) -> None:
        for row in ("1.1", "1.2"):
            self.does("svara", rad=row, svar="uppfyllt", motivering="Beslutad rutin.")
            self.does("intyga", self.bo, rad=row)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_from_the_first_form_to_step_6(desk: Desk) -> None:
    desk.does(
        "mal",
        text="Fler når rätt tjänst",
        andamal="informera_om_tjanster",
        matt="klick",
        utgangslage="100",
        malvarde="200",
        senast="2027-09-01",
    )
    for kind in ("mandate", "audience"):
        desk.does("anteckna", steg=1, slag=kind, text="Reglementet 4 §", talar="ja")
    desk.does("klart", steg=1)
    assert desk.one.standing.step == 2
    for step in (2, 3, 4):
        for kind in [one.kind for one in notes(step)]:
            desk.does("anteckna", steg=step, slag=kind, om="feed", text="Gjort.", talar="ja")
        desk.does("klart", steg=step)
    page = desk.eva.get(desk.place).text
    assert "Inte klar för beslut – 2 saker återstår" in page
    desk.answer_all()
    assert "Klar för beslut" in desk.eva.get(desk.place).text
    desk.does("skicka")
    digest = desk.one.standing.sent[-1].digest
    decided = {"utfall": "bifall", "slag": "politiskt_beslut", "organ": "KS", "paragraf": "§ 201"}
    desk.does("beslut", **decided, dag=desk.today, visat=digest)
    desk.does("klart", steg=5)
    assert desk.one.standing.step == 6
    page = desk.eva.get(desk.place).text
    assert f"Beslutad KS {desk.today} § 201" in page
    desk.does("avvagning", vem="Förvaltningschefen", skal="Krisinformation behövs nu.")
    assert desk.one.verdict.state is GateState.CLEARED
    assert "Klar för driftsättning" in desk.eva.get("/livscykel").text


def test_what_is_wrong_is_told_beside_its_field_and_what_was_typed_is_kept(desk: Desk) -> None:
    wrong = {"text": "Nå alla", "andamal": "skryt", "senast": "snart", "plattform-x": "1"}
    status, page = desk.sends("mal", **wrong)
    assert status == 400
    for words in ("Välj ett av alternativen.", "Skriv dagen som ÅÅÅÅ-MM-DD.", "Välj bland"):
        assert words in page
    assert "Nå alla</textarea>" in page
    assert desk.one.standing.goals == ()
    status, page = desk.sends("mal", text="å" * 2001, andamal="transparens")
    assert status == 400
    assert "Texten är för lång" in page
    for gor, told in (("", "Välj vad som ska göras."), ("mal", "Fyll i: Mål.")):
        status, page = desk.sends(gor)
        assert (status, told in page) == (400, True)
    assert len(desk.one.acts) == 0


def test_a_form_is_sent_to_its_pages_own_address(desk: Desk) -> None:
    """So that whoever reloads a refused form, or changes language there, comes to a page."""
    for path in (desk.place, f"{desk.place}/rad/1.1"):
        assert f'action="{path}" enctype' in desk.eva.get(path).text
        refused = desk.eva.post(path, data={"gor": "intyga" if "rad" in path else "klart"})
        assert (refused.status_code, desk.eva.get(path).status_code) == (400, 200)


def test_a_step_is_not_completed_before_what_it_asks_for(desk: Desk) -> None:
    status, page = desk.sends("klart", steg=1)
    assert status == 400
    assert "Det här återstår: saknas: stöd i uppdraget (reglemente)" in page
    status, page = desk.sends("klart", steg=4)
    assert status == 400
    assert "Ingenting ändrades." in page
    assert desk.one.standing.step == 1
    status, page = desk.sends("skicka")
    assert (status, "1.1: raden är obesvarad" in page) == (400, True)
    assert desk.sends("klart", steg="²")[0] == 400


def test_whoever_answered_does_not_attest_and_the_motivation_is_asked_for(desk: Desk) -> None:
    status, page = desk.sends("svara", rad="1.1", svar="uppfyllt", ansvarig="Kansliet")
    assert status == 400
    assert "Fyll i: Motivering." in page
    assert 'value="Kansliet"' in page
    status, page = desk.sends("intyga", rad="1.1")
    assert (status, "no answer to attest" in page) == (400, True)
    desk.does("svara", rad="1.1", svar="uppfyllt", motivering="Beslutad rutin.")
    status, page = desk.sends("intyga", rad="1.1")
    assert status == 400
    assert "Be en kollega intyga." in page
    desk.does("intyga", desk.bo, rad="1.1")
    assert desk.one.standing.answer("1.1").attester == BO
    assert desk.sends("svara", svar="uppfyllt", motivering="Utan rad")[0] == 400
    assert desk.sends("svara", rad="9.9", svar="uppfyllt", motivering="Fel rad")[0] == 404


def test_a_row_shows_whose_words_it_has_its_ground_evidence_and_check(desk: Desk) -> None:
    desk.does("svara", rad="1.2", svar="villkorat", motivering="Rutinen skrivs.")
    file = (io.BytesIO(b"rutin"), "rutin.pdf")
    desk.does("underlag", rad="1.2", fil=file, galler_till="2099-12-31", lank="KS 2026/12")
    [held] = desk.one.standing.answer("1.2").evidence
    assert held.name == "rutin.pdf"
    assert held.sha256 == hashlib.sha256(b"rutin").hexdigest()
    status, page = desk.sends("underlag", rad="1.2", namn="Utan fil")
    assert (status, "evidence has a SHA-256" in page) == (400, True)
    late = {"text": "Rutin antas", "ansvarig": "Kansliet", "senast": "2099-01-01"}
    status, page = desk.sends("villkor", rad="1.2", **late)
    assert (status, "within twelve months" in page) == (400, True)
    desk.does("villkor", rad="1.2", **(late | {"senast": desk.today}), fore_drift="1")
    page = desk.eva.get(f"{desk.place}/rad/1.2").text
    for words in ("E-delegationen omformulerad", "RF 1:9", "rutin.pdf", held.sha256, "Rutin antas"):
        assert words in page
    desk.does("uppfyllt", rad="1.2", text="Antagen KS § 12")
    page = desk.eva.get(f"{desk.place}/checklista").text
    for words in ("E-delegationen omformulerad", "RF 1:9", "Antagen KS § 12", "2099-12-31"):
        assert words in page
    assert desk.one.standing.answer("1.2").state is AnswerState.CONDITIONAL
    assert desk.eva.get(f"{desk.place}/rad/9.9").status_code == 404


def test_the_underlag_is_printed_as_it_was_frozen(desk: Desk) -> None:
    assert "Inget underlag är skickat ännu." in desk.eva.get(f"{desk.place}/underlag").text
    assert desk.eva.get(f"{desk.place}/underlag?som=json").status_code == 404
    desk.to_the_gate()
    desk.answer_all()
    desk.does("skicka")
    desk.does("svara", rad="1.1", svar="ej_uppfyllt", motivering="Ändrat efteråt.")
    page = desk.bo.get(f"{desk.place}/underlag").text
    assert "Beslutad rutin." in page
    assert "Ändrat efteråt." not in page
    assert "E-delegationen omformulerad" in page
    frozen = desk.one.standing.sent[-1]
    data = desk.bo.get(f"{desk.place}/underlag?som=json")
    assert data.data == frozen.snapshot.encode()
    assert json.loads(data.data)["remaining"] == []
    assert desk.bo.get(f"{desk.place}/underlag?digest=ffff").status_code == 404


def test_a_decision_without_the_underlag_is_recorded_and_opens_nothing(desk: Desk) -> None:
    desk.to_the_gate()
    decided = {"utfall": "bifall", "slag": "politiskt_beslut", "organ": "KS", "dag": desk.today}
    status, page = desk.sends("beslut", **decided)
    assert (status, "paragraph" in page) == (400, True)
    desk.does("beslut", **decided, paragraf="§ 7", mening="KS godkänner flödet.")
    page = desk.eva.get(desk.place).text
    assert "fattades utan ett fullständigt besvarat underlag" in page
    status, page = desk.sends("klart", steg=5)
    assert (status, "Det här återstår" in page) == (400, True)
    desk.does("justering", justerat=desk.today, anslaget=desk.today)
    desk.does("overklagande", mal="1234-26", inhibition="1")
    desk.does("dom", utgang="upphavt", dag=desk.today)
    [decision] = desk.one.standing.decisions
    assert decision.annulled


def test_the_pages_speak_the_readers_language(desk: Desk) -> None:
    desk.eva.post("/sprak", data={"language": "en", "back": desk.place})
    page = desk.eva.get(f"{desk.place}?gor=beslut").text
    assert "Not ready for a decision – 2 things remain" in page
    for words in ("goals", "direction", "extent", "quality"):
        assert f">{words}</label>" in page
    desk.to_the_gate()
    desk.answer_all()
    desk.does("skicka")
    page = desk.eva.get(f"{desk.place}/underlag").text
    assert "mandatory" in page
    assert '<span lang="sv">Fråga 1.1?</span>' in page, "frozen words are what they were"


def test_a_deviation_is_recorded_handled_and_put_right(desk: Desk) -> None:
    desk.does("avvikelse", text="Ingen bemanning", omrade="resurser", rad="1.1", kontroll="A-PROV")
    page = desk.eva.get(desk.place).text
    assert "Ingen bemanning" in page
    handled = {"avvikelse": 1, "vem": "Kommundirektören", "skal": "Ersättare är utsedd"}
    status, page = desk.sends("hantera", **handled)
    assert (status, "Fyll i: Mandat." in page) == (400, True)
    desk.does("hantera", **handled, mandat="KS delegationsordning 3.1")
    assert "hanterad avvikelse" in desk.eva.get(f"{desk.place}/rad/1.1").text
    desk.does("atgarda", avvikelse=1, skal="Bemannat")
    assert desk.sends("atgarda", avvikelse=1, skal="Igen")[0] == 400
    assert "åtgärdad" in desk.eva.get(desk.place).text


def test_an_account_is_linked_terms_change_and_an_initiative_ends(desk: Desk) -> None:
    add = desk.web.home.add_channel
    channel = add("feed", "http://nyheter.test/flode", "127.0.0.1:1").seq
    desk.does("konto", konto=channel)
    assert list(desk.one.standing.channels) == [channel]
    assert desk.sends("konto", konto=channel)[0] == 400
    desk.does("villkorsandring", plattform="feed", text="Nya villkor")
    assert desk.one.standing.terms_changed == desk.today
    assert desk.sends("omgang")[0] == 400
    assert desk.sends("avsluta")[0] == 400
    desk.does("avsluta", skal="Används inte", oanvant="1")
    page = desk.eva.get(desk.place).text
    assert "Används inte" in page
    assert 'name="gor"' not in page
    assert "Nyhetsflödet" not in desk.eva.get("/livscykel").text
    assert "Nyhetsflödet" in desk.eva.get("/livscykel?alla=1").text


def test_an_auditor_sees_and_is_offered_nothing_and_another_authority_finds_nothing(
    desk: Desk,
) -> None:
    auditor = desk.browser(Role.AUDITOR, 19)
    for path in ("", "/checklista", "/rad/1.1", "/underlag"):
        page = auditor.get(desk.place + path)
        assert page.status_code == 200
        assert "Att göra" not in page.text
    assert auditor.post(desk.place, data={"gor": "klart"}).status_code == 403
    other = desk.web.browser(viewer=viewer_of(20, [(Role.COMMUNICATOR, desk.authority + 1)]))
    assert other.get(desk.place).status_code == 404
    assert "Nyhetsflödet" not in other.get("/livscykel").text
    status = other.post(
        "/livscykel/ny",
        data={"namnd": desk.authority, "rubrik": "Annans", "plattform-feed": "1"},
    ).status_code
    assert status == 400
    split = viewer_of(21, [(Role.AUDITOR, desk.authority), (Role.LAWYER, desk.authority + 1)])
    both = desk.web.browser(viewer=split)
    answer = both.post(desk.place, data={"gor": "avsluta", "skal": "Nej"})
    assert answer.status_code == 403


def test_an_initiative_is_opened_with_what_it_needs(desk: Desk) -> None:
    answer = desk.eva.post("/livscykel/ny", data={"rubrik": "Sidan", "i-drift": "2014"})
    assert answer.status_code == 400
    for words in ("Fyll i: Myndighet.", "Välj minst ett: Plattformar.", 'value="Sidan"'):
        assert words in answer.text
    late = {"namnd": desk.authority, "rubrik": "Sidan", "plattform-feed": "1"}
    answer = desk.eva.post("/livscykel/ny", data=late | {"i-drift": "2099-01-01"})
    assert (answer.status_code, "Initiativet kan inte öppnas så." in answer.text) == (400, True)
    assert len(desk.web.initiatives.list(desk.viewer)) == 1
