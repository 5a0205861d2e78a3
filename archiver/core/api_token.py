"""Tokens of programs: what one looks like, what it may do, and whose it is.

A token is 256 random bits behind a mark that leak scanners know it by; only its SHA-256 is kept,
which nobody can guess back. Its scopes are permissions, each for an authority or for the whole
home, and of those only what the interface for programs has a use for. It acts under its own number
in the log, never as the person who made it.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple

from archiver.core.access import HOME, Permission, Viewer
from archiver.errors import ConfigError

BYTES = 32
_MARK = "diarkiv_"
_FORM = re.compile(_MARK + r"[A-Za-z0-9_-]{43}")
# Whoever may do these must be able to read what it is done to.
_READING = frozenset({Permission.READ})
SCOPES: Mapping[Permission, frozenset[Permission]] = {
    Permission.READ: _READING,
    Permission.READ_PROTECTED: _READING,
    Permission.REGISTER: _READING,
    Permission.MARK_SECRECY: _READING,
}


class Scope(NamedTuple):
    """A permission for an authority (`HOME`: all)."""

    permission: Permission
    authority: int = HOME

    def __str__(self) -> str:
        return f"{self.permission.value}:A{self.authority}" if self.authority else self.permission


def written(bits: bytes) -> str:
    """The token of these random bytes."""
    return _MARK + urlsafe_b64encode(bits).rstrip(b"=").decode()


def digest(token: str) -> bytes | None:
    """What is kept of a token; None for what is no token."""
    return sha256(token.encode()).digest() if _FORM.fullmatch(token) else None


def scoped(permission: str, authority: int) -> Iterable[Scope]:
    """A permission by its name, with what it cannot do without. `ConfigError` for one that programs
    cannot be given."""
    try:
        asked = Permission(permission.replace("-", "_"))
    except ValueError:
        asked = None
    if asked is None or asked not in SCOPES:
        raise ConfigError(
            f"{permission!r} is nothing a token can be given.",
            remedy="There are: " + ", ".join(one.value.replace("_", "-") for one in SCOPES) + ".",
        )
    return [Scope(one, authority) for one in sorted({asked, *SCOPES[asked]})]


def viewer_of(seq: int, scopes: Iterable[Scope]) -> Viewer:
    """Who a token is."""
    grants: dict[int, frozenset[Permission]] = {}
    for permission, authority in scopes:
        grants[authority] = grants.get(authority, frozenset()) | {permission}
    return Viewer(seq, grants)
