"""The eight steps of the SMILEY lifecycle, as data: what each asks for, and when it is completed.

Steps and their names: the survey of Swedish municipalities that the model was made from. What a
step asks for beyond its exit criterion is not demanded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from archiver.core.reason import Wording


class Ask(NamedTuple):
    """A record that a step asks for. `per_platform`: one for each; `good`: it must speak for going
    on, as a test that went well."""

    kind: str
    words: Wording
    per_platform: bool = False
    good: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleStep:
    """One of the eight. `asks`: what is to be recorded before it is completed; `artefact`: what
    municipalities usually have; `rows`: beginnings of the rows it is about, empty: all."""

    number: int
    name: Wording
    asks: tuple[Ask, ...]
    artefact: Wording
    rows: tuple[str, ...]
    exit: Wording


STEPS: tuple[LifecycleStep, ...] = (
    LifecycleStep(
        number=1,
        name=Wording("Definiera syfte och mål", "Define purpose and goals"),
        asks=(
            Ask("mandate", Wording("stöd i uppdraget (reglemente)", "its ground in the mandate")),
            Ask("audience", Wording("målgrupp", "whom it is for")),
        ),
        artefact=Wording(
            "kommunikationsplan, reglemente", "communication plan, rules of procedure"
        ),
        rows=("1.1",),
        exit=Wording("minst ett mätbart mål per kanal", "a measurable goal for every channel"),
    ),
    LifecycleStep(
        number=2,
        name=Wording("Välj sociala medier", "Choose the media"),
        asks=(
            Ask(
                "platform",
                Wording(
                    "val av plattform: villkor, etik, risk, passar målet",
                    "choice of platform: terms, ethics, risk, fit to the goal",
                ),
                per_platform=True,
            ),
        ),
        artefact=Wording("plattformsbedömning", "assessment of platforms"),
        rows=("2.1", "2.2", "7.4", "7.5"),
        exit=Wording(
            "ett ställningstagande per plattform, också nej", "a stand on every platform, also no"
        ),
    ),
    LifecycleStep(
        number=3,
        name=Wording("Utvärdera verktyg", "Evaluate tools"),
        asks=(
            Ask("tool", Wording("jämförelse av verktyg", "comparison of tools")),
            Ask(
                "archive_test",
                Wording("provinsamling i arkivet, verifierad", "a test capture, verified"),
                per_platform=True,
                good=True,
            ),
        ),
        artefact=Wording(
            "verktygsutvärdering, personuppgiftsbiträdesavtal",
            "evaluation of tools, data processing agreements",
        ),
        rows=("1.2", "1.4", "7.6"),
        exit=Wording("arkivverktygets provinsamling är verifierad", "the test capture is verified"),
    ),
    LifecycleStep(
        number=4,
        name=Wording("Uppskatta erforderliga resurser", "Estimate the resources"),
        asks=(
            Ask(
                "staffing",
                Wording(
                    "bemanning: tider, ersättare, svarstid, budget",
                    "staffing: hours, deputies, response time, budget",
                ),
                good=True,
            ),
        ),
        artefact=Wording("bemanningsplan, budget", "staffing plan, budget"),
        rows=("1.3",),
        exit=Wording("bemanningen täcker det ni lovar", "the staffing covers what is promised"),
    ),
    LifecycleStep(
        number=5,
        name=Wording("Införskaffa politiskt godkännande", "Obtain political approval"),
        asks=(),
        artefact=Wording(
            "tjänsteskrivelse, protokollsutdrag, policy, gallringsbeslut, delegationsordning",
            "official report, minutes, policy, disposal decision, delegation",
        ),
        rows=(),
        exit=Wording("grinden", "the gate"),
    ),
    LifecycleStep(
        number=6,
        name=Wording("Implementera", "Implement"),
        asks=(
            Ask("account", Wording("kontot registrerat", "the account recorded"), True),
            Ask("live_texts", Wording("informationstexter på plats", "texts in place"), True, True),
            Ask("baseline", Wording("grundinsamling gjord", "first full capture"), True, True),
            Ask("recovery_test", Wording("återställning prövad", "recovery tried"), good=True),
        ),
        artefact=Wording("kontoförteckning, arkivbeskrivning", "register of accounts, description"),
        rows=("4.4", "6.", "7.10"),
        exit=Wording("klar för driftsättning", "ready to go live"),
    ),
    LifecycleStep(
        number=7,
        name=Wording("Utför och mät uppgifter", "Perform and measure"),
        asks=(
            Ask("control", Wording("månadskontroll utan öppna fel", "monthly control"), good=True),
        ),
        artefact=Wording("diarium, statistik", "register, statistics"),
        rows=("3.", "4.", "5."),
        exit=Wording(
            "månadskontrollen är grön eller avvikelserna hanterade",
            "the monthly control is green, or its deviations are handled",
        ),
    ),
    LifecycleStep(
        number=8,
        name=Wording("Utvärdera måluppfyllnad", "Evaluate"),
        asks=(Ask("evaluation", Wording("uppföljningsrapport till nämnden", "report")),),
        artefact=Wording("uppföljningsrapport", "follow-up report"),
        rows=(),
        exit=Wording(
            "utfall mot varje mål, orsak till varje mål som missats",
            "the outcome of every goal, a cause for each that was missed",
        ),
    ),
)
