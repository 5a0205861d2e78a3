"""Passkeys: what lets somebody in, and everything that must not."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archiver.core.access import HOME, Role
from archiver.errors import ConfigError
from archiver.people.passkey import (
    LIFE,
    LONGEST_NAME,
    MOST,
    Party,
    PasskeyRefused,
    PasskeySignIn,
    Question,
    party_of,
    passkey_name,
)
from archiver.people.service import People, User
from archiver.people.sign_in import SignIn
from archiver.people.throttle import ADDRESS
from tests.build import FakeClock
from tests.homes import make_home, people_of
from tests.unit.people.authenticator import PRESENT, VERIFIED, Authenticator

pytestmark = pytest.mark.usefixtures("each_database")
PARTY = Party(domain="localhost", origin="http://localhost:8465")
SESSION, PLACE = "ab" * 32, "192.0.2.7"
WORD = "hästar under bron"


class Rig:
    """Two users, and a passkey of the first."""

    def __init__(self, path: Path) -> None:
        self.clock = FakeClock()
        self.people: People = people_of(make_home(path, clock=self.clock))
        self.sign_in = SignIn(self.people, self.clock, os.urandom)
        self.passkeys = PasskeySignIn(self.sign_in, PARTY, self.clock, os.urandom)
        roles = ((Role.REGISTRAR, HOME),)
        self.eva = self.people.add("eva.lind", "Eva Lind", roles, password=WORD)
        self.omar = self.people.add("omar.ek", "Omar Ek", roles, password=WORD)
        self.key = self.enrol(self.eva)

    def enrol(self, user: User, key: Authenticator | None = None) -> Authenticator:
        key = key or Authenticator()
        options, question = self.passkeys.ask_for_new(user, SESSION)
        self.passkeys.add(user, SESSION, question, key.make(options), "Telefonen")
        return key

    def enter(self, key: Authenticator, **more: object) -> int | None:
        options, question = self.passkeys.ask()
        return self.tried(question, key.answer(options, **more))

    def tried(self, question: Question | None, answer: str) -> int | None:
        return self.passkeys.attempt(question, answer, address=PLACE).user


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path / "home")


# --- what lets somebody in -----------------------------------------------------------------------


def test_a_passkey_signs_its_owner_in_again_and_again(rig: Rig) -> None:
    (kept,) = rig.people.accounts.passkeys.of_user(rig.eva.seq)
    assert (kept.name, kept.used_at, kept.suspected_at) == ("Telefonen", None, None)
    for _ in range(3):
        rig.clock.advance(60_000)
        assert rig.enter(rig.key) == rig.eva.seq
        (kept,) = rig.people.accounts.passkeys.of_user(rig.eva.seq)
        assert (kept.used_at, kept.sign_count) == (rig.clock.now(), rig.key.count)


def test_several_of_one_user_and_each_user_their_own(rig: Rig) -> None:
    second, other = rig.enrol(rig.eva), rig.enrol(rig.omar)
    entered = [rig.enter(key) for key in (second, other, rig.key)]
    assert entered == [rig.eva.seq, rig.omar.seq, rig.eva.seq]
    options, _ = rig.passkeys.ask_for_new(rig.eva, SESSION)
    assert len(options["excludeCredentials"]) == 2


def test_the_questions_ask_for_a_verified_user_and_a_key_that_names_its_owner(rig: Rig) -> None:
    made, _ = rig.passkeys.ask_for_new(rig.eva, SESSION)
    chosen = made["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert made["attestation"] == "none"
    asked, _ = rig.passkeys.ask()
    assert (asked["rpId"], asked["userVerification"]) == ("localhost", "required")
    assert not asked.get("allowCredentials")  # nobody is named before they have answered


def test_an_authenticator_that_does_not_count_is_no_copy(rig: Rig) -> None:
    key = rig.enrol(rig.omar, Authenticator(step=0))
    assert [rig.enter(key) for _ in range(3)] == [rig.omar.seq] * 3


def test_what_is_kept_names_nobody(rig: Rig) -> None:
    assert rig.eva.login.encode() not in rig.key.handle
    assert len(rig.key.handle) == 32
    other = rig.enrol(rig.omar)
    assert other.handle != rig.key.handle
    (kept,) = rig.people.accounts.passkeys.of_user(rig.eva.seq)
    assert rig.key.credential.hex() not in kept.id


# --- what must not -------------------------------------------------------------------------------


def test_a_question_is_answered_once(rig: Rig) -> None:
    options, question = rig.passkeys.ask()
    first = rig.key.answer(options)
    assert rig.tried(question, first) == rig.eva.seq
    assert rig.tried(question, first) is None  # the very answer, replayed
    assert rig.tried(question, rig.key.answer(options)) is None
    _, other = rig.passkeys.ask()
    assert rig.tried(other, first) is None  # … or to another question


def test_of_many_who_replay_at_once_one_gets_in(rig: Rig) -> None:
    options, question = rig.passkeys.ask()
    answer, entered = rig.key.answer(options), list[int | None]()
    threads = [
        threading.Thread(target=lambda: entered.append(rig.tried(question, answer)))
        for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(entered, key=str) == [rig.eva.seq, *[None] * 7]


def test_a_wrong_answer_spends_its_question(rig: Rig) -> None:
    options, question = rig.passkeys.ask()
    assert rig.tried(question, "{}") is None
    assert rig.tried(question, rig.key.answer(options)) is None


def test_an_old_question_is_not_heard(rig: Rig) -> None:
    options, question = rig.passkeys.ask()
    rig.clock.advance(LIFE)
    assert rig.tried(question, rig.key.answer(options)) is None
    early = replace(question, at=rig.clock.now() + 60_000)
    assert rig.tried(early, rig.key.answer(options)) is None


def test_without_a_question_nobody_gets_in(rig: Rig) -> None:
    options, _ = rig.passkeys.ask()
    assert rig.tried(None, rig.key.answer(options)) is None
    made, of_a_session = rig.passkeys.ask_for_new(rig.eva, SESSION)
    assert rig.tried(of_a_session, rig.key.answer(made)) is None


WRONG: list[Callable[[Authenticator, Rig], Authenticator]] = [
    lambda key, _: replace(key, origin="https://fiende.example"),
    lambda key, _: replace(key, origin="http://localhost:8466"),
    lambda key, _: replace(key, origin="https://localhost:8465"),
    lambda key, _: replace(key, domain="fiende.example"),
    lambda key, _: replace(key, flags=PRESENT),  # nobody was verified
    lambda key, _: replace(key, flags=VERIFIED),  # nobody was there
    lambda key, _: replace(key, handle=b""),
    lambda key, rig: replace(key, handle=rig.people.accounts.passkeys.handle(rig.omar.seq)),
    lambda key, _: replace(key, key=Authenticator().key),
    lambda key, _: replace(key, credential=os.urandom(32)),
]


@pytest.mark.parametrize("change", WRONG)
def test_whatever_is_not_as_it_must_be(
    rig: Rig, change: Callable[[Authenticator, Rig], Authenticator]
) -> None:
    assert rig.enter(change(rig.key, rig)) is None
    assert rig.enter(replace(rig.key, count=99)) == rig.eva.seq  # and nothing of it was noted


def test_anothers_credential_does_not_answer_for_mine(rig: Rig) -> None:
    """Omar signs with his own key and says it is Eva's credential, or that Eva is his."""
    omars = rig.enrol(rig.omar)
    assert rig.enter(replace(omars, credential=rig.key.credential)) is None
    stolen = replace(omars, credential=rig.key.credential, handle=rig.key.handle)
    assert rig.enter(stolen) is None
    assert rig.enter(replace(omars, handle=rig.key.handle)) is None


