"""What Diarkiv does to govern, over one home's services: initiatives, the checklist and the gate.

How a home gives out and protects is `archiver.disclosing`; how it harvests, `archiver.harvesting`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from functools import cached_property

from archiver import __version__
from archiver.core.access import LOCAL
from archiver.disclosing import Disclosing
from archiver.governance.accounts.service import Accounts
from archiver.governance.archive import Archive, checks
from archiver.governance.audit.service import Audits, Neighbours
from archiver.governance.core.page import host_of
from archiver.governance.core.upkeep import PageVisited
from archiver.governance.moderation.service import Moderation
from archiver.governance.service import Initiatives
from archiver.governance.shipped import checklist
from archiver.governance.upkeep.service import Upkeep
from archiver.governance.upkeep.visiting import visited
from archiver.harvest.address import AllowedAddress
from archiver.harvest.http import RecordingClient


class Governing(Disclosing):
    """One home's services, with those of governance."""

    @cached_property
    def initiatives(self) -> Initiatives:
        """The initiatives, their checklist and decisions."""
        archive = Archive(
            self.ledger,
            self.retention,
            self.index,
            self.saved_searches,
            lambda authority: self.processing.record(LOCAL, authority),
            self.channels.all,
        )
        return Initiatives(archive, self.clock, checklist, checks)

    @cached_property
    def upkeep(self) -> Upkeep:
        """What people note for the checks to rest on."""
        return Upkeep(self.ledger, self.clock)

    def visited(self, address: str, *, listing: bool, allow: Sequence[str]) -> PageVisited:
        """What a page of the authority's own shows, fetched once; `allow`: private IP:PORT."""
        contact = f" (+{self.settings.contact})" if self.settings.contact else ""

        def client() -> RecordingClient:
            return RecordingClient(
                now=self.clock.now,
                sleep=time.sleep,
                rng=random.Random(self._rng(16)),  # noqa: S311 spreads retries only
                allowed=[AllowedAddress.parse(text) for text in allow],
                user_agent=f"Diarkiv/{__version__}{contact}",
            )

        accounts = frozenset(filter(None, (host_of(one.url) for one in self.channels.all())))
        return visited(client, address, listing=listing, accounts=accounts)

    @cached_property
    def moderation(self) -> Moderation:
        """The moderation log."""
        return Moderation(self.ledger, self.clock)

    @cached_property
    def accounts(self) -> Accounts:
        """The register of accounts and their people."""
        return Accounts(self.ledger, self.clock, self.channels.all, self.watch.tokens)

    @cached_property
    def audits(self) -> Audits:
        """The auditor's report, samples and assessments."""
        neighbours = Neighbours(
            users=self.people.users,
            authorities=self.channels.authorities,
            channels=self.channels.all,
            gaps=lambda channel, period: self.gaps.gaps(channel, period=period),
            stamps=lambda: [(one.time, one.size) for one in self.stamping.stamps()],
        )
        archive = Archive(self.ledger, self.retention, self.index)
        return Audits(archive, self.initiatives, neighbours, self.clock)
