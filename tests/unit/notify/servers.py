"""A mail server and a receiver of webhooks on loopback, with certificates of their own."""

from __future__ import annotations

import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from archiver.core.alert import Alert, Kind, Phase, Severity

USER, PASSWORD = "diarkiv", "ett hemligt ord"
NOW = 1_795_000_000_000
HOUR = 3_600_000


def alert(**fields: Any) -> Alert:
    """An alert of a gap on an invented channel."""
    values: dict[str, Any] = {
        "number": "0123456789abcdef0123456789abcdef",
        "kind": Kind.GAP,
        "severity": Severity.ORDINARY,
        "phase": Phase.RAISED,
        "at": NOW,
        "since": NOW - 5 * HOUR,
        "channel": 17,
        "authority_code": "KS",
        "platform": "wordpress",
        "reasons": ("unreachable",),
        "count": 2,
    }
    return Alert(**{**values, **fields})


@dataclass
class Mailbox:
    """What the mail server took over: envelope recipients, raw bytes, whether it was encrypted."""

    port: int = 0
    messages: list[tuple[list[str], bytes, bool]] = field(default_factory=list)
    refuse: set[str] = field(default_factory=set)
    answer: str = "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refuse:
            return f"550 no such user {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            encrypted = server.transport.get_extra_info("ssl_object") is not None
            self.messages.append((list(envelope.rcpt_tos), envelope.content, encrypted))
        return self.answer

    def parsed(self) -> list[Message]:
        return [message_from_bytes(raw, policy=default) for _, raw, _ in self.messages]

    def text(self, number: int = -1) -> str:
        message = self.parsed()[number]
        assert isinstance(message, EmailMessage)
        return str(message.get_content())


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(server's context, context of a client that trusts it) for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "post.testkoping.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, key_path = folder / "cert.pem", folder / "key.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path, key_path)
    return server, ssl.create_default_context(cafile=str(path))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _authenticate(server: Any, session: Any, envelope: Any, kind: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=good, handled=False)


class _ImplicitTls(Controller):
    """TLS from the start."""

    def __init__(self, handler: Any, context: ssl.SSLContext, **kwargs: Any) -> None:
        super().__init__(handler, ssl_context=context, **kwargs)

    def _trigger_server(self) -> None:
        """Its own way trusts only public certificates."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection((self.hostname, self.port), 5) as plain,
            context.wrap_socket(plain) as encrypted,
        ):
            encrypted.recv(1024)


@contextmanager
def mail_server(
    context: ssl.SSLContext | None = None, *, implicit: bool = False, login: bool = False
) -> Iterator[Mailbox]:
    """A mail server: in clear, with STARTTLS (a context), or with TLS from the start."""
    box = Mailbox(port=_free_port())
    warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")
    common: dict[str, Any] = {"hostname": "127.0.0.1", "port": box.port}
    if login:
        common |= {
            "authenticator": _authenticate,
            "auth_required": True,
            "auth_require_tls": context is not None and not implicit,
        }
    if implicit:
        assert context
        controller: Controller = _ImplicitTls(box, context, **common)
    else:
        controller = Controller(box, tls_context=context, **common)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@dataclass
class Receiver:
    """What the webhook's receiver was sent: (path, headers, body); `status` is its answer."""

    url: str = ""
    status: int = 204
    location: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def webhook_receiver() -> Iterator[Receiver]:
    """A receiver of webhooks over http."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append((self.path, dict(self.headers), body))
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/larm"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
