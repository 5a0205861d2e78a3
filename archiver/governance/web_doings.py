"""What can be done to an initiative on its pages, beside what is done to a row: a form for each."""

from __future__ import annotations

from archiver.governance.core import acts as a
from archiver.governance.core.approval import Concern, Outcome, PoliticalApproval, Scope
from archiver.governance.core.approval import Kind as DecisionKind
from archiver.governance.core.gate import GateState
from archiver.governance.service import Initiative
from archiver.governance.web_doing import (
    OF_A_ROW,
    At,
    Doing,
    day_field,
    one_of,
    saying,
    some_of,
    text_field,
)
from archiver.governance.web_fields import Field, Given, Kind
from archiver.web.i18n import lazy_gettext as _l
from archiver.web.services import services


def _step(text: str) -> int:
    """The step that a page was about when it was shown; 0, which is none, for what is no number."""
    return int(text) if len(text) == 1 and text in "12345678" else 0


def _note(verdict: str, step: str, **said: str) -> a.Noted:
    return a.Noted(step=_step(step), good=verdict != "nej", **said)


def _link(channel: int) -> a.Linked:
    found = {one.seq: one.platform for one in services().channels()}
    return a.Linked(channel=channel, platform=found[channel])


def _decide(at: At, given: Given) -> object:
    sets = {name: frozenset(given.pop(name)) for name in ("platforms", "channels", "purposes")}
    scope = Scope(authority=at.one.standing.opened.authority, **sets)
    given["concerns"] = frozenset(given["concerns"])
    given["valid_from"] = given["valid_from"] or given["held_on"]
    approval = PoliticalApproval(scope=scope, **given)
    return at.initiatives.take(at.viewer, at.one.seq, a.Decided(approval=approval))


def _send(at: At, _given: Given) -> object:
    return at.initiatives.send(at.viewer, at.one.seq)


def _control(at: At, _given: Given) -> object:
    return at.initiatives.control(at.viewer, at.one.seq)


def _approved(one: Initiative) -> bool:
    return any(each.approval.outcome is Outcome.APPROVED for each in one.standing.decisions)


def _open_deviations(one: Initiative) -> bool:
    return any(each.is_open for each in one.standing.deviations)


def _appealed(one: Initiative) -> bool:
    return any(each.upheld is None for held in one.standing.decisions for each in held.appeals)


_PLATFORMS = some_of("plattform", _l("Plattformar"), "platforms")
_CHANNELS = some_of("konto", _l("Konton"), "channels", int)
_REASON = text_field("skal", "reason", _l("Skäl"))
_NUMBER = one_of("avvikelse", "number", _l("Avvikelse"), "deviations", int)

