"""Fields of the index, and clauses and filters as one tantivy query.

Nothing is stored: an answer's text is read from the record's own frame, so the index holds no
copy beyond what finding needs. Numbers are signed (tantivy's unsigned ones refuse what a person
might ask for). Filters weigh nothing in the score. Whose the records are is a filter like the
others, inside the query: no total, page or timeline ever counts what is not the viewer's
(OSL 2009:400 8:1–2 §§).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tantivy import Document, FieldType, Index, Occur, Query, SchemaBuilder, Tokenizer
from tantivy import TextAnalyzerBuilder as Builder

from archiver.core.record import clean
from archiver.search import language
from archiver.search.query import Clause, Ending, Inside, Phrase, Prefix, Word

SCHEMA = 2  # raised when fields or analysis change: shards of another number are made anew

_EXACT, _STEM, _PART = "exact", "stem", "part"
VERSION, RECORD, LEGAL_AT, MONTH = "version", "record", "legal_at", "month"
_AUTHORITY, _CHANNEL, _LATEST, _EDITED = "authority", "channel", "latest", "edited"
_KIND, _STATE, _ORIGIN = "kind", "state", "origin"
_WORDS, _STEMS, _PARTS, _CODE = "words", "swedish", "parts", "code"

_EXACT_WEIGHT = 3.0
_STEM_WEIGHT = 2.0
_PART_WEIGHT = 0.1
_APART_WEIGHT = 0.5
_INT64 = 2**63 - 1
_SWEDEN = ZoneInfo("Europe/Stockholm")
_FIRST, _LAST = 0, 253_370_764_800_000  # instants whose month is told: 1970 to 9998


def _build() -> SchemaBuilder:
    builder = SchemaBuilder()
    builder.add_text_field(_EXACT, tokenizer_name=_WORDS, index_option="position")
    builder.add_text_field(_STEM, tokenizer_name=_STEMS, index_option="position")
    builder.add_text_field(_PART, tokenizer_name=_PARTS, index_option="basic")
    for name in (VERSION, RECORD, LEGAL_AT, _AUTHORITY, _CHANNEL, _LATEST, _EDITED):
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_integer_field(MONTH, indexed=False, fast=True)
    for name in (_KIND, _STATE, _ORIGIN):
        builder.add_text_field(name, tokenizer_name=_CODE, index_option="basic")
    return builder


_schema = _build().build()


def open_index(path: str) -> Index:
    """The index in a folder, made if the folder is empty. Raises what tantivy raises."""
    index = Index(_schema, path=path)
    index.register_tokenizer(_WORDS, language.words_analyzer())
    index.register_tokenizer(_STEMS, language.stems_analyzer())
    index.register_tokenizer(_PARTS, language.parts_analyzer())
    index.register_tokenizer(_CODE, Builder(Tokenizer.raw()).build())
    index.config_reader("manual")
    return index


class Row(NamedTuple):
    """What the tables say of a version; instants in milliseconds UTC. `edited`: the content was
    another in an earlier version."""

    version: int
    record: int
    captured_at: int
    channel: int
    kind: str
    state: str
    legal_at: int
    latest: int
    authority: int
    origin: str
    edited: bool


def month_of(at: int) -> int:
    """The Swedish month of an instant, counted from year 0: legal dates are Swedish dates."""
    day = datetime.fromtimestamp(max(_FIRST, min(at, _LAST)) / 1000, UTC).astimezone(_SWEDEN)
    return day.year * 12 + day.month - 1


def month_name(month: int) -> str:
    """A month of `month_of` as "2026-11"."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


def document(row: Row, title: str, text: str, author: str) -> Document:
    """The index's document of one version."""
    made = Document()
    made.add_integer(VERSION, row.version)
    made.add_integer(RECORD, row.record)
    made.add_integer(LEGAL_AT, row.legal_at)
    made.add_integer(MONTH, month_of(row.legal_at))
    made.add_integer(_AUTHORITY, row.authority)
    made.add_integer(_CHANNEL, row.channel)
    made.add_integer(_EDITED, int(row.edited))
    made.add_integer(_LATEST, int(row.latest == row.version))
    made.add_text(_KIND, row.kind)
    made.add_text(_STATE, row.state)
    made.add_text(_ORIGIN, row.origin)
    for value in filter(None, (title, text)):
        made.add_text(_STEM, value)
    values = [value for value in (title, text, author) if value]
    for value in values:
        made.add_text(_EXACT, value)
    made.add_text(_PART, language.compound_parts(language.words(" ".join(values))))
    return made


