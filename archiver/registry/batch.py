"""What is sealed together inside one writer's block: checked first, then staged, then numbered."""

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
from archiver.registry.core.entry import Registration
from archiver.registry.core.mask import Mask
from archiver.registry.core.triage import Decision
from archiver.registry.numbering import Numbers, Place, Series

_MOST_BYTES = 3_500  # of an event's payload, so that its frame stays within the writer's bound


class AlreadyVoided(RuleViolation):
    """The entry or case was voided before; nothing more is done with it."""

    code = "already-voided"


class CaseClosed(RuleViolation):
    """The case is closed: nothing is registered in it."""

    code = "case-closed"


class Batch:
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
        refuse_voided(self._writer, row.seq)
        if queries.closed_on(self._writer.connection, [row.seq]):
            raise CaseClosed(
                "The case is closed.", remedy="Take it up again first, or register without it."
            )
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


def refuse_voided(writer: Writer, of: int) -> None:
    """`AlreadyVoided` if an entry or case was voided."""
    for one in queries.changes(writer.connection, [of]):
        if one.type == EventType.REGISTER_VOIDED:
            raise AlreadyVoided("It was voided before.", remedy="Register anew instead.")
