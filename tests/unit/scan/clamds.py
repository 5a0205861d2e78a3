"""A clamd that speaks the real protocol over a real socket, and finds one harmless test string."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

# What every scanner knows and nobody is harmed by, in two pieces so that no scanner finds it here.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
VERSION = "ClamAV 1.4.6/27811/Sun Nov 22 09:31:00 2026"


@dataclass
class FakeClamd:
    """`answer`: what it says instead of a verdict; `limit`: bytes above which it hangs up, as
    StreamMaxLength does."""

    limit: int = 2**40
    answer: str = ""
    seen: list[bytes] = field(default_factory=list)

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                try:
                    self._talk(connection)
                except (ConnectionError, EOFError):
                    continue

    def _talk(self, connection: socket.socket) -> None:
        command = b""
        while not command.endswith(b"\0"):
            command += _exactly(connection, 1)
        if command == b"zVERSION\0":
            connection.sendall(VERSION.encode() + b"\0")
            return
        if command != b"zINSTREAM\0":
            connection.sendall(b"UNKNOWN COMMAND\0")
            return
        held = b""
        while length := struct.unpack(">I", _exactly(connection, 4))[0]:
            held += _exactly(connection, length)
            if len(held) > self.limit:
                connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.seen.append(held)
        found = "stream: Eicar-Signature FOUND" if EICAR in held else "stream: OK"
        connection.sendall((self.answer or found).encode() + b"\0")


def _exactly(connection: socket.socket, count: int) -> bytes:
    held = b""
    while len(held) < count:
        piece = connection.recv(count - len(held))
        if not piece:
            raise EOFError
        held += piece
    return held


@contextmanager
def running(clamd: FakeClamd, path: Path | None = None) -> Iterator[str]:
    """The clamd on a Unix socket, or on loopback; its setting."""
    if path is None:
        listening = socket.create_server(("127.0.0.1", 0))
        setting = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
    else:
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(str(path))
        listening.listen()
        setting = f"unix:{path}"
    thread = threading.Thread(target=clamd.serve, args=(listening,), daemon=True)
    thread.start()
    try:
        yield setting
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)
