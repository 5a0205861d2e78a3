"""`diarkiv exports release …` end to end: secrets planted wherever they can stand, none of them in
anything that leaves, and the files prove themselves."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from archiver.core import receipt
from archiver.core.verdict import Verdict
from archiver.ledger.verify_copy import verify_copy
from gdpr.leak import Kind, Output, Secret, check
from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli
from tests.integration.test_cli_capture import type_
from tests.unit.exports.neighbours import streams

cli = _cli  # the fixture
SECRETS = (
    "Petronella Zorkelby",
    "Zorkelby",
    "850101-9802",
    "070-174 06 05",
    "petronella.zorkelby@privat.example",
    "Kvastmo",
)
TEXT = (
    "Hej, jag heter Petronella Zorkelby (850101-9802). Ring 070-174 06 05 eller skriv till "
    "petronella.zorkelby@privat.example. Zorkelby igen: lampan är trasig."
)
ADD = ("capture", "add", "--authority", "KS", "--received", "2026-01-07", "--why", "Felanmälan.")
RELEASE = ("exports", "release")


def picture() -> bytes:
    """A picture with a secret in what nobody sees of it."""
    said = PngImagePlugin.PngInfo()
    said.add_text("Author", "Petronella Zorkelby")
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, "png", pnginfo=said)
    return out.getvalue()


@pytest.fixture
def home(cli: Cli) -> Cli:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    return cli


def captured(home: Cli, monkeypatch: pytest.MonkeyPatch, text: str, *more: str) -> str:
    type_(monkeypatch, text)
    done = home(*ADD, "--way", "phone", "--json", *more)
    assert done.code == 0, done
    return str(done.json["id"])


def asked(home: Cli, *records: str) -> str:
    receive = ("exports", "request", "receive", "--authority", "KS", "--text", "Allt om lampan")
    request = str(home(*receive, "--json").json["request"])
    named = [word for one in records for word in ("--record", one)]
    assert home("exports", "request", "step", request, "make_precise", *named).code == 0
    return request


def reviewed(home: Cli, *records: str) -> None:
    """Every suggestion accepted."""
    for record in records:
        for _ in range(3):  # what is masked is suggested where else it stands
            listed = home("gdpr", "mask", "list", record, "--pending", "--json").json
            numbers = [str(one.get("mask", one.get("number"))) for one in listed]
            if not numbers:
                break
            done = home("gdpr", "mask", "accept", *numbers, "--ground", "21:1")
            assert done.code == 0, done


def by_hand(home: Cli, record: str, text: str) -> None:
    """Whatever no recogniser suggested is masked by a person."""
    listed = home("gdpr", "mask", "list", record, "--json").json
    there = {tuple(map(int, one["place"].split()[2:])) for one in listed
             if one["place"].startswith("text text")}  # fmt: skip
    for secret in SECRETS:
        for found in re.finditer(re.escape(secret), text):
            start, end = found.span()
            if not any(first <= start and end <= last for first, last in there):
                add = ("gdpr", "mask", "add", record, f"text text {start} {end}")
                done = home(*add, "--category", "name", "--ground", "21:1")
                assert done.code == 0, done
                there.add((start, end))


def entries(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as found:
        return {name: found.read(name) for name in found.namelist() if name.startswith("entries/")}


def leaving(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in sorted(folder.iterdir())}


@pytest.mark.server
def test_nothing_that_was_planted_leaves(
    home: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "petronella-zorkelby.png"
    file.write_bytes(picture())
    title = ("--title", "Från Petronella Zorkelby", "--from", "Petronella Zorkelby")
    one = captured(home, monkeypatch, TEXT, *title, str(file))
    two = captured(home, monkeypatch, "När lagas lampan?", "--title", "=Lampan")
    type_(monkeypatch, TEXT.replace("trasig", "hel, hälsar Kvastmo"))
    assert home("capture", "correct", one, "--text", "--why", "Rättat.").code == 0
    request = asked(home, one, two)
    made = home(*RELEASE, "add", request, "--record", one, "--record", two, "--json").json
    release = str(made["release"])
    versions = {item["record"]: item["version"] for item in made["items"]}
    assert versions == {one: 2, two: 1}
    early = home(*RELEASE, "check", release)
    assert early.code == 3, early
    assert home(*RELEASE, "decide", release, "masked", "--record", one).code == 0
    assert home(*RELEASE, "decide", release, "given", "--record", two).code == 0
    waiting = home(*RELEASE, "show", release, "--json").json
    assert "wait to be looked at" in " ".join(waiting["problems"])
    reviewed(home, one, two)
    by_hand(home, one, TEXT.replace("trasig", "hel, hälsar Kvastmo"))
    for path in ("title", "author_name", "attachments/0/name"):  # whatever was not suggested
        home("gdpr", "mask", "add", one, f"field {path}", "--ground", "21:1")
    shown = home(*RELEASE, "show", release, "--json").json
    assert shown["problems"] == []
    checked = home(*RELEASE, "check", release, "--json")
    assert {leak["ref"] for leak in checked.json["leaks"]} <= {"PERSON"}, checked.out
    for leak in checked.json["leaks"]:  # a capital letter at the beginning of a sentence
        assert leak["waivable"], leak
        done = home(*RELEASE, "waive", release, leak["digest"], "--reason", "Inget namn")
        assert done.code == 0, done
    out = tmp_path / "utlamnande"
    make = (*RELEASE, "make", release, "--digest", shown["digest"], "--answer", "--told")
    done = home(*make, "--out", str(out), "--json")
    assert done.code == 0, done
    assert done.json["clauses"] == ["21:1"]
    files = leaving(out)
    assert set(files) == {
        "utlamnande.pdf", "utlamnande.json", "utlamnande.csv", "bilaga-001.png", "bevis.zip",
    }  # fmt: skip
    outputs = [Output(name, content) for name, content in files.items()]
    with zipfile.ZipFile(io.BytesIO(files["bevis.zip"])) as bundle:
        inside = [
            Output(name, bundle.read(name)) for name in bundle.namelist() if name != "verify.pyz"
        ]
    beside = [one for one in outputs if one.name != "bevis.zip"]
    planted = [Secret(value, f"planted {n}") for n, value in enumerate(SECRETS)]
    assert [one for one in check([*beside, *inside], planted) if one.kind is Kind.VALUE] == []
    for output in outputs:
        for place, text in streams(output):
            for secret in SECRETS:
                assert secret.casefold() not in text.casefold(), (output.name, place)
    key = (home.home / "log" / "vkey").read_text().strip()
    for proved in ("utlamnande.pdf", "bevis.zip"):
        report, _ = verify_copy(proved, io.BytesIO(files[proved]), key)
        assert report.verdict is Verdict.PROVEN_MASKED, (proved, report.findings)
        moved = files[proved].replace(b"lampan", b"lumpan").replace(b"Testk", b"Tastk")
        broken = moved if moved != files[proved] else files[proved][:-40] + bytes(40)
        assert verify_copy(proved, io.BytesIO(broken), key)[0].verdict is Verdict.UNPROVEN
    again = home(*RELEASE, "render", release, "--out", str(tmp_path / "igen"))
    assert again.code == 0, again
    once_more = leaving(tmp_path / "igen")
    for name in files.keys() - {"utlamnande.pdf", "bevis.zip"}:
        assert once_more[name] == files[name]
    # These two carry a proof under the log's head, which has gone on.
    assert receipt.digest(once_more["utlamnande.pdf"]) == receipt.digest(files["utlamnande.pdf"])
    assert entries(once_more["bevis.zip"]) == entries(files["bevis.zip"])
    assert home(*RELEASE, "deliver", release, "email").code == 0
    request_row = home("exports", "request", "show", request, "--json").json
    assert (request_row["state"], request_row["answer"]) == ("refused", "masked")
    assert home("verify", "--deep").code == 0


def test_given_out_whole_with_every_refusal_on_the_way(
    home: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = captured(home, monkeypatch, "när plogas gatan?")
    request = asked(home, record)
    release = str(home(*RELEASE, "add", request, "--record", record, "--json").json["release"])
    assert home(*RELEASE, "add", request, "--record", "R999999").code == 2
    assert home(*RELEASE, "decide", release, "withheld", "--record", record).code == 3
    bad = home(*RELEASE, "decide", release, "withheld", "--record", record, "--clause", "21")
    assert (bad.code, "in full" in bad.err) == (2, True)
    odd = ("withheld", "--record", record, "--version", "9", "--clause", "21:1")
    assert home(*RELEASE, "decide", release, *odd).code == 2
    assert home(*RELEASE, "decide", release, "given", "--version", "1").code == 2
    elsewhere = ("withheld", "--record", record, "--clause", "26:1")
    assert home(*RELEASE, "decide", release, *elsewhere).code == 3  # holds within an activity
    withheld = ("withheld", "--record", record, "--version", "1", "--clause", "21:1", "--json")
    (row,) = home(*RELEASE, "decide", release, *withheld).json
    assert row["words"] == "withheld: 21:1"
    assert home(*RELEASE, "decide", release, "given", "--record", record).code == 0
    (item,) = home(*RELEASE, "items", release, "--json").json
    assert (item["decision"], item["version"]) == ("given", 1)
    assert "given out" in home(*RELEASE, "items", release).out
    told = home(*RELEASE, "show", release).out
    assert "text: när plogas gatan?" in told
    assert re.search(r"captured_at: 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+0[12]:00", told)
    digest = told.rpartition(": ")[2].strip()
    checked = home(*RELEASE, "check", release)
    assert checked.code == 0, checked.out
    assert "Nothing leaks." in checked.out
    out = tmp_path / "ut"
    make = (*RELEASE, "make", release, "--out", str(out), "--digest")
    assert home(*make, digest).code == 2  # the answer, or a part?
    changed = home(*make, "0" * 64, "--answer")
    assert (changed.code, "since it was reviewed" in changed.err) == (3, True)
    out.mkdir()
    assert home(*make, digest, "--answer").code == 2
    out.rmdir()
    done = home(*make, digest, "--answer")
    assert done.code == 0, done
    assert not list(tmp_path.glob(".ut-*"))
    said: Any = json.loads((out / "utlamnande.json").read_text())
    assert said["records"][0]["fields"]["text"] == "när plogas gatan?"
    assert out.stat().st_mode & 0o077 == 0
    (listed,) = home(*RELEASE, "list", "--json").json
    assert (listed["state"], listed["items"]) == ("made", 1)
    assert home(*RELEASE, "waive", release, "ab", "--reason", "x").code == 3
    assert home(*RELEASE, "deliver", release, "counter").code == 0
    shown = home("exports", "request", "show", request, "--json").json
    assert shown["answer"] == "released"
