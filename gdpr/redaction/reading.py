"""Reads text from pixels, in the child: tesseract with its Swedish model, where it is installed.

Its answers are what somebody can read in what is left, or hints of what to mask; it reads "@" as
"Q" or "å", so no decision rests on it alone. Where it is missing, `reader` says so.
"""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image

from gdpr.redaction.reader import LANGUAGE, reader

_ASKED = ("stdin", "stdout", "-l", LANGUAGE)
_SMALL = 1_500  # pixels: letters of smaller pictures are drawn out to twice the size first
PAGE, SCATTERED = 3, 11  # tesseract's ways to look: a page set in lines; words anywhere


class Seen(NamedTuple):
    """A word in pixels: left, top, width, height, and the number of its line."""

    text: str
    left: int
    top: int
    width: int
    height: int
    line: int


def read(image: Image.Image, *, dpi: int, way: int, seconds: int) -> Sequence[Seen] | None:
    """The words in a picture, in reading order; None if it could not be read."""
    program = reader()
    if program is None or seconds < 1:
        return None
    factor = 2 if max(image.size) < _SMALL and way == SCATTERED else 1
    grey = image.convert("L")
    if factor > 1:
        grey = grey.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC)
    head = f"P5 {grey.width} {grey.height} 255\n".encode()
    resolution = str(max(70, round(dpi * factor)))
    try:
        done = subprocess.run(  # noqa: S603 no shell, and no word of it is from outside
            [program, *_ASKED, "--dpi", resolution, "--psm", str(way), "tsv"],
            check=False,
            input=head + grey.tobytes(),
            capture_output=True,
            timeout=seconds,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return _words(done.stdout.decode("utf-8", "replace"), factor) if not done.returncode else None


def _words(table: str, factor: int) -> list[Seen]:
    found: list[Seen] = []
    lines: dict[tuple[str, ...], int] = {}
    for row in csv.reader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        if len(row) != 12 or row[0] != "5" or not row[11].strip():
            continue
        line = lines.setdefault(tuple(row[1:5]), len(lines))
        left, top, width, height = (int(number) // factor for number in row[6:10])
        text = "".join(c for c in row[11] if c.isprintable())
        found.append(Seen(text, left, top, max(1, width), max(1, height), line))
    return found


def as_text(words: Sequence[Seen]) -> str:
    """Words as lines of text."""
    lines: dict[int, list[str]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word.text)
    return "\n".join(" ".join(line) for line in lines.values())
