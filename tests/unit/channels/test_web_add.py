"""Lägg till konto, as a browser without scripts goes through it."""

from __future__ import annotations

import threading
import time

import pytest

from archiver.channels.draft import LIFE, MOST, Drafts
from archiver.core.connector import Credential
from archiver.demo.rounds import LOGIN
from archiver.demo.server import DemoServer
from archiver.errors import NotFound
from tests.build import FakeClock, seeded
from tests.unit.channels.invented import Invented
from tests.unit.web.served import Browser, Web

SECRET = "hemlig-KANARIE-4711"


def begin(browser: Browser, platform: str = "wordpress") -> str:
    """The draft's own part of the address."""
    answer = browser.post("/konton/ny", data={"plattform": platform})
    assert answer.status_code == 303
    return answer.headers["Location"].rpartition("/adress")[0]


def checked(browser: Browser, at: str) -> str:
    """The check's page once it is done."""
    for _ in range(300):
        if not browser.get(f"{at}/kontroll/lage").json["running"]:
            return browser.get(f"{at}/kontroll").text
        time.sleep(0.02)
    raise AssertionError("the check never ended")


def typed(server: DemoServer, **more: str) -> dict[str, str]:
    host, port = server.address
    login = {"anvandare": LOGIN[0], "hemlighet": LOGIN[1]}
    return {"adress": server.url, "privat": f"{host}:{port}", **login, **more}


def test_from_platform_to_channel(web: Web, browser: Browser, server: DemoServer) -> None:
    at = begin(browser)
    size = web.home.ledger.log.size
    assert browser.post(f"{at}/adress", data=typed(server)).status_code == 303
    text = checked(browser, at)
    for words in ("Ja, kontot går att läsa", "Inlägg, publicerade", "inloggad", "Detta syns inte"):
        assert words in text
    assert web.home.ledger.log.size == size  # nothing is stored
    assert browser.get(f"{at}/agare").headers["Location"].endswith("/kontroll")
    assert browser.post(f"{at}/kontroll", data={"val": "vidare"}).status_code == 303
    assert browser.get(f"{at}/agare").status_code == 200
    wrong = browser.post(f"{at}/agare", data={"namn": "Nyheter", "schema": "full", "agare": ""})
    assert (wrong.status_code, 'id="agare-fel"' in wrong.text) == (400, True)
    assert 'value="Nyheter"' in wrong.text
    again = browser.get(f"{at}/agare").text  # gone away and come back
    assert 'value="Nyheter"' in again
    done = browser.post(
        f"{at}/agare", data={"namn": "Nyheter", "schema": "full", "agare": "KS", "minuter": "60"}
    )
    (channel,) = web.home.channels.channels()
    assert done.headers["Location"] == f"/konton/C{channel.seq}?sagt=tillagt"
    assert (channel.title, channel.schedule, channel.platform) == ("Nyheter", "full", "wordpress")
    assert channel.allow == ("{}:{}".format(*server.address),)
    held = web.home.credentials.get(channel.seq)
    assert held == Credential(user=LOGIN[0], secret=LOGIN[1])
    assert browser.get(f"{at}/agare").status_code == 404  # the draft and its login are gone
    assert web.home.harvest(channel).status.value == "complete"


def test_secrets_are_kept_between_pages_and_shown_on_none(
    web: Web, browser: Browser, server: DemoServer
) -> None:
    at = begin(browser)
    pages = [browser.post(f"{at}/adress", data=typed(server, hemlighet=SECRET))]
    pages += [browser.get(f"{at}/{step}") for step in ("kontroll", "adress", "kontroll/lage")]
    text = checked(browser, at)
    assert "Nej, inloggningen godtas inte" in text
    form = browser.get(f"{at}/adress").text
    assert "En inloggning är redan ifylld" in form
    assert f'value="{server.url}"' in form
    kept = {k: v for k, v in typed(server).items() if k in ("adress", "privat")}
    assert browser.post(f"{at}/adress", data=kept).status_code == 303
    checked(browser, at)
    assert web.desk.checked[-1].credential == Credential(user=LOGIN[0], secret=SECRET)
    moved = browser.post(f"{at}/adress", data={**kept, "adress": "https://annan.example"})
    assert (moved.status_code, "Skriv inloggningen igen" in moved.text) == (400, True)
    assert browser.post(f"{at}/adress", data={**kept, "utan": "1"}).status_code == 303
    checked(browser, at)
    assert web.desk.checked[-1].credential is None
    for page in [*pages, moved]:
        assert SECRET not in page.text + str(page.headers)
    cookies = str(browser.client._cookies)  # type: ignore[attr-defined]
    assert SECRET not in cookies + text + form


