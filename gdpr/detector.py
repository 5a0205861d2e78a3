"""All recognisers over a text: what is personal in it, as spans that stand.

The same text, mode and year give the same spans, on any thread. No text makes it raise. Which
recognisers there are is a matter of what is installed: by folder, and by the entry-point group
`diarkiv.recognizers`. Where the name model is missing, `reduced` says so, and whoever shows a
result has to show it: text without a found name must not pass for text without names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from archiver.plugins import plugins
from gdpr.core.recognizer import Mode, Reading, Recognizer
from gdpr.core.resolve import resolved
from gdpr.core.span import Span

FOLDER = "gdpr.recognizers"
GROUP = "diarkiv.recognizers"


@dataclass(frozen=True, slots=True)
class Detector:
    """Runs recognisers. `year`: the current one, for what cannot have happened yet."""

    recognizers: Sequence[Recognizer]
    year: int

    def detect(self, text: str, mode: Mode = Mode.SUGGEST) -> tuple[Span, ...]:
        """The spans of a text, in order. Those that mask do not overlap; flags (`flags_only`)
        may lie over others."""
        if not text:
            return ()
        reading = Reading(text, mode, self.year)
        found = [span for one in self.recognizers for span in one.find(reading)]
        return resolved(text, found, mode) if found else ()

    @property
    def reduced(self) -> tuple[str, ...]:
        """What is less than it should be, as "names: no model (…)"; empty if nothing is."""
        return tuple(reason for one in self.recognizers if (reason := getattr(one, "reduced", "")))

    @property
    def versions(self) -> tuple[str, ...]:
        """Who looks, as "phone/1"."""
        return tuple(f"{one.name}/{one.version}" for one in self.recognizers)


@cache
def recognizers() -> Sequence[Recognizer]:
    """Every recogniser there is, by name; `ConfigError` as `archiver.plugins` says."""
    found: Mapping[str, Recognizer] = plugins(
        FOLDER, GROUP, "recognizer", Recognizer, lambda one: one.name
    )
    return tuple(found.values())


def detector(year: int) -> Detector:
    """A detector with every recogniser there is."""
    return Detector(recognizers(), year)
