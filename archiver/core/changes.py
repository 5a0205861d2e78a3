"""Changes: the pure difference between what is known of an item and what is observed.

A version is the pair (content, moderation state); each differing half yields its own change over
one new version. Who removed something is stated only when known, and missing is not deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from archiver.core.observation import Moderation


class State(StrEnum):
    """Where a record stands on the platform, as last observed. The first five are `Moderation`."""

    VISIBLE = "visible"
    HELD = "held"
    SPAM = "spam"
    HIDDEN = "hidden"
    TRASHED = "trashed"
    MISSING_SUSPECTED = "missing_suspected"
    UNKNOWN_ACCESS = "unknown_access"
    GONE_CONFIRMED = "gone_confirmed"
    AUTHOR_GONE = "author_gone"
    PLATFORM_REMOVED = "platform_removed"
    CAPTURED = "captured"  # by hand: it stands on no platform that is looked at


UNSEEN = frozenset(State) - {State(state) for state in Moderation}


@dataclass(frozen=True, slots=True)
class Created:
    """First sight of the item."""

    moderation: Moderation


@dataclass(frozen=True, slots=True)
class Edited:
    """Its content differs from the last version."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """The platform names a moderation state other than visible, and another than before."""

    moderation: Moderation


@dataclass(frozen=True, slots=True)
class Unhidden:
    """Visible again after a moderation state."""

    before: Moderation


@dataclass(frozen=True, slots=True)
class NoLongerVisible:
    """Confirmed gone, within [last seen, first missed] (milliseconds UTC): an interval, because
    nobody saw the moment."""

    last_seen: int
    first_missed: int


@dataclass(frozen=True, slots=True)
class Restored:
    """Seen again after it could not be seen."""

    before: State


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The same content in the same state."""


Change: TypeAlias = Created | Edited | Hidden | Unhidden | NoLongerVisible | Restored | Unchanged


@dataclass(frozen=True, slots=True)
class Known:
    """What the archive holds of an item: its state, and its last version's moderation."""

    state: State
    moderation: Moderation


def differences(
    known: Known | None, *, same_content: bool, moderation: Moderation
) -> tuple[Change, ...]:
    """What an observation changes; never empty: `Unchanged` if nothing does."""
    if known is None:
        return (Created(moderation),)
    changes: list[Change] = []
    if known.state in UNSEEN:
        changes.append(Restored(known.state))
    if not same_content:
        changes.append(Edited())
    if moderation is not known.moderation:
        if moderation is Moderation.VISIBLE:
            changes.append(Unhidden(known.moderation))
        else:
            changes.append(Hidden(moderation))
    return tuple(changes) or (Unchanged(),)


def needs_version(changes: tuple[Change, ...]) -> bool:
    """Whether the observation is a new version (a sighting alone is not)."""
    return any(isinstance(change, Created | Edited | Hidden | Unhidden) for change in changes)
