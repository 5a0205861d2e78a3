"""Acting as one of the demo's invented people, and that no other home has such a thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver.demo.cast import cast
from archiver.web import played
from archiver.web.security import cookie_name
from tests.homes import make_home
from tests.unit.web.served import TOKEN, Browser, FakeSearch, Web

assert played.pages.name == "played"


@pytest.fixture
def demo(tmp_path: Path) -> Web:
    home = make_home(tmp_path / "home")
    return Web(home, {}, FakeSearch(home.ledger), played=True)


def _people(web: Web) -> list[int]:
    return [one.seq for one in cast(web.people)]


def test_who_opened_the_demo_chooses_as_whom_to_act(demo: Web) -> None:
    browser = demo.browser()
    assert "Demo: du är" not in browser.get("/om").text, "nobody is there yet"
    eva, bo = _people(demo)
    page = browser.get("/om").text
    assert "Demo: du är" in page
    assert "Eva Lind, Arkivarie" in page
    assert "selected" not in page
    assert browser.get("/anvandare").status_code == 200, "operations may manage users"
    answer = browser.post("/demo/person", data={"person": str(bo), "back": "/handlingar"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/handlingar")
    page = browser.get("/handlingar").text
    assert f'<option value="{bo}" selected>' in page
    assert browser.get("/anvandare").status_code == 403, "the registrar may not"
    browser.post("/demo/person", data={"person": str(eva), "back": "https://fiende.example"})
    assert f'<option value="{eva}" selected>' in browser.get("/handlingar").text
    for nobody in ("", "99999", "x"):
        browser.post("/demo/person", data={"person": nobody})
        assert browser.get("/anvandare").status_code == 200


def test_it_opens_nothing_by_itself(demo: Web) -> None:
    """Without the one-time address nobody acts as anybody; a forged form changes nothing."""
    _, bo = _people(demo)
    stranger = demo.browser(entered=False)
    stranger.client.set_cookie(cookie_name(8465).replace("diarkiv", "diarkiv-played"), str(bo))
    assert stranger.get("/handlingar").status_code == 403
    assert stranger.post("/demo/person", data={"person": str(bo)}).status_code >= 400
    assert demo.browser().post("/demo/person", forged=True, data={"person": "1"}).status_code == 400


def test_no_other_home_has_it(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    web = Web(home, {}, FakeSearch(home.ledger))
    browser = web.browser()
    assert browser.post("/demo/person", data={"person": "1"}).status_code == 404
    _, bo = _people(web)
    again = Browser(web.app())
    again.client.set_cookie("diarkiv-played-8465", str(bo))
    assert again.get(f"/?token={TOKEN}").status_code == 303
    assert again.get("/handlingar").status_code == 401, "with users, people sign in"
