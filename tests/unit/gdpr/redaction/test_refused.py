"""Files that cannot be redacted: each is refused with its reason and a remedy."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import pytest

from archiver.errors import CannotRedact
from gdpr.core.mask import Component
from gdpr.redaction import Limits, Refusal, measure, redact, words
from gdpr.redaction.answer import refused
from tests.unit.gdpr.redaction.received import (
    broken,
    locked,
    saved_picture,
    with_pages,
)

PDF = "application/pdf"
pytestmark = pytest.mark.usefixtures("without_child")
SMALL = Limits(reading_seconds=0, memory=700_000_000, page_seconds=2, seconds=20)


def reason(work: Callable[[], object]) -> str:
    with pytest.raises(CannotRedact) as refusal:
        work()
    assert refusal.value.remedy
    assert refusal.value.code == "cannot-redact"
    return refusal.value.reason


@pytest.mark.parametrize(("name", "content"), list(broken(with_pages(3))))
def test_a_broken_pdf_is_refused(name: str, content: bytes) -> None:
    assert reason(lambda: redact(content, PDF, (), limits=SMALL)) == "corrupt"


@pytest.mark.parametrize(("name", "content"), list(broken(saved_picture("JPEG"))))
def test_a_broken_picture_is_refused(name: str, content: bytes) -> None:
    assert reason(lambda: redact(content, "image/jpeg", (), limits=SMALL)) == "corrupt"


def test_a_locked_pdf_is_refused() -> None:
    assert reason(lambda: measure(locked(), PDF)) == "encrypted"


def test_a_thousand_pages_are_refused_by_their_number() -> None:
    content = with_pages(1000)
    with pytest.raises(CannotRedact, match=r"1000 pages") as refusal:
        words(content, PDF, limits=SMALL)
    assert refusal.value.number == 1000


def test_a_picture_that_says_it_is_huge_is_refused_before_it_is_unfolded() -> None:
    head = b"IHDR" + (50_000).to_bytes(4) * 2 + bytes((8, 2, 0, 0, 0))
    png = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + head + zlib.crc32(head).to_bytes(4)
    png += (0).to_bytes(4) + b"IDAT" + zlib.crc32(b"IDAT").to_bytes(4)
    assert reason(lambda: measure(png, "image/png")) == "too-large"


def test_an_animation_has_so_many_frames_at_most() -> None:
    content = saved_picture("GIF", frames=5)
    few = Limits(frames=4)
    assert reason(lambda: redact(content, "image/gif", (), limits=few)) == "too-many-pages"


def test_a_file_larger_than_allowed_is_not_read() -> None:
    assert reason(lambda: measure(with_pages(1), PDF, limits=Limits(content=10))) == "too-large"


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "application/zip", ""])
def test_other_kinds_are_refused(mime: str) -> None:
    assert reason(lambda: redact(b"<svg/>", mime, ())) == "unsupported"


def test_recordings_are_withheld_whole() -> None:
    assert reason(lambda: redact(b"", "video/mp4", ())) == "recording"


def test_every_reason_has_words_and_a_remedy() -> None:
    for one in Refusal:
        error = refused(one, 7)
        assert error.message
        assert error.remedy
        assert "{" not in str(error)


def test_a_measure_is_of_the_page_as_it_is_shown() -> None:
    assert measure(with_pages(2), PDF) == Component(pages=((30_000, 20_000),) * 2)
