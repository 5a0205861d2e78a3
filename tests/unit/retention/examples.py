"""Documents of record of an invented kommun, and the days around them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from archiver.core.record import milliseconds
from retention.core.certificate import (
    Act,
    Certificate,
    Copies,
    CopyKind,
    Decision,
    DecisionKind,
    Exempted,
    Extent,
    Head,
    Method,
    ResidueScan,
    Role,
    SeqRange,
    Stamp,
    Steps,
    Treatment,
    Verification,
    Why,
)
from retention.core.description import (
    DescribedChannel,
    DescribedClass,
    Description,
    Holds,
)
from retention.core.petition import (
    Condition,
    Consequences,
    Holding,
    Judgement,
    Petition,
    Proposal,
    TextStatus,
)

DAY = date(2026, 11, 23)
ROLLED = date(2026, 12, 23)


def at(day: int, hour: int, minute: int = 0) -> int:
    """An instant in November 2026, UTC."""
    return milliseconds(datetime(2026, 11, day, hour, minute, tzinfo=UTC))


CERTIFICATE = Certificate(
    number="KS 2026/118",
    authority="Kommunstyrelsen, Testköpings kommun",
    issued_at=at(23, 9, 42),
    decisions=(
        Decision(
            number="KS 2025/0311",
            on=date(2025, 11, 4),
            body="Kommunstyrelsen som arkivmyndighet",
            kind=DecisionKind.ARCHIVAL_AUTHORITY,
            section="§ 214",
            in_force_from=date(2026, 1, 1),
        ),
        Decision(
            number="KS 2025/0498",
            on=date(2025, 12, 9),
            body="Kommundirektören",
            kind=DecisionKind.APPLICATION,
            section="§ 9",
            in_force_from=date(2026, 1, 1),
            in_force_to=date(2029, 12, 31),
        ),
    ),
    extents=(
        Extent(
            record_class="SM05",
            label="Kommentar, enkel fråga och svar",
            channel="Testköpings kommun, Facebook",
            period="Gallras 3 månader efter inaktualitet",
            earliest=date(2025, 1, 2),
            latest=date(2025, 12, 30),
            records=1187,
            versions=1342,
            components=86,
            volume=48_213_904,
        ),
        Extent(
            record_class="SM05",
            label="Kommentar, enkel fråga och svar",
            channel="Badhuset i Testköping 🏊, Instagram",
            period="Gallras 3 månader efter inaktualitet",
            earliest=date(2025, 3, 14),
            latest=date(2025, 11, 2),
            records=203,
            versions=219,
            components=0,
            volume=201_334,
        ),
        Extent(
            record_class="SM11",
            label="Spam och reklam",
            channel="Testköpings kommun, webbplatsens blogg",
            period="Gallras omgående",
            earliest=date(2026, 2, 1),
            latest=date(2026, 11, 20),
            records=12,
            versions=12,
            components=3,
            volume=9_870,
        ),
    ),
    exempted=(
        Exempted(why=Why.HOLD, what="Pågående begäran om utlämnande", records=4),
        Exempted(why=Why.HOLD, what="Tillsyn", records=1),
        Exempted(why=Why.SAMPLE, what="SM05", records=28, one_in=50),
        Exempted(why=Why.THREAD, records=9),
    ),
    method=Method(
        keys_accepted=True,
        wording="Gallring får ske genom att handlingarnas krypteringsnycklar förstörs.",
    ),
    copies=(
        Copies(kind=CopyKind.REPLICAS, treatment=Treatment.REMOVED, count=2, note="S3 i Falun"),
        Copies(kind=CopyKind.INDEX, treatment=Treatment.REBUILT, count=1, note="År 2025"),
        Copies(kind=CopyKind.THUMBNAILS, treatment=Treatment.REMOVED, count=86),
        Copies(kind=CopyKind.OCR, treatment=Treatment.NONE_FOUND),
        Copies(kind=CopyKind.EMBEDDINGS, treatment=Treatment.NOT_MADE),
        Copies(kind=CopyKind.CACHES, treatment=Treatment.REMOVED, count=1405),
        Copies(
            kind=CopyKind.EXPORTS,
            treatment=Treatment.LEFT,
            count=3,
            note="Utlämnade till sökande före gallringen",
        ),
    ),
    steps=Steps(
        keys_destroyed_at=at(23, 8, 15),
        bytes_removed_at=at(23, 8, 31),
        backups_rolled_on=ROLLED,
    ),
    acts=(
        Act(
            role=Role.PROPOSED, actor=7, name="Åsa Öberg-Prov", office="Arkivarie", at=at(9, 12, 5)
        ),
        Act(
            role=Role.APPROVED,
            actor=3,
            name="Testa Testsson",
            office="Kanslichef",
            at=at(12, 14, 40),
        ),
        Act(role=Role.EXECUTED, actor=7, name="Åsa Öberg-Prov", office="Arkivarie", at=at(23, 8)),
    ),
    verification=Verification(at=at(23, 9, 30), passed=True, entries=109_482, unexplained=0),
    residue=ResidueScan(at=at(23, 9, 35), places=214, volume=8_811_223_040, found=0),
    merkle_root="3f1c9a0e" * 8,
    ranges=(
        SeqRange(first=4711, last=4719),
        SeqRange(first=4802, last=4802),
        SeqRange(first=5200, last=6851),
    ),
    tombstone=Head(origin="diarkiv/5f0c/1", size=109_480, root="b2" * 32),
    completion=Head(origin="diarkiv/5f0c/1", size=109_482, root="c7" * 32),
    stamps=(
        Stamp(authority="Tidsstämpeltjänst Prov", at=at(23, 8, 1), digest="d4" * 32),
        Stamp(authority="Annan Tidsstämpel", at=at(23, 9, 41), digest="e5" * 32),
    ),
    system="Diarkiv 0.1.0",
)

PETITION = Petition(
    number="KS 2026/204",
    authority="Kommunstyrelsen, Testköpings kommun",
    archival_authority="Kommunstyrelsen som arkivmyndighet",
    made_at=at(23, 10),
    background="Kommunen använder sociala medier för information och dialog.\n"
    "Handlingarna fångas och förvaras i Diarkiv sedan den 1 januari 2025.",
    rules="Enligt arkivreglementet (KF 2022 § 31) beslutar arkivmyndigheten om gallring och "
    "myndigheten fattar ett tillämpningsbeslut.",
    proposals=(
        Proposal(
            record_class="SM05",
            label="Kommentar, enkel fråga och svar",
            about="Frågor om öppettider och liknande som besvaras direkt i tråden.",
            channels=("Testköpings kommun, Facebook", "Badhuset i Testköping 🏊, Instagram"),
            retain=False,
            period="Vid inaktualitet, dock tidigast efter 3 månader",
            trigger="När tråden varit inaktiv i 90 dagar",
            reason="Uppgifterna finns på kommunens webbplats.",
            sample_one_in=50,
            practice="Kommuner som har beslutat anger oftast ”vid inaktualitet”.",
            status=TextStatus.PROPOSED,
            holding=Holding(
                records=2310,
                volume=71_002_118,
                earliest=date(2025, 1, 2),
                latest=date(2026, 11, 20),
            ),
            judgements=(
                Judgement(condition=Condition.ACCESS, met=True, why="Svaren står på webbplatsen."),
                Judgement(condition=Condition.VALUE, met=True, why="Enkla sakfrågor."),
                Judgement(condition=Condition.PROCESSED, met=True, why="Besvarade."),
                Judgement(
                    condition=Condition.RIGHTS,
                    met=False,
                    why="Kan ha betydelse där kommunen lovat något.",
                ),
            ),
        ),
        Proposal(
            record_class="SM11",
            label="Spam och reklam",
            retain=False,
            period="Omgående",
            trigger="När handlingen har klassats",
            status=TextStatus.RECONSTRUCTED,
            holding=Holding(records=41, volume=30_112),
            judgements=tuple(
                Judgement(condition=one, met=True, why="Saknar varje betydelse.")
                for one in Condition
            ),
        ),
        Proposal(
            record_class="SM04",
            label="Ögonblicksbild av konto",
            retain=True,
            status=TextStatus.DECIDED,
            holding=Holding(records=6, volume=18_000_000),
        ),
    ),
    consequences=Consequences(
        search="Det som gallrats kan inte sökas fram på nytt, vare sig på innehåll eller person.",
        compilation="Statistik per månad bevaras; enskilda kommentarer kan inte sammanställas.",
        context="Inlägg bevaras tills kommentarer som hänvisar till dem har gallrats.",
    ),
    contact="Åsa Öberg-Prov, arkivarie, arkiv@testkoping.invalid",
    signers=("Testa Testsson\nKanslichef", "Åsa Öberg-Prov\nArkivarie"),
)

DESCRIPTION = Description(
    authority="Kommunstyrelsen, Testköpings kommun",
    made_at=at(23, 11),
    number="KS 2026/205",
    organisation="Kommunstyrelsen leder och samordnar kommunens angelägenheter.",
    order="Handlingarna hålls ordnade per konto och tråd; det som diarieförts följer sitt ärende.",
    scheme="KLASSA 2.1 Testköping",
    channels=(
        DescribedChannel(
            name="Testköpings kommun",
            platform="Facebook",
            since=date(2025, 1, 1),
            records=12_044,
        ),
        DescribedChannel(
            name="Sommar i Testköping",
            platform="Instagram",
            since=date(2025, 5, 1),
            until=date(2025, 9, 30),
            records=310,
        ),
    ),
    classes=(
        DescribedClass(
            record_class="SM01",
            label="Eget inlägg",
            code="1.5.2",
            retain=True,
            status=TextStatus.DECIDED,
            records=840,
        ),
        DescribedClass(
            record_class="SM05",
            label="Kommentar, enkel fråga och svar",
            code="1.5.3",
            retain=False,
            period="3 månader efter inaktualitet",
            decision="Kommunstyrelsen 2025-11-04, KS 2025/0311 § 214",
            status=TextStatus.DECIDED,
            records=9_100,
        ),
        DescribedClass(
            record_class="SM13",
            label="Blockeringslista",
            retain=False,
            period="2 år efter att blockeringen hävts",
            status=TextStatus.RECONSTRUCTED,
            records=2,
        ),
        DescribedClass(
            record_class="SM14",
            label="Statistik, rådata",
            retain=False,
            period="2 år efter årsrapporten",
            status=TextStatus.PROPOSED,
        ),
    ),
    holds=(Holds(kind="Pågående begäran om utlämnande", holds=2, records=17),),
    search_means=("Diariet", "Fritextsökning med filter för konto, tid och tillstånd"),
    public_aids=("Allmänhetens terminal i stadshuset", "Webbdiariet"),
    contact="Registratorn, registrator@testkoping.invalid",
    secrecy=("OSL 21 kap. 1 §", "OSL 26 kap. 1 §"),
    exchanges=("Hämtas dagligen från plattformarna genom deras gränssnitt",),
    formats=("JSON", "WARC"),
)
