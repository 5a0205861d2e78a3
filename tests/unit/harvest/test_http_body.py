from __future__ import annotations

import gzip
import random
import socket
import struct
import time
import zlib
from collections.abc import Callable

import pytest

from archiver.errors import SourceError, SourceUnavailable
from archiver.harvest.http import Limits, RecordedMedia
from tests.unit.harvest.web import ENDLESS, Rig, answer, redirect


def read_until_it_fails(media: RecordedMedia) -> tuple[int, SourceError | None]:
    """Bytes that came, and the error."""
    size = 0
    try:
        for chunk in media.chunks(1000):
            size += len(chunk)
    except SourceError as error:
        return size, error
    return size, None


CUT_OFF = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\npart",
    "chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n9\r\npart",
    "no end": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    b"4\r\npart\r\n",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    b"4\r\npart\r\nzz\r\n",
}


@pytest.mark.parametrize("how", CUT_OFF)
def test_a_cut_off_body_is_recorded_and_raised(rig: Rig, how: str) -> None:
    rig.site.says("/", CUT_OFF[how])
    client = rig.client()
    with pytest.raises(SourceUnavailable, match="broke off its answer"):
        client.get(rig.site.url("/"))
    (exchange,) = client.exchanges
    assert (exchange.body, exchange.truncated, exchange.failure) == (b"part", True, "cut-off")
    with pytest.raises(SourceUnavailable, match="broke off its answer"):
        list(client.stream(rig.site.url("/"), cap=99).chunks(3))
    assert (client.exchanges[1].failure, client.exchanges[1].body) == ("cut-off", b"")


def flood(
    sent: list[int], head: bytes, piece: bytes, times: int
) -> Callable[[socket.socket], bool]:
    def run(connection: socket.socket) -> bool:
        try:
            connection.sendall(head)
            for _ in range(times):
                connection.sendall(piece)
                sent[0] += len(piece)
        except OSError:
            pass
        return True

    return run


def test_a_body_past_the_cap_is_not_read_on(rig: Rig) -> None:
    sent = [0]
    rig.site.says("/", flood(sent, ENDLESS, b"x" * 65536, 2000))
    client = rig.client(limits=Limits(body=1 << 20))
    with pytest.raises(SourceUnavailable, match="more than the 1048576 bytes"):
        client.get(rig.site.url("/"))
    assert len(client.exchanges[0].body) == 1 << 20
    assert client.exchanges[0].failure == "too-large"
    media = client.stream(rig.site.url("/"), cap=100_000)
    size, error = read_until_it_fails(media)
    assert "more than the 100000 bytes" in str(error)
    assert size == 100_000
    assert sent[0] < 32 << 20  # what fits into two sockets' buffers, of 262 MB


def test_a_body_that_says_it_is_too_large_is_not_read(rig: Rig) -> None:
    rig.site.says("/", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx")
    client = rig.client()
    with pytest.raises(SourceUnavailable, match="more than"):
        client.get(rig.site.url("/"))
    with pytest.raises(SourceError, match="more than") as caught:
        list(client.stream(rig.site.url("/"), cap=10).chunks(10))
    assert not isinstance(caught.value, SourceUnavailable)
    assert [e.body for e in client.exchanges] == [b"", b""]


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("X-GZIP", lambda data: gzip.compress(data[:3]) + gzip.compress(data[3:])),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
    ],
)
def test_packed_bodies_are_unpacked_and_said_to_be(
    rig: Rig, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    body = b'{"name": "value"}' * 20000
    rig.site.says("/", answer(pack(body), 200, f"Content-Encoding: {coding}"))
    rig.site.says("/cut", answer(pack(body)[:-9], 200, f"Content-Encoding: {coding}"))
    client = rig.client()
    exchange = client.get(rig.site.url("/"))
    assert exchange.body == body
    assert exchange.content_encoding == coding.lower()
    with pytest.raises(SourceUnavailable, match="broke off"):
        client.get(rig.site.url("/cut"))
    assert client.exchanges[1].truncated
    assert body.startswith(client.exchanges[1].body)


def test_a_decompression_bomb_is_stopped(rig: Rig) -> None:
    bomb = gzip.compress(bytes(64 << 20))
    rig.site.says("/", answer(bomb, 200, "Content-Encoding: gzip"))
    client = rig.client(limits=Limits(body=1 << 30))
    with pytest.raises(SourceUnavailable, match="unpacks to far more"):
        client.get(rig.site.url("/"))
    assert len(client.exchanges[0].body) < 8 << 20
    with pytest.raises(SourceError, match="unpacks to far more"):
        list(client.stream(rig.site.url("/"), cap=1 << 30).chunks(65536))
    with pytest.raises(SourceError, match="more than the 1000 bytes"):
        list(client.stream(rig.site.url("/"), cap=1000).chunks(65536))


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "gzip"])
def test_codings_we_cannot_read_are_refused_and_not_kept(rig: Rig, coding: str) -> None:
    rig.site.says("/", answer(b"not gzip at all", 200, f"Content-Encoding: {coding}"))
    client = rig.client()
    with pytest.raises(SourceUnavailable):
        client.get(rig.site.url("/"))
    (exchange,) = client.exchanges
    assert (exchange.failure, exchange.body) == ("coding", b"")
    assert exchange.content_encoding == coding


