"""The auditor's report as JSON and as a paper, and a sample with what it takes to repeat it.

Neither names a person: figures, codes, numbers of entries, and the auditor's own words.
"""

from __future__ import annotations

from typing import Any

from archiver.core.calendar import STOCKHOLM
from archiver.core.reason import Wording
from archiver.core.record import instant
from archiver.document.parts import (
    Column,
    Document,
    Field,
    Fields,
    Heading,
    Language,
    Notice,
    Paragraph,
    Part,
    Points,
    Signatures,
    Table,
)
from archiver.governance.audit.questions import UNITS, Figure, survey
from archiver.governance.audit.service import Integrity, Item, Report, said_json
from archiver.governance.core.audit import VERDICTS, Category, Sample

COMMANDS = (
    "diarkiv verify --deep",
    "diarkiv verify --key arkivets.vkey --tsa-roots rot.pem",
    "diarkiv audit report --authority KS --json",
)
NO_WITNESS = Wording(
    "Underlag saknas: utomstående vittnen finns inte i produkten ännu.",
    "No basis: outside witnesses are not in the product yet.",
)
NO_BASIS = Wording("underlag saknas", "no basis")
WHEN = {"period": Wording("perioden", "the period"), "now": Wording("vid rapporten", "at report")}


def as_json(report: Report) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "report": "diarkiv-audit-1",
        "authority": report.authority.code,
        "since": report.period.since.isoformat(),
        "until": report.period.until.isoformat(),
        "made_at": moment(report.made_at),
        "questions": [_item_json(one) for one in report.items],
        "deviations": [_category_json(one) for one in report.categories],
        "survey": {
            "caveat": survey().caveat.sv,
            "series": [
                {"words": one.words.sv, "n": one.n, "counts": dict(one.counts)}
                for one in (survey().problems, *survey().series)
            ],
        },
        "integrity": _integrity_json(report.integrity),
    }


def sample_json(sample: Sample) -> dict[str, Any]:
    """A sample as JSON."""
    return {
        "frame": sample.frame,
        "since": sample.period.since.isoformat(),
        "until": sample.period.until.isoformat(),
        "seed": sample.seed,
        "population": sample.population,
        "frame_sha256": sample.digest,
        "numbers": list(sample.numbers),
    }


def document(report: Report, language: Language = "sv") -> Document:
    """The report as a paper, for `archiver.document`."""

    def say(sv: str, en: str) -> str:
        return Wording(sv, en).say(language)

    parts: list[Part] = [
        Notice(
            say(
                "Systemets iakttagelser är siffror ur arkivet. Bedömningen är revisorns.",
                "What the system sees are figures of the archive. The verdict is the auditor's.",
            )
        )
    ]
    for item in report.items:
        parts += _item_parts(item, language)
    parts += _deviation_parts(report, language)
    parts += _integrity_parts(report.integrity, language)
    parts.append(Signatures((say("Revisor", "Auditor"),)))
    since, until = report.period
    return Document(
        kind=say("Granskningsrapport", "Audit report"),
        title=say("Sociala medier som allmänna handlingar", "Social media as public records"),
        issuer=report.authority.name,
        language=language,
        made_at=report.made_at,
        particulars=(
            Field(say("Period", "Period"), f"{since} – {until}"),
            Field(say("Framställd", "Made"), moment(report.made_at)),
        ),
        parts=tuple(parts),
    )


def value(item: Item, figure: Figure, language: str) -> str:
    """A figure with its unit; that there is no basis for it, and why."""
    if figure.key in item.answer.missing:
        return f"{NO_BASIS.say(language)}: {item.answer.missing[figure.key].say(language)}"
    unit = UNITS[figure.unit].say(language)
    return f"{item.answer.figures[figure.key]} {unit}".strip()


def share(category: Category) -> str:
    """What the survey found of a category: count of n, and per cent; a dash if it did not ask."""
    if category.named is None or not category.n:
        return "–"
    return f"{category.named} / {category.n} ({100 * category.named / category.n:.1f} %)"


def moment(at: int) -> str:
    """An instant in Swedish time, to the minute, with its distance from UTC."""
    return f"{instant(at).astimezone(STOCKHOLM):%Y-%m-%d %H:%M %z}"


def _item_json(item: Item) -> dict[str, Any]:
    q, answer = item.question, item.answer
    return {
        "id": q.id,
        "heading": q.heading.sv,
        "text": q.text.sv,
        "source": q.source,
        "criterion": q.criterion,
        "figures": [
            {
                "key": one.key,
                "words": one.words.sv,
                "value": answer.figures.get(one.key),
                "missing": answer.missing[one.key].sv if one.key in answer.missing else None,
                "unit": UNITS[one.unit].sv or None,
                "when": one.when,
                "listed": one.listed,
                "page": q.page,
            }
            for one in q.figures
        ],
        "absent": q.absent.sv or None,
        "digest": answer.digest,
        "assessment": said_json(item.said),
        "figures_changed_since": item.changed,
        "before": said_json(item.before),
    }


def _category_json(one: Category) -> dict[str, Any]:
    return {
        "category": one.code,
        "words": one.words.sv,
        "found": one.found,
        "survey": one.named,
        "n": one.n,
    }


