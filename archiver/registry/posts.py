"""Items as the desk shows them: what they say, and what they may be, with the reason in words.

Texts come from sealed frames through the gate. What a suggestion rests on quotes the item, so it is
kept in this process's memory only, and by version: an item that was changed is judged anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Any

from archiver.core.access import Viewer
from archiver.core.egress import Purpose, release
from archiver.core.observation import Kind
from archiver.ledger.service import Ledger
from archiver.registry.core.detector import Detector
from archiver.registry.core.due import Running, leads_to, running
from archiver.registry.core.personal_number import PersonalNumbers
from archiver.registry.core.routing import Level, Recipient, RoutingTable
from archiver.registry.core.rulebook import RuleBook
from archiver.registry.core.suggestion import ItemFacts, Suggestion, suggest
from archiver.registry.inbox import Chosen, Item, Why, because, everything
from archiver.registry.routes import Held, Routes

KEPT = 50_000  # versions whose suggestions are remembered
NO_ACTION = frozenset({"question", "minor", "other_page"})  # what is answered, or needs nothing


class View(StrEnum):
    """The inbox's saved views."""

    ALL = "allt"
    NEW = "nytt"
    ACTION = "atgard"
    QUESTIONS = "fraga"
    SECRET = "sekretess"  # noqa: S105 a word in an address
    CLOCK = "klockan"
    CHANGED = "andrat"
    GONE = "borttaget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """An item with what may be shown of it, and what it may be, strongest first. `apart`: nothing
    but its number and dates."""

    item: Item
    author: str
    title: str
    text: str
    url: str
    created_at: int | None
    files: int
    suggestions: tuple[Suggestion, ...]
    table: RoutingTable
    apart: bool = False

    @property
    def suggested(self) -> Suggestion | None:
        """The strongest suggestion."""
        return self.suggestions[0] if self.suggestions else None

    @property
    def level(self) -> Level:
        """The level that is suggested; kept in order where nothing is."""
        first = self.suggested
        return Level.KEPT_IN_ORDER if first is None or first.level is None else first.level

    @property
    def clocks(self) -> tuple[Running, ...]:
        """The clocks of what is suggested, the nearest first."""
        return _clocks(self.item, self.suggested, self.table)

    @property
    def leads_to(self) -> tuple[Recipient, ...]:
        """Whom the suggested route leads to, those that can be reached first."""
        first = self.suggested
        return leads_to(self.table.routes[first.trigger], self.table) if first else ()


class Posts:
    """Opens items for somebody."""

    def __init__(
        self,
        ledger: Ledger,
        routes: Routes,
        book: RuleBook,
        detectors: Sequence[Detector] = (PersonalNumbers(),),
    ) -> None:
        self._ledger = ledger
        self._routes = routes
        self._book = book
        self._detectors = detectors
        # Version → what is suggested, and the table by which: 0 is the shipped one.
        self._known: OrderedDict[int, tuple[int, tuple[Suggestion, ...]]] = OrderedDict()
        self._lock = Lock()

    def open(self, viewer: Viewer, items: Iterable[Item]) -> dict[int, Post]:
        """Record → its post, of items that were asked for with the viewer's authorities."""
        asked = list(items)
        opened = self._ledger.open([one.latest for one in asked])
        # Of what is kept apart: its number and dates, and no word.
        envelopes = {seq: frame.envelope for seq, frame in opened.items()}
        held = self._routes.tables({one.authority for one in asked})
        return {
            one.seq: self._post(
                one,
                release(viewer, Purpose.READ, envelopes.get(one.latest, {})),
                held[one.authority],
            )
            for one in asked
        }

    def table(self, authority: int) -> RoutingTable:
        """The routing table that holds for an authority."""
        return self._routes.table(authority)

    def order(self, viewer: Viewer, items: Sequence[Item]) -> dict[int, int]:
        """Record → where it stands by its nearest clock (`Running.order`), of the items for which
        one runs. Only versions that were never judged are opened."""
        held = self._routes.tables({one.authority for one in items})
        unknown = [one for one in items if self._remembered(one, held[one.authority]) is None]
        found = {one.item.seq: one.clocks for one in self.open(viewer, unknown).values()}
        for one in items:
            known = self._remembered(one, held[one.authority])
            if known is not None:
                found[one.seq] = _clocks(one, next(iter(known), None), held[one.authority].table)
        return {seq: clocks[0].order for seq, clocks in found.items() if clocks}

    def _remembered(self, item: Item, held: Held) -> tuple[Suggestion, ...] | None:
        version, found = self._known.get(item.latest, (-1, ()))
        return found if version == _number(held) else None

    def choice(self, viewer: Viewer, view: View) -> Chosen:
        """Which items a view shows."""
        match view:
            case View.ALL | View.CLOCK:
                return everything
            case View.NEW | View.CHANGED | View.GONE:
                return because({"nytt": Why.NEW, "andrat": Why.CHANGED}.get(view, Why.GONE))

        def chosen(items: Sequence[Item]) -> Collection[int]:
            return [one.item.seq for one in self._judged(viewer, items) if _is_of(view, one)]

        return chosen

    def _judged(self, viewer: Viewer, items: Sequence[Item]) -> Iterable[Post]:
        return self.open(viewer, items).values()

    def _post(self, item: Item, fields: Mapping[str, Any], held: Held) -> Post:
        found = self._remembered(item, held) if fields else ()
        if found is None:
            found = tuple(suggest(_facts(item, fields), held.table, self._book, self._detectors))
            with self._lock:
                self._known[item.latest] = (_number(held), found)
                if len(self._known) > KEPT:
                    self._known.popitem(last=False)
        return Post(
            item=item,
            author=fields.get("author_name", ""),
            title=fields.get("title", ""),
            text=fields.get("text", ""),
            url=fields.get("url", ""),
            created_at=fields.get("created_at"),
            files=len(fields.get("attachments", ())),
            suggestions=found,
            table=held.table,
            apart=not fields,
        )


def _number(held: Held) -> int:
    """Which table it is: what it is called in the log."""
    return held.own.seq if held.own else 0


def _clocks(item: Item, first: Suggestion | None, table: RoutingTable) -> tuple[Running, ...]:
    """The clocks of an item. What was decided on and is changed since is counted from when that
    was seen; what was decided on and is gone asks for no answer."""
    if first is None or item.why is Why.GONE:
        return ()
    changed = item.why is Why.CHANGED
    return running(
        table.routes[first.trigger],
        received=item.seen_at if changed else item.legal_at,
        known=item.seen_at if changed else item.captured_at,
    )


def _facts(item: Item, fields: Mapping[str, Any]) -> ItemFacts:
    return ItemFacts(
        text=fields.get("text", ""),
        title=fields.get("title", ""),
        kind=Kind(item.kind),
        sender=fields.get("author_name", ""),
        links=tuple(fields.get("links", ())),
        attachments=len(fields.get("attachments", ())),
        filtered=item.state == "spam",
    )


def _is_of(view: View, post: Post) -> bool:
    triggers = {one.trigger for one in post.suggestions}
    match view:
        case View.SECRET:
            return any(one.stop is not None for one in post.suggestions) or (
                post.level is Level.SECRET
            )
        case View.QUESTIONS:
            return "question" in triggers
    return bool(triggers - NO_ACTION)
