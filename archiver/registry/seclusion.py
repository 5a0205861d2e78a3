"""What is registered as possibly secret is kept apart at once, whichever way it was registered.

Secret and open documents that are merely kept in order must not be mixed (OSL 2009:400 5:1), so a
record at level 4 leaves the open store with the decision itself: whoever may register may do that
much, also without the right to mark an entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import structlog

from archiver.core.access import Permission, Viewer
from archiver.errors import NotFound, RuleViolation
from archiver.registry.core.entry import Registration
from archiver.registry.core.triage import Decision

SECRET = 4  # the level
_log = structlog.get_logger(__name__)


class Seclusion(Protocol):
    """Keeps records apart that may be secret (`ledger.apart`). `RuleViolation` if it is so already,
    or not."""

    def protect(self, record: int, *, reason: str, viewer: Viewer) -> object: ...

    def unprotect(self, record: int, *, reason: str, viewer: Viewer) -> object: ...


def seclude(apart: Seclusion, actor: int, asked: Registration | Decision) -> list[int]:
    """Keep apart the records of what may be secret; those that were not before. One that is out of
    reach in another way stays as it is, and keeps none of the others from being kept apart."""
    if not isinstance(asked, Registration) or asked.level < SECRET:
        return []
    return keep_apart(apart, actor, asked.authority, asked.records, asked.title)


def keep_apart(
    apart: Seclusion, actor: int, authority: int, records: Iterable[int], reason: str
) -> list[int]:
    """Keep records apart; those that were not before."""
    done = []
    for record in records:
        try:
            apart.protect(record, reason=reason, viewer=_for(actor, authority))
        except (RuleViolation, NotFound) as error:  # apart already, or stopped meanwhile
            _log.info("seclusion.as_it_was", record=record, code=error.code)
        else:
            done.append(record)
    return done


def put_back(apart: Seclusion, actor: int, authority: int, records: list[int]) -> None:
    """Put records back that were kept apart for what was undone; others stay as they are."""
    for record in records:
        try:
            apart.unprotect(record, reason="Ångrat beslut", viewer=_for(actor, authority))
        except (RuleViolation, NotFound) as error:  # put back already, or stopped meanwhile
            _log.info("seclusion.as_it_was", record=record, code=error.code)


def _for(actor: int, authority: int) -> Viewer:
    return Viewer(actor, {authority: frozenset({Permission.MARK_SECRECY})})
