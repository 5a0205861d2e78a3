"""Keeps the platforms' limits, per token: `Pace` over buckets of pyrate-limiter in one SQLite file.

What was sent is in the file before it is sent, so a process that is killed and one that follows it
keep the limit together. An answer that says how much of the limit is used slows us down: from 75 %
every interval counts double, from 95 % nothing is sent until the platform's own time. The file
names nobody: a bucket's name is the platform and an HMAC of the token's owner.

Invariants: a right is taken for an instant, and no window of a limit's length holds more of them
than the limit allows; a clock that was set back does not stop us for longer than a window. One
object serves all threads of a process; processes exclude each other by SQLite's lock.
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from threading import RLock

from pyrate_limiter import Rate as Window
from pyrate_limiter import RateItem, SQLiteBucket

from archiver.core.connector import Rate, Usage
from archiver.core.ports import Clock
from archiver.errors import SourceQuotaExhausted, StoreUnavailable

SLOW_AT, PAUSE_AT = 75.0, 95.0  # per cent of the quota
LONGEST_WAIT = 120.0  # seconds that a run waits for its turn
MARGIN = 500  # milliseconds that a window is longer than the limit's: what is sent late, sent soon
_HOUR, _DAY = 3_600_000, 86_400_000
_STATE = """
CREATE TABLE IF NOT EXISTS state (
    bucket TEXT PRIMARY KEY, slow_until INTEGER NOT NULL, paused_until INTEGER NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class _State:
    """Until when a bucket is slow, and until when it is paused: milliseconds UTC, 0 = not."""

    slow_until: int = 0
    paused_until: int = 0


class Paces:
    """The paces of a home, in the file at `path`. `key`: 32 bytes, for the names of buckets."""

    def __init__(self, path: Path, key: bytes, clock: Clock) -> None:
        self._path, self._key, self._clock = path, key, clock
        self._lock = RLock()
        self._connection: sqlite3.Connection | None = None

    def __repr__(self) -> str:
        return "<Paces>"

    def of(self, platform: str, owner: str, rates: Sequence[Rate]) -> TokenPace:
        """The pace of a token on a platform. `owner`: what tells tokens apart (host and user): it
        is not stored. `rates` are the limits, at least one."""
        digest = hmac.digest(self._key, f"diarkiv/pace/v1/{platform}/{owner}".encode(), "sha256")
        bucket = f"{''.join(filter(str.isalnum, platform))}_{digest.hex()[:24]}"
        return TokenPace(self, bucket, tuple(rates), self._clock)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction nobody else is in; what is not committed at its end is undone."""
        with self._lock:
            try:
                connection = self._open()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                finally:
                    connection.rollback()
            except sqlite3.Error as error:
                raise StoreUnavailable(
                    f"The file of rate limits cannot be used: {error.sqlite_errorname}.",
                    remedy=f"Check access rights and disk space, or remove {self._path.name}: the "
                    "limits are then kept from now on.",
                ) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=30, check_same_thread=False)
            self._path.chmod(0o600)
            connection.execute("PRAGMA journal_mode=WAL")
            # Survives the death of the process; a power failure may cost the last requests' traces.
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(_STATE)
            connection.commit()
            self._connection = connection
        return self._connection


class TokenPace:
    """The `Pace` of one token. Made by `Paces.of`."""

    def __init__(self, paces: Paces, bucket: str, rates: tuple[Rate, ...], clock: Clock) -> None:
        self._paces, self._bucket, self._clock = paces, bucket, clock
        self._rates = rates
        self._longest = windows(rates)[-1].interval

    def before(self) -> float:
        """See `Pace`."""
        with self._paces.transaction() as connection:
            now = self._clock.now()
            state = self._state(connection)
            slowly = state.slow_until > now
            bucket = self._open_bucket(connection, slowly, now)
            paused = state.paused_until if state.paused_until - now <= _DAY else 0
            at, latest = max(now, paused), now + int(LONGEST_WAIT * 1000)
            while at <= latest:
                item = RateItem(self._bucket, at)
                if bucket.put(item):  # commits
                    return (at - now) / 1000
                at += max(1, int(bucket.waiting(item)))  # type: ignore[arg-type]
        raise SourceQuotaExhausted(
            "The platform's limit for this token is used up.",
            remedy="The next run tries again when there is room.",
            retry_after=(at - now) / 1000,
        )

    def heed(self, usage: Usage) -> None:
        """See `Pace`."""
        now = self._clock.now()
        until = usage.reset_at if usage.reset_at is not None else _in(now, usage.pause)
        percent = _percent(usage)
        with self._paces.transaction() as connection:
            state = self._state(connection)
            slow, paused = state.slow_until, state.paused_until
            if usage.pause:
                paused = max(paused, now + int(usage.pause * 1000))
            if percent is not None:
                slow = 0 if percent < SLOW_AT else (until or now + _HOUR)
                if percent >= PAUSE_AT:
                    paused = max(paused, until or now + self._longest)
            after = _State(min(slow, now + _DAY), min(paused, now + _DAY))
            if after != state:
                connection.execute(
                    "INSERT OR REPLACE INTO state VALUES (?, ?, ?)",
                    (self._bucket, after.slow_until, after.paused_until),
                )
                connection.commit()

    def _state(self, connection: sqlite3.Connection) -> _State:
        query = "SELECT slow_until, paused_until FROM state WHERE bucket = ?"
        row = connection.execute(query, (self._bucket,)).fetchone()
        return _State(*row) if row else _State()

    def _open_bucket(self, connection: sqlite3.Connection, slowly: bool, now: int) -> SQLiteBucket:
        """The bucket at this instant, without what no window reaches any more, and without what a
        clock that was wrong put in the far future."""
        longest = 2 * self._longest
        table = self._bucket
        connection.execute(f"CREATE TABLE IF NOT EXISTS '{table}' (name, item_timestamp INTEGER)")
        connection.execute(f"CREATE INDEX IF NOT EXISTS 'at_{table}' ON '{table}' (item_timestamp)")
        connection.execute(
            f"DELETE FROM '{table}' WHERE item_timestamp NOT BETWEEN ? AND ?",  # noqa: S608 hex
            (now - longest, now + longest + int(LONGEST_WAIT * 1000)),
        )
        return SQLiteBucket(windows(self._rates, 2 if slowly else 1), connection, table)


def windows(rates: Sequence[Rate], factor: int = 1) -> list[Window]:
    """The limits as windows in milliseconds, `factor` times as long and a little longer, shortest
    first, without those that another one makes needless: pyrate-limiter accepts no others.
    `ValueError` if there is none."""
    found: list[Window] = []
    for rate in sorted(rates, key=lambda one: (one.seconds, one.requests)):
        interval, limit = int(rate.seconds * 1000) * factor + MARGIN, rate.requests
        if found and ceil(interval / found[-1].interval) * found[-1].limit <= limit:
            continue  # the shorter one sees to it
        if found:  # no denser than the shorter one
            limit = min(limit, found[-1].limit * interval // found[-1].interval)
        while found and found[-1].limit >= limit:
            found.pop()  # the longer one allows no more than the shorter
        found.append(Window(limit, interval))
    if not found:
        raise ValueError("A pace needs a limit.")
    return found


def _percent(usage: Usage) -> float | None:
    if usage.percent is not None:
        return usage.percent
    if usage.limit and usage.remaining is not None:
        return 100.0 * (usage.limit - usage.remaining) / usage.limit
    return None


def _in(now: int, seconds: float | None) -> int | None:
    return None if seconds is None else now + int(seconds * 1000)