def drip(head: bytes) -> Callable[[socket.socket], bool]:
    def run(connection: socket.socket) -> bool:
        connection.sendall(head)
        try:
            for _ in range(400):
                connection.sendall(b"x")
                time.sleep(0.02)
        except OSError:
            pass
        return True

    return run


@pytest.mark.parametrize("head", [ENDLESS, b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HT"])
def test_a_slow_drip_is_ended_in_body_and_headers(rig: Rig, head: bytes) -> None:
    rig.site.says("/", drip(head))
    client = rig.client(limits=Limits(time=0.3, read_timeout=5))
    began = time.monotonic()
    with pytest.raises(SourceUnavailable):
        client.get(rig.site.url("/"))
    assert time.monotonic() - began < 2
    (exchange,) = client.exchanges
    assert exchange.failure == "timeout"
    assert exchange.truncated == (head == ENDLESS)
    assert exchange.body == b"x" * len(exchange.body)


def test_silence_is_a_timeout_and_not_retried(rig: Rig) -> None:
    rig.site.says("/", lambda connection: time.sleep(0.5))
    client = rig.client(limits=Limits(read_timeout=0.1))
    with pytest.raises(SourceUnavailable, match="took too long"):
        client.get(rig.site.url("/"))
    assert [e.failure for e in client.exchanges] == ["timeout"]


def test_silence_is_no_longer_than_the_time_for_all(rig: Rig) -> None:
    rig.site.says("/", lambda connection: time.sleep(1))
    client = rig.client(limits=Limits(time=0.2, read_timeout=30))
    began = time.monotonic()
    with pytest.raises(SourceUnavailable, match="took too long"):
        client.get(rig.site.url("/"))
    assert time.monotonic() - began < 0.9


def test_a_slow_stream_ends_in_its_own_time_whatever_else_is_asked(rig: Rig) -> None:
    rig.site.says("/slow", drip(ENDLESS))
    rig.site.says("/", answer(b"x"))
    client = rig.client(limits=Limits(media_time=0.4))
    began = time.monotonic()
    chunks = client.stream(rig.site.url("/slow"), cap=9999).chunks(1)
    next(chunks)
    client.get(rig.site.url("/"))
    with pytest.raises(SourceUnavailable, match="took too long"):
        list(chunks)
    assert time.monotonic() - began < 3


def test_a_connection_closed_unanswered_is_tried_again(rig: Rig) -> None:
    rig.site.says("/", lambda connection: True, answer(b"up"))
    client = rig.client()
    assert client.get(rig.site.url("/")).body == b"up"
    assert [e.failure for e in client.exchanges] == ["connect", ""]


def says_and_leaves(data: bytes) -> Callable[[socket.socket], bool]:
    def run(connection: socket.socket) -> bool:
        connection.sendall(data)
        return True

    return run


def reset(connection: socket.socket) -> bool:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return True


def test_a_reset_connection_is_tried_again(rig: Rig) -> None:
    rig.site.says("/", reset, answer(b"up"))
    assert rig.client().get(rig.site.url("/")).body == b"up"


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n", b"HTTP/1.1 200 OK\r\n: x\r\n\r\n",
     b"\x16\x03\x01\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", b"SSH-2.0-OpenSSH\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
     b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 60000],
)  # fmt: skip
def test_what_is_not_http_is_recorded_and_its_bytes_not_quoted(rig: Rig, head: bytes) -> None:
    rig.site.says("/", says_and_leaves(head))
    client = rig.client()
    with pytest.raises(SourceUnavailable, match="not HTTP") as caught:
        client.get(rig.site.url("/"))
    assert [e.failure for e in client.exchanges] == ["protocol"]
    assert "OpenSSH" not in str(caught.value)


