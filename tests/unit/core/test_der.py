"""The DER reader: the one form of each value, and no other exception than `ProofInvalid`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core import der
from archiver.core.der import Element
from archiver.errors import ProofInvalid


def encode(tag: int, content: bytes) -> bytes:
    """An element, its length in the shortest form."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def test_values() -> None:
    assert der.integer(Element(der.INTEGER, b"\x00\x80")) == 128
    assert der.integer(Element(der.INTEGER, b"\x80")) == -128
    assert der.oid(Element(der.OID, bytes.fromhex("2a864886f70d010702"))) == "1.2.840.113549.1.7.2"
    assert der.oid(Element(der.OID, b"\x88\x37")) == "2.999"
    at = 1_795_405_374_000
    for text, more in ((b"", 0), (b".5", 500), (b".0129", 12), (b".100", 100)):
        assert der.instant(Element(der.TIME, b"20261123034254" + text + b"Z")) == at + more


@given(st.lists(st.binary(max_size=300), max_size=5), st.sampled_from([0x30, 0x31, 0xA0]))
def test_what_is_written_is_read(parts: list[bytes], tag: int) -> None:
    content = b"".join(encode(der.OCTETS, part) for part in parts)
    assert der.within(der.read(encode(tag, content), tag)) == [
        Element(der.OCTETS, part) for part in parts
    ]


@given(st.integers(-(2**300), 2**300))
def test_each_integer_has_one_form(value: int) -> None:
    shortest = value.to_bytes(((value + (value < 0)).bit_length() // 8) + 1, "big", signed=True)
    assert der.integer(Element(der.INTEGER, shortest)) == value
    padding = b"\xff" if value < 0 else b"\x00"
    with pytest.raises(ProofInvalid):
        der.integer(Element(der.INTEGER, padding + shortest))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x01",
        b"\x30\x00\x00",  # something follows
        b"\x30\x80\x00\x00",  # no definite length
        b"\x30\x81\x01\x00",  # not the shortest
        b"\x30\x82\x00\x81" + bytes(129),
        b"\x30\x85\x00\x00\x00\x00\x01\x00",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x3f\x81\x01\x00",  # a long tag
        b"\x31\x00",  # another tag
    ],
)
def test_malformed_elements_are_refused(data: bytes) -> None:
    with pytest.raises(ProofInvalid):
        der.read(data, der.SEQUENCE)


@pytest.mark.parametrize(
    ("read", "element"),
    [
        (der.integer, Element(der.INTEGER, b"")),
        (der.integer, Element(der.OCTETS, b"\x01")),
        (der.oid, Element(der.OID, b"")),
        (der.oid, Element(der.OID, b"\x2a\x86")),
        (der.oid, Element(der.OID, b"\x2a\x80\x01")),
        (der.oid, Element(der.OID, b"\x2a" + b"\xff" * 70 + b"\x01")),
        (der.instant, Element(der.TIME, b"20261123034254")),
        (der.instant, Element(der.TIME, b"20261123034254+0100")),
        (der.instant, Element(der.TIME, b"20261323034254Z")),
        (der.instant, Element(der.TIME, b"20261123034260Z")),
        (der.instant, Element(der.TIME, b"00001123034254Z")),
        (der.instant, Element(der.TIME, "２０261123034254Z".encode())),
    ],
)
def test_malformed_values_are_refused(read: object, element: Element) -> None:
    assert callable(read)
    with pytest.raises(ProofInvalid):
        read(element)


def test_too_few_parts_are_refused() -> None:
    with pytest.raises(ProofInvalid):
        der.within(encode(der.OCTETS, b""), least=2)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (der.integer, der.oid, der.instant):
        for tag in (der.INTEGER, der.OID, der.TIME):
            try:
                read(Element(tag, data))
            except ProofInvalid:
                continue
    try:
        der.within(data)
    except ProofInvalid:
        return
