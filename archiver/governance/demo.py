"""An initiative of Testköping's, for the demo: an account that was in use before anybody asked,
with the beginning of its checklist filled in, and what the checks say of it.

Everything is recorded through the same use-case as in a real archive: one person records, the other
attests. What is left is for whoever opened the demo.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from archiver.core.access import Viewer
from archiver.core.channel import Channel
from archiver.governance.core import acts as a
from archiver.governance.core.answers import AnswerState
from archiver.governance.core.steps import STEPS
from archiver.governance.service import Initiatives

GATE = 5  # the step it has come to
LIVE_SINCE = date(2014, 5, 1)
_RECORDS = {
    "mandate": "Kommunstyrelsens reglemente 4 §: information till invånarna.",
    "audience": "Invånare i Testköping, och de som funderar på att flytta hit.",
    "platform": "Villkoren är lästa. Kontot behålls: de flesta som frågar, frågar här.",
    "tool": "Plattformens eget verktyg räcker; inga fler inloggningar.",
    "archive_test": "Insamlad varje natt i Diarkiv och verifierad.",
    "staffing": "Två redaktörer och en ersättare, vardagar 8–17; svar inom två arbetsdagar.",
}


class _Said(NamedTuple):
    """A row's answer; `attested` by the other person or not yet."""

    row: str
    state: AnswerState
    motivation: str
    attested: bool = True


_MET, _CONDITIONAL = AnswerState.MET, AnswerState.CONDITIONAL
_ANSWERS = (
    _Said("1.1", _MET, "Syftet står i kommunikationsplanen, avsnitt 3."),
    _Said("1.2", _MET, "Kravspecifikation 2026: delat ansvar, tvåfaktor för alla redaktörer."),
    _Said("1.3", _MET, "Bemanningsschemat täcker vardagar; helger bevakas av jouren."),
    _Said("1.4", _MET, "Arkivrutinen beskriver insamling, kontroll och gallring."),
    _Said("1.5", _CONDITIONAL, "Informationshanteringsplanen ses över under våren."),
    _Said("2.1", _MET, "Juristen har gått igenom villkoren och antecknat riskerna."),
    _Said("2.2", _MET, "Samma information finns på webbplatsen."),
    _Said("3.1", _MET, "Riktlinjen säger vem som talar i kommunens namn.", attested=False),
    _Said("3.2", _MET, "Riktlinjen skiljer tjänstekonton från privata.", attested=False),
    _Said("3.3", AnswerState.NOT_MET, "Rutinen för dolda kommentarer är inte skriven."),
)


def stage(initiatives: Initiatives, account: Channel, recorder: Viewer, attester: Viewer) -> int:
    """Open an initiative for an account and take it to the gate; its number."""
    today = initiatives.today()
    seq = initiatives.open(
        recorder,
        a.Opened(
            authority=account.authority,
            title=f"{account.title}: ska kontot vara kvar?",
            platforms=(account.platform,),
            channels=(account.seq,),
            live_since=LIVE_SINCE,
            owner="Kommunikationschefen",
            day=today,
        ),
    )
    for said in (*_steps(account.platform, today), *_answers(today)):
        initiatives.take(recorder, seq, said)
    for one in _ANSWERS:
        if one.attested:
            initiatives.take(attester, seq, a.Attested(row=one.row))
    return seq


def _steps(platform: str, today: date) -> Iterator[a.Said]:
    """What the steps before the gate ask for."""
    yield a.Goal(
        text="Fler hittar rätt e-tjänst på första försöket",
        purpose=a.Purpose.SERVICES,
        metric="klick till e-tjänsterna per månad",
        baseline="340",
        target="500",
        by=today + timedelta(days=300),
    )
    for step in STEPS[: GATE - 1]:
        for ask in step.asks:
            about = platform if ask.per_platform else ""
            text = _RECORDS[ask.kind]
            yield a.Noted(step=step.number, kind=ask.kind, subject=about, text=text)
        yield a.Completed(step=step.number)


def _answers(today: date) -> Iterator[a.Said]:
    """The first half of the checklist, with a condition and a file that is only named."""
    for one in _ANSWERS:
        yield a.Answered(row=one.row, state=one.state, motivation=one.motivation, owner="Kansliet")
    yield a.Conditioned(
        row="1.5",
        text="Kommunstyrelsen antar planen",
        owner="Arkivarien",
        due=today + timedelta(days=120),
    )
    yield a.Evidenced(row="1.4", name="arkivrutin.pdf", sha256="5b" * 32, link="KS 2026/12")
