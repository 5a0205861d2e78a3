"""What people have asked Testköping for, for the demo: two requests that wait to be answered.

One came in today over the counter and is about comments that hold a personal number, a threat and
what was hidden since; the other is late. Nobody said who they are. Both are recorded through the
same use-case as in a real archive, and nothing is collected or answered: that is for whoever
opened the demo. The registrar may refuse, so that all of it can be walked.
"""

from __future__ import annotations

from datetime import date, timedelta

from archiver.core.access import LOCAL, Viewer
from archiver.core.calendar import working_days_between
from exports.core.mandate import Mandate, MandateKind
from exports.core.received import Manner, Received
from exports.requests.mandates import Mandates
from exports.requests.service import Requests

LATE = 2  # working days
_TODAY = (
    "Alla kommentarer under inlägget om vattenläckan på Kvarngatan, även de som ni har dolt, och "
    "det som har skrivits om gatuchefen."
)
_BEFORE = "Inlägget om skolornas budget 2027 som togs bort, med kommentarer."


def stage(requests: Requests, mandates: Mandates, authority: int, registrar: Viewer) -> list[int]:
    """Record them for an authority, as its registrar, who gets the mandate to refuse; their
    numbers, the late one first."""
    today = requests.today()
    mandates.add(
        LOCAL,
        Mandate(
            authority=authority,
            user=registrar.actor,
            kinds=frozenset({MandateKind.REFUSAL, MandateKind.CONDITION, MandateKind.DISMISSAL}),
            provision="KS delegationsordning 4.2",
            decision="KS 2026-01-14 § 7",
            valid_from=today,
        ),
    )
    asked = (
        Received(authority=authority, on=_late(today), manner=Manner.WRITTEN, text=_BEFORE),
        Received(
            authority=authority,
            on=today,
            manner=Manner.ORAL,
            text=_TODAY,
            delivery="Hämtas i receptionen, nummer 7",
        ),
    )
    return [requests.receive(registrar, one) for one in asked]


def _late(today: date) -> date:
    """The newest day that is so many working days ago."""
    day = today
    while working_days_between(day, today) < LATE:
        day -= timedelta(days=1)
    return day
