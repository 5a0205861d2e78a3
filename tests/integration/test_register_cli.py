"""`diarkiv register …` end to end: numbers, entries, what happens to them, cases and decisions."""

from __future__ import annotations

import io
import json
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from archiver.demo.server import DemoServer
from tests.integration.test_cli import Answer, Cli
from tests.integration.test_cli import cli as _cli
from tests.unit.channels.sites import demo_site

cli = _cli  # the fixture
SECRET = "KANARIE-Cilla-Myrberg"


@pytest.fixture
def home(cli: Cli) -> Cli:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    cli("authority", "add", "BUN", "Barn- och utbildningsnämnden")
    done = cli("register", "series", "set", "KS", "{ORG} {ÅÅÅÅ}/{LÖP}", "--authority", "KS")
    assert done.code == 0, done
    return cli


@pytest.fixture
def records(home: Cli) -> list[str]:
    """The records of a harvested channel of KS, oldest first."""
    with DemoServer(demo_site(posts=2, comments=2)) as server:
        host, port = server.address
        allowed = ("--allow-address", f"{host}:{port}")
        home("channel", "add", "wordpress", server.url, "--authority", "KS", *allowed)
        assert home("harvest", "--all").code == 0
    return [row["id"] for row in reversed(home("records", "list", "--json").json)]


def register(home: Cli, *words: str) -> Answer:
    answer = home("register", *words, "--json")
    assert answer.code == 0, answer
    return answer


def added(home: Cli, *words: str) -> Any:
    given = ("--authority", "KS", "--direction", "received", "--title", "Synpunkt")
    return register(home, "add", *given, *words).json


def test_something_is_registered_corrected_related_and_voided(home: Cli) -> None:
    one = added(home, "--from", "Alva Ekbacke")
    year = one["number"][3:7]
    assert (one["number"], one["sender"], one["level"]) == (f"KS {year}/1", "Alva Ekbacke", 2)
    two = added(home)
    reason = ("--reason", "Felskrivet")
    put_right = register(home, "correct", one["number"], "title", "Fråga", *reason).json
    assert put_right["title"] == "Fråga"
    assert [(c["old"], c["reason"]) for c in put_right["corrections"]] == [
        ("Synpunkt", "Felskrivet")
    ]
    related = register(home, "relate", two["number"], "answers", one["number"]).json
    assert related["relations"][0]["other"] == one["seq"]
    marked = register(home, "mark", one["number"], "OSL 21:7", *reason).json
    assert marked["marking"]["authority"] == "Kommunstyrelsen"
    assert register(home, "unmark", one["number"], *reason).json["marking"] is None
    assert register(home, "void", one["number"], *reason).json["voided"]["reason"] == "Felskrivet"
    again = home("register", "void", one["number"], *reason)
    assert (again.code, "voided before" in again.err) == (3, True)
    shown = home("register", "show", str(one["seq"]))
    assert shown.code == 0
    assert "Felskrivet" in shown.out
    listed = home("register", "list")
    assert "voided" in listed.out
    assert "Alva Ekbacke" in listed.out


def test_records_are_registered_with_their_own_day_and_direction(
    home: Cli, records: list[str]
) -> None:
    one = register(home, "add", *records[:2], "--title", "Inlägg och svar").json
    assert one["records"] == [int(name[1:]) for name in records[:2]]
    assert one["direction"] in ("received", "drawn_up")
    assert one["dated"] != "stated"
    twice = ("add", records[0], "--title", "Igen", "--day", "2026-01-02")
    refused = home("register", *twice)
    assert (refused.code, "--again" in refused.err) == (2, True)
    stated = register(home, *twice, "--again").json
    assert (stated["day"], stated["dated"]) == ("2026-01-02", "stated")
    missing = home("register", "add", "R999999", "--title", "Inget")
    assert (missing.code, "records list" in missing.err) == (2, True)


