"""What Testköping has done about disposal, for the demo: the shipped schedule adopted, decisions,
short comments judged to be of minor importance, a proposal that waits, and a hold.

Nothing is disposed of by itself: the archivist proposes, and whoever opened the demo confirms as
the other of its two invented people. There is no waiting time. All of it is done through the same
use-cases as in a real archive.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from archiver.core.access import LOCAL, Viewer
from archiver.core.record import Origin
from archiver.db import tables as t
from archiver.ledger.service import Ledger
from archiver.registry.core.phrase import Refused
from archiver.registry.core.triage import Decision as Triaged
from archiver.registry.core.triage import Outcome
from archiver.registry.service import Register
from retention.core.decision import Decision, MinorCondition
from retention.core.hold import HoldKind, HoldScope
from retention.core.hold_request import HoldRequest
from retention.core.schedule import DecisionLevel
from retention.disposal.service import Disposals
from retention.holds.service import Holds
from retention.schedule.service import Retention
from retention.schedule.shipped import proposal_file

MINOR = "SM11"
_SHORT = 90  # characters of a comment that says nothing but thanks
_MOST = 4  # of a channel
_DECIDED = (  # the shipped schedule asks for both levels
    ("KS 2026/41", "Kommunstyrelsen som arkivmyndighet", DecisionLevel.ARCHIVAL_AUTHORITY),
    ("KS 2026/42", "Kommunstyrelsen", DecisionLevel.AUTHORITY),
)


def stage(
    ledger: Ledger,
    register: Register,
    plans: Retention,
    disposals: Disposals,
    holds: Holds,
    authority: int,
    archivist: Viewer,
) -> None:
    """Do it for an authority whose channels are harvested, as its archivist; nothing if that cannot
    be."""
    today = disposals.today()
    if isinstance(
        plans.take_in(archivist, authority, proposal_file(), effective_from=today), Refused
    ):
        return
    for number, body, level in _DECIDED:
        decision = Decision(
            seq=0,
            authority=authority,
            number=number,
            body=body,
            level=level,
            decided_on=today,
            paragraph="§ 117",
            rules=frozenset({MINOR}),
            conditions=frozenset(MinorCondition),
            records_from=today - timedelta(days=365),
            valid_from=today,
            waiting_days=0,
        )
        if isinstance(plans.decide(archivist, decision), Refused):
            return
    channels = _short_comments(ledger, authority)
    some = [record for records in channels.values() for record in records]
    if not some:
        return
    minor = Triaged(authority=authority, records=tuple(some), outcome=Outcome.MINOR)
    register.decide(LOCAL, minor)
    held = HoldRequest(
        authority=authority,
        kind=HoldKind.ACCESS_REQUEST,
        scope=HoldScope(records=frozenset(some[-1:])),
        reason="Begäran om utlämnande, KS 2026/12",
        review_on=today + timedelta(days=30),
    )
    holds.place(archivist, held)
    first = [next(iter(channels))]
    if disposals.drafts(archivist, authority, channels=first):
        disposals.propose(archivist, authority, channels=first, note="Vårens gallring")


def _short_comments(ledger: Ledger, authority: int) -> dict[int, list[int]]:
    """Channel → comments that somebody else wrote, and that say little."""
    r, c = t.record.c, t.channel.c
    query = (
        select(r.seq, r.channel, r.latest)
        .join(t.channel, c.seq == r.channel)
        .where(c.authority == authority, r.kind == "comment", r.origin == Origin.RECEIVED.value)
        .where(r.state == "visible")
        .order_by(r.channel, r.seq)
    )
    with ledger.database.read() as connection:
        rows = connection.execute(query).all()
    opened = ledger.open([row.latest for row in rows])
    found: dict[int, list[int]] = {}
    for row in rows:
        text = str(opened[row.latest].envelope.get("text", "")) if row.latest in opened else ""
        if 0 < len(text) <= _SHORT:
            found.setdefault(row.channel, []).append(row.seq)
    return {channel: records[:_MOST] for channel, records in found.items()}
