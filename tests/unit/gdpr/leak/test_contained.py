"""The check reads what strangers may have sent in a child, and says the same as it would here."""

from __future__ import annotations

import pytest
from PIL import Image

from gdpr.leak import Kind, Output, Secret, check
from gdpr.leak.contained import CONFINES, read_contained
from gdpr.redaction.answer import Limits as Confines
from gdpr.redaction.reader import reader
from tests.unit.gdpr.leak import made

NAME = "Josefin Fröberg"


def test_a_child_says_what_would_be_said_here() -> None:
    content = made.incremental_save(NAME)
    there, here = read_contained("a.pdf", content), made.here("a.pdf", content)
    # Where pixels can be read, the child has read them too.
    assert [one for one in there.pieces if "pixels" not in one.place] == here.pieces
    assert there.unread == here.unread
    assert {one.content for one in there.raw} == {one.content for one in here.raw}


def test_text_needs_no_child() -> None:
    none = Confines(content=0)
    assert read_contained("a.json", made.beside_the_text(NAME), confines=none).pieces
    assert read_contained("a.html", made.in_base64(NAME), confines=none).unread


@pytest.mark.parametrize("confines", [Confines(memory=1_000_000), Confines(content=10)])
def test_a_child_that_may_not_have_what_it_needs_stops_the_release(confines: Confines) -> None:
    large = made.saved(Image.new("L", (6_000, 4_000), 255), "PNG")

    def reads(name: str, content: bytes) -> made.Gathered:
        return read_contained(name, content, confines=confines)

    (leak,) = check([Output("a.png", large)], [Secret(NAME, "m")], reader=reads)
    assert (leak.kind, leak.digest) == (Kind.UNREADABLE, "")


@pytest.mark.skipif(reader() is None, reason="no reader of pixels is installed")
def test_what_only_the_eye_sees_is_found() -> None:
    picture = made.saved(made.written(f"Hej {NAME}"), "PNG")
    blank = made.saved(Image.new("L", (700, 120), 255), "PNG")
    secrets = [Secret(NAME, "m")]
    # The reader of pixels takes ö for another letter here: that much may be wrong.
    found = [(leak.place, leak.ref) for leak in check([Output("a.png", picture)], secrets)]
    assert found == [("pixels", "m")]
    assert check([Output("a.png", blank)], secrets) == []
    crop = check([Output("a.pdf", made.under_a_crop(NAME))], secrets)
    assert "object 11, pixels" in {leak.place for leak in crop}


def test_limits_of_the_child_fit_those_of_the_check() -> None:
    assert CONFINES.content >= 400_000_000
