"""Managing users within one's mandate; links for a new password; where users are reached."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archiver.core.access import HOME, LOCAL, Role, Viewer, viewer_of
from archiver.errors import AccessRefused, ConfigError
from archiver.people.mandate import LastOne, NotYoursToGive
from archiver.people.service import People, User
from archiver.people.sign_in import SignIn
from archiver.people.stewardship import LINK_LIFE, LinkSpent, Stewardship, email
from tests.build import FakeClock
from tests.homes import make_home, people_of

pytestmark = pytest.mark.usefixtures("each_database")
WORD, OTHER = "hästar under bron", "moln över havet"
OPERATOR = (Role.OPERATOR, HOME)


class Rig:
    """A home with somebody who manages users, and a registrar."""

    def __init__(self, path: Path) -> None:
        self.clock = FakeClock()
        self.home = make_home(path, clock=self.clock)
        self.ks = self.home.channels.add_authority("KS", "Kommunstyrelsen").seq
        self.people: People = people_of(self.home)
        self.steward = Stewardship(self.people, os.urandom)
        self.sign_in = SignIn(self.people, self.clock, os.urandom)
        self.drift = self.people.add("drift", "Driften", (OPERATOR,), password=WORD)
        self.eva = self.people.add("eva", "Eva Lind", ((Role.REGISTRAR, self.ks),), password=WORD)
        self.who: Viewer = self.drift.viewer

    def enters(self, user: User, word: str) -> bool:
        return self.sign_in.attempt(user.login, word, address="192.0.2.7").user == user.seq


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path / "home")


def test_who_manages_users_gives_what_they_have_and_takes_anything(rig: Rig) -> None:
    with pytest.raises(NotYoursToGive):
        rig.steward.add(rig.who, "omar", "Omar Ek", ((Role.REGISTRAR, rig.ks),))
    omar = rig.steward.add(rig.who, "omar", "Omar Ek", (OPERATOR,), "omar@testkoping.example")
    assert rig.people.accounts.ways_back.addresses() == {omar.seq: "omar@testkoping.example"}
    for role in ((Role.LAWYER, rig.ks), (Role.REGISTRAR, HOME)):
        with pytest.raises(NotYoursToGive):
            rig.steward.set_roles(rig.who, rig.eva, (*rig.eva.roles, role))
    with pytest.raises(NotYoursToGive):  # nor to themselves
        rig.steward.set_roles(rig.who, rig.drift, (OPERATOR, (Role.REGISTRAR, rig.ks)))
    kept = rig.steward.set_roles(rig.who, rig.eva, (*rig.eva.roles, OPERATOR))
    assert set(kept.roles) == {*rig.eva.roles, OPERATOR}
    assert rig.steward.set_roles(rig.who, rig.eva, ()).roles == ()
    with pytest.raises(NotYoursToGive):
        rig.steward.set_roles(rig.who, rig.eva, rig.eva.roles)
    assert rig.people.user("eva").roles == ()
    assert len(rig.people.users()) == 3


def test_letting_somebody_in_again_gives_what_they_had(rig: Rig) -> None:
    assert rig.steward.lock(rig.who, rig.eva).disabled
    with pytest.raises(NotYoursToGive):
        rig.steward.unlock(rig.who, rig.eva)
    both = viewer_of(rig.drift.seq, [OPERATOR, (Role.REGISTRAR, rig.ks)])
    assert not rig.steward.unlock(both, rig.eva).disabled


def test_a_link_ends_when_its_user_is_given_more(rig: Rig) -> None:
    """Whoever gave it might not have been allowed to give that."""
    omar = rig.steward.add(rig.who, "omar", "Omar Ek", (OPERATOR,))
    token = rig.steward.give_link(rig.who, omar)
    rig.people.change(omar, name="Omar Ekman")
    assert rig.steward.holder(token).seq == omar.seq
    rig.people.change(omar, roles=(OPERATOR, (Role.ARCHIVIST, HOME)))
    with pytest.raises(LinkSpent):
        rig.steward.redeem(token, OTHER)


def test_a_link_never_shuts_the_last_manager_out(rig: Rig) -> None:
    with pytest.raises(LastOne):
        rig.steward.give_link(rig.who, rig.drift)
    assert rig.enters(rig.drift, WORD)  # nothing has ended
    rig.people.add("omar", "Omar Ek", (OPERATOR,), password=WORD)
    assert rig.steward.give_link(rig.who, rig.drift)
    omar = rig.people.user("omar")
    with pytest.raises(LastOne):
        rig.steward.give_link(omar.viewer, omar)
    assert rig.steward.give_link(LOCAL, omar)  # at the machine it is known what one does


def test_where_somebody_with_more_is_reached_is_not_for_others_to_say(rig: Rig) -> None:
    with pytest.raises(NotYoursToGive):
        rig.steward.set_address(rig.who, rig.eva, "ond@testkoping.example")
    assert rig.people.accounts.ways_back.addresses() == {}
    rig.steward.set_address(rig.who, rig.drift, "d@testkoping.example")
    rig.steward.set_address(LOCAL, rig.eva, "eva@testkoping.example")
    assert len(rig.people.accounts.ways_back.addresses()) == 2


def test_a_link_is_not_given_to_who_has_more(rig: Rig) -> None:
    """With it one could sign in as them."""
    with pytest.raises(NotYoursToGive):
        rig.steward.give_link(rig.who, rig.eva)
    assert rig.enters(rig.eva, WORD)  # and nothing has ended


def test_the_last_one_is_not_lost(rig: Rig) -> None:
    with pytest.raises(LastOne):
        rig.steward.lock(rig.who, rig.drift)
    with pytest.raises(LastOne):
        rig.steward.set_roles(rig.who, rig.drift, ((Role.OPERATOR, rig.ks),))
    rig.steward.add(rig.who, "omar", "Omar Ek", (OPERATOR,))
    with pytest.raises(LastOne):  # the other one has no password yet
        rig.steward.lock(rig.who, rig.drift)
    rig.people.set_password(rig.people.user("omar"), WORD)
    assert rig.steward.lock(rig.who, rig.drift).disabled
    rig.people.change(rig.people.user("omar"), disabled=True)  # at the machine itself it can be


@pytest.mark.parametrize("roles", [(), ((Role.REGISTRAR, HOME),), ((Role.OPERATOR, 1),)])
def test_nobody_else_manages_users(rig: Rig, roles: tuple[tuple[Role, int], ...]) -> None:
    who, steward = viewer_of(99, roles), rig.steward
    acts = [
        lambda: steward.add(who, "x", "X", ()),
        lambda: steward.set_roles(who, rig.eva, ()),
        lambda: steward.rename(who, rig.eva, "X"),
        lambda: steward.lock(who, rig.eva),
        lambda: steward.unlock(who, rig.eva),
        lambda: steward.set_address(who, rig.eva, ""),
        lambda: steward.end_sessions(who, rig.eva),
        lambda: steward.give_link(who, rig.eva),
    ]
    for act in acts:
        with pytest.raises(AccessRefused):
            act()


def test_a_link_opens_once_and_ends_what_was(rig: Rig) -> None:
    session = rig.sign_in.begin(rig.eva.seq, browser="x")
    rig.people.accounts.passkeys.add(rig.eva.seq, b"id", b"key", "Telefonen", 0)
    token = rig.steward.give_link(LOCAL, rig.eva)
    assert rig.sign_in.find(session) is None
    assert rig.people.accounts.passkeys.of_user(rig.eva.seq) == []
    assert not rig.enters(rig.eva, WORD)
    assert rig.steward.holder(token).seq == rig.eva.seq
    with pytest.raises(ConfigError):
        rig.steward.redeem(token, "kort")
    assert rig.steward.redeem(token, OTHER).seq == rig.eva.seq
    assert rig.enters(rig.eva, OTHER)
    for other in (token, "", "x", "ab" * 32, "å" * 200):
        with pytest.raises(LinkSpent):
            rig.steward.redeem(other, OTHER)


def test_a_link_is_replaced_gets_old_and_dies_with_a_lock(rig: Rig) -> None:
    first, second = (rig.steward.give_link(LOCAL, rig.eva) for _ in range(2))
    with pytest.raises(LinkSpent):
        rig.steward.holder(first)
    rig.clock.advance(LINK_LIFE)
    with pytest.raises(LinkSpent):
        rig.steward.holder(second)
    third = rig.steward.give_link(LOCAL, rig.eva)
    rig.steward.lock(LOCAL, rig.eva)
    rig.steward.unlock(LOCAL, rig.eva)
    with pytest.raises(LinkSpent):
        rig.steward.holder(third)
    fourth = rig.steward.give_link(LOCAL, rig.eva)
    rig.people.set_password(rig.eva, WORD)  # `diarkiv user password`
    with pytest.raises(LinkSpent):
        rig.steward.redeem(fourth, OTHER)


def test_who_signs_in_elsewhere_or_is_locked_gets_no_link(rig: Rig) -> None:
    kim = rig.people.add("", "Kim Berg", (), subject=("https://t.example", "kim"))
    locked = rig.steward.lock(LOCAL, rig.eva)
    for one in (kim, locked):
        with pytest.raises(ConfigError):
            rig.steward.give_link(LOCAL, one)


@pytest.mark.parametrize("text", ["eva", "eva@", "a b@c.example", "a@b;c@d", "å@t.example"])
def test_what_is_no_address(rig: Rig, text: str) -> None:
    with pytest.raises(ConfigError):
        rig.steward.set_address(LOCAL, rig.eva, text)
    assert email("  ") == ""


def test_an_address_lies_encrypted(rig: Rig) -> None:
    rig.steward.set_address(LOCAL, rig.eva, "eva.kanarie@testkoping.example")
    for path in rig.home.path.rglob("*"):
        assert path.is_dir() or b"kanarie@" not in path.read_bytes(), path
    rig.steward.set_address(LOCAL, rig.eva, "")
    assert rig.people.accounts.ways_back.addresses() == {}
