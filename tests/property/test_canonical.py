"""Canonical JSON: one value, one form; the oracles are `rfc8785` and `orjson`."""

from __future__ import annotations

import types
from collections import ChainMap, UserDict

import orjson
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.core import canonical
from archiver.errors import NotCanonical

MAX = canonical.MAX_INTEGER

keys = st.text(st.characters(max_codepoint=0x7F), max_size=8)
strings = st.text(max_size=20)
numbers = st.integers(-MAX, MAX) | st.sampled_from([MAX, -MAX, 0, 1, -1])
values = st.recursive(
    st.booleans() | numbers | strings,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=15,
)


def same(a: object, b: object) -> bool:
    """Equality that keeps True and 1 apart."""
    return a == b and repr(a) == repr(b)


@given(values)
def test_encode_is_rfc_8785(value: canonical.Json) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)


@given(values)
def test_encode_is_orjson_with_sorted_keys(value: canonical.Json) -> None:
    assert canonical.encode(value) == orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


@given(values)
def test_decode_gives_the_value_back(value: canonical.Json) -> None:
    data = canonical.encode(value)
    again = canonical.decode(data)
    assert again == value
    assert canonical.encode(again) == data


@given(st.dictionaries(keys, values, min_size=2, max_size=6))
def test_insertion_order_does_not_matter(value: dict[str, canonical.Json]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical.encode(turned) == canonical.encode(value)


SECOND_SPELLINGS = {
    "leading space": b" 1",
    "trailing newline": b"1\n",
    "space after colon": b'{"a": 1}',
    "space after comma": b"[1, 2]",
    "indented": b'{\n "a":1}',
    "key order": b'{"b":1,"a":2}',
    "duplicate key": b'{"a":1,"a":1}',
    "duplicate key, other value": b'{"a":1,"a":2}',
    "escaped letter": b'"\\u0061"',
    "escaped slash": b'"\\/"',
    "escaped non-ASCII": b'"\\u00e5"',
    "escaped pair": b'"\\ud83d\\ude00"',
    "upper-case escape": b'"\\u001F"',
    "long form of a short escape": b'"\\u000a"',
    "escaped key": b'{"\\u0061":1}',
    "raw control character": b'"\x01"',
    "float": b"1.5",
    "float for an integer": b"1.0",
    "exponent": b"1e2",
    "minus zero": b"-0",
    "leading zero": b"01",
    "plus sign": b"+1",
    "null": b"null",
    "null inside": b'{"a":null}',
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "2^53": b"9007199254740992",
    "-2^53": b"-9007199254740992",
    "5000 digits": b"9" * 5000,
    "byte order mark": b"\xef\xbb\xbf1",
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "UTF-16 without mark": '{"a":1}'.encode("utf-16-le"),
    "UTF-32": '{"a":1}'.encode("utf-32-be"),
    "escaped lone surrogate": b'"\\ud800"',
    "lone surrogate in bytes": b'"\xed\xa0\x80"',
    "surrogate pair in bytes": b'"\xed\xa0\xbd\xed\xb8\x80"',
    "overlong UTF-8": b'"\xc0\xaf"',
    "ill-formed UTF-8": b'"\xff"',
    "non-ASCII key": '{"å":1}'.encode(),
    "trailing comma": b"[1,]",
    "single quotes": b"{'a':1}",
    "comment": b"1/**/",
    "two values": b"1 2",
    "nothing": b"",
    "cut off": b'{"a":',
    "huge nesting": b"[" * 100_000 + b"]" * 100_000,
    "huge nesting of objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
}


@pytest.mark.parametrize("data", SECOND_SPELLINGS.values(), ids=SECOND_SPELLINGS.keys())
def test_second_spellings_are_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        canonical.decode(data)


OUTSIDE = {
    "float": 1.0,
    "none": None,
    "none inside": {"a": [None]},
    "2^53": 2**53,
    "-2^53": -(2**53),
    "bytes": b"a",
    "set": {1},
    "lone surrogate": "\udc80",
    "lone surrogate inside": ["\ud800"],
    "non-ASCII key": {"å": 1},
    "surrogate key": {"\ud800": 1},
    "integer key": {1: 1},
}


@pytest.mark.parametrize("value", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_values_outside_the_profile_are_refused(value: canonical.Json) -> None:
    with pytest.raises(NotCanonical):
        canonical.encode(value)


@given(values, st.data())
@settings(max_examples=300)
def test_flipped_bits_never_give_the_same_value(value: canonical.Json, data: st.DataObject) -> None:
    good = canonical.encode(value)
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[at] ^= data.draw(st.integers(1, 255))
    try:
        other = canonical.decode(bytes(bad))
    except NotCanonical:
        return
    assert not same(other, value)
    assert canonical.encode(other) == bad


@given(st.binary(max_size=40) | st.text('[]{}",:01a\\u ', max_size=20).map(str.encode))
@settings(max_examples=300)
def test_any_bytes_are_refused_or_canonical(data: bytes) -> None:
    try:
        value = canonical.decode(data)
    except NotCanonical:
        return
    assert canonical.encode(value) == data


def test_object_is_demanded() -> None:
    assert canonical.decode_object(b'{"a":[true]}') == {"a": [True]}
    for data in (b"[]", b'"a"', b"1", b"true"):
        with pytest.raises(NotCanonical):
            canonical.decode_object(data)


def nested(depth: int, inner: canonical.Json = 1, *, objects: bool = False) -> canonical.Json:
    value = inner
    for _ in range(depth):
        value = {"a": value} if objects else [value]
    return value


@pytest.mark.parametrize("objects", [False, True], ids=["arrays", "objects"])
def test_sixty_four_levels_and_no_more(objects: bool) -> None:
    assert canonical.MAX_DEPTH == 64
    deepest = nested(64, objects=objects)
    data = canonical.encode(deepest)
    assert canonical.decode(data) == deepest
    assert orjson.dumps(deepest, option=orjson.OPT_SORT_KEYS) == data == rfc8785.dumps(deepest)
    for deeper in (65, 300, 100_000):
        with pytest.raises(NotCanonical):
            canonical.encode(nested(deeper, objects=objects))
    left, right = (b'{"a":', b"}") if objects else (b"[", b"]")
    with pytest.raises(NotCanonical):
        canonical.decode(left * 65 + b"1" + right * 65)


@given(st.integers(0, 64), st.sampled_from(["x", [], {}, [1], {"a": 1}]), st.booleans())
def test_reading_and_writing_have_one_bound(
    depth: int, inner: canonical.Json, objects: bool
) -> None:
    """An empty array is a level as well, so that both directions count alike."""
    value = nested(depth, inner, objects=objects)
    levels = depth + isinstance(inner, list | dict)
    data = orjson.dumps(value)
    if levels <= canonical.MAX_DEPTH:
        assert canonical.decode(data) == value
        assert canonical.encode(value) == data
        return
    with pytest.raises(NotCanonical):
        canonical.encode(value)
    with pytest.raises(NotCanonical):
        canonical.decode(data)


def test_a_value_inside_itself_is_refused() -> None:
    array: list[canonical.Json] = []
    array.append(array)
    member: dict[str, canonical.Json] = {}
    member["a"] = member
    for value in (array, member):
        with pytest.raises(NotCanonical):
            canonical.encode(value)


@pytest.mark.parametrize("inside", [False, True], ids=["outermost", "inside"])
def test_of_mappings_only_dict_has_a_form(inside: bool) -> None:
    """`json` and `orjson` differ over every other mapping, so none of them is accepted."""
    for other in (types.MappingProxyType({"a": 1}), UserDict({"a": 1}), ChainMap({"a": 1})):
        with pytest.raises(NotCanonical):
            canonical.encode([other] if inside else other)
