"""Signing in at a real OpenID provider: who gets in as whom, and what is refused."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr
from werkzeug.test import TestResponse

from archiver.channels.web import part as channels_part
from archiver.clock import SystemClock
from archiver.config import OidcSettings, RoleRule
from archiver.core.access import HOME, Role
from archiver.people.oidc import Provider
from archiver.people.sign_in import SignIn
from archiver.people.trail import Trail
from archiver.web.app import WebServices, WebSettings, create_web
from tests.homes import TestHome, make_home, people_of
from tests.servers.oidc import CLIENT, SECRET, OidcServer
from tests.unit.channels.desks import FakeDesk
from tests.unit.web.served import PORT, TOKEN, Browser

pytestmark = pytest.mark.server
BACK = f"http://127.0.0.1:{PORT}/logga-in/svar"
PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "eva": {"name": "Eva Lind", "groups": ["alla", "diarkiv-registrator"]},
    "bo": {"name": "Bo Ek", "groups": ["alla"]},
}
RULES = (
    RoleRule(claim="groups", value="diarkiv-registrator", role=Role.REGISTRAR, authority="KS"),
    RoleRule(claim="groups", value="diarkiv-revisor", role=Role.AUDITOR),
    RoleRule(claim="groups", value="alla", role=Role.LAWYER, authority="FINNSINTE"),
)


class SkewedClock(SystemClock):
    """The machine's clock, and some minutes."""

    skew = 0

    def now(self) -> int:
        return super().now() + self.skew


class Rig:
    """A home whose people sign in at a provider."""

    def __init__(self, path: Path, server: OidcServer, rules: tuple[RoleRule, ...]) -> None:
        self.server, self.clock = server, SkewedClock()
        self.home: TestHome = make_home(path, clock=self.clock)
        self.home.channels.add_authority("KS", "Kommunstyrelsen")
        self.people = people_of(self.home)
        self.trail = Trail(self.home.ledger, self.clock)
        settings = OidcSettings(
            issuer=server.issuer, client_id=CLIENT, name="Testköpings konto", role=rules
        )
        self.provider = Provider(settings, SecretStr(SECRET), self.clock, os.urandom)
        services = WebServices(
            ledger=self.home.ledger,
            channels=self.home.channels.channels,
            authorities=self.home.channels.authorities,
            clock=self.clock,
            random=os.urandom,
            sign_in=SignIn(self.people, self.clock, os.urandom),
            trail=self.trail,
            provider=self.provider,
        )
        parts = [channels_part(FakeDesk(self.home))]
        self.app = create_web(services, WebSettings(port=PORT, token=TOKEN), parts)

    def browser(self) -> Browser:
        return Browser(self.app)

    def go(self, browser: Browser, login: str, to: str = "/handlingar") -> str:
        """To the provider and through it; the address that it sends the browser back to."""
        sent = browser.get(f"/logga-in/tjanst?till={to}")
        assert sent.status_code == 303
        return self.server.let_in(sent.headers["Location"], login)

    def enter(self, browser: Browser, login: str, to: str = "/handlingar") -> TestResponse:
        return browser.get(self.go(browser, login, to).removeprefix(browser.base))


@pytest.fixture(scope="module")
def server() -> Iterator[OidcServer]:
    with OidcServer(BACK, PEOPLE) as running:
        yield running


@pytest.fixture
def rig(tmp_path: Path, server: OidcServer) -> Iterator[Rig]:
    made = Rig(tmp_path / "home", server, RULES)
    yield made
    made.trail.close()
    server.tell(people=PEOPLE)


def test_in_with_the_roles_that_the_provider_gives(rig: Rig) -> None:
    browser = rig.browser()
    form = browser.get("/handlingar")
    assert form.status_code == 401  # with a provider nobody is let in without signing in
    assert "Logga in med Testköpings konto" in form.text
    answer = rig.enter(browser, "eva", "/handlingar?visa=lista")
    assert answer.status_code == 200
    assert 'url=/handlingar?visa=lista"' in answer.text
    assert browser.get("/handlingar?visa=lista").status_code == 200
    (eva,) = rig.people.users()
    ks = rig.home.channels.authority("KS").seq
    assert (eva.name, eva.roles) == ("Eva Lind", ((Role.REGISTRAR, ks),))
    assert "Eva Lind" in browser.get("/mitt-konto").text


