"""What follows an appeal: the decision that it came too late, or the letter that hands it on. Pure.

The authority tries only whether an appeal came in time (FL 45 §), and hands one that did to the
court without delay (46 §), with the papers of the matter and, apart from them, the records as they
are without masks, since the court must see what was refused.
"""

from __future__ import annotations

from datetime import date

from archiver.document.parts import (
    Document,
    Field,
    Fields,
    Heading,
    Notice,
    Paragraph,
    Part,
    Points,
)
from exports.core.access_request import Matter
from exports.core.court import court_name
from exports.papers.decision import Case, Signed
from exports.papers.notice import notice


def dismissal(
    case: Case,
    signed: Signed,
    *,
    served: date,
    until: date,
    came: date,
    day: date,
    reasons: str = "",
    matter: Matter = Matter.PUBLIC_RECORD,
) -> Document:
    """The decision to dismiss an appeal that came on a day after the last day for it."""
    rests = "Beslut av myndigheten" if signed.by_body else "Delegation"
    more = [Paragraph(reasons.strip())] if reasons.strip() else []
    return Document(
        kind="Beslut",
        title="Avvisning av överklagande",
        issuer=case.authority,
        language="sv",
        made_at=case.made_at,
        particulars=(Field("Datum", day.isoformat()), Field("Ärende", case.number)),
        parts=(
            Heading("Beslut"),
            Paragraph("Överklagandet avvisas, eftersom det har kommit in för sent."),
            Heading("Skäl"),
            Paragraph(
                "Ett överklagande ska ha kommit in inom tre veckor från den dag då den som "
                "överklagar fick del av beslutet (44 § förvaltningslagen). Det ska avvisas om det "
                "har kommit in för sent, om inte förseningen beror på att myndigheten har lämnat "
                "en felaktig underrättelse, eller överklagandet kom in till domstolen i rätt tid "
                "(45 § förvaltningslagen)."
            ),
            Fields(
                (
                    Field("Beslutet delgavs", served.isoformat()),
                    Field("Sista dag att överklaga", until.isoformat()),
                    Field("Överklagandet kom in", came.isoformat()),
                )
            ),
            *more,
            Heading("Vilka som har deltagit"),
            Fields((Field("Beslutsfattare", signed.name), Field(rests, signed.rests_on))),
            *notice(matter, authority=case.authority, district=case.district, contact=case.contact),
        ),
    )


def hand_over(
    case: Case,
    *,
    decided: date,
    served: date | None,
    until: date | None,
    came: date,
    day: date,
    enclosed: tuple[str, ...],
    sealed_apart: bool,
    opinion: str = "",
    excused: str = "",
    matter: Matter = Matter.PUBLIC_RECORD,
) -> Document:
    """The letter by which an appeal is handed to the court. `enclosed`: what comes with it;
    `sealed_apart`: whether the records without masks follow in a sealed package of their own;
    `excused`: why a late appeal is in time all the same; `opinion`: the authority's, if it has one.
    """
    dates = [Field("Beslutet fattades", decided.isoformat())]
    if served is not None and until is not None:
        dates += [
            Field("Beslutet delgavs", served.isoformat()),
            Field("Sista dag att överklaga", until.isoformat()),
        ]
    dates.append(Field("Överklagandet kom in", came.isoformat()))
    late: list[Part] = []
    if excused:
        late.append(Paragraph(f"Överklagandet prövas fast det kom in sent: {excused}"))
    said: list[Part] = [Heading("Yttrande"), Paragraph(opinion.strip())] if opinion.strip() else []
    apart: list[Part] = (
        [
            Notice(
                "Handlingarna utan maskering sänds i en förseglad försändelse för sig. De kan "
                "innehålla uppgifter som omfattas av sekretess."
            )
        ]
        if sealed_apart
        else []
    )
    return Document(
        kind="Överlämnande av överklagande",
        title=f"Överklagande i ärende {case.number}",
        issuer=case.authority,
        language="sv",
        made_at=case.made_at,
        particulars=(
            Field("Datum", day.isoformat()),
            Field("Till", court_name(matter, case.district)),
            Field("Ärende", case.number),
        ),
        parts=(
            Paragraph(
                "Överklagandet har kommit in i rätt tid och lämnas över (46 § förvaltningslagen). "
                "Myndigheten har inte ändrat beslutet."
            ),
            Fields(tuple(dates)),
            *late,
            *said,
            Heading("Handlingar"),
            Points(enclosed) if enclosed else Paragraph("Inga handlingar är bilagda."),
            *apart,
        ),
    )
