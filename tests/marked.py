"""Texts whose personal data is marked by hand, and how much of it a detector finds.

`⟦…⟧` marks a span; in a file of comments the mark begins with a letter that says the kind.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from gdpr.core.recognizer import Mode
from gdpr.core.span import Label
from gdpr.detector import Detector

KINDS = {
    "P": Label.PERSON, "N": Label.PERSONAL_NUMBER, "S": Label.COORDINATION_NUMBER,
    "T": Label.PHONE, "E": Label.EMAIL, "A": Label.ADDRESS, "R": Label.PROPERTY,
    "G": Label.PLATE, "B": Label.BANKGIRO, "L": Label.PLUSGIRO, "I": Label.IBAN,
    "K": Label.ACCOUNT, "H": Label.HANDLE, "U": Label.URL, "Z": Label.IP,
}  # fmt: skip


class Marked(NamedTuple):
    text: str
    spans: tuple[tuple[int, int, str], ...]


def marked(row: str, *, kinds: bool = False) -> Marked:
    """A row without its marks, and where they were."""
    text, spans = "", []
    for part in re.split(r"(⟦[^⟧]*⟧)", row):
        if part.startswith("⟦"):
            word, label = (part[3:-1], KINDS[part[1]]) if kinds else (part[1:-1], "")
            spans.append((len(text), len(text) + len(word), str(label)))
            text += word
        else:
            text += part
    return Marked(text, tuple(spans))


def read(path: Path) -> Iterator[Marked]:
    for line in path.read_text("utf-8").splitlines():
        if line and not line.startswith("# "):
            yield marked(line, kinds=True)


class Score(NamedTuple):
    """Shares: of marked names and of other marks all characters of which are masked; of masked
    names at least half of which is marked; of texts where no mark is left bare."""

    names: float
    others: float
    precision: float
    clean: float


def score(rows: Iterable[Marked], detector: Detector, mode: Mode) -> Score:
    count: Counter[str] = Counter()
    for row in rows:
        spans = [one for one in detector.detect(row.text, mode) if not one.flags_only]
        hidden = {at for one in spans for at in range(one.start, one.end)}
        right = {at for start, end, _ in row.spans for at in range(start, end)}
        bare = 0
        for start, end, label in row.spans:
            kind = "name" if label == Label.PERSON else "other"
            missed = any(at not in hidden for at in range(start, end) if row.text[at] != " ")
            count[kind] += 1
            count["masked " + kind] += not missed
            bare += missed
        for one in spans:
            if one.label == Label.PERSON:
                inside = sum(at in right for at in range(one.start, one.end))
                count["said"] += 1
                count["rightly said"] += 2 * inside >= one.end - one.start
        count["text"] += 1
        count["clean"] += not bare
    return Score(
        count["masked name"] / count["name"],
        count["masked other"] / count["other"],
        count["rightly said"] / count["said"],
        count["clean"] / count["text"],
    )
