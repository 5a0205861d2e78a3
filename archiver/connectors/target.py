"""Addresses of sites and feeds as people type them, and what belongs to the same origin.

The canonical form is what a channel is known by, so it must be one for all spellings. Whether an
address may be visited at all is judged where it is connected to, not here.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from archiver.errors import ConfigError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_AS_WRITTEN = "%/:?#[]@!$&'()*+,;=~"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_REMEDY = "Write it as in the browser's address bar, for example https://www.example.se."


def canonical(typed: str) -> SplitResult:
    """The parts of a web address as typed, in canonical form and without fragment.

    The scheme is https where none is given, the host in lower case and ASCII (IDNA), a default
    port left out. `ConfigError` for anything that is not an http or https address of a host, or
    that holds a user name or password: a secret in an address would be shown and logged.
    """
    text = typed.strip()
    if not text or re.search(r"[\x00-\x20\x7f\\<>\"]", text):
        raise ConfigError(
            "The address is empty or holds characters no address has.", remedy=_REMEDY
        )
    try:
        parts = urlsplit(text if _SCHEME.match(text) else f"https://{text}")
        host, port = (parts.hostname or "").removesuffix("."), parts.port
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except ValueError as error:  # a bad port or bracket; IDNA's error is one too
        raise ConfigError("The address has no valid host or port.", remedy=_REMEDY) from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise ConfigError("The address is neither http nor https.", remedy=_REMEDY)
    if "@" in parts.netloc:
        raise ConfigError(
            "The address holds a user name.", remedy="Give the credential by itself, not in it."
        )
    if port == 0 or not _is_host(host):
        raise ConfigError("The address has no valid host or port.", remedy=_REMEDY)
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        netloc = f"{netloc}:{port}"
    path, query = (quote(part, safe=_AS_WRITTEN) for part in (parts.path, parts.query))
    return SplitResult(parts.scheme, netloc, path, query, "")


def text_of(parts: SplitResult) -> str:
    """The address as text."""
    return urlunsplit(parts)


def same_origin(address: str, other: str) -> bool:
    """Whether two http(s) addresses have scheme, host and port in common; False for others."""
    try:
        one, two = canonical(address), canonical(other)
    except ConfigError:
        return False
    return (one.scheme, one.netloc) == (two.scheme, two.netloc)


def _is_host(host: str) -> bool:
    if ":" in host:  # urlsplit has checked what stands in brackets
        return True
    labels = host.split(".")
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)
