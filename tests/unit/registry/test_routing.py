"""The routing table: what is shipped, what an authority may change, and when a clock runs out."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.calendar import HOUR, TimeLaw, stockholm_date
from archiver.core.reason import Wording
from archiver.core.record import milliseconds
from archiver.registry import shipped
from archiver.registry.core.phrase import Refused
from archiver.registry.core.routing import (
    COUNTED,
    Clock,
    Level,
    Pace,
    RoutingTable,
    Secrecy,
    Stop,
    TextStatus,
)
from archiver.registry.core.routing_file import override, parse_table

TABLE = shipped.routing_table()
SHIPPED = shipped.text("routing.toml")
ACT = Wording("Svara", "Answer")


def at(text: str) -> int:
    return milliseconds(datetime.fromisoformat(text).replace(tzinfo=UTC))


def laid_over(text: str) -> RoutingTable:
    found = override(TABLE, text)
    assert not isinstance(found, Refused), [one.say("en") for one in found.problems]
    return found


def refused(text: str, *, whole: bool = False) -> list[tuple[int, str]]:
    found = parse_table(text) if whole else override(TABLE, text)
    assert isinstance(found, Refused)
    for one in found.problems:
        assert one.reason.code not in one.say("sv").split()
        assert one.say("sv") != one.say("en")
    return [(one.row, one.reason.code) for one in found.problems]


def test_the_shipped_table_holds_every_row_of_the_design() -> None:
    levels = {key: [int(level) for level in route.levels] for key, route in TABLE.routes.items()}
    assert levels == {
        "abuse_material": [],
        "secrecy": [4],
        "concern": [4],
        "threat": [4],
        "care_or_school": [4],
        "whistleblowing": [4],
        "unlawful": [2, 4],
        "data_incident": [3],
        "document_request": [3],
        "gdpr_request": [3],
        "application": [3],
        "complaint": [2, 3],
        "proposal": [2, 3],
        "official_party": [2],
        "fault_report": [1, 2],
        "question": [1],
        "other_page": [],
        "minor": [0],
    }
    assert {k: r.stop for k, r in TABLE.routes.items() if r.stop} == {
        "abuse_material": Stop.QUARANTINE,
        "secrecy": Stop.SECLUDE,
    }
    assert TABLE.routes["complaint"].level is Level.REGISTERED
    assert TABLE.routes["other_page"].level is None


def test_a_basis_that_was_not_read_in_the_statute_says_so() -> None:
    read = {key for key, one in TABLE.routes.items() if one.text_status is TextStatus.READ}
    assert read == {"unlawful", "document_request", "application", "complaint", "question"}
    for status in TextStatus:
        assert ("jurist" in status.words.sv) is (status is not TextStatus.READ)


def test_every_level_has_words_and_the_order_of_the_law() -> None:
    assert min(Level).words.sv == "Av ringa betydelse"
    assert Level.SECRET > Level.IN_CASE > Level.REGISTERED > Level.KEPT_IN_ORDER > Level.MINOR


def test_an_authority_changes_rows_and_recipients() -> None:
    mine = laid_over(
        """
        version = "KS 2026"
        [recipient.registrar]
        address = "registrator@testkoping.example"
        [recipient.kundtjanst]
        sv = "Kundtjänst"
        en = "Customer service"
        address = "tel. 00"
        [route.question]
        levels = [2, 1]
        recipients = ["kundtjanst"]
        clock = [{ pace = "working_days", count = 2, act = { sv = "Svara", en = "Answer" } }]
        [route.official_party]
        active = false
        [route.secrecy]
        recipients = ["registrar"]
        """
    )
    assert mine.version == "2026.1+KS 2026"
    assert mine.routes["question"].level is Level.REGISTERED
    assert mine.routes["question"].clocks[0].pace is Pace.WORKING_DAYS
    assert not mine.routes["official_party"].active
    assert mine.routes["secrecy"].stop is Stop.SECLUDE
    assert mine.recipients["registrar"].title == TABLE.recipients["registrar"].title
    assert list(mine.routes) == list(TABLE.routes)
    assert mine.routes["complaint"] == TABLE.routes["complaint"]


def test_a_route_that_reaches_nobody_is_told() -> None:
    told = {dict(one.values)["route"] for one in TABLE.without_recipient()}
    assert told == {key for key, one in TABLE.routes.items() if one.needs_recipient}
    assert "minor" not in told
    mine = laid_over('version = "1"\n[recipient.registrar]\naddress = "x"\n')
    still = {dict(one.values)["route"] for one in mine.without_recipient()}
    assert told - still == {
        key for key, one in TABLE.routes.items() if "registrar" in one.recipients
    }
    assert "Socialtjänst" not in mine.without_recipient()[0].say("en")


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ('version = "1"\n[route.question\n', [(2, "not_toml")]),
        ("[route.question]\nlevels = [1]\n", [(0, "key_missing")]),
        ('version = "1"\nfoo = 1\n', [(2, "key_unknown")]),
        ('version = "1"\nroute = 1\n', [(2, "not_table")]),
        ('version = "1"\n[route.fraga]\nlevels = [1]\n', [(2, "route_unknown")]),
        ('version = "1"\n[route.question]\nnivå = 1\n', [(3, "not_toml")]),
        ('version = "1"\n[route.question]\nlevel = 1\n', [(3, "key_unknown")]),
        ('version = "1"\n[route.question]\n\nlevels = [5]\n', [(4, "not_levels")]),
        ('version = "1"\n[route.question]\nlevels = [true]\n', [(3, "not_levels")]),
        ('version = "1"\n[route.question]\nrecipients = []\n', [(3, "no_recipient")]),
        ('version = "1"\n[route.question]\nrecipients = ["x"]\n', [(3, "recipient_unknown")]),
        ('version = "1"\n[route.question]\nrecipients = "x"\n', [(3, "not_recipients")]),
        ('version = "1"\n[route.question]\nsecrecy = "ja"\n', [(3, "not_one_of")]),
        ('version = "1"\n[route.question]\nsecrecy = []\n', [(3, "not_one_of")]),
        ('version = "1"\n[route.question]\nactive = 0\n', [(3, "not_boolean")]),
        ('version = "1"\n[route.question]\nbasis = ""\n', [(3, "not_text")]),
        ('version = "1"\n[route.question]\ntitle = { sv = "x" }\n', [(3, "not_wording")]),
        ('version = "1"\n[route.question]\nclock = 1\n', [(3, "not_clocks")]),
        ('version = "1"\n[route.question]\nclock = [1]\n', [(3, "not_clocks")]),
        ('version = "1"\n[[route.question.clock]]\npace = "days"\n', [(2, "key_missing")]),
        (
            'version = "1"\n[[route.question.clock]]\npace = "days"\nact = {sv="a",en="b"}\n',
            [(2, "not_count")],
        ),
        (
            'version = "1"\n[[route.question.clock]]\npace = "immediately"\ncount = 2\n'
            'act = { sv = "a", en = "b" }\n',
            [(2, "not_count")],
        ),
        ('version = "1"\n[[route.question.clock]]\ntakt = "days"\n', [(2, "key_unknown")]),
        ('version = "1"\n[route.secrecy]\nactive = false\n', [(3, "fixed")]),
        ('version = "1"\n[route.secrecy]\nlevels = [0]\n', [(3, "fixed")]),
        ('version = "1"\n[route.abuse_material]\nstop = "seclude"\n', [(3, "fixed")]),
        ('version = "1"\n[route.question]\nstop = "seclude"\n', [(3, "fixed")]),
        ('version = "1"\n[recipient.x]\nsv = "X"\n', [(2, "not_wording")]),
        ('version = "1"\n[recipient.registrar]\ntel = "1"\n', [(2, "key_unknown")]),
        ('version = "1"\n[recipient]\nregistrar = 1\n', [(3, "not_table")]),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_line_and_reason(
    text: str, problems: list[tuple[int, str]]
) -> None:
    assert refused(text) == problems


def test_all_problems_are_told_at_once() -> None:
    text = 'version = "1"\n[route.question]\nlevels = 1\nbasis = 2\n[route.minor]\nx = 1\n'
    assert [row for row, _ in refused(text)] == [3, 4, 6]


def test_a_whole_table_needs_the_hard_stops_and_every_key() -> None:
    without = re.sub(r"(?s)\[route\.secrecy\].*?(?=\[route\.concern\])", "", SHIPPED)
    assert refused(without, whole=True) == [(0, "stop_missing")]
    weaker = SHIPPED.replace('stop = "quarantine"', 'stop = "seclude"')
    assert [code for _, code in refused(weaker, whole=True)] == ["stop_missing"]
    assert [c for _, c in refused(SHIPPED.replace('secrecy = "no"\n', ""), whole=True)] == [
        "key_missing"
    ] * SHIPPED.count('secrecy = "no"\n')


@given(st.text(max_size=200).map(lambda text: f'version = "1"\n{text}'))
def test_any_text_is_read_or_refused(text: str) -> None:
    found = override(TABLE, text)
    assert isinstance(found, RoutingTable) or found.problems


@pytest.mark.parametrize(
    ("clock", "event", "due"),
    [
        (Clock(pace=Pace.IMMEDIATELY, act=ACT), "2026-11-21T10:00", "2026-11-21T10:00"),
        # Saturday: the end of Monday in Sweden. Monday: the same day.
        (Clock(pace=Pace.SAME_DAY, act=ACT), "2026-11-21T10:00", "2026-11-23T23:00"),
        (Clock(pace=Pace.SAME_DAY, act=ACT), "2026-11-23T10:00", "2026-11-23T23:00"),
        (Clock(pace=Pace.HOURS, count=72, act=ACT), "2026-12-23T10:00", "2026-12-26T10:00"),
        (Clock(pace=Pace.DAYS, count=7, act=ACT), "2026-12-18T10:00", "2026-12-25T23:00"),
        (Clock(pace=Pace.WORKING_DAYS, count=1, act=ACT), "2026-11-20T10:00", "2026-11-23T23:00"),
        (
            Clock(pace=Pace.MONTHS, count=1, law=TimeLaw.EU, act=ACT),
            "2026-11-25T10:00",
            "2026-12-28T23:00",
        ),
    ],
)
def test_a_clock_runs_out(clock: Clock, event: str, due: str) -> None:
    assert clock.due(at(event)) == at(due)


def test_where_the_law_sets_no_number_nothing_runs_out() -> None:
    assert Clock(pace=Pace.WITHOUT_DELAY, act=ACT).due(0) is None


@given(st.sampled_from(Pace), st.integers(1, 30), st.integers(0, 4_000_000_000_000))
def test_nothing_is_due_before_its_event(pace: Pace, count: int, event: int) -> None:
    clock = Clock(pace=pace, count=count if pace in COUNTED else 0, act=ACT, law=TimeLaw.SWEDISH)
    due = clock.due(event)
    assert due is None or due >= event


def test_the_gdpr_clocks_are_those_of_the_regulation() -> None:
    incident = TABLE.routes["data_incident"].clocks[0]
    assert incident.due(0) == 72 * HOUR
    (answer,) = TABLE.routes["gdpr_request"].clocks
    assert answer.law is TimeLaw.EU
    due = answer.due(at("2026-01-31T12:00"))
    assert due is not None
    assert stockholm_date(due - 1).isoformat() == "2026-03-02"
    assert TABLE.routes["gdpr_request"].secrecy is Secrecy.YES
