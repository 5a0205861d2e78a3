"""A home that harvests one account of the AT Protocol's own servers, and what it holds then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select

from archiver.core.disappearance import Policy
from archiver.db import tables as t
from archiver.harvest.service import RunResult
from tests.homes import make_home
from tests.servers.atproto import Account, AtprotoServer

AT_ONCE = Policy(waits=(0, 0, 0), refused=0, again=0)
"""Probes lie as far apart as runs do, so that a test need not wait for days."""


class Held(NamedTuple):
    """A record: its state now, the texts of its versions in order, and the state of each."""

    state: str
    texts: tuple[str, ...]
    shown: tuple[str, ...]


@dataclass
class BlueskyHome:
    """A home with one channel on a server."""

    path: Path
    server: AtprotoServer
    url: str
    options: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home = make_home(self.path)
        self.home.channels.add_authority("KS", "Kommunstyrelsen")
        self.channel = self.home.channels.add_channel(
            "bluesky", self.url, authority="KS", credential=None, allow=self.server.addresses
        )

    def harvest(self, policy: Policy = AT_ONCE) -> RunResult:
        """One full run."""
        options = self.server.settings | dict(self.options)
        return self.home.harvest(self.channel, policy=policy, options=options)

    def held(self) -> dict[tuple[str, str], Held]:
        """(kind, address) → what the archive holds, read from the sealed frames."""
        found: dict[tuple[str, str], Held] = {}
        for row, state, envelope in self._versions():
            key = (envelope["kind"], envelope["native_id"])
            before = found.get(key, Held(state, (), ()))
            text = str(envelope.get("text", ""))
            found[key] = Held(state, (*before.texts, text), (*before.shown, str(envelope["state"])))
            assert row.n == len(found[key].texts)
        return found

    def envelopes(self, address: str) -> list[Mapping[str, Any]]:
        """Every version of one item, as it was sealed."""
        return [e for _, _, e in self._versions() if e["native_id"] == address]

    def transitions(self) -> list[Mapping[str, Any]]:
        """What was observed of states without a version, in order."""
        with self.home.ledger.database.read() as connection:
            rows = connection.execute(select(t.transition).order_by(t.transition.c.seq))
            return [row._asdict() for row in rows]

    def _versions(self) -> list[tuple[Any, str, Mapping[str, Any]]]:
        with self.home.ledger.database.read() as connection:
            states = {row.seq: row.state for row in connection.execute(select(t.record))}
            rows = connection.execute(select(t.version).order_by(t.version.c.seq)).all()
        opened = self.home.ledger.open([row.seq for row in rows])
        return [(row, states[row.record], opened[row.seq].envelope) for row in rows]


def home_of(path: Path, server: AtprotoServer, account: Account) -> BlueskyHome:
    """A home for an account, known by its DID."""
    return BlueskyHome(path, server, account.did)
