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

from sqlalchemy import Column, Connection, select

from archiver.core.event import EventType
from archiver.core.observation import REVISION
from archiver.db import tables as t
from archiver.db.among import among
from archiver.ledger.service import Ledger
from archiver.store.seal import Opened

_AT_ONCE, _ROWS = 500, 5000  # frames, rows of tables
_LINE = 12
_RAW = 24


class Belonging(NamedTuple):
    """Records with their revisions, and the entries that hold what they say."""

    records: tuple[int, ...]
    entries: frozenset[int]


def belonging(ledger: Ledger, connection: Connection, records: Collection[int]) -> Belonging:
    """What belongs to some records, of one channel or several, as the tables behind `connection`
    know it. Opens every capture of their channels once (some 40 µs each), and the records' own
    versions only where an answer was kept whole or a message was pushed."""
    r, held = t.record.c, dict[int, set[int]]()
    for channel, seq in _rows(connection, (r.channel, r.seq), r.seq, records):
        held.setdefault(channel, set()).add(seq)
    all_records, entries = set[int](), set[int]()
    for channel, of in sorted(held.items()):
        mine = of | _revisions(connection, channel, of)
        all_records |= mine
        entries |= _of_channel(ledger, connection, channel, mine)
    return Belonging(tuple(sorted(all_records)), frozenset(entries))


def _revisions(connection: Connection, channel: int, records: Collection[int]) -> set[int]:
    """The earlier states of records of one channel that the platform told of."""
    r = t.record.c
    query = select(r.seq, r.parent).where(r.channel == channel, r.kind == REVISION)
    told = connection.execute(query).all()
    if not told:
        return set()
    natives = {native for (native,) in _rows(connection, (r.native,), r.seq, records)}
    return {seq for seq, parent in told if parent in natives}


def _of_channel(
    ledger: Ledger, connection: Connection, channel: int, records: Collection[int]
) -> set[int]:
    """The entries that hold what these records of one channel say."""
    v, c = t.version.c, t.component.c
    versions = {seq for (seq,) in _rows(connection, (v.seq,), v.record, records)}
    parts = {seq for (seq,) in _rows(connection, (c.seq,), c.version, versions)}
    entries = {*versions, *parts}
    named: set[int] | None = None
    words = _Words(ledger, versions)
    for capture, exchange, content in _captures(ledger, connection, channel):
        whole = bool(content.envelope["whole"])
        shows = _refers(capture, content.envelope, versions, records)
        if whole and not shows:
            named = set(_named(ledger, connection, records)) if named is None else named
            shows = capture in named or words.held_in(content.raw)
        if shows:
            entries |= {exchange, capture} if whole else {exchange}
    entries.update(_pushed(ledger, connection, channel, words))
    return entries


def _rows(
    connection: Connection,
    wanted: Sequence[Column[Any]],
    column: Column[Any],
    values: Collection[int],
) -> Iterator[Sequence[Any]]:
    """The wanted columns of a table's rows, where one of its columns has some of these values."""
    ordered = sorted(values)
    for start in range(0, len(ordered), _ROWS):
        query = select(*wanted).where(among(column, ordered[start : start + _ROWS]))
        yield from connection.execute(query).all()


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
    runs = {run for (run,) in _rows(connection, (s.seq,), s.record, records)}
    for run in sorted(runs):
        payload: Mapping[str, Any] = ledger.event(run)
        asked = {line["exchange"] for line in payload["states"] if line["record"] in records}
        yield from (line[5] for line in payload["exchanges"] if line[0] in asked and line[5])


def _pushed(ledger: Ledger, connection: Connection, channel: int, words: _Words) -> Iterator[int]:
    """Messages pushed for the channel that hold any of the words."""
    e = t.entry.c
    query = select(e.seq).where(e.type == EventType.PUSH_RECEIVED.value).order_by(e.seq)
    for seq, content in _opened(ledger, list(connection.scalars(query))):
        if content.envelope["channel"] == channel and words.held_in(content.raw):
            yield seq


class _Words:
    """The byte strings by which some versions' content is known again, read when first needed."""

    def __init__(self, ledger: Ledger, versions: Collection[int]) -> None:
        self._ledger, self._versions = ledger, sorted(versions)
        self._by_start: dict[bytes, list[bytes]] | None = None

    def held_in(self, body: bytes) -> bool:
        """Whether a body holds any of them. Its windows are looked up, so that many words cost no
        more than one."""
        if self._by_start is None:
            self._by_start = {}
            for _, version in _opened(self._ledger, self._versions):
                for word in _words(version):
                    self._by_start.setdefault(word[:_LINE], []).append(word)
        starts = self._by_start
        return any(
            body.startswith(word, at)
            for at in range(len(body) - _LINE + 1)
            for word in starts.get(body[at : at + _LINE], ())
        )


def _words(version: Opened) -> Iterator[bytes]:
    """Byte strings by which a version's content is known again."""
    if len(version.raw) >= _RAW:
        yield version.raw
    native = str(version.envelope.get("native_id", ""))
    if len(native) >= _LINE:  # a long one is nobody else's; a push names it
        yield native.encode()
    for name in ("text", "title"):
        for line in str(version.envelope.get(name, "")).splitlines():
            text = line.strip()
            if len(text) >= _LINE:
                forms = {text, html.escape(text), html.escape(text, quote=False)}
                for form in forms:
                    yield form.encode()
                    yield json.dumps(form)[1:-1].encode()
                    yield json.dumps(form).replace("/", "\\/")[1:-1].encode()  # as PHP writes it
                    yield json.dumps(form, ensure_ascii=False)[1:-1].encode()
