"""Records: lists, threads, and one record with its versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archiver.core.access import Permission, Viewer
from archiver.core.egress import Purpose, release
from archiver.db.apart import Above, under_apart
from archiver.errors import NotFound
from archiver.store.seal import Opened
from archiver.web import queries
from archiver.web.reading import allow
from archiver.web.reading.channels import Account, account
from archiver.web.rows import (
    Member,
    Place,
    RecordRow,
    Selection,
    TransitionRow,
    VersionRow,
)
from archiver.web.services import WebServices

RECORDS_AT_ONCE = 40
THREADS_AT_ONCE = 12
ANSWERS_IN_LIST = 8
ANSWERS_ON_PAGE = 300
DEEPEST = 4
_SHOWN = ("author_name", "kind", "text", "title")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A record in a list. `depth` is its level under the thread's root; `apart`: its words are not
    shown here."""

    row: RecordRow
    title: str
    text: str
    author: str
    depth: int = 0
    matches: bool = True
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A root and its answers in order; `more` answers are not in the list."""

    root: Line
    answers: tuple[Line, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of a list, and where the next one begins (None: no more)."""

    lines: tuple[Line, ...] = ()
    threads: tuple[Thread, ...] = ()
    after: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One version: what the tables say, the released envelope, and which of its media we hold.
    `apart`: none of it is shown here."""

    row: VersionRow
    fields: Mapping[str, Any]
    media: tuple[int, ...]
    apart: bool = False

    @property
    def changes(self) -> tuple[str, ...]:
        return tuple(self.row.changes.split(","))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """A record and everything known of it. `transitions` are the states it was observed in without
    a version, newest first; `under_apart` is the record kept apart that it stands under: its
    address and what the platform sent of it may hold that one's words."""

    row: RecordRow
    account: Account
    versions: tuple[VersionView, ...]
    root: Line | None
    thread: Thread | None
    under_apart: Above | None = None
    transitions: tuple[TransitionRow, ...] = ()

    @property
    def present(self) -> TransitionRow | None:
        """The transition that its present state comes from; None if that is its newest version."""
        newest = self.transitions[0] if self.transitions else None
        return newest if newest is not None and newest.seq == self.row.state_seq else None

    @property
    def timeline(self) -> list[VersionView | TransitionRow]:
        """Versions and transitions, newest first."""
        return sorted(
            [*self.versions, *self.transitions],
            key=lambda one: one.row.seq if isinstance(one, VersionView) else one.seq,
            reverse=True,
        )

    @property
    def latest(self) -> VersionView:
        return self.versions[-1]


def listing(
    services: WebServices, viewer: Viewer, selection: Selection, *, after: Place | None = None
) -> Listing:
    """Matching records by falling legal date, one by one."""
    authorities = allow(viewer, Permission.READ)
    with services.ledger.database.read() as connection:
        rows = queries.listed(
            connection, authorities, selection, after=after, limit=RECORDS_AT_ONCE + 1
        )
    shown = rows[:RECORDS_AT_ONCE]
    return Listing(lines=tuple(lines(services, viewer, shown)), after=_next(rows, shown))


def threads(
    services: WebServices, viewer: Viewer, selection: Selection, *, after: Place | None = None
) -> Listing:
    """Threads in which anything matches, by falling legal date of their root."""
    authorities = allow(viewer, Permission.READ)
    with services.ledger.database.read() as connection:
        rows = queries.threads(
            connection, authorities, selection, after=after, limit=THREADS_AT_ONCE + 1
        )
        shown = rows[:THREADS_AT_ONCE]
        found = queries.members(connection, [row.seq for row in shown], most=ANSWERS_IN_LIST)
        seqs = [row.seq for row in shown] + [member.row.seq for member in found]
        matching = queries.matching(connection, selection, seqs)
    by_root = {row.seq: [m for m in found if m.thread == row.seq] for row in shown}
    built = [_thread(services, viewer, row, by_root[row.seq], matching) for row in shown]
    return Listing(threads=tuple(built), after=_next(rows, shown))


def _next(rows: Sequence[RecordRow], shown: Sequence[RecordRow]) -> Place | None:
    return Place(shown[-1].legal_at, shown[-1].seq) if len(rows) > len(shown) else None


def lines(services: WebServices, viewer: Viewer, rows: Sequence[RecordRow]) -> list[Line]:
    """Records as lines, in the order given."""
    opened = services.ledger.open([row.latest for row in rows])
    envelopes = {seq: content.envelope for seq, content in opened.items()}
    return [_line(viewer, row, envelopes.get(row.latest)) for row in rows]


