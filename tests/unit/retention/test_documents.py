"""The documents for people say every member of what they are made of, in both languages."""

from __future__ import annotations

import io
import time
from dataclasses import fields, is_dataclass, replace
from datetime import date
from enum import Enum
from typing import Any

import pypdf
import pytest

from archiver.core.form import as_json, digest, parse
from archiver.document.parts import Document, as_pdf, as_text
from archiver.errors import DocumentInvalid
from retention.core.certificate import Certificate, SeqRange, Steps
from retention.core.description import Description
from retention.core.petition import Petition
from retention.core.words import Language
from retention.documents.certificate import certificate_document
from retention.documents.description import description_document
from retention.documents.petition import petition_document
from tests.unit.retention.examples import CERTIFICATE, DAY, DESCRIPTION, PETITION, ROLLED

DOCUMENTS = {
    "certificate": lambda language: certificate_document(CERTIFICATE, today=DAY, language=language),
    "petition": lambda language: petition_document(PETITION, language=language),
    "description": lambda language: description_document(DESCRIPTION, language=language),
}
every_document = pytest.mark.parametrize("name", DOCUMENTS)
both_languages = pytest.mark.parametrize("language", ["sv", "en"])


def pages(document: Document) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(as_pdf(document)), strict=True)
    return [page.extract_text().replace("\u200b", "") for page in reader.pages]


def squeezed(text: str) -> str:
    """Without spaces, and without the marks where a line breaks within a word."""
    return "".join(text.split()).replace("\u00ad", "")


def values(of: Any) -> list[str]:
    """Every string, number and date in a document of record, as it is to be read."""
    if is_dataclass(of):
        return [one for field in fields(of) for one in values(getattr(of, field.name))]
    if isinstance(of, tuple):
        return [one for each in of for one in values(each)]
    if isinstance(of, bool | Enum) or of is None:
        return []  # in words
    if isinstance(of, int):
        return [] if of > 10**12 else [str(of)]  # instants are tried apart
    return [of.isoformat() if isinstance(of, date) else str(of)]


@every_document
@both_languages
def test_every_member_is_said_in_the_pdf_and_in_the_text(name: str, language: Language) -> None:
    document = DOCUMENTS[name](language)
    of = {"certificate": CERTIFICATE, "petition": PETITION, "description": DESCRIPTION}[name]
    pdf = squeezed(" ".join(pages(document)))
    text = squeezed(as_text(document))
    rounded = {str(one) for one in sizes(of)}
    for value in values(of):
        if value in rounded:
            continue
        for said in (pdf, text):
            assert squeezed(value) in said.replace(",", "") or squeezed(value) in said, value


def sizes(of: Any) -> list[int]:
    """The volumes in bytes that are rounded in a table."""
    if isinstance(of, Certificate):
        return [one.volume for one in of.extents]
    return [one.holding.volume for one in of.proposals] if isinstance(of, Petition) else []


@every_document
@both_languages
def test_a_document_is_the_same_bytes_and_carries_its_data(name: str, language: Language) -> None:
    document = DOCUMENTS[name](language)
    made = as_pdf(document)
    assert made == as_pdf(DOCUMENTS[name](language))
    reader = pypdf.PdfReader(io.BytesIO(made), strict=True)
    assert reader.root_object["/Lang"] == language
    (attached,) = document.attached
    assert reader.attachments[attached.name] == [attached.data]
    kind: Any = {"certificate": Certificate, "petition": Petition, "description": Description}
    assert as_json(parse(kind[name], attached.data)) == attached.data


def test_the_certificate_says_how_far_the_disposal_has_come() -> None:
    (first, *_) = pages(certificate_document(CERTIFICATE, today=DAY))
    assert "utrullade först 2026-12-23" in " ".join(first.split())
    assert "2026-12-23 (återstår)" in first
    assert "2026-11-23 kl. 09.15" in first.replace("\u00a0", " ")
    assert "Gallrad." not in first
    (last, *_) = pages(certificate_document(CERTIFICATE, today=ROLLED))
    assert "Gallrad." in last
    assert "återstår" not in last
    begun = replace(CERTIFICATE, steps=Steps(), verification=None, residue=None)
    said = as_text(certificate_document(begun, today=DAY))
    assert "Beslutad, inte verkställd." in said
    assert said.count("återstår") == 3
    assert said.count("Ännu inte utförd") == 2


