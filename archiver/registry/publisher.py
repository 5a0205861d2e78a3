"""Follows the log and writes the web diarium's database: what is shown now, and nothing else.

What is shown is judged by `registry.core.publication` alone; here it is looked up. The register is
read without the right to what is sealed apart: no protected frame is opened on this way.

Invariants: what something happened to since the last time is judged anew; a type of event that this
module does not know makes everything be judged anew, as does a new day. An entry that cannot be
opened, or a record whose words cannot, is not shown. Where nothing was ever decided there is no
database. The one that was written step by step equals the one made from scratch.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection

from archiver.core.access import HOME, Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.changes import State
from archiver.core.egress import Purpose, release
from archiver.core.event import EventType
from archiver.core.ports import Clock
from archiver.db.restricted import entries_restricted, restrictions
from archiver.errors import DiarkivError
from archiver.ledger.projection import projected_size
from archiver.ledger.service import Ledger
from archiver.registry import publishing, queries
from archiver.registry.core import publication
from archiver.registry.core.entry import day_number
from archiver.registry.core.publication import Candidate, Setting, Withheld
from archiver.registry.queries import EntryRow
from archiver.registry.reading import RegisterReader
from archiver.webdiary.database import Book, Office, Position, Row, alone, page, read, write

EVERY = 15.0  # seconds between two looks at the log: what is taken down is gone within a minute
_AT_ONCE = 200
_log = structlog.get_logger(__name__)

# Reads the register and nothing that is protected.
READER = Viewer(0, {HOME: frozenset({Permission.READ})})

_TYPE = EventType
# What these say of entries is found by `publishing.touched` …
_FOLLOWED = frozenset(
    {_TYPE.REGISTERED, _TYPE.REGISTERED_APART, _TYPE.REGISTER_CORRECTED, _TYPE.REGISTER_VOIDED}
    | {_TYPE.SECRECY_MARKED, _TYPE.ENTRIES_RELATED, _TYPE.WEB_REGISTER_WITHHELD}
    | {_TYPE.VERSION, _TYPE.RUN, _TYPE.HOLD_PLACED, _TYPE.HOLD_LIFTED}
)
# … and these say nothing of any.
_HARMLESS = frozenset(
    {_TYPE.CAPTURE, _TYPE.EXCHANGE, _TYPE.COMPONENT, _TYPE.PACK_SEALED, _TYPE.COHORT_OPENED}
    | {_TYPE.DICTIONARY_ADDED, _TYPE.CLOCK_JUMPED, _TYPE.CHANNEL_ADDED, _TYPE.CHANNEL_CHANGED}
    | {_TYPE.PUSH_RECEIVED, _TYPE.GAP_ACKNOWLEDGED, _TYPE.SERIES_SET, _TYPE.CASE_OPENED}
    | {_TYPE.TRIAGED, _TYPE.HANDOVER_NOTED, _TYPE.PACKAGE_BEGUN, _TYPE.PACKAGE_MADE}
    | {_TYPE.USER_ADDED, _TYPE.USER_CHANGED, _TYPE.ACCESS_NOTED, _TYPE.SEARCHED}
    | {_TYPE.TOKEN_ADDED, _TYPE.TOKEN_REVOKED, _TYPE.CLASSES_IMPORTED, _TYPE.ROUTES_SET}
    | {_TYPE.SCHEDULE_SET, _TYPE.DISPOSAL_DECIDED, _TYPE.DISPOSAL_DECISION_REVOKED}
    | {_TYPE.DECISION_INTERVAL, _TYPE.RUNNING_DISPOSAL_CONFIRMED, _TYPE.RECORD_CLASSIFIED}
    | {_TYPE.CASE_CLOSED, _TYPE.CASE_REOPENED, _TYPE.TRIGGER_NOTED}
    | {_TYPE.HOLD_REVIEWED}
    | {_TYPE.REQUEST_RECEIVED, _TYPE.REQUEST_STEP}
    | {_TYPE.REQUEST_PAPER, _TYPE.REQUEST_FEE, _TYPE.REQUEST_SEARCHED, _TYPE.REQUEST_ASKED}
    | {_TYPE.REQUEST_REGISTERED, _TYPE.REQUEST_PACKED}
    | {_TYPE.MANDATE_GIVEN, _TYPE.MANDATE_ENDED, _TYPE.FEE_TABLE_SET}
    | {_TYPE.ACTIVITIES_SET, _TYPE.GROUNDS_SET, _TYPE.MASKS_SUGGESTED, _TYPE.MASK_MADE}
    | {_TYPE.MASKS_DECIDED, _TYPE.MASKS_UNDONE}
    | {_TYPE.SUBJECT_REQUEST_RECEIVED, _TYPE.SUBJECT_REQUEST_STEP, _TYPE.RECTIFICATION_NOTED}
    | {_TYPE.INITIATIVE_OPENED, _TYPE.INITIATIVE_ACT, _TYPE.GATE_CLASS_SET, _TYPE.MODERATION_ACT}
    | {_TYPE.ACCOUNT_ACT, _TYPE.UPKEEP_ACT, _TYPE.AUDIT_ASSESSMENT}
    | {_TYPE.INCIDENT_RECORDED, _TYPE.INCIDENT_STEP, _TYPE.NOTICE_ADOPTED}
    | {_TYPE.RELEASE_BEGUN, _TYPE.RELEASE_ITEMS, _TYPE.RELEASE_STOPPED, _TYPE.RELEASE_WAIVED}
    | {_TYPE.RELEASE_MADE, _TYPE.RELEASE_DELIVERED}
    | {_TYPE.QUARANTINE_KEY_SET, _TYPE.ANCHOR, _TYPE.STORE_PROBED}
    | {
        _TYPE.DISPOSAL_PROPOSED,
        _TYPE.PROPOSAL_CONFIRMED,
        _TYPE.DISPOSAL_CONFIRMED,
        _TYPE.DISPOSAL_WITHDRAWN,
    }
    | {_TYPE.DISPOSED_SEEN, _TYPE.PACK_COMPACTED, _TYPE.TOMBSTONE, _TYPE.DISPOSAL_ABORTED}
    # What disposal takes goes by `keys_rewrapped`, and its certificate is registered by itself.
    | {_TYPE.RECORDS_SUPPRESSED, _TYPE.DISPOSAL_EXECUTED, _TYPE.DISPOSAL_COMPLETED}
    | {_TYPE.RECOVERY_NOTED, _TYPE.LOSS_ATTESTED, _TYPE.LOSS_EXPLAINED}
    | {_TYPE.MANUAL_CAPTURE, _TYPE.FILE_SCANNED}  # the version that goes before says it
)
# After these everything is judged anew, as after any that is in none of the three.
_SWEEPING = frozenset(
    {_TYPE.HOME_CREATED, _TYPE.AUTHORITY_ADDED, _TYPE.WEB_REGISTER_SET, _TYPE.KEYS_REWRAPPED}
    | {_TYPE.RECORD_PROTECTED, _TYPE.RECORD_UNPROTECTED, _TYPE.RECORD_STOPPED}
    | {_TYPE.RECORD_HANDED_OVER, _TYPE.RECORD_DESTROYED}
    | {_TYPE.LOG_RECOVERED, _TYPE.DISPOSAL_REPEATED}
)


class Done(NamedTuple):
    """What a look at the log led to: entries shown now, and whether the database was written."""

    shown: int
    written: bool


class Shown(NamedTuple):
    """Some of what everybody sees of an authority, the newest first, from which on, of how many,
    and when the database was last written (milliseconds UTC; None: there is none)."""

    rows: tuple[Row, ...]
    start: int
    total: int
    written: int | None


class _Names(NamedTuple):
    code: str
    name: str


class Publisher:
    """Keeps one home's web diarium as it should be."""

    def __init__(self, ledger: Ledger, path: Path, clock: Clock) -> None:
        self._ledger = ledger
        self._path = path
        self._clock = clock
        self._looked: Position | None = None

    def tick(self, *, anew: bool = False) -> Done:
        """Look at the log and write what changed; everything, with `anew`."""
        if not self._ledger.database.exists():
            return Done(0, written=False)
        with alone(self._path):
            return self._look(anew=anew)

    def _look(self, *, anew: bool) -> Done:
        with self._ledger.database.read() as connection:
            # The size is read first: what comes while we look is looked at again next time.
            now = self._position(connection)
            book = read(self._path)
            if now == self._looked and book is not None and not anew:
                return Done(len(book.rows), written=False)
            settings = publishing.settings(self._ledger, connection)
            if not settings and book is None:
                self._looked = now
                return Done(0, written=False)
            work = _Work(self._ledger, connection, date.fromisoformat(now.day))
            stale = None if anew else self._stale(connection, book, now)
            if stale == set() and book is not None:
                self._looked = now
                return Done(len(book.rows), written=False)
            fresh = work.book(now, [one for one in settings if one.on], book, stale)
        differs = book is None or (fresh.offices, fresh.rows) != (book.offices, book.rows)
        if anew or differs:
            write(self._path, fresh)
        self._looked = now
        return Done(len(fresh.rows), written=anew or differs)

    def shown(self, viewer: Viewer, authority: int, *, start: int = 0, limit: int) -> Shown:
        """What stands in the database of an authority now; from the last there is if `start` is
        past it."""
        viewer.require(Permission.PUBLISH, authority)
        try:
            rows, start, total = page(self._path, authority, start, limit)
            written = self._path.stat().st_mtime_ns // 1_000_000
        except (sqlite3.Error, OSError):  # there is none, or it was taken away meanwhile
            return Shown((), start=0, total=0, written=None)
        return Shown(tuple(rows), start=start, total=total, written=written)

    def reason(self, viewer: Viewer, entry: int) -> Withheld | None:
        """Why an entry is not shown, for whoever decides of it; None if it is."""
        with self._ledger.database.read() as connection:
            row = queries.entry(connection, entry, viewer.authorities(Permission.PUBLISH))
            if row is None:
                return Withheld.OFF
            now = self._position(connection)
            work = _Work(self._ledger, connection, date.fromisoformat(now.day))
            settings = publishing.settings(self._ledger, connection, [row.authority])
            setting = settings[0] if settings else Setting(authority=row.authority)
            found = work.candidates([row], setting)
            if not found:
                return Withheld.UNSEEN
            return publication.withheld(found[0], setting, work.today)

    def _position(self, connection: Connection) -> Position:
        day = stockholm_date(self._clock.now()).isoformat()
        return Position(origin=self._ledger.origin, size=projected_size(connection), day=day)

    def _stale(self, connection: Connection, book: Book | None, now: Position) -> set[int] | None:
        """The entries to judge anew; None for all."""
        if book is None:
            return None
        was = self._looked or book.position
        if (was.origin, was.day) != (now.origin, now.day) or was.size > now.size:
            return None
        new = publishing.new_types(connection, was.size, now.size)
        if new - _FOLLOWED - _HARMLESS:
            return None
        stale = publishing.touched(connection, was.size)
        if new & {_TYPE.HOLD_PLACED, _TYPE.HOLD_LIFTED}:  # a hold may be a restriction
            stale |= entries_restricted(connection)
        return stale


