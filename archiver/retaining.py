"""What Diarkiv does to keep and to dispose, over one home's services: a few lines for each.

Schedules, decisions, holds, disposals, the store that must follow them, and the way back from a
backup. How they harvest is `archiver.harvesting`; what is served is `archiver.app`.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import cached_property

from archiver.jobs.worker import worker_runs
from archiver.ledger import standing
from archiver.ledger.account import account
from archiver.ledger.apart import Apart
from archiver.ledger.shipping import Shipping
from archiver.notify.alert import Facts
from archiver.services import Services
from retention.core.certificate import Stamp
from retention.core.disposal import DAY
from retention.disposal.certify import Certification, Names
from retention.disposal.execution import Execution
from retention.disposal.matters import DisposalMatters
from retention.disposal.recovery import Restoration
from retention.disposal.residue import Traces
from retention.disposal.round import Rounds
from retention.disposal.service import Disposals
from retention.disposal.stored import PackFacts, store_is_behind
from retention.due.evaluator import Evaluator
from retention.holds.over_stopped import HoldsOverStopped
from retention.holds.reminders import HoldReminders
from retention.holds.service import Holds
from retention.notes.service import Notes
from retention.schedule.service import Retention


class Retaining(Services):
    """One home's services, with those of retention."""

    _audited: tuple[int, str] | None = None  # when the log was last audited, and what was found

    def _alert_facts(self, now: int) -> Facts:
        """How the home stands, with what is to be said of holds and disposals."""
        facts = self.hold_reminders.added_to(super()._alert_facts(now), now)
        facts = self.disposal_matters.added_to(facts, now)
        return replace(facts, integrity=facts.integrity or self._unexplained(now))

    def _unexplained(self, now: int) -> str:
        """The code of what the completeness audit found, once a day; empty if nothing."""
        if self._audited is None or now - self._audited[0] >= DAY:
            found = account(self.ledger).unexplained if self.ledger.database.exists() else 0
            self._audited = (now, "unexplained" if found else "")
        return self._audited[1]

    @cached_property
    def retention(self) -> Retention:
        """The authorities' records schedules and disposal decisions."""
        return Retention(self.ledger, self.clock, self._pending_under)

    def _pending_under(self, decision: int) -> list[int]:
        return self.disposals.pending(decision)

    @cached_property
    def holds(self) -> Holds:
        """Disposal holds."""
        return Holds(self.ledger, self.retention)

    @cached_property
    def apart(self) -> Apart:
        """Records kept apart; what a hold covers is not destroyed, though it was stopped."""
        return Apart(self.ledger, self.home, [self.purge], HoldsOverStopped(self.ledger))

    @cached_property
    def hold_reminders(self) -> HoldReminders:
        """What the alerts are told of holds."""
        return HoldReminders(
            self.ledger,
            self.holds,
            lambda: {one.seq: one.code for one in self.channels.authorities()},
        )

    @cached_property
    def event_notes(self) -> Notes:
        """Events that persons have noted."""
        return Notes(self.ledger)

    @cached_property
    def evaluator(self) -> Evaluator:
        """What becomes of records, and what is due."""
        return Evaluator(self.retention)

    @cached_property
    def disposals(self) -> Disposals:
        """Proposals to dispose, and what has become of them."""
        return Disposals(self.ledger, self.evaluator, self.retention, self.clock)

    @cached_property
    def execution(self) -> Execution:
        """How confirmed disposals are carried out."""
        return Execution(
            self.ledger,
            self.disposals,
            self.evaluator,
            traces=Traces(
                self.home, {"index": self.purge.is_behind, "store": self._store_is_behind}
            ),
            certifier=self._certification,
            derivatives=[self.purge],
            stamp=self.stamping.stamp_now,
        )

    @cached_property
    def restoration(self) -> Restoration:
        """How a home that was restored from a backup is recovered."""
        self.require_home()
        return Restoration(
            self.ledger,
            worker_runs=lambda: worker_runs(self.home),
            forget=lambda: shutil.rmtree(self.home / "index", ignore_errors=True),
        )

    @cached_property
    def rounds(self) -> Rounds:
        """Who carries disposals out, one at a time."""
        authorities = self.channels.authorities
        return Rounds(
            self.disposals, self.execution, lambda: [one.seq for one in authorities()], self.home
        )

    @cached_property
    def disposal_matters(self) -> DisposalMatters:
        """What the alerts are told of disposals."""
        channels = self.channels
        return DisposalMatters(
            self.ledger,
            self.disposals,
            lambda: {one.seq: one.code for one in channels.authorities()},
        )

    @cached_property
    def _certification(self) -> Certification:
        return Certification(
            self.ledger,
            self.register,
            self.retention,
            Names(person=self._person, authority=self._authority, channel=self._channel),
            self.home,
            backup_days=self.settings.backup_days,
            stamps=self._stamps_over,
            has_store=self.store_place.is_set,
        )

    def _person(self, actor: int) -> str:
        return self.people.name(actor) or ("Diarkiv" if actor == 0 else f"Användare {actor}")

    def _authority(self, seq: int) -> str:
        return next((one.name for one in self.channels.authorities() if one.seq == seq), f"A{seq}")

    def _channel(self, seq: int) -> str:
        held = {one.seq: one.title or one.url for one in self.channels.all()}
        return held.get(seq, f"C{seq}")

    def _stamps_over(self, seq: int) -> list[Stamp]:
        anchor = self.stamping.covering(seq)
        if anchor is None:
            return []
        return [Stamp(authority=anchor.reply, at=anchor.time, digest=anchor.sha256)]

    @cached_property
    def shipping(self) -> Shipping:
        """Ships this home; `ConfigError` if it is to be shipped nowhere."""
        archive, keys = self.store_place.opened()
        return Shipping(
            self.ledger,
            archive,
            self.clock,
            home=self.home,
            log_days=self.settings.store_log_lock_days,
            keys=keys,
            earliest_due=self._packs.earliest_due,
            holds=self._packs.holds,
        )

    @property
    def _packs(self) -> PackFacts:
        return PackFacts(self.ledger, self.evaluator, self.disposals.today)

    def _store_is_behind(self, _seq: int) -> bool:
        """Whether the store still has anything that was disposed of here."""
        if not self.store_place.is_set:
            return False
        archive, keys = self.store_place.opened()
        held_keys = keys.names("keys") if keys else ()
        shipped_at = standing.read(self.store).shipped_at
        return store_is_behind(self.ledger, archive.names("packs"), held_keys, shipped_at)