def test_bytes_beyond_ascii_in_headers_are_kept(rig: Rig) -> None:
    location = "/å?x=\xff".encode("latin-1")
    rig.site.says(
        "/", b"HTTP/1.1 302 F\xf6und\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    )
    client = rig.client()
    assert client.get(rig.site.url("/")).status == 404
    assert client.exchanges[0].header("location").encode("latin-1") == location


def test_media_is_streamed_in_even_pieces_and_recorded_at_its_end(rig: Rig) -> None:
    data = random.Random(7).randbytes(300_001)
    rig.site.says("/wp-content/anna.jpg", redirect("/m.jpg"))
    rig.site.says("/m.jpg", answer(data, 200, "Content-Type: Image/JPEG; q=1"))
    rig.site.says("/other", answer(b"x"))
    client = rig.client()
    media = client.stream(rig.site.url("/wp-content/anna.jpg"), cap=len(data))
    assert media.mime == "image/jpeg"
    chunks = media.chunks(1000)
    first = next(chunks)
    client.get(rig.site.url("/other"))  # while the stream is open
    rest = list(chunks)
    assert {len(c) for c in rest[:-1]} == {1000}
    assert first + b"".join(rest) == data
    assert [(e.number, e.status, e.template, e.body) for e in client.exchanges] == [
        (1, 302, "{media}", b"moved"),
        (2, 200, "/other", b"x"),
        (3, 200, "{media}", b""),
    ]
    assert media.exchange is client.exchanges[2]
    assert media.exchange.url == rig.site.url("/m.jpg")
    assert (media.exchange.truncated, media.exchange.failure) == (False, "")
    with pytest.raises(ValueError, match="once"):
        next(media.chunks(1))


def test_media_left_behind_is_recorded_as_abandoned(rig: Rig) -> None:
    rig.site.says("/", answer(bytes(1_000_000)))
    with rig.client() as client:
        media = client.stream(rig.site.url("/"), cap=1 << 20)
        for _ in media.chunks(10):
            break
        client.stream(rig.site.url("/"), cap=1 << 20)
    media.close()
    assert [e.failure for e in client.exchanges] == ["abandoned", "abandoned"]


@pytest.mark.parametrize("status", [404, 403, 206, 204])
def test_media_that_is_not_there_is_an_error_with_its_exchange(rig: Rig, status: int) -> None:
    rig.site.says("/secret-name.jpg", answer(b"" if status == 204 else b"no", status))
    client = rig.client()
    with pytest.raises(SourceError, match=f"127.0.0.1 answers {status}") as caught:
        client.stream(rig.site.url("/secret-name.jpg"), cap=10)
    assert "name" not in str(caught.value)
    assert [e.status for e in client.exchanges] == [status]


def test_media_is_retried_like_anything_else(rig: Rig) -> None:
    rig.site.says("/", answer(b"", 503), answer(b"data"))
    client = rig.client()
    assert b"".join(client.stream(rig.site.url("/"), cap=4).chunks(3)) == b"data"
    assert [e.status for e in client.exchanges] == [503, 200]
