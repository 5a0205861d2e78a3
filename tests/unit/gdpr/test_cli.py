"""`diarkiv gdpr scan`: a line for each line, bad ones told by number and not lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from gdpr.cli import commands
from gdpr.recognizers.name import NameRecognizer
from tests.fakes import FixedClock

RING = "Ring Anna Lindgren, 070-174 06 05"


def scan(text: str, *options: str) -> Result:
    (group,) = commands(FixedClock())
    assert isinstance(group, click.Group)
    return CliRunner().invoke(
        group, ["scan", "--jsonl", "-", *options], input=text, standalone_mode=False
    )


def test_spans_and_nothing_of_the_text() -> None:
    done = scan(json.dumps({"id": 7, "text": RING}) + "\n")
    answer = json.loads(done.stdout)
    assert done.return_value == 0
    assert answer["id"] == 7
    assert [(one["start"], one["end"], one["label"]) for one in answer["spans"]] == [
        (5, 18, "PERSON"),
        (20, 33, "PHONE"),
    ]
    assert set(answer["spans"][0]) == {"start", "end", "label", "score", "source"}
    assert "Anna" not in done.output
    assert "reason" in scan(json.dumps({"id": 7, "text": RING}), "--reasons").stdout


def test_bad_lines_are_told_by_number_and_keep_their_place() -> None:
    bad = ['{"id": 1}', "no json", "[]", '{"id": 3, "text": 4}', "[" * 100_000]
    good = json.dumps({"id": "last", "text": RING})
    done = scan("\n".join([*bad, "", good]) + "\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.return_value == 1
    assert [one.get("line") for one in answers] == [1, 2, 3, 4, 5, None]
    assert answers[3]["id"] == 3
    assert answers[-1]["id"] == "last"
    assert len(answers[-1]["spans"]) == 2
    assert all(f"Line {number} " in done.stderr for number in (1, 2, 3, 4, 5))


def test_what_is_said_beside_the_answer_is_json_on_request() -> None:
    done = scan('no json\n{"id": 1, "text": "Hej"}\n', "--json")
    said = [json.loads(line) for line in done.stderr.splitlines()]
    assert said == [{"line": 1, "error": "no text"}, {"unreadable": 1}]
    assert len(done.stdout.splitlines()) == 2


def test_offsets_count_code_points_whatever_is_written() -> None:
    done = scan('{"id": 1, "text": "\\ud83d 👩‍👧 Ring Anna Lindgren"}\n')
    (one,) = json.loads(done.stdout)["spans"]
    assert (one["start"], one["end"]) == (11, 24)


def test_the_leak_check_finds_more() -> None:
    line = json.dumps({"id": 1, "text": "bankgiro 5050-1054"})  # its check digit does not fit
    assert json.loads(scan(line).stdout)["spans"] == []
    assert len(json.loads(scan(line, "--mode", "leak-check").stdout)["spans"]) == 1


def test_less_than_it_should_be_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NameRecognizer, "reduced", "names: reduced")
    done = scan(json.dumps({"id": 1, "text": ""}))
    assert json.loads(done.stdout)["reduced"] == ["names: reduced"]
    assert "names: reduced" in done.stderr


def test_it_runs_by_itself_without_the_rest_of_the_program() -> None:
    line = json.dumps({"id": 1, "text": RING})
    code = "import runpy, sys; sys.argv = ['gdpr', 'scan', '--jsonl', '-']\ntry:\n"
    code += "    runpy.run_module('gdpr', run_name='__main__')\n"
    code += "finally:\n    print(*[n for n in ('flask', 'sqlalchemy') if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], input=line, stdout=subprocess.PIPE, text=True, check=True
    )
    first, second = done.stdout.splitlines()
    assert len(json.loads(first)["spans"]) == 2
    assert second == ""


def test_a_file_is_read_and_help_has_examples(tmp_path: Path) -> None:
    (group,) = commands(FixedClock())
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps({"id": 1, "text": RING}), "utf-8")
    done = CliRunner().invoke(group, ["scan", "--jsonl", str(path)], standalone_mode=False)
    assert len(json.loads(done.stdout)["spans"]) == 2
    shown = CliRunner().invoke(group, ["scan", "--help"]).stdout
    assert "diarkiv gdpr scan --jsonl comments.jsonl > spans.jsonl" in shown


def test_it_runs_by_itself_too() -> None:
    asked = [sys.executable, "-m", "gdpr", "scan", "--help"]
    done = subprocess.run(asked, check=False, capture_output=True, text=True)
    assert (done.returncode, "--jsonl" in done.stdout) == (0, True)
