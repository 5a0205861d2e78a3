"""Pictures, in the child: decoded, turned as they are shown, filled, encoded anew.

Invariants: only pixels that are seen go on: no metadata, thumbnail, colour profile, comment, part
under full transparency, or second picture of the file; every frame of an animation is filled; the
size is known to be allowed before anything is unfolded.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from PIL import Image, ImageCms, ImageDraw, ImageOps, ImageSequence, UnidentifiedImageError

from gdpr.core.mask import Component, ImageBox
from gdpr.redaction.answer import Limits, Refusal, refused
from gdpr.redaction.grid import hidden

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
_TURNED = 0x0112  # the EXIF tag of orientation
_BLACK = (0, 0, 0)


def opened(content: bytes, limits: Limits) -> Image.Image:
    """The picture, not yet decoded. Raises `CannotRedact`."""
    Image.MAX_IMAGE_PIXELS = None  # told by size, below
    try:
        image = Image.open(io.BytesIO(content), formats=_FORMATS)
    except UnidentifiedImageError:
        raise refused(Refusal.CORRUPT) from None
    if image.width * image.height > limits.pixels:
        raise refused(Refusal.TOO_LARGE)
    if image.format == "TIFF" and count(image) > 1:
        raise refused(Refusal.UNSUPPORTED)  # pages, which nobody would see one by one
    if count(image) > limits.frames:
        raise refused(Refusal.MANY_PAGES, count(image))
    return image


def count(image: Image.Image) -> int:
    """Frames that are shown one after the other. What a camera puts beside its JPEG is none."""
    return 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))


def measured(image: Image.Image) -> Component:
    """Its size as it is shown."""
    turned = image.getexif().get(_TURNED, 1) in (5, 6, 7, 8)
    width, height = image.size
    return Component(height, width) if turned else Component(width, height)


def frames(image: Image.Image, boxes: Sequence[ImageBox]) -> Iterator[tuple[Image.Image, int]]:
    """Each frame as it is shown, filled, and how many milliseconds it stays."""
    component = measured(image)
    if any(_outside(box, component) for box in boxes):
        raise refused(Refusal.OUTSIDE)
    areas = [hidden(box, component) for box in boxes]
    moving = count(image) > 1
    for at, frame in enumerate(ImageSequence.Iterator(image)):
        if at and not moving:
            break
        shown = _shown(frame)
        draw = ImageDraw.Draw(shown)
        for box in areas:
            right, bottom = box.left + box.width - 1, box.top + box.height - 1
            draw.rectangle((box.left, box.top, right, bottom), fill=_BLACK)
        yield shown, int(frame.info.get("duration") or 100)


def encoded(image: Image.Image, boxes: Sequence[ImageBox]) -> tuple[bytes, str]:
    """The picture anew: a JPEG for a JPEG, a PNG for all others, an animated one if it was."""
    as_jpeg = image.format in ("JPEG", "MPO")
    made = list(frames(image, boxes))
    first, out = made[0][0], io.BytesIO()
    if as_jpeg:
        first.save(out, "JPEG", quality=92, subsampling=0)
        return out.getvalue(), "image/jpeg"
    if len(made) == 1:
        first.save(out, "PNG")
    else:
        rest = [frame for frame, _ in made[1:]]
        stays = [duration for _, duration in made]
        first.save(out, "PNG", save_all=True, append_images=rest, duration=stays, loop=0)
    return out.getvalue(), "image/png"


def dropped(image: Image.Image) -> list[str]:
    """What it has besides the pixels that are seen."""
    further = int(getattr(image, "n_frames", 1)) - count(image)
    known = {"exif": "exif", "icc_profile": "colour-profile", "xmp": "xmp", "comment": "comment"}
    found = {word for key, word in known.items() if image.info.get(key)}
    found |= {"comment"} if getattr(image, "text", None) else set()
    found |= {"further-pictures"} if further > 0 else set()
    found |= {"transparency"} if _transparent(image) else set()
    return sorted(found)


def _outside(box: ImageBox, component: Component) -> bool:
    right, bottom = box.left + box.width, box.top + box.height
    inside = 0 <= box.left < right <= component.width and 0 <= box.top < bottom <= component.height
    return not inside


def _transparent(image: Image.Image) -> bool:
    return "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info


def _shown(frame: Image.Image) -> Image.Image:
    """A frame as a reader sees it: upright, on white, in the colours of a screen, in new memory."""
    image = ImageOps.exif_transpose(frame)
    profile = frame.info.get("icc_profile")
    if _transparent(image):
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(ground, image)
    elif image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image = _eight_bits(image)
    elif profile and image.mode in ("RGB", "CMYK", "L"):
        image = _in_screen_colours(image, profile)
    image = image.convert("RGB")
    return Image.frombytes("RGB", image.size, image.tobytes())


def _eight_bits(image: Image.Image) -> Image.Image:
    """Pixels of sixteen bits or more as eight, the brightest as white."""
    plain = image.convert("F")
    most = plain.getextrema()[1]
    scale = 255 / (65535 if not isinstance(most, float) or most <= 65535 else most)
    return plain.point(lambda value: value * scale).convert("L")


def _in_screen_colours(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        made = ImageCms.profileToProfile(
            image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        return image  # a profile nobody can use says nothing of colours
    return made if made is not None else image
