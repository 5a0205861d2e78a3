"""What the interface is given, and what is asked of it in one request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app, g

from archiver.api.tokens import Tokens
from archiver.core.access import NOBODY, Viewer
from archiver.core.channel import Authority, Channel
from archiver.core.ports import Clock
from archiver.ledger.service import Ledger
from archiver.people.trail import Happened
from archiver.registry.classes import Classes
from archiver.registry.service import Register

if TYPE_CHECKING:
    from archiver.core.search import SearchIndex, SearchLog
    from archiver.people.trail import Trail

EXTENSION = "diarkiv-api"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServices:
    """Services from the composition root; `search` is None in a home without an index."""

    ledger: Ledger
    channels: Callable[[], Sequence[Channel]]
    authorities: Callable[[], Sequence[Authority]]
    register: Register
    classes: Classes
    tokens: Tokens
    clock: Clock
    search: SearchIndex | None = None
    search_log: SearchLog | None = None
    trail: Trail | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Where it is served: the loopback address and port, and behind a proxy the public origin.
    `rate` is how much one token may ask for, as Flask-Limiter writes it."""

    host: str
    port: int
    origin: str = ""
    rate: str = "600 per minute"
    max_body: int = 64 * 1024


def note_protected(services: ApiServices, viewer: Viewer, read: Iterable[tuple[int, int]]) -> None:
    """Note that what is protected is read: (authority, number) each. All of it is in the log when
    this returns; what could not be noted is not given."""
    trail, wanted = services.trail, sorted(set(read))
    if trail is None:
        return
    for authority, number in wanted:
        trail.note(
            Happened.PROTECTED_READ,
            viewer.actor,
            authority=authority,
            record=number,
            wait=(authority, number) == wanted[-1],  # they are written together, in order
        )


def services() -> ApiServices:
    """The services of the app that handles this request."""
    return cast("ApiServices", current_app.extensions[EXTENSION])


def viewer() -> Viewer:
    """Whose token was shown: nobody's until it was looked up."""
    return cast("Viewer", g.get("api_viewer", NOBODY))
