"""Who may decide in an authority's name: the mandates that its delegation gives. Pure.

A refusal that somebody without the mandate has signed is no decision that can be appealed (RÅ 1992
not. 324), so nobody decides but whom the delegation names, on the day, for that kind of decision;
or the authority's own body, whose decision is then referred to. A mandate that has ended stays
known: what was decided under it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from archiver.core.reason import Wording
from archiver.errors import RuleViolation
from exports.core.access_request import Answer, Step


class MandateKind(StrEnum):
    """What is decided."""

    REFUSAL = "refusal"  # of public records, in whole or in part
    CONDITION = "condition"  # release with a condition on the use (OSL 10:14)
    FEE = "fee"  # less than the table says: never more
    DATA_SUBJECT = "data_subject"  # refusal of what a data subject asks (GDPR)
    DISMISSAL = "dismissal"  # of an appeal that came too late (FL 45 §)


KINDS: Mapping[MandateKind, Wording] = {
    MandateKind.REFUSAL: Wording("avslag på begäran om allmän handling", "refusal of records"),
    MandateKind.CONDITION: Wording("utlämnande med förbehåll", "release with a condition"),
    MandateKind.FEE: Wording("lägre avgift än taxan", "fee below the table"),
    MandateKind.DATA_SUBJECT: Wording(
        "avslag på registrerads begäran", "refusal of a data subject's request"
    ),
    MandateKind.DISMISSAL: Wording(
        "avvisning av för sent överklagande", "dismissal of a late appeal"
    ),
}


class ChangedBy(StrEnum):
    """Who may change a decision that was made (FL 37–38 §§)."""

    AS_DECIDED = "as_decided"  # whoever may make it
    BODY = "body"  # the authority's own body alone
    HANDLER = "handler"  # whoever answers the request: no mandate is asked for


# What holds unless the home is set otherwise (`changed_decision`): our proposal. The sections say
# that the authority changes its decision, not who in it; no lawyer has confirmed it.
CHANGED_BY = ChangedBy.AS_DECIDED
CHANGE_VERIFIED = False
CHANGERS: Mapping[ChangedBy, Wording] = {
    ChangedBy.AS_DECIDED: Wording(
        "Ett beslut ändras av den som har delegation för att fatta det, eller av nämnden själv.",
        "A decision is changed by whoever holds the mandate to make it, or by the body itself.",
    ),
    ChangedBy.BODY: Wording(
        "Ett beslut ändras bara av nämnden själv.", "A decision is changed by the body alone."
    ),
    ChangedBy.HANDLER: Wording(
        "Ett beslut ändras av den som besvarar begäran. Ingen delegation krävs.",
        "A decision is changed by whoever answers the request. No mandate is asked for.",
    ),
}


_DECISION = re.compile(r"§\s*\d")  # of the body's minutes


class NoMandate(RuleViolation):
    """Whoever would decide has no mandate for it."""

    code = "no-mandate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """What a user (their number) may decide for an authority, from a day up to and including
    another (None: until further notice). `provision`: of the delegation, as "KS delegationsordning
    3.2"; `decision`: the body's decision that gave it, as "KS 2026-01-14 § 7"."""

    authority: int
    user: int
    kinds: frozenset[MandateKind]
    provision: str
    decision: str
    valid_from: date
    valid_to: date | None = None
    seq: int = 0

    def is_in_force(self, day: date) -> bool:
        """Whether it counts on that day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Competence:
    """What a decision rests on: a mandate (its entry and provision), or the body's own decision."""

    mandate: int = 0
    provision: str = ""
    body: str = ""


def faults(mandate: Mandate) -> Iterator[str]:
    """What is wrong with a mandate; nothing if it can be recorded."""
    if mandate.user <= 0:
        yield "user: a mandate is given to a person, by their number"
    if not mandate.kinds:
        yield "kinds: say what may be decided"
    if not mandate.provision.strip():
        yield "provision: of the delegation, as in KS delegationsordning 3.2"
    if not mandate.decision.strip():
        yield "decision: the body's own, that gave it, as in KS 2026-01-14 § 7"
    if mandate.valid_to is not None and mandate.valid_to < mandate.valid_from:
        yield "valid_to: lies before valid_from"


def kind_of(
    step: Step, answer: Answer | None, changed_by: ChangedBy = CHANGED_BY
) -> MandateKind | None:
    """What a step decides, of a request with that answer; None if it decides nothing. To change a
    decision is to decide anew, unless the home has it that whoever answers may (`changed_by`)."""
    if step is Step.DISMISS_AS_LATE:
        return MandateKind.DISMISSAL
    changes = step is Step.CHANGE_DECISION and changed_by is not ChangedBy.HANDLER
    if step is not Step.DECIDE and not changes:
        return None
    return MandateKind.CONDITION if answer is Answer.CONDITION else MandateKind.REFUSAL


def competence(
    mandates: Iterable[Mandate],
    *,
    user: int,
    kind: MandateKind,
    day: date,
    signed: date | None = None,
    body: str = "",
    provision: str = "",
) -> Competence:
    """What a decision of that kind on that day rests on; `mandates` are the authority's.

    With `body` the body has decided itself, and that decision is referred to. Else `user` holds a
    mandate in force on that day, and on the day it is `signed` if they sign it themselves (nobody
    signs as of a day on which they still might), under `provision` if one is named; `NoMandate` if
    not, with the rule.
    """
    if body.strip():
        if not _DECISION.search(body):
            raise NoMandate(
                "Nothing was decided: a decision of the authority's own body is referred to by its "
                "paragraph, and this names none.",
                remedy="Write it as in the minutes: KS 2026-11-24 § 12.",
            )
        return Competence(body=body.strip())
    mine = [one for one in mandates if one.user == user]
    days = {day, signed or day}
    fit = [one for one in mine if kind in one.kinds and all(map(one.is_in_force, days))]
    named = [one for one in fit if not provision.strip() or one.provision == provision.strip()]
    if named:
        found = max(named, key=lambda one: (one.valid_from, one.seq))
        return Competence(found.seq, found.provision)
    raise NoMandate(
        f"Nothing was decided: {_why(mine, fit, kind, max(days))}. A decision by somebody without "
        "the mandate is none that can be appealed (RÅ 1992 not. 324).",
        remedy="Let a delegate sign, record the mandate with `diarkiv exports mandate add`, or "
        "refer to the decision of the authority's own body.",
    )


def _why(mine: Sequence[Mandate], fit: Sequence[Mandate], kind: MandateKind, day: date) -> str:
    what = KINDS[kind].en
    if fit:
        return "the mandate is not under the provision that is named"
    if not mine:
        return f"whoever signs holds no mandate ({what})"
    if not any(kind in one.kinds for one in mine):
        return f"the mandate is for other decisions, not for this ({what})"
    return f"the mandate ({what}) is not in force on {day}"
