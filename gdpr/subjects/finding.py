"""Finds a data subject's records by what they supplied, and makes their extract (GDPR art. 15).

By a platform's id or an author's name exactly, through the identities that the tables keep under
each channel's key; by words, names and handles through the home's search. Nothing is derived: what
was not supplied is not looked for, and no identity is put together across platforms. Each search
is noted in the log like any other (dataskyddslagen 3:3); its words stand in that entry's frame.
What is kept apart is neither found nor given here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.channel import Channel
from archiver.core.egress import Purpose, release
from archiver.core.ports import Clock
from archiver.core.record import clean
from archiver.core.search import Searched, SearchIndex, SearchLog
from archiver.db.apart import under_apart
from archiver.errors import RuleViolation
from archiver.harvest.projector import native_token
from archiver.ledger.service import Ledger
from gdpr.core.asked import Asked, By, Supplied
from gdpr.core.extract import Detect, Extract, Held, Subject, Wishes, extract, left
from gdpr.subjects import queries
from gdpr.subjects.service import SubjectRequest, Subjects

MOST = 200  # hits of one search
_EXACT = frozenset({By.HANDLE, By.PLATFORM_ID, By.NAME})


@dataclass(frozen=True, slots=True)
class Found:
    """Records by what led to them, in order: exactly the author's, or by the search."""

    by_author: tuple[int, ...]
    by_words: tuple[int, ...]
    more: int  # hits of the search that are not among them

    @property
    def records(self) -> tuple[int, ...]:
        """All of them, by number."""
        return tuple(sorted({*self.by_author, *self.by_words}))


def subject_of(asked: Asked) -> Subject:
    """Who asks, as they said."""
    ids = [one.value for one in asked.supplied if one.by is By.PLATFORM_ID]
    names = [one.value for one in asked.supplied if one.by in (By.NAME, By.HANDLE)]
    return Subject(ids=tuple(ids), names=tuple(names))


class Finder:
    """Finds and extracts. `detect` finds personal data in a text, recall first."""

    def __init__(
        self,
        ledger: Ledger,
        subjects: Subjects,
        index: SearchIndex,
        channels: Callable[[], Sequence[Channel]],
        clock: Clock,
        detect: Detect,
    ) -> None:
        self._ledger, self._subjects, self._index = ledger, subjects, index
        self._channels, self._clock, self._detect = channels, clock, detect

    def find(self, viewer: Viewer, seq: int, log: SearchLog) -> Found:
        """The records that what was supplied leads to. `RuleViolation` if nothing was supplied."""
        one = self._subjects.get(viewer, seq)
        authority = one.asked.authority
        viewer.require(Permission.READ, authority)
        if not one.asked.supplied:
            raise RuleViolation(
                "Nothing was supplied to find by.",
                remedy="Ask the person for a handle, a platform's id, a name or words.",
            )
        by_author = self._by_author(authority, one.asked.supplied)
        by_words, more = set[int](), 0
        for said in one.asked.supplied:
            if said.by is By.PLATFORM_ID:
                self._note(log, viewer, seq, said, len(by_author))
                continue
            query = said.value if said.by is By.WORDS else f'"{said.value.lstrip("@")}"'
            page = self._index.search(query, authorities=[authority], older=True, limit=MOST)
            self._note(log, viewer, seq, said, page.total)
            by_words |= {hit.record for hit in page.hits}
            more += max(0, page.total - len(page.hits))
        return Found(tuple(by_author), tuple(sorted(by_words - set(by_author))), more)

    def _by_author(self, authority: int, supplied: Iterable[Supplied]) -> list[int]:
        values = [one.value.strip() for one in supplied if one.by in _EXACT]
        values += [one.removeprefix("@") for one in values if one.startswith("@")]
        with self._ledger.database.read() as connection:
            tokens = {
                channel: [
                    native_token(self._ledger.keys.channel(channel), "author", clean(value))
                    for value in values
                ]
                for channel in queries.channels(connection, authority)
            }
            return queries.by_author(connection, authority, tokens)

    def _note(self, log: SearchLog, viewer: Viewer, seq: int, said: Supplied, total: int) -> None:
        log.note(
            Searched(
                at=self._clock.now(),
                actor=viewer.actor,
                query=said.value,
                filters=(("subject_request", str(seq)),),
                total=total,
            )
        )

    # --- the extract ---------------------------------------------------------------------------

    def extract(
        self,
        viewer: Viewer,
        seq: int,
        wishes: Wishes = Wishes(),  # noqa: B008 frozen
    ) -> tuple[SubjectRequest, Extract]:
        """The extract of the records that a request concerns, others masked. `RuleViolation` if no
        records are named, or if another's name would be left in it."""
        one = self._subjects.get(viewer, seq)
        viewer.require(Permission.READ, one.asked.authority)
        if not one.standing.records:
            raise RuleViolation(
                "No records are named yet.", remedy="Name what the request concerns (`collect`)."
            )
        subject = subject_of(one.asked)
        with self._ledger.database.read() as connection:
            held = self._held(connection, viewer, one.standing.records)
            near = queries.received_near(connection, one.standing.records)
        others = self._others(viewer, near, held, subject)
        made = extract(held, subject, others, self._detect, wishes)
        shown = [one for one in others if one.casefold() not in map(str.casefold, wishes.show)]
        texts = "\n".join(str(value) for row in made.rows for value in row.values())
        if count := left(texts, shown, subject):
            raise RuleViolation(
                f"{count} names, handles or ids of others would be left in the extract.",
                remedy="Hide them by word, or withhold the record.",
            )
        return one, made

    def _held(self, connection: Connection, viewer: Viewer, records: Collection[int]) -> list[Held]:
        rows = queries.versions(connection, records)
        above = under_apart(connection, records)
        opened = self._ledger.open([row.seq for row in rows])
        channels = self._channels()
        titles = {one.seq: one.title or one.url for one in channels}
        platforms = {one.seq: one.platform for one in channels}
        notes = self._subjects.notes(viewer, records)
        return [
            Held(
                record=row.record,
                n=row.n,
                kind=row.kind,
                where=titles.get(row.channel, f"C{row.channel}"),
                platform=platforms.get(row.channel, ""),
                on=stockholm_date(row.legal_at).isoformat(),
                captured_on=stockholm_date(row.captured_at).isoformat(),
                state=row.state,
                fields={
                    name: value
                    for name, value in release(
                        viewer, Purpose.SUBJECT_ACCESS, opened[row.seq].envelope
                    ).items()
                    if name != "url" or row.record not in above  # it may quote what is kept apart
                },
                notes=tuple(note.text for note in notes.get(row.record, ())),
            )
            for row in rows
            if row.seq in opened
        ]

    def _others(
        self, viewer: Viewer, near: Mapping[int, int], held: Sequence[Held], subject: Subject
    ) -> frozenset[str]:
        """Names, handles and ids of others in the threads; the authority itself is no other."""
        fields: list[Mapping[str, object]] = [one.fields for one in held if one.record in near]
        opened = self._ledger.open(sorted(near.values())).values()
        fields += [release(viewer, Purpose.SUBJECT_ACCESS, one.envelope) for one in opened]
        found = set[str]()
        for one in fields:
            if not subject.is_author(one):
                found |= {str(one[name]) for name in ("author_id", "author_name") if one.get(name)}
                found.add(str(one.get("author_url", "")).rstrip("/").rpartition("/")[2])
        return frozenset(found - {""})
