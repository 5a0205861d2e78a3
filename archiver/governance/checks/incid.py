"""A-INCID (row 7.7): somebody answers for breaches, and none has outrun its 72 hours.

GDPR art. 33.1. The contact is whoever may record a breach for the authority and notify it; the
clock comes with the product, and is contradicted by a breach that went on past it without a word
to IMY.
"""

from __future__ import annotations

from typing import NamedTuple

from archiver.core.access import Permission, viewer_of
from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.people.projector import standings
from gdpr.core.incident import Light, State, light
from gdpr.incidents.service import INCIDENTS


class Ready(NamedTuple):
    """`users`: in all; `contacts`: who may handle a breach for the authority; `late`: breaches that
    wait past their time, by number."""

    users: int
    contacts: int
    late: tuple[int, ...]


class Incid:
    """Breaches of the subject's authority, and who handles them."""

    id = "A-INCID"
    phase = Phase.PLAN

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Ready:
    """Who is there, and which clocks have run out."""
    with archive.ledger.database.read() as connection:
        people = standings(connection)
        open_ = INCIDENTS.rows(connection, frozenset({subject.authority}), states={State.OPEN})
    active = [viewer_of(seq, roles) for seq, (roles, disabled) in people.items() if not disabled]
    contacts = sum(one.may(Permission.PROTECT_DATA, subject.authority) for one in active)
    late = tuple(one.seq for one in open_ if light(one.standing, subject.now) is Light.RED)
    return Ready(len(active), contacts, late)


def judge(ready: Ready) -> Result:
    """UNKNOWN where no users are recorded: whoever is there is not the archive's to know."""
    data: dict[str, Json] = {"contacts": ready.contacts, "late": list(ready.late)}
    if ready.late:
        outcome = Outcome.FAIL
        reason = Wording(
            f"{len(ready.late)} incidenter har väntat längre än 72 timmar på anmälan till IMY.",
            f"{len(ready.late)} breaches have waited for more than 72 hours to be notified.",
        )
    elif not ready.users:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            "Inga användare är upplagda: ange vem som tar emot en incident.",
            "There are no users: record who takes a breach on.",
        )
    elif not ready.contacts:
        outcome = Outcome.FAIL
        reason = Wording(
            "Ingen användare får hantera incidenter för myndigheten (roll: dataskyddsombud eller "
            "jurist).",
            "No user may handle breaches for the authority (role: DPO or lawyer).",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            f"{ready.contacts} kan hantera en incident, och ingen har väntat för länge.",
            f"{ready.contacts} may handle a breach, and none has waited too long.",
        )
    return Result(check=Incid.id, outcome=outcome, reason=reason, data=data)


check = Incid()
