"""The registrar's desk: what is asked for waits a minute, and can be undone until it is sealed.

A draft is checked when it is asked for, so that a mistake is told at once, and again when it is
sealed, which gives it its number. Any process may seal what is due; a draft carries its id into the
log, so that one that was sealed by two, or before a crash, is in the register once. What cannot be
sealed waits, with the reason, for a person: nothing that was asked for is lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import structlog

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.ports import Clock, Random
from archiver.db.drafts import Draft, Drafts
from archiver.errors import ConfigError, DiarkivError, NotFound
from archiver.registry.core import draft as drafts
from archiver.registry.core import entry as rules
from archiver.registry.core import triage
from archiver.registry.core.draft import Asked
from archiver.registry.core.entry import Registration
from archiver.registry.seclusion import SECRET, Seclusion, keep_apart, put_back, seclude
from archiver.registry.service import Register


class AskedAlready(ConfigError):
    """A record waits in another draft."""

    code = "asked-already"


UNDO = 60_000  # milliseconds
_ID = 16
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Something that was asked for. `due_at` is when it is sealed (milliseconds UTC); `failure`
    why it could not be."""

    id: bytes
    actor: int
    asked: Asked
    due_at: int
    failure: str = ""


class Desk:
    """Takes what registrars ask for and seals it when its time has come."""

    def __init__(
        self, register: Register, apart: Seclusion, kept: Drafts, clock: Clock, random: Random
    ) -> None:
        self.register = register
        self._apart = apart
        self._kept = kept
        self._clock = clock
        self._random = random

    def ask(self, viewer: Viewer, asked: Iterable[Asked], *, wait: int = UNDO) -> list[bytes]:
        """Keep drafts, all or none; their ids. They are sealed after `wait` milliseconds.
        `ConfigError` names what is wrong with one; then none is kept, nor are they if a record of
        theirs waits in another (`AskedAlready`): two people, or a form sent twice. Records that may
        be secret (level 4) are secluded at once: that waits for no minute."""
        due = self._clock.now() + wait
        today = stockholm_date(self._clock.now()).isoformat()
        found: list[Asked] = []
        for one in asked:
            viewer.require(Permission.REGISTER, one.authority)
            one = replace(one, draft=one.draft or self._random(_ID))  # noqa: PLW2901
            if isinstance(one, Registration):
                one = rules.checked(one, today=today)  # noqa: PLW2901
            else:
                triage.payload(one, actor=viewer.actor)
            found.append(one)
        kept = [
            Draft(
                one.draft,
                viewer.actor,
                one.authority,
                drafts.to_bytes(one, seclude(self._apart, viewer.actor, one)),
                due,
                "",
            )
            for one in found
        ]
        records = {record for one in found for record in one.records}
        self._kept.put(kept, lambda waiting: _check_free(records, waiting))
        return [one.id for one in kept]

    def set_apart(self, viewer: Viewer, authority: int, records: Collection[int]) -> None:
        """Keep records apart as possibly secret before anything else is decided of them."""
        viewer.require(Permission.REGISTER, authority)
        keep_apart(self._apart, viewer.actor, authority, records, "Möjlig sekretess")

    def pending(self, viewer: Viewer) -> list[Pending]:
        """What was asked for and is not sealed, of the authorities the viewer registers for."""
        return [_pending(one) for one in self._kept.of(viewer.authorities(Permission.REGISTER))]

    def undo(self, viewer: Viewer, id_: bytes) -> Asked:
        """Take back what is not sealed yet; what it was. `NotFound` if it is too late."""
        found = self._kept.one(id_)
        if (
            found is None
            or not viewer.may(Permission.REGISTER, found.authority)
            or not self._kept.undo(id_)
        ):
            raise NotFound(
                "It is sealed already, or was undone before.",
                remedy="What is registered can be corrected or voided.",
            )
        needed = self.register.secret_among(drafts.secluded(found.content))
        for one in self._kept.of([found.authority]):
            needed |= set(drafts.secluded(one.content)) | _secret(drafts.from_bytes(one.content))
        back = [one for one in drafts.secluded(found.content) if one not in needed]
        put_back(self._apart, viewer.actor, found.authority, back)
        return drafts.from_bytes(found.content)

    def seal_due(self) -> int:
        """Seal what is due; how many drafts were. One that cannot be sealed is kept, with why."""
        due = self._kept.claim_due()
        for actor in sorted({one.actor for one in due}):
            mine = [one for one in due if one.actor == actor]
            self._seal(actor, mine)
        return len(due)

    def _seal(self, actor: int, due: Sequence[Draft]) -> None:
        # The right was there when it was asked for: within this minute it is not asked again.
        grants = {one.authority: frozenset({Permission.REGISTER}) for one in due}
        asked = [drafts.from_bytes(one.content) for one in due]
        made = self.register.seal(Viewer(actor, grants), asked)
        done = []
        for one, result in zip(due, made, strict=True):
            if isinstance(result, DiarkivError):
                _log.warning("desk.not_sealed", code=result.code)
                self._kept.failed(one.id, f"{result.message} {result.remedy}".strip())
            else:
                done.append(one.id)
        self._kept.sealed(done)


def _secret(asked: Asked) -> set[int]:
    """The records that what was asked for keeps apart."""
    secret = isinstance(asked, Registration) and asked.level >= SECRET
    return set(asked.records) if secret else set()


def _check_free(records: Collection[int], waiting: Iterable[Draft]) -> None:
    taken = {one for draft in waiting for one in drafts.from_bytes(draft.content).records}
    if both := sorted(taken.intersection(records)):
        raise AskedAlready(
            f"R{both[0]} was decided on just now, and waits to be sealed.",
            remedy="Undo that, or decide again when it is sealed.",
        )


def _pending(draft: Draft) -> Pending:
    return Pending(
        id=draft.id,
        actor=draft.actor,
        asked=drafts.from_bytes(draft.content),
        due_at=draft.due_at,
        failure=draft.failure,
    )
