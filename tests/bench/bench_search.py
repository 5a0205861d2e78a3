"""B7: full-text search over a million records, top 20 with highlights, filters and the total.

Product and peers answer the same questions over the same invented comments, taking turns. Each
question is a person's: one word, two, a phrase, a beginning, a part of a compound; and each is
narrowed to one authority, half of them to a state, a direction and a period too. The peers do what
they can: SQLite FTS5 knows no Swedish and is asked for beginnings instead; PostgreSQL stems, but
neither finds a part inside a compound. What a peer's index lacks of the product's is not made up.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

import psycopg

from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.ledger.service import Ledger
from archiver.search.indexer import Indexer
from archiver.search.query import Phrase, Prefix, Word, parse
from archiver.search.reader import TantivySearch
from archiver.store.keys import channel_key_name
from archiver.store.seal import FrameKind, seal
from tests.bench.measure import Figure, Ratio, cpu
from tests.bench.place import open_ledger
from tests.postgres import NoServer, end, new_server

GOAL = 20_000  # microseconds, p95
_TOP = 20
_BATCH = 5000
_AUTHORITIES, _CHANNELS = 4, 12
_YEARS = (2022, 2023, 2024, 2025, 2026)
_MINUTE = 60_000
_PERIOD = tuple(int(datetime(y, 3, 1, tzinfo=UTC).timestamp() * 1000) for y in (2023, 2025))
_STATES = ("visible",) * 18 + ("hidden", "gone_confirmed")

_COMMON = """och det att i en som på är av för med till den har de inte om ett men jag så vid kan
man när år under också efter eller nu sin där vi mot ska kommer ut får finns vara hade alla mycket
mer här då sedan bara in blir upp även vad vill ha många hur dag tack undrar varför igen alltid"""
_FIRST = """snö väg gat cykel skol för grund bygg bad park lek vatten avlopps sop äldre hem buss
kultur biblioteks idrotts ishalls trafik hastighets kommun miljö skogs strand brand farlig natt
sommar vinter ungdoms fritids musik torg gräs träd lamp bro bullers plan detalj bostads hyres"""
_LAST = """röjning arbete väg bana skola lov hus plats ledning avgift hämtning vård tjänst linje
program hall skylt gräns nämnd plan zon yta larm område kurs karta avtal beslut kontroll sammanträde
förbud tillstånd ansökan påminnelse klagomål felanmälan öppettider parkering belysning asfalt"""
_ENDS = ("", "", "", "en", "et", "er", "erna", "ens", "s")


@cache
def _vocabulary() -> tuple[list[str], list[float]]:
    """Words and how often they come, about as 1 / rank, as words do."""
    random = Random(7)
    made = [a + b + end for a in _FIRST.split() for b in _LAST.split() for end in set(_ENDS)]
    made += [b + end for b in _LAST.split() for end in sorted(set(_ENDS))]
    made.sort()
    random.shuffle(made)
    words = [*_COMMON.split(), *made]
    total, weights = 0.0, list[float]()
    for rank in range(1, len(words) + 1):
        total += 1 / rank
        weights.append(total)
    return words, weights


class Comment(NamedTuple):
    """An invented comment; instants are milliseconds UTC."""

    text: str
    author: str
    authority: int
    channel: int
    state: str
    origin: str
    at: int


def comments(count: int) -> Iterator[Comment]:
    """The same ones in every run."""
    words, weights = _vocabulary()
    random = Random(1)
    for number in range(count):
        text = " ".join(random.choices(words, cum_weights=weights, k=random.randint(4, 24)))
        channel = random.randrange(_CHANNELS)
        year = _YEARS[number * len(_YEARS) // count]
        since = int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000)
        yield Comment(
            text=text.capitalize() + random.choice(".!?"),
            author=f"Person {random.randrange(40_000)}",
            authority=channel % _AUTHORITIES,
            channel=channel,
            state=random.choice(_STATES),
            origin="received" if random.random() < 0.9 else "drawn_up",
            at=since + random.randrange(500_000) * _MINUTE,
        )


def questions(count: int) -> list[str]:
    """What is asked: words of every frequency, pairs, phrases, beginnings, parts of compounds."""
    random = Random(count)
    lasts, firsts, common = _LAST.split(), _FIRST.split(), _COMMON.split()
    ways: Sequence[Callable[[], str]] = (
        lambda: random.choice(firsts) + random.choice(lasts),
        lambda: random.choice(lasts),
        lambda: f"{random.choice(common)} {random.choice(firsts)}{random.choice(lasts)}",
        lambda: f'"{random.choice(common)} {random.choice(common)}"',
        lambda: random.choice([one for one in firsts if len(one) > 3]) + "*",
        lambda: random.choice(common[20:]),
    )
    return [ways[number % len(ways)]() for number in range(count)]


class Asked(NamedTuple):
    """A question with its filters."""

    query: str
    authority: int
    narrow: bool


Answer = Callable[[Asked], int]  # … with the total of hits


def fill(home: Path, count: int) -> tuple[Ledger, list[int]]:
    """A home with `count` records, sealed and projected; its authorities' numbers."""
    ledger = open_ledger(home)
    ledger.create("matning", {"name": "Testköping"})
    with ledger.writer() as writer:
        authorities = [
            writer.append_event(EventType.AUTHORITY_ADDED, {"code": f"N{n}", "name": "N"}, cohort=0)
            for n in range(_AUTHORITIES)
        ]
        channels = []
        for number in range(_CHANNELS):
            writer.new_secret(channel_key_name(writer.next_seq))
            owner = authorities[number % _AUTHORITIES]
            payload: dict[str, Json] = {"authority": owner, "platform": "demo", "interval": 3600}
            channels.append(writer.append_event(EventType.CHANNEL_ADDED, payload, cohort=0))
    made = comments(count)
    for first in range(0, count, _BATCH):
        with ledger.writer() as writer:
            for number in range(first, min(first + _BATCH, count)):
                one = next(made)
                cohort = writer.cohort(authorities[one.authority], "content")
                envelope = _envelope(one, channels[one.channel], number)
                sealed = seal(FrameKind.VERSION, envelope, b"{}", random=os.urandom)
                writer.append(EventType.VERSION, sealed, cohort)
    return ledger, authorities


