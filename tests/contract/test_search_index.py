"""The `SearchIndex` contract, over the tantivy adapter and a fake that reads every text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archiver.core.search import Hit, SearchIndex, SearchPage
from archiver.search.indexer import Indexer
from archiver.search.language import plain, stem
from archiver.search.reader import TantivySearch
from tests.unit.search.archive import Archive, Said, at


@dataclass
class FakeSearch:
    """A `SearchIndex` over a list: good enough for tests of what uses one."""

    records: list[tuple[int, Said]] = field(default_factory=list)
    lag: bool = False

    def search(
        self,
        query: str,
        *,
        authorities: Collection[int] | None = None,
        channels: Collection[int] | None = None,
        records: Collection[int] | None = None,
        without: Collection[int] = (),
        kinds: Collection[str] | None = None,
        states: Collection[str] | None = None,
        origins: Collection[str] | None = None,
        edited: bool | None = None,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int = 20,
        offset: int = 0,
        timeline: bool = False,
        older: bool = False,
    ) -> SearchPage:
        found = []
        parts = re.findall(r'["”]([^"”]*)["”]|([^\s"”]+)', plain(query))
        patterns = [p for quoted, bare in parts if (p := _pattern(quoted, bare))]
        for seq, said in self.records:
            day = said.captured_at if said.legal_at is None else said.legal_at
            text = plain(" ".join((said.text, said.title, said.author)))
            spans = [m.span() for p in patterns for m in re.finditer(p, text, re.IGNORECASE)]
            if (
                (channels is None or said.channel in channels)
                and (records is None or seq in records)
                and seq not in without
                and (authorities is None or said.channel - 100 in authorities)
                and (origins is None or said.origin in origins)
                and (edited is None or edited is (said.n > 1))
                and (kinds is None or said.kind in kinds)
                and (states is None or said.state in states)
                and (since_ms is None or day >= since_ms)
                and (until_ms is None or day < until_ms)
                and (patterns or not query.strip())
                and all(re.search(p, text, re.IGNORECASE) for p in patterns)
            ):
                found.append(Hit(seq, seq, float(day), text, tuple(sorted(set(spans)))))
        found.sort(key=lambda hit: (-hit.score, -hit.record))
        page = found[max(0, offset) :][: max(0, limit)]
        months = Counter(f"{datetime.fromtimestamp(h.score / 1000, UTC):%Y-%m}" for h in found)
        line = tuple(sorted(months.items())) if timeline else ()
        return SearchPage(len(found), tuple(page), self.lag, line)


def _pattern(quoted: str, bare: str) -> str:
    words: list[str] = re.findall(r"[^\W_]+", quoted or bare)
    if bare.startswith("*") and words and len(words[0]) >= 3:
        return words[0] if bare.endswith("*") else words[0] + r"\b"
    if quoted or len(words) > 1:
        return r"\b" + r"[\W_]+".join(words) + r"\b" if words else ""
    if not words:
        return ""
    if bare.endswith("*"):
        return r"\b" + words[0]
    base: str = stem(words[0].lower()).removesuffix("an")
    inside: str = base if len(base) >= 4 else words[0]
    if len(base) == 3 and words[0] in (base + "a", base + "an", base + "or"):
        return base + "[aou]"
    return inside if len(inside) >= 3 else rf"\b{inside}\b"


Make = Callable[..., tuple[SearchIndex, list[int], list[int]]]


def tantivy(folder: Path, said: Sequence[Said]) -> tuple[SearchIndex, list[int], list[int]]:
    archive = Archive(folder)
    here, there = archive.channels
    seqs = archive.add(*(_in(one, here if one.channel < 2 else there) for one in said))
    with Indexer(archive.ledger, archive.index) as indexer:
        while indexer.catch_up(3):
            pass
    return TantivySearch(archive.ledger, archive.index), seqs, archive.channels


def fake(_folder: Path, said: Sequence[Said]) -> tuple[SearchIndex, list[int], list[int]]:
    here, there = 101, 102
    seqs = list(range(7, 7 + len(said)))
    placed = [_in(one, here if one.channel < 2 else there) for one in said]
    return FakeSearch(list(zip(seqs, placed, strict=True))), seqs, [here, there]


def _in(said: Said, channel: int) -> Said:
    return replace(said, channel=channel)


SAID = [
    Said(text="Snöröjningen på Storgatan är under all kritik!", legal_at=at(2026, 1), kind="post"),
    Said(text="Tack för röjning av gator och åkrar", legal_at=at(2026, 2)),
    Said(text="Skolan öppnar på måndag", title="Läsåret börjar", legal_at=at(2026, 3)),
    Said(
        text="Skolor i Testköping får nya lån",
        origin="drawn_up",
        legal_at=at(2025, 4),
        captured_at=at(2025, 12),
    ),
    Said(text="Vi har lan på fritidsgården", channel=2, state="spam", legal_at=at(2026, 5)),
    Said(text="O\u0308ppet hus i grundskolan", channel=2, legal_at=at(2026, 6)),
    Said(text="Dnr KS/2026-123 är inte KS/2027-123", author="Östen Åkerö", legal_at=at(2026, 7)),
]


@pytest.fixture(scope="module", params=[tantivy, fake], ids=["tantivy", "fake"])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SearchIndex, list[int], list[int]]:
    made: Made = request.param(tmp_path_factory.mktemp("home"), SAID)
    return made


Made = tuple[SearchIndex, list[int], list[int]]


def hits(made: Made, query: str, **filters: object) -> set[int]:
    """Places in `SAID` of what a query finds."""
    index, seqs, _ = made
    page = index.search(query, **filters)  # type: ignore[arg-type]
    assert page.total == len(page.hits)
    assert not page.lag
    return {seqs.index(hit.record) for hit in page.hits}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("röjning", {0, 1}),
        ("RÖJNINGEN", {0, 1}),
        ("skola", {2, 3, 5}),
        ("skolan", {2, 3, 5}),
        ("skolor", {2, 3, 5}),
        ("lån", {3}),
        ("lan", {2, 4, 5}),  # inside skolan too: finding too much is better than too little
        ("öppet", {5}),
        ("o\u0308ppet", {5}),
        ("läsåret", {2}),
        ("åkerö", {6}),
        ('"skolan"', {2}),
        ('"på storgatan"', {0}),
        ('"storgatan på"', set()),
        ("”på måndag”", {2}),
        ("gat*", {1}),
        ("snö*", {0}),
        ("KS/2026-123", {6}),
        ("KS/2026", {6}),
        ("skolan måndag", {2}),
        ("skolan åkrar", set()),
        ("*gat*", {0, 1}),
        ("gata", {0, 1}),
        ("*gatan", {0}),
        ("*öjning", {1}),
        ("*öjn*", {0, 1}),
        ("snö röjning", {0}),
        ("snöröjningen", {0}),
        ("snöröjningarna", {0}),
        ('skolan "måndag', {2}),
        ("finnsinte", set()),
        ("!!!", set()),
        ('"', set()),
        ("*", set()),
        ("", set(range(7))),
        ("   ", set(range(7))),
    ],
)
def test_finds(made: Made, query: str, expected: set[int]) -> None:
    assert hits(made, query) == expected


def test_filters(made: Made) -> None:
    here, there = made[2]
    assert hits(made, "", channels=[there]) == {4, 5}
    assert hits(made, "", channels={here, there}) == set(range(7))
    assert hits(made, "", channels=[]) == set()
    assert hits(made, "", channels=[10**30, -1]) == set()
    assert hits(made, "", kinds=["post"]) == {0}
    assert hits(made, "", kinds=[]) == set()
    assert hits(made, "", kinds=["\ud800", "x" * 100_000, ""], states=["\x00"]) == set()
    assert hits(made, "", states=["spam", "held"]) == {4}
    assert hits(made, "", states=["visible"]) == set(range(7)) - {4}
    assert hits(made, "skolan", channels=[there], states=["visible"]) == {5}


def test_chosen_records_and_those_left_out(made: Made) -> None:
    seqs = made[1]
    assert hits(made, "", records=[seqs[2], seqs[5]]) == {2, 5}
    assert hits(made, "tack", records=[seqs[2], seqs[1]]) == {1}
    assert hits(made, "", records=[]) == set()
    assert hits(made, "", records=[10**30, -1]) == set()
    assert hits(made, "", without=[seqs[2], 10**30]) == set(range(7)) - {2}
    assert hits(made, "", records=[seqs[2], seqs[3]], without=[seqs[2]]) == {3}
    assert hits(made, "", records=[seqs[4]], authorities=[1]) == set()
    page = made[0].search("", without=[seqs[2]], timeline=True)
    assert page.total == sum(count for _, count in page.months) == 6
    many = made[0].search("", records=range(50_000), limit=1)
    assert many.total == 7


def test_another_authority_is_never_found(made: Made) -> None:
    """Another's words, asked for in every way, change no hit, no total and no timeline."""
    planted = {"Vi har lan på fritidsgården": 4, "O\u0308ppet hus i grundskolan": 5}
    ours = made[0]
    for text, place in planted.items():
        word = text.split()[-1]
        ways = [text, f'"{text}"', word, word[:5] + "*", f"*{word[3:9]}*", f"*{word[4:]}", ""]
        for query in ways:
            assert place in hits(made, query), query
            assert place not in hits(made, query, authorities=[1])
            page = ours.search(query, authorities=[1], timeline=True)
            assert page.total == sum(count for _, count in page.months)
            assert place in hits(made, query, authorities=[2])
    assert hits(made, "", authorities=[]) == set()
    assert hits(made, "", authorities=[3, 10**30]) == set()
    assert hits(made, "", authorities=[1], channels=[made[2][1]]) == set()


