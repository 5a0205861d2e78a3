"""DER as far as time stamps need it: one element, or the elements within one, and three values.

Strict on purpose: one-byte tags, definite lengths in their shortest form, integers in their
shortest form. What is malformed is `ProofInvalid`, never another exception and never a guess; sizes
are bounded by the bytes at hand. The order within a SET is not judged: authorities are known to
send certificates in another. Source: ITU-T X.690. Standard library only: the offline verifier
carries this module.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from archiver.errors import ProofInvalid

INTEGER, BOOLEAN, OCTETS, OID, SEQUENCE, SET, TIME = 0x02, 0x01, 0x04, 0x06, 0x30, 0x31, 0x18
_LENGTH_BYTES = 4
_OID_BYTES = 64
_LONG_TAG = 0x1F
_INSTANT = re.compile(rb"([0-9]{14})(?:\.([0-9]{1,9}))?Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Element(NamedTuple):
    """One element: its tag byte and its content."""

    tag: int
    content: bytes


def _take(data: bytes, at: int) -> tuple[Element, int]:
    """The element at an offset, and where the next one begins."""
    if len(data) - at < 2:
        raise ProofInvalid("A DER element is cut off.")
    tag, length = data[at], data[at + 1]
    at += 2
    if tag & _LONG_TAG == _LONG_TAG:
        raise ProofInvalid("A DER element has a tag that time stamps do not use.")
    if length >= 0x80:
        count = length & 0x7F
        if not 1 <= count <= _LENGTH_BYTES or len(data) - at < count:
            raise ProofInvalid("A DER element has no definite length.")
        length = int.from_bytes(data[at : at + count], "big")
        if length < 0x80 or length >> (8 * (count - 1)) == 0:
            raise ProofInvalid("A DER length is not in its shortest form.")
        at += count
    if len(data) - at < length:
        raise ProofInvalid("A DER element is cut off.")
    return Element(tag, data[at : at + length]), at + length


def read(data: bytes, tag: int) -> bytes:
    """The content of the one element in `data`, which has this tag."""
    element, end = _take(data, 0)
    if end != len(data):
        raise ProofInvalid("Something follows a DER element.")
    return expect(element, tag)


def expect(element: Element, tag: int) -> bytes:
    """The content of an element that must have this tag."""
    if element.tag != tag:
        raise ProofInvalid(f"A DER element has tag {element.tag:02x}, not {tag:02x}.")
    return element.content


def within(content: bytes, *, least: int = 0) -> list[Element]:
    """The elements that a constructed element's content holds, in order; at least so many."""
    found, at = list[Element](), 0
    while at < len(content):
        element, at = _take(content, at)
        found.append(element)
    if len(found) < least:
        raise ProofInvalid("A DER element holds fewer parts than it must.")
    return found


def integer(element: Element) -> int:
    """An INTEGER's value."""
    content = expect(element, INTEGER)
    if not content or (content[:1] in (b"\x00", b"\xff") and _is_padded(content)):
        raise ProofInvalid("A DER integer is not in its shortest form.")
    return int.from_bytes(content, "big", signed=True)


def _is_padded(content: bytes) -> bool:
    """Whether the first byte of an integer says nothing that the next does not."""
    return len(content) > 1 and (content[0] == 0xFF) == (content[1] >= 0x80)


def oid(element: Element) -> str:
    """An OBJECT IDENTIFIER in dotted form."""
    content, arcs, value = expect(element, OID), list[int](), 0
    if not 0 < len(content) <= _OID_BYTES or content[-1] & 0x80:
        raise ProofInvalid("A DER object identifier is cut off, or too long.")
    for at, byte in enumerate(content):
        if byte == 0x80 and (at == 0 or content[at - 1] < 0x80):
            raise ProofInvalid("A DER object identifier is not in its shortest form.")
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def instant(element: Element) -> int:
    """A GeneralizedTime in UTC as milliseconds since 1970; what is finer is cut off."""
    match = _INSTANT.fullmatch(expect(element, TIME))
    if not match:
        raise ProofInvalid("A DER time is not in UTC, to the second or finer.")
    try:
        second = datetime.strptime(match[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise ProofInvalid("A DER time is on no day there is.") from error
    fraction = (match[2] or b"").ljust(3, b"0")[:3]
    return (second - _EPOCH) // timedelta(milliseconds=1) + int(fraction)