def _envelope(one: Comment, channel: int, number: int) -> dict[str, Json]:
    return {
        "channel": channel,
        "kind": "comment",
        "native_id": str(number),
        "state": one.state,
        "text": one.text,
        "author_name": one.author,
        "origin": one.origin,
        "legal_at": one.at,
        "legal_basis": "platform",
        "captured_at": one.at,
        "capture": 1,
        "changes": ["created"],
        "normaliser": 1,
        "n": 1,
    }


def product(ledger: Ledger, home: Path, authorities: Sequence[int], *, timeline: bool) -> Answer:
    """Search as the page asks it."""
    search = TantivySearch(ledger, home / "index")

    def answer(asked: Asked) -> int:
        return search.search(
            asked.query,
            authorities=[authorities[asked.authority]],
            states=["visible"] if asked.narrow else None,
            origins=["received"] if asked.narrow else None,
            since_ms=_PERIOD[0] if asked.narrow else None,
            until_ms=_PERIOD[1] if asked.narrow else None,
            limit=_TOP,
            timeline=timeline,
        ).total

    return answer


_COLUMNS = "authority, state, origin, at"
_NARROW = "AND state = {0} AND origin = {0} AND at >= {0} AND at < {0}"


def _values(asked: Asked) -> list[object]:
    return [asked.authority, *(("visible", "received", *_PERIOD) if asked.narrow else ())]


def fts5(folder: Path, count: int) -> Answer:
    """SQLite's full text, as its manual says to build it."""
    base = sqlite3.connect(folder / "fts.sqlite")
    base.execute(f"CREATE TABLE record (id INTEGER PRIMARY KEY, text, {_COLUMNS})")
    tokenizer = "tokenize='unicode61 remove_diacritics 0', prefix='2 3'"
    base.execute(
        f"CREATE VIRTUAL TABLE words USING fts5(text, {tokenizer}, content='record', "
        "content_rowid='id')"
    )
    rows = ((one.text, one.authority, one.state, one.origin, one.at) for one in comments(count))
    base.executemany(f"INSERT INTO record (text, {_COLUMNS}) VALUES (?,?,?,?,?)", rows)
    base.execute("INSERT INTO words(words) VALUES ('rebuild')")
    base.execute("INSERT INTO words(words) VALUES ('optimize')")
    base.commit()
    found = (
        "FROM words JOIN record ON record.id = words.rowid WHERE words MATCH ? AND authority = ?"
    )

    def answer(asked: Asked) -> int:
        where = found + (" " + _NARROW.format("?") if asked.narrow else "")
        values = [_fts_query(asked.query), *_values(asked)]
        total: int = base.execute(f"SELECT count(*) {where}", values).fetchone()[0]
        shown = "words.rowid, snippet(words, 0, '‹', '›', '…', 30)"
        base.execute(f"SELECT {shown} {where} ORDER BY rank LIMIT {_TOP}", values).fetchall()
        return total

    return answer


def _fts_query(query: str) -> str:
    parts = []
    for clause in parse(query):
        match clause:
            case Phrase(words):
                parts.append('"' + " ".join(words) + '"')
            case Prefix(text) | Word(text):
                parts.append(f'"{text}"*')
    return " ".join(parts)


