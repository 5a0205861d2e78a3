"""Special categories of personal data and crime: phrases to look at, never masked by themselves.

GDPR art. 9 and 10. The phrases and what tells against them are data (`sensitive.toml`): "cancer i
budgeten" and "Europeiska unionen" are about no person. What is found here is a flag for a person's
review; it is no facet and nothing to search by (dataskyddslagen 3:3).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from gdpr.core.recognizer import Found, Reading, Rule

PHRASES = Path(__file__).with_name("sensitive.toml")
_AROUND = 40
_REASON = {"ART9": "may be a special category (art. 9)", "ART10": "may be about crime (art. 10)"}


class _Category(NamedTuple):
    label: str
    words: re.Pattern[str]
    never: re.Pattern[str]


@cache
def _categories() -> tuple[re.Pattern[str], Sequence[_Category]]:
    """One pattern that tells whether any of them can match, and each of them."""
    data: Mapping[str, Mapping[str, Sequence[str]]] = tomllib.loads(PHRASES.read_text("utf-8"))
    found = [
        _Category(label, _any_of(each["words"]), _any_of(each["never"]))
        for label, each in data.items()
    ]
    every = [phrase for each in data.values() for phrase in each["words"]]
    return _any_of(every), found


def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    by_letter: dict[str, dict[str, list[str]]] = {}
    for phrase in sorted(phrases, key=lambda one: (-len(one), one)):
        first, _, rest = _pattern(phrase).partition(r"\s+")
        by_letter.setdefault(first[0], {}).setdefault(first[1:], []).append(rest)
    return re.compile(
        rf"(?<!\w)(?:{'|'.join(one + _either(rests) for one, rests in by_letter.items())})"
    )


def _either(rests: Mapping[str, Sequence[str]]) -> str:
    """Alternatives grouped by how they begin: tried one after the other, they would take longer
    than all other recognisers together."""
    parts = []
    for first, rest in rests.items():
        longer = "|".join(one for one in rest if one)
        after = rf"\s+(?:{longer})" if longer else ""
        parts.append(first + (f"(?:{after})?" if after and "" in rest else after))
    return f"(?:{'|'.join(parts)})"


def _pattern(phrase: str) -> str:
    parts = []
    for word in phrase.split():
        if word.endswith("*"):
            parts.append(re.escape(word[:-1]) + r"\w*\s+")
        else:
            parts.append(re.escape(word) + r"(?!\w)\s+")
    return "".join(parts).removesuffix(r"\s+")


def _seek(reading: Reading) -> Iterator[Found]:
    text = reading.folded
    every, categories = _categories()
    if not every.search(text):
        return
    for label, words, never in categories:
        for one in words.finditer(text):
            around = text[max(0, one.start() - _AROUND) : one.end() + _AROUND]
            if not never.search(around):
                yield Found(one.start(), one.end(), label, 0.5, _REASON[label.partition("_")[0]])


recognizer = Rule(
    name="sensitive",
    version=1,
    examples=(
        "Laila ⟦har fått diabetes⟧ och behöver specialkost",
        "Vi ⟦går i moskén⟧ varje fredag",
        "han är ⟦ombud för unionen⟧, ring",
        "grannen ⟦är dömd⟧ för misshandel",
        "min bror ⟦är homosexuell⟧",
        "HON ⟦ÄR MUSLIM⟧",
        "det är cancer i budgeten",
        "Europeiska unionen bestämmer",
        "fotboll är ren religion här",
        "kommunen är döv för kritik",
        "projektet är dömt att misslyckas",
    ),
    seek=_seek,
)
