"""File packages: an entry or a handover with its records, for the diarium that is already in use.

Whoever may take proof bundles out makes them (`PROVE`); what is kept apart is in one only for who
may read it, and one is refused rather than made without it. What was stopped is never in one. A
record below one that is kept apart may quote it in its own address, as platforms build them from
headings: it counts as that one does, and below a stopped one its address, raw bytes and proof are
left out. That a package is begun is in the log before its first byte, and its manifest's digest
before the last; a receipt that names this digest closes the handover.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, PackageLoader
from sqlalchemy import select

from archiver.core.access import Permission, Viewer
from archiver.core.canonical import Json
from archiver.core.egress import Purpose, release
from archiver.core.event import EventType
from archiver.core.ports import Clock
from archiver.db import apart, queries
from archiver.db import register_tables as r
from archiver.db import tables as t
from archiver.db.captures import manual_captures
from archiver.errors import AccessRefused, NotFound, RuleViolation
from archiver.ledger.proof import bundle_manifest, bundle_members
from archiver.ledger.service import Ledger
from archiver.registry import package_zip, shown
from archiver.registry.core.package import FORMAT, PACKAGE, READ_ME, folder, parse_receipt
from archiver.registry.handovers import Handovers
from archiver.registry.package_zip import Member, Nested
from archiver.registry.reading import RegisterReader
from archiver.web.dates import local
from archiver.web.media import SNIFFED, sniff, suffix

_PAGES = Environment(
    loader=PackageLoader("archiver.registry", "templates"), autoescape=True, trim_blocks=True
)
_PAGES.filters["moment"] = lambda at: f"{local(at):%Y-%m-%d %H.%M}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package that may be made. `apart`: the entry and records that are protected, whose reading
    is to be noted before anything is given; `missing`: records that were stopped; `below`: records
    under a stopped one."""

    of: int
    authority: int
    kind: str
    about: Mapping[str, Any]
    records: tuple[int, ...]
    apart: tuple[int, ...]
    missing: tuple[int, ...]
    below: frozenset[int] = frozenset()

    @property
    def name(self) -> str:
        """The file's name; it says nothing of anybody."""
        return f"paket-{self.of}.zip"


@dataclass
class _Told:
    """What the readable page needs of the records that have passed."""

    records: list[Mapping[str, Any]] = field(default_factory=list)


