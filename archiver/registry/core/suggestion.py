"""What an item in the inbox may be, and why: suggestions for the registrar, never a decision.

Rests on OSL 5 kap. 1 § by way of the routing table: a suggestion names a row of it. Rules are data
(`archiver/registry/suggestion.toml`); each looks at this one item only: its words, links, sender's
name, origin, kind, length, question mark and attachments, and what detectors find. Who wrote how
often what is no input (no profiles), and no rule selects persons by a sensitive category
(dataskyddslagen 3:3): which rule led to a suggestion is not told, only its trigger and the
words. The words quote the item: show them with it, and do not store them where they can be
searched.

Invariants: hard stops come first, then what is surer, then higher levels; each trigger stands once
and has a reason; "of minor importance" is suggested only where nothing else is, a simple question
only where nothing is to be registered; a row that is switched off is never suggested. Pure: the
same item and rules give the same suggestions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from archiver.core.observation import COMMENT, Kind
from archiver.core.record import Origin
from archiver.registry.core.detector import Detector
from archiver.registry.core.phrase import Phrase, phrase
from archiver.registry.core.routing import Level, Route, RoutingTable, Stop
from archiver.registry.core.rulebook import Needs, Rule, RuleBook
from archiver.registry.core.wordlist import folded, words_of

MINOR, QUESTION, OTHER_PAGE = "minor", "question", "other_page"
LONGEST = 20_000  # characters of a text that are looked at
_TAG = re.compile(r"[@#][^\s@#]+")
_SENTENCE = re.compile(r"[^.!?\n]*\?")
_SHOWN_WORDS = 4
_STOPS = {Stop.QUARANTINE: 0, Stop.SECLUDE: 1, None: 2}


class Strength(IntEnum):
    """How sure a rule is of itself."""

    WEAK = 0
    STRONG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """What a suggestion may rest on. `sender`: the display name, looked at for what kind of sender
    it is. `own_page`: on a channel of the authority. `filtered`: the platform took it for spam."""

    text: str
    title: str = ""
    kind: Kind = COMMENT
    origin: Origin = Origin.RECEIVED
    sender: str = ""
    links: tuple[str, ...] = ()
    attachments: int = 0
    own_page: bool = True
    filtered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A row of the routing table that an item may belong to, and why. `level`: None where the row
    sets none (an emergency stop; somebody else's page)."""

    trigger: str
    level: Level | None
    strength: Strength
    reasons: tuple[Phrase, ...]
    stop: Stop | None = None


def suggest(
    item: ItemFacts,
    table: RoutingTable,
    book: RuleBook,
    detectors: Sequence[Detector] = (),
) -> list[Suggestion]:
    """The suggestions for one item, strongest first; empty if no rule has anything to say, which
    is the common case and means that it is kept in order like any other."""
    seen = _Seen(item, book, detectors)
    reasons: dict[str, list[Phrase]] = {}
    strength: dict[str, Strength] = {}
    for rule in seen.rules():
        route = table.routes.get(rule.trigger)
        if route is None or not route.active:
            continue
        found = seen.reasons(rule)
        if found:
            reasons.setdefault(rule.trigger, []).extend(found)
            sure = Strength.STRONG if rule.strong else Strength.WEAK
            strength[rule.trigger] = max(sure, strength.get(rule.trigger, Strength.WEAK))
    if len(reasons) > 1:
        reasons.pop(MINOR, None)
        if any((table.routes[one].level or 0) >= Level.REGISTERED for one in reasons):
            reasons.pop(QUESTION, None)  # what is registered has more to it than a routine answer
    _somebody_elses_page(item, table, reasons, strength)
    suggestions = [
        Suggestion(
            trigger=trigger,
            level=table.routes[trigger].level,
            strength=strength[trigger],
            reasons=tuple(dict.fromkeys(why)),
            stop=table.routes[trigger].stop,
        )
        for trigger, why in reasons.items()
    ]
    if len(suggestions) > 1:
        order = {trigger: place for place, trigger in enumerate(table.routes)}
        suggestions.sort(key=lambda one: _weight(one, order))
    return suggestions


