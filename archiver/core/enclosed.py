"""What a copy holds, member by member, and how far it shows what was given out.

A bundle carries files that prove, files that are proved, and files that nobody vouches for: a text
for its reader, and the verifier (who trusts a verifier that came with what it verifies?). Each is
named with what is known of it, so that none is taken for more than it is. A text or a program that
is the same as the reader's own is said to be that, and is still not proved by the log.
Standard library only: the offline verifier carries this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

READ_ME, VERIFIER = "LAS-MIG.txt", "verify.pyz"
_NUMBERED = re.compile(r"(entries|proofs)/([0-9]+)\..+")

# Whether a file of that name and those bytes is one that the reader's own program encloses.
Own = Callable[[str, bytes], bool]


def none_own(_name: str, _data: bytes) -> bool:
    """An `Own` that knows nothing."""
    return False


class Standing(StrEnum):
    """What is known of a member."""

    PROVED = "proved"  # an entry in the log says just this
    PROOF = "proof"  # proves an entry, and was checked
    LISTING = "listing"  # names the other members
    KEY = "key"  # the log's key, and the one it was compared with
    STAMP = "stamp"  # an outside time stamp, and its signature was checked
    STAMP_UNSIGNED = "stamp_unsigned"  # … was not
    OWN = "own"  # not proved, the same as the reader's own
    BESIDE = "beside"  # nobody vouches for it
    UNPROVED = "unproved"  # the copy as a whole is not proved


STANDINGS: Mapping[Standing, str] = {
    Standing.PROVED: "styrkt av post {entry} i loggen",
    Standing.PROOF: "beviset för post {entry}, kontrollerat",
    Standing.LISTING: "förteckning över filerna; stämmer, men styrker inget själv",
    Standing.KEY: "arkivets nyckel, samma som den förväntade",
    Standing.STAMP: "tidsstämpel, underskriften kontrollerad",
    Standing.STAMP_UNSIGNED: "tidsstämpel, underskriften inte kontrollerad",
    Standing.OWN: "följer med, inte styrkt (likadan som det här programmets egen)",
    Standing.BESIDE: "följer med, inte styrkt",
    Standing.UNPROVED: "inte styrkt",
}


class Member(NamedTuple):
    """A member of a bundle and what is known of it; `entry` in the log, for what is proved by one
    or proves one."""

    name: str
    standing: Standing
    entry: int | None = None

    @property
    def words(self) -> str:
        """What is known of it, in Swedish."""
        return STANDINGS[self.standing].format(entry=self.entry)


def members(
    files: Mapping[str, bytes], own: Own, *, proven: bool, stamp_checked: bool
) -> Iterator[Member]:
    """Every member by name. `proven`: the copy's verdict is that it is proved."""
    for name, data in sorted(files.items()):
        numbered = _NUMBERED.fullmatch(name)
        if name in (READ_ME, VERIFIER):
            yield Member(name, Standing.OWN if own(name, data) else Standing.BESIDE)
        elif not proven:
            yield Member(name, Standing.UNPROVED)
        elif numbered:
            standing = Standing.PROVED if numbered[1] == "entries" else Standing.PROOF
            yield Member(name, standing, int(numbered[2]))
        elif name == "vkey":
            yield Member(name, Standing.KEY)
        elif name == "stamp.tsr":
            yield Member(name, Standing.STAMP if stamp_checked else Standing.STAMP_UNSIGNED)
        else:
            yield Member(name, Standing.LISTING)


class Extent(StrEnum):
    """How much of a release a copy shows, whatever its verdict."""

    WHOLE = "whole"  # the release's own entry, and just the records it names
    PART = "part"  # … and fewer than it names
    OTHER = "other"  # … and something else than it names
    RELEASE_ALONE = "release_alone"  # … and no record
    RECORDS_ALONE = "records_alone"  # records, and no release


EXTENTS: Mapping[Extent, str] = {
    Extent.WHOLE: "Paketet visar hela det utlämnande som det hör till. Handlingar: {shown}.",
    Extent.PART: "Paketet visar inte hela utlämnandet: av {released} handlingar finns {shown} här.",
    Extent.OTHER: "Paketet visar inte just det som lämnades ut. Handlingar här: {shown}.",
    Extent.RELEASE_ALONE: (
        "Paketet visar att ett utlämnande har gjorts, men ingen handling ur det{of}."
    ),
    Extent.RECORDS_ALONE: (
        "Paketet visar poster ur arkivets logg var för sig ({shown}). Det visar inget utlämnande: "
        "inte om de är allt som lämnades ut, och inte vem som har dolt delar av dem."
    ),
}


def extent_words(extent: Extent, shown: int, released: int | None) -> str:
    """How much is shown, in Swedish. `released`: how many records the release was of, if said."""
    of = "" if released is None else f" (av {released})"
    return EXTENTS[extent].format(shown=shown, released=released, of=of)
