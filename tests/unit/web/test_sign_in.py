"""Signing in through the pages: who gets in, where they land, what is never lost and never told."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from flask import Flask, g
from werkzeug.test import TestResponse

from archiver.channels.web import part as channels_part
from archiver.core.access import HOME, Role, viewer_of
from archiver.errors import AccessRefused, ConfigError
from archiver.people.service import People, User
from archiver.people.sign_in import SignIn
from archiver.people.throttle import HOUR, MINUTE
from archiver.people.trail import Trail
from archiver.web.app import WebServices, WebSettings, create_web
from archiver.web.security import check_bind, cookie_for, own_page
from archiver.web.trail import protected
from tests.build import FakeClock
from tests.homes import make_home, people_of
from tests.unit.channels.desks import FakeDesk
from tests.unit.web.served import PORT, TOKEN, Browser

WORD, OTHER = "hästar under bron", "moln över havet"
ORIGIN = "https://diarkiv.testkoping.example"


class Rig:
    """A home with users and an app over it."""

    def __init__(self, path: Path) -> None:
        self.clock = FakeClock()
        self.home = make_home(path, clock=self.clock)
        self.home.channels.add_authority("KS", "Kommunstyrelsen")
        self.home.channels.add_authority("BUN", "Barn- och ungdomsnämnden")
        self.people: People = people_of(self.home)
        self.sign_in = SignIn(self.people, self.clock, os.urandom)
        self.trail = Trail(self.home.ledger, self.clock)

    def app(self, **settings: str) -> Flask:
        services = WebServices(
            ledger=self.home.ledger,
            channels=self.home.channels.channels,
            authorities=self.home.channels.authorities,
            clock=self.clock,
            random=os.urandom,
            sign_in=self.sign_in,
            trail=self.trail,
        )
        given = WebSettings(port=PORT, token=TOKEN, **settings)  # type: ignore[arg-type]
        return create_web(services, given, [channels_part(FakeDesk(self.home))])

    def user(self, login: str = "eva.lind", *, role: Role | None = Role.REGISTRAR) -> User:
        authority = self.home.channels.authority("KS").seq
        roles = ((role, authority),) if role else ()
        return self.people.add(login, "Eva Lind", roles, password=WORD)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path / "home")


@pytest.fixture
def eva(rig: Rig) -> User:
    return rig.user()


@pytest.fixture
def browser(rig: Rig, eva: User) -> Browser:
    return Browser(rig.app())


def enter(browser: Browser, login: str = "eva.lind", word: str = WORD, **more: str) -> TestResponse:
    data = {"namn": login, "losenord": word, "csrf_token": token(browser), **more}
    return browser.post("/logga-in", forged=True, data=data)


def token(browser: Browser, path: str = "/logga-in") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(path).text)
    assert found
    return found[1]


def cookie(browser: Browser, what: str = "session") -> str:
    settings: WebSettings = browser.app.extensions["diarkiv"].settings
    found = browser.client.get_cookie(cookie_for(settings, what), domain="127.0.0.1")
    return found.value if found else ""


# --- before and after the first user -------------------------------------------------------------


def test_until_the_first_user_the_printed_address_opens_everything(rig: Rig) -> None:
    browser = Browser(rig.app())
    assert browser.get("/").status_code == 403
    assert browser.get("/logga-in").status_code == 404
    assert browser.get(f"/?token={TOKEN}").status_code == 303
    assert browser.get("/").status_code == 200
    rig.user()
    assert browser.get("/").status_code == 401  # and with the first user that ends at once
    other = Browser(rig.app())
    assert other.get(f"/?token={TOKEN}").headers["Location"] == "/"
    assert other.get("/").status_code == 401


def test_a_page_that_is_asked_for_is_the_form_and_nothing_else(browser: Browser) -> None:
    for path in ("/", "/handlingar", "/handlingar/R1", "/om/vkey", "/mitt-konto", "/finns-inte"):
        answer = browser.get(path)
        assert answer.status_code == 401, path
        assert "<h1>Logga in</h1>" in answer.text
        assert "Kommunstyrelsen" not in answer.text
        assert answer.headers["WWW-Authenticate"].startswith("Cookie")
    problem = browser.get("/", headers={"Accept": "application/json"})
    assert (problem.status_code, problem.get_json()["code"]) == (401, "sign-in-needed")


# --- getting in ----------------------------------------------------------------------------------


def test_the_page_that_was_asked_for_is_returned_to(browser: Browser) -> None:
    asked = browser.get("/handlingar?visa=lista&fran=2026-01-01")
    found = re.search(r'name="till" value="([^"]*)"', asked.text)
    assert found
    to = found[1].replace("&amp;", "&")
    assert to == "/handlingar?visa=lista&fran=2026-01-01"
    answer = enter(browser, till=to)
    assert (answer.status_code, answer.headers["Location"]) == (303, to)
    page = browser.get(to)
    assert page.status_code == 200
    assert "Eva Lind" in page.text


@pytest.mark.parametrize(
    "to",
    ["https://fiende.example", "//fiende.example", "/\\fiende.example", "/\t/fiende.example",
     "\\\\fiende.example", "javascript:alert(1)", "fiende.example", "/\n/fiende.example", ""],
)  # fmt: skip
def test_it_leads_to_our_own_pages_only(browser: Browser, to: str) -> None:
    assert own_page(to) == ""
    assert enter(browser, till=to).headers["Location"] == "/"


def test_the_cookie_is_strict_and_the_token_is_nowhere_else(rig: Rig, browser: Browser) -> None:
    answer = enter(browser)
    cookies = [one for one in answer.headers.getlist("Set-Cookie") if "session" in one]
    assert len(cookies) == 1
    assert "HttpOnly" in cookies[0]
    assert "SameSite=Strict" in cookies[0]
    assert "Max-Age" not in cookies[0]
    data = b"".join(path.read_bytes() for path in rig.home.path.rglob("*") if path.is_file())
    assert cookie(browser).encode() not in data


def test_signing_in_again_ends_the_session_that_was(browser: Browser) -> None:
    enter(browser)
    first = cookie(browser)
    enter(browser)
    assert cookie(browser) != first
    thief = Browser(browser.app)
    thief.client.set_cookie(f"diarkiv-session-{PORT}", first, domain="127.0.0.1")
    assert thief.get("/").status_code == 401


def test_a_cookie_that_somebody_planted_is_not_taken_over(browser: Browser) -> None:
    name = f"diarkiv-session-{PORT}"
    browser.client.set_cookie(name, "ab" * 32, domain="127.0.0.1")
    enter(browser)
    assert cookie(browser) != "ab" * 32


@pytest.mark.parametrize(("login", "word"), [("eva.lind", OTHER), ("finns.inte", WORD), ("", "")])
def test_no_answer_tells_whether_there_is_such_a_name(
    browser: Browser, login: str, word: str
) -> None:
    answer = enter(browser, login, word)
    assert answer.status_code == 401
    assert "Användarnamnet eller lösenordet stämmer inte." in answer.text
    assert word not in answer.text or not word
    expected = enter(browser, "eva.lind", "fel lösenord här").text
    same = [re.sub(r'value="[^"]*"', "", text) for text in (answer.text, expected)]
    assert same[0] == same[1]
    assert not cookie(browser)


def test_many_mistakes_must_wait_and_are_told_how_long(rig: Rig, browser: Browser) -> None:
    for _ in range(5):
        assert enter(browser, word=OTHER).status_code == 401
    enter(browser, word=OTHER)
    answer = enter(browser)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) in (1, 2)
    assert "många försök" in answer.text
    rig.clock.advance(5000)
    assert enter(browser).status_code == 303


def test_neither_name_nor_password_is_logged(
    browser: Browser, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    enter(browser, word=OTHER)
    enter(browser)
    browser.get("/handlingar/R999999")
    out = capfd.readouterr()
    for text in ("eva.lind", "Eva Lind", WORD, OTHER, cookie(browser)):
        assert text not in out.out + out.err + caplog.text


def test_the_form_is_guarded_like_any_other(browser: Browser) -> None:
    data = {"namn": "eva.lind", "losenord": WORD}
    assert browser.post("/logga-in", forged=True, data=data).status_code == 400
    other = {"Origin": "https://fiende.example"}
    data["csrf_token"] = token(browser)
    answer = browser.post("/logga-in", forged=True, data=data, headers=other)
    assert answer.status_code == 403
    assert not cookie(browser)


def test_a_link_in_a_mail_leads_to_the_page_for_who_is_signed_in(browser: Browser) -> None:
    """A strict cookie does not come along from elsewhere; our own page then asks once more."""
    enter(browser)
    stranger = Browser(browser.app)
    answer = stranger.get("/handlingar?visa=lista", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert 'content="0; url=/handlingar?visa=lista"' in answer.text
    again = stranger.get("/handlingar?visa=lista", headers={"Sec-Fetch-Site": "same-origin"})
    assert again.status_code == 401


# --- being in ------------------------------------------------------------------------------------


def test_what_they_do_is_noted_on_them(rig: Rig, browser: Browser, eva: User) -> None:
    rig.people.change(eva, roles=((Role.COMMUNICATOR, HOME),))
    enter(browser)
    one = rig.home.channels.add_channel("feed", "https://t.example/feed", authority="KS")
    answer = browser.post(f"/konton/C{one.seq}/uppgifter", data={"namn": "Nyheter"})
    assert answer.status_code == 303
    (event, _) = rig.home.channels.history(rig.home.channels.channel(str(one.seq)))
    assert event.actor == eva.seq
    text = browser.get(f"/konton/C{one.seq}/andringar").text
    assert f"Eva Lind (U{eva.seq})" in text
    assert "Driften" in text  # who added it


def test_roles_that_change_hold_from_the_next_page(rig: Rig, browser: Browser, eva: User) -> None:
    enter(browser)
    assert browser.get("/handlingar").status_code == 200
    rig.people.change(eva, roles=((Role.OPERATOR, HOME),))
    assert browser.get("/handlingar").status_code == 403
    assert "Handlingar</a>" not in browser.get("/").text
    rig.people.change(eva, disabled=True)
    assert browser.get("/").status_code == 401


def test_whoever_has_no_role_is_told_whom_to_ask(rig: Rig, browser: Browser) -> None:
    rig.user("ny", role=None)
    assert enter(browser, "ny").status_code == 303
    for path in ("/", "/handlingar", "/om"):
        answer = browser.get(path)
        assert answer.status_code == 403
        assert "Du har ingen roll i arkivet än" in answer.text
        assert "sköter användarna" in answer.text
    assert browser.get("/mitt-konto").status_code == 200


def test_signing_out_ends_it(browser: Browser) -> None:
    enter(browser)
    old = cookie(browser)
    answer = browser.post("/logga-ut", forged=True, data={"csrf_token": token(browser, "/")})
    assert answer.status_code == 303
    assert "Du är utloggad." in browser.get(answer.headers["Location"]).text
    assert not cookie(browser)
    browser.client.set_cookie(f"diarkiv-session-{PORT}", old, domain="127.0.0.1")
    assert browser.get("/").status_code == 401


def test_sessions_outlive_a_restart_and_end_by_the_clock(rig: Rig, browser: Browser) -> None:
    enter(browser)
    browser.app = rig.app()
    restarted = Browser(browser.app)
    restarted.client.set_cookie(f"diarkiv-session-{PORT}", cookie(browser), domain="127.0.0.1")
    assert restarted.get("/").status_code == 200
    rig.clock.advance(59 * MINUTE)
    assert restarted.get("/").status_code == 200
    rig.clock.advance(60 * MINUTE)
    assert restarted.get("/").status_code == 401
    enter(browser)
    for _ in range(13):
        rig.clock.advance(50 * MINUTE)
        assert browser.get("/").status_code == 200
    rig.clock.advance(2 * HOUR)
    assert browser.get("/").status_code == 401


# --- one's own account ---------------------------------------------------------------------------


def test_one_s_sessions_are_listed_and_ended(browser: Browser) -> None:
    enter(browser)
    other = Browser(browser.app)
    agent = {"User-Agent": "Firefox <script>alert(1)</script>"}
    data = {"namn": "eva.lind", "losenord": WORD, "csrf_token": token(other)}
    other.post("/logga-in", forged=True, data=data, headers=agent)
    text = browser.get("/mitt-konto").text
    assert "Registrator, Kommunstyrelsen" in text
    assert "Firefox &lt;script&gt;" in text
    found = re.search(r'name="session" value="(\w+)"', text)
    assert found
    data = {"csrf_token": token(browser, "/mitt-konto"), "session": found[1]}
    assert browser.post("/mitt-konto/sessioner", forged=True, data=data).status_code == 303
    assert other.get("/").status_code == 401
    assert browser.get("/mitt-konto").status_code == 200


def test_all_others_are_ended_at_once(browser: Browser) -> None:
    others = [Browser(browser.app) for _ in range(3)]
    for one in [*others, browser]:
        enter(one)
    data = {"csrf_token": token(browser, "/mitt-konto")}
    browser.post("/mitt-konto/sessioner", forged=True, data=data)
    assert [one.get("/").status_code for one in others] == [401] * 3
    assert browser.get("/").status_code == 200


def test_a_new_password_takes_the_present_one(browser: Browser) -> None:
    enter(browser)
    other = Browser(browser.app)
    enter(other)

    def change(present: str, new: str) -> TestResponse:
        data = {"nuvarande": present, "losenord": new, "csrf_token": token(browser, "/mitt-konto")}
        return browser.post("/mitt-konto/losenord", forged=True, data=data)

    assert "nuvarande lösenordet stämmer inte" in change(OTHER, OTHER).text
    assert "för kort" in change(WORD, "kort").text
    assert change(WORD, OTHER).status_code == 303
    assert other.get("/").status_code == 401
    assert browser.get("/mitt-konto").status_code == 200
    assert enter(other).status_code == 401
    assert enter(other, word=OTHER).status_code == 303


# --- a form that was sent too late ---------------------------------------------------------------


def test_what_was_typed_is_not_lost(rig: Rig, browser: Browser, eva: User) -> None:
    rig.people.change(eva, roles=((Role.COMMUNICATOR, HOME),))
    enter(browser)
    one = rig.home.channels.add_channel("feed", "https://t.example/feed", authority="KS")
    path = f"/konton/C{one.seq}/uppgifter"
    late = {"namn": 'Nyheter "och" <b>annat</b>', "losenord": "hemligt-KANARIE"}
    late["csrf_token"] = token(browser, path)
    rig.clock.advance(2 * HOUR)
    answer = browser.post(path, forged=True, data=late)
    assert answer.status_code == 401
    assert "Det du skrev är kvar" in answer.text
    assert "KANARIE" not in answer.text
    kept = dict(re.findall(r'name="(till|kvar-[^"]+)" value="([^"]*)"', answer.text))
    assert kept == {"till": path, "kvar-namn": "Nyheter &#34;och&#34; &lt;b&gt;annat&lt;/b&gt;"}
    wrong = enter(browser, word=OTHER, till=path, **{"kvar-namn": late["namn"]})
    assert 'name="kvar-namn"' in wrong.text  # a mistaken password loses nothing either
    offered = enter(browser, till=path, **{"kvar-namn": late["namn"]})
    assert offered.status_code == 200
    assert f'action="{path}"' in offered.text
    assert rig.home.channels.channel(str(one.seq)).title != late["namn"]  # not sent by itself
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', offered.text)
    data = {name: value for name, value in found if name == "csrf_token"}
    assert browser.post(path, forged=True, data={**data, "namn": "Nyheter"}).status_code == 303
    assert rig.home.channels.channel(str(one.seq)).title == "Nyheter"


def test_a_form_from_another_site_is_not_kept(browser: Browser) -> None:
    headers = {"Origin": "https://fiende.example"}
    answer = browser.post("/sprak", forged=True, data={"namn": "x"}, headers=headers)
    assert answer.status_code == 403
    assert "kvar-" not in answer.text


# --- where it may be served ----------------------------------------------------------------------


def test_what_is_missing_to_be_reached_from_elsewhere_is_said() -> None:
    with pytest.raises(ConfigError) as all_of_it:
        check_bind("0.0.0.0")
    for word in ("diarkiv user add", "web_origin", "trusted_proxy"):
        assert word in all_of_it.value.message
    with pytest.raises(ConfigError) as one:
        check_bind("0.0.0.0", users=True, origin=ORIGIN)
    assert "trusted_proxy" in one.value.message
    assert "user add" not in one.value.message
    check_bind("0.0.0.0", users=True, origin=ORIGIN, proxy="127.0.0.1")
    check_bind("127.0.0.1", users=True, origin=ORIGIN, proxy="::1")


@pytest.mark.parametrize(
    ("origin", "proxy"),
    [("http://a.example", "127.0.0.1"), ("https://a.example/", "127.0.0.1"),
     ("https://a@b.example", "127.0.0.1"), ("https://", "127.0.0.1"), (ORIGIN, "*"),
     (ORIGIN, "proxy.example"), ("", "127.0.0.1")],
)  # fmt: skip
def test_half_a_proxy_is_none(origin: str, proxy: str) -> None:
    with pytest.raises(ConfigError):
        check_bind("127.0.0.1", users=True, origin=origin, proxy=proxy)


@pytest.fixture
def public(rig: Rig, eva: User) -> Browser:
    """A browser beyond a proxy."""
    browser = Browser(rig.app(host="0.0.0.0", origin=ORIGIN, trusted_proxy="127.0.0.1"))
    browser.base = ORIGIN
    return browser


def test_behind_a_proxy_only_the_public_name_over_https_is_heard(public: Browser) -> None:
    assert public.get("/logga-in").status_code == 200
    for base in (f"http://127.0.0.1:{PORT}", "http://diarkiv.testkoping.example",
                 "https://fiende.example", f"https://127.0.0.1:{PORT}"):  # fmt: skip
        assert public.get("/logga-in", base_url=base).status_code == 403, base


def test_behind_a_proxy_every_cookie_is_for_https_and_this_host(public: Browser) -> None:
    answer = public.get("/logga-in")
    cookies = answer.headers.getlist("Set-Cookie")
    found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    assert found
    data = {"namn": "eva.lind", "losenord": WORD, "csrf_token": found[1]}
    entered = public.post("/logga-in", forged=True, data=data)
    assert entered.status_code == 303
    cookies += entered.headers.getlist("Set-Cookie")
    assert len(cookies) >= 3
    for one in cookies:
        assert one.startswith("__Host-diarkiv-"), one
        assert "Secure" in one
        assert "SameSite=Strict" in one
        assert "Path=/" in one
        assert "Domain" not in one
    assert "max-age" in public.get("/").headers["Strict-Transport-Security"]


def test_without_users_nothing_is_served_beyond_the_machine(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="user add"):
        Rig(tmp_path / "home").app(host="0.0.0.0", origin=ORIGIN, trusted_proxy="127.0.0.1")


# --- the access log ------------------------------------------------------------------------------


def test_what_happened_at_the_door_is_in_the_access_log(rig: Rig, eva: User) -> None:
    auditor = rig.people.add("bo", "Bo Ek", ((Role.AUDITOR, HOME),), password=OTHER)
    browser = Browser(rig.app())
    enter(browser, word=OTHER)
    enter(browser, "lösenordet-av-misstag", WORD)
    enter(browser)
    browser.post("/logga-ut", forged=True, data={"csrf_token": token(browser, "/")})
    enter(browser, "bo", OTHER)
    rig.trail.close()
    text = browser.get("/atkomstlogg").text
    rows = re.findall(r"<tr><th.*?</tr>", text, re.DOTALL)
    found = [re.sub(r"<[^>]+>|\s+", " ", row) for row in rows]
    happened = ["Loggade in", "Loggade ut", "Loggade in", "Misslyckad", "Misslyckad"]
    assert sorted(happened) == sorted(
        word for row in found for word in set(happened) if word in row
    )
    assert sum(f"Eva Lind (U{eva.seq})" in row and "Misslyckad" in row for row in found) == 1
    assert sum("Okänd" in row for row in found) == 1
    assert f"Bo Ek (U{auditor.seq})" in text
    assert "Lade till användare" in text
    assert "av-misstag" not in text


def test_what_is_protected_is_shown_once_it_is_noted(rig: Rig, eva: User) -> None:
    """What a page calls before it shows something protected."""
    app, authority = rig.app(), rig.home.channels.authority("KS").seq
    with app.test_request_context():
        g.viewer = eva.viewer
        protected(17, authority)
        with pytest.raises(AccessRefused):
            protected(18, rig.home.channels.authority("BUN").seq)
        g.viewer = viewer_of(99, [(Role.AUDITOR, HOME)])
        with pytest.raises(AccessRefused):
            protected(19, authority)
    (line, _added) = rig.trail.lines(None, before=None, limit=9)
    assert (line.what, line.actor, line.fields["record"]) == ("protected_read", eva.seq, 17)
    assert rig.trail.lines(frozenset({authority}), before=None, limit=9) == [line]


def test_who_adds_is_noted(rig: Rig, browser: Browser, eva: User) -> None:
    rig.people.change(eva, roles=((Role.COMMUNICATOR, HOME),))
    channels = rig.home.channels
    one = channels.add_channel("feed", "https://t.example/feed", authority="KS", actor=eva.seq)
    assert channels.history(one)[0].actor == eva.seq
    other = channels.add_authority("MN", "Miljönämnden", actor=eva.seq)
    assert rig.home.ledger.open_one(other.seq).envelope["actor"] == eva.seq
