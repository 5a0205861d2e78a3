"""Which ways there are to tell people, by the settings. Nothing is opened before it is used."""

from __future__ import annotations

from urllib.parse import urlsplit

from archiver.core.ports import Clock, Notifier
from archiver.errors import ConfigError
from archiver.notify.mail import MailNotifier, MailServer
from archiver.notify.webhook import WebhookNotifier


def ways(
    clock: Clock,
    *,
    smtp_url: str = "",
    smtp_from: str = "",
    smtp_password: str = "",
    webhook: str = "",
    webhook_secret: str = "",
    language: str = "sv",
) -> list[Notifier]:
    """The ways that are set up; `ConfigError` says which setting is wrong or missing."""
    found: list[Notifier] = []
    if smtp_url:
        if "@" not in smtp_from or "\n" in smtp_from or "\r" in smtp_from:
            raise ConfigError(
                "The setting smtp_from is no e-mail address.",
                remedy="Set it to an address that your mail server lets this machine send from.",
            )
        found.append(
            MailNotifier(
                MailServer.parse(smtp_url),
                sender=smtp_from,
                password=smtp_password,
                language=language,
            )
        )
    if webhook:
        found.append(WebhookNotifier(webhook, secret=webhook_secret, clock=clock))
    return found


def hosts(smtp_url: str, webhook: str) -> list[str]:
    """Where alerts go to, for the list of hosts that the home talks to: scheme, host and port."""
    parts = (urlsplit(url) for url in (smtp_url, webhook) if url)
    return [f"{one.scheme}://{one.netloc.rpartition('@')[2]} (alerts)" for one in parts]
