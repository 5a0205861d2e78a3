"""Asks the trained model: how likely is each token of a text part of a person's name.

The model is a conditional random field over the features of `gdpr/model/features.py`, written by
`make model`, compressed (xz), and read by CRFsuite. One `Tagger` may be asked by many threads:
CRFsuite keeps the text it was given last, so asking is one at a time.
"""

from __future__ import annotations

import lzma
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import pycrfsuite

from gdpr.model.features import casing, features

MODEL = Path(__file__).with_name("names.crfsuite.xz")
BEGIN, INSIDE, OUTSIDE, OTHER = "B", "I", "O", "X"
CERTAIN = 0.7  # a name's words on average, to be suggested: as many are found, fewer are wrong
LISTED = 0.25  # a given name that is on the list and no ordinary word, to be suggested
FLOOR = 0.1  # any word, where nothing may leak


class Tagger:
    """A trained model. `OSError` if there is none at the path, `LZMAError` if it is not one."""

    def __init__(self, path: Path = MODEL) -> None:
        # CRFsuite reads it where it lies, and holds no reference to it.
        self._model = lzma.decompress(path.read_bytes())
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(self._model)
        self._lock = Lock()

    def tags(self, text: str, words: Sequence[str]) -> tuple[list[str], list[float]]:
        """The likeliest tag of each token of a text, and how likely (0 to 1) it is part of a
        name."""
        rows = features(words, casing(text))
        with self._lock:
            tags: list[str] = self._tagger.tag(rows)
            marginal = self._tagger.marginal
            return tags, [marginal(BEGIN, at) + marginal(INSIDE, at) for at in range(len(tags))]
