"""One harvest run of one channel: fetch → diff → seal → append → run event.

Diffing and sealing happen outside the writer, under the channel's lease; inside, the known state is
read again and the page is redone if it changed. Network I/O never happens inside the writer. What a
run saw, expected and could not see is sealed with it, so that a gap is a record with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from archiver.core.canonical import Json
from archiver.core.changes import UNSEEN, Known, Restored, State, differences, needs_version
from archiver.core.channel import Channel
from archiver.core.connector import (
    Collection,
    Connector,
    Control,
    ControlStatus,
    Exchange,
    Probe,
    RecordedHttp,
    Target,
)
from archiver.core.event import EventType
from archiver.core.observation import Access, Item, ItemRef, Kind, Moderation
from archiver.core.ports import Clock
from archiver.core.record import Origin, content_form, item_envelope, legal_date
from archiver.db import queries
from archiver.errors import DiarkivError, SourceChanged, SourceError
from archiver.harvest.completeness import (
    Reason,
    Status,
    Tally,
    kinds_fully_enumerated,
    outcome,
    reason_of,
    state_after_probe,
    unseen,
)
from archiver.harvest.evidence import (
    Bundle,
    Elided,
    NewVersion,
    SameBytes,
    seal_capture,
)
from archiver.harvest.media import fetch_media
from archiver.harvest.projector import keyed, native_token
from archiver.harvest.segment import Fragment, Segments, split
from archiver.ledger.service import Ledger
from archiver.store.seal import FrameKind, seal

MAX_PROBES = 200
_RETRIES = 3
_SEEABLE = frozenset(state.value for state in set(State) - UNSEEN)
_CONTROL_REASONS = {
    ControlStatus.LOGIN_REFUSED: Reason.LOGIN_REFUSED,
    ControlStatus.UNREACHABLE: Reason.UNREACHABLE,
    ControlStatus.CHANGED: Reason.SOURCE_CHANGED,
}


class Recorder(RecordedHttp, Protocol):
    """The recording client of a run: `RecordedHttp`, and what it recorded, in order."""

    exchanges: list[Exchange]


# Told as a run goes on: collection, items seen, items expected (None = unknown).
Progress: TypeAlias = Callable[[str, int, int | None], None]


def silent(_collection: str, _seen: int, _expected: int | None) -> None:
    """A `Progress` that says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run did. Counts are items; `seq` is the run event's number."""

    seq: int
    channel: int
    status: Status
    tallies: tuple[Tally, ...]
    requests: int

    def count(self, name: str) -> int:
        """Sum of a count over the collections ("seen", "created", "changed", …)."""
        return sum(int(getattr(tally, name)) for tally in self.tallies)


@dataclass(slots=True)
class _Reading:
    """One fragment of a page and the item in it (None: unreadable)."""

    fragment: Fragment
    item: Item | None
    token: bytes = b""


