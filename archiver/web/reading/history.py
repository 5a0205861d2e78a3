"""A record's chronicle: looks at the lists it stands in, gaps, versions, states and the register.

A year at a time: what it costs does not grow with the archive's age.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from archiver.core.access import Permission, Viewer
from archiver.core.changes import State
from archiver.db.queries import collections_of
from archiver.web import chronicle as made
from archiver.web import time_queries as sql
from archiver.web.chronicle import Chronicle, Known, Nobody
from archiver.web.dates import day, end_of, start_of
from archiver.web.reading import allow
from archiver.web.reading.records import RecordView
from archiver.web.services import Beside, WebServices

DAYS = 366  # of one page


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A page of a record's chronicle; `earlier` and `later`: the last day of the pages beside."""

    line: Chronicle
    lists: tuple[str, ...]
    earlier: date | None = None
    later: date | None = None


def history(
    services: WebServices, viewer: Viewer, known: Beside, view: RecordView, last: date | None
) -> History:
    """The chronicle of a record, of the year up to and with the day `last` (None: today)."""
    allow(viewer, Permission.READ)
    row, now = view.row, services.clock.now()
    begin = min([row.captured_at, *(v.row.captured_at for v in view.versions)])
    today = day(now)
    end_day = min(max(last or today, day(begin)), today)
    until = min(end_of(end_day), max(now, begin + 1))
    first_day = end_day - timedelta(days=DAYS - 1)
    since = max(begin, start_of(first_day))
    lists = _lists(view)
    watched = row.state != State.CAPTURED
    hours, singly, gaps = [], [], list[Nobody]()
    if watched:
        with services.ledger.database.read() as connection:
            looked = sql.Looked(
                channel=row.channel,
                collections=lists or tuple(collections_of(connection, row.channel)),
                created=row.created_at,
                since=since,
                until=until + 1,
            )
            hours = sql.looks_by_hour(connection, looked)
            if sum(one.number for one in hours) <= made.EACH:
                singly = sql.looks(connection, looked, limit=made.EACH)
        gaps = _gaps(known, row.channel, lists, since, until)
    line = made.chronicle(
        Known(
            since=since,
            until=until,
            hours=hours,
            singly=singly,
            gaps=gaps,
            versions=[one.row for one in view.versions],
            transitions=view.transitions[::-1],
            noted=known.noted(viewer, row.seq),
            watched=watched,
        )
    )
    return History(
        line=line,
        lists=lists,
        earlier=first_day - timedelta(days=1) if since > begin else None,
        later=min(end_day + timedelta(days=DAYS), today) if end_day < today else None,
    )


def _lists(view: RecordView) -> tuple[str, ...]:
    """The lists that the record has been seen in; none where it is kept apart and does not tell."""
    found = dict.fromkeys(str(v.fields.get("collection", "")) for v in view.versions)
    return tuple(name for name in found if name)


def _gaps(
    known: Beside, channel: int, lists: tuple[str, ...], since: int, until: int
) -> list[Nobody]:
    return [
        Nobody(since=gap.since, until=gap.until, reasons=gap.reasons)
        for gap in known.gaps(channel, since, until)
        if not lists or gap.collection in ("", *lists)
    ][::-1]
