"""Addresses of Facebook pages as people copy them, and the one form a channel is known by.

A page is named by a word or a number; an address with a name and a number in it
(`/p/Testkoping-1000…`, `/pages/…/1000…`) counts by its number. Groups, profiles of persons and
single posts are no pages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qs

from archiver.connectors.target import canonical
from archiver.errors import ConfigError

_NAME = re.compile(r"[a-z0-9][a-z0-9.]{0,63}")
_NUMBER = re.compile(r"(?:.*-)?([0-9]{5,40})")
_FOLDERS = frozenset({"pages", "p", "people"})
_NO_PAGES = frozenset(
    {"events", "gaming", "groups", "hashtag", "help", "login", "login.php", "marketplace", "photo"}
    | {"photo.php", "policies", "reel", "search", "share", "sharer", "story.php", "watch"}
)


def page_address(typed: str) -> str:
    """`https://www.facebook.com/<name or number>`; `ConfigError` if it is no page's address."""
    parts = canonical(typed)
    host = parts.netloc
    steps = [step for step in parts.path.split("/") if step]
    if host not in ("facebook.com", "fb.com") and not host.endswith(".facebook.com"):
        raise ConfigError(
            "This is no address of a Facebook page.",
            remedy="Give the page's address, as https://www.facebook.com/testkoping.",
        )
    page = _page_of(steps, parts.query)
    if not page:
        raise ConfigError(
            "The address does not name a Facebook page.",
            remedy="Open the page and copy its address; groups and profiles are no pages.",
        )
    return f"https://www.facebook.com/{page}"


def _page_of(steps: Sequence[str], query: str) -> str:
    """The name or number of the page in an address's path and query; empty if there is none."""
    if not steps:
        return ""
    first = steps[0].lower()
    if first == "profile.php":
        number = parse_qs(query).get("id", [""])[0]
        return number if _NUMBER.fullmatch(number) and number.isdigit() else ""
    if first in _FOLDERS:
        numbered = _NUMBER.fullmatch(steps[-1])
        return numbered[1] if numbered and len(steps) > 1 else ""
    if first in _NO_PAGES:
        return ""
    numbered = _NUMBER.fullmatch(first)
    if numbered:
        return numbered[1]
    return first if _NAME.fullmatch(first) else ""