@dataclass(slots=True)
class _Plan:
    """What one page means: where each fragment's bytes go, and what to count."""

    parts: list[NewVersion | SameBytes | Elided] = field(default_factory=list)
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    restored: list[tuple[int, str]] = field(default_factory=list)

    @property
    def has_news(self) -> bool:
        return any(isinstance(part, NewVersion) for part in self.parts)


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
    ) -> None:
        self._ledger, self._connector, self._channel = ledger, connector, channel
        self._target, self._http, self._clock, self._progress = target, http, clock, progress
        self._key = ledger.keys.channel(channel.seq)
        self._started = clock.now()
        self._seen: set[int] = set()
        self._captured: dict[int, int] = {}
        self._states: dict[int, list[Json]] = {}
        self._problems: set[str] = set()
        self._tallies: list[Tally] = []
        with ledger.database.read() as connection:
            self._since = queries.last_complete(connection, channel.seq)
            previous = queries.last_run(connection, channel.seq)
        payload: Mapping[str, Any] = ledger.open_one(previous).envelope if previous else {}
        self._cursors: Mapping[str, Mapping[str, str]] = payload.get("cursors", {})
        self._old_problems = frozenset(payload.get("problems", ()))

    def execute(self) -> RunResult:
        """Enumerate, probe, fetch media, and seal what was seen."""
        control = self._control()
        for collection in self._connector.collections(self._target):
            tally = Tally(collection, self._since.get(collection.name))
            self._tallies.append(tally)
            if control.status is ControlStatus.OK:
                self._enumerate(tally)
            else:
                tally.fail(_CONTROL_REASONS[control.status])
        self._probe_unseen(control)
        failed = fetch_media(self._ledger, self._channel, self._connector, self._target, self._http)
        return self._seal_run(control, failed)

    # --- enumerating -------------------------------------------------------------------------

    def _control(self) -> Control:
        before = len(self._http.exchanges)
        try:
            control = self._connector.control(self._target, self._http)
        except SourceError as error:
            reached = reason_of(error) is Reason.SOURCE_CHANGED
            status = ControlStatus.CHANGED if reached else ControlStatus.UNREACHABLE
            control = Control(status=status, detail=error.code)
        if control.status is not ControlStatus.OK:
            self._keep_errors(before)
        return control

    def _enumerate(self, tally: Tally) -> None:
        name, before = tally.collection.name, len(self._http.exchanges)
        cursor = self._cursors.get(name, {})
        try:
            pages = self._connector.pages(self._target, tally.collection, cursor, self._http)
            for page in pages:
                tally.pages += 1
                tally.expected = page.expected if page.expected is not None else tally.expected
                tally.cursor = dict(page.cursor)
                if not page.unchanged:
                    self._take(page.exchange, tally.collection, tally)
                self._progress(name, tally.seen, tally.expected)
        except SourceError as error:
            tally.fail(reason_of(error))
            self._keep_errors(before)
        tally.close()

    def _take(self, exchange: Exchange, collection: Collection, tally: Tally) -> None:
        """Everything one response brings: diff it, and keep what is new."""
        segments = split(exchange.body, collection.layout)
        readings, problem = self._read(collection, segments)
        bad = sum(reading.item is None for reading in readings)
        if bad or segments.problem:
            tally.bad += bad or 1
            # What could not be told apart is kept whole; the items that could are derived from it.
            segments = Segments(segments.fragments, whole=True, problem=segments.problem or problem)
        for _ in range(_RETRIES):
            known = self._known(readings)
            plan = self._plan(exchange, readings, known, tally)
            if not plan.has_news and not self._is_new_problem(exchange, segments):
                break
            bundle = seal_capture(
                exchange, self._channel.seq, segments, plan.parts, random=self._ledger.random
            )
            if self._append(exchange, bundle, readings, known):
                break
        else:
            raise DiarkivError(
                "Another harvest of this channel is writing.", remedy="Wait until it has ended."
            )
        self._seen.update(held.record for held in known.values())
        self._count(exchange, readings, plan, tally)

    def _read(self, collection: Collection, segments: Segments) -> tuple[list[_Reading], str]:
        readings, tokens, problem = [], set[bytes](), ""
        for fragment in segments.fragments:
            try:
                item = self._connector.normalise(collection.name, fragment.data)
            except SourceChanged as error:
                readings.append(_Reading(fragment, None))
                problem = problem or error.message
                continue
            token = native_token(self._key, item.ref.kind, item.ref.native_id)
            if token in tokens:
                readings.append(_Reading(fragment, None))
                problem = problem or "Two items of the page have one id."
                continue
            tokens.add(token)
            readings.append(_Reading(fragment, item, token))
        return readings, problem

    def _known(self, readings: Iterable[_Reading]) -> dict[bytes, queries.KnownRecord]:
        tokens = [reading.token for reading in readings if reading.item is not None]
        with self._ledger.database.read() as connection:
            return queries.known_records(connection, self._channel.seq, tokens)

    def _plan(
        self,
        exchange: Exchange,
        readings: Sequence[_Reading],
        known: Mapping[bytes, queries.KnownRecord],
        tally: Tally,
    ) -> _Plan:
        plan = _Plan()
        for reading in readings:
            if reading.item is None:
                continue
            held = known.get(reading.token)
            part, changes = self._part(exchange, reading, held, tally)
            plan.parts.append(part)
            if isinstance(part, NewVersion):
                plan.created += held is None
                plan.changed += held is not None
            else:
                plan.unchanged += 1
                if held is not None and any(isinstance(c, Restored) for c in changes):
                    plan.restored.append((held.record, reading.item.moderation.value))
        return plan

    def _part(
        self,
        exchange: Exchange,
        reading: _Reading,
        held: queries.KnownRecord | None,
        tally: Tally,
    ) -> tuple[NewVersion | SameBytes | Elided, tuple[object, ...]]:
        """Where one item's bytes go, and what the observation changes."""
        item = reading.item
        assert item is not None
        envelope = item_envelope(item)
        before, same = None, False
        if held is not None:
            lookup = self._ledger.keys.lookup(held.cohort, held.generation)
            before = Known(State(held.state), Moderation(held.moderation))
            same = keyed(lookup, content_form(envelope)) == held.content
        changes = differences(before, same_content=same, moderation=item.moderation)
        if not needs_version(changes):
            assert held is not None
            same_bytes = keyed(lookup, reading.fragment.data) == held.raw
            return (SameBytes(held.latest) if same_bytes else Elided(held.record)), changes
        envelope |= {
            "channel": self._channel.seq,
            "n": held.versions + 1 if held else 1,
            "captured_at": exchange.ended_at,
            "changes": [type(change).__name__.lower() for change in changes],
            "normaliser": self._connector.normaliser,
            "collection": tally.collection.name,
            "media": self._own_media(item, held),
        }
        if held is not None:
            envelope["record"] = held.record
        else:
            legal = legal_date(
                platform=item.created_at, last_look=tally.since, first_seen=exchange.ended_at
            )
            origin = Origin.DRAWN_UP if item.own else Origin.RECEIVED
            envelope |= {
                "origin": origin.value,
                "legal_at": legal.at,
                "legal_basis": legal.basis.value,
            }
        return NewVersion(envelope, reading.fragment.data), changes

    def _own_media(self, item: Item, held: queries.KnownRecord | None) -> list[Json]:
        """Numbers of the attachments to fetch: the authority's own, in items it published itself,
        that an earlier version of the record does not show. Third parties' media stay off."""
        if not item.own or not item.attachments:
            return []
        old: set[object] = set()
        if held is not None:
            envelope: Mapping[str, Any] = self._ledger.open_one(held.latest).envelope
            old = {attachment["url"] for attachment in envelope.get("attachments", ())}
        return [
            number
            for number, attachment in enumerate(item.attachments)
            if attachment.url.partition("?")[0] not in old
            and self._connector.owns_media(self._target, attachment.url)
        ]

    def _append(
        self,
        exchange: Exchange,
        bundle: Bundle,
        readings: Sequence[_Reading],
        known: Mapping[bytes, queries.KnownRecord],
    ) -> bool:
        """Append a page's frames, unless its records changed since they were compared."""
        tokens = [reading.token for reading in readings if reading.item is not None]
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
        self, exchange: Exchange, readings: Sequence[_Reading], plan: _Plan, tally: Tally
    ) -> None:
        tally.seen += len(readings)
        tally.created += plan.created
        tally.changed += plan.changed
        tally.unchanged += plan.unchanged
        tally.known += plan.changed + plan.unchanged
        for record, state in plan.restored:
            self._states[record] = [record, state, exchange.number, "seen_again"]

    # --- problems and errors -----------------------------------------------------------------

    def _is_new_problem(self, exchange: Exchange, segments: Segments) -> bool:
        """Whether a body that could not be told apart is kept: once, not again in every run."""
        return bool(segments.problem) and self._note_problem(exchange)

    def _note_problem(self, exchange: Exchange) -> bool:
        token = keyed(self._key, f"{exchange.status}\x00".encode() + exchange.body).hex()
        if token in self._problems:
            return False
        self._problems.add(token)
        return token not in self._old_problems

    def _keep_errors(self, start: int) -> None:
        """Keep the newest answer since `start` as evidence of why the enumeration broke off."""
        for exchange in reversed(self._http.exchanges[start:]):
            if exchange.number not in self._captured:
                self._keep_whole(exchange, "error")
                return

    def _keep_whole(self, exchange: Exchange, problem: str) -> None:
        if not self._note_problem(exchange):
            return
        bundle = seal_capture(
            exchange,
            self._channel.seq,
            Segments((), whole=True),
            (),
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
        missing = unseen(known, self._seen)
        by_kind = {kind: t for t in self._tallies for kind in t.collection.shows}
        if len(missing) > MAX_PROBES:
            for tally in self._tallies:
                tally.status, tally.reason = Status.PARTIAL, Reason.TOO_MANY_MISSING
            missing = missing[:MAX_PROBES]
        refs = self._refs(missing, known)
        if not refs:
            return
        before = len(self._http.exchanges)
        try:
            for probe in self._connector.probe(self._target, list(refs), self._http):
                self._judge(probe, refs[probe.ref], control, by_kind[probe.ref.kind])
        except SourceError as error:
            for tally in self._tallies:
                tally.fail(reason_of(error))
            self._keep_errors(before)

    def _refs(self, records: Iterable[int], latest: Mapping[int, int]) -> dict[ItemRef, int]:
        """Native identities of records, from their newest versions' frames."""
        versions = {latest[record]: record for record in records}
        opened = self._ledger.open(list(versions))
        return {
            ItemRef(Kind(str(o.envelope["kind"])), str(o.envelope["native_id"])): versions[seq]
            for seq, o in opened.items()
        }

    def _judge(self, probe: Probe, record: int, control: Control, tally: Tally) -> None:
        if probe.access is Access.PRESENT and probe.collection is not None:
            if probe.exchange.number not in self._captured:
                self._take(probe.exchange, probe.collection, tally)
            return
        state = state_after_probe(probe.access, control_is_green=control.status is ControlStatus.OK)
        if state is None:
            tally.status, tally.reason = Status.PARTIAL, Reason.PROBE_FAILED
            return
        tally.missing += 1
        if probe.exchange.number not in self._captured:
            self._keep_whole(probe.exchange, state.value)
        self._states[record] = [record, state.value, probe.exchange.number, probe.reason]

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
        )


def harvest(
    ledger: Ledger,
    connector: Connector,
    channel: Channel,
    target: Target,
    http: Recorder,
    clock: Clock,
    progress: Progress = silent,
) -> RunResult:
    """Harvest one channel once. The caller holds the channel's lease.

    A source that fails wholly still gives a result (a gap, recorded); `StoreError` and
    `IntegrityError` end the run, and what was appended before stands.
    """
    return Run(ledger, connector, channel, target, http, clock, progress).execute()
