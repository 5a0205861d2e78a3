"""Managing users through the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from archiver.core.access import HOME, Role
from archiver.people.service import User
from tests.unit.web.served import Browser
from tests.unit.web.test_sign_in import OTHER, WORD, Rig, enter, token

OPERATOR = (Role.OPERATOR, HOME)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path / "home")


@pytest.fixture
def drift(rig: Rig) -> User:
    return rig.people.add("drift", "Driften Ek", (OPERATOR,), password=WORD)


@pytest.fixture
def browser(rig: Rig, drift: User) -> Browser:
    """One in which who manages the users is signed in."""
    found = Browser(rig.app())
    assert enter(found, "drift").status_code == 303
    return found


def send(browser: Browser, path: str, **data: object) -> TestResponse:
    data["csrf_token"] = token(browser, "/anvandare/ny")
    return browser.post(path, forged=True, data=data)


def noted(rig: Rig) -> list[tuple[str, int, int]]:
    rig.trail.close()
    lines = rig.trail.lines(None, before=None, limit=50)
    return [(one.what, one.actor, int(one.fields.get("user", 0))) for one in lines]


def test_from_a_new_user_to_their_own_password(rig: Rig, browser: Browser, drift: User) -> None:
    data = {"namn": "Omar Ek", "anvandarnamn": "omar", "roll": ["operator:0"]}
    answer = send(browser, "/anvandare/ny", **data, epost="omar@testkoping.example")
    assert answer.status_code == 200
    found = re.search(r"http://127.0.0.1:\d+(/logga-in/ny/\w{64})", answer.text)
    assert found
    omar = rig.people.user("omar")
    assert omar.roles == (OPERATOR,)
    assert "Har inget lösenord än" in browser.get("/anvandare").text
    guest = Browser(browser.app)
    page = guest.get(found[1])
    assert "Välj lösenord" in page.text
    data = {"csrf_token": token(guest), "losenord": "kort"}
    short = guest.post(found[1], forged=True, data=data)
    assert short.status_code == 400
    assert 'id="losenord-fel"' in short.text
    assert 'value="kort"' not in short.text
    data["losenord"] = OTHER
    assert guest.post(found[1], forged=True, data=data).location == "/logga-in?nytt=1"
    assert guest.post(found[1], forged=True, data=data).status_code == 404
    assert guest.get(found[1]).status_code == 404
    assert enter(guest, "omar", OTHER).status_code == 303
    lines = noted(rig)
    assert ("link_given", drift.seq, omar.seq) in lines
    assert ("link_used", omar.seq, 0) in lines
    assert ("user_added", drift.seq, 0) in lines


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"namn": "", "anvandarnamn": "x"}, "namn"),
        ({"namn": "X" * 121, "anvandarnamn": "x"}, "namn"),
        ({"namn": "X", "anvandarnamn": " "}, "anvandarnamn"),
        ({"namn": "X", "anvandarnamn": "DRIFT"}, "anvandarnamn"),
        ({"namn": "X", "anvandarnamn": "x", "epost": "inte en adress"}, "epost"),
        ({"namn": "X", "anvandarnamn": "x", "roll": ["registrar:0"]}, "roll"),
        ({"namn": "X", "anvandarnamn": "x" * 300}, "roll"),
    ],
)
def test_a_mistake_is_told_beside_its_field(
    rig: Rig, browser: Browser, data: dict[str, object], field: str
) -> None:
    answer = send(browser, "/anvandare/ny", **data)
    assert answer.status_code == 400
    assert f'id="{field}-fel"' in answer.text
    assert len(rig.people.users()) == 1


@pytest.mark.parametrize(
    "role",
    ["", "x", "operator", "operator:", "operator:-1", "operator:999", "kung:0", "operator:²"],
)
def test_what_is_no_role_gives_nothing(rig: Rig, browser: Browser, role: str) -> None:
    send(browser, "/anvandare/ny", namn="X", anvandarnamn="x", roll=[role])
    assert rig.people.user("x").roles == ()


def test_roles_locks_sessions_and_address(rig: Rig, browser: Browser, drift: User) -> None:
    eva = rig.user()
    page = f"/anvandare/U{eva.seq}"
    mine = Browser(browser.app)
    enter(mine)
    assert "Du kan inte ge länken" in browser.get(page).text
    refused = send(browser, f"{page}/roller", roll=["registrar:0"])
    assert refused.status_code == 400
    assert 'id="roll-fel"' in refused.text
    assert send(browser, f"{page}/lank").status_code == 400
    details = {"namn": "Eva Lindgren", "epost": "eva@testkoping.example"}
    refused = send(browser, f"{page}/uppgifter", **details)  # Eva's alerts are not theirs to move
    assert refused.status_code == 400
    assert 'id="epost-fel"' in refused.text
    own = {"namn": drift.name, "epost": "drift@testkoping.example"}
    assert send(browser, f"/anvandare/U{drift.seq}/uppgifter", **own).status_code == 303
    rig.people.accounts.ways_back.put_address(eva.seq, details["epost"])
    assert send(browser, f"{page}/uppgifter", **details).status_code == 303  # the name alone
    wrong = send(browser, f"{page}/uppgifter", namn="Eva", epost="fel")
    assert wrong.status_code == 400
    assert 'value="fel"' in wrong.text
    assert send(browser, f"{page}/sessioner").status_code == 303
    assert mine.get("/").status_code == 401
    assert send(browser, f"{page}/lage", lage="las").status_code == 303
    assert enter(mine).status_code == 401
    assert send(browser, f"{page}/lage", lage="las-upp").status_code == 400
    assert send(browser, f"{page}/lage", lage="x").status_code == 400
    assert send(browser, f"{page}/roller").status_code == 303
    now = rig.people.user("eva.lind")
    assert (now.name, now.roles, now.disabled) == ("Eva Lindgren", (), True)
    lines = noted(rig)
    for what in ("sessions_ended", "user_changed"):
        assert (what, drift.seq, eva.seq) in lines
    assert ("address_changed", drift.seq, drift.seq) in lines
    assert "Eva Lindgren" not in str(lines)


def test_the_last_one_is_not_lost(rig: Rig, browser: Browser, drift: User) -> None:
    page = f"/anvandare/U{drift.seq}"
    for path, data in ((f"{page}/lage", {"lage": "las"}), (f"{page}/roller", {})):
        answer = send(browser, path, **data)
        assert answer.status_code == 400
        assert "Då kan ingen längre sköta användarna" in answer.text
    assert not rig.people.user("drift").disabled


def test_every_form_needs_its_token_and_our_own_origin(
    rig: Rig, browser: Browser, drift: User
) -> None:
    page = f"/anvandare/U{drift.seq}"
    names = ("roller", "uppgifter", "lage", "sessioner", "lank")
    paths = ["/anvandare/ny", *(f"{page}/{name}" for name in names), "/logga-in/ny/" + "ab" * 32]
    before = rig.home.ledger.log.size
    for path in paths:
        assert browser.post(path, forged=True, data={"namn": "X"}).status_code == 400, path
        other = {"Origin": "https://fiende.example"}
        data = {"csrf_token": token(browser, "/anvandare/ny")}
        assert browser.post(path, forged=True, data=data, headers=other).status_code == 403, path
    assert rig.home.ledger.log.size == before


def test_who_manages_the_users_of_one_authority_manages_none_here(rig: Rig) -> None:
    authority = rig.home.channels.authority("KS").seq
    rig.people.add("ks", "Kim Berg", ((Role.OPERATOR, authority),), password=WORD)
    browser = Browser(rig.app())
    enter(browser, "ks")
    for path in ("/anvandare", "/anvandare/ny", "/anvandare/U1"):
        assert browser.get(path).status_code == 403
    assert "/anvandare" not in browser.get("/").text


def test_a_role_for_what_is_no_authority_is_none(rig: Rig, browser: Browser) -> None:
    data = {"namn": "Omar Ek", "anvandarnamn": "omar"}
    for place in ("9" * 5000, "-1", "²", "00"):
        assert send(browser, "/anvandare/ny", **data, roll=[f"operator:{place}"]).status_code < 500
    assert all(one.roles == () for one in rig.people.users() if one.login == "omar")
