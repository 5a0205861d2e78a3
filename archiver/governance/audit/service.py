"""The auditor's report of an authority over a period, its samples and assessments.

Whoever may audit may read the report; only who has no part in what is audited assesses. The
report reads and writes nothing: with the same log and the same instant it is the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from archiver.core.access import GRANTED, LOCAL, Permission, Role, Viewer
from archiver.core.calendar import day_begins, day_ends, stockholm_date
from archiver.core.channel import Authority, Channel
from archiver.core.checkpoint import Checkpoint, open_checkpoint
from archiver.core.ports import Clock
from archiver.db import audit_tables as at
from archiver.db import register_tables as r
from archiver.db import request_tables as rq
from archiver.db import tables as t
from archiver.errors import AccessRefused, ConfigError
from archiver.governance.archive import Archive
from archiver.governance.audit.answers import ANSWERS
from archiver.governance.audit.asked import Asked
from archiver.governance.audit.questions import Question, questions, survey
from archiver.governance.core import audit
from archiver.governance.core.acts import CATEGORIES
from archiver.governance.core.book import Note
from archiver.governance.core.standing import Standing
from archiver.governance.queries import day_number
from archiver.governance.service import Initiatives
from archiver.harvest.gap import Gap
from archiver.ledger.account import Account, account
from archiver.people.service import User
from archiver.store.seal import FrameKind, seal

_COHORT = "register"
_OF_OTHERS = frozenset(Permission) - GRANTED[Role.AUDITOR]
MOST = 500  # numbers of a sample
FRAMES = ("handlingar", "diarieforda", "begaranden")
_SEED = re.compile(r"[\x21-\x7e]{1,120}")  # what a shell takes as it stands: ASCII, no space


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What of the home the report is told: who may sign in, its channels, gaps (a channel, as far
    back as so many milliseconds), and the instants of the outside time stamps with the size they
    cover (milliseconds UTC, newest first)."""

    users: Callable[[], Sequence[User]]
    authorities: Callable[[], Sequence[Authority]]
    channels: Callable[[], Sequence[Channel]]
    gaps: Callable[[Channel, int], Sequence[Gap]]
    stamps: Callable[[], Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question, what the system sees, what the auditor has said of this period (None: nothing)
    and of the one before. `changed`: the figures are others than those the auditor saw."""

    question: Question
    answer: audit.Answer
    said: Note[audit.Assessed] | None
    before: Note[audit.Assessed] | None

    @property
    def changed(self) -> bool:
        """Whether what was assessed is not what is seen now."""
        return self.said is not None and self.said.said.seen != self.answer.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrity:
    """The log when the report was made: its signed head, what the completeness audit found, and
    the outside time stamps (milliseconds UTC, entries covered), newest first."""

    head: Checkpoint
    account: Account
    stamps: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The auditor's report. `made_at` in milliseconds UTC."""

    authority: Authority
    period: audit.Period
    made_at: int
    items: Sequence[Item]
    categories: Sequence[audit.Category]
    integrity: Integrity


def is_independent(viewer: Viewer, authority: int) -> bool:
    """Whether somebody may do nothing for the authority that an auditor may not: they have no part
    in what is audited. Whoever is at the machine is nobody in particular, and is not."""
    return not any(viewer.may(one, authority) for one in _OF_OTHERS)


class Audits:
    """Reports, samples and assessments of a home."""

    def __init__(
        self, archive: Archive, initiatives: Initiatives, neighbours: Neighbours, clock: Clock
    ) -> None:
        self._archive, self._initiatives = archive, initiatives
        self._at, self._clock, self._ledger = neighbours, clock, archive.ledger

    def last_year(self) -> audit.Period:
        """The calendar year that ended last: what is audited unless another period is said."""
        year = stockholm_date(self._clock.now()).year - 1
        return audit.Period(date(year, 1, 1), date(year, 12, 31))

    def report(self, viewer: Viewer, authority: int, period: audit.Period) -> Report:
        """The report; `AccessRefused` for who does not audit the authority, `ConfigError` for a
        period that is none."""
        self._require(viewer, authority, period)
        now = self._clock.now()
        standings = self._standings(authority)
        whole = account(self._ledger)
        notes = self._notes(authority)
        with self._ledger.database.read() as connection:
            asked = Asked(
                archive=self._archive,
                connection=connection,
                authority=authority,
                channels=[one for one in self._at.channels() if one.authority == authority],
                standings=standings,
                users=self._at.users(),
                gaps=self._at.gaps,
                account=whole,
                period=period,
                now=now,
            )
            answers = {id_: ANSWERS[id_](asked) for id_ in questions()}
        said, before = audit.standing(notes, period)
        return Report(
            authority=next(one for one in self._at.authorities() if one.seq == authority),
            period=period,
            made_at=now,
            items=[
                Item(
                    question=question,
                    answer=answers[id_],
                    said=said.get(id_),
                    before=before.get(id_),
                )
                for id_, question in questions().items()
            ],
            categories=_categories(standings, period),
            integrity=Integrity(
                head=open_checkpoint(self._ledger.checkpoint(), self._ledger.verifier_key),
                account=whole,
                stamps=self._at.stamps(),
            ),
        )

    def sample(
        self,
        viewer: Viewer,
        authority: int,
        period: audit.Period,
        *,
        frame: str,
        seed: str,
        size: int,
    ) -> audit.Sample:
        """A sample of a frame (`FRAMES`) of the period, from a seed that was published before.
        `ConfigError` for a seed, a size or a frame that is none."""
        if not 0 < size <= MOST or not _SEED.fullmatch(seed):
            raise ConfigError(
                f"A sample is of 1–{MOST}, from a seed without spaces.",
                remedy="A seed is up to 120 letters, digits and signs of ASCII.",
            )
        return audit.sampled(
            frame, period, seed, self.frame(viewer, authority, period, frame), size
        )

    def frame(self, viewer: Viewer, authority: int, period: audit.Period, name: str) -> list[int]:
        """The numbers that a sample is drawn from, rising; `ConfigError` for a frame that is
        none."""
        self._require(viewer, authority, period)
        if name not in FRAMES:
            raise ConfigError(f"A sample is of {', '.join(FRAMES)}.")
        with self._ledger.database.read() as connection:
            return sorted(_FRAMES[name](connection, authority, period))

    def assess(self, viewer: Viewer, authority: int, said: audit.Assessed) -> int:
        """Record an auditor's verdict on a question; the entry. `AccessRefused` for who does not
        audit the authority, or works in it; `ConfigError` for what cannot be; then nothing is
        recorded."""
        self._require(viewer, authority, said.period)
        if not is_independent(viewer, authority):
            raise AccessRefused(
                "Whoever works in what is audited does not assess it.",
                remedy="Sign in as an auditor who has no other role (`--user`).",
            )
        if said.question not in questions():
            raise ConfigError(
                f"There is no question {said.question}.", remedy=", ".join(questions())
            )
        if not said.text.strip():
            raise ConfigError("An assessment says why.", remedy="Give the text.")
        today = stockholm_date(self._clock.now())
        if said.since > today:
            raise ConfigError("The period has not begun.")
        note = Note(authority=authority, day=today, actor=viewer.actor, said=said)
        sealed = seal(FrameKind.EVENT, audit.BOOK.payload(note), random=self._ledger.random)
        with self._ledger.writer() as writer:
            return writer.append(audit.BOOK.event, sealed, writer.cohort(authority, _COHORT))

    def seen(self, viewer: Viewer, authority: int, period: audit.Period, question: str) -> str:
        """The digest of a question's figures as they are now; empty if there is none."""
        items = self.report(viewer, authority, period).items
        return next((one.answer.digest for one in items if one.question.id == question), "")

    def assessments(self, viewer: Viewer, authority: int) -> list[tuple[int, Note[audit.Assessed]]]:
        """Every assessment of an authority with its entry, the oldest first; none goes."""
        viewer.require(Permission.AUDIT, authority)
        return self._held(authority)

    # --- within ------------------------------------------------------------------------------

    def _require(self, viewer: Viewer, authority: int, period: audit.Period) -> None:
        viewer.require(Permission.AUDIT, authority)
        if period.since > period.until:
            raise ConfigError("The period ends before it begins.", remedy="Turn the days around.")

    def _standings(self, authority: int) -> list[Standing]:
        """Of the authority's initiatives, closed ones too. Only counts of them leave here."""
        rows = self._initiatives.list(LOCAL, closed=True)
        return [
            self._initiatives.get(LOCAL, row.seq).standing
            for row in rows
            if row.authority == authority
        ]

    def _notes(self, authority: int) -> list[Note[audit.Assessed]]:
        return [note for _, note in self._held(authority)]

    def _held(self, authority: int) -> list[tuple[int, Note[audit.Assessed]]]:
        c = at.audit_assessment.c
        with self._ledger.database.read() as connection:
            query = select(c.seq).where(c.authority == authority).order_by(c.seq)
            seqs = list(connection.scalars(query))
        held = self._ledger.open(seqs)
        return [(seq, audit.BOOK.note_of(held[seq].envelope)) for seq in seqs]


def _categories(standings: Sequence[Standing], period: audit.Period) -> list[audit.Category]:
    found = Counter(
        one.said.category
        for standing in standings
        for one in standing.deviations
        if period.since <= one.found_on <= period.until
    )
    problems = survey().problems
    return [
        audit.Category(
            code.value,
            words,
            found[code],
            problems.counts.get(code.value),
            problems.n if code.value in problems.counts else None,
        )
        for code, words in CATEGORIES.items()
    ]


def _records(connection: Connection, authority: int, period: audit.Period) -> list[int]:
    c, first, end = t.record.c, day_begins(period.since), day_ends(period.until)
    query = select(c.seq).join(t.channel, t.channel.c.seq == c.channel)
    return list(
        connection.scalars(
            query.where(t.channel.c.authority == authority, c.captured_at.between(first, end - 1))
        )
    )


def _entries(connection: Connection, authority: int, period: audit.Period) -> list[int]:
    c, (first, last) = r.register_entry.c, map(day_number, period)
    query = select(c.seq).where(c.authority == authority, c.day.between(first, last))
    return list(connection.scalars(query))


def _requests(connection: Connection, authority: int, period: audit.Period) -> list[int]:
    c, (first, last) = rq.access_request.c, map(day_number, period)
    query = select(c.seq).where(c.authority == authority, c.received.between(first, last))
    return list(connection.scalars(query))


_FRAMES: Mapping[str, Callable[[Connection, int, audit.Period], list[int]]] = dict(
    zip(FRAMES, (_records, _entries, _requests), strict=True)
)


def said_json(note: Note[audit.Assessed] | None) -> dict[str, str] | None:
    """An assessment as JSON: without who made it."""
    if note is None:
        return None
    said = note.said
    return {
        "since": said.since.isoformat(),
        "until": said.until.isoformat(),
        "verdict": said.verdict.value,
        "text": said.text,
        "recorded": note.day.isoformat(),
        "seen": said.seen,
    }
