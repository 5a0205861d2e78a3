"""Signing in: an attempt, and the sessions it opens.

What holds: an attempt for a name that nobody has takes as long and answers the same as one for
somebody's; it is counted before the password is looked at, so that many at once gain nothing; only
a digest of a session's token is kept; a session ends when it was not used for a while, when it is
old, when its user is disabled or gets another password; signing in gives a new token always.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest

from archiver.core.ports import Clock, Random
from archiver.db.accounts import AccountRow, Counts, Failures, SessionRow, plain_login
from archiver.people import throttle
from archiver.people.service import People, User
from archiver.people.throttle import ADDRESS, NAME, PAIR, Rule

_TOKEN = 32  # bytes
_SEEN_EVERY = 60_000  # milliseconds between two notes that a session was used
_MAX_BROWSER = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a session lasts, in milliseconds: unused, and at all."""

    idle: int = 60 * throttle.MINUTE
    absolute: int = 12 * throttle.HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of an attempt: `user` if it succeeded; `wait`: milliseconds until the next one is
    heard, and this one was not; `meant`: whose name it was, 0 for nobody's, to be noted and never
    told; `suspected`: it was a passkey that may have been copied."""

    user: int | None = None
    wait: int = 0
    meant: int = 0
    suspected: bool = False


class SignIn:
    """Attempts and sessions of one home."""

    def __init__(
        self, people: People, clock: Clock, random: Random, limits: Limits = Limits()
    ) -> None:
        self.people = people
        self._accounts = people.accounts
        self._clock = clock
        self._random = random
        self._limits = limits

    @property
    def form_key(self) -> bytes:
        """What forms are signed under: the same after a restart, as sessions are."""
        return self._accounts.token(b"forms", b"")

    # --- attempts ----------------------------------------------------------------------------

    def attempt(self, login: str, password: str, *, address: str, known: str = "") -> Attempt:
        """Try a login name and password, from a network address. `known`: what `known_browser`
        gave this browser earlier, if anything."""
        found = self._accounts.of_login(login)
        familiar = found is not None and self._is_known(found, known)
        rules = self._rules(plain_login(login), address, familiar=familiar)
        pause = self._count(rules)
        if pause:
            return Attempt(wait=pause)
        if not self.people.passwords.verify(found.password if found else None, password):
            return Attempt(meant=found.user if found else 0)
        assert found is not None
        user = self.people.numbered(found.user)
        if user is None or user.disabled:  # told as any wrong password
            return Attempt(meant=found.user)
        self._accounts.count(rules, lambda known: _forgiven(rules, known))
        self._renew_hash(found, password)
        return Attempt(user=found.user)

    def hold_back(self, address: str) -> int:
        """Count an attempt that is no password's, from a network address, as one that failed; 0, or
        how long to wait in milliseconds, and then it is not to be heard."""
        return self._count(self._of_address(address))

    def waiting(self, address: str) -> int:
        """How long nothing from that address is heard, in milliseconds; counts nothing."""
        now, waits = self._clock.now(), [0]

        def look(known: Failures) -> None:
            waits.extend(throttle.wait(ADDRESS, *found, now) for found in known.values())

        self._accounts.count(self._of_address(address), look)
        return max(waits)

    def forgive(self, address: str) -> None:
        """What `hold_back` counted did not fail."""
        rules = self._of_address(address)
        self._accounts.count(rules, lambda known: _forgiven(rules, known))

    def _of_address(self, address: str) -> dict[bytes, Rule]:
        return {self._accounts.failure_key("address", address): ADDRESS}

    def _count(self, rules: Mapping[bytes, Rule]) -> int:
        """Count one more failure of each, before it is known to be one; 0, or how long to wait in
        milliseconds, and then nothing was counted."""
        now, waits = self._clock.now(), [0]

        def decide(known: Failures) -> Counts | None:
            found = {key: known.get(key, (0, 0)) for key in rules}
            waits.extend(throttle.wait(rule, *found[key], now) for key, rule in rules.items())
            if max(waits):
                return None
            return {k: throttle.counted(rule, *found[k], now) + 1 for k, rule in rules.items()}

        self._accounts.count(rules, decide)
        return max(waits)

    def _rules(self, login: str, address: str, *, familiar: bool) -> dict[bytes, Rule]:
        key = self._accounts.failure_key
        where = "known" if familiar else address
        rules = {key("pair", login, where): PAIR, **self._of_address(address)}
        return rules if familiar else rules | {key("name", login): NAME}

    def _renew_hash(self, found: AccountRow, password: str) -> None:
        assert found.password is not None
        if self.people.passwords.outdated(found.password):
            kept = self.people.passwords.hash(password)
            self._accounts.set_hash(found.user, kept, new=False)

    def known_browser(self, user: int) -> str:
        """A word for a browser in which the user has signed in, good until the password changes.
        It opens nothing."""
        row = self._accounts.of_user(user)
        return self._known(row) if row else ""

    def _known(self, row: AccountRow) -> str:
        data = f"{row.user}\n{row.password}".encode()
        return self._accounts.token(b"known browser", data).hex()

    def _is_known(self, row: AccountRow, word: str) -> bool:
        return compare_digest(self._known(row).encode(), word.encode("utf-8", "replace"))

    # --- sessions ----------------------------------------------------------------------------

    def begin(self, user: int, *, browser: str, instead_of: str = "") -> str:
        """A new session's token. `instead_of`: the token that this browser had, which ends."""
        now = self._clock.now()
        self._accounts.end_old_sessions(
            unseen_since=now - self._limits.idle, created_before=now - self._limits.absolute
        )
        self._accounts.forget_failures(now - NAME.forget)
        if instead_of:
            self.end(instead_of)
        token = self._random(_TOKEN).hex()
        self._accounts.add_session(token, user, browser[:_MAX_BROWSER])
        self._accounts.note_sign_in(user)
        return token

    def find(self, token: str) -> tuple[SessionRow, User] | None:
        """The session of a token, and its user as they are now; None if it has ended."""
        found = self._accounts.session(token) if token else None
        if found is None:
            return None
        now = self._clock.now()
        if now - found.seen_at >= self._limits.idle or (
            now - found.created_at >= self._limits.absolute
        ):
            self._accounts.end_session(found.id, found.user)
            return None
        user = self.people.numbered(found.user)
        if user is None or user.disabled:
            return None
        if now - found.seen_at >= _SEEN_EVERY:
            self._accounts.touch(token)
        return found, user

    def end(self, token: str) -> None:
        """End the session of a token, if there is one."""
        found = self._accounts.session(token)
        if found is not None:
            self._accounts.end_session(found.id, found.user)


def _forgiven(rules: Mapping[bytes, Rule], known: Failures) -> Counts:
    """Whoever got in has no failures of their own; the address keeps those of others."""
    return {
        key: known.get(key, (1, 0))[0] - 1 if rule is ADDRESS else 0 for key, rule in rules.items()
    }
