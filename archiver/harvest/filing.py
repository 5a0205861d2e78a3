"""Files what answers bring: each compared with the archive, what is new sealed and appended.

Comparing and sealing happen outside the writer; inside, the known state is read again and the page
is redone if it changed. What a run may later miss or rest on is remembered here: which records it
met, which posts stand in view, which answers are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from pyroaring import BitMap64

from archiver.core.canonical import Json
from archiver.core.changes import State
from archiver.core.channel import Channel
from archiver.core.connector import Collection, Page
from archiver.core.disappearance import Transition, Why, transition_line
from archiver.core.event import EventType
from archiver.core.exchange import Exchange
from archiver.core.observation import POST, Item, ItemRef, Kind, Moderation
from archiver.core.record import clean
from archiver.db import queries
from archiver.db.apart import apart, belongs
from archiver.db.suppression import seen_before
from archiver.errors import DiarkivError
from archiver.harvest import facts
from archiver.harvest.completeness import Tally
from archiver.harvest.diff import Differ, Plan, Reading
from archiver.harvest.evidence import Bundle, seal_capture
from archiver.harvest.plan import Extent
from archiver.harvest.projector import keyed, native_token
from archiver.harvest.segment import Segments, split
from archiver.ledger.projection import PROTECTED
from archiver.ledger.service import Ledger

_RETRIES = 3


class Filing:
    """What one run has filed so far.

    `looks` tells since when earlier states matter: True for a list read whole, False for a part of
    it. `every_post`: also posts that were known before count as in view. `old_problems` are tokens
    of bad answers that the last run kept.
    """

    def __init__(
        self,
        ledger: Ledger,
        channel: Channel,
        differ: Differ,
        *,
        looks: Mapping[bool, int | None],
        every_post: bool,
        old_problems: AbstractSet[str],
    ) -> None:
        self._ledger, self._channel, self._differ = ledger, channel, differ
        self._key = ledger.keys.channel(channel.seq)
        self._looks, self._every_post, self._old_problems = looks, every_post, old_problems
        self.seen = BitMap64()  # records; a channel may show a million of them
        self.captured: dict[int, int] = {}  # number of an exchange → its capture
        self.posts: dict[ItemRef, int] = {}  # in view: reference → record
        self.sentinels: dict[str, int] = {}  # by kind, one record that was in view
        self.others: dict[str, int] = {}  # the same, of what others said
        self.saved: set[ItemRef] = set()  # what may have said more since the last look
        self.states: dict[int, Mapping[str, Json]] = {}  # lines of transitions by record
        self.problems: set[str] = set()
        self._told: set[int] = set()  # disposed records that it was said of

    def take(self, page: Page, collection: Collection, tally: Tally) -> None:
        """Everything one response brings: diff it, and keep what is new."""
        exchange = page.exchange
        segments = split(exchange.body, collection.layout)
        readings, problem = self._differ.read(
            collection, segments, page, rootless=tally.extent is not Extent.THREADS
        )
        illegible = [one for one in readings if one.item is None and not one.left_out]
        bad = len(illegible)
        # A page may differ in every run by a date of its own; what matters is what is unreadable.
        unread = [reading.fragment.data for reading in illegible]
        trouble = exchange.body if segments.problem else b"\x00".join(unread)
        if bad or segments.problem:
            tally.bad += bad or 1
            # What could not be told apart is kept whole; the items that could are derived from it.
            segments = Segments(segments.fragments, whole=True, problem=segments.problem or problem)
        is_new = bool(segments.problem) and self._note_problem(exchange, trouble)
        tokens = [one.token for one in readings if one.item is not None]
        since = self._last_looks(tally, readings)
        look = self._looks[tally.extent is Extent.ALL]
        for _ in range(_RETRIES):
            known = self._differ.known(readings)
            plan = self._differ.plan(exchange, readings, known, collection, since, look)
            if not plan.has_news and not is_new:
                break
            bundle = seal_capture(
                exchange,
                self._channel.seq,
                segments,
                plan.parts,
                collection=collection.name,
                random=self._ledger.random,
                withheld=plan.withheld,
                without_digest=plan.without_digest,
            )
            if self._append(exchange, bundle, tokens, known, plan, self._differ.natives(readings)):
                break
        else:
            raise DiarkivError(
                "Another harvest of this channel is writing.", remedy="Wait until it has ended."
            )
        self._note_seen_again(plan)
        self.seen |= BitMap64(held.record for held in known.values())
        self.saved.update(plan.saved)
        self._note_in_view(readings, known)
        self._count(exchange, readings, plan, tally)

    def _note_seen_again(self, plan: Plan) -> None:
        """Say once of each record that was disposed of that the platform shows it changed since."""
        new = [record for record in plan.seen_again if record not in self._told]
        self._told.update(new)
        if not new:
            return
        with self._ledger.writer() as writer:
            told = seen_before(writer.connection, new)
            cohort = writer.cohort(self._channel.authority, "register")
            for record in new:
                if record not in told:
                    said = {"channel": self._channel.seq, "record": record}
                    writer.append_event(EventType.DISPOSED_SEEN, said, cohort=cohort)

    def _append(
        self,
        exchange: Exchange,
        bundle: Bundle,
        tokens: Sequence[bytes],
        known: Mapping[bytes, queries.KnownRecord],
        plan: Plan,
        natives: AbstractSet[bytes] = frozenset(),
    ) -> bool:
        """Append a page's frames, unless its records changed since they were compared. What is
        kept apart is protected from the start, and with it the digest of an answer that shows it,
        and the answer itself if it is whole."""
        with self._ledger.writer() as writer:
            if queries.known_records(writer.connection, self._channel.seq, tokens) != known:
                return False
            held = belongs(writer.connection, self._channel.seq, natives)
            if held != self._differ.belongs:
                return False
            content = writer.cohort(self._channel.authority, "content")
            shut = content
            if plan.touches_apart:
                shut = writer.cohort(self._channel.authority, PROTECTED)
            writer.append(EventType.EXCHANGE, bundle.exchange, shut)
            whole = bool(bundle.capture.envelope["whole"])
            capture = writer.append(EventType.CAPTURE, bundle.capture, shut if whole else content)
            for sealed, is_apart in zip(bundle.versions, plan.apart, strict=True):
                seq = writer.append(EventType.VERSION, sealed, shut if is_apart else content)
                record = int(str(sealed.envelope.get("record", seq)))
                self.seen.add(record)
                kind = Kind(str(sealed.envelope["kind"]))
                if kind == POST and sealed.envelope["state"] == State.VISIBLE:
                    self.posts[ItemRef(kind, str(sealed.envelope["native_id"]))] = record
        self.captured[exchange.number] = capture
        return True

    def _count(
        self, exchange: Exchange, readings: Sequence[Reading], plan: Plan, tally: Tally
    ) -> None:
        tally.seen += sum(not one.left_out for one in readings)
        tally.created += plan.created
        tally.changed += plan.changed
        tally.unchanged += plan.unchanged
        tally.known += plan.changed + plan.unchanged
        for record, state in plan.restored:
            again = Transition(
                record=record,
                state=State(state),
                exchange=exchange.number,
                reason="seen_again",
                why=Why.PLATFORM,
            )
            self.states[record] = transition_line(again)

    def _last_looks(
        self, tally: Tally, readings: Sequence[Reading]
    ) -> Callable[[Item], int | None]:
        """When each item would last have been seen: with the whole list, or under its post."""
        if tally.extent is not Extent.THREADS:
            return lambda _item: tally.since
        roots = {
            one.item.root: native_token(self._key, one.item.root.kind, clean(one.item.root[1]))
            for one in readings
            if one.item is not None and one.item.root is not None
        }
        with self._ledger.database.read() as connection:
            looks = facts.thread_looks(connection, self._channel.seq, list(roots.values()))
        return lambda item: looks.get(roots[item.root]) if item.root in roots else None

    def _note_in_view(
        self, readings: Sequence[Reading], known: Mapping[bytes, queries.KnownRecord]
    ) -> None:
        """Posts others may answer under, and one item of each kind that is known to exist."""
        for one in readings:
            held = known.get(one.token)
            if one.item is None or held is None or one.item.moderation is not Moderation.VISIBLE:
                continue
            self.sentinels.setdefault(one.item.ref.kind, held.record)
            if not one.item.own:
                self.others.setdefault(one.item.ref.kind, held.record)
            if one.item.ref.kind == POST and self._every_post:
                self.posts[one.item.ref] = held.record

    def _note_problem(self, exchange: Exchange, trouble: bytes) -> bool:
        """Whether this is to be kept: once, not again in every run."""
        answered = f"{exchange.status}\x00{exchange.failure}\x00".encode()
        token = keyed(self._key, answered + trouble).hex()
        if token in self.problems:
            return False
        self.problems.add(token)
        return token not in self._old_problems

    def keep_whole(
        self, exchange: Exchange, problem: str, *, always: bool = False, about: int | None = None
    ) -> None:
        """Keep an answer in one piece: an error once, what a state rests on `always`. `about`: the
        record it was asked for."""
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
        for _ in range(_RETRIES):
            known = self._differ.known(())
            with self._ledger.database.read() as connection:
                held = apart(connection, about) if about is not None else None
            if self._append(exchange, bundle, (), known, Plan(touches_apart=held is not None)):
                return
