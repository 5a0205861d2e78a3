"""Suggestions: which, why, in which order, and how well the shipped rules do.

`comments.tsv` holds comments written for this purpose, with the triggers a person gave them ("-" =
none; tab; text). The rules were improved on it: it guards against getting worse, and says little
of how well they do on comments nobody has seen.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.core.observation import POST
from archiver.core.record import Origin
from archiver.registry import shipped
from archiver.registry.core.detector import Finding
from archiver.registry.core.personal_number import PersonalNumbers
from archiver.registry.core.phrase import PHRASES, Refused
from archiver.registry.core.routing import Level, Stop
from archiver.registry.core.routing_file import override
from archiver.registry.core.rulebook import RuleBook, parse_rules
from archiver.registry.core.suggestion import (
    ItemFacts,
    Strength,
    Suggestion,
    route_of,
    suggest,
)

TABLE = shipped.routing_table()
BOOK = shipped.rule_book()
NUMBERS = (PersonalNumbers(),)
LINES = (Path(__file__).parent / "comments.tsv").read_text("utf-8").splitlines()
COMMENTS = [
    (frozenset(labels.split(",")) - {"-"}, text)
    for labels, text in (line.split("\t") for line in LINES)
]


def said(text: str, **facts: object) -> list[Suggestion]:
    return suggest(ItemFacts(text=text, **facts), TABLE, BOOK, NUMBERS)  # type: ignore[arg-type]


def triggers(text: str, **facts: object) -> list[str]:
    return [one.trigger for one in said(text, **facts)]


def book(text: str) -> RuleBook:
    found = parse_rules('version = "1"\n' + text, TABLE.routes)
    assert not isinstance(found, Refused), [one.say("en") for one in found.problems]
    return found


def test_a_suggestion_says_why_in_both_languages() -> None:
    (one,) = said("Gatlampan på Ringvägen lyser inte")
    assert one.trigger == "fault_report"
    assert one.level is Level.KEPT_IN_ORDER
    assert one.strength is Strength.STRONG
    assert [why.say("sv") for why in one.reasons] == [
        "texten säger ”gatlampan på ringvägen lyser inte”"
    ]
    assert one.reasons[0].say("en").startswith("the text says")
    assert route_of(one, TABLE).recipients == ("faults",)


def test_hard_stops_come_first_whatever_else_there_is() -> None:
    found = said(
        "När svarar ni? Du ska dö. Min granne är alkoholist, 720728-9864. Barnporr sprids här."
    )
    assert [one.stop for one in found[:2]] == [Stop.QUARANTINE, Stop.SECLUDE]
    assert found[0].level is None
    assert [one.trigger for one in found] == ["abuse_material", "secrecy", "threat"]


def test_what_is_drawn_up_is_not_taken_for_a_message_to_us() -> None:
    own = {"origin": Origin.DRAWN_UP, "kind": POST}
    assert triggers("När öppnar simhallen? Felanmäl trasiga lampor här.", **own) == []
    assert triggers("Vinnaren är 720728-9864, grattis!", **own) == ["secrecy", "data_incident"]


def test_of_minor_importance_only_if_nothing_else() -> None:
    assert triggers("👍") == ["minor"]
    assert triggers("@eira @bengt") == ["minor"]
    assert triggers("@eira titta på hålet i vägen") == ["fault_report"]
    assert triggers("👍", attachments=1) == []  # a picture may say anything
    assert triggers("👍", links=("https://testkoping.example",)) == []
    assert triggers("Vinn en iphone", links=("https://spam.example",)) == ["minor"]
    assert triggers("Vinn en iphone") == []
    assert triggers("Bra jobbat", filtered=True) == ["minor"]
    assert triggers("Lampan är trasig", filtered=True) == ["fault_report"]


def test_pictures_and_links_weigh_where_material_is_suspected() -> None:
    assert triggers("pedofil") != ["abuse_material"]
    assert triggers("små flickor här", attachments=1) == ["abuse_material"]
    assert triggers("små flickor här") == []


def test_the_kind_of_sender_counts_and_never_who_it_is() -> None:
    (one,) = said("Hej, ring mig", sender="Testköpings Tidning")
    assert one.trigger == "official_party"
    assert one.strength is Strength.WEAK
    assert one.reasons[0].say("sv") == "avsändarens namn innehåller ”tidning”"
    assert triggers("Hej, ring mig", sender="Eira Marklund") == []


@pytest.mark.parametrize(
    "text",
    [
        "Vi går i moskén varje fredag",
        "Han är ombud för facket",
        "Jag är medlem i Unionen",
        "Jag röstar på vänstern",
        "Min man och hans bror är judar",
        "Min fru kommer från Somalia",
        "Han är gay och stolt",
        "Hon är kristen",
    ],
)
def test_no_rule_looks_for_belief_origin_politics_union_or_sexual_life(text: str) -> None:
    assert triggers(text) == []
    assert triggers("Hej", sender="Kristdemokrat Moskésson Unionen") == []


def test_somebody_elses_page_matters_where_something_calls_for_handling() -> None:
    assert triggers("När öppnar simhallen?", own_page=False) == ["question", "other_page"]
    assert triggers("Härlig dag", own_page=False) == []
    assert triggers("👍", own_page=False) == ["minor"]


def test_a_simple_question_yields_to_what_is_to_be_registered() -> None:
    assert triggers("Kan jag få en kopia på avtalet?") == ["document_request"]
    assert triggers("Vad kostar det?") == ["question"]
    assert triggers("Det är när som helst") == []
    assert triggers("Se https://testkoping.example/?var=1") == []


def test_a_row_that_is_switched_off_is_not_suggested() -> None:
    mine = override(TABLE, 'version = "1"\n[route.fault_report]\nactive = false\n')
    assert not isinstance(mine, Refused)
    assert suggest(ItemFacts(text="Lampan är trasig"), mine, BOOK) == []


def test_an_idiom_beside_a_threat_does_not_hide_it() -> None:
    assert triggers("Akta er för halkan, någon kan slå ihjäl sig") == []
    assert triggers("Akta dig för jag vet var du bor") == ["threat"]
    assert triggers("Hunden dog. Jag vill bara dö") == ["concern"]


class Finds:
    """A detector that finds one label in every text."""

    def __init__(self, label: str) -> None:
        self._label = label

    def find(self, text: str) -> Iterable[Finding]:
        return [Finding(self._label, 0, len(text))]


def test_detectors_come_through_a_port() -> None:
    mine = book('[[rule]]\ntrigger = "secrecy"\ndetector = ["plate"]\n')
    assert suggest(ItemFacts(text="x"), TABLE, mine, [Finds("plate")])[0].trigger == "secrecy"
    assert suggest(ItemFacts(text="x"), TABLE, mine, [Finds("other")]) == []


def test_all_that_a_rule_names_must_hold() -> None:
    mine = book(
        '[[rule]]\ntrigger = "complaint"\nstrong = true\nany = ["fel*"]\nwith = ["ni", "er"]\n'
        'unless = ["inte fel"]\nleast_words = 3\nmost_words = 6\nkind = ["comment"]\n'
    )

    def holds(text: str, **facts: object) -> bool:
        return bool(suggest(ItemFacts(text=text, **facts), TABLE, mine))  # type: ignore[arg-type]

    assert holds("det blev fel av er")
    assert not holds("det blev fel")
    assert not holds("ni er då")
    assert not holds("fel er")
    assert not holds("det är inte fel av er")
    assert not holds("det blev fel av er i går kväll")
    assert not holds("det blev fel av er", kind=POST)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[rule]\n", (0, "not_toml")),
        ("x = 1\n", (0, "key_unknown")),
        ("rule = 1\n", (0, "not_table")),
        ('[[rule]]\ntrigger = "x"\nany = ["abc"]\n', (1, "route_unknown")),
        ('[[rule]]\ntrigger = "minor"\n', (1, "rule_empty")),
        ('[[rule]]\ntrigger = "minor"\nany = ["a*"]\n', (1, "not_pattern")),
        ('[[rule]]\ntrigger = "minor"\nany = "abc"\n', (1, "not_list")),
        ('[[rule]]\ntrigger = "minor"\nneeds = ["luck"]\n', (1, "not_one_of")),
        ('[[rule]]\ntrigger = "minor"\nany = ["abc"]\norigin = ["sent"]\n', (1, "not_one_of")),
        ('[[rule]]\ntrigger = "minor"\nany = ["abc"]\nstrong = 1\n', (1, "not_boolean")),
        ('[[rule]]\ntrigger = "minor"\nany = ["abc"]\nleast_words = "1"\n', (1, "not_number")),
        ('[[rule]]\ntrigger = "minor"\nany = ["abc"]\nevery = ["x"]\n', (1, "key_unknown")),
    ],
)
def test_broken_rules_are_refused_with_number_and_reason(
    text: str, problem: tuple[int, str]
) -> None:
    found = parse_rules('version = "1"\n' + text, TABLE.routes)
    assert isinstance(found, Refused)
    assert [(one.row, one.reason.code) for one in found.problems] == [problem]
    assert "{" not in found.problems[0].say("sv") + found.problems[0].say("en")


def test_every_reason_a_shipped_rule_can_give_has_words() -> None:
    for rule in BOOK.rules:
        assert all(f"needs_{need}" in PHRASES for need in rule.needs)
        assert all(f"label_{label}" in PHRASES for label in rule.labels)


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(COMMENTS), max_size=3).map(lambda some: " ".join(t for _, t in some))
    | st.text(max_size=200),
    st.booleans(),
    st.integers(0, 2),
)
def test_the_order_and_the_reasons_hold_for_any_item(
    text: str, own_page: bool, attachments: int
) -> None:
    facts = ItemFacts(text=text, own_page=own_page, attachments=attachments)
    found = suggest(facts, TABLE, BOOK, NUMBERS)
    assert found == suggest(facts, TABLE, BOOK, NUMBERS)
    names = [one.trigger for one in found]
    assert len(set(names)) == len(names)
    assert all(one.reasons for one in found)
    stops = [one.stop is None for one in found]
    assert stops == sorted(stops)
    free = [(one.strength, one.level or 0) for one in found if one.stop is None]
    assert [s for s, _ in free] == sorted((s for s, _ in free), reverse=True)
    if "minor" in names:
        assert names == ["minor"]


def test_capitals_and_spaces_change_nothing() -> None:
    for _, text in COMMENTS:
        loud = text.upper().replace(" ", "  ")
        if "ß" not in text:
            assert set(triggers(loud)) == set(triggers(text)), text


def measured() -> tuple[Counter[str], Counter[str], Counter[str]]:
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    for gold, text in COMMENTS:
        found = set(triggers(text))
        right.update(gold & found)
        wrong.update(found - gold)
        missed.update(gold - found)
    return right, wrong, missed


def test_the_shipped_rules_do_not_get_worse() -> None:
    right, wrong, missed = measured()
    assert sum(right.values()) / (right + wrong).total() >= 0.95
    assert sum(right.values()) / (right + missed).total() >= 0.95
    for hard in ("abuse_material", "secrecy"):
        assert right[hard] / (right + missed)[hard] >= 0.97
    assert not any(
        triggers(text) for gold, text in COMMENTS if not gold and "allergisk" not in text
    )


def test_twenty_thousand_items_take_about_a_second() -> None:
    items = [ItemFacts(text=text, sender="Eira Marklund") for _, text in COMMENTS] * 5
    best = float("inf")
    for _ in range(5):  # the best of some: what else the machine does is not measured
        begun = time.process_time()
        for item in items:
            suggest(item, TABLE, BOOK, NUMBERS)
        best = min(best, time.process_time() - begun)
    assert len(items) / best > 10_000  # half of what is promised, for slow machines
