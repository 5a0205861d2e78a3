"""One harvest run of one channel: fetch → diff → seal → append → run event.

Diffing and sealing happen outside the writer, under the channel's lease; inside, the known state is
read again and the page is redone if it changed. Network I/O never happens inside the writer. What a
run saw, expected and could not see is sealed with it, so that a gap is a record with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Protocol, TypeAlias

from archiver.core.canonical import Json
from archiver.core.channel import Channel
from archiver.core.connector import (
    Collection,
    Connector,
    Control,
    ControlStatus,
    Page,
    Probe,
    Reach,
    Scan,
    Target,
)
from archiver.core.disappearance import Policy, transition_line
from archiver.core.event import RUN_VERSION, EventType
from archiver.core.exchange import Exchange, RecordedHttp
from archiver.core.observation import POST, ItemRef, Kind
from archiver.core.plan import EVERYTHING, RunPlan, Scope
from archiver.core.ports import Clock
from archiver.core.record import clean, instant, milliseconds
from archiver.db import queries
from archiver.errors import SourceError, SourceRefusedAddress, SourceUnavailable
from archiver.harvest import facts
from archiver.harvest.completeness import (
    Reason,
    Status,
    Tally,
    history_since,
    judge_history,
    media_tally,
    outcome,
    reason_of,
)
from archiver.harvest.diff import Differ
from archiver.harvest.filing import Filing
from archiver.harvest.media import CAP, Media, fetch_media
from archiver.harvest.plan import Extent, extent, scans
from archiver.harvest.projector import keyed, native_token
from archiver.harvest.unseen import Asking
from archiver.ledger.service import Ledger
from archiver.store.seal import FrameKind, seal

MAX_SECONDS = 3600.0  # for enumerating: one site must not keep all others waiting


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
    """What a run did. Counts are items; `seq` is the run event's number; `control` what its control
    read told; `retry_after` is how many seconds the platform asked us to stay away."""

    seq: int
    channel: int
    status: Status
    tallies: tuple[Tally, ...]
    requests: int
    control: Control
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
        plan: RunPlan,
        policy: Policy,
    ) -> None:
        self._ledger, self._connector, self._channel = ledger, connector, channel
        self._target, self._http, self._clock, self._progress = target, http, clock, progress
        self._key = ledger.keys.channel(channel.seq)
        self._media_cap, self._plan, self._policy = media_cap, plan, policy
        self._started = clock.now()
        self._begun = clock.monotonic()
        self._retry_after: float | None = None
        self._let_go = 0  # exchanges before this one have no body any more
        self._probed: set[int] = set()
        self._threads: dict[str, set[int]] = {}  # by collection: posts whose threads were read
        self._tallies: list[Tally] = []
        self._history = connector.history_collection(target)
        with ledger.database.read() as connection:
            self._since = queries.last_complete(connection, channel.seq)
            previous = queries.last_run(connection, channel.seq)
            self._looked = queries.looked_at(connection, channel.seq)
            self._whole = queries.last_complete(connection, channel.seq, ["all"])
            self._began = queries.projected(connection)
        self._look = history_since(self._history, self._whole)
        self._previous = previous or 0
        payload: Mapping[str, Any] = ledger.event(previous) if previous else {}
        self._cursors: Mapping[str, Mapping[str, str]] = payload.get("cursors", {})
        self._old_problems = frozenset(payload.get("problems", ()))
        self._account = str(payload.get("account", ""))  # HMAC of the account that was read before
        self._filing = self._file_for("")

    def execute(self) -> RunResult:
        """Enumerate, probe, fetch media, and seal what was seen."""
        control = self._control()
        due = self._due_threads() if control.status is ControlStatus.OK else {}
        for collection in self._connector.collections(self._target):
            tally = self._tally(collection)
            self._tallies.append(tally)
            if control.status is ControlStatus.OK:
                self._enumerate(tally, self._scans(tally, due))
                self._blame_posts(tally)
            else:
                tally.fail(_why(control))
        if control.status is not ControlStatus.OK:
            if len(self._tallies) == 1:  # then the control read is of that very list
                self._take_broken(self._tallies[0], 0)
            self._keep_errors(0)
        if self._history is not None and control.status is ControlStatus.OK:
            tally = Tally(self._history)  # no `since`: nothing passes unseen for not being in it
            if self._plan.scope is Scope.PART:
                tally.extent = Extent.RECENT
            if self._filing.saved and self._look is not None:
                self._enumerate(tally, [self._history_pages(self._look)])
            judge_history(tally, self._tallies)
            self._tallies.append(tally)
        self._ask_for_unseen(control)
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
            control = Control.failed(error)
        control = self._same_account(control)
        if control.retry_after is not None:
            self._retry_after = max(control.retry_after, self._retry_after or 0)
        if control.target is not None:
            self._target = control.target
        self._filing = self._file_for(control.account)
        return control

    def _same_account(self, control: Control) -> Control:
        """The control read, unless what the channel's name leads to is another account than it was:
        then nothing of it is ours, and nothing that is not there is gone."""
        if control.status is not ControlStatus.OK or not control.account:
            return control
        token = keyed(self._key, f"account\x00{control.account}".encode()).hex()
        if self._account and token != self._account:
            return replace(control, status=ControlStatus.ACCOUNT_MOVED, detail="another_account")
        self._account = token
        return control

    def _file_for(self, account: str) -> Filing:
        """A filing of this run; `account` is the native id of the account itself."""
        differ = Differ(
            self._ledger,
            self._connector,
            self._channel,
            self._target,
            history=self._history,
            account=account,
        )
        return Filing(
            self._ledger,
            self._channel,
            differ,
            looks={True: self._look, False: history_since(self._history, self._since)},
            every_post=self._plan.scope is Scope.FULL,
            old_problems=self._old_problems,
        )

    def _tally(self, collection: Collection) -> Tally:
        """The count of one collection, with what earlier runs knew of it."""
        name = collection.name
        since = self._since.get(name)
        return Tally(
            collection,
            since,
            looked=name in self._looked,
            cursor=dict(self._cursors.get(name, {})),  # what a run that fails must not forget
            extent=extent(collection, self._plan, since),
        )

    def _due_threads(self) -> dict[ItemRef, int]:
        """The posts whose threads the plan names."""
        records = list(self._plan.threads)
        with self._ledger.database.read() as connection:
            latest = facts.latest_versions(connection, records)
        opened = self._ledger.open(list(latest.values()), protected=True)
        found: dict[ItemRef, int] = {}
        for record in records:
            held = opened.get(latest.get(record, -1))
            if held is not None:
                envelope = held.envelope
                ref = ItemRef(Kind(str(envelope["kind"])), str(envelope["native_id"]))
                found[ref] = record
        return found

    def _scans(self, tally: Tally, due: Mapping[ItemRef, int]) -> Iterator[Iterator[Page]]:
        """The pages of each scan of a collection, and what it has covered when it ended."""
        posts = {**self._filing.posts, **due}
        for scan in scans(
            tally.collection,
            self._plan,
            since=tally.since,
            cursor=self._cursors.get(tally.collection.name, {}),
            seen=list(self._filing.posts),
            due=list(due),
        ):
            yield self._covering(tally, scan, posts)

    def _covering(self, tally: Tally, scan: Scan, posts: Mapping[ItemRef, int]) -> Iterator[Page]:
        for page in self._connector.pages(self._target, scan, self._http):
            yield page
            read = {native_token(self._key, ref.kind, clean(ref.native_id)) for ref in page.read}
            tally.covered.threads |= read
            if tally.collection.exhaustive:
                self._read_under(tally, [posts[ref] for ref in page.read if ref in posts])
        if scan.since is not None:
            tally.covered.window = milliseconds(scan.since)
        elif not scan.under:
            tally.covered.everything = True

    def _blame_posts(self, tally: Tally) -> None:
        """Threads of posts that could not be listed were not read, and no one knows how many."""
        if tally.extent is not Extent.THREADS or self._plan.scope is not Scope.FULL:
            return
        for other in self._tallies:
            lists = POST in other.collection.shows and other.extent is not Extent.THREADS
            if lists and other.collection.exhaustive and not other.covered.everything:
                if tally.status is Status.COMPLETE:
                    tally.fail(other.reason)
                return

    def _read_under(self, tally: Tally, records: Sequence[int]) -> None:
        """Posts whose threads have been read in one collection; those read in all of them count."""
        self._threads.setdefault(tally.collection.name, set()).update(records)

    def _history_pages(self, look: int) -> Iterator[Page]:
        refs = sorted(self._filing.saved)
        return self._connector.history(self._target, refs, instant(look), self._http)

    def _enumerate(self, tally: Tally, readings: Iterable[Iterator[Page]]) -> None:
        name, before = tally.collection.name, len(self._http.exchanges)
        try:
            for page in chain.from_iterable(readings):
                tally.pages += 1
                tally.expected = page.expected if page.expected is not None else tally.expected
                tally.cursor = dict(page.cursor) or tally.cursor
                if not page.unchanged:
                    self._filing.take(page, tally.collection, tally)
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

    # --- problems and errors -----------------------------------------------------------------

    def _take_broken(self, tally: Tally, start: int) -> None:
        """What came of an answer that broke off: the items that are whole are items."""
        newest = self._http.exchanges[max(start, self._let_go) :][-1:]
        for exchange in newest:
            if exchange.truncated and exchange.status == 200:
                self._filing.take(Page(exchange=exchange), tally.collection, tally)

    def _note_wait(self, error: SourceError) -> None:
        """Remember how long the platform asks us to wait."""
        asked = error.retry_after if isinstance(error, SourceUnavailable) else None
        self._retry_after = max((w for w in (asked, self._retry_after) if w), default=None)

    def _keep_errors(self, start: int) -> None:
        """Keep the newest answer since `start` as evidence of why the enumeration broke off."""
        for exchange in reversed(self._http.exchanges[max(start, self._let_go) :]):
            if exchange.number not in self._filing.captured:
                self._filing.keep_whole(exchange, "error")
                return

    # --- what was not seen -------------------------------------------------------------------

    def _ask_for_unseen(self, control: Control) -> None:
        """Ask directly for what this run should have shown and did not. Missing is not deleted."""
        if control.status is not ControlStatus.OK:
            return
        before = len(self._http.exchanges)
        with self._ledger.database.read() as connection:
            lifted = facts.freeze_lifted(connection, self._channel.seq)
            frozen = facts.is_frozen(connection, self._channel.seq)
        asking = Asking(
            ledger=self._ledger,
            connector=self._connector,
            channel=self._channel,
            target=self._target,
            http=self._http,
            policy=self._policy,
            now=self._clock.now(),
            monotonic=self._clock.monotonic,
            tallies=[tally for tally in self._tallies if tally.collection.shows],
            seen=self._filing.seen,
            sentinels=self._filing.sentinels,
            others=self._filing.others,
            turn=self._previous,
            lifted=lifted,
            frozen=frozen and self._plan.scope is Scope.PART,
            take=self._take_probed,
            keep=self._keep_state,
        )
        asking.ask()
        if asking.failure is not None:
            self._note_wait(asking.failure)
            self._keep_errors(before)
        for one in asking.transitions:
            self._filing.states[one.record] = transition_line(one)

    def _take_probed(self, probe: Probe, hidden: frozenset[ItemRef]) -> None:
        """A probe that shows the item: a sighting like any other."""
        showing = [t for t in self._tallies if probe.ref.kind in t.collection.shows]
        if probe.collection is None or probe.exchange.number in self._probed:
            return  # one answer may hold many items
        self._probed.add(probe.exchange.number)
        named = [t for t in showing if t.collection == probe.collection]
        page = Page(exchange=probe.exchange, hidden=hidden)
        self._filing.take(page, probe.collection, (named or showing)[0])

    def _keep_state(self, exchange: Exchange, state: str, record: int) -> None:
        if exchange.number not in self._filing.captured:
            self._filing.keep_whole(exchange, state, always=True, about=record)

    # --- the run event -----------------------------------------------------------------------

    def _threads_read(self) -> set[int]:
        """Posts under which a part run has read everything, in every list that shows it."""
        if self._plan.scope is Scope.FULL:
            return set()
        lists = [
            self._threads.get(tally.collection.name, set())
            for tally in self._tallies
            if tally.collection.exhaustive and Reach.THREADS in tally.collection.reach
        ]
        return set.intersection(*lists) if lists else set()

    def _seal_run(self, control: Control, media_failed: Sequence[Json]) -> RunResult:
        status = outcome(self._tallies)
        captured = self._filing.captured
        exchanges: list[Json] = [
            [e.number, e.method, e.template, e.status, e.ended_at, captured.get(e.number, 0)]
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
            "states": list(self._filing.states.values()),
            "scope": self._plan.scope.value,
            "began": self._began,
            "threads": sorted(self._threads_read()),
            "media_failed": list(media_failed),
            "cursors": {tally.collection.name: tally.cursor for tally in self._tallies},
            "problems": sorted(self._filing.problems),
        }
        if self._account:
            payload["account"] = self._account
        sealed = seal(FrameKind.EVENT, payload, random=self._ledger.random)
        with self._ledger.writer() as writer:
            cohort = writer.cohort(self._channel.authority, "register")
            seq = writer.append(EventType.RUN, sealed, cohort, RUN_VERSION)
        return RunResult(
            seq=seq,
            channel=self._channel.seq,
            status=status,
            tallies=tuple(self._tallies),
            requests=len(exchanges),
            control=control,
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
    plan: RunPlan = EVERYTHING,
    policy: Policy = Policy(),  # noqa: B008 frozen
) -> RunResult:
    """Harvest one channel once. The caller holds the channel's lease; `media_cap` is in bytes,
    `plan` says what to read and `policy` what it takes to believe that something is gone.

    A source that fails wholly still gives a result (a gap, recorded); `StoreError` and
    `IntegrityError` end the run, and what was appended before stands.
    """
    run = Run(ledger, connector, channel, target, http, clock, progress, media_cap, plan, policy)
    return run.execute()