def test_an_answer_in_a_frame_of_another_site(rig: Rig) -> None:
    assert rig.enter(rig.key, crossOrigin=True) is None


def test_an_answer_of_the_other_kind(rig: Rig) -> None:
    options, question = rig.passkeys.ask()
    made, _ = rig.passkeys.ask_for_new(rig.eva, SESSION)
    assert (
        rig.tried(question, Authenticator().make({**made, "challenge": options["challenge"]}))
        is None
    )


@pytest.mark.parametrize(
    "answer", ["", "{", "null", "[]", "{}", '{"id": 5}', "\x00", "9" * 70_000, "[" * 9000]
)
def test_what_is_no_answer(rig: Rig, answer: str) -> None:
    _, question = rig.passkeys.ask()
    assert rig.tried(question, answer) is None


def test_broken_parts_of_an_answer(rig: Rig) -> None:
    for name in ("clientDataJSON", "authenticatorData", "signature", "userHandle"):
        for value in ("", "AA", "å", None, 5, "A" * 4000):
            options, question = rig.passkeys.ask()
            answer = json.loads(rig.key.answer(options))
            answer["response"][name] = value
            rig.sign_in.forgive(PLACE)
            assert rig.tried(question, json.dumps(answer)) is None, (name, value)


def test_a_copy_lets_nobody_in_again(rig: Rig) -> None:
    assert rig.enter(rig.key) == rig.eva.seq
    copy = replace(rig.key, count=rig.key.count - 1)  # … and counts on from where it was copied
    options, question = rig.passkeys.ask()
    tried = rig.passkeys.attempt(question, copy.answer(options), address=PLACE)
    assert (tried.user, tried.meant, tried.suspected) == (None, rig.eva.seq, True)
    assert rig.enter(rig.key) is None  # nor the one it is a copy of: nobody knows which is which
    (kept,) = rig.people.accounts.passkeys.of_user(rig.eva.seq)
    assert kept.suspected_at == rig.clock.now()


