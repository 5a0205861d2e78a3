"""Gallringsframställan: a petition to the archival authority as a document for people.

It says on its first page that nothing is decided, and of each row where it comes from. Its
canonical JSON is attached. The conditions are judged for the class; what is unanswered or does not
hold is listed openly. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archiver.core.form import as_json
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
    Signatures,
    Table,
)
from archiver.document.render import Attachment
from retention.core.petition import Condition, Petition, Proposal, TextStatus, open_points
from retention.core.words import Language, Say, say_in
from retention.documents.figures import count, day, span, told, volume

STATUS: Mapping[TextStatus, str] = {
    TextStatus.DECIDED: "Beslutad",
    TextStatus.PROPOSED: "Förslag – ingen gallring utan beslut",
    TextStatus.RECONSTRUCTED: "Rekonstruerad, ska jämföras med källan – ingen gallring utan beslut",
}
_CONDITION: Mapping[Condition, str] = {
    Condition.ACCESS: "Allmänhetens insyn åsidosätts inte",
    Condition.VALUE: "Handlingarna saknar värde för rättskipning, förvaltning och forskning",
    Condition.PROCESSED: "Föreskriven bearbetning, redovisning och kontroll är avslutad",
    Condition.REVIEWED: "Revision är avslutad och preskriptionstider har löpt ut",
    Condition.RIGHTS: "Handlingarna har inte längre betydelse för rättigheter eller skyldigheter",
}
_MET: Mapping[bool | None, str] = {True: "Uppfyllt", False: "Inte uppfyllt", None: "Obesvarat"}


def petition_document(petition: Petition, *, language: Language = "sv") -> Document:
    """The petition as a document. Raises `DocumentInvalid` if the petition has faults."""
    say = say_in(language)
    return Document(
        kind=say("Gallringsframställan"),
        title=say("Framställan om gallring av handlingar i sociala medier"),
        issuer=petition.authority,
        language=language,
        made_at=petition.made_at,
        particulars=(
            Field(say("Diarienummer"), petition.number),
            Field(say("Datum"), day(petition.made_at)),
            Field(say("Till"), petition.archival_authority),
        ),
        parts=(
            Notice(say("Förslag – ingen gallring utan beslut. Till dess bevaras allt.")),
            *_asked(petition, say),
            *_summary(petition, say, language),
            *(part for one in petition.proposals for part in _proposal(one, say, language)),
            *_open(petition, say),
            *_consequences(petition, say),
            *_execution(petition, say, language),
            *_end(petition, say),
        ),
        attached=(
            Attachment(
                name="gallringsframstallan.json",
                media_type="application/json",
                data=as_json(petition),
                purpose=say("samma uppgifter i maskinläsbar form"),
            ),
        ),
    )


def _asked(petition: Petition, say: Say) -> Iterator[Part]:
    yield Heading(say("Framställan"))
    yield Paragraph(
        say(
            "{authority} begär att {archival} beslutar att handlingar i sociala medier av de typer "
            "som anges här får gallras på de villkor och med de frister som föreslås, och att "
            "övriga handlingar bevaras."
        ).format(authority=petition.authority, archival=petition.archival_authority)
    )
    if petition.background:
        yield Heading(say("Bakgrund"))
        yield Paragraph(petition.background)
    yield Heading(say("Rättslig grund"))
    yield Paragraph(
        say(
            "Allmänna handlingar får gallras, men så att det som återstår tillgodoser rätten att "
            "ta del av allmänna handlingar, behovet av information för rättskipning och "
            "förvaltning och forskningens behov (arkivlagen 10 § och 3 §). Kommunfullmäktige får "
            "meddela föreskrifter om arkivvården (16 §)."
        )
    )
    if petition.rules:
        yield Paragraph(petition.rules)


def _summary(petition: Petition, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(say("Förslagen i sammandrag"))
    yield Table(
        (
            Column(say("Handlingstyp"), 4),
            Column(say("Förslag"), 4),
            Column(say("Handlingar i dag"), number=True),
            Column(say("Volym"), number=True),
            Column(say("Ställning"), 4),
        ),
        tuple(
            (
                f"{one.record_class} {one.label}".strip(),
                _outcome(one, say),
                count(one.holding.records, language),
                volume(one.holding.volume, language),
                say(STATUS[one.status]),
            )
            for one in petition.proposals
        ),
        total=(
            say("Summa"),
            "",
            count(sum(one.holding.records for one in petition.proposals), language),
            volume(sum(one.holding.volume for one in petition.proposals), language),
            "",
        ),
    )


def _outcome(one: Proposal, say: Say) -> str:
    if one.retain:
        return say("Bevaras")
    return say("Gallras: {period}").format(period=one.period)


def _proposal(one: Proposal, say: Say, language: Language) -> Iterator[Part]:
    held = one.holding
    yield Heading(f"{one.record_class} {one.label}".strip())
    sample = say("1 av {n} bevaras").format(n=count(one.sample_one_in, language))
    yield Fields(
        told(
            Field(say("Ställning"), say(STATUS[one.status])),
            Field(say("Vad det är"), one.about),
            Field(say("Konton"), ", ".join(one.channels) or say("Alla myndighetens konton")),
            Field(say("Förslag"), _outcome(one, say)),
            Field(say("Fristen räknas från"), one.trigger),
            Field(say("Skäl"), one.reason),
            Field(say("Urval"), sample if one.sample_one_in else ""),
            Field(say("Handlingar i dag"), count(held.records, language)),
            Field(say("Volym"), volume(held.volume, language)),
            Field(say("Handlingarnas tid"), span(held.earliest, held.latest)),
            Field(say("Hur andra gör"), one.practice),
        )
    )
    if one.retain:
        return
    judged = {judgement.condition: judgement for judgement in one.judgements}
    yield Table(
        (Column(say("Villkor"), 5), Column(say("Bedömning"), 2), Column(say("Motivering"), 6)),
        tuple(
            (
                say(text),
                say(_MET[judged[condition].met if condition in judged else None]),
                judged[condition].why if condition in judged else "",
            )
            for condition, text in _CONDITION.items()
        ),
    )


def _open(petition: Petition, say: Say) -> Iterator[Part]:
    yield Heading(say("Om villkoren"))
    yield Paragraph(
        say(
            "Villkoren är de som många kommuner tillämpar på handlingar av tillfällig eller ringa "
            "betydelse, efter mönster av RA-FS 1997:6 (7–8 §§). Riksarkivets föreskrifter binder "
            "statliga myndigheter och är här till vägledning. De bedöms för handlingstypen i "
            "beslutet, inte handling för handling."
        )
    )
    points = open_points(petition)
    if points:
        yield Paragraph(say("Följande är inte uppfyllt eller inte besvarat:"))
        yield Points(tuple(f"{code}: {say(_CONDITION[condition])}" for code, condition in points))


def _consequences(petition: Petition, say: Say) -> Iterator[Part]:
    lost = petition.consequences
    yield Heading(say("Följder för återsökning och sammanställning"))
    unknown = say("Inte bedömt")
    yield Fields(
        told(
            Field(say("Återsökning"), lost.search or unknown),
            Field(say("Sammanställning"), lost.compilation or unknown),
            Field(say("Samband och äkthet"), lost.context),
        )
    )


def _execution(petition: Petition, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(say("Så verkställs gallringen"))
    steps = say(
        "Först förstörs de nycklar som handlingarna är krypterade med, sedan tas lagrade bytes "
        "bort, sist rullas säkerhetskopiorna ut, inom {days} dagar. Först därefter anges "
        "handlingarna som gallrade."
    )
    yield Points(
        (
            say(
                "Inget gallras medan ett gallringsstopp gäller, till exempel en pågående begäran "
                "om utlämnande, ett tillsynsärende eller en rättsprocess."
            ),
            say(
                "Två personer godkänner varje gallring eller, om beslutet uttryckligen medger "
                "löpande gallring, regeln."
            ),
            steps.format(days=count(petition.backup_days, language)),
            say("Varje gallring dokumenteras i ett protokoll som bevaras."),
        )
    )
    yield Paragraph(
        say(
            "Arkivmyndigheten ombeds ta ställning till om förstöring av nycklarna godtas som metod "
            "för gallring."
        )
        if petition.keys_as_method
        else say("Gallringen räknas från det att lagrade bytes är borttagna.")
    )


def _end(petition: Petition, say: Say) -> Iterator[Part]:
    if petition.contact:
        yield Fields((Field(say("Upplysningar lämnas av"), petition.contact),))
    if petition.signers:
        yield Heading(say("Underskrift"))
        yield Signatures(petition.signers)
