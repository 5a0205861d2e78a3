"""What checks read: the archive as it stands. They write nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from archiver.core.channel import Channel
from archiver.core.search import SearchIndex
from archiver.db.saved_searches import SavedSearches
from archiver.governance.core.check import AutoCheck
from archiver.ledger.service import Ledger
from archiver.plugins import plugins
from gdpr.core.processing import ProcessingRecord
from retention.schedule.reading import RetentionReader

CHECK_FOLDER = "archiver.governance.checks"
CHECK_GROUP = "diarkiv.checks"


class Archive(NamedTuple):
    """Where a check finds its facts: the tables and frames, what was decided on retention, and the
    search that people have, with what they have saved (None: this process has none). `processing`:
    authority → its record of processing as it stands now; `channels`: every channel."""

    ledger: Ledger
    plans: RetentionReader
    search: SearchIndex | None = None
    saved: SavedSearches | None = None
    processing: Callable[[int], ProcessingRecord] | None = None
    channels: Callable[[], Sequence[Channel]] | None = None


def checks() -> Mapping[str, AutoCheck[Archive]]:
    """Every check there is, by its id. `ConfigError` if one cannot be loaded or is none."""
    return plugins(CHECK_FOLDER, CHECK_GROUP, "check", AutoCheck, lambda one: one.id)
