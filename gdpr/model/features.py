"""What the name model is told about each token. Pure; the same in training and in use.

Everything said of a token by itself is made once and kept (`_own`), since making strings is what
costs; a token's features are its own and those of its neighbours, under names that say where they
stand. `VERSION` is raised with every change here: a model is only read by the features it was
trained with.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from gdpr.model.gazetteer import given_names, is_surname

VERSION = 1
_ENDS = ".!?…"
_KEPT = 10_000  # tokens, some 2.5 kB each
_RUN = re.compile(r"(.)\1+")


class _Own(NamedTuple):
    """A token's features where it stands, and as seen one and two places away."""

    here: tuple[str, ...]
    before: tuple[str, ...]  # it is the one before
    after: tuple[str, ...]
    before2: tuple[str, ...]
    after2: tuple[str, ...]
    kind: str  # what lists say of it
    ends: bool


def casing(text: str) -> str:
    """How far the case of letters tells something: "l" or "u" where all are alike, else "m"."""
    if text == text.lower():
        return "l"
    return "u" if text == text.upper() else "m"


def features(words: Sequence[str], case: str) -> list[list[str]]:
    """The features of each token of a text whose casing is `case`."""
    owns = [_own(word, case) for word in words]
    last = len(owns) - 1
    found = []
    begins = True
    for at, own in enumerate(owns):
        row = [*own.here, "^"] if begins else [*own.here]
        if at:
            row += owns[at - 1].before
            row.append("k-" + owns[at - 1].kind + own.kind)
            if at > 1:
                row += owns[at - 2].before2
        if at < last:
            row += owns[at + 1].after
            row.append("k+" + own.kind + owns[at + 1].kind)
            if at + 1 < last:
                row += owns[at + 2].after2
        else:
            row.append("$")
        found.append(row)
        begins = own.ends
    return found


def shape(word: str, case: str) -> str:
    """A word's form: X upper, x lower, d digit, repeated ones once; what it is if no word."""
    first = word[0]
    if first in "@#" and len(word) > 1:
        return "tag"
    if first.isdigit():
        return "num"
    if word.startswith(("http", "www.")) or "@" in word:
        return "addr"
    if not first.isalpha():
        return first if first.isascii() or first in "–”’…" else "sym"
    marks = "".join("X" if c.isupper() else "x" if c.isalpha() else c for c in word)
    return case + _RUN.sub(r"\1", marks) + ("1" if len(word) == 1 else "")


@lru_cache(maxsize=_KEPT)
def _own(word: str, case: str) -> _Own:
    form = shape(word, case)
    if not word[0].isalpha():
        text = form if form in ("tag", "num", "addr", "sym") else word
        return _Own(
            ("w=" + text,), ("w-" + text,), ("w+" + text,), ("w--" + text,), ("w++" + text,), "-",
            word in _ENDS,
        )  # fmt: skip
    low = word.casefold()
    kind = _listed(low)
    here = ["w=" + low, "f=" + form, "l=" + kind, "fl=" + form + kind]
    here += [f"s{n}=" + low[-n:] for n in (2, 3, 4) if len(low) > n]
    here += [f"p{n}=" + low[:n] for n in (2, 3) if len(low) > n]
    if "-" in low:
        here.append("h=" + "".join(_listed(part) for part in low.split("-") if part))
    end = low[-3:]
    return _Own(
        tuple(here),
        ("w-" + low, "f-" + form, "l-" + kind, "s-" + end),
        ("w+" + low, "f+" + form, "l+" + kind, "s+" + end),
        ("w--" + low, "f--" + form + kind),
        ("w++" + low, "f++" + form + kind),
        kind,
        False,
    )


def _listed(low: str) -> str:
    """What the lists say of a case-folded word: a given name and how common, a surname, both;
    small letters if only without a genitive's s."""
    size = given_names().get(low, 0)
    mark = f"G{size}" if size else ""
    if is_surname(low):
        mark += "S"
    if not mark and len(low) > 3 and low[-1] == "s":
        bare = low.rstrip("'’")[:-1].rstrip("'’")
        size = given_names().get(bare, 0)
        mark = f"g{size}" if size else ""
        if is_surname(bare):
            mark += "s"
    if not mark and "-" in low:
        parts = [one for one in low.split("-") if one]
        mark = "H" if parts and all(map(_name_part, parts)) else ""
    return mark or "o"


def _name_part(part: str) -> bool:
    bare = part.removesuffix("s")
    return any(one in given_names() or is_surname(one) for one in (part, bare))
