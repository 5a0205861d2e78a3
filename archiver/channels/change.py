"""What may be changed of a channel, and what a channel is after its changes. Pure.

A channel is its `channel_added` event and then its `channel_changed` events in order; nothing is
ever taken away. Invariants: an event holds only what differs from before; folding the events gives
the same channel whoever does it; an option a connector does not declare is never recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from archiver.core.canonical import Json
from archiver.core.channel import Channel, ChannelState
from archiver.core.connector import Connector
from archiver.core.record import clean
from archiver.errors import ConfigError

NOTHING = "none"  # an option that is to have no value, though it has a default
MIN_INTERVAL = 60  # seconds
MAX_INTERVAL = 366 * 86_400
LONGEST_CRISIS = 31  # days: a crisis that is forgotten must end by itself
MAX_TEXT = 200
_DAY = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be different about a channel; None leaves it as it is.

    `interval` in seconds; `crisis_until` in milliseconds UTC, 0 ends a crisis; `options`: an empty
    value puts an option back to its default.
    """

    title: str | None = None
    interval: int | None = None
    schedule: str | None = None
    crisis_until: int | None = None
    state: ChannelState | None = None
    options: Mapping[str, str] | None = None


def differing(channel: Channel, change: Change) -> dict[str, Json]:
    """The fields of a `channel_changed` event, of what really differs; empty if nothing does."""
    found: dict[str, Json] = {}
    for name in ("title", "interval", "schedule", "crisis_until"):
        value = getattr(change, name)
        if value is not None and value != getattr(channel, name):
            found[name] = value
    if change.state is not None and change.state is not channel.state:
        found["state"] = change.state.value
    given = change.options or {}
    options = {n: v for n, v in given.items() if v != channel.options.get(n, "")}
    if options:
        found["options"] = dict(sorted(options.items()))
    return found


def changed(channel: Channel, fields: Mapping[str, Any]) -> Channel:
    """The channel after a `channel_changed` event with these fields; unknown ones say nothing."""
    known = {n: fields[n] for n in ("title", "interval", "schedule", "crisis_until") if n in fields}
    if "state" in fields:
        known["state"] = ChannelState(fields["state"])
    if "options" in fields:
        known["options"] = stated({**channel.options, **fields["options"]})
    return replace(channel, **known)


def stated(options: Mapping[str, str]) -> dict[str, str]:
    """The options that say something: an empty value is the default."""
    return {name: value for name, value in sorted(options.items()) if value}


def options_of(connector: Connector, given: Mapping[str, str]) -> dict[str, str]:
    """The given options, tidied; `ConfigError` names those the platform has if one is unknown."""
    known = [option.name for option in connector.options]
    for name in given:
        if name not in known:
            has = f"It has: {', '.join(known)}." if known else "It has none."
            raise ConfigError(f"{connector.title} has no option {name!r}.", remedy=has)
    return {n: one_line(v, f"option {n}") if v.strip() else "" for n, v in given.items()}


def filled(connector: Connector, options: Mapping[str, str]) -> dict[str, str]:
    """Every option of the connector, its default where nothing else is stated; `NOTHING` is the
    empty value where the default is another."""
    found = {one.name: options.get(one.name) or one.default for one in connector.options}
    return {name: "" if value == NOTHING else value for name, value in found.items()}


def check_interval(seconds: int) -> int:
    """The interval, if it is one; else `ConfigError`."""
    if not MIN_INTERVAL <= seconds <= MAX_INTERVAL:
        raise ConfigError(f"The interval must be {MIN_INTERVAL} to {MAX_INTERVAL} seconds.")
    return seconds


def check_schedule(name: str, known: Collection[str]) -> str:
    """The name of a schedule, if there is one; else `ConfigError` names those there are."""
    if name not in known:
        raise ConfigError(
            f"There is no schedule {name!r}.", remedy=f"There are: {', '.join(sorted(known))}."
        )
    return name


def crisis_until(now: int, days: int) -> int:
    """When a crisis that begins at `now` (milliseconds UTC) ends by itself; 0 days end it."""
    if not 0 <= days <= LONGEST_CRISIS:
        raise ConfigError(
            f"Crisis mode is for 1 to {LONGEST_CRISIS} days.", remedy="Begin it again when it ends."
        )
    return now + days * _DAY if days else 0


def one_line(text: str, what: str) -> str:
    """The text without outer space; `ConfigError` unless it is one line of a sane length."""
    text = clean(text.strip())
    if not text or len(text) > MAX_TEXT or any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ConfigError(f"The {what} must be one line of 1 to {MAX_TEXT} characters.")
    return text
