"""What the guided check found, in English words for the terminal and as data for machines. Pure.

The web says the same in Swedish (`words.py`); both are made from one `CheckResult`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from archiver.channels.check import CheckResult, Sight
from archiver.channels.cost import Cadence, allowed_per_day, requests_per_day
from archiver.cli.when import swedish_time
from archiver.core.connector import Blind, ControlStatus, Rate
from archiver.core.reason import remedy
from archiver.harvest.completeness import Reason

STATUSES: Mapping[ControlStatus, str] = {
    ControlStatus.OK: "Yes.",
    ControlStatus.LOGIN_REFUSED: "No: the login is not accepted.",
    ControlStatus.LOGIN_EXPIRED: "No: the login has run out.",
    ControlStatus.MISSING_RIGHTS: "No: the login is accepted, but may see too little.",
    ControlStatus.QUOTA_EXHAUSTED: "Not now: the platform's limit is used up.",
    ControlStatus.VERSION_SUNSET: "No: the platform no longer speaks our version of its interface.",
    ControlStatus.ACCOUNT_GONE: "No: the account is deactivated, suspended, unpublished or gone.",
    ControlStatus.ACCOUNT_MOVED: "No: the account says that it has moved.",
    ControlStatus.UNREACHABLE: "No: nothing usable answers at the address.",
    ControlStatus.CHANGED: "No: what answers is not what the platform should answer.",
}
BLIND: Mapping[Blind, str] = {
    Blind.OTHERS_REPLIES: "what others answered is not read at all",
    Blind.HELD: "what is held for review, marked as spam or in the trash",
    Blind.HIDDEN: "what the authority has hidden",
    Blind.BETWEEN_LOOKS: "a text that stood only between two looks",
    Blind.DELETIONS: "that something was taken away: absence means nothing here",
    Blind.PRIVATE: "what is not shown to the public",
    Blind.AUTHORS: "who wrote what others answered",
    Blind.OLDER: "what has passed out of the platform's window",
    Blind.UNTRIED: "whether all of this holds: the connector has not been run against the platform",
    Blind.WHO_REMOVED: "whether the author or the authority took something away",
}
_DAY = 86_400_000


def reason_of(result: CheckResult) -> str:
    """The reason code that fits the control read's answer, for its remedy; empty if it is green."""
    if result.refused_address:
        return Reason.REFUSED_ADDRESS.value
    if result.status is ControlStatus.CHANGED:
        return Reason.SOURCE_CHANGED.value
    return "" if result.status is ControlStatus.OK else result.status.value


def costs(
    result: CheckResult, schedules: Iterable[Cadence], interval: int
) -> list[tuple[str, int]]:
    """Schedule → requests a day it would take."""
    return [(one.name, requests_per_day(one, interval, result.reading)) for one in schedules]


def as_data(
    result: CheckResult, schedules: Iterable[Cadence], interval: int, rates: Sequence[Rate]
) -> dict[str, object]:
    """The result for machines. Instants are milliseconds UTC."""
    return {
        "platform": result.platform,
        "url": result.url,
        "readable": result.readable,
        "control": result.status.value,
        "detail": result.detail,
        "reason": reason_of(result),
        "authenticated": result.authenticated,
        "name": result.name,
        "leads_to": result.leads_to,
        "lists": [_sight_data(one) for one in result.sights],
        "not_seen": sorted(one.value for one in result.blind),
        "seen_with_login": sorted(one.value for one in result.gains),
        "login_expires_at": result.expires_at,
        "scopes": list(result.scopes),
        "requests": result.requests,
        "requests_per_day": dict(costs(result, schedules, interval)),
        "allowed_per_day": allowed_per_day(rates),
    }


def _sight_data(one: Sight) -> dict[str, object]:
    return {
        "list": one.collection,
        "seen": one.seen,
        "expected": one.expected,
        "kinds": dict(one.kinds),
        "newest": one.newest,
        "oldest": one.oldest,
        "media": one.media,
        "own_media": one.own_media,
        "problem": one.problem,
    }


def in_words(
    result: CheckResult,
    schedules: Iterable[Cadence],
    interval: int,
    rates: Sequence[Rate],
    now: int,
) -> str:
    """The result as a person reads it in a terminal (`now`: milliseconds UTC)."""
    lines = ["Can it be read?", f"  {STATUSES[result.status]}"]
    lines += _circumstances(result, now)
    if result.sights:
        lines.append("What is seen (first page of each list)")
        lines += [f"  {_sight(one)}" for one in result.sights]
    lines.append("What is not seen")
    lines += [f"  {_blind(one, result)}" for one in sorted(result.blind)] or ["  nothing known"]
    if result.sights:
        limit = allowed_per_day(rates)
        of = f" of the {limit} the platform allows" if limit else "; the platform names no limit"
        lines.append("Requests a day, about")
        for name, count in costs(result, schedules, interval):
            lines.append(f"  {name}: {count}{of}")
    return "\n".join(lines)


def _circumstances(result: CheckResult, now: int) -> Iterator[str]:
    if result.detail:
        yield f"  The platform's code: {result.detail}"
    if advice := remedy(reason_of(result)):
        yield f"  {advice}"
    if result.name:
        yield f"  It calls itself: {result.name}"
    if result.leads_to:
        yield f"  The address leads to: {result.leads_to}"
    if result.authenticated:
        yield "  The login is accepted."
    if result.expires_at is not None:
        yield f"  The login runs out in {max(0, result.expires_at - now) // _DAY} days."
    if result.scopes:
        yield f"  The login may: {', '.join(result.scopes)}"


def _sight(one: Sight) -> str:
    if one.problem and not one.seen:
        return f"{one.collection}: not seen ({one.problem})"
    of = f" of {one.expected}" if one.expected is not None else ""
    words = [f"{one.collection}: {one.seen}{of}"]
    words += [f"{count} {kind}" for kind, count in one.kinds.items()]
    if one.newest is not None:
        words.append(f"{swedish_time(one.oldest)} – {swedish_time(one.newest)}")
    if one.media:
        words.append(f"{one.media} files, {one.own_media} of them the account's own")
    if one.problem:
        words.append(f"{one.unreadable} could not be read")
    return ", ".join(words)


def _blind(one: Blind, result: CheckResult) -> str:
    return BLIND[one] + (" (seen with a login)" if one in result.gains else "")