def _somebody_elses_page(
    item: ItemFacts,
    table: RoutingTable,
    reasons: dict[str, list[Phrase]],
    strength: dict[str, Strength],
) -> None:
    """On somebody else's page what calls for handling is dealt with as on one's own; what does not
    is none of the authority's business."""
    route = table.routes.get(OTHER_PAGE)
    if item.own_page or route is None or not route.active or not reasons or MINOR in reasons:
        return
    reasons[OTHER_PAGE] = [phrase("other_page")]
    strength[OTHER_PAGE] = Strength.STRONG


def _weight(one: Suggestion, order: Mapping[str, int]) -> tuple[int, int, int, int]:
    level = -1 if one.level is None else int(one.level)
    return (_STOPS[one.stop], -one.strength, -level, order[one.trigger])


def route_of(suggestion: Suggestion, table: RoutingTable) -> Route:
    """The row that a suggestion names: recipients, clocks, secrecy, basis."""
    return table.routes[suggestion.trigger]


class _Seen:
    """One item as the rules see it: looked at once, asked by each rule that may have an answer."""

    __slots__ = ("_book", "_found", "_item", "_labels", "_questions", "_sender", "_text", "_words")

    def __init__(self, item: ItemFacts, book: RuleBook, detectors: Sequence[Detector]) -> None:
        self._item, self._book = item, book
        whole = f"{item.title}\n{item.text}" if item.title else item.text
        text = folded(whole[:LONGEST])
        self._text = text
        self._words = words_of(text)
        self._found = book.words.find(text, self._words)
        self._questions: dict[int, str] = {}
        if "?" in text:
            asked = " ".join(_SENTENCE.findall(text))
            self._questions = book.questions.find(asked, words_of(asked))
        self._sender: dict[int, str] = {}
        if item.sender:
            name = folded(item.sender)
            self._sender = book.senders.find(name, words_of(name))
        self._labels = frozenset(
            finding.label for detector in detectors for finding in detector.find(whole[:LONGEST])
        )

    def rules(self) -> Iterable[Rule]:
        """The rules of which some word, label or feature is there, in the book's order."""
        book = self._book
        numbers = {book.rule_of[pattern] for pattern in self._found}
        numbers |= {book.rule_of[pattern] for pattern in self._questions}
        numbers |= {book.rule_of[pattern] for pattern in self._sender}
        for label in self._labels:
            numbers |= book.by_label.get(label, frozenset())
        numbers |= book.wordless
        return [book.rules[number] for number in sorted(numbers)]

    def reasons(self, rule: Rule) -> list[Phrase]:
        """Why the rule holds for the item; empty if it does not."""
        item = self._item
        if item.origin not in rule.origins or (rule.kinds and item.kind not in rule.kinds):
            return []
        if not rule.least_words <= len(self._words) <= rule.most_words:
            return []
        if any(number in self._found for number in rule.unless):
            return []
        said: list[Phrase] = []
        if rule.any:
            place = self._questions if rule.question else self._found
            hits = [place[number] for number in rule.any if number in place]
            if not hits:
                return []
            beside = [self._found[number] for number in rule.beside if number in self._found]
            if rule.beside and not beside:
                return []
            quoted = list(dict.fromkeys((*hits, *beside)))[:_SHOWN_WORDS]
            code = "asks" if rule.question else "says"
            said.append(phrase(code, words="”, ”".join(" ".join(one.split()) for one in quoted)))
        if rule.senders:
            names = [self._sender[number] for number in rule.senders if number in self._sender]
            if not names:
                return []
            said.append(phrase("sender", words="”, ”".join(names)))
        if rule.labels:
            there = sorted(rule.labels & self._labels)
            if not there:
                return []
            said += [phrase(f"label_{label}") for label in there]
        for need in rule.needs:
            if not self._has(need):
                return []
            said.append(phrase(f"needs_{need}"))
        return said

    def _has(self, need: Needs) -> bool:
        item = self._item
        match need:
            case Needs.LINK:
                return bool(item.links) or "://" in item.text or "www." in item.text.lower()
            case Needs.MEDIA:
                return item.attachments > 0 or self._has(Needs.LINK)
            case Needs.FILTERED:
                return item.filtered
            case Needs.NO_WORDS:
                return not self._words and not item.attachments and not self._has(Needs.LINK)
            case Needs.ONLY_TAGS:
                bare = not item.attachments and not self._has(Needs.LINK) and bool(self._words)
                return bare and not words_of(_TAG.sub(" ", self._text))
