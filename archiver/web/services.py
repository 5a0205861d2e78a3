"""What the web shell is given: services from the composition root, settings, and where it keeps
them for the length of the app. Nothing here reads or decides anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

from flask import Flask, current_app, g

from archiver.core.access import LOCAL, NOBODY, Viewer
from archiver.core.channel import Authority, Channel
from archiver.core.ports import Clock, Random
from archiver.ledger.service import Ledger
from archiver.people.duty import Duty
from archiver.people.oidc import Provider
from archiver.people.service import User
from archiver.people.sign_in import SignIn
from archiver.people.trail import Trail

if TYPE_CHECKING:
    from archiver.core.search import Searched, SearchIndex, SearchLog, Shortcut
    from archiver.db.saved_searches import SavedSearches
    from archiver.web.chronicle import Noted
    from archiver.web.security import Gate

MAX_UPLOAD = 64 * 2**20
EXTENSION = "diarkiv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Long work that goes on beside the pages: `done` of `total` steps. `title` and `note` are
    Swedish and name no person."""

    title: str
    done: int
    total: int
    note: str = ""

    @property
    def finished(self) -> bool:
        return self.done >= self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServices:
    """What the pages are made from. `platforms` maps a platform's code to its name; `search` is
    None in a home without an index; `progress` gives None when no long work goes on; without
    `sign_in` there is no way in but the one-time address; `trail` is the access log,
    `provider` where people sign in besides, `played` the invented people of a demo, as whom
    whoever is at the machine may act: nobody signs in to that; `duty` the duty roster;
    `stamp_roots` gives root certificates (PEM) of time-stamp authorities, None without any."""

    ledger: Ledger
    channels: Callable[[], Sequence[Channel]]
    authorities: Callable[[], Sequence[Authority]]
    clock: Clock
    random: Random
    platforms: Mapping[str, str] = field(default_factory=dict)
    search: SearchIndex | None = None
    search_log: SearchLog | None = None
    saved: SavedSearches | None = None
    progress: Callable[[], Progress | None] = lambda: None
    sign_in: SignIn | None = None
    trail: Trail | None = None
    provider: Provider | None = None
    duty: Duty | None = None
    stamp_roots: Callable[[], bytes | None] = lambda: None
    played: Callable[[], Sequence[User]] | None = None

    @property
    def signs_in(self) -> SignIn | None:
        """How people sign in, in a home that has users or an identity provider."""
        if self.played is not None:
            return None
        if self.sign_in is None or not (self.provider or self.sign_in.people.any()):
            return None
        return self.sign_in


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Where the pages are served and to whom. `port` is the real one, never 0. `token` is the
    one-time token of the address that is printed at start; whoever exchanges it is `viewer`.
    `language` is "sv" or "en": what a browser gets before it chooses. `max_upload` is in bytes.
    `origin` is the public address, https://NAME, behind the proxy at the IP `trusted_proxy`; both
    are empty where browsers of this machine alone ask."""

    port: int
    token: str = field(repr=False)
    host: str = "127.0.0.1"
    language: str = "sv"
    viewer: Viewer = LOCAL
    max_upload: int = MAX_UPLOAD
    origin: str = ""
    trusted_proxy: str = ""

    @property
    def secure(self) -> bool:
        """Whether browsers come over https."""
        return bool(self.origin)


class Gap(Protocol):
    """A stretch of time in which a list of a channel, or the whole channel (`collection` ""), was
    not seen wholly: milliseconds UTC, `until` None while it is open, and reasons as codes."""

    @property
    def collection(self) -> str: ...
    @property
    def since(self) -> int: ...
    @property
    def until(self) -> int | None: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...


@dataclass(slots=True, kw_only=True)
class Beside:
    """What the parts of the shell know that pages of others show; without a part, nothing.

    `gaps`: those of a channel that touch [since, until), milliseconds UTC. `noted`: what stands in
    the register about a record, as far as the viewer sees it, oldest first. `shortcuts`: what a
    number that somebody typed leads to, of what they may read. `gone`: the page at the address of a
    record that was disposed of; None of one that was not, or is not the viewer's. `searched`: told
    of each search on its first page, and gives what it found when called."""

    gaps: Callable[[int, int, int], Sequence[Gap]] = lambda _channel, _since, _until: ()
    noted: Callable[[Viewer, int], Sequence[Noted]] = lambda _viewer, _record: ()
    shortcuts: Callable[[Viewer, str], Sequence[Shortcut]] = lambda _viewer, _text: ()
    gone: Callable[[Viewer, int], str | None] = lambda _viewer, _record: None
    searched: Callable[[Searched, Callable[[], Sequence[int]]], None] = lambda _made, _found: None


def beside(app: Flask | None = None) -> Beside:
    """What the parts of an app have left there; of the app that handles this request if none is
    named."""
    found = (app or current_app).extensions.setdefault(EXTENSION + "-beside", Beside())
    return cast("Beside", found)


@dataclass(frozen=True, slots=True)
class Shell:
    """Services, settings and the gate of one app."""

    services: WebServices
    settings: WebSettings
    gate: Gate


def shell() -> Shell:
    """The shell of the app that handles this request."""
    return cast("Shell", current_app.extensions[EXTENSION])


def services() -> WebServices:
    """The services of the app that handles this request."""
    return shell().services


def viewer() -> Viewer:
    """Who asks: nobody until the gate has said otherwise."""
    return cast("Viewer", g.get("viewer", NOBODY))


def user() -> User | None:
    """Who is signed in; None for who came in by the one-time address, or not at all."""
    return cast("User | None", g.get("user"))
