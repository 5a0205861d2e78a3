"""The plain copy: what is written otherwise reads the same, and every place is found again."""

from __future__ import annotations

import pytest

from gdpr.core.normalise import normalised


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("850101–9809", "850101-9809"),
        ("850101\u20119809", "850101-9809"),
        ("070\u00a0174\u202f06\u200905", "070 174 06 05"),
        ("８５０１０１－９８０９", "850101-9809"),
        ("٠٧٠", "070"),
        ("ａｎｎａ＠ｅｘａｍｐｌｅ．ｓｅ", "anna@example.se"),
        ("850101\u200b-9809", "850101-9809"),
        ("trä\u00addgård", "trädgård"),
        ("A\u030asa", "Åsa"),
        ("rad\tett\nrad två", "rad ett\nrad två"),
        ("plain text", "plain text"),
        ("", ""),
    ],
)
def test_it_reads_as_if_plainly_written(text: str, plain: str) -> None:
    assert normalised(text).plain == plain


def test_a_place_in_the_copy_is_one_in_the_text() -> None:
    text = "Hej A\u030asa\u200b Ek"
    copy = normalised(text)
    start = copy.plain.index("Åsa")
    assert text[slice(*copy.back(start, start + 3))] == "A\u030asa"
    start = copy.plain.index("Ek")
    assert text[slice(*copy.back(start, start + 2))] == "Ek"


def test_what_needs_no_copy_keeps_its_offsets() -> None:
    assert normalised("Hej Åsa – 070").starts is None
