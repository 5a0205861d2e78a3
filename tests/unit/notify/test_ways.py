"""Which ways there are follows from the settings, and a wrong one is named."""

from __future__ import annotations

import pytest

from archiver.errors import ConfigError
from archiver.notify.ways import hosts, ways
from tests.build import FakeClock

MAIL = {"smtp_url": "smtps://post.testkoping.example", "smtp_from": "diarkiv@testkoping.example"}
HOOK = {"webhook": "https://larm.testkoping.example/", "webhook_secret": "s"}


def test_none_one_and_both() -> None:
    clock = FakeClock()
    assert ways(clock) == []
    assert [one.way for one in ways(clock, **MAIL)] == ["email"]
    assert [one.way for one in ways(clock, **MAIL, **HOOK)] == ["email", "webhook"]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({**MAIL, "smtp_from": ""}, "smtp_from"),
        ({**MAIL, "smtp_from": "a@b.example\nBcc: c@d.example"}, "smtp_from"),
        ({**MAIL, "smtp_url": "post.testkoping.example"}, "smtp_url"),
        ({**HOOK, "webhook": "http://larm.testkoping.example/"}, "alert_webhook"),
        ({**HOOK, "webhook_secret": ""}, "WEBHOOK_SECRET"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        ways(FakeClock(), **settings)
    assert named in str(wrong.value)


def test_hosts_are_named_without_users_and_paths() -> None:
    named = hosts(
        "smtp://larm@post.testkoping.example:587", "https://larm.testkoping.example/x?y=z"
    )
    assert named == [
        "smtp://post.testkoping.example:587 (alerts)",
        "https://larm.testkoping.example (alerts)",
    ]
    assert hosts("", "") == []