class Packages:
    """Makes packages of a home, and takes receipts for them."""

    def __init__(self, ledger: Ledger, handovers: Handovers, clock: Clock) -> None:
        self._ledger, self._handovers, self._clock = ledger, handovers, clock
        self._reader = RegisterReader(ledger)

    def of_entry(self, viewer: Viewer, seq: int) -> Package:
        """The package of a register entry; `NotFound` if there is none for the viewer."""
        entry = self._reader.entry(viewer, seq)
        viewer.require(Permission.PROVE, entry.fields.authority)
        about = shown.entry_fields(viewer, entry)
        own = (seq,) if entry.fields.secret else ()
        return self._checked(
            viewer, seq, entry.fields.authority, "entry", about, entry.fields.records, own
        )

    def of_handover(self, viewer: Viewer, seq: int) -> Package:
        """The package of what was handed over; `NotFound` if there is none for the viewer."""
        found = self._handovers.one(viewer, seq, now=self._clock.now())
        viewer.require(Permission.PROVE, found.authority)
        about = shown.decision_fields(viewer, seq, found.decision)
        return self._checked(
            viewer, seq, found.authority, "handover", about, found.decision.records, ()
        )

    def stream(self, viewer: Viewer, package: Package) -> Iterator[bytes]:
        """The package's bytes, when it is in the log that they are given."""
        begun: dict[str, Json] = {"records": list(package.records)}
        begun |= {"protected": True} if package.apart else {}
        self._note(viewer, package, EventType.PACKAGE_BEGUN, begun)
        return package_zip.stream(
            self._members(viewer, package),
            lambda digest: self._note(viewer, package, EventType.PACKAGE_MADE, {"sha256": digest}),
        )

    def _note(
        self, viewer: Viewer, package: Package, what: EventType, more: Mapping[str, Json]
    ) -> None:
        about = {"of": package.of, "authority": package.authority, "actor": viewer.actor}
        with self._ledger.writer() as writer:
            cohort = writer.cohort(package.authority, "register")
            writer.append_event(what, {**about, **more}, cohort=cohort)

    def take_receipt(self, viewer: Viewer, data: bytes, handover: int | None = None) -> int:
        """Close the handover whose package a receipt names; its seq. With `handover`, it must be
        that one. `ConfigError` for what is no receipt, `NotFound` for an unknown package."""
        receipt = parse_receipt(data)
        p, h = r.file_package.c, r.handover.c
        query = select(p.of).join(r.handover, h.seq == p.of).where(p.digest == receipt.manifest)
        authorities = viewer.authorities(Permission.REGISTER)
        if authorities is not None:
            query = query.where(p.authority.in_(authorities))
        with self._ledger.database.read() as connection:
            of: int | None = connection.scalar(query.limit(1))
        if of is None or handover not in (None, of):
            raise NotFound(
                "The receipt names no package of this handover."
                if handover is not None
                else "The receipt names no package of a handover.",
                remedy="Its manifest is the SHA-256 of the package's manifest.json.",
            )
        self._handovers.take_receipt(viewer, of, number=receipt.number, manifest=receipt.manifest)
        return of

    # --- inside ------------------------------------------------------------------------------

    def _checked(
        self,
        viewer: Viewer,
        seq: int,
        authority: int,
        kind: str,
        about: Mapping[str, Any],
        records: Sequence[int],
        own: tuple[int, ...],
    ) -> Package:
        with self._ledger.database.read() as connection:
            there = set(
                connection.scalars(select(t.record.c.seq).where(t.record.c.seq.in_(records)))
            )
            held = [one for one in records if one in there and apart.apart(connection, one)]
            under = apart.under_apart(connection, there)
        held += sorted({one.record for one in under.values() if not one.stopped} - set(held))
        if held and not viewer.may(Permission.READ_PROTECTED, authority):
            raise AccessRefused(
                "The package would hold what is kept apart as possibly secret.",
                remedy="Let somebody make it who may read what is protected.",
            )
        if records and not there:
            raise RuleViolation(
                "All of its records were stopped.", remedy="Nothing of them can be given from here."
            )
        return Package(
            of=seq,
            authority=authority,
            kind=kind,
            about=about,
            records=tuple(one for one in records if one in there),
            apart=(*own, *held),
            missing=tuple(one for one in records if one not in there),
            below=frozenset(seq for seq, one in under.items() if one.stopped),
        )

    def _members(self, viewer: Viewer, package: Package) -> Iterator[Member]:
        sealed: Mapping[str, Any] = self._ledger.open_one(package.authority).envelope
        about = {
            "format": FORMAT,
            "made_at": shown.moment(self._clock.now()),
            "authority": {"code": sealed["code"], "name": sealed["name"]},
            package.kind: package.about,
            "records": [f"R{one}" for one in package.records],
            "missing": [f"R{one}" for one in package.missing],
            "without_evidence": [f"R{one}" for one in sorted(package.below)],
        }
        yield PACKAGE, [_json(about)]
        told = _Told()
        protected = viewer.may(Permission.READ_PROTECTED, package.authority)
        for record in package.records:
            bare = record in package.below
            yield from self._record(viewer, record, told, protected=protected, bare=bare)
        page = _PAGES.get_template("registry/package.html")
        text = page.render(about=about, one=package.about, kind=package.kind, records=told.records)
        yield READ_ME, [text.encode()]

    def _record(
        self, viewer: Viewer, record: int, told: _Told, *, protected: bool, bare: bool
    ) -> Iterator[Member]:
        """One record's members: words, own bytes, files, proof. `bare`: neither its address nor
        what quotes it."""
        with self._ledger.database.read() as connection:
            versions = queries.versions_of(connection, record)
            numbers = [one.seq for one in versions]
            chunks = queries.components_of(connection, numbers)
            said = [one.seq for one in manual_captures(connection, record)]
            files = _files(connection, numbers)
        place, shown_versions, newest = folder(record), [], ""
        for version in versions:
            opened = self._ledger.open([version.seq], protected=protected).get(version.seq)
            if opened is None:
                continue
            fields = release(viewer, Purpose.READ, opened.envelope)
            fields = {name: one for name, one in fields.items() if name != "url" or not bare}
            newest = str(fields.get("text", ""))
            when = {"n": version.n, "captured_at": shown.moment(version.captured_at)}
            shown_versions.append({**fields, **when})
            if opened.raw and not bare:
                yield f"{place}underlag/version-{version.n}.bin", [opened.raw]
        order, named = {one.seq: one.n for one in versions}, list[str]()
        for (version_seq, number), parts in files.items():
            head, pieces = self._pieces(parts, protected)
            name = f"filer/{order[version_seq]}-{number}{suffix(sniff(head[:SNIFFED]))}"
            named.append(name)
            yield place + name, pieces
        yield f"{place}text.txt", [newest.encode()]
        whole: dict[str, Any] = {"record": f"R{record}", "versions": shown_versions, "files": named}
        yield f"{place}handling.json", [_json(whole)]
        told.records.append(
            {"seq": record, "versions": shown_versions, "files": named, "bare": bare}
        )
        if bare:
            return
        entries = [*numbers, *chunks, *said]
        members = bundle_members(
            self._ledger, entries, viewer, name="bevis.zip", protected=protected
        )
        nested = ((name, [data]) for name, data in members)
        yield f"{place}bevis.zip", Nested(nested, bundle_manifest)

    def _pieces(self, parts: Sequence[int], protected: bool) -> tuple[bytes, Iterator[bytes]]:
        """A file's first piece, and all of them one after the other."""

        def pieces() -> Iterator[bytes]:
            for seq in parts:
                for opened in self._ledger.open([seq], protected=protected).values():
                    yield opened.raw

        return next(pieces(), b""), pieces()


def _files(connection: Any, versions: Sequence[int]) -> dict[tuple[int, int], list[int]]:
    """(version, number) → the entries that hold a whole file, in order."""
    m = t.media.c
    query = select(m.version, m.number).where(m.version.in_(versions), m.component.is_not(None))
    rows = connection.execute(query.order_by(m.version, m.number)).all()
    return {
        (row.version, row.number): queries.media_parts(connection, row.version, row.number)
        for row in rows
    }


def _json(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, indent=1, default=_plain).encode()


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    return list(value) if isinstance(value, tuple | frozenset | set) else dict(value)  # type: ignore[call-overload]
