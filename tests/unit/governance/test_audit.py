"""The report's rules: samples that can be repeated, which finding is last year's, the questions."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.reason import Wording
from archiver.errors import NotCanonical
from archiver.governance.audit.answers import ANSWERS
from archiver.governance.audit.questions import UNITS, questions, survey
from archiver.governance.core import audit
from archiver.governance.core.acts import Category
from archiver.governance.core.book import Note
from tests.unit.governance.audits import an_assessment

DAY = date(2027, 2, 1)
FRAMES = st.sets(st.integers(0, 10_000), max_size=60)


def note(said: audit.Assessed, day: date = DAY) -> Note[audit.Assessed]:
    return Note(authority=1, day=day, actor=2, said=said)


def of_year(year: int, text: str) -> audit.Assessed:
    days = {"since": date(year, 1, 1), "until": date(year, 12, 31)}
    return replace(an_assessment(), text=text, **days)


def test_a_sample_is_what_sha256sum_says_of_it() -> None:
    """Vectors from `printf '%s' 'revision-2026:N' | sha256sum`, and of the frame's lines."""
    frame = [11, 12, 13, 14]
    ranked = sorted(frame, key=lambda n: hashlib.sha256(f"revision-2026:{n}".encode()).hexdigest())
    assert audit.drawn("revision-2026", frame, 2) == ranked[:2]
    assert audit.frame_digest([12, 11]) == hashlib.sha256(b"11\n12\n").hexdigest()


@given(FRAMES, st.integers(0, 70), st.text(min_size=1, max_size=20))
def test_the_seed_alone_draws(frame: set[int], size: int, seed: str) -> None:
    drawn = audit.drawn(seed, sorted(frame), size)
    assert drawn == audit.drawn(seed, sorted(frame, reverse=True), size)
    assert len(set(drawn)) == len(drawn) == min(size, len(frame))
    assert set(drawn) <= frame
    assert drawn == audit.drawn(seed, frame, len(frame))[:size], "a larger sample begins with it"


@given(FRAMES, FRAMES)
def test_frames_that_differ_have_other_digests(one: set[int], other: set[int]) -> None:
    assert (audit.frame_digest(one) == audit.frame_digest(other)) == (one == other)


def test_the_newest_of_the_period_and_last_years() -> None:
    first, again = of_year(2026, "Först"), of_year(2026, "Igen")
    notes = [note(of_year(2025, "I fjol")), note(of_year(2024, "Sen")), note(first), note(again)]
    period = audit.Period(date(2026, 1, 1), date(2026, 12, 31))
    said, before = audit.standing(notes, period)
    assert said["gallring"].said == again
    assert before["gallring"].said.text == "I fjol", "the latest period, not what was noted last"
    said, before = audit.standing(notes, audit.Period(date(2027, 1, 1), date(2027, 12, 31)))
    assert not said
    assert before["gallring"].said == again
    assert audit.standing(notes, audit.Period(date(2023, 1, 1), date(2023, 12, 31))) == ({}, {})


def test_other_figures_have_another_digest_and_words_do_not_count() -> None:
    one = audit.Answer(figures={"a": 1, "b": 2})
    assert one.digest == audit.Answer(figures={"b": 2, "a": 1}).digest
    assert one.digest != audit.Answer(figures={"a": 1, "b": 3}).digest
    told = audit.Answer(figures={"a": 1, "b": 2}, missing={"c": Wording("Ännu inte.", "Not yet.")})
    assert one.digest == told.digest


def test_an_assessment_is_read_as_it_was_written() -> None:
    payload = audit.BOOK.payload(note(an_assessment()))
    assert audit.BOOK.note_of(payload) == note(an_assessment())
    with pytest.raises(NotCanonical):
        audit.BOOK.note_of({**payload, "said": {**payload["said"], "verdict": "kanske"}})  # type: ignore[dict-item]


def test_every_question_has_its_function_words_and_a_place() -> None:
    assert list(questions()) == list(ANSWERS)
    for one in questions().values():
        keys = [figure.key for figure in one.figures]
        assert len(set(keys)) == len(keys) > 0
        assert all((*one.heading, *one.text, one.source, one.criterion))
        assert one.page.startswith("/")
        assert bool(one.absent.sv) == bool(one.absent.en)
        for figure in one.figures:
            assert all(figure.words)
            assert figure.unit in UNITS
            assert figure.when in ("period", "now")
            assert figure.listed.startswith("diarkiv ")


def test_each_series_of_the_survey_has_its_own_n() -> None:
    held = survey()
    assert sum(held.problems.counts.values()) == held.problems.n == 93
    assert set(held.problems.counts) < {one.value for one in Category}
    assert [one.n for one in held.series] == [184, 215, 165]
    single = [one for one in held.series if one.n != 184]  # the first took several answers
    assert all(sum(one.counts.values()) == one.n for one in single)
