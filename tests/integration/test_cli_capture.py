"""`diarkiv capture …` end to end: text from standard input, files, letters, corrections, clamd."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli
from tests.unit.registry.test_capture import letter
from tests.unit.scan.clamds import EICAR, FakeClamd, running

cli = _cli  # the fixture
ADD = ("capture", "add", "--authority", "KS", "--received", "2026-01-07", "--why", "Felanmälan.")


@pytest.fixture
def home(cli: Cli) -> Cli:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    return cli


def test_a_call_is_noted_down_and_corrected(home: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    type_(monkeypatch, "Lampan utanför nr 7 är trasig.")
    words = (*ADD, "--way", "phone", "--from", "Eva Ek", "--title", "Lampan", "--json")
    done = home(*words)
    assert done.code == 0, done
    assert (done.json["duplicates"], done.json["scans"], done.json["problem"]) == ([], [], "")
    record = done.json["id"]
    again = home(*ADD, "--way", "phone")
    assert f"The same text or file is in {record} already." in again.err
    type_(monkeypatch, "Lampan utanför nr 9 är trasig.")
    fixed = home("capture", "correct", record, "--text", "--why", "Fel nummer.", "--json")
    assert fixed.json["id"] == record
    (row,) = [one for one in home("records", "list", "--json").json if one["id"] == record]
    assert (row["text"], row["versions"], row["origin"], row["legal_basis"]) == (
        "Lampan utanför nr 9 är trasig.",
        2,
        "drawn_up",
        "stated",
    )
    shown = home("records", "show", record, "--raw")
    assert "captured by hand: phone, by 0, according to capturer 2026-01-07" in shown.out
    assert "Felanmälan." in shown.out
    assert "Fel nummer." in shown.out
    assert home("harvest", "--all").code == 0  # nothing of it is an account
    assert home("channel", "list", "--json").json == []
    assert home("gap", "list", "--json").json == []
    assert home("coverage", "--json").json == []
    assert home("verify", "--deep").code == 0


def test_a_bundle_proves_what_was_captured_and_how(home: Cli, tmp_path: Path) -> None:
    (tmp_path / "brev.eml").write_bytes(letter())
    done = home(*ADD, "--way", "email", str(tmp_path / "brev.eml"), "--json").json
    bundle, key = tmp_path / "bevis.zip", str(home.home / "log" / "vkey")
    assert home("prove", done["id"], "-o", str(bundle)).code == 0
    checked = home("verify", str(bundle), "--key", key, "--json")
    assert (checked.code, checked.json["verdict"]) == (0, "Styrkt")
    with zipfile.ZipFile(bundle) as held:
        entries = [held.read(name).decode() for name in held.namelist() if name.endswith(".json")]
    assert any("Felanmälan." in one and "according_to" in one for one in entries)


def test_captured_words_are_found(home: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    type_(monkeypatch, "Lampan utanför nr 7 är trasig.")
    done = home(*ADD, "--way", "phone", "--from", "Eva Ek", "--json").json
    assert home("harvest", "--all").code == 0  # becomes the worker, and indexes
    found = home("search", "lampa", "--json").json
    assert [hit["record"] for hit in found["hits"]] == [done["id"]]


def type_(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    class Typed:
        """Standard input of a command at the end of a pipe."""

        class buffer:
            @staticmethod
            def read(_most: int) -> bytes:
                return text.encode()

        @staticmethod
        def isatty() -> bool:
            return False

    monkeypatch.setattr("sys.stdin", Typed)


def test_files_go_through_clamd_when_it_is_there(home: Cli, tmp_path: Path) -> None:
    (tmp_path / "brev.eml").write_bytes(letter())
    (tmp_path / "elak.com").write_bytes(EICAR)
    email = (*ADD, "--way", "email", str(tmp_path / "brev.eml"), "--according-to", "system")
    done = home(*email, "--json").json
    assert done["scans"] == ["not_scanned"] * 2
    assert "was not looked at" in home(*email).err
    assert "not looked at for malware (no_scanner)" in home("doctor").out
    socket = tmp_path / "c"
    with running(FakeClamd(), socket) as setting:
        (home.home / "diarkiv.toml").write_text(f'malware_scanner = "{setting}"\n')
        assert "4 captured files were never looked at" in home("doctor").out
        later = home("capture", "scan", "--json")
        assert (later.code, later.json["clean"], later.json["infected"]) == (0, 4, 0)
        bad = home(*ADD, "--way", "file", str(tmp_path / "elak.com"))
        assert (bad.code, "Malware was found" in bad.err) == (0, True)
        assert home("capture", "scan", "--all").code == 1
        assert "looked at for malware: ClamAV 1.4.6" in home("doctor").out
    assert "not looked at for malware (unreachable)" in home("doctor").out
    (home.home / "diarkiv.toml").write_text('malware_scanner = "http://clamd"\n')
    assert home("capture", "scan").code == 2


def test_what_cannot_be_is_said(home: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    type_(monkeypatch, "")
    assert "nothing to capture" in home(*ADD, "--way", "phone").err
    type_(monkeypatch, "x")
    assert "cannot have come" in home(*ADD, "--way", "phone", "--received", "2200-01-01").err
    assert "no authority" in home(*ADD, "--way", "phone", "--authority", "KFN").err
    assert home(*ADD, "--way", "owl").code == 2
    assert home(*ADD, "--way", "file", str(tmp_path / "saknas.txt")).code == 2
    assert json.loads(home("records", "list", "--json").out) == []
