"""The decision to use a channel: what it covers, when it is final, what speaks against it.

Source: kommunallagen (2017:725). The notice that the minutes are approved goes up within two days
(KL 8:12); an appeal is in time for three weeks from it, while it stays up (KL 13:5), and the last
day rolls by lag (1930:173). A decision may be executed before it is final, unless special reasons
speak against it (KL 13:14) or the court has forbidden it. Matters of the activity's goals,
direction, extent or quality are not delegated (KL 6:38), and what a delegate decided is reported
(KL 6:40, 7:8). What only executes a policy the body has decided is no decision to appeal (KL 13:2).

Whatever was decided is recorded as a fact; what is wrong with it is told beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from archiver.core.calendar import TimeLaw, Unit, deadline
from archiver.core.reason import Wording

APPEAL_WEEKS = 3  # KL 13:5
NOTICE_DAYS = 2  # KL 8:12


class Outcome(StrEnum):
    """What was decided."""

    APPROVED = "bifall"
    REJECTED = "avslag"
    REMITTED = "återremiss"
    TABLED = "bordlagd"


class Kind(StrEnum):
    """What kind of decision it was."""

    POLITICAL = "politiskt_beslut"
    DELEGATED = "delegation"
    EXECUTION = "verkställighet"  # within a policy that was decided before


class Concern(StrEnum):
    """What may not be delegated (KL 6:38)."""

    GOALS = "mål"
    DIRECTION = "inriktning"
    EXTENT = "omfattning"
    QUALITY = "kvalitet"


OUTCOMES: Mapping[Outcome, Wording] = {
    Outcome.APPROVED: Wording("bifall", "approved"),
    Outcome.REJECTED: Wording("avslag", "rejected"),
    Outcome.REMITTED: Wording("återremiss", "sent back"),
    Outcome.TABLED: Wording("bordlagd", "tabled"),
}
KINDS: Mapping[Kind, Wording] = {
    Kind.POLITICAL: Wording("politiskt beslut", "a political decision"),
    Kind.DELEGATED: Wording("beslut på delegation", "a delegate's decision"),
    Kind.EXECUTION: Wording("verkställighet inom policy", "execution within a policy"),
}
CONCERNS: Mapping[Concern, Wording] = {
    Concern.GOALS: Wording("mål", "goals"),
    Concern.DIRECTION: Wording("inriktning", "direction"),
    Concern.EXTENT: Wording("omfattning", "extent"),
    Concern.QUALITY: Wording("kvalitet", "quality"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a decision covers, of an authority; nothing named of a kind: all of that kind."""

    authority: int
    platforms: frozenset[str] = frozenset()
    channels: frozenset[int] = frozenset()
    purposes: frozenset[str] = frozenset()

    def covers(self, authority: int, platform: str, channel: int | None = None) -> bool:
        """Whether a channel is covered (None: an account of the platform that is not there
        yet)."""
        return (
            authority == self.authority
            and (not self.platforms or platform in self.platforms)
            and (not self.channels or channel in self.channels)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliticalApproval:
    """A decision as it was minuted.

    `body`, `held_on`, `paragraph`, `number`: KS, the day it met, §, diarienummer; `sentence`: what
    it decided (beslutsmening); `snapshot`: the digest of what it was shown, empty: nothing;
    `attachments`: SHA-256 (hex) of what was enclosed. `delegation` and `concerns`: of a delegate's
    decision, its reference and what it is about; `policy`: what an execution rests on. It is valid
    from a day up to and including another (None: until further notice).
    """

    outcome: Outcome
    kind: Kind
    scope: Scope
    body: str
    held_on: date
    valid_from: date
    valid_to: date | None = None
    paragraph: str = ""
    number: str = ""
    sentence: str = ""
    snapshot: str = ""
    attachments: tuple[str, ...] = ()
    delegation: str = ""
    concerns: frozenset[Concern] = frozenset()
    policy: str = ""

    def is_valid(self, day: date) -> bool:
        """Whether the day lies in its validity."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @property
    def reference(self) -> str:
        """As it is cited: "KS 2026-11-02 § 201"."""
        return " ".join(filter(None, (self.body, self.held_on.isoformat(), self.paragraph)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The announcement of the approved minutes."""

    adjusted: date
    noticed: date
    taken_down: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """An appeal, and what became of it."""

    case_number: str
    inhibited: bool = False
    upheld: bool | None = None
    final_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision with what followed. `cycle`: of the initiative; `ready`: whether what the body was
    shown was fully answered; `weighed`: why it is executed before it is final."""

    approval: PoliticalApproval
    cycle: int
    ready: bool
    notice: Notice | None = None
    reported: date | None = None
    report: str = ""
    weighed: str = ""
    weigher: str = ""
    appeals: tuple[Appeal, ...] = field(default=())

    @property
    def annulled(self) -> bool:
        """Whether a court has annulled it."""
        return any(one.upheld is False for one in self.appeals)

    @property
    def inhibited(self) -> bool:
        """Whether a court forbids its execution meanwhile."""
        return any(one.inhibited and one.upheld is None for one in self.appeals)

    @property
    def appeal_until(self) -> date | None:
        """The last day for an appeal; None while it is not announced, or if there is none to
        make."""
        if self.approval.kind is Kind.EXECUTION or self.notice is None:
            return None
        return deadline(self.notice.noticed, APPEAL_WEEKS, Unit.WEEKS, TimeLaw.SWEDISH)

    @property
    def final_on(self) -> date | None:
        """The day from which it is final (laga kraft); None: not known yet, or never."""
        if self.annulled:
            return None
        if self.approval.kind is Kind.EXECUTION:
            return self.approval.held_on
        until, notice = self.appeal_until, self.notice
        if until is None or notice is None or self._taken_down_early(notice, until):
            return None
        days = [until + timedelta(days=1)]
        for one in self.appeals:
            if one.final_on is None:
                return None
            days.append(one.final_on)
        return max(days)

    @staticmethod
    def _taken_down_early(notice: Notice, until: date) -> bool:
        """The time runs only while the notice stays up, all the time."""
        return notice.taken_down is not None and notice.taken_down <= until

    def covers(self, authority: int, platform: str, channel: int | None, day: date) -> bool:
        """Whether it lets a channel be used on a day."""
        return (
            self.approval.outcome is Outcome.APPROVED
            and not self.annulled
            and self.approval.is_valid(day)
            and self.approval.scope.covers(authority, platform, channel)
        )

    def not_executable(self, today: date) -> Iterator[Wording]:
        """Why it cannot be executed today; nothing if it can."""
        if self.annulled:
            yield Wording("beslutet är upphävt av domstol", "a court has annulled the decision")
        elif self.inhibited:
            yield Wording("domstolen har beslutat om inhibition", "the court has inhibited it")
        elif self.weighed:
            return
        elif self.final_on is None:
            yield self._why_not_final()
        elif today < self.final_on:
            yield Wording(
                f"beslutet får laga kraft {self.final_on}; tidigare verkställighet kräver en "
                "avvägning enligt KL 13:14",
                f"the decision is final on {self.final_on}; going live earlier needs a weighing "
                "under KL 13:14",
            )

    def _why_not_final(self) -> Wording:
        until, notice = self.appeal_until, self.notice
        if notice is None or until is None:
            return Wording(
                "justeringen är inte tillkännagiven på anslagstavlan: överklagandetiden löper inte",
                "the minutes are not announced on the notice board: the time for appeal does not "
                "run",
            )
        if self._taken_down_early(notice, until):
            return Wording(
                f"anslaget togs ned {notice.taken_down}, före {until}: överklagandetiden har inte "
                "löpt ut",
                f"the notice was taken down on {notice.taken_down}, before {until}: the time for "
                "appeal has not run out",
            )
        return Wording(
            "beslutet är överklagat: laga kraft följer av domen",
            "the decision is appealed: it is final with the judgment",
        )


def opens_nothing(decision: Decision) -> Iterator[Wording]:
    """Why an approval opens no step, as it was taken; nothing if it does."""
    approval = decision.approval
    if not decision.ready:
        yield Wording(
            f"{approval.reference}: beslutet fattades utan ett fullständigt besvarat underlag",
            f"{approval.reference}: it was decided without a fully answered underlag",
        )
    if approval.kind is Kind.DELEGATED and approval.concerns:
        what = ", ".join(sorted(approval.concerns))
        yield Wording(
            f"{approval.reference}: ärenden om verksamhetens {what} får inte delegeras (KL 6:38)",
            f"{approval.reference}: matters of the activity's {what} may not be delegated "
            "(KL 6:38)",
        )


def flaws(decision: Decision) -> Iterator[Wording]:
    """What is wrong with an approval as it was taken: deviations, that do not undo it."""
    approval = decision.approval
    if approval.outcome is not Outcome.APPROVED:
        return
    yield from opens_nothing(decision)
    if approval.kind is Kind.DELEGATED and decision.reported is None:
        yield Wording(
            f"{approval.reference}: delegationsbeslutet är inte anmält (KL 6:40, 7:8)",
            f"{approval.reference}: the delegate's decision is not reported (KL 6:40, 7:8)",
        )
    notice = decision.notice
    if notice and (notice.noticed - notice.adjusted).days > NOTICE_DAYS:
        yield Wording(
            f"{approval.reference}: tillkännagivet {notice.noticed}, senare än andra dagen efter "
            "justeringen (KL 8:12)",
            f"{approval.reference}: announced on {notice.noticed}, later than the second day after "
            "the minutes were approved (KL 8:12)",
        )


def missing(approval: PoliticalApproval) -> Iterator[str]:
    """What a decision must say to be recorded, and does not."""
    if not approval.body.strip():
        yield "body: who decided (KS, a nämnd, a delegate)"
    if approval.valid_to is not None and approval.valid_to < approval.valid_from:
        yield "valid_to: lies before valid_from"
    if approval.kind is Kind.POLITICAL and not approval.paragraph.strip():
        yield "paragraph: the minutes' (§ 201)"
    if approval.kind is Kind.DELEGATED and not approval.delegation.strip():
        yield "delegation: the provision of the delegation it rests on (KL 6:37, 7:5)"
    if approval.kind is Kind.EXECUTION and not approval.policy.strip():
        yield "policy: the decided policy that it executes (KS 2026-11-02 § 201)"


def covering(
    decisions: Iterable[Decision], *, authority: int, platform: str, channel: int | None, day: date
) -> Decision | None:
    """Which approval covered a channel on a day: of several the newest; None if none did."""
    held = [one for one in decisions if one.covers(authority, platform, channel, day)]
    return max(held, key=lambda one: one.approval.valid_from, default=None)