def test_direction_and_edited(made: Made) -> None:
    assert hits(made, "", origins=["drawn_up"]) == {3}
    assert hits(made, "skola", origins=["received"]) == {2, 5}
    assert hits(made, "", origins=[]) == set()
    assert hits(made, "", edited=True) == set()
    assert hits(made, "", edited=False) == set(range(7))


def test_the_timeline_counts_every_hit(made: Made) -> None:
    search = made[0].search
    assert search("skola").months == ()
    page = search("skola", limit=1, timeline=True)
    assert page.months == (("2025-04", 1), ("2026-03", 1), ("2026-06", 1))
    assert search("skola", since_ms=at(2026, 1), timeline=True).months == page.months[1:]
    assert search("finnsinte", timeline=True).months == ()


def test_the_period_is_half_open_over_the_legal_date(made: Made) -> None:
    assert hits(made, "", since_ms=at(2026, 2), until_ms=at(2026, 5)) == {1, 2}
    assert hits(made, "", since_ms=at(2026, 6)) == {5, 6}
    assert hits(made, "", until_ms=at(2026, 1)) == {3}
    assert hits(made, "", since_ms=at(2026, 5), until_ms=at(2026, 5)) == set()
    assert hits(made, "", since_ms=-(10**40), until_ms=10**40) == set(range(7))


