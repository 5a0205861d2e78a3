"""A box grows outwards to the grid, and no further than its page."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from gdpr.core.mask import Component, ImageBox, PageBox
from gdpr.redaction.grid import PAGE, PICTURE, hidden, pixels

SIDE = some.integers(1, 100_000)


@some.composite
def boxes(draw: some.DrawFn) -> tuple[ImageBox | PageBox, Component]:
    width, height = draw(SIDE), draw(SIDE)
    left, top = draw(some.integers(0, width - 1)), draw(some.integers(0, height - 1))
    wide, high = draw(some.integers(1, width - left)), draw(some.integers(1, height - top))
    if draw(some.booleans()):
        return PageBox(0, 0, left, top, wide, high), Component(pages=((width, height),))
    return ImageBox(0, left, top, wide, high), Component(width, height)


@given(boxes())
def test_what_was_marked_is_hidden_and_more_only_to_the_grid(
    case: tuple[ImageBox | PageBox, Component],
) -> None:
    box, component = case
    cell = PAGE if isinstance(box, PageBox) else PICTURE
    size = component.pages[0] if component.pages else (component.width, component.height)
    area = hidden(box, component)
    assert 0 <= area.left <= box.left < box.left + box.width <= area.left + area.width <= size[0]
    assert 0 <= area.top <= box.top < box.top + box.height <= area.top + area.height <= size[1]
    assert area.left % cell.width == area.top % cell.height == 0
    assert area.width % cell.width == 0 or area.left + area.width == size[0]
    assert area.width <= box.width + 2 * cell.width
    assert area.height <= box.height + 2 * cell.height
    assert hidden(area, component) == area


@given(some.integers(1, 1728), some.integers(0, 1728 * 3))
def test_names_of_many_lengths_get_boxes_of_a_few_widths(width: int, left: int) -> None:
    component = Component(pages=((59_500, 84_200),))
    assert hidden(PageBox(0, 0, left, 0, width, 100), component).width in (1728, 3456)


def test_pixels_of_the_grid_are_whole_squares() -> None:
    box = PageBox(0, 0, 1728, 288, 3456, 576)
    assert pixels(box, 200, (1654, 2339)) == (48, 8, 144, 24)
    assert pixels(box, 100, (827, 1170)) == (24, 0, 72, 16)
    assert pixels(PageBox(0, 0, 0, 0, 59_500, 84_200), 200, (1653, 2339)) == (0, 0, 1653, 2339)
