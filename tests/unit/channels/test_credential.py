"""A login as a person gives it; what is wrong with it is said without a word of it."""

from __future__ import annotations

import pytest

from archiver.channels.credential import parse
from archiver.core.connector import Credential, Login
from archiver.errors import ConfigError

SECRET = "hemligt-Kanarie-77"


@pytest.mark.parametrize(
    ("text", "login", "expected"),
    [
        ("arkiv\nabcd efgh\n", Login.BASIC, Credential(user="arkiv", secret="abcd efgh")),
        (
            " arkiv \r\n\r\nabcd\r\nsign\r\n",
            Login.BASIC,
            Credential(user="arkiv", secret="abcd", signing="sign"),
        ),
        (f"{SECRET}\n", Login.BEARER, Credential(secret=SECRET)),
        (f"{SECRET}\nsign", Login.BEARER, Credential(secret=SECRET, signing="sign")),
    ],
)
def test_lines_become_a_login(text: str, login: Login, expected: Credential) -> None:
    assert parse(text, login) == expected


@pytest.mark.parametrize(
    ("text", "login"),
    [
        ("", Login.BASIC),
        ("", Login.BEARER),
        (SECRET, Login.BASIC),
        (f"{SECRET}\n1\n2\n3", Login.BASIC),
        (f"{SECRET}\n1\n2", Login.BEARER),
        (f"Bearer {SECRET}", Login.BEARER),
        (f"{SECRET}å", Login.BEARER),
        (f"{SECRET}\x00", Login.BEARER),
        (f"arkiv\n{SECRET}{'x' * 5000}", Login.BASIC),
        (f"arkiv\n{SECRET}\x1b[2J", Login.BASIC),
        (f"arkiv\n{SECRET}", Login.NONE),
    ],
)
def test_what_is_wrong_is_said_without_a_word_of_it(text: str, login: Login) -> None:
    with pytest.raises(ConfigError) as told:
        parse(text, login)
    assert SECRET not in str(told.value)
    assert SECRET not in repr(told.value)
