"""`diarkiv user`: who may sign in, how they get in, and what of it the access log tells."""

from __future__ import annotations

import io
import sys
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from archiver.app import Application, build
from archiver.people.service import User
from archiver.people.stewardship import LINK_PATH
from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli

pytestmark = pytest.mark.usefixtures("each_database")

cli = _cli  # the fixture
WORD, OTHER = "hästar under bron", "moln över havet"


@dataclass
class Users:
    """A home with a registrar who has a password, a passkey and a session."""

    cli: Cli
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *words: str, typed: str = "", code: int = 0) -> Any:
        """What `diarkiv user … --json` answers."""
        self.monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        answer = self.cli("user", *words, "--json")
        assert answer.code == code, answer.out + answer.err
        return answer.json

    def app(self) -> Application:
        return build(self.cli.home)

    def eva(self) -> User:
        return self.app().people.user("eva.lind")

    def give_ways_in(self) -> None:
        """A passkey, and a session."""
        people, eva = self.app().people, self.eva()
        assert people.accounts.passkeys.add(eva.seq, b"\x01" * 16, b"key", "Evas nyckel", 0)
        people.accounts.add_session("token", eva.seq, "Firefox")

    def ways_in(self) -> tuple[int, int]:
        """How many passkeys and sessions there are."""
        accounts, seq = self.app().people.accounts, self.eva().seq
        return len(accounts.passkeys.of_user(seq)), len(accounts.sessions(seq))

    def enters(self, word: str) -> bool:
        people = self.app().people
        row = people.accounts.of_login("eva.lind")
        return bool(row and row.password and people.passwords.verify(row.password, word))

    def noted(self) -> list[tuple[str, int]]:
        """What the access log tells of what was done to the user, oldest first."""
        with closing(self.app().trail()) as trail:
            lines = trail.lines(None, before=None, limit=50)
        found = [(one.what, one.actor) for one in lines if one.fields.get("user") == self.eva().seq]
        return found[::-1]


@pytest.fixture
def users(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Users:
    rig = Users(cli, monkeypatch)
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    rig("add", "eva.lind", "Eva Lind", "--role", "registrar@KS", typed=f"{WORD}\n")
    return rig


def test_users_are_added_changed_and_kept_from_signing_in(users: Users) -> None:
    (row,) = users("list")
    assert (row["login"], row["roles"], row["state"]) == ("eva.lind", ["registrar@KS"], "active")
    assert users.enters(WORD)
    assert users("roles", "eva.lind", "--role", "auditor")["roles"] == ["auditor"]
    assert users("rename", row["id"], "Eva Lindgren")["name"] == "Eva Lindgren"
    users.give_ways_in()
    assert users("disable", "eva.lind")["state"] == "disabled"
    assert users.ways_in() == (1, 0)
    assert users("enable", "eva.lind")["state"] == "active"
    assert users("show", "eva.lind")["name"] == "Eva Lindgren"
    users("show", "nobody", code=2)
    users("roles", "eva.lind", "--role", "king", code=2)


def test_a_new_password_ends_passkeys_and_sessions_and_is_noted(users: Users) -> None:
    users.give_ways_in()
    users("password", "eva.lind", typed="kort\n", code=2)  # no password: nothing is touched
    assert users.ways_in() == (1, 1)
    assert users.noted() == []
    users("password", "eva.lind", typed=f"{OTHER}\n")
    assert users.ways_in() == (0, 0)
    assert users.enters(OTHER)
    assert not users.enters(WORD)
    assert users.noted() == [("password_set", 0)]


def test_a_link_opens_once_and_takes_away_what_there_was(users: Users) -> None:
    users.give_ways_in()
    made = users("link", "eva.lind")
    assert made["link"].startswith(f"http://127.0.0.1:8465{LINK_PATH}")
    assert users.ways_in() == (0, 0)
    assert not users.enters(WORD)
    assert users.noted() == [("link_given", 0)]
    token = made["link"].rpartition("/")[2]
    assert users.app().stewardship.holder(token).login == "eva.lind"
    assert users.app().stewardship.redeem(token, OTHER).login == "eva.lind"
    assert users.enters(OTHER)


def test_a_link_is_for_who_may_come_in_and_ends_with_that(users: Users) -> None:
    token = users("link", "eva.lind")["link"].rpartition("/")[2]
    users("disable", "eva.lind")
    users("link", "eva.lind", code=2)
    users("enable", "eva.lind")
    assert users.app().people.accounts.ways_back.link(token, life=10**12) is None


def test_the_link_leads_to_the_public_address(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIARKIV_WEB_ORIGIN", "https://diarkiv.testkoping.example")
    link = users("link", "eva.lind")["link"]
    assert link.startswith(f"https://diarkiv.testkoping.example{LINK_PATH}")


def test_an_address_is_set_shown_and_taken_away(users: Users) -> None:
    address = "eva.lind@testkoping.example"
    assert users("address", "eva.lind")["address"] == ""
    users("address", "eva.lind", "no address", code=2)
    assert users.noted() == []
    for _again in range(2):  # what differs in nothing is not noted
        assert users("address", "eva.lind", address)["address"] == address
    assert users.noted() == [("address_changed", 0)]
    assert users.cli("user", "address", "eva.lind").out.strip() == address
    assert users.cli("user", "address", "eva.lind", address, "--remove").code == 2
    assert users("address", "eva.lind", "--remove")["address"] == ""
    assert users.noted() == [("address_changed", 0)] * 2


def test_sessions_are_listed_and_ended(users: Users) -> None:
    users.give_ways_in()
    (row,) = users("sessions", "list", "eva.lind")
    assert row["browser"] == "Firefox"
    assert users("sessions", "end", "eva.lind") == {"ended": 1}
    assert users.ways_in() == (1, 0)
    assert users.noted() == [("sessions_ended", 0)]


def test_one_passkey_is_removed(users: Users) -> None:
    users.give_ways_in()
    (row,) = users("passkeys", "list", "eva.lind")
    assert (row["name"], row["used"], row["suspected"]) == ("Evas nyckel", "", "")
    for wrong in ("", "zz", row["id"] + "ff"):
        users("passkeys", "remove", "eva.lind", wrong, code=2)
    assert users.noted() == []
    assert users("passkeys", "remove", "eva.lind", row["id"]) == {"removed": row["id"]}
    assert users.ways_in() == (0, 1)
    assert users.noted() == [("passkey_removed", 0)]
