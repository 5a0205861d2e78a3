"""Reads what the name model is trained on: labelled news, labelled comments, counts of names.

Only `make model` reads these; they are not part of the product. Everything becomes one form, a text
with the places of its names, so that the model is trained by the same tokens as it will meet.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

PERSON, PLACE, BODY = "PERSON", "LOC", "ORG"
_NO_SPACE_BEFORE = frozenset(".,:;!?)”’%")
_NO_SPACE_AFTER = frozenset("(”“")
_NEWS = {"PER": PERSON, "LOC": PLACE, "ORG": BODY, "MISC": "MISC"}
_COMMENTS = {
    "PERSON": PERSON, "PLACE": PLACE, "ADDRESS": PLACE, "PROPERTY": PLACE, "ORG": BODY,
}  # fmt: skip


class Mark(NamedTuple):
    """A name (PERSON), or what is called something without being a person."""

    start: int
    end: int
    label: str


class Example(NamedTuple):
    """A text with its marks, in order."""

    text: str
    marks: tuple[Mark, ...]


def news(path: Path) -> Iterator[Example]:
    """The sentences of klintan/swedish-ner-corpus: a token and its label a line."""
    rows: list[tuple[str, str]] = []
    for line in path.read_text("utf-8").splitlines():
        if cells := line.split():  # a tab in the first half of the file, spaces in the second
            rows.append((cells[0].replace("\u00ad", ""), cells[-1]))
        elif rows:
            yield _sentence(rows)
            rows = []
    if rows:
        yield _sentence(rows)


def _sentence(rows: Sequence[tuple[str, str]]) -> Example:
    text = ""
    marks: list[Mark] = []
    before = ""
    for word, label in rows:
        glued = not text or word in _NO_SPACE_BEFORE or text[-1] in _NO_SPACE_AFTER
        start = len(text) + (not glued)
        text += word if glued else " " + word
        kind = _NEWS.get(label, "")
        if kind and before == label:
            marks[-1] = Mark(marks[-1].start, len(text), kind)
        elif kind:
            marks.append(Mark(start, len(text), kind))
        before = label
    return Example(text, tuple(marks))


def comments(path: Path) -> Iterator[Example]:
    """Comments with exact places of what is personal, a JSON object a line."""
    for line in path.read_text("utf-8").splitlines():
        data = json.loads(line)
        marks = [
            Mark(one["start"], one["end"], _COMMENTS[one["label"]])
            for one in (*data["spans"], *data["negatives"])
            if one["label"] in _COMMENTS
        ]
        yield Example(data["text"], tuple(sorted(marks)))


def bearers(folder: Path) -> Iterator[tuple[str, int]]:
    """Given names with their number of bearers, from every CSV file of the folder."""
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                yield row["name"], int(row["persons"])
