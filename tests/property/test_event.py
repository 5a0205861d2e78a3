"""Log entries: one byte form each, small, and readable by every later release."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.core import canonical, event
from archiver.core.canonical import Json
from archiver.core.event import ClearEntry, Entry, EventType, SealedEntry
from archiver.errors import NotCanonical

MOST = 10**15 - 1  # 15 digits: whatever reads JSON, numbers stay exact
RESERVED = {"at", "t", "v"}
SEALED_ONLY = {"c", "co", "id", "x"}

numbers = st.integers(0, MOST) | st.sampled_from([0, MOST])
types = st.sampled_from(list(EventType)).map(str) | st.text(
    "abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=32
)


def hexes(length: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=length // 2, max_size=length // 2).map(bytes.hex)


sealed = st.builds(
    SealedEntry,
    type=types,
    version=numbers,
    at=numbers,
    cohort=numbers,
    id=hexes(32),
    c=hexes(64),
    x=hexes(64),
)
fact_keys = st.text(st.characters(max_codepoint=0x7F), max_size=8).filter(
    lambda key: key not in RESERVED | SEALED_ONLY
)
facts = st.dictionaries(
    fact_keys,
    st.booleans() | numbers | st.text(max_size=12) | st.lists(numbers, max_size=4),
    max_size=4,
)
clear = st.builds(ClearEntry, type=types, version=numbers, at=numbers, facts=facts)

SEALED = SealedEntry("version", 1, 1795353955123, 3, "0f" * 16, "1e" * 32, "2d" * 32)
CLEAR = ClearEntry("pack_sealed", 1, 1795353955123, {"digest": "3c" * 32, "pack": "3-1"})


@given(sealed)
def test_a_sealed_entry_is_the_canonical_form_of_its_fields(entry: SealedEntry) -> None:
    fields: dict[str, Json] = {
        "at": entry.at,
        "c": entry.c,
        "co": entry.cohort,
        "id": entry.id,
        "t": entry.type,
        "v": entry.version,
        "x": entry.x,
    }
    data = entry.encode()
    assert data == canonical.encode(fields)
    assert canonical.decode(data) == fields


@given(sealed | clear)
def test_entries_round_trip(entry: Entry) -> None:
    data = entry.encode()
    again = event.parse(data)
    assert again == entry
    assert type(again) is type(entry)
    assert again.encode() == data


@given(sealed)
def test_a_sealed_entry_stays_small(entry: SealedEntry) -> None:
    assert len(entry.encode()) <= 300


def test_the_largest_sealed_entry() -> None:
    entry = SealedEntry("x" * 32, MOST, MOST, MOST, "f" * 32, "f" * 64, "f" * 64)
    assert event.parse(entry.encode()) == entry
    assert len(entry.encode()) == 284


@pytest.mark.parametrize("name", list(EventType))
def test_every_type_we_write_can_be_read(name: EventType) -> None:
    for entry in (SEALED._replace(type=name), CLEAR._replace(type=name)):
        again = event.parse(entry.encode())
        assert again == entry
        assert EventType(again.type) is name


def judge(data: bytes, good: Entry) -> None:
    """Refused, or another entry in *its* one form."""
    try:
        other = event.parse(data)
    except NotCanonical:
        return
    assert other != good
    assert other.encode() == data


@pytest.mark.parametrize("entry", [SEALED, CLEAR], ids=["sealed", "clear"])
def test_every_flipped_bit_is_refused_or_another_entry(entry: Entry) -> None:
    data = entry.encode()
    for at in range(len(data)):
        for bit in range(8):
            bad = bytearray(data)
            bad[at] ^= 1 << bit
            judge(bytes(bad), entry)


@given(sealed | clear, st.data())
@settings(max_examples=200)
def test_altered_bytes_are_refused_or_another_entry(entry: Entry, data: st.DataObject) -> None:
    good = entry.encode()
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(start + 3, len(good))))
    new = data.draw(st.binary(max_size=3) | st.sampled_from([b" ", b"0", b"-", b",", b"\n"]))
    bad = good[:start] + new + good[end:]
    if bad != good:
        judge(bad, entry)


S = SEALED.encode()
BAD = {
    "nothing": b"",
    "array": b"[]",
    "no fields": b"{}",
    "trailing newline": S + b"\n",
    "leading space": b" " + S,
    "space": S.replace(b'"co":3', b'"co": 3'),
    "leading zero": S.replace(b'"co":3', b'"co":03'),
    "minus zero": S.replace(b'"co":3', b'"co":-0'),
    "negative cohort": S.replace(b'"co":3', b'"co":-3'),
    "float": S.replace(b'"co":3', b'"co":3.0'),
    "cohort as text": S.replace(b'"co":3', b'"co":"3"'),
    "17 digits": S.replace(b'"co":3', b'"co":' + b"9" * 17),
    "upper-case hex": S.replace(b"1e1e", b"1E1E"),
    "short digest": S.replace(b"2d2d", b"2d", 1),
    "long id": S.replace(b"0f0f", b"0f0f0f", 1),
    "type in capitals": S.replace(b"version", b"Version"),
    "empty type": S.replace(b"version", b""),
    "long type": S.replace(b"version", b"v" * 33),
    "type with newline": S.replace(b"version", b"version\\n"),
    "escaped type": S.replace(b"version", b"\\u0076ersion"),
    "extra field": S.replace(b'"t":', b'"s":1,"t":'),
    "double field": S.replace(b'"v":1', b'"v":1,"v":1'),
    "other order": S.replace(b'"c":', b'"z":').replace(b'"x":', b'"c":'),
    "without x": re.sub(rb',"x":"[^"]*"', b"", S),
    "without c": re.sub(rb'"c":"[^"]*",', b"", S),
    "clear without type": b'{"at":1,"v":1}',
    "clear without time": b'{"t":"run","v":1}',
    "clear without version": b'{"at":1,"t":"run"}',
    "clear with an id": b'{"at":1,"id":"a","t":"run","v":1}',
    "time as text": b'{"at":"1","t":"run","v":1}',
    "clear type in capitals": b'{"at":1,"t":"Run","v":1}',
    "clear type with a tail": b'{"at":1,"t":"run\\n","v":1}',
    "clear type too long": b'{"at":1,"t":"' + b"v" * 33 + b'","v":1}',
    "clear type empty": b'{"at":1,"t":"","v":1}',
    "type as number": b'{"at":1,"t":1,"v":1}',
    "null fact": b'{"a":null,"at":1,"t":"run","v":1}',
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_malformed_entries_are_refused(data: bytes) -> None:
    assert data != S
    with pytest.raises(NotCanonical):
        event.parse(data)


# --- upcasting -------------------------------------------------------------------------------


def to_two(payload: Mapping[str, Json]) -> dict[str, Json]:
    return {**payload, "two": True}


def to_three(payload: Mapping[str, Json]) -> dict[str, Json]:
    return {("name" if key == "title" else key): item for key, item in payload.items()}


STEPS = {("hold", 1): to_two, ("hold", 2): to_three}


def test_upcasting_walks_the_chain() -> None:
    old: dict[str, Json] = {"title": "Tvist"}
    assert event.upcast("hold", 1, old, STEPS) == {"name": "Tvist", "two": True}
    assert event.upcast("hold", 2, old, STEPS) == {"name": "Tvist"}
    assert event.upcast("hold", 3, old, STEPS) == old
    assert event.upcast("mask", 1, old, STEPS) == old
    assert old == {"title": "Tvist"}  # upcasters are pure


def test_every_upcaster_continues_a_known_chain() -> None:
    for name, version in event.UPCASTERS:
        assert re.fullmatch(r"[a-z_]{1,32}", name)
        assert version == 1 or (name, version - 1) in event.UPCASTERS


# --- only natural numbers, of 15 digits at most -----------------------------------------------


@pytest.mark.parametrize("number", [10**15, 2**53 - 1, 2**53, 10**16])
@pytest.mark.parametrize("field", [b'"at":1795353955123', b'"co":3', b'"v":1'])
def test_a_sealed_entry_keeps_to_fifteen_digits(field: bytes, number: int) -> None:
    name, _, _ = field.partition(b":")
    with pytest.raises(NotCanonical):
        event.parse(S.replace(field, name + b":%d" % number))
    assert event.parse(S.replace(field, name + b":%d" % MOST))


NO_COUNT = [True, False, -1, 10**15, 2**53 - 1, "1", [], {}, [1]]


@pytest.mark.parametrize("field", ["at", "v"])
@pytest.mark.parametrize("value", NO_COUNT, ids=map(repr, NO_COUNT))
def test_the_numbers_of_a_clear_entry_are_natural(field: str, value: Json) -> None:
    fields: dict[str, Json] = {"at": 1, "t": "run", "v": 1}
    assert event.parse(canonical.encode(fields)) == ClearEntry("run", 1, 1, {})
    with pytest.raises(NotCanonical):
        event.parse(canonical.encode({**fields, field: value}))


# --- sealed and clear entries do not pass for each other ---------------------------------------


def test_a_sealed_entry_does_not_degrade_into_a_clear_one() -> None:
    """Whatever is taken away of the four fields, short of all of them."""
    fields = canonical.decode_object(S)
    for gone in (set(gone) for n in range(1, 4) for gone in combinations(SEALED_ONLY, n)):
        rest = {key: item for key, item in fields.items() if key not in gone}
        with pytest.raises(NotCanonical):
            event.parse(canonical.encode(rest))
    bare = {key: item for key, item in fields.items() if key in RESERVED}
    assert event.parse(canonical.encode(bare)) == ClearEntry("version", 1, SEALED.at, {})


@pytest.mark.parametrize("name", sorted(RESERVED | SEALED_ONLY))
@pytest.mark.parametrize("value", [7, "a", "1e" * 32, True], ids=repr)
def test_no_fact_has_a_reserved_name(name: str, value: Json) -> None:
    with pytest.raises(NotCanonical):
        CLEAR._replace(facts={name: value}).encode()
    if name in SEALED_ONLY:
        with pytest.raises(NotCanonical):
            event.parse(canonical.encode({"at": 1, "t": "run", "v": 1, name: value}))


# --- nothing is written that cannot be read -----------------------------------------------------

UNREADABLE: dict[str, Entry] = {
    "negative time": SEALED._replace(at=-1),
    "16 digits": SEALED._replace(at=10**15),
    "boolean version": SEALED._replace(version=True),
    "quote in type": SEALED._replace(type='a","t":"b'),
    "empty type": SEALED._replace(type=""),
    "type with newline": SEALED._replace(type="run\n"),
    "type beyond ASCII": SEALED._replace(type="körning"),
    "capitals in c": SEALED._replace(c="FF" * 32),
    "short x": SEALED._replace(x="ff" * 31),
    "long id": SEALED._replace(id="0f" * 17),
    "end in x": SEALED._replace(x="ff" * 32 + '"}'),
    "quote in id": SEALED._replace(id='","id":"' + "0" * 24),
    "clear, type with space": CLEAR._replace(type="Pack sealed"),
    "clear, type too long": CLEAR._replace(type="v" * 33),
    "clear, negative time": CLEAR._replace(at=-1),
    "clear, boolean time": CLEAR._replace(at=True),
    "clear, 16 digits": CLEAR._replace(version=10**15),
    "clear, float": CLEAR._replace(facts={"size": 1.5}),  # type: ignore[dict-item]
    "clear, null": CLEAR._replace(facts={"size": None}),  # type: ignore[dict-item]
    "clear, fact beyond ASCII": CLEAR._replace(facts={"storlek å": 1}),
    "clear, surrogate": CLEAR._replace(facts={"a": "\ud800"}),
}


@pytest.mark.parametrize("entry", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_could_not_be_read_is_not_written(entry: Entry) -> None:
    with pytest.raises(NotCanonical):
        entry.encode()


odd_text = st.sampled_from(
    ["", "run", "Run", "ru n", 'a"', "\n", "å", "v" * 33, "0f" * 16, "1e" * 32]
)
odd_count = st.integers(-1, 3) | st.sampled_from([True, MOST, MOST + 1, 2**53])


@given(
    st.builds(SealedEntry, odd_text, odd_count, odd_count, odd_count, odd_text, odd_text, odd_text)
    | st.builds(
        ClearEntry,
        odd_text,
        odd_count,
        odd_count,
        st.dictionaries(st.sampled_from([*RESERVED, *SEALED_ONLY, "n", "å"]), odd_text, max_size=3),
    )
)
@settings(max_examples=300)
def test_any_fields_are_refused_or_read_back(entry: Entry) -> None:
    try:
        data = entry.encode()
    except NotCanonical:
        return
    assert event.parse(data) == entry
    assert event.parse(data).encode() == data
