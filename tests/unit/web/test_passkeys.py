"""Passkeys through the pages: in with one, one's own, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from archiver.people.passkey import FRESH
from archiver.people.service import User
from archiver.people.throttle import ADDRESS
from archiver.web.security import cookie_for
from tests.unit.people.authenticator import Authenticator
from tests.unit.web.served import PORT, Browser
from tests.unit.web.test_sign_in import ORIGIN, WORD, Rig, enter, token

HERE = f"http://localhost:{PORT}"


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path / "home")


@pytest.fixture
def eva(rig: Rig) -> User:
    return rig.user()


@pytest.fixture
def browser(rig: Rig, eva: User) -> Browser:
    found = Browser(rig.app())
    found.base = HERE
    return found


@pytest.fixture
def key(browser: Browser) -> Authenticator:
    """Eva's passkey; she is signed in."""
    enter(browser)
    made = Authenticator(origin=HERE)
    assert enrol(browser, made).status_code == 303
    return made


def ask(browser: Browser, path: str) -> TestResponse:
    headers = {"X-CSRFToken": token(browser), "Accept": "application/json"}
    return browser.post(path, forged=True, headers=headers)


def enrol(browser: Browser, made: Authenticator, name: str = "Telefonen") -> TestResponse:
    options = ask(browser, "/min-inloggning/fraga").get_json()
    data = {"passkey-svar": made.make(options), "namn": name, "csrf_token": token(browser)}
    return browser.post("/min-inloggning/passkey", forged=True, data=data)


def knock(browser: Browser, key: Authenticator, **more: str) -> TestResponse:
    options = ask(browser, "/logga-in/passkey/fraga").get_json()
    data = {"passkey-svar": key.answer(options), "csrf_token": token(browser), **more}
    return browser.post("/logga-in/passkey", forged=True, data=data)


def stranger(browser: Browser) -> Browser:
    other = Browser(browser.app)
    other.base = HERE
    return other


def happened(rig: Rig) -> list[tuple[str, int]]:
    rig.trail.close()
    return [(one.what, one.actor) for one in rig.trail.lines(None, before=None, limit=50)]


# --- in ------------------------------------------------------------------------------------------


def test_in_with_a_passkey_to_the_page_that_was_asked_for(
    rig: Rig, browser: Browser, key: Authenticator, eva: User
) -> None:
    other = stranger(browser)
    assert "Logga in med passkey" in other.get("/handlingar").text
    answer = knock(other, key, till="/handlingar?visa=lista")
    assert (answer.status_code, answer.location) == (303, "/handlingar?visa=lista")
    assert other.get("/handlingar").status_code == 200
    assert ("signed_in", eva.seq) in happened(rig)
    text = browser.get("/min-inloggning").text
    assert "Telefonen" in text
    assert "aldrig" not in text


def test_what_was_typed_is_not_lost(browser: Browser, key: Authenticator) -> None:
    other = stranger(browser)
    refused = knock(other, Authenticator(origin=HERE), till="/sprak", **{"kvar-namn": "Ny"})
    assert refused.status_code == 401
    assert 'name="kvar-namn" value="Ny"' in refused.text
    offered = knock(other, key, till="/sprak", **{"kvar-namn": "Ny"})
    assert offered.status_code == 200
    assert 'value="Ny"' in offered.text


def test_an_answer_is_good_once_and_in_the_browser_that_was_asked(
    browser: Browser, key: Authenticator
) -> None:
    asked, other = stranger(browser), stranger(browser)
    options = ask(asked, "/logga-in/passkey/fraga").get_json()
    answer = key.answer(options)
    data = {"passkey-svar": answer, "csrf_token": token(other)}
    stolen = other.post("/logga-in/passkey", forged=True, data=data)
    assert stolen.status_code == 401
    name = cookie_for(browser.app.extensions["diarkiv"].settings, "passkey")
    question = asked.client.get_cookie(name, domain="localhost")
    assert question
    assert question.http_only
    assert question.same_site == "Strict"
    assert options["challenge"] not in question.value  # sealed
    data["csrf_token"] = token(asked)
    assert asked.post("/logga-in/passkey", forged=True, data=data).status_code == 303
    asked.client.set_cookie(name, question.value, domain="localhost")
    data["csrf_token"] = token(asked)
    assert asked.post("/logga-in/passkey", forged=True, data=data).status_code == 401


@pytest.mark.parametrize("value", ["", "AAAA", "å", "x" * 9000])
def test_a_question_that_is_not_ours(browser: Browser, key: Authenticator, value: str) -> None:
    other = stranger(browser)
    options = ask(other, "/logga-in/passkey/fraga").get_json()
    name = cookie_for(browser.app.extensions["diarkiv"].settings, "passkey")
    other.client.set_cookie(name, value, domain="localhost")
    data = {"passkey-svar": key.answer(options), "csrf_token": token(other)}
    assert other.post("/logga-in/passkey", forged=True, data=data).status_code == 401


def test_what_failed_is_noted_and_slowed_down(rig: Rig, browser: Browser) -> None:
    other = stranger(browser)
    for _ in range(ADDRESS.free):
        data = {"passkey-svar": "{}", "csrf_token": token(other)}
        answer = other.post("/logga-in/passkey", forged=True, data=data)
    assert answer.status_code == 401
    answer = other.post("/logga-in/passkey", forged=True, data=data)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert ask(other, "/logga-in/passkey/fraga").status_code == 429
    assert ("sign_in_failed", 0) in happened(rig)


