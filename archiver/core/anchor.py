"""Anchors: the log's own entries that name the outside time stamps over its earlier heads.

    {"at":…,"number":1,"sha256":"…64…","size":4711,"t":"anchor","time":1795353955000,"v":1}

`sha256` is that of `stamps/<size>-<number>.tsr`, an RFC 3161 reply over SHA-256 of
`stamps/<size>.note`, the log's signed head of `size` entries; `time` is the instant in the reply.
Being an entry, an anchor is itself below the next stamp: a stamp whose certificate has run out is
renewed by those that came before it did (RFC 3161 app. B). Numbers and a digest only.

Invariants: an anchor is later in the log than all that its stamp covers. Standard library only: the
offline verifier carries this module.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from archiver.core.canonical import Json, JsonObject
from archiver.errors import NotCanonical

FOLDER = "stamps"
RENEW = 90 * 86_400_000  # milliseconds: a log that nothing is added to is stamped that often
_REPLY = re.compile(r"stamps/([1-9][0-9]{0,14})-([1-9][0-9]{0,5})\.tsr")
_NOTE = re.compile(r"stamps/([1-9][0-9]{0,14})\.note")
_DIGEST = re.compile("[0-9a-f]{64}")


def reply_name(size: int, number: int) -> str:
    """Object name of the authority's reply: the `number`th over the head of `size` entries."""
    return f"{FOLDER}/{size}-{number}.tsr"


def note_name(size: int) -> str:
    """Object name of the signed head that was stamped."""
    return f"{FOLDER}/{size}.note"


def parse_reply_name(name: str) -> tuple[int, int] | None:
    """(size, number) of a reply's object name, None for any other."""
    match = _REPLY.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else None


def parse_note_name(name: str) -> int | None:
    """Size in the object name of a stamped head, None for any other."""
    match = _NOTE.fullmatch(name)
    return int(match[1]) if match else None


class Anchor(NamedTuple):
    """One anchor: its seq and instant in the log, how many entries the stamped head covers, which
    reply over it this is, the reply's digest (hex) and the instant in it. Milliseconds UTC."""

    seq: int
    at: int
    size: int
    number: int
    sha256: str
    time: int

    @property
    def reply(self) -> str:
        """Object name of the reply."""
        return reply_name(self.size, self.number)

    @property
    def note(self) -> str:
        """Object name of the stamped head."""
        return note_name(self.size)

    def facts(self) -> dict[str, Json]:
        """What the entry says."""
        return {
            "number": self.number,
            "sha256": self.sha256,
            "size": self.size,
            "time": self.time,
        }


def parse_anchor(seq: int, at: int, facts: JsonObject) -> Anchor:
    """The anchor in an entry; `NotCanonical` if it says more, less, or what cannot be."""
    size, number, time = facts.get("size"), facts.get("number"), facts.get("time")
    digest = facts.get("sha256")
    if (
        len(facts) != 4
        or type(size) is not int
        or type(number) is not int
        or type(time) is not int
        or not isinstance(digest, str)
        or not _DIGEST.fullmatch(digest)
        or parse_reply_name(reply_name(size, number)) != (size, number)
    ):
        raise NotCanonical("An anchor does not say what it must.")
    if size > seq:
        raise NotCanonical("An anchor names a head that is not before it.")
    return Anchor(seq, at, size, number, digest, time)


def is_due(*, now: int, interval: int, newest: int, last: Anchor | None) -> bool:
    """Whether the log is to be stamped again. Instants and `interval` in milliseconds; `newest`:
    the last entry that is no anchor, -1 if there is none; `last`: the newest anchor."""
    if last is None:
        return newest >= 0
    return now - last.at >= (interval if newest >= last.size else RENEW)