def _integrity_json(held: Integrity) -> dict[str, Any]:
    found = held.account
    return {
        "origin": held.head.origin,
        "size": held.head.size,
        "root": held.head.root.hex(),
        "entries": found.entries,
        "disposed": found.disposed,
        "stopped": found.stopped,
        "unexplained": found.unexplained,
        "stamps": len(held.stamps),
        "newest_stamp": moment(held.stamps[0][0]) if held.stamps else None,
        "stamped_entries": held.stamps[0][1] if held.stamps else None,
        "witnesses": None,
        "witnesses_missing": NO_WITNESS.sv,
        "commands": list(COMMANDS),
    }


def _item_parts(item: Item, language: Language) -> list[Part]:
    q = item.question

    def say(sv: str, en: str) -> str:
        return Wording(sv, en).say(language)

    parts: list[Part] = [
        Heading(q.heading.say(language)),
        Paragraph(q.text.say(language)),
        Fields(
            (Field(say("Underlag för frågan", "Source"), q.source),
             Field(say("Mäts mot", "Criterion"), q.criterion))
        ),
        Heading(say("Systemets iakttagelse", "What the system sees"), 2),
        Table(
            (
                Column(say("Uppgift", "Figure"), 4),
                Column(say("Värde", "Value"), 3),
                Column(say("Avser", "Of"), 2),
                Column(say("Räknas upp av", "Listed by"), 4),
            ),
            tuple(
                (
                    one.words.say(language),
                    value(item, one, language),
                    WHEN[one.when].say(language),
                    one.listed,
                )
                for one in q.figures
            ),
        ),
    ]  # fmt: skip
    if q.absent.sv:
        parts.append(Paragraph(f"{NO_BASIS.say(language).capitalize()}: {q.absent.say(language)}"))
    parts.append(Heading(say("Revisorns bedömning", "The auditor's verdict"), 2))
    boxes = "  ".join(f"[  ] {one.say(language)}" for one in VERDICTS.values())
    if item.said:
        said = item.said.said
        fields = [Field(VERDICTS[said.verdict].say(language), said.text)]
        if item.changed:
            fields.append(
                Field(
                    say("Observera", "Note"),
                    say("Siffrorna är ändrade sedan bedömningen.", "The figures have changed."),
                )
            )
    else:
        fields = [Field(say("Ej bedömd", "Not assessed"), boxes)]
    before = item.before.said if item.before else None
    when = f" {before.since} – {before.until}" if before else ""
    words = f"{VERDICTS[before.verdict].say(language)}. {before.text}" if before else "–"
    fields.append(Field(say("Föregående granskning", "Audit before") + when, words))
    return [*parts, Fields(tuple(fields))]


def _deviation_parts(report: Report, language: Language) -> list[Part]:
    def say(sv: str, en: str) -> str:
        return Wording(sv, en).say(language)

    rows = [(one.words.say(language), str(one.found), share(one)) for one in report.categories]
    series = [
        f"{one.words.say(language)}, n = {one.n}: "
        + ", ".join(f"{words} {count}" for words, count in one.counts.items())
        for one in survey().series
    ]
    return [
        Heading(say("Avvikelser per kategori", "Deviations by category")),
        Table(
            (
                Column(say("Kategori", "Category"), 3),
                Column(say("Avvikelser i perioden", "Deviations in the period"), 2, number=True),
                Column(say("Undersökningen", "The survey"), 3),
            ),
            tuple(rows),
        ),
        Paragraph(survey().caveat.say(language)),
        Points(tuple(series)),
    ]


def _integrity_parts(held: Integrity, language: Language) -> list[Part]:
    def say(sv: str, en: str) -> str:
        return Wording(sv, en).say(language)

    found = held.account
    newest = say("inga", "none")
    if held.stamps:
        at, size = held.stamps[0]
        newest = f"{len(held.stamps)}; {moment(at)}, {size}"
    verdict = (
        say("allt i loggen finns eller är förklarat", "all of the log is there or explained")
        if not found.unexplained
        else say(f"{found.unexplained} poster oförklarade", f"{found.unexplained} unexplained")
    )
    return [
        Heading(say("Arkivets integritet", "Integrity of the archive")),
        Fields(
            (
                Field(say("Loggen", "The log"), held.head.origin, exact=True),
                Field(say("Storlek", "Size"), str(held.head.size)),
                Field(say("Rothash", "Root hash"), held.head.root.hex(), exact=True),
                Field(say("Fullständighet", "Completeness"), verdict),
                Field(say("Gallrade poster", "Entries disposed of"), str(found.disposed)),
                Field(
                    say("Tidsstämplar: antal; senaste, poster", "Stamps: count; newest, entries"),
                    newest,
                ),
                Field(say("Vittnen", "Witnesses"), NO_WITNESS.say(language)),
            )
        ),
        Paragraph(
            say(
                "Huvudets underskrift är kontrollerad och loggen genomgången post för post. Varje "
                "lagrad handling kontrolleras av den som upprepar med:",
                "The head's signature was checked, and the log walked entry by entry. Every stored "
                "record is checked by whoever repeats it with:",
            )
        ),
        Points(COMMANDS),
    ]
