"""Mandates: recorded, ended, listed; and what a decision is tried against.

A mandate is an event, and so is its end: what was in force on a day can be told for ever. Nobody
gives one to themselves. The check that somebody may decide is made under the writer's lock, where
the decision is written, so that no form or command can go round it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.ports import Clock
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.ledger.service import Ledger
from archiver.registry.core.entry import MAX_REASON, line
from exports.core.mandate import Competence, Mandate, MandateKind, competence, faults
from exports.requests import queries

_MAX = 200  # characters of a provision, or of a decision's number
_COHORT = "register"


class Mandates:
    """The mandates of a home. `person`: what a user is called, "" if there is none."""

    def __init__(self, ledger: Ledger, clock: Clock, person: Callable[[int], str]) -> None:
        self._ledger, self._clock, self._person = ledger, clock, person

    def add(self, viewer: Viewer, mandate: Mandate) -> int:
        """Record a mandate; its number. `ConfigError` for what is no mandate, `RuleViolation` for
        one that somebody would give themselves."""
        viewer.require(Permission.SET_USERS, mandate.authority)
        asked = replace(
            mandate,
            provision=line(mandate.provision, "provision", _MAX),
            decision=line(mandate.decision, "decision", _MAX),
        )
        for fault in faults(asked):
            raise ConfigError(f"The mandate was not recorded. {fault}.")
        if not self._person(asked.user):
            raise NotFound("There is no such user.", remedy="`diarkiv user list` shows them.")
        if viewer.actor == asked.user:
            raise RuleViolation(
                "Nobody records a mandate for themselves.", remedy="Let somebody else do it."
            )
        said: dict[str, Json] = {
            "authority": asked.authority,
            "user": asked.user,
            "kinds": list[Json](sorted(kind.value for kind in asked.kinds)),
            "provision": asked.provision,
            "decision": asked.decision,
            "valid_from": asked.valid_from.isoformat(),
            "actor": viewer.actor,
        }
        if asked.valid_to is not None:
            said["valid_to"] = asked.valid_to.isoformat()
        with self._ledger.writer() as writer:
            cohort = writer.cohort(asked.authority, _COHORT)
            return writer.append_event(EventType.MANDATE_GIVEN, said, cohort=cohort)

    def end(self, viewer: Viewer, seq: int, *, last: date, reason: str) -> Mandate:
        """End a mandate: `last` is the last day on which it counts, and lies not before yesterday,
        since what was decided under it stays decided."""
        reason = line(reason, "reason", MAX_REASON)
        with self._ledger.writer() as writer:
            held = recorded(self._ledger, writer.connection, None).get(seq)
            if held is None or not viewer.may(Permission.READ, held.authority):
                raise _unknown()
            viewer.require(Permission.SET_USERS, held.authority)
            if last < stockholm_date(writer.at) - timedelta(days=1):
                raise ConfigError(
                    "A mandate does not end in the past.",
                    remedy="Give yesterday, and it counts from today on no more.",
                )
            if last < held.valid_from - timedelta(days=1) or not held.is_in_force(
                max(last, held.valid_from)
            ):
                raise RuleViolation("The mandate has ended by then already.")
            said: dict[str, Json] = {
                "of": seq,
                "authority": held.authority,
                "last": last.isoformat(),
                "reason": reason,
                "actor": viewer.actor,
            }
            cohort = writer.cohort(held.authority, _COHORT)
            writer.append_event(EventType.MANDATE_ENDED, said, cohort=cohort)
        return replace(held, valid_to=last)

    def list(self, viewer: Viewer, *, day: date | None = None) -> list[Mandate]:
        """The mandates of the authorities that the viewer may read, in the order they were
        recorded; with `day` those in force then."""
        mine = viewer.authorities(Permission.READ)
        with self._ledger.database.read() as connection:
            found = recorded(self._ledger, connection, None).values()
        return [
            one
            for one in found
            if (mine is None or one.authority in mine) and (day is None or one.is_in_force(day))
        ]

    def may(self, authority: int, user: int, kind: MandateKind) -> bool:
        """Whether a user may decide so today, for a page that offers it."""
        today = stockholm_date(self._clock.now())
        with self._ledger.database.read() as connection:
            held = recorded(self._ledger, connection, authority).values()
        return any(
            one.user == user and kind in one.kinds and one.is_in_force(today) for one in held
        )


def tried(
    ledger: Ledger,
    connection: Connection,
    authority: int,
    *,
    user: int,
    kind: MandateKind,
    day: date,
    signed: date | None = None,
    body: str = "",
    provision: str = "",
) -> Competence:
    """What a decision for an authority rests on, as `competence`; `NoMandate` if on nothing.
    `connection`: the writer's, so that nothing ends between the check and the decision."""
    held = recorded(ledger, connection, authority).values()
    return competence(
        held, user=user, kind=kind, day=day, signed=signed, body=body, provision=provision
    )


def recorded(ledger: Ledger, connection: Connection, authority: int | None) -> dict[int, Mandate]:
    """The mandates of an authority (None: of all), by number, with their ends."""
    given = queries.rules(connection, EventType.MANDATE_GIVEN, authority)
    ended = queries.rules(connection, EventType.MANDATE_ENDED, authority)
    opened = ledger.open([*given, *ended])
    found = {seq: _mandate(seq, opened[seq].envelope) for seq in given}
    for seq in ended:
        said: Mapping[str, Any] = opened[seq].envelope
        of = int(said["of"])
        found[of] = replace(found[of], valid_to=date.fromisoformat(said["last"]))
    return found


def _mandate(seq: int, said: Mapping[str, Any]) -> Mandate:
    until = said.get("valid_to")
    return Mandate(
        seq=seq,
        authority=int(said["authority"]),
        user=int(said["user"]),
        kinds=frozenset(MandateKind(kind) for kind in said["kinds"]),
        provision=str(said["provision"]),
        decision=str(said["decision"]),
        valid_from=date.fromisoformat(said["valid_from"]),
        valid_to=date.fromisoformat(until) if until else None,
    )


def _unknown() -> NotFound:
    return NotFound(
        "There is no such mandate.", remedy="`diarkiv exports mandate list` shows them."
    )
