"""The written decision on a refusal, and the notice of it that the party gets. Pure.

Two papers of one ruling: the authority's own, which names the officials (FL 31 §), and the party's,
which may leave them out (FL 33 § fourth paragraph). Both carry the provisions that were applied, in
words, and how to appeal. A draft says that it is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from archiver.document.parts import (
    Column,
    Document,
    Field,
    Fields,
    Heading,
    Notice,
    Paragraph,
    Part,
    Points,
    Table,
)
from exports.core.access_request import Answer, Matter
from exports.core.ruling import OTHER_GROUNDS, Ruling, Used
from exports.papers.notice import notice
from gdpr.core.ground import Picklist

_DECIDED: Mapping[Answer, str] = {
    Answer.MASKED: "Handlingarna lämnas ut i maskat skick. Begäran avslås i övrigt.",
    Answer.CONDITION: "Handlingarna lämnas ut med det förbehåll som anges nedan. Begäran avslås "
    "i övrigt.",
    Answer.REFUSED: "Begäran avslås. Handlingarna lämnas inte ut.",
    Answer.NOT_HELD: "Begäran avslås. Handlingarna förvaras inte hos myndigheten.",
    Answer.NOT_OFFICIAL: "Begäran avslås. Det som begärs är inte en allmän handling.",
    Answer.CANNOT_COMPILE: "Begäran avslås. Det som begärs är ingen förvarad handling.",
}
_DATA_SUBJECT = "Begäran enligt EU:s dataskyddsförordning avslås i de delar som anges nedan."
_OPEN_DATA = "Begäran om tillgängliggörande av data avslås i de delar som anges nedan."


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Who decided, on what: `name` (of the delegate, or of the body) and `rests_on` (the provision
    of the delegation, or the body's decision)."""

    name: str
    rests_on: str
    by_body: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a decision is about. `number`: of the request; `asked`: in its own words; `answer` of a
    request for public records, None of other matters; `made_at`: milliseconds UTC."""

    authority: str
    number: str
    asked: str
    received: date
    answer: Answer | None
    district: str
    made_at: int
    contact: str = ""


def decision(
    case: Case,
    ruling: Ruling,
    signed: Signed,
    day: date,
    picklist: Picklist,
    *,
    for_party: bool = False,
    draft: bool = False,
) -> Document:
    """The decision on a day; with `for_party` the notice of it, with `draft` what it would be."""
    left_out = for_party and bool(ruling.names_left_out.strip())
    kind = "Underrättelse om beslut" if for_party else "Beslut"
    particulars = [
        Field("Datum", day.isoformat()),
        Field("Ärende", case.number),
        Field("Begäran kom in", case.received.isoformat()),
    ]
    return Document(
        kind=kind,
        title=_TITLES[ruling.matter],
        issuer=case.authority,
        language="sv",
        made_at=case.made_at,
        particulars=tuple(particulars),
        parts=tuple(_parts(case, ruling, signed, picklist, left_out=left_out, draft=draft)),
    )


_TITLES: Mapping[Matter, str] = {
    Matter.PUBLIC_RECORD: "Beslut om utlämnande av allmän handling",
    Matter.DATA_SUBJECT: "Beslut om begäran enligt dataskyddsförordningen",
    Matter.OPEN_DATA: "Beslut om tillgängliggörande av data",
}


def _parts(
    case: Case,
    ruling: Ruling,
    signed: Signed,
    picklist: Picklist,
    *,
    left_out: bool,
    draft: bool,
) -> Iterator[Part]:
    if draft:
        yield Notice("Utkast. Inget är beslutat förrän någon med delegation har skrivit under.")
    yield Heading("Beslut")
    yield Paragraph(_decided(case, ruling))
    if ruling.condition.strip():
        yield Heading("Förbehåll")
        yield Paragraph(
            "Handlingarna lämnas ut med följande förbehåll, som inskränker rätten att lämna "
            "uppgifterna vidare eller använda dem (10 kap. 14 § offentlighets- och sekretesslagen):"
        )
        yield Paragraph(ruling.condition.strip())
    yield Heading("Begäran")
    yield Paragraph(case.asked)
    yield Heading("Skäl")
    yield Paragraph(ruling.reasons.strip())
    yield from _provisions(ruling, picklist)
    yield Heading("Vilka som har deltagit")
    yield from _taken_part(ruling, signed, left_out=left_out)
    yield from notice(
        ruling.matter, authority=case.authority, district=case.district, contact=case.contact
    )


def _decided(case: Case, ruling: Ruling) -> str:
    match ruling.matter:
        case Matter.DATA_SUBJECT:
            return _DATA_SUBJECT
        case Matter.OPEN_DATA:
            return _OPEN_DATA
    assert case.answer is not None
    return _DECIDED[case.answer]


def _provisions(ruling: Ruling, picklist: Picklist) -> Iterator[Part]:
    used = [one for one in ruling.used if one.masks or one.withheld]
    other = [(ground, count) for ground, count in ruling.other if count > 0]
    if not used and not other:
        return
    yield Heading("Tillämpade bestämmelser")
    if used:
        yield Table(
            (
                Column("Bestämmelse", 5),
                Column("Avser", 4),
                Column("Maskeringar", number=True),
                Column("Undantagna handlingar", number=True),
            ),
            tuple(
                (_provision(one), _about(one, picklist), str(one.masks), str(one.withheld))
                for one in sorted(used, key=lambda one: (one.clause, one.activity))
            ),
        )
    if other:
        yield Paragraph("Följande har inte lämnats ut av andra skäl än sekretess:")
        yield Points(
            tuple(
                f"{OTHER_GROUNDS[ground].sv} ({count} handling{'' if count == 1 else 'ar'})"
                for ground, count in other
            )
        )


def _provision(one: Used) -> str:
    through = f", överförd genom {one.through.in_words()}" if one.through else ""
    return one.clause.in_words() + through


def _about(one: Used, picklist: Picklist) -> str:
    ground = picklist.find(one.clause)
    return ground.topic.sv if ground else "–"


def _taken_part(ruling: Ruling, signed: Signed, *, left_out: bool) -> Iterator[Part]:
    if left_out:
        yield Paragraph(
            "Uppgift om vilka befattningshavare som har deltagit lämnas inte i underrättelsen "
            "(33 § fjärde stycket förvaltningslagen). Uppgiften finns i beslutet hos myndigheten."
        )
        return
    title = f", {ruling.title}" if ruling.title.strip() else ""
    rests = "Beslut av myndigheten" if signed.by_body else "Delegation"
    fields = [Field("Beslutsfattare", f"{signed.name}{title}"), Field(rests, signed.rests_on)]
    if ruling.rapporteur.strip():
        fields.append(Field("Föredragande", ruling.rapporteur.strip()))
    if ruling.others:
        fields.append(
            Field(
                "Deltog vid den slutliga handläggningen utan att avgöra", ", ".join(ruling.others)
            )
        )
    yield Fields(tuple(fields))
