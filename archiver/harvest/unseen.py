"""Asks for what a run did not see, and draws no conclusion that the answers do not bear.

The rules are `archiver.core.disappearance`; here are the questions. Only what lay inside something
that came whole is missed at all. Before a "not found" counts, an item that is known to exist must
have been readable in the same way, and the clocks must agree. Every answer that a state rests on is
kept whole. Nothing is asked without end: what is due comes first, the rest takes turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Any

import structlog
from pyroaring import BitMap64
from sqlalchemy import Connection

from archiver.core.changes import UNSEEN, State
from archiver.core.channel import Channel
from archiver.core.connector import Connector, Probe, Target, Wanted
from archiver.core.disappearance import (
    Policy,
    Transition,
    Verdict,
    Why,
    ask_again_at,
    is_frozen,
    judge,
    next_probe,
)
from archiver.core.exchange import Exchange, RecordedHttp
from archiver.core.observation import POST, Access, ItemRef, Kind
from archiver.core.record import clean
from archiver.db import queries
from archiver.errors import SourceError
from archiver.harvest import facts
from archiver.harvest.answers import Answers, Missed, is_skewed, server_of
from archiver.harvest.completeness import Reason, Status, Tally, reason_of
from archiver.harvest.expected import expected, last_look
from archiver.ledger.service import Ledger

_log = structlog.get_logger(__name__)

MAX_PROBES = 200
MAX_SECONDS = 900.0  # for asking: a stranger's slow server must not hold a run
SENTINELS = 3
_SEEABLE = frozenset(state.value for state in set(State) - UNSEEN)
_OTHERWISE_GONE = (State.UNKNOWN_ACCESS, State.AUTHOR_GONE, State.PLATFORM_REMOVED)


class Asking:
    """The questions of one run, after its enumerations and under a green control read.

    `seen` are the records it has met, `sentinels` one of each kind that it met in plain view,
    `others` one of each that others said. `take` files an answer that shows an item, `keep` one
    that a state rests on. `lifted`: a person has said that what went missing at once is truly gone;
    `frozen`: this run reads a part, and the last that read everything found so much missing that
    nothing is concluded. `now` is in milliseconds UTC; `monotonic` tells seconds.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        connector: Connector,
        channel: Channel,
        target: Target,
        http: RecordedHttp,
        policy: Policy,
        now: int,
        monotonic: Callable[[], float],
        tallies: Sequence[Tally],
        seen: BitMap64,
        sentinels: Mapping[str, int],
        others: Mapping[str, int],
        turn: int,
        lifted: bool,
        frozen: bool,
        take: Callable[[Probe, frozenset[ItemRef]], None],
        keep: Callable[[Exchange, str, int], None],
    ) -> None:
        self._ledger, self._connector, self._channel = ledger, connector, channel
        self._target, self._http, self._policy, self._now = target, http, policy, now
        self._tallies, self._seen = tallies, seen
        # Where a right of its own shows what others said, only such an item tells that we have it.
        apart = connector.capabilities.own_right_for_others
        self._sentinels = {**sentinels, **others} if apart else sentinels
        self._lacking = {kind for kind in sentinels if kind not in others} if apart else set()
        self._turn, self._take, self._keep = turn, take, keep
        self._lifted, self._frozen = lifted, frozen
        self._monotonic, self._begun = monotonic, monotonic()
        # Earlier states are nobody's to miss.
        self._kinds = {k for t in tallies if t.collection.exhaustive for k in t.collection.shows}
        self._looked_for = 0
        self._unasked = 0  # what was missed for the first time, and not asked for
        self.transitions: list[Transition] = []
        self.failure: SourceError | None = None

    def ask(self) -> None:
        """Ask, judge, and leave the `transitions`; `failure` says what broke the asking off."""
        missed = self._missed()
        asked = [one for one in missed if one.with_parent is None]
        if not asked:
            return
        answers = self._answers(asked)
        below = [one for one in missed if not answers.took_along(one)]
        for one in below:
            one.with_parent = None
        if len(below) > MAX_PROBES:
            self._doubt(None, Reason.TOO_MANY_MISSING)
        if below and self.failure is None:
            answers.add(self._answers(below[:MAX_PROBES]))
        self._judge(missed, answers)

    # --- what to ask for -----------------------------------------------------------------------

    def _missed(self) -> list[Missed]:
        """What is due first, then what this run should have seen and did not, then in turn what
        the platform hides or refuses."""
        fresh, hidden = self._unlisted()
        with self._ledger.database.read() as connection:
            states = [State.MISSING_SUSPECTED.value]
            suspected = facts.doubted(connection, self._channel.seq, states)
            others = facts.doubted(connection, self._channel.seq, _OTHERWISE_GONE)
        due = [
            Missed(one.record, State(one.state), absence.last_seen, absence)
            for one in suspected
            if (absence := one.absence) and one.record not in self._seen
            if next_probe(absence, self._policy) <= self._now
        ]
        again = [
            Missed(one.record, State(one.state), one.last_seen or one.at)
            for one in others
            if one.record not in self._seen
            and ask_again_at(State(one.state), one.at, self._policy) <= self._now
        ]
        alone, dependent = self._under_others([*due, *fresh])
        due = [one for one in alone if one.known is not None]
        fresh = [one for one in alone if one.known is None]
        self._unasked = max(0, len(fresh) - max(0, MAX_PROBES - len(due)))
        if len(due) + len(fresh) > MAX_PROBES:
            self._doubt(None, Reason.TOO_MANY_MISSING)
        # What was hidden is asked for again with the probes that are left, another part each time.
        turn = self._turn % len(hidden) if hidden else 0
        waiting = [*due, *fresh, *again, *hidden[turn:], *hidden[:turn]]
        return waiting[:MAX_PROBES] + dependent

    def _unlisted(self) -> tuple[list[Missed], list[Missed]]:
        """What the enumerations cover and did not show; apart from it, what was hidden before."""
        fresh, hidden = list[Missed](), list[Missed]()
        lists = [tally for tally in self._tallies if tally.collection.exhaustive]
        with self._ledger.database.read() as connection:
            whole = queries.last_complete(connection, self._channel.seq, ["all"])
            for kind in sorted(self._kinds):
                showing = [tally for tally in lists if kind in tally.collection.shows]
                for page in self._candidates(connection, kind, showing):
                    self._looked_for += len(page)
                    found = [one for one in page if one.record not in self._seen]
                    roots = {one.root for one in found if one.root is not None}
                    looks = facts.thread_looks(connection, self._channel.seq, roots)
                    for one in found:
                        look = min(last_look(t, one, whole, looks) for t in showing)
                        seen = min(max(one.captured_at, look), self._now)
                        missed = Missed(one.record, State(one.state), seen, kind=kind)
                        (hidden if one.state == State.HIDDEN else fresh).append(missed)
        return sorted(fresh, key=attrgetter("record")), sorted(hidden, key=attrgetter("record"))

    def _candidates(
        self, connection: Connection, kind: str, showing: Sequence[Tally]
    ) -> Iterator[list[facts.Candidate]]:
        """What the lists would have shown of a kind, some at a time: a channel may hold a million
        records, and a run misses few of them."""
        covered = [tally.covered for tally in showing]
        of = partial(facts.candidates, connection, self._channel.seq, [kind], _SEEABLE)
        if any(one.everything for one in covered):
            pages = of()
        else:
            since = min((one.window for one in covered if one.window is not None), default=None)
            under = of(roots={root for one in covered for root in one.threads})
            older = ([row for row in page if _is_before(row, since)] for page in under)
            pages = chain(() if since is None else of(created_since=since), older)
        for page in pages:
            yield expected(connection, showing, page)

    def _under_others(self, missed: list[Missed]) -> tuple[list[Missed], list[Missed]]:
        """Where a post takes what stands under it along, only the post is asked for."""
        if not self._connector.capabilities.cascade:
            return missed, []
        by_record = {one.record: one for one in missed}
        with self._ledger.database.read() as connection:
            for one in facts.below(
                connection, self._channel.seq, list(by_record), self._kinds, _SEEABLE
            ):
                if one.record not in by_record and one.record not in self._seen:
                    seen = min(one.captured_at, self._now)
                    by_record[one.record] = Missed(
                        one.record, State(one.state), seen, kind=one.kind
                    )
                    missed.append(by_record[one.record])
            above = facts.roots_of(connection, list(by_record))
        for record, root in above.items():
            if root in by_record and root != record:
                by_record[record].with_parent = root
        alone = [one for one in missed if one.with_parent is None]
        return alone, [one for one in missed if one.with_parent is not None]

    # --- asking --------------------------------------------------------------------------------

    def _answers(self, asked: Sequence[Missed]) -> Answers:
        """Ask for all of them and, of each kind, for items that are known to exist."""
        looks = {one.record: one.last_seen for one in asked}
        wanted = {
            record: replace(one, last_seen=looks[record])
            for record, one in self._wanted(looks).items()
        }
        kinds = {one.ref.kind for one in wanted.values()}
        sentinels = [seq for seq in self._known_to_exist(kinds) if seq not in wanted]
        known = self._wanted(sentinels)
        by_ref = {one.ref: record for record, one in wanted.items()}
        answers = Answers(sentinels={one.ref.kind: False for one in known.values()})
        standing = {one.ref for one in known.values()}
        try:
            questions = [*known.values(), *wanted.values()]
            for probe in self._connector.probe(self._target, questions, self._http):
                if probe.ref in standing:
                    readable = probe.access in (Access.PRESENT, Access.HIDDEN)
                    answers.sentinels[probe.ref.kind] |= readable
                    if readable:
                        answers.servers.add(server_of(probe.exchange))
                elif probe.ref in by_ref:
                    answers.by_record[by_ref[probe.ref]] = probe
                if self._monotonic() - self._begun > MAX_SECONDS:
                    self._doubt(None, Reason.TOO_LONG)
                    break
        except SourceError as error:
            self.failure = error
            self._doubt(None, reason_of(error))
        return answers

    def _known_to_exist(self, kinds: AbstractSet[Kind]) -> list[int]:
        """Items of these kinds that this run met; where it met none, the newest posts in view."""
        found = [self._sentinels[kind] for kind in sorted(kinds) if kind in self._sentinels]
        if found:
            return found
        with self._ledger.database.read() as connection:
            visible = queries.newest_records(
                connection, channel=self._channel.seq, state=State.VISIBLE.value, limit=20
            )
        return [row.record for row in visible if row.kind == POST][:SENTINELS]

    def _wanted(self, records: Iterable[int]) -> dict[int, Wanted]:
        """Native identities of records, from their newest versions' frames."""
        with self._ledger.database.read() as connection:
            latest = facts.latest_versions(connection, list(records))
        opened = self._ledger.open(list(latest.values()), protected=True)
        found: dict[int, Wanted] = {}
        for record, seq in latest.items():
            if seq in opened:
                envelope: Mapping[str, Any] = opened[seq].envelope
                found[record] = Wanted(
                    ref=ItemRef(Kind(envelope["kind"]), envelope["native_id"]),
                    author=envelope.get("author_id", ""),
                    parent=_ref(envelope.get("parent")),
                    root=_ref(envelope.get("root")),
                )
        return found

    # --- judging -------------------------------------------------------------------------------

    def _judge(self, missed: Sequence[Missed], answers: Answers) -> None:
        verdicts: list[tuple[Missed, Probe, Verdict]] = []
        alone, below = self._unasked, 0  # a part that was not asked for may all be missing
        self._take_present(answers)
        for one in missed:
            probe = answers.by_record.get(one.with_parent or one.record)
            if probe is None or probe.access is Access.PRESENT:
                continue
            verdict = self._verdict(one, probe, answers)
            if verdict is None:
                continue
            if probe.access is Access.NOT_FOUND and one.known is None:
                alone += one.with_parent is None
                below += one.with_parent is not None
            verdicts.append((one, probe, verdict))
        now = is_frozen(alone, below, self._looked_for, self._policy)
        if (now or self._frozen) and not self._lifted:
            self._doubt(None, Reason.MASS_DISAPPEARANCE)
            verdicts = [v for v in verdicts if v[1].access is not Access.NOT_FOUND]
        for one, probe, verdict in verdicts:
            self._conclude(one, probe, verdict)

    def _take_present(self, answers: Answers) -> None:
        """File what is there after all. One answer may hold many items: what any of its probes
        knows to be hidden is hidden in all of it."""
        present = [p for p in answers.by_record.values() if p.access is Access.PRESENT]
        hidden: dict[int, set[ItemRef]] = {}
        for probe in present:
            hidden.setdefault(probe.exchange.number, set()).update(
                {probe.ref} if probe.hidden else ()
            )
        for probe in present:
            self._take(probe, frozenset(hidden[probe.exchange.number]))

    def _verdict(self, one: Missed, probe: Probe, answers: Answers) -> Verdict | None:
        """What an answer means, if the circumstances let it mean anything."""
        kind = probe.ref.kind
        if probe.access is Access.NOT_FOUND:
            able = answers.sentinels.get(kind, any(answers.sentinels.values()))
            if not able or (kind in self._lacking and kind != POST):
                self._doubt(kind, Reason.CONTROL_FAILED)
                return None
            # A redirect to a page of errors is not the platform's own word.
            if probe.exchange.away and server_of(probe.exchange) not in answers.servers:
                self._doubt(kind, Reason.PROBE_FAILED)
                return None
            if is_skewed(probe.exchange):
                self._doubt(kind, Reason.CLOCK_SKEW)
                return None
        at = probe.exchange.ended_at
        verdict = judge(
            probe.access, one.known, at=at, last_seen=one.last_seen, policy=self._policy
        )
        if verdict is None:
            _log.warning("harvest.probe_failed", channel=self._channel.seq, why=clean(probe.reason))
            self._doubt(kind, Reason.PROBE_FAILED)
        return verdict

    def _conclude(self, one: Missed, probe: Probe, verdict: Verdict) -> None:
        self._tally(Kind(one.kind or probe.ref.kind)).missing += 1
        unchanged = verdict.state is one.state and verdict.absence == one.known
        if unchanged and verdict.state in (State.HIDDEN, State.MISSING_SUSPECTED):
            return  # as it was; the run's line of the exchange says that it was asked
        if not unchanged:
            for exchange in (probe.exchange, *probe.also):
                self._keep(exchange, verdict.state.value, one.record)
        self.transitions.append(
            Transition(
                record=one.record,
                state=verdict.state,
                exchange=probe.exchange.number,
                reason=clean(probe.reason),
                why=verdict.why if one.with_parent is None else Why.WITH_PARENT,
                absence=verdict.absence,
            )
        )

    def _tally(self, kind: Kind) -> Tally:
        return next(t for t in self._tallies if kind in t.collection.shows)

    def _doubt(self, kind: Kind | None, reason: Reason) -> None:
        """Say of collections that came whole why they are not vouched for all the same."""
        for tally in self._tallies:
            shows = tally.collection.exhaustive if kind is None else kind in tally.collection.shows
            if tally.status is Status.COMPLETE and shows:
                tally.status, tally.reason = Status.PARTIAL, reason


def _ref(pair: Sequence[str] | None) -> ItemRef | None:
    return ItemRef(Kind(pair[0]), pair[1]) if pair else None


def _is_before(row: facts.Candidate, since: int | None) -> bool:
    """Whether a record is not of the stretch that was read whole."""
    return since is None or row.created_at is None or row.created_at < since
