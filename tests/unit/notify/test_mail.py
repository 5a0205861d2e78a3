"""Alerts by e-mail, against a real server: taken over, encrypted, and silent about addresses."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from archiver.core.alert import Audience
from archiver.errors import ConfigError, NotDelivered
from archiver.notify.mail import MailNotifier, MailServer
from tests.unit.notify.servers import (
    PASSWORD,
    USER,
    Mailbox,
    alert,
    certificate,
    mail_server,
)

TO = ("registrator@testkoping.example", "jour@testkoping.example")
SENDER = "diarkiv@testkoping.example"


def notifier(
    box: Mailbox,
    scheme: str = "smtp",
    *,
    user: str = "",
    password: str = "",
    context: ssl.SSLContext | None = None,
) -> MailNotifier:
    at = f"{user}@" if user else ""
    server = MailServer.parse(f"{scheme}://{at}127.0.0.1:{box.port}")
    return MailNotifier(server, sender=SENDER, password=password, context=context, timeout=5)


def test_one_message_to_all_who_do_not_see_each_other() -> None:
    with mail_server() as box:
        notifier(box).send(alert(), Audience(addresses=TO))
        notifier(box).send(alert(), Audience(addresses=TO))
    (to, raw, encrypted) = box.messages[0]
    assert (to, encrypted) == (list(TO), False)  # in clear to this machine only
    message = box.parsed()[0]
    assert message["Message-ID"] == f"<{alert().number}@diarkiv.invalid>"
    assert message["Message-ID"] == box.parsed()[1]["Message-ID"]
    assert (message["From"], message["Auto-Submitted"]) == (SENDER, "auto-generated")
    assert not any(address.encode() in raw for address in TO)
    assert "källan svarade inte" in box.text()


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_it_is_encrypted_and_logs_in(tmp_path: Path, scheme: str) -> None:
    server, client = certificate(tmp_path)
    with mail_server(server, implicit=scheme == "smtps", login=True) as box:
        one = notifier(box, scheme, user=USER, password=PASSWORD, context=client)
        one.send(alert(), Audience(addresses=TO))
        wrong = notifier(box, scheme, user=USER, password="fel", context=client)
        with pytest.raises(NotDelivered) as failed:
            wrong.send(alert(), Audience(addresses=TO))
        assert failed.value.reason == "email-login-535"
        foreign = notifier(box, scheme, user=USER, password="lösenord", context=client)
        with pytest.raises(NotDelivered) as failed:
            foreign.send(alert(), Audience(addresses=TO))
        assert failed.value.reason == "email-characters"
    assert [encrypted for *_, encrypted in box.messages] == [True]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path, scheme: str) -> None:
    server, _ = certificate(tmp_path)
    with mail_server(server, implicit=scheme == "smtps") as box:
        with pytest.raises(NotDelivered) as failed:
            notifier(box, scheme).send(alert(), Audience(addresses=TO))
        assert box.messages == []
    assert failed.value.reason == "email-tls"


def test_a_password_never_goes_in_clear() -> None:
    with mail_server(login=True) as box, pytest.raises(NotDelivered) as failed:
        notifier(box, user=USER, password=PASSWORD).send(alert(), Audience(addresses=TO))
    assert failed.value.reason == "email-clear"
    assert box.messages == []


def test_another_machine_without_encryption_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server() as box:
        one = notifier(box)
        monkeypatch.setattr("archiver.notify.mail.LOOPBACK", frozenset())  # as if it were far away
        with pytest.raises(NotDelivered):
            one.send(alert(), Audience(addresses=TO))
    assert box.messages == []


def test_one_refused_address_keeps_it_from_no_other() -> None:
    with mail_server() as box:
        box.refuse = {TO[0]}
        notifier(box).send(alert(), Audience(addresses=TO))
        assert box.messages[0][0] == [TO[1]]
        box.refuse = set(TO)
        with pytest.raises(NotDelivered) as failed:
            notifier(box).send(alert(), Audience(addresses=TO))
    assert failed.value.reason == "email-recipients"
    assert not any(address in str(failed.value) for address in TO)
    assert failed.value.__cause__ is None


def test_what_goes_wrong_is_a_code() -> None:
    with mail_server() as box:
        box.answer = "452 mailbox of jour@testkoping.example is full"
        with pytest.raises(NotDelivered) as failed:
            notifier(box).send(alert(), Audience(addresses=TO))
    assert failed.value.reason == "email-answer-452"
    assert "jour" not in str(failed.value)
    with pytest.raises(NotDelivered) as failed:  # the server is gone
        notifier(box).send(alert(), Audience(addresses=TO))
    assert failed.value.reason == "email-unreachable"
    with pytest.raises(NotDelivered) as failed:
        notifier(box).send(alert(), Audience())
    assert failed.value.reason == "nobody"


def test_the_address_of_a_server() -> None:
    parsed = MailServer.parse("smtp://larm%40testkoping.example@post.testkoping.example")
    assert parsed == MailServer(
        host="post.testkoping.example", port=587, tls=False, user="larm@testkoping.example"
    )
    assert MailServer.parse("smtps://post.testkoping.example").port == 465


@pytest.mark.parametrize(
    "url",
    ["post.testkoping.example", "http://a.example", "smtp://", "smtp://a:x", "smtps://u:hemligt@a"],
)
def test_a_wrong_address_is_refused_without_saying_it(url: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        MailServer.parse(url)
    assert "hemligt" not in str(wrong.value)


def test_a_user_needs_a_password() -> None:
    with pytest.raises(ConfigError, match="password"):
        MailNotifier(MailServer.parse("smtps://u@a.example"), sender=SENDER)
