"""The port by which recognisers come: text in, findings out. Detectors suggest, people decide.

A finding says where and of which kind, never what: the words stay in the text. A label must not
become a facet, a saved search or a column that persons can be selected by (dataskyddslagen 3:3):
what is kept of a finding is the trigger it led to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class Finding(NamedTuple):
    """A stretch of a text, [start, end) in code points, and what it looks like."""

    label: str
    start: int
    end: int


class Detector(Protocol):
    """A recogniser. Pure: the same text gives the same findings, in order of their start."""

    def find(self, text: str) -> Iterable[Finding]:
        """Every finding in a text."""
        ...
