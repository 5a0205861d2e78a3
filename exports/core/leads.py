"""What leads to a masked record at the platform, anywhere in what is given out. Pure.

As long as a post is online, its address tells what a mask hides of it. So no other record that is
given out names a masked one either, by its address or by its number at the platform: not its own
other versions, nor what answers it or links to it. PDF, JSON, CSV and the proof bundle ask here.

Invariant: something is named where it stands by itself; the number 12 is not in 2012.
Rests on OSL 2009:400 (what is secret is not told in another way either).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from archiver.core.canonical import Json
from exports.core.masked import words_of

# What is masked may stand there again, or be found from there at the platform.
LEADS_BACK = frozenset({"attachments", "links", "native_id", "parent", "root", "url"})
_NAMES = frozenset({"native_id", "parent", "root", "url"})  # one of them tells the others


def leading_back(
    versions: Mapping[int, Mapping[str, Json]], masked: Collection[int]
) -> dict[int, frozenset[str]]:
    """Version → its fields that lead to an item in which something is masked: `masked` names
    versions among them. A version that leads nowhere is left out."""
    named = _any_of({one for seq in masked for one in _names(versions[seq])})
    if named is None:
        return {}
    found: dict[int, frozenset[str]] = {}
    for seq, fields in versions.items():
        there = fields.keys() & LEADS_BACK
        if telling := {path for path in there if any(map(named.search, words_of(fields[path])))}:
            found[seq] = frozenset(telling | (there & _NAMES))
    return found


def told_in(
    shown: Mapping[int, Mapping[str, Json]],
    versions: Mapping[int, Mapping[str, Json]],
    masked: Collection[int],
) -> Iterator[tuple[int, str]]:
    """(version, field) wherever the address of a masked item stands in the words of what is given
    out: there a person masks it. `shown`: version → its fields as they are given out."""
    named = _any_of({one for seq in masked for one in _addresses(versions[seq])})
    if named is None:
        return
    for seq, fields in shown.items():
        for path, value in fields.items():
            if any(map(named.search, words_of(value))):
                yield seq, path


def _names(fields: Mapping[str, Json]) -> Iterator[str]:
    yield from words_of(fields.get("native_id", ""))
    yield from _addresses(fields)


def _addresses(fields: Mapping[str, Json]) -> Iterator[str]:
    """A record's own address; one that is its sender's leads to no record."""
    if fields.get("url") != fields.get("author_url"):
        yield from words_of(fields.get("url", ""))


def _any_of(names: Collection[str]) -> re.Pattern[str] | None:
    if not names:
        return None
    some = "|".join(re.escape(one) for one in sorted(names))
    return re.compile(rf"(?<![^\W_])(?:{some})(?![^\W_])")
