"""Requests in words, the way a registrar would write them: steps, what the law asks of each, the
clock, and why a step cannot be taken.

The clock is a yardstick in working days (riktmärke), which is said beside it: no law sets a number
of days. A colour never stands without its word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from archiver.core.calendar import TimeLaw, roll, working_days_between
from archiver.web.i18n import Words, chosen, gettext, ngettext
from archiver.web.i18n import lazy_gettext as _l
from exports.core.access_request import (
    ANSWERS,
    DONE,
    REFUSALS,
    STATES,
    Answer,
    Light,
    Standing,
    State,
    Step,
    Taken,
    faults,
    light,
    possible,
)
from exports.core.extent import Extent, named
from exports.core.extent import faults as extent_faults
from exports.core.received import Manner

_DAY = timedelta(days=1)


class StepWords(NamedTuple):
    """A step: on its button, and what the law asks of whoever takes it."""

    do: Words
    law: Words


STEPS: Mapping[Step, StepWords] = {
    Step.ASK_BACK: StepWords(
        _l("Be om precisering"),
        _l("Hjälp den som frågar att säga vad som menas (FL 6 §). Fråga inte vem eller varför."),
    ),
    Step.MAKE_PRECISE: StepWords(
        _l("Begäran är preciserad"),
        _l(
            "De insamlade handlingarna hålls kvar från gallring tills begäran är slutligt avslutad."
        ),
    ),
    Step.ASSESS: StepWords(
        _l("Börja pröva"),
        _l("Prövas av den som har hand om handlingen, skyndsamt (OSL 6 kap. 3 §, TF 2 kap. 15 §)."),
    ),
    Step.RELEASE_PART: StepWords(
        _l("En del är lämnad ut"),
        _l("Det som kan lämnas ut direkt väntar inte på resten (TF 2 kap. 16 §)."),
    ),
    Step.READ_ON_SITE: StepWords(
        _l("Läst på stället"),
        _l("Att läsa på stället är gratis, och vem som läste antecknas inte (TF 2 kap. 15 §)."),
    ),
    Step.ANSWER: StepWords(
        _l("Svara"),
        _l(
            "Ett avslag, också delvis eller med förbehåll, upplyser om rätten till ett skriftligt "
            "beslut som kan överklagas (OSL 6 kap. 3 §)."
        ),
    ),
    Step.ASK_FOR_DECISION: StepWords(
        _l("Skriftligt beslut har begärts"),
        _l("Myndigheten prövar begäran och fattar ett beslut, skyndsamt (OSL 6 kap. 3 §)."),
    ),
    Step.DECIDE: StepWords(
        _l("Fatta beslutet"),
        _l(
            "Bara den som har delegation kan besluta: ett beslut på fel nivå går inte att "
            "överklaga, och är inget beslut."
        ),
    ),
    Step.SERVE: StepWords(
        _l("Beslutet är delgivet"),
        _l(
            "Överklagandetiden är tre veckor från den dag då sökanden fick del av beslutet "
            "(FL 44 §)."
        ),
    ),
    Step.APPEAL: StepWords(
        _l("Ett överklagande har kommit in"),
        _l(
            "Skrivs till kammarrätten och lämnas till myndigheten (FL 43 §). Dagen då det kom hit "
            "avgör om det är i rätt tid."
        ),
    ),
    Step.FIND_IN_TIME: StepWords(
        _l("I rätt tid"),
        _l("Myndigheten prövar bara om överklagandet kom i rätt tid (FL 45 §)."),
    ),
    Step.DISMISS_AS_LATE: StepWords(
        _l("Avvisa som för sent inkommet"),
        _l(
            "Avvisas inte om vår underrättelse var fel, eller om domstolen fick det i tid "
            "(FL 45 §)."
        ),
    ),
    Step.HAND_TO_COURT: StepWords(
        _l("Överlämnat till kammarrätten"),
        _l("Överlämnas skyndsamt, med handlingarna i ärendet (FL 46 §)."),
    ),
    Step.JUDGE: StepWords(
        _l("Dom har meddelats"),
        _l("Skriv målnummer och vad domstolen bestämde."),
    ),
    Step.CHANGE_DECISION: StepWords(
        _l("Ändra beslutet"),
        _l(
            "Är beslutet uppenbart felaktigt ska myndigheten ändra det, om det går snabbt och "
            "enkelt (FL 38 §)."
        ),
    ),
    Step.CLOSE: StepWords(
        _l("Avsluta begäran"),
        _l("Gallringsstoppet för handlingarna upphör. Ingenting gallras av det."),
    ),
    Step.REOPEN: StepWords(
        _l("Öppna igen"),
        _l("Om mer hittas, eller om det som begärdes var något annat."),
    ),
}
MANNERS: Mapping[Manner, Words] = {
    Manner.ORAL: _l("muntligt"),
    Manner.WRITTEN: _l("skriftligt"),
    Manner.ON_SITE: _l("vill läsa på stället"),
}
# The way of a request: each stage with the states that it is.
STAGES: tuple[tuple[Words, frozenset[State]], ...] = (
    (_l("Inkommen"), frozenset({State.RECEIVED, State.CLARIFYING})),
    (_l("Söks fram"), frozenset({State.PRECISE})),
    (_l("Prövas"), frozenset({State.ASSESSING})),
    (_l("Besvarad"), frozenset({State.ANSWERED, State.REFUSED})),
    (_l("Beslut"), frozenset({State.DECISION_ASKED, State.DECIDED})),
    (_l("Överklagandetid"), frozenset({State.SERVED})),
    (_l("Överprövas"), frozenset({State.APPEALED, State.IN_TIME, State.IN_COURT, State.JUDGED})),
    (_l("Slutligt avslutad"), frozenset({State.CLOSED})),
)
_TONES = {Light.GREEN: "good", Light.AMBER: "wait", Light.RED: "bad"}
# What waits for us once the answer is given.
OWN_TURN: Mapping[State, Words] = {
    State.DECISION_ASKED: _l("beslut ska fattas"),
    State.DECIDED: _l("beslutet ska delges"),
    State.APPEALED: _l("rättidsprövas nu"),
    State.IN_TIME: _l("överlämnas nu"),
}


class Clock(NamedTuple):
    """How urgent a request is: a colour's name and its word."""

    tone: str
    words: str


