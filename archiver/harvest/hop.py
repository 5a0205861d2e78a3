"""One hop of a fetch: a request, its answer, and the pure decisions about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from archiver.core.connector import Credential, Login
from archiver.core.exchange import Exchange
from archiver.errors import SourceError, SourceRefusedAddress, SourceUnavailable
from archiver.harvest.address import SCHEMES
from archiver.harvest.masking import basic
from archiver.harvest.wire import WireError

MEDIA_TEMPLATE = "{media}"
"""Media paths carry file names that people chose, which a run frame must not."""

_REMEDIES = {
    "dns": "Check the address, and the name servers of this machine.",
    "connect": "Check the address and the network; the next run tries again.",
    "tls": "Ask who runs the site to correct its certificate; it is not visited without.",
    "timeout": "The next run tries again.",
    "cut-off": "The next run tries again.",
    "proxy": "Check the proxy settings of this machine.",
    "protocol": "Check that the address is that of a web site.",
}


@dataclass(slots=True, kw_only=True)
class Hop:
    """One request and, once it came, its answer.

    `away`: a redirect has left the first origin; `via` is the host that redirected here.
    `started_at` is in ms since 1970; `exchange` is None until the hop is recorded.
    """

    url: httpx.URL
    request: httpx.Request
    template: str
    media: bool
    away: bool = False
    via: str = ""
    started_at: int = 0
    response: httpx.Response | None = None
    exchange: Exchange | None = None

    @property
    def status(self) -> int:
        return self.response.status_code if self.response else 0

    def header(self, name: str) -> str:
        """A header of the answer, not masked; empty if there is none."""
        return self.response.headers.get(name, "") if self.response else ""


def parse_url(
    text: str, params: Mapping[str, str] | None = None, *, base: httpx.URL | None = None
) -> httpx.URL:
    """The address to visit: `text`, relative to `base` in a redirect, with `params` joined in.

    A fragment is not sent, and a password in an address is not used. `SourceRefusedAddress`.
    """
    try:
        url = base.join(text) if base else httpx.URL(text)
        url = url.copy_with(fragment=None, username=None, password=None)
        return url.copy_merge_params(dict(params)) if params else url
    except (httpx.InvalidURL, ValueError):
        who = f"{base.host} redirects to" if base else "Asked to visit"
        raise SourceRefusedAddress(
            f"{who} something that is not a web address.",
            remedy="Give an address that begins with https://.",
        ) from None


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Scheme, host and port (RFC 6454 §4)."""
    return url.scheme, url.host, url.port or SCHEMES.get(url.scheme, 0)


def default_template(url: httpx.URL) -> str:
    """The path with `{id}` for segments of digits, without the query."""
    return re.sub(r"(?<=/)[0-9]+(?=/|$)", "{id}", url.raw_path.decode("ascii").partition("?")[0])


def retry_after(value: str, now: int) -> float | None:
    """`Retry-After` (RFC 9110 §10.2.3) in seconds from `now` (ms); None if it says nothing."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    try:
        date = parsedate_to_datetime(value)
        moment = date.replace(tzinfo=date.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, moment - now / 1000)


def source_error(hop: Hop, error: WireError) -> SourceError:
    """What is raised when no whole answer came: names the host, never path or query."""
    message = f"{hop.url.host} {error.words}."
    if hop.media and error.kind in ("too-large", "bomb"):
        return SourceError(message, remedy="The file is not archived; its address is.")
    remedy = _REMEDIES.get(error.kind, "See the run's exchanges for what came.")
    return SourceUnavailable(message, remedy=remedy)


def authorization(login: Login, credential: Credential) -> Mapping[str, str]:
    """The header that lets us in."""
    match login:
        case Login.BASIC:
            return {"Authorization": f"Basic {basic(credential)}"}
        case Login.BEARER:
            return {"Authorization": f"Bearer {credential.secret}"}
    return {}
