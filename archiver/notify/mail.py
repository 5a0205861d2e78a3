"""Alerts by e-mail: one message to all it is for, over TLS whose certificate was checked.

`smtps://host` speaks TLS from the start, `smtp://host` goes over to it with STARTTLS (RFC 3207)
and sends nothing if the server cannot. Only to this machine itself mail goes in clear, and even
there no password does. Recipients do not see each other. No error names an address or a server's
words, which may quote one.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import SplitResult, unquote, urlsplit

from archiver.core.alert import Alert, Audience
from archiver.core.record import instant
from archiver.errors import ConfigError, NotDelivered
from archiver.notify import wording

TIMEOUT = 20.0  # seconds for each step of the conversation
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"smtp": 587, "smtps": 465}
_FORM = "Write it as smtps://user@host or smtp://user@host:587, without a password."


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in: `tls` from the start, else STARTTLS."""

    host: str
    port: int
    tls: bool
    user: str = ""

    @property
    def is_local(self) -> bool:
        return self.host in LOOPBACK

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """From `smtp_url`; `ConfigError` without its text, which may hold a password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = SplitResult("", "", "", "", ""), None
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/"):
            raise ConfigError("The setting smtp_url is no address of a mail server.", remedy=_FORM)
        if parts.password is not None:
            raise ConfigError(
                "The setting smtp_url holds a password.",
                remedy=_FORM + " The password is given as DIARKIV_SMTP_PASSWORD, or as the systemd "
                "credential diarkiv-smtp-password.",
            )
        return cls(
            host=parts.hostname,
            port=_PORTS[parts.scheme] if port is None else port,
            tls=parts.scheme == "smtps",
            user=unquote(parts.username or ""),
        )


class MailNotifier:
    """`Notifier` by e-mail. `context` checks the server's certificate (None = as the system)."""

    way = "email"
    is_addressed = True

    def __init__(
        self,
        server: MailServer,
        *,
        sender: str,
        password: str = "",
        language: str = "sv",
        context: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        if server.user and not password:
            raise ConfigError(
                "The mail server wants a login, and there is no password.",
                remedy="Give it as DIARKIV_SMTP_PASSWORD, or as the systemd credential "
                "diarkiv-smtp-password.",
            )
        self._server, self._sender, self._password = server, sender, password
        self._language, self._timeout = language, timeout
        self._context = context

    def __repr__(self) -> str:
        return "<MailNotifier>"

    def send(self, alert: Alert, audience: Audience) -> None:
        """See `Notifier`. An address that the server refuses keeps the alert from no other."""
        to = list(audience.addresses)
        if not to:
            raise NotDelivered(
                "There is nobody to send it to.", remedy="Add somebody: `diarkiv alert add`."
            )
        message = self._message(alert, audience)
        try:
            with self._connected() as smtp:
                smtp.send_message(message, self._sender, to)
        except smtplib.SMTPAuthenticationError as error:
            raise _failed("login", error.smtp_code) from None
        except smtplib.SMTPRecipientsRefused:
            raise _failed("recipients") from None
        except smtplib.SMTPResponseException as error:
            raise _failed("answer", error.smtp_code) from None
        except ssl.SSLError:
            raise _failed("tls") from None
        except UnicodeError:
            raise _failed("characters") from None
        except (smtplib.SMTPException, OSError):
            raise _failed("unreachable") from None

    def _connected(self) -> smtplib.SMTP:
        """A conversation that is encrypted, unless it is with this machine, and logged in."""
        server = self._server
        context = self._context or ssl.create_default_context()
        smtp: smtplib.SMTP
        if server.tls:
            smtp = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._timeout, context=context
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=self._timeout)
        try:
            encrypted = server.tls
            smtp.ehlo_or_helo_if_needed()
            if not encrypted and (not server.is_local or smtp.has_extn("starttls")):
                smtp.starttls(context=context)  # raises where the server offers none
                encrypted = True
            if server.user:
                if not encrypted:
                    raise _failed("clear")
                smtp.login(server.user, self._password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _message(self, alert: Alert, audience: Audience) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = wording.subject(alert, self._language)
        message["From"] = self._sender
        message["To"] = "undisclosed-recipients:;"
        message["Date"] = format_datetime(instant(alert.at))
        message["Message-ID"] = f"<{alert.number}@diarkiv.invalid>"  # the same each time
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers
        message["X-Diarkiv-Alert"] = alert.number
        message["Content-Language"] = self._language
        text = wording.body(alert, self._language, audience)
        message.set_content(text, cte="quoted-printable")
        return message


def _failed(what: str, code: int | None = None) -> NotDelivered:
    """The way's own code for what went wrong; nothing that a server said."""
    words = f"email-{what}" if code is None else f"email-{what}-{code}"
    remedies = {
        "login": "Is DIARKIV_SMTP_PASSWORD right?",
        "tls": "The mail server's certificate does not fit its name, or is not trusted here.",
        "clear": "The mail server on this machine takes no encryption: leave out the user name.",
        "characters": "The user name and password of a mail server must be plain ASCII.",
        "recipients": "The mail server takes none of the addresses: `diarkiv alert list`.",
    }
    return NotDelivered(
        f"The e-mail was not taken over ({words}).",
        remedy=remedies.get(what, "Is the setting smtp_url right, and the mail server up?"),
        reason=words,
    )
