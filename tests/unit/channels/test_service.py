"""Channels over a real home: what is recorded, what is refused, and what the tables then say."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver.channels.change import Change
from archiver.channels.service import Channels
from archiver.core.channel import Channel, ChannelState
from archiver.core.connector import Credential
from archiver.core.disappearance import Policy
from archiver.core.event import EventType
from archiver.db import queries
from archiver.demo.rounds import LOGIN
from archiver.demo.server import DemoServer
from archiver.errors import ConfigError, NotFound
from archiver.harvest.timetable import timetable
from archiver.plugins import connectors
from tests.build import FakeClock, tables
from tests.homes import TestHome, make_home
from tests.unit.channels.invented import Invented
from tests.unit.channels.sites import demo_site


@pytest.fixture
def home(tmp_path: Path) -> TestHome:
    made = make_home(tmp_path / "home", clock=FakeClock())
    known = {**connectors(), "invented": Invented()}
    made.channels = Channels(made.ledger, known, made.credentials, ("interval", "full", "eco"))
    made.channels.add_authority("KS", "Kommunstyrelsen")
    return made


def add(home: TestHome, url: str = "https://x.example", **more: object) -> Channel:
    return home.channels.add_channel("invented", url, authority="KS", **more)  # type: ignore[arg-type]


def settings(home: TestHome, channel: Channel) -> queries.ChannelSetting:
    with home.ledger.database.read() as connection:
        return queries.channel_settings(connection)[channel.seq]


def test_what_is_left_at_its_default_is_not_recorded(home: TestHome) -> None:
    plain = add(home)
    payload = home.ledger.open_one(plain.seq).envelope
    assert not {"options", "schedule"} & payload.keys()
    rich = add(home, "https://y.example", options={"language": "fi", "depth": ""}, schedule="eco")
    assert home.ledger.open_one(rich.seq).envelope["options"] == {"language": "fi"}
    assert home.channels.channels() == [plain, rich]
    assert home.channels.target(rich).options == {"language": "fi", "depth": "2"}
    assert settings(home, rich).schedule == "eco"
    assert settings(home, plain) == (3600, "interval", 0, "active", 0, False, False)


def test_a_change_is_an_event_of_what_differs(home: TestHome) -> None:
    channel = add(home, title="Nytt", options={"language": "fi"})
    home.clock.advance(5000)  # type: ignore[attr-defined]
    change = Change(title="Nyheter", schedule="full", options={"language": "", "depth": "3"})
    after = home.channels.change(channel, change)
    assert (after.title, after.schedule, after.options) == ("Nyheter", "full", {"depth": "3"})
    assert home.channels.channel(f"C{channel.seq}") == after
    newest, first = home.channels.history(channel)
    assert newest.fields == {
        "title": "Nyheter",
        "schedule": "full",
        "options": {"depth": "3", "language": ""},
    }
    assert newest.before["title"] == "Nytt"
    assert (newest.actor, newest.added, newest.at - first.at) == (0, False, 5000)
    assert (first.added, first.fields["title"]) == (True, "Nytt")
    opened = home.ledger.open_one(newest.seq).envelope
    assert (opened["channel"], opened["actor"]) == (channel.seq, 0)
    size = home.ledger.log.size
    assert home.channels.change(channel, change) == after  # asked for again: nothing new
    assert home.ledger.log.size == size


def test_the_tables_follow_the_newest_change_and_are_rebuilt(home: TestHome) -> None:
    channel = add(home)
    for change in (
        Change(interval=7200, schedule="eco", crisis_until=99),
        Change(crisis_until=0, state=ChannelState.PAUSED),
        Change(schedule="full"),
    ):
        home.channels.change(home.channels.channel(str(channel.seq)), change)
    found = settings(home, channel)
    assert (found.interval, found.schedule, found.crisis_until) == (7200, "full", 0)
    assert (found.state, found.harvested) == ("paused", False)
    before = tables(home.ledger)
    home.ledger.rebuild()
    assert tables(home.ledger) == before
    held = [row for name, row in before if name == "channel_change"]
    assert len(held) == 3
    assert not any("x.example" in str(cell) for row in held for cell in row)


def test_no_option_leads_a_stored_login_to_another_server(home: TestHome) -> None:
    page = "https://www.facebook.com/1002003004005"
    token = Credential(secret="EAAinvented")
    channel = home.channels.add_channel("facebook", page, authority="KS", credential=token)
    elsewhere = Change(options={"graph": "https://graph.evil.example"})
    size = home.ledger.log.size
    with pytest.raises(ConfigError, match="given for another address") as refused:
        home.channels.change(channel, elsewhere)
    assert "EAAinvented" not in str(refused.value)
    assert home.ledger.log.size == size
    open_page = home.channels.add_channel("facebook", page + "6", authority="KS")
    assert home.channels.change(open_page, elsewhere).options == elsewhere.options


def test_a_paused_channel_is_not_due_and_a_resumed_one_is(home: TestHome) -> None:
    channel = add(home)

    def due() -> set[int]:
        with home.ledger.database.read() as connection:
            known = timetable(connection, now=home.clock.now(), policy=Policy())
        return {one.channel for one in known.facts}

    assert due() == {channel.seq}
    paused = home.channels.change(channel, Change(state=ChannelState.PAUSED))
    assert due() == set()
    home.channels.change(paused, Change(state=ChannelState.ACTIVE))
    assert due() == {channel.seq}


def test_a_closed_channel_is_read_once_more(home: TestHome) -> None:
    with DemoServer(demo_site()) as server:
        host, port = server.address
        channel = home.add_channel("wordpress", server.url, f"{host}:{port}", LOGIN)
        home.harvest(channel)
        channel = home.channels.change(channel, Change(state=ChannelState.CLOSING))
        assert settings(home, channel).harvested
        home.harvest(channel)
    last = settings(home, channel)
    assert (last.state, last.ended, last.harvested) == ("closing", True, False)
    again = home.channels.change(channel, Change(state=ChannelState.ACTIVE))
    assert settings(home, again).harvested


def test_a_last_reading_that_saw_nothing_is_tried_again(home: TestHome) -> None:
    with DemoServer(demo_site()) as server:
        host, port = server.address
        channel = home.add_channel("wordpress", server.url, f"{host}:{port}", LOGIN)
    channel = home.channels.change(channel, Change(state=ChannelState.CLOSING))
    assert home.harvest(channel).status.value == "gap"
    assert settings(home, channel).harvested


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change(title=""), "title"),
        (Change(interval=1), "interval"),
        (Change(schedule="often"), "no schedule 'often'"),
        (Change(options={"tone": "x"}), "no option 'tone'"),
    ],
)
def test_what_cannot_be_is_refused_and_not_recorded(
    home: TestHome, change: Change, said: str
) -> None:
    channel = add(home)
    size = home.ledger.log.size
    with pytest.raises(ConfigError, match=said):
        home.channels.change(channel, change)
    assert home.ledger.log.size == size


def test_no_crisis_on_a_channel_that_is_not_harvested(home: TestHome) -> None:
    channel = home.channels.change(add(home), Change(state=ChannelState.PAUSED))
    with pytest.raises(ConfigError, match="not harvested"):
        home.channels.change(channel, Change(crisis_until=99))
    home.channels.change(channel, Change(crisis_until=0))


def test_a_login_goes_only_where_one_is_taken(home: TestHome) -> None:
    feed = home.channels.add_channel("feed", "https://x.example/feed", authority="KS")
    with pytest.raises(ConfigError, match="takes no login"):
        home.channels.set_credential(feed, Credential(user="a", secret="b"))
    with pytest.raises(ConfigError, match="in clear"):
        add(home, "http://z.example", credential=Credential(secret="b"))
    with pytest.raises(ConfigError, match="already there: C"):
        add(home, "https://q.example") and add(home, "https://q.example")
    with pytest.raises(NotFound):
        home.channels.channel("C99")


def test_the_type_of_the_event(home: TestHome) -> None:
    channel = add(home)
    home.channels.change(channel, Change(title="B"))
    with home.ledger.database.read() as connection:
        (seq,) = queries.channel_changes(connection, channel.seq)
    home.ledger.log.load()
    (entry,) = home.ledger.log.entries(seq, seq + 1)
    assert f'"t":"{EventType.CHANNEL_CHANGED}"'.encode() in entry
