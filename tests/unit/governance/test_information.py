"""What texts of information are found to say, and what they are not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.reason import Wording
from archiver.governance.core.check import Outcome
from archiver.governance.core.information import (
    Judged,
    Read,
    Shown,
    Topic,
    digest_of,
    reaches,
    read,
    touches,
)
from archiver.governance.information import check
from archiver.governance.information.topics import hosts, topics
from archiver.governance.shipped import checklist

RULES = """Välkommen till Testköpings kommuns sida. Syftet är att informera om det som händer i kommunen.
Det du skriver blir synligt för alla och är allmän handling. Skriv inga personuppgifter eller annat
känsligt här. Vi tar bort inlägg som innehåller:
- olaga hot
- olaga integritetsintrång
- uppvigling
- hets mot
folkgrupp
- barnpornografibrott
- olaga våldsskildring
- offentlig uppmaning till terrorism
- intrång i upphovsrätt
Den som bryter mot reglerna kan blockeras. Frågor om ditt ärende besvaras inte här: ring kontaktcenter,
0142-850 00."""  # noqa: E501
PRIVACY = """Kommunstyrelsen är personuppgiftsansvarig. Den rättsliga grunden är allmänt intresse.
Uppgifterna gallras enligt informationshanteringsplanen. Du har rätt att begära tillgång till dem.
Dataskyddsombudet nås på dso@testkoping.example. Klagomål lämnas till IMY."""


def missing(id_: str, *texts: str) -> list[str]:
    asked = [one for one in topics().values() if one.check == id_]
    shown = [Shown(str(n), text) for n, text in enumerate(texts)]
    return list(read(7, shown, asked, (), hosts()).missing)


@pytest.mark.parametrize("id_", ["A-INFO1", "A-INFO2", "A-HANVIS", "A-ALTKANAL"])
def test_a_municipality_s_rules_say_it_all(id_: str) -> None:
    assert missing(id_, RULES) == []
    assert missing(id_, *RULES.split("Vi tar bort")) == [], "in two places"


def test_a_notice_says_what_article_13_asks() -> None:
    assert missing("A-INFO3", PRIVACY) == []
    assert missing("A-INFO3", RULES) == [
        "ansvarig", "ombud", "grund", "frist", "rattigheter", "klagomal"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("topic", "without"),
    [
        ("hot", "- olaga hot\n"),
        ("uppvigling", "- uppvigling\n"),
        ("hets", "- hets mot\nfolkgrupp\n"),
        ("barnpornografi", "- barnpornografibrott\n"),
        ("terrorism", "- offentlig uppmaning till terrorism\n"),
        ("upphovsratt", "- intrång i upphovsrätt\n"),
        ("allman_handling", "och är allmän handling"),
        ("synlighet", "blir synligt för alla och"),
    ],
)
def test_what_is_left_out_is_missed_and_nothing_else(topic: str, without: str) -> None:
    assert without in RULES
    text = RULES.replace(without, "")
    assert [*missing("A-INFO1", text), *missing("A-INFO2", text)] == [topic]


def test_a_greeting_says_nothing() -> None:
    for id_ in ("A-INFO1", "A-INFO3", "A-HANVIS", "A-ALTKANAL"):
        asked = [one.id for one in topics().values() if one.check == id_]
        assert missing(id_, "Här är vi! Följ oss på https://www.facebook.com/testkoping") == asked


def test_the_words_of_a_phrase_stand_in_one_sentence() -> None:
    topic = Topic(
        id="x", check="A-X", words=Wording("x", "x"), law="", phrases=("hets* folkgrupp*",)
    )
    assert touches(topic, "Hets mot en\nfolkgrupp är förbjudet")
    assert touches(topic, "FOLKGRUPPER får inte hetsas")
    assert not touches(topic, "Hetsa inte. Vi är en folkgrupp.")
    assert not touches(topic, "- Hets\n- Folkgrupp")
    assert not touches(topic, "en hets")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Skriv till ks@testkoping.example", True),
        ("Ring 0142-850 00", True),
        ("Ring +46 142 850 00", True),
        ("Läs på www.testkoping.se/kontakt", True),
        ("Läs på testkoping.se", True),
        ("https://facebook.com/testkoping", False),
        ("https://sv-se.facebook.com/testkoping", False),
        ("https://facebook.com.lura.example/x", True),
        ("Öppet 2014–2026, § 12, 17.30", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_a_way_in_that_needs_no_account(text: str, found: bool) -> None:
    assert reaches(text, hosts()) is found


def test_a_person_judges_until_the_texts_change() -> None:
    topic = topics()["hets"]
    text = Shown("om", "Rasism tolereras inte")
    bare = Shown("om", "Var snälla")
    yes, no = (Judged("hets", met, digest_of([bare])) for met in (True, False))

    def one(shown: Shown, *judged: Judged) -> Read:
        return read(7, [shown], [topic], judged, hosts())

    assert (one(text).missing, one(bare).missing) == ((), ("hets",))
    held = one(bare, no, yes)
    assert (held.missing, held.by_hand) == ((), ("hets",)), "the newest counts"
    assert one(bare, yes, no).missing == ("hets",)
    assert one(Shown("om", "Var snälla!"), yes) == one(Shown("om", "Var snälla!"))
    empty = Shown("om", "")
    nothing = Judged("hets", met=True, digest=digest_of([empty]))
    assert one(empty, nothing).missing == ("hets",), "nothing that is shown says nothing"


def test_what_stood_there_before_has_gone() -> None:
    topic = topics()["hets"]
    away = read(7, [Shown("om", "", ("Rasism tolereras inte",))], [topic], (), hosts())
    assert (away.shown, away.missing, away.gone) == (False, ("hets",), ("hets",))
    moved = [Shown("om", "", ("Rasism tolereras inte",)), Shown("regler", "Ingen rasism")]
    assert read(7, moved, [topic], (), hosts()).missing == ()
    found = check.judge("A-INFO1", [away])
    assert found.outcome is Outcome.FAIL
    assert "har försvunnit: hets mot folkgrupp" in found.reason.sv


def test_what_accounts_lack_outweighs_what_is_not_known() -> None:
    good = Read(1, True, (), (), (), False)
    silent = Read(2, False, ("hets",), (), (), False)
    lacking = Read(3, True, ("hets",), (), (), False)
    old = good._replace(stale=True)
    outcomes = [
        check.judge("A-INFO1", every).outcome
        for every in ([good], [good, old], [old, silent], [silent, lacking], [])
    ]
    assert outcomes == [
        Outcome.PASS, Outcome.STALE, Outcome.UNKNOWN, Outcome.FAIL, Outcome.UNKNOWN
    ]  # fmt: skip


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), max_size=4))
def test_a_digest_is_of_what_stands_where(pairs: list[tuple[str, str]]) -> None:
    shown = [Shown(place, text) for place, text in pairs if text.strip()]
    assert digest_of(shown) == digest_of(reversed(shown))
    if shown:
        assert digest_of(shown) != digest_of([*shown[1:], Shown(shown[0].place, "annat\x00")])


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    for topic in topics().values():
        touches(topic, text, hosts())


def test_every_topic_has_a_check_that_a_row_asks_for_and_its_law() -> None:
    for topic in topics().values():
        assert topic.check in checklist().checks
        assert all((topic.law, topic.words.sv, topic.words.en))
        assert bool(topic.phrases) != topic.contact
        assert all(re.fullmatch(r"(\w+\*? ?)+", one) for one in topic.phrases), topic.id