def test_an_account_that_cannot_be_read_may_be_added_all_the_same(
    web: Web, browser: Browser
) -> None:
    at = begin(browser, "feed")
    browser.post(f"{at}/adress", data={"adress": "http://10.0.0.5/feed/"})
    text = checked(browser, at)
    assert "Nej, adressen är privat och får inte besökas" in text
    assert (
        browser.post(f"{at}/kontroll", data={"val": "vidare"})
        .headers["Location"]
        .endswith("/kontroll")
    )
    assert (
        browser.post(f"{at}/kontroll", data={"val": "anda"}).headers["Location"].endswith("/agare")
    )
    data = {"schema": "interval", "minuter": "60", "kod": "KFN", "nytt": "Kulturnämnden"}
    assert browser.post(f"{at}/agare", data=data).status_code == 303
    (channel,) = web.home.channels.channels()
    assert channel.title == "http://10.0.0.5/feed/"
    assert web.home.channels.authority("KFN").name == "Kulturnämnden"
    twice = begin(browser, "feed")
    answer = browser.post(f"{twice}/adress", data={"adress": "http://10.0.0.5/feed/"})
    assert (answer.status_code, "Kontot finns redan." in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"adress": ""}, "adress"),
        ({"adress": "inte en adress"}, "adress"),
        ({"adress": "https://a:b@x.example"}, "adress"),
        ({"adress": "https://x.example", "privat": "10.0.0.5"}, "privat"),
        ({"adress": "https://x.example", "anvandare": "a"}, "hemlighet"),
        ({"adress": "http://x.example", "anvandare": "a", "hemlighet": SECRET}, "adress"),
    ],
)
def test_mistakes_in_the_address_start_no_check(
    web: Web, browser: Browser, data: dict[str, str], field: str
) -> None:
    at = begin(browser)
    answer = browser.post(f"{at}/adress", data=data)
    assert answer.status_code == 400
    assert f'id="{field}-fel"' in answer.text
    assert SECRET not in answer.text
    assert web.desk.checked == []
    assert browser.get(f"{at}/kontroll").headers["Location"].endswith("/adress")


def test_options_of_a_platform_are_asked_for(web: Web, browser: Browser) -> None:
    known = {**web.home.channels._connectors, "invented": Invented()}
    web.home.channels._connectors = known
    at = begin(browser, "invented")
    form = browser.get(f"{at}/adress").text
    assert 'name="val-language"' in form
    assert "Åtkomstnyckel" in form
    assert 'name="anvandare"' not in form
    browser.post(f"{at}/adress", data={"adress": "https://127.0.0.1", "val-language": "sv"})
    checked(browser, at)
    assert web.desk.checked[-1].options == {"language": "sv", "depth": ""}


def test_a_fault_of_a_connector_is_a_finding(
    web: Web, browser: Browser, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RuntimeError(SECRET)

    web.desk.before_check = fail
    at = begin(browser, "feed")
    browser.post(f"{at}/adress", data={"adress": "https://x.example/feed"})
    text = checked(browser, at)
    assert "fel i Diarkiv (unexpected)" in text
    out = capfd.readouterr()
    assert SECRET not in out.out + out.err + text
    assert "RuntimeError" in out.out + out.err


def test_progress_is_shown_while_it_goes_on(web: Web, browser: Browser, server: DemoServer) -> None:
    go = threading.Event()
    web.desk.before_check = lambda: (go.wait(10), None)[1]
    at = begin(browser)
    browser.post(f"{at}/adress", data=typed(server))
    state = browser.get(f"{at}/kontroll/lage").json
    assert (state["running"], state["title"]) == (True, "Kontot kontrolleras")
    page = browser.get(f"{at}/kontroll").text
    assert '<meta http-equiv="refresh"' in page
    assert f'data-source="{at}/kontroll/lage"' in page
    go.set()
    checked(browser, at)


def test_drafts_are_forgotten() -> None:
    clock = FakeClock()
    drafts = Drafts(clock, seeded(1), lambda _proposal, _tell: None)  # type: ignore[arg-type, return-value]
    first = drafts.new("feed")
    clock.advance(int(LIFE * 1000) - 1)
    assert drafts.get(first.id) == first
    clock.advance(int(LIFE * 1000) + 1)
    with pytest.raises(NotFound):
        drafts.get(first.id)
    ids = []
    for _ in range(MOST + 3):
        clock.advance(1000)
        ids.append(drafts.new("feed").id)
    with pytest.raises(NotFound):
        drafts.get(ids[0])
    assert drafts.get(ids[-1]).platform == "feed"
    assert SECRET not in repr(
        drafts.get(ids[-1]).__class__(id="x", platform="y", credential=Credential(secret=SECRET))
    )
