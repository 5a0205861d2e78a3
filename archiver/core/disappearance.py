"""When something that can no longer be seen is gone: a state machine, never an inference.

A false "deleted" in a register is worse than a late one, and "missing" has many causes: moderation,
a login that was withdrawn, an author who left and comes back, a platform that answers badly. So:

- Only an answer about the very item, given while the control read and a sentinel are green, counts.
- Positive evidence wins at once: a named state, a departed author, the platform's own word, or an
  absence that the account's own key has signed (`Access.ABSENT`).
- "Not found" is a suspicion. It becomes `GONE_CONFIRMED` only after as many further probes as the
  policy has waits, each at least that long after the first miss, all saying the same; any other
  answer begins anew. A refusal (401, 403) is never a deletion.
- If a large part of an account goes missing in one run, nothing is concluded: the account is frozen
  until it shows again or a person says that it is true.
- What is reported is an interval, [last seen, first missed]: nobody saw the moment. Who removed it
  is stated only when known.

Rule: a gap in observation is no fact about the observed (TF 2 kap., OSL 5 kap. 1 § ask for what was
received and drawn up, not for what a platform shows today). Pure: time is a parameter; instants
are milliseconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from archiver.core.canonical import Json
from archiver.core.changes import State
from archiver.core.observation import Access

HOUR = 3_600_000
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What it takes to believe that something is gone.

    `waits`: the least time from the first miss to each confirming probe, rising. `refused`: how
    often what was refused (401, 403) is asked for again, for the login may have been at fault;
    `again`: what cannot be seen for another reason. More than `share` of what was looked for,
    and at least `at_least` items, missing in one run freeze the account; so do more than `most` of
    all, counting what went with the posts it stood under.
    """

    waits: tuple[int, ...] = (HOUR, DAY, 3 * DAY)
    refused: int = DAY
    again: int = 7 * DAY
    share: float = 0.2
    most: float = 0.5
    at_least: int = 5


class Why(StrEnum):
    """What a state of absence rests on; stands in the run's frame beside the platform's code."""

    PROBES = "probes"  # every probe the policy asks for found nothing
    PROOF = "proof"  # the account's own signature says that it is not there
    PLATFORM = "platform"  # the platform names the state
    WITH_PARENT = "with_parent"  # what it stood under is not there


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """What is known of an item's absence: last look that showed it, first that did not, last probe
    that counted, and how many probes have confirmed it since the first miss."""

    last_seen: int
    first_missed: int
    asked: int
    confirmed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a probe makes of an item. `absence` is kept with the state; `why` says what it rests on,
    None for a mere suspicion."""

    state: State
    absence: Absence | None = None
    why: Why | None = None


_NAMED = {
    Access.HIDDEN: State.HIDDEN,
    Access.NO_ACCESS: State.UNKNOWN_ACCESS,
    Access.AUTHOR_GONE: State.AUTHOR_GONE,
    Access.REMOVED: State.PLATFORM_REMOVED,
}


def judge(
    access: Access, known: Absence | None, *, at: int, last_seen: int, policy: Policy
) -> Verdict | None:
    """What one answer means; None if it means nothing.

    The caller vouches for the control read and the sentinel. `known` is the absence under suspicion
    so far, `at` the instant of the answer, `last_seen` of the last look that showed the item.
    """
    if access is Access.ABSENT:
        first = known or Absence(last_seen=min(last_seen, at), first_missed=at, asked=at)
        gone = Absence(
            last_seen=first.last_seen,
            first_missed=first.first_missed,
            asked=at,
            confirmed=len(policy.waits),
        )
        return Verdict(state=State.GONE_CONFIRMED, absence=gone, why=Why.PROOF)
    if access is Access.NOT_FOUND:
        return _not_found(known, at=at, last_seen=last_seen, policy=policy)
    named = _NAMED.get(access)
    if named is None:
        return None
    why = None if named is State.UNKNOWN_ACCESS else Why.PLATFORM
    return Verdict(state=named, why=why)


def _not_found(known: Absence | None, *, at: int, last_seen: int, policy: Policy) -> Verdict:
    if known is None:
        known = Absence(last_seen=min(last_seen, at), first_missed=at, asked=at)
        done = not policy.waits
    else:
        due = at >= next_probe(known, policy)
        known = Absence(
            last_seen=known.last_seen,
            first_missed=known.first_missed,
            asked=at if due else known.asked,
            confirmed=known.confirmed + due,
        )
        done = known.confirmed >= len(policy.waits)
    if done:
        return Verdict(state=State.GONE_CONFIRMED, absence=known, why=Why.PROBES)
    return Verdict(state=State.MISSING_SUSPECTED, absence=known)


def next_probe(known: Absence, policy: Policy) -> int:
    """From when the next probe counts: the policy's wait after the first miss, and no sooner after
    the last probe than its first wait, so that probes made up for later still lie apart."""
    wait = policy.waits[min(known.confirmed, len(policy.waits) - 1)] if policy.waits else 0
    apart = policy.waits[0] if policy.waits else 0
    return max(known.first_missed + wait, known.asked + apart)


def ask_again_at(state: State, at: int, policy: Policy) -> int:
    """From when an item that was found in a named state of absence at `at` is asked for again."""
    return at + (policy.refused if state is State.UNKNOWN_ACCESS else policy.again)


def is_frozen(missing: int, with_parent: int, looked_for: int, policy: Policy) -> bool:
    """Whether so many items missing for the first time in one run, of all that were looked for,
    are a fault of the source rather than deletions. `missing` by themselves, `with_parent` because
    what they stood under is: one post may take many along, but not most of an account."""
    by_themselves = missing >= policy.at_least and missing > policy.share * looked_for
    all_of_them = missing + with_parent
    return by_themselves or (
        all_of_them >= policy.at_least and all_of_them > policy.most * looked_for
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A state that was observed without a version: stands in the run's frame, and in the table of
    the same name. `exchange` is the number of the answer it rests on within the run; `reason` the
    platform's own code; `by` who did it: "unknown" unless the platform says."""

    record: int
    state: State
    exchange: int
    reason: str = ""
    why: Why | None = None
    absence: Absence | None = None
    by: str = "unknown"


def transition_line(one: Transition) -> dict[str, Json]:
    """A transition as it stands in a run's frame: absent fields are left out."""
    line: dict[str, Json] = {
        "record": one.record,
        "state": one.state.value,
        "exchange": one.exchange,
        "reason": one.reason,
        "by": one.by,
    }
    if one.why is not None:
        line["why"] = one.why.value
    if one.absence is not None:
        line["absence"] = [
            one.absence.last_seen,
            one.absence.first_missed,
            one.absence.asked,
            one.absence.confirmed,
        ]
    return line


def transition_of(line: Mapping[str, Any]) -> Transition:
    """The transition in a line of a run's frame."""
    absence = line.get("absence")
    names = ("last_seen", "first_missed", "asked", "confirmed")
    return Transition(
        record=line["record"],
        state=State(line["state"]),
        exchange=line["exchange"],
        reason=line["reason"],
        why=Why(line["why"]) if "why" in line else None,
        absence=Absence(**dict(zip(names, absence, strict=True))) if absence else None,
        by=line.get("by", "unknown"),
    )
