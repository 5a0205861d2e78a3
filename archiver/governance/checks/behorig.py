"""A-BEHORIG (row 3.1): whoever published for the authority was among those who may, on that day.

Only where the platform names who that was: on most the author of an own post is the account, and
nothing can be said.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.db import tables as t
from archiver.governance.accounts.queries import register
from archiver.governance.archive import Archive
from archiver.governance.core import account as a
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase

# Where an own post's author is the person who published it, and not the account itself.
NAMES_WHO = frozenset({"feed", "wordpress"})
_MOST = 20  # records that are named


class Published(NamedTuple):
    """An own post: its record, account and day, and whoever published it as the platform names them
    (lower case; empty: it does not)."""

    record: int
    channel: int
    day: date
    names: frozenset[str]


class Behorig:
    """Who published on the subject's accounts."""

    id = "A-BEHORIG"
    phase = Phase.DRIFT

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive), register(archive.ledger, subject.authority))


def gather(subject: Subject, archive: Archive) -> list[Published]:
    """Own posts with who published them. One frame is opened for each author, not for each post."""
    r, v = t.record.c, t.version.c
    query = (
        select(r.seq, r.channel, r.legal_at, r.latest, v.author)
        .join(t.version, v.seq == r.latest)
        .where(r.channel.in_(subject.channels), r.origin == "drawn_up")
        .order_by(r.seq)
    )
    with archive.ledger.database.read() as connection:
        rows = connection.execute(query).all()
    telling = {channel for channel, platform in subject.places if platform in NAMES_WHO}
    first = {
        (row.channel, row.author): row.latest
        for row in reversed(rows)
        if row.author is not None and row.channel in telling
    }
    opened = archive.ledger.open(list(first.values()))
    names = {
        key: _names(opened[latest].envelope) for key, latest in first.items() if latest in opened
    }
    return [
        Published(
            row.seq,
            row.channel,
            stockholm_date(row.legal_at),
            names.get((row.channel, row.author), frozenset()),
        )
        for row in rows
    ]


def _names(envelope: Mapping[str, object]) -> frozenset[str]:
    said = (str(envelope.get(name) or "") for name in ("author_id", "author_name"))
    return frozenset(one.casefold() for one in said if one)


def judge(posts: Collection[Published], known: a.Register) -> Result:
    """UNKNOWN where nothing is published, nobody is listed with how the platform names them, or
    some posts do not tell; a stranger contradicts the row all the same."""
    listed = [one for one in known.rights.values() if one.said.handle]
    named = [one for one in posts if one.names]
    strange = [one.record for one in named if not any(_may(known, held, one) for held in listed)]
    silent = sorted({one.channel for one in posts if not one.names})
    if not posts:
        outcome = Outcome.UNKNOWN
        reason = Wording("Inget är publicerat ännu.", "Nothing is published yet.")
    elif named and not listed:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            "Förteckningen säger inte vad någon heter på plattformen.",
            "The register does not say how the platform names anybody.",
        )
    elif strange:
        outcome = Outcome.FAIL
        reason = Wording(
            f"{len(strange)} inlägg är publicerade av någon som inte var behörig den dagen.",
            f"{len(strange)} posts were published by somebody who was not listed that day.",
        )
    elif silent:
        outcome = Outcome.UNKNOWN
        which = ", ".join(f"C{one}" for one in silent)
        reason = Wording(
            f"Det framgår inte vem som har publicerat på {which}.",
            f"Who published on {which} is not told.",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Den som har publicerat var behörig.", "Whoever published was listed that day."
        )
    data: dict[str, Json] = {
        "posts": len(posts),
        "named": len(named),
        "strangers": len(strange) if listed else 0,
        "records": list[Json](strange[:_MOST]) if listed else [],
        "silent": list[Json](silent),
    }
    return Result(check=Behorig.id, outcome=outcome, reason=reason, data=data)


def _may(known: a.Register, held: a.Held, post: Published) -> bool:
    """Whether it was theirs to publish: whoever has left may not, although they still can."""
    said = held.said
    named = said.channel == post.channel and said.handle.casefold() in post.names
    return named and held.on(post.day) and not known.lingers(held, post.day)


check = Behorig()
