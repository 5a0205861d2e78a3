"""The worker, killed at random again and again while it harvests by a schedule of seconds: what the
archive holds at the end equals what the sites had, nothing is held twice, every request is carried
out, and the platform's limit was kept, also across restarts.

The worker is the program's own, with nothing of it replaced but the limit that the platform
declares. It is forked from a process that has imported everything, so that most of a life is work.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from archiver.app import Application, build
from archiver.db import tables as t
from archiver.jobs.worker import worker_runs
from archiver.ledger.verify import verify_archive

KILLS, HARVESTS, CHANNELS = 30, 1000, 20
REQUESTS, SECONDS = 60, 2.0  # the limit the platform declares
LIFE = 2.6  # seconds, the longest that a worker lives


@dataclass
class Town:
    """Feeds that change all the time, and what was ever in them."""

    rng: random.Random
    texts: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    asked: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def change(self) -> None:
        """Publish something, or edit something that is published."""
        with self.lock:
            words = f"ord {self.rng.randrange(10**12)}"
            feed = self.rng.randrange(CHANNELS)
            mine = [key for key in self.texts if key[0] == feed]
            if len(mine) < 4 or (len(mine) < 12 and self.rng.random() < 0.2):
                self.texts[feed, f"tag:testkoping.example,2026:{feed}-{len(mine)}"] = [words]
            else:
                self.texts[self.rng.choice(mine)].append(words)

    def page(self, feed: int) -> bytes:
        with self.lock:
            items = "".join(
                f"<item><guid isPermaLink='false'>{escape(guid)}</guid><title>Nytt</title>"
                f"<description>{versions[-1]}</description></item>"
                for (number, guid), versions in self.texts.items()
                if number == feed
            )
        return f"<rss version='2.0'><channel><title>{feed}</title>{items}</channel></rss>".encode()

    def note(self) -> None:
        with self.lock:
            self.asked.append(time.monotonic())

    def most_at_once(self) -> int:
        """The most requests in any window of the limit's length."""
        first = most = 0
        for last, at in enumerate(self.asked):
            while self.asked[first] <= at - SECONDS:
                first += 1
            most = max(most, last - first + 1)
        return most


