"""What a page means: each fragment against what the archive holds. Reads, decides, writes nothing.

The known state is a parameter of `plan`, because it is read twice: outside the writer, where pages
are compared and sealed, and inside, where it must still be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from archiver.core.canonical import Json
from archiver.core.changes import Known, State, differences, needs_version
from archiver.core.channel import Channel
from archiver.core.connector import Collection, Connector, Page, Target
from archiver.core.exchange import Exchange
from archiver.core.observation import REVISION, Item, ItemRef, Moderation, placed
from archiver.core.record import (
    Origin,
    address_of,
    clean,
    content_form,
    item_envelope,
    legal_date,
    milliseconds,
)
from archiver.core.skeleton import Fragment, Segments
from archiver.db import queries
from archiver.db.apart import Belongs, belongs
from archiver.db.suppression import Disposed
from archiver.errors import SourceChanged
from archiver.harvest.completeness import may_have_history
from archiver.harvest.evidence import Elided, NewVersion, Part, SameBytes, Unreadable
from archiver.harvest.projector import keyed, native_token
from archiver.ledger.service import Ledger

Held = queries.KnownRecord


@dataclass(slots=True)
class Reading:
    """One fragment of a page and the item in it (None: unreadable, or left out)."""

    fragment: Fragment
    item: Item | None
    token: bytes = b""
    overlaid: bool = False  # hidden by the word of another place than the item itself
    left_out: bool = False  # neither filed nor kept


@dataclass(slots=True)
class Plan:
    """What one page means: where each fragment's bytes go, and what to count."""

    parts: list[Part] = field(default_factory=list)
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    restored: list[tuple[int, str]] = field(default_factory=list)
    apart: list[bool] = field(default_factory=list)  # per new version: whether it is kept apart
    touches_apart: bool = False  # whether the page shows anything that is kept apart
    withheld: bool = False  # whether it shows anything that was stopped or disposed of
    without_digest: bool = False  # whether a digest of the page would tell of what was disposed of
    seen_again: list[int] = field(default_factory=list)  # disposed of, and changed since
    saved: list[ItemRef] = field(default_factory=list)  # may have said more since the last look

    @property
    def has_news(self) -> bool:
        return any(isinstance(part, NewVersion) for part in self.parts)


