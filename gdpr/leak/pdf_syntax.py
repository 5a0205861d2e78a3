"""What a PDF is made of, read from the first byte to the last (ISO 32000-1, 7).

A reader follows the cross-reference table and sees the newest revision; here every object that
stands anywhere in the bytes is read: of earlier revisions, of none, and what lies between objects.
Broken syntax gives what can be had. Pure.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

_OBJECT = re.compile(rb"(?<![0-9])(\d{1,10})[\0\t\n\f\r ]+(\d{1,5})[\0\t\n\f\r ]+obj\b")
_STREAM = re.compile(rb"stream(\r\n|\n|\r)")
_LENGTH = re.compile(rb"/Length[\0\t\n\f\r ]+(\d+)(?![\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+R)")
_TOKEN = re.compile(
    rb"%[^\r\n]*"  # remark
    rb"|(?P<name>/[^\0\t\n\f\r ()<>\[\]{}/%]*)"
    rb"|(?P<hex><[0-9A-Fa-f\0\t\n\f\r ]*>)"
    rb"|(?P<open>\()"
    rb"|(?P<mark><<|>>|\[|\]|\{|\})"
    rb"|(?P<word>[^\0\t\n\f\r ()<>\[\]{}/%]+)"
)
_HEXED_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
_ESCAPED = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|(.))", re.DOTALL)
_SHORT = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Object(NamedTuple):
    """An indirect object: its number, its value as bytes, and its stream as stored, if any."""

    number: int
    value: bytes
    stream: bytes | None
    start: int
    end: int


class Token(NamedTuple):
    """`kind`: "name", "string", "word" or "mark"; names and strings are decoded bytes."""

    kind: str
    value: bytes
    key: bytes = b""  # the name before it


def objects(content: bytes) -> Iterator[Object]:
    """Every object that stands in the bytes, in their order."""
    at = 0
    while head := _OBJECT.search(content, at):
        end = content.find(b"endobj", head.end())
        end = len(content) if end < 0 else end
        stream = _STREAM.search(content, head.end(), end)
        if stream is None:
            yield Object(int(head[1]), content[head.end() : end], None, head.start(), end)
            at = end
            continue
        value = content[head.end() : stream.start()]
        length = _LENGTH.search(value)
        stop = stream.end() + int(length[1]) if length else -1
        if stop < 0 or not content[stop : stop + 20].lstrip().startswith(b"endstream"):
            stop = content.find(b"endstream", stream.end())
            stop = len(content) if stop < 0 else stop
        yield Object(int(head[1]), value, content[stream.end() : stop], head.start(), stop)
        at = stop


def between(content: bytes, found: list[Object]) -> bytes:
    """What belongs to no object: trailers, remarks, and whatever was put there."""
    parts: list[bytes] = []
    at = 0
    for one in found:
        parts.append(content[at : one.start])
        at = max(at, one.end)
    return b"\n".join([*parts, content[at:]])


def tokens(content: bytes) -> Iterator[Token]:
    """Names, strings (literal and hexadecimal, decoded) and other words, in order."""
    at = 0
    key = b""
    while found := _TOKEN.search(content, at):
        at = found.end()
        match found.lastgroup:
            case "name":
                key = _HEXED_NAME.sub(lambda hexed: bytes.fromhex(hexed[1].decode()), found[0][1:])
                yield Token("name", key)
            case "hex":
                digits = re.sub(rb"[^0-9A-Fa-f]", b"", found[0])
                digits += b"0" * (len(digits) % 2)
                yield Token("string", binascii.unhexlify(digits), key)
            case "open":
                text, at = _literal(content, at)
                yield Token("string", text, key)
            case "mark":
                yield Token("mark", found[0], key)
            case "word":
                yield Token("word", found[0], key)


def _literal(content: bytes, start: int) -> tuple[bytes, int]:
    """The string whose first parenthesis has been read, and where it ends."""
    depth = 1
    at = start
    mark = re.compile(rb"\\.|[()]", re.DOTALL)
    while depth and (found := mark.search(content, at)):
        at = found.end()
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
    end = at - 1 if not depth else len(content)
    return _ESCAPED.sub(_plain, content[start:end]), at if not depth else len(content)


def _plain(found: re.Match[bytes]) -> bytes:
    octal, broken, one = found.groups()
    if octal:
        return bytes([int(octal, 8) & 255])
    return b"" if broken else _SHORT.get(one, one)


def string_text(value: bytes) -> str:
    """A text string (7.9.2): UTF-16 with its mark, UTF-8 with its mark, else nearly Latin-1."""
    for mark, encoding in (
        (b"\xfe\xff", "utf-16-be"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xef\xbb\xbf", "utf-8"),
    ):
        if value.startswith(mark):
            return value[len(mark) :].decode(encoding, "replace")
    return value.decode("cp1252", "replace")


def filters(value: bytes) -> list[bytes]:
    """The filters of a stream, in the order they are taken off."""
    found = re.search(rb"/(?:Filter|F)\b[\0\t\n\f\r ]*(\[[^\]]*\]|/[A-Za-z0-9]+)", value)
    return re.findall(rb"/([A-Za-z0-9]+)", found[1]) if found else []


def number(value: bytes, key: bytes) -> int:
    """A whole number of a dictionary by its key; 0 if there is none."""
    found = re.search(
        rb"/" + key + rb"[\0\t\n\f\r ]+(\d+)(?![\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+R)", value
    )
    return int(found[1]) if found else 0


def unhexed(stream: bytes) -> bytes:
    """ASCIIHexDecode."""
    digits = re.sub(rb"[^0-9A-Fa-f]", b"", stream.split(b">")[0])
    return binascii.unhexlify(digits + b"0" * (len(digits) % 2))


def unascii85(stream: bytes) -> bytes:
    """ASCII85Decode; what is no such thing becomes nothing."""
    text = stream.strip().removeprefix(b"<~").split(b"~")[0]
    try:
        return base64.a85decode(text, ignorechars=b" \t\n\r\v\f\0")
    except ValueError:
        return b""


def unrun(stream: bytes, most: int) -> bytes:
    """RunLengthDecode, up to `most` bytes."""
    parts: list[bytes] = []
    at = size = 0
    while at < len(stream) and stream[at] != 128 and size <= most:
        count = stream[at]
        if count < 128:
            parts.append(stream[at + 1 : at + 2 + count])
            at += 2 + count
        else:
            parts.append(stream[at + 1 : at + 2] * (257 - count))
            at += 2
        size += len(parts[-1])
    return b"".join(parts)


def unlzw(stream: bytes, most: int) -> bytes:
    """LZWDecode with early change, up to `most` bytes."""
    table = [bytes([one]) for one in range(256)] + [b"", b""]
    parts: list[bytes] = []
    width, bits, held, size = 9, 0, 0, 0
    last = b""
    for one in stream:
        held = (held << 8) | one
        bits += 8
        if bits < width:
            continue
        bits -= width
        code = (held >> bits) & ((1 << width) - 1)
        held &= (1 << bits) - 1
        if code == 256:
            del table[258:]
            width, last = 9, b""
            continue
        if code == 257 or size > most:
            break
        if code < len(table):
            entry = table[code]
        elif last:
            entry = last + last[:1]
        else:
            break
        parts.append(entry)
        size += len(entry)
        if last and len(table) < 4096:
            table.append(last + entry[:1])
        last = entry
        width = min(12, max(9, (len(table) + 1).bit_length()))
    return b"".join(parts)


def unpredicted(data: bytes, predictor: int, columns: int, colors: int, depth: int) -> bytes:
    """Takes off a PNG predictor (7.4.4.4); others are left."""
    if predictor < 10:
        return data
    step = max(1, colors * depth // 8)
    width = (columns * colors * depth + 7) // 8
    above = bytearray(width)
    rows: list[bytes] = []
    for at in range(0, len(data) - width, width + 1):
        kind = data[at]
        row = bytearray(data[at + 1 : at + 1 + width])
        for x in range(width):
            left = row[x - step] if x >= step else 0
            corner = above[x - step] if x >= step else 0
            row[x] = (row[x] + _predicted(kind, left, above[x], corner)) & 255
        rows.append(bytes(row))
        above = row
    return b"".join(rows)


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    match kind:
        case 1:
            return left
        case 2:
            return up
        case 3:
            return (left + up) // 2
        case 4:
            guess = left + up - corner
            return min((left, up, corner), key=lambda one: abs(guess - one))
        case _:
            return 0
