"""Received PDFs: nothing that was hidden is in what leaves, and nothing else is changed."""

from __future__ import annotations

import io

import pikepdf
import pytest
from PIL import Image, ImageChops

from archiver.errors import CannotRedact
from gdpr.core.mask import ImageBox, PageBox
from gdpr.redaction import Limits, Redacted, frames, hidden, measure, page_image, redact, words
from gdpr.redaction.grid import pixels
from tests.unit.gdpr.redaction.received import SECRETS, everything, places, with_pages

PDF = "application/pdf"
pytestmark = pytest.mark.usefixtures("without_child")
UNREAD = Limits(reading_seconds=0)
BOXES = (PageBox(0, 0, 2000, 3000, 8000, 1600), PageBox(0, 0, 2000, 6000, 8000, 1600))


@pytest.fixture(scope="module")
def source() -> bytes:
    return everything()


@pytest.fixture(scope="module")
def made(source: bytes, without_child: object) -> Redacted:
    return redact(source, PDF, BOXES, limits=UNREAD)


def drawn(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(page_image(content, PDF, dpi=200))).convert("RGB")


@pytest.mark.parametrize("where", SECRETS)
def test_no_planted_secret_is_left(source: bytes, made: Redacted, where: str) -> None:
    assert places(source, SECRETS[where]), "the secret was never there: the test proves nothing"
    assert places(made.content, SECRETS[where]) == set()


def test_only_the_boxes_change_and_each_is_one_flat_colour(source: bytes, made: Redacted) -> None:
    before, after = drawn(source), drawn(made.content)
    assert before.size == after.size
    component = measure(source, PDF)
    for box in BOXES:
        area = pixels(hidden(box, component), 200, before.size)
        assert before.crop(area).getcolors(9) is None or len(before.crop(area).getcolors(9)) > 1
        assert after.crop(area).getcolors() == [
            ((area[2] - area[0]) * (area[3] - area[1]), (0,) * 3)
        ]
        for image in (before, after):
            image.paste((0, 0, 0), area)
    difference = ImageChops.difference(before, after)
    assert max(top for _, top in difference.getextrema()) <= 2


def test_what_the_source_had_besides_is_told(made: Redacted) -> None:
    assert set(made.dropped) >= {
        *("javascript", "launch", "embedded-files", "annotations", "metadata", "outline", "form"),
        *("layers", "structure", "revisions"),
    }


def test_what_was_not_read_is_told(made: Redacted) -> None:
    assert made.unread == (0,)
    assert made.text == ""


def test_the_same_file_and_boxes_give_the_same_bytes(source: bytes, made: Redacted) -> None:
    assert redact(source, PDF, BOXES, limits=UNREAD) == made
    assert redact(source, PDF, BOXES[::-1] + BOXES, limits=UNREAD).content == made.content


def test_masking_what_is_masked_changes_nothing_that_is_seen(made: Redacted) -> None:
    again = redact(made.content, PDF, BOXES, limits=UNREAD)
    assert drawn(again.content).tobytes() == drawn(made.content).tobytes()


def test_the_new_file_says_what_it_is_and_nothing_else(made: Redacted) -> None:
    with pikepdf.open(io.BytesIO(made.content)) as pdf:
        assert "/Info" not in pdf.trailer
        assert set(pdf.Root.keys()) == {"/Type", "/Pages", "/Lang", "/Metadata", "/OutputIntents"}
        assert b"<pdfaid:part>2<" in pdf.Root.Metadata.read_bytes()
        assert set(pdf.pages[0].obj.keys()) <= {
            *("/Type", "/Parent", "/MediaBox", "/Resources", "/Contents")
        }


def test_words_have_places_on_the_page_as_it_is_shown(source: bytes) -> None:
    found = {word.text: word for word in words(source, PDF, media=3, read=False)}
    box = found["Öppet"].box
    assert isinstance(box, PageBox)
    assert (box.media, box.page) == (3, 0)
    assert 1900 < box.left < 2300
    assert 11_500 < box.top < 13_300
    assert found["Synligask"].line != found["Öppet"].line
    assert not found["Öppet"].seen


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_turned_and_cropped_pages_are_masked_where_they_are_shown(turned: int) -> None:
    with pikepdf.open(io.BytesIO(everything())) as pdf:
        pdf.pages[0].obj.Rotate = turned
        pdf.pages[0].obj.CropBox = pikepdf.Array([10, 10, 280, 190])
        out = io.BytesIO()
        pdf.save(out)
    content = out.getvalue()
    width, height = measure(content, PDF).pages[0]
    assert (width, height) == ((18_000, 27_000) if turned in (90, 270) else (27_000, 18_000))
    box = next(w.box for w in words(content, PDF, read=False) if w.text == "Synligask")
    assert isinstance(box, PageBox)
    covered = page_image(content, PDF, dpi=200, targets=[box])
    image = Image.open(io.BytesIO(covered)).convert("RGB")
    left, top, right, bottom = pixels(box, 200, image.size)
    assert image.crop((left, top, right, bottom)).getcolors() == [
        ((right - left) * (bottom - top), (0, 0, 0))
    ]


def test_what_is_looked_at_is_what_leaves(source: bytes, made: Redacted) -> None:
    preview = Image.open(io.BytesIO(page_image(source, PDF, dpi=200, targets=BOXES)))
    difference = ImageChops.difference(preview.convert("RGB"), drawn(made.content))
    assert max(top for _, top in difference.getextrema()) <= 2


def test_a_photograph_of_a_page_keeps_its_boxes_flat() -> None:
    noise = Image.effect_noise((800, 600), 80).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "PDF", resolution=200)
    box = PageBox(0, 0, 1728, 288, 3456, 2880)
    result = redact(out.getvalue(), PDF, [box], limits=UNREAD)
    with pikepdf.open(io.BytesIO(result.content)) as pdf:
        assert pdf.pages[0].obj.Resources.XObject.P.Filter == pikepdf.Name.DCTDecode
    area = pixels(box, 200, (800, 600))
    colours = drawn(result.content).crop(area).getcolors()
    assert colours is not None
    assert len(colours) == 1
    assert max(colours[0][1]) <= 1


@pytest.mark.parametrize(
    "box",
    [
        PageBox(0, 1, 0, 0, 10, 10),
        PageBox(0, 0, 29_999, 0, 10, 10),
        PageBox(0, 0, -1, 0, 10, 10),
        PageBox(0, 0, 0, 0, 0, 10),
        ImageBox(0, 0, 0, 10, 10),
    ],
)
def test_a_box_that_is_not_on_a_page_stops_all_of_it(box: PageBox | ImageBox) -> None:
    with pytest.raises(CannotRedact) as refusal:
        redact(with_pages(1), PDF, [box], limits=UNREAD)
    assert refusal.value.reason == "outside"


def test_pages_are_counted_and_shown_one_by_one() -> None:
    content = with_pages(3)
    assert frames(content, PDF) == 3
    assert Image.open(io.BytesIO(page_image(content, PDF, 2, 72))).size == (300, 200)
    with pytest.raises(CannotRedact):
        page_image(content, PDF, 3)
