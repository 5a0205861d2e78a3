"""The contract of `Notifier`, over every way: taken over or `NotDelivered`, the same number each
time, and nothing but the alert's fields leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from archiver.core.alert import Audience, Kind, Phase, Severity
from archiver.core.ports import Notifier
from archiver.errors import NotDelivered
from archiver.notify.mail import MailNotifier, MailServer
from archiver.notify.webhook import WebhookNotifier
from tests.build import FakeClock
from tests.unit.notify.servers import alert, mail_server, webhook_receiver

SOMEBODY = "jour@testkoping.example"


@dataclass
class Way:
    """A way to a real server: what it was sent, as bytes, and how to make it refuse."""

    notifier: Notifier
    sent: Callable[[], list[bytes]]
    refuse: Callable[[], None]
    stop: Callable[[], None]


@pytest.fixture(params=["email", "webhook"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    with ExitStack() as stack:
        if request.param == "email":
            box = stack.enter_context(mail_server())
            server = MailServer.parse(f"smtp://127.0.0.1:{box.port}")
            yield Way(
                MailNotifier(server, sender="diarkiv@testkoping.example", timeout=5),
                lambda: [raw for _, raw, _ in box.messages],
                lambda: setattr(box, "answer", "554 no thanks"),
                stack.close,
            )
        else:
            receiver = stack.enter_context(webhook_receiver())
            yield Way(
                WebhookNotifier(receiver.url, secret="s", clock=FakeClock(), timeout=5),
                lambda: [repr(headers).encode() + body for _, headers, body in receiver.requests],
                lambda: setattr(receiver, "status", 503),
                stack.close,
            )


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("phase", Phase)
def test_every_alert_arrives_with_its_number(way: Way, kind: Kind, phase: Phase) -> None:
    one = alert(kind=kind, phase=phase, severity=Severity.URGENT, days=3, hours=30)
    way.notifier.send(one, Audience(addresses=(SOMEBODY,), nobody_on_duty=True))
    (sent,) = way.sent()
    assert one.number.encode() in sent
    assert SOMEBODY.encode() not in sent


def test_the_same_alert_is_the_same_message(way: Way) -> None:
    for _ in range(2):
        way.notifier.send(alert(), Audience(addresses=(SOMEBODY,)))
    first, second = (raw.partition(b"\n\n")[2] for raw in way.sent())
    assert first == second


def test_a_refusal_is_not_delivered(way: Way) -> None:
    way.refuse()
    with pytest.raises(NotDelivered) as failed:
        way.notifier.send(alert(), Audience(addresses=(SOMEBODY,)))
    assert failed.value.reason.startswith(way.notifier.way)
    assert failed.value.remedy


def test_a_server_that_is_gone_is_not_delivered(way: Way) -> None:
    way.stop()
    with pytest.raises(NotDelivered) as failed:
        way.notifier.send(alert(), Audience(addresses=(SOMEBODY,)))
    assert "unreachable" in failed.value.reason
    assert SOMEBODY not in str(failed.value) + repr(failed.value.__cause__)


def test_it_shows_nothing_of_its_secrets(way: Way) -> None:
    assert repr(way.notifier) in ("<MailNotifier>", "<WebhookNotifier>")
