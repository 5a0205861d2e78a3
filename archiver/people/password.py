"""Passwords: what is taken for one, and the only form in which one is kept.

argon2id with OWASP's parameters (19 MiB, two passes, one lane). A hash of other parameters is
replaced at the next sign-in. Length is what counts (NIST SP 800-63B 5.1.1): no rules of
composition, no expiry. Invariant: `verify` takes as long where there is no hash to compare with.
"""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from archiver.core.ports import Random
from archiver.errors import ConfigError

SHORTEST, LONGEST = 12, 200  # characters
_SALT = 16
_MEMORY = 19 * 1024  # KiB
_FEW = 5  # different characters


class Passwords:
    """Hashes and compares. `random` gives the salts."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._hasher = PasswordHasher(time_cost=2, memory_cost=_MEMORY, parallelism=1)
        self._nobodys = self.hash(random(_SALT).hex())

    def hash(self, password: str) -> str:
        """The hash to keep, with its salt and parameters."""
        return self._hasher.hash(_plain(password), salt=self._random(_SALT))

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether the password is the one that was hashed; False, as slowly, if there is none."""
        try:
            right = self._hasher.verify(kept or self._nobodys, _plain(password))
        except (VerificationError, InvalidHashError):
            return False
        return right and kept is not None

    def outdated(self, kept: str) -> bool:
        """Whether it was hashed by other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)


def check_password(password: str, login: str) -> None:
    """`ConfigError` for what is too easy to guess; the words of the error hold nothing of it."""
    text = _plain(password).casefold()
    if not SHORTEST <= len(text) <= LONGEST:
        raise ConfigError(
            f"A password has {SHORTEST} to {LONGEST} characters.",
            remedy="A few words that nobody else puts together are easy to remember.",
        )
    if len(set(text)) < _FEW or (login.casefold() in text and len(text) < len(login) + SHORTEST):
        raise ConfigError(
            "That password is too easy to guess.", remedy="Take one without your name in it."
        )


def _plain(password: str) -> str:
    """One form for what looks the same, whatever keyboard it was typed on."""
    return unicodedata.normalize("NFKC", password)
