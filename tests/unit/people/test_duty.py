"""The duty roster with users in it: who is told, who is passed over, and that it is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archiver.cli.duty import of_duty
from archiver.cli.home import Light
from archiver.core.access import HOME, Role
from archiver.db.notices import Notices
from archiver.db.operations import Operations
from archiver.errors import ConfigError, NotFound
from archiver.notify.duty import reached, user_of
from archiver.people.duty import Duty
from archiver.people.service import People, User
from tests.build import FakeClock
from tests.databases import place
from tests.homes import ROOT, make_home, people_of

EVA, PHONE = "eva@testkoping.example", "jour@testkoping.example"
WHOLE = ("mån 00:00", "mån 00:00")


class Rig:
    """A roster, and somebody to stand in it."""

    def __init__(self, path: Path) -> None:
        self.clock = FakeClock()
        home = make_home(path, clock=self.clock)
        self.people: People = people_of(home)
        operations = Operations(place(home.path).operations(), ROOT, self.clock, os.urandom)
        self.duty = Duty(Notices(operations, self.clock), self.people)
        self.eva = self.people.add("eva", "Eva Lind", ((Role.COMMUNICATOR, HOME),))
        self.people.accounts.ways_back.put_address(self.eva.seq, EVA)

    def now(self) -> list[tuple[str, str, str]]:
        return [(one.named, one.address, one.why) for one in self.duty.now(self.clock.now())]

    def found(self) -> list[tuple[Light, str]]:
        there = of_duty(self.duty, ("email",), self.clock.now())
        return [(one.light, one.what) for one in there]


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path / "home")


@pytest.fixture
def eva(rig: Rig) -> User:
    return rig.eva


@pytest.mark.parametrize("who", ["eva", "EVA", "U{}", "u{}"])
def test_a_user_is_named_by_number_whatever_was_written(rig: Rig, eva: User, who: str) -> None:
    rig.duty.add(*WHOLE, who.format(eva.seq))
    assert rig.now() == [(f"U{eva.seq}", EVA, "")]
    assert rig.duty.address(eva.seq) == EVA


def test_who_is_locked_out_of_roles_or_without_address_is_passed_over(rig: Rig, eva: User) -> None:
    rig.duty.add(*WHOLE, "eva")
    assert rig.found() == [(Light.GREEN, "Somebody is on duty now.")]
    rig.people.accounts.ways_back.put_address(eva.seq, "")
    assert rig.now() == [(f"U{eva.seq}", "", "no_address")]
    rig.people.change(eva, roles=())
    assert rig.now()[0][2] == "no_role"
    rig.people.change(eva, disabled=True)
    assert rig.now()[0][2] == "locked"
    assert rig.duty.told("U999999").why == "missing"
    lights = rig.found()
    assert [light for light, _ in lights] == [Light.AMBER, Light.AMBER]
    assert "is passed over: locked" in lights[0][1]
    assert "Nobody is on duty now" in lights[1][1]


def test_an_address_beside_a_user_is_still_reached(rig: Rig, eva: User) -> None:
    rig.duty.add(*WHOLE, "eva")
    rig.duty.add(*WHOLE, PHONE)
    rig.people.change(eva, disabled=True)
    named = [one[0] for one in rig.now()]
    assert reached(named, rig.duty.address) == ((PHONE,), 1)


def test_the_doctor_says_that_there_is_no_roster_where_mail_is_sent(rig: Rig) -> None:
    assert [light for light, _ in rig.found()] == [Light.AMBER]
    assert list(of_duty(rig.duty, (), rig.clock.now())) == []


def test_lines_come_and_go(rig: Rig, eva: User) -> None:
    rig.duty.add("fre 16:00", "mån 07:30", "eva")
    rig.duty.add("fre 16:00", "mån 07:30", "eva")
    line = f"fre 16:00;mån 07:30;U{eva.seq}"
    rig.duty.remove(line)
    assert len(rig.duty.roster().lines) == 1
    rig.duty.remove(line)
    assert rig.duty.roster().lines == ()
    with pytest.raises(NotFound):
        rig.duty.remove(line)


@pytest.mark.parametrize(
    "line",
    [("mån", "tis", EVA), ("mån 16:00", "2026-12-24 16:00", EVA), ("mån 25:00", "tis 07:00", EVA),
     ("mån 16:00", "tis 07:30", ""), ("mån 16:00", "tis 07:30", "a@b;c@d"), ("", "", EVA)],
)  # fmt: skip
def test_what_is_no_line(rig: Rig, line: tuple[str, str, str]) -> None:
    with pytest.raises(ConfigError):
        rig.duty.add(*line)
    assert rig.duty.roster().lines == ()


def test_nobody_stands_in_it_who_is_not_there(rig: Rig) -> None:
    for who in ("U999999", "omar"):
        with pytest.raises(NotFound):
            rig.duty.add(*WHOLE, who)
    with pytest.raises(NotFound):
        rig.duty.replace("from;to;address\nmån 16:00;tis 07:30;U999999\n")


def test_what_names_a_user() -> None:
    assert user_of("U12") == 12
    for text in ("U0", "U", "U-1", "u12", "U12@x.example", "U" + "9" * 16):
        assert user_of(text) is None
