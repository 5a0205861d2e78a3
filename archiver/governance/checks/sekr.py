"""A-SEKR (row 4.3): what is registered as possibly secret is marked as OSL 5:5 asks for, and apart.

A marking names the provision, the day and the authority that made it. What it covers is out of the
open store: what is secret is not mixed with what is merely kept in order (OSL 5:1). Entries that
were voided, or unmarked since, say nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import or_, select

from archiver.core.access import LOCAL
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.reason import Wording
from archiver.db import register_tables as r
from archiver.db import tables as t
from archiver.db.apart import ApartState
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.registry import queries
from archiver.registry.queries import SECRET_LEVEL
from archiver.registry.reading import RegisterReader

_AT_A_TIME = 500  # entries


class Marked(NamedTuple):
    """`entries`: that are possibly secret; `unmarked`: of them, without a provision, a day or an
    authority; `mixed`: records of them that lie in the open store. All by number."""

    entries: int
    unmarked: tuple[int, ...]
    mixed: tuple[int, ...]


class Sekr:
    """The secret entries of the subject's accounts."""

    id = "A-SEKR"
    phase = Phase.DRIFT

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Marked:
    """How the secret entries of the accounts stand. Opens their open half only."""
    e, held, change = r.register_entry.c, r.entry_record.c, r.register_change.c
    marked = select(change.of).where(change.type == EventType.SECRECY_MARKED.value)
    of_the_accounts = (
        select(held.record, held.entry)
        .join(t.record, t.record.c.seq == held.record)
        .join(r.register_entry, e.seq == held.entry)
        .where(t.record.c.channel.in_(subject.channels))
        .where(or_(e.level == SECRET_LEVEL, e.seq.in_(marked)))
    )
    a = t.apart.c
    with archive.ledger.database.read() as connection:
        pairs = connection.execute(of_the_accounts).all()
        seqs = sorted({entry for _, entry in pairs})
        secret, unmarked = set[int](), list[int]()
        for start in range(0, len(seqs), _AT_A_TIME):
            part = seqs[start : start + _AT_A_TIME]
            rows = queries.entries(
                connection, [subject.authority], before=None, limit=len(part), seqs=part
            )
            reader = RegisterReader(archive.ledger)
            for one in reader.build(connection, LOCAL, rows, full=False):
                taken_off = one.markings and one.marking is None
                if one.voided or taken_off:
                    continue
                secret.add(one.seq)
                said = one.marking
                if said is None or not (said.clause and said.day and said.authority):
                    unmarked.append(one.seq)
        apart = set(
            connection.scalars(
                select(a.record).where(
                    a.channel.in_(subject.channels), a.state != ApartState.OPEN.value
                )
            )
        )
    mixed = {record for record, entry in pairs if entry in secret} - apart
    return Marked(len(secret), tuple(sorted(unmarked)), tuple(sorted(mixed)))


def judge(held: Marked) -> Result:
    """UNKNOWN where nothing is registered as possibly secret."""
    sv, en = [], []
    if held.unmarked:
        sv.append(f"{len(held.unmarked)} hemliga poster saknar bestämmelse, dag eller myndighet.")
        en.append(f"{len(held.unmarked)} secret entries lack provision, day or authority.")
    if held.mixed:
        sv.append(f"{len(held.mixed)} hemliga handlingar ligger bland de öppna.")
        en.append(f"{len(held.mixed)} secret records lie among the open ones.")
    if not held.entries:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            "Inget är registrerat som hemligt.", "Nothing is registered as possibly secret."
        )
    elif sv:
        outcome, reason = Outcome.FAIL, Wording(" ".join(sv), " ".join(en))
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Varje hemlig post har bestämmelse, dag och myndighet, och hålls avskild.",
            "Every secret entry has provision, day and authority, and is kept apart.",
        )
    data: dict[str, Json] = {
        "entries": held.entries,
        "unmarked": list(held.unmarked),
        "mixed": list(held.mixed),
    }
    return Result(check=Sekr.id, outcome=outcome, reason=reason, data=data)


check = Sekr()
