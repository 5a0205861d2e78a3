"""Received pictures: new pixels, filled where asked, and nothing of the source beside them."""

from __future__ import annotations

import io
from fractions import Fraction

import pytest
from PIL import Image, ImageChops, ImageCms, PngImagePlugin

from archiver.errors import CannotRedact
from gdpr.core.mask import Component, ImageBox, PageBox, TimeRange
from gdpr.redaction import Limits, frames, hidden, measure, page_image, redact, words
from tests.unit.gdpr.redaction.received import picture, saved_picture

pytestmark = pytest.mark.usefixtures("without_child")
UNREAD = Limits(reading_seconds=0)
BOX = ImageBox(0, 70, 30, 40, 20)
FILLED = ImageBox(0, 64, 24, 64, 32)  # BOX, on the grid
AREA = (64, 24, 128, 56)
SECRET = b"Anna Hemligsson"


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def differs(one: Image.Image, other: Image.Image) -> int:
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    return max(top for _, top in difference.getextrema())


@pytest.mark.parametrize(
    ("form", "mime", "answer", "most"),
    [
        ("PNG", "image/png", "image/png", 0),
        ("BMP", "image/bmp", "image/png", 0),
        ("TIFF", "image/tiff", "image/png", 0),
        ("GIF", "image/gif", "image/png", 0),
        ("WEBP", "image/webp", "image/png", 0),
        ("JPEG", "image/jpeg", "image/jpeg", 24),
    ],
)
def test_only_the_box_changes_and_it_is_one_flat_colour(
    form: str, mime: str, answer: str, most: int
) -> None:
    source = saved_picture(form)
    made = redact(source, mime, [BOX], limits=UNREAD)
    assert made.mime == answer
    before, after = opened(source).convert("RGB"), opened(made.content)
    assert after.crop(AREA).getcolors() == [(64 * 32, (0, 0, 0))]
    before.paste((0, 0, 0), AREA)
    assert differs(before, after) <= most
    assert redact(source, mime, [BOX], limits=UNREAD) == made


def test_no_metadata_is_left() -> None:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[2] = (Fraction(59), Fraction(20), Fraction(0))
    small = io.BytesIO()
    picture((64, 32)).save(small, "JPEG", comment=SECRET)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    source = saved_picture(
        "JPEG",
        exif=exif.tobytes() + small.getvalue(),  # as cameras add a thumbnail
        comment=SECRET,
        icc_profile=profile,
        xmp=b"<x>" + SECRET + b"</x>",
    )
    assert source.count(SECRET) == 4
    made = redact(source, "image/jpeg", [], limits=UNREAD)
    assert SECRET not in made.content
    assert set(opened(made.content).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert set(made.dropped) == {"exif", "colour-profile", "comment", "xmp"}


def test_no_text_of_a_png_is_left() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", SECRET.decode())
    text.add_itxt("XML:com.adobe.xmp", SECRET.decode(), zip=False)
    source = saved_picture("PNG", pnginfo=text)
    assert source.count(SECRET) == 2
    made = redact(source, "image/png", [], limits=UNREAD)
    assert SECRET not in made.content
    assert opened(made.content).info == {}


def test_a_second_picture_in_the_file_is_left_out() -> None:
    source = saved_picture("MPO", save_all=True, append_images=[Image.new("RGB", (9, 9))])
    made = redact(source, "image/jpeg", [BOX], limits=UNREAD)
    assert "further-pictures" in made.dropped
    assert getattr(opened(made.content), "n_frames", 1) == 1
    assert len(made.content) < len(source) + 5_000


def test_what_lies_under_full_transparency_is_left_out() -> None:
    image = picture().convert("RGBA")
    image.putalpha(0)
    out = io.BytesIO()
    image.save(out, "PNG")
    made = redact(out.getvalue(), "image/png", [], limits=UNREAD)
    assert opened(made.content).getcolors() == [(256 * 128, (255, 255, 255))]
    assert made.dropped == ("transparency",)


def test_boxes_lie_on_the_picture_as_it_is_shown() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    source = saved_picture("PNG", exif=exif)
    assert measure(source, "image/png") == Component(128, 256)
    made = opened(redact(source, "image/png", [BOX], limits=UNREAD).content)
    assert made.size == (128, 256)
    assert made.crop(AREA).getcolors() == [(64 * 32, (0, 0, 0))]
    upright = picture().transpose(Image.Transpose.ROTATE_270)
    upright.paste((0, 0, 0), AREA)
    assert differs(upright, made) == 0


def test_every_frame_of_an_animation_is_filled() -> None:
    source = saved_picture("GIF", frames=4)
    assert frames(source, "image/gif") == 4
    made = redact(source, "image/gif", [BOX], limits=UNREAD)
    image = opened(made.content)
    assert image.n_frames == 4
    for at in range(4):
        image.seek(at)
        assert image.convert("RGB").crop(AREA).getcolors() == [(64 * 32, (0, 0, 0))]
        shown = opened(page_image(source, "image/gif", at, targets=[BOX]))
        assert differs(shown, image) == 0
    assert made.unread == (0, 1, 2, 3)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_pictures_of_every_kind_of_pixel_are_made_anew(mode: str) -> None:
    grey = picture().convert("L")
    image = grey.point(lambda v: v * 257, "I").convert("I;16") if mode == "I;16" else None
    image = image or picture().convert(mode)
    form = "TIFF" if mode == "CMYK" else "PNG"
    out = io.BytesIO()
    image.save(out, form)
    made = opened(redact(out.getvalue(), f"image/{form.lower()}", [BOX], limits=UNREAD).content)
    assert made.crop(AREA).getcolors() == [(64 * 32, (0, 0, 0))]
    expected = grey if mode == "I;16" else image.convert("RGB")
    outside = (128, 0, 256, 128)
    assert differs(expected.crop(outside), made.crop(outside)) <= 1


def test_the_box_that_is_filled_can_be_told_beforehand() -> None:
    component = Component(256, 128)
    assert hidden(BOX, component) == FILLED
    assert hidden(FILLED, component) == FILLED
    assert hidden(ImageBox(0, 250, 125, 6, 3), component) == ImageBox(0, 224, 120, 32, 8)


@pytest.mark.parametrize(
    "target",
    [ImageBox(0, 0, 0, 257, 1), ImageBox(0, -1, 0, 5, 5), PageBox(0, 0, 0, 0, 5, 5)],
)
def test_a_box_outside_is_refused(target: ImageBox | PageBox) -> None:
    with pytest.raises(CannotRedact) as refusal:
        redact(saved_picture("PNG"), "image/png", [target])
    assert refusal.value.reason == "outside"


def test_a_time_range_is_refused_too() -> None:
    with pytest.raises(CannotRedact):
        redact(saved_picture("PNG"), "image/png", [TimeRange(0, 0, 5)])


def test_without_reading_a_picture_has_no_words() -> None:
    assert words(saved_picture("PNG"), "image/png", read=False) == []
