"""The channels' pages over a whole application: a worker does what is asked, several browsers
change channels at once, and the archive holds."""

from __future__ import annotations

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archiver.app import Application, build
from archiver.channels.home_desk import cadences
from archiver.channels.web import part
from archiver.demo.rounds import LOGIN
from archiver.demo.server import DemoServer
from archiver.web.app import WebServices, WebSettings, create_web
from tests.databases import used
from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli
from tests.unit.channels.sites import demo_site
from tests.unit.channels.test_web_add import begin, checked, typed
from tests.unit.web.served import PORT, TOKEN, Browser

cli = _cli  # the fixture


def application(home: Path) -> Application:
    environment = {"DIARKIV_REQUEST_INTERVAL": "0", "DIARKIV_DATABASE": used()}
    return build(home, environment=environment)


def browser_over(app: Application) -> Browser:
    services = WebServices(
        ledger=app.ledger,
        channels=app.channels.channels,
        authorities=app.channels.authorities,
        clock=app.clock,
        random=os.urandom,
    )
    web = create_web(services, WebSettings(port=PORT, token=TOKEN), [part(app.desk)])
    browser = Browser(web)
    assert browser.get(f"/?token={TOKEN}").status_code == 303
    return browser


def wait_for(browser: Browser, path: str, words: str) -> str:
    text = ""
    for _ in range(600):
        text = browser.get(path).text
        if words in text:
            return text
        time.sleep(0.1)
    raise AssertionError(f"{words!r} never stood on {path}, but:\n{text}")


def test_added_harvested_and_scheduled_through_the_pages(cli: Cli) -> None:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    app = application(cli.home)
    browser = browser_over(app)
    with DemoServer(demo_site(posts=3, comments=2)) as server:
        at = begin(browser)
        browser.post(f"{at}/adress", data=typed(server))
        text = checked(browser, at)
        assert "Ja, kontot går att läsa" in text
        for schedule in ("Fullständigt schema", "Sparsamt schema"):
            assert schedule in text
        browser.post(f"{at}/kontroll", data={"val": "vidare"})
        data = {"namn": "Nyheter", "schema": "full", "agare": "KS", "minuter": "60"}
        place = browser.post(f"{at}/agare", data=data).headers["Location"].partition("?")[0]
        assert "Väntar på sin tur" in browser.get("/").text
        asked = browser.post(f"{place}/hamta").headers["Location"]
        process = cli.spawn("worker", DIARKIV_TICK="0.1")
        try:
            wait_for(browser, asked, "Klart. Allt blev sett.")
        finally:
            process.terminate()
            process.communicate(timeout=30)
    seq = int(place.rpartition("C")[2])
    assert app.desk.next_harvests()[seq] > app.clock.now() - 3_600_000
    assert "Fullständig" in browser.get(f"{place}/tackning").text
    health = app.desk.login_health(seq)
    assert health is not None
    assert LOGIN[1] not in browser.get(f"{place}/inloggning").text
    assert re.search(r">[1-9]\d*</td>", browser.get(f"{place}/anrop").text)
    browser.post(f"{place}/lage", data={"lage": "pausa"})
    assert seq not in app.desk.next_harvests()
    assert cli("harvest", "--due", "--json").json == []
    assert cli("verify").code == 0


def test_several_browsers_change_channels_at_once(cli: Cli) -> None:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    app = application(cli.home)
    url = "https://nyheter.testkoping.example"
    one = app.channels.add_channel("wordpress", url, authority="KS", title="Nytt")
    browser = browser_over(app)
    at = f"/konton/C{one.seq}"
    token = browser.token()
    cookies = browser.client._cookies  # type: ignore[attr-defined]

    def change(number: int) -> tuple[int, int]:
        mine = Browser(browser.app)
        mine.client._cookies = dict(cookies)  # type: ignore[attr-defined]
        data = {"csrf_token": token, "namn": f"Namn {number}"}
        return (
            mine.post(f"{at}/uppgifter", forged=True, data=data).status_code,
            mine.get(f"{at}/andringar").status_code,
        )

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(change, range(24))) == {(303, 200)}
    assert len(app.channels.history(one)) == 25
    assert cli("verify").code == 0
    before = cli("channel", "show", f"C{one.seq}", "--json").json
    assert len(before["changes"]) == 25
    cli("rebuild")
    assert cli("channel", "show", f"C{one.seq}", "--json").json == before


def test_the_schedules_are_those_of_the_worker() -> None:
    found = cadences()
    assert list(found) == ["interval", "full", "eco"]
    assert found["full"].scans_per_post == pytest.approx(130, abs=2)
    assert round(found["full"].heads_per_day) == 72
