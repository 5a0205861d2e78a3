"""Time stamps by RFC 3161: what a reply says, and when it counts as one over a head of the log.

A stamp is an authority's signed word that some 32 bytes were there at an instant: here SHA-256 of a
signed checkpoint, and with it of every entry below. It bounds backdating from above: what the head
covers is no *younger* than the stamp. That it is as old as the log says, no stamp can show.

What is read here is what the reply claims. Whether the authority signed it is another matter, and
needs `openssl` or a library (`ledger.verify_stamp`, `ledger.timestamp`). Every malformed byte is
`ProofInvalid`. Sources: RFC 3161 §2.4, RFC 5652 §5. Standard library only: the offline verifier
carries this module.
"""

from __future__ import annotations

from typing import NamedTuple

from archiver.core import der
from archiver.errors import ProofInvalid

MAX_REPLY = 64 * 2**10  # bytes; with a chain of certificates a reply has some 6 KiB
TOLERANCE = 300_000  # milliseconds that an authority's clock and ours may differ
GRANTED = 0
_GRANTED_WITH_MODS = 1
_SHA256 = "2.16.840.1.101.3.4.2.1"
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_EXPLICIT = 0xA0  # [0], constructed


class Stamp(NamedTuple):
    """What a granted reply claims: SHA-256 of what was stamped, when (milliseconds UTC), under
    which policy (dotted), its serial number, and the request's nonce if it had one."""

    imprint: bytes
    time: int
    policy: str
    serial: int
    nonce: int | None


class Refused(ProofInvalid):
    """The authority did not grant what was asked. `status` is RFC 3161's PKIStatus."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The authority granted no stamp (status {status}).")
        self.status = status


def read_reply(data: bytes) -> Stamp:
    """The stamp in a TimeStampResp. `Refused` unless it was granted as it was asked for: also if
    the authority changed something (status 1); `ProofInvalid` if it is malformed."""
    if len(data) > MAX_REPLY:
        raise ProofInvalid("The time-stamp reply is too large.")
    parts = der.within(der.read(data, der.SEQUENCE), least=1)
    status = der.integer(der.within(der.expect(parts[0], der.SEQUENCE), least=1)[0])
    if status != GRANTED:
        raise Refused(status)
    if len(parts) != 2:
        raise ProofInvalid("The time-stamp reply holds no token.")
    return _read_token(der.expect(parts[1], der.SEQUENCE))


def _read_token(content: bytes) -> Stamp:
    """ContentInfo of SignedData over a TSTInfo."""
    signed = der.within(_typed(der.within(content, least=2), _SIGNED_DATA), least=1)
    fields = der.within(der.expect(signed[0], der.SEQUENCE), least=4)
    inner = der.within(der.expect(fields[2], der.SEQUENCE), least=2)
    octets = der.within(_typed(inner, _TST_INFO), least=1)
    return _read_info(der.expect(octets[0], der.OCTETS))


def _typed(parts: list[der.Element], type_: str) -> bytes:
    """The content behind a type that is expected, tagged [0]."""
    if der.oid(parts[0]) != type_:
        raise ProofInvalid("The time-stamp token is not of the type it must be.")
    return der.expect(parts[1], _EXPLICIT)


def _read_info(data: bytes) -> Stamp:
    """TSTInfo; the optional fields behind the time may be left out, and come in one order."""
    fields = der.within(der.read(data, der.SEQUENCE), least=5)
    if der.integer(fields[0]) != 1:
        raise ProofInvalid("The time stamp is of a version that is not known.")
    imprint = der.within(der.expect(fields[2], der.SEQUENCE), least=2)
    digest = der.expect(imprint[1], der.OCTETS)
    algorithm = der.within(der.expect(imprint[0], der.SEQUENCE), least=1)
    if der.oid(algorithm[0]) != _SHA256 or len(digest) != 32:
        raise ProofInvalid("The time stamp is not over a SHA-256 digest.")
    nonces = [one for one in fields[5:] if one.tag == der.INTEGER]
    if len(nonces) > 1:
        raise ProofInvalid("The time stamp has two nonces.")
    return Stamp(
        imprint=digest,
        time=der.instant(fields[4]),
        policy=der.oid(fields[1]),
        serial=der.integer(fields[3]),
        nonce=der.integer(nonces[0]) if nonces else None,
    )


def is_back_dated(time: int, at: int) -> bool:
    """Whether something of that time cannot have come after what is of that instant: a stamp after
    what it covers, an anchor after its stamp. Milliseconds UTC."""
    return time < at - TOLERANCE
