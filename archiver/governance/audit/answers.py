"""What the system sees of each question: one small function each, by the question's id.

A function gives every figure that its question in `questions.toml` names, or says why it cannot.
They read, and write nothing; they give counts, days and hours, never a name or a word of anybody's.
Those of what is held (registration, archiving, disposal) are `answers_records`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from itertools import pairwise

from sqlalchemy import select

from archiver.core.access import HOME
from archiver.core.calendar import working_days_between
from archiver.core.reason import Wording
from archiver.db import gdpr_tables as gd
from archiver.db import governance_tables as g
from archiver.db import moderation_tables as mt
from archiver.db import request_tables as rq
from archiver.db import tables as t
from archiver.governance.audit.answers_records import arkivering, gallring, registrering
from archiver.governance.audit.asked import Asked
from archiver.governance.core.approval import Outcome
from archiver.governance.core.audit import Answer
from archiver.governance.core.moderation import Cause
from archiver.governance.moderation.queries import day_of, reconciled
from archiver.governance.queries import covering, day_number
from archiver.harvest.completeness import Status
from exports.core import access_request as request
from exports.requests.mandates import recorded
from exports.requests.steps import taken_of
from gdpr.core.subject_request import State as SubjectState

HOUR = 3_600_000  # milliseconds
NOTIFY_WITHIN = 72 * HOUR  # GDPR art. 33.1
_NO_CHANNEL = Wording(
    "Myndigheten har inget konto i arkivet.", "The authority has no account here."
)
_NO_GOAL = Wording("Inga mål är satta.", "No goals are set.")
_NO_RUNS = Wording("Färre än två insamlingar under perioden.", "Fewer than two runs in the period.")
_NO_REQUEST = Wording("Ingen begäran är besvarad.", "No request is answered.")
_REFUSED = frozenset({request.Answer.MASKED, request.Answer.REFUSED})


def riktlinjer(asked: Asked) -> Answer:
    """Decisions of the authority's body, and which accounts they cover on the last day."""
    p = g.political_approval
    held = [
        covering(
            asked.connection,
            authority=asked.authority,
            platform=one.platform,
            channel=one.seq,
            day=asked.last_day,
        )
        for one in asked.channels
    ]
    last = day_number(asked.last_day)
    of = (
        p.c.authority == asked.authority,
        p.c.outcome == Outcome.APPROVED.value,
        p.c.annulled.is_(None),
    )
    return Answer(
        figures={
            "decided": asked.count(p, *of, asked.on_days(p.c.valid_from)),
            "in_force": asked.count(p, *of, p.c.valid_from <= last, p.c.valid_until >= last),
            "ended": asked.count(p, *of, asked.on_days(p.c.valid_until)),
            "accounts": len(held),
            "uncovered": sum(one is None for one in held),
        }
    )


def syfte(asked: Asked) -> Answer:
    """What the accounts are for, and whether one could say that a goal was reached."""
    goals = [goal for one in asked.standings for goal in one.goals]
    aimed = [
        channel.seq
        for channel in asked.channels
        if any(goal.is_for(channel.seq, channel.platform) for goal in goals)
    ]
    figures = {
        "initiatives": len(asked.standings),
        "goals": len(goals),
        "without_goal": len(asked.channels) - len(aimed),
    }
    if not goals:
        return Answer(figures=figures, missing={"measurable": _NO_GOAL, "due": _NO_GOAL})
    due = [one for one in goals if one.by is not None and one.by <= asked.last_day]
    measurable = sum(one.measurable for one in goals)
    return Answer(figures={**figures, "measurable": measurable, "due": len(due)})