def clock(standing: Standing, today: date) -> Clock:
    """The clock of a request on a day, in working days."""
    colour = light(standing, today)
    if colour is Light.OUT:
        if standing.state in OWN_TURN:
            return Clock("wait", str(OWN_TURN[standing.state]))
        return Clock("quiet", state_words(standing.state))
    if colour is not Light.GREEN:
        late = working_days_between(standing.received, today)
        words = ngettext("försenad %(num)s arbetsdag", "försenad %(num)s arbetsdagar", late)
        return Clock(_TONES[colour], words)
    first = roll(max(standing.received, today), TimeLaw.SWEDISH)
    if first == today:
        return Clock("good", gettext("i dag"))
    if first == today + _DAY:
        return Clock("good", gettext("i morgon"))
    return Clock("good", gettext("senast %(day)s", day=first))


class Stage(NamedTuple):
    """A stage of the rail: `done`, `now` or `later`."""

    words: str
    place: str


def rail(standing: Standing) -> list[Stage]:
    """The stages of a request; those of a refusal only if it came there."""
    number = next(n for n, (_, states) in enumerate(STAGES) if standing.state in states)
    refused = standing.state is State.REFUSED or standing.answer in REFUSALS
    skipped = range(0) if refused or 4 <= number < 7 else range(4, 7)
    return [
        Stage(str(words), "done" if n < number else "now" if n == number else "later")
        for n, (words, _) in enumerate(STAGES)
        if n not in skipped
    ]


def state_words(state: str) -> str:
    """Where a request stands."""
    return STATES[State(state)].say(chosen())


