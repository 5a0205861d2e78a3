"""The register's use-cases: number, register, correct, void, mark, relate, decide.

Each loads what it needs inside the ledger's writer, applies the rules, and appends events; nothing
is altered. Whoever does it needs the permission for the authority it is done for, and only records
of that authority can be registered there. What is asked with a `draft` that was sealed already is
answered with what it became: asking twice does nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.errors import ConfigError, DiarkivError, NotFound, RuleViolation
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from archiver.registry import numbering, queries
from archiver.registry.batch import Batch, refuse_voided
from archiver.registry.cases import Cases
from archiver.registry.classes import check_class
from archiver.registry.core import entry as rules
from archiver.registry.core.entry import (
    MAX_REASON,
    MAX_TITLE,
    Marking,
    Registration,
    Related,
    Relation,
    line,
)
from archiver.registry.core.mask import Mask
from archiver.registry.core.triage import Decision, HandoverStep
from archiver.registry.handovers import Handovers
from archiver.registry.numbering import Numbers, Series, Upcoming
from archiver.registry.queries import CaseRow, EntryRow
from archiver.registry.reading import RegisterReader, no_entry
from archiver.registry.seclusion import SECRET, Seclusion, seclude


class StaleEntry(RuleViolation):
    """Somebody has changed the entry since it was read."""

    code = "stale"


class Register:
    """Writes the register of a home; `reader` reads it. `apart` takes what may be secret out of the
    open store."""

    def __init__(self, ledger: Ledger, apart: Seclusion | None = None) -> None:
        self._ledger = ledger
        self._apart = apart
        self.reader = RegisterReader(ledger)
        self.cases = Cases(ledger)

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
        seen: int | None = None,
    ) -> Series:
        """Make a series of numbers, or write an existing one anew from now on. `first` is (year,
        number): where the authority goes on from another system. `ConfigError` for a mask that
        would not do, or numbers that another series already gives. `seen`: the newest setting of
        the series that was seen (`StaleSetting` if there is a newer one)."""
        viewer.require(Permission.SET_REGISTER, authority)
        year, number = first if first is not None else (None, None)
        payload = numbering.series_payload(
            authority=authority, code=code, mask=mask, year=year, first=number, actor=viewer.actor
        )
        with self._ledger.writer() as writer:
            begins = numbering.check_setting(
                self._ledger, writer.connection, payload, series=series, seen=seen
            )
            payload |= {"year": begins[0], "first": begins[1]} if begins else {}
            payload |= {"series": series} if series is not None else {}
            cohort = writer.cohort(authority, "register")
            seq = writer.append_event(EventType.SERIES_SET, payload, cohort=cohort)
        made = seq if series is None else series
        return next(one for one in self.series_of(authority) if one.seq == made)

    def foretell(
        self,
        viewer: Viewer,
        authority: int,
        code: str,
        mask: str,
        *,
        series: int | None = None,
        first: tuple[int, int] | None = None,
        at: int,
    ) -> Upcoming:
        """What would be given next if `set_series` were asked the same at that time (milliseconds
        UTC); its errors. Nothing is set."""
        viewer.require(Permission.SET_REGISTER, authority)
        year, number = first if first is not None else (None, None)
        payload = numbering.series_payload(
            authority=authority, code=code, mask=mask, year=year, first=number, actor=viewer.actor
        )
        meant = Series(seq=series or 0, authority=authority, code=code, mask=Mask.parse(mask))
        with self._ledger.database.read() as connection:
            begins = numbering.check_setting(self._ledger, connection, payload, series=series)
            if begins:
                meant = replace(meant, year=begins[0], first=begins[1])
            return numbering.upcoming(connection, meant, at)

    def upcoming(self, viewer: Viewer, at: int) -> list[tuple[Series, Upcoming]]:
        """The series of the authorities whose register the viewer may read, and what each gives
        next at that time (milliseconds UTC)."""
        known = self.series(viewer)
        with self._ledger.database.read() as connection:
            return [(one, numbering.upcoming(connection, one, at)) for one in known]

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
            batch = Batch(self._ledger, writer, viewer, [one.draft for one in asked if one.draft])
            made = [batch.seal(one) for one in asked]
        for one, result in zip(asked, made, strict=True):
            if self._apart is not None and not isinstance(result, DiarkivError):
                seclude(self._apart, viewer.actor, one)
        return made

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
        done = self._change(
            viewer, entry, EventType.SECRECY_MARKED, payload, needs=needs, seen=seen
        )
        if marking is not None and self._apart is not None:
            fields = self.reader.entry(viewer, entry).fields
            seclude(self._apart, viewer.actor, replace(fields, level=SECRET))
        return done

    def secret_among(self, records: Sequence[int]) -> set[int]:
        """Those of the records that are registered at level 4 or marked: they stay kept apart."""
        with self._ledger.database.read() as connection:
            held = queries.entries_of(connection, records)
            return {one for one, seqs in held.items() if queries.any_secret(connection, seqs)}

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
        here = self.reader.entry(viewer, entry)
        same = [(one.other, one.relation) for one in here.relations if one.ended is None]
        if seen in (None, here.newest) and (other, relation) in same:
            raise RuleViolation("They are related so already.", remedy="Nothing was changed.")
        payload: dict[str, Json] = {"other": other, "relation": relation.value}
        return self._change(viewer, entry, EventType.ENTRIES_RELATED, payload, seen=seen)

    def unrelate(
        self, viewer: Viewer, entry: int, relation: int, *, reason: str, seen: int | None = None
    ) -> int:
        """Take back that an entry has to do with another (`relation` is the seq of that); it stays
        seen, with who and why. `NotFound` if it does not stand. `seen` as in `correct`."""
        found = {one.seq: one for one in self._related(viewer, entry)}.get(relation)
        if found is None:
            raise NotFound("There is no such relation.", remedy="Read the entry anew.")
        payload: dict[str, Json] = {
            "other": found.other,
            "relation": found.relation.value,
            "ends": relation,
            "reason": line(reason, "reason", MAX_REASON),
        }
        return self._change(viewer, entry, EventType.ENTRIES_RELATED, payload, seen=seen)

    def _related(self, viewer: Viewer, entry: int) -> list[Related]:
        """The relations of an entry that stand."""
        found = self.reader.entry(viewer, entry, full=False).relations
        return [one for one in found if one.ended is None]

    def note_handover(self, viewer: Viewer, handover: int, step: HandoverStep, note: str) -> int:
        """Note the receipt, the answer or the escalation of a handover."""
        return Handovers(self._ledger).note(viewer, handover, step, note)

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
            if isinstance(row, CaseRow) and type_ is not EventType.REGISTER_VOIDED:
                raise no_entry()
            viewer.require(needs, row.authority)
            if apart:
                viewer.require(Permission.READ_PROTECTED, row.authority)
            refuse_voided(writer, of)
            if seen is not None and seen != self.reader.newest(writer.connection, viewer, row):
                raise StaleEntry(
                    "The entry was changed after it was read.", remedy="Read it anew and try again."
                )
            if payload.get("field") == "day":
                rules.refuse_future(str(payload["value"]), stockholm_date(writer.at).isoformat())
            if payload.get("field") == "class_code" and isinstance(row, EntryRow):
                check_class(writer.connection, row.authority, str(payload["value"]), row.date)
            cohort = writer.cohort(row.authority, "protected" if apart else "register")
            fields = {"of": of, "actor": viewer.actor, **payload}
            return writer.append_event(type_, fields, cohort=cohort)


def _holder(writer: Writer, of: int, viewer: Viewer) -> EntryRow | CaseRow:
    """The entry or case of that seq, if the viewer may read it."""
    authorities = viewer.authorities(Permission.READ)
    found = queries.entry(writer.connection, of, authorities) or queries.case(
        writer.connection, of, authorities
    )
    if found is None:
        raise no_entry()
    return found
