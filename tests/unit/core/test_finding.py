"""Findings in Swedish: every sentence that the verifier can print has a wording."""

from __future__ import annotations

import ast
import re
import zipfile
from collections.abc import Iterator
from io import BytesIO

import pytest

from archiver.core.finding import swedish
from archiver.core.finding_archive import ARCHIVE
from archiver.core.sentence import Sentences
from archiver.ledger.proof import verifier

# Sentences that no reader of a report meets: errors of usage, and of whoever seals.
_ELSEWHERE = {"The authorities' roots", "holds no certificate", "There is no openssl"}
_ELSEWHERE |= {"Put the root certificates", "Install the package"}
_ELSEWHERE |= {"It is of 7", "7 7 no key"}  # parts of what is tried below
_WORDED = {"archiver/core/finding.py", "archiver/core/finding_archive.py"}


def _sentences(source: str) -> Iterator[str]:
    """English sentences in a module's literals, 7 for whatever is filled in; no docstrings."""
    tree = ast.parse(source)
    within = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            within |= {id(part) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in within:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            said = node.value
        elif isinstance(node, ast.JoinedStr):
            said = "".join(
                part.value if isinstance(part, ast.Constant) else "7"  # type: ignore[misc]
                for part in node.values
            )
        else:
            continue
        if re.fullmatch(r"[\x20-\x7e±−^]+\.", said) and said.count(" ") > 2:
            yield said


def test_each_sentence_that_the_verifier_carries_has_a_wording() -> None:
    with zipfile.ZipFile(BytesIO(verifier())) as archive:
        sources = {n: archive.read(n).decode() for n in archive.namelist() if n not in _WORDED}
    said = {one for source in sources.values() for one in _sentences(source)}
    assert len(said) > 100
    mute = {one for one in said if swedish(one) == one and not any(w in one for w in _ELSEWHERE)}
    assert mute == set()


@pytest.mark.parametrize(
    ("said", "worded"),
    [
        ("Entry 5: The bytes are not a log entry.", "Post 5: Det som ska vara en loggpost är"),
        (
            "The file is not a readable bundle or released PDF: The bundle names a file twice.",
            "bevispaket eller utlämnad PDF: Paketet har två filer med samma namn.",
        ),
        (
            "The log's key is not the pinned one. It is of diarkiv/a/2, the log here of "
            "diarkiv/a/1.",
            "hör till diarkiv/a/2, loggen här till diarkiv/a/1.",
        ),
        (
            "2 cohorts have no key (4, 5): 9 entries cannot be opened, and no decision explains "
            "that.",
            "2 grupper saknar nyckel (4, 5): 9 poster",
        ),
        (
            "Entry 8: its key was destroyed under a tombstone of a proposal that nobody confirmed.",
            "Post 8: nyckeln förstördes enligt en gallringspost efter ett förslag som ingen",
        ),
    ],
)
def test_what_varies_is_worded_too(said: str, worded: str) -> None:
    assert worded in swedish(said)


def test_what_has_no_wording_is_shown_as_it_stands() -> None:
    assert swedish("Something new was found {0}.") == "Something new was found {0}."
    worded = Sentences([("A {} of {}.", "En {0} av {1}."), ("A whole {}.", "En hel {0}.")])
    assert worded.swedish("A b of c. A whole d. E") == "En b av c. En hel d. E"


def test_no_wording_fills_in_what_its_sentence_does_not_have() -> None:
    for english, wording in ARCHIVE:
        numbers = {int(one) for one in re.findall(r"\{(\d)\}", wording)}
        assert numbers <= set(range(english.count("{}"))), english
