"""The record of processing, the notice and the assessment: generated, and what is missing told."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from archiver.core.reason import Wording
from archiver.document.parts import as_pdf, as_text
from gdpr.core.processing import COLUMNS, Language, Period, ProcessingRecord, Source
from gdpr.processing import dpia, notice, record

RECORD = ProcessingRecord(
    authority="Kommunstyrelsen i Testköping",
    contact="ks@testkoping.example",
    officer="dso@testkoping.example",
    made_at=1_774_000_000_000,
    sources=(Source(3, "Facebook", "Testköpings kommun"),),
    purposes=record.purposes(),
    periods=(Period("SM01", "Eget inlägg", Wording("bevaras", "permanent"), True),),
)
LANGUAGES: list[Language] = ["sv", "en"]


def test_every_purpose_has_its_own_basis_and_all_its_columns() -> None:
    assert [one.code for one in record.purposes()] == [
        "channel", "register", "archive", "moderation", "measuring",
    ]  # fmt: skip
    for language in LANGUAGES:
        rows = list(RECORD.rows(language))
        assert all(len(row) == len(COLUMNS) and all(row) for row in rows)
        assert len({row[1] for row in rows}) >= 4
    text = str([*RECORD.rows("sv")])
    assert "samtycke" not in text  # never consent
    assert "6.1 f" not in text


def test_what_the_authority_has_not_said_is_told() -> None:
    assert RECORD.missing() == []
    bare = replace(
        RECORD, contact="", officer="", periods=(RECORD.periods[0]._replace(decided=False),)
    )
    assert len(bare.missing()) == 3
    assert "förslag" in bare.period(bare.purposes[0], "sv")
    assert "not decided" in bare.period(bare.purposes[0], "en")
    assert "The record is not complete." in as_text(record.as_document(bare, "en"))
    assert "[fylls i av myndigheten]" in notice.as_text(bare, "sv")


@pytest.mark.parametrize("language", LANGUAGES)
def test_as_json_csv_and_document(language: Language) -> None:
    data = record.as_data(RECORD, language)
    assert data["controller"] == RECORD.authority
    rows = list(csv.reader(io.StringIO(record.as_csv(RECORD, language))))
    assert len(rows) == 1 + len(RECORD.purposes)
    text = " ".join(as_text(record.as_document(RECORD, language)).split())
    assert "Konto: Testköpings kommun" in text or "Account: Testköpings kommun" in text


def test_a_spreadsheet_computes_nothing() -> None:
    evil = replace(RECORD.purposes[0], name=Wording("=1+1", "=1+1"))
    text = record.as_csv(replace(RECORD, purposes=(evil,)), "sv")
    assert "'=1+1" in text


def test_the_notice_says_what_arts_13_and_14_ask_for() -> None:
    text = notice.as_text(RECORD, "sv")
    for needed in (
        "personuppgiftsansvarig", "dso@testkoping.example", "6.1 e", "6.1 c", "14.5 b",
        "Integritetsskyddsmyndigheten", "artikel 15", "förvaltningsrätten", "Testköpings kommun",
        "bevaras", "automatiserade",
    ):  # fmt: skip
        assert needed in text, needed
    english = notice.as_text(RECORD, "en")
    assert text.count("\n\n") == english.count("\n\n")
    assert "{" not in text + english
    assert notice.digest(text, english) != notice.digest(text, english + " ")


def test_the_assessment_is_a_template_with_the_products_own_risks() -> None:
    assert len(dpia.risks()) >= 10
    document = dpia.as_document(RECORD, "sv")
    assert "Mall: ingenting här är bedömt" in as_text(document)
    assert as_pdf(document).startswith(b"%PDF")
