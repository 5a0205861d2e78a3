"""Which entries hold what a record says: those whose keys go with it.

A record's text lies in its versions' frames, each under a key of its own; a skeleton holds none of
it. But it is not only there:
- its media, in components; earlier states that a platform told of, which are records of their own
  (`revision`);
- an answer that was kept *whole* holds the items of all records it shows: it goes along, and the
  others' own frames remain;
- the digest and length of an answer, in its exchange's frame, would let somebody who has the rest
  of it try guesses at a short text: the exchanges of all answers that showed the record go along;
- an answer to a question about the record alone (a run names it), and messages that were pushed.

What is kept whole and names no record is searched for the record's own bytes and for its lines of
text in the forms they take in JSON and HTML. What cannot be found so: a text that a platform wrote
in yet another form in an answer that could not be read at all, lines shorter than twelve characters
there, and what others quote of it in their own words, which is theirs.
"""

from __future__ import annotations

import html
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from archiver.core.event import EventType
from archiver.core.observation import REVISION
from archiver.db import tables as t
from archiver.ledger.service import Ledger
from archiver.store.seal import Opened

_AT_ONCE = 500
_LINE = 12
_RAW = 24


class Belonging(NamedTuple):
    """A record with its revisions, and the entries that hold what they say."""

    records: tuple[int, ...]
    entries: frozenset[int]


def belonging(ledger: Ledger, connection: Connection, record: int) -> Belonging:
    """What belongs to a record as the tables behind `connection` know it. Opens every capture of
    the record's channel: some 40 µs each."""
    r, v = t.record.c, t.version.c
    found = connection.execute(select(r.channel, r.native).where(r.seq == record)).one_or_none()
    if found is None:
        return Belonging((), frozenset())
    query = select(r.seq).where(
        r.channel == found.channel, r.kind == REVISION, r.parent == found.native
    )
    records = (record, *sorted(connection.scalars(query)))
    versions = frozenset(connection.scalars(select(v.seq).where(v.record.in_(records))))
    parts = select(t.component.c.seq).where(t.component.c.version.in_(versions))
    entries = {*versions, *connection.scalars(parts)}
    opened = ledger.open(sorted(versions), protected=True)
    words = frozenset(word for one in opened.values() for word in _words(one))
    named = frozenset(_named(ledger, connection, records))
    for capture, exchange, content in _captures(ledger, connection, found.channel):
        whole = bool(content.envelope["whole"])
        if _refers(capture, content.envelope, versions, records) or (
            whole and (capture in named or _holds(content.raw, words))
        ):
            entries |= {exchange, capture} if whole else {exchange}
    entries.update(_pushed(ledger, connection, found.channel, words))
    return Belonging(records, frozenset(entries))


def _captures(
    ledger: Ledger, connection: Connection, channel: int
) -> Iterator[tuple[int, int, Opened]]:
    c = t.capture.c
    rows = connection.execute(select(c.seq, c.exchange).where(c.channel == channel)).all()
    exchanges = {row.seq: row.exchange for row in rows}
    for seq, content in _opened(ledger, sorted(exchanges)):
        yield seq, exchanges[seq], content


def _opened(ledger: Ledger, seqs: Sequence[int]) -> Iterator[tuple[int, Opened]]:
    for start in range(0, len(seqs), _AT_ONCE):
        yield from ledger.open(seqs[start : start + _AT_ONCE], protected=True).items()


def _refers(
    capture: int, envelope: Mapping[str, Any], versions: Collection[int], records: Collection[int]
) -> bool:
    """Whether an answer showed one of the records."""
    return any(
        ("n" in hole and capture + hole["n"] in versions)
        or ("s" in hole and hole["s"] in versions)
        or ("e" in hole and hole["e"] in records)
        for hole in envelope["holes"]
    )


def _named(ledger: Ledger, connection: Connection, records: Collection[int]) -> Iterator[int]:
    """Captures of answers that a state of one of the records rests on."""
    s = t.transition.c
    for run in sorted(set(connection.scalars(select(s.seq).where(s.record.in_(records))))):
        payload: Mapping[str, Any] = ledger.event(run)
        asked = {line["exchange"] for line in payload["states"] if line["record"] in records}
        yield from (line[5] for line in payload["exchanges"] if line[0] in asked and line[5])


def _pushed(
    ledger: Ledger, connection: Connection, channel: int, words: Collection[bytes]
) -> Iterator[int]:
    """Messages pushed for the channel that hold any of the words."""
    e = t.entry.c
    query = select(e.seq).where(e.type == EventType.PUSH_RECEIVED.value).order_by(e.seq)
    for seq, content in _opened(ledger, list(connection.scalars(query))):
        if content.envelope["channel"] == channel and _holds(content.raw, words):
            yield seq


def _words(version: Opened) -> Iterator[bytes]:
    """Byte strings by which a version's content is known again."""
    if len(version.raw) >= _RAW:
        yield version.raw
    for name in ("text", "title"):
        for line in str(version.envelope.get(name, "")).splitlines():
            text = line.strip()
            if len(text) >= _LINE:
                forms = {text, html.escape(text), html.escape(text, quote=False)}
                for form in forms:
                    yield form.encode()
                    yield json.dumps(form)[1:-1].encode()
                    yield json.dumps(form, ensure_ascii=False)[1:-1].encode()


def _holds(body: bytes, words: Collection[bytes]) -> bool:
    return any(word in body for word in words)
