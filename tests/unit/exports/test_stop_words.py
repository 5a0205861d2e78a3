"""Why a release was stopped, in Swedish."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import gdpr.leak
from exports.release.stop_words import place, reference, stopped


@pytest.mark.parametrize(
    ("said", "worded"),
    [
        ("R311, author_name, text", "R311, avsändare, text"),
        ("utlamnande.pdf, page 2, text, line 3", "utlamnande.pdf, sida 2, text, rad 3"),
        ("text 12–20", "text 12–20"),
        ("title 1–4", "rubrik 1–4"),
        ("/openings/19/v", "uppgift 19 av dem som visas i beviset"),
        ("/records/0/fields/text", "/records/0/fields/text"),
    ],
)
def test_a_place(said: str, worded: str) -> None:
    assert place(said) == worded


def test_what_was_found() -> None:
    assert reference("personal_number") == "personnummer"
    assert reference("mask 17") == "mask 17"
    assert reference("more than 30 revisions") == "fler än 30 revisioner"
    assert reference("R311") == "R311"


def test_a_reason() -> None:
    said = (
        "It cannot be released so. R5: nothing is decided on it. R6: 2 suggestions wait to be "
        "looked at (author_name, text 1–3). And 4 more."
    )
    assert stopped(said) == (
        "Det kan inte lämnas ut så. R5: den är inte bedömd. R6: 2 förslag är inte bedömda "
        "(avsändare, text 1–3). Och 4 till."
    )


@pytest.mark.parametrize(
    ("said", "worded"),
    [
        (
            "R6: 1 suggestions wait to be looked at (text 1–3).",
            "R6: 1 förslag är inte bedömt (text 1–3).",
        ),
        (
            "R6: it is to be given out whole, but 1 masks are in force on it.",
            "R6: den ska lämnas ut hel, men har en mask.",
        ),
        (
            "It is no whole answer. R4, R7: in no release, so nothing is decided on it.",
            "Det är inte hela svaret. R4, R7: inte med i något utlämnande, så inget är bedömt.",
        ),
    ],
)
def test_one_is_one_and_what_is_left_is_named(said: str, worded: str) -> None:
    assert stopped(said) == worded


def _unread() -> Iterator[str]:
    """What the readers of files say of what they could not read."""
    for path in Path(gdpr.leak.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Unread", "TooMuch"):
                said = node.args[1 if ast.unparse(node.func) == "Unread" else 0 : 2]
                for one in said:
                    if isinstance(one, ast.Constant):
                        yield str(one.value)
                    elif isinstance(one, ast.JoinedStr):
                        yield re.sub(r"\{.*?\}", "7", ast.unparse(one)[2:-1])


def test_whatever_cannot_be_read_is_said_in_swedish() -> None:
    said = set(_unread())
    assert len(said) > 12
    assert {one for one in said if reference(one) == one} == set()
