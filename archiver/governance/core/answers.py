"""Answers to a checklist's rows: what was said, what it rests on, who stands for it, how long.

An answer is recorded by one person and attested by another. It is attested anew after twelve
months, after the platform's terms have changed, and when new evidence was added: the next cycle of
an initiative inherits answers as they are, and this one rule tells which of them still hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from archiver.core.calendar import Unit, add
from archiver.core.reason import Wording

MONTHS = 12  # an attestation, and the longest condition


class AnswerState(StrEnum):
    """What is answered to a row."""

    UNANSWERED = "obesvarad"
    MET = "uppfyllt"
    CONDITIONAL = "villkorat"
    NOT_MET = "ej_uppfyllt"
    INAPPLICABLE = "ej_tillämpligt"


ANSWER_STATES: Mapping[AnswerState, Wording] = {
    AnswerState.UNANSWERED: Wording("obesvarad", "unanswered"),
    AnswerState.MET: Wording("uppfyllt", "met"),
    AnswerState.CONDITIONAL: Wording("villkorat", "on a condition"),
    AnswerState.NOT_MET: Wording("ej uppfyllt", "not met"),
    AnswerState.INAPPLICABLE: Wording("ej tillämpligt", "not applicable"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What an answer rests on: a name, the SHA-256 (hex) of what it was, where it is."""

    name: str
    sha256: str
    link: str = ""
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """On what a row is approved. `met`: the day it was, and `how`."""

    text: str
    owner: str
    due: date
    set_on: date
    before_go_live: bool = False
    met: date | None = None
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A row's answer as it stands. `recorder`, `attester`: users; `day`: when it was recorded,
    `attested`: when another stood for it; `cycle`: in which it was recorded."""

    row: str
    state: AnswerState = AnswerState.UNANSWERED
    motivation: str = ""
    owner: str = ""
    recorder: int = 0
    day: date | None = None
    attester: int | None = None
    attested: date | None = None
    cycle: int = 1
    evidence: tuple[Evidence, ...] = ()
    condition: Condition | None = None


def expired(answer: Answer, today: date, terms_changed: date | None) -> Iterator[Wording]:
    """Why an attested answer no longer holds as it is; nothing if it does. `terms_changed`: when
    a platform of the initiative last had new terms."""
    if answer.attested is None:
        return
    if today > add(answer.attested, MONTHS, Unit.MONTHS):
        yield Wording(
            f"intygades {answer.attested}, för mer än tolv månader sedan: intyga på nytt",
            f"was attested on {answer.attested}, more than twelve months ago: attest it anew",
        )
    if terms_changed is not None and terms_changed > answer.attested:
        yield Wording(
            f"plattformens villkor ändrades {terms_changed}: intyga på nytt",
            f"the platform's terms changed on {terms_changed}: attest it anew",
        )
    for one in answer.evidence:
        if one.valid_until is not None and one.valid_until < today:
            yield Wording(
                f"underlaget {one.name} gällde till {one.valid_until}",
                f"the evidence {one.name} was valid until {one.valid_until}",
            )


def latest_due(set_on: date) -> date:
    """The last day a condition may be due."""
    return add(set_on, MONTHS, Unit.MONTHS)
