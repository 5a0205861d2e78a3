"""ClamAV's daemon as a `Scanner`: the bytes go to it as they are read (`INSTREAM`, clamd(8)).

    → zINSTREAM NUL   then per piece: u32 length (big-endian) ‖ bytes, and u32 0 at the end
    ← stream: OK NUL | stream: <name> FOUND NUL | … ERROR NUL

What holds: nothing touches a disk here; a daemon that is away, slow or too small for a file makes
it `NOT_SCANNED`, never clean; a file's own bytes cannot end the dialogue, because pieces carry
their lengths. There is no encryption in the protocol, so the daemon is on this machine.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TypeAlias
from urllib.parse import urlsplit

from archiver.core.ports import Scanner
from archiver.core.scan import NO_SCANNER, Scan, ScanVerdict
from archiver.errors import ConfigError

TIMEOUT = 120.0  # seconds for one answer: clamd takes its time over an archive of archives
CONNECT = 5.0
_PIECE = 2**17
_LENGTH = struct.Struct(">I")
_MAX_ANSWER = 4096
_FOUND = re.compile(r"stream: (.{1,200}) FOUND")
_PORT = 3310
Address: TypeAlias = str | tuple[str, int]


class NoScanner:
    """The `Scanner` of a home without one: it says so of every file."""

    def scan(self, chunks: Iterable[bytes]) -> Scan:
        """`NOT_SCANNED`, because of `no_scanner`."""
        del chunks
        return NO_SCANNER


class Clamd:
    """A clamd at a socket's path, or at (host, port)."""

    def __init__(self, address: Address, *, timeout: float = TIMEOUT) -> None:
        self._address, self._timeout = address, timeout

    def scan(self, chunks: Iterable[bytes]) -> Scan:
        """Send one file and read the verdict."""
        try:
            engine = self._version()
            with self._connect() as connection:
                answer = _stream(connection, chunks)
        except (OSError, UnicodeError):
            return Scan(verdict=ScanVerdict.NOT_SCANNED, found="unreachable")
        return _judged(answer, engine)

    def _version(self) -> str:
        """Program, signatures' number and date, as the daemon tells them."""
        with self._connect() as connection:
            connection.sendall(b"zVERSION\0")
            return "".join(c for c in _answer(connection) if c.isprintable())[:120]

    def _connect(self) -> socket.socket:
        if isinstance(self._address, str):
            made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                made.settimeout(CONNECT)
                made.connect(self._address)
            except BaseException:
                made.close()
                raise
        else:
            made = socket.create_connection(self._address, CONNECT)
        made.settimeout(self._timeout)
        return made


def _stream(connection: socket.socket, chunks: Iterable[bytes]) -> str:
    """Send the pieces and read the answer. The daemon hangs up on a file above its limit, and its
    answer may already lie there."""
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(b"zINSTREAM\0")
        for chunk in chunks:
            for at in range(0, len(chunk), _PIECE):
                piece = chunk[at : at + _PIECE]
                connection.sendall(_LENGTH.pack(len(piece)) + piece)
        connection.sendall(_LENGTH.pack(0))
    try:
        return _answer(connection)
    except ConnectionResetError:  # it hung up, and its answer was lost with that
        return ""


def _answer(connection: socket.socket) -> str:
    """What the daemon says, up to its NUL."""
    held = b""
    while b"\0" not in held and len(held) < _MAX_ANSWER:
        piece = connection.recv(_MAX_ANSWER)
        if not piece:
            break
        held += piece
    return held.partition(b"\0")[0].decode("ascii", "replace")


def _judged(answer: str, engine: str) -> Scan:
    """The verdict in an answer; whatever is not known is no verdict."""
    if answer == "stream: OK":
        return Scan(verdict=ScanVerdict.CLEAN, engine=engine)
    if match := _FOUND.fullmatch(answer):
        return Scan(verdict=ScanVerdict.INFECTED, engine=engine, found=match[1])
    reason = "too_large" if "size limit exceeded" in answer else "engine_error"
    return Scan(verdict=ScanVerdict.NOT_SCANNED, engine=engine, found=reason)


def scanner_of(setting: str) -> Scanner:
    """The scanner that the setting `malware_scanner` names: none, `unix:/run/clamav/clamd.ctl` or
    `tcp://127.0.0.1:3310`. `ConfigError` for anything else, and for another machine."""
    if not setting:
        return NoScanner()
    if setting.startswith("unix:"):
        path = setting.removeprefix("unix:")
        if PurePosixPath(path).is_absolute():
            return Clamd(path)
    url = urlsplit(setting)
    with suppress(ValueError):
        if url.scheme == "tcp" and url.hostname and ipaddress.ip_address(url.hostname).is_loopback:
            return Clamd((url.hostname, url.port or _PORT))
    raise ConfigError(
        "The setting malware_scanner names no scanner on this machine.",
        remedy="Write unix:/run/clamav/clamd.ctl or tcp://127.0.0.1:3310, or leave it empty.",
    )
