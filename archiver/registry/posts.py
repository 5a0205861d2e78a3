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
from archiver.registry.core.personal_number import PersonalNumbers
from archiver.registry.core.routing import Level, RoutingTable
from archiver.registry.core.rulebook import RuleBook
from archiver.registry.core.suggestion import ItemFacts, Suggestion, suggest
from archiver.registry.inbox import Chosen, Item, Why, because, everything

KEPT = 50_000  # versions whose suggestions are remembered
NO_ACTION = frozenset({"question", "minor", "other_page"})  # what is answered, or needs nothing


class View(StrEnum):
    """The inbox's saved views."""

    ALL = "allt"
    NEW = "nytt"
    ACTION = "atgard"
    QUESTIONS = "fraga"
    SECRET = "sekretess"  # noqa: S105 a word in an address
    CHANGED = "andrat"
    GONE = "borttaget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """An item with what may be shown of it, and what it may be, strongest first."""

    item: Item
    author: str
    title: str
    text: str
    url: str
    created_at: int | None
    files: int
    suggestions: tuple[Suggestion, ...]

    @property
    def suggested(self) -> Suggestion | None:
        """The strongest suggestion."""
        return self.suggestions[0] if self.suggestions else None

    @property
    def level(self) -> Level:
        """The level that is suggested; kept in order where nothing is."""
        first = self.suggested
        return Level.KEPT_IN_ORDER if first is None or first.level is None else first.level


class Posts:
    """Opens items for somebody."""

    def __init__(
        self,
        ledger: Ledger,
        table: RoutingTable,
        book: RuleBook,
        detectors: Sequence[Detector] = (PersonalNumbers(),),
    ) -> None:
        self._ledger = ledger
        self.table = table
        self._book = book
        self._detectors = detectors
        self._known: OrderedDict[int, tuple[Suggestion, ...]] = OrderedDict()
        self._lock = Lock()

    def open(self, viewer: Viewer, items: Iterable[Item]) -> dict[int, Post]:
        """Record → its post, of items that were asked for with the viewer's authorities."""
        asked = list(items)
        opened = self._ledger.open([one.latest for one in asked])
        # Of what is kept apart: its number and dates, and no word.
        envelopes = {seq: frame.envelope for seq, frame in opened.items()}
        return {
            one.seq: self._post(one, release(viewer, Purpose.READ, envelopes.get(one.latest, {})))
            for one in asked
        }

    def choice(self, viewer: Viewer, view: View) -> Chosen:
        """Which items a view shows."""
        match view:
            case View.ALL:
                return everything
            case View.NEW | View.CHANGED | View.GONE:
                return because({"nytt": Why.NEW, "andrat": Why.CHANGED}.get(view, Why.GONE))

        def chosen(items: Sequence[Item]) -> Collection[int]:
            return [one.item.seq for one in self._judged(viewer, items) if _is_of(view, one)]

        return chosen

    def _judged(self, viewer: Viewer, items: Sequence[Item]) -> Iterable[Post]:
        return self.open(viewer, items).values()

    def _post(self, item: Item, fields: Mapping[str, Any]) -> Post:
        found = self._known.get(item.latest) if fields else ()
        if found is None:
            found = tuple(suggest(_facts(item, fields), self.table, self._book, self._detectors))
            with self._lock:
                self._known[item.latest] = found
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
