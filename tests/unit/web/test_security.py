"""Who gets in, what is refused, and the headers on every answer."""

from __future__ import annotations

import os

import pytest

from archiver.errors import ConfigError
from archiver.web.app import check_bind, create_web, entry_address, new_token
from archiver.web.security import Gate, cookie_name
from archiver.web.services import WebSettings
from tests.unit.web.served import CANARY, PORT, TOKEN, Browser, Web, pages


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.8.9.1"])
def test_loopback_may_be_served_on(host: str) -> None:
    check_bind(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "", "example.org", "10.0.0.1"])
def test_nothing_else_may_be_served_on(host: str) -> None:
    with pytest.raises(ConfigError):
        check_bind(host)


def test_an_app_on_another_address_is_refused(web: Web) -> None:
    services = web.app().extensions["diarkiv"].services
    with pytest.raises(ConfigError):
        create_web(services, WebSettings(port=PORT, host="0.0.0.0", token=TOKEN))


def test_a_short_token_is_refused() -> None:
    with pytest.raises(ConfigError):
        Gate("1234", os.urandom)


def test_the_printed_address_and_the_token() -> None:
    token = new_token(os.urandom)
    assert len(token) == 64
    assert entry_address(WebSettings(port=1, token=token)) == f"http://127.0.0.1:1/?token={token}"
    assert entry_address(WebSettings(port=1, token=token, host="::1")).startswith("http://[::1]:1/")
    assert token not in repr(WebSettings(port=1, token=token))


def test_without_a_session_every_page_says_what_to_do(web: Web) -> None:
    browser = web.browser(entered=False)
    assert browser.get("/verifiera").status_code == 200  # open to all
    asked = [page for page in pages(web) if page != "/verifiera"]
    for page in [*asked, "/progress", "/om/vkey", "/finns-inte"]:
        answer = browser.get(page)
        assert answer.status_code == 403, page
        assert "Öppna den adress som visades vid start" in answer.text
        assert CANARY not in answer.text


def test_the_token_opens_one_session_once(web: Web) -> None:
    browser = web.browser(entered=False)
    assert browser.get("/?token=" + "cd" * 32).status_code == 403
    assert browser.client.head(f"/?token={TOKEN}", base_url=browser.base).status_code == 403
    first = browser.get(f"/?token={TOKEN}")
    assert (first.status_code, first.headers["Location"]) == (303, "/")
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    assert browser.get("/").status_code == 200
    assert browser.get(f"/?token={TOKEN}").status_code == 303  # the same browser, again
    other = Browser(browser.app)
    spent = other.get(f"/?token={TOKEN}")
    assert spent.status_code == 403
    assert "Engångsadressen gäller inte längre" in spent.text
    assert TOKEN not in spent.text


def test_a_guessed_cookie_is_nothing(web: Web) -> None:
    browser = web.browser(entered=False)
    browser.client.set_cookie(cookie_name(PORT), "00" * 32, domain="127.0.0.1")
    assert browser.get("/").status_code == 403


@pytest.mark.parametrize(
    "host", ["fiende.example", "fiende.example:8465", "127.0.0.1", "127.0.0.1:1", "192.0.2.1:8465"]
)
def test_another_host_name_is_refused(browser: Browser, host: str) -> None:
    answer = browser.get("/", base_url=f"http://{host}/")
    assert answer.status_code in (403, 400)
    assert CANARY not in answer.text


@pytest.mark.parametrize("host", [f"localhost:{PORT}", f"[::1]:{PORT}"])
def test_other_names_of_this_machine_are_known(web: Web, host: str) -> None:
    browser = web.browser(entered=False)
    answer = browser.get(f"/?token={TOKEN}", base_url=f"http://{host}")
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Origin": f"http://127.0.0.1:{PORT}"}, True),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "https://fiende.example"}, False),
        ({"Origin": f"https://127.0.0.1:{PORT}"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "null", "Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "null", "Sec-Fetch-Site": "none"}, False),
    ],
)
def test_only_our_own_pages_may_send(
    browser: Browser, headers: dict[str, str], allowed: bool
) -> None:
    answer = browser.post("/verifiera", headers=headers)
    assert answer.status_code == (200 if allowed else 403)


def test_headers_stand_on_every_answer(web: Web, browser: Browser) -> None:
    statics = [
        "/static/diarkiv.css",
        "/static/progress.js",
        "/bootstrap/static/css/bootstrap.min.css",
    ]
    others = ["/finns-inte", "/handlingar/R999999", "/progress", "/om/vkey"]
    for page in [*pages(web), *statics, *others]:
        answer = browser.get(page)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'"), page
        assert "unsafe" not in policy
        assert "data:" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == ("no-cache" if page in statics else "no-store")
    refused = web.browser(entered=False).get("/")
    assert "Content-Security-Policy" in refused.headers
    assert refused.headers["Cache-Control"] == "no-store"


def test_what_is_asked_for_is_not_logged(
    browser: Browser, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    browser.get("/sok?q=hemligt-namn")
    browser.get("/handlingar/R999999?q=hemligt-namn")
    out = capfd.readouterr()
    assert "hemligt-namn" not in out.out + out.err + caplog.text


def test_an_unexpected_error_shows_and_logs_no_value(
    web: Web, browser: Browser, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_args: object, **_named: object) -> None:
        raise KeyError(f"{CANARY} i ett fel")

    monkeypatch.setattr(web.search, "search", broken)
    answer = browser.get("/sok?q=vatten")
    assert answer.status_code == 500
    assert "Något gick fel" in answer.text
    out = capfd.readouterr()
    assert CANARY not in answer.text + out.out + out.err
    assert "KeyError" in out.out + out.err


@pytest.mark.parametrize(
    ("back", "to"),
    [
        ("/handlingar?konto=C5", "/handlingar?konto=C5"),
        ("//fiende.example", "/"),
        ("https://fiende.example", "/"),
        ("/\\fiende.example", "/"),
        ("", "/"),
    ],
)
def test_the_switch_leads_back_to_our_own_pages_only(browser: Browser, back: str, to: str) -> None:
    answer = browser.post("/sprak", data={"language": "en", "back": back})
    assert (answer.status_code, answer.headers["Location"]) == (303, to)
