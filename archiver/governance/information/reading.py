"""What a channel shows of texts of information, now and before.

A harvested description of the account is read by itself. Other texts are where a person pointed: at
a record of the archive, which is read in its newest version as long as it is shown, or at what they
saw on the platform, which is read again after twelve months. So a text that is changed or taken
away between two harvests is found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from archiver.core.observation import PROFILE_PAGE
from archiver.core.record import Origin
from archiver.db import tables as t
from archiver.governance.core import upkeep as u
from archiver.governance.core.information import Judged, Read, Shown, Topic, read
from archiver.governance.information.topics import hosts
from archiver.governance.upkeep.queries import Noted, notes
from archiver.ledger.service import Ledger

PROFILE = "profil"
NEWEST = 5  # earlier versions of a record that are looked at


def read_channels(
    ledger: Ledger, authority: int, channels: Collection[int], topics: Iterable[Topic], today: date
) -> list[Read]:
    """What the texts of each channel say of topics."""
    asked = list(topics)
    with ledger.database.read() as connection:
        judged = _judged(notes(ledger, connection, authority, "judge", channels))
        shown = {one: texts(ledger, connection, authority, one, today) for one in channels}
    return [read(one, shown[one], asked, judged.get(one, ()), hosts()) for one in channels]


def texts(
    ledger: Ledger, connection: Connection, authority: int, channel: int, today: date
) -> list[Shown]:
    """The texts of a channel, by their places."""
    places: dict[str, list[Shown]] = {}
    for one in notes(ledger, connection, authority, "text", [channel]):
        assert isinstance(one.note.said, u.TextShown)
        said = one.note.said
        if said.record is not None:
            shown = _of_record(ledger, connection, said.place, said.record)
        else:
            stale = u.outdated(one.note.day, today)
            shown = Shown(said.place, said.text, (), stale)
        places.setdefault(said.place, []).append(shown)
    found = [_joined(every) for every in places.values()]
    c = t.record.c
    pages = select(c.seq).where(
        c.channel == channel, c.kind == PROFILE_PAGE, c.origin == Origin.DRAWN_UP.value
    )
    known = {one.record for one in found}
    found += [
        _of_record(ledger, connection, PROFILE, record)
        for record in connection.scalars(pages.order_by(c.seq))
        if record not in known
    ]
    return found


def _joined(every: list[Shown]) -> Shown:
    """The newest of a place, with all that stood there before."""
    *earlier, newest = every
    before = [text for one in earlier for text in (*one.before, one.text) if text.strip()]
    return newest._replace(before=(*before, *newest.before))


def _of_record(ledger: Ledger, connection: Connection, place: str, record: int) -> Shown:
    c, v = t.record.c, t.version.c
    state = connection.scalar(select(c.state).where(c.seq == record))
    newest = select(v.seq).where(v.record == record).order_by(v.seq.desc()).limit(NEWEST + 1)
    versions = sorted(connection.scalars(newest))
    opened = ledger.open(versions)
    said = [_text(opened[seq].envelope) for seq in versions if seq in opened]
    if state == "visible" and versions and versions[-1] in opened:
        return Shown(place, said[-1], tuple(said[:-1]), record=record)
    return Shown(place, "", tuple(said), record=record)


def _text(envelope: Mapping[str, Any]) -> str:
    links = "\n".join(envelope.get("links", ()))
    return f"{envelope.get('title', '')}\n{envelope.get('text', '')}\n{links}".strip()


def _judged(every: Iterable[Noted]) -> dict[int, list[Judged]]:
    found: dict[int, list[Judged]] = {}
    for one in every:
        said = one.note.said
        assert isinstance(said, u.TopicJudged)
        found.setdefault(said.channel, []).append(Judged(said.topic, said.met, said.digest))
    return found
