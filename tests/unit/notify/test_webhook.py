"""Alerts by webhook, against a real receiver: signed, numbered, never redirected."""

from __future__ import annotations

import hmac
import json

import pytest

from archiver.core.alert import Audience
from archiver.errors import ConfigError, NotDelivered
from archiver.notify.webhook import WebhookNotifier, checked_url, signature
from tests.build import FakeClock
from tests.unit.notify.servers import alert, webhook_receiver

SECRET = "en hemlighet"


def test_a_message_is_signed_and_names_nobody() -> None:
    clock = FakeClock()
    with webhook_receiver() as receiver:
        one = WebhookNotifier(receiver.url, secret=SECRET, clock=clock)
        one.send(alert(), Audience(addresses=("jour@testkoping.example",)))
    ((path, headers, body),) = receiver.requests
    timestamp = headers["X-Diarkiv-Timestamp"]
    assert (path, timestamp) == ("/larm", str(clock.now() // 1000))
    expected = hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()
    assert headers["X-Diarkiv-Signature"] == f"sha256={expected}"
    assert headers["Idempotency-Key"] == alert().number
    assert json.loads(body) == alert().fields()
    assert b"testkoping" not in body


def test_a_signature_is_of_the_time_too() -> None:
    assert signature(SECRET, "1", b"23") != signature(SECRET, "12", b"3")


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500])
def test_anything_but_success_is_a_failure(status: int) -> None:
    with webhook_receiver() as receiver, webhook_receiver() as other:
        receiver.status, receiver.location = status, other.url
        one = WebhookNotifier(receiver.url, secret=SECRET, clock=FakeClock())
        with pytest.raises(NotDelivered) as failed:
            one.send(alert(), Audience())
    assert failed.value.reason == f"webhook-http-{status}"
    assert other.requests == []
    assert receiver.url not in str(failed.value)


def test_a_receiver_that_is_gone() -> None:
    with webhook_receiver() as receiver:
        pass
    one = WebhookNotifier(receiver.url, secret=SECRET, clock=FakeClock())
    with pytest.raises(NotDelivered) as failed:
        one.send(alert(), Audience())
    assert failed.value.reason == "webhook-unreachable"
    assert failed.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        "http://larm.testkoping.example/",
        "http://127.0.0.1.testkoping.example/",
        "ftp://127.0.0.1/",
        "https://",
        "https://u:hemligt@larm.testkoping.example/",
        "https://[::1",
        "larm",
    ],
)
def test_only_https_or_this_machine(url: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        checked_url(url)
    assert "hemligt" not in str(wrong.value)


@pytest.mark.parametrize("url", ["https://larm.testkoping.example/x?y=1", "http://[::1]:8080/"])
def test_good_addresses(url: str) -> None:
    assert checked_url(url) == url


def test_there_must_be_a_secret() -> None:
    with pytest.raises(ConfigError, match="secret"):
        WebhookNotifier("https://a.example", secret="", clock=FakeClock())
