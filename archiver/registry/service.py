"""The register's use-cases: number, register, correct, void, mark, relate, decide.

Each loads what it needs inside the ledger's writer, applies the rules, and appends events; nothing
is altered. Whoever does it needs the permission for the authority it is done for, and only records
of that authority can be registered there. What is asked with a `draft` that was sealed already is
answered with what it became: asking twice does nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from archiver.core import canonical
from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.errors import ConfigError, DiarkivError, NotFound, RuleViolation
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from archiver.registry import numbering, queries
from archiver.registry.classes import check_class
from archiver.registry.core import entry as rules
from archiver.registry.core import triage
from archiver.registry.core.entry import (
    MAX_REASON,
    MAX_TITLE,
    Marking,
    Registration,
    Relation,
    line,
)
from archiver.registry.core.mask import Mask
from archiver.registry.core.triage import Decision, HandoverStep
from archiver.registry.numbering import Numbers, Place, Series
from archiver.registry.queries import CaseRow, EntryRow
from archiver.registry.reading import RegisterReader, no_entry

_MOST_BYTES = 3_500  # of an event's payload, so that its frame stays within the writer's bound


class AlreadyVoided(RuleViolation):
    """The entry or case was voided before; nothing more is done with it."""

    code = "already-voided"


class StaleEntry(RuleViolation):
    """Somebody has changed the entry since it was read."""

    code = "stale"


class Register:
    """Writes the register of a home; `reader` reads it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.reader = RegisterReader(ledger)

    # --- series of numbers -------------------------------------------------------------------

    def series(self, viewer: Viewer) -> list[Series]:
        """The series of the authorities whose register the viewer may read."""
        with self._ledger.database.read() as connection:
            return numbering.all_series(
                self._ledger, connection, viewer.authorities(Permission.READ)
            )

    def set_series(
        self,
        viewer: Viewer,
        authority: int,
        code: str,
        mask: str,
        *,
        series: int | None = None,
        first: tuple[int, int] | None = None,
    ) -> Series:
        """Make a series of numbers, or write an existing one anew from now on. `first` is (year,
        number): where the authority goes on from another system. `ConfigError` for a mask that
        would not do, or numbers that another series already gives."""
        viewer.require(Permission.SET_REGISTER, authority)
        year, number = first if first is not None else (None, None)
        payload = numbering.series_payload(
            authority=authority, code=code, mask=mask, year=year, first=number, actor=viewer.actor
        )
        with self._ledger.writer() as writer:
            known = numbering.all_series(self._ledger, writer.connection)
            if series is not None:
                if not any((one.seq, one.authority) == (series, authority) for one in known):
                    raise NotFound("There is no such series.", remedy="List the series there are.")
                payload["series"] = series
            for one in known:
                if one.seq != series and (one.code, str(one.mask)) == (code, mask):
                    raise ConfigError(
                        "Another series already gives just these numbers.",
                        remedy="Choose another code or mask.",
                    )
            cohort = writer.cohort(authority, "register")
            seq = writer.append_event(EventType.SERIES_SET, payload, cohort=cohort)
        made = seq if series is None else series
        return next(one for one in self.series_of(authority) if one.seq == made)

    def series_of(self, authority: int) -> list[Series]:
        """The series of one authority."""
        with self._ledger.database.read() as connection:
            return numbering.all_series(self._ledger, connection, [authority])

    # --- registering -------------------------------------------------------------------------

    def open_case(
        self,
        viewer: Viewer,
        authority: int,
        title: str,
        *,
        class_code: str = "",
        series: int | None = None,
        collective: bool = False,
        draft: bytes = b"",
    ) -> int:
        """Open a case; its seq. `draft` as in `Registration`."""
        viewer.require(Permission.REGISTER, authority)
        title = line(title, "title", MAX_TITLE)
        with self._ledger.writer() as writer:
            if draft and (made := queries.sealed_drafts(writer.connection, [draft])):
                return made[draft]
            today = stockholm_date(writer.at).isoformat()
            check_class(writer.connection, authority, class_code, today)
            chosen = numbering.chosen(self._ledger, writer.connection, authority, series)
            number = Numbers(writer.connection, writer.at).next(chosen, class_code)
            payload: dict[str, Json] = {
                "authority": authority,
                "title": title,
                "collective": collective,
                "actor": viewer.actor,
                "code": chosen.code,
                "mask": str(chosen.mask),
                **number.fields(),
            }
            payload |= {"class_code": class_code} if class_code else {}
            payload |= {"draft": draft.hex()} if draft else {}
            cohort = writer.cohort(authority, "register")
            return writer.append_event(EventType.CASE_OPENED, payload, cohort=cohort)

    def register(self, viewer: Viewer, asked: Registration) -> int:
        """Register one thing; the entry's seq."""
        (made,) = self.seal(viewer, [asked])
        if isinstance(made, DiarkivError):
            raise made
        return made

    def decide(self, viewer: Viewer, asked: Decision) -> int:
        """Record a decision that is no registration; its seq."""
        (made,) = self.seal(viewer, [asked])
        if isinstance(made, DiarkivError):
            raise made
        return made

    def seal(
        self, viewer: Viewer, asked: Sequence[Registration | Decision]
    ) -> list[int | DiarkivError]:
        """Seal many at once, in order: what each became, or why it could not be. What is wrong with
        one keeps none of the others from being sealed."""
        with self._ledger.writer() as writer:
            block = _Block(self._ledger, writer, viewer, [one.draft for one in asked if one.draft])
            return [block.seal(one) for one in asked]

    # --- afterwards --------------------------------------------------------------------------

    def correct(
        self,
        viewer: Viewer,
        entry: int,
        field: str,
        value: str,
        *,
        reason: str,
        secret: bool = False,
        conceals: bool = False,
        seen: int | None = None,
    ) -> int:
        """Put one field right; what stood there stays seen, with who and why. `secret`: one of the
        secret fields; `conceals`: what stood in the open field must no longer be shown with it.
        `seen`: the newest of its changes that was seen (`StaleEntry` if there is a newer one)."""
        value = rules.checked_value(field, value, secret=secret)
        payload: dict[str, Json] = {
            "field": field,
            "value": value,
            "reason": line(reason, "reason", MAX_REASON),
        }
        payload |= {"secret": True} if secret else {}
        payload |= {"conceals": True} if conceals else {}
        return self._change(viewer, entry, EventType.REGISTER_CORRECTED, payload, secret, seen=seen)

    def void(self, viewer: Viewer, seq: int, *, reason: str, seen: int | None = None) -> int:
        """Void an entry or a case (makulera): it stays, with its number. `seen` as in `correct`."""
        payload: dict[str, Json] = {"reason": line(reason, "reason", MAX_REASON)}
        return self._change(viewer, seq, EventType.REGISTER_VOIDED, payload, seen=seen)

    def mark(
        self,
        viewer: Viewer,
        entry: int,
        marking: Marking | None,
        *,
        reason: str,
        seen: int | None = None,
    ) -> int:
        """Mark an entry as possibly secret (OSL 5:5), or take the marking off with None. `seen` as
        in `correct`."""
        payload: dict[str, Json] = {"reason": line(reason, "reason", MAX_REASON)}
        if marking is not None:
            payload["marking"] = rules.marking_payload(rules.checked_marking(marking))
        needs = Permission.MARK_SECRECY
        return self._change(
            viewer, entry, EventType.SECRECY_MARKED, payload, needs=needs, seen=seen
        )

    def relate(
        self,
        viewer: Viewer,
        entry: int,
        other: int,
        relation: Relation,
        *,
        seen: int | None = None,
    ) -> int:
        """Say that an entry has to do with another of its authority. `seen` as in `correct`."""
        if entry == other:
            raise ConfigError("An entry has nothing to do with itself.")
        of = {self.reader.entry(viewer, seq).fields.authority for seq in (entry, other)}
        if len(of) > 1:
            raise no_entry()
        payload: dict[str, Json] = {"other": other, "relation": relation.value}
        return self._change(viewer, entry, EventType.ENTRIES_RELATED, payload, seen=seen)

    def note_handover(self, viewer: Viewer, handover: int, step: HandoverStep, note: str) -> int:
        """Note the receipt, the answer or the escalation of a handover."""
        payload: dict[str, Json] = {"of": handover, "step": step.value, "actor": viewer.actor}
        if note:
            payload["note"] = line(note, "note", MAX_REASON)
        with self._ledger.writer() as writer:
            open_ = queries.open_handovers(
                writer.connection, viewer.authorities(Permission.REGISTER), limit=100_000
            )
            authority = next((one[1] for one in open_ if one[0] == handover), None)
            if authority is None:
                raise NotFound("There is no such handover that waits for an answer.")
            cohort = writer.cohort(authority, "register")
            return writer.append_event(EventType.HANDOVER_NOTED, payload, cohort=cohort)

    def _change(
        self,
        viewer: Viewer,
        of: int,
        type_: EventType,
        payload: Mapping[str, Json],
        apart: bool = False,
        *,
        needs: Permission = Permission.REGISTER,
        seen: int | None = None,
    ) -> int:
        with self._ledger.writer() as writer:
            row = _holder(writer, of, viewer)
            viewer.require(needs, row.authority)
            if apart:
                viewer.require(Permission.READ_PROTECTED, row.authority)
            _refuse_voided(writer, of)
            if seen is not None and seen != self.reader.newest(writer.connection, viewer, row):
                raise StaleEntry(
                    "The entry was changed after it was read.", remedy="Read it anew and try again."
                )
            if payload.get("field") == "class_code" and isinstance(row, EntryRow):
                check_class(writer.connection, row.authority, str(payload["value"]), row.date)
            cohort = writer.cohort(row.authority, "protected" if apart else "register")
            fields = {"of": of, "actor": viewer.actor, **payload}
            return writer.append_event(type_, fields, cohort=cohort)


