"""Asking a real authority over HTTP, and everything that may be wrong with what comes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from archiver.clock import SystemClock
from archiver.errors import ConfigError, TimestampUnavailable
from archiver.ledger.timestamp import HttpTimestamper, checked_urls
from tests.build import FakeClock
from tests.tsa import OTHER_POLICY, POLICY, Authority, Handler, granting, serving

NOTE = b"diarkiv/5f0c/1\n6\n"


def asking(authority: Authority, *urls: str, policies: tuple[str, ...] = ()) -> HttpTimestamper:
    return HttpTimestamper(
        urls, roots=authority.roots, clock=SystemClock(), policies=policies, timeout=5
    )


def reason(authority: Authority, answer: Handler, **more: tuple[str, ...]) -> str:
    """Why what an authority answers is no stamp."""
    with serving(answer) as tsa, pytest.raises(TimestampUnavailable) as refused:
        asking(authority, tsa.url, **more).stamp(NOTE, not_before=0)
    assert tsa.url not in str(refused.value)
    return refused.value.message.partition("(")[2].partition(")")[0]


def test_a_stamp_that_holds(authority: Authority) -> None:
    with serving(granting(authority)) as tsa:
        asked = asking(authority, tsa.url, policies=(POLICY,))
        stamped = asked.stamp(NOTE, not_before=0)
        again = asked.stamp(NOTE, not_before=0)
    assert abs(stamped.time / 1000 - time.time()) < 600
    assert (stamped.authority, stamped.failed) == (1, ())
    assert asked.check(stamped.reply, NOTE) == stamped.time
    assert sha256(NOTE).digest() in tsa.queries[0]
    assert tsa.queries[0] != tsa.queries[1]  # each with a nonce of its own
    assert again.reply != stamped.reply
    with pytest.raises(TimestampUnavailable):
        asked.check(stamped.reply, NOTE + b"\n")


def test_one_that_fails_is_said_and_the_next_is_asked(authority: Authority) -> None:
    with serving(lambda _query: (503, b"")) as down, serving(granting(authority)) as up:
        stamped = asking(authority, down.url, up.url).stamp(NOTE, not_before=0)
    assert (stamped.authority, stamped.failed) == (2, ("http-503",))
    with pytest.raises(TimestampUnavailable) as refused:
        asking(authority, down.url, up.url).stamp(NOTE, not_before=0)  # now nobody listens
    assert "unreachable, unreachable" in refused.value.message
    assert refused.value.remedy


def test_certificates_in_another_order_than_ders(authority: Authority) -> None:
    """`rfc3161-client` reads no reply with two certificates that way; openssl does."""
    chain = ("-chain", str(authority.roots_file))
    with serving(granting(authority, *chain)) as tsa:
        asked = asking(authority, tsa.url)
        stamped = asked.stamp(NOTE, not_before=0)
    assert stamped.reply.count(b"Testrot") == 4  # two in the root's own certificate
    assert asked.check(stamped.reply, NOTE) == stamped.time


def test_the_same_with_a_forged_signature(authority: Authority) -> None:
    def forged(query: bytes) -> tuple[int, bytes]:
        reply = authority.reply(query, "-chain", str(authority.roots_file))
        return 200, reply[:-1] + bytes([reply[-1] ^ 1])

    assert reason(authority, forged) == "signature"


WRONG: dict[str, tuple[str, Callable[[Authority, bytes], tuple[int, bytes]]]] = {
    "another digest": (
        "imprint",
        lambda tsa, _query: (200, tsa.stamp(NOTE + b"!")),
    ),
    "another's nonce": (
        "nonce",
        lambda tsa, _query: (200, tsa.stamp(NOTE)),
    ),
    "no nonce": (
        "nonce",
        lambda tsa, _query: (
            200,
            tsa.reply(tsa.query(sha256(NOTE).hexdigest(), "-sha256", "-no_nonce")),
        ),
    ),
    "a rejection": (
        "rejected",
        lambda tsa, _query: (200, tsa.reply(tsa.query("00" * 64, "-sha512"))),
    ),
    "granted with changes": (
        "granted-with-mods",
        lambda tsa, query: (
            200,
            tsa.reply(query).replace(b"\x30\x03\x02\x01\x00", b"\x30\x03\x02\x01\x01", 1),
        ),
    ),
    "a redirect": ("http-302", lambda tsa, query: (302, tsa.reply(query))),
    "a web page": ("unreadable", lambda _tsa, _query: (200, b"<html>Welcome</html>")),
    "nothing": ("unreadable", lambda _tsa, _query: (200, b"")),
    "half a reply": ("unreadable", lambda tsa, query: (200, tsa.reply(query)[:400])),
    "far too much": ("too-large", lambda _tsa, _query: (200, bytes(100_000))),
    "a forged signature": (
        "signature",
        lambda tsa, query: (200, _flipped(tsa.reply(query), -1)),
    ),
}


def _flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_hold_is_no_stamp(authority: Authority, name: str) -> None:
    why, answer = WRONG[name]
    assert reason(authority, lambda query: answer(authority, query)) == why


def test_a_policy_that_is_not_accepted(authority: Authority) -> None:
    assert reason(authority, granting(authority), policies=(OTHER_POLICY,)) == "policy"


def test_a_clock_that_goes_wrong(authority: Authority) -> None:
    ahead = int(time.time() * 1000) + 3_600_000
    with serving(granting(authority)) as tsa, pytest.raises(TimestampUnavailable) as refused:
        asking(authority, tsa.url).stamp(NOTE, not_before=ahead)
    assert "(clock)" in refused.value.message


def test_our_own_clock_an_hour_behind(authority: Authority) -> None:
    """A log that goes on by it would be back-dated, and the stamp would show it."""
    clock = FakeClock(wall=int(time.time() * 1000) - 3_600_000)
    with serving(granting(authority)) as tsa:
        asked = HttpTimestamper([tsa.url], roots=authority.roots, clock=clock)
        with pytest.raises(TimestampUnavailable, match="clock"):
            asked.stamp(NOTE, not_before=0)


def test_an_authority_that_hangs(authority: Authority) -> None:
    with serving(granting(authority)) as tsa:
        tsa.delay = 1.0
        asked = HttpTimestamper([tsa.url], roots=authority.roots, clock=SystemClock(), timeout=0.2)
        with pytest.raises(TimestampUnavailable) as refused:
            asked.stamp(NOTE, not_before=0)
    assert "(timeout)" in refused.value.message


def test_a_stranger_and_certificates_that_are_not_good_for_it(
    authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger")
    assert reason(authority, granting(stranger)) == "signature"
    ended = Authority(tmp_path / "ended", ended=True)
    assert reason(ended, granting(ended)) == "signature"


def test_a_certificate_that_is_for_something_else(tmp_path: Path) -> None:
    good = Authority(tmp_path / "good")
    other = Authority(tmp_path / "other", usage=ExtendedKeyUsageOID.CODE_SIGNING)
    now = int(time.time()) * 1000
    asked = asking(good, "http://127.0.0.1:1/")
    assert asked.check(good.says(NOTE, now, nonce=200), NOTE) == now
    with pytest.raises(TimestampUnavailable, match="signature"):
        asking(other, "http://127.0.0.1:1/").check(other.says(NOTE, now), NOTE)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://tsa.example/",
        "tsa.example",
        "https://",
        "https://tsa.example:0/",
        "https://tsa.example:x/",
        "https://arkiv:hemligt@tsa.example/",
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        checked_urls(["https://tsa.example/tsr", url])
    assert "Address 2" in refused.value.message
    assert "hemligt" not in str(refused.value)


def test_roots_that_are_none() -> None:
    pem = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    with pytest.raises(ConfigError):
        HttpTimestamper(["https://tsa.example/"], roots=pem, clock=SystemClock())
