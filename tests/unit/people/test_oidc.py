"""What can be told of an identity provider without one; the rest is tried with a real one
(tests/servers/test_oidc_server.py)."""

from __future__ import annotations

import os

import pytest
from pydantic import SecretStr

from archiver import config
from archiver.clock import SystemClock
from archiver.config import OidcSettings
from archiver.errors import ConfigError
from archiver.people.oidc import Provider, Transaction, check_address

SETTINGS = OidcSettings(issuer="https://login.testkoping.example", client_id="diarkiv")


@pytest.mark.parametrize("url", ["http://login.example/x", "ftp://a", "", "https://", "//a.b"])
def test_a_providers_addresses_are_https(url: str) -> None:
    with pytest.raises(ConfigError):
        check_address(url)


def test_but_for_one_on_this_machine() -> None:
    check_address("https://login.example/x")
    check_address("http://localhost:8080/x")


def test_a_secret_is_needed_and_not_shown() -> None:
    with pytest.raises(ConfigError, match="DIARKIV_OIDC_SECRET") as missing:
        Provider(SETTINGS, SecretStr(""), SystemClock(), os.urandom)
    assert "DIARKIV_OIDC_SECRET" in str(missing.value)
    provider = Provider(SETTINGS, SecretStr("hemligt-KANARIE"), SystemClock(), os.urandom)
    assert "KANARIE" not in repr(vars(provider))


def test_what_lies_in_the_browser_comes_back_whole() -> None:
    going = Transaction(state="a", nonce="b", verifier="c", to="/handlingar?q=å", at=17)
    assert Transaction.decode(going.encode()) == going


def test_the_settings_are_a_table_or_json(tmp_path: os.PathLike[str]) -> None:
    home = config.home_folder(None, {"DIARKIV_HOME": str(tmp_path)})
    (home / config.FILE).write_text(
        '[oidc]\nissuer = "https://login.testkoping.example"\nclient_id = "diarkiv"\n'
        '[[oidc.role]]\nclaim = "groups"\nvalue = "diarkiv-registrator"\n'
        'role = "registrar"\nauthority = "KS"\n'
    )
    found = config.load(home, {}).oidc
    assert found
    assert found.role[0].role.value == "registrar"
    given = '{"issuer": "https://b.example", "client_id": "x"}'
    other = config.load(home, {"DIARKIV_OIDC": given, "DIARKIV_OIDC_SECRET": "s"}).oidc
    assert other
    assert other.issuer == "https://b.example"


@pytest.mark.parametrize(
    "text", ['role = "king"', 'role = "registrar"\nwrong = 1', "authority = 5"]
)
def test_a_rule_that_is_none_is_refused(tmp_path: os.PathLike[str], text: str) -> None:
    home = config.home_folder(None, {"DIARKIV_HOME": str(tmp_path)})
    (home / config.FILE).write_text(
        '[oidc]\nissuer = "https://a.example"\nclient_id = "x"\n'
        f'[[oidc.role]]\nclaim = "groups"\nvalue = "x"\n{text}\n'
    )
    with pytest.raises(ConfigError, match="oidc"):
        config.load(home, {})
