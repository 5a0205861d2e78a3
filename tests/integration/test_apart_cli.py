"""Keeping records apart from the command line, and what the others commands then show."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from archiver.demo.server import DemoServer
from archiver.demo.site import DemoSite
from tests.integration.test_cli import AT, Cli, add_channel
from tests.integration.test_cli import cli as _cli
from tests.integration.test_cli import site as _site

pytestmark = pytest.mark.usefixtures("each_database")

cli, site = _cli, _site  # the fixtures
SECRET = "Vilhelmina bor på Tallvägen 4 numera"


@pytest.fixture
def home(cli: Cli, site: tuple[DemoSite, DemoServer], tmp_path: Path) -> Cli:
    """A harvested site where somebody said too much."""
    demo, server = site
    demo.comment(demo.posts()[0].id, at=AT, name="Bo Ek", text=SECRET)
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    add_channel(cli, server, tmp_path)
    assert cli("harvest", "--all").code == 0
    return cli


def _record(cli: Cli) -> str:
    rows = cli("records", "list", "--json").json
    return str(next(row["id"] for row in rows if "Vilhelmina" in row["text"]))


def _shown(cli: Cli, record: str) -> str:
    """Everything the reading commands say of it."""
    answers = [
        cli("records", "list", "--json"),
        cli("records", "show", record, "--raw"),
        cli("search", "Vilhelmina", "--json"),
    ]
    return "".join(answer.out + answer.err for answer in answers)


def test_protect_and_back(home: Cli) -> None:
    record = _record(home)
    assert "Tallvägen" in _shown(home, record)
    answer = home("protect", record, "--reason", "Skyddad adress", "--json")
    assert (answer.code, answer.json["state"]) == (0, "protected")
    assert "Tallvägen" not in _shown(home, record)
    assert home("records", "show", record).code == 0  # its number and dates
    (row,) = home("apart", "list", "--json").json
    assert (row["record"], row["state"]) == (record, "protected")
    assert home("protect", record, "--reason", "Igen").code == 3
    assert home("verify", "--deep").code in (0, 1)
    assert home("unprotect", record, "--reason", "Ett misstag").code == 0
    assert "Tallvägen" in _shown(home, record)
    assert home("apart", "list").out.strip() == "Nothing is kept apart."


def test_stop_hand_over_and_destroy_with_a_contact(home: Cli, tmp_path: Path) -> None:
    record, key, out = _record(home), tmp_path / "d.key", tmp_path / "R.zip"
    made = home("quarantine", "key", "--contact", "Säkerhetschefen", "--out", str(key), "--json")
    assert (made.code, len(made.json["fingerprint"])) == (0, 16)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert home("quarantine", "key", "--contact", "X", "--out", str(key)).code != 0
    stopped = home("stop", record)
    assert (stopped.code, "Take" in stopped.err) == (0, False)
    assert "Tallvägen" not in _shown(home, record)
    assert home("records", "show", record).code != 0
    words = ("handover", record, "--recipient", "Polisen, K 1-26", "--key", str(key))
    assert home(*words, "--out", str(out)).code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert home("verify", str(out)).code == 1  # nothing wrong, the key not compared
    assert home(*words, "--out", str(out)).code == 2  # it is not overwritten
    instruction = ("destroy", record, "--instruction", "Åklagare NN, AM-1-26")
    asked = home(*instruction, "--json")
    assert (asked.code, asked.json["done"], asked.json["keys"] > 0) == (0, False, True)
    assert home("apart", "list", "--json").json[0]["state"] == "handed_over"
    hold = ("--kind", "court", "--record", record, "--reason", "Mål", "--review", "2099-01-31")
    placed = home("retention", "hold", "place", "--authority", "KS", *hold, "--confirm", "--json")
    number = str(placed.json["hold"])
    for words in (instruction, (*instruction, "--confirm")):
        held = home(*words)
        assert (held.code, f"#{number} (court)" in held.err) == (3, True)
    lift = ("retention", "hold", "lift", number, "--reason", "Avgjort", "--confirm")
    assert home(*lift).code == 0
    assert home(*instruction, "--confirm").code == 0
    assert home("apart", "list", "--json").json[0]["state"] == "destroyed"
    assert home(*instruction).code == 3
    report = home("verify", "--json").json
    assert (report["unexplained"], report["destroyed"] > 0) == (0, True)
    assert home("rebuild").code == 0
    assert home("apart", "list", "--json").json[0]["state"] == "destroyed"


def test_stop_without_a_contact_leaves_a_key_and_the_doctor_says_so(home: Cli) -> None:
    record = _record(home)
    answer = home("stop", record, "--reason", "Misstänkt brott")
    (key,) = (home.home / "quarantine").iterdir()
    assert answer.code == 0
    assert str(key) in answer.err
    said = home("doctor", "--json").out
    assert key.name in said
    key.unlink()
    assert key.name not in home("doctor", "--json").out


def test_a_stop_of_what_there_is_not(home: Cli) -> None:
    assert home("stop", "R99999").code != 0
    assert home("stop", "nonsens").code == 2
    assert not (home.home / "quarantine").exists()
