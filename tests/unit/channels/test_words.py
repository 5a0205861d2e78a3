"""Every code the check and the screens can show has its words, in both languages of the product."""

from __future__ import annotations

import pytest

from archiver.channels import report, words
from archiver.channels.check import CheckResult, Sight
from archiver.channels.cost import BY_INTERVAL, Reading
from archiver.core.connector import Blind, ControlStatus, Login, Rate
from archiver.core.reason import remedy
from tests.unit.channels.desks import FULL
from tests.unit.web.served import Browser


def test_every_code_has_words(browser: Browser) -> None:
    assert set(words.BLIND) == {one.value for one in Blind} == {one.value for one in report.BLIND}
    assert set(words.CONTROL) >= {one.value for one in ControlStatus}
    assert set(report.STATUSES) == set(ControlStatus)
    assert set(words.LOGINS) == {one.value for one in Login}
    with browser.app.test_request_context(base_url=browser.base):
        assert words.control("new_code") == "new_code"
        assert words.control_remedy("new_code") == ""
        assert words.said("nonsens") == ""
        assert words.field("option:depth") == "Inställningen depth"
        assert words.value("crisis_until", "0") == "av"
        assert words.value("title", "") == "–"
        assert words.day("complete") == "Fullständig"


@pytest.mark.parametrize("status", [one for one in ControlStatus if one is not ControlStatus.OK])
def test_every_no_comes_with_what_to_do(status: ControlStatus, browser: Browser) -> None:
    found = CheckResult(platform="feed", url="https://x.example", status=status)
    advice = remedy(report.reason_of(found))
    assert advice
    assert advice in report.in_words(found, [BY_INTERVAL], 3600, (), 0)
    with browser.app.test_request_context(base_url=browser.base):
        assert words.control_remedy(status.value)


def test_a_schedule_is_explained_in_sentences(browser: Browser) -> None:
    with browser.app.test_request_context(base_url=browser.base):
        assert words.tiers(FULL) == [
            "Till en ålder av 6 timmar: med 15 minuters mellanrum.",
            "Från 6 timmar till 2 dagar: med en timmes mellanrum.",
            "Från 2 dagar till 7 dagar: med 6 timmars mellanrum.",
            "Från 7 dagar till 30 dagar: med en dags mellanrum.",
            "Från 30 dagar till 180 dagar: med 7 dagars mellanrum.",
            "Äldre inlägg läses när allt läses om: med 91 dagars mellanrum.",
        ]
        assert words.tiers(BY_INTERVAL) == []


def test_the_report_says_it_all_in_a_terminal() -> None:
    sight = Sight(collection="posts", seen=2, expected=9, kinds={"post": 2}, media=3, own_media=1)
    broken = Sight(collection="answers", problem="unreachable")
    found = CheckResult(
        platform="x",
        url="https://x.example",
        status=ControlStatus.OK,
        authenticated=True,
        name="Testköping",
        leads_to="ny.example",
        sights=(sight, broken),
        blind=frozenset({Blind.HELD}),
        gains=frozenset({Blind.HELD}),
        expires_at=10 * 86_400_000,
        scopes=("read",),
        reading=Reading(first=2, whole=10),
    )
    rates = (Rate(requests=100, seconds=3600),)
    text = report.in_words(found, [BY_INTERVAL, FULL], 3600, rates, 0)
    for line in (
        "It calls itself: Testköping",
        "The address leads to: ny.example",
        "The login runs out in 10 days.",
        "The login may: read",
        "posts: 2 of 9, 2 post, 3 files, 1 of them the account's own",
        "answers: not seen (unreachable)",
        "in the trash (seen with a login)",
        "interval: 240 of the 2400 the platform allows",
        "full: 145 of the 2400 the platform allows",
    ):
        assert line in text
    data = report.as_data(found, [BY_INTERVAL], 3600, rates)
    assert (data["requests_per_day"], data["allowed_per_day"]) == ({"interval": 240}, 2400)
