"""What a text says once what it is wrapped in is taken off: entities, percent, escapes, base64,
tag characters, letters that are shown in the other direction, addresses with words for "@".

Pure. `unwrapped` gives the texts that a reader of the format, or anyone who tries, would get.
Those of `sure` are read as they stand; those that are not sure were only perhaps encoded (any long
word could be base64), so short values are not looked for in them.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from gdpr.core.written import read_out

DEPTH = 4  # wrappings inside each other
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_QUOTED = re.compile(r"=[0-9A-F]{2}")
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})"
    r"|([0-7]{3})|([0-9A-Fa-f]{1,6}) ?|(.))",
    re.DOTALL,
)
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}")
_WRAPPED_BASE64 = re.compile(r"[A-Za-z0-9+/]{40,}(?:\s+[A-Za-z0-9+/]{4,})+={0,2}")
_LONG_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{40}[A-Za-z0-9+/_\s-]*")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[ :]?){4,}[0-9A-Fa-f]?")
_READABLE = re.compile(rb"[\x20-\x7e\x80-\xff\t\r\n]{4,}")
_WIDE = (
    ("utf-16-le", re.compile(rb"(?:[\x20-\xff][\x00\x01]){4,}")),
    ("utf-16-be", re.compile(rb"(?:[\x00\x01][\x20-\xff]){4,}")),
)
_TAGS = re.compile("[\U000e0020-\U000e007e]")
_TURNED = re.compile("[\u202b\u202e\u2067]([^\\n\u202c\u2069]*)[\u202c\u2069]?")
_MAGIC = (b"\x1f\x8b", b"PK\x03\x04", b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "b": "", "f": "\n", "v": "\n", "\n": ""}


class Inner(NamedTuple):
    """What a text holds inside. `sure`: a reader of the format would see it."""

    text: str
    sure: bool


def unwrapped(text: str, tried: set[str] | None = None, *, depth: int = DEPTH) -> Iterator[Inner]:
    """Everything inside, wrappings within wrappings too. `tried`: long words that were taken for
    base64 before, in vain or not; they are not tried again, and this text's are put there. The
    ways to wrap are taken off in turn, `depth` times over: the work grows with the text alone."""
    tried = set() if tried is None else tried
    seen = {text}
    for _ in range(depth):
        before = text
        yield from _disguised(text)
        for take_off in (_of_entities, _of_escapes, _of_percent, _of_quoted):
            text = take_off(text)
            if text not in seen:
                seen.add(text)
                yield Inner(text, sure=True)
        perhaps = _perhaps(text, tried)
        if text == before and not perhaps:
            return
        if perhaps and perhaps not in seen:
            seen.add(perhaps)
            yield Inner(perhaps, sure=False)
            for inner in unwrapped(perhaps, tried, depth=1):
                yield Inner(inner.text, sure=False)
        if text == before:
            return


def _of_entities(text: str) -> str:
    return html.unescape(text) if "&" in text else text


def _of_escapes(text: str) -> str:
    return _SURROGATES.sub(_paired, _ESCAPE.sub(_escaped, text)) if "\\" in text else text


def _of_percent(text: str) -> str:
    if "%" in text and _PERCENT.search(text):
        return decoded(unquote_to_bytes(text.replace("+", " ")))
    return text


def _of_quoted(text: str) -> str:
    if "=" in text and _QUOTED.search(text):
        return decoded(binascii.a2b_qp(text.encode("utf-8", "replace")))
    return text


def _disguised(text: str) -> Iterator[Inner]:
    """The lines that say something else to the eye, or to whoever reads what is not seen: letters
    that a control turns (Unicode UAX 9, RLE, RLO, RLI), tag characters, which spell ASCII (Unicode
    23.9); and addresses with words for "@"."""
    if not text.isascii():
        for hidden, shown in ((_TURNED, _turned), (_TAGS, _untagged)):
            if hidden.search(text):
                lines = [one for one in text.split("\n") if hidden.search(one)]
                yield Inner(hidden.sub(shown, "\n".join(lines)), sure=True)
    if addresses := read_out(text):
        yield Inner("\n".join(addresses), sure=True)


def _turned(found: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", found[1])[::-1]


def _untagged(found: re.Match[str]) -> str:
    return chr(ord(found[0]) - 0xE0000)


def _paired(found: re.Match[str]) -> str:
    return found.group().encode("utf-16", "surrogatepass").decode("utf-16")


def _escaped(found: re.Match[str]) -> str:
    *sixteen, octal, css, one = found.groups()
    for digits in sixteen:
        if digits:
            code = int(digits, 16)
            return chr(code) if code <= 0x10FFFF else ""
    if octal:
        return chr(int(octal, 8))
    if css:
        code = int(css, 16)
        return chr(code) if code <= 0x10FFFF else ""
    return _SHORT.get(one, one)


def files(text: str) -> Iterator[bytes]:
    """Files that stand in a text as base64, as pictures in a page do."""
    for run in _LONG_BASE64.finditer(text):
        content = _unbased("".join(run.group().split()))
        if content.startswith(_MAGIC):
            yield content


def _perhaps(text: str, tried: set[str]) -> str:
    parts: list[str] = []
    for run in _WRAPPED_BASE64.finditer(text):
        parts += readable(_unbased("".join(run.group().split())))
    for run in set(_BASE64.findall(text)) - tried:
        tried.add(run)
        for offset in range(4):  # what stands before may be of the same letters
            parts += readable(_unbased(run[offset:]))
    for run in _HEX.finditer(text):
        digits = re.sub("[ :]", "", run.group())
        for offset in (0, 1):
            even = digits[offset : len(digits) - (len(digits) - offset) % 2]
            parts += readable(bytes.fromhex(even))
    return "\n".join(parts)


def _unbased(run: str) -> bytes:
    run = run.rstrip("=").replace("-", "+").replace("_", "/")
    run = run[: len(run) - 1] if len(run) % 4 == 1 else run
    return base64.b64decode(run + "=" * (-len(run) % 4))


def readable(content: bytes) -> list[str]:
    """The runs of bytes that can be text, as text: UTF-8, Latin-1 and both orders of UTF-16."""
    found = [decoded(run) for run in _READABLE.findall(content)]
    for order, wide in _WIDE:
        found += [run.decode(order, "replace") for run in wide.findall(content)]
    return found


def decoded(content: bytes) -> str:
    """As UTF-8, or else as Windows-1252."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    # UTF-8 with a torn end, or with one bad byte, is still UTF-8 to a reader.
    torn = content.decode("utf-8", "ignore")
    latin = content.decode("cp1252", "replace")
    return torn if len(torn) == len(latin) else f"{latin}\n{torn}"
