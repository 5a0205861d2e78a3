"""Every classic failure of masking, made by code, is found, and its good twin passes."""

from __future__ import annotations

import pytest
from PIL import Image

from gdpr.leak import Output, Secret, check
from gdpr.leak.piece import Gathered, Limits
from gdpr.leak.reader import read
from tests.unit.gdpr.leak import made

NAME = "Josefin Fröberg"
TOKEN = "[NAMN-7f3a]"
SECRETS = [
    Secret(NAME, "mask 17"),
    Secret("19850101-9802", "mask 18"),
    Secret("Ek", "mask 19"),
]


def leaks(content: bytes, name: str = "utlamnande.bin") -> list[tuple[str, str, str]]:
    return [
        (leak.kind.value, leak.ref, leak.place)
        for leak in check([Output(name, content)], SECRETS, reader=made.here)
    ]


@pytest.mark.parametrize("failure", made.FAILURES)
def test_each_classic_failure_is_found_where_it_is(failure: str) -> None:
    build, place = made.FAILURES[failure]
    found = leaks(build(NAME))
    assert {(kind, ref) for kind, ref, _ in found} == {("value", "mask 17")}, found
    assert any(place in where for _, _, where in found), found


@pytest.mark.parametrize("failure", made.FAILURES)
def test_its_good_twin_passes(failure: str) -> None:
    build, _ = made.FAILURES[failure]
    assert leaks(build(TOKEN)) == []


def test_a_file_name_that_tells_is_not_repeated() -> None:
    for name in (f"{NAME}.pdf", "josefin-froberg.pdf", "Josefin%20Fr%C3%B6berg.pdf"):
        (leak,) = {
            (leak.output, leak.kind)
            for leak in check([Output(name, b"hej")], SECRETS, reader=made.here)
        }
        assert leak == ("file 1", "value")


def test_a_cache_is_searched_and_is_nothing_to_release() -> None:
    found = leaks(made.cache(NAME))
    assert ("value", "mask 17", "bytes") in found, found
    assert ("unreadable", "of a kind that is not known", "file") in found
    assert leaks(made.cache(TOKEN)) == [("unreadable", "of a kind that is not known", "file")]


def test_a_thumbnail_that_shows_what_its_picture_does_not() -> None:
    picture = made.written(NAME)
    masked = Image.new("L", picture.size, 255)
    (found,) = leaks(made.thumbnail(picture, masked))
    assert found == ("unreadable", "a picture within that shows something else", "thumbnail")
    assert leaks(made.thumbnail(masked, masked)) == []


def test_letters_that_only_the_font_knows() -> None:
    found = leaks(made.font_alone_knows(NAME))
    assert ("value", "mask 17", "object 4, drawing") in found
    assert leaks(made.font_alone_knows(TOKEN)) == []


def test_a_picture_under_a_crop_is_read_whole() -> None:
    """The reader of pixels here is given, as a real one may not be installed."""
    seen: list[tuple[int, int]] = []

    def ocr(picture: Image.Image, _dpi: int) -> str:
        seen.append(picture.size)
        return f"Hej {NAME}" if picture.size == (700, 120) else ""

    def reader(name: str, content: bytes) -> Gathered:
        return read(name, content, Limits(), ocr)

    crop = Output("a.pdf", made.under_a_crop(NAME))
    assert [leak.place for leak in check([crop], SECRETS, reader=reader)] == ["object 11, pixels"]
    assert len(seen) == 2  # the picture, and the page that shows a corner of it
