"""The raw exchange behind a version, and the media the archive holds.

The body a platform answered with is put together from the capture's skeleton and the fragments,
each of which lies in its own version's frame. What the page does not need to show of other items
stays unread: a neighbour in the response is a mark with its record number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archiver.core.access import Viewer
from archiver.core.egress import Purpose, release
from archiver.db.queries import media_parts
from archiver.errors import DiarkivError, NotFound
from archiver.web import queries
from archiver.web.body import stretches
from archiver.web.reading import allow
from archiver.web.rows import VersionRow
from archiver.web.services import WebServices


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of the body. `kind`: "structure", "own" (this version), "other" (another item,
    `record` its number), "same" (an earlier version holds these bytes) or "elided" (known and
    unchanged, its bytes not kept). `text` is None where the bytes are not shown."""

    kind: str
    text: str | None
    record: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """How much of the answer can be given back: `whole` (kept in one piece), `exact` (nothing
    elided), `elided` (how many items' bytes are not kept)."""

    whole: bool
    exact: bool
    elided: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything kept of the exchange a version came from; `exchange` is None where its metadata
    are gone (they go with the first disposal within the response)."""

    capture: int
    exchange_seq: int
    exchange: Mapping[str, Any] | None
    strength: Strength
    problem: str
    parts: tuple[Part, ...]
    raw: str


def strength(services: WebServices, viewer: Viewer, version: VersionRow) -> Strength | None:
    """How much of the answer behind a version is kept; None if it has no capture."""
    allow(viewer)
    if version.capture is None:
        return None
    opened = services.ledger.open([version.capture]).get(version.capture)
    if opened is None:
        return None
    return _strength(release(viewer, Purpose.EVIDENCE, opened.envelope))


def _strength(capture: Mapping[str, Any]) -> Strength:
    elided = sum("e" in hole for hole in capture["holes"])
    return Strength(whole=bool(capture["whole"]), exact=not elided, elided=elided)


def evidence(
    services: WebServices, viewer: Viewer, version: VersionRow, *, everything: bool = False
) -> Evidence:
    """The exchange behind a version. `everything` also shows the neighbours' bytes that we hold.
    `NotFound` if the version has no capture."""
    release(viewer, Purpose.EVIDENCE, {})
    if version.capture is None:
        raise NotFound(f"Version {version.seq} has no capture.")
    opened = services.ledger.open_one(version.capture)
    capture: Mapping[str, Any] = release(viewer, Purpose.EVIDENCE, opened.envelope)
    own = services.ledger.open_one(version.seq)
    with services.ledger.database.read() as connection:
        exchange_seq = queries.exchange_of(connection, version.capture) or 0
    raw = release(viewer, Purpose.EVIDENCE, {"raw": own.raw})["raw"]
    body = release(viewer, Purpose.EVIDENCE, {"raw": opened.raw})["raw"]
    if capture["whole"]:
        parts: tuple[Part, ...] = (Part(kind="own", text=_text(body)),)
    else:
        parts = tuple(_parts(services, viewer, version, capture, body, everything))
    return Evidence(
        capture=version.capture,
        exchange_seq=exchange_seq,
        exchange=_exchange(services, viewer, exchange_seq),
        strength=_strength(capture),
        problem=str(capture.get("problem", "")),
        parts=parts,
        raw=_text(raw),
    )


def raw_bytes(services: WebServices, viewer: Viewer, version: VersionRow) -> bytes:
    """The item's own bytes as the platform sent them."""
    opened = services.ledger.open_one(version.seq)
    return release(viewer, Purpose.EVIDENCE, {"raw": opened.raw})["raw"]


def _exchange(services: WebServices, viewer: Viewer, seq: int) -> Mapping[str, Any] | None:
    try:
        opened = services.ledger.open_one(seq)
    except DiarkivError:
        return None
    return release(viewer, Purpose.EVIDENCE, opened.envelope)


def _parts(
    services: WebServices,
    viewer: Viewer,
    version: VersionRow,
    capture: Mapping[str, Any],
    skeleton: bytes,
    everything: bool,
) -> Iterator[Part]:
    """Structure and fragments in the order of the body."""
    assert version.capture is not None
    holes = [_hole(version.capture, hole) for hole in capture["holes"]]
    held = {seq for kind, seq in holes if kind != "elided"}
    with services.ledger.database.read() as connection:
        records = queries.record_of_versions(connection, held)
    shown = held if everything else held & {version.seq}
    opened = services.ledger.open(sorted(shown))
    for stretch in stretches(skeleton):
        if stretch.fragment is None:
            yield Part(kind="structure", text=_text(stretch.data))
            continue
        kind, seq = holes[stretch.fragment]
        if kind == "elided":
            yield Part(kind="elided", text=None, record=seq)
            continue
        text = None
        if seq in opened:
            data = release(viewer, Purpose.EVIDENCE, {"raw": opened[seq].raw})["raw"]
            text = _text(data[stretch.start : stretch.end])
        own = "own" if seq == version.seq else kind
        yield Part(kind=own, text=text, record=records.get(seq, 0))


def _hole(capture: int, hole: Mapping[str, int]) -> tuple[str, int]:
    """What stands in a hole: a version behind this capture, an earlier one, or nothing kept."""
    if "n" in hole:
        return "other", capture + hole["n"]
    if "s" in hole:
        return "same", hole["s"]
    return "elided", hole["e"]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


# --- media ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A media file: its size in bytes, its digest (hex), and its bytes as they are read."""

    size: int
    digest: str
    chunks: Iterator[bytes]


def media(services: WebServices, viewer: Viewer, version: int, number: int) -> Media:
    """A file wholly in the archive; `NotFound` if there is none of that number."""
    release(viewer, Purpose.READ, {})
    with services.ledger.database.read() as connection:
        if (version, number) not in queries.whole_media(connection, [version]):
            raise NotFound(f"Version {version} has no file {number}.")
        seqs = media_parts(connection, version, number)
    last: Mapping[str, Any] = services.ledger.open_one(seqs[-1]).envelope
    return Media(
        size=int(last["size"]),
        digest=str(last["digest"]),
        chunks=_chunks(services, viewer, seqs),
    )


def _chunks(services: WebServices, viewer: Viewer, seqs: list[int]) -> Iterator[bytes]:
    for seq in seqs:
        yield release(viewer, Purpose.EVIDENCE, {"raw": services.ledger.open_one(seq).raw})["raw"]
