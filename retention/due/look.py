"""One look at records as of a day: their facts from the tables, and what becomes of them.

The rules are `retention.core.evaluate`, asked for each record; what records have in common is asked
once. Nothing is remembered from one look to the next, so that whatever is decided, revoked, held or
classed counts at once. Reading is bounded by the records asked about, and what answers them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, select

from archiver.db.retention_tables import record_class
from archiver.db.tables import channel
from retention.core.decision import Decision
from retention.core.evaluate import Evaluation, RecordFacts, Verdict, conclude, judge
from retention.core.hold import DisposalHold, HoldBook, HoldKind, holds_on
from retention.core.schedule import Schedule, TriggerName
from retention.due import answers
from retention.due.subjects import class_codes_of
from retention.holds import reading as hold_reading
from retention.schedule import queries
from retention.trigger import Subject, Trigger, swedish_day, triggers

REMEMBERED = 20_000  # verdicts, of which many records share one
_NONE = frozenset[str]()


class Plans(Protocol):
    """Where schedules and decisions come from (`retention.schedule.reading`): the version of an
    authority's schedule that is in force on a day, None if there is none; and all of its decisions,
    revoked ones too."""

    def schedule_in_force(
        self, authority: int, day: date, connection: Connection | None = None
    ) -> Schedule | None: ...

    def decisions(
        self, authority: int, connection: Connection | None = None
    ) -> Sequence[Decision]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an authority has decided, as of a day. `needs`: the triggers its rules run from."""

    authority: int
    schedule: Schedule | None
    decisions: tuple[Decision, ...]
    needs: tuple[TriggerName, ...]

    def group(self, channel: int) -> tuple[bool, ...]:
        """What tells channels apart, as far as rules and decisions do: equal for all channels that
        they treat alike."""
        rules = self.schedule.rules if self.schedule else ()
        named = [one.applies.channels for one in rules] + [one.channels for one in self.decisions]
        return tuple(one is None or channel in one for one in named)


class Judged(NamedTuple):
    """What schedule, decisions and holds say of a record, before what answers it."""

    subject: Subject
    verdict: Verdict
    holds: tuple[DisposalHold, ...]

    @property
    def keeps(self) -> bool:
        """Whether it is kept for reasons of its own."""
        return not self.verdict.open or bool(self.holds)


