"""A-ORDNAD (row 4.1): what is kept in order is found, by day, direction, account and free text.

What is neither secret nor registered may instead be kept so that it is easily seen whether and when
it came in (OSL 5:1). A sample of each account is looked for in the way that people search, each
record by all four at once. The sample is reproducible: its seed is the Swedish day, the account and
how many records there are, and places are drawn from the order of legal dates. How long it takes is
nothing that this row asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from archiver.core.calendar import day_ends, stockholm_date
from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.core.search import SearchIndex
from archiver.db import tables as t
from archiver.db.apart import ApartState
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.search.language import words

SIZE = 5  # records of each account


class Sample(NamedTuple):
    """`day`: the seed, with `population` open records; `records`: that were looked for; `lost`: of
    them, not found; `behind`: the index does not hold everything yet."""

    day: str
    population: int
    records: tuple[int, ...]
    lost: tuple[int, ...]
    behind: bool


class Drawn(NamedTuple):
    """A record that is looked for; `latest`: its newest version, `legal_at` in milliseconds UTC."""

    seq: int
    latest: int
    channel: int
    legal_at: int
    origin: str


class Ordnad:
    """The order of the subject's accounts."""

    id = "A-ORDNAD"
    phase = Phase.DRIFT

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def drawn(day: str, channel: int, population: int, size: int = SIZE) -> list[int]:
    """Places in an account's order, from 0, that are looked at on a day: at most `size`, each once;
    all of them if there are no more."""
    if population <= size:
        return list(range(population))
    places = dict[int, None]()
    for digest in _digests(f"A-ORDNAD {day} C{channel} {population}"):
        if len(places) == size:
            break
        places[int.from_bytes(digest[:8]) % population] = None
    return sorted(places)


def _digests(seed: str) -> Iterator[bytes]:
    number = 0
    while True:
        yield sha256(f"{seed} {number}".encode()).digest()
        number += 1


def gather(subject: Subject, archive: Archive) -> Sample | None:
    """What of a sample is found; None where there is no index to search."""
    if archive.search is None:
        return None
    day = stockholm_date(subject.now).isoformat()
    population, rows = 0, list[Drawn]()
    with archive.ledger.database.read() as connection:
        for channel in subject.channels:
            count, some = _sample(connection, channel, day)
            population, rows = population + count, rows + some
    opened = archive.ledger.open([row.latest for row in rows])
    lost, behind = list[int](), False
    for row in rows:
        said = opened[row.latest].envelope
        told = words(f"{said.get('title', '')} {said.get('text', '')}")
        found, late = _is_found(archive.search, row, max(told, key=len, default=""))
        behind = behind or late
        if not found:
            lost.append(row.seq)
    return Sample(day, population, tuple(row.seq for row in rows), tuple(lost), behind)


def _sample(connection: Connection, channel: int, day: str) -> tuple[int, list[Drawn]]:
    """How many open records an account has, and those of them that are drawn."""
    c, a = t.record.c, t.apart.c
    apart = select(a.record).where(a.record == c.seq, a.state != ApartState.OPEN.value)
    of_it = (c.channel == channel, ~apart.exists())
    population = connection.scalar(select(func.count()).where(*of_it)) or 0
    query = select(c.seq, c.latest, c.channel, c.legal_at, c.origin).where(*of_it)
    query = query.order_by(c.legal_at, c.seq).limit(1)
    places = drawn(day, channel, population)
    return population, [Drawn._make(connection.execute(query.offset(one)).one()) for one in places]


def _is_found(search: SearchIndex, row: Drawn, word: str) -> tuple[bool, bool]:
    """Whether a search by day, direction, account and a word of it finds the record, and whether
    the index is behind. Without a word (a picture) it is looked for by the other three."""
    day = stockholm_date(row.legal_at)
    page = search.search(
        f'"{word}"' if word else "",
        channels=[row.channel],
        records=[row.seq],
        origins=[row.origin],
        since_ms=day_ends(day - timedelta(days=1)),
        until_ms=day_ends(day),
        limit=1,
    )
    return page.total > 0, page.lag


def judge(sample: Sample | None) -> Result:
    """UNKNOWN without an index, or one that is behind, or without records."""
    if sample is None or not sample.records:
        what = (
            Wording("Här finns inget index att söka i.", "There is no index to search here.")
            if sample is None
            else Wording("Inget är arkiverat ännu.", "Nothing is archived yet.")
        )
        return Result(check=Ordnad.id, outcome=Outcome.UNKNOWN, reason=what)
    data: dict[str, Json] = {
        **sample._asdict(),
        "records": list(sample.records),
        "lost": list(sample.lost),
    }
    if sample.lost and sample.behind:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            "Sökindexet har inte hunnit ikapp arkivet.", "The index has not caught up yet."
        )
    elif sample.lost:
        outcome = Outcome.FAIL
        which = ", ".join(f"R{one}" for one in sample.lost)
        reason = Wording(
            f"{which} hittas inte på dag, riktning, konto och ord.",
            f"{which} are not found by day, direction, account and word.",
        )
    else:
        outcome = Outcome.PASS
        number = len(sample.records)
        reason = Wording(
            f"{number} slumpvis valda av {sample.population} handlingar hittas på dag, riktning, "
            "konto och ord.",
            f"{number} drawn of {sample.population} records are found by day, direction, account "
            "and word.",
        )
    return Result(check=Ordnad.id, outcome=outcome, reason=reason, data=data)


check = Ordnad()