def test_a_certificate_that_stands_in_no_diarium_says_so() -> None:
    said = as_text(certificate_document(replace(CERTIFICATE, number="G25"), today=DAY))
    assert "ej diarieförd" in said
    assert "Diarienummer" not in said.partition("Beslut")[0]
    assert "ej diarieförd" not in as_text(certificate_document(CERTIFICATE, today=DAY))


def test_the_certificate_names_its_own_digest_and_all_instants() -> None:
    said = as_text(certificate_document(CERTIFICATE, today=DAY)).replace("\u00a0", " ")
    assert digest(CERTIFICATE) in said
    for moment in ("09 kl. 13.05", "12 kl. 15.40", "23 kl. 10.30", "23 kl. 10.35", "23 kl. 10.41"):
        assert f"2026-11-{moment}" in said


def test_what_the_decision_says_of_method_and_continuing_is_said() -> None:
    said = as_text(certificate_document(CERTIFICATE, today=DAY))
    assert "godtar att nycklarna förstörs" in said
    assert "av en person och godkänts av en annan" in " ".join(said.split())
    approved = CERTIFICATE.acts[1]
    other = replace(
        CERTIFICATE,
        continuing=True,
        acts=(approved, replace(approved, actor=9), CERTIFICATE.acts[2]),
        method=replace(CERTIFICATE.method, keys_accepted=False),
        exempted=(),
    )
    said = " ".join(as_text(certificate_document(other, today=DAY)).split())
    assert "godtar inte förstörda nycklar som ensam metod" in said
    assert "två personer har godkänt regeln i förväg" in said
    assert "Inga undantag." in said


def test_many_runs_stand_in_an_annex_and_are_soon_set() -> None:
    runs = tuple(SeqRange(first=3 * i, last=3 * i + 1) for i in range(10_000))
    many = replace(
        CERTIFICATE,
        ranges=runs,
        tombstone=replace(CERTIFICATE.tombstone, size=40_000),
        completion=None,
    )
    begun = time.monotonic()
    said = pages(certificate_document(many, today=DAY))
    assert time.monotonic() - begun < 20  # two seconds of it typst's, on a machine at rest
    assert "Se bilagan sist" in "".join(said)
    assert "Bilaga: löpnummer i loggen" in "".join(said)
    assert squeezed("29991–29992, 29994–29995, 29997–29998") in squeezed(said[-1])
    assert all("KS 2026/118" in page for page in said)


def test_a_petition_says_that_nothing_is_decided_and_what_is_open() -> None:
    said = " ".join(" ".join(pages(petition_document(PETITION))).split())
    assert said.count("ingen gallring utan beslut") == 5  # in front, and twice for each proposal
    assert "Rekonstruerad, ska jämföras med källan" in said
    assert "SM05: Revision är avslutad och preskriptionstider har löpt ut" in said
    assert "Obesvarat" in said
    assert "godtas som metod för gallring" in said
    plain = as_text(petition_document(replace(PETITION, keys_as_method=False, signers=())))
    assert "räknas från det att lagrade bytes är borttagna" in " ".join(plain.split())
    assert "Underskrift" not in plain


def test_a_description_marks_what_is_not_decided_and_says_what_is_not_told() -> None:
    said = " ".join(as_text(description_document(DESCRIPTION)).split())
    assert "gallras inte: ingen gallring utan beslut" in said
    assert "Ställning: Förslag – ingen gallring utan beslut" in said
    assert "Bevaras tills vidare. Föreslås gallras: 2 år efter årsrapporten" in said
    assert "Bevaras eller gallras: Gallras: 3 månader efter inaktualitet" in said
    assert "---- Myndigheten har ännu inte angett detta. Gallringsstopp" in said
    decided = replace(DESCRIPTION, classes=DESCRIPTION.classes[:2], sale="Ingen.")
    said = " ".join(as_text(description_document(decided)).split())
    assert "utan beslut" not in said
    assert "Myndigheten har ännu" not in said
    empty = Description(authority="Nämnden", made_at=DESCRIPTION.made_at, channels=(), classes=())
    said = " ".join(as_text(description_document(empty)).split())
    assert "Inga konton arkiveras." in said
    assert "Allt bevaras." in said
    assert "Inget gallringsstopp gäller." in said


def test_what_has_faults_is_not_set() -> None:
    with pytest.raises(DocumentInvalid):
        certificate_document(replace(CERTIFICATE, number=""), today=DAY)
