"""The access log: who signed in, who failed to, who saw what is protected. Facts in the archive.

An event says what, when and who by number; no name that was typed, no address, no word of what was
read. It is sealed in the `access` cohort of the authority it is about, of the home itself for what
is about none (OSL 2009:400 and GDPR art. 5.1 c: enough to follow up, and no more).
Writing takes the home's one writer, so that events are gathered: a thread writes all that wait, at
most `GATHER` seconds after the first. Whoever reads what is protected waits until it is written
(`note(wait=True)`): what could not be noted is not shown. What is forwarded beside names nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import Connection, select, union_all

from archiver.core.access import HOME, Authorities
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.ports import Clock
from archiver.db import tables as t
from archiver.db.rows import Rows
from archiver.errors import DiarkivError, StoreUnavailable
from archiver.ledger.projection import Event
from archiver.ledger.service import Ledger

GATHER = 0.5  # seconds
PATIENCE = 10.0  # seconds that a reader waits for the note to be written
_MOST_WAITING = 10_000
_log = structlog.get_logger(__name__)


class Happened(StrEnum):
    """What the access log tells of."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    PROTECTED_READ = "protected_read"
    PROTECTED_LISTED = "protected_listed"  # … saw which records are kept apart, and no word of them
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_SUSPECTED = "passkey_suspected"
    PASSWORD_SET = "password_set"  # noqa: S105 says that one was given
    LINK_GIVEN = "link_given"
    LINK_USED = "link_used"
    SESSIONS_ENDED = "sessions_ended"
    ADDRESS_CHANGED = "address_changed"
    ROSTER_CHANGED = "roster_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """`at` in milliseconds UTC; `actor`: a user's number, 0 for nobody that is known; `record`: the
    number of what was read, 0 for none; `user`: whom it was done to, 0 for none or the actor
    themselves; `count`: how many times at once."""

    what: Happened
    at: int
    actor: int
    authority: int = HOME
    record: int = 0
    user: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailLine:
    """A line of the access log: also of what was changed of users. `fields` as they were sealed."""

    seq: int
    what: str
    at: int
    actor: int
    fields: Mapping[str, Any]


class TrailProjector:
    """Where to find the lines, from their events."""

    types: frozenset[str] = frozenset({EventType.ACCESS_NOTED})

    def project(self, event: Event, rows: Rows) -> None:
        payload: Mapping[str, Any] = event.payload
        rows.add("access_noted", event.seq, payload.get("authority", HOME))


class Trail:
    """Notes, and the log they make. `forward` gets what happened, and nothing of whom."""

    def __init__(
        self, ledger: Ledger, clock: Clock, forward: Callable[[Happened], None] = lambda _what: None
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._forward = forward
        self._waiting: list[tuple[Note, Future[None]]] = []
        self._changed = threading.Condition()
        self._hurry = self._closed = False
        self._thread: threading.Thread | None = None

    def note(
        self,
        what: Happened,
        actor: int,
        *,
        authority: int = HOME,
        record: int = 0,
        user: int = 0,
        wait: bool = False,
    ) -> None:
        """Note something. With `wait` it is in the archive when this returns, or it raises."""
        at = self._clock.now()
        note = Note(what=what, at=at, actor=actor, authority=authority, record=record, user=user)
        done: Future[None] = Future()
        with self._changed:
            if len(self._waiting) >= _MOST_WAITING:
                raise StoreUnavailable("The access log cannot be written.")
            self._waiting.append((note, done))
            self._hurry = self._hurry or wait
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_on, name="trail", daemon=True)
                self._thread.start()
            self._changed.notify()
        self._forward(what)
        if wait:
            try:
                done.result(PATIENCE)
            except TimeoutError:
                raise StoreUnavailable("The access log could not be written in time.") from None

    def close(self) -> None:
        """Write what waits, and stop."""
        with self._changed:
            self._closed = self._hurry = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def _write_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                self._changed.wait_for(lambda: self._hurry, GATHER)
                batch, self._waiting, self._hurry = self._waiting, [], False
                if not batch and self._closed:
                    return
            self._write(batch)

    def _write(self, batch: list[tuple[Note, Future[None]]]) -> None:
        try:
            with self._ledger.writer() as writer:
                for note in _gathered([note for note, _ in batch]):
                    cohort = writer.cohort(note.authority, "access")
                    writer.append_event(EventType.ACCESS_NOTED, _payload(note), cohort=cohort)
        except Exception as error:  # noqa: BLE001 each who waits is told; the log must go on
            code = error.code if isinstance(error, DiarkivError) else type(error).__name__
            _log.error("trail.not_written", error=code, notes=len(batch))
            for _, done in batch:
                done.set_exception(StoreUnavailable("The access log cannot be written."))
        else:
            for _, done in batch:
                done.set_result(None)

    def lines(self, authorities: Authorities, *, before: int | None, limit: int) -> list[TrailLine]:
        """Lines about these authorities, newest first, from before that seq; None: about all, and
        about the home itself, with what was changed of its users."""
        with self._ledger.database.read() as connection:
            seqs = _seqs(connection, authorities, before, limit)
            query = select(t.entry.c.seq, t.entry.c.type, t.entry.c.at)
            entries = connection.execute(query.where(t.entry.c.seq.in_(seqs))).all()
        opened = self._ledger.open(seqs)
        found = [_line(row.seq, row.type, row.at, opened[row.seq].envelope) for row in entries]
        return sorted(found, key=lambda line: -line.seq)


def _seqs(
    connection: Connection, authorities: Authorities, before: int | None, limit: int
) -> list[int]:
    noted = select(t.access_noted.c.seq)
    if authorities is not None:
        noted = noted.where(t.access_noted.c.authority.in_(sorted(authorities)))
        every = noted.subquery()
    else:
        every = union_all(noted, select(t.user_change.c.seq)).subquery()
    query = select(every.c.seq).order_by(every.c.seq.desc()).limit(limit)
    return list(connection.scalars(query if before is None else query.where(every.c.seq < before)))


def _gathered(notes: Sequence[Note]) -> list[Note]:
    """The notes with failures of nobody that is known as one: whoever tries names at random does
    not fill the archive."""
    blind = [n for n in notes if n.what is Happened.SIGN_IN_FAILED and not n.actor]
    rest = [note for note in notes if note not in blind]
    return [*rest, replace(blind[0], count=len(blind))] if blind else rest


def _payload(note: Note) -> dict[str, Json]:
    payload: dict[str, Json] = {"what": note.what.value, "at": note.at, "actor": note.actor}
    if note.authority != HOME:
        payload["authority"] = note.authority
    if note.record:
        payload["record"] = note.record
    if note.user:
        payload["user"] = note.user
    if note.count > 1:
        payload["count"] = note.count
    return payload


def _line(seq: int, type_: str, at: int, fields: Mapping[str, Any]) -> TrailLine:
    return TrailLine(
        seq=seq,
        what=str(fields.get("what", type_)),
        at=int(fields.get("at", at)),
        actor=int(fields.get("actor", 0)),
        fields=fields,
    )
