"""What was captured by hand: who did it, how it came, why, and what was said of its files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from archiver.core.access import Viewer
from archiver.core.egress import Purpose, release
from archiver.core.scan import ScanVerdict
from archiver.db import captures as rows
from archiver.web.reading import allow
from archiver.web.services import WebServices


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureView:
    """A capture or a correction of a record. `received` and `according_to` are empty in a
    correction that leaves them; `version` is the seq of the version it made."""

    seq: int
    version: int
    at: int
    way: str
    actor: int
    why: str
    received: str
    according_to: str
    problem: str


def captures(services: WebServices, viewer: Viewer, record: int) -> tuple[CaptureView, ...]:
    """How a record was captured and corrected by hand, in order; none of a harvested one."""
    allow(viewer)
    with services.ledger.database.read() as connection:
        found = rows.manual_captures(connection, record)
    opened = services.ledger.open([one.seq for one in found])
    return tuple(_view(viewer, one, opened[one.seq].envelope) for one in found)


def _view(viewer: Viewer, row: rows.ManualRow, envelope: Mapping[str, Any]) -> CaptureView:
    said = release(viewer, Purpose.READ, envelope)
    names = ("why", "received", "according_to", "problem")
    words: dict[str, Any] = {name: str(said.get(name, "")) for name in names}
    return CaptureView(**row._asdict(), **words)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanView:
    """The newest look for malware at a file; `found` as in `archiver.core.scan.Scan`."""

    verdict: str
    at: int
    engine: str
    found: str

    @property
    def is_clean(self) -> bool:
        """Whether the file may be shown."""
        return self.verdict == ScanVerdict.CLEAN


_NEVER = ScanView(verdict=ScanVerdict.NOT_SCANNED, at=0, engine="", found="no_scanner")


def scans(
    services: WebServices, viewer: Viewer, versions: Collection[int]
) -> dict[tuple[int, int], ScanView]:
    """(version, number) → what is known of each file that was captured by hand. Harvested files,
    the authority's own, are left out."""
    allow(viewer)
    with services.ledger.database.read() as connection:
        files = rows.captured_files(connection, versions)
        newest = rows.newest_scans(connection, versions)
    opened = services.ledger.open([row.seq for row in newest.values()])
    found = dict.fromkeys(files, _NEVER)
    for place, row in newest.items():
        envelope: Mapping[str, Any] = opened[row.seq].envelope
        said = release(viewer, Purpose.READ, envelope)
        engine, name = str(said.get("engine", "")), str(said.get("found", ""))
        found[place] = ScanView(verdict=row.verdict, at=row.at, engine=engine, found=name)
    return found
