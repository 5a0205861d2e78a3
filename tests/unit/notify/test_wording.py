"""Alerts in words: Swedish and English say the same facts, and what to do."""

from __future__ import annotations

import pytest

from archiver.core.alert import Audience, Kind, Phase, Severity
from archiver.core.reason import remedy
from archiver.notify.wording import PHASES, REMEDIES, TITLES, body, subject
from tests.unit.notify.servers import HOUR, NOW, alert


def test_every_kind_and_phase_has_words() -> None:
    assert TITLES.keys() == set(Kind)
    assert PHASES.keys() == set(Phase)
    for wording in (*TITLES.values(), *REMEDIES.values()):
        assert wording.sv != wording.en
        assert all(wording)


def test_the_subject_says_how_urgent_what_where_and_whether_it_goes_on() -> None:
    urgent = alert(kind=Kind.LOGIN, severity=Severity.URGENT, phase=Phase.REPEATED)
    assert subject(urgent, "sv") == (
        "[Diarkiv] BRÅDSKANDE: Inloggningen godtas inte (pågår än) – KS, wordpress, C17"
    )
    assert subject(urgent, "en") == (
        "[Diarkiv] URGENT: The login is not accepted (still so) – KS, wordpress, C17"
    )
    over = alert(severity=Severity.URGENT, phase=Phase.CLEARED, until=NOW)
    assert subject(over, "sv") == "[Diarkiv] Lucka i arkivet (avhjälpt) – KS, wordpress, C17"
    home = alert(kind=Kind.WORKER_SILENT, channel=None, authority_code="", platform="")
    assert subject(home, "sv") == "[Diarkiv] Insamlaren står stilla"


def test_the_body_says_since_when_why_and_what_to_do() -> None:
    text = body(alert(), "sv")
    assert "Sedan: 2026-11-18 07:06 CET" in text
    assert "Skäl: källan svarade inte" in text
    assert remedy("unreachable", "sv") in text
    assert "Listor: 2" in text
    english = body(alert(), "en")
    assert "Reason: the source did not answer" in english
    assert len(english.splitlines()) == len(text.splitlines())
    assert "Ingen har jour" in body(alert(), "sv", Audience(nobody_on_duty=True))
    assert "2 i jourlistan kunde inte nås" in body(alert(), "sv", Audience(missed=2))


def test_an_all_clear_asks_for_nothing() -> None:
    text = body(alert(phase=Phase.CLEARED, until=NOW + HOUR), "sv")
    assert "Till: 2026-11-18 13:06 CET" in text
    assert remedy("unreachable", "sv") not in text


@pytest.mark.parametrize("days", [0, 7])
def test_a_login_that_runs_out(days: int) -> None:
    text = body(alert(kind=Kind.TOKEN, days=days, reasons=("expiring_soon",), count=0), "sv")
    assert f"Dagar kvar: {days}" in text
    assert "expiring" not in text
    assert "channel credential" in text


def test_an_unknown_reason_is_shown_as_it_stands() -> None:
    assert "some_new_code" in body(alert(reasons=("some_new_code",)), "sv")
