"""`diarkiv recover` from the terminal: looked at, done, answered for; numbers go on behind the
lost ones; a bucket's or server's newer head is not needed to find a newer copy of the log."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from archiver.clock import SystemClock
from archiver.core.calendar import stockholm_date
from tests.databases import keep, used
from tests.integration.test_cli import Cli, cli

__all__ = ["cli"]
KS = ("--authority", "KS")
MASK = "{ORG} {ÅÅÅÅ}/{LÖP}"
NOTE = ("register", "add", *KS, "--direction", "note", "--title", "Anteckning", "--json")
WHY = ("--reason", "Disken gick sönder")


@pytest.fixture
def year() -> int:
    return stockholm_date(SystemClock().now()).year


@pytest.fixture
def restored() -> bool:
    """Whether a database server was restored with the home, to the same instant."""
    return True


@pytest.fixture
def lost(cli: Cli, tmp_path: Path, restored: bool) -> Path:
    """The backup has one register entry; the lost home's log, which is returned, three."""
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    assert cli("register", "series", "set", "KS", MASK, *KS).code == 0
    assert cli(*NOTE).code == 0
    backup, lost = tmp_path / "backup", tmp_path / "lost"
    shutil.copytree(cli.home, backup)
    put_back = keep(cli.home, home_id_of(cli))
    for _ in range(2):
        assert cli(*NOTE).code == 0
    shutil.copytree(cli.home / "log", lost / "log")
    shutil.rmtree(cli.home)
    shutil.copytree(backup, cli.home)
    if used() and restored:
        put_back(cli.home)
    return lost


def home_id_of(cli: Cli) -> str:
    return (cli.home / "log" / "vkey").read_text().split("+")[0].split("/")[1]


def said(cli: Cli, *words: str, code: int = 0) -> Any:
    answer = cli(*words, "--json")
    assert answer.code == code, answer
    return json.loads(answer.out)


def test_looked_at_done_and_answered_for(cli: Cli, lost: Path, year: int) -> None:
    assert cli("recover", "--log", str(lost)).code == 2  # without a reason
    old = (cli.home / "log" / "vkey").read_text()
    outlook = said(cli, "recover", "--log", str(lost), *WHY)
    assert (outlook["recovered"], outlook["heard_of_in"], outlook["vkey"]) == (False, "log", None)
    assert outlook["lost_types"]["registered"] == 2
    assert (cli.home / "log" / "vkey").read_text() == old
    told = cli("recover", "--log", str(lost), *WHY)
    assert "2 numbers of the register" in told.out
    assert "Nothing was changed" in told.err

    done = said(cli, "recover", "--log", str(lost), *WHY, "--confirm")
    assert (done["recovered"], done["lost"]) == (True, outlook["lost"])
    assert done["series"] == [{"code": "KS", "year": year, "last": 1}]
    assert done["vkey"].split("+")[0].endswith("/2")
    report = said(cli, "verify", code=5)
    assert report["unexplained"] == report["lost"] == done["lost"]
    assert "ej intygat" in cli("verify").out
    assert "nobody answers for what was lost" in cli("doctor").out
    assert said(cli, "recover", "attest", *WHY)["lost"] == done["lost"]
    assert said(cli, "verify")["verdict"] == "Styrkt"
    assert cli("recover", "attest", *WHY).code == 3
    assert cli("rebuild").code == 0
    assert "nobody answers" not in cli("doctor").out


def test_numbers_go_on_behind_the_lost_ones(cli: Cli, lost: Path, year: int) -> None:
    later = ("register", "series", "set", "KS", MASK, *KS, "--change", "KS", "--first")
    assert cli(*later, f"{year}/4").code == 2  # not without a recovery: there would be a gap
    assert cli("recover", "--log", str(lost), *WHY, "--confirm").code == 0
    assert cli(*later, f"{year}/4").code == 0
    assert json.loads(cli(*NOTE).out)["number"] == f"KS {year}/4"
    assert cli(*later, f"{year}/9").code == 2  # and not once it has gone on


@pytest.mark.parametrize("restored", [False])
def test_a_server_that_outlived_the_log_tells_of_it(cli: Cli, lost: Path) -> None:
    if not used():
        pytest.skip("a file goes with its home")
    assert cli(*NOTE).code == 5  # the tables are ahead of the log
    outlook = said(cli, "recover", *WHY)
    assert (outlook["heard_of_in"], outlook["lost"] > 0) == ("database", True)
    done = said(cli, "recover", "--log", str(lost), *WHY, "--confirm")
    assert (done["recovered"], done["lost"]) == (True, outlook["lost"])
    assert said(cli, "recover", "attest", *WHY)["lost"] == done["lost"]
    assert said(cli, "verify")["verdict"] == "Styrkt"
    assert cli("rebuild").code == 0
    assert cli(*NOTE).code == 0


def test_nothing_known(cli: Cli, lost: Path) -> None:
    told = cli("recover", *WHY, "--confirm")
    assert (told.code, "is not known" in told.err) == (0, True)
    assert "New public key" in told.err or "new public key" in told.err
    del lost


def test_what_is_odd_ends_with_its_code(cli: Cli, lost: Path, tmp_path: Path) -> None:
    tail = lost / "log" / "tail"
    tail.write_bytes(tail.read_bytes()[:-30])
    assert said(cli, "recover", "--log", str(lost), *WHY, code=5)["error"] == "checkpoint-forked"
    empty = tmp_path / "empty"
    empty.mkdir()
    assert said(cli, "recover", "--certificates", str(empty), *WHY, code=2)["error"] == "config"
