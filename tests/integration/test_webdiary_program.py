"""`diarkiv webdiary`, and the program it starts: what it opens, who can run it, what it says."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from archiver import __main__ as program
from archiver.app import build
from archiver.core.access import LOCAL
from archiver.core.calendar import stockholm_date
from archiver.registry.core.entry import Dated, Direction, Registration
from archiver.registry.service import Register
from archiver.webdiary.__main__ import main as serve

ROOT = Path(__file__).parents[2]
BROWSER = "Kanariewebb/1.0"

# Runs the program with a hook that writes down every file that is opened and every program begun.
WATCHED = """
import os, sys
seen = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def hook(event, given):
    if event in ("open", "sqlite3.connect", "subprocess.Popen", "os.exec", "socket.connect"):
        os.write(seen, f"{event}\\t{given[0]}\\n".encode("utf-8", "replace"))
sys.addaudithook(hook)
from archiver.webdiary.__main__ import main
sys.exit(main())
"""


def cli(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "archiver", "--home", str(home), *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


@contextlib.contextmanager
def running(
    command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, **how: Any
) -> Iterator[str]:
    """The program, until the block ends; its address. What it says goes to `log`."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=said, cwd=ROOT, env=env, **how
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, log.read_text("utf-8")
            place = json.loads(line)
            yield f"http://{place['host']}:{place['port']}"
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.communicate(timeout=30)[0]
            said.write(rest)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose web diarium shows one entry."""
    folder = tmp_path / "home"
    app = build(folder, environment={})
    app.init(None)
    app.add_authority("KS", "Kommunstyrelsen")
    register, ks = Register(app.ledger), app.channels.authority("KS").seq
    asked = Registration(
        authority=ks,
        direction=Direction.RECEIVED,
        day=stockholm_date(app.clock.now()).isoformat(),
        dated=Dated.STATED,
        title="Synpunkt på snöröjningen",
        sender="Alva Ekbacke",
        record_class="Synpunkt",
    )
    register.register(LOCAL, asked)
    about = tmp_path / "about.txt"
    about.write_text("Om kommunstyrelsen.\n\nFråga registratorn.", "utf-8")
    day = asked.day
    done = cli(
        *(folder, "webdiary", "set", "KS", "--decision", "KS 2026/12", day, "Kommunstyrelsen"),
        *("--field", "number", "--field", "day", "--field", "title", "--class", "Synpunkt"),
        *("--direction", "received", "--days", "90", "--takes-down", "Bosse Granlund"),
        *("--contact", "registrator@testkoping.example", "--description", str(about)),
        *("--on", "--json"),
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["shown"] == 1
    return folder


@pytest.mark.server  # half a minute
def test_the_commands(home: Path) -> None:
    told = json.loads(cli(home, "webdiary", "show", "KS", "--json").stdout)
    assert told["on"]
    assert told["fields"] == ["day", "number", "title"]
    assert told["days"] == 90
    assert told["description"] == "Om kommunstyrelsen.\n\nFråga registratorn."
    entry = Register(build(home, environment={}).ledger).reader.entries(LOCAL).entries[0].seq
    words = cli(home, "webdiary", "show", "KS", "--entry", str(entry)).stdout
    assert "on              yes" in words
    assert "entry           shown" in words
    assert "record_classes  Synpunkt" in words
    done = cli(home, "webdiary", "withhold", str(entry), "--reason", "Begärt", "--json")
    assert json.loads(done.stdout)["shown"] == 0
    words = cli(home, "webdiary", "show", "KS", "--entry", str(entry)).stdout
    assert "not shown: taken_down" in words
    done = cli(home, "webdiary", "withhold", str(entry), "--reason", "Prövad", "--lift")
    assert "no longer withheld" in done.stdout
    done = cli(home, "webdiary", "publish", "--anew", "--json")
    assert json.loads(done.stdout) == {"shown": 1, "written": True}
    assert cli(home, "webdiary", "publish").stdout == "1 entries are shown.\n"
    # What is not given stays; what is on needs what it rests on.
    assert cli(home, "webdiary", "set", "KS", "--days", "30", "--bare").returncode == 0
    told = json.loads(cli(home, "webdiary", "show", "KS", "--json").stdout)
    assert (told["days"], told["bare"], told["on"]) == (30, True, True)
    assert cli(home, "webdiary", "set", "KS", "--contact", " ").returncode == 2
    assert cli(home, "webdiary", "withhold", "999", "--reason", "x").returncode == 2
    done = cli(home, "webdiary", "set", "KS", "--off", "--json")
    assert json.loads(done.stdout)["shown"] == 0


def test_it_opens_its_file_and_nothing_else_of_the_home(home: Path, tmp_path: Path) -> None:
    seen, log = tmp_path / "seen", tmp_path / "log"
    database = home / "db" / "web.sqlite"
    command = [sys.executable, "-c", WATCHED, str(seen), "--database", str(database), "--json"]
    with (
        running([*command, "--port", "0"], log=log) as address,
        httpx.Client(base_url=address, headers={"User-Agent": BROWSER}) as client,
    ):
        for page in ("/", "/en/", "/?q=snö", "/post/999", "/om", "/static/diarium.css"):
            assert client.get(page).status_code in (200, 404)
        assert "Synpunkt på snöröjningen" in client.get("/").text
    lines = [line.split("\t", 1) for line in seen.read_text("utf-8").splitlines()]
    at_home = {what for _, what in lines if str(home) in what}
    assert at_home == {f"{database.as_uri()}?mode=ro&immutable=1"}
    assert not {event for event, _ in lines} & {"subprocess.Popen", "os.exec", "socket.connect"}
    names = {Path(what).name for _, what in lines}
    assert not names & {"root.key", "projection.sqlite", "operations.sqlite", "secrets"}
    assert log.read_bytes() == b""  # neither browser nor address, nor anything at all


def test_the_file_is_all_it_needs_in_another_folder(home: Path, tmp_path: Path) -> None:
    """The home is moved away; the environment is empty; nothing is left beside the file."""
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(home / "db" / "web.sqlite", other)
    home.rename(tmp_path / "away")
    command = [sys.executable, "-m", "archiver.webdiary", "--json", "--port", "0"]
    command += ["--database", str(other / "web.sqlite")]
    with running(command, log=tmp_path / "log", env={}) as address:
        assert "Synpunkt på snöröjningen" in httpx.get(address).text
    assert [one.name for one in other.iterdir()] == ["web.sqlite"]


# Becomes nobody once the program itself is loaded, which may lie where nobody can read it.
AS_NOBODY = """
import os, sys
from pathlib import Path
from archiver.webdiary import app
from archiver.webdiary.__main__ import main
closed, database = sys.argv.pop(1), sys.argv[2]
assert app.create(Path(database)).test_client().get("/en/").status_code == 200
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
for name in closed.split(","):
    try:
        open(name)
    except PermissionError:
        continue
    sys.exit(f"{name} is open to nobody")
