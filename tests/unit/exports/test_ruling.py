"""What a written decision lacks, which court it goes to, and what the papers say."""

from __future__ import annotations

from datetime import date

import pytest

from archiver.document.parts import as_text
from exports.core.access_request import Answer, Matter
from exports.core.court import DISTRICTS, court_name
from exports.core.received import Manner, Received, without_identity
from exports.core.ruling import OTHER_GROUNDS, OtherGround, Ruling, Used, faults
from exports.papers.decision import Case, Signed, decision
from exports.papers.letters import dismissal, hand_over
from gdpr.core.ground import Clause
from gdpr.grounds import picklist

DAY = date(2026, 11, 23)
USED = Used(clause=Clause.parse("21:1"), masks=2)
THROUGH = Used(clause=Clause.parse("26:1"), withheld=1, through=Clause.parse("11:1"))
SIGNED = Signed(name="Alva Ekbacke", rests_on="KS 3.2")
CASE = Case(
    authority="Kommunstyrelsen",
    number="B4812",
    asked="Brevet om #Storgatan",
    received=DAY,
    answer=Answer.MASKED,
    district="Jönköping",
    made_at=1_795_000_000_000,
)


@pytest.mark.parametrize(
    ("answer", "ruling", "told"),
    [
        (Answer.MASKED, Ruling(reasons="Ja", used=(USED,)), []),
        (Answer.MASKED, Ruling(reasons="Ja"), ["provisions"]),
        (Answer.REFUSED, Ruling(reasons="", used=(USED,)), ["reasons"]),
        (Answer.NOT_HELD, Ruling(reasons="Ja"), ["provisions"]),
        (Answer.NOT_HELD, Ruling(reasons="Ja", other=((OtherGround.NOT_HELD, 1),)), []),
        (Answer.CONDITION, Ruling(reasons="Ja", used=(USED,)), ["condition"]),
        (Answer.MASKED, Ruling(reasons="Ja", used=(USED,), condition="Inte vidare"), ["condition"]),
        (Answer.MASKED, Ruling(reasons="Ja", used=(USED,), title="x" * 301), ["names and titles"]),
        (Answer.MASKED, Ruling(reasons="x" * 20_001, used=(USED,)), ["reasons"]),
    ],
)
def test_what_it_lacks_is_told(answer: Answer, ruling: Ruling, told: list[str]) -> None:
    assert [fault.partition(":")[0] for fault in faults(ruling, answer)] == told
    assert set(OTHER_GROUNDS) == set(OtherGround)


def said(ruling: Ruling, **more: bool) -> str:
    return " ".join(as_text(decision(CASE, ruling, SIGNED, DAY, picklist(), **more)).split())


def test_each_provision_stands_in_words_with_what_carried_it_over() -> None:
    text = said(Ruling(reasons="Ja", used=(THROUGH, USED), others=("Bo Ek", "Cilla Ask")))
    assert "21 kap. 1 § offentlighets- och sekretesslagen (2009:400)" in text
    assert "26 kap. 1 §" in text
    assert "överförd genom 11 kap. 1 §" in text
    assert "Bo Ek, Cilla Ask" in text
    assert "Begäran avslås i övrigt" in text


def test_other_grounds_and_a_condition_stand_in_it() -> None:
    text = said(
        Ruling(
            reasons="Ja",
            other=((OtherGround.NOT_OFFICIAL, 2), (OtherGround.NOT_HELD, 1)),
            condition="Uppgifterna får inte spridas.",
        )
    )
    assert "inte allmän handling (2 kap. tryckfrihetsförordningen) (2 handlingar)" in text
    assert "(1 handling)" in text
    assert "10 kap. 14 §" in text
    assert "Uppgifterna får inte spridas." in text


@pytest.mark.parametrize(
    ("matter", "court", "law"),
    [
        (Matter.PUBLIC_RECORD, "Kammarrätten i Jönköping", "2 kap. 19 § tryckfrihetsförordningen"),
        (Matter.DATA_SUBJECT, "Förvaltningsrätten i Jönköping", "7 kap. 2 § lagen (2018:218)"),
        (Matter.OPEN_DATA, "Förvaltningsrätten i Jönköping", "5 kap. 4 § lagen (2022:818)"),
    ],
)
def test_each_matter_has_its_court_and_its_notice(matter: Matter, court: str, law: str) -> None:
    text = said(Ruling(reasons="Ja", matter=matter, used=(USED,)))
    assert court in text
    assert law in text
    assert "tre veckor" in text


def test_the_party_need_not_be_told_who_the_officials_are() -> None:
    ruling = Ruling(reasons="Ja", used=(USED,), rapporteur="Cilla Ask", names_left_out="Hot")
    assert "Alva Ekbacke" in said(ruling)
    notice = said(ruling, for_party=True)
    assert "Alva" not in notice
    assert "Cilla" not in notice
    assert "Hot" not in notice


def test_without_a_district_the_kind_of_court_is_named() -> None:
    assert court_name(Matter.PUBLIC_RECORD, "") == "Kammarrätten"
    assert court_name(Matter.OPEN_DATA, "Umeå") == "Förvaltningsrätten i Umeå"
    assert set(DISTRICTS.values()) == {"Stockholm", "Göteborg", "Sundsvall", "Jönköping"}
    assert len(DISTRICTS) == 12


def test_the_letters_say_the_days() -> None:
    late = as_text(
        dismissal(CASE, SIGNED, served=DAY, until=DAY, came=DAY, day=DAY, reasons="Ingen ursäkt.")
    )
    assert "avvisas" in late
    assert "Ingen ursäkt." in late
    sent = as_text(
        hand_over(
            CASE,
            decided=DAY,
            served=None,
            until=None,
            came=DAY,
            day=DAY,
            enclosed=("Beslut",),
            sealed_apart=True,
            opinion="Överklagandet bör avslås.",
            excused="Vårt besked var fel",
        )
    )
    for words in ("Kammarrätten i Jönköping", "förseglad", "bör avslås", "Vårt besked var fel"):
        assert words in sent


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Jag, Åsa Östlund, ber om ...", "Jag, [avsändaren], ber om ..."),
        ("åsas brev, ÖSTLUND", "[avsändaren] brev, [avsändaren]"),
        ("Svara till asa@exempel.example.", "Svara till [avsändaren]."),
        ("Fasan och mossan", "Fasan och mossan"),
        ("Jag heter Petra Zork och vill", "Jag heter [avsändaren] och vill"),
        ("Allt om KS 2026/14.\nMvh\nPetra Zork", "Allt om KS 2026/14.\nMvh\n[avsändaren]"),
        ("Ring 070-174 06 05 eller 031-12345678.", "Ring [avsändaren] eller [avsändaren]."),
        ("Jag är 19121212-1212, p.z@ex.example", "Jag är [avsändaren], [avsändaren]"),
        ("Kommentarer av Sten Kvastmo 2026-11-02", "Kommentarer av Sten Kvastmo 2026-11-02"),
    ],
)
def test_a_request_without_who_sent_it(text: str, left: str) -> None:
    asked = Received(
        authority=1,
        on=DAY,
        manner=Manner.WRITTEN,
        text=text,
        sender="Åsa Östlund",
        delivery="asa@exempel.example",
    )
    assert without_identity(asked) == left
