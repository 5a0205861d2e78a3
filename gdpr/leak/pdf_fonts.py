"""Tables that say which letter a code in a PDF's drawing stands for (ISO 32000-1, 9.10).

Two kinds are read: ToUnicode, which a reader copies text by, and the font's own, which the eye sees
by. They can differ, and then each may hide what the other shows. Pure.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fontTools.agl import toUnicode
from fontTools.cffLib import CFFFontSet
from fontTools.ttLib import TTFont, TTLibError

_MOST = 100_000
_CHARS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGES = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_PAIR = re.compile(rb"<([0-9A-Fa-f\s]+)>\s*<([0-9A-Fa-f\s]*)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f\s]+)>\s*<([0-9A-Fa-f\s]+)>\s*(?:<([0-9A-Fa-f\s]*)>|\[(.*?)\])")


@dataclass(frozen=True, slots=True)
class Letters:
    """Codes of `width` bytes and what they stand for."""

    width: int
    table: Mapping[int, str]

    def text(self, run: bytes) -> str:
        """What a string shows by this table; codes it does not know show nothing."""
        width = self.width
        codes = (int.from_bytes(run[at : at + width], "big") for at in range(0, len(run), width))
        return "".join(self.table.get(code, "") for code in codes)


def letters_of_table(data: bytes) -> Iterable[Letters]:
    """A ToUnicode table (by Adobe Technical Note 5411)."""
    found: dict[int, dict[int, str]] = {}
    for part in _CHARS.findall(data):
        for code, text in _PAIR.findall(part):
            _put(found, code, 0, _utf16(text))
    for part in _RANGES.findall(data):
        for first, last, text, each in _RANGE.findall(part):
            count = min(_int(last) - _int(first) + 1, _MOST)
            texts = re.findall(rb"<([0-9A-Fa-f\s]*)>", each)
            for offset in range(count):
                if texts:
                    said = _utf16(texts[offset]) if offset < len(texts) else ""
                else:
                    start = _utf16(text)
                    last_code = ord(start[-1]) + offset if start else 0
                    said = start[:-1] + chr(min(last_code, 0x10FFFF)) if start else ""
                _put(found, first, offset, said)
    return [Letters(width, table) for width, table in found.items()]


def _put(found: dict[int, dict[int, str]], code: bytes, offset: int, text: str) -> None:
    digits = re.sub(rb"\s", b"", code)
    table = found.setdefault(max(1, (len(digits) + 1) // 2), {})
    if len(table) < _MOST:
        table[_int(code) + offset] = text


def _int(digits: bytes) -> int:
    return int(re.sub(rb"\s", b"", digits) or b"0", 16)


def _utf16(digits: bytes) -> str:
    text = re.sub(rb"\s", b"", digits)
    return bytes.fromhex((text + b"0" * (len(text) % 2)).decode()).decode("utf-16-be", "replace")


def letters_of_font(data: bytes) -> Iterable[Letters]:
    """What an embedded font's own tables say of its glyphs, by their numbers."""
    try:
        if data[:4] in (b"\0\1\0\0", b"OTTO", b"true"):
            table = _by_number(TTFont(io.BytesIO(data), lazy=True))
        elif data[:1] == b"\1":
            fonts = CFFFontSet()
            fonts.decompile(io.BytesIO(data), None)
            table = _named(fonts[0].getGlyphOrder())
        else:
            return ()
    except Exception:  # noqa: BLE001 fontTools raises whatever a broken font leads to
        return ()  # the pages are read and seen all the same
    return [Letters(2, table), Letters(1, table)] if table else ()


def _by_number(font: TTFont) -> dict[int, str]:
    try:
        table = _named(font.getGlyphOrder()[:_MOST])
    except (TTLibError, KeyError, AssertionError):
        table = {}
    if "cmap" in font:
        for one in font["cmap"].tables:
            for code, name in one.cmap.items():
                number = font.getGlyphID(name)
                if not table.get(number):
                    table[number] = chr(code & 0xFF if one.isSymbol() else code)
    return table


def _named(names: list[str]) -> dict[int, str]:
    found = {number: toUnicode(name) for number, name in enumerate(names)}
    return {number: text for number, text in found.items() if text}
