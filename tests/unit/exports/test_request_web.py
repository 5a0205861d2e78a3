"""The desk of requests over HTTP: recording, collecting, the steps, and who sees what."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta
from io import BytesIO

import pytest
from werkzeug.test import TestResponse

from archiver.core.access import HOME, LOCAL, Role, viewer_of
from archiver.core.calendar import add_working_days
from exports.core.access_request import (
    Answer,
    Light,
    Standing,
    State,
    Step,
    Taken,
    after,
    faults,
    take,
)
from exports.demo import stage
from exports.requests import words
from exports.requests.mandates import Mandates
from tests.unit.web.served import Browser, Web, asked_of, build

FRIDAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Web:
    """A harvested home with requests of its own."""
    return build(tmp_path_factory.mktemp("desk") / "home")


@pytest.fixture
def browser(web: Web) -> Browser:
    return web.browser()


def text_of(answer: TestResponse) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def asked(web: Web, text: str = "Kommentarer om vattenläckan") -> int:
    return asked_of(web, web.home.channels.authority("KS").seq, text)


def step(browser: Browser, seq: int, name: Step, **more: str) -> TestResponse:
    """Take a step as its form does."""
    today = more.pop("day", None) or browser_day(browser, seq, name)
    data = {"steg": name.value, f"dag-{name.value}": today}
    plain = {"utkast"}
    data |= {n if n in plain else f"{n}-{name.value}": value for n, value in more.items()}
    return browser.post(f"/begaran/{seq}/steg", data=data)


def browser_day(browser: Browser, seq: int, name: str) -> str:
    """The day that the form proposes."""
    page = browser.get(f"/begaran/{seq}").text
    found = re.search(rf'name="dag-{name}" value="([^"]+)"', page)
    assert found, f"no form for {name}"
    return found[1]


# --- the clock -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "today", "tone", "said"),
    [
        (FRIDAY, FRIDAY, "good", "i dag"),
        (FRIDAY, date(2026, 11, 22), "good", "i morgon"),
        (date(2026, 11, 21), date(2026, 11, 21), "good", "senast 2026-11-23"),
        (FRIDAY, date(2026, 11, 23), "wait", "försenad 1 arbetsdag"),
        (FRIDAY, date(2026, 11, 24), "bad", "försenad 2 arbetsdagar"),
    ],
)
def test_the_clock_says_in_words_what_its_colour_says(
    browser: Browser, received: date, today: date, tone: str, said: str
) -> None:
    with browser.app.test_request_context(base_url=browser.base):
        assert words.clock(Standing(received=received), today) == (tone, said)


def test_the_rail_leaves_out_what_only_a_refusal_goes_through(browser: Browser) -> None:
    with browser.app.test_request_context(base_url=browser.base):
        whole = words.rail(Standing(received=FRIDAY, state=State.ANSWERED, answer=Answer.RELEASED))
        part = words.rail(Standing(received=FRIDAY, state=State.SERVED, answer=Answer.MASKED))
        assert [one.words for one in whole][-2:] == ["Besvarad", "Slutligt avslutad"]
        assert [one.words for one in part if one.place == "now"] == ["Överklagandetid"]


def test_every_fault_is_said_in_swedish_and_only_faults_are(browser: Browser) -> None:
    days = [FRIDAY + timedelta(n) for n in (-1, 0, 40)]
    served = after(
        FRIDAY,
        [
            Taken(step=Step.MAKE_PRECISE, day=FRIDAY, actor=1),
            Taken(step=Step.ANSWER, day=FRIDAY, actor=1, answer=Answer.MASKED, told=True),
            Taken(step=Step.DECIDE, day=FRIDAY + timedelta(2), actor=1, mandate="4.2"),
        ],
    )
    standings = [after(FRIDAY, []), served]
    for one in (Step.SERVE, Step.APPEAL):
        day = FRIDAY + timedelta(2 if one is Step.SERVE else 60)
        served = take(served, Taken(step=one, day=day, actor=1))
        standings.append(served)
    standings += [Standing(received=FRIDAY, state=state) for state in State]
    with browser.app.test_request_context(base_url=browser.base):
        for standing in standings:
            for name in Step:
                for day in days:
                    for answer in (None, Answer.MASKED):
                        taken = Taken(step=name, day=day, actor=1, answer=answer)
                        found = words.fault(standing, taken)
                        said = next(iter(faults(standing, taken)), None)
                        assert (found is None) == (said is None)
                        assert found is None or found.words != said, said


# --- recording -----------------------------------------------------------------------------------


def test_a_request_is_recorded_without_asking_who_or_why(web: Web, browser: Browser) -> None:
    form = browser.get("/begaran/ny").text
    assert "Fråga inte vem eller varför" in form
    assert not re.search(r'name="[^"]*(syfte|andamal|personnummer|skal)', form)
    day = web.requests.today().isoformat()
    data = {"satt": "oral", "text": "Allt om Storgatan\r\nsom ni har", "inkom": day}
    answer = browser.post("/begaran/ny", data=data)
    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"])
    assert "Klockan går" in text_of(page)
    assert "anonym" in text_of(page)
    assert "i dag" in text_of(browser.get("/begaran"))
    assert "Allt om Storgatan" in text_of(browser.get("/begaran"))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("text", " ", "Skriv vad som begärs"),
        ("text", "x" * 20_001, "högst 20000 tecken"),
        ("inkom", "2199-01-01", "har inte varit än"),
        ("inkom", "i går", "ÅÅÅÅ-MM-DD"),
        ("satt", "duva", "Välj hur begäran kom in"),
        ("avsandare", "x" * 201, "kan inte antecknas så"),
    ],
)
def test_what_cannot_be_recorded_is_said_beside_its_field(
    web: Web, browser: Browser, field: str, value: str, said: str
) -> None:
    day = web.requests.today().isoformat()
    data = {"satt": "written", "text": "Storgatan", "inkom": day, field: value}
    answer = browser.post("/begaran/ny", data=data)
    assert answer.status_code == 400
    assert said in text_of(answer)


def test_whoever_does_not_answer_requests_sees_no_sender(web: Web, browser: Browser) -> None:
    day = web.requests.today().isoformat()
    data = {"satt": "written", "text": "Brev", "inkom": day, "avsandare": "Zorkel Anonymsson"}
    where = browser.post("/begaran/ny", data=data).headers["Location"]
    assert "Zorkel" in browser.get(where).text
    auditor = web.browser(viewer=viewer_of(41, [(Role.AUDITOR, HOME)]))
    page = auditor.get(where)
    assert page.status_code == 200
    assert "Zorkel" not in page.text
    assert "/steg" not in page.text


# --- collecting ----------------------------------------------------------------------------------


def test_what_is_found_is_collected_held_and_taken_away_again(web: Web, browser: Browser) -> None:
    seq, record = asked(web), web.record("Vattenläcka")
    found = browser.get(f"/sok?q=vatten&begaran={seq}")
    assert f"Du samlar in till begäran {seq}" in text_of(found)
    assert f'name="r-{record}"' in found.text
    back = f"/sok?q=vatten&begaran={seq}"
    data = {"begaran": str(seq), f"r-{record}": "1", "tillbaka": back}
    answer = browser.post("/begaran/samla", data=data)
    assert answer.headers["Location"] == f"{back}&samlade=1"
    assert "En handling är tillagd" in text_of(browser.get(answer.headers["Location"]))
    again = browser.post("/begaran/samla", data=data)
    assert again.headers["Location"].endswith("samlade=0")
    assert web.requests.records(LOCAL, seq) == []  # collecting holds nothing

    browser.post(f"/begaran/{seq}/ta-bort", data={f"r-{record}": "1"})
    assert web.collected.of(seq) == []
    refused = step(browser, seq, Step.MAKE_PRECISE, day=web.requests.today().isoformat())
    assert refused.status_code == 400
    browser.post("/begaran/samla", data=data)
    assert step(browser, seq, Step.MAKE_PRECISE).status_code == 303
    assert web.requests.records(LOCAL, seq) == [record]
    assert web.collected.of(seq) == []
    assert "hålls kvar från gallring" in text_of(browser.get(f"/begaran/{seq}"))


def test_a_whole_page_is_added_but_nothing_of_another_authority(web: Web, browser: Browser) -> None:
    seq = asked(web)
    listed = browser.get(f"/handlingar?visa=lista&begaran={seq}").text
    page = re.search(r'name="sida" value="([\d,]+)"', listed)
    assert page
    browser.post("/begaran/samla", data={"begaran": str(seq), "alla": "1", "sida": page[1]})
    added = {one.record for one in web.collected.of(seq)}
    assert added
    ks = web.home.channels.authority("KS").seq
    mine = {one.seq for one in web.home.channels.channels() if one.authority == ks}
    with web.home.ledger.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT seq, channel FROM record").all()
    owner = dict(tuple(row) for row in rows)
    assert {owner[one] for one in added} <= mine
    assert added < {int(one) for one in page[1].split(",")}


def test_nobody_is_sent_elsewhere_than_home(web: Web, browser: Browser) -> None:
    data = {"begaran": str(asked(web)), "tillbaka": "//fiende.example/"}
    answer = browser.post("/begaran/samla", data=data)
    assert answer.headers["Location"].startswith("/begaran/")


# --- the steps -----------------------------------------------------------------------------------


def test_the_page_offers_only_answers_that_follow(web: Web, browser: Browser) -> None:
    seq, record = asked(web), web.record("Vattenläcka")
    released = '<option value="released"'
    nothing = step(browser, seq, Step.ANSWER, svar="released")
    assert (nothing.status_code, released in nothing.text) == (400, False)
    assert "Inget har lämnats ut" in text_of(nothing)
    web.collected.add(seq, [record], 0)
    assert step(browser, seq, Step.MAKE_PRECISE).status_code == 303
    left = step(browser, seq, Step.ANSWER, svar="released")
    assert left.status_code == 400
    assert f"R{record} är inte med i något utlämnande" in text_of(left)
    assert step(browser, seq, Step.READ_ON_SITE).status_code == 303
    assert released in browser.get(f"/begaran/{seq}").text
    assert step(browser, seq, Step.ANSWER, svar="released").status_code == 303


def test_from_a_refusal_to_the_court(web: Web, browser: Browser) -> None:
    seq, record = asked(web), web.record("Vattenläcka")
    web.collected.add(seq, [record], 0)
    assert step(browser, seq, Step.MAKE_PRECISE).status_code == 303
    assert step(browser, seq, Step.ASSESS).status_code == 303
    untold = step(browser, seq, Step.ANSWER, svar="refused")
    assert untold.status_code == 400
    assert 'href="#upplyst-answer"' in untold.text
    assert step(browser, seq, Step.ANSWER, svar="refused", upplyst="1").status_code == 303
    assert step(browser, seq, Step.ASK_FOR_DECISION).status_code == 303
    said = {"skal": "Uppgifterna rör hälsa.", "lagrum": "21:1"}
    nobody = step(browser, seq, Step.DECIDE, **said)
    assert nobody.status_code == 400
    assert "ingen delegation" in text_of(nobody)
    draft = step(browser, seq, Step.DECIDE, **said, organ="KS § 12", utkast="1")
    assert "Inget är beslutat" in text_of(draft)
    assert "21 kap. 1 §" in text_of(draft)
    assert step(browser, seq, Step.DECIDE, **said, organ="KS § 12").status_code == 303
    assert "Underrättelse om beslut" in text_of(browser.get(f"/begaran/{seq}"))
    paper = re.search(
        rf'href="(/begaran/{seq}/handlingar/\d+)"', browser.get(f"/begaran/{seq}").text
    )
    assert paper
    assert browser.get(paper[1]).data.startswith(b"%PDF")
    assert step(browser, seq, Step.SERVE).status_code == 303
    page = text_of(browser.get(f"/begaran/{seq}"))
    until = web.requests.get(LOCAL, seq).standing.appeal_until
    assert f"Överklagas senast {until}" in page
    assert f"löper till och med {until}" in page  # not to be closed before
    assert f"överklagas senast {until}" in text_of(browser.get("/begaran?visa=beslut"))
    assert step(browser, seq, Step.APPEAL).status_code == 303
    assert "Avvisa som för sent" not in browser.get(f"/begaran/{seq}").text
    assert step(browser, seq, Step.FIND_IN_TIME).status_code == 303
    assert "inte inlagd" not in text_of(browser.get(f"/begaran/{seq}"))
    missing = browser.get(browser.post(f"/begaran/{seq}/paket").headers["Location"])
    assert "Överklagandet är inte inlagt" in text_of(missing)
    alone = step(browser, seq, Step.HAND_TO_COURT)
    assert alone.status_code == 400
    assert "skriv var det finns" in text_of(alone)
    assert web.requests.get(LOCAL, seq).standing.state is State.IN_TIME
    filed = file(browser, seq, "appeal", BytesIO(b"%PDF-1.7 Jag klagar"), "Zorkels klagan.PDF")
    assert "Handlingen är inlagd" in text_of(browser.get(filed.headers["Location"]))
    assert step(browser, seq, Step.HAND_TO_COURT).status_code == 303
    assert "överlämnad till domstol" in text_of(browser.get(f"/begaran/{seq}"))
    package = browser.post(f"/begaran/{seq}/paket")
    assert package.data.startswith(b"PK")


def file(browser: Browser, seq: int, kind: str, content: BytesIO, name: str) -> TestResponse:
    """File a paper on the page of a request."""
    day = browser_day(browser, seq, "papper")
    data = {"sort-papper": kind, "dag-papper": day, "fil-papper": (content, name)}
    return browser.post(f"/begaran/{seq}/handlingar", data=data)


def test_what_came_in_is_kept_as_it_came(web: Web, browser: Browser) -> None:
    seq = asked(web)
    where = f"/begaran/{seq}/handlingar"
    day = web.requests.today().isoformat()
    given = {"sort-papper": "other", "dag-papper": day}
    for wrong, said in (
        ({"sort-papper": "decision"}, "Välj vad det är"),
        ({"sort-papper": "other"}, "Välj en fil, eller skriv av texten"),
        ({"dag-papper": "2199-01-01", "text-papper": "x"}, "har inte varit än"),
        ({"text-papper": "x" * 20_001}, "högst 20000 tecken"),
        ({"text-papper": "x", "fil-papper": (BytesIO(b"y"), "y.txt")}, "inte båda"),
        ({"fil-papper": (BytesIO(b"MZ"), "x.exe")}, "Filen ska vara PDF"),
        ({"fil-papper": (BytesIO(b"MZ"), "x.pdf")}, "kan inte läggas in så"),
        ({"fil-papper": (BytesIO(b""), "x.pdf")}, "Filen är tom"),
    ):
        answer = browser.post(where, data=given | wrong)
        assert (answer.status_code, said in text_of(answer)) == (400, True), said
    assert web.answers.notes.papers(LOCAL, seq) == []
    text = "Tillägg:\r\n" + "x" * 3_000
    assert browser.post(where, data=given | {"text-papper": text}).status_code == 303
    (kept,) = web.answers.notes.papers(LOCAL, seq)
    assert kept.content == text.replace("\r\n", "\n").encode()
    page = browser.get(f"/begaran/{seq}").text
    assert browser.get(f"/begaran/{seq}/handlingar/{kept.seq}").data == kept.content
    assert "Annan handling" in page
    other = web.browser(viewer=viewer_of(41, [(Role.AUDITOR, HOME)]))
    assert other.post(where, data=given | {"text-papper": "x"}).status_code in (403, 404)


def test_a_step_that_somebody_else_took_first_is_said(web: Web, browser: Browser) -> None:
    seq = asked(web)
    day = web.requests.today().isoformat()
    assert step(browser, seq, Step.ANSWER, svar="referred", day=day).status_code == 303
    again = step(browser, seq, Step.ANSWER, svar="referred", day=day)
    assert again.status_code == 400
    assert "Det går inte när begäran är ”besvarad”" in text_of(again)
    assert step(browser, seq, Step.CLOSE).status_code == 303
    assert f"Begäran {seq}" in text_of(browser.get("/begaran?visa=avslutade"))
    assert browser.post("/begaran/samla", data={"begaran": str(seq)}).status_code == 404


def test_the_first_page_shows_what_is_late_first(web: Web, browser: Browser) -> None:
    seq = asked(web, "Gammal")
    web.home.clock.advance(5 * 86_400_000)
    newer = asked(web, "Ny")
    page = browser.get("/").text
    assert page.index(f"/begaran/{seq}") < page.index(f"/begaran/{newer}")
    assert "försenad" in page
    assert add_working_days(FRIDAY, 1) == date(2026, 11, 23)


def test_a_search_for_a_request_is_noted_for_it(web: Web, browser: Browser) -> None:
    seq = asked(web)
    browser.get(f"/sok?q=vatten&begaran={seq}")
    browser.get("/sok?q=vatten")
    browser.get("/sok?q=vatten&begaran=999999")
    (noted,) = web.answers.notes.searches(LOCAL, seq)
    assert (noted.query, noted.found > 1) == ("vatten", True)


# --- the release and the written answer ----------------------------------------------------------


def test_what_is_looked_at_is_decided_and_shown_as_it_would_leave(
    web: Web, browser: Browser
) -> None:
    seq, record = asked(web), web.record("Inget vatten på nummer 22")
    web.collected.add(seq, [record], 0)
    assert step(browser, seq, Step.MAKE_PRECISE).status_code == 303
    answer = browser.post(f"/begaran/{seq}/utlamnande")
    release = int(re.search(r"/utlamnanden/(\d+)", answer.headers["Location"])[1])  # type: ignore[index]
    page = browser.get(f"/utlamnanden/{release}")
    assert "ska bedömas" in text_of(page)
    version = re.search(r'name="(v-\d+)"', page.text)
    assert version
    nothing = browser.post(f"/utlamnanden/{release}/besluta", data={"beslut": "given"})
    assert nothing.status_code == 400
    assert "Kryssa i minst en" in text_of(nothing)
    data = {version[1]: "1", "beslut": "withheld", "lagrum": "kapitel 21"}
    assert "hela lagrummet" in text_of(browser.post(f"/utlamnanden/{release}/besluta", data=data))
    wrong = browser.post(f"/utlamnanden/{release}/besluta", data={**data, "lagrum": "99:1"})
    assert "99:1: det är 15–40 kap. OSL som säger vad som är sekretess" in text_of(wrong)
    browser.post(f"/utlamnanden/{release}/besluta", data={version[1]: "1", "beslut": "given"})
    for one in web.masks.pending(LOCAL, [record]).get(record, ()):
        web.masks.reject(LOCAL, [one.seq])
    exact = text_of(browser.get(f"/utlamnanden/{release}/exakt"))
    assert "Inget vatten på nummer 22" in exact
    stale = browser.post(f"/utlamnanden/{release}/lamna-ut", data={"steg": "answer", "digest": "0"})
    assert stale.status_code == 400
    assert "Något har ändrats" in text_of(stale)
    plain, hiding = (
        re.findall(r'name="digest" value="(\w+)"', browser.get(f"{where}{query}").text)[0]
        for where in [f"/utlamnanden/{release}/exakt"]
        for query in ("", "?dolj=1")
    )
    assert plain != hiding  # another set: what is shown is what is released
    other = {"steg": "answer", "digest": plain, "dolj": "1"}
    mixed = browser.post(f"/utlamnanden/{release}/lamna-ut", data=other)
    assert (mixed.status_code, "Något har ändrats" in text_of(mixed)) == (400, True)
    assert f'value="{hiding}"' in mixed.text
    checked = browser.post(f"/utlamnanden/{release}/kontroll", data={"dolj": "1"})
    assert "dolj=1" in checked.headers["Location"]
    unmade = browser.post(f"/utlamnanden/{release}/lamnat", data={"satt": "counter"})
    assert unmade.status_code == 400
    log = browser.get(f"/begaran/{seq}/logg")
    assert log.data.startswith(b"%PDF")


def test_every_form_needs_its_token_and_our_own_origin(web: Web, browser: Browser) -> None:
    """Forms of requests, releases, masks, data protection, lifecycle and audit."""
    size = web.home.ledger.log.size
    ours = ("/begaran", "/utlamnanden", "/masker", "/dataskydd", "/livscykel", "/granskning")
    paths = {
        re.sub(r"<[^>]+>", "1", rule.rule)
        for rule in browser.app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.rule.startswith(ours)
    }
    assert len(paths) > 20
    stranger, token = Browser(browser.app), {"csrf_token": browser.token()}
    for path in sorted(paths):
        for forged in ({}, {"csrf_token": "x"}, {"csrf_token": token["csrf_token"] + "x"}):
            answer = browser.post(path, forged=True, data=forged)
            assert answer.status_code == 400, path
            assert "Formuläret gick inte att ta emot" in answer.text
        other = {"Origin": "https://fiende.example"}
        assert browser.post(path, data=token, headers=other).status_code == 403, path
        assert stranger.post(path, forged=True, data=token).status_code == 403, path
    assert web.home.ledger.log.size == size


# The home has users from here on: whoever is to see it must sign in.


def test_the_demo_has_one_of_today_and_one_that_is_late(web: Web) -> None:
    mandates = Mandates(web.home.ledger, web.home.clock, web.people.name)
    bo = web.people.add("bo.berg", "Bo Berg", ((Role.REGISTRAR, HOME),), password="allt påhittat")
    late, fresh = stage(web.requests, mandates, web.home.channels.authority("KS").seq, bo.viewer)
    today = web.requests.today()
    assert web.requests.get(LOCAL, late).light(today) is Light.RED
    assert web.requests.get(LOCAL, fresh).light(today) is Light.GREEN
    assert web.requests.get(LOCAL, fresh).received.sender == ""
