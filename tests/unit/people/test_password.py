"""Passwords: one kept form, refused when easy to guess, compared as slowly for nobody."""

from __future__ import annotations

import os
import time

import pytest
from argon2 import PasswordHasher

from archiver.errors import ConfigError
from archiver.people.password import Passwords, check_password

GOOD = "hästar under bron"


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(os.urandom)


def test_owasps_parameters(passwords: Passwords) -> None:
    assert passwords.hash(GOOD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.hash(GOOD) != passwords.hash(GOOD)


def test_the_right_one_and_no_other(passwords: Passwords) -> None:
    kept = passwords.hash(GOOD)
    assert passwords.verify(kept, GOOD)
    assert passwords.verify(kept, "ha\u0308star under bron")  # typed on another keyboard
    assert not passwords.verify(kept, GOOD.upper())
    assert not passwords.verify(kept, "")
    assert not passwords.verify("rubbish", GOOD)
    assert not passwords.verify(None, GOOD)


def test_nobodys_takes_as_long(passwords: Passwords) -> None:
    kept = passwords.hash(GOOD)

    def fastest(hashed: str | None) -> float:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            passwords.verify(hashed, "fel lösenord")
            times.append(time.perf_counter() - began)
        return min(times)

    somebodys, nobodys = fastest(kept), fastest(None)
    assert 0.5 < nobodys / somebodys < 2


def test_another_hash_is_outdated(passwords: Passwords) -> None:
    assert not passwords.outdated(passwords.hash(GOOD))
    assert passwords.outdated(PasswordHasher(time_cost=1, memory_cost=8192).hash(GOOD))


@pytest.mark.parametrize("password", ["", "kort", "x" * 201, "aaaaaaaaaaaaaaaa", "eva.lind12345"])
def test_what_is_easy_to_guess_is_refused_without_a_word_of_it(password: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_password(password, "eva.lind")
    assert not password or password not in str(refused.value)


def test_length_is_what_counts() -> None:
    check_password("alla mina hästar", "eva.lind")
