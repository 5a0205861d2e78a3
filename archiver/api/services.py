"""What the interface is given, and what is asked of it in one request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app, g

from archiver.api.tokens import Tokens
from archiver.core.access import NOBODY, Viewer
from archiver.core.channel import Authority, Channel
from archiver.core.ports import Clock
from archiver.ledger.service import Ledger
from archiver.registry.classes import Classes
from archiver.registry.service import Register

if TYPE_CHECKING:
    from archiver.core.search import SearchIndex

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Where it is served: the loopback address and port, and behind a proxy the public origin.
    `rate` is how much one token may ask for, as Flask-Limiter writes it."""

    host: str
    port: int
    origin: str = ""
    rate: str = "600 per minute"
    max_body: int = 64 * 1024


def services() -> ApiServices:
    """The services of the app that handles this request."""
    return cast("ApiServices", current_app.extensions[EXTENSION])


def viewer() -> Viewer:
    """Whose token was shown: nobody's until it was looked up."""
    return cast("Viewer", g.get("api_viewer", NOBODY))
