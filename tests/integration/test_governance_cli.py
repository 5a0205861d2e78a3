"""`diarkiv lifecycle` and `diarkiv checklist` end to end."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver.governance.shipped import checklist
from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli

cli = _cli  # the fixture


@pytest.fixture
def home(cli: Cli) -> Cli:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    return cli


def opened(home: Cli, *more: str) -> str:
    title = ("--authority", "KS", "--title", "Kommunens sida", "--platform", "feed")
    return str(home("lifecycle", "open", *title, *more, "--json").json["initiative"])


def test_an_initiative_says_in_swedish_where_it_stands(home: Cli) -> None:
    assert home("lifecycle", "list").out.strip() == "Det finns inga initiativ."
    seq = opened(home)
    out = home("lifecycle", "show", seq).out
    assert "Omgång 1, steg 1: Definiera syfte och mål" in out
    rows = len(checklist().rows)
    assert f"Inte klar för beslut – {rows} saker återstår" in out
    assert "feed saknar mätbart mål" in out
    assert "A-SKORD inte tillämplig ännu" in out
    [row] = home("lifecycle", "list", "--json").json
    assert (row["gate"], row["remaining"]) == ("inte_klar_for_beslut", rows)


def test_the_first_step_from_the_terminal(home: Cli) -> None:
    seq = opened(home)
    refused = home("lifecycle", "step", seq, "2")
    assert refused.code == 3
    assert "Step 2 cannot be completed" in refused.err
    for kind in ("mandate", "audience"):
        home("lifecycle", "note", seq, "--step", "1", "--kind", kind, "--text", "Reglemente")
    goal = ("--text", "Fler når rätt tjänst", "--purpose", "informera_om_tjanster")
    home("lifecycle", "goal", seq, *goal, "--metric", "klick", "--baseline", "1", "--target", "2",
         "--by", "2027-09-01")  # fmt: skip
    done = home("lifecycle", "step", seq, "1", "--json").json
    assert done["step"] == 2
    assert [one["outcome"] for one in done["checks"] if one["check"] == "A-SYFTE"] == ["pass"]


def test_answers_evidence_and_who_attests(home: Cli, tmp_path: Path) -> None:
    seq = opened(home)
    file = tmp_path / "riktlinje.pdf"
    file.write_bytes(b"Riktlinje")
    answer = ("checklist", "answer", seq, "3.1", "--state", "uppfyllt", "--motivation")
    assert home(*answer, " ").code == 3
    assert home(*answer, "Antagen riktlinje").code == 0
    past = ("--valid-until", "2020-01-01")
    assert home("checklist", "evidence", seq, "3.1", "--file", str(file), *past).code == 3
    assert home("checklist", "evidence", seq, "3.1", "--file", str(file)).code == 0
    same = home("checklist", "attest", seq, "3.1")
    assert (same.code, "whoever recorded an answer does not attest it" in same.err) == (3, True)
    rows = home("checklist", "show", "--initiative", seq, "--json").json["rows"]
    [row] = [one for one in rows if one["row"] == "3.1"]
    assert (row["state"], row["attested"], row["files"]) == ("uppfyllt", None, ["riktlinje.pdf"])
    assert row["provenance"] == "rekonstruerad efter E-delegationen"
    assert home("lifecycle", "send", seq).code == 3
    assert home("checklist", "answer", seq, "9.9", *answer[4:], "Ja").code == 3


def test_a_decision_that_was_taken_too_early_is_recorded_and_opens_nothing(home: Cli) -> None:
    seq = opened(home)
    decide = ("lifecycle", "decide", seq, "--outcome", "bifall", "--body", "KS")
    decide = (*decide, "--held-on", "2026-11-02", "--paragraph", "§ 201")
    done = home(*decide, "--json").json
    assert done["decisions"][0]["ready"] is False
    assert done["gate"] == "inte_klar_for_beslut"
    assert "fullständigt besvarat underlag" in done["observed"][0]["sv"]
    home("lifecycle", "minutes", seq, "--adjusted", "2026-11-03", "--noticed", "2026-11-04")
    out = home("lifecycle", "show", seq).out
    assert "Beslut: KS 2026-11-02 § 201, bifall, laga kraft 2026-11-26" in out


def test_what_is_mandatory_and_whose_words(home: Cli) -> None:
    decision = ("--decision", "KS 2026-11-02 § 201", "--reason", "Före start")
    changed = home("checklist", "reclass", "--authority", "KS", "--row", "1.5=M", *decision)
    assert changed.code == 0
    assert home("checklist", "reclass", "--authority", "KS", "--row", "1.5", *decision).code == 2
    out = home("checklist", "show", "--authority", "KS").out
    assert "1.5   M Finns det gallringsbeslut" in out
    assert "7.12  V Finns det en plan" in out
    assert "Diarkivs tillägg" in out


def test_what_is_not_there_is_said(home: Cli) -> None:
    seq = opened(home)
    assert "No such underlag" in home("lifecycle", "underlag", seq).err
    assert "no channel C99" in home("lifecycle", "covering", "C99").err
    assert "no such initiative" in home("lifecycle", "show", "1").err


def test_deviations_from_the_terminal(home: Cli) -> None:
    seq = opened(home)
    text = ("--category", "lag_policy", "--text", "Rutin saknas")
    home("lifecycle", "deviate", seq, *text)
    who = ("--holder", "Förvaltningschefen", "--mandate", "KS 3.2", "--reason", "Tas fram")
    assert "1. Rutin saknas (hanterad)" in home("lifecycle", "handle", seq, "1", *who).out
    done = home("lifecycle", "resolve", seq, "1", "--reason", "Klar", "--json").json
    assert done["deviations"][0]["open"] is False
    closed = home("lifecycle", "close", seq, "--unused", "--reason", "Används inte", "--json").json
    assert closed["closed"] is True
    assert home("lifecycle", "list", "--json").json == []
    assert home("lifecycle", "deviate", seq, *text).code == 3
