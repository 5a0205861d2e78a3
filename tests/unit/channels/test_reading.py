"""What the channels' screens are made from: the register, the calendar, a day, the requests."""

from __future__ import annotations

from datetime import date, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from archiver.channels import reading
from archiver.channels.change import Change
from archiver.channels.desk import LoginHealth
from archiver.core.access import LOCAL
from archiver.core.channel import Channel, ChannelState
from archiver.demo.server import DemoServer
from archiver.demo.site import Outage
from archiver.web.services import WebServices
from tests.build import FakeClock
from tests.unit.channels.sites import demo_site
from tests.unit.channels.test_web import add, now
from tests.unit.web.served import Web

STOCKHOLM = ZoneInfo("Europe/Stockholm")
OUTAGE = get_args(Outage)[0]


def at(text: str) -> int:
    """Milliseconds UTC of a Swedish time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).timestamp() * 1000)


def services(web: Web) -> WebServices:
    found: WebServices = web.app().extensions["diarkiv"].services
    return found


def clock(web: Web) -> FakeClock:
    assert isinstance(web.home.clock, FakeClock)
    return web.home.clock


def go_to(web: Web, text: str) -> None:
    clock(web).advance(at(text) - clock(web).now())


def days(web: Web, channel: Channel, last: str) -> dict[date, reading.Day]:
    on = date.fromisoformat(last)
    months = reading.year_to(web.desk, services(web), LOCAL, now(web, channel), on)
    return {one.date: one for month in months for one in month.days}


def test_each_day_shows_its_worst_and_why(web: Web) -> None:
    go_to(web, "2026-12-01 12:00")
    with DemoServer(demo_site()) as server:
        channel = add(web, server)
        web.home.harvest(channel)
        go_to(web, "2026-12-03 08:00")
        web.home.harvest(channel)
    go_to(web, "2026-12-03 09:00")
    web.home.harvest(channel)  # nothing answers any more
    go_to(web, "2026-12-05 12:00")
    web.home.channels.change(channel, Change(state=ChannelState.PAUSED))
    go_to(web, "2026-12-08 12:00")
    web.home.channels.change(now(web, channel), Change(state=ChannelState.ACTIVE))
    go_to(web, "2026-12-10 12:00")
    found = days(web, channel, "2026-12-10")
    assert {one.day: found[one].status for one in found if found[one].status != "before"} == {
        1: "partial",  # seen at noon, and then not for hours, though an hour was promised
        2: "",
        3: "gap",
        4: "",
        5: "paused",
        6: "paused",
        7: "paused",
        8: "paused",
        9: "",
        **dict.fromkeys(range(10, 32), "later"),
    }
    third = found[date(2026, 12, 3)]
    assert (third.runs, third.reasons) == (2, ("unreachable",))
    assert min(found) == date(2026, 12, 1)  # no month before the channel was there


def test_a_day_is_swedish_whatever_the_season(web: Web) -> None:
    go_to(web, "2027-03-27 23:30")
    with DemoServer(demo_site()) as server:
        channel = add(web, server)
        for text in ("2027-03-27 23:31", "2027-03-28 23:59", "2027-03-29 00:00"):
            go_to(web, text)
            web.home.harvest(channel)
    found = days(web, channel, "2027-03-29")
    assert [found[date(2027, 3, day)].runs for day in (27, 28, 29)] == [1, 1, 1]
    view = reading.day_view(web.desk, services(web), LOCAL, channel.seq, date(2027, 3, 28))
    assert len(view.lines) == 1
    assert [gap.reasons for gap in view.gaps] == [("not_looked",)]  # a whole day between
    budget = reading.budget(web.desk, services(web), LOCAL, channel)
    spent = {one.date.day: (one.runs, one.requests) for one in budget.days if one.runs}
    assert set(spent) == {27, 28, 29}
    assert budget.most == max(requests for _, requests in spent.values())
    assert (budget.allowed, budget.scale) == (None, budget.most)
    assert len(budget.days) == reading.BUDGET_DAYS


def test_a_gap_is_open_until_the_list_is_seen_again(web: Web) -> None:
    site = demo_site()
    with DemoServer(site) as server:
        channel = add(web, server)
        web.home.harvest(channel)
        first = clock(web).now()
        site.outage(OUTAGE, at=_later(web))
        clock(web).advance(3_600_000)
        web.home.harvest(channel)
        clock(web).advance(3_600_000)
        web.home.harvest(channel)
        gaps = web.desk.gaps(channel.seq, 0, clock(web).now() + 1)
        assert {(gap.since, gap.until) for gap in gaps} == {(first, None)}
        (row,) = reading.register(web.desk, services(web), LOCAL)
        assert (row.gaps, row.rank[0]) == (len(gaps), 0)
        site.outage(None, at=_later(web))
        clock(web).advance(3_600_000)
        web.home.harvest(channel)
        closed = web.desk.gaps(channel.seq, 0, clock(web).now() + 1)
        assert {(gap.since, gap.until) for gap in closed} == {(first, clock(web).now())}
        assert len(closed) == len(gaps)  # two readings, one gap for each list
        assert web.desk.gaps(channel.seq, 0, first) == []
        assert web.desk.gaps(channel.seq, clock(web).now(), 2**60) == []
        (row,) = reading.register(web.desk, services(web), LOCAL)
        assert (row.gaps, row.rank[0]) == (0, 4)


def _later(web: Web) -> datetime:
    return datetime.fromtimestamp(clock(web).now() / 1000, STOCKHOLM)


@pytest.mark.parametrize(
    ("days_left", "rank"), [(None, 4), (200, 4), (30, 3), (7, 1), (0, 1), (-3, 1)]
)
def test_the_worst_comes_first(web: Web, days_left: int | None, rank: int) -> None:
    with DemoServer(demo_site()) as server:
        channel = add(web, server)
        web.home.harvest(channel)
    ends = None if days_left is None else clock(web).now() + days_left * 86_400_000
    web.desk.health[channel.seq] = LoginHealth(entered_at=0, expires_at=ends)
    (row,) = reading.register(web.desk, services(web), LOCAL)
    assert row.rank[0] == rank
    web.home.channels.change(channel, Change(state=ChannelState.PAUSED))
    (row,) = reading.register(web.desk, services(web), LOCAL)
    assert (row.rank[0], row.next_at) == (8, None)


def test_a_channel_nobody_has_looked_at_comes_before_all(web: Web) -> None:
    with DemoServer(demo_site()) as server:
        channel = add(web, server)
    (row,) = reading.register(web.desk, services(web), LOCAL)
    assert (row.rank, row.last, row.good) == ((0, channel.seq), None, None)
