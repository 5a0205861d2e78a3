"""English sentences of the program and their Swedish wordings: data, and one way to look them up.

In an English sentence `{}` stands for what varies, in its wording `{0}` for the first of them; what
varies may be a sentence itself. A sentence without a wording is shown as it stands: nothing is
hidden. Standard library only: the offline verifier carries this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NEXT = re.compile(r"(?<=\.) (?=[A-Z])")


class Sentences:
    """Wordings, looked up by what says most first."""

    def __init__(self, wordings: Iterable[tuple[str, str]]) -> None:
        ordered = sorted(wordings, key=lambda one: -len(one[0].replace("{}", "")))
        self._patterns = [
            (re.compile(re.escape(english).replace(r"\{\}", "(.+?)"), re.DOTALL), wording)
            for english, wording in ordered
        ]

    def swedish(self, said: str) -> str:
        """The sentence in Swedish, or several after one another; what has no wording as it is."""
        for pattern, wording in self._patterns:
            if found := pattern.fullmatch(said):
                return wording.format(*map(self.swedish, found.groups()))
        several = _NEXT.split(said)
        return " ".join(map(self.swedish, several)) if len(several) > 1 else said
