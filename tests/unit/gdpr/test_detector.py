"""The whole: kinds beside each other, plug-ins from outside, and what is said when names are not
sought as they should be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

import pytest

from gdpr import detector as module
from gdpr.core.recognizer import Mode, Reading
from gdpr.core.span import Span
from gdpr.detector import Detector, detector, recognizers
from gdpr.model import tagger
from gdpr.recognizers.name import NameRecognizer

TEXT = (
    "Hej! Kontakta Anna Lindgren, 850101-9809, på 070-174 06 05 eller anna.l@example.se. "
    "Hon bor på Storgatan 5, 123 45 Ekvik, och har diabetes. Hälsar @olle_b"
)


def test_every_kind_is_found_beside_the_others() -> None:
    found = [(TEXT[one.start : one.end], one.label) for one in detector(2026).detect(TEXT)]
    assert found == [
        ("Anna Lindgren", "PERSON"),
        ("850101-9809", "PERSONNUMMER"),
        ("070-174 06 05", "PHONE"),
        ("anna.l@example.se", "EMAIL"),
        ("Storgatan 5, 123 45 Ekvik", "ADDRESS"),
        ("har diabetes", "ART9_HEALTH"),
        ("@olle_b", "HANDLE"),
    ]


def test_nothing_in_nothing() -> None:
    assert detector(2026).detect("") == ()
    assert detector(2026).detect("Vad fint det blev!") == ()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("8501019809", "PERSONNUMMER"),  # valid as a number of a person, and so it is one
        ("0701740605", "PHONE"),
        ("SE4550000000058398257466", "IBAN"),
        ("bankgiro 5050-1055", "BANKGIRO"),
        ("konto 8501019809", "PERSONNUMMER"),
        ("konto 5000-0583982", "BANK_ACCOUNT"),
        ("https://example.se/u?id=0701740605", "URL_ID"),
    ],
)
def test_competing_numbers(text: str, label: str) -> None:
    assert [one.label for one in detector(2026).detect(text)] == [label]


def test_nobody_is_born_after_this_year() -> None:
    assert not detector(2026).detect("20270101-9800")
    assert [one.label for one in detector(2027).detect("20270101-9800")] == ["PERSONNUMMER"]


class Passports:
    name = "passport"
    version = 3
    examples: Sequence[str] = ()

    def find(self, reading: Reading) -> Iterable[Span]:
        at = reading.text.find("AA1234567")
        if at >= 0:
            yield Span(
                start=at, end=at + 9, label="PASSPORT", score=0.5, source="passport/3", reason="r"
            )


def test_a_recogniser_of_others_takes_part(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = metadata.EntryPoint("passport", "outside.passport:recognizer", module.GROUP)
    monkeypatch.setattr(metadata.EntryPoint, "load", lambda _: Passports())
    monkeypatch.setattr("archiver.plugins.entry_points", lambda group: [entry])
    recognizers.cache_clear()
    try:
        whole = detector(2026)
        assert "passport/3" in whole.versions
        assert [one.label for one in whole.detect("pass AA1234567")] == ["PASSPORT"]
    finally:
        recognizers.cache_clear()


def test_without_the_model_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert not detector(2026).reduced  # read, and kept, before it is taken away
    monkeypatch.setattr(tagger.Tagger, "__init__", _missing)
    less = Detector((NameRecognizer(),), 2026)
    assert less.reduced == ("names: reduced (no readable model; only lists are used)",)
    found = less.detect("tack Anna Lindgren, sten och grus, hälsar anna")
    assert [(one.start, one.end) for one in found] == [(5, 18)]


def _missing(_self: object) -> None:
    raise FileNotFoundError


def test_a_name_of_the_list_is_not_missed_where_nothing_may_leak() -> None:
    text = "xq anneli zz"
    assert [one.label for one in detector(2026).detect(text, Mode.LEAK_CHECK)] == ["PERSON"]
