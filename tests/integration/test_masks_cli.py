"""`diarkiv gdpr mask …` end to end: suggested, listed, decided on, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli
from tests.integration.test_cli_capture import ADD, type_

cli = _cli  # the fixture
MASK = ("gdpr", "mask")


@pytest.fixture
def record(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> str:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    type_(monkeypatch, "Ring Zorka, 070-174 06 05 eller 0701740605.")
    made = cli(*ADD, "--way", "phone", "--json")
    assert made.code == 0, made
    return str(made.json["id"])


def test_suggested_listed_accepted_and_taken_back(cli: Cli, record: str) -> None:
    assert cli(*MASK, "list", record).out.strip() == "There are no masks."
    made = cli(*MASK, "suggest", record, "--json").json
    assert made["suggested"] == made["pending"] >= 2
    assert cli(*MASK, "suggest", record, "--json").json["suggested"] == 0
    rows = cli(*MASK, "list", record, "--pending", "--words", "--json").json
    phone = next(one for one in rows if one["category"] == "phone")
    assert phone["words"] == "070-174 06 05"
    assert "words" not in cli(*MASK, "list", record, "--json").json[0]
    number = str(phone["mask"])
    assert len(cli(*MASK, "alike", number, "--json").json["masks"]) == 2
    accepted = cli(*MASK, "accept", number, "--alike", "--ground", "21:7", "--json")
    assert accepted.json == {"accepted": 2}
    assert cli(*MASK, "undo", record).out.strip() == "Taken back: 2."
    assert cli(*MASK, "reject", number).out.strip() == "Rejected: 1."


def test_masked_by_hand_on_grounds_of_what_the_authority_does(cli: Cli, record: str) -> None:
    add = (*MASK, "add", record, "text text 5 10", "--category", "name")
    assert cli(*add).code == 3
    assert cli(*add, "--ground", "23:2 in school").code == 3
    assert cli(*MASK, "activities", "--authority", "KS", "--set", "choir").code == 2
    assert cli(*MASK, "activities", "--authority", "KS", "--set", "school").code == 0
    grounds = cli(*MASK, "grounds", "--authority", "KS", "--json").json
    assert "23:2" in {one["clause"] for one in grounds}
    made = cli(*add, "--ground", "23:2 in school", "--ground", "25:1 through 11:3", "--json")
    (row,) = [one for one in cli(*MASK, "list", record, "--json").json
              if one["mask"] == made.json["mask"]]  # fmt: skip
    assert row["grounds"] == "23:2 in school, 25:1 through 11:3"
    overlap = cli(*MASK, "add", record, "text text 8 12", "--ground", "21:7")
    assert (overlap.code, "overlaps text 5–10" in overlap.err) == (3, True)
    cli(*MASK, "activities", "--authority", "KS", "--none")
    held = cli(*MASK, "activities", "--authority", "KS", "--json").json
    assert not any(one["carried_on"] for one in held)


WRONG = (
    ("list", "R999"),
    ("add", "R999", "text text 0 1", "--ground", "21:7"),
    ("add", "RECORD", "text text 0", "--ground", "21:7"),
    ("add", "RECORD", "text text 0 1", "--ground", "21 kap."),
    ("add", "RECORD", "text text 0 1", "--ground", "21:7", "--until", "2020-13-01"),
    ("add", "RECORD", "text text 0 1", "--ground", "21:7", "--until", "2020-01-01"),
    ("accept", "7", "--ground", "21:7"),
    ("alike", "7"),
)


def test_what_is_wrong_is_told(cli: Cli, record: str) -> None:
    for words in WRONG:
        told = cli(*MASK, *(record if one == "RECORD" else one for one in words))
        assert told.code == 2, (words, told)
        assert told.err


def test_an_authoritys_own_grounds(cli: Cli, tmp_path: Path) -> None:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    whose = ("--authority", "KS")
    own = tmp_path / "ks.toml"
    row = '[[ground]]\nclause = "30:23"\ntopic = ["tillsyn", "supervision"]\nharm = "straight"\n'
    own.write_text(row)
    refused = cli("gdpr", "grounds", "import", str(own), *whose)
    assert (refused.code, "certainty" in refused.err) == (2, True)
    assert cli("gdpr", "grounds", "history", *whose, "--json").json == []
    own.write_text(row + 'certainty = "unverified"\n')
    assert cli("gdpr", "grounds", "import", str(own), *whose, "--json").json["own"] == 1
    rows = {one["clause"]: one for one in cli("gdpr", "grounds", "list", *whose, "--json").json}
    assert rows["30:23"]["from"].startswith("own, 20")
    assert rows["30:23"]["citable"]
    assert (rows["23:2"]["from"], rows["23:2"]["citable"]) == ("shipped", False)
    copy = tmp_path / "kopia.toml"
    assert cli("gdpr", "grounds", "export", *whose, "-o", str(copy)).code == 0
    assert copy.read_bytes() == own.read_bytes()
    (entry,) = cli("gdpr", "grounds", "history", *whose, "--json").json
    assert entry["characters"] == len(own.read_text())
