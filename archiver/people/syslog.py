"""What happened, to the machine's or a log server's syslog: what, and never who.

    syslog = "udp://loghost.testkoping.example:514"    or    syslog = "unix:/dev/log"

A log server that is away holds nobody up: UDP is not answered, and a local socket that is gone is
passed over. The access log in the archive is the record; this is the alarm bell.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from logging.handlers import SysLogHandler
from urllib.parse import urlsplit

from archiver.errors import ConfigError
from archiver.people.trail import Happened

_FACILITY = SysLogHandler.LOG_AUTHPRIV
_LEVELS = {
    Happened.SIGN_IN_FAILED: logging.WARNING,
    Happened.PASSKEY_SUSPECTED: logging.WARNING,
}


class _Patient(SysLogHandler):
    """One that is not troubled by a log server that is away."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 the library's name
        del record


def forwarder(setting: str, origin: str) -> Callable[[Happened], None]:
    """What forwards to the place of the setting; nothing if that is empty. `origin` says which home
    speaks. `ConfigError` for a place that is none."""
    if not setting:
        return lambda _what: None
    try:
        handler = _Patient(_place(setting), facility=_FACILITY)
    except OSError as error:
        raise ConfigError(
            "The syslog of the setting cannot be reached.", remedy="Look at the setting syslog."
        ) from error
    handler.ident = "diarkiv: "

    def forward(what: Happened) -> None:
        level = _LEVELS.get(what, logging.INFO)
        words = f"event={what.value} home={origin}"
        handler.handle(logging.LogRecord("diarkiv", level, "", 0, words, None, None))

    return forward


def _place(setting: str) -> str | tuple[str, int]:
    if setting.startswith("unix:/"):
        return setting.removeprefix("unix:")
    try:
        parts = urlsplit(setting)
        if parts.scheme == "udp" and parts.hostname and parts.path in ("", "/"):
            return parts.hostname, parts.port or 514
    except ValueError:
        pass
    raise ConfigError(
        "The setting syslog is no place that can be written to.",
        remedy='Write "udp://HOST:514" or "unix:/dev/log".',
    )
