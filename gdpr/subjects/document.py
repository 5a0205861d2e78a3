"""What a data subject gets on paper: the extract (art. 15) and the answer with how to appeal.

The extract carries its records as JSON beside the PDF, and what art. 15.1 asks for: purposes,
categories, recipients, periods, rights, where the data come from. A refusal tells its reasons, of
complaint to IMY and of appeal to förvaltningsrätten (GDPR art. 12.4, dataskyddslagen 7:2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from archiver.core.canonical import Json, encode
from archiver.core.reason import Wording
from archiver.document.parts import (
    Document,
    Field,
    Fields,
    Heading,
    Paragraph,
    Part,
    Points,
    Signatures,
)
from archiver.document.render import Attachment
from gdpr.core.erasure import OUTCOMES, PLACES
from gdpr.core.extract import Extract
from gdpr.core.processing import CODES, COLUMNS, Language, ProcessingRecord
from gdpr.core.subject_request import REFUSALS, Answer, Right, Step, Taken
from gdpr.core.subject_words import ANSWERS, RIGHTS
from gdpr.subjects.service import SubjectRequest

_FIELDS: Mapping[str, Wording] = {
    "date": Wording("Datum", "Date"),
    "channel": Wording("Konto", "Account"),
    "author_name": Wording("Avsändare", "Author"),
    "author_id": Wording("Plattformens id", "The platform's id"),
    "author_url": Wording("Profil", "Profile"),
    "title": Wording("Rubrik", "Title"),
    "text": Wording("Text", "Text"),
    "url": Wording("Adress", "Address"),
    "state": Wording("Läge på plattformen", "State on the platform"),
}
_RIGHTS = Wording(
    "Du kan begära rättelse (artikel 16), radering (17) eller begränsning (18) och invända mot "
    "behandlingen (21). Du kan klaga hos Integritetsskyddsmyndigheten. Inga automatiserade beslut "
    "fattas om dig. Uppgifterna kommer från plattformarna, där du eller andra har publicerat dem.",
    "You may ask for rectification (art. 16), erasure (17) or restriction (18) and object (21). "
    "You may complain to the Swedish Authority for Privacy Protection. No automated decisions are "
    "taken about you. The data come from the platforms, where you or others published them.",
)
_MASKED = Wording(
    "Uppgifter om andra är maskade (artikel 15.4). En mask säger inte hur långt det maskade är.",
    "Data of others are masked (art. 15.4). A mask does not show how long what it hides is.",
)
_WITHHELD = Wording(
    "Handlingar som inte lämnas ut (5 kap. 1 § dataskyddslagen)",
    "Records that are withheld (dataskyddslagen 5:1)",
)
_COMPLAINT = Wording(
    "Du kan lämna klagomål till Integritetsskyddsmyndigheten (IMY), imy.se.",
    "You may complain to the Swedish Authority for Privacy Protection (IMY), imy.se.",
)
_APPEAL = Wording(
    "Beslutet kan överklagas till förvaltningsrätten. Skriv vilket beslut du överklagar, hur du "
    "vill att det ändras och varför. Överklagandet ställs till förvaltningsrätten men lämnas till "
    "myndigheten, inom tre veckor från den dag då du fick del av beslutet.",
    "The decision can be appealed to the administrative court (förvaltningsrätten). Say which "
    "decision you appeal, how you want it changed and why. Address the appeal to the court and "
    "hand it to the authority within three weeks from the day you were given the decision.",
)
_NO_DISPOSAL = Wording(
    "Att handlingar i arkivet inte gallras på begäran är inte ett beslut som kan överklagas för "
    "sig (jfr HFD 2015 ref. 71); avslaget på begäran om radering kan överklagas.",
    "That documents in the archive are not disposed of on request is no decision that can be "
    "appealed by itself (cf. HFD 2015 ref. 71); the refusal of erasure can.",
)


def extract_data(
    one: SubjectRequest, extract: Extract, record: ProcessingRecord
) -> dict[str, Json]:
    """The extract as JSON: the records, and the purposes they are processed for."""
    return {
        "request": one.seq,
        "controller": record.authority,
        "received": one.asked.on.isoformat(),
        **extract.data,
        "purposes": [dict(zip(CODES, row, strict=True)) for row in record.rows("en")],
    }


def extract_document(
    one: SubjectRequest, extract: Extract, record: ProcessingRecord, language: Language
) -> Document:
    """The extract as a document, its JSON attached."""

    def say(sv: str, en: str) -> str:
        return Wording(sv, en).say(language)

    parts: list[Part] = [Paragraph(_MASKED.say(language))]
    if extract.withheld:
        parts += [
            Heading(_WITHHELD.say(language)),
            Points(tuple(f"{ground}: {count}" for ground, count in extract.withheld.items())),
        ]
    parts.append(Heading(say("Uppgifterna", "The data")))
    if not extract.rows:
        parts.append(Paragraph(say("Inga uppgifter lämnas ut.", "No data are given.")))
    for row in extract.rows:
        parts.append(Heading(f"{row['record']}, version {row['version']}", 2))
        parts.append(Fields(tuple(_fields(row, language))))
    parts.append(Heading(say("Så behandlas uppgifterna", "How the data are processed")))
    labels = [column.say(language) for column in COLUMNS]
    for cells in record.rows(language):
        parts.append(Heading(cells[0], 2))
        said = zip(labels[1:-1], cells[1:-1], strict=True)
        parts.append(Fields(tuple(Field(label, cell) for label, cell in said)))
    parts += [Heading(say("Dina rättigheter", "Your rights")), Paragraph(_RIGHTS.say(language))]
    return Document(
        kind=say("Registerutdrag", "Extract"),
        title=say("Personuppgifter i sociala medier", "Personal data on social media"),
        issuer=record.authority,
        language=language,
        made_at=record.made_at,
        particulars=(Field(say("Begäran", "Request"), str(one.seq)),),
        parts=tuple(parts),
        attached=(
            Attachment(
                name="registerutdrag.json",
                media_type="application/json",
                data=encode(extract_data(one, extract, record)),
                purpose=say("samma uppgifter i maskinläsbar form", "the same as data"),
            ),
        ),
    )


def _fields(row: Mapping[str, Json], language: Language) -> Iterable[Field]:
    for name, label in _FIELDS.items():
        if name in row:
            yield Field(label.say(language), str(row[name]))
    notes = row.get("rectifications")
    if isinstance(notes, list | tuple):
        named = Wording("Rättelse", "Rectification").say(language)
        yield from (Field(named, str(note)) for note in notes)


def answer_document(
    one: SubjectRequest, *, authority: str, today: date, made_at: int, language: Language
) -> Document:
    """The answer to a request as a decision or a letter. `ValueError` if it has no answer yet."""
    answer = next((taken for taken in reversed(one.steps) if taken.step is Step.ANSWER), None)
    if answer is None or answer.answer is None:
        raise ValueError("The request has no answer.")

    def say(sv: str, en: str) -> str:
        return Wording(sv, en).say(language)

    refused = answer.answer in REFUSALS
    right = one.asked.right
    parts: list[Part] = [
        Heading(say("Beslut", "Decision") if refused else say("Svar", "Answer")),
        Paragraph(f"{RIGHTS[right].say(language)}: {ANSWERS[answer.answer].say(language)}."),
        *_split(answer, language),
    ]
    if answer.reason:
        parts += [Heading(say("Skäl", "Reasons")), Paragraph(answer.reason)]
    parts += _weighed(one.steps, language)
    if right is Right.ERASURE and answer.split:
        parts.append(Paragraph(_NO_DISPOSAL.say(language)))
    if answer.answer is Answer.NOT_APPLICABLE and right is Right.PORTABILITY:
        parts.append(
            Paragraph(
                say(
                    "Rätten till dataportabilitet gäller när behandlingen grundar sig på samtycke "
                    "eller avtal. Myndigheten stöder sig på varken det ena eller det andra "
                    "(artikel 20.1 och 20.3).",
                    "The right to portability is there where processing rests on consent or a "
                    "contract. The authority relies on neither (arts. 20.1 and 20.3).",
                )
            )
        )
    if refused:
        parts += [
            Heading(say("Så överklagar du", "How to appeal")),
            Paragraph(_APPEAL.say(language)),
            Paragraph(_COMPLAINT.say(language)),
        ]
    if answer.mandate or answer.body:
        rests = answer.body or answer.mandate
        parts.append(Fields((Field(say("Beslutsrätt", "Mandate"), rests),)))
        parts.append(Signatures((say("Beslutande", "Decided by"),)))
    return Document(
        kind=say("Beslut", "Decision") if refused else say("Svar", "Answer"),
        title=say("Begäran enligt dataskyddsförordningen", "Request under the GDPR"),
        issuer=authority,
        language=language,
        made_at=made_at,
        particulars=(
            Field(say("Begäran", "Request"), str(one.seq)),
            Field(say("Datum", "Date"), answer.day.isoformat()),
            Field(say("Utskriven", "Printed"), today.isoformat()),
        ),
        parts=tuple(parts),
    )


def _split(answer: Taken, language: Language) -> Iterable[Part]:
    if answer.split:
        yield Fields(
            tuple(
                Field(
                    PLACES[one.place].say(language),
                    f"{OUTCOMES[one.outcome].say(language)}. {one.reason}".strip(),
                )
                for one in answer.split
            )
        )


def _weighed(steps: Iterable[Taken], language: Language) -> list[Part]:
    found = [one for one in steps if one.step is Step.WEIGH]
    if not found:
        return []
    ours, theirs = (
        Wording("Myndighetens skäl", "The authority's grounds"),
        Wording("Dina skäl", "Your grounds"),
    )
    return [
        Heading(Wording("Avvägning", "Weighing").say(language)),
        Fields(
            (
                Field(ours.say(language), found[-1].ours),
                Field(theirs.say(language), found[-1].theirs),
            )
        ),
    ]
