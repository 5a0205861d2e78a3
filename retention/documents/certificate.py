"""Gallringsprotokollet: a disposal certificate as a document for people.

Every member of the certificate stands in it, and its canonical JSON is attached, so that the PDF
alone is enough to check it (arkivlagen 10 §; the certificate is kept for ever). Nothing here
decides anything: how far the disposal has come is `retention.core.stage`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from archiver.core.form import as_json, digest
from archiver.document.parts import (
    Column,
    Document,
    Field,
    Fields,
    Heading,
    Notice,
    Paragraph,
    Part,
    Table,
)
from archiver.document.render import Attachment
from retention.core.certificate import (
    Certificate,
    CopyKind,
    DecisionKind,
    Exempted,
    Extent,
    Head,
    Role,
    Treatment,
    Why,
)
from retention.core.stage import is_complete, state_in_words
from retention.core.trace_words import HOLDS
from retention.core.words import Language, Say, say_in
from retention.documents.figures import (
    count,
    day,
    designation,
    moment,
    numbers,
    span,
    told,
    volume,
    volume_exactly,
)

_RUNS_INLINE = 40  # more runs of sequence numbers stand in an annex

DECISION: Mapping[DecisionKind, str] = {
    DecisionKind.COUNCIL: "Fullmäktiges beslut",
    DecisionKind.ARCHIVAL_AUTHORITY: "Arkivmyndighetens beslut",
    DecisionKind.COMMITTEE: "Nämndens beslut",
    DecisionKind.APPLICATION: "Tillämpningsbeslut",
    DecisionKind.REGULATION: "Riksarkivets föreskrift",
}
_WHY: Mapping[Why, str] = {
    Why.HOLD: "Gallringsstopp",
    Why.SAMPLE: "Urval som bevaras",
    Why.THREAD: "Behövs för en handling som bevaras",
    Why.LONGER_PERIOD: "Längre frist gäller",
}
_COPY: Mapping[CopyKind, str] = {
    CopyKind.REPLICAS: "Speglade kopior",
    CopyKind.INDEX: "Sökindex",
    CopyKind.THUMBNAILS: "Miniatyrbilder",
    CopyKind.OCR: "Text avläst ur bilder",
    CopyKind.EMBEDDINGS: "Sökvektorer",
    CopyKind.CACHES: "Mellanlager",
    CopyKind.EXPORTS: "Uttag som systemet sparar",
}
_TREATMENT: Mapping[Treatment, str] = {
    Treatment.REMOVED: "Borttagna",
    Treatment.REBUILT: "Omskapade utan det gallrade",
    Treatment.NONE_FOUND: "Inga fanns",
    Treatment.NOT_MADE: "Framställs inte i denna installation",
    Treatment.UNREADABLE: "Oläsliga, nycklarna är förstörda",
    Treatment.LEFT: "Utlämnade, omfattas inte",
}
_ROLE: Mapping[Role, str] = {
    Role.PROPOSED: "Föreslagen av",
    Role.APPROVED: "Godkänd av",
    Role.EXECUTED: "Verkställd av",
}


def certificate_document(
    certificate: Certificate, *, today: date, language: Language = "sv"
) -> Document:
    """The certificate as a document. `today` is the day in Sweden on which it is read: it says how
    far the disposal has come. Raises `DocumentInvalid` if the certificate has faults."""
    say = say_in(language)
    title = say("Gallring av {records} handlingar")
    return Document(
        kind=say("Gallringsprotokoll"),
        title=title.format(records=count(certificate.records, language)),
        issuer=certificate.authority,
        language=language,
        made_at=certificate.issued_at,
        particulars=(
            designation(certificate.number, say),
            Field(say("Datum"), day(certificate.issued_at)),
        ),
        parts=(
            *_state(certificate, today, say, language),
            *_decisions(certificate, say),
            *_extents(certificate, say, language),
            *_exempted(certificate.exempted, say, language),
            *_method(certificate, say),
            *_copies(certificate, say, language),
            *_acts(certificate, say, language),
            *_checks(certificate, say, language),
            *_proof(certificate, say, language),
        ),
        attached=(
            Attachment(
                name="gallringsprotokoll.json",
                media_type="application/json",
                data=as_json(certificate),
                purpose=say("samma uppgifter i maskinläsbar form"),
            ),
        ),
    )


def _state(certificate: Certificate, today: date, say: Say, language: Language) -> Iterator[Part]:
    state = state_in_words(certificate, today, language)
    yield Heading(say("Läge"))
    yield Paragraph(state) if is_complete(certificate, today) else Notice(state)
    steps = certificate.steps
    rolled = steps.backups_rolled_on
    waiting = say("återstår")
    last = waiting if rolled is None else rolled.isoformat()
    if rolled is not None and rolled > today:
        last = f"{last} ({waiting})"
    yield Table(
        (Column(say("Steg"), 3), Column(say("Datum"), 2)),
        (
            (say("1. Nycklar förstörda"), _done(steps.keys_destroyed_at, waiting, language)),
            (say("2. Lagrade bytes borttagna"), _done(steps.bytes_removed_at, waiting, language)),
            (say("3. Säkerhetskopior utrullade"), last),
        ),
    )


def _done(at: int | None, waiting: str, language: Language) -> str:
    return waiting if at is None else moment(at, language)


def _decisions(certificate: Certificate, say: Say) -> Iterator[Part]:
    yield Heading(say("Beslut som gallringen vilar på"))
    yield Paragraph(
        say("Besluten medger löpande gallring: två personer har godkänt regeln i förväg.")
        if certificate.continuing
        else say(
            "Gallringen har föreslagits av en person och godkänts av en annan, för detta tillfälle."
        )
    )
    yield Table(
        (
            Column(say("Beslut"), 3),
            Column(say("Beslutande organ"), 3),
            Column(say("Diarienummer"), 2),
            Column("§"),
            Column(say("Datum")),
            Column(say("Gäller"), 2),
        ),
        tuple(
            (
                say(DECISION[one.kind]),
                one.body,
                one.number,
                one.section,
                one.on.isoformat(),
                span(one.in_force_from, one.in_force_to)
                if one.in_force_to
                else say("från {day}").format(day=one.in_force_from.isoformat()),
            )
            for one in certificate.decisions
        ),
    )


def _extents(certificate: Certificate, say: Say, language: Language) -> Iterator[Part]:
    def figures(*extents: Extent) -> tuple[str, ...]:
        return (
            count(sum(one.records for one in extents), language),
            count(sum(one.versions for one in extents), language),
            count(sum(one.components for one in extents), language),
            volume(sum(one.volume for one in extents), language),
        )

    extents = certificate.extents
    yield Heading(say("Omfattning"))
    yield Table(
        (
            Column(say("Handlingstyp och frist"), 5),
            Column(say("Konto"), 3),
            Column(say("Tid"), 2),
            Column(say("Handlingar"), number=True),
            Column(say("Versioner"), number=True),
            Column(say("Bilagor"), number=True),
            Column(say("Volym"), number=True),
        ),
        tuple(
            (
                "\n".join(filter(None, (f"{one.record_class} {one.label}".strip(), one.period))),
                one.channel or "–",
                span(one.earliest, one.latest),
                *figures(one),
            )
            for one in extents
        ),
        total=(
            say("Summa"),
            "",
            span(min(one.earliest for one in extents), max(one.latest for one in extents)),
            *figures(*extents),
        )
        if extents
        else (),
    )
    size = volume_exactly(sum(one.volume for one in extents), language)
    yield Paragraph(say("Volymen är räknad som lagrad: {size}.").format(size=size))


def _exempted(exempted: Sequence[Exempted], say: Say, language: Language) -> Iterator[Part]:
    yield Heading(say("Undantag och urval"))
    if not exempted:
        yield Paragraph(say("Inga undantag. Inget gallringsstopp berörde det som skulle gallras."))
        return
    yield Table(
        (Column(say("Skäl"), 3), Column(say("Avser"), 4), Column(say("Handlingar"), number=True)),
        tuple(
            (
                say(_WHY[one.why]),
                _about(one, say, language),
                count(one.records, language),
            )
            for one in exempted
        ),
    )


def _about(one: Exempted, say: Say, language: Language) -> str:
    what = HOLDS[one.what].say(language) if one.what in HOLDS else one.what
    of = say("1 av {n} bevaras").format(n=count(one.one_in, language)) if one.one_in else ""
    return "; ".join(filter(None, (what, of)))


def _method(certificate: Certificate, say: Say) -> Iterator[Part]:
    yield Heading(say("Metod"))
    yield Paragraph(
        say(
            "Varje handling låg krypterad under en egen nyckel. Nycklarna har förstörts, så att "
            "innehållet inte kan läsas, och därefter tas lagrade bytes bort."
        )
    )
    yield Paragraph(
        say("Beslutet godtar att nycklarna förstörs som metod för gallring.")
        if certificate.method.keys_accepted
        else say(
            "Beslutet godtar inte förstörda nycklar som ensam metod: gallringen räknas från det "
            "att lagrade bytes är borttagna."
        )
    )
    if certificate.method.wording:
        yield Fields((Field(say("Beslutets lydelse"), certificate.method.wording),))


def _copies(certificate: Certificate, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(say("Kopior som omfattas"))
    yield Table(
        (
            Column(say("Slag av kopia"), 3),
            Column(say("Åtgärd"), 4),
            Column(say("Antal"), number=True),
            Column(say("Anmärkning"), 3),
        ),
        tuple(
            (
                say(_COPY[one.kind]),
                say(_TREATMENT[one.treatment]),
                count(one.count, language),
                one.note,
            )
            for one in certificate.copies
        ),
    )


def _acts(certificate: Certificate, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(say("Handläggning"))
    yield Table(
        (
            Column(say("Åtgärd"), 2),
            Column(say("Namn"), 3),
            Column(say("Befattning"), 3),
            Column(say("Nummer i loggen"), number=True),
            Column(say("Tid"), 3),
        ),
        tuple(
            (say(_ROLE[one.role]), one.name, one.office, str(one.actor), moment(one.at, language))
            for one in sorted(certificate.acts, key=lambda one: (one.at, [*Role].index(one.role)))
        ),
    )
    yield Paragraph(
        say(
            "Åtgärderna är var och en införda i arkivets logg och ersätter underskrift på "
            "protokollet."
        )
    )


def _checks(certificate: Certificate, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(say("Kontroll"))
    verified, scan = certificate.verification, certificate.residue
    nothing = say("Ännu inte utförd")
    fields = [Field(say("Kontroll av arkivet"), nothing)]
    if verified is not None:
        fields = [
            Field(
                say("Kontroll av arkivet"),
                say("Godkänd") if verified.passed else say("Inte godkänd"),
            ),
            Field(say("Utförd"), moment(verified.at, language)),
            Field(say("Kontrollerade poster"), count(verified.entries, language)),
            Field(say("Oförklarade poster"), count(verified.unexplained, language)),
        ]
    if scan is None:
        fields.append(Field(say("Sökning efter kvarlevor"), nothing))
    else:
        fields += [
            Field(
                say("Sökning efter kvarlevor"),
                say("Inget funnet") if not scan.found else say("Kvarlevor funna"),
            ),
            Field(say("Utförd"), moment(scan.at, language)),
            Field(say("Genomsökta platser"), count(scan.places, language)),
            Field(say("Genomsökt volym"), volume_exactly(scan.volume, language)),
            Field(say("Träffar"), count(scan.found, language)),
        ]
    yield Fields(tuple(fields))


def _proof(certificate: Certificate, say: Say, language: Language) -> Iterator[Part]:
    yield Heading(say("Bevis i loggen"))
    runs = numbers(certificate.ranges)
    apart = len(certificate.ranges) > _RUNS_INLINE
    yield Fields(
        told(
            Field(say("Merkle-rot"), certificate.merkle_root, exact=True),
            Field(say("Gallrade poster"), count(certificate.entries, language)),
            Field(say("Löpnummer i loggen"), say("Se bilagan sist") if apart else runs),
            *_head(say("Vid gallringens början"), certificate.tombstone, say, language),
            *(
                _head(say("Vid slutförandet"), certificate.completion, say, language)
                if certificate.completion
                else ()
            ),
            Field(say("Protokollets SHA-256"), digest(certificate), exact=True),
            Field(say("Framställt med"), certificate.system),
        )
    )
    if certificate.stamps:
        yield Heading(say("Tidsstämplar"), 2)
        for one in certificate.stamps:
            yield Fields(
                (
                    Field(say("Utfärdad av"), one.authority),
                    Field(say("Tid"), moment(one.at, language)),
                    Field("SHA-256", one.digest, exact=True),
                )
            )
    yield Heading(say("Så kontrolleras protokollet"), 2)
    yield Paragraph(
        say(
            "Roten är beräknad över de gallrade posternas hashvärden i loggen och säger inget om "
            "deras innehåll. Kommandot diarkiv verify visar att loggen är oförändrad och att "
            "varje saknad post täcks av ett gallringsbeslut. SHA-256 gäller den bilagda filen."
        )
    )
    if apart:
        yield Heading(say("Bilaga: löpnummer i loggen"))
        yield Paragraph(runs)


def _head(label: str, head: Head, say: Say, language: Language) -> Sequence[Field]:
    size = say("{size} poster i loggen {origin}").format(
        size=count(head.size, language), origin=head.origin
    )
    return (
        Field(label, size),
        Field(say("Loggens rot"), head.root, exact=True),
    )