def test_a_copy_is_told_of_and_noted(rig: Rig, browser: Browser, eva: User) -> None:
    enter(browser)
    made = Authenticator(origin=HERE)
    enrol(browser, made)
    knock(stranger(browser), made)
    made.count -= 2
    assert "kan ha kopierats" in knock(stranger(browser), made).text
    assert "kan ha kopierats, stoppad" in browser.get("/min-inloggning").text
    assert ("passkey_suspected", eva.seq) in happened(rig)


def test_the_forms_are_guarded_like_any_other(browser: Browser, key: Authenticator) -> None:
    other = stranger(browser)
    for path in ("/logga-in/passkey/fraga", "/logga-in/passkey"):
        assert other.post(path, forged=True).status_code == 400
        foreign = {"Origin": "https://fiende.example", "X-CSRFToken": token(other)}
        assert other.post(path, forged=True, headers=foreign).status_code == 403


def test_in_a_home_without_users_there_is_no_such_thing(rig: Rig) -> None:
    browser = Browser(rig.app())
    browser.base = HERE
    assert browser.post("/logga-in/passkey/fraga", forged=True).status_code in (400, 404)


# --- one's own -----------------------------------------------------------------------------------


def test_only_who_has_just_signed_in_adds_and_removes(
    rig: Rig, browser: Browser, key: Authenticator
) -> None:
    rig.clock.advance(FRESH)
    page = browser.get("/min-inloggning").text
    assert "Logga in igen" in page
    assert 'id="passkey"' not in page
    assert ask(browser, "/min-inloggning/fraga").status_code == 403
    found = rig.people.accounts.passkeys.of_user(rig.people.user("eva.lind").seq)
    for path in ("/min-inloggning/passkey", "/min-inloggning/ta-bort"):
        assert browser.post(path, data={"passkey": found[0].id}).status_code == 403
    again = browser.get("/logga-in?till=/min-inloggning&igen=1")
    assert 'name="till" value="/min-inloggning"' in again.text
    assert enter(browser, till="/min-inloggning").location == "/min-inloggning"
    assert ask(browser, "/min-inloggning/fraga").status_code == 200


def test_removing(rig: Rig, browser: Browser, key: Authenticator, eva: User) -> None:
    found = re.search(r'name="passkey" value="(\w+)"', browser.get("/min-inloggning").text)
    assert found
    assert browser.post("/min-inloggning/ta-bort", data={"passkey": "00"}).location.endswith(
        "fanns-inte"
    )
    removed = browser.post("/min-inloggning/ta-bort", data={"passkey": found[1]})
    assert removed.location.endswith("borttagen")
    assert knock(stranger(browser), key).status_code == 401
    noted = happened(rig)
    assert ("passkey_added", eva.seq) in noted
    assert ("passkey_removed", eva.seq) in noted


def test_a_mistake_is_told_beside_its_field(browser: Browser) -> None:
    enter(browser)
    answer = enrol(browser, Authenticator(origin=HERE), name=" ")
    assert answer.status_code == 400
    assert 'id="namn-fel"' in answer.text
    foreign = enrol(browser, Authenticator(origin="https://fiende.example"), name="Nyckeln")
    assert foreign.status_code == 400
    assert "kunde inte läggas till" in foreign.text
    assert 'value="Nyckeln"' in foreign.text  # what was typed is not lost


def test_a_passkey_that_was_asked_for_in_another_session(rig: Rig, browser: Browser) -> None:
    """The question of one session is not answered after signing in anew."""
    enter(browser)
    options = ask(browser, "/min-inloggning/fraga").get_json()
    enter(browser)
    made = Authenticator(origin=HERE)
    data = {"passkey-svar": made.make(options), "namn": "x", "csrf_token": token(browser)}
    assert browser.post("/min-inloggning/passkey", forged=True, data=data).status_code == 400


def test_where_passkeys_do_not_work_that_is_said(rig: Rig, eva: User) -> None:
    browser = Browser(rig.app())  # 127.0.0.1
    enter(browser)
    text = browser.get("/min-inloggning").text
    assert HERE in text
    assert 'id="passkey"' not in text


def test_behind_a_proxy_they_are_for_the_public_name(rig: Rig, eva: User) -> None:
    browser = Browser(rig.app(host="0.0.0.0", origin=ORIGIN, trusted_proxy="127.0.0.1"))
    browser.base = ORIGIN
    enter(browser)
    made = Authenticator(origin=ORIGIN, domain="diarkiv.testkoping.example")
    assert enrol(browser, made).status_code == 303
    elsewhere = Authenticator(origin=ORIGIN, domain="testkoping.example")
    assert enrol(browser, elsewhere).status_code == 400
    other = Browser(browser.app)
    other.base = ORIGIN
    assert knock(other, made).status_code == 303


def test_nothing_of_it_is_logged(
    browser: Browser, key: Authenticator, capfd: pytest.CaptureFixture[str]
) -> None:
    knock(stranger(browser), key)
    said = "".join(capfd.readouterr())
    for text in (WORD, "Telefonen", key.credential.hex()):
        assert text not in said
