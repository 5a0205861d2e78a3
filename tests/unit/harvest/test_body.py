from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator

import httpx
from hypothesis import given
from hypothesis import strategies as st

from archiver.harvest.body import read
from archiver.harvest.wire import WireError


class Chunks(httpx.SyncByteStream):
    def __init__(self, data: bytes, size: int) -> None:
        self.data, self.size = data, size

    def __iter__(self) -> Iterator[bytes]:
        for at in range(0, len(self.data), self.size):
            yield self.data[at : at + self.size]


def response(data: bytes, size: int, coding: str) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Encoding": coding}, stream=Chunks(data, size))


def all_of(pieces: Iterator[bytes]) -> tuple[bytes, str]:
    """What came, and the kind of error it ended with."""
    got = bytearray()
    try:
        for piece in pieces:
            got += piece
    except WireError as error:
        return bytes(got), error.kind
    return bytes(got), ""


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": lambda data: zlib.compress(data)[2:-4],
}


@given(st.binary(max_size=300), st.integers(1, 40), st.sampled_from(sorted(PACKERS)))
def test_a_body_is_the_same_however_it_arrives(data: bytes, size: int, coding: str) -> None:
    packed = PACKERS[coding](data)
    assert b"".join(read(response(packed, size, coding), 1000)) == data


@given(st.binary(min_size=1, max_size=300), st.integers(1, 40), st.sampled_from(sorted(PACKERS)))
def test_no_byte_beyond_the_cap_is_given(data: bytes, size: int, coding: str) -> None:
    cap = len(data) - 1
    got, kind = all_of(read(response(PACKERS[coding](data), size, coding), cap))
    assert (got, kind) == (data[:cap], "too-large")


@given(st.binary(max_size=300), st.integers(1, 40), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_at_all_end_well(data: bytes, size: int, coding: str) -> None:
    got, kind = all_of(read(response(data, size, coding), 1000))
    assert len(got) <= 1000
    assert kind in ("", "cut-off", "coding", "too-large")
