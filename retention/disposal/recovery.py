"""A restored home recovered: a log of the next generation, in which what was disposed of since the
backup is disposed of again.

First everything that is known of the lost home is looked at, and nothing changed (`look`); then it
is done, in the order of `ledger.recovery`. Invariant: before anybody else may write, the keys of
what was disposed of are destroyed, nothing made of it is left, and the packs are made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from archiver.core.canonical import Json
from archiver.core.checkpoint import VerifierKey
from archiver.core.event import EventType
from archiver.core.layout import VKEY
from archiver.core.recovery import Recovered, kept_names, key_digest
from archiver.db import tables as t
from archiver.errors import ConfigError, HomeBusy
from archiver.ledger.projection import HOME_COHORT
from archiver.ledger.recovery import Known, Plan, Recovery
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from retention.disposal.again import Again, Certified, certified_in, compared, dispose_again
from retention.disposal.removal import compact

MAX_REASON = 1000
STEPS = ("log", "recover", "purge", "compact")
Progress = Callable[[str, int, int], None]


def _silent(_step: str, _done: int, _all: int) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a recovery will do, or did: what survives and what is lost, where that was heard of; how
    many surviving entries are destroyed again (`repeat`: entry → why), by which certificates;
    entries that were put apart after the backup and lie open now; what the lost range held, by
    type, as far as a log tells. `resumed`: it was begun before, and its plan stands."""

    recovered: Recovered
    source: str = ""
    repeat: Mapping[int, int] = field(default_factory=dict)
    certificates: Sequence[Certified] = ()
    apart: tuple[int, ...] = ()
    types: Mapping[str, int] | None = None
    resumed: bool = False


class Restoration:
    """Recovers a home that was restored from a backup. `worker_runs`: whether somebody is at work
    in it; `forget`: remove what was made from the archive's content, all of it."""

    def __init__(
        self, ledger: Ledger, *, worker_runs: Callable[[], bool], forget: Callable[[], None]
    ) -> None:
        self._ledger = ledger
        self._recovery = Recovery(ledger)
        self._worker_runs = worker_runs
        self._forget = forget

    def look(
        self,
        *,
        log: Path | None = None,
        checkpoint: bytes | None = None,
        certificates: Path | None = None,
        progress: Progress = _silent,
    ) -> Outlook:
        """What a recovery would do. Nothing is changed; what is odd is refused by its name."""
        if self._worker_runs():
            raise HomeBusy("A worker is at work in this home.", remedy="Stop it, and what serves.")
        begun = self._recovery.begun()
        if begun is not None:
            return Outlook(
                recovered=begun.recovered, repeat=begun.repeat, apart=begun.apart, resumed=True
            )
        seen = certified_in(certificates, self._keys()) if certificates else []
        heads = [head for one in seen for head in one.heads]
        known = self._recovery.known(
            folder=log,
            note=checkpoint,
            heads=heads,
            progress=lambda done, all_: progress("log", done, all_),
        )
        size, ours = known.recovered.start, self._ledger.log
        seen = [compared(one, ours, size, known.newer) for one in seen]
        repeat = {seq: 0 for one in seen for seq in one.entries if seq < size}
        return Outlook(
            recovered=known.recovered,
            source=known.source,
            repeat=repeat | (known.after.destroyed if known.after else {}),
            certificates=seen,
            apart=_apart(known),
            types=dict(known.after.types) if known.after else None,
        )

    def _keys(self) -> list[VerifierKey]:
        """The public keys of the home's log, the newest first: its own, and of the generations
        before those that it keeps and that its log names."""
        own, store = self._ledger.verifier_key, self._ledger.store
        said = {one.key for one in self._recovery.losses().recoveries.values()}
        names = [name for name in reversed(kept_names(own.name)) if name.startswith(VKEY)]
        kept = [
            VerifierKey.parse(store.get(n).decode()) for n in names if store.size(n) is not None
        ]
        return [own, *(key for key in kept if key_digest(key) in said)]

    def recover(
        self, outlook: Outlook, *, reason: str, actor: int = 0, progress: Progress = _silent
    ) -> Again:
        """Do it, or go on with it; what was destroyed again (nothing, where an earlier try did)."""
        checked_reason(reason)
        done: list[Again] = []

        def within(writer: Writer, seq: int) -> None:
            said: dict[str, Json] = {"recovered": seq, "reason": reason, "actor": actor}
            writer.append_event(EventType.RECOVERY_NOTED, said, cohort=HOME_COHORT)
            done.append(dispose_again(self._ledger, writer, seq, outlook.repeat, actor))

        def behind() -> None:
            progress("purge", 0, 1)
            self._forget()
            compact(self._ledger, progress, partial(self._ledger.writer, recovering=True))

        progress("recover", 0, 1)
        plan = Plan(recovered=outlook.recovered, repeat=outlook.repeat, apart=outlook.apart)
        self._recovery.recover(plan, within, behind)
        return done[0] if done else Again()

    def unanswered(self) -> int:
        """How many recoveries there are whose loss nobody answers for yet."""
        e = t.entry.c
        with self._ledger.database.read() as connection:

            def count(kind: EventType) -> int:
                query = select(func.count()).select_from(t.entry).where(e.type == kind.value)
                return connection.scalar(query) or 0

            return count(EventType.LOG_RECOVERED) - count(EventType.LOSS_EXPLAINED)

    def attest(self, reason: str, actor: int = 0) -> tuple[int, int]:
        """Answer for what a recovery lost: how many entries, and the entry with the reason."""
        checked_reason(reason)
        return self._recovery.attest(reason, actor)


def checked_reason(reason: str) -> None:
    """`ConfigError` unless there is a reason that can be sealed."""
    if not reason.strip() or len(reason) > MAX_REASON:
        raise ConfigError(
            f"A reason is needed, of at most {MAX_REASON} characters.",
            remedy="Say with --reason what happened and who decided; it is sealed in the log.",
        )


def _apart(known: Known) -> tuple[int, ...]:
    return tuple(sorted(known.after.moved)) if known.after else ()