def test_a_blank_query_is_newest_first_and_pages(made: Made) -> None:
    index, seqs, _ = made
    every = [seqs[n] for n in (6, 5, 4, 2, 1, 0, 3)]
    assert [hit.record for hit in index.search("").hits] == every
    paged = [hit.record for o in range(0, 9, 2) for hit in index.search("", limit=2, offset=o).hits]
    assert paged == every
    assert index.search("", limit=2, offset=4).total == 7


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (-3, 0), (5, 10**25)])
def test_odd_pages_are_empty(made: Made, limit: int, offset: int) -> None:
    page = made[0].search("", limit=limit, offset=offset)
    assert (page.total, page.hits) == (7, ())
    assert made[0].search("", limit=7, offset=-5).total == 7


def test_highlights_are_spans_of_plain_text(made: Made) -> None:
    for hit in made[0].search("röjning").hits:
        assert {hit.snippet[a:b].lower() for a, b in hit.highlights} <= {"röjning", "röjningen"}
        assert hit.highlights
    (hit,) = made[0].search('"på måndag"').hits
    assert [hit.snippet[a:b] for a, b in hit.highlights] == ["på måndag"]


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(
    query=st.text(max_size=60) | st.text(alphabet='åö"*”() :^~-+[]{}/\\ANDORTa1', max_size=40),
    limit=st.integers(),
    offset=st.integers(),
    bounds=st.tuples(st.none() | st.integers(), st.none() | st.integers()),
)
def test_nothing_typed_raises(
    made: Made, query: str, limit: int, offset: int, bounds: tuple[int | None, int | None]
) -> None:
    page = made[0].search(
        query, limit=limit, offset=offset, since_ms=bounds[0], until_ms=bounds[1], channels=[limit]
    )
    assert page.total >= len(page.hits)
    for hit in made[0].search(query).hits:
        last = 0
        for start, end in hit.highlights:
            assert last <= start < end <= len(hit.snippet)
            last = start
