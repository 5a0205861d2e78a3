"""The table of the register of accounts, from its events."""

from __future__ import annotations

from archiver.core.event import EventType
from archiver.db.rows import Rows
from archiver.ledger.projection import Event


class AccountProjector:
    """Which entries an authority's register is folded from."""

    types: frozenset[str] = frozenset({EventType.ACCOUNT_ACT})

    def project(self, event: Event, rows: Rows) -> None:
        """Add the row of one event."""
        rows.add("account_act", event.seq, int(str(event.payload["authority"])))
