"""How much is due: counts and bytes per record class, year and channel, and what holds some back.

A year is that of the records' legal days in Sweden. Bytes are those of their versions' and media
files' frames as they are stored; what captures keep between the items is not counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from archiver.db import tables as t
from archiver.db.among import among
from retention.core.evaluate import Evaluation
from retention.due.look import Judged
from retention.links import in_parts
from retention.trigger import swedish_day

_AT_ONCE = 5000
SAMPLE = 20


class DueKey(NamedTuple):
    """What is counted together."""

    authority: int
    code: str
    year: int
    channel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCount:
    """`records` and `size` (bytes) of what may be disposed of; `held` and `answered`: how many
    records nothing but a hold, or a kept answer, keeps. `sample`: some of the first."""

    key: DueKey
    records: int = 0
    size: int = 0
    held: int = 0
    answered: int = 0
    sample: tuple[int, ...] = ()


def due_counts(
    connection: Connection,
    found: Iterable[tuple[Judged, Evaluation]],
    channels: Mapping[int, int],
    *,
    sizes: bool = True,
) -> list[DueCount]:
    """The counts of what was found (`due_set` with what is kept), in order. `channels`: channel →
    authority; without `sizes` nothing more is read, and sizes are 0."""
    tally: dict[DueKey, list[int]] = {}
    samples: dict[DueKey, list[int]] = {}
    for batch in _batches(found):
        going = [evaluation.record for _, evaluation in batch if evaluation.may_go]
        size = stored(connection, going) if sizes else {}
        for judged, evaluation in batch:
            one = judged.subject
            year = swedish_day(one.legal_at).year
            key = DueKey(channels[one.channel], evaluation.rule, year, one.channel)
            counts = tally.setdefault(key, [0, 0, 0, 0])
            if evaluation.may_go:
                counts[0] += 1
                counts[1] += size.get(one.record, 0)
                some = samples.setdefault(key, [])
                if len(some) < SAMPLE:
                    some.append(one.record)
            else:
                counts[2 if evaluation.holds else 3] += 1
    return [
        DueCount(
            key=key,
            records=counts[0],
            size=counts[1],
            held=counts[2],
            answered=counts[3],
            sample=tuple(sorted(samples.get(key, ()))),
        )
        for key, counts in sorted(tally.items())
    ]


def _batches(
    found: Iterable[tuple[Judged, Evaluation]],
) -> Iterator[list[tuple[Judged, Evaluation]]]:
    rest = iter(found)
    while batch := list(islice(rest, _AT_ONCE)):
        yield batch


def stored(connection: Connection, records: Collection[int]) -> dict[int, int]:
    """Record → how many bytes its versions and media files take."""
    found = dict[int, int]()
    v, c, e = t.version.c, t.component.c, t.entry.c
    versions = select(v.record, func.sum(e.length)).join_from(t.version, t.entry, e.seq == v.seq)
    parts = (
        select(v.record, func.sum(e.length))
        .join_from(t.version, t.component, c.version == v.seq)
        .join(t.entry, e.seq == c.seq)
    )
    for some in in_parts(records):
        for query in (versions, parts):
            rows = connection.execute(query.where(among(v.record, some)).group_by(v.record))
            for record, size in rows:
                found[record] = found.get(record, 0) + int(size or 0)
    return found
