"""A web server on loopback that does exactly what a test tells it, also what no server should.

Each path has a script: a list of answers, used one by one, the last one for ever. An answer is the
bytes to send, or a function that gets the connection and may do anything with it. Between answers
the connection stays open unless the answer says `Connection: close` or the function returned True.
"""

from __future__ import annotations

import random
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from archiver.harvest.address import AllowedAddress
from archiver.harvest.http import RecordingClient

Answer: TypeAlias = bytes | Callable[[socket.socket], object]

ENDLESS = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


def answer(body: bytes = b"", status: int = 200, *headers: str) -> bytes:
    """A well-formed answer."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def redirect(location: str, status: int = 302) -> bytes:
    return answer(b"moved", status, f"Location: {location}")


@dataclass
class Web:
    port: int = 0
    scripts: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def says(self, path: str, *answers: Answer) -> None:
        self.scripts[path] = list(answers)

    def serve(self, connection: socket.socket) -> None:
        self.connections += 1
        waiting = b""
        while True:
            while b"\r\n\r\n" not in waiting:
                data = connection.recv(65536)
                if not data:
                    return
                waiting += data
            head, _, waiting = waiting.partition(b"\r\n\r\n")
            self.requests.append(head)
            target = head.split(b" ")[1].decode()
            path = target.partition("?")[0]
            script = self.scripts.get(target) or self.scripts.get(path) or [answer(b"no", 404)]
            said = script.pop(0) if len(script) > 1 else script[0]
            if isinstance(said, bytes):
                connection.sendall(said)
                if b"\r\nConnection: close\r\n" in said:
                    return
            elif said(connection):
                return


@contextmanager
def web(context: ssl.SSLContext | None = None) -> Iterator[Web]:
    """A server on a free port of 127.0.0.1, ended with the block."""
    site = Web()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                connection = self.request
                if context is not None:
                    connection = context.wrap_socket(connection, server_side=True)
                site.serve(connection)
            except OSError:
                pass  # the client hung up or did not trust us: what the test is about

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        site.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


def certificate(folder: Path, name: str, *, days: int = 1) -> Path:
    """A self-signed certificate for `name` with its key in one PEM file; expired if days < 0."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    end = datetime.now(UTC) + timedelta(days=days)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=2))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}{days}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return path


@dataclass
class Rig:
    """A client on a real clock whose sleep only writes down how long it would have slept."""

    site: Web
    slept: list[float] = field(default_factory=list)
    clients: list[RecordingClient] = field(default_factory=list)

    def client(self, *allowed: str, **how: Any) -> RecordingClient:
        places = allowed or (self.site.place,)
        client = RecordingClient(
            how.pop("target", None),
            now=how.pop("now", lambda: time.time_ns() // 1_000_000),
            sleep=self.slept.append,
            rng=random.Random(1),
            allowed=[AllowedAddress.parse(text) for text in places],
            resolve=how.pop("resolve", lambda host, port: ["127.0.0.1"]),
            proxies=how.pop("proxies", {}),
            **how,
        )
        self.clients.append(client)
        return client
