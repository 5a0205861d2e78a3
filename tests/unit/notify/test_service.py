"""Alerts of a home, from facts to a mailbox: nothing is lost, nothing is decided twice, and a mail
server that is down stops nothing."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from archiver.core.alert import Alert, Audience, Kind, Severity
from archiver.core.connector import Control, ControlStatus, Credential
from archiver.core.ports import Notifier
from archiver.db.notices import Notices
from archiver.db.operations import Operations
from archiver.db.place import Place
from archiver.errors import NotDelivered, SealBroken
from archiver.notify.alert import HOUR, ChannelFacts, Facts, OpenGap
from archiver.notify.service import (
    FIRST_WAIT,
    KEEP,
    LEASE,
    LONGEST_WAIT,
    Alerts,
    Ticked,
    keep_telling,
)
from archiver.notify.ways import ways
from tests.build import NOVEMBER, FakeClock
from tests.postgres import Server
from tests.unit.notify.servers import mail_server, webhook_receiver

REGISTRAR, DUTY = "registrator@testkoping.example", "jour@testkoping.example"
MINUTE = 60_000


@dataclass
class Way:
    """A `Notifier` that keeps what it is given; `down` makes it fail."""

    way: str = "email"
    is_addressed: bool = True
    down: bool = False
    sent: list[tuple[Alert, Audience]] = field(default_factory=list)

    def send(self, alert: Alert, audience: Audience) -> None:
        if self.down:
            raise NotDelivered("It is down.", reason="email-unreachable")
        self.sent.append((alert, audience))


class Rig:
    """An operations database, facts the test sets, and the alerts over them."""

    def __init__(self, home: Path, url: str = "") -> None:
        self.clock = FakeClock()
        self.path = home / "db" / "operations.sqlite"
        home_id = secrets.token_hex(8)
        self.place = Place(home, SecretStr(url), lambda: home_id)
        database = self.place.operations()
        self.operations = Operations(database, bytes(range(32)), self.clock, os.urandom)
        self.notices = Notices(self.operations, self.clock)
        self.reasons: tuple[str, ...] = ()
        self.since = self.clock.now()
        self.way = Way()

    def facts(self, now: int) -> Facts:
        gaps = (
            [
                OpenGap(
                    collection="posts", since=self.since, reasons=self.reasons, acknowledged=False
                )
            ]
            if self.reasons
            else []
        )
        one = ChannelFacts(channel=17, interval=60, added_at=0, last_seen=now, gaps=tuple(gaps))
        return Facts(channels=(one,))

    def alerts(self, *notifiers: Notifier) -> Alerts:
        return Alerts(
            self.notices,
            notifiers or [self.way],
            origin="diarkiv/0011/1",
            facts=self.facts,
            place=lambda channel: ("KS", "wordpress"),
        )

    def tick(self) -> Ticked:
        return self.alerts().tick(self.clock.now())


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with capture_logs():
        yield Rig(tmp_path)


def test_an_alarm_and_its_all_clear(rig: Rig) -> None:
    rig.notices.add_recipient(REGISTRAR)
    assert rig.tick() == Ticked()
    rig.reasons = ("login_refused",)
    assert rig.tick() == Ticked(said=1, sent=1)
    rig.clock.advance(MINUTE)
    assert rig.tick() == Ticked()
    rig.reasons = ()
    assert rig.tick() == Ticked(said=1, sent=1)
    (first, audience), (last, _) = rig.way.sent
    assert (first.kind, first.authority_code, first.platform) == (Kind.LOGIN, "KS", "wordpress")
    assert (first.channel, first.until) == (17, None)
    assert audience == Audience(addresses=(REGISTRAR,))
    assert (last.since, last.until) == (first.since, rig.clock.now())
    assert first.number != last.number
    assert rig.notices.standing() == []


def test_a_mail_server_that_is_down_is_tried_again_ever_more_seldom(rig: Rig) -> None:
    rig.reasons, rig.way.down = ("login_refused",), True
    waits, last = [], rig.clock.now()
    for _ in range(60 * 24):
        if rig.tick().failed:
            waits.append(rig.clock.now() - last)
            last = rig.clock.now()
        rig.clock.advance(MINUTE)
    assert waits[1:5] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT, 8 * FIRST_WAIT]
    assert max(waits) <= LONGEST_WAIT + MINUTE
    backlog = rig.alerts().backlog()
    assert (backlog.waiting, backlog.failing, backlog.failure) == (1, 1, "email-unreachable")
    rig.way.down = False
    rig.clock.advance(LONGEST_WAIT)
    rig.tick()
    assert len({alert.number for alert, _ in rig.way.sent}) == len(rig.way.sent)
    assert rig.alerts().backlog().failing == 0


def test_a_newer_message_takes_the_place_of_one_that_waits(rig: Rig) -> None:
    rig.reasons, rig.way.down = ("login_refused",), True
    rig.tick()
    rig.reasons = ()
    rig.tick()
    rig.way.down = False
    rig.clock.advance(LONGEST_WAIT)
    assert rig.tick().sent == 1
    ((alert, _),) = rig.way.sent
    assert alert.until is not None  # it began and ended before anybody could be told


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_while_sending_sends_again_with_the_same_number(rig: Rig, when: str) -> None:
    rig.reasons = ("login_refused",)
    send: Callable[[Alert, Audience], None] = rig.way.send

    def crash(alert: Alert, audience: Audience) -> None:
        if when == "after":
            send(alert, audience)
        raise Crash

    rig.way.send = crash  # type: ignore[method-assign]
    with pytest.raises(Crash):
        rig.tick()
    rig.way.send = send  # type: ignore[method-assign]
    rig.clock.advance(MINUTE)
    assert rig.tick() == Ticked()  # nobody else takes it while it may still be under way
    rig.clock.advance(LEASE)
    assert rig.tick() == Ticked(sent=1)
    assert len({alert.number for alert, _ in rig.way.sent}) == 1
    assert len(rig.way.sent) == (2 if when == "after" else 1)


def test_a_crash_while_deciding_decides_again(rig: Rig) -> None:
    rig.reasons = ("login_refused",)
    alerts = rig.alerts()

    def crash(_channel: int) -> tuple[str, str]:
        raise Crash

    alerts._place = crash
    with pytest.raises(Crash):
        alerts.tick(rig.clock.now())
    assert rig.notices.standing() == []
    assert rig.tick() == Ticked(said=1, sent=1)


def test_what_is_urgent_goes_to_who_is_on_duty_too(rig: Rig) -> None:
    rig.notices.add_recipient(REGISTRAR)
    rig.notices.set_roster(f"mån 00:00;mån 00:00;{DUTY}\n2026-12-24 00:00;2026-12-25 00:00;\n")
    alerts = rig.alerts()
    alerts.test(rig.clock.now())
    alerts.test(rig.clock.now(), Severity.URGENT)
    alerts.test(1_798_110_000_000, Severity.URGENT)  # 24 December 2026: nobody
    ordinary, urgent, nobody = (audience for _, audience in rig.way.sent)
    assert ordinary == Audience(addresses=(REGISTRAR,))
    assert urgent == Audience(addresses=(REGISTRAR, DUTY))
    assert nobody == Audience(addresses=(REGISTRAR,), nobody_on_duty=True)


def test_every_way_is_told_and_one_that_is_down_keeps_it_from_no_other(rig: Rig) -> None:
    rig.reasons = ("login_refused",)
    other = Way(way="webhook", is_addressed=False)
    rig.way.down = True
    assert rig.alerts(rig.way, other).tick(rig.clock.now()) == Ticked(said=2, sent=1, failed=1)
    ((alert, audience),) = other.sent
    assert audience == Audience()  # a program is told of no person
    rig.way.down = False
    rig.clock.advance(FIRST_WAIT)
    rig.alerts(rig.way, other).tick(rig.clock.now())
    assert rig.way.sent[0][0].number == alert.number


def test_an_address_that_does_not_open_keeps_it_from_no_program(rig: Rig) -> None:
    rig.notices.add_recipient(REGISTRAR)
    rig.operations.close()
    other = Operations(rig.place.operations(), bytes(32), rig.clock, os.urandom)
    rig.notices = Notices(other, rig.clock)
    rig.reasons = ("login_refused",)
    webhook = Way(way="webhook", is_addressed=False)
    done = rig.alerts(rig.way, webhook).tick(rig.clock.now())
    assert (done.sent, done.failed) == (1, 1)
    assert rig.alerts().backlog().failure == SealBroken.code


def test_without_a_way_nothing_is_decided(rig: Rig) -> None:
    rig.reasons = ("login_refused",)
    alerts = Alerts(
        rig.notices, [], origin="x", facts=rig.facts, place=lambda channel: ("KS", "feed")
    )
    assert alerts.tick(rig.clock.now()) == Ticked()
    assert alerts.ways == ()
    assert rig.tick() == Ticked(said=1, sent=1)  # it is news once there is a way


def test_the_workers_teller_outlives_what_goes_wrong() -> None:
    ticks = list[int]()

    def tick() -> None:
        ticks.append(len(ticks))
        if len(ticks) == 1:
            raise SealBroken("It does not open.")
        if len(ticks) == 2:
            raise ZeroDivisionError("Hulda Hemlig")

    with capture_logs() as logs:
        keep_telling(tick, lambda seconds: len(ticks) == 4)
    assert ticks == [0, 1, 2, 3]
    assert [entry["event"] for entry in logs] == ["alert.error", "alert.fault"]
    assert "Hulda" not in repr(logs)


def test_on_postgresql(postgres: Server, tmp_path: Path) -> None:
    rig = Rig(tmp_path, postgres.url())
    with capture_logs():
        numbers = [rig.notices.add_recipient(f"{n}@testkoping.example") for n in range(3)]
        rig.notices.remove_recipient(numbers[1])
        assert [one.id for one in rig.notices.recipients()] == [numbers[0], numbers[2]]
        rig.notices.set_roster(f"mån 00:00;mån 00:00;{DUTY}\n")
        rig.notices.set_roster(f"tis 00:00;tis 00:00;{DUTY}\n")
        rig.operations.put(17, Credential(user="a", secret="b"))
        refused = Control(status=ControlStatus.LOGIN_REFUSED, expires_at=NOVEMBER)
        rig.operations.note_control(17, refused)
        rig.clock.advance(MINUTE)
        rig.operations.note_control(17, refused)
        (token,) = rig.operations.tokens()
        assert (token.refused_since, token.last_refused_at) == (NOVEMBER, NOVEMBER + MINUTE)
        rig.reasons, rig.way.down = ("login_refused",), True
        assert rig.tick() == Ticked(said=1, failed=1)
        assert rig.alerts().backlog().failing == 1
        rig.reasons, rig.way.down = (), False
        assert rig.tick() == Ticked(said=1, sent=1)
        rig.clock.advance(KEEP + 1)
        rig.tick()
        assert rig.notices.standing() == []
    rig.operations.close()


def test_what_is_done_is_forgotten_in_time(rig: Rig) -> None:
    rig.reasons = ("login_refused",)
    rig.tick()
    rig.reasons = ()
    rig.tick()
    rig.clock.advance(KEEP + 1)
    rig.tick()
    assert rig.notices.prune(rig.clock.now()) == 0


def test_people_and_duty_are_not_on_disk_in_clear(rig: Rig) -> None:
    number = rig.notices.add_recipient(REGISTRAR)
    rig.notices.set_roster(f"mån 00:00;mån 00:00;{DUTY}\n")
    on_disk = b"".join(p.read_bytes() for p in rig.path.parent.iterdir())
    assert REGISTRAR.encode() not in on_disk
    assert DUTY.encode() not in on_disk
    assert [one.address for one in rig.notices.recipients()] == [REGISTRAR]
    assert DUTY in rig.notices.roster()
    rig.notices.remove_recipient(number)
    assert rig.notices.recipients() == []


def test_through_real_servers(rig: Rig) -> None:
    rig.notices.add_recipient(REGISTRAR)
    rig.reasons = ("unreachable",)
    rig.clock.advance(5 * HOUR)
    with mail_server() as box, webhook_receiver() as receiver:
        found = ways(
            rig.clock,
            smtp_url=f"smtp://127.0.0.1:{box.port}",
            smtp_from="diarkiv@testkoping.example",
            webhook=receiver.url,
            webhook_secret="s",
        )
        assert rig.alerts(*found).tick(rig.clock.now()) == Ticked(said=2, sent=2)
    body = json.loads(receiver.requests[0][2])
    assert body["reasons"] == ["unreachable"]
    assert box.parsed()[0]["Subject"] == "[Diarkiv] Lucka i arkivet – KS, wordpress, C17"
    assert box.parsed()[0]["X-Diarkiv-Alert"] == body["number"]
    assert "källan svarade inte" in box.text()
