"""A page or picture as it is worked on: its size, its grid, and boxes in cells of the grid. Pure.

People give a box in cells, by pointer or by number; so it needs no second rounding, and what is
drawn is what is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gdpr.core.mask import Component, ImageBox, PageBox
from gdpr.redaction.answer import Box
from gdpr.redaction.grid import PAGE, PICTURE, Cell, hidden

_NUMBERS = re.compile(r"\d{1,9}(?:,\d{1,9}){3}")


@dataclass(frozen=True, slots=True)
class Canvas:
    """Page `page` of component `media`, or the whole picture (`page` is then its frame)."""

    media: int
    page: int
    component: Component

    @property
    def paged(self) -> bool:
        """Whether it is a page of a document."""
        return bool(self.component.pages)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, in the units of boxes."""
        if self.paged:
            return self.component.pages[self.page]
        return self.component.width, self.component.height

    @property
    def cell(self) -> Cell:
        """One cell of the grid."""
        return PAGE if self.paged else PICTURE

    @property
    def cells(self) -> tuple[int, int]:
        """How many cells there are across and down, the last ones perhaps not whole."""
        return -(-self.size[0] // self.cell.width), -(-self.size[1] // self.cell.height)

    def box(self, left: int, top: int, width: int, height: int) -> Box | None:
        """A box given in its own units; None if it does not lie on it."""
        across, down = self.size
        if not (left >= 0 <= top and width > 0 < height):
            return None
        if left + width > across or top + height > down:
            return None
        if self.paged:
            return PageBox(self.media, self.page, left, top, width, height)
        return ImageBox(self.media, left, top, width, height)

    def of_cells(self, left: int, top: int, width: int, height: int) -> Box | None:
        """A box given in cells; None if it is empty or begins outside. One that reaches out of it
        ends at its edge."""
        if width < 1 or height < 1 or not 0 <= left < self.cells[0] or not 0 <= top < self.cells[1]:
            return None
        x, y = left * self.cell.width, top * self.cell.height
        wide = min(width * self.cell.width, self.size[0] - x)
        high = min(height * self.cell.height, self.size[1] - y)
        return self.box(x, y, wide, high)

    def of_text(self, text: str) -> Box | None:
        """A box as `left,top,width,height` in its own units, as a word's box is sent."""
        if not _NUMBERS.fullmatch(text):
            return None
        left, top, width, height = (int(one) for one in text.split(","))
        return self.box(left, top, width, height)

    def filled(self, box: Box) -> Box:
        """What is filled when a box is asked for."""
        return hidden(box, self.component)

    def on_it(self, boxes: Sequence[object]) -> list[Box]:
        """Those of the targets that are boxes on this page, or on this picture."""
        return [
            one
            for one in boxes
            if (isinstance(one, PageBox) and one.page == self.page and self.paged)
            or (isinstance(one, ImageBox) and not self.paged)
            if one.media == self.media
        ]


def text_of(box: Box) -> str:
    """A box as `Canvas.of_text` reads it."""
    return f"{box.left},{box.top},{box.width},{box.height}"
