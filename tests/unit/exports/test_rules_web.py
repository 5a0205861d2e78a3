"""Delegationer and Avgifter over HTTP: given, ended, adopted, calculated, and who may."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta

import pytest
from werkzeug.test import TestResponse

from archiver.core.access import HOME, LOCAL, Role, viewer_of
from exports.core.access_request import Answer, Step, Taken
from exports.core.fees import FeeTable, Medium, Rate
from exports.core.mandate import ChangedBy, Mandate, MandateKind, NoMandate
from exports.requests.service import Requests
from retention.holds.service import Holds
from tests.unit.web.served import Web, asked_of, build

PROVISION = "KS delegationsordning 3.2"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Web:
    """A harvested home, two authorities and a user."""
    web = build(tmp_path_factory.mktemp("rules") / "home")
    web.played = True  # there is a user, and nobody has to sign in
    web.people.add("alva", "Alva Ekbacke", ((Role.LAWYER, HOME),))
    return web


def text_of(answer: TestResponse) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def given(web: Web, **changed: str) -> dict[str, str]:
    said = {
        "namnd": str(web.home.channels.authority("KS").seq),
        "person": str(web.people.user("alva").seq),
        "slag-refusal": "1",
        "bestammelse": PROVISION,
        "beslut": "KS 2026-01-14 § 7",
        "fran": "2026-02-01",
    }
    return {**said, **changed}


def test_a_mandate_is_given_listed_and_ended(web: Web) -> None:
    browser = web.browser()
    assert "Ingen har delegation" in text_of(browser.get("/begaran/delegationer"))
    answer = browser.post("/begaran/delegationer/ny", data=given(web))
    assert answer.status_code == 303
    page = text_of(browser.get(answer.headers["Location"]))
    for said in ("Delegationen är inlagd", "Alva Ekbacke", "avslag på begäran", PROVISION):
        assert said in page
    assert "KS 2026-01-14 § 7" in page
    assert "ingen jurist har bekräftat" in page
    (held,) = web.mandates.list(LOCAL)
    assert (held.kinds, held.valid_from) == ({MandateKind.REFUSAL}, date(2026, 2, 1))
    end = {"delegation": str(held.seq), f"sista-{held.seq}": "2020-01-01"}
    path = "/begaran/delegationer/avsluta"
    assert "Skriv varför" in text_of(browser.post(path, data=end))
    end[f"skal-{held.seq}"] = "Ny delegationsordning"
    assert "kan inte upphöra den dagen" in text_of(browser.post(path, data=end))
    yesterday = web.requests.today() - timedelta(days=1)
    answer = browser.post(path, data={**end, f"sista-{held.seq}": yesterday.isoformat()})
    assert answer.status_code == 303
    page = text_of(browser.get(answer.headers["Location"]))
    assert "Har upphört" in page
    assert PROVISION in page
    gone = browser.post(path, data={"delegation": "7", "sista-7": "2026-01-01", "skal-7": "x"})
    assert gone.status_code == 400


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"person": ""}, "Välj vem som får besluta"),
        ({"person": "999999"}, "kan inte läggas in så"),
        ({"slag-refusal": ""}, "minst ett slags beslut"),
        ({"bestammelse": " "}, "punkten i delegationsordningen"),
        ({"beslut": ""}, "nämndens beslut"),
        ({"fran": "i går"}, "ÅÅÅÅ-MM-DD"),
        ({"till": "2026-01-01"}, "före den första"),
        ({"bestammelse": "KS \x1b[2J"}, "kan inte läggas in så"),
    ],
)
def test_what_is_no_mandate_is_said(web: Web, changed: dict[str, str], said: str) -> None:
    before = web.home.ledger.log.size
    answer = web.browser().post("/begaran/delegationer/ny", data=given(web, **changed))
    assert answer.status_code == 400
    assert said in text_of(answer)
    assert web.home.ledger.log.size == before


def test_nobody_gives_one_to_themselves_or_for_anothers_authority(web: Web) -> None:
    alva, ks = web.people.user("alva").seq, web.home.channels.authority("KS").seq
    before = web.home.ledger.log.size
    own = web.browser(viewer=viewer_of(alva, [(Role.OPERATOR, ks)]))
    assert "U" + str(alva) not in own.get("/begaran/delegationer/ny").text
    answer = own.post("/begaran/delegationer/ny", data=given(web))
    assert (answer.status_code, "åt sig själv" in text_of(answer)) == (400, True)
    kfn = web.home.channels.authority("KFN").seq
    other = web.browser(viewer=viewer_of(40, [(Role.OPERATOR, kfn)]))
    assert other.post("/begaran/delegationer/ny", data=given(web)).status_code == 404
    lawyer = web.browser(viewer=viewer_of(40, [(Role.LAWYER, ks)]))
    page = text_of(lawyer.get("/begaran/delegationer"))
    assert "den som har hand om användarna" in page
    assert lawyer.get("/begaran/delegationer/ny").status_code == 403
    assert web.home.ledger.log.size == before


def test_a_table_of_fees_is_adopted_and_calculated_by(web: Web) -> None:
    browser = web.browser()
    page = text_of(browser.get("/begaran/avgifter?medium=paper&antal=23"))
    assert "0,00 kr Ingen taxa gäller" in page
    proposed = browser.get("/begaran/avgifter?forslag=1").text
    assert re.search(r'name="forsta-paper" value="50,00"', proposed)
    assert "inte kontrollerade av oss" in text_of(browser.get("/begaran/avgifter"))
    said = {"beslut": "KF 2026-01-29 § 33", "fran": "2026-01-30", "fria-paper": "10"}
    said |= {"forsta-paper": "50", "varje-paper": "2"}
    answer = browser.post("/begaran/avgifter", data=said)
    assert answer.status_code == 303
    assert "Taxan är inlagd" in text_of(browser.get(answer.headers["Location"]))
    later = (web.requests.today() + timedelta(days=30)).isoformat()
    dearer = {**said, "beslut": "KF § 34", "fran": later, "varje-paper": "2,50"}
    assert browser.post("/begaran/avgifter", data=dearer).status_code == 303
    page = text_of(browser.get("/begaran/avgifter?medium=paper&antal=23"))
    assert "76,00 kr enligt taxan i dag: KF 2026-01-29 § 33" in page
    assert page.index("KF § 34") < page.rindex("KF 2026-01-29 § 33")
    assert "Gäller senare" in page
    assert "från och med nummer 10 kostar det 50,00 kr, och därefter 2,00 kr" in page
    assert "heltal" in text_of(browser.get("/begaran/avgifter?medium=paper&antal=x"))
    assert "går inte att räkna" in text_of(
        browser.get("/begaran/avgifter?medium=paper&antal=9999999")
    )


def test_copies_are_charged_by_the_table_and_never_more(web: Web) -> None:
    authority = web.home.channels.authority("KS").seq
    rate = Rate(medium=Medium.PAPER, free_below=10, first=5000, each=200)
    first = web.requests.today() - timedelta(days=1)
    table = FeeTable(decision="KF § 40", valid_from=first, valid_to=None, rates=(rate,))
    web.answers.fees.adopt(LOCAL, authority, table)
    seq, browser = decided(web), web.browser()
    path = f"/begaran/{seq}/avgift"
    given = {"slag-avgift": "paper", "antal-avgift": "12"}
    size = web.home.ledger.log.size
    for wrong, said in (
        ({"slag-avgift": "guld"}, "Välj vad kopiorna är på"),
        ({"antal-avgift": "-1"}, "som ett heltal"),
        ({"antal-avgift": "9" * 7}, "som ett heltal"),
        ({"mindre-avgift": "gratis"}, "Skriv kronor"),
        ({"mindre-avgift": "54,01"}, "aldrig mer än taxan"),
        ({"mindre-avgift": "10", "skal-avgift": "Litet"}, "delegation för avgifter"),
        ({"utlamnande-avgift": "4711"}, ""),
    ):
        answer = browser.post(path, data=given | wrong)
        assert (answer.status_code, said in text_of(answer)) in ((400, True), (404, True)), said
    assert web.home.ledger.log.size == size
    done = browser.post(path, data=given)
    page = text_of(browser.get(done.headers["Location"]))
    assert "Avgiften är antecknad" in page
    assert "54,00 kr 12 × papper, per sida" in page
    assert "Så mycket kan inte tas ut" in text_of(browser.post(path, data=given))
    less = given | {"mindre-avgift": "0", "skal-avgift": "Felräknat", "organ-avgift": "KS § 13"}
    page = text_of(browser.get(browser.post(path, data=less).headers["Location"]))
    assert "54,00 kr (rättad)" in page
    assert "Felräknat (KS § 13)" in page


def test_a_registrar_adopts_no_table(web: Web) -> None:
    ks = web.home.channels.authority("KS").seq
    before = web.home.ledger.log.size
    for role in (Role.REGISTRAR, Role.ARCHIVIST):
        browser = web.browser(viewer=viewer_of(40, [(role, ks)]))
        assert "Lägg in taxan" not in browser.get("/begaran/avgifter").text
        typed = {"beslut": "KF § 9", "fran": "2026-01-30", "namnd": str(ks)}
        typed |= {"fria-paper": "10", "forsta-paper": "50", "varje-paper": "2"}
        assert browser.post("/begaran/avgifter", data=typed).status_code == 403
    assert web.home.ledger.log.size == before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"beslut": ""}, "Skriv beslutet"),
        ({"fria-paper": "", "forsta-paper": "", "varje-paper": ""}, "minst ett slag"),
        ({"fria-paper": "0"}, "1 eller mer"),
        ({"varje-paper": "två"}, "Skriv kronor"),
        ({"fran": ""}, "ÅÅÅÅ-MM-DD"),
        ({"till": "2020-01-01"}, "före den första"),
    ],
)
def test_what_is_no_table_is_said(web: Web, changed: dict[str, str], said: str) -> None:
    before = web.home.ledger.log.size
    typed = {"beslut": "KF § 9", "fran": "2026-01-30", "fria-paper": "10"}
    typed |= {"forsta-paper": "50", "varje-paper": "2", **changed}
    answer = web.browser().post("/begaran/avgifter", data=typed)
    assert answer.status_code == 400
    assert said in text_of(answer)
    assert web.home.ledger.log.size == before


# --- who may change a decision -------------------------------------------------------------------


def decided(web: Web) -> int:
    """A request on which the body has decided."""
    seq, day = asked_of(web, web.home.channels.authority("KS").seq), web.requests.today()
    for step in (
        Taken(step=Step.ANSWER, day=day, actor=0, answer=Answer.NOT_HELD, told=True),
        Taken(step=Step.DECIDE, day=day, actor=0, body="KS § 12"),
    ):
        web.requests.take(LOCAL, seq, step)
    return seq


def test_a_decision_is_changed_by_whoever_may_make_it(web: Web) -> None:
    seq, day, ks = decided(web), web.requests.today(), web.home.channels.authority("KS").seq
    alva = web.people.user("alva").seq
    browser = web.browser(viewer=viewer_of(alva, [(Role.LAWYER, ks)]))
    page = text_of(browser.get(f"/begaran/{seq}"))
    assert "Ett beslut ändras av den som har delegation" in page
    assert "Det är vårt förslag, som ingen jurist har bekräftat" in page
    form = {"steg": "change_decision", "dag-change_decision": day.isoformat()}
    refused = browser.post(f"/begaran/{seq}/steg", data=form)
    assert refused.status_code == 400
    assert "ingen delegation för det" in text_of(refused)
    mandate = Mandate(
        authority=ks,
        user=alva,
        kinds=frozenset({MandateKind.REFUSAL}),
        provision=PROVISION,
        decision="KS § 7",
        valid_from=day,
    )
    web.mandates.add(LOCAL, mandate)
    assert browser.post(f"/begaran/{seq}/steg", data=form).status_code == 303
    assert web.requests.get(LOCAL, seq).steps[-1].mandate == PROVISION


def test_who_changes_a_decision_is_a_setting(web: Web) -> None:
    def requests(changed_by: ChangedBy) -> Requests:
        ledger = web.home.ledger
        return Requests(ledger, Holds(ledger, web.plans), web.home.clock, None, changed_by)

    seq, day = decided(web), web.requests.today()
    change = Taken(step=Step.CHANGE_DECISION, day=day, actor=8)
    with pytest.raises(NoMandate, match="holds no mandate"):
        requests(ChangedBy.AS_DECIDED).take(LOCAL, seq, change)
    with pytest.raises(NoMandate, match="own body alone"):
        requests(ChangedBy.BODY).take(LOCAL, seq, change)
    requests(ChangedBy.HANDLER).take(LOCAL, seq, change)
    seq = decided(web)
    by_body = Taken(step=Step.CHANGE_DECISION, day=day, actor=8, body="KS § 14")
    requests(ChangedBy.BODY).take(LOCAL, seq, by_body)
    assert web.requests.get(LOCAL, seq).steps[-1].body == "KS § 14"