class Differ:
    """Compares the items of one channel. `history` says where the platform can tell what was said
    in between; `account` is the native id of the account itself: what it says is the authority's
    own."""

    def __init__(
        self,
        ledger: Ledger,
        connector: Connector,
        channel: Channel,
        target: Target,
        *,
        history: Collection | None,
        account: str = "",
    ) -> None:
        self._ledger, self._connector = ledger, connector
        self._channel, self._target = channel, target
        self._history, self._account = history, account
        self._key = ledger.keys.channel(channel.seq)
        self._lookups: dict[int, bytes] = {}
        self.belongs = Belongs()

    def read(
        self,
        collection: Collection,
        segments: Segments,
        page: Page,
        *,
        rootless: bool = True,
    ) -> tuple[list[Reading], str]:
        """The items of a page, and what is wrong with it in words that name no content. Private
        ones, those the page leaves out and, where `rootless` are not to be taken, those that do
        not say what they stand under, are left out."""
        readings, tokens, problem = [], set[bytes](), ""
        for fragment in segments.fragments:
            try:
                item = self._connector.normalise(collection.name, fragment.data)
            except SourceChanged as error:
                readings.append(Reading(fragment, None))
                problem = problem or error.message
                continue
            item = placed(item, page.under.get(item.ref))
            if item.private or item.ref in page.left_out or not (rootless or item.root):
                readings.append(Reading(fragment, None, left_out=True))
                continue
            token = native_token(self._key, item.ref.kind, clean(item.ref.native_id))
            if token in tokens:
                readings.append(Reading(fragment, None))
                problem = problem or "Two items of the page have one id."
                continue
            tokens.add(token)
            shown = item.moderation is Moderation.VISIBLE
            if shown and item.ref in page.hidden:
                item = replace(item, moderation=Moderation.HIDDEN)
            if not item.own and self._account and item.author.native_id == self._account:
                item = replace(item, own=True)
            overlaid = shown and item.moderation is Moderation.HIDDEN
            readings.append(Reading(fragment, item, token, overlaid=overlaid))
        return readings, problem

    def known(self, readings: Sequence[Reading]) -> dict[bytes, Held]:
        """What the archive holds of these items now."""
        tokens = [one.token for one in readings if one.item is not None]
        natives = self.natives(readings)
        with self._ledger.database.read() as connection:
            found = queries.known_records(connection, self._channel.seq, tokens)
            self.belongs = belongs(connection, self._channel.seq, natives)
        self._lookups = self._ledger.lookups([held.latest for held in found.values()])
        return {token: held for token, held in found.items() if held.latest in self._lookups}

    def plan(
        self,
        exchange: Exchange,
        readings: Sequence[Reading],
        known: Mapping[bytes, Held],
        collection: Collection,
        since: Callable[[Item], int | None],
        look: int | None,
    ) -> Plan:
        """Where each fragment's bytes go. `since` tells the last look that would have shown an
        item, `look` the last that told what was saved since (milliseconds UTC)."""
        plan = Plan()
        for reading in readings:
            if reading.left_out:
                plan.parts.append(Elided(0))
                continue
            if reading.item is None:
                spot = reading.fragment
                plan.parts.append(Unreadable(spot.start, len(spot.data)))
                continue
            own = {reading.token, self._earlier_of(reading.item)}
            gone = [one for token in own if (one := self.belongs.disposed.get(token))]
            if gone:
                plan.parts.append(Elided(0))  # it was disposed of: nothing of it comes back
                plan.withheld = plan.without_digest = True
                plan.unchanged += 1
                plan.seen_again += _changed_since(gone, reading.item)
                continue
            if not self.belongs.stopped.isdisjoint(own):
                plan.parts.append(Elided(0))  # it was stopped: nothing of it is stored again
                plan.withheld = plan.touches_apart = True
                plan.unchanged += 1
                continue
            is_apart = not self.belongs.protected.isdisjoint(own)
            plan.touches_apart |= is_apart
            held = known.get(reading.token)
            part = self._part(exchange, reading, held, collection, since(reading.item))
            plan.parts.append(part)
            edited = isinstance(part, NewVersion) and "edited" in str(part.envelope["changes"])
            if held is not None and may_have_history(
                self._history, reading.item, held.state, edited=edited, since=look
            ):
                plan.saved.append(reading.item.ref)
            if isinstance(part, NewVersion):
                plan.apart.append(is_apart)
                plan.created += held is None
                plan.changed += held is not None
            else:
                plan.unchanged += 1
                # Also a record that a probe found hidden, and that is shown again as it was.
                if held is not None and held.state != reading.item.moderation.value:
                    plan.restored.append((held.record, reading.item.moderation.value))
        return plan

    def natives(self, readings: Sequence[Reading]) -> frozenset[bytes]:
        """The tokens of a page's items, and of those they are earlier states of."""
        items = [(one.token, one.item) for one in readings if one.item is not None]
        return frozenset(
            token for own, item in items for token in (own, self._earlier_of(item)) if token
        )

    def _earlier_of(self, item: Item) -> bytes:
        """The token of the item that this one is an earlier state of; empty for any other."""
        if item.ref.kind != REVISION or item.parent is None:
            return b""
        return native_token(self._key, item.parent.kind, clean(item.parent.native_id))

    def _part(
        self,
        exchange: Exchange,
        reading: Reading,
        held: Held | None,
        collection: Collection,
        since: int | None,
    ) -> NewVersion | SameBytes | Elided:
        """Where one item's bytes go."""
        item = reading.item
        assert item is not None
        before, same, same_bytes = None, False, False
        if held is not None:
            lookup = self._lookups[held.latest]
            before = Known(State(held.state), Moderation(held.moderation))
            same_bytes = keyed(lookup, reading.fragment.data) == held.raw
            # The same bytes say the same thing, whatever has been corrected in how we read them.
            same = same_bytes or keyed(lookup, content_form(item_envelope(item))) == held.content
        changes = differences(before, same_content=same, moderation=item.moderation)
        if not needs_version(changes):
            assert held is not None
            return SameBytes(held.latest) if same_bytes else Elided(held.record)
        envelope = item_envelope(item) | {
            "channel": self._channel.seq,
            "n": held.versions + 1 if held else 1,
            "captured_at": exchange.ended_at,
            "changes": [type(change).__name__.lower() for change in changes],
            "normaliser": self._connector.normaliser,
            "collection": collection.name,
            "media": self._own_media(item, held),
        }
        if reading.overlaid:  # the raw bytes do not say so, and deep verification must know
            envelope["state_from"] = "elsewhere"
        if held is not None:
            envelope["record"] = held.record
        else:
            # Many platforms tell whole seconds: what came in the second of the last look came after
            # it, for that look did not show it.
            look = None if since is None else since - since % 1000
            legal = legal_date(
                platform=item.created_at, last_look=look, first_seen=exchange.ended_at
            )
            origin = Origin.DRAWN_UP if item.own else Origin.RECEIVED
            envelope |= {
                "origin": origin.value,
                "legal_at": legal.at,
                "legal_basis": legal.basis.value,
            }
        return NewVersion(envelope, reading.fragment.data)

    def _own_media(self, item: Item, held: Held | None) -> list[Json]:
        """Numbers of the attachments to fetch: the authority's own, in items it published itself,
        that an earlier version of the record (of a revision: its item) does not show. Third
        parties' media stay off."""
        if not item.own or not item.attachments:
            return []
        old: set[object] = set()
        if held is None and item.ref.kind == REVISION and item.root is not None:
            token = native_token(self._key, item.root.kind, clean(item.root.native_id))
            with self._ledger.database.read() as connection:
                held = queries.known_records(connection, self._channel.seq, [token]).get(token)
        if held is not None:
            shown = self._ledger.open([held.latest], protected=True).get(held.latest)
            envelope: Mapping[str, Any] = shown.envelope if shown else {}  # stopped meanwhile
            old = {address_of(attachment) for attachment in envelope.get("attachments", ())}
        return [
            number
            for number, attachment in enumerate(item.attachments)
            if attachment.url.partition("?")[0] not in old
            and self._connector.owns_media(self._target, attachment.url)
        ]


def _changed_since(gone: Sequence[Disposed], item: Item) -> list[int]:
    """Those disposed records that the platform says were changed after they were last captured. By
    its own word only: no digest of what was disposed of is kept to compare with."""
    changed = milliseconds(item.updated_at) if item.updated_at else 0
    return [one.record for one in gone if changed > one.last and item.ref.kind != REVISION]