def test_what_is_secret_comes_from_a_file_and_is_not_in_the_public_view(
    home: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret.json"
    file.write_text(json.dumps({"sender": SECRET}), "utf-8")
    one = added(home, "--secret-from", str(file), "--secrecy", "OSL 26:1")
    assert (one["level"], one["secret"]["sender"]) == (4, SECRET)
    for words in (("show", one["number"]), ("list",)):
        assert SECRET not in home("register", *words, "--public").out
        assert SECRET not in home("register", *words, "--public", "--json").out
    assert SECRET in home("register", "show", one["number"]).out
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}-Ek"))
    words = ("correct", one["number"], "sender", "-", "--secret", "--reason", "Nytt namn")
    assert register(home, *words).json["secret"]["sender"] == f"{SECRET}-Ek"
    for content in (f"[{SECRET}", json.dumps({SECRET: "x"}), json.dumps({"title": [SECRET]})):
        file.write_text(content, "utf-8")
        words = ("add", "--authority", "KS", "--direction", "note", "--title", "x")
        refused = home("register", *words, "--secret-from", str(file))
        assert refused.code == 2
        assert SECRET not in refused.out + refused.err


def test_a_case_and_its_documents(home: Cli) -> None:
    case = register(home, "case", "open", "Snöröjning", "--authority", "KS").json
    mask = ("{ORG} {ÅÅÅÅ}/{LÖP}-{HANDL}", "--authority", "KS", "--change", "KS")
    register(home, "series", "set", "KS", *mask)
    numbered = register(home, "case", "open", "Vägar", "--authority", "KS", "--collective").json
    one = added(home, "--case", numbered["number"])
    assert (one["level"], one["part"], one["number"]) == (3, 1, f"{numbered['number']}-1")
    shown = register(home, "case", "show", numbered["number"]).json
    assert [entry["seq"] for entry in shown["entries"]] == [one["seq"]]
    assert shown["collective"] is True
    listed = register(home, "case", "list").json
    assert [row["seq"] for row in listed] == [numbered["seq"], case["seq"]]
    assert [row["seq"] for row in register(home, "find", one["number"].lower()).json] == [
        one["seq"]
    ]
    assert home("register", "correct", case["number"], "title", "x", "--reason", "x").code == 2
    assert home("register", "case", "show", one["number"]).code == 2
    assert register(home, "void", case["number"], "--reason", "Dubbel").json["voided"]


def test_decisions_that_are_no_registration(home: Cli, records: list[str]) -> None:
    one, two, three, four = records[:4]
    assert register(home, "decide", "minor", one, "--note", "Reklam").json["outcome"] == "minor"
    assert register(home, "decide", "kept-in-order", two).json["outcome"] == "kept_in_order"
    there = ("--system", "Ärenden", "--number", "BN 2026/88")
    assert register(home, "decide", "elsewhere", three, *there).json["elsewhere"]["number"]
    to = ("--to", "Gatukontoret", "--way", "e-post", "--due", "2026-07-01")
    over = register(home, "decide", "hand-over", four, *to).json
    assert over["handover"]["due"] == "2026-07-01T22:00:00.000Z"  # midnight in Sweden
    (waits,) = register(home, "decide", "waiting").json
    assert (waits["seq"], waits["received"]) == (over["seq"], None)
    register(home, "decide", "receipt", str(over["seq"]), "--note", "Kvittens 17")
    assert register(home, "decide", "waiting").json[0]["received"]
    register(home, "decide", "answer", str(over["seq"]))
    assert register(home, "decide", "waiting").json == []
    assert home("register", "decide", "answer", str(over["seq"])).code == 2


def test_a_scheme_is_imported_and_used(home: Cli, tmp_path: Path) -> None:
    file = tmp_path / "klassa.csv"
    file.write_text("scheme,version,code,label\nKLASSA,2.1,1,Ledning\nKLASSA,2.1,1.9,Kansli\n")
    (held,) = register(home, "classes", "import", str(file), "--authority", "KS").json
    listed = register(home, "classes", "list", "--scheme", str(held["seq"])).json
    assert [one["code"] for one in listed] == ["1", "1.9"]
    assert register(home, "classes", "list").json[0]["classes"] == 2
    assert added(home, "--class", "1.9")["class_code"] == "1.9"
    words = ("--authority", "KS", "--direction", "note", "--title", "x", "--class", "7")
    refused = home("register", "add", *words)
    assert (refused.code, "classes list" in refused.err) == (2, True)
    file.write_text("scheme,version,code,label\nKLASSA,2.1,1,\n")
    wrong = home("register", "classes", "import", str(file), "--authority", "KS")
    assert wrong.code == 2
    assert '"label" is empty' in wrong.out
    assert "Nothing was imported" in wrong.err


