"""What the doctor says of gaps, logins and alerts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archiver.channels.watch import token_remedies, token_words
from archiver.cli.home import Finding, Light
from archiver.cli.when import swedish_time
from archiver.core.reason import remedies
from archiver.core.token import Health, TokenState
from archiver.db.notices import Backlog
from archiver.harvest.gap import Gap, shouting

_LIGHTS = {
    TokenState.OK: Light.GREEN,
    TokenState.NO_EXPIRY_TOLD: Light.GREEN,
    TokenState.NEVER_TRIED: Light.AMBER,
    TokenState.EXPIRING: Light.AMBER,
    TokenState.EXPIRING_SOON: Light.RED,
    TokenState.EXPIRED: Light.RED,
    TokenState.REFUSED: Light.RED,
}


def of_gaps(gaps: Sequence[Gap]) -> Iterator[Finding]:
    """One finding for each channel with open gaps that nobody has answered."""
    for channel in dict.fromkeys(gap.channel for gap in gaps):
        found = shouting(gap for gap in gaps if gap.channel == channel)
        if found:
            since = swedish_time(min(gap.since for gap in found))
            todo = remedies(reason for gap in found for reason in gap.reasons)
            yield Finding(
                Light.AMBER,
                f"C{channel} has {len(found)} open gaps, the oldest since {since}.",
                " ".join([*todo, f"Then say so: `diarkiv gap acknowledge C{channel}`."]),
            )


def of_tokens(found: Sequence[Health]) -> Iterator[Finding]:
    """One finding for each login that is not well, one for all that are."""
    well = 0
    for one in found:
        light = _LIGHTS[one.state]
        if light is Light.GREEN:
            well += 1
            continue
        since = f" since {swedish_time(one.since)}" if one.since is not None else ""
        yield Finding(
            light,
            f"The login of C{one.channel}: {token_words(one)}{since}.",
            " ".join(token_remedies([one])),
        )
    if well:
        yield Finding(Light.GREEN, f"{well} logins were accepted when last tried.")


def of_alerts(ways: Sequence[str], recipients: int, backlog: Backlog) -> Iterator[Finding]:
    """Whether anybody would be told, and whether messages arrive."""
    if not ways:
        yield Finding(
            Light.AMBER,
            "Nobody is told when something is wrong.",
            "Set smtp_url and smtp_from, or alert_webhook, and try with `diarkiv alert test`.",
        )
        return
    if "email" in ways and not recipients:
        yield Finding(
            Light.AMBER, "Alerts by e-mail have no recipient.", "Add one: `diarkiv alert add`."
        )
    if backlog.failing:
        yield Finding(
            Light.RED,
            f"{backlog.failing} alerts could not be sent, the oldest of "
            f"{swedish_time(backlog.since)} ({backlog.failure}).",
            "See what is wrong with `diarkiv alert test`; they are sent as soon as it works.",
        )
    else:
        yield Finding(Light.GREEN, f"Alerts go out by {' and '.join(ways)}.")
