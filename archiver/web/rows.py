"""What the screens' statements give and take: plain rows and the selection of records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

NOT_VISIBLE = "not_visible"
NEVER_HIDDEN = ("visible", "captured")  # what was captured by hand was never there to be seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which records: empty fields do not narrow. `state` is a state or `NOT_VISIBLE`; `since` and
    `until` bound the legal date, milliseconds UTC, the end excluded."""

    channel: int | None = None
    state: str = ""
    origin: str = ""
    edited: bool = False
    since: int | None = None
    until: int | None = None

    @property
    def narrows(self) -> bool:
        """Whether anything but the channel narrows the selection."""
        return self != Selection(channel=self.channel)


class Place(NamedTuple):
    """A place in a list by falling date: the next page begins after it."""

    at: int
    seq: int


class RecordRow(NamedTuple):
    """A record as the tables know it."""

    seq: int
    channel: int
    kind: str
    native: bytes
    parent: bytes | None
    root: bytes | None
    origin: str
    created_at: int | None
    legal_at: int
    legal_basis: str
    captured_at: int
    state: str
    state_seq: int
    latest: int
    versions: int


class Member(NamedTuple):
    """A record within a thread: `thread` is the seq of its root, `total` the thread's answers."""

    thread: int
    total: int
    row: RecordRow


class VersionRow(NamedTuple):
    """A version as the tables know it."""

    seq: int
    record: int
    n: int
    captured_at: int
    capture: int | None
    moderation: str
    changes: str
    normaliser: int


class TransitionRow(NamedTuple):
    """A state observed without a version: `seq` is its run's; instants are milliseconds UTC."""

    seq: int
    at: int
    state: str
    reason: str
    why: str | None
    by: str
    last_seen: int | None
    first_missed: int | None
    confirmed: int | None


class RunRow(NamedTuple):
    """A run's counts."""

    seq: int
    channel: int
    started: int
    ended: int
    outcome: str
    requests: int
    expected: int | None
    seen: int
    created: int
    changed: int
    unchanged: int
    missing: int


class CoverageRow(NamedTuple):
    """What one run could see of one collection."""

    run: int
    collection: str
    since: int | None
    until: int
    status: str
    reason: str
    expected: int | None
    seen: int
    missing: int


class LookRow(NamedTuple):
    """Looks that read a list wholly and ended within one hour, or one of them: when the first and
    the last ended (milliseconds UTC), how many, and the run of the last."""

    first: int
    last: int
    number: int
    run: int


class Counts(NamedTuple):
    """Records of a channel."""

    records: int
    edited: int
    unseen: int


class EntryRow(NamedTuple):
    """A log entry as the tables know it."""

    seq: int
    type: str
    at: int
