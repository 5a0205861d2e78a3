"""Reads pictures: everything they carry besides pixels, and the pixels where they can be read.

EXIF thumbnails carried what was hidden in the picture itself, so a thumbnail that shows something
else than its picture is told, and everything after a picture's end. Within limits of pixels. Pure
over bytes.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from PIL import ExifTags, Image, ImageChops, ImageFilter, ImageStat, UnidentifiedImageError

from gdpr.leak.piece import Gathered, Unread
from gdpr.leak.unwrap import decoded, readable

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "JPEG2000", "AVIF", "ICO")
_BAD = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    KeyError,
    TypeError,
    struct.error,
    MemoryError,
)
_FRAMES = 50
_OTHER_PICTURE = 40  # of 255: how much a part may differ before it is another picture


def read_picture(content: bytes, place: str, into: Gathered) -> None:
    """A picture file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                if image.width * image.height > into.limits.pixels:
                    into.unread.append(Unread(place + "picture", "more pixels than are read"))
                    return
                into.spend(image.width * image.height * 4)
                image.load()
                _metadata(image, place, into)
                _thumbnail(content, image, place, into)
                _frames(image, place, into)
    except _BAD:
        into.unread.append(Unread(place + "picture", "a broken picture"))


def read_pixels(image: Image.Image, place: str, into: Gathered) -> None:
    """The text that can be seen."""
    # Transparent parts are looked at too: what is there can be made visible again.
    into.pixels(f"{place}pixels", image.convert("RGB"))


def _frames(image: Image.Image, place: str, into: Gathered) -> None:
    count = getattr(image, "n_frames", 1)
    if count > _FRAMES:
        into.unread.append(Unread(place + "picture", f"more than {_FRAMES} frames"))
    for number in range(min(count, _FRAMES)):
        image.seek(number)
        into.spend(image.width * image.height * 4)
        read_pixels(image, f"{place}frame {number + 1}, " if count > 1 else place, into)


def _metadata(image: Image.Image, place: str, into: Gathered) -> None:
    found = [*_texts(image.info)]
    found += _texts(getattr(image, "text", {}) or {})
    exif = image.getexif()
    found += _texts(exif)
    for part in ExifTags.IFD:
        try:
            found += _texts(exif.get_ifd(part))
        except _BAD:
            into.unread.append(Unread(f"{place}EXIF", "broken"))
    found += _texts(dict(enumerate(getattr(image, "applist", ()))))
    if found:
        into.text(f"{place}metadata", "\n".join(found))


def _texts(values: Mapping[Any, Any]) -> Iterable[str]:
    for key, value in values.items():
        if isinstance(key, str):
            yield key
        yield from _strings(value)


def _strings(value: object) -> Iterable[str]:
    match value:
        case str():
            yield value
        case bytes():
            runs = readable(value)
            yield from runs
            if len(value) < 200:
                yield decoded(value)
            elif value[1::2].count(0) * 3 > len(value):
                yield value.decode("utf-16-le", "replace")
        case tuple() | list():
            for one in value:
                yield from _strings(one)
        case dict():
            yield from _texts(value)


def _thumbnail(content: bytes, image: Image.Image, place: str, into: Gathered) -> None:
    """Pictures within the picture, in EXIF or after its end."""
    at = content.find(b"\xff\xd8\xff", 2)
    while at >= 0:
        try:
            with Image.open(io.BytesIO(content[at:]), formats=("JPEG",)) as other:
                other.load()
                if _differs(image, other):
                    digest = sha256(content[at:]).hexdigest()
                    reason = "a picture within that shows something else"
                    into.unread.append(Unread(f"{place}thumbnail", reason, True, digest))
                _metadata(other, f"{place}thumbnail, ", into)
                read_pixels(other, f"{place}thumbnail, ", into)
        except _BAD:
            pass  # three bytes by chance
        at = content.find(b"\xff\xd8\xff", at + 3)


def _differs(image: Image.Image, other: Image.Image) -> bool:
    size = (32, 32)
    blur = ImageFilter.BoxBlur(1)
    one, two = (
        picture.convert("L").resize(size, Image.Resampling.BOX).filter(blur)
        for picture in (image, other)
    )
    extrema = ImageStat.Stat(ImageChops.difference(one, two)).extrema
    return extrema[0][1] > _OTHER_PICTURE
