"""A page of the authority's own: where it leads, and what it takes from others as it is opened.

Only what the mark-up itself says: what a script would fetch cannot be seen without running it, so a
page with scripts may take more. An account's address has many spellings; `account` gives one.

Pure.
"""

from __future__ import annotations

from collections.abc import Collection
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

# What a browser fetches by itself when it meets the element: its attribute.
_FETCHED = {
    "script": "src",
    "iframe": "src",
    "img": "src",
    "embed": "src",
    "source": "src",
    "video": "poster",
    "object": "data",
}
_RELS = frozenset({"stylesheet", "preload", "modulepreload", "icon"})
_PREFIXES = ("www.", "m.", "mobile.", "sv-se.", "web.")
# First parts of paths that are no accounts: ways to share, help and terms.
_NO_ACCOUNT = frozenset(
    {"sharer", "sharer.php", "share", "share.php", "sharearticle", "dialog", "intent", "help"}
    | {"policies", "policy", "privacy", "terms", "legal", "hashtag", "search", "login", "plugins"}
)


class Page(NamedTuple):
    """Where a page's links lead, the hosts it fetches from, and whether it has scripts at all."""

    links: tuple[str, ...]
    hosts: tuple[str, ...]
    scripts: bool


class _Reader(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.links: dict[str, None] = {}
        self.hosts: dict[str, None] = {}
        self.scripts = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.scripts = self.scripts or tag == "script" or any(one.startswith("on") for one in given)
        if tag == "a" and (address := _joined(self.base, given.get("href", ""))):
            self.links[address] = None
        fetched = given.get(_FETCHED.get(tag, ""), "")
        if tag == "link" and _RELS & {*given.get("rel", "").casefold().split()}:
            fetched = given.get("href", "")
        if fetched and (host := host_of(_joined(self.base, fetched))):
            self.hosts[host] = None


def read_page(html: str, base: str) -> Page:
    """What a page's mark-up says; `base` is its own address."""
    reader = _Reader(base)
    reader.feed(html)
    reader.close()
    return Page(tuple(reader.links), tuple(reader.hosts), reader.scripts)


def _joined(base: str, address: str) -> str:
    if not address.strip():
        return ""
    try:
        joined = urljoin(base, address.strip())
        return joined if urlsplit(joined).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def host_of(address: str) -> str:
    """The host of a web address without the prefixes that mean the same; "" if it has none."""
    try:
        host = (urlsplit(address).hostname or "").removesuffix(".")
    except ValueError:
        return ""
    for prefix in _PREFIXES:
        host = host.removeprefix(prefix)
    return host


def within(host: str, hosts: Collection[str]) -> bool:
    """Whether a host is one of these, or below one."""
    return any(host == one or host.endswith(f".{one}") for one in hosts)


def account(address: str) -> str:
    """One spelling of an account's address; "" for what is no web address, or no account's."""
    host = host_of(address)
    parts = urlsplit(address) if host else urlsplit("")
    path = parts.path.strip("/").casefold()
    if not host or path.split("/")[0] in _NO_ACCOUNT:
        return ""
    query = f"?{parts.query}" if path.endswith("profile.php") else ""
    return f"{host}/{path}{query}"


def leads(account_: str, led: Collection[str]) -> bool | None:
    """Whether one of the links leads to an account, all of one spelling; None where the account's
    address is none that links name it by: no web address, or a DID."""
    if account_ in led:
        return True
    return None if not account_ or "/did:" in account_ else False
