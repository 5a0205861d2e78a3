"""`diarkiv gap`: what it shows, and what it seals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archiver.cli.when import swedish_time
from archiver.core.reason import remedy
from archiver.errors import NotFound
from archiver.harvest.gap_cli import commands
from tests.unit.harvest.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "home")
    desk.run(posts="", comments="")
    desk.run(posts="login_refused", comments="")
    return desk


def run(desk: Desk, *words: str) -> Result:
    (group,) = commands(lambda: desk)
    return CliRunner().invoke(group, words, catch_exceptions=False)


def test_gaps_are_shown_with_what_to_do(desk: Desk) -> None:
    said = run(desk, "list")
    (gap,) = desk.gaps.open(desk.channel)
    assert swedish_time(gap.since) in said.stdout
    assert "open" in said.stdout
    assert remedy("login_refused") in said.stderr
    (row,) = json.loads(run(desk, "list", f"C{desk.channel.seq}", "--open", "--json").stdout)
    assert row == {
        "channel": f"C{desk.channel.seq}",
        "collection": "posts",
        "since": gap.since,
        "until": None,
        "reasons": ["login_refused"],
        "runs": 1,
        "first_run": gap.first_run,
        "last_run": gap.first_run,
        "acknowledged": None,
    }
    desk.run(posts="")
    assert json.loads(run(desk, "list", "--open", "--json").stdout) == []
    assert "No gap." in run(desk, "list", "--open").stdout


def test_an_answer_is_sealed_and_quiets_the_list(desk: Desk) -> None:
    (gap,) = desk.gaps.open(desk.channel)
    name, since = f"C{desk.channel.seq}", swedish_time(gap.since)
    with pytest.raises(NotFound):
        run(desk, "acknowledge", name, "--collection", "whole", "--done", "Startade om.")
    run(desk, "acknowledge", name, "--since", since, "--done", "Startade om.")
    said = run(desk, "list")
    assert "by entry" in said.stdout
    assert remedy("login_refused") not in said.stderr
    (found,) = desk.gaps.open(desk.channel)
    assert desk.home.ledger.open_one(found.acknowledged or 0).envelope["measure"] == "Startade om."


def test_a_disappearance_is_accepted(desk: Desk) -> None:
    words = ("--accept-disappearance", "--done", "Rensat.")
    said = run(desk, "acknowledge", f"C{desk.channel.seq}", *words)
    assert "The decision is recorded." in said.stdout


def test_what_was_done_must_be_said(desk: Desk) -> None:
    assert run(desk, "acknowledge", f"C{desk.channel.seq}").exit_code == 2
