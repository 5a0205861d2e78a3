"""`diarkiv inbox` and `diarkiv register routes`, end to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archiver.demo.server import DemoServer
from archiver.errors import NotFound
from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli
from tests.unit.channels.sites import demo_site

cli = _cli  # the fixture
OWN = 'version = "ks-1"\n[recipient.faults]\naddress = "gatan@testkoping.example"\n'


@pytest.fixture
def home(cli: Cli) -> Cli:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    cli("authority", "add", "BUN", "Barn- och utbildningsnämnden")
    with DemoServer(demo_site(posts=2, comments=2)) as server:
        host, port = server.address
        allowed = ("--allow-address", f"{host}:{port}")
        cli("channel", "add", "wordpress", server.url, "--authority", "KS", *allowed)
        assert cli("harvest", "--all").code == 0
    return cli


def waiting(home: Cli, *words: str) -> list[str]:
    answer = home("inbox", "list", *words, "--json")
    assert answer.code == 0, answer
    return [f"R{one}" for thread in answer.json["threads"] for one in thread["waiting"]]


def test_what_waits_is_listed_in_every_view(home: Cli) -> None:
    every = waiting(home)
    assert len(every) >= 2
    for view in ("new", "action", "question", "secrecy", "clock", "changed", "gone"):
        assert set(waiting(home, "--view", view)) <= set(every)
    assert waiting(home, "--authority", "BUN") == []
    assert waiting(home, "--authority", "KS") == every
    page = home("inbox", "list", "--limit", "1", "--json").json
    assert len(page["threads"]) == 1
    if page["after"]:
        rest = waiting(home, "--after", page["after"])
        assert not set(rest) & {f"R{one}" for one in page["threads"][0]["waiting"]}
    row = page["threads"][0]
    assert row["why"] == "new"
    assert row["working_days"] >= 0
    assert home("inbox", "list").code == 0
    assert home("inbox", "list", "--view", "clock").code == 0
    for bad in ("x", "1", "1.", ".1", "1.2.3", "9" * 40):
        assert home("inbox", "list", "--after", bad).code == 2
    assert home("inbox", "list", "--view", "nothing").code == 2
    assert home("inbox", "list", "--authority", "XX").code == 2


def test_a_decision_waits_can_be_undone_and_is_sealed(home: Cli) -> None:
    one, two, *_ = every = waiting(home)
    answer = home("inbox", "decide", "kept-in-order", one, two)
    (draft,) = answer.out.split()
    assert f"diarkiv inbox undo {draft}" in answer.err
    (pending,) = home("inbox", "pending", "--json").json
    assert (pending["draft"], pending["records"]) == (draft, [one, two])
    assert pending["outcome"] == "kept_in_order"
    assert 0 < pending["seconds"] <= 60
    assert not {one, two} & set(waiting(home))
    assert home("inbox", "undo", draft, "--json").json["records"] == [int(one[1:]), int(two[1:])]
    assert waiting(home) == every
    again = home("inbox", "undo", draft)
    assert again.code != 0
    done = home("inbox", "decide", "minor", one, "--now", "--note", "Reklam", "--json").json
    assert done["pending"] == []
    assert home("inbox", "pending", "--json").json == []
    assert waiting(home) == [name for name in every if name != one]
    assert home("verify").code == 0


def test_one_that_cannot_be_decided_on_stops_all_and_is_named(home: Cli) -> None:
    one, two, *_ = every = waiting(home)
    home("inbox", "decide", "minor", one, "--now")
    home("inbox", "decide", "minor", two)
    left = every[2:] or ["R1"]
    answer = home("inbox", "decide", "kept-in-order", one, two, "R999999", *left, "--json")
    assert answer.code == 2
    assert answer.json["decided"] is False
    why = {row["record"]: row["why"] for row in answer.json["refused"]}
    assert why[one] == "it is decided on already"
    assert why[two] == "a decision on it waits to be sealed"
    assert why["R999999"] == "it is not there"
    assert len(home("inbox", "pending", "--json").json) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("decide", "hand-over", "R1"),
        ("decide", "elsewhere", "R1", "--system", "Ciceron"),
        ("decide", "hand-over", "R1", "--to", "Gatan", "--way", "post", "--due", "snart"),
        ("decide", "minor", "hej"),
        ("decide", "minor"),
        ("decide", "nothing", "R1"),
        ("undo", "x"),
        ("undo", "0" * 32),
        ("undo",),
    ],
)
def test_bad_words_are_refused_and_nothing_is_decided(home: Cli, words: tuple[str, ...]) -> None:
    first = waiting(home)[0]
    given = tuple(first if word == "R1" else word for word in words)
    answer = home("inbox", *given)
    assert answer.code == 2, answer
    assert "Traceback" not in answer.err
    assert home("inbox", "pending", "--json").json == []


def test_what_cannot_be_sealed_at_once_is_told_and_kept(
    home: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, *_ = every = waiting(home)

    def refuse(*_: object) -> None:
        raise NotFound("There is no such record of this authority.")

    with monkeypatch.context() as broken:
        broken.setattr("archiver.registry.batch.Batch._check_records", refuse)
        answer = home("inbox", "decide", "minor", one, "--now")
        assert answer.code == 2
        assert "could not be sealed" in answer.err
    (pending,) = home("inbox", "pending", "--json").json
    assert pending["failure"]
    assert waiting(home) == every
    assert home("inbox", "undo", pending["draft"]).code == 0


def test_handed_over_and_elsewhere(home: Cli) -> None:
    one, two, *_ = waiting(home)
    over = ("--to", "Gatukontoret", "--way", "e-post", "--due", "2030-01-31")
    assert home("inbox", "decide", "hand-over", one, *over, "--now").code == 0
    there = ("--system", "Ciceron", "--number", "BN 2026/88")
    assert home("inbox", "decide", "elsewhere", two, *there, "--now").code == 0
    (row,) = home("register", "decide", "waiting", "--json").json
    assert row["handover"]["to"] == "Gatukontoret"


def test_how_old_the_oldest_is(home: Cli) -> None:
    data = home("inbox", "waiting", "--json").json
    assert data["waiting"] == len(waiting(home))
    assert data["working_days"] >= 0
    assert f"{data['working_days']} working days" in home("inbox", "waiting").out
    assert home("inbox", "waiting", "--authority", "BUN").out == "Nothing waits.\n"


# --- routes ---------------------------------------------------------------------------------------


def test_an_authoritys_table_is_checked_set_and_shown(home: Cli, tmp_path: Path) -> None:
    file = tmp_path / "ks.toml"
    file.write_text(OWN, "utf-8")
    shipped = home("register", "routes", "show", "--authority", "KS", "--json").json
    assert shipped["own"] is None
    assert "fault_report" in shipped["without_recipient"]
    assert home("register", "routes", "check", str(file), "--json").json["valid"] is True
    assert home("register", "routes", "show", "--authority", "KS", "--json").json == shipped
    done = home("register", "routes", "set", str(file), "--authority", "KS", "--json").json
    assert done["set"] is True
    assert done["version"].endswith("+ks-1")
    assert "fault_report" not in done["without_recipient"]
    (row,) = [one for one in done["routes"] if one["route"] == "fault_report"]
    assert row["own"] is True
    assert row["recipients"][0]["address"] == "gatan@testkoping.example"
    assert home("register", "routes", "show", "--authority", "KS", "--file").out == OWN
    table = home("register", "routes", "show", "--authority", "KS")
    assert "gatan@testkoping.example" in table.out
    assert "has an address" in table.err
    other = home("register", "routes", "show", "--authority", "BUN", "--json").json
    assert other["own"] is None


def test_a_bad_file_is_told_by_row_and_changes_nothing(home: Cli, tmp_path: Path) -> None:
    file = tmp_path / "ks.toml"
    file.write_text(OWN + "[route.nowhere]\n[route.secrecy]\nactive = false\n", "utf-8")
    for words in (("check", str(file)), ("set", str(file), "--authority", "KS")):
        answer = home("register", "routes", *words, "--json")
        assert answer.code == 2
        assert [one["row"] for one in json.loads(answer.out)["problems"]] == [4, 6]
        assert "Nothing was changed" in answer.err
    assert home("register", "routes", "set", "/nowhere", "--authority", "KS").code == 2
    shown = home("register", "routes", "show", "--authority", "KS", "--json").json
    assert shown["own"] is None