def uppsikt(asked: Asked) -> Answer:
    """How often the accounts were read, and where nobody looked."""
    c, (since, until) = t.run.c, asked.instants
    query = select(c.channel, c.started, c.outcome).where(
        c.channel.in_(asked.numbers), asked.within(c.started)
    )
    rows = asked.connection.execute(query.order_by(c.channel, c.started)).all()
    pairs = pairwise(rows)
    pauses = [two.started - one.started for one, two in pairs if one.channel == two.channel]
    gaps = [
        gap
        for channel in asked.channels
        for gap in asked.gaps(channel, max(asked.now - since, HOUR))
        if gap.since <= until and (gap.until is None or gap.until >= since)
    ]
    figures = {
        "runs": len(rows),
        "whole": sum(row.outcome == Status.COMPLETE for row in rows),
        "hours_of_day": len({(row.started // HOUR) % 24 for row in rows}),
        "gaps": len(gaps),
        "unexplained_gaps": sum(gap.acknowledged is None for gap in gaps),
    }
    if not pauses:
        return Answer(figures=figures, missing={"longest_pause": _NO_RUNS})
    return Answer(figures={**figures, "longest_pause": max(pauses) // HOUR})


def roller(asked: Asked) -> Answer:
    """How many hold which role, who may refuse, and what rests on one person."""
    holders: Counter[str] = Counter()
    active = [
        user
        for user in asked.users
        if not user.disabled and any(of in (HOME, asked.authority) for _, of in user.roles)
    ]
    for user in active:
        holders.update({role for role, of in user.roles if of in (HOME, asked.authority)})
    mandates = recorded(asked.archive.ledger, asked.connection, asked.authority).values()
    return Answer(
        figures={
            "users": len(active),
            "roles": len(holders),
            "single": sum(count == 1 for count in holders.values()),
            "mandates": sum(one.is_in_force(asked.today) for one in mandates),
            "without_owner": sum(not one.opened.owner for one in asked.standings),
        }
    )


def regler(asked: Asked) -> Answer:
    """Whether moderation follows the rules: a ground, a decider, a review, an entry in the log."""
    m = mt.moderation
    rows = asked.connection.execute(select(m).where(m.c.authority == asked.authority)).all()
    taken = [row for row in rows if asked.period.since <= day_of(row.on) <= asked.period.until]
    open_ = [row for row in rows if row.lifted is None and row.review is not None]
    causes = Counter(one.cause for one in reconciled(asked.connection, asked.numbers))
    return Answer(
        figures={
            "measures": len(taken),
            "groundless": sum(row.ground is None or not row.decided for row in taken),
            "overdue": sum(row.review < day_number(asked.today) for row in open_),
            "unlogged": causes[Cause.UNLOGGED],
            "unknown": causes[Cause.UNKNOWN],
        }
    )


def utlamnande(asked: Asked) -> Answer:
    """Requests for public records: how many, how long they took, how many were refused."""
    r, s = rq.access_request, rq.access_request_step
    query = select(r.c.seq, r.c.received, r.c.state).where(
        r.c.authority == asked.authority, asked.on_days(r.c.received)
    )
    rows = {row.seq: row for row in asked.connection.execute(query)}
    steps = asked.connection.execute(select(s.c.seq, s.c.of).where(s.c.of.in_(rows))).all()
    held = asked.archive.ledger.open([row.seq for row in steps])
    answered: dict[int, date] = {}
    refused: set[int] = set()
    for row in steps:
        taken = taken_of(held[row.seq].envelope)
        if taken.step is request.Step.ANSWER:
            answered.setdefault(row.of, taken.day)
            if taken.answer in _REFUSED:
                refused.add(row.of)
    days = [working_days_between(day_of(rows[of].received), day) for of, day in answered.items()]
    figures = {
        "received": len(rows),
        "open": sum(row.state != request.State.CLOSED for row in rows.values()),
        "answered": len(answered),
        "refused": len(refused),
    }
    if not days:
        return Answer(figures=figures, missing={"longest": _NO_REQUEST, "same_day": _NO_REQUEST})
    return Answer(
        figures={**figures, "longest": max(days), "same_day": sum(day == 0 for day in days)}
    )


def dataskydd(asked: Asked) -> Answer:
    """What data subjects asked for, breaches and their notification, notices adopted."""
    s, i = gd.subject_request, gd.incident
    known = (i.c.authority == asked.authority, asked.within(i.c.known_at))
    mine = (s.c.authority == asked.authority, asked.on_days(s.c.received))
    return Answer(
        figures={
            "requests": asked.count(s, *mine),
            "requests_open": asked.count(s, *mine, s.c.state != SubjectState.CLOSED.value),
            "incidents": asked.count(i, *known),
            "notified": asked.count(i, *known, i.c.notified.is_not(None)),
            "notified_late": asked.count(i, *known, i.c.notified - i.c.known_at > NOTIFY_WITHIN),
            "notices": asked.count(gd.notice, gd.notice.c.authority == asked.authority),
        }
    )


def avvikelser(asked: Asked) -> Answer:
    """Deviations of the initiatives that were found in the period."""
    found = [
        one
        for standing in asked.standings
        for one in standing.deviations
        if asked.period.since <= one.found_on <= asked.period.until
    ]
    return Answer(
        figures={
            "found": len(found),
            "open": sum(one.is_open for one in found),
            "unhandled": sum(one.is_open and one.handled is None for one in found),
        }
    )


ANSWERS: Mapping[str, Callable[[Asked], Answer]] = {
    "riktlinjer": riktlinjer,
    "syfte": syfte,
    "uppsikt": uppsikt,
    "roller": roller,
    "regler": regler,
    "registrering": registrering,
    "arkivering": arkivering,
    "gallring": gallring,
    "utlamnande": utlamnande,
    "dataskydd": dataskydd,
    "avvikelser": avvikelser,
}
