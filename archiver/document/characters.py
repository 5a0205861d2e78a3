"""Which characters of others' text stand as themselves in a document, and which as their code.

A code is `[U+202E]`: what it stands for can still be told, and the bytes are in the data. Coded are
controls, the private use area, what turns the direction of writing (text of others must not rewrite
what is read), and what no font can show. Line breaks stay, a tab is a space. Invariants: ASCII that
can be printed is never coded; text without such characters is unchanged. Pure.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from archiver.core.canonical import Json, JsonObject

_NEVER = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb"
    r"\ufffe\uffff\ue000-\uf8ff\U000e0000-\U0010ffff]"
)
_MODIFIERS = r"\u200d\U0001f3fb-\U0001f3ff"  # joiner and skin tones


def shown(text: str) -> str:
    """Text with codes for what must never be written as it is."""
    return _NEVER.sub(_code, text)


def untabbed(data: JsonObject) -> JsonObject:
    """Data with a space for each tab."""
    return _rewritten(data, lambda text: text.replace("\t", " "))


def presentable(data: JsonObject) -> JsonObject:
    """Data with codes for what must never be set as it is."""
    return _rewritten(data, shown)


def coded(data: JsonObject, unshown: Sequence[str]) -> JsonObject:
    """Data with what cannot be shown as codes; `unshown` is what was said not to be.

    That may be a letter, where a mark follows it that no font has together with it: so marks are
    coded first; where there are none, the characters themselves, unless they are ASCII; else what
    stands beside them. The data unchanged: there was nothing to code.
    """
    named = f"(?:{'|'.join(map(re.escape, unshown))})"
    marks = f"[{_marks()}]+"
    steps: Sequence[Callable[[str], str]] = (
        lambda text: re.sub(f"({named})({marks})", lambda m: m[1] + _codes(m[2]), text),
        lambda text: re.sub(named, lambda m: _codes(m[0]), text),
        lambda text: re.sub(rf"([^ -~\n]?)({named})([^ -~\n]?)", _beside, text),
    )
    for step in steps:
        written = _rewritten(data, step)
        if written != data:
            return written
    return data


def _rewritten(data: JsonObject, rewrite: Callable[[str], str]) -> JsonObject:
    def of(value: Json) -> Json:
        if isinstance(value, str):
            return rewrite(value)
        if isinstance(value, Mapping):
            return {key: of(one) for key, one in value.items()}
        return [of(one) for one in value] if isinstance(value, Sequence) else value

    return {key: of(one) for key, one in data.items()}


def _code(match: re.Match[str]) -> str:
    return f"[U+{ord(match[0]):04X}]"


def _codes(text: str) -> str:
    """Each character that is not ASCII as its code."""
    return re.sub(r"[^ -~\n]", _code, text)


def _beside(match: re.Match[str]) -> str:
    return _codes(match[1]) + match[2] + _codes(match[3])


@cache
def _marks() -> str:
    """A class, without its brackets, of what is drawn together with the letter before it."""
    found = [n for n in range(0x300, sys.maxunicode) if unicodedata.category(chr(n))[0] == "M"]
    runs = [[found[0], found[0]]]
    for n in found[1:]:
        if n > runs[-1][1] + 1:
            runs.append([n, n])
        runs[-1][1] = n
    return _MODIFIERS + "".join(f"{chr(a)}-{chr(b)}" for a, b in runs)
