"""What could be proposed: everything due under the same decisions, with what it amounts to.

Reading only. What a hold or a kept answer keeps is counted and left out; what stands in an open
proposal already, or was kept as a selection, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, and_, func, select

from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.db import disposal_tables as d
from archiver.db import tables as t
from archiver.db.among import among
from retention.core.decision import Decision
from retention.core.disposal import MOST, OPEN, Against, Proposal, State
from retention.core.evaluate import Evaluation
from retention.due.evaluator import Evaluator
from retention.links import in_parts

_OPEN = sorted(state.value for state in OPEN)
_DONE = State.COMPLETED.value


@dataclass(slots=True)
class Gathered:
    """Due records under the same decisions: record → its newest version, and the rule and channel
    it is counted under; how many are kept by which kind of hold, and by kept answers."""

    decisions: tuple[int, ...]
    newest: dict[int, int] = field(default_factory=dict)
    places: dict[int, tuple[str, int]] = field(default_factory=dict)
    held: Counter[str] = field(default_factory=Counter)
    answered: int = 0


def gather(
    connection: Connection,
    evaluator: Evaluator,
    authority: int,
    today: date,
    *,
    rules: Collection[str] | None = None,
    channels: Collection[int] | None = None,
    running: Collection[int] | None = None,
) -> list[Gathered]:
    """What is due at an authority, by the decisions it is due under; of some rules and channels, or
    only under decisions that are `running`. At most `MOST` records of each."""
    taken = _taken(connection, authority)
    found: dict[tuple[int, ...], Gathered] = {}
    due = evaluator.due_set(connection, today, frozenset({authority}), kept=True)
    for judged, evaluation in due:
        seq, channel = evaluation.record, judged.subject.channel
        if (rules is not None and evaluation.rule not in rules) or seq in taken:
            continue
        if channels is not None and channel not in channels:
            continue
        if running is not None and not set(evaluation.decisions) <= set(running):
            continue
        one = found.setdefault(evaluation.decisions, Gathered(evaluation.decisions))
        if judged.holds:
            one.held.update({hold.kind.value for hold in judged.holds})
        elif not evaluation.may_go:
            one.answered += 1
        elif len(one.places) < MOST:
            one.places[seq] = (evaluation.rule, channel)
    for one in found.values():
        one.newest = newest_of(connection, one.places)
    return [one for one in found.values() if one.newest or one.held or one.answered]


def newest_of(connection: Connection, records: Collection[int]) -> dict[int, int]:
    """Record → its newest version; one that is not there any more is left out."""
    found: dict[int, int] = {}
    r = t.record.c
    for part in in_parts(records):
        query = select(r.seq, r.latest).where(among(r.seq, part))
        found.update(connection.execute(query).all())
    return found


def _taken(connection: Connection, authority: int) -> set[int]:
    """Records in an open proposal of the authority, and those that an earlier selection kept."""
    p = d.proposed.c
    query = (
        select(p.record)
        .join(d.disposal, d.disposal.c.seq == p.proposal)
        .where(d.disposal.c.authority == authority)
        .where(d.disposal.c.state.in_(_OPEN) | and_(p.kept == 1, d.disposal.c.state == _DONE))
    )
    return set(connection.scalars(query))


def kept_before(connection: Connection, records: Collection[int]) -> set[int]:
    """Those of the records that a selection has kept, of a disposal that was carried out."""
    p, found = d.proposed.c, set[int]()
    done = (State.KEYS_DESTROYED.value, State.COMPLETED.value)
    for part in in_parts(records):
        query = (
            select(p.record)
            .join(d.disposal, d.disposal.c.seq == p.proposal)
            .where(among(p.record, part), p.kept == 1, d.disposal.c.state.in_(done))
        )
        found.update(connection.scalars(query).all())
    return found


def proposed_by_now(connection: Connection, authority: int, records: Collection[int]) -> bool:
    """Whether an open proposal of the authority holds any of the records."""
    p, wanted = d.proposed.c, frozenset(records)
    query = (
        select(p.record)
        .join(d.disposal, d.disposal.c.seq == p.proposal)
        .where(d.disposal.c.authority == authority, d.disposal.c.state.in_(_OPEN), p.kept == 0)
    )
    return any(record in wanted for record in connection.scalars(query))


def against(
    connection: Connection, evaluator: Evaluator, proposal: Proposal, today: date
) -> list[Against]:
    """What speaks against disposing of what was proposed on a day; empty if nothing does. A record
    that by now goes under another decision or class than the proposal names, with terms of its own,
    does not go under these."""
    found: list[Against] = []
    records, decisions = proposal.newest, set(proposal.decisions)
    kept = kept_before(connection, records)
    there = set[int]()
    for one in evaluator.evaluations(connection, records, today):
        there.add(one.record)
        if one.record in kept:
            found.append(Against(record=one.record, code="sample"))
        elif not one.may_go:
            found.append(_reason(one))
        elif not decisions <= set(one.decisions) or one.rule not in proposal.rules:
            found.append(Against(record=one.record, code="other_terms"))
    found += [Against(record=seq, code="gone") for seq in records if seq not in there]
    return found


def _reason(one: Evaluation) -> Against:
    if one.holds:
        return Against(record=one.record, code="hold", seq=one.holds[0])
    if not one.decisions:
        return Against(record=one.record, code="no_decision")
    answer = next((step.seq for step in one.trace if step.code == "answered"), 0)
    return Against(record=one.record, code="answered" if answer else "not_due", seq=answer)


def extents(
    connection: Connection, places: Mapping[int, tuple[str, int]]
) -> tuple[Mapping[str, Json], ...]:
    """What a set amounts to, by rule and channel: records, versions, components, bytes as stored,
    and the records' first and last legal day."""
    sums: dict[tuple[str, int], dict[str, int]] = {}
    v, c, e, r = t.version.c, t.component.c, t.entry.c, t.record.c
    size = func.coalesce(func.sum(e.length), 0)
    for part in in_parts(places):
        rows = connection.execute(select(r.seq, r.legal_at).where(among(r.seq, part)))
        days = {row.seq: int(stockholm_date(row.legal_at).strftime("%Y%m%d")) for row in rows}
        versions = (
            select(v.record, func.count(), size)
            .join(t.entry, e.seq == v.seq)
            .where(among(v.record, part))
            .group_by(v.record)
        )
        parts = (
            select(v.record, func.count(), size)
            .join(t.component, c.version == v.seq)
            .join(t.entry, e.seq == c.seq)
            .where(among(v.record, part))
            .group_by(v.record)
        )
        for name, query in (("versions", versions), ("components", parts)):
            for record, count, volume in connection.execute(query):
                one = sums.setdefault(places[record], _nothing())
                one[name] += count
                one["bytes"] += int(volume)
                if name == "versions":
                    one["records"] += 1
                    one["first"] = min(one["first"], days[record])
                    one["last"] = max(one["last"], days[record])
    return tuple(
        {"rule": rule, "channel": channel, **sums[rule, channel]} for rule, channel in sorted(sums)
    )


def _nothing() -> dict[str, int]:
    return dict.fromkeys(("records", "versions", "components", "bytes", "last"), 0) | {
        "first": 99_999_999
    }


def terms(decisions: Sequence[Decision]) -> tuple[int, int, bool]:
    """What several decisions ask for together: the longest wait (days), the smallest selection
    (one of n; 0: none), and whether all of them are running."""
    one_of = [one.keep_one_of for one in decisions if one.keep_one_of]
    running = bool(decisions) and all(one.running for one in decisions)
    return max(one.waiting_days for one in decisions), min(one_of, default=0), running
