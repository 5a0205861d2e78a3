"""Tokens of programs: made and shown once, used, revoked.

That one was made or revoked is in the log, with its name and scopes: so what a program registered
says for ever which program it was. Whether one opens anything is decided by the operations
database; a token that only the log knows opens nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archiver.core import api_token
from archiver.core.access import Permission, Viewer
from archiver.core.api_token import Scope
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.ports import Clock, Random
from archiver.core.record import clean
from archiver.db.api_tokens import TokenRow, TokenTable
from archiver.errors import ConfigError, NotFound
from archiver.ledger.projection import HOME_COHORT
from archiver.ledger.service import Ledger

MAX_NAME = 100
MOST_SCOPES = 40  # so that the event fits
DAY = 86_400_000
LONGEST = 3660  # days


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What may be shown of a token."""

    name: str
    row: TokenRow


class Tokens:
    """The tokens of a home."""

    def __init__(self, ledger: Ledger, table: TokenTable, clock: Clock, random: Random) -> None:
        self._ledger = ledger
        self._table = table
        self._clock = clock
        self._random = random

    def add(
        self, viewer: Viewer, name: str, scopes: Sequence[Scope], *, days: int | None
    ) -> tuple[str, int]:
        """Make a token that holds for so many days (None: until it is revoked); the token, which is
        kept nowhere, and its number. Nobody gives away what they do not have."""
        viewer.require(Permission.SET_USERS)
        for permission, authority in scopes:
            viewer.require(permission, authority)
        name = clean(" ".join(name.split()))
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise ConfigError(f"The name must have 1 to {MAX_NAME} characters.")
        scopes = sorted(set(scopes))
        if not 0 < len(scopes) <= MOST_SCOPES:
            raise ConfigError(f"A token has 1 to {MOST_SCOPES} scopes.", remedy="Say --scope read.")
        if days is not None and not 1 <= days <= LONGEST:
            raise ConfigError(f"A token holds for 1 to {LONGEST} days.")
        token = api_token.written(self._random(api_token.BYTES))
        now = self._clock.now()
        expires = None if days is None else now + days * DAY
        payload: dict[str, Json] = {
            "name": name,
            "scopes": [
                {"permission": one.permission.value, "authority": one.authority} for one in scopes
            ],
            "actor": viewer.actor,
        }
        payload |= {} if expires is None else {"expires_at": expires}
        with self._ledger.writer() as writer:
            seq = writer.append_event(EventType.TOKEN_ADDED, payload, cohort=HOME_COHORT)
        row = TokenRow(seq, tuple(scopes), now, expires, None, None)
        self._table.add(row, api_token.digest(token) or b"")
        return token, seq

    def revoke(self, viewer: Viewer, seq: int) -> None:
        """Let a token open nothing any more; `NotFound` if there is none that does."""
        viewer.require(Permission.SET_USERS)
        if not self._table.revoke(seq, self._clock.now()):
            raise NotFound(
                "There is no such token, or it was revoked before.",
                remedy="`diarkiv token list` shows them.",
            )
        payload: dict[str, Json] = {"of": seq, "actor": viewer.actor}
        with self._ledger.writer() as writer:
            writer.append_event(EventType.TOKEN_REVOKED, payload, cohort=HOME_COHORT)

    def all(self, viewer: Viewer) -> list[Token]:
        """Every token, also those that open nothing any more."""
        viewer.require(Permission.SET_USERS)
        rows = self._table.all()
        names = self._ledger.open([row.seq for row in rows])
        return [Token(name=str(names[row.seq].envelope["name"]), row=row) for row in rows]

    def holder(self, token: str) -> Viewer | None:
        """Who shows this token; None if it opens nothing (any more). The day is noted."""
        digest = api_token.digest(token)
        row = self._table.find(digest) if digest else None
        now = self._clock.now()
        if row is None or not row.holds(now):
            return None
        day = stockholm_date(now)
        number = day.year * 10_000 + day.month * 100 + day.day
        if row.used_on is None or row.used_on < number:
            self._table.used(row.seq, number)
        return api_token.viewer_of(row.seq, row.scopes)