def test_a_forged_answer_with_a_low_counter_stops_nobody(rig: Rig) -> None:
    assert rig.enter(rig.key) == rig.eva.seq
    assert rig.enter(replace(rig.key, count=0, key=Authenticator().key)) is None
    assert rig.enter(rig.key) == rig.eva.seq


def test_whoever_is_disabled_does_not_get_in(rig: Rig) -> None:
    rig.people.change(rig.eva, disabled=True)
    assert rig.enter(rig.key) is None


def test_guessing_is_slowed_down(rig: Rig) -> None:
    for _ in range(ADDRESS.free):
        assert rig.tried(None, "{}") is None
    rig.tried(None, "{}")
    options, question = rig.passkeys.ask()
    tried = rig.passkeys.attempt(question, rig.key.answer(options), address=PLACE)
    assert tried.wait > 0
    assert rig.sign_in.waiting(PLACE) > 0
    assert rig.sign_in.waiting("192.0.2.8") == 0
    elsewhere = rig.passkeys.attempt(question, rig.key.answer(options), address="192.0.2.8")
    assert elsewhere.user == rig.eva.seq  # what was not heard spent nothing


# --- adding --------------------------------------------------------------------------------------


def test_nobody_takes_anothers_credential_as_their_own(rig: Rig) -> None:
    with pytest.raises(PasskeyRefused):
        rig.enrol(rig.omar, Authenticator(credential=rig.key.credential))
    assert rig.enter(rig.key) == rig.eva.seq


@pytest.mark.parametrize(
    "key",
    [
        Authenticator(origin="https://fiende.example"),
        Authenticator(domain="fiende.example"),
        Authenticator(flags=PRESENT),
        Authenticator(credential=os.urandom(2000)),
        Authenticator(credential=b""),
    ],
)
def test_what_is_no_passkey_is_not_kept(rig: Rig, key: Authenticator) -> None:
    with pytest.raises(PasskeyRefused):
        rig.enrol(rig.omar, key)
    assert rig.people.accounts.passkeys.of_user(rig.omar.seq) == []


def test_a_question_of_another_session_is_not_answered_in_this_one(rig: Rig) -> None:
    options, question = rig.passkeys.ask_for_new(rig.omar, "cd" * 32)
    answer = Authenticator().make(options)
    with pytest.raises(PasskeyRefused):
        rig.passkeys.add(rig.omar, SESSION, question, answer, "Min")
    _, to_sign_in = rig.passkeys.ask()
    for other in (None, to_sign_in):
        with pytest.raises(PasskeyRefused):
            rig.passkeys.add(rig.omar, SESSION, other, answer, "Min")
    rig.passkeys.add(rig.omar, "cd" * 32, question, answer, "Min")
    with pytest.raises(PasskeyRefused):
        rig.passkeys.add(rig.omar, "cd" * 32, question, answer, "Min")


def test_only_an_account_here_and_not_without_bound(rig: Rig) -> None:
    elsewhere = rig.people.add("", "Kim Berg", (), subject=("https://t.example", "kim"))
    with pytest.raises(ConfigError):
        rig.enrol(elsewhere)
    for _ in range(MOST - 1):
        rig.enrol(rig.eva)
    with pytest.raises(ConfigError):
        rig.enrol(rig.eva)


@pytest.mark.parametrize("name", ["", "  ", "två\nrader", "\x07", "x" * (LONGEST_NAME + 1)])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(ConfigError):
        passkey_name(name)
    assert passkey_name("  Säkerhetsnyckeln ") == "Säkerhetsnyckeln"


def test_what_is_removed_lets_nobody_in_and_only_its_owner_removes_it(rig: Rig) -> None:
    (kept,) = rig.people.accounts.passkeys.of_user(rig.eva.seq)
    for id_ in ("", "zz", "00"):
        assert not rig.people.accounts.passkeys.remove(rig.eva.seq, id_)
    assert not rig.people.accounts.passkeys.remove(rig.omar.seq, kept.id)
    assert rig.enter(rig.key) == rig.eva.seq
    assert rig.people.accounts.passkeys.remove(rig.eva.seq, kept.id)
    assert rig.enter(rig.key) is None


# --- where ---------------------------------------------------------------------------------------


def test_a_party_has_a_name() -> None:
    at = "https://diarkiv.testkoping.example"
    assert party_of(at, 8465) == Party(domain="diarkiv.testkoping.example", origin=at)
    assert party_of(f"{at}:8443", 1) == Party(
        domain="diarkiv.testkoping.example", origin=f"{at}:8443"
    )
    assert party_of("", 8465) == PARTY
    assert party_of("", 80) == Party(domain="localhost", origin="http://localhost")
    assert party_of("https://192.0.2.1", 1) is None
    assert party_of("https://[2001:db8::1]", 1) is None


def test_a_question_lies_in_the_browser_and_comes_back_the_same(rig: Rig) -> None:
    _, question = rig.passkeys.ask_for_new(rig.eva, SESSION)
    assert Question.decode(question.encode()) == question
