"""Duty 9 of the auditor's verifier: anchors, replies and stamped heads fit, and are signed.

Every anchor in the signed part of the log must have its reply, byte for byte, over a signed head
that the log did have, at an instant that can be. The authorities' signatures are checked by
`openssl ts -verify`, against roots that the auditor gives, as of the instant in the stamp: a
certificate may have run out since, and later stamps renew earlier ones. Without `openssl` or
without roots the signatures are not checked, and the duty is "–", never green.

Clause: RFC 3161 §2.3, §2.4, app. B. Standard library only: the offline verifier carries this
module. Memory: what the anchors say, and a root for each stamped head.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from archiver.core.anchor import (
    FOLDER,
    Anchor,
    parse_anchor,
    parse_note_name,
    parse_reply_name,
)
from archiver.core.bundle import stamped
from archiver.core.checkpoint import Checkpoint
from archiver.core.event import ClearEntry, Entry, EventType
from archiver.core.merkle import Frontier
from archiver.core.timestamp import MAX_REPLY, is_back_dated, read_reply
from archiver.core.verdict import Duty, Report
from archiver.errors import ConfigError, DiarkivError, IntegrityError

_PATIENCE = 60  # seconds for one run of openssl
_PEM = (b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----")
_ENDINGS = {".pem", ".crt", ".cer"}


# --- signatures ------------------------------------------------------------------------------


def read_roots(path: Path) -> bytes:
    """The certificates (PEM, or one in DER) in a file, or in the .pem, .crt and .cer files of a
    folder, as PEM. `ConfigError` if it cannot be read or holds none."""
    try:
        folder = path.is_dir()
        held = sorted(path.iterdir()) if folder else [path]
        files = [one for one in held if one.suffix in _ENDINGS or not folder]
        found = b"".join(_certificates(file.read_bytes()) for file in files)
    except OSError as error:
        raise ConfigError(f"The authorities' roots cannot be read: {error.strerror}.") from error
    if not found:
        raise ConfigError(
            f"{path} holds no certificate.",
            remedy="Put the root certificates of the time-stamp authorities there, as PEM.",
        )
    return found


def _certificates(data: bytes) -> bytes:
    """The certificates in a file as PEM, without what people write around them; DER is one."""
    begin, end = _PEM
    if data[:2] == b"\x30\x82":
        return begin + b"\n" + base64.encodebytes(data) + end + b"\n"
    parts = [part.partition(end)[0] for part in data.split(begin)[1:] if end in part]
    return b"".join(begin + part + end + b"\n" for part in parts)


def has_openssl() -> bool:
    """Whether there is an `openssl` program to check signatures with."""
    return shutil.which("openssl") is not None


def is_signed(reply: bytes, imprint: bytes, time: int, roots: bytes) -> bool:
    """Whether `openssl ts -verify` says that an authority under `roots` (PEM) signed the reply over
    this digest, its certificate good for time stamps, and good at that instant (milliseconds)."""
    program = shutil.which("openssl")
    if program is None:
        raise ConfigError("There is no openssl program.", remedy="Install the package openssl.")
    with tempfile.TemporaryDirectory(prefix="diarkiv-") as folder:
        token, trusted = Path(folder, "reply.tsr"), Path(folder, "roots.pem")
        token.write_bytes(reply)
        trusted.write_bytes(roots)
        words = ["ts", "-verify", "-digest", imprint.hex(), "-in", str(token)]
        words += ["-CAfile", str(trusted), "-attime", str(time // 1000)]
        try:
            done = subprocess.run(  # noqa: S603 no shell, and no word of it is from outside
                [program, *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


# --- an archive folder -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """What the log was when it had so many entries."""

    root: bytes
    at: int


class StampAudit:
    """Gathers what one pass over the log says of stamps, then compares it with `stamps/`.

    Make it once the head is read: the files of an anchor are there before it is signed. `signed`:
    how many entries that head covers. `roots`: PEM certificates of the authorities that are
    trusted, or None."""

    def __init__(self, folder: Path, signed: int, roots: bytes | None = None) -> None:
        self._folder, self._signed, self._roots = folder, signed, roots
        names = [f"{FOLDER}/{path.name}" for path in sorted((folder / FOLDER).glob("*"))]
        self._sizes = {size for name in names if (size := parse_note_name(name))}
        self._replies = {name for name in names if parse_reply_name(name)}
        self._seen: dict[int, Seen] = {}
        self._anchors: list[Anchor] = []
        self._failed: list[str] = []

    def entry(self, seq: int, entry: Entry, frontier: Frontier) -> None:
        """Take one entry, in order; `frontier` includes it. What is not signed does not count."""
        if seq >= self._signed:
            return
        if frontier.size in self._sizes:
            self._seen[frontier.size] = Seen(frontier.root(), entry.at)
        if isinstance(entry, ClearEntry) and entry.type == EventType.ANCHOR:
            try:
                self._anchors.append(parse_anchor(seq, entry.at, entry.facts))
            except DiarkivError as error:
                self._failed.append(f"Entry {seq}: {error.message}")

    def finish(self, report: Report, origin: Callable[[int], str]) -> None:
        """Duty 9, once the whole log was taken; `origin`: its name when it had so many entries."""
        for finding in (*self._failed, *self._findings(origin)):
            report.fail(Duty.STAMP, finding)
        for name in sorted(self._replies - {anchor.reply for anchor in self._anchors}):
            report.notes.append(f"{name} is named by no entry: it proves nothing.")
        report.duties.setdefault(Duty.STAMP, None)
        if self._anchors:
            newest = self._anchors[-1]
            report.stamped = newest.time
            report.notes.append(
                f"Tidsstämplar: {len(self._anchors)}. Den senaste: {shown(newest.time)}, över de "
                f"första {newest.size} posterna."
            )
            conclude(report, self._roots)

    def _findings(self, origin: Callable[[int], str]) -> Iterator[str]:
        checks_signatures = self._roots is not None and has_openssl()
        latest = 0
        for anchor in self._anchors:
            try:
                reply = self._check(anchor, latest, origin(anchor.size))
                if checks_signatures and not self._is_signed(anchor, reply):
                    raise IntegrityError("it is not signed by an authority under the given roots.")
            except DiarkivError as error:
                yield f"Time stamp {anchor.reply}: {error.message}"
            latest = max(latest, anchor.time)

    def _check(self, anchor: Anchor, latest: int, origin: str) -> bytes:
        """The reply, once it is what the anchor says; `latest` is the latest instant before it."""
        reply = self._file(anchor.reply, "the anchor's reply is missing.")
        if sha256(reply).hexdigest() != anchor.sha256:
            raise IntegrityError("it is not the reply that its anchor names.")
        note = self._file(anchor.note, "the head it is over is missing.")
        # Its signature adds nothing: the same root lies below the newest head, which is signed.
        head = Checkpoint.parse_body(note.decode("utf-8", "replace").partition("\n\n")[0] + "\n")
        seen = self._seen.get(anchor.size)
        if seen is None or head != Checkpoint(origin, anchor.size, seen.root):
            raise IntegrityError("it is over a head that this log did not have.")
        stamp = read_reply(reply)
        if stamp.imprint != sha256(note).digest():
            raise IntegrityError("it is over another head than its anchor says.")
        if stamp.time != anchor.time:
            raise IntegrityError("its time is not the one that its anchor says.")
        if is_back_dated(stamp.time, seen.at):
            raise IntegrityError("it is back-dated: what it covers was logged later than it says.")
        if is_back_dated(stamp.time, latest):
            raise IntegrityError("it is back-dated: an earlier anchor's stamp is of a later time.")
        if is_back_dated(anchor.at, stamp.time):
            raise IntegrityError("the log is back-dated: it names the stamp before it was made.")
        return reply

    def _is_signed(self, anchor: Anchor, reply: bytes) -> bool:
        imprint = sha256((self._folder / anchor.note).read_bytes()).digest()
        return is_signed(reply, imprint, anchor.time, self._roots or b"")

    def _file(self, name: str, missing: str) -> bytes:
        path = self._folder / name
        if not path.is_file():
            raise IntegrityError(missing)
        try:
            with path.open("rb") as file:
                return file.read(MAX_REPLY + 1)
        except OSError as error:
            raise IntegrityError(f"{name} cannot be read: {error.strerror}.") from error


# --- a proof bundle --------------------------------------------------------------------------


def check_bundle_stamp(report: Report, files: Mapping[str, bytes], roots: bytes | None) -> None:
    """Duty 9 of a bundle that `check_bundle` has found in order: the stamp's signature."""
    found = stamped(files) if report.intact else None
    if found is None:
        return
    reply, imprint = found
    time = read_reply(reply).time
    if roots is not None and has_openssl() and not is_signed(reply, imprint, time, roots):
        report.fail(Duty.STAMP, "The stamp is not signed by an authority under the given roots.")
        return
    report.stamped = time
    report.notes.append(f"Enligt tidsstämpeln fanns det senast {shown(time)}.")
    conclude(report, roots)


def conclude(report: Report, roots: bytes | None) -> None:
    """Duty 9 where there are stamps: ✓ only if the signatures were checked; why not, otherwise."""
    if report.duties.get(Duty.STAMP) is False:
        return
    if roots is None:
        report.notes.append(
            "–, tidsstämplarnas underskrifter inte kontrollerade: ange --tsa-roots."
        )
    elif not has_openssl():
        report.notes.append(
            "–, tidsstämplarnas underskrifter inte kontrollerade: programmet openssl saknas."
        )
    else:
        report.duties[Duty.STAMP] = True


def shown(time: int) -> str:
    """An instant (milliseconds UTC) as it stands in a report."""
    try:
        return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "ett omöjligt datum"
