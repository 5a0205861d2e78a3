"""The length of sound and film, from heads that are whole, broken and forged."""

from __future__ import annotations

import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gdpr.core.mask import Component
from gdpr.redaction import measure, words
from gdpr.redaction.recording import length


def part(kind: bytes, inside: bytes) -> bytes:
    return (8 + len(inside)).to_bytes(4) + kind + inside


def film(ticks: int, lasts: int, *, wide: bool = False) -> bytes:
    size = 8 if wide else 4
    head = bytes((int(wide), 0, 0, 0)) + bytes(2 * size)
    head += ticks.to_bytes(4) + lasts.to_bytes(size) + bytes(80)
    inside = part(b"trak", b"") + part(b"mvhd", head)
    return part(b"ftyp", b"isom") + part(b"mdat", bytes(50)) + part(b"moov", inside)


def sound(seconds: float) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8_000)
        written.writeframes(bytes(int(16_000 * seconds)))
    return out.getvalue()


@pytest.mark.parametrize("wide", [False, True])
def test_the_length_of_a_film_is_its_ticks(wide: bool) -> None:
    assert length(film(600, 1_500, wide=wide)) == 2_500


def test_the_length_of_sound_is_its_bytes() -> None:
    assert length(sound(1.5)) == 1_500
    assert measure(sound(1.5), "audio/wav") == Component(length=1_500)


@pytest.mark.parametrize(
    "content",
    [b"", b"ID3" + bytes(99), film(0, 9), film(1, 2**31), film(9, 9)[:-100], bytes(64)],
)
def test_what_is_not_told_is_zero(content: bytes) -> None:
    assert length(content) == 0


@given(some.binary(max_size=200), some.booleans())
def test_no_head_makes_it_fail(noise: bytes, riff: bool) -> None:
    head = b"RIFF1234WAVE" if riff else b""
    assert length(head + noise) >= 0
    assert length(part(b"moov", noise)) >= 0


def test_a_recording_has_no_words_to_read() -> None:
    assert words(b"anything", "video/mp4") == []
