"""Number masks: the forms that authorities use, and those that would be ambiguous."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from archiver.errors import ConfigError
from archiver.registry.core.mask import Mask, Number, check_code

# Forms of real registers: (mask, code, class, number, as it is written).
FORMS = [
    ("{ORG} {ÅÅÅÅ}/{LÖP}", "KS", "", Number(2017, 141), "KS 2017/141"),
    ("{ORG}/{ÅÅÅÅ}:{LÖP}", "KS", "", Number(2014, 68), "KS/2014:68"),
    ("{ÅÅÅÅ}/{ORG}{LÖP:04}", "KS", "", Number(2014, 101), "2014/KS0101"),
    ("{ÅÅÅÅ}-{ORG}{LÖP:04}/{KLASS}", "KS", "003", Number(2012, 289), "2012-KS0289/003"),
    ("{ORG}-{ÅÅÅÅ}-{LÖP:05}-{HANDL}", "KS", "", Number(2018, 526, 1), "KS-2018-00526-1"),
    ("{ORG} {LÖP}/{ÅÅÅÅ}", "Ks", "", Number(2015, 105), "Ks 105/2015"),
    ("{LÖP}/{ÅÅ}", "KS", "", Number(2015, 1012), "1012/15"),
    ("{ORG}{ÅÅ}/{LÖP:05}", "LD", "", Number(2012, 942), "LD12/00942"),
    ("{ORG} {ÅÅÅÅ}:{LÖP:02}", "SSA", "", Number(2014, 2), "SSA 2014:02"),
    ("{ORG} {KLASS}-{LÖP:04}-{ÅÅ}", "SU", "38", Number(2004, 156), "SU 38-0156-04"),
    ("{ORG} {ÅÅÅÅ}/{LÖP}", "RA-KS", "", Number(2021, 23), "RA-KS 2021/23"),
    ("{ÅÅÅÅ}-{KLASS}-{LÖP}/{HANDL}", "KS", "1.1.1", Number(2019, 256, 1), "2019-1.1.1-256/1"),
    ("{ORG} {ÅÅÅÅ}/{LÖP} {KLASS}", "KS", "1.7.9", Number(2021, 1311), "KS 2021/1311 1.7.9"),
]


@pytest.mark.parametrize(("text", "code", "class_code", "number", "written"), FORMS)
def test_a_form_in_use_is_written_and_read(
    text: str, code: str, class_code: str, number: Number, written: str
) -> None:
    mask = Mask.parse(text)
    assert mask.render(number, code=code, class_code=class_code) == written
    assert mask.read(written, code=code, this_year=2026) == number
    assert mask.read(f"  {written.lower()} ".replace(" ", "  "), code=code, this_year=2026) == (
        number
    )


def test_a_case_is_written_without_its_documents_number() -> None:
    mask = Mask.parse("{ÅÅÅÅ}-{KLASS}-{LÖP}/{HANDL:02}")
    written = mask.render(Number(2026, 7), code="KS", class_code="1.9")
    assert written == "2026-1.9-7"
    assert mask.read(written, code="KS", this_year=2026) == Number(2026, 7)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("{ORG} {ÅÅÅÅ}/{LÖP}", "KS 2026/7-3"),
        ("{LÖP}/{ÅÅ}", "7/26-3"),
        ("{ÅÅÅÅ}-{LÖP:04} {KLASS}", "2026-0007 1.9-3"),
        ("{ÅÅÅÅ}/{LÖP} {ORG}", "2026/7 KS-3"),
        ("{ÅÅÅÅ}/{LÖP}/{HANDL:02}", "2026/7/03"),
    ],
)
def test_a_document_never_has_its_case_s_number(text: str, written: str) -> None:
    mask = Mask.parse(text)
    case = mask.render(Number(2026, 7), code="KS", class_code="1.9")
    document = mask.render(Number(2026, 7, 3), code="KS", class_code="1.9")
    assert document == written
    assert document != case
    assert mask.read(document, code="KS", this_year=2026) == Number(2026, 7, 3)
    assert mask.read(case, code="KS", this_year=2026) == Number(2026, 7)


def test_more_digits_than_the_mask_fills_are_written_whole() -> None:
    mask = Mask.parse("{ORG}{ÅÅ}/{LÖP:03}")
    assert mask.render(Number(2026, 12345), code="KS") == "KS26/12345"
    assert mask.read("KS26/12345", code="KS", this_year=2026) == Number(2026, 12345)
    assert mask.read("KS26/00012", code="KS", this_year=2026) is None


def test_two_digits_of_a_year_mean_no_later_than_next_year() -> None:
    mask = Mask.parse("{LÖP}/{ÅÅ}")
    years = [mask.read(f"1/{two}", code="KS", this_year=2026) for two in ("27", "28", "00", "99")]
    assert years == [Number(2027, 1), Number(1928, 1), Number(2000, 1), Number(1999, 1)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "1 to 60 characters"),
        ("x" * 61, "1 to 60 characters"),
        (" {ÅÅÅÅ}/{LÖP}", "no blank at its ends"),
        ("{ORG} {ÅÅÅÅ}", "running number"),
        ("{ORG} {LÖP}", "year is missing"),
        ("{ÅÅÅÅ}/{LÖP}/{LÖP}", "twice"),
        ("{ÅÅÅÅ}/{ÅÅ}/{LÖP}", "twice"),
        ("{ÅÅÅÅ}/{LÖP}{ORG}", "no digit"),
        ("{LÖP}{ÅÅÅÅ}", "no digit"),
        ("{ÅÅÅÅ}-{LÖP}0", "no digit"),
        ("{ÅÅÅÅ}-{KLASS}.{LÖP}", "no part of it"),
        ("{ÅÅÅÅ}-{KLASS}{LÖP}", "no part of it"),
        ("{HANDL}/{ÅÅÅÅ}/{LÖP}", "last"),
        ("{ÅÅÅÅ}/{LOP}", "not known"),
        ("{ÅÅÅÅ}/{LÖP:}", "digits after the colon"),
        ("{ÅÅÅÅ}/{LÖP:5}", "as {LÖP:05}"),
        ("{ÅÅÅÅ:04}/{LÖP}", "as {LÖP:05}"),
        ("{ÅÅÅÅ}/{LÖP", "only letters"),
        ("{ÅÅÅÅ}/{LÖP}<b>", "only letters"),
        ("{ÅÅÅÅ}/{LÖP}\n", "no blank"),
        ("KS  {ÅÅÅÅ}/{LÖP}", "two blanks"),
    ],
)
def test_a_mask_that_would_not_do_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        Mask.parse(text)


def test_a_class_that_the_mask_needs_must_be_given() -> None:
    with pytest.raises(ConfigError, match="class"):
        Mask.parse("{KLASS}-{ÅÅ}-{LÖP}").render(Number(2026, 1), code="KS")


@pytest.mark.parametrize("code", ["", "K S", "-KS", "KS/1", "x" * 17, "KS\n"])
def test_a_code_that_would_not_do_is_refused(code: str) -> None:
    with pytest.raises(ConfigError):
        check_code(code)


SEPARATORS = some.sampled_from(["/", "-", ":", " ", "_"])


@some.composite
def masks(draw: some.DrawFn) -> str:
    """Masks of any tokens in any order, with separators that tell them apart."""
    year = draw(some.sampled_from(["{ÅÅÅÅ}", "{ÅÅ}"]))
    running = draw(some.sampled_from(["{LÖP}", "{LÖP:01}", "{LÖP:04}", "{LÖP:09}"]))
    extra = draw(some.lists(some.sampled_from(["{ORG}", "{KLASS}"]), unique=True))
    tokens = draw(some.permutations([year, running, *extra]))
    text = tokens[0]
    for token in tokens[1:]:
        text += draw(SEPARATORS) + token
    last = draw(some.sampled_from(["", "/{HANDL}", "-{HANDL:02}"]))
    return text + last


@given(
    masks(),
    some.integers(2000, 2027),
    some.integers(1, 10**8),
    some.none() | some.integers(1, 999),
    some.sampled_from(["KS", "RA-KS", "B2", "ÅLR"]),
    some.sampled_from(["1.9", "38", "2.10.3", "a"]),
)
def test_what_is_written_is_read_as_the_same_number(
    text: str, year: int, running: int, part: int | None, code: str, class_code: str
) -> None:
    mask = Mask.parse(text)
    number = Number(year, running, part)
    written = mask.render(number, code=code, class_code=class_code)
    assert mask.read(written, code=code, this_year=2026) == number
