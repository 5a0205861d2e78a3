"""What Diarkiv does to govern, over one home's services: initiatives, the checklist and the gate.

How a home gives out and protects is `archiver.disclosing`; how it harvests, `archiver.harvesting`.
"""

from __future__ import annotations

from functools import cached_property

from archiver.disclosing import Disclosing
from archiver.governance.archive import Archive, checks
from archiver.governance.audit.service import Audits, Neighbours
from archiver.governance.moderation.service import Moderation
from archiver.governance.service import Initiatives
from archiver.governance.shipped import checklist


class Governing(Disclosing):
    """One home's services, with those of governance."""

    @cached_property
    def initiatives(self) -> Initiatives:
        """The initiatives, their checklist and decisions."""
        archive = Archive(self.ledger, self.retention, self.index)
        return Initiatives(archive, self.clock, checklist, checks)

    @cached_property
    def moderation(self) -> Moderation:
        """The moderation log."""
        return Moderation(self.ledger, self.clock)

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
