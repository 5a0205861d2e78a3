"""Fields of the index, and clauses and filters as one tantivy query.

Nothing is stored: an answer's text is read from the record's own frame, so the index holds no
copy beyond what finding needs. Numbers are signed (tantivy's unsigned ones refuse what a person
might ask for). Filters weigh nothing in the score.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from tantivy import Document, FieldType, Index, Occur, Query, SchemaBuilder, Tokenizer
from tantivy import TextAnalyzerBuilder as Builder

from archiver.core.record import clean
from archiver.search import language
from archiver.search.query import Clause, Phrase, Prefix, Word

SCHEMA = 1  # raised when fields or analysis change: shards of another number are made anew

_EXACT, _STEM, _PART = "exact", "stem", "part"
VERSION, RECORD, LEGAL_AT = "version", "record", "legal_at"
_CHANNEL, _KIND, _STATE, _LATEST = "channel", "kind", "state", "latest"
_WORDS, _STEMS, _PARTS, _CODE = "words", "swedish", "parts", "code"

_EXACT_WEIGHT = 3.0
_STEM_WEIGHT = 2.0
_PART_WEIGHT = 0.1
_INT64 = 2**63 - 1


def _build() -> SchemaBuilder:
    builder = SchemaBuilder()
    builder.add_text_field(_EXACT, tokenizer_name=_WORDS, index_option="position")
    builder.add_text_field(_STEM, tokenizer_name=_STEMS, index_option="freq")
    builder.add_text_field(_PART, tokenizer_name=_PARTS, index_option="basic")
    for name in (VERSION, RECORD, LEGAL_AT, _CHANNEL, _LATEST):
        builder.add_integer_field(name, indexed=True, fast=True)
    for name in (_KIND, _STATE):
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
    """What the tables say of a version; instants in milliseconds UTC."""

    version: int
    record: int
    captured_at: int
    channel: int
    kind: str
    state: str
    legal_at: int
    latest: int


def document(row: Row, title: str, text: str, author: str) -> Document:
    """The index's document of one version."""
    made = Document()
    made.add_integer(VERSION, row.version)
    made.add_integer(RECORD, row.record)
    made.add_integer(LEGAL_AT, row.legal_at)
    made.add_integer(_CHANNEL, row.channel)
    made.add_integer(_LATEST, int(row.latest == row.version))
    made.add_text(_KIND, row.kind)
    made.add_text(_STATE, row.state)
    for value in filter(None, (title, text)):
        made.add_text(_STEM, value)
    values = [value for value in (title, text, author) if value]
    for value in values:
        made.add_text(_EXACT, value)
    made.add_text(_PART, language.compound_parts(language.words(" ".join(values))))
    return made


class Filters(NamedTuple):
    """What a hit must be besides matching; see `core.search.SearchIndex`."""

    channels: Collection[int] | None = None
    kinds: Collection[str] | None = None
    states: Collection[str] | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    older: bool = False

    def nothing(self) -> bool:
        """Whether an empty collection or period lets nothing through."""
        if any(one is not None and not one for one in (self.channels, self.kinds, self.states)):
            return True
        return None not in (self.since_ms, self.until_ms) and self.since_ms >= self.until_ms  # type: ignore[operator]


def build(clauses: Iterable[Clause], filters: Filters) -> Query:
    """One query: every clause and every filter must hold."""
    wanted = [_clause(clause) for clause in clauses] or [Query.all_query()]
    wanted += [Query.const_score_query(one, 0.0) for one in _filters(filters)]
    parts = [(Occur.Must, one) for one in wanted]
    if not filters.older:  # replaced versions are few: leaving them out beats asking for the rest
        parts.append((Occur.MustNot, Query.term_query(_schema, _LATEST, 0)))
    return Query.boolean_query(parts)


def _filters(filters: Filters) -> Iterable[Query]:
    if filters.channels is not None:
        known = sorted({one for one in filters.channels if abs(one) <= _INT64})
        yield Query.term_set_query(_schema, _CHANNEL, known)
    for name, values in ((_KIND, filters.kinds), (_STATE, filters.states)):
        if values is not None:
            yield Query.term_set_query(_schema, name, sorted({clean(one) for one in values}))
    if filters.since_ms is not None or filters.until_ms is not None:
        yield Query.range_query(
            _schema,
            LEGAL_AT,
            FieldType.Integer,
            lower_bound=_bounded(filters.since_ms, -_INT64),
            upper_bound=_bounded(filters.until_ms, _INT64),
            include_upper=False,
        )


def _bounded(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else max(-_INT64, min(value, _INT64))


def _clause(clause: Clause) -> Query:
    match clause:
        case Phrase(words):
            return _phrase(words)
        case Prefix(text):
            return Query.const_score_query(_beginning(_EXACT, text), 1.0)
        case Word(text):
            exact = Query.boost_query(Query.term_query(_schema, _EXACT, text), _EXACT_WEIGHT)
            choices = [exact]
            for stem in sorted(language.stems(text)):
                same = Query.term_query(_schema, _STEM, stem, index_option="freq")
                choices.append(Query.boost_query(same, _STEM_WEIGHT))
            if inside := language.part(text):
                choices.append(Query.const_score_query(_beginning(_PART, inside), _PART_WEIGHT))
            return Query.boolean_query([(Occur.Should, one) for one in choices])


def _phrase(words: tuple[str, ...]) -> Query:
    if len(words) == 1:
        return Query.term_query(_schema, _EXACT, words[0])
    return Query.phrase_query(_schema, _EXACT, list(words))


def _beginning(field: str, text: str) -> Query:
    """Terms of a field that begin so: tantivy's fuzzy query without fuzziness, a tenth of the time
    of a pattern's compilation."""
    return Query.fuzzy_term_query(
        _schema, field, text, distance=0, transposition_cost_one=False, prefix=True
    )
