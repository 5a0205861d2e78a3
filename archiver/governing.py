"""What Diarkiv does to govern, over one home's services: initiatives, the checklist and the gate.

How a home gives out and protects is `archiver.disclosing`; how it harvests, `archiver.harvesting`.
"""

from __future__ import annotations

from functools import cached_property

from archiver.core.access import LOCAL
from archiver.disclosing import Disclosing
from archiver.governance.archive import Archive, checks
from archiver.governance.moderation.service import Moderation
from archiver.governance.service import Initiatives
from archiver.governance.shipped import checklist
from archiver.governance.upkeep.service import Upkeep


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
        )
        return Initiatives(archive, self.clock, checklist, checks)

    @cached_property
    def upkeep(self) -> Upkeep:
        """What people note for the checks to rest on."""
        return Upkeep(self.ledger, self.clock)

    @cached_property
    def moderation(self) -> Moderation:
        """The moderation log."""
        return Moderation(self.ledger, self.clock)
