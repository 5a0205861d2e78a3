"""Everything a person can do to an initiative: a closed union of what is said.

Each is sealed as it stands (`form`); what they add up to is `standing`, and which may follow is
`lifecycle.refusals`. Numbers of users are their first entry in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from archiver.core.reason import Wording
from archiver.governance.core.answers import AnswerState
from archiver.governance.core.approval import PoliticalApproval


class Purpose(StrEnum):
    """What a channel is for: the survey's five, and the two it found under "other"."""

    SERVICES = "informera_om_tjanster"
    CRISIS = "krishantering"
    CITIZENS = "medborgarengagemang"
    TRANSPARENCY = "transparens"
    MARKETING = "marknadsforing"
    VACANCIES = "platsannonser"
    OTHER = "ovrigt"


class Category(StrEnum):
    """What a deviation is about: the survey's categories of problems. `AVAILABILITY` is being there
    round the clock; access for everybody is another matter, with a code of its own."""

    RESOURCES = "resurser"
    COMMUNICATION = "kommunikation"
    ORGANISATION = "organisation"
    AVAILABILITY = "tillganglighet_tid"
    ACCESSIBILITY = "tillganglighet_alla"
    LAW = "lag_policy"
    OTHER = "ovrigt"


PURPOSES: Mapping[Purpose, Wording] = {
    Purpose.SERVICES: Wording("informera om tjänster", "inform of services"),
    Purpose.CRISIS: Wording("krishantering", "crisis management"),
    Purpose.CITIZENS: Wording("medborgarengagemang", "citizens' engagement"),
    Purpose.TRANSPARENCY: Wording("transparens", "transparency"),
    Purpose.MARKETING: Wording("marknadsföring", "marketing"),
    Purpose.VACANCIES: Wording("platsannonser", "vacancies"),
    Purpose.OTHER: Wording("övrigt", "other"),
}
CATEGORIES: Mapping[Category, Wording] = {
    Category.RESOURCES: Wording("resurser", "resources"),
    Category.COMMUNICATION: Wording("kommunikation", "communication"),
    Category.ORGANISATION: Wording("organisation", "organisation"),
    Category.AVAILABILITY: Wording("tillgänglighet dygnet runt", "being there round the clock"),
    Category.ACCESSIBILITY: Wording("tillgänglighet för alla", "access for everybody"),
    Category.LAW: Wording("lag och policy", "law and policy"),
    Category.OTHER: Wording("övrigt", "other"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An initiative as it was opened. `platforms`: codes, as connectors have them; `channels`: the
    accounts there are already; `live_since`: for what was in use before it was asked about."""

    authority: int
    title: str
    platforms: tuple[str, ...]
    day: date
    channels: tuple[int, ...] = ()
    live_since: date | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A goal that can be measured: the metric, where it stands, where it shall be, by when.
    `channels` and `platforms`: which it is for; none named: all of the initiative's."""

    text: str
    purpose: Purpose
    metric: str = ""
    baseline: str = ""
    target: str = ""
    by: date | None = None
    channels: tuple[int, ...] = ()
    platforms: tuple[str, ...] = ()

    @property
    def measurable(self) -> bool:
        """Whether one could say later that it was reached."""
        return all((self.metric.strip(), self.baseline.strip(), self.target.strip(), self.by))

    def is_for(self, channel: int | None, platform: str) -> bool:
        """Whether it is for a channel (None: an account that is not there yet) of a platform."""
        if self.channels:
            return channel in self.channels
        return not self.platforms or platform in self.platforms


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A record that a step asks for (`lifecycle.STEPS`): what kind, of what (`subject`: a platform,
    a tool), whether it speaks for going on (`good`), in words, and a file's name and SHA-256."""

    step: int
    kind: str
    text: str
    subject: str = ""
    good: bool = True
    name: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """An account is there now: a channel of a platform."""

    channel: int
    platform: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A step is completed, and the next is open."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A row's answer, with why. `owner`: who sees to it."""

    row: str
    state: AnswerState
    motivation: str
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """Another person than who recorded it stands for a row's answer."""

    row: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidenced:
    """Evidence for a row, of that name: a file's SHA-256 (hex), or a link with what it held."""

    row: str
    name: str
    sha256: str
    link: str = ""
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditioned:
    """A row is approved on a condition: who sees to it, until when; `before_go_live`: before the
    channel is used."""

    row: str
    text: str
    owner: str
    due: date
    before_go_live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionMet:
    """A row's condition is met, and how."""

    row: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviated:
    """A deviation (avvikelse) was found; `row` and `check` if it is about them."""

    text: str
    category: Category
    row: str = ""
    check: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """A deviation is handled (hanterad avvikelse): by whom, under which mandate, and why it does
    not stop the initiative. `number`: its own, from 1."""

    number: int
    holder: str
    mandate: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A deviation is over, and how."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsChanged:
    """A platform has new terms: what rests on the old ones is attested anew."""

    platform: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The underlag was sent to the authority's body. `snapshot`: canonical JSON as text, `digest`:
    its SHA-256 (hex)."""

    digest: str
    snapshot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What the body, or its delegate, decided."""

    approval: PoliticalApproval


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesNoticed:
    """The minutes were approved (`adjusted`) and that was announced on the notice board
    (`noticed`), where it stayed, or was taken down."""

    adjusted: date
    noticed: date
    taken_down: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A delegate's decision was reported to the body."""

    on: date
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """Why the decision is executed before it is final (KL 13:14): who weighed it, and how."""

    holder: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Appealed:
    """The decision was appealed; `inhibited`: the court forbids execution meanwhile."""

    case_number: str
    inhibited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The appeal is finally tried: the decision stands, or was annulled; final on that day."""

    upheld: bool
    final_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NextCycle:
    """The next cycle begins, with what the last one leaves it."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The initiative ends; `unused`: nothing came of it ("nej, används inte")."""

    reason: str
    unused: bool = False


Said: TypeAlias = (
    Goal
    | Noted
    | Linked
    | Completed
    | Answered
    | Attested
    | Evidenced
    | Conditioned
    | ConditionMet
    | Deviated
    | Handled
    | Resolved
    | TermsChanged
    | Sent
    | Decided
    | MinutesNoticed
    | Reported
    | Weighed
    | Appealed
    | Judged
    | NextCycle
    | Closed
)

# The name of each as it is sealed. A name stays what it is as long as an archive holds it.
NAMES: Mapping[str, type[Said]] = {
    "goal": Goal,
    "note": Noted,
    "link": Linked,
    "complete": Completed,
    "answer": Answered,
    "attest": Attested,
    "evidence": Evidenced,
    "condition": Conditioned,
    "condition_met": ConditionMet,
    "deviation": Deviated,
    "handle": Handled,
    "resolve": Resolved,
    "terms": TermsChanged,
    "send": Sent,
    "decide": Decided,
    "minutes": MinutesNoticed,
    "report": Reported,
    "weigh": Weighed,
    "appeal": Appealed,
    "judge": Judged,
    "next_cycle": NextCycle,
    "close": Closed,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What was said, on a Swedish day, by a user."""

    day: date
    actor: int
    said: Said


def name_of(said: Said) -> str:
    """Under which name it is sealed."""
    return next(name for name, kind in NAMES.items() if type(said) is kind)
