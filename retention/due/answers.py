"""What answers a record, directly or deeper, and which of it is kept.

An answer names what it answers (`parent`) and where its thread begins (`root`) by the tokens of the
tables. A post's answers are all of its thread; a comment's are those that name it, and so on.
Whatever platforms send, a circle ends: nothing is read twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, select

from archiver.db import tables as t
from archiver.db.among import among
from retention.due.subjects import subjects
from retention.links import AT_MOST, in_parts
from retention.trigger import Subject

NAMED = 3  # answers that a trace names


@dataclass(frozen=True, slots=True)
class Below:
    """Everything under some records: `subjects` by number, those records not among them unless one
    answers another; `answered`: record → what it answers."""

    subjects: dict[int, Subject] = field(default_factory=dict)
    answered: dict[int, set[int]] = field(default_factory=dict)


def below(
    connection: Connection, records: Iterable[Subject], known: Mapping[int, Subject]
) -> Below:
    """Everything that answers these records; what is `known` is not read again."""
    found, seen = Below(), set[int]()
    level = [one for one in records if one.answered]
    while level:
        seen.update(one.record for one in level)
        answers = set[int]()
        for column, bit in ((t.record.c.parent, 1), (t.record.c.root, 2)):
            named = [one for one in level if one.answered & bit]
            for answer, above_ in _naming(connection, column, named):
                answers.add(answer)
                of = found.answered.setdefault(answer, set())
                if answer != above_:
                    of.add(above_)
        new = answers - found.subjects.keys()
        read = subjects(connection, [seq for seq in new if seq not in known])
        found.subjects.update({seq: known[seq] for seq in new if seq in known})
        found.subjects.update({one.record: one for one in read})
        following = [found.subjects[seq] for seq in new if seq in found.subjects]
        level = [one for one in following if one.answered and one.record not in seen]
    return found


def _naming(
    connection: Connection, column: ColumnElement[bytes], level: Sequence[Subject]
) -> Iterator[tuple[int, int]]:
    """What names some of these records in a column of the table `record`, and which it names."""
    r, named = t.record.c, t.record.alias("named")
    joined = select(r.seq, named.c.seq).join_from(
        named, t.record, (r.channel == named.c.channel) & (column == named.c.native)
    )
    for part in in_parts([one.record for one in level]):
        yield from connection.execute(joined.where(among(named.c.seq, part)))


def kept_under(
    answered: Mapping[int, Collection[int]], kept: Iterable[int]
) -> dict[int, tuple[int, ...]]:
    """Record → some of the kept records under it, the lowest numbers first; a record that no kept
    one answers is left out. `kept`: those that are kept for reasons of their own."""
    found: dict[int, list[int]] = {}
    for one in sorted(kept):
        waiting, seen = deque(answered.get(one, ())), {one}
        while waiting:
            above = waiting.popleft()
            names = found.setdefault(above, [])
            if above in seen or len(names) >= NAMED:
                continue  # what is above it has as many already
            seen.add(above)
            names.append(one)
            waiting.extend(answered.get(above, ()))
    return {above: tuple(names) for above, names in found.items() if names}


def above(connection: Connection, records: Sequence[Subject]) -> set[int]:
    """The records that these answer, directly or deeper, as far as they are held."""
    found, r = set[int](), t.record.c
    level = {(one.channel, token) for one in records for token in (one.parent, one.root) if token}
    asked = set(level)
    while level:
        upper = set[tuple[int, bytes]]()
        for channel in {channel for channel, _ in level}:
            natives = sorted(token for of, token in level if of == channel)
            for start in range(0, len(natives), AT_MOST):
                query = select(r.seq, r.parent, r.root).where(
                    r.channel == channel, r.native.in_(natives[start : start + AT_MOST])
                )
                for seq, parent, root in connection.execute(query):
                    found.add(seq)
                    upper |= {(channel, token) for token in (parent, root) if token}
        level = upper - asked
        asked |= level
    return found


def roots(connection: Connection, records: Sequence[Subject]) -> dict[int, int]:
    """Record → the record its thread begins with, where that is held: open, or kept apart. An
    earlier state of a comment is in the comment's thread."""
    level = {(one.channel, one.root) for one in records if one.root}
    known: dict[tuple[int, bytes], tuple[int, bytes | None]] = {}
    while level:
        upper = set[tuple[int, bytes]]()
        for channel in {channel for channel, _ in level}:
            natives = sorted(token for of, token in level if of == channel and token)
            for start in range(0, len(natives), AT_MOST):
                part = natives[start : start + AT_MOST]
                for native, seq, root in _held(connection, channel, part):
                    known[channel, native] = (seq, root)
                    if root and (channel, root) not in known:
                        upper.add((channel, root))
        level = upper
    found = dict[int, int]()
    for one in records:
        token, seen = one.root, set[bytes]()
        while token and token not in seen and (place := known.get((one.channel, token))):
            seen.add(token)
            found[one.record], token = place
    return found


def _held(
    connection: Connection, channel: int, natives: Sequence[bytes]
) -> Iterable[tuple[bytes, int, bytes | None]]:
    """(token, record, its own root's token). Of what was stopped, only its row in `apart` is left:
    a hold on the thread it began holds all the same."""
    r, a = t.record.c, t.apart.c
    stopped = select(a.native, a.record).where(a.channel == channel, a.native.in_(natives))
    for native, seq in connection.execute(stopped):
        yield native, seq, None
    query = select(r.native, r.seq, r.root).where(r.channel == channel, r.native.in_(natives))
    for row in connection.execute(query):
        yield row.native, row.seq, row.root
