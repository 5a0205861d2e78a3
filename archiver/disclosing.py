"""What Diarkiv does to give out and to protect, over one home's services: a few lines for each.

Requests for public records, masks, releases and what data subjects ask for. How a home keeps and
disposes is `archiver.retaining`; how it harvests, `archiver.harvesting`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cached_property, partial

from archiver.core.calendar import stockholm_date
from archiver.core.egress import Purpose
from archiver.core.reason import Wording
from archiver.db.collected import Collected
from archiver.notify.alert import Facts
from archiver.plugins import connectors
from archiver.retaining import Retaining
from exports.core.mandate import ChangedBy
from exports.release.drafts import Drafts
from exports.release.neighbours import Neighbours
from exports.release.prover import Prover
from exports.release.reviewed import CitableGrounds, ReviewedMasks
from exports.release.service import Releases
from exports.release.settling import Settling
from exports.release.told import ToldByReleases
from exports.requests.answers import Answers
from exports.requests.decisions import Names
from exports.requests.given_out import GivenOut
from exports.requests.mandates import Mandates
from exports.requests.registering import Registering
from exports.requests.reminders import RequestReminders
from exports.requests.service import Requests
from exports.requests.subject_mandates import SubjectMandates
from gdpr import web as protection_web
from gdpr.core.processing import Period
from gdpr.core.recognizer import Mode
from gdpr.core.span import Span
from gdpr.detector import detector
from gdpr.grounds import picklist
from gdpr.incidents.service import Incidents
from gdpr.leak import check
from gdpr.masks.service import Masks
from gdpr.matters import ProtectionMatters
from gdpr.processing.service import Processing
from gdpr.redaction import Limits, measured, redact
from gdpr.subjects.finding import Finder
from gdpr.subjects.service import Subjects
from retention.core.period_text import write_retention
from retention.schedule import shipped

# Recognisers that hardly err: what they find in a file of ours, nobody put there.
_CERTAIN = frozenset({"email", "personal-number"})


class Disclosing(Retaining):
    """One home's services, with those of disclosure and of data protection."""

    @cached_property
    def requests(self) -> Requests:
        """Requests for public records."""
        changed_by = ChangedBy(self.settings.changed_decision)
        return Requests(self.ledger, self.holds, self.clock, self.registering, changed_by)

    @cached_property
    def registering(self) -> Registering:
        """Register entries of requests."""
        return Registering(self.ledger, self.register)

    @cached_property
    def mandates(self) -> Mandates:
        """Who may decide in an authority's name."""
        return Mandates(self.ledger, self.clock, self.people.name)

    @property
    def given_out(self) -> GivenOut:
        """What releases tell the answers of a request."""
        return ToldByReleases(self.ledger, self.releases)

    @cached_property
    def answers(self) -> Answers:
        """How requests are answered: decisions, fees, papers, packages, the log."""
        names = Names(
            person=self._person,
            authority=self._authority,
            district=self.settings.court_district,
            contact=self.settings.appeal_contact,
        )
        return Answers.of(
            self.ledger,
            self.requests,
            self.registering,
            picklist(),
            names,
            self.clock,
            self.given_out,
            grounds=self.masks.picklist,
        )

    def _alert_facts(self, now: int) -> Facts:
        """How the home stands, with what is to be said of requests and of personal data."""
        facts = self.protection_matters.added_to(super()._alert_facts(now), now)
        return self._request_reminders.added_to(facts, now)

    @cached_property
    def _request_reminders(self) -> RequestReminders:
        return RequestReminders(
            self.ledger,
            self.requests,
            lambda: {one.seq: one.code for one in self.channels.authorities()},
        )

    @cached_property
    def collected(self) -> Collected:
        """What is collected for requests that are not precise yet."""
        return Collected(self.operations, self.clock)

    @cached_property
    def masks(self) -> Masks:
        """What is hidden of records, and on what grounds."""
        return Masks(self.ledger, self.clock, partial(measured, limits=self.redaction))

    @cached_property
    def releases(self) -> Releases:
        """What is given out on requests."""
        drafts = Drafts(self.ledger, self.requests, CitableGrounds(self.masks))
        return Releases(
            self.ledger,
            self.requests,
            drafts,
            Neighbours(
                masks=ReviewedMasks(self.masks),
                redact=partial(redact, limits=self.redaction),
                check=check,
                detect=self._detect(),
                certain=self._detect(_CERTAIN),
                prover=Prover(self.ledger, Purpose.DISCLOSURE),
                authority=self._authority,
            ),
            self.clock,
        )

    @cached_property
    def settling(self) -> Settling:
        """What follows from releases that were made, without what it takes to make them."""
        return Settling(self.ledger, self.requests, ReviewedMasks(self.masks))

    def _detect(self, names: Collection[str] = ()) -> Callable[[str], tuple[Span, ...]]:
        """The recognisers of these names, all if none is named, recall first."""
        every = detector(self.masks.today().year)
        chosen = [one for one in every.recognizers if not names or one.name in names]
        finder = replace(every, recognizers=chosen)
        return lambda text: finder.detect(text, Mode.LEAK_CHECK)

    # --- data subjects, incidents, the record of processing ------------------------------------

    @cached_property
    def subjects(self) -> Subjects:
        """Data subjects' requests."""
        return Subjects(self.ledger, self.holds, self.clock, SubjectMandates(self.ledger))

    @cached_property
    def subject_finder(self) -> Finder:
        """Finds a data subject's records, and makes their extract."""
        return Finder(
            self.ledger, self.subjects, self.index, self.channels.all, self.clock, self._found_in
        )

    def _found_in(self, text: str) -> Sequence[Span]:
        year = stockholm_date(self.clock.now()).year
        return detector(year).detect(text, Mode.LEAK_CHECK)

    @cached_property
    def incidents(self) -> Incidents:
        """Personal data breaches."""
        return Incidents(self.ledger, self.holds, self.clock)

    @cached_property
    def processing(self) -> Processing:
        """The record of processing, and the privacy notice."""
        return Processing(
            self.ledger,
            self.clock,
            authorities=self.channels.authorities,
            channels=self.channels.all,
            platforms={name: one.title for name, one in connectors().items()},
            periods=self._periods,
        )

    def _periods(self, authority: int) -> list[Period]:
        today = stockholm_date(self.clock.now())
        adopted = self.retention.schedule_in_force(authority, today)
        schedule = adopted or shipped.proposal(today, authority).schedule
        return [
            Period(
                rule.code,
                rule.label,
                Wording(write_retention(rule.retention), write_retention(rule.retention, "en")),
                adopted is not None,
            )
            for rule in schedule.rules
        ]

    @cached_property
    def protection_matters(self) -> ProtectionMatters:
        """What the alerts are told of data subjects' requests and incidents."""
        authorities = self.channels.authorities
        return ProtectionMatters(self.ledger, lambda: {one.seq: one.code for one in authorities()})

    def protection_office(self) -> protection_web.Office:
        """What the pages of data protection work with."""
        return protection_web.Office(
            subjects=self.subjects,
            finder=self.subject_finder,
            incidents=self.incidents,
            processing=self.processing,
        )

    @cached_property
    def redaction(self) -> Limits:
        """What a received file may cost to mask."""
        return Limits(pages=self.settings.redaction_pages)
