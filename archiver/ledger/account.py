"""The completeness audit: every number of the log is live, or it is explained why it is gone.

Walks the log as an outsider does (`core.tombstone`), without opening a frame, and compares it with
what the tables hold: some 15 µs an entry. Frames and key files are looked at by `verify`. What is
unexplained must be 0; anything else is an alarm (archive law: nothing goes without a decision).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from archiver.core.event import SealedEntry, parse
from archiver.core.tombstone import Explanations
from archiver.db import tables as t
from archiver.ledger.log import Log
from archiver.ledger.service import Ledger
from archiver.ledger.verify import without_key
from archiver.store.keys import kek_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a log amounts to: entries in all, sealed ones whose keys are there (`live`), clear ones,
    and those gone: under a decision, after an emergency stop, again after a recovery; `lost`: of a
    recovery's lost range. `keyless`: cohorts that hold keys of entries, and whose own key is not in
    the secret store; their entries are none of the `live`. `unexplained` is what nothing explains;
    `findings` say where."""

    entries: int
    clear: int
    live: int
    disposed: int
    stopped: int
    repeated: int
    lost: int
    keyless: int
    unexplained: int
    findings: tuple[str, ...]


def account(ledger: Ledger, progress: Callable[[int, int], None] = lambda _d, _a: None) -> Account:
    """Audit the log as the tables know it now."""
    log, found = Log(ledger.store), Explanations()
    log.load()
    with ledger.database.read() as connection:
        size = connection.scalar(select(t.meta.c.value).where(t.meta.c.name == "projected")) or 0
        e = t.entry.c
        held = select(func.count()).where(e.key_cohort.is_not(None), e.seq < size)
        live = connection.scalar(held.select_from(t.entry)) or 0
        keyless = _keyless(ledger, connection, size)
    size, sealed = min(size, log.size), 0
    for number, data in enumerate(log.entries(0, size)):
        entry = parse(data)
        sealed += isinstance(entry, SealedEntry)
        found.take(number, entry)
        if number % 4096 == 0:
            progress(number, size)
    found.end()
    progress(size, size)
    gone = found.disposed + found.stopped + found.repeated + found.unexplained
    astray = abs(sealed - live - gone)
    findings = list(found.findings)
    if astray:
        findings.append(f"The tables hold {live} keys, the log leaves {sealed - gone}.")
    shut = sum(keyless.values())
    if keyless:
        findings.append(without_key(keyless))
    return Account(
        entries=size,
        clear=size - sealed,
        live=live - shut,
        disposed=found.disposed,
        stopped=found.stopped,
        repeated=found.repeated,
        lost=found.losses.lost,
        keyless=len(keyless),
        unexplained=found.unexplained + found.losses.unexplained + astray + shut,
        findings=tuple(findings[:100]),
    )


def _keyless(ledger: Ledger, connection: Connection, size: int) -> dict[int, int]:
    """Cohort → entries whose keys lie in its file, of those whose own key is in no secret store,
    nor closed under one that is elsewhere (a quarantine)."""
    e, c, keys = t.entry.c, t.cohort.c, ledger.keys
    query = (
        select(c.number, c.generation, func.count())
        .join_from(t.entry, t.cohort, c.number == e.key_cohort)
        .where(e.seq < size)
        .group_by(c.number, c.generation)
        .order_by(c.number)
    )
    keys.secrets.load()
    return {
        number: count
        for number, generation, count in connection.execute(query)
        if not keys.secrets.has(kek_name(number, generation))
        and not keys.is_closed(number, generation)
    }
