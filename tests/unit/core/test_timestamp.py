"""What an RFC 3161 reply claims: real replies, what is left out of them, and any bytes at all."""

from __future__ import annotations

import time
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.timestamp import (
    MAX_REPLY,
    TOLERANCE,
    Refused,
    is_back_dated,
    read_reply,
)
from archiver.errors import ProofInvalid
from tests.tsa import OTHER_POLICY, POLICY, Authority

NOTE = b"diarkiv/5f0c/1\n6\n"


@pytest.fixture(scope="module")
def reply(authority: Authority) -> bytes:
    return authority.stamp(NOTE)


def test_a_real_reply_is_read(authority: Authority, reply: bytes) -> None:
    stamp = read_reply(reply)
    assert stamp.imprint == sha256(NOTE).digest()
    assert abs(stamp.time / 1000 - time.time()) < 600
    assert stamp.policy == POLICY
    assert stamp.serial > 1
    assert stamp.nonce is not None
    query = authority.query("00" * 32, "-sha256", "-no_nonce", "-tspolicy", OTHER_POLICY)
    other = read_reply(authority.reply(query))
    assert (other.nonce, other.policy, other.imprint) == (None, OTHER_POLICY, bytes(32))


def test_what_is_not_granted_as_asked_is_refused(authority: Authority, reply: bytes) -> None:
    with pytest.raises(Refused) as rejected:
        read_reply(authority.reply(authority.query("00" * 64, "-sha512")))
    assert rejected.value.status == 2
    at = reply.index(b"\x30\x03\x02\x01\x00")  # PKIStatusInfo, which nobody signs
    with pytest.raises(Refused) as changed:
        read_reply(reply[:at] + b"\x30\x03\x02\x01\x01" + reply[at + 5 :])
    assert changed.value.status == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("608648016503040201", "608648016503040202"),  # another hash, wherever it stands
        ("2a864886f70d010702", "2a864886f70d010703"),  # no signed data
        ("2a864886f70d0109100104", "2a864886f70d0109100105"),  # of something else
    ],
)
def test_what_is_of_another_type_is_refused(reply: bytes, old: str, new: str) -> None:
    forged = reply.replace(bytes.fromhex(old), bytes.fromhex(new))
    assert forged != reply
    with pytest.raises(ProofInvalid):
        read_reply(forged)


def test_what_is_too_large_or_empty_is_refused() -> None:
    for data in (bytes(MAX_REPLY + 1), b"", b"<html>502</html>", b"0\x05\x30\x03\x02\x01\x00"):
        with pytest.raises(ProofInvalid):
            read_reply(data)


@given(data=st.data())
def test_a_damaged_reply_is_read_or_refused(reply: bytes, data: st.DataObject) -> None:
    damaged = bytearray(reply)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    for one in (bytes(damaged), bytes(damaged[:cut]), bytes(damaged) + b"\x00"):
        try:
            stamp = read_reply(one)
        except ProofInvalid:
            continue
        assert len(stamp.imprint) == 32


@given(st.binary(max_size=400))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ProofInvalid):
        read_reply(data)


def test_two_clocks_may_differ_a_little() -> None:
    assert not is_back_dated(1000, 1000 + TOLERANCE)
    assert is_back_dated(999, 1000 + TOLERANCE)
