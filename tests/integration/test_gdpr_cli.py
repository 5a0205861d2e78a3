"""`diarkiv gdpr subject|incident|processing|notice|dpia` end to end."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli

cli = _cli  # the fixture
SUBJECT = ("gdpr", "subject")
INCIDENT = ("gdpr", "incident")
NAME = "Petra Zorkelby"


class Typed:
    """What is typed at a terminal that takes bytes."""

    buffer = io.BytesIO("Torget, skriver Sten Kvastmo, är fult.".encode())

    @staticmethod
    def isatty() -> bool:
        return False


@pytest.fixture
def home(cli: Cli) -> Cli:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    return cli


def test_a_request_from_its_words_to_its_extract_and_decision(
    home: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert home(*SUBJECT, "list").out.strip() == "There are no requests."
    monkeypatch.setattr("sys.stdin", Typed)
    add = ("capture", "add", "--authority", "KS", "--way", "letter", "--from", NAME)
    record = home(*add, "--received", "2026-01-20", "--why", "Prov", "--json").json["id"]
    made = home(
        *SUBJECT, "receive", "--authority", "KS", "--right", "access", "--name", NAME,
        "--text", "Vad har ni om mig?", "--json",
    ).json  # fmt: skip
    assert (made["state"], made["light"], made["holds"]) == ("received", "green", False)
    seq = str(made["request"])
    step = (*SUBJECT, "step", seq)
    assert home(*step, "confirm_identity", "--how", "e_id").code == 0
    found = home(*SUBJECT, "find", seq, "--json").json
    assert found["by_author"] == [record]
    assert record in home(*SUBJECT, "find", seq).out
    assert home(*step, "collect", "--record", record).code == 0
    pdf = tmp_path / "utdrag.pdf"
    given = home(*SUBJECT, "extract", seq, "--pdf", str(pdf), "--json")
    data = json.loads(given.out.strip().splitlines()[-1])
    assert data["records"][0]["author_name"] == NAME
    assert len(data["purposes"]) == 5
    text = "".join(page.extract_text() for page in PdfReader(pdf).pages)
    assert "Registerutdrag" in text
    assert "Kvastmo" not in text + given.out
    assert b"Kvastmo" not in b"".join(
        content for some in PdfReader(pdf).attachments.values() for content in some
    )
    refused = home(
        *step, "answer", "--answer", "refused", "--reason", "Sekretess", "--body", "KS § 4",
        "--told",
    )  # fmt: skip
    assert refused.out.strip() == f"Request {seq} is now refused."
    decision = tmp_path / "beslut.pdf"
    assert home(*SUBJECT, "answer", seq, "--pdf", str(decision)).code == 0
    text = " ".join("".join(page.extract_text() for page in PdfReader(decision).pages).split())
    assert "överklagas till förvaltningsrätten" in text
    assert "Integritetsskyddsmyndigheten" in text
    shown = home(*SUBJECT, "show", seq)
    assert "access (art. 15): refused, all or in part, refused." in shown.out


def test_what_is_wrong_is_told(home: Cli, tmp_path: Path) -> None:
    receive = (*SUBJECT, "receive", "--authority", "KS", "--right", "erasure", "--text", "Ta bort")
    seq = str(home(*receive, "--json").json["request"])
    step = (*SUBJECT, "step", seq)
    assert home(*step, "answer", "--answer", "granted").code == 3
    assert home(*step, "confirm_identity").code == 3
    assert home(*step, "extend", "--record", "R1").code == 2
    assert home(*SUBJECT, "find", seq).code == 3
    assert home(*SUBJECT, "extract", seq).code == 3
    assert home(*SUBJECT, "extract", seq, "--withhold", "R3").code == 2
    assert home(*SUBJECT, "answer", seq, "--pdf", str(tmp_path / "x.pdf")).code == 3
    assert home(*SUBJECT, "rectify", seq, "--record", "R1", "--note", "X").code == 3
    assert home(*SUBJECT, "show", "99999").code == 2
    assert home(*receive, "--on", "2999-01-01").code == 2
    split = ("--platform", "hidden", "--register", "not_there", "--archive", "removed")
    refusal = ("--answer", "refused", "--reason", "X", "--body", "KS § 4", "--told")
    alone = home(
        *step, "answer", "--answer", "unfounded", "--reason", "X", "--mandate", "4", "--told"
    )
    assert (alone.code, "holds no mandate" in alone.err) == (3, True)
    wrong = home(*step, "answer", *refusal, *split)
    assert (wrong.code, "Nothing in the archive" in wrong.err) == (3, True)
    done = home(*step, "answer", *refusal, *split[:-1], "kept", "--json").json
    assert done["steps"][-1]["split"][2]["outcome"] == "kept"


def test_an_incident_from_its_first_hour_to_its_document(home: Cli, tmp_path: Path) -> None:
    assert home(*INCIDENT, "list").out.strip() == "There are no incidents."
    record = (*INCIDENT, "record", "--authority", "KS", "--text", "Fel mottagare")
    made = home(*record, "--json").json
    assert (made["light"], made["hours_left"], made["risk"]) == ("green", 71, None)
    seq = str(made["incident"])
    step = (*INCIDENT, "step", seq)
    assert home(*step, "close").code == 3
    assert home(*step, "assess", "--risk", "risk", "--reason", "Namn").code == 0
    assert home(*step, "notify", "--nature", "Fel mottagare", "--contact", "DSO").code == 0
    assert home(*step, "close").code == 3
    done = home(
        *step, "supplement", "--subject-categories", "En", "--subjects", "1",
        "--record-categories", "Svar", "--posts", "0", "--consequences", "Obehag",
        "--measures", "Återkallat", "--json",
    ).json  # fmt: skip
    assert (done["missing"], done["phases"], done["hours_left"]) == ([], 2, None)
    pdf = tmp_path / "incident.pdf"
    assert home(*INCIDENT, "document", seq, "--pdf", str(pdf)).code == 0
    text = "".join(page.extract_text() for page in PdfReader(pdf).pages)
    assert "Återkallat" in text
    assert home(*step, "close").code == 0
    assert home(*INCIDENT, "list", "--json").json == []
    (one,) = home(*INCIDENT, "list", "--all", "--json").json
    assert one["closed"] is True
    assert home(*record, "--known", "2999-01-01 10:00").code == 2
    assert home(*INCIDENT, "show", "99999").code == 2


def test_the_record_the_notice_and_the_assessment(home: Cli, tmp_path: Path) -> None:
    who = ("--authority", "KS")
    contacts = ("--contact", "ks@testkoping.example", "--officer", "dso@testkoping.example")
    data = home("gdpr", "processing", *who, "--json").json
    assert len(data["purposes"]) == 5
    assert len(data["missing"]) == 3
    table = tmp_path / "register.csv"
    assert home("gdpr", "processing", *who, "--csv", str(table)).code == 0
    assert table.read_text("utf-8").startswith("Ändamål,Rättslig grund")
    assert "REGISTER ÖVER BEHANDLING" in home("gdpr", "processing", *who).out
    assert "Who is responsible" in home("gdpr", "notice", "show", *who, "--language", "en").out
    assert home("gdpr", "notice", "adopt", *who).code == 2
    made = home("gdpr", "notice", "adopt", *who, *contacts, "--decision", "KS § 14", "--json").json
    (listed,) = home("gdpr", "notice", "list", *who, "--json").json
    assert (listed["digest"], listed["decision"]) == (made["digest"], "KS § 14")
    assert home("gdpr", "notice", "show", *who, "--channel", "C999").code == 2
    assert "Mall: ingenting" in home("gdpr", "dpia", *who).out
