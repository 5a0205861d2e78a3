"""Where a box ends: on a grid of fixed size, so that its width does not tell what it hides.

The exact width of a box named six of ten people from a list of forty. A box therefore grows
outwards to the next lines of a grid that is fixed to the page or picture, some three letters wide.
Pure. Invariants: what a person marked lies inside what is hidden; hiding twice is hiding once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple, TypeVar

from gdpr.core.mask import Component, ImageBox, PageBox

DPI = 200  # of drawn pages
ALIGNED = 8  # pixels: a square that JPEG encodes by itself, so that a filled one stays flat

Boxed = TypeVar("Boxed", bound=ImageBox | PageBox)


class Cell(NamedTuple):
    """Width and height of one cell of a grid."""

    width: int
    height: int


PICTURE = Cell(32, 8)  # pixels
PAGE = Cell(1728, 288)  # hundredths of a point: 48 × 8 pixels at 200 dpi


def hidden(box: Boxed, component: Component) -> Boxed:
    """The box that is filled when `box` is asked for, inside the picture or page."""
    if isinstance(box, PageBox):
        cell, size = PAGE, component.pages[box.page]
    else:
        cell, size = PICTURE, (component.width, component.height)
    left, right = _outwards(box.left, box.left + box.width, cell.width, size[0])
    top, bottom = _outwards(box.top, box.top + box.height, cell.height, size[1])
    return replace(box, left=left, top=top, width=right - left, height=bottom - top)


def pixels(box: PageBox, dpi: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a box on a page drawn at `dpi` as `size` pixels: outwards to
    whole squares of `ALIGNED`."""
    scale = dpi / 7200
    left, right = box.left * scale, (box.left + box.width) * scale
    top, bottom = box.top * scale, (box.top + box.height) * scale
    across = _squares(left, right, size[0])
    down = _squares(top, bottom, size[1])
    return across[0], down[0], across[1], down[1]


def _squares(start: float, end: float, most: int) -> tuple[int, int]:
    # A thousandth of a pixel is rounding, not a part of the page.
    first = int((start + 0.001) // ALIGNED) * ALIGNED
    last = -int(-(end - 0.001) // ALIGNED) * ALIGNED
    return max(0, first), min(most, last)


def _outwards(start: int, end: int, step: int, most: int) -> tuple[int, int]:
    return max(0, start // step * step), min(most, -(-end // step) * step)
