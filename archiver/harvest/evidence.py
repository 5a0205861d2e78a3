"""Turns an exchange and its items into sealed frames: exchange, capture, versions.

They are appended in that order, next to each other, and refer to each other by distance in the
log, because their numbers are not known when they are sealed. Each item's bytes live once, in its
version's frame; the capture keeps the skeleton and, per fragment, where its bytes are:
`{"n":k}` the k-th version behind this capture, `{"s":seq}` an earlier version with the same bytes,
`{"e":record}` elided: the item was known and its content unchanged, though its bytes differed
(record 0: it is not filed from this answer);
`{"u":[start,length]}` unreadable: its bytes stand there in the body, which is then kept whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from archiver.core.canonical import Json
from archiver.core.exchange import Exchange
from archiver.core.ports import Random
from archiver.core.record import clean
from archiver.core.skeleton import Segments, skeleton
from archiver.store.seal import FrameKind, Sealed, seal

# Headers that say how long the body was, or hold a digest of it.
_TELLING = {"content-length", "content-md5", "content-digest", "digest", "etag", "repr-digest"}


@dataclass(frozen=True, slots=True)
class NewVersion:
    """An item's new state: envelope as sealed (without its distance) and its raw bytes."""

    envelope: Mapping[str, Json]
    raw: bytes


@dataclass(frozen=True, slots=True)
class SameBytes:
    """A fragment whose bytes an earlier version holds."""

    version: int


@dataclass(frozen=True, slots=True)
class Elided:
    """A fragment that is not kept: of a known, unchanged item whose bytes differ (a count, say), or
    (record 0) of one that is not filed from this answer."""

    record: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A fragment that could not be read as an item; where in the body it begins (-1 unknown)."""

    start: int
    length: int


Part: TypeAlias = NewVersion | SameBytes | Elided | Unreadable


@dataclass(frozen=True, slots=True)
class Bundle:
    """Sealed frames of one exchange, in the order they are to be appended."""

    exchange: Sealed
    capture: Sealed
    versions: tuple[Sealed, ...]


def seal_exchange(
    exchange: Exchange, channel: int, *, random: Random, without_digest: bool = False
) -> Sealed:
    """Headers, lengths and digests, under a key of their own: with a digest and the skeleton, a
    disposed fragment could be guessed, so this frame goes at the first disposal. Of an answer that
    shows what was disposed of before, they are left out (`without_digest`)."""
    envelope: dict[str, Json] = {
        "channel": channel,
        "number": exchange.number,
        "method": exchange.method,
        "url": clean(exchange.url),
        "template": exchange.template,
        "status": exchange.status,
        "request_headers": [[clean(k), clean(v)] for k, v in exchange.request_headers],
        "response_headers": [[clean(k), clean(v)] for k, v in exchange.response_headers],
        "started_at": exchange.started_at,
        "ended_at": exchange.ended_at,
        "peer": exchange.peer,
        "encoding": clean(exchange.content_encoding),
        "length": len(exchange.body),
        "digest": sha256(exchange.body).hexdigest(),
        "redactions": [
            {"part": r.part, "offset": r.offset, "length": r.length, "reason": r.reason}
            for r in exchange.redactions
        ],
    }
    if without_digest:
        del envelope["length"], envelope["digest"]
        envelope["response_headers"] = [
            [clean(k), "" if k.lower() in _TELLING else clean(v)]
            for k, v in exchange.response_headers
        ]
    if exchange.failure:  # then the body is only what came before it
        envelope |= {"failure": exchange.failure, "truncated": exchange.truncated}
    if exchange.certificate:
        envelope["certificate"] = exchange.certificate
    return seal(FrameKind.EXCHANGE, envelope, random=random)


def seal_capture(
    exchange: Exchange,
    channel: int,
    segments: Segments,
    parts: Sequence[Part],
    *,
    collection: str,
    random: Random,
    problem: str = "",
    withheld: bool = False,
    without_digest: bool = False,
) -> Bundle:
    """Seal one response. `parts` says for each fragment where its bytes are kept; a body that
    could not be split is kept whole, and then its versions hold derived fragments. If it is
    `withheld` such a body is not kept: it shows what must not be stored."""
    holes: list[Json] = []
    versions: list[Sealed] = []
    for part in parts:
        match part:
            case NewVersion(fields, raw):
                distance = 1 + len(versions)
                content = {**fields, "capture": distance}
                versions.append(seal(FrameKind.VERSION, content, raw, random=random))
                holes.append({"n": distance})
            case SameBytes(version):
                holes.append({"s": version})
            case Elided(record):
                holes.append({"e": record})
            case Unreadable(start, length):
                holes.append({"u": [start, length]})
    envelope: dict[str, Json] = {
        "channel": channel,
        "at": exchange.ended_at,
        "collection": collection,
        "exchange": 1,
        "holes": holes,
        "whole": segments.whole,
    }
    if problem or segments.problem:
        envelope["problem"] = problem or segments.problem
    body = exchange.body if segments.whole else skeleton(exchange.body, segments.fragments)
    if withheld and segments.whole:
        body, envelope["problem"] = b"", "withheld"
    return Bundle(
        seal_exchange(exchange, channel, random=random, without_digest=without_digest),
        seal(FrameKind.CAPTURE, envelope, body, random=random),
        tuple(versions),
    )
