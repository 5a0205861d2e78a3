"""`diarkiv exports …` end to end: a request from the first word to the decision."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli

cli = _cli  # the fixture
RECEIVE = ("exports", "request", "receive", "--authority", "KS", "--text", "Brev om Storgatan")


@pytest.fixture
def home(cli: Cli) -> Cli:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    return cli


def test_recorded_listed_shown_and_answered(home: Cli) -> None:
    assert home("exports", "request", "list").out.strip() == "There are no requests."
    made = home(*RECEIVE, "--json").json
    assert (made["state"], made["light"], made["holds"]) == ("received", "green", False)
    seq = str(made["request"])
    (listed,) = home("exports", "request", "list", "--json").json
    assert listed["request"] == made["request"]
    told = home("exports", "request", "step", seq, "ask_back", "--reason", "Vilket år?")
    assert told.out.strip() == f"Request {seq} is now clarifying."
    done = home("exports", "request", "step", seq, "answer", "--answer", "not_held", "--told")
    assert done.code == 0, done
    shown = home("exports", "request", "show", seq)
    assert "refused by word, not held" in shown.out
    assert "May follow: ask_for_decision, decide, close" in shown.out


def test_what_is_wrong_is_told(home: Cli) -> None:
    seq = str(home(*RECEIVE, "--json").json["request"])
    step = ("exports", "request", "step", seq)
    assert home(*step, "answer").code == 3
    unsaid = home(*step, "answer", "--answer", "refused")
    assert (unsaid.code, "OSL 6:3" in unsaid.err) == (3, True)
    assert home(*step, "make_precise").code == 2
    assert home(*step, "make_precise", "--record", "R999").code == 2
    assert home(*step, "ask_back", "--record", "R1").code == 2
    assert home(*step, "ask_back", "--day", "2026-13-01").code == 2
    assert home("exports", "request", "show", "999999").code == 2
    assert home(*RECEIVE, "--on", "2999-01-01").code == 2


def test_mandates_are_recorded_listed_and_ended(home: Cli) -> None:
    assert home("exports", "mandate", "list").out.strip() == "There are no mandates."
    given = ("exports", "mandate", "add", "--authority", "KS", "--kind", "refusal")
    given = (*given, "--provision", "KS 3.2", "--decision", "KS 2026-01-14 § 7")
    assert home(*given, "--user", "999").code == 2
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stdin", io.StringIO("hästar-och-moln\n"))
        added = home("user", "add", "alva", "Alva Ekbacke", "--role", "lawyer", "--json")
    user = str(added.json["id"]).removeprefix("U")
    made = home(*given, "--user", f"U{user}", "--json").json
    assert (made["kinds"], made["to"]) == ("refusal", None)
    assert (made["authority"], made["user"]) == ("KS", f"U{user}")
    assert home(*given, "--user", "Uno").code == 2
    ended = home("exports", "mandate", "end", str(made["mandate"]), "--reason", "Slutat", "--json")
    assert ended.json["to"] < made["from"]
    assert home("exports", "mandate", "list", "--on", made["from"], "--json").json == []
    assert len(home("exports", "mandate", "list", "--json").json) == 1


def test_fees_by_the_adopted_table(home: Cli) -> None:
    fee = ("exports", "fee")
    ks = ("--authority", "KS")
    assert "nothing is charged" in home(*fee, "table", *ks).out
    adopt = (*fee, "set", *ks, "--decision", "KF § 33", "--from", "2026-01-01")
    assert home(*adopt).code == 2
    assert home(*adopt, "--rate", "paper:ten:1:1").code == 2
    assert home(*adopt, "--rate", "paper:10:x:1").code == 2
    assert home(*adopt, "--proposal").code == 0
    assert home(*fee, "table", *ks, "--json").json["proposal"]["verified"] is False
    cost = ("calculate", *ks, "--medium", "paper", "--units", "12")
    assert home(*fee, *cost, "--json").json["amount_ore"] == 5400
    assert home(*fee, *cost).out.strip() == "54,00 kr, by KF § 33."
    assert home(*adopt, "--rate", "paper:1:2,50:2,50").code == 0
    assert home(*fee, *cost, "--json").json["amount_ore"] == 3000
    seq = str(home(*RECEIVE, "--json").json["request"])
    charge = (*fee, "charge", seq, "--medium", "paper", "--units", "2", "--prepaid", "--json")
    assert home(*charge).json["amount_ore"] == 500


def test_from_the_decision_to_the_court(home: Cli, tmp_path: Path) -> None:
    assert (
        home("register", "series", "set", "KS", "{ORG} {ÅÅÅÅ}/{LÖP}", "--authority", "KS").code == 0
    )
    seq = str(home(*RECEIVE, "--json").json["request"])
    request = ("exports", "request")
    home(*request, "step", seq, "answer", "--answer", "not_held", "--told")
    decide = (*request, "decide", seq, "--reasons", "Det finns inget brev.", "--other", "not_held")
    assert "Utkast" in home(*decide, "--draft").out
    refused = home(*decide)
    assert (refused.code, "no mandate" in refused.err) == (3, True)
    bare = home(*request, "step", seq, "decide", "--body", "KS 2026-11-22 § 12")
    assert (bare.code, "request decide" in bare.err) == (2, True)
    done = home(*decide, "--body", "KS 2026-11-22 § 12", "--json").json
    assert done["state"] == "decided"
    papers = home(*request, "papers", seq, "--json").json
    out = tmp_path / "beslut.pdf"
    number = str(papers[0]["paper"])
    assert home(*request, "papers", seq, "--get", number, "--out", str(out)).code == 0
    assert out.read_bytes().startswith(b"%PDF-")
    home(*request, "step", seq, "serve")
    home(*request, "step", seq, "appeal")
    letter = tmp_path / "overklagande.txt"
    letter.write_text("Jag klagar", "utf-8")
    assert home(*request, "file", seq, str(letter), "--kind", "appeal").code == 0
    assert home(*request, "file", seq, str(tmp_path), "--kind", "appeal").code == 2
    assert home(*request, "dismiss", seq, "--body", "KS § 13").code == 3  # it came in time
    home(*request, "step", seq, "find_in_time")
    assert "in_court" in home(*request, "hand-over", seq).out
    made = home(*request, "package", seq, "--out", str(tmp_path / "a.zip"), "--json").json
    assert made["files"] == 5
    assert home(*request, "package", seq, "--sealed").code == 2  # nothing was released
    home(*request, "searched", seq, "--query", "Storgatan")
    asked = ("--why", "Massuttag", "--said", "Forskning")
    assert home(*request, "ask", seq, "--clause", "39:3", *asked).code == 3
    assert home(*request, "ask", seq, "--clause", "21:7", *asked).code == 0
    log = home(*request, "log", seq, "--out", str(tmp_path / "l.pdf"), "--json").json
    assert [one["part"] for one in log["registered"]] == ["request", "decision", "appeal", "letter"]
    assert "Utlämnandelogg".upper() in home(*request, "log", seq).out
    assert home(*request, "register", seq, "--json").json["unregistered"] == []