def test_the_same_person_is_the_same_user_and_roles_follow(rig: Rig, server: OidcServer) -> None:
    rig.enter(rig.browser(), "eva")
    (before,) = rig.people.users()
    server.tell(people={"eva": {"name": "Eva Lind", "groups": ["diarkiv-revisor"]}})
    browser = rig.browser()
    rig.enter(browser, "eva")
    (after,) = rig.people.users()
    assert (after.seq, after.roles) == (before.seq, ((Role.AUDITOR, HOME),))
    rig.trail.close()
    text = browser.get("/atkomstlogg").text
    assert "Ändrade användare" in text
    assert text.count("Loggade in") == 2


def test_without_a_role_one_is_told_whom_to_ask(rig: Rig) -> None:
    browser = rig.browser()
    assert rig.enter(browser, "bo").status_code == 200
    answer = browser.get("/")
    assert answer.status_code == 403
    assert "Du har ingen roll i arkivet än" in answer.text


def test_whoever_is_disabled_here_stays_out(rig: Rig) -> None:
    rig.enter(rig.browser(), "eva")
    (eva,) = rig.people.users()
    rig.people.change(eva, disabled=True)
    browser = rig.browser()
    answer = rig.enter(browser, "eva")
    assert answer.status_code == 403
    assert "Inloggningen gick inte igenom" in answer.text
    assert browser.get("/").status_code == 401


def test_roles_given_here_hold_where_the_settings_give_none(
    tmp_path: Path, server: OidcServer
) -> None:
    rig = Rig(tmp_path / "home", server, ())
    subject = (server.issuer, "bo")
    bo = rig.people.add("", "Bo", ((Role.ARCHIVIST, HOME),), subject=subject)
    browser = rig.browser()
    rig.enter(browser, "bo")
    assert browser.get("/handlingar").status_code == 200
    assert [one.seq for one in rig.people.users()] == [bo.seq]
    rig.trail.close()


def test_what_lies_in_the_browser_is_lax_sealed_and_short(rig: Rig) -> None:
    browser = rig.browser()
    sent = browser.get("/logga-in/tjanst?till=/handlingar")
    (cookie,) = [c for c in sent.headers.getlist("Set-Cookie") if "oidc" in c]
    for part in ("HttpOnly", "SameSite=Lax", "Max-Age=600", "Path=/logga-in"):
        assert part in cookie
    asked = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    for name in ("state", "nonce"):
        assert len(asked[name][0]) == 43
        assert asked[name][0] not in cookie
    assert SECRET not in sent.headers["Location"]


def change(address: str, **values: str) -> str:
    """The way back with other parameters; an empty value leaves one out."""
    path = urlsplit(address).path
    query = {name: found[0] for name, found in parse_qs(urlsplit(address).query).items()}
    query = {name: value for name, value in (query | values).items() if value}
    return path + "?" + "&".join(f"{name}={value}" for name, value in query.items())


@pytest.mark.parametrize(
    "values",
    [{"state": "x" * 43}, {"state": ""}, {"code": "x" * 43}, {"code": ""},
     {"iss": "https://fiende.example"}, {"error": "access_denied", "code": ""}],
)  # fmt: skip
def test_another_answer_lets_nobody_in(rig: Rig, values: dict[str, str]) -> None:
    browser = rig.browser()
    answer = browser.get(change(rig.go(browser, "eva"), **values))
    assert answer.status_code == 403
    assert "Inloggningen gick inte igenom" in answer.text
    assert browser.get("/").status_code == 401
    assert rig.people.users() == []


def test_another_browser_cannot_use_the_way_back(rig: Rig) -> None:
    victim, attacker = rig.browser(), rig.browser()
    back = rig.go(attacker, "eva").removeprefix(attacker.base)
    assert victim.get(back).status_code == 403  # never sent
    victim.get("/logga-in/tjanst")
    assert victim.get(back).status_code == 403  # sent with another state
    assert victim.get("/").status_code == 401


def test_the_way_back_is_good_once(rig: Rig) -> None:
    browser = rig.browser()
    back = rig.go(browser, "eva").removeprefix(browser.base)
    cookie = browser.client.get_cookie(f"diarkiv-oidc-{PORT}", domain="127.0.0.1", path="/logga-in")
    assert cookie
    assert browser.get(back).status_code == 200
    assert browser.get(back).status_code == 403  # the cookie is gone
    browser.client.set_cookie(
        f"diarkiv-oidc-{PORT}", cookie.value, domain="127.0.0.1", path="/logga-in"
    )
    assert browser.get(back).status_code == 403  # and the code is spent


