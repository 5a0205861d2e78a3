"""Testköping as one place: its servers, the accounts on them, and everything that happens there in
the order of time.

Each platform has a server and a script of its own; here they become one story, so that the runner
knows scenes and accounts and no platform.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

from archiver.core.connector import Credential
from archiver.demo import graph_story, mastodon_rounds
from archiver.demo.mastodon import MastodonServer
from archiver.demo.rounds import CHANNELS, LOGIN, ROUNDS, new_sites
from archiver.demo.server import DemoServer


class Told(Protocol):
    """A round of some platform's script."""

    @property
    def at(self) -> datetime: ...

    @property
    def title(self) -> str: ...

    @property
    def note(self) -> str: ...


class Server(Protocol):
    """Something that serves until it is stopped."""

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as an archiver would register it. `place` is the IP:PORT it is served on."""

    platform: str
    url: str
    authority: str
    committee: str
    title: str
    place: str
    credential: Credential | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Scene:
    """What happens before the harvest at `at`, on one or several platforms; title and note
    (Swedish) are for the display."""

    at: datetime
    title: str
    note: str
    acts: list[Callable[[], object]]


class Town:
    """The servers, started. `now` (ms UTC) is the time that their answers bear."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._sites = new_sites()
        self._web = DemoServer(self._sites, now=now)
        self._instance = mastodon_rounds.new_instance()
        self._mastodon = MastodonServer(
            self._instance, now=lambda: datetime.fromtimestamp(now() / 1000, UTC)
        )
        self._mastodon.start()
        self._graph = graph_story.new_server(now)
        self._graph.start()
        self._servers: Sequence[Server] = (self._web, self._mastodon, self._graph)

    def accounts(self) -> list[Account]:
        """Every account there is."""
        login = Credential(user=LOGIN[0], secret=LOGIN[1])
        host, port = self._web.address
        found = [
            Account(
                platform=one.platform,
                url=self._web.site_url(one.site) + one.path,
                authority=one.authority,
                committee=one.committee,
                title=one.title,
                place=f"{host}:{port}",
                credential=login if one.platform == "wordpress" else None,
            )
            for one in CHANNELS
        ]
        code, committee = graph_story.AUTHORITY
        found.append(
            Account(
                platform="mastodon",
                url=self._mastodon.profile(mastodon_rounds.ACCOUNT),
                authority=code,
                committee=committee,
                title="Testköpings kommun på Mastodon",
                place=self._mastodon.address,
                credential=Credential(secret=mastodon_rounds.TOKEN),
            )
        )
        found.append(
            Account(
                platform="facebook",
                url=graph_story.PAGE_URL,
                authority=code,
                committee=committee,
                title=graph_story.TITLE,
                place=urlsplit(self._graph.url).netloc,
                credential=Credential(secret=graph_story.TOKEN, signing=graph_story.APP_SECRET),
                options={"graph": self._graph.url},
            )
        )
        return found

    def scenes(self) -> list[Scene]:
        """Everything that happens, in the order of time; what falls together is one scene."""
        told: dict[datetime, Scene] = {}
        rounds: Sequence[tuple[Told, Callable[[], object]]] = (
            *((one, partial(one.apply, self._sites)) for one in ROUNDS),
            *((one, partial(one.apply, self._instance)) for one in mastodon_rounds.ROUNDS),
            *((one, partial(one.apply, self._graph)) for one in graph_story.PAGE_ROUNDS),
        )
        for one, act in rounds:
            scene = told.setdefault(
                one.at, Scene(at=one.at, title=one.title, note=one.note, acts=[])
            )
            scene.acts.append(act)
        return [told[at] for at in sorted(told)]

    def stop(self) -> None:
        """Stop every server; may be called twice."""
        for server in self._servers:
            server.stop()
