"""The command line, end to end, against a real server; long-running ones as processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from archiver.__main__ import main
from archiver.app import build
from archiver.core.event import EventType
from archiver.db import tables as t
from archiver.demo.runner import prepare_home
from archiver.demo.server import DemoServer
from archiver.demo.site import DemoSite, User
from archiver.harvest.lease import channel_lease
from tests.databases import used

AT = datetime(2026, 2, 2, 8, 0, tzinfo=UTC)
LOGIN = ("arkiv", "abcd efgh")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("DIARKIV_")}


@dataclass
class Answer:
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Cli:
    """Runs `diarkiv` in this process (quick) or in one of its own."""

    home: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Answer:
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(self.home), *words])
        out, err = self.capsys.readouterr()
        return Answer(int(str(ended.value.code or 0)), out, err)

    def spawn(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "archiver", "--home", str(self.home), *words],
            env={**CLEAN, "DIARKIV_DATABASE": used(), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def cli(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any, each_database: str
) -> Cli:
    for name in list(os.environ):
        if name.startswith("DIARKIV_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DIARKIV_DATABASE", used())
    return Cli(tmp_path / "home", capsys)


@pytest.fixture
def site() -> Iterator[tuple[DemoSite, DemoServer]]:
    site = DemoSite(
        name="Testköping",
        users=(
            User(id=1, login="redaktor", name="Redaktionen"),
            User(id=2, login=LOGIN[0], name="Arkivet", application_password=LOGIN[1]),
        ),
    )
    post = site.publish_post(at=AT, title="Snö", html="<p>Vi plogar Storgatan i natt.</p>")
    site.comment(post, at=AT, name="Alva Ekbacke", text="Tack för snöröjningen!")
    with DemoServer(site) as server:
        yield site, server


def add_channel(cli: Cli, server: DemoServer, tmp_path: Path) -> str:
    secret = tmp_path / "login.txt"
    secret.write_text("\n".join(LOGIN))
    host, port = server.address
    words = ("channel", "add", "wordpress", server.url, "--authority", "ks", "--title", "Nyheter")
    more = ("--credential", str(secret), "--allow-address", f"{host}:{port}", "--json")
    answer = cli(*words, *more)
    assert answer.code == 0, answer
    assert LOGIN[1] not in answer.out + answer.err
    return str(answer.json["id"])


def test_a_first_archive(cli: Cli, site: tuple[DemoSite, DemoServer], tmp_path: Path) -> None:
    key = cli("init", "--json").json["vkey"]
    assert cli("authority", "add", "KS", "Kommunstyrelsen").code == 0
    assert "KS" in cli("authority", "list").out
    channel = add_channel(cli, site[1], tmp_path)
    rows = cli("harvest", channel, "--json").json
    assert [(row["status"], row["created"]) for row in rows] == [("complete", 2)]
    assert cli("harvest", "--due", "--json").json == []
    records = cli("records", "list", "--json").json
    assert {row["text"] for row in records} == {
        "Vi plogar Storgatan i natt.",
        "Tack för snöröjningen!",
    }
    comment = next(row["id"] for row in records if row["kind"] == "comment")
    shown = cli("records", "show", comment, "--raw", "--json").json
    capture = shown["versions"][0]["capture"]
    assert "snöröjningen" in shown["versions"][0]["text"]
    body = cli("captures", "show", str(capture), "--json").json
    assert body["status"] == 200
    assert body["elided"] == 0
    assert json.loads(body["body"])[0]["author_name"] == "Alva Ekbacke"
    assert [hit["record"] for hit in cli("search", "röjning", "--json").json["hits"]] == [comment]
    assert cli("coverage", channel, "--json").json[0]["status"] == "complete"
    assert cli("verify").code == 0
    assert cli("verify", "--deep").out.rstrip().endswith("Styrkt")
    bundle, program = tmp_path / "bevis.zip", tmp_path / "verify.pyz"
    assert cli("prove", comment, "-o", str(bundle)).code == 0
    assert cli("verifier", "-o", str(program)).code == 0
    assert cli("verify", str(bundle)).code == 1  # nobody said whose archive it is
    assert cli("verify", str(bundle), "--key", key).code == 0
    alone = [sys.executable, "-I", "-S", str(program), str(bundle), "--key", key]
    assert subprocess.run(alone, capture_output=True, check=False).returncode == 0
    before = cli("records", "list", "--json").out
    assert cli("rebuild", "--json").json["entries"] > 0
    assert cli("records", "list", "--json").out == before
    findings = cli("doctor", "--json").json
    assert all(one["light"] != "broken" for one in findings["findings"])
    assert any("127.0.0.1" in host for host in findings["egress"])


def test_searches_with_filters_are_noted_saved_and_run_again(
    cli: Cli, site: tuple[DemoSite, DemoServer], tmp_path: Path
) -> None:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    channel = add_channel(cli, site[1], tmp_path)
    cli("harvest", channel)
    both = cli("search", "*öjning*", "--json").json
    assert (both["total"], both["notes"]) == (1, [])
    narrow = ("--direction", "received", "--kind", "comment", "--channel", channel.lower())
    kept = cli("search", "snö röjning", *narrow, "--save", "Snö in", "--timeline", "--json").json
    assert kept["total"] == sum(kept["months"].values()) == 1
    assert cli("search", "röjning", "--direction", "drawn_up", "--json").json["total"] == 0
    assert cli("search", "röjning", "--edited", "--json").json["total"] == 0
    assert cli("search", "röjning", "--since", "2099-01-01", "--json").json["total"] == 0
    assert cli("search", "röjning", "--until", "2099-01-01", "--json").json["total"] == 1
    assert cli("search", "röjning", "--until", "igår").code == 2
    open_quote = cli("search", '"för snöröjningen')
    assert "‹för snöröjningen›" in open_quote.out
    assert "quote was never closed" in open_quote.err
    (one,) = cli("saved", "list", "--json").json
    filters = {"konto": channel, "riktning": "received", "slag": "comment"}
    assert (one["name"], one["query"], one["filters"]) == ("Snö in", "snö röjning", filters)
    for name in ("snö in", str(one["id"])):
        assert cli("saved", "run", name, "--json").json["hits"] == kept["hits"]
    assert "Hits by month" in cli("saved", "run", "Snö in", "--timeline").out
    assert cli("saved", "remove", "Snö in").code == 0
    assert cli("saved", "run", "Snö in").code == 2
    assert cli("saved", "list").out.strip() == "No saved search."
    app = build(cli.home)
    with app.ledger.database.read() as connection:
        query = select(t.entry.c.seq).where(t.entry.c.type == EventType.SEARCHED)
        seqs = list(connection.scalars(query.order_by(t.entry.c.seq)))
    noted = [app.ledger.open_one(seq).envelope for seq in seqs]
    assert [one["query"] for one in noted[:2]] == ["*öjning*", "snö röjning"]
    assert dict(noted[1]["filters"]) == filters  # type: ignore[arg-type]
    assert {one["actor"] for one in noted} == {0}
    for path in cli.home.rglob("*"):
        inside = path.is_file() and "index" not in path.parts
        assert not inside or "snö röjning".encode() not in path.read_bytes(), path
    assert cli("rebuild").code == cli("verify").code == 0


def test_mistakes_are_explained(cli: Cli, tmp_path: Path) -> None:
    for words, code in (
        (("records", "list"), 2),  # no home yet
        (("verify",), 2),
        (("nonsense",), 2),
    ):
        assert cli(*words).code == code, words
    assert cli("init").code == 0
    assert cli("init").code == 2
    assert cli("authority", "add", "KS", "Kommunstyrelsen").code == 0
    for words in (
        ("authority", "add", "ks", "En till"),
        ("authority", "add", "", "x"),
        ("channel", "add", "myspace", "https://x.example", "--authority", "KS"),
        ("channel", "add", "wordpress", "nonsense nonsense", "--authority", "KS"),
        ("channel", "add", "wordpress", "ftp://x.example", "--authority", "KS"),
        (
            "channel",
            "add",
            "feed",
            "https://x.example/feed",
            "--authority",
            "KS",
            "--interval",
            "1",
        ),
        ("harvest",),
        ("harvest", "C1", "--all"),
        ("records", "show", "rubbish"),
        ("verify", "--deep", str(tmp_path)),
    ):
        answer = cli(*words)
        assert answer.code == 2, words
        assert answer.err.strip(), words
    for words in (
        ("harvest", "C99"),
        ("records", "show", "R99"),
        ("captures", "show", "0"),
        ("prove", "R1", "-o", str(tmp_path / "x.zip")),
        ("channel", "add", "feed", "https://x.example/feed", "--authority", "XYZ"),
    ):
        answer = cli(*words, "--json") if words[0] != "channel" else cli(*words)
        assert answer.code == 2, words
    error = cli("records", "show", "R99", "--json").json
    assert (error["error"], bool(error["remedy"])) == ("not-found", True)


def test_every_command_has_help_with_an_example(cli: Cli) -> None:
    from archiver.__main__ import program

    def leaves(command: Any) -> Iterator[Any]:
        for one in getattr(command, "commands", {}).values():
            yield from leaves(one)
        if not hasattr(command, "commands"):
            yield command

    root = program()
    for name, command in root.commands.items():
        for sub in leaves(command):
            assert "diarkiv" in (sub.help or ""), f"{name} {sub.name}"
            assert "Example" in (sub.help or ""), f"{name} {sub.name}"
            named = {option for param in sub.params for option in param.opts}
            assert "--json" in named or sub.name == "credential", f"{name} {sub.name}"


def test_a_dead_source_ends_with_4_and_a_recorded_gap(
    cli: Cli, site: tuple[DemoSite, DemoServer], tmp_path: Path
) -> None:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    channel = add_channel(cli, site[1], tmp_path)
    site[1].stop()
    answer = cli("harvest", channel, "--json")
    assert (answer.code, answer.json[0]["status"]) == (4, "gap")
    assert {row["reason"] for row in cli("coverage", "--json").json} == {"unreachable"}


def test_a_passphrase_guards_the_home(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIARKIV_PASSPHRASE", "snö i maj")
    assert cli("init", "--passphrase").code == 0
    monkeypatch.delenv("DIARKIV_PASSPHRASE")
    assert b"sealed" in (cli.home / "root.key").read_bytes()
    assert cli("authority", "list").code == 2  # nobody to ask
    monkeypatch.setenv("DIARKIV_PASSPHRASE", "fel")
    wrong = cli("authority", "list")
    assert (wrong.code, "passphrase" in wrong.err) == (5, True)
    monkeypatch.setenv("DIARKIV_PASSPHRASE", "snö i maj")
    assert cli("authority", "list").code == 0
    assert cli("verify").code == 0  # needs no key


def _refused_upload(address: str) -> bytes:
    """What the server says to a stranger who announces 900 MB, before any of it is sent."""
    host, port = address.partition("//")[2].partition("/")[0].split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(
            b"POST /verifiera HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n"
        )
        return connection.recv(200)


def test_run_harvests_serves_and_answers_a_request(
    cli: Cli, site: tuple[DemoSite, DemoServer], tmp_path: Path
) -> None:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    channel = add_channel(cli, site[1], tmp_path)
    process = cli.spawn("run", "--port", "0", DIARKIV_TICK="0.1")
    try:
        assert process.stdout is not None
        address = next(line.strip() for line in process.stdout if "http://" in line)
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        assert "Konton" in opener.open(address, timeout=30).read().decode()
        assert _refused_upload(address).startswith(b"HTTP/1.1 413")
        deadline = time.monotonic() + 60
        while not cli("records", "list", "--json").json and time.monotonic() < deadline:
            time.sleep(0.2)
        answer = cli("harvest", channel, "--json")  # beside the worker: asked, not done here
        assert (answer.code, answer.json[0]["seen"]) == (0, 2)
        before = set(threading.enumerate())
        second = cli("worker")
        assert (second.code, "worker" in second.err) == (2, True)
        assert set(threading.enumerate()) <= before  # it leaves nothing at work in its stead
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_harvested_text_is_neither_mark_up_nor_commands_to_the_terminal(
    cli: Cli, site: tuple[DemoSite, DemoServer], tmp_path: Path
) -> None:
    hostile = "Slut [/b] [red]dold :smile: \x1b]0;x\x07\x1b[2J\x9b31m \u202e bak"
    site[0].publish_post(at=AT, title="Rubrik [/i]", html=f"<p>{hostile}</p>")
    cli("init")
    cli("authority", "add", "KS", "[/b] Styrelsen")
    assert cli("authority", "list").code == 0
    cli("harvest", add_channel(cli, site[1], tmp_path))
    rows = cli("records", "list", "--json").json
    record = next(row["id"] for row in rows if "Rubrik" in row["title"])
    bundle = tmp_path / "b.zip"
    assert cli("prove", record, "-o", str(bundle)).code == 0
    for words in (
        ("records", "list"),
        ("records", "show", record),
        ("search", "Slut"),
        ("channel", "list"),
    ):
        answer = cli(*words)
        assert answer.code == 0, answer
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(answer.out), words
    assert "[red]dold :smile:" in cli("records", "show", record).out
    program = tmp_path / "verify.pyz"
    cli("verifier", "-o", str(program))
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(program), str(bundle)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(done.stdout)


def test_numbers_beyond_the_tables_are_refused(cli: Cli) -> None:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    huge = "9" * 30
    add = ("channel", "add", "feed", "https://x.example/f", "--authority", "KS")
    for words in (
        ("captures", "show", huge),
        (*add, "--interval", huge),
        ("records", "show", huge),
    ):
        assert cli(*words).code == 2, words
    assert cli("channel", "list", "--json").json == []


def test_a_login_is_not_sent_in_clear(cli: Cli, tmp_path: Path) -> None:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    secret = tmp_path / "login.txt"
    secret.write_text("\n".join(LOGIN))
    add = ("channel", "add", "wordpress", "http://x.example", "--authority", "KS")
    answer = cli(*add, "--credential", str(secret))
    assert (answer.code, "clear" in answer.err) == (2, True)
    assert cli("channel", "list", "--json").json == []


def test_a_lost_tail_is_seen_by_verify_too(cli: Cli, tmp_path: Path) -> None:
    cli("init")
    for name in ("log", "packs", "keys"):
        shutil.copytree(cli.home / name, tmp_path / name)
    assert cli("authority", "add", "KS", "Kommunstyrelsen").code == 0
    for name in ("log", "packs", "keys"):
        shutil.rmtree(cli.home / name)
        shutil.copytree(tmp_path / name, cli.home / name)
    assert cli("verify").code == 5
    assert cli("rebuild").code == 5
    assert cli("authority", "add", "X", "Y").code == 5


def test_one_channel_that_cannot_run_stops_no_other(
    cli: Cli, site: tuple[DemoSite, DemoServer], tmp_path: Path
) -> None:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    first = add_channel(cli, site[1], tmp_path)
    host, port = site[1].address
    place = ("--authority", "KS", "--allow-address", f"{host}:{port}")
    second = cli("channel", "add", "feed", f"{site[1].url}/feed/", *place, "--json").json["id"]
    with channel_lease(cli.home, int(first[1:])):
        answer = cli("harvest", first, second, "--json")
    assert [row["status"] for row in answer.json] == ["gap", "complete"]
    assert answer.code == 1


@pytest.mark.parametrize("each_database", ["sqlite"], indirect=True)
def test_the_demo_plays_in_a_home_of_its_own(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    answer = cli("demo", "--no-serve", "--home", str(folder), "--json")
    assert answer.code == 0
    assert "gap" in {row["status"] for row in answer.json}
    assert not cli.home.exists()
    with prepare_home(tmp_path / "busy"):  # a demo that is still running keeps its archive
        assert cli("demo", "--no-serve", "--home", str(tmp_path / "busy")).code == 2
        assert (tmp_path / "busy").exists()
    demo = Cli(folder, cli.capsys)
    (proposed,) = demo("retention", "disposal", "list", "--json").json
    assert proposed["state"] == "proposed"
    shown = demo("retention", "disposal", "show", str(proposed["disposal"]), "--json").json
    assert f"U{shown['proposed_by']}" == demo("user", "list", "--json").json[0]["id"]
    assert (shown["waiting_days"], shown["day"]) == (0, "2026-10-19"), "today, as in the demo"
    due = demo("retention", "due", "--authority", "KS", "--json").json
    assert demo("retention", "due", "--on", "2026-10-19", "--json").json == due
    it = build(folder)  # as the demo's own server does
    bo = it.people.user("bo.berg").viewer
    it.disposals.confirm(bo, shown["disposal"], digest=shown["digest"])
    it.carry_out()
    (done,) = demo("retention", "disposal", "list", "--json").json
    assert done["state"] == "completed", "without a waiting time"
    assert demo("retention", "disposal", "propose", "--authority", "KS", "--json").json["proposals"]
    assert demo("verify", "--deep").code == 0
    assert demo("search", "cykelväg", "--json").json["total"] > 0
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    assert cli("demo", "--no-serve", "--home", str(tmp_path / "other")).code == 2
    assert (tmp_path / "other" / "file").exists()
