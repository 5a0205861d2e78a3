"""How to appeal (överklagandehänvisning), attached to every refusal (FL 33 §).

An appeal is in writing, says which decision and what change is wanted, is addressed to the court
and handed to the authority (FL 43 §), within three weeks from the day the party got the decision
(44 §). A refusal of public records goes to kammarrätten (TF 2:19); what is refused under GDPR, or
under the act on open data, to förvaltningsrätten. Pure: words in Swedish, as decisions are.
"""

from __future__ import annotations

from collections.abc import Mapping

from archiver.document.parts import Heading, Paragraph, Part, Points
from exports.core.access_request import Matter
from exports.core.court import court_name

_LAW: Mapping[Matter, str] = {
    Matter.PUBLIC_RECORD: (
        "Beslutet får överklagas enligt 2 kap. 19 § tryckfrihetsförordningen och 6 kap. 7 och "
        "8 §§ offentlighets- och sekretesslagen (2009:400)."
    ),
    Matter.DATA_SUBJECT: (
        "Beslutet får överklagas enligt 7 kap. 2 § lagen (2018:218) med kompletterande "
        "bestämmelser till EU:s dataskyddsförordning."
    ),
    Matter.OPEN_DATA: (
        "Beslutet får överklagas enligt 5 kap. 4 § lagen (2022:818) om den offentliga sektorns "
        "tillgängliggörande av data."
    ),
}


def notice(matter: Matter, *, authority: str, district: str, contact: str = "") -> list[Part]:
    """How to appeal a refusal by an authority, to the court over its district ("" if that was not
    set). `contact`: where the appeal is sent, if said."""
    court = court_name(matter, district)
    where = f" ({contact})" if contact else ""
    return [
        Heading("Hur man överklagar"),
        Paragraph(f"{_LAW[matter]} Överklagandet prövas av {_small(court)}."),
        Points(
            (
                "Överklaga skriftligt. Skriv vilket beslut du överklagar, hur du vill att det ska "
                "ändras och varför.",
                f"Ställ överklagandet till {_small(court)}, men skicka eller lämna det till "
                f"{authority}{where}. Skicka det inte direkt till domstolen.",
                "Överklagandet ska ha kommit in till myndigheten inom tre veckor från den dag då "
                "du fick del av beslutet. Infaller den sista dagen på en lördag, söndag eller "
                "annan helgdag, midsommarafton, julafton eller nyårsafton räcker det att det "
                "kommer in nästa vardag.",
                "Du behöver bara uppge så mycket om dig själv att domstolen kan nå dig.",
            )
        ),
        Paragraph(
            "Myndigheten prövar om överklagandet har kommit in i rätt tid och lämnar det annars "
            "vidare till domstolen skyndsamt, med handlingarna i ärendet."
        ),
    ]


def _small(court: str) -> str:
    return court[0].lower() + court[1:] if " i " not in court else court
