"""Cases are closed on a day that can be true and taken up again; meanwhile nothing goes in."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver.core.access import LOCAL, Permission, Role, Viewer, viewer_of
from archiver.errors import AccessRefused, ConfigError, DiarkivError, NotFound
from archiver.registry.batch import AlreadyVoided, CaseClosed
from archiver.registry.cases import CaseNotSo
from archiver.registry.core.entry import Dated, Direction, Registration
from archiver.registry.service import Register
from tests.build import DAY, FakeClock
from tests.databases import rows_of
from tests.homes import TestHome, make_home

pytestmark = pytest.mark.usefixtures("each_database")

NOON = 1_795_345_200_000  # 2026-11-22 12.00 in Sweden


@pytest.fixture
def home(tmp_path: Path) -> TestHome:
    home = make_home(tmp_path, clock=FakeClock(NOON))
    home.channels.add_authority("KS", "Kommunstyrelsen")
    return home


@pytest.fixture
def register(home: TestHome) -> Register:
    made = Register(home.ledger)
    made.set_series(LOCAL, home.channels.authority("KS").seq, "KS", "{ORG} {ÅÅÅÅ}/{LÖP}")
    return made


@pytest.fixture
def case(home: TestHome, register: Register) -> int:
    return register.open_case(LOCAL, home.channels.authority("KS").seq, "Snöröjning")


def document(register: Register, case: int, day: str = "2026-11-22") -> int:
    authority = register.reader.case(LOCAL, case).authority
    asked = Registration(
        authority=authority,
        direction=Direction.RECEIVED,
        day=day,
        dated=Dated.STATED,
        title="En synpunkt",
        case=case,
    )
    return register.register(LOCAL, asked)


def test_a_case_is_closed_taken_up_and_closed_again(
    home: TestHome, register: Register, case: int
) -> None:
    document(register, case)
    assert register.reader.case(LOCAL, case).closed_on == ""
    register.cases.close(LOCAL, case, note="Slutredovisat")
    assert register.reader.case(LOCAL, case).closed_on == "2026-11-22"
    with pytest.raises(CaseNotSo):
        register.cases.close(LOCAL, case)
    with pytest.raises(CaseClosed):
        document(register, case)
    register.cases.reopen(LOCAL, case, reason="Ny skrivelse")
    assert register.reader.case(LOCAL, case).closed_on == ""
    with pytest.raises(CaseNotSo):
        register.cases.reopen(LOCAL, case, reason="Igen")
    document(register, case)
    assert isinstance(home.clock, FakeClock)
    home.clock.advance(3 * DAY)
    register.cases.close(LOCAL, case, day="2026-11-24")
    assert register.reader.cases(LOCAL)[0].closed_on == "2026-11-24"
    live = rows_of(home.ledger.database)
    home.ledger.rebuild()
    assert rows_of(home.ledger.database) == live


@pytest.mark.parametrize("day", ["2026-11-21", "2026-11-23", "2026-1-1", "i går"])
def test_a_day_that_cannot_be_true_is_refused(register: Register, case: int, day: str) -> None:
    with pytest.raises(ConfigError):
        register.cases.close(LOCAL, case, day=day)
    assert register.reader.case(LOCAL, case).closed_on == ""


def test_a_case_is_not_closed_before_its_newest_document(
    home: TestHome, register: Register, case: int
) -> None:
    assert isinstance(home.clock, FakeClock)
    home.clock.advance(5 * DAY)
    document(register, case, "2026-11-25")
    with pytest.raises(ConfigError, match="newest document"):
        register.cases.close(LOCAL, case, day="2026-11-24")
    register.cases.close(LOCAL, case, day="2026-11-25")


@pytest.mark.parametrize(
    ("viewer", "error"),
    [
        (viewer_of(9, [(Role.ARCHIVIST, 0)]), AccessRefused),
        (viewer_of(9, [(Role.REGISTRAR, 77)]), NotFound),
        (Viewer(9, {0: frozenset({Permission.READ})}), AccessRefused),
    ],
)
def test_who_may_not_register_closes_nothing(
    register: Register, case: int, viewer: Viewer, error: type[DiarkivError]
) -> None:
    with pytest.raises(error):
        register.cases.close(viewer, case)
    register.cases.close(LOCAL, case)
    with pytest.raises(error):
        register.cases.reopen(viewer, case, reason="Ny skrivelse")


def test_a_voided_case_is_left_alone(register: Register, case: int) -> None:
    register.void(LOCAL, case, reason="Dubbel")
    with pytest.raises(AlreadyVoided):
        register.cases.close(LOCAL, case)
