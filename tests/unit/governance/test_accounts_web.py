"""The register of accounts in the browser: one row per channel, and shadow pages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from archiver.core.access import LOCAL, Role, viewer_of
from archiver.governance.core import account as a
from archiver.governance.core.acts import Opened
from tests.unit.registry.desk import make_desk
from tests.unit.web.served import FakeSearch, Web

PAGE = "/livscykel/konton"


def test_a_row_says_whose_it_is_how_far_it_has_come_and_what_it_lacks(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    web = Web(desk.home, {}, FakeSearch(desk.home.ledger))
    ks, it, today = desk.authority.seq, web.accounts, web.accounts.today()
    browser = web.browser(viewer=viewer_of(17, [(Role.AUDITOR, ks)]))
    assert "Det finns inga konton." in browser.get(PAGE).text
    channel = desk.home.add_channel("feed", "http://nyheter.test/flode", "127.0.0.1:1").seq
    page = browser.get(PAGE).text
    for words in ("inget initiativ", "Aldrig", "ingen antecknad", "Ingen sida är antecknad"):
        assert words in page
    assert "ägande enhet inte antecknad" in page

    said = Opened(authority=ks, title="Flödet", platforms=("feed",), day=today, channels=(channel,))
    web.initiatives.open(LOCAL, said)
    known = a.Described(channel=channel, unit="Kommunikation", mfa=a.Mfa.YES, recovery="IT")
    it.describe(LOCAL, known)
    people = [it.name(LOCAL, ks, a.Named(name=name)) for name in ("Eva Lind", "Bo Berg")]
    since = today - timedelta(days=9)
    for one in people:
        held = a.Appointed(person=one, channel=channel, right=a.Right.ADMIN, since=since)
        it.appoint(LOCAL, held)
    page = browser.get(PAGE).text
    for words in ("1. ", "Kommunikation", "Eva Lind", "Bo Berg", "inget saknas"):
        assert words in page
    it.leave(LOCAL, a.Left(person=people[1], on=today - timedelta(days=1)))
    page = browser.get(PAGE).text
    for words in ("har kvar någon som har slutat", "har färre än två administratörer"):
        assert words in page

    url = "https://facebook.com/testkoping.inofficiell"
    seen = a.Reported(url=url, platform="facebook", way=a.Way.REPORTED)
    number = it.report(LOCAL, ks, seen)
    assert "inte beslutad" in browser.get(PAGE).text
    decision = a.Settlement.NOT_OURS
    it.settle(
        LOCAL, a.Settled(of=number, settlement=decision, decider="Alva", reason="En förening")
    )
    page = browser.get(PAGE).text
    assert "inte vår" in page
    assert "En förening" in page
    other = web.browser(viewer=viewer_of(20, [(Role.COMMUNICATOR, ks + 1)]))
    answer = other.get(PAGE)
    assert (answer.status_code, "Eva Lind" in answer.text, url in answer.text) == (
        200,
        False,
        False,
    )