def test_it_must_not_take_too_long(rig: Rig) -> None:
    browser = rig.browser()
    back = rig.go(browser, "eva").removeprefix(browser.base)
    rig.clock.skew = 11 * 60_000
    assert browser.get(back).status_code == 403


@pytest.mark.parametrize("minutes", [-70, 70])
def test_a_token_of_another_time_does_not_hold(rig: Rig, minutes: int) -> None:
    rig.clock.skew = minutes * 60_000
    browser = rig.browser()
    assert rig.enter(browser, "eva").status_code == 403


def test_a_token_for_somebody_else_or_of_another_question_does_not_hold(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = rig.browser()
    back = rig.go(browser, "eva").removeprefix(browser.base)
    verified = Provider._verified

    def other_nonce(self: Provider, token: str, _nonce: str) -> Mapping[str, Any]:
        return verified(self, token, "another")

    with monkeypatch.context() as patch:
        patch.setattr(Provider, "_verified", other_nonce)
        assert browser.get(back).status_code == 403
    sent = rig.provider.settings
    monkeypatch.setattr(rig.provider, "settings", sent.model_copy(update={"client_id": "another"}))
    with pytest.raises(Exception, match=r"does not hold|HTTP status"):
        rig.provider._verified(other_token(rig), "x")


def other_token(rig: Rig) -> str:
    """A token that this provider really signed, for this client."""
    from archiver.people.oidc import Transaction

    uri, sent = BACK, rig.provider.settings
    object.__setattr__(rig.provider, "settings", sent.model_copy(update={"client_id": CLIENT}))
    address, going = rig.provider.begin("/", uri)
    assert isinstance(going, Transaction)
    code = parse_qs(urlsplit(rig.server.let_in(address, "eva")).query)["code"][0]
    token = str(rig.provider._exchange(code, going.verifier, uri)["id_token"])
    object.__setattr__(rig.provider, "settings", sent)
    return token


def test_a_forged_signature_does_not_hold(rig: Rig) -> None:
    token = other_token(rig)
    head, body, signature = token.split(".")
    flipped = signature[:-8] + ("AAAAAAAA" if signature[-8:] != "AAAAAAAA" else "BBBBBBBB")
    none = "eyJhbGciOiJub25lIn0"
    for forged in (f"{head}.{body}.{flipped}", f"{none}.{body}.", f"{head}.{body}.", "x", ""):
        with pytest.raises(Exception, match="does not hold"):
            rig.provider._verified(forged, "x")


def test_keys_that_the_provider_changed_are_asked_for_anew(rig: Rig, server: OidcServer) -> None:
    rig.enter(rig.browser(), "eva")
    server.tell(rotate=True)
    browser = rig.browser()
    assert rig.enter(browser, "eva").status_code == 200


def test_no_token_is_kept_or_logged(
    rig: Rig, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    browser = rig.browser()
    rig.enter(browser, "eva")
    browser.get(change(rig.go(browser, "eva"), code="x" * 43))
    out = capfd.readouterr()
    said = out.out + out.err + caplog.text
    assert "provider-refused" in said
    files = b"".join(p.read_bytes() for p in rig.home.path.rglob("*") if p.is_file())
    for secret in (SECRET, "Eva Lind", "eyJ"):
        assert secret not in said
        assert secret.encode() not in files or secret == "eyJ"
    assert not re.search(rb"eyJ[\w-]{10,}\.eyJ", files)


def test_a_provider_that_is_away_lets_nobody_in_and_says_so(tmp_path: Path) -> None:
    gone = OidcServer(BACK, PEOPLE)  # never started
    rig = Rig(tmp_path / "home", gone, RULES)
    answer = rig.browser().get("/logga-in/tjanst")
    assert answer.status_code == 403
    assert "Inloggningen gick inte igenom" in answer.text
    rig.trail.close()


def test_claims_may_stand_in_the_token_itself(tmp_path: Path) -> None:
    with OidcServer(BACK, PEOPLE, in_userinfo=False) as server:
        rig = Rig(tmp_path / "home", server, RULES)
        browser = rig.browser()
        assert rig.enter(browser, "eva").status_code == 200
        assert browser.get("/handlingar").status_code == 200
        rig.trail.close()
