"""The rules for suggestions, read from TOML and made ready to be asked fast.

A rule names the trigger it speaks for and all that must hold: one of the words in `any` (in a
sentence that ends in a question mark, with `question`), one of those in `with`, none of those in
`unless`, a sender's name, a detector's label, features of the item. What is not named does not
matter. Every key is known and every pattern sound, or the file is refused with number and reason.
Pure: text in, rules out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from archiver.core.observation import Kind
from archiver.core.record import Origin
from archiver.registry.core.phrase import Phrase, Problem, Refused, phrase
from archiver.registry.core.wordlist import Pattern, PatternWrong, WordIndex

ENDLESS = 1_000_000


class Needs(StrEnum):
    """A feature of the item that a rule may ask for."""

    LINK = "link"
    MEDIA = "media"  # an attachment or a link
    FILTERED = "filtered"  # the platform took it for spam
    NO_WORDS = "no_words"  # symbols only, no media
    ONLY_TAGS = "only_tags"  # nothing but @names and #tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; patterns by their numbers in the book."""

    trigger: str
    strong: bool
    any: tuple[int, ...] = ()
    beside: tuple[int, ...] = ()
    unless: tuple[int, ...] = ()
    senders: tuple[int, ...] = ()
    labels: frozenset[str] = frozenset()
    needs: tuple[Needs, ...] = ()
    origins: frozenset[Origin] = frozenset({Origin.RECEIVED})
    kinds: frozenset[Kind] = frozenset()
    question: bool = False
    least_words: int = 0
    most_words: int = ENDLESS


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """All rules, and where to look for their words. `rule_of`: the rule of each pattern in `any`
    and of each sender's; `wordless`: rules that are asked of every item."""

    version: str
    rules: tuple[Rule, ...]
    words: WordIndex
    questions: WordIndex
    senders: WordIndex
    rule_of: Mapping[int, int]
    by_label: Mapping[str, frozenset[int]]
    wordless: frozenset[int]


_LISTS = ("any", "with", "unless", "sender", "detector", "needs", "origin", "kind")
_KEYS = frozenset({*_LISTS, "trigger", "strong", "question", "least_words", "most_words"})


def parse_rules(text: str, triggers: Iterable[str]) -> RuleBook | Refused:
    """The rules in a TOML file; `triggers` are the routing table's. The number of a problem is that
    of the rule in the file, from 1."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return Refused((Problem(0, phrase("not_toml")),))
    problems = [
        Problem(0, phrase("key_unknown", key=key))
        for key in sorted(data.keys() - {"version", "rule"})
    ]
    if not isinstance(data.get("version"), str):
        problems.append(Problem(0, phrase("key_missing", key="version")))
    given = data.get("rule", [])
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        return Refused((*problems, Problem(0, phrase("not_table", key="rule"))))
    known = frozenset(triggers)
    for number, one in enumerate(given, start=1):
        problems += [Problem(number, reason) for reason in _reasons(one, known)]
    if problems:
        return Refused(tuple(sorted(problems, key=lambda problem: problem.row)))
    return _Shelf(data["version"], given).book()


def _reasons(rule: Mapping[str, Any], triggers: frozenset[str]) -> Iterator[Phrase]:
    """What is wrong with a rule."""
    for key in sorted(rule.keys() - _KEYS):
        yield phrase("key_unknown", key=key)
    if rule.get("trigger") not in triggers:
        yield phrase("route_unknown", route=rule.get("trigger", ""))
    if not all(isinstance(rule.get(key, False), bool) for key in ("strong", "question")):
        yield phrase("not_boolean")
    for key in ("least_words", "most_words"):
        if type(rule.get(key, 0)) is not int:
            yield phrase("not_number", key=key)
    wrong = [key for key in _LISTS if not _is_list_of_texts(rule.get(key, []))]
    yield from (phrase("not_list", key=key) for key in wrong)
    if not wrong:
        yield from _list_reasons(rule)


def _list_reasons(rule: Mapping[str, Any]) -> Iterator[Phrase]:
    for kind, key in ((Needs, "needs"), (Origin, "origin")):
        allowed = [one.value for one in kind]
        for value in rule.get(key, ()):
            if value not in allowed:
                yield phrase("not_one_of", value=value, allowed=", ".join(allowed))
    for key in ("any", "with", "unless", "sender"):
        for source in rule.get(key, ()):
            try:
                Pattern(source)
            except PatternWrong:
                yield phrase("not_pattern", pattern=source)
    if not any(rule.get(key) for key in ("any", "sender", "detector", "needs")):
        yield phrase("rule_empty")


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


class _Shelf:
    """Patterns under their numbers while a book is put together."""

    def __init__(self, version: str, given: Iterable[Mapping[str, Any]]) -> None:
        self._version = version
        self._given = list(given)
        self._words: dict[int, Pattern] = {}
        self._questions: dict[int, Pattern] = {}
        self._senders: dict[int, Pattern] = {}
        self._rule_of: dict[int, int] = {}
        self._next = 0

    def book(self) -> RuleBook:
        rules = tuple(self._rule(number, one) for number, one in enumerate(self._given))
        labels = {label for rule in rules for label in rule.labels}
        return RuleBook(
            version=self._version,
            rules=rules,
            words=WordIndex(self._words),
            questions=WordIndex(self._questions),
            senders=WordIndex(self._senders),
            rule_of=self._rule_of,
            by_label={
                label: frozenset(n for n, rule in enumerate(rules) if label in rule.labels)
                for label in labels
            },
            wordless=frozenset(
                n
                for n, rule in enumerate(rules)
                if not rule.any and not rule.senders and not rule.labels
            ),
        )

    def _rule(self, number: int, one: Mapping[str, Any]) -> Rule:
        question = one.get("question", False)
        place = self._questions if question else self._words
        return Rule(
            trigger=one["trigger"],
            strong=one.get("strong", False),
            any=self._put(place, one.get("any", ()), number),
            beside=self._put(self._words, one.get("with", ()), number),
            unless=self._put(self._words, one.get("unless", ()), number),
            senders=self._put(self._senders, one.get("sender", ()), number),
            labels=frozenset(one.get("detector", ())),
            needs=tuple(Needs(value) for value in one.get("needs", ())),
            origins=frozenset(Origin(value) for value in one.get("origin", ["received"])),
            kinds=frozenset(Kind(value) for value in one.get("kind", ())),
            question=question,
            least_words=one.get("least_words", 0),
            most_words=one.get("most_words", ENDLESS),
        )

    def _put(self, place: dict[int, Pattern], sources: Iterable[str], rule: int) -> tuple[int, ...]:
        numbers = []
        for source in sources:
            place[self._next] = Pattern(source)
            self._rule_of[self._next] = rule
            numbers.append(self._next)
            self._next += 1
        return tuple(numbers)
