""" "Gallrad" is said after the last of three steps, and never unproven."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from retention.core.certificate import ResidueScan, Steps, Verification
from retention.core.stage import Stage, is_complete, stage, state_in_words
from tests.unit.retention.examples import CERTIFICATE, DAY, ROLLED, at

KEYS, REMOVED = CERTIFICATE.steps.keys_destroyed_at, CERTIFICATE.steps.bytes_removed_at
EVE = ROLLED - timedelta(days=1)


@pytest.mark.parametrize(
    ("changed", "today", "reached", "words"),
    [
        ({"steps": Steps(), "verification": None, "residue": None}, ROLLED, "decided", "Beslutad"),
        (
            {"steps": Steps(keys_destroyed_at=KEYS), "verification": None, "residue": None},
            ROLLED,
            "keys_destroyed",
            "Nycklar förstörda 2026-11-23. Lagrade bytes är ännu inte borttagna.",
        ),
        (
            {"steps": Steps(keys_destroyed_at=KEYS, bytes_removed_at=REMOVED)},
            ROLLED,
            "bytes_removed",
            "När säkerhetskopiorna är utrullade är inte känt",
        ),
        ({}, EVE, "bytes_removed", "utrullade först 2026-12-23"),
        ({}, ROLLED, "disposed", "Gallrad. Nycklar förstörda 2026-11-23"),
        ({"verification": None}, ROLLED, "unproven", "inte styrkt"),
        ({"residue": None}, ROLLED, "unproven", "inte styrkt"),
        (
            {"verification": Verification(at=at(23, 9), passed=False, entries=1, unexplained=1)},
            EVE,
            "unproven",
            "inte styrkt",
        ),
        (
            {"residue": ResidueScan(at=at(23, 9), places=1, volume=1, found=1)},
            ROLLED,
            "unproven",
            "inte styrkt",
        ),
    ],
)
def test_how_far_it_has_come(changed: dict[str, Any], today: Any, reached: str, words: str) -> None:
    one = replace(CERTIFICATE, **changed)
    assert list(one.faults()) == []
    assert stage(one, today) == Stage(reached)
    assert is_complete(one, today) == (reached == "disposed")
    assert words in state_in_words(one, today)
    assert ("Gallrad." in state_in_words(one, today)) == is_complete(one, today)


def test_the_words_have_an_english() -> None:
    assert state_in_words(CERTIFICATE, DAY, "en").startswith("Keys destroyed 2026-11-23")
    assert state_in_words(CERTIFICATE, ROLLED, "en").startswith("Disposed of.")
