"""What a look for malware says of a file: three answers, and never a guess.

Only `CLEAN` lets a file that came from outside be shown. A file nobody could look at is said to be
so; it is kept all the same, for what was received must not be lost because it may be harmful.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ScanVerdict(StrEnum):
    """The outcome of a look at one file."""

    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One look at one file. `engine` names the program and its signatures' version, empty where
    there is none; `found` is the engine's own name for what it found, or, where nothing was
    looked at, a code for why: `no_scanner`, `unreachable`, `too_large`, `engine_error`."""

    verdict: ScanVerdict
    engine: str = ""
    found: str = ""


NO_SCANNER = Scan(verdict=ScanVerdict.NOT_SCANNED, found="no_scanner")
