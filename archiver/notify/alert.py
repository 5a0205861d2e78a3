"""What deserves an alert, and when it is said again. Pure: time and facts are parameters.

Two questions, apart. `conditions`: what is wrong now? `decide`: what of it is to be said, given
what was said before? Invariants: a condition is said once, again when it gets another reason, and
now and then while nobody has acknowledged it; when it ends, that is said once. What is not known
(the facts are not whole) ends nothing, and what is suppressed is neither said nor ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from archiver.core.alert import Kind, Phase, Severity
from archiver.core.reason import MASS_DISAPPEARANCE, NOT_LOOKED
from archiver.core.token import Health, TokenState

HOUR = 3_600_000  # milliseconds
LEAST_TOLERANCE = 2 * HOUR
TOLERATED_INTERVALS = 3
# Said once for each reason, and never cleared.
ONCE = frozenset(
    {Kind.HANDOVER, Kind.STOPPED, Kind.HOLD_REVIEW, Kind.DISPOSAL, Kind.DISPOSED_CHANGED}
    | {Kind.REQUEST_WAITS, Kind.SUBJECT_REQUEST}
)
ORDINARY_FACTOR = 7  # what is not urgent is repeated that much more seldom

_SPECIAL: Mapping[str, Kind] = {
    "login_refused": Kind.LOGIN,
    "login_expired": Kind.LOGIN,
    "missing_rights": Kind.LOGIN,
    MASS_DISAPPEARANCE: Kind.MASS_DISAPPEARANCE,
    "version_sunset": Kind.VERSION_SUNSET,
    "account_gone": Kind.ACCOUNT_GONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGap:
    """A gap that has not ended, as the rules need it."""

    collection: str
    since: int
    reasons: tuple[str, ...]
    acknowledged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFacts:
    """What is known of a channel: `interval` in seconds, instants in milliseconds UTC. `last_seen`:
    when a run last saw anything at all."""

    channel: int
    interval: int
    added_at: int
    last_seen: int | None
    gaps: tuple[OpenGap, ...] = ()
    token: Health | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the home. `integrity`: the code of what was found damaged, else empty;
    `whole`: whether every channel could be asked. `matters`: what is to be said of handovers and
    stopped records (`notify.matter`); `late`: the handovers that are late."""

    channels: tuple[ChannelFacts, ...] = ()
    worker_runs: bool = True
    integrity: str = ""
    whole: bool = True
    matters: tuple[Condition, ...] = ()
    late: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that is wrong now. `quiet`: it is so, but is not to be said (acknowledged, or told
    by another condition)."""

    kind: Kind
    severity: Severity
    since: int
    reasons: tuple[str, ...]
    channel: int | None = None
    count: int = 0
    days: int | None = None
    hours: int | None = None
    quiet: bool = False
    item: int | None = None
    step: int | None = None
    code: str = ""  # the authority's, where there is no channel to tell it

    @property
    def key(self) -> str:
        of = self.channel if self.item is None else self.item
        return f"{self.kind.value}/{'home' if of is None else of}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An alert that stands: `reasons` are all it was ever said for, `told_at` when it last was."""

    key: str
    kind: Kind
    severity: Severity
    channel: int | None
    reasons: frozenset[str]
    since: int
    told_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """One thing to be said."""

    phase: Phase
    key: str
    kind: Kind
    severity: Severity
    channel: int | None
    since: int
    reasons: tuple[str, ...] = ()
    count: int = 0
    days: int | None = None
    hours: int | None = None
    item: int | None = None
    step: int | None = None
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to say, and which alerts stand afterwards."""

    say: tuple[Say, ...]
    held: tuple[Held, ...]


def conditions(now: int, facts: Facts, *, unseen_after: int) -> list[Condition]:
    """What is wrong at `now` (milliseconds UTC); at most one condition of a kind for each channel.
    `unseen_after`: milliseconds a channel may go unseen."""
    found = list(facts.matters)
    overdue = [gap.since for one in facts.channels for gap in one.gaps if NOT_LOOKED in gap.reasons]
    silent = bool(overdue) and not facts.worker_runs
    if silent:
        found.append(_home(Kind.WORKER_SILENT, min(overdue), NOT_LOOKED))
    if facts.integrity:
        found.append(_home(Kind.INTEGRITY, now, facts.integrity))
    for one in facts.channels:
        found += _of_gaps(now, one, silent=silent)
        found += _of_token(now, one)
        seen = one.added_at if one.last_seen is None else one.last_seen
        if now - seen > max(unseen_after, 2 * one.interval * 1000):
            found.append(
                Condition(
                    kind=Kind.UNSEEN,
                    severity=Severity.URGENT,
                    channel=one.channel,
                    since=seen,
                    reasons=(),
                    hours=(now - seen) // HOUR,
                    quiet=silent or (bool(one.gaps) and all(gap.acknowledged for gap in one.gaps)),
                )
            )
    return found


def _home(kind: Kind, since: int, reason: str) -> Condition:
    return Condition(kind=kind, severity=Severity.URGENT, since=since, reasons=(reason,))


def tolerance(interval: int) -> int:
    """Milliseconds an ordinary gap may last before it is said, by the interval in seconds."""
    return max(LEAST_TOLERANCE, TOLERATED_INTERVALS * interval * 1000)


def _of_gaps(now: int, one: ChannelFacts, *, silent: bool) -> Iterable[Condition]:
    """One condition for each kind that the channel's open gaps give rise to."""
    by_kind: dict[Kind, list[OpenGap]] = {}
    reasons: dict[Kind, set[str]] = {}
    for gap in one.gaps:
        ripe = now - gap.since > tolerance(one.interval)
        for reason in gap.reasons:
            kind = _SPECIAL.get(reason, Kind.GAP)
            if kind is Kind.GAP and not ripe:
                continue
            gaps = by_kind.setdefault(kind, [])
            if gap not in gaps:
                gaps.append(gap)
            reasons.setdefault(kind, set()).add(reason)
    for kind, gaps in by_kind.items():
        only_silence = silent and reasons[kind] == {NOT_LOOKED}
        yield Condition(
            kind=kind,
            severity=Severity.ORDINARY if kind is Kind.GAP else Severity.URGENT,
            channel=one.channel,
            since=min(gap.since for gap in gaps),
            reasons=tuple(sorted(reasons[kind])),
            count=len(gaps),
            quiet=only_silence or all(gap.acknowledged for gap in gaps),
        )


