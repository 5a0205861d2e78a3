"""Time stamps need the `openssl` program: in this run its absence is a failure, not a skip."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from archiver.core.timestamp import read_reply
from archiver.ledger.verify_stamp import is_signed
from tests.tsa import Authority

pytestmark = pytest.mark.server


def test_openssl_stamps_and_verifies(tmp_path: Path) -> None:
    assert shutil.which("openssl"), "install the openssl program: apt install openssl"
    authority = Authority(tmp_path)
    reply = authority.stamp(b"head")
    time = read_reply(reply).time
    assert is_signed(reply, sha256(b"head").digest(), time, authority.roots)
