"""The register as data that leaves: one form for the command line's JSON and the interface for
programs. Instants are RFC 3339 in UTC, days Swedish days YYYY-MM-DD, numbers those of the log.

Every field passes the gate (`core.egress`). What is secret is in it only where it is in the entry,
that is, where the reader was allowed to open it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from archiver.core.access import Viewer
from archiver.core.egress import Purpose, release
from archiver.core.record import instant
from archiver.registry.assembly import Case
from archiver.registry.classes import Listed
from archiver.registry.core.entry import Entry, Related, Voided
from archiver.registry.core.triage import Decision
from archiver.registry.numbering import Series
from archiver.registry.queries import ImportRow
from archiver.registry.reading import Waiting

Fields = Mapping[str, Any]


def moment(at: int) -> str:
    """Milliseconds UTC as RFC 3339, to the millisecond."""
    return instant(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def entry_fields(viewer: Viewer, entry: Entry) -> Fields:
    """An entry with everything that happened to it. `changed` is its newest change."""
    asked = entry.fields
    fields: dict[str, Any] = {
        "seq": entry.seq,
        "number": entry.number,
        "authority": asked.authority,
        "at": moment(entry.at),
        "actor": entry.actor,
        "changed": entry.newest,
        "direction": asked.direction.value,
        "day": asked.day,
        "dated": asked.dated.value,
        "title": asked.title,
        "sender": asked.sender,
        "recipient": asked.recipient,
        "class_code": asked.class_code,
        "record_class": asked.record_class,
        "level": asked.level,
        "records": list(asked.records),
        "series": asked.series,
        "case": asked.case,
        "part": entry.part,
        "trigger": asked.trigger,
        "marking": asdict(entry.marking) if entry.marking else None,
        "secret": asdict(asked.secret) if asked.secret else None,
        "corrections": [_happened(one) for one in entry.corrections],
        "markings": [_happened(one) for one in entry.markings],
        "relations": [_related(one) for one in entry.relations],
        "voided": _voided(entry.voided),
    }
    return release(viewer, Purpose.REGISTER, fields)


def case_fields(viewer: Viewer, case: Case) -> Fields:
    """A case."""
    fields = {
        "seq": case.seq,
        "number": case.number,
        "authority": case.authority,
        "at": moment(case.at),
        "actor": case.actor,
        "title": case.title,
        "class_code": case.class_code,
        "collective": case.collective,
        "closed_on": case.closed_on,
        "voided": _voided(case.voided),
    }
    return release(viewer, Purpose.REGISTER, fields)


def decision_fields(viewer: Viewer, seq: int, decision: Decision) -> Fields:
    """A decision on records."""
    handover = decision.handover
    fields = {
        "seq": seq,
        "authority": decision.authority,
        "records": list(decision.records),
        "outcome": decision.outcome.value,
        "note": decision.note,
        "trigger": decision.trigger,
        "elsewhere": asdict(decision.elsewhere) if decision.elsewhere else None,
        "handover": handover
        and {
            "to": handover.to,
            "way": handover.way,
            "due": None if handover.due is None else moment(handover.due),
        },
    }
    return release(viewer, Purpose.REGISTER, fields)


def waiting_fields(viewer: Viewer, waiting: Waiting) -> Fields:
    """A handover without an answer."""
    received = None if waiting.received is None else moment(waiting.received)
    fields = {**decision_fields(viewer, waiting.seq, waiting.decision), "received": received}
    return release(viewer, Purpose.REGISTER, fields)


def series_fields(series: Series, year: int) -> Fields:
    """A series, with how its first number of the year is written."""
    return {
        "seq": series.seq,
        "authority": series.authority,
        "code": series.code,
        "mask": str(series.mask),
        "example": series.example(year),
        "year": series.year,
        "first": series.first,
    }


def scheme_fields(scheme: ImportRow) -> Fields:
    """A version of a classification scheme."""
    return scheme._asdict()


def class_fields(one: Listed) -> Fields:
    """A class of a scheme."""
    return asdict(one)


def _happened(one: Any) -> Fields:
    return {**asdict(one), "at": moment(one.at)}


def _related(related: Related) -> Fields:
    return {**_happened(related), "ended": _voided(related.ended)}


def _voided(voided: Voided | None) -> Fields | None:
    return None if voided is None else _happened(voided)
