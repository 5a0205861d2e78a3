"""Arkivbeskrivningen: the part about social media, as a document or as text to be put into one.

Its headings follow OSL 4:2 and arkivlagen 6 § 2 p. What the authority has not told is said to be
missing; what is not decided is said to be a proposal. Its canonical JSON is attached. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    Table,
)
from archiver.document.render import Attachment
from retention.core.description import DescribedClass, Description, undecided
from retention.core.petition import TextStatus
from retention.core.words import Language, Say, say_in
from retention.documents.figures import count, day, span, told
from retention.documents.petition import STATUS


def description_document(description: Description, *, language: Language = "sv") -> Document:
    """The description as a document. Raises `DocumentInvalid` if the description has faults."""
    say = say_in(language)
    proposed = undecided(description)
    notice = say(
        "Handlingstyper märkta som förslag gallras inte: ingen gallring utan beslut. Till dess "
        "bevaras de."
    )
    return Document(
        kind=say("Arkivbeskrivning"),
        title=say("Handlingar i sociala medier"),
        issuer=description.authority,
        language=language,
        made_at=description.made_at,
        particulars=told(
            Field(say("Diarienummer"), description.number),
            Field(say("Datum"), day(description.made_at)),
        ),
        parts=(
            *((Notice(notice),) if proposed else ()),
            *_body(description, say, language),
        ),
        attached=(
            Attachment(
                name="arkivbeskrivning.json",
                media_type="application/json",
                data=as_json(description),
                purpose=say("samma uppgifter i maskinläsbar form"),
            ),
        ),
    )


def _body(one: Description, say: Say, language: Language) -> Iterator[Part]:
    yield Paragraph(
        say(
            "Beskrivningen gäller myndighetens handlingar i sociala medier och ingår i "
            "arkivbeskrivningen (arkivlagen 6 § 2 p) och i beskrivningen av myndighetens allmänna "
            "handlingar (offentlighets- och sekretesslagen 4 kap. 2 §)."
        )
    )
    yield from _text(say("Organisation och verksamhet"), one.organisation, say)
    yield from _channels(one, say, language)
    yield from _classes(one, say, language)
    yield from _order(one, say)
    yield from _list(say("Sökmedel"), one.search_means, say)
    yield from _list(say("Tekniska hjälpmedel som enskilda får använda"), one.public_aids, say)
    yield from _text(say("Upplysningar lämnas av"), one.contact, say)
    yield from _list(say("Sekretess som ofta tillämpas"), one.secrecy, say)
    yield from _list(
        say("Uppgifter som regelbundet hämtas från eller lämnas till andra"), one.exchanges, say
    )
    yield from _text(say("Rätt att sälja personuppgifter"), one.sale, say)
    yield from _holds(one, say, language)


def _text(heading: str, text: str, say: Say) -> Iterator[Part]:
    yield Heading(heading)
    yield Paragraph(text or say("Myndigheten har ännu inte angett detta."))


def _list(heading: str, items: Sequence[str], say: Say) -> Iterator[Part]:
    if not items:
        yield from _text(heading, "", say)
        return
    yield Heading(heading)
    yield Points(tuple(items))


def _channels(one: Description, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(say("Konton"))
    if not one.channels:
        yield Paragraph(say("Inga konton arkiveras."))
        return
    yield Table(
        (
            Column(say("Konto"), 4),
            Column(say("Plattform"), 2),
            Column(say("Arkiveras"), 3),
            Column(say("Handlingar"), number=True),
        ),
        tuple(
            (
                channel.name,
                channel.platform,
                span(channel.since, channel.until)
                if channel.until
                else say("från {day}").format(day=channel.since.isoformat()),
                count(channel.records, language),
            )
            for channel in one.channels
        ),
    )


def _classes(one: Description, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(say("Slag av handlingar, bevarande och gallring"))
    if not one.classes:
        yield Paragraph(say("Inga handlingstyper är fastställda. Allt bevaras."))
        return
    yield Table(
        (
            Column(say("Handlingstyp"), 4),
            Column(say("Klass"), 1),
            Column(say("Bevaras eller gallras"), 3),
            Column(say("Beslut"), 3),
            Column(say("Ställning"), 3),
            Column(say("Handlingar"), number=True),
        ),
        tuple(
            (
                f"{row.record_class} {row.label}".strip(),
                row.code or "–",
                _outcome(row, say),
                row.decision or "–",
                say(STATUS[row.status]),
                count(row.records, language),
            )
            for row in one.classes
        ),
    )


def _outcome(row: DescribedClass, say: Say) -> str:
    """What becomes of the class as things stand: without a decision it is retained."""
    if row.retain:
        return say("Bevaras")
    if row.status is TextStatus.DECIDED:
        return say("Gallras: {period}").format(period=row.period)
    return say("Bevaras tills vidare. Föreslås gallras: {period}").format(period=row.period)


def _order(one: Description, say: Say) -> Iterator[Part]:
    yield from _text(say("Hur arkivet är organiserat"), one.order, say)
    fields = told(
        Field(say("Klassificeringsstruktur"), one.scheme),
        Field(say("Format"), ", ".join(one.formats)),
    )
    if fields:
        yield Fields(fields)


def _holds(one: Description, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(say("Gallringsstopp"))
    if not one.holds:
        yield Paragraph(say("Inget gallringsstopp gäller."))
        return
    yield Table(
        (
            Column(say("Slag"), 4),
            Column(say("Antal stopp"), number=True),
            Column(say("Handlingar"), number=True),
        ),
        tuple(
            (held.kind, count(held.holds, language), count(held.records, language))
            for held in one.holds
        ),
    )
