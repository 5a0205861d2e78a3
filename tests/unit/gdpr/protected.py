"""What the pages of data protection work with in tests, and something to show on them."""

from __future__ import annotations

from archiver.core.access import LOCAL
from archiver.core.calendar import stockholm_date
from archiver.core.channel import Authority, Channel
from archiver.core.ports import HoldPlacer
from archiver.core.reason import Wording
from archiver.core.search import SearchIndex
from gdpr.core.asked import Asked, By, Supplied
from gdpr.core.processing import Period
from gdpr.core.recognizer import Mode
from gdpr.core.subject_request import Right
from gdpr.detector import detector
from gdpr.incidents.service import Incidents
from gdpr.incidents.steps import Noticed
from gdpr.processing.service import Processing
from gdpr.subjects.finding import Finder
from gdpr.subjects.service import Subjects
from gdpr.web import Office
from tests.homes import TestHome

PERIODS = (Period("SM01", "Eget inlägg", Wording("bevaras", "permanent"), True),)


def office_of(home: TestHome, holds: HoldPlacer, index: SearchIndex) -> Office:
    """An office over a home."""
    clock = home.clock
    subjects = Subjects(home.ledger, holds, clock)
    year = stockholm_date(clock.now()).year

    def authorities() -> list[Authority]:
        return list(home.channels.authorities())

    def channels() -> list[Channel]:
        return list(home.channels.all())

    return Office(
        subjects=subjects,
        finder=Finder(
            home.ledger,
            subjects,
            index,
            channels,
            clock,
            lambda text: detector(year).detect(text, Mode.LEAK_CHECK),
        ),
        incidents=Incidents(home.ledger, holds, clock),
        processing=Processing(
            home.ledger,
            clock,
            authorities=authorities,
            channels=channels,
            platforms={"feed": "RSS eller Atom"},
            periods=lambda _authority: PERIODS,
        ),
    )


def things(office: Office, authority: int, right: Right = Right.ACCESS) -> dict[str, int]:
    """A request and an incident of an authority."""
    asked = Asked(
        authority=authority,
        right=right,
        on=office.subjects.today(),
        text="Vad har ni om mig?",
        supplied=(Supplied(By.NAME, "Petra Zorkelby"),),
    )
    now = office.incidents.now()
    return {
        "subject_request": office.subjects.receive(LOCAL, asked),
        "incident": office.incidents.record(
            LOCAL, Noticed(authority=authority, known_at=now, text="Fel mottagare")
        ),
    }
