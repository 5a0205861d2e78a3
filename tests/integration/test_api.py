"""`diarkiv token` and the interface as `diarkiv serve` really serves it, beside the pages."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli

cli = _cli  # the fixture


@pytest.fixture
def home(cli: Cli) -> Cli:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    cli("register", "series", "set", "KS", "{ORG} {ÅÅÅÅ}/{LÖP}", "--authority", "KS")
    return cli


def test_tokens_are_made_listed_and_revoked(home: Cli) -> None:
    made = home("token", "add", "Ärendesystemet", "--scope", "register:KS", "--days", "30")
    assert made.code == 0
    assert made.out.startswith("diarkiv_")
    assert "only now" in made.err
    (row,) = home("token", "list", "--json").json
    assert (row["name"], row["state"], row["used"]) == ("Ärendesystemet", "valid", "")
    assert row["scopes"] == ["read:KS", "register:KS"]
    listed = home("token", "list").out
    assert "Ärendesystemet" in listed
    assert made.out.strip() not in listed
    assert home("token", "revoke", str(row["id"])).code == 0
    assert home("token", "list", "--json").json[0]["state"] == "revoked"
    again = home("token", "revoke", str(row["id"]))
    assert (again.code, "token list" in again.err) == (2, True)
    for scope in ("audit", "read:NEJ", ""):
        assert home("token", "add", "x", "--scope", scope).code == 2
    assert home("token", "add", "x").code == 2


def asked(address: str, path: str, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(address + path, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_it_is_served_beside_the_pages_and_opens_none_of_them(home: Cli) -> None:
    token = home("token", "add", "Ärendesystemet", "--scope", "read", "--json").json["token"]
    process = home.spawn("serve", "--port", "0", "--json")
    try:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"].partition("/?")[0]
        bearer = {"Authorization": f"Bearer {token}"}
        status, found = asked(address, "/api/v1/authorities", **bearer)
        assert (status, [one["code"] for one in found["items"]]) == (200, ["KS"])
        assert asked(address, "/api/v1/authorities")[0] == 401
        assert asked(address, "/api/v1/authorities", **bearer, Host="fiende.example")[0] == 403
        assert asked(address, "/api/v1/openapi.json")[1]["openapi"] == "3.1.0"
        for path in ("/", "/handlingar", "/apix", "/om"):
            status, page = asked(address, path, **bearer)
            assert status == 403, path
            assert "Kommunstyrelsen" not in page  # its code might stand in a random token
        for path in ("/api", "/api/", "/api/v2", "/api/v1/../../handlingar"):
            assert asked(address, path, **bearer)[0] == 404, path
    finally:
        process.terminate()
        process.communicate(timeout=20)
