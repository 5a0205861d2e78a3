"""Alerts to a program of the authority's own: JSON by POST, signed.

    X-Diarkiv-Timestamp: 1795353955        seconds since 1970, when it was sent
    X-Diarkiv-Signature: sha256=<hex>      HMAC-SHA-256(secret, timestamp ‖ "." ‖ body)
    Idempotency-Key: <number>              the same each time an alert is sent

The receiver computes the signature anew, compares it in constant time, and refuses what is older
than some minutes. Only https, or http to this machine itself; a redirect is a failure, never
followed: the address was set on purpose. Answers are not read beyond their status.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

import httpx

from archiver.core import canonical
from archiver.core.alert import Alert, Audience
from archiver.core.ports import Clock
from archiver.errors import ConfigError, NotDelivered

TIMEOUT = 10.0  # seconds
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def checked_url(url: str) -> str:
    """The setting `alert_webhook`; `ConfigError` without its text, which may hold a secret."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        is_valid = parts.port != 0
    except ValueError:
        parts, host, is_valid = urlsplit(""), "", False
    local = parts.scheme == "http" and host in LOOPBACK
    if not is_valid or not host or not (parts.scheme == "https" or local):
        raise ConfigError(
            "The setting alert_webhook is no https address.",
            remedy="Write it as https://host/path; http is for this machine itself only.",
        )
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            "The setting alert_webhook holds a login.",
            remedy="Leave it out: messages are signed with DIARKIV_WEBHOOK_SECRET.",
        )
    return url


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What stands in `X-Diarkiv-Signature`."""
    signed = timestamp.encode() + b"." + body
    return f"sha256={hmac.new(secret.encode(), signed, 'sha256').hexdigest()}"


class WebhookNotifier:
    """`Notifier` by webhook."""

    way = "webhook"
    is_addressed = False

    def __init__(
        self,
        url: str,
        *,
        secret: str,
        clock: Clock,
        timeout: float = TIMEOUT,
    ) -> None:
        if not secret:
            raise ConfigError(
                "There is no secret to sign the webhook's messages with.",
                remedy="Give it as DIARKIV_WEBHOOK_SECRET, or as the systemd credential "
                "diarkiv-webhook-secret.",
            )
        self._url, self._secret, self._clock = checked_url(url), secret, clock
        self._timeout = timeout

    def __repr__(self) -> str:
        return "<WebhookNotifier>"

    def send(self, alert: Alert, audience: Audience) -> None:
        """See `Notifier`. A program is told of every alert, and of no person."""
        del audience
        body = canonical.encode(alert.fields())
        timestamp = str(self._clock.now() // 1000)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": alert.number,
            "User-Agent": "Diarkiv",
            "X-Diarkiv-Signature": signature(self._secret, timestamp, body),
            "X-Diarkiv-Timestamp": timestamp,
        }
        try:
            with (
                # What stays on this machine goes through no proxy.
                httpx.Client(
                    timeout=self._timeout,
                    follow_redirects=False,
                    trust_env=self._url.startswith("https://"),
                ) as client,
                client.stream("POST", self._url, content=body, headers=headers) as answer,
            ):
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            raise _failed("unreachable") from None
        if not httpx.codes.is_success(status):
            raise _failed(f"http-{status}")


def _failed(what: str) -> NotDelivered:
    return NotDelivered(
        f"The webhook did not take the alert over (webhook-{what}).",
        remedy="Is the setting alert_webhook right, and the receiver up?",
        reason=f"webhook-{what}",
    )