sys.exit(main())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_user_who_can_read_nothing_else_can_serve_it(home: Path, tmp_path: Path) -> None:
    """Somebody to whom the home is closed and the file open."""
    public = Path(tempfile.mkdtemp())  # pytest's own folders are closed to others
    public.chmod(0o755)
    shutil.copy(home / "db" / "web.sqlite", public)
    closed = ["root.key", "log/vkey", "keys/secrets", "db/projection.sqlite", "diarkiv.toml"]
    names = ",".join(str(home / name) for name in closed)
    command = [sys.executable, "-c", AS_NOBODY, names]
    command += ["--database", str(public / "web.sqlite"), "--json", "--port", "0"]
    with running(command, log=tmp_path / "log") as address:
        for page in ("/", "/en/", "/om", "/static/diarium.css"):
            assert httpx.get(address + page).status_code == 200
        assert "Synpunkt på snöröjningen" in httpx.get(address).text
    shutil.rmtree(public)


def test_serve_becomes_the_other_program_and_takes_no_secret_along(
    home: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "archiver", "--home", str(home), "webdiary", "serve"]
    secret = {**os.environ, "DIARKIV_PASSPHRASE": "kanarielösen"}
    log = tmp_path / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*command, "--port", "0", "--json"],
            stdout=subprocess.PIPE,
            stderr=said,
            env=secret,
            cwd=ROOT,
        )
        try:
            assert process.stdout is not None
            place = json.loads(process.stdout.readline())
            assert "snöröjningen" in httpx.get(f"http://127.0.0.1:{place['port']}/").text
            told = Path(f"/proc/{process.pid}")
            if told.exists():
                assert b"archiver.webdiary" in (told / "cmdline").read_bytes()
                assert "kanarielösen".encode() not in (told / "environ").read_bytes()
        finally:
            process.terminate()
            process.communicate(timeout=30)


def test_the_worker_takes_away_what_was_voided(home: Path, tmp_path: Path) -> None:
    """The real worker, at its own pace: a minute is promised."""
    app = build(home, environment={})
    register, file = Register(app.ledger), home / "db" / "web.sqlite"
    (entry,) = register.reader.entries(LOCAL).entries
    title = "Synpunkt på snöröjningen".encode()
    assert title in file.read_bytes()
    with (tmp_path / "log").open("wb") as said:
        worker = subprocess.Popen(
            [sys.executable, "-m", "archiver", "--home", str(home), "worker"],
            stdout=said,
            stderr=said,
            cwd=ROOT,
        )
        try:
            register.void(LOCAL, entry.seq, reason="Dubbel")
            until = time.monotonic() + 60
            while title in file.read_bytes() and time.monotonic() < until:
                assert worker.poll() is None, (tmp_path / "log").read_text("utf-8")
                time.sleep(0.2)
            assert title not in file.read_bytes()
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.communicate(timeout=30)


def test_a_port_that_is_taken_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert serve(["--database", str(tmp_path / "none"), "--port", str(port)]) == 2
    assert "cannot be used" in capsys.readouterr().err


def test_the_program_lists_it() -> None:
    assert "webdiary" in program.program().commands