class _Work:
    """One look, over one connection."""

    def __init__(self, ledger: Ledger, connection: Connection, today: date) -> None:
        self._ledger = ledger
        self._connection = connection
        self._reader = RegisterReader(ledger)
        self.today = today
        self._names: dict[int, _Names] = {}

    def book(
        self, now: Position, settings: Sequence[Setting], old: Book | None, stale: set[int] | None
    ) -> Book:
        """What is to be shown: the old rows of what nothing happened to, and new ones."""
        kept: list[Row] = []
        if stale is not None and old is not None:
            offices = {one.id for one in old.offices}
            kept = [one for one in old.rows if one.id not in stale and one.office in offices]
        rows = [row for setting in settings for row in self._rows(setting, stale)]
        return Book(
            position=now,
            offices=tuple(self._office(one) for one in settings),
            rows=tuple(sorted([*kept, *rows], key=lambda row: row.id)),
        )

    def _rows(self, setting: Setting, stale: set[int] | None) -> Iterator[Row]:
        seqs = sorted(stale) if stale is not None else self._all(setting)
        for some in _some(seqs):
            found = queries.entries(
                self._connection, [setting.authority], before=None, limit=len(some), seqs=some
            )
            for candidate in self.candidates(found, setting):
                shown = publication.published(candidate, setting, self.today)
                if shown is not None:
                    yield _row(candidate, shown)

    def _all(self, setting: Setting) -> list[int]:
        since = (self.today - timedelta(days=setting.days)).isoformat()
        return publishing.within(self._connection, setting.authority, day_number(since))

    def _office(self, setting: Setting) -> Office:
        names, ruling = self._called(setting.authority), setting.ruling
        return Office(
            id=setting.authority,
            code=names.code,
            name=names.name,
            decision=f"{ruling.number}, {ruling.day}, {ruling.body}" if ruling else "",
            days=setting.days,
            fields=",".join(sorted(setting.fields)),
            contact=setting.contact,
            description=setting.description,
            description_en=setting.description_en,
        )

    def _called(self, authority: int) -> _Names:
        if authority not in self._names:
            sealed: Mapping[str, Any] = self._ledger.open_one(authority).envelope
            self._names[authority] = _Names(str(sealed["code"]), str(sealed["name"]))
        return self._names[authority]

    # --- what decides of an entry --------------------------------------------------------------

    def candidates(self, rows: Sequence[EntryRow], setting: Setting) -> list[Candidate]:
        """The entries of these rows with all that decides of them. One that cannot be opened is
        left out."""
        try:
            return self._candidates(rows, setting)
        except DiarkivError as error:
            if len(rows) == 1:
                _log.warning("webdiary.not_opened", entry=rows[0].seq, code=error.code)
                return []
        return [found for row in rows for found in self.candidates([row], setting)]

    def _candidates(self, rows: Sequence[EntryRow], setting: Setting) -> list[Candidate]:
        if not rows:
            return []
        connection = self._connection
        entries = self._reader.build(connection, READER, rows, full=False)
        changes = queries.changes(connection, [row.seq for row in rows])
        apart = {one.of for one in changes if one.protected}
        apart |= {row.seq for row in rows if row.protected is not None}
        down = self._taken_down(changes)
        cases = self._cases({row.case for row in rows if row.case is not None}, setting)
        concerned = {record for entry in entries for record in entry.fields.records}
        states = publishing.states(connection, concerned)
        restricted = restrictions(connection, concerned)
        names = self._called(setting.authority)
        own = frozenset({names.code.casefold(), names.name.casefold()})
        found = []
        for row, entry in zip(rows, entries, strict=True):
            number, voided = cases.get(row.case, ("", row.case is not None))
            records = entry.fields.records
            candidate = Candidate(
                entry=entry,
                apart=entry.seq in apart,
                seen=all(states.get(one, ("", ""))[0] == State.VISIBLE for one in records),
                restricted=any(one in restricted for one in records),
                taken_down=entry.seq in down,
                case_voided=voided,
                case_number=number,
                own=own,
            )
            if records and publication.withheld(candidate, setting, self.today) is None:
                came_in = [one for one in records if states[one][1] == "received"]
                candidate = self._with_words(candidate, records, came_in)
            found.append(candidate)
        return found

    def _taken_down(self, changes: Iterable[queries.ChangeRow]) -> set[int]:
        seqs = [one.seq for one in changes if one.type == EventType.WEB_REGISTER_WITHHELD]
        found: dict[int, bool] = {}
        for _, opened in sorted(self._ledger.open(seqs).items()):
            sealed: Mapping[str, Any] = opened.envelope
            found[sealed["of"]] = sealed["withheld"]
        return {entry for entry, down in found.items() if down}

    def _cases(self, seqs: Collection[int], setting: Setting) -> dict[int | None, tuple[str, bool]]:
        """Case → its number, and whether it was voided."""
        found = [queries.case(self._connection, seq, [setting.authority]) for seq in seqs]
        rows = [row for row in found if row is not None]
        return {
            one.seq: (one.number, one.voided is not None)
            for one in self._reader.build_cases(self._connection, rows)
        }

    def _with_words(
        self, candidate: Candidate, records: Sequence[int], came_in: Sequence[int]
    ) -> Candidate:
        """… and the names and texts of what came in, of every version. A record that is kept apart
        does not open, and then nothing of the entry is shown."""
        every = publishing.versions(self._connection, records)
        theirs = set(publishing.versions(self._connection, came_in))
        try:
            opened = self._ledger.open(every)
        except DiarkivError as error:
            _log.warning("webdiary.not_opened", entry=candidate.entry.seq, code=error.code)
            return candidate.with_words(seen=False)
        sealed: list[Mapping[str, Any]] = [
            one.envelope for seq, one in opened.items() if seq in theirs
        ]
        return candidate.with_words(
            seen=bool(every) and opened.keys() == set(every),
            names=[str(one["author_name"]) for one in sealed if one.get("author_name")],
            texts=[str(one[key]) for one in sealed for key in ("title", "text") if one.get(key)],
        )


def _row(candidate: Candidate, shown: publication.Published) -> Row:
    """A row, through the egress gate."""
    fields = release(READER, Purpose.WEB_REGISTER, {str(k): v for k, v in shown.fields.items()})
    return Row(
        id=candidate.entry.seq,
        office=candidate.entry.fields.authority,
        number=fields["number"],
        day=fields.get("day", ""),
        direction=fields.get("direction", ""),
        title=fields.get("title", ""),
        case_number=fields.get("case", ""),
        record_class=fields.get("record_class", ""),
        bare=int(shown.bare),
    )


def _some(seqs: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(seqs), _AT_ONCE):
        yield seqs[start : start + _AT_ONCE]


def keep_publishing(tick: Callable[[], object], stop: Callable[[float], bool]) -> None:
    """The worker's publisher, in a thread of its own: a tick each quarter of a minute until `stop`,
    which waits for so many seconds and says whether to end. What goes wrong is logged and ends
    nothing."""
    while True:
        try:
            tick()
        except DiarkivError as error:
            _log.error("webdiary.error", code=error.code)
        except Exception as error:  # noqa: BLE001 its words may quote what was registered
            _log.error("webdiary.fault", error=type(error).__name__)
        if stop(EVERY):
            return
