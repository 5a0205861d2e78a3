"""`diarkiv gdpr leak-check`: exit codes, answers as a table and as JSON, bad lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archiver.errors import ConfigError
from gdpr.leak import cli
from tests.fakes import FixedClock

NAME = "Josefin Fröberg"


def run(tmp_path: Path, text: str, *more: str, secrets: str = "") -> Result:
    (tmp_path / "ut.txt").write_text(text, "utf-8")
    line = json.dumps({"value": NAME, "ref": "mask 17"})
    (tmp_path / "masks.jsonl").write_text(secrets or f"\n{line}\n", "utf-8")
    asked = [str(tmp_path / "ut.txt"), "--secrets", str(tmp_path / "masks.jsonl"), *more]
    command = cli.command(FixedClock())
    return CliRunner().invoke(command, asked, standalone_mode=False)


def test_a_leak_is_named_by_file_place_and_mask(tmp_path: Path) -> None:
    done = run(tmp_path, f"Hej\n{NAME}", "--json", "--no-names")
    assert done.return_value == 3
    said = {"file": "ut.txt", "place": "text, line 2", "kind": "value", "ref": "mask 17"}
    assert json.loads(done.stdout) == [{**said, "digest": ""}]
    assert NAME not in done.output


def test_nothing_found(tmp_path: Path) -> None:
    done = run(tmp_path, "Hej då", "--no-names")
    assert (done.return_value, done.stdout) == (0, "Nothing was found.\n")


def test_a_name_that_nobody_masked_is_a_suspect_until_waived(tmp_path: Path) -> None:
    done = run(tmp_path, "Ring Anna Lindqvist i morgon.", "--json")
    (row,) = json.loads(done.stdout)
    assert (done.return_value, row["kind"], row["ref"]) == (3, "suspect", "PERSON")
    again = run(tmp_path, "Ring Anna Lindqvist i morgon.", "--waive", row["digest"])
    assert again.return_value == 0


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"ref": "a"}', '{"value": 3}', '{"value": " "}', f'"{NAME}"']
)
def test_a_line_that_is_no_secret_is_told_by_its_number(tmp_path: Path, line: str) -> None:
    good = json.dumps({"value": NAME})
    done = run(tmp_path, "Hej", secrets=f"{good}\n{line}\n")
    assert isinstance(done.exception, ConfigError)
    assert "Line 2" in str(done.exception)
    assert NAME not in str(done.exception)


def test_its_help_has_examples() -> None:
    shown = CliRunner().invoke(cli.command(FixedClock()), ["--help"]).stdout
    assert "diarkiv gdpr leak-check answer.pdf records.json --secrets masks.jsonl" in shown