def test_the_list_is_filtered_and_paged(home: Cli) -> None:
    days = ("2026-01-01", "2026-01-02", "2026-01-03")
    seqs = [added(home, "--day", day)["seq"] for day in days]
    page = register(home, "list", "--limit", "2").json
    assert ([e["seq"] for e in page["entries"]], page["before"]) == (seqs[:0:-1], seqs[1])
    rest = register(home, "list", "--before", str(page["before"])).json
    assert ([e["seq"] for e in rest["entries"]], rest["before"]) == (seqs[:1], None)

    def listed(*words: str) -> list[int]:
        return [entry["seq"] for entry in register(home, "list", *words).json["entries"]]

    assert listed("--since", days[1], "--until", days[1]) == [seqs[1]]
    assert listed("--authority", "BUN") == listed("--direction", "drawn-up") == []
    assert listed("--level", "2") == seqs[::-1]
    assert home("register", "list", "--since", "igår").code == 2


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("show", "KS 2026/99999"), 2, "series list"),
        (("show", "99999"), 2, "Search the register"),
        (("add", "--title", "x"), 2, "--direction received"),
        (("series", "set", "X", "{LÖP}", "--authority", "KS"), 2, "{ÅÅÅÅ}"),
        (("series", "set", "X", "{ÅÅ}-{LÖP}", "--authority", "KS", "--first", "7"), 2, "2026/1313"),
        (("series", "set", "X", "{ÅÅ}-{LÖP}", "--authority", "NEJ"), 2, "authority add"),
        (("case", "open", " ", "--authority", "KS"), 2, "Write it"),
        (("decide", "minor", "R1"), 2, "records list"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(
    home: Cli, words: tuple[str, ...], code: int, told: str
) -> None:
    answer = home("register", *words)
    assert answer.code == code
    assert told in answer.err


def test_series_are_listed_with_an_example(home: Cli) -> None:
    (one,) = register(home, "series", "list").json
    assert one["example"].startswith("KS 20")
    words = ("NY", "{ORG}-{ÅÅÅÅ}-{LÖP:05}", "--authority", "BUN", "--first", "2026/1313")
    assert register(home, "series", "set", *words).json["first"] == 1313
    assert "NY-" in home("register", "series", "list").out


def test_a_package_goes_out_and_its_receipt_comes_back(
    home: Cli, records: list[str], tmp_path: Path
) -> None:
    out, back = tmp_path / "paket.zip", tmp_path / "kvittens.json"
    one = added(home, "--from", "Alva Ekbacke")
    entry = register(home, "package", one["number"], "--out", str(out)).json
    assert entry["bytes"] == out.stat().st_size
    assert out.stat().st_mode & 0o777 == 0o600
    assert home("register", "package", one["number"], "--out", str(out)).code != 0  # it is there
    to = ("--to", "Gatukontoret", "--way", "filpaket")
    over = register(home, "decide", "hand-over", records[0], *to).json
    words = ("package", "--handover", str(over["seq"]), "--out", str(tmp_path / "over.zip"))
    assert register(home, *words).json["records"] == [records[0]]
    with zipfile.ZipFile(tmp_path / "over.zip") as archive:
        digest = sha256(archive.read("manifest.json")).hexdigest()
    fields = {"format": "diarkiv-receipt/1", "manifest": digest, "number": "TN 2026/88"}
    back.write_text(json.dumps(fields), "utf-8")
    assert register(home, "receipt", str(back)).json == {"handover": over["seq"]}
    assert home("register", "receipt", str(back)).code != 0
    assert register(home, "decide", "waiting").json == []
    missing = tmp_path / "ingen" / "paket.zip"
    for wrong in ((), (one["number"], "--handover", "1"), ("KS 2026/999",)):
        assert home("register", "package", *wrong, "--out", str(missing)).code != 0
    assert home("register", "package", one["number"], "--out", str(missing)).code != 0