def postgres(connection: psycopg.Connection, count: int) -> Answer:
    """PostgreSQL's full text with its Swedish dictionary and a GIN index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE record (id serial PRIMARY KEY, text text, authority int, state text, "
            "origin text, at bigint, words tsvector)"
        )
        columns = f"(text, {_COLUMNS})"
        with cursor.copy(f"COPY record {columns} FROM STDIN") as copy:
            for one in comments(count):
                copy.write_row((one.text, one.authority, one.state, one.origin, one.at))
        cursor.execute("UPDATE record SET words = to_tsvector('swedish', text)")
        cursor.execute("CREATE INDEX ON record USING gin (words)")
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM (FULL, ANALYZE) record")

    def answer(asked: Asked) -> int:
        narrow = _NARROW.format("%s") if asked.narrow else ""
        # What is shown is made for the twenty only.
        statement = f"""
            WITH q AS (SELECT {_pg_query(asked.query)} AS q),
            found AS (
              SELECT id, text, ts_rank(words, q) AS rank, count(*) OVER () AS total
              FROM record, q WHERE words @@ q AND authority = %s {narrow}
              ORDER BY rank DESC LIMIT {_TOP})
            SELECT total, ts_headline('swedish', text, q) FROM found, q"""
        rows = connection.execute(statement, _values(asked)).fetchall()
        return int(rows[0][0]) if rows else 0

    return answer


def _pg_query(query: str) -> str:
    parts = []
    for clause in parse(query):
        match clause:
            case Phrase(words):
                parts.append(f"phraseto_tsquery('swedish', '{' '.join(words)}')")
            case Prefix(text):
                parts.append(f"to_tsquery('swedish', '{text}:*')")
            case Word(text):
                parts.append(f"plainto_tsquery('swedish', '{text}')")
    return " && ".join(parts)


class _Taken(NamedTuple):
    wall: float  # microseconds
    cpu: float


def _timed(answer: Answer, asked: Sequence[Asked]) -> list[_Taken]:
    taken = []
    for one in asked:
        wall, used = time.perf_counter(), cpu()
        answer(one)
        used, wall = cpu() - used, time.perf_counter() - wall
        taken.append(_Taken(wall * 1e6, used * 1e6))
    return taken


def _share(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _figures(name: str, taken: Sequence[_Taken], rounds: int, *, goal: bool) -> list[Figure]:
    return [
        Figure(
            bench="B7",
            name=f"{name}, {label}",
            peer=not name.startswith("diarkiv"),
            unit="search",
            cpu=_share([one.cpu for one in taken], share),
            wall=_share([one.wall for one in taken], share),
            units=len(taken) // rounds,
            rounds=rounds,
            goal=GOAL if goal and label == "p95" else None,
            note="warm; the server's own CPU is not counted" if "Postgre" in name else "warm",
        )
        for label, share in (("p50", 0.5), ("p95", 0.95))
    ]


def _asked(count: int) -> list[Asked]:
    return [
        Asked(query, number % _AUTHORITIES, number // len(_STATES) % 2 == 1)
        for number, query in enumerate(questions(count))
    ]


def run(count: int, rounds: int, queries: int = 120) -> tuple[list[Figure], list[Ratio]]:
    """B7, and B13's row for it: the same questions at a tenth of the records."""
    asked = _asked(queries)
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    server = None
    try:
        contenders: dict[str, Answer] = {}
        for name, size in (("less", count // 10), ("home", count)):
            home = folder / name
            ledger, authorities = fill(home, size)
            start = time.perf_counter()
            with Indexer(ledger, home / "index") as indexer:
                indexer.rebuild()
            spent = time.perf_counter() - start
            print(f"B7: {size:,} records indexed at {size / spent:,.0f}/s", file=sys.stderr)
            key = "diarkiv" if name == "home" else "less"
            contenders[key] = product(ledger, home, authorities, timeline=False)
        contenders["diarkiv with timeline"] = product(ledger, home, authorities, timeline=True)
        contenders["SQLite FTS5"] = fts5(folder, count)
        try:
            server = new_server("shared_buffers=512MB")
            contenders["PostgreSQL"] = postgres(psycopg.connect(server.url()), count)
        except NoServer:
            print("B7: there is no PostgreSQL to compare with", file=sys.stderr)
        return _measured(contenders, asked, rounds, count)
    finally:
        if server:
            end(server)
        shutil.rmtree(folder)


def _measured(
    contenders: dict[str, Answer], asked: Sequence[Asked], rounds: int, count: int
) -> tuple[list[Figure], list[Ratio]]:
    names = list(contenders)
    taken: dict[str, list[_Taken]] = {name: [] for name in names}
    for name in names:
        _timed(contenders[name], asked)  # warm
    for turn in range(rounds):
        at = turn % len(names)
        for name in (*names[at:], *names[:at]):
            taken[name] += _timed(contenders[name], asked)
    less = taken.pop("less")
    figures = [
        one
        for name, each in taken.items()
        for one in _figures(name, each, rounds, goal=name.startswith("diarkiv"))
    ]
    ratios = [
        Ratio(
            bench="B7",
            name=f"diarkiv / {peer}, wall {label}",
            value=_share([t.wall for t in taken["diarkiv"]], share)
            / _share([t.wall for t in taken[peer]], share),
        )
        for peer in ("SQLite FTS5", "PostgreSQL")
        if peer in taken
        for label, share in (("p50", 0.5), ("p95", 0.95))
    ]
    medians = [statistics.median(t.cpu for t in each) for each in (less, taken["diarkiv"])]
    growth = Ratio(
        bench="B13",
        name=f"search, p50, {count // 10:,} → {count:,}",
        value=medians[1] / max(medians[0], 1),
        goal=1.3,
        note=f"{medians[0]:.0f} and {medians[1]:.0f} µs of CPU; every hit is counted",
    )
    return figures, [*ratios, growth]
