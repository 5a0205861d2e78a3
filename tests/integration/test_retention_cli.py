"""`diarkiv retention …` end to end: a plan from file to file, a decision, record classes, cases."""

from __future__ import annotations

import io
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from archiver.core.calendar import stockholm_date
from tests.integration.test_cli import Answer, Cli
from tests.integration.test_cli import cli as _cli

cli = _cli  # the fixture
KS = ("--authority", "KS")


@pytest.fixture
def home(cli: Cli) -> Cli:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    return cli


def today() -> date:
    return stockholm_date(int(time.time() * 1000))


def answered(home: Cli, *words: str, code: int = 0) -> Any:
    done: Answer = home("retention", *words, "--json")
    assert done.code == code, done
    return done.json


def adopt(home: Cli, tmp_path: Path) -> Path:
    file = tmp_path / "plan.xlsx"
    done = home("retention", "plan", "export", *KS, "--shipped", "--out", str(file))
    assert done.code == 0, done
    done = answered(home, "plan", "import", str(file), *KS, "--confirm")
    assert done["imported"]
    return file


def test_a_decision_that_is_cited_but_not_recorded_is_told_and_stops_no_import(
    home: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "plan.csv"
    file.write_text(
        "plan;version;gäller från;beslutsnivåer;kod;handlingstyp;bevarandetid;händelse;beslut\n"
        f"Prov;1;{today()};myndigheten;IN;Inkommet;1 år;inkommen;KS 2026/1 § 3\n",
        "utf-8",
    )
    said = "KS 2026/1 § 3 (IN) is not recorded here: nothing is due by it."
    done = home("retention", "plan", "check", str(file), *KS)
    assert (done.code, said in done.out + done.err) == (0, True)
    done = home("retention", "plan", "import", str(file), *KS, "--confirm")
    assert (done.code, said in done.out + done.err) == (0, True)
    assert answered(home, "plan", "show", *KS)["unrecorded_decisions"] == {"KS 2026/1 § 3": ["IN"]}


def test_a_plan_goes_out_is_checked_and_comes_in(home: Cli, tmp_path: Path) -> None:
    assert home("retention", "plan", "show", *KS).code != 0
    shown = answered(home, "plan", "show", *KS, "--shipped")
    assert [one["code"] for one in shown["rules"]][:2] == ["SM01", "SM02"]
    file = adopt(home, tmp_path)
    force = answered(home, "plan", "show", *KS)
    assert force["rules"] == shown["rules"]
    assert "SM05" in home("retention", "plan", "show", *KS).out

    again = answered(home, "plan", "check", str(file), *KS, code=2)
    assert again["valid"] is False
    assert [one["row"] for one in again["problems"]] == [0, 0]

    text = home("retention", "plan", "export", *KS, "--format", "csv").out
    changed = tmp_path / "plan.csv"
    changed.write_text(text.replace("diarkiv-1", "2").replace("karens 3", "karens 6"), "utf-8")
    later = (today() + timedelta(days=30)).isoformat()
    dry = answered(home, "plan", "import", str(changed), *KS, "--from", later)
    assert dry["imported"] is False
    assert len(answered(home, "plan", "history", *KS)) == 1
    assert answered(home, "plan", "import", str(changed), *KS, "--from", later, "--confirm")
    newest, first = answered(home, "plan", "history", *KS)
    assert (newest["version"], first["version"]) == ("2", "diarkiv-1")
    on = answered(home, "plan", "show", *KS, "--day", later)
    assert on["rules"][4]["retention"] == "when obsolete, grace 6 months"
    old = tmp_path / "old.toml"
    entry = str(first["entry"])
    home(
        "retention", "plan", "export", *KS, "--entry", entry, "--format", "toml", "--out", str(old)
    )
    assert 'version = "diarkiv-1"' in old.read_text("utf-8")
    shipped = home("retention", "plan", "export", *KS, "--shipped", "--format", "toml").out
    assert "gallrar ingenting" in shipped
    assert answered(home, "plan", "export", *KS)["version"] == "diarkiv-1"
    assert home("retention", "plan", "export", *KS).code == 2, "a spreadsheet is no text"


def test_the_ending_of_the_file_says_what_is_written(home: Cli, tmp_path: Path) -> None:
    for name, begins in (("a.toml", b"#"), ("b.CSV", b"\xef\xbb\xbf"), ("c.xlsx", b"PK")):
        file = tmp_path / name
        assert home("retention", "plan", "export", *KS, "--shipped", "--out", str(file)).code == 0
        assert file.read_bytes().startswith(begins)
        assert answered(home, "plan", "check", str(file), *KS, "--from", str(today()))["valid"]
    named = ("retention", "plan", "export", *KS, "--shipped", "--out")
    unsaid = home(*named, str(tmp_path / "plan.docx"))
    assert (unsaid.code, ".xlsx, .csv or .toml" in unsaid.err) == (2, True)
    assert not (tmp_path / "plan.docx").exists()
    assert home(*named, str(tmp_path / "plan.txt"), "--format", "csv").code == 0, "as was said"


def test_a_hold_has_the_owner_that_is_named_or_who_acts(
    home: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for login in ("eva", "bo"):
        monkeypatch.setattr(sys, "stdin", io.StringIO("gallrar varsamt 7\n"))
        assert home("user", "add", login, login.title(), "--role", "archivist").code == 0
    users = {one["login"]: int(one["id"][1:]) for one in home("user", "list", "--json").json}
    place = ("hold", "place", *KS, "--kind", "audit", "--everything", "--reason", "Revision")
    place += ("--review", (today() + timedelta(30)).isoformat())
    assert answered(home, *place, "--confirm")["owner"] == 0, "nobody in particular acts here"
    held = answered(home, *place, "--owner", "eva", "--confirm")
    assert (held["owner"], held["actor"]) == (users["eva"], 0)
    monkeypatch.setattr(sys, "stdin", io.StringIO("gallrar varsamt 7\n"))
    held = answered(home, *place, "--user", "bo", "--confirm")
    assert (held["owner"], held["actor"]) == (users["bo"], users["bo"])
    assert home("retention", *place, "--owner", "olle", "--confirm").code != 0
    assert len(answered(home, "hold", "list")) == 3


def decision(*more: str, rule: str = "SM11") -> tuple[str, ...]:
    given = ("--number", "KS 2026/41", "--body", "Kommunstyrelsen", "--level", "authority")
    given += ("--date", today().isoformat(), "--paragraph", "§ 117", "--rule", rule)
    return ("decision", "record", *KS, *given, *more)


def test_a_decision_is_recorded_shown_and_revoked(home: Cli, tmp_path: Path) -> None:
    bare = answered(home, *decision("--confirm"), code=2)
    assert "no schedule in force" in bare["problems"][0]["problem"]
    adopt(home, tmp_path)
    bare = answered(home, *decision("--confirm"), code=2)
    assert "five conditions" in bare["problems"][0]["problem"]
    dry = answered(home, *decision("--condition", "all"))
    assert (dry["recorded"], dry["scope"]["total"]) == (False, 0)
    assert answered(home, "decision", "list", *KS) == []
    done = answered(home, *decision("--condition", "all", "--confirm"))
    seq = str(done["seq"])
    assert answered(home, "decision", "show", seq)["number"] == "KS 2026/41"
    dry = answered(home, "decision", "revoke", seq, "--reason", "Fel")
    assert (dry["revoked"], dry["uncovered"]) == (False, ["SM11"])
    done = answered(home, "decision", "revoke", seq, "--reason", "Fel", "--confirm")
    assert done["day"] == today().isoformat()
    (row,) = answered(home, "decision", "list", *KS)
    assert row["revoked_why"] == "Fel"
    assert home("retention", "decision", "show", "999999").code != 0
    wrong = home("retention", *decision("--level", "kungen"))
    assert (wrong.code, "council" in wrong.err) == (2, True)


def test_running_disposal_takes_two_users(
    home: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def typed(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text + "\n"))

    adopt(home, tmp_path)
    words = {"eva": "hästar-och-moln-1", "bo": "cyklar-och-regn-2"}
    for login, password in words.items():
        typed(password)
        done = home("user", "add", login, login.title(), "--role", "archivist")
        assert done.code == 0, done
    asked = decision("--condition", "all", "--running", "--confirm")
    nobody = answered(home, *asked, code=3)
    assert nobody["error"] == "not-another-person"
    typed("fel lösenord")
    assert answered(home, *asked, "--user", "eva", code=3)["error"] == "access-refused"
    typed(words["eva"])
    made = answered(home, *asked, "--user", "eva")
    assert (made["asks_running"], made["running"]) == (True, False)
    assert "running not confirmed" in home("retention", "decision", "list", *KS).out
    confirm = ("decision", "confirm", str(made["seq"]), "--user")
    assert answered(home, *confirm, "eva", code=3)["error"] == "not-another-person"
    dry = answered(home, *confirm, "bo")
    assert (dry["confirmed"], dry["running"]) == (False, False), "it is only shown"
    typed(words["eva"])
    assert answered(home, *confirm, "eva", "--confirm", code=3)["error"] == "not-another-person"
    typed(words["bo"])
    done = answered(home, *confirm, "bo", "--confirm")
    assert done["running"]
    assert done["confirmed_by"] != done["recorded_by"]


def test_records_are_classified_from_the_terminal(home: Cli, tmp_path: Path) -> None:
    adopt(home, tmp_path)
    letter = tmp_path / "brev.eml"
    letter.write_text("Hej", "utf-8")
    way = ("--way", "email", "--received", "2026-01-07 12:00", "--why", "Besök")
    done = home("capture", "add", str(letter), *KS, *way, "--json")
    assert done.code == 0, done
    record = home("records", "list", "--json").json[0]["id"]
    dry = answered(home, "classify", record, "--class", "SM07")
    assert (dry["classified"], dry["records"]) == (False, 1)
    assert answered(home, "classify", record, "--class", "SM07", "--confirm")["records"] == 1
    assert answered(home, "classify", record, "--class", "SM07")["records"] == 0
    back = answered(home, "classify", record, "--class", "SM07", "--take-back", "--confirm")
    assert back["records"] == 1
    assert answered(home, "classify", record, "--class", "SM99", code=2)["error"] == "config"


def test_a_case_is_closed_and_taken_up_again(home: Cli) -> None:
    home("register", "series", "set", "KS", "{ORG} {ÅÅÅÅ}/{LÖP}", *KS)
    number = home("register", "case", "open", "Snöröjning", *KS, "--json").json["number"]
    done = home("register", "case", "close", number, "--note", "Klart", "--json")
    assert done.json["closed_on"] == today().isoformat()
    assert home("register", "case", "close", number).code == 3
    done = home("register", "case", "reopen", number, "--reason", "Ny skrivelse", "--json")
    assert done.json["closed_on"] == ""


def test_the_documents_are_drafted_from_the_plan(home: Cli, tmp_path: Path) -> None:
    shipped = answered(home, "petition", *KS, "--number", "KS 2026/60", "--to", "Kommunarkivet")
    assert (shipped["number"], shipped["archival_authority"]) == ("KS 2026/60", "Kommunarkivet")
    assert {one["status"] for one in shipped["proposals"]} <= {"proposed", "reconstructed"}
    adopt(home, tmp_path)
    given = ("--condition", "all", "--records-from", "2015-01-01", "--confirm")
    answered(home, *decision(*given))
    (row,) = (
        one for one in answered(home, "petition", *KS)["proposals"] if one["record_class"] == "SM11"
    )
    assert {one["met"] for one in row["judgements"]} == {True}
    assert row["status"] != "decided", "the archival authority has not decided"
    described = answered(home, "description", *KS, "--secrecy", "OSL 21:7", "--secrecy", "OSL 26:1")
    assert described["secrecy"] == ["OSL 21:7", "OSL 26:1"]
    (row,) = (one for one in described["classes"] if one["record_class"] == "SM11")
    assert row["decision"].endswith("beslut saknas av arkivmyndigheten")
    pdf = tmp_path / "beskrivning.pdf"
    assert home("retention", "description", *KS, "--pdf", str(pdf)).code == 0
    assert pdf.read_bytes().startswith(b"%PDF")
    assert "ARKIVBESKRIVNING" in home("retention", "description", *KS).out


def test_every_number_is_accounted_for(home: Cli) -> None:
    said = answered(home, "audit")
    assert said["unexplained"] == 0
    assert said["entries"] == said["live"] + said["clear"]
    assert "unexplained" in home("retention", "audit").out
