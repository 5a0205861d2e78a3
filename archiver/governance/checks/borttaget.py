"""A-BORTTAGET (row 4.6): what was removed or hidden on the platform is still in the archive.

To remove is not to dispose of (arkivlagen 10 §): every version of what is no longer shown is held
with its key. What was disposed of under a decision has left the tables and is not counted. How long
something could come and go unseen is bounded by how often everything is read: an absence found
after more than `TIMES` that is a hole in what the schedule declares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import or_, select

from archiver.core.canonical import Json
from archiver.core.changes import State
from archiver.core.reason import Wording
from archiver.db import tables as t
from archiver.db.queries import channel_settings
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.harvest.timetable import schedule_of

TIMES = 2
REMOVED = (
    State.HIDDEN,
    State.TRASHED,
    State.SPAM,
    State.GONE_CONFIRMED,
    State.AUTHOR_GONE,
    State.PLATFORM_REMOVED,
)


class Removed(NamedTuple):
    """`records`: no longer shown; `lost`: of them, a version of which cannot be opened; `unseen`:
    of them, away for longer than the schedule declares before it was found. By number."""

    records: int
    lost: tuple[int, ...]
    unseen: tuple[int, ...]


class Borttaget:
    """What is no longer shown of the subject's accounts."""

    id = "A-BORTTAGET"
    phase = Phase.DRIFT

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Removed:
    """What became of what the accounts no longer show."""
    c, e, went = t.record.c, t.entry.c, t.transition.c
    gone = (c.channel.in_(subject.channels), c.state.in_([one.value for one in REMOVED]))
    without = (
        select(c.seq)
        .join(t.version, t.version.c.record == c.seq)
        .join(t.entry, e.seq == t.version.c.seq)
        .where(*gone, or_(e.key_cohort.is_(None), e.pack.is_(None)))
        .order_by(c.seq)
    )
    absent = (
        select(c.seq, c.channel, went.last_seen, went.first_missed)
        .join(t.transition, went.record == c.seq)
        .where(*gone, went.last_seen.is_not(None), went.first_missed.is_not(None))
        .order_by(c.seq)
    )
    with archive.ledger.database.read() as connection:
        records = connection.scalars(select(c.seq).where(*gone)).all()
        lost = dict.fromkeys(connection.scalars(without))
        rows = connection.execute(absent).all()
        settings = channel_settings(connection)
    every = {
        one: schedule_of(settings[one].schedule, settings[one].interval).deep
        for one in subject.channels
        if one in settings
    }
    return Removed(len(records), tuple(lost), _unseen([(*row,) for row in rows], every))


def _unseen(
    absences: Sequence[tuple[int, int, int, int]], every: Mapping[int, int]
) -> tuple[int, ...]:
    """Records that were away too long: (record, channel, last seen, first missed) in milliseconds,
    against how often everything of a channel is read (seconds)."""
    late = [
        record
        for record, channel, seen, missed in absences
        if channel in every and missed - seen > TIMES * every[channel] * 1000
    ]
    return tuple(dict.fromkeys(late))


def judge(held: Removed) -> Result:
    """UNKNOWN where everything is shown still."""
    data: dict[str, Json] = {
        "records": held.records,
        "lost": list(held.lost),
        "unseen": list(held.unseen),
    }
    sv, en = [], []
    if held.lost:
        sv.append(f"{len(held.lost)} borttagna handlingar går inte att öppna.")
        en.append(f"{len(held.lost)} removed records cannot be opened.")
    if held.unseen:
        sv.append(f"{len(held.unseen)} var borta längre än schemat medger innan det märktes.")
        en.append(f"{len(held.unseen)} were away for longer than the schedule lets pass.")
    if not held.records:
        outcome = Outcome.UNKNOWN
        reason = Wording("Inget har tagits bort eller dolts.", "Nothing was removed or hidden.")
    elif sv:
        outcome, reason = Outcome.FAIL, Wording(" ".join(sv), " ".join(en))
    else:
        outcome = Outcome.PASS
        reason = Wording(
            f"Alla {held.records} borttagna och dolda handlingar finns kvar.",
            f"All {held.records} removed and hidden records are held still.",
        )
    return Result(check=Borttaget.id, outcome=outcome, reason=reason, data=data)


check = Borttaget()
