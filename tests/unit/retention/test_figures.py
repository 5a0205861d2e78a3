"""Figures as a Swede writes them, and in English."""

from __future__ import annotations

from datetime import date

import pytest

from archiver.document.parts import Field
from retention.core.certificate import SeqRange
from retention.documents.figures import (
    count,
    day,
    moment,
    numbers,
    span,
    told,
    volume,
    volume_exactly,
)

MIDNIGHT = 1_795_474_800_000  # 2026-11-23 23:00 UTC is the 24th in Sweden


@pytest.mark.parametrize(
    ("size", "swedish", "english"),
    [
        (0, "0 B", "0 B"),
        (999, "999 B", "999 B"),
        (1000, "1,0 kB", "1.0 kB"),
        (1_299, "1,2 kB", "1.2 kB"),
        (999_999, "999,9 kB", "999.9 kB"),
        (1_000_000, "1,0 MB", "1.0 MB"),
        (48_425_108, "48,4 MB", "48.4 MB"),
        (8_811_223_040, "8,8 GB", "8.8 GB"),
        (7 * 10**18, "7 000,0 PB", "7,000.0 PB"),
    ],
)
def test_volumes(size: int, swedish: str, english: str) -> None:
    assert volume(size, "sv").replace("\u00a0", " ") == swedish
    assert volume(size, "en").replace("\u00a0", " ") == english


def test_numbers_and_exact_volumes() -> None:
    assert count(1_234_567, "sv") == "1\u00a0234\u00a0567"
    assert count(1_234_567, "en") == "1,234,567"
    assert volume_exactly(1_299, "en") == "1.2\u00a0kB (1,299 byte)"
    assert volume_exactly(12, "sv") == "12\u00a0B"


def test_days_and_instants_are_swedish_time() -> None:
    assert day(MIDNIGHT) == "2026-11-24"
    assert moment(MIDNIGHT, "sv") == "2026-11-24 kl.\u00a000.00"
    assert moment(MIDNIGHT, "en") == "2026-11-24 00:00"


def test_spans_and_runs() -> None:
    first, last = date(2025, 1, 2), date(2025, 12, 30)
    assert span(first, last) == "2025-01-02\u00a0– 2025-12-30"
    assert span(first, first) == "2025-01-02"
    assert span(None, last) == "…\u00a0– 2025-12-30"
    assert span(None, None) == "–"
    runs = (SeqRange(first=4711, last=4719), SeqRange(first=4802, last=4802))
    assert numbers(runs) == "4711–4719, 4802"


def test_what_says_nothing_is_left_out() -> None:
    assert told(Field("a", ""), Field("b", "c")) == (Field("b", "c"),)
