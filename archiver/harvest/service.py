"""One harvest run of one channel: fetch → diff → seal → append → run event.

Diffing and sealing happen outside the writer, under the channel's lease; inside, the known state is
read again and the page is redone if it changed. Network I/O never happens inside the writer. What a
run saw, expected and could not see is sealed with it, so that a gap is a record with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

from archiver.core.canonical import Json
from archiver.core.changes import UNSEEN, State
from archiver.core.channel import Channel
from archiver.core.connector import (
    Collection,
    Connector,
    Control,
    ControlStatus,
    Page,
    Probe,
    Scan,
    Target,
    Wanted,
)
from archiver.core.event import EventType
from archiver.core.exchange import Exchange, RecordedHttp
from archiver.core.observation import Access, ItemRef, Kind
from archiver.core.ports import Clock
from archiver.core.record import clean, instant
from archiver.db import queries
from archiver.errors import DiarkivError, SourceError, SourceRefusedAddress, SourceUnavailable
from archiver.harvest.completeness import (
    Reason,
    Status,
    Tally,
    history_since,
    judge_history,
    kinds_fully_enumerated,
    media_tally,
    outcome,
    reason_of,
    state_after_probe,
    unseen,
)
from archiver.harvest.diff import Differ, Plan, Reading
from archiver.harvest.evidence import (
    Bundle,
    seal_capture,
)
from archiver.harvest.media import CAP, Media, fetch_media
from archiver.harvest.projector import keyed
from archiver.harvest.segment import Segments, split
from archiver.ledger.service import Ledger
from archiver.store.seal import FrameKind, seal

MAX_PROBES = 200
MAX_SECONDS = 3600.0  # for enumerating: one site must not keep all others waiting
_RETRIES = 3
_SEEABLE = frozenset(state.value for state in set(State) - UNSEEN)


def _why(control: Control) -> Reason:
    """Why a control read that is not green keeps us from looking."""
    if control.detail == SourceRefusedAddress.code:
        return Reason.REFUSED_ADDRESS
    if control.status is ControlStatus.CHANGED:
        return Reason.SOURCE_CHANGED
    return Reason(control.status.value)


class Recorder(RecordedHttp, Protocol):
    """The recording client of a run: `RecordedHttp`, and what it recorded, in order."""

    exchanges: list[Exchange]


# Told as a run goes on: collection, items seen, items expected (None = unknown).
Progress: TypeAlias = Callable[[str, int, int | None], None]


def silent(_collection: str, _seen: int, _expected: int | None) -> None:
    """A `Progress` that says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run did. Counts are items; `seq` is the run event's number; `retry_after` is how many
    seconds the platform asked us to stay away."""

    seq: int
    channel: int
    status: Status
    tallies: tuple[Tally, ...]
    requests: int
    retry_after: float | None = None

    def count(self, name: str) -> int:
        """Sum of a count over the collections ("seen", "created", "changed", …)."""
        return sum(int(getattr(tally, name)) for tally in self.tallies)


class Run:
    """State of one run in progress. Use `harvest`."""

    def __init__(
        self,
        ledger: Ledger,
        connector: Connector,
        channel: Channel,
        target: Target,
        http: Recorder,
        clock: Clock,
        progress: Progress,
        media_cap: int,
    ) -> None:
        self._ledger, self._connector, self._channel = ledger, connector, channel
        self._target, self._http, self._clock, self._progress = target, http, clock, progress
        self._key = ledger.keys.channel(channel.seq)
        self._media_cap = media_cap
        self._started = clock.now()
        self._begun = clock.monotonic()
        self._seen: set[int] = set()
        self._captured: dict[int, int] = {}
        self._retry_after: float | None = None
        self._let_go = 0  # exchanges before this one have no body any more
        self._probed: set[int] = set()
        self._hidden: frozenset[int] = frozenset()
        self._states: dict[int, list[Json]] = {}
        self._problems: set[str] = set()
        self._tallies: list[Tally] = []
        self._history = connector.history_collection(target)
        self._saved: set[ItemRef] = set()  # what may have said more since `_look`
        with ledger.database.read() as connection:
            self._since = queries.last_complete(connection, channel.seq)
            previous = queries.last_run(connection, channel.seq)
            self._looked = queries.looked_at(connection, channel.seq)
        self._look = history_since(self._history, self._since)
        self._differ = Differ(
            ledger, connector, channel, target, history=self._history, look=self._look
        )
        self._previous = previous or 0
        payload: Mapping[str, Any] = ledger.open_one(previous).envelope if previous else {}
        self._cursors: Mapping[str, Mapping[str, str]] = payload.get("cursors", {})
        self._old_problems = frozenset(payload.get("problems", ()))

    def execute(self) -> RunResult:
        """Enumerate, probe, fetch media, and seal what was seen."""
        control = self._control()
        for collection in self._connector.collections(self._target):
            name = collection.name
            cursor = dict(self._cursors.get(name, {}))  # what a run that fails must not forget
            looked = name in self._looked
            tally = Tally(collection, self._since.get(name), looked=looked, cursor=cursor)
            self._tallies.append(tally)
            if control.status is ControlStatus.OK:
                self._enumerate(tally)
            else:
                tally.fail(_why(control))
        if control.status is not ControlStatus.OK:
            if len(self._tallies) == 1:  # then the control read is of that very list
                self._take_broken(self._tallies[0], 0)
            self._keep_errors(0)
        if self._history is not None and control.status is ControlStatus.OK:
            tally = Tally(self._history)  # no `since`: nothing passes unseen for not being in it
            if self._saved:
                self._enumerate(tally)
            judge_history(tally, self._tallies)
            self._tallies.append(tally)
        self._probe_unseen(control)
        media = Media()
        if control.status is ControlStatus.OK:  # a site that is down is no file that is broken
            media = fetch_media(
                self._ledger,
                self._channel,
                self._connector,
                self._target,
                self._http,
                cap=self._media_cap,
            )
        if media.wanted:
            self._tallies.append(media_tally(media.fetched, media.missing))
        return self._seal_run(control, media.failed)

    # --- enumerating -------------------------------------------------------------------------

    def _control(self) -> Control:
        try:
            control = self._connector.control(self._target, self._http)
        except SourceError as error:
            reached = reason_of(error) is Reason.SOURCE_CHANGED
            status = ControlStatus.CHANGED if reached else ControlStatus.UNREACHABLE
            control = Control(status=status, detail=error.code)
        return control

    def _enumerate(self, tally: Tally) -> None:
        name, before = tally.collection.name, len(self._http.exchanges)
        cursor = self._cursors.get(name, {})
        try:
            for page in self._pages(tally.collection, cursor):
                tally.pages += 1
                tally.expected = page.expected if page.expected is not None else tally.expected
                tally.cursor = dict(page.cursor)
                if not page.unchanged:
                    self._take(page.exchange, tally.collection, tally)
                self._let_bodies_go()
                if self._clock.monotonic() - self._begun > MAX_SECONDS:
                    tally.fail(Reason.TOO_LONG)
                    break
                self._progress(name, tally.seen, tally.expected)
        except SourceError as error:
            tally.fail(reason_of(error))
            self._note_wait(error)
            self._take_broken(tally, before)
            self._keep_errors(before)
        tally.close()

    def _let_bodies_go(self) -> None:
        """Forget all bodies but the newest: what was new in them is sealed, and a run's memory must
        not grow with what it reads."""
        exchanges = self._http.exchanges
        for at in range(self._let_go, len(exchanges) - 1):
            exchanges[at] = replace(exchanges[at], body=b"")
        self._let_go = max(self._let_go, len(exchanges) - 1)

    def _pages(self, collection: Collection, cursor: Mapping[str, str]) -> Iterator[Page]:
        if collection is not self._history or self._look is None:
            scan = Scan(collection=collection, cursor=cursor)
            return self._connector.pages(self._target, scan, self._http)
        refs, since = sorted(self._saved), instant(self._look)
        return self._connector.history(self._target, refs, since, self._http)

    def _take(self, exchange: Exchange, collection: Collection, tally: Tally) -> None:
        """Everything one response brings: diff it, and keep what is new."""
        segments = split(exchange.body, collection.layout)
        readings, problem = self._differ.read(collection, segments)
        bad = sum(reading.item is None for reading in readings)
        # A page may differ in every run by a date of its own; what matters is what is unreadable.
        unread = [reading.fragment.data for reading in readings if reading.item is None]
        trouble = exchange.body if segments.problem else b"\x00".join(unread)
        if bad or segments.problem:
            tally.bad += bad or 1
            # What could not be told apart is kept whole; the items that could are derived from it.
            segments = Segments(segments.fragments, whole=True, problem=segments.problem or problem)
        is_new = bool(segments.problem) and self._note_problem(exchange, trouble)
        tokens = [one.token for one in readings if one.item is not None]
        for _ in range(_RETRIES):
            known = self._differ.known(tokens)
            plan = self._differ.plan(exchange, readings, known, collection, tally.since)
            if not plan.has_news and not is_new:
                break
            bundle = seal_capture(
                exchange,
                self._channel.seq,
                segments,
                plan.parts,
                collection=collection.name,
                random=self._ledger.random,
            )
            if self._append(exchange, bundle, tokens, known):
                break
        else:
            raise DiarkivError(
                "Another harvest of this channel is writing.", remedy="Wait until it has ended."
            )
        self._seen.update(held.record for held in known.values())
        self._saved.update(plan.saved)
        self._count(exchange, readings, plan, tally)

    def _append(
        self,
        exchange: Exchange,
        bundle: Bundle,
        tokens: Sequence[bytes],
        known: Mapping[bytes, queries.KnownRecord],
    ) -> bool:
        """Append a page's frames, unless its records changed since they were compared."""
        with self._ledger.writer() as writer:
            if queries.known_records(writer.connection, self._channel.seq, tokens) != known:
                return False
            cohort = writer.cohort(self._channel.authority, "content")
            writer.append(EventType.EXCHANGE, bundle.exchange, cohort)
            capture = writer.append(EventType.CAPTURE, bundle.capture, cohort)
            for sealed in bundle.versions:
                seq = writer.append(EventType.VERSION, sealed, cohort)
                self._seen.add(int(str(sealed.envelope.get("record", seq))))
        self._captured[exchange.number] = capture
        return True

    def _count(
        self, exchange: Exchange, readings: Sequence[Reading], plan: Plan, tally: Tally
    ) -> None:
        tally.seen += len(readings)
        tally.created += plan.created
        tally.changed += plan.changed
        tally.unchanged += plan.unchanged
        tally.known += plan.changed + plan.unchanged
        for record, state in plan.restored:
            self._states[record] = [record, state, exchange.number, "seen_again"]

    # --- problems and errors -----------------------------------------------------------------

    def _note_problem(self, exchange: Exchange, trouble: bytes) -> bool:
        """Whether this is to be kept: once, not again in every run."""
        answered = f"{exchange.status}\x00{exchange.failure}\x00".encode()
        token = keyed(self._key, answered + trouble).hex()
        if token in self._problems:
            return False
        self._problems.add(token)
        return token not in self._old_problems

    def _take_broken(self, tally: Tally, start: int) -> None:
        """What came of an answer that broke off: the items that are whole are items."""
        newest = self._http.exchanges[max(start, self._let_go) :][-1:]
        for exchange in newest:
            if exchange.truncated and exchange.status == 200:
                self._take(exchange, tally.collection, tally)

    def _note_wait(self, error: SourceError) -> None:
        """Remember how long the platform asks us to wait."""
        asked = error.retry_after if isinstance(error, SourceUnavailable) else None
        self._retry_after = max((w for w in (asked, self._retry_after) if w), default=None)

    def _keep_errors(self, start: int) -> None:
        """Keep the newest answer since `start` as evidence of why the enumeration broke off."""
        for exchange in reversed(self._http.exchanges[max(start, self._let_go) :]):
            if exchange.number not in self._captured:
                self._keep_whole(exchange, "error")
                return

    def _keep_whole(self, exchange: Exchange, problem: str, *, always: bool = False) -> None:
        """Keep an answer in one piece: an error once, what a state rests on `always`."""
        if not always and not self._note_problem(exchange, exchange.body):
            return
        bundle = seal_capture(
            exchange,
            self._channel.seq,
            Segments((), whole=True),
            (),
            collection="",
            random=self._ledger.random,
            problem=problem,
        )
        self._append(exchange, bundle, (), {})

    # --- what was not seen -------------------------------------------------------------------

    def _probe_unseen(self, control: Control) -> None:
        """Ask directly for what a complete enumeration did not show. Missing is not deleted."""
        kinds = kinds_fully_enumerated(self._tallies)
        if control.status is not ControlStatus.OK or not kinds:
            return
        with self._ledger.database.read() as connection:
            known = queries.records_in_states(connection, self._channel.seq, kinds, _SEEABLE)
            named = [State.HIDDEN.value]
            self._hidden = frozenset(
                queries.records_in_states(connection, self._channel.seq, kinds, named)
            )
        unlisted = unseen(known, self._seen)
        missing = [record for record in unlisted if record not in self._hidden]
        if len(missing) > MAX_PROBES:
            self._doubt(kinds, Reason.TOO_MANY_MISSING)
            missing = missing[:MAX_PROBES]
        # What was hidden is asked for again with the probes that are left, another part each time.
        hidden = [record for record in unlisted if record in self._hidden]
        turn = self._previous % len(hidden) if hidden else 0
        missing += (hidden[turn:] + hidden[:turn])[: MAX_PROBES - len(missing)]
        refs = self._refs(missing, known)
        if not refs:
            return
        before = len(self._http.exchanges)
        try:
            wanted = [Wanted(ref=ref) for ref in refs]
            for probe in self._connector.probe(self._target, wanted, self._http):
                self._judge(probe, refs[probe.ref], control)
        except SourceError as error:
            self._doubt(kinds, reason_of(error))
            self._keep_errors(before)

    def _doubt(self, kinds: AbstractSet[str], reason: Reason) -> None:
        """Say of collections that were seen wholly why they are not vouched for all the same."""
        for tally in self._tallies:
            if tally.status is Status.COMPLETE and kinds & set(tally.collection.shows):
                tally.status, tally.reason = Status.PARTIAL, reason

    def _refs(self, records: Iterable[int], latest: Mapping[int, int]) -> dict[ItemRef, int]:
        """Native identities of records, from their newest versions' frames."""
        versions = {latest[record]: record for record in records}
        opened = self._ledger.open(list(versions))
        return {
            ItemRef(Kind(str(o.envelope["kind"])), str(o.envelope["native_id"])): versions[seq]
            for seq, o in opened.items()
        }

    def _judge(self, probe: Probe, record: int, control: Control) -> None:
        showing = [t for t in self._tallies if probe.ref.kind in t.collection.shows]
        if probe.access is Access.PRESENT and probe.collection is not None:
            if probe.exchange.number not in self._probed:  # one answer may hold many items
                self._probed.add(probe.exchange.number)
                named = [t for t in showing if t.collection == probe.collection]
                self._take(probe.exchange, probe.collection, (named or showing)[0])
            return
        state = state_after_probe(probe.access, control_is_green=control.status is ControlStatus.OK)
        if state is None:
            self._doubt({probe.ref.kind}, Reason.PROBE_FAILED)
            return
        showing[0].missing += 1
        if state is State.HIDDEN and record in self._hidden:
            return  # as it was; asked again in every run
        if probe.exchange.number not in self._captured:
            self._keep_whole(probe.exchange, state.value, always=True)
        reason = clean(probe.reason)
        self._states[record] = [record, state.value, probe.exchange.number, reason]

    # --- the run event -----------------------------------------------------------------------

    def _seal_run(self, control: Control, media_failed: Sequence[Json]) -> RunResult:
        status = outcome(self._tallies)
        exchanges: list[Json] = [
            [e.number, e.method, e.template, e.status, e.ended_at, self._captured.get(e.number, 0)]
            for e in self._http.exchanges
        ]
        payload: dict[str, Json] = {
            "channel": self._channel.seq,
            "started": self._started,
            "ended": max(self._clock.now(), self._started),
            "outcome": status.value,
            "control": control.status.value,
            "control_detail": control.detail,
            "authenticated": control.authenticated,
            "connector": self._connector.platform,
            "normaliser": self._connector.normaliser,
            "collections": [tally.line() for tally in self._tallies],
            "exchanges": exchanges,
            "states": list(self._states.values()),
            "media_failed": list(media_failed),
            "cursors": {tally.collection.name: tally.cursor for tally in self._tallies},
            "problems": sorted(self._problems),
        }
        sealed = seal(FrameKind.EVENT, payload, random=self._ledger.random)
        with self._ledger.writer() as writer:
            cohort = writer.cohort(self._channel.authority, "register")
            seq = writer.append(EventType.RUN, sealed, cohort)
        return RunResult(
            seq=seq,
            channel=self._channel.seq,
            status=status,
            tallies=tuple(self._tallies),
            requests=len(exchanges),
            retry_after=self._retry_after,
        )


def harvest(
    ledger: Ledger,
    connector: Connector,
    channel: Channel,
    target: Target,
    http: Recorder,
    clock: Clock,
    progress: Progress = silent,
    media_cap: int = CAP,
) -> RunResult:
    """Harvest one channel once. The caller holds the channel's lease; `media_cap` is in bytes.

    A source that fails wholly still gives a result (a gap, recorded); `StoreError` and
    `IntegrityError` end the run, and what was appended before stands.
    """
    run = Run(ledger, connector, channel, target, http, clock, progress, media_cap)
    return run.execute()