def answer_words(answer: str) -> str:
    """What an answer was."""
    return ANSWERS[Answer(answer)].say(chosen())


class Fault(NamedTuple):
    """Why a step cannot be taken, in the reader's language, and which field of its form to put
    right (without the step's name)."""

    field: str
    words: str


def fault(standing: Standing, taken: Taken) -> Fault | None:
    """The first thing that is wrong with a step, as the rules have it; None if nothing is."""
    said = next(iter(faults(standing, taken)), None)
    if said is None:
        return None
    if taken.step not in possible(standing):
        state = state_words(standing.state)
        told = gettext("Det går inte när begäran är ”%(state)s”. Ladda om sidan.", state=state)
        return Fault("dag", told)
    if taken.day < standing.received:
        day = standing.received
        return Fault("dag", gettext("Dagen ligger före begäran, som kom in %(day)s.", day=day))
    until = standing.appeal_until
    match taken.step:
        case Step.ANSWER if taken.answer is None:
            return Fault("svar", gettext("Välj vad svaret är."))
        case Step.ANSWER:
            told = gettext(
                "Upplys om rätten till ett skriftligt beslut, och kryssa i att det är gjort."
            )
            return Fault("upplyst", told)
        case Step.DECIDE:
            told = gettext(
                "Skriv vilken delegation, eller vilket beslut av nämnden, det stöder sig på."
            )
            return Fault("delegation", told)
        case Step.SERVE:
            day = standing.decided or standing.received
            told = gettext(
                "Ingen kan ha fått del av beslutet före %(day)s, då det fattades.", day=day
            )
            return Fault("dag", told)
        case Step.FIND_IN_TIME:
            told = gettext(
                "Det kom efter %(day)s. Avvisa det, eller skriv varför det ändå är i tid.",
                day=until,
            )
            return Fault("ursakt", told)
        case Step.DISMISS_AS_LATE if until is None:
            told = gettext("Delgivningsdagen är inte känd: det kan inte avvisas som för sent.")
            return Fault("dag", told)
        case Step.DISMISS_AS_LATE:
            told = gettext("Överklagandet kom i tid: sista dagen var %(day)s.", day=until)
            return Fault("dag", told)
        case Step.CLOSE if standing.state is State.SERVED:
            told = gettext("Överklagandetiden löper till och med %(day)s.", day=until)
            return Fault("dag", told)
        case Step.CLOSE:
            return Fault("skal", gettext("Skriv varför den avslutas utan att ha preciserats."))
    return Fault("dag", said)


def unanswered(found: Extent, standing: Standing, taken: Taken) -> Fault | None:
    """Why a request cannot be answered so, or closed, as its releases stand; None if it can."""
    if not any(extent_faults(found, standing, taken)):
        return None
    field = "svar" if taken.step is Step.ANSWER else "dag"
    if found.refused:
        told = gettext(
            "%(records)s är maskade eller undantagna: det är ett avslag i den delen. Välj ett svar "
            "som säger det, och upplys om rätten till ett skriftligt beslut (OSL 6 kap. 3 §).",
            records=named(found.refused),
        )
    elif found.left:
        told = gettext(
            "%(records)s är inte med i något utlämnande. Bedöm dem där, eller svara att de inte "
            "lämnas ut.",
            records=named(found.left),
        )
    else:
        told = gettext("Inget har lämnats ut, och inget är läst på stället.")
    return Fault(field, told)


def answers(found: Extent) -> list[Answer]:
    """What a request may be answered with by hand, as its releases stand."""
    return [
        one
        for one in Answer
        if one in REFUSALS
        or (one is Answer.RELEASED and found.answer is one)
        or (one is Answer.REFERRED and not found.refused)
    ]


FILTERS: Mapping[str, Callable[..., object]] = {
    "request_state": state_words,
    "request_answer": answer_words,
    "request_step": lambda step: DONE[Step(step)].say(chosen()),
    "request_manner": lambda manner: str(MANNERS[Manner(manner)]),
}