OF_AN_INITIATIVE: tuple[Doing, ...] = (
    Doing(
        name="skicka",
        title=_l("Skicka beslutsunderlaget"),
        act=_send,
        steps=(5,),
        when=lambda one: one.verdict.state is GateState.READY and one.standing.pending is None,
        help=_l("Underlaget fryses som det är nu. Det nämnden får är samma byte för byte."),
    ),
    Doing(
        name="mal",
        title=_l("Sätt ett mål"),
        act=saying(a.Goal),
        steps=(1,),
        help=_l("Målet är mätbart när mått, utgångsläge, målvärde och dag är ifyllda."),
        fields=(
            text_field("text", "text", _l("Mål"), help=_l("Vad som ska nås, och för vem")),
            one_of("andamal", "purpose", _l("Ändamål"), "purposes", a.Purpose),
            Field(name="matt", key="metric", label=_l("Mått")),
            Field(name="utgangslage", key="baseline", label=_l("Utgångsläge")),
            Field(name="malvarde", key="target", label=_l("Målvärde")),
            day_field("senast", "by", _l("Nås senast")),
            _PLATFORMS,
            _CHANNELS,
        ),
    ),
    Doing(
        name="anteckna",
        title=_l("Anteckna i steget"),
        act=saying(_note),
        steps=(1, 2, 3, 4, 6, 7, 8),
        when=lambda one: one.standing.step != 5,
        fields=(
            Field(name="steg", key="step", label=_l("Steg"), kind=Kind.HIDDEN),
            one_of("slag", "kind", _l("Vad"), "asks", str),
            one_of("om", "subject", _l("Om"), "subjects", str, needed=False),
            text_field("text", "text", _l("Anteckning")),
            one_of("talar", "verdict", _l("Bedömning"), "verdicts", str),
            Field(name="namn", key="name", label=_l("Handlingens namn")),
            Field(name="sha256", key="sha256", label=_l("Handlingens SHA-256")),
        ),
    ),
    Doing(
        name="konto",
        title=_l("Koppla ett konto"),
        act=saying(_link),
        steps=(6,),
        fields=(one_of("konto", "channel", _l("Konto"), "accounts", int),),
    ),
    Doing(
        name="beslut",
        title=_l("Anteckna ett beslut"),
        act=_decide,
        steps=(5,),
        help=_l("Också ett beslut som fattas utan fullständigt underlag antecknas, som avvikelse."),
        fields=(
            one_of("utfall", "outcome", _l("Utfall"), "outcomes", Outcome),
            one_of("slag", "kind", _l("Beslutets slag"), "kinds", DecisionKind),
            Field(name="organ", key="body", label=_l("Beslutande organ"), needed=True),
            day_field("dag", "held_on", _l("Sammanträdesdag"), needed=True),
            Field(name="paragraf", key="paragraph", label=_l("Paragraf")),
            Field(name="dnr", key="number", label=_l("Diarienummer")),
            Field(name="mening", key="sentence", label=_l("Beslutsmening"), kind=Kind.AREA),
            one_of("visat", "snapshot", _l("Underlag"), "underlag", str, needed=False),
            day_field("galler-fran", "valid_from", _l("Gäller från och med")),
            day_field("galler-till", "valid_to", _l("Gäller till och med")),
            _PLATFORMS,
            _CHANNELS,
            some_of("andamal", _l("Ändamål"), "purposes"),
            Field(name="delegation", key="delegation", label=_l("Punkt i delegationsordningen")),
            Field(
                name="ror",
                key="concerns",
                label=_l("Delegationsbeslutet rör verksamhetens"),
                kind=Kind.MANY,
                of="concerns",
                to=Concern,
            ),
            Field(name="policy", key="policy", label=_l("Policy som beslutet verkställer")),
        ),
    ),
    Doing(
        name="justering",
        title=_l("Protokollet är justerat och tillkännagivet"),
        act=saying(a.MinutesNoticed),
        when=_approved,
        fields=(
            day_field("justerat", "adjusted", _l("Justerat"), needed=True),
            day_field("anslaget", "noticed", _l("Anslaget på anslagstavlan"), needed=True),
            day_field("nedtaget", "taken_down", _l("Anslaget nedtaget")),
        ),
    ),
    Doing(
        name="anmalan",
        title=_l("Delegationsbeslutet är anmält"),
        act=saying(a.Reported),
        when=_approved,
        fields=(
            day_field("dag", "on", _l("Anmält"), needed=True),
            Field(name="vid", key="reference", label=_l("Vid sammanträde"), needed=True),
        ),
    ),
    Doing(
        name="avvagning",
        title=_l("Verkställ före laga kraft"),
        act=saying(a.Weighed),
        when=_approved,
        help=_l("Avvägningen enligt kommunallagen 13 kap. 14 §."),
        fields=(Field(name="vem", key="holder", label=_l("Vem"), needed=True), _REASON),
    ),
    Doing(
        name="overklagande",
        title=_l("Beslutet är överklagat"),
        act=saying(a.Appealed),
        when=_approved,
        fields=(
            Field(name="mal", key="case_number", label=_l("Målnummer"), needed=True),
            Field(name="inhibition", key="inhibited", label=_l("Inhibition"), kind=Kind.TICK),
        ),
    ),
    Doing(
        name="dom",
        title=_l("Överklagandet är avgjort"),
        act=saying(a.Judged),
        when=_appealed,
        fields=(
            one_of(
                "utgang", "upheld", _l("Utgång"), "outcomes_of_court", lambda code: code == "star"
            ),
            day_field("dag", "final_on", _l("Avgörandet fick laga kraft"), needed=True),
        ),
    ),
    Doing(
        name="kontroll",
        title=_l("Kör kontrollerna"),
        act=_control,
        steps=(7,),
        when=lambda one: one.standing.decision is not None,
        help=_l("Det som inte längre stämmer antecknas som avvikelse. Godkännandet står kvar."),
    ),
    Doing(
        name="avvikelse",
        title=_l("Anteckna en avvikelse"),
        act=saying(a.Deviated),
        fields=(
            text_field("text", "text", _l("Vad som avviker")),
            one_of("omrade", "category", _l("Område"), "categories", a.Category),
            one_of("rad", "row", _l("Rad"), "rows", str, needed=False),
            one_of("kontroll", "check", _l("Kontroll"), "checks", str, needed=False),
        ),
    ),
    Doing(
        name="hantera",
        title=_l("Hantera en avvikelse"),
        act=saying(a.Handled),
        when=_open_deviations,
        fields=(
            _NUMBER,
            Field(name="vem", key="holder", label=_l("Vem som har mandat"), needed=True),
            Field(name="mandat", key="mandate", label=_l("Mandat"), needed=True),
            _REASON,
        ),
    ),
    Doing(
        name="atgarda",
        title=_l("Avvikelsen är åtgärdad"),
        act=saying(a.Resolved),
        when=_open_deviations,
        fields=(_NUMBER, _REASON),
    ),
    Doing(
        name="villkorsandring",
        title=_l("Plattformen har nya villkor"),
        act=saying(a.TermsChanged),
        help=_l("Det som vilar på de gamla villkoren intygas på nytt."),
        fields=(
            one_of("plattform", "platform", _l("Plattform"), "platforms", str),
            text_field("text", "text", _l("Vad som är nytt")),
        ),
    ),
    Doing(
        name="klart",
        title=_l("Avsluta steget"),
        act=saying(lambda step: a.Completed(step=_step(step))),
        steps=(1, 2, 3, 4, 5, 6, 7, 8),
        when=lambda one: not one.standing.finished,
        fields=(Field(name="steg", key="step", label=_l("Steg"), kind=Kind.HIDDEN),),
    ),
    Doing(
        name="omgang",
        title=_l("Börja nästa omgång"),
        act=saying(a.NextCycle),
        steps=(8,),
        when=lambda one: one.standing.finished,
        help=_l(
            "Svar, öppna avvikelser, villkor och konton följer med; mål och anteckningar inte."
        ),
        fields=(
            Field(name="skal", key="reason", label=_l("Vad den förra omgången lämnar efter sig")),
        ),
    ),
    Doing(
        name="avsluta",
        title=_l("Avsluta initiativet"),
        act=saying(a.Closed),
        fields=(
            _REASON,
            Field(
                name="oanvant",
                key="unused",
                label=_l("Nej: mediet används inte"),
                kind=Kind.TICK,
            ),
        ),
    ),
)
EVERY = {one.name: one for one in (*OF_A_ROW, *OF_AN_INITIATIVE)}
