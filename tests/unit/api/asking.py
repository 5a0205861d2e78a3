"""A small home with two authorities, harvested records, a register, and the interface over it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from werkzeug.test import TestResponse

from archiver.api.app import create_api
from archiver.api.services import ApiServices, ApiSettings
from archiver.api.tokens import Tokens
from archiver.core.access import LOCAL
from archiver.core.api_token import Scope, scoped
from archiver.db.api_tokens import TokenTable
from archiver.db.operations import Operations
from archiver.demo.server import DemoServer
from archiver.registry.classes import Classes
from archiver.registry.service import Register
from tests.build import FakeClock
from tests.databases import place
from tests.homes import TestHome, make_home
from tests.unit.channels.sites import demo_site
from tests.unit.web.served import FakeSearch

HOST, PORT = "127.0.0.1", 8465
NOON = 1_795_345_200_000  # 2026-11-22 12.00 in Sweden
SCRIPT = "<script>alert(1)</script> {{7*7}} \u202e KANARIE"


@dataclass
class Api:
    """The interface of a home, and tokens for it."""

    home: TestHome
    register: Register
    classes: Classes
    tokens: Tokens
    app: APIFlask
    authorities: Mapping[str, int]
    records: Mapping[str, list[int]] = field(default_factory=dict)

    def token(self, *scopes: str, days: int | None = 1) -> str:
        """A new token: "read", "register:KS" …"""
        wanted: list[Scope] = []
        for text in scopes:
            name, _, code = text.partition(":")
            wanted += scoped(name, self.authorities[code] if code else 0)
        return self.tokens.add(LOCAL, "Ärendesystemet", wanted, days=days)[0]

    def program(self, *scopes: str) -> Program:
        return Program(self.app, self.token(*scopes))


class Program:
    """Asks as a program does, with one token."""

    def __init__(self, app: APIFlask, token: str | None) -> None:
        self._client = app.test_client()
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._keys = 0

    def get(self, path: str, **named: Any) -> TestResponse:
        named["headers"] = {**self.headers, **named.get("headers", {})}
        named.setdefault("base_url", f"http://{HOST}:{PORT}")
        return self._client.get(f"/api/v1{path}", **named)

    def post(
        self, path: str, body: object, *, key: str = "", seen: str = "", **named: Any
    ) -> TestResponse:
        """Ask for something; with a key of its own unless one is given."""
        self._keys += 1
        headers = {**self.headers, "Idempotency-Key": key or f"nyckel-{self._keys:08}"}
        headers |= {"If-Match": seen} if seen else {}
        named.setdefault("json", body)
        return self._client.post(
            f"/api/v1{path}", base_url=f"http://{HOST}:{PORT}", headers=headers, **named
        )


@contextmanager
def asked_of(path: Path, *, rate: str = "100000 per minute") -> Iterator[Api]:
    """The interface of a new home."""
    clock = FakeClock(NOON)
    home = make_home(path, clock=clock)
    names = {"KS": "Kommunstyrelsen", "BUN": "Barn- och utbildningsnämnden"}
    owners = {code: home.channels.add_authority(code, name).seq for code, name in names.items()}
    register, classes = Register(home.ledger), Classes(home.ledger)
    for code, owner in owners.items():
        register.set_series(LOCAL, owner, code, "{ORG} {ÅÅÅÅ}/{LÖP}")
    operations = Operations(place(path).operations(), bytes(32), clock, os.urandom)
    tokens = Tokens(home.ledger, TokenTable(operations), clock, os.urandom)
    services = ApiServices(
        ledger=home.ledger,
        channels=home.channels.channels,
        authorities=home.channels.authorities,
        register=register,
        classes=classes,
        tokens=tokens,
        clock=clock,
        search=FakeSearch(home.ledger),
    )
    app = create_api(services, ApiSettings(host=HOST, port=PORT, rate=rate))
    yield Api(home, register, classes, tokens, app, owners, _harvested(home))
    operations.close()


def _harvested(home: TestHome) -> dict[str, list[int]]:
    """Authority → its records, the newest first; harvested from a real server."""
    found = {}
    for code in ("KS", "BUN"):
        with DemoServer(demo_site(posts=2, comments=2)) as server:
            host, port = server.address
            channel = home.channels.add_channel(
                "wordpress", server.url, authority=code, allow=[f"{host}:{port}"]
            )
            home.harvest(channel)
        with home.ledger.database.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT seq FROM record WHERE channel = {channel.seq} ORDER BY seq DESC"
            )
            found[code] = [int(row[0]) for row in rows]
    return found
