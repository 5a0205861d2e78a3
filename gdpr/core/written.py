"""E-mail addresses as people write them so that machines shall not find them. Pure.

"anna snabel-a exempel punkt se", "anna (at) exempel.se": told by a word for the "@" between a name
and a domain that ends in letters. Both the recogniser of addresses and the leak check read them so.
"""

from __future__ import annotations

import re

_AT = (
    r"(?:@| @ | ?[(\[{<] ?(?:at|a|@|snabel-?a|ät) ?[)\]}>] ?"
    r"| (?:snabel[- ]?a|snabbel-?a|snabela|snabel|kanelbulle) )"
)
_WORDY_AT = r" (?:at|ät) "
_DOT = r"(?:\.| ?[(\[{] ?(?:punkt|dot|\.) ?[)\]}] ?| (?:punkt|dot) )"
_NAME = rf"(?<![\w.+-])[\w+-]+(?:{_DOT}[\w+-]+)*"
# In small letters, or in any with `re.IGNORECASE`.
WRITTEN = (
    rf"{_NAME}(?:{_AT}[\w-]+(?:{_DOT}[\w-]+)*{_DOT}|{_WORDY_AT}[\w-]+"
    rf"(?: (?:punkt|dot) [\w-]+)* (?:punkt|dot) |{_WORDY_AT}(?:[\w-]+\.)+)[^\W\d_]{{2,24}}(?!\w)"
)
_ANY_AT = re.compile(f"{_AT}|{_WORDY_AT}", re.IGNORECASE)
_ANY_DOT = re.compile(_DOT, re.IGNORECASE)
_ADDRESS = re.compile(WRITTEN, re.IGNORECASE)
_AROUND = 120  # characters of an address beside a word that hides it
_HINT = re.compile(
    r"\b(?:at|ät|kanelbulle|snab+el-?a?)\b|[(\[{<] ?[a@] ?[)\]}>]|[(\[{] ?(?:punkt|dot|\.) ?[)\]}]"
    r"|\b(?:punkt|dot)\b",
    re.IGNORECASE,
)


def read_out(text: str) -> list[str]:
    """Such addresses in a text as "name@domain.se"; across the ends of lines too."""
    if not _HINT.search(text):
        return []
    spaced = " ".join(text.split())
    found: list[str] = []
    done = 0
    for hint in _HINT.finditer(spaced):
        start = max(done, hint.start() - _AROUND)
        for one in _ADDRESS.finditer(spaced, start, hint.end() + _AROUND):
            found.append(_plain(one[0]))
            done = one.end()
    return found


def _plain(address: str) -> str:
    return _ANY_DOT.sub(".", _ANY_AT.sub("@", address, count=1))
