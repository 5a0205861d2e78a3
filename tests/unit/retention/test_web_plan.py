"""The pages of plans, decisions, holds, the simulator and the documents, over HTTP."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Mapping
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from archiver.core.access import HOME, LOCAL, Role, viewer_of
from archiver.core.calendar import stockholm_date
from archiver.registry.cases import Cases
from archiver.registry.core.entry import Dated, Direction, Registration
from retention.core.plan_file import PlanForm, read_plan, write_plan
from retention.core.schedule import DecisionLevel
from retention.schedule.reading import HeldDecision
from retention.schedule.shipped import proposal
from tests.unit.retention.plans import a_decision
from tests.unit.web.served import Browser, Web, build

CONDITIONS = ("insight", "no_value", "processed", "audit_passed", "no_rights")
PLAN = """plan;version;beslutsnivåer;kod;handlingstyp;bevarandetid;händelse;ursprung
Prov;1;myndigheten;IN;Inkommet;1 år;inkommen;inkommen
Prov;1;myndigheten;UT;Upprättat;1 år;upprättad;upprättad
"""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Web:
    """A harvested home in which KS has adopted what ships; KFN has no schedule."""
    web = build(tmp_path_factory.mktemp("plan") / "home")
    day = stockholm_date(web.home.clock.now())
    web.plans.adopt(LOCAL, proposal(day, authority(web)).schedule)
    return web


@pytest.fixture
def browser(web: Web) -> Browser:
    return web.browser()


def authority(web: Web, code: str = "KS") -> int:
    return web.home.channels.authority(code).seq


def mistakes(answer: TestResponse) -> list[str]:
    found = re.findall(r'class="mistake"[^>]*>([^<]*)', answer.text)
    return [html.unescape(one).strip() for one in found]


def events(web: Web) -> int:
    with web.home.ledger.writer() as writer:
        return writer.next_seq


# --- plans ---------------------------------------------------------------------------------------


def test_what_ships_is_offered_and_adopted_once_it_was_looked_at(
    web: Web, browser: Browser
) -> None:
    other = authority(web, "KFN")
    page = browser.get(f"/gallring/plan?namnd={other}").text
    assert "Myndigheten har ingen plan" in page
    assert page.count("rekonstruerad") + page.count("förslag") >= 20
    before = events(web)
    answer = browser.post("/gallring/plan", data={"namnd": other, "gor": "forslag"})
    review = answer.headers["Location"]
    text = browser.get(review).text
    assert "Inget är antaget än" in text
    assert text.count("Ny</span>") == 20
    assert events(web) == before
    draft = re.search(r'name="utkast" value="(\w+)"', text)
    assert draft
    sent = {"namnd": other, "utkast": draft[1], "fran": "", "gor": "avbryt"}
    assert "plan-avbruten" in browser.post("/gallring/plan/anta", data=sent).headers["Location"]
    sent["gor"] = "anta"
    gone = browser.post("/gallring/plan/anta", data=sent).headers["Location"]
    assert "plan-borta" in gone
    assert "Filen finns inte kvar" in browser.get(gone).text
    assert web.plans.versions(other) == []


def test_a_row_says_its_wording_its_count_and_who_has_not_decided(browser: Browser) -> None:
    page = browser.get("/gallring/plan").text
    row = page[page.index("<strong>SM08</strong>") :].split("</tr>")[0]
    assert "Beslut saknas" in row
    assert "arkivmyndigheten, myndigheten" in row
    assert '<td class="count">2</td>' in row
    assert "dold eller borttagen av oss" in row
    assert "förslag" in row


@pytest.mark.parametrize("form", list(PlanForm))
def test_a_plan_is_saved_and_read_again(web: Web, browser: Browser, form: PlanForm) -> None:
    answer = browser.get(f"/gallring/plan/fil?form={form.value}")
    assert answer.headers["Content-Disposition"].endswith(f'.{form.value}"')
    read = read_plan(answer.data, authority(web))
    assert getattr(read, "schedule", None) == web.plans.versions(authority(web))[0]
    assert browser.get("/gallring/plan/fil?form=exe").status_code == 404


def test_a_file_with_mistakes_changes_nothing_and_each_is_told(web: Web, browser: Browser) -> None:
    bad = "plan;version;beslutsnivåer;kod;handlingstyp;bevarandetid\nP;2;;X1;A;kanske\n;;;;B;1 år\n"
    before = events(web)
    later = stockholm_date(web.home.clock.now()) + timedelta(days=9)
    data = {"fil": (io.BytesIO(bad.encode()), "plan.csv"), "fran": later.isoformat()}
    answer = browser.post("/gallring/plan", data=data)
    assert answer.status_code == 400
    assert "rad 2:" in answer.text
    assert "kanske" in answer.text
    assert f'value="{later}"' in answer.text, "what was typed is there still"
    assert browser.post("/gallring/plan", data={"fran": "snart"}).status_code == 400
    assert events(web) == before


def test_a_changed_plan_shows_what_changes_and_is_adopted(web: Web, browser: Browser) -> None:
    own = web.plans.versions(authority(web))[0]
    text = write_plan(own, PlanForm.CSV, "sv").decode("utf-8-sig")
    text = text.replace("diarkiv-1", "2").replace("karens 3", "karens 6")
    later = stockholm_date(web.home.clock.now()) + timedelta(days=30)
    data = {"fil": (io.BytesIO(text.encode()), "plan.csv"), "fran": later.isoformat()}
    review = browser.get(browser.post("/gallring/plan", data=data).headers["Location"]).text
    assert "<del>vid inaktualitet, karens 3 månader</del>" in review
    assert "Jämförd med diarkiv-1" in review
    draft = re.search(r'name="utkast" value="(\w+)"', review)
    assert draft
    sent = {"utkast": draft[1], "fran": later.isoformat(), "gor": "anta"}
    done = browser.get(browser.post("/gallring/plan/anta", data=sent).headers["Location"]).text
    assert "Planen är antagen" in done
    assert "gäller inte i dag" in done
    assert [one.version for one in web.plans.versions(authority(web))] == ["diarkiv-1", "2"]


# --- decisions -----------------------------------------------------------------------------------


def asked(**changes: str) -> dict[str, str]:
    typed = {"dnr": "KS 2026/41", "organ": "Kommunstyrelsen", "niva": "authority"}
    typed |= {"dag": "2026-02-10", "paragraf": "§ 117", "fran": "2015-01-01", "metod": "1"}
    return typed | {"klass-SM08": "1"} | changes


def test_a_decision_shows_its_count_before_it_is_saved(web: Web, browser: Browser) -> None:
    before = events(web)
    answer = browser.post("/gallring/beslut/nytt", data=asked(gor="granska"))
    assert "Beslutet omfattar 2 handlingar i dag" in answer.text
    assert events(web) == before
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
    assert hidden["klass-SM08"] == "1"
    again = browser.post("/gallring/beslut/nytt", data=asked(gor="andra"))
    assert 'id="klass-SM08" name="klass-SM08" value="1" checked' in again.text
    saved = browser.post("/gallring/beslut/nytt", data=asked(gor="spara"))
    page = browser.get(saved.headers["Location"]).text
    assert "Beslutet är antecknat" in page
    assert "Inget annat beslut på samma nivå omfattar SM08" in page
    assert "KS 2026/41" in browser.get("/gallring/beslut").text
    twice = browser.post("/gallring/beslut/nytt", data=asked(gor="spara"))
    assert "finns redan" in mistakes(twice)[0]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"dnr": ""}, "diarienummer"),
        ({"dag": "i går"}, "ÅÅÅÅ-MM-DD"),
        ({"dag": "0001-01-01"}, "ÅÅÅÅ-MM-DD"),
        ({"niva": "kungen"}, "Välj vem som har beslutat"),
        ({"klass-SM05": "1"}, "alla fem villkor"),
        ({"klass-SM01": "1"}, "bevaras enligt planen"),
        ({"vantetid": "länge"}, "heltal"),
        ({"urval": "1"}, "urvalet"),
        ({"kanaler": "valda"}, "inga kanaler"),
        ({"kanaler": "valda", "kanal-999": "1"}, "ingen kanal C999"),
        ({"giltig-fran": "2026-01-01"}, "behöver ett skäl"),
        ({"lopande": "1"}, "två kända personer"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(
    browser: Browser, changes: Mapping[str, str], told: str
) -> None:
    data = asked(dnr="KS 2026/77", lagrum="Arkivlagen 10 §") | changes
    answer = browser.post("/gallring/beslut/nytt", data=data)
    assert answer.status_code == 400
    assert any(told in one for one in mistakes(answer)), mistakes(answer)
    assert "Arkivlagen 10 §" in answer.text, "what was typed is there still"


def test_running_disposal_is_confirmed_by_another_person(web: Web) -> None:
    first = viewer_of(40, [(Role.ARCHIVIST, HOME)])
    second = viewer_of(41, [(Role.ARCHIVIST, HOME)])
    ticked = {f"villkor-{one}": "1" for one in CONDITIONS}
    data = asked(dnr="KS 2026/50", lopande="1", gor="spara") | ticked
    where = web.browser(viewer=first).post("/gallring/beslut/nytt", data=data)
    path = where.headers["Location"].split("?")[0]
    page = web.browser(viewer=first).get(path).text
    assert "väntar på en andra person" in page
    assert "Bekräfta löpande gallring" not in page
    own = web.browser(viewer=first).post(f"{path}/bekrafta")
    assert own.status_code == 400
    assert "Be en kollega" in mistakes(own)[0]
    assert "Bekräfta löpande gallring" in web.browser(viewer=second).get(path).text
    done = web.browser(viewer=second).post(f"{path}/bekrafta")
    assert "I kraft, löpande" in web.browser(viewer=second).get(done.headers["Location"]).text
    again = web.browser(viewer=second).post(f"{path}/bekrafta")
    assert "inget att bekräfta" in mistakes(again)[0]


def test_a_decision_is_revoked_with_a_reason(web: Web, browser: Browser) -> None:
    level = DecisionLevel.ARCHIVAL_AUTHORITY
    day = stockholm_date(web.home.clock.now())
    codes = frozenset({"SM16"})
    made = a_decision(
        authority=authority(web), rules=codes, level=level, decided_on=day, valid_from=day
    )
    held = web.plans.decide(LOCAL, made)
    assert isinstance(held, HeldDecision)
    path = f"/gallring/beslut/{held.decision.seq}"
    bare = browser.post(f"{path}/upphav", data={"dag": "2020-01-01"})
    assert mistakes(bare) == ["Skriv varför beslutet upphävs."]
    early = browser.post(f"{path}/upphav", data={"skal": "Fel", "dag": "2020-01-01"})
    assert mistakes(early) == ["Beslutet kan inte upphävas den dagen."]
    done = browser.post(f"{path}/upphav", data={"skal": "Nytt reglemente"})
    page = browser.get(done.headers["Location"]).text
    assert "Upphävt" in page
    assert "Nytt reglemente" in page
    assert f'action="{path}/upphav"' not in page


def test_a_revocation_leads_to_the_proposals_that_it_stops(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = stockholm_date(web.home.clock.now())
    decided = a_decision(
        authority=authority(web),
        number="KS 2026/88",
        rules=frozenset({"SM16"}),
        decided_on=day,
        valid_from=day,
    )
    held = web.plans.decide(LOCAL, decided)
    assert isinstance(held, HeldDecision)
    monkeypatch.setattr(web.plans, "_pending", lambda seq: (seq + 1000,))
    seq = held.decision.seq
    page = web.browser().get(f"/gallring/beslut/{seq}").text
    assert f'href="/gallring/{seq + 1000}"' in page


# --- holds ---------------------------------------------------------------------------------------


def hold(**changes: str) -> dict[str, str]:
    typed = {"slag": "court", "skal": "Mål om förtal", "vad": "handlingar", "handlingar": ""}
    return typed | {"granskas": "2027-01-01"} | changes


def test_a_hold_is_placed_reviewed_and_lifted(web: Web, browser: Browser) -> None:
    record = web.record("Vattenläcka")
    page = browser.get(f"/handlingar/R{record}").text
    assert f"/gallring/stopp/nytt?handling=R{record}" in page
    form = browser.get(f"/gallring/stopp/nytt?handling=R{record}").text
    assert f'value="R{record}"' in form
    done = browser.post("/gallring/stopp/nytt", data=hold(handlingar=f"R{record}"))
    path = done.headers["Location"].split("?")[0]
    assert "Mål om förtal" in browser.get("/gallring/stopp").text
    bare = browser.post(f"{path}/granska", data={"granskas": "2020-01-01"})
    assert len(mistakes(bare)) == 2
    browser.post(f"{path}/granska", data={"granskas": "2028-01-01", "skal": "Pågår än"})
    assert "Pågår än" in browser.get(path).text
    assert mistakes(browser.post(f"{path}/hav")) == ["Skriv varför stoppet hävs."]
    done = browser.post(f"{path}/hav", data={"havs": "Domen har fått laga kraft"})
    assert "Att häva gallrar ingenting" in browser.get(done.headers["Location"]).text
    assert path not in browser.get("/gallring/stopp").text
    assert path in browser.get("/gallring/stopp?havda=1").text
    assert mistakes(browser.post(f"{path}/hav", data={"havs": "igen"}))[0].startswith("Stoppet")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"slag": ""}, "Välj varför"),
        ({"slag": "open_case"}, "Välj varför"),
        ({"skal": ""}, "Skriv varför"),
        ({"granskas": ""}, "ÅÅÅÅ-MM-DD"),
        ({"granskas": "2020-01-01"}, "en senare dag"),
        ({"handlingar": "alla"}, "till exempel R4711"),
        ({"handlingar": "R999999"}, "finns inte hos myndigheten"),
        ({"vad": "kanaler"}, "Välj minst en"),
        ({"vad": "klasser"}, "Välj minst en"),
        ({"vad": "klasser", "klass-XX": "1"}, "kan inte läggas"),
        ({"vad": "allt", "fran": "2026-02-02", "till": "2026-01-01"}, "före den första"),
    ],
)
def test_a_hold_that_names_nothing_is_refused(
    web: Web, browser: Browser, changes: Mapping[str, str], told: str
) -> None:
    before = events(web)
    answer = browser.post("/gallring/stopp/nytt", data=hold() | changes)
    assert answer.status_code == 400
    assert any(told in one for one in mistakes(answer)), mistakes(answer)
    assert events(web) == before


def test_what_an_open_case_holds_is_shown_and_ends_with_it(web: Web, browser: Browser) -> None:
    register, own = web.register_desk.register, authority(web)
    register.set_series(LOCAL, own, "KS", "{ORG} {ÅÅÅÅ}/{LÖP}")
    case = register.open_case(LOCAL, own, "Klagomål")
    entry = Registration(
        authority=own,
        direction=Direction.RECEIVED,
        day="2026-02-06",
        dated=Dated.STATED,
        title="Ett klagomål",
        records=(web.record("Samråd"),),
        case=case,
    )
    register.register(LOCAL, entry)
    assert f"öppet ärende {case}" in browser.get("/gallring/stopp").text
    Cases(web.home.ledger).close(LOCAL, case)
    assert f"öppet ärende {case}" not in browser.get("/gallring/stopp").text


# --- the simulator -------------------------------------------------------------------------------


def test_a_plan_is_tried_and_nothing_is_saved(web: Web, browser: Browser) -> None:
    before = events(web)
    data = {"vad": "fil", "dag": "2040-01-01", "beslutad": "1"}
    file = {"fil": (io.BytesIO(PLAN.encode()), "plan.csv")}
    text = browser.post("/gallring/prova", data=data | file).text
    total = re.search(r"Allt som får gallras med ändringen: (\d+)<", text)
    assert total
    assert int(total[1]) > 20
    bars = [int(one) for one in re.findall(r'<meter[^>]* value="(\d+)"', text)]
    assert sum(bars) == int(total[1]), "all of it becomes due, and the figure has its numbers"
    file = {"fil": (io.BytesIO(PLAN.encode()), "plan.csv")}
    text = browser.post("/gallring/prova", data=data | file | {"beslutad": ""}).text
    assert "gör ingen skillnad" in text, "without a decision nothing may go"
    assert events(web) == before


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"klass": ""}, "Välj en handlingstyp"),
        ({"frist": "kanske"}, "en frist som 2 år"),
        ({"frist": "1 år"}, "minst 5 år"),
        ({"klass": "SM01"}, "ingen händelse"),
        ({"dag": "2020-01-01"}, "en senare dag"),
        ({"vad": "fil"}, "Välj en fil"),
    ],
)
def test_what_cannot_be_tried_is_told(
    browser: Browser, changes: Mapping[str, str], told: str
) -> None:
    typed = {"vad": "rad", "klass": "SM08", "frist": "6 år", "dag": "2040-01-01"}
    assert browser.post("/gallring/prova", data=typed).status_code == 200
    answer = browser.post("/gallring/prova", data=typed | changes)
    assert answer.status_code == 400
    assert any(told in one for one in mistakes(answer)), mistakes(answer)


def test_a_file_that_cannot_be_read_is_told_row_by_row(browser: Browser) -> None:
    bad = {"vad": "fil", "fil": (io.BytesIO(b"kod;frist\nX;kanske\n"), "plan.csv")}
    answer = browser.post("/gallring/prova", data=bad)
    assert answer.status_code == 400
    assert "Det här behöver rättas i filen" in answer.text


# --- documents -----------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["framstallan", "arkivbeskrivning"])
def test_a_document_is_shown_and_saved_with_what_was_typed(browser: Browser, page: str) -> None:
    path, typed = f"/gallring/{page}", {"dnr": "KS 2026/60", "upplysningar": "Arkivarien"}
    shown = browser.post(path, data=typed | {"gor": "visa"}).text
    assert "KS 2026/60" in shown
    assert "SM08 Dold eller borttagen kommentar" in shown
    text = browser.post(path, data=typed | {"gor": "txt"})
    assert text.headers["Content-Disposition"].endswith('.txt"')
    assert "Upplysningar lämnas av" in text.text
    assert browser.post(path, data=typed | {"gor": "pdf"}).data.startswith(b"%PDF")
    said = json.loads(browser.post(path, data=typed | {"gor": "json"}).data)
    assert said["number"] == "KS 2026/60"
    rows = said["proposals"] if page == "framstallan" else said["classes"]
    assert [one["record_class"] for one in rows] == [f"SM{n:02}" for n in range(1, 21)]
    counts = {one["record_class"]: one.get("holding", one)["records"] for one in rows}
    assert counts["SM08"] == 2


def test_a_document_of_an_authority_without_a_plan_is_of_what_ships(
    web: Web, browser: Browser
) -> None:
    data = {"namnd": authority(web, "KFN"), "gor": "json"}
    said = json.loads(browser.post("/gallring/framstallan", data=data).data)
    assert said["authority"] == "Kultur- och fritidsnämnden"
    assert {one["status"] for one in said["proposals"]} <= {"proposed", "reconstructed"}


def test_a_decision_that_is_cited_but_not_recorded_is_told_before_and_after(
    web: Web, browser: Browser
) -> None:
    """On the review, the plan and the board; the plan is adopted all the same. Last in the file:
    the authority has no plan before."""
    other = authority(web, "KFN")
    head, one, two = PLAN.splitlines()
    rows = [head + ";beslut", one + ";KF 2026/1 § 3", two + ";"]
    file = (io.BytesIO("\n".join(rows).encode()), "plan.csv")
    day = stockholm_date(web.home.clock.now()).isoformat()
    asked = {"namnd": other, "gor": "fil", "fil": file, "fran": day}
    answer = browser.post("/gallring/plan", data=asked, content_type="multipart/form-data")
    told = "Beslutet KF 2026/1 § 3 är inte registrerat här: ingenting är gallringsbart enligt det."
    text = browser.get(answer.headers["Location"]).text
    assert told in text
    assert told not in browser.get("/gallring").text
    draft = re.search(r'name="utkast" value="(\w+)"', text)
    assert draft
    sent = {"namnd": other, "utkast": draft[1], "fran": day, "gor": "anta"}
    assert "sagt=plan&" in browser.post("/gallring/plan/anta", data=sent).headers["Location"] + "&"
    for page in (f"/gallring/plan?namnd={other}", f"/gallring?namnd={other}", "/gallring"):
        assert told in browser.get(page).text, page
    assert "(inte registrerat här)" in browser.get(f"/gallring/plan?namnd={other}").text