@contextmanager
def serving(town: Town) -> Iterator[str]:
    """The feeds on loopback; their address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

        def do_GET(self) -> None:
            town.note()
            body = town.page(int(self.path.rpartition("/")[2]))
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A worker that is killed resets its connections."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# --- the worker ----------------------------------------------------------------------------------


def lives(folder: str, database: str) -> None:
    """For each line on standard input, a worker in a child process, until it is killed."""
    from dataclasses import replace

    import archiver.harvest.pace
    import archiver.jobs.journal  # noqa: F401 imported once for all lives
    from archiver.__main__ import _set_up_logs
    from archiver.connectors.feed import connector
    from archiver.core.connector import Rate

    _set_up_logs(as_json=True)
    kind: Any = type(connector)
    limit = Rate(requests=REQUESTS, seconds=SECONDS)
    kind.capabilities = replace(kind.capabilities, rates=(limit,))
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            os.setpgid(0, 0)
            opened(Path(folder), database).work()
            os._exit(0)
        os.write(1, f"{child}\n".encode())
        status = os.waitpid(child, 0)[1]
        os.write(1, f"{status}\n".encode())


def opened(folder: Path, database: str) -> Application:
    settings = {"TICK": "0.05", "WORKERS": "4", "REQUEST_INTERVAL": "0", "DATABASE": database}
    return build(folder, environment={f"DIARKIV_{name}": value for name, value in settings.items()})


class Worker:
    """The process that workers are forked from."""

    def __init__(self, folder: Path, database: str) -> None:
        code = "import sys; from tests.integration.test_worker_kill import lives"
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"{code}; lives(*sys.argv[1:])", str(folder), database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "worker.log").open("wb"),
            text=True,
            bufsize=1,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "NO_PROXY": "127.0.0.1"},
        )
        self._child = 0

    def _line(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())

    def begin(self) -> None:
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._child = self._line()

    def end(self, number: signal.Signals) -> int:
        """Send it a signal, wait until it is dead; its status."""
        os.kill(self._child, number)  # not reaped before it is dead, so the number is its own
        return self._line()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        if error[0] is not None and self._child:
            os.kill(self._child, signal.SIGKILL)
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


def runs_of(application: Application) -> dict[int, tuple[int, int]]:
    """Channel → how many runs it had, and when the newest one began."""
    columns = (t.run.c.channel, func.count(), func.max(t.run.c.started))
    with application.ledger.database.read() as connection:
        rows = connection.execute(select(*columns).group_by(t.run.c.channel)).all()
    return {row[0]: (row[1], row[2]) for row in rows}


def archived(application: Application) -> dict[tuple[int, str], list[str]]:
    """(feed, guid) → texts of its versions in order."""
    with application.ledger.database.read() as connection:
        rows = connection.execute(select(t.version).order_by(t.version.c.seq)).all()
    frames = application.ledger.open([row.seq for row in rows])
    found: dict[tuple[int, str], list[str]] = {}
    for row in rows:
        envelope: Any = frames[row.seq].envelope
        guid = str(envelope["native_id"])
        feed = int(guid.rpartition(":")[2].partition("-")[0])
        versions = found.setdefault((feed, guid), [])
        versions.append(str(envelope["text"]))
        assert row.n == len(versions)  # so one item is one record
    return found


def is_part_of(some: list[str], every: list[str]) -> bool:
    """Whether `some` are in `every`, in that order, each once."""
    places = [every.index(one) for one in some]
    return places == sorted(set(places))


@pytest.mark.server
@pytest.mark.timeout(1200)  # two minutes where nothing else runs
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_thirty_times_during_a_thousand_harvests(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    database = request.getfixturevalue("postgres").url() if kind == "postgresql" else ""
    rng, town = random.Random(20261122), Town(random.Random(7))
    for _ in range(5 * CHANNELS):
        town.change()
    home = tmp_path / "home"
    application = opened(home, database)
    application.init(None)
    with serving(town) as place, Worker(home, database) as worker:
        monkeypatch.setattr("archiver.channels.change.MIN_INTERVAL", 1)  # less than people may
        application.channels.add_authority("KS", "Kommunstyrelsen")
        numbers = [
            application.channels.add_channel(
                "feed", f"http://{place}/feed/{n}", authority="KS", interval=1, allow=[place]
            ).seq
            for n in range(CHANNELS)
        ]
        stop = threading.Event()

        def changing() -> None:
            while not stop.wait(0.02):
                town.change()

        changes = threading.Thread(target=changing)
        changes.start()
        begun = time.monotonic()
        try:
            requests, killed_at_work = kill_often(application, worker, rng, numbers)
            worker.begin()
            wait_for(application, lambda runs: sum(n for n, _ in runs.values()) >= HARVESTS)
        finally:
            stop.set()
            changes.join()
        quiet = application.clock.now()
        wait_for(application, lambda runs: all(began > quiet for _, began in runs.values()))
        codes = [application._jobs().follow(number, lambda _: None) for number in requests]
        assert worker.end(signal.SIGTERM) == 0
        took = time.monotonic() - begun
    counts = runs_of(application)
    print(
        f"{kind}: {sum(n for n, _ in counts.values())} runs, {len(town.asked)} requests, at most "
        f"{town.most_at_once()} in {SECONDS} s; {killed_at_work} of {KILLS} kills at work; "
        f"{took:.0f} s"
    )
    assert not worker_runs(home)
    assert set(codes) == {0}
    assert killed_at_work > KILLS / 2
    held = archived(application)
    assert {key: versions[-1] for key, versions in held.items()} == {
        key: versions[-1] for key, versions in town.texts.items()
    }
    assert all(is_part_of(versions, town.texts[key]) for key, versions in held.items())
    assert town.most_at_once() <= REQUESTS
    assert min(n for n, _ in counts.values()) > HARVESTS / CHANNELS / 3  # nobody starves
    report = verify_archive(home)
    assert (report.unexplained, report.findings) == (0, [])


def kill_often(
    application: Application, worker: Worker, rng: random.Random, numbers: list[int]
) -> tuple[list[int], int]:
    """Let workers live and kill them; requests that were made meanwhile, and how many kills struck
    one at work (it has not released what a run holds)."""
    requests, at_work = [], 0
    for turn in range(KILLS):
        worker.begin()
        if turn % 3 == 0:
            requests.append(application._jobs().request_harvest(rng.sample(numbers, 3)))
        time.sleep(rng.uniform(0.2, LIFE))
        at_work += any(
            job.state.value == "running" for job in application._jobs().journal.open_jobs()
        )
        status = worker.end(signal.SIGKILL)
        assert os.WIFSIGNALED(status), "the worker ended by itself"
    return requests, at_work


def wait_for(application: Application, done: Callable[[dict[int, tuple[int, int]]], bool]) -> None:
    """Until the runs say so; however slow the machine is, there must be new ones all the time."""
    runs, since = runs_of(application), time.monotonic()
    while not done(runs):
        time.sleep(0.2)
        if (now := runs_of(application)) != runs:
            runs, since = now, time.monotonic()
        assert time.monotonic() - since < 30, "the worker stands still"
