"""Asks time-stamp authorities for a stamp over SHA-256 of a signed head (RFC 3161, over HTTP).

A reply counts only if it was granted as asked, is over this digest, carries this request's nonce,
is of a policy that is accepted, of an instant that can be, and is signed by a certificate for time
stamps under the roots that the operator trusts. The signature is checked by `rfc3161-client`; what
that cannot read (certificates that are not in DER's order) is checked by `openssl ts -verify`.

Only the digest leaves the house. A redirect is a failure: the address was set on purpose. Plain
http is allowed: the reply is signed, and many authorities have nothing else. Sources: RFC 3161
§2.4, §3.4. Clauses that wait for a stamp: none today.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlsplit

import httpx
import structlog
from cryptography.x509 import load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from archiver.core.ports import Clock, Stamped
from archiver.core.timestamp import MAX_REPLY, TOLERANCE, Refused, Stamp, read_reply
from archiver.errors import ConfigError, ProofInvalid, TimestampUnavailable
from archiver.ledger.verify_stamp import has_openssl, is_signed

TIMEOUT = 15.0  # seconds, for the whole exchange with one authority
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_REASONS = {1: "granted-with-mods", 2: "rejected", 3: "waiting"}
_HEADERS = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
    "Accept-Encoding": "identity",
    "User-Agent": "Diarkiv",
}
_log = structlog.get_logger(__name__)


class _Unfit(Exception):
    """An authority gave no stamp that holds; its only argument is a code."""


def checked_urls(urls: Sequence[str]) -> tuple[str, ...]:
    """The setting `timestamp_urls`; `ConfigError` without its text if one is no address."""
    for number, url in enumerate(urls, 1):
        try:
            parts = urlsplit(url)
            valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        if not valid or parts.username is not None or parts.password is not None:
            raise ConfigError(
                f"Address {number} in the setting timestamp_urls is no http or https address.",
                remedy="Write it as http://host/path, without a login.",
            )
    return tuple(urls)


class HttpTimestamper:
    """`Timestamper` over HTTP. `urls`: in the order they are asked; `roots`: PEM certificates that
    are trusted; `policies`: object identifiers that are accepted, empty for any."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        roots: bytes,
        clock: Clock,
        policies: Sequence[str] = (),
        timeout: float = TIMEOUT,
    ) -> None:
        self._urls, self._roots = checked_urls(urls), roots
        try:
            self._trusted = load_pem_x509_certificates(roots)
        except ValueError as error:
            raise ConfigError("A certificate in timestamp_roots cannot be read.") from error
        self._clock, self._policies, self._timeout = clock, frozenset(policies), timeout

    def stamp(self, note: bytes, *, not_before: int) -> Stamped:
        """See `Timestamper`."""
        failed = list[str]()
        for number, url in enumerate(self._urls, 1):
            try:
                reply, stamp = self._ask(url, note)
                if not not_before <= stamp.time <= self._clock.now() + TOLERANCE:
                    raise _Unfit("clock")  # theirs or ours: whoever checks would say back-dated
            except _Unfit as error:
                failed.append(str(error))
                _log.warning("stamp.failed", authority=number, reason=failed[-1])
                continue
            return Stamped(reply=reply, time=stamp.time, authority=number, failed=tuple(failed))
        raise TimestampUnavailable(
            f"No time-stamp authority gave a stamp that holds ({', '.join(failed)}).",
            remedy="Are the settings timestamp_urls, timestamp_roots and timestamp_policies right, "
            "and this machine's clock? It is tried again by itself.",
        )

    def check(self, reply: bytes, note: bytes) -> int:
        """See `Timestamper`."""
        try:
            return self._judge(reply, sha256(note).digest(), None).time
        except _Unfit as error:
            raise TimestampUnavailable(
                f"A time stamp that was kept does not hold ({error}).",
                remedy="Nothing was changed. `diarkiv stamp` asks for a new one.",
            ) from None

    def _ask(self, url: str, note: bytes) -> tuple[bytes, Stamp]:
        request = (
            TimestampRequestBuilder()
            .data(note)
            .hash_algorithm(HashAlgorithm.SHA256)
            .nonce(nonce=True)
            .cert_request(cert_request=True)
            .build()
        )
        reply = self._exchange(url, request.as_bytes())
        return reply, self._judge(reply, sha256(note).digest(), request.nonce)

    def _exchange(self, url: str, query: bytes) -> bytes:
        """What the authority answers; `_Unfit` if that is not a whole reply in time."""
        ends = self._clock.monotonic() + self._timeout
        body = bytearray()
        try:
            with (
                # What stays on this machine goes through no proxy.
                httpx.Client(
                    timeout=self._timeout,
                    follow_redirects=False,
                    trust_env=urlsplit(url).hostname not in _LOOPBACK,
                ) as client,
                client.stream("POST", url, content=query, headers=_HEADERS) as answer,
            ):
                if answer.status_code != httpx.codes.OK:
                    raise _Unfit(f"http-{answer.status_code}")
                for piece in answer.iter_raw():
                    body += piece
                    if len(body) > MAX_REPLY:
                        raise _Unfit("too-large")
                    if self._clock.monotonic() > ends:
                        raise _Unfit("timeout")
        except httpx.TimeoutException:
            raise _Unfit("timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            raise _Unfit("unreachable") from None
        return bytes(body)

    def _judge(self, reply: bytes, imprint: bytes, nonce: int | None) -> Stamp:
        """The stamp in a reply, once all of it holds; `nonce` None: it is not compared."""
        try:
            stamp = read_reply(reply)
        except Refused as error:
            raise _Unfit(_REASONS.get(error.status, "refused")) from None
        except ProofInvalid:
            raise _Unfit("unreadable") from None
        if stamp.imprint != imprint:
            raise _Unfit("imprint")
        if nonce is not None and stamp.nonce != nonce:
            raise _Unfit("nonce")
        if self._policies and stamp.policy not in self._policies:
            raise _Unfit("policy")
        self._check_signature(reply, stamp)
        return stamp

    def _check_signature(self, reply: bytes, stamp: Stamp) -> None:
        """`_Unfit` unless an authority under the roots signed it, as of the stamp's instant."""
        try:
            read = decode_timestamp_response(reply)
            if _claims(read) != (stamp.imprint, stamp.time // 1000):
                raise _Unfit("unreadable")
            VerifierBuilder(roots=self._trusted).build().verify(read, stamp.imprint)
        except VerificationError:
            raise _Unfit("signature") from None
        except ValueError:
            if not has_openssl():
                raise _Unfit("needs-openssl") from None
            if not is_signed(reply, stamp.imprint, stamp.time, self._roots):
                raise _Unfit("signature") from None


def _claims(read: TimeStampResponse) -> tuple[bytes, int]:
    """What the library reads in a reply, to be compared with what we do: digest and second."""
    time: datetime = read.tst_info.gen_time
    return read.tst_info.message_imprint.message, int(time.replace(tzinfo=UTC).timestamp())
