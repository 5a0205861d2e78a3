"""Whether items of a channel are gone for good: disposed of, or stopped."""

from __future__ import annotations

from collections.abc import Sequence

from archiver.core.observation import ItemRef
from archiver.core.record import clean
from archiver.db.apart import belongs
from archiver.harvest.projector import native_token
from archiver.ledger.service import Ledger


def gone_among(ledger: Ledger, channel: int, refs: Sequence[ItemRef]) -> bool:
    """Whether any of a channel's items, by what its platform calls them, was disposed of or
    stopped: nothing of it is stored again."""
    key = ledger.keys.channel(channel)
    tokens = {native_token(key, ref.kind, clean(ref.native_id)) for ref in refs}
    with ledger.database.read() as connection:
        found = belongs(connection, channel, tokens)
    return bool(found.disposed) or not found.stopped.isdisjoint(tokens)