def _line(viewer: Viewer, row: RecordRow, envelope: Mapping[str, Any] | None) -> Line:
    if envelope is None:
        return Line(row=row, title="", text="", author="", apart=True)
    fields = {name: str(envelope.get(name, "")) for name in _SHOWN}
    shown = release(viewer, Purpose.READ, fields)
    return Line(
        row=row,
        title=shown.get("title", ""),
        text=shown.get("text", ""),
        author=shown.get("author_name", ""),
    )


def _thread(
    services: WebServices,
    viewer: Viewer,
    root: RecordRow,
    found: Sequence[Member],
    matching: frozenset[int],
) -> Thread:
    rows = [member.row for member in found]
    read = {line.row.seq: line for line in lines(services, viewer, [root, *rows])}
    answers = [_at(read[row.seq], depth, row.seq in matching) for row, depth in nested(rows)]
    total = found[0].total if found else 0
    return Thread(
        root=_at(read[root.seq], 0, root.seq in matching),
        answers=tuple(answers),
        more=total - len(answers),
    )


def _at(line: Line, depth: int, matches: bool) -> Line:
    return Line(
        row=line.row,
        title=line.title,
        text=line.text,
        author=line.author,
        depth=depth,
        matches=matches,
        apart=line.apart,
    )


def nested(rows: Iterable[RecordRow]) -> list[tuple[RecordRow, int]]:
    """Answers under what they answer, each with its level (1 = answers the root). One whose parent
    is not among them stands on level 1; a circle of parents cannot hide anything."""
    waiting = list(rows)
    known = {row.native for row in waiting}
    below: dict[bytes | None, list[RecordRow]] = {}
    for row in waiting:
        parent = row.parent if row.parent in known and row.parent != row.native else None
        below.setdefault(parent, []).append(row)
    ordered: list[tuple[RecordRow, int]] = []
    stack = [(row, 1) for row in reversed(below.pop(None, []))]
    while stack:
        row, depth = stack.pop()
        ordered.append((row, min(depth, DEEPEST)))
        stack += [(child, depth + 1) for child in reversed(below.pop(row.native, []))]
    placed = {row.seq for row, _ in ordered}
    return ordered + [(row, 1) for row in waiting if row.seq not in placed]


def record_view(
    services: WebServices, viewer: Viewer, seq: int, *, protected: bool = False
) -> RecordView:
    """One record; `NotFound` if there is none of that number, or it is somebody else's. The words
    of one that is kept apart only if they are asked for (`protected`), which the caller notes."""
    authorities = allow(viewer, Permission.READ)
    with services.ledger.database.read() as connection:
        row = queries.record(connection, authorities, seq)
        if row is None:
            raise NotFound(f"There is no record R{seq}.")
        versions = queries.versions(connection, seq)
        held = queries.whole_media(connection, [version.seq for version in versions])
        root = queries.by_native(connection, row.channel, row.root) if row.root else None
        head = root or row
        found = queries.members(connection, [head.seq], most=ANSWERS_ON_PAGE)
        transitions = queries.transitions(connection, seq)
        above = under_apart(connection, [seq]).get(seq)
    seqs = [version.seq for version in versions]
    opened = services.ledger.open(seqs)
    shown = services.ledger.open(seqs, protected=True) if protected else opened
    everything = frozenset({head.seq, *(member.row.seq for member in found)})
    thread = _thread(services, viewer, head, found, everything) if found else None
    hides = above is not None and (above.stopped or not protected)
    return RecordView(
        row=row,
        account=account(services, viewer, row.channel, Permission.READ),
        versions=tuple(
            VersionView(
                row=version,
                fields=_fields(viewer, shown.get(version.seq), hides=hides),
                media=tuple(
                    number
                    for owner, number in held
                    if owner == version.seq and version.seq in opened
                ),
                apart=version.seq not in opened,
            )
            for version in versions
        ),
        root=lines(services, viewer, [root])[0] if root else None,
        thread=thread,
        under_apart=above,
        transitions=tuple(_shown(viewer, one) for one in transitions),
    )


def _fields(viewer: Viewer, opened: Opened | None, *, hides: bool) -> Mapping[str, Any]:
    """What is shown of a version; without its address where that may tell what is kept apart."""
    said = release(viewer, Purpose.READ, opened.envelope if opened is not None else {})
    return {name: value for name, value in said.items() if not (hides and name == "url")}


def _shown(viewer: Viewer, one: TransitionRow) -> TransitionRow:
    """A transition with the platform's own code as far as it may be shown."""
    fields = release(viewer, Purpose.EVIDENCE, {"state": one.state, "problem": one.reason})
    return one._replace(state=fields["state"], reason=fields["problem"])


def version_of(view: RecordView, n: int) -> VersionView:
    """The n-th version; `NotFound` if the record has none of that number."""
    for version in view.versions:
        if version.row.n == n:
            return version
    raise NotFound(f"R{view.row.seq} has no version {n}.")