def _of_token(now: int, one: ChannelFacts) -> Iterable[Condition]:
    """A login that runs out, or that is refused where no gap says so yet."""
    health = one.token
    if health is None:
        return
    if health.state in (TokenState.EXPIRING, TokenState.EXPIRING_SOON):
        soon = health.state is TokenState.EXPIRING_SOON
        yield Condition(
            kind=Kind.TOKEN,
            severity=Severity.URGENT if soon else Severity.ORDINARY,
            channel=one.channel,
            since=now,
            reasons=(health.state.value,),
            days=health.days_left,
        )
    elif health.state in (TokenState.REFUSED, TokenState.EXPIRED) and not any(
        _SPECIAL.get(reason) is Kind.LOGIN for gap in one.gaps for reason in gap.reasons
    ):
        yield Condition(
            kind=Kind.LOGIN,
            severity=Severity.URGENT,
            channel=one.channel,
            since=now if health.since is None else health.since,
            reasons=(health.reason or "login_expired",),
        )


def decide(
    now: int,
    found: Sequence[Condition],
    held: Mapping[str, Held],
    *,
    repeat_after: int,
    whole: bool = True,
) -> Decision:
    """What is to be said at `now`, and what stands afterwards. `repeat_after`: milliseconds until
    something urgent is said again. Unless the facts are `whole`, nothing is taken to have ended."""
    say, stand = list[Say](), dict[str, Held]()
    for one in found:
        before = held.get(one.key)
        phase = _phase(now, one, before, repeat_after)
        if phase is not None:
            say.append(_say(phase, one))
        if phase is None and before is None:
            continue
        known = before.reasons if before else frozenset[str]()
        stand[one.key] = Held(
            key=one.key,
            kind=one.kind,
            severity=one.severity,
            channel=one.channel,
            reasons=known if one.quiet else known | frozenset(one.reasons),
            since=before.since if before else one.since,
            told_at=now if phase or before is None else before.told_at,
        )
    for key, before in held.items():
        if key in stand:
            continue
        if not whole:
            stand[key] = before
        elif before.kind not in ONCE and not _became_worse(before, found):
            say.append(_ended(before))
    return Decision(say=tuple(say), held=tuple(stand.values()))


def _phase(now: int, one: Condition, before: Held | None, repeat_after: int) -> Phase | None:
    if one.quiet:
        return None
    if before is None:
        return Phase.RAISED
    if not frozenset(one.reasons) <= before.reasons:
        return Phase.CHANGED
    if one.kind in ONCE:
        return None
    urgent = one.severity is Severity.URGENT
    wait = repeat_after if urgent else ORDINARY_FACTOR * repeat_after
    return Phase.REPEATED if now - before.told_at >= wait else None


def _became_worse(before: Held, found: Iterable[Condition]) -> bool:
    """A login that was to run out and now has: no all clear for that."""
    return before.kind is Kind.TOKEN and any(
        (one.kind, one.channel) == (Kind.LOGIN, before.channel) for one in found
    )


def _say(phase: Phase, one: Condition) -> Say:
    return Say(
        phase=phase,
        key=one.key,
        kind=one.kind,
        severity=one.severity,
        channel=one.channel,
        since=one.since,
        reasons=one.reasons,
        count=one.count,
        days=one.days,
        hours=one.hours,
        item=one.item,
        step=one.step,
        code=one.code,
    )


def _ended(before: Held) -> Say:
    """The all clear goes to the same people as the alarm did."""
    return Say(
        phase=Phase.CLEARED,
        key=before.key,
        kind=before.kind,
        severity=before.severity,
        channel=before.channel,
        since=before.since,
        reasons=tuple(sorted(before.reasons)),
    )
