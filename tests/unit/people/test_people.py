"""Users: facts in the log, names in frames only, and signing in."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from archiver.core.access import HOME, Permission, Role
from archiver.core.event import EventType
from archiver.errors import ConfigError, NotFound
from archiver.ledger.projection import HOME_COHORT
from archiver.people.projector import parse_roles, standings
from archiver.people.service import People, User
from archiver.people.sign_in import Limits, SignIn
from archiver.people.throttle import MINUTE
from tests.build import FakeClock
from tests.homes import TestHome, make_home, people_of

WORD, OTHER = "hästar under bron", "moln över havet"
NAME = "Eva KANARIE Lind"


pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def home(tmp_path: Path, clock: FakeClock) -> TestHome:
    made = make_home(tmp_path / "home", clock=clock)
    made.channels.add_authority("KS", "Kommunstyrelsen")
    return made


@pytest.fixture
def people(home: TestHome) -> People:
    return people_of(home)


@pytest.fixture
def sign_in(people: People, clock: FakeClock) -> SignIn:
    return SignIn(people, clock, os.urandom)


def authority(home: TestHome) -> int:
    return home.channels.authority("KS").seq


@pytest.fixture
def eva(people: People, home: TestHome) -> User:
    roles = ((Role.REGISTRAR, authority(home)),)
    return people.add("eva.lind", NAME, roles, password=WORD)


def on_disk(home: TestHome) -> bytes:
    return b"".join(path.read_bytes() for path in home.path.rglob("*") if path.is_file())


# --- facts ---------------------------------------------------------------------------------------


def test_a_user_is_an_event_and_their_number_its_seq(
    people: People, home: TestHome, eva: User
) -> None:
    envelope = home.ledger.open_one(eva.seq).envelope
    assert envelope["name"] == NAME
    assert "login" not in envelope
    home.ledger.log.load()
    with home.ledger.database.read() as connection:
        row = connection.exec_driver_sql(
            f"SELECT type, cohort FROM entry WHERE seq = {eva.seq}"
        ).one()
    assert tuple(row) == (EventType.USER_ADDED, HOME_COHORT)
    assert people.user("EVA.Lind ") == people.user(f"U{eva.seq}") == eva
    assert people.numbered(eva.seq) == eva
    assert people.name(eva.seq) == NAME
    assert people.name(999) == ""
    with pytest.raises(NotFound):
        people.user("")


def test_nothing_of_a_person_is_on_the_disk_in_clear(people: People, home: TestHome) -> None:
    people.add("eva.lind.inloggning", NAME, (), password=WORD)
    token = SignIn(people, home.clock, os.urandom).begin(
        people.user("eva.lind.inloggning").seq, browser="KANARIE-webbläsare"
    )
    data = on_disk(home)
    for text in ("KANARIE", "eva.lind.inloggning", WORD, token, "argon2id"):
        assert text.encode() not in data


def test_roles_hold_for_their_authority(home: TestHome, eva: User) -> None:
    assert eva.viewer.actor == eva.seq
    assert eva.viewer.may(Permission.REGISTER, authority(home))
    assert not eva.viewer.may(Permission.REGISTER, 999)


def test_what_differs_is_an_event_and_what_does_not_is_none(
    people: People, home: TestHome, eva: User
) -> None:
    size = home.ledger.log.size
    assert people.change(eva, name=NAME, roles=eva.roles, disabled=False) == eva
    assert home.ledger.log.size == size
    after = people.change(eva, name="Eva Lindgren", roles=((Role.AUDITOR, HOME),), actor=7)
    assert (after.name, after.roles) == ("Eva Lindgren", ((Role.AUDITOR, HOME),))
    assert people.numbered(eva.seq) == after
    event = home.ledger.open_one(size).envelope
    assert event["actor"] == 7
    assert event["roles"] == [["auditor", HOME]]
    assert people.change(after, roles=()).viewer.staff is False


def test_a_rebuilt_home_knows_the_same(people: People, home: TestHome, eva: User) -> None:
    people.change(eva, disabled=True, roles=((Role.LAWYER, HOME),))
    with home.ledger.database.read() as connection:
        before = standings(connection)
    home.ledger.rebuild()
    with home.ledger.database.read() as connection:
        assert standings(connection) == before
    assert before[eva.seq] == (((Role.LAWYER, HOME),), True)


@pytest.mark.parametrize(
    ("login", "name", "password"),
    [("", "Eva", WORD), ("eva", "", WORD), ("eva", "Eva\nLind", WORD), ("eva", "Eva", "kort"),
     ("EVA.LIND", "En till", WORD), ("x" * 201, "Eva", WORD)],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_is_written(
    people: People, home: TestHome, eva: User, login: str, name: str, password: str
) -> None:
    size = home.ledger.log.size
    with pytest.raises(ConfigError):
        people.add(login, name, (), password=password)
    assert home.ledger.log.size == size
    assert len(people.users()) == 1


def test_a_role_is_for_an_authority_that_is_there(people: People, eva: User) -> None:
    with pytest.raises(ConfigError):
        people.change(eva, roles=((Role.AUDITOR, 999),))


def test_a_role_of_a_later_release_grants_nothing() -> None:
    assert parse_roles(["registrar:12", "king:0", ""]) == ((Role.REGISTRAR, 12),)


def test_there_are_users_ever_after_the_first(people: People, home: TestHome) -> None:
    assert not people.any()
    eva = people.add("eva", "Eva", (), password=WORD)
    assert people.any()
    people.change(eva, disabled=True)
    assert people_of(home).any()


# --- attempts ------------------------------------------------------------------------------------


def test_the_right_password_and_no_other(sign_in: SignIn, eva: User) -> None:
    assert sign_in.attempt("Eva.Lind", WORD, address="192.0.2.1").user == eva.seq
    for login, password in (("eva.lind", OTHER), ("eva.lind", ""), ("nobody", WORD), ("", "")):
        assert sign_in.attempt(login, password, address="192.0.2.1").user is None


def test_whoever_has_no_password_or_is_disabled_does_not_get_in(
    people: People, sign_in: SignIn, eva: User
) -> None:
    people.add("utan", "Utan Lösen", ())
    assert sign_in.attempt("utan", "", address="a").user is None
    people.change(eva, disabled=True)
    assert sign_in.attempt("eva.lind", WORD, address="a").user is None
    people.change(eva, disabled=False)
    assert sign_in.attempt("eva.lind", WORD, address="a").user == eva.seq


@pytest.mark.parametrize("login", ["eva.lind", "finns.inte"])
def test_guessing_gets_slower_and_ends_with_waiting(
    sign_in: SignIn, clock: FakeClock, eva: User, login: str
) -> None:
    """The same whether there is such a name or not."""
    waits = []
    for _ in range(12):
        tried = sign_in.attempt(login, OTHER, address="192.0.2.1")
        waits.append(tried.wait)
        clock.advance(tried.wait)
    assert waits[:5] == [0] * 5
    assert [one for one in waits[5:] if one] == [1000, 2000, 4000, 8000]
    while not sign_in.attempt(login, OTHER, address="192.0.2.1").wait:
        pass
    refused = sign_in.attempt(login, WORD, address="192.0.2.1")
    assert (refused.user, refused.wait > 0) == (None, True)  # the right one is not heard either
    elsewhere = sign_in.attempt("eva.lind", WORD, address="192.0.2.2")
    assert elsewhere.user == eva.seq  # nobody is locked out from another address


def test_getting_in_ends_the_waiting(sign_in: SignIn, clock: FakeClock, eva: User) -> None:
    for _ in range(5):
        sign_in.attempt("eva.lind", OTHER, address="a")
    clock.advance(10_000)
    assert sign_in.attempt("eva.lind", WORD, address="a").user == eva.seq
    assert sign_in.attempt("eva.lind", OTHER, address="a").wait == 0


def test_a_known_browser_is_spared_what_strangers_do(
    people: People, sign_in: SignIn, eva: User
) -> None:
    for number in range(40):
        sign_in.attempt("eva.lind", OTHER, address=f"192.0.2.{number}")
    assert sign_in.attempt("eva.lind", WORD, address="198.51.100.9").wait > 0
    known = sign_in.known_browser(eva.seq)
    assert sign_in.attempt("eva.lind", WORD, address="198.51.100.9", known=known).user == eva.seq
    people.set_password(eva, OTHER)
    assert sign_in.known_browser(eva.seq) != known


def test_an_address_that_tries_many_names_waits(sign_in: SignIn, eva: User) -> None:
    for number in range(30):
        assert sign_in.attempt(f"namn{number}", OTHER, address="a").wait == 0
    assert sign_in.attempt("eva.lind", WORD, address="a").wait > 0


def test_many_at_once_gain_nothing(sign_in: SignIn, eva: User) -> None:
    heard: list[bool] = []

    def guess() -> None:
        heard.append(sign_in.attempt("eva.lind", OTHER, address="a").wait == 0)

    threads = [threading.Thread(target=guess) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(heard) <= 6


def test_an_old_hash_is_renewed_at_sign_in(people: People, sign_in: SignIn, eva: User) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192).hash(WORD)
    people.accounts.set_hash(eva.seq, weak, new=False)
    assert sign_in.attempt("eva.lind", WORD, address="a").user == eva.seq
    row = people.accounts.of_user(eva.seq)
    assert row
    assert row.password
    assert "m=19456" in row.password


# --- sessions ------------------------------------------------------------------------------------


def test_a_session_is_found_by_its_token_only(sign_in: SignIn, eva: User) -> None:
    token = sign_in.begin(eva.seq, browser="Firefox")
    found = sign_in.find(token)
    assert found
    assert (found[0].browser, found[1].seq) == ("Firefox", eva.seq)
    for wrong in ("", token[:-1], token.upper() + "x", found[0].id):
        assert sign_in.find(wrong) is None


def test_it_ends_unused_and_it_ends_old(people: People, clock: FakeClock, eva: User) -> None:
    limits = Limits(idle=10 * MINUTE, absolute=60 * MINUTE)
    sign_in = SignIn(people, clock, os.urandom, limits)
    token = sign_in.begin(eva.seq, browser="")
    for _ in range(11):  # used all the time
        clock.advance(5 * MINUTE)
        assert sign_in.find(token)
    clock.advance(5 * MINUTE)
    assert sign_in.find(token) is None
    token = sign_in.begin(eva.seq, browser="")
    clock.advance(10 * MINUTE)
    assert sign_in.find(token) is None
    assert people.accounts.sessions(eva.seq) == []


def test_signing_in_gives_a_new_token_and_ends_the_old(sign_in: SignIn, eva: User) -> None:
    first = sign_in.begin(eva.seq, browser="")
    second = sign_in.begin(eva.seq, browser="", instead_of=first)
    assert first != second
    assert sign_in.find(first) is None
    assert sign_in.find(second)


def test_being_disabled_or_a_new_password_ends_them_all(
    people: People, sign_in: SignIn, eva: User
) -> None:
    tokens = [sign_in.begin(eva.seq, browser="") for _ in range(3)]
    people.set_password(eva, OTHER)
    assert [sign_in.find(token) for token in tokens] == [None] * 3
    token = sign_in.begin(eva.seq, browser="")
    people.change(eva, disabled=True)
    assert sign_in.find(token) is None
    people.change(eva, disabled=False)
    assert sign_in.find(token) is None


def test_one_may_end_one_s_own_and_nobody_else_s(
    people: People, sign_in: SignIn, eva: User
) -> None:
    bo = people.add("bo", "Bo Ek", (), password=OTHER)
    mine, other = sign_in.begin(eva.seq, browser=""), sign_in.begin(eva.seq, browser="")
    theirs = sign_in.begin(bo.seq, browser="")
    id_of_theirs = people.accounts.sessions(bo.seq)[0].id
    assert not people.accounts.end_session(id_of_theirs, eva.seq)
    assert sign_in.find(theirs)
    found = sign_in.find(mine)
    assert found
    people.accounts.end_sessions(eva.seq, but=found[0].id)
    assert sign_in.find(mine)
    assert sign_in.find(other) is None
    assert sign_in.find(theirs)
