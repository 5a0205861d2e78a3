"""The questions of the auditor's report and the survey's series, read from their files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, NamedTuple

from archiver.core.reason import Wording

UNITS: Mapping[str, Wording] = {
    "": Wording("", ""),
    "h": Wording("timmar", "hours"),
    "wd": Wording("arbetsdagar", "working days"),
}


class Figure(NamedTuple):
    """A figure of a question: its words, unit, whether it is of the period or as it stands now, and
    the command that lists what was counted."""

    key: str
    words: Wording
    unit: str
    when: Literal["period", "now"]
    listed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, its source, what it is measured against, its figures, and what of it the product
    cannot see (`absent`; empty: nothing). `page`: where its evidence is."""

    id: str
    heading: Wording
    text: Wording
    source: str
    criterion: str
    page: str
    absent: Wording
    figures: Sequence[Figure]


class Series(NamedTuple):
    """A series of the survey: counts by what was answered, of its own `n` answers."""

    words: Wording
    n: int
    counts: Mapping[str, int]


class Survey(NamedTuple):
    """The survey: its caveat, the problems by category, and its other series."""

    caveat: Wording
    problems: Series
    series: Sequence[Series]


@cache
def questions() -> Mapping[str, Question]:
    """Every question by its id, in the order of the file."""
    return {one["id"]: _question(one) for one in _read("questions.toml")["question"]}


@cache
def survey() -> Survey:
    """The survey behind the categories of deviations."""
    said = _read("survey.toml")
    return Survey(
        caveat=Wording(*said["caveat"]),
        problems=Series(Wording("Problem", "Problems"), **said["problems"]),
        series=[Series(Wording(*one["words"]), one["n"], one["counts"]) for one in said["series"]],
    )


def _question(one: Mapping[str, Any]) -> Question:
    return Question(
        id=one["id"],
        heading=Wording(*one["heading"]),
        text=Wording(*one["text"]),
        source=one["source"],
        criterion=one["criterion"],
        page=one["page"],
        absent=Wording(*one.get("absent", ("", ""))),
        figures=tuple(
            Figure(
                key=each["key"],
                words=Wording(each["sv"], each["en"]),
                unit=each.get("unit", ""),
                when=each["when"],
                listed=each.get("listed", one["listed"]),
            )
            for each in one["figures"]
        ),
    )


def _read(name: str) -> Mapping[str, Any]:
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    return tomllib.loads(text)