class _Block:
    """What is sealed together, inside one writer's block. Everything is checked before anything of
    it is staged, so that what cannot be sealed leaves nothing and takes no number."""

    def __init__(
        self, ledger: Ledger, writer: Writer, viewer: Viewer, drafts: Sequence[bytes]
    ) -> None:
        self._ledger = ledger
        self._writer = writer
        self._viewer = viewer
        self._today = stockholm_date(writer.at).isoformat()
        self._numbers = Numbers(writer.connection, writer.at)
        self._sealed = queries.sealed_drafts(writer.connection, drafts)
        self._series: dict[tuple[int, int | None], Series] = {}

    def seal(self, asked: Registration | Decision) -> int | DiarkivError:
        """What it became, or why it could not be sealed."""
        if asked.draft in self._sealed:
            return self._sealed[asked.draft]
        try:
            self._viewer.require(Permission.REGISTER, asked.authority)
            if isinstance(asked, Registration):
                asked = rules.checked(asked, today=self._today)
                connection = self._writer.connection
                check_class(connection, asked.authority, asked.class_code, asked.day)
            self._check_records(asked.authority, asked.records)
            if isinstance(asked, Decision):
                payload = _fitting(triage.payload(asked, actor=self._viewer.actor))
                place = None
            else:
                place = self._place(asked)
                open_part = rules.payload(asked, actor=self._viewer.actor)
                payload = _fitting(open_part | place.fields())
                _fitting(rules.secret_payload(asked.secret))
        except (ConfigError, NotFound, RuleViolation) as error:
            return error
        seq = self._stage(asked, payload)
        if place is not None:
            self._numbers.take(place)
        if asked.draft:
            self._sealed[asked.draft] = seq
        return seq

    def _stage(self, asked: Registration | Decision, payload: Mapping[str, Json]) -> int:
        writer, type_ = self._writer, EventType.TRIAGED
        if isinstance(asked, Registration):
            type_ = EventType.REGISTERED
        cohort = writer.cohort(asked.authority, "register")
        seq = writer.append_event(type_, payload, cohort=cohort)
        if isinstance(asked, Registration) and asked.secret:
            writer.append_event(
                EventType.REGISTERED_APART,
                {"of": seq, **rules.secret_payload(asked.secret)},
                cohort=writer.cohort(asked.authority, "protected"),
            )
        return seq

    def _place(self, asked: Registration) -> Place:
        """The number of an entry: one of its own, or its case's and the next document in it."""
        if asked.case is None:
            series = self._chosen(asked.authority, asked.series)
            return self._numbers.next(series, asked.class_code)
        row = queries.case(self._writer.connection, asked.case, [asked.authority])
        if row is None:
            raise NotFound("There is no such case.", remedy="Open one, or register without.")
        _refuse_voided(self._writer, row.seq)
        sealed: Mapping[str, Any] = self._ledger.open_one(row.seq).envelope
        # Its documents are numbered as it was, whatever the series was set to since.
        series = Series(
            seq=row.series,
            authority=row.authority,
            code=sealed["code"],
            mask=Mask.parse(sealed["mask"]),
        )
        return self._numbers.next_in_case(series, row, sealed.get("class_code", ""))

    def _chosen(self, authority: int, series: int | None) -> Series:
        key = (authority, series)
        if key not in self._series:
            connection = self._writer.connection
            self._series[key] = numbering.chosen(self._ledger, connection, authority, series)
        return self._series[key]

    def _check_records(self, authority: int, records: Iterable[int]) -> None:
        wanted = set(records)
        if len(wanted) > triage.MAX_AT_ONCE:
            raise ConfigError(f"At most {triage.MAX_AT_ONCE} records are decided on at once.")
        found = queries.places(self._writer.connection, wanted)
        if any(seq not in found or found[seq].authority != authority for seq in wanted):
            raise NotFound("There is no such record of this authority.")


def _fitting(payload: dict[str, Json]) -> dict[str, Json]:
    """The payload, if it can be sealed as one event; `ConfigError` otherwise."""
    if len(canonical.encode(payload)) > _MOST_BYTES:
        raise ConfigError("The texts are too long together.", remedy="Shorten them.")
    return payload


def _refuse_voided(writer: Writer, of: int) -> None:
    for one in queries.changes(writer.connection, [of]):
        if one.type == EventType.REGISTER_VOIDED:
            raise AlreadyVoided("It was voided before.", remedy="Register anew instead.")


def _holder(writer: Writer, of: int, viewer: Viewer) -> EntryRow | CaseRow:
    """The entry or case of that seq, if the viewer may read it."""
    authorities = viewer.authorities(Permission.READ)
    found = queries.entry(writer.connection, of, authorities) or queries.case(
        writer.connection, of, authorities
    )
    if found is None:
        raise no_entry()
    return found
