"""Fetches a page of the authority's own, once, when somebody asks: by the harvester's way out.

Its limits, address guard and name apply; no credential is sent and no cookie kept. What is noted is
the page's digest, where it leads and what it takes, never the page.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Protocol

from archiver.core.exchange import Exchange
from archiver.errors import SourceUnavailable
from archiver.governance.core.page import host_of, read_page, within
from archiver.governance.core.upkeep import MOST_LINKS, PageVisited
from archiver.governance.information.topics import hosts


class Http(Protocol):
    """What fetches: `archiver.harvest.http.RecordingClient`."""

    def get(self, url: str) -> Exchange: ...


Open = Callable[[], AbstractContextManager[Http]]


def visited(open_: Open, address: str, *, listing: bool, accounts: frozenset[str]) -> PageVisited:
    """What a page shows. `accounts`: hosts of the home's accounts; of the links only those to them
    and to platforms are noted. `SourceUnavailable` unless it answers 200 with HTML;
    `SourceRefusedAddress` for one that is not public."""
    with open_() as http:
        got = http.get(address)
    if got.status != 200 or "html" not in got.header("content-type").casefold():
        raise SourceUnavailable(
            f"The page answers {got.status} {got.header('content-type')}, and not with HTML.",
            remedy="Give the address of the page as a browser shows it.",
        )
    page = read_page(got.body.decode("utf-8", errors="replace"), got.url)
    wanted = hosts() | accounts
    links = [one for one in page.links if within(host_of(one), wanted)]
    return PageVisited(
        address=got.url,
        listing=listing,
        sha256=sha256(got.body).hexdigest(),
        links=tuple(links[:MOST_LINKS]),
        hosts=page.hosts[:MOST_LINKS],
        scripts=page.scripts,
    )
