"""A-TRIAGE (row 5.2): the routing table is the authority's own, and every route leads to somebody.

The shipped table names roles; who they are only the authority can say. A route whose recipients
all lack an address leads to nobody.
"""

from __future__ import annotations

from typing import NamedTuple

from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.registry.routes import Routes


class Table(NamedTuple):
    """The authority's own table: its version, whether this release can read it, how many routes are
    in use, and those of them that lead to nobody."""

    version: str
    readable: bool
    routes: int
    unanswered: tuple[str, ...]


class Triage:
    """The routing table of the subject's authority."""

    id = "A-TRIAGE"
    phase = Phase.PLAN

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Table | None:
    """The table that the authority has set; None where it has set none."""
    held = Routes(archive.ledger).tables([subject.authority])[subject.authority]
    if held.own is None:
        return None
    routes = [one for one in held.table.routes.values() if one.active]
    lacking = {dict(one.values)["route"] for one in held.table.without_recipient()}
    unanswered = tuple(one.trigger for one in routes if one.trigger in lacking)
    return Table(held.own.version, not held.problems, len(routes), unanswered)


def judge(table: Table | None) -> Result:
    """UNKNOWN while the authority has said nothing of who receives what."""
    if table is None:
        return Result(
            check=Triage.id,
            outcome=Outcome.UNKNOWN,
            reason=Wording(
                "Myndigheten har inte angett vilka som tar emot.",
                "The authority has not said who receives what.",
            ),
        )
    data: dict[str, Json] = {**table._asdict(), "unanswered": list(table.unanswered)}
    if not table.readable:
        outcome = Outcome.FAIL
        reason = Wording(
            "Myndighetens egen tabell går inte att läsa längre.",
            "The authority's own table can no longer be read.",
        )
    elif table.unanswered:
        which = ", ".join(table.unanswered)
        outcome = Outcome.FAIL
        reason = Wording(f"Mottagare saknas för {which}.", f"There is no recipient for {which}.")
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Varje väg i tabellen har en mottagare.", "Every route of the table has a recipient."
        )
    return Result(check=Triage.id, outcome=outcome, reason=reason, data=data)


check = Triage()
