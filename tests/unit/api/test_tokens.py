"""Tokens of programs: what they may be given, who they are, and what is kept of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.api import cursor
from archiver.api.cursor import BadCursor
from archiver.api.tokens import LONGEST
from archiver.core.access import HOME, LOCAL, Permission, Role, viewer_of
from archiver.core.api_token import Scope, digest, scoped, written
from archiver.errors import AccessRefused, ConfigError, NotFound
from tests.unit.api.asking import Api

READ = [Scope(Permission.READ)]


@given(st.binary(min_size=32, max_size=32))
def test_a_token_is_known_by_its_digest_alone(bits: bytes) -> None:
    token = written(bits)
    found = digest(token)
    assert found is not None
    assert found != digest(written(bytes(32))) or bits == bytes(32)
    assert digest(token[:-1]) is digest(token + "A") is digest(" " + token) is None


def test_a_scope_brings_what_it_needs() -> None:
    assert set(scoped("register", 12)) == {
        Scope(Permission.READ, 12),
        Scope(Permission.REGISTER, 12),
    }
    assert scoped("read-protected", HOME) == scoped("read_protected", HOME)
    for name in ("set-users", "audit", "stop", "", "läsa"):
        with pytest.raises(ConfigError, match="token"):
            scoped(name, HOME)


def test_a_token_is_who_it_was_made_for(api: Api) -> None:
    ks = api.authorities["KS"]
    token, seq = api.tokens.add(LOCAL, "Ärenden", list(scoped("register", ks)), days=None)
    held = api.tokens.holder(token)
    assert held is not None
    assert (held.actor, held.authorities(Permission.REGISTER)) == (seq, frozenset({ks}))
    assert not held.may_somewhere(Permission.READ_PROTECTED)
    one = next(one for one in api.tokens.all(LOCAL) if one.row.seq == seq)
    assert (one.name, one.row.used_on, one.row.expires_at) == ("Ärenden", 20261122, None)
    api.tokens.revoke(LOCAL, seq)
    assert api.tokens.holder(token) is None
    with pytest.raises(NotFound):
        api.tokens.revoke(LOCAL, seq)
    with pytest.raises(NotFound):
        api.tokens.revoke(LOCAL, 10**14)


def test_nobody_gives_away_what_they_do_not_have(api: Api) -> None:
    ks = api.authorities["KS"]
    registrar = viewer_of(40, [(Role.REGISTRAR, ks)])
    operator = viewer_of(41, [(Role.OPERATOR, HOME)])
    for viewer in (registrar, operator):
        with pytest.raises(AccessRefused):
            api.tokens.add(viewer, "x", READ, days=1)
    with pytest.raises(AccessRefused):
        api.tokens.all(registrar)
    with pytest.raises(AccessRefused):
        api.tokens.revoke(registrar, 1)


@pytest.mark.parametrize(
    ("name", "scopes", "days"),
    [
        (" ", READ, 1),
        ("x" * 101, READ, 1),
        ("a\x07b", READ, 1),
        ("x", [], 1),
        ("x", READ, 0),
        ("x", READ, LONGEST + 1),
        ("x", [Scope(Permission.READ, n) for n in range(1, 60)], 1),
    ],
)
def test_what_no_token_can_be(api: Api, name: str, scopes: Any, days: int) -> None:
    with pytest.raises(ConfigError):
        api.tokens.add(LOCAL, name, scopes, days=days)


def test_the_most_scopes_fit_in_the_log(api: Api) -> None:
    scopes = [Scope(Permission.READ_PROTECTED, 10**14 + n) for n in range(40)]
    _, seq = api.tokens.add(LOCAL, "😀" * 100, scopes, days=1)
    assert len(api.home.ledger.open_one(seq).envelope["scopes"]) == 40  # type: ignore[arg-type]


def test_the_token_itself_is_nowhere(api: Api) -> None:
    token = api.token("read")
    assert api.tokens.holder(token)
    for path in api.home.path.rglob("*"):
        if path.is_file():
            assert token.encode() not in path.read_bytes(), path
    with closing(sqlite3.connect(api.home.path / "db" / "operations.sqlite")) as connection:
        rows = connection.execute("SELECT digest, scopes FROM api_token").fetchall()
    assert (digest(token), "read:0") in rows


@given(st.lists(st.integers(0, 10**15 - 1), max_size=3))
def test_a_cursor_is_read_as_it_was_written(places: list[int]) -> None:
    made = cursor.written(*places)
    assert cursor.numbers(made, len(places)) == places
    with pytest.raises(BadCursor):
        cursor.numbers(made, len(places) + 1)


@given(st.text(max_size=40))
def test_any_other_word_is_no_cursor(word: str) -> None:
    for read in (lambda: cursor.numbers(word, 1), lambda: cursor.text(word)):
        try:
            found = read()
        except BadCursor:
            continue
        assert not word or cursor.written(*(found if isinstance(found, list) else [found])) == word