class Filters(NamedTuple):
    """What a hit must be besides matching; see `core.search.SearchIndex`. `without`: records that
    must not be found."""

    authorities: Collection[int] | None = None
    channels: Collection[int] | None = None
    records: Collection[int] | None = None
    without: Collection[int] = ()
    kinds: Collection[str] | None = None
    states: Collection[str] | None = None
    origins: Collection[str] | None = None
    edited: bool | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    older: bool = False

    def nothing(self) -> bool:
        """Whether an empty collection or period lets nothing through."""
        numbers = (self.authorities, self.channels, self.records)
        words = (self.kinds, self.states, self.origins)
        if any(one is not None and not one for one in (*numbers, *words)):
            return True
        return None not in (self.since_ms, self.until_ms) and self.since_ms >= self.until_ms  # type: ignore[operator]


def build(clauses: Iterable[Clause], filters: Filters) -> Query:
    """One query: every clause and every filter must hold."""
    wanted = [_clause(clause) for clause in clauses] or [Query.all_query()]
    wanted += [Query.const_score_query(one, 0.0) for one in _filters(filters)]
    parts = [(Occur.Must, one) for one in wanted]
    if not filters.older:  # replaced versions are few: leaving them out beats asking for the rest
        parts.append((Occur.MustNot, Query.term_query(_schema, _LATEST, 0)))
    if filters.without:
        left_out = [one for one in filters.without if abs(one) <= _INT64]
        parts.append((Occur.MustNot, any_of(left_out)))
    return Query.boolean_query(parts)


def _filters(filters: Filters) -> Iterable[Query]:
    whose = ((_AUTHORITY, filters.authorities), (_CHANNEL, filters.channels))
    for name, numbers in (*whose, (RECORD, filters.records)):
        if numbers is not None:
            yield _one_of(name, [one for one in numbers if abs(one) <= _INT64])
    if filters.edited is not None:
        yield Query.term_query(_schema, _EDITED, int(filters.edited))
    codes = ((_KIND, filters.kinds), (_STATE, filters.states), (_ORIGIN, filters.origins))
    for name, values in codes:
        if values is not None:
            yield _one_of(name, [clean(one) for one in values])
    if filters.since_ms is not None or filters.until_ms is not None:
        yield Query.range_query(
            _schema,
            LEGAL_AT,
            FieldType.Integer,
            lower_bound=_bounded(filters.since_ms, -_INT64),
            upper_bound=_bounded(filters.until_ms, _INT64),
            include_upper=False,
        )


def any_of(records: Collection[int]) -> Query:
    """Every document of these records."""
    return _one_of(RECORD, list(records))


def _one_of(name: str, values: Sequence[int] | Sequence[str]) -> Query:
    if len(values) == 1:  # a third less work than a set of one
        return Query.term_query(_schema, name, values[0])
    return Query.term_set_query(_schema, name, sorted(set(values)))


def _bounded(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else max(-_INT64, min(value, _INT64))


def _clause(clause: Clause) -> Query:
    match clause:
        case Phrase(words):
            return _phrase(words)
        case Prefix(text):
            return Query.const_score_query(_beginning(_EXACT, text), 1.0)
        case Inside(text):
            return Query.const_score_query(_beginning(_PART, text), 1.0)
        case Ending(text):
            return Query.const_score_query(Query.term_query(_schema, _PART, text), 1.0)
        case Word(text):
            exact = Query.boost_query(Query.term_query(_schema, _EXACT, text), _EXACT_WEIGHT)
            choices = [exact]
            for stem in sorted(language.stems(text)):
                same = Query.term_query(_schema, _STEM, stem, index_option="freq")
                choices.append(Query.boost_query(same, _STEM_WEIGHT))
            for inside in language.parts(text):
                choices.append(Query.const_score_query(_beginning(_PART, inside), _PART_WEIGHT))
            choices += [Query.const_score_query(one, _APART_WEIGHT) for one in _apart(text)]
            return Query.boolean_query([(Occur.Should, one) for one in choices])


def _phrase(words: tuple[str, ...]) -> Query:
    if len(words) == 1:
        return Query.term_query(_schema, _EXACT, words[0])
    return Query.phrase_query(_schema, _EXACT, list(words))


def _apart(word: str) -> Sequence[Query]:
    """The word where somebody wrote it as two, "snö röjning" or "snö-röjning": one phrase for each
    place it can be cut. Two words that never stand beside each other cost a look-up."""
    longest = min(len(word), language.LONGEST_COMPOUND)
    cuts = range(language.SHORTEST_HALF, longest - language.SHORTEST_HALF + 1)
    halves = {(language.stem(word[:at]), language.stem(word[at:])) for at in cuts}
    return [Query.phrase_query(_schema, _STEM, list(two)) for two in sorted(halves)]


def _beginning(field: str, text: str) -> Query:
    """Terms of a field that begin so: tantivy's fuzzy query without fuzziness, a tenth of the time
    of a pattern's compilation."""
    return Query.fuzzy_term_query(
        _schema, field, text, distance=0, transposition_cost_one=False, prefix=True
    )
