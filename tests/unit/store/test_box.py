"""A key sealed to somebody who is not here."""

from __future__ import annotations

import pytest

from archiver.errors import ConfigError, SealBroken
from archiver.store.box import (
    fingerprint,
    new_pair,
    open_box,
    pair_of,
    parse_private,
    render_private,
    seal_box,
)
from tests.build import seeded

PAIR = new_pair(seeded(1))
KEY = bytes(range(32))


def test_only_the_private_half_opens_a_box() -> None:
    box = seal_box(PAIR.public, KEY, "quarantine/7.1", seeded(2))
    assert open_box(PAIR.private, box, "quarantine/7.1") == KEY
    assert KEY not in box
    assert box != seal_box(PAIR.public, KEY, "quarantine/7.1", seeded(3))
    with pytest.raises(SealBroken):
        open_box(new_pair(seeded(4)).private, box, "quarantine/7.1")


def test_every_altered_box_is_refused() -> None:
    box = seal_box(PAIR.public, KEY, "quarantine/7.1", seeded(2))
    for place in range(len(box)):
        bad = bytes(b ^ (i == place) for i, b in enumerate(box))
        with pytest.raises(SealBroken):
            open_box(PAIR.private, bad, "quarantine/7.1")
    for bad, name in (
        (box, "quarantine/8.1"),
        (box[:-1], "quarantine/7.1"),
        (b"", "quarantine/7.1"),
    ):
        with pytest.raises(SealBroken):
            open_box(PAIR.private, bad, name)


@pytest.mark.parametrize("public", [bytes(32), b"\x01" + bytes(31), b"short"])
def test_a_public_half_that_anyone_opens_is_refused(public: bytes) -> None:
    with pytest.raises(ConfigError):
        seal_box(public, KEY, "quarantine/7.1", seeded(2))


def test_the_file_of_a_private_half_is_read_back_and_nothing_else_is() -> None:
    text = render_private(PAIR.private)
    assert parse_private(text) == PAIR.private
    assert parse_private(f"  {text}\n") == PAIR.private
    assert pair_of(PAIR.private) == PAIR
    for bad in (
        "",
        "x",
        text.upper(),
        text[:-3],
        text.replace("1 ", "2 ", 1),
        text.replace("a", "b"),
    ):
        with pytest.raises(ConfigError):
            parse_private(bad)


def test_a_pair_does_not_show_its_private_half() -> None:
    assert PAIR.private.hex() not in repr(PAIR)
    assert fingerprint(PAIR.public) in repr(PAIR)