class Look:
    """A look as of `today` over a connection. With `everything`, holds are read once for all that
    there is; without, for each batch only those that name its records."""

    def __init__(
        self, connection: Connection, plans: Plans, today: date, *, everything: bool = False
    ) -> None:
        self.connection, self.today = connection, today
        self._plans = plans
        self.channels: Mapping[int, int] = {
            row.seq: row.authority
            for row in connection.execute(select(channel.c.seq, channel.c.authority))
        }
        self._standings: dict[int, Standing] = {}
        self._known: dict[tuple[object, ...], Verdict] = {}
        self._classed: dict[str, bool] = {}
        self._groups: dict[int, tuple[int, Standing]] = {}
        self._numbers: dict[tuple[int, tuple[bool, ...]], int] = {}
        self._page: dict[int, Judged] = {}
        self._book: HoldBook | None = None
        self._handed: list[tuple[int, int]] | None = None
        if everything:
            self._book = HoldBook(hold_reading.holds_in_force(connection, today))
            self._handed = list(hold_reading.unreceipted(connection))

    def standing(self, authority: int) -> Standing:
        """What an authority has decided."""
        if authority not in self._standings:
            schedule = self._plans.schedule_in_force(authority, self.today, self.connection)
            rules = schedule.rules if schedule else ()
            self._standings[authority] = Standing(
                authority=authority,
                schedule=schedule,
                decisions=tuple(self._plans.decisions(authority, self.connection)),
                needs=tuple(sorted({rule.trigger for rule in rules if rule.trigger})),
            )
        return self._standings[authority]

    def is_classed(self, code: str) -> bool:
        """Whether a person has put any record in a class."""
        if code not in self._classed:
            query = select(record_class.c.record).where(record_class.c.code == code).limit(1)
            self._classed[code] = self.connection.scalar(query) is not None
        return self._classed[code]

    def in_force(self, authority: int) -> tuple[object, ...]:
        """What lets records go on the day: two looks of which it is equal differ by days only."""
        standing = self.standing(authority)
        return standing.schedule, [d for d in standing.decisions if d.is_in_force(self.today)]

    def holds(self, authority: int) -> list[DisposalHold]:
        """An authority's holds that are in force on the day."""
        found = hold_reading.holds_in_force(self.connection, self.today)
        return [one for one in found if one.authority == authority]

    def evaluations(
        self, judged: Sequence[Judged], *, whole: bool = False
    ) -> Iterator[tuple[Judged, Evaluation]]:
        """What becomes of each. What answers a record is looked at where nothing else keeps it, or
        with `whole` always, for the sake of the trace."""
        kept = self._kept_answers(judged, whole=whole)
        for one in judged:
            seq = one.subject.record
            yield one, conclude(seq, one.verdict, one.holds, kept.get(seq, ()))

    def remember(self, page: Sequence[Judged]) -> None:
        """Keep what was judged last: what answers its records is mostly among it."""
        self._page = {one.subject.record: one for one in page}

    def judged(self, records: Sequence[Subject]) -> list[Judged]:
        """What is said of each, before what answers it."""
        classes = queries.classes_of(
            self.connection, [one.record for one in records if one.classed]
        )
        filed = [one.record for one in records if one.filed]
        codes = class_codes_of(self.connection, filed)
        days = self._days(records)
        book = self._holds_of(records) if self._book is None else self._book
        roots = answers.roots(self.connection, records) if book.names_threads else {}
        automatic = self._automatic(records, filed)
        found = []
        for one in records:
            seq, legal_on = one.record, swedish_day(one.legal_at)
            group, standing = self._group(one.channel)
            happened = tuple([days[name].get(seq) for name in standing.needs])
            put_in = classes.get(seq, _NONE) if one.classed else _NONE
            code = codes.get(seq, _NONE) if one.filed else _NONE
            what = (one.kind, one.origin, one.outcome, one.moderated)
            key = (group, *what, legal_on, put_in, code, *happened)
            verdict = self._known.get(key)
            near = book.near(seq, roots.get(seq)) if book else ()
            held = tuple(automatic.get(seq, ())) if automatic else ()
            if verdict is None or near:
                facts = RecordFacts(
                    record=seq,
                    authority=standing.authority,
                    channel=one.channel,
                    kind=one.kind,
                    origin=one.origin,
                    outcome=one.outcome,
                    moderated=bool(one.moderated),
                    legal_on=legal_on,
                    classes=put_in,
                    class_codes=code,
                    events={
                        name: day
                        for name, day in zip(standing.needs, happened, strict=True)
                        if day is not None
                    },
                    root=roots.get(seq),
                )
                verdict = verdict or self._judge(key, facts, standing)
                held += holds_on(near, facts, verdict.codes, self.today)
            found.append(Judged(one, verdict, held))
        return found

    def _group(self, of: int) -> tuple[int, Standing]:
        """The number of all channels that rules and decisions treat as this one; its authority's
        standing."""
        if of not in self._groups:
            standing = self.standing(self.channels[of])
            alike = (standing.authority, standing.group(of))
            self._groups[of] = (self._numbers.setdefault(alike, len(self._numbers)), standing)
        return self._groups[of]

    def _judge(self, key: tuple[object, ...], facts: RecordFacts, standing: Standing) -> Verdict:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        verdict = judge(facts, standing.schedule, standing.decisions, self.today)
        self._known[key] = verdict
        return verdict

    def _days(self, records: Sequence[Subject]) -> Mapping[TriggerName, Mapping[int, date]]:
        """Per trigger that any of their authorities' rules run from: record → day."""
        by_need: dict[TriggerName, list[Subject]] = {}
        of_channel: dict[int, list[Subject]] = {}
        for one in records:
            of_channel.setdefault(one.channel, []).append(one)
        for of, mine in of_channel.items():
            for name in self.standing(self.channels[of]).needs:
                by_need.setdefault(name, []).extend(mine)
        known: Mapping[TriggerName, Trigger] = triggers()
        return {name: known[name].days(self.connection, mine) for name, mine in by_need.items()}

    # --- holds -------------------------------------------------------------------------------

    def _holds_of(self, records: Sequence[Subject]) -> HoldBook:
        numbers = [one.record for one in records]
        return HoldBook(hold_reading.holds_in_force(self.connection, self.today, numbers))

    def _automatic(
        self, records: Sequence[Subject], filed: Collection[int]
    ) -> dict[int, list[DisposalHold]]:
        """Holds that follow from facts: open cases, handovers without a receipt."""
        of = {one.record: self.channels[one.channel] for one in records}
        found: dict[int, list[DisposalHold]] = {}
        waiting: Iterable[tuple[int, int]] | None = self._handed
        if waiting is None:
            outcome = [one.record for one in records if one.outcome]
            waiting = hold_reading.unreceipted(self.connection, outcome)
        facts: Iterable[tuple[HoldKind, Iterable[tuple[int, int]]]] = (
            (HoldKind.OPEN_CASE, hold_reading.open_cases(self.connection, filed)),
            (HoldKind.UNDELIVERED_TRANSFER, waiting),
        )
        for kind, rows in facts:
            for record, seq in sorted(one for one in rows if one[0] in of):
                held = hold_reading.following(kind, seq, of[record], record)
                found.setdefault(record, []).append(held)
        return found

    # --- what answers a record ---------------------------------------------------------------

    def _kept_answers(
        self, judged: Sequence[Judged], *, whole: bool
    ) -> Mapping[int, tuple[int, ...]]:
        asked = [one for one in judged if one.subject.answered and (whole or not one.keeps)]
        if not asked:
            return {}
        own = {**self._page, **{one.subject.record: one for one in judged}}
        known = {seq: one.subject for seq, one in own.items()}
        found = answers.below(self.connection, [one.subject for one in asked], known)
        others = self.judged([one for seq, one in found.subjects.items() if seq not in own])
        own.update({one.subject.record: one for one in others})
        return answers.kept_under(found.answered, [seq for seq in found.subjects if own[seq].keeps])
