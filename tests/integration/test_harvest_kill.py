"""Harvests that are interrupted, and random scripts: what the archive holds equals the truth.

A worker process harvests and is killed (SIGKILL) at a random instant, again and again, while the
site changes. What it acknowledged is still there, the next harvest completes, and no version is
held twice.
"""

from __future__ import annotations

import errno
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from archiver.db import tables as t
from archiver.demo.site import DemoSite
from archiver.errors import ConfigError, StoreUnavailable
from archiver.harvest.completeness import Status
from archiver.ledger.writer import Writer
from tests.build import FakeClock, spawn
from tests.homes import make_home
from tests.integration.test_harvest import (
    Seen,
    Town,
    archived,
    assert_sound,
    joined,
    rows_of,
    run,
    town,
)
from tests.unit.harvest.web import answer, web

pytestmark = pytest.mark.usefixtures("each_database")

KILLS = 50
STATES = {"publish": "visible", "approved": "visible", "hold": "held", "spam": "spam"} | {
    "trash": "trashed",
    "post-trashed": "trashed",
}
Held = dict[tuple[str, int], tuple[str, list[Seen]]]


@pytest.mark.parametrize("login", [True, False])
@pytest.mark.parametrize("seed", [1, 20261122])
def test_the_archive_equals_the_truth(tmp_path: Path, seed: int, login: bool) -> None:
    with town(tmp_path, login=login) as it:
        rng, held = random.Random(seed), Held()
        for _ in range(18):
            for _ in range(rng.randint(1, 6)):
                random_change(it, rng)
            result = it.harvest()
            assert result.status is Status.COMPLETE, result
            note(held, it.site, login=login)
        assert bare(it) == held


def random_change(it: Town, rng: random.Random) -> None:
    """One thing staff or citizens do."""
    posts = [post.id for post in it.site.posts() if post.status == "publish"]
    trashed = [post.id for post in it.site.posts() if post.status == "trash"]
    comments = [c.id for c in it.site.comments() if c.post in posts]
    words = f"ord {rng.randrange(10**6)}"
    match rng.choice("ppeetuxcccccmmmmmkd") if posts else "p":
        case "p":
            it.post(words, f"<p>{words}</p>")
        case "e":
            it.site.edit_post(rng.choice(posts), at=it.at, html=f"<p>{words}</p>")
        case "t":
            it.site.trash_post(rng.choice(posts), at=it.at)
        case "u" if trashed:
            it.site.untrash_post(rng.choice(trashed), at=it.at)
        case "x" if trashed:
            it.site.delete_post(rng.choice(trashed), at=it.at)
        case "c":
            it.comment(rng.choice(posts), words)
        case "m" if comments:
            status = rng.choice(("approve", "hold", "spam", "trash"))
            it.site.set_comment_status(rng.choice(comments), status, at=it.at)  # type: ignore[arg-type]
        case "k" if comments:
            it.site.edit_comment(rng.choice(comments), at=it.at, text=words)
        case "d" if comments:
            it.site.delete_comment(rng.choice(comments), at=it.at)


ABSENT = "absent"


def note(held: Held, site: DemoSite, *, login: bool) -> None:
    """What a run must have seen of the site as it is now."""
    there: dict[tuple[str, int], Seen] = {}
    for post in site.posts():
        text = "" if "<img" in post.html else post.html.removeprefix("<p>").removesuffix("</p>")
        there["post", post.id] = Seen(STATES[post.status], post.title, text)
    for comment in site.comments():
        there["comment", comment.id] = Seen(STATES[comment.status], "", comment.text)
    for key, seen in there.items():
        if login or seen.state == "visible":
            versions = held[key][1] if key in held else []
            held[key] = (seen.state, versions if versions[-1:] == [seen] else [*versions, seen])
    for key, (state, versions) in held.items():
        unseen = key not in there or not (login or there[key].state == "visible")
        if unseen and state != ABSENT:
            held[key] = (ABSENT, versions)


# --- media ---------------------------------------------------------------------------------------


def test_media_that_fail_are_fetched_when_they_can_be(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        it.site.add_media(at=it.at, filename="a.png", data=b"\x89PNG\r\n\x1a\n" + bytes(40))
        it.post(html=f'<img src="{{home}}/wp-content/uploads/{it.site.media()[0].path}">')
        it.refuse = "/wp-content/"
        failed = it.harvest()
        payload = it.home.ledger.open_one(failed.seq).envelope
        assert payload["media_failed"] == []  # a busy server says nothing of the file
        assert [one.reason.value for one in failed.tallies][-1] == "media_missing"
        it.refuse = "/"  # now all of it is down, for longer than a file may fail
        for _ in range(6):
            assert it.harvest().status is Status.GAP
        assert rows_of(it.home, t.media)[0].failed == 0
        it.refuse = ""
        it.harvest()
        row = rows_of(it.home, t.media)[0]
        assert joined(it.home, row.version, row.number) == it.site.media()[0].data


def test_a_file_that_broke_off_leaves_nothing_in_the_whole_one(tmp_path: Path) -> None:
    data = random.Random(2).randbytes(10 * 2**20 + 5)
    with web() as site:
        item = f'<item><guid>1</guid><title>A</title><enclosure url="{site.url("/f")}"/></item>'
        site.says("/feed", answer(f"<rss><channel>{item}</channel></rss>".encode()))
        whole = answer(data)
        site.says("/f", whole[: -(2**19)].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        home = make_home(tmp_path)
        channel = home.add_channel("feed", site.url("/feed"), site.place)
        run(home, channel)
        assert len(rows_of(home, t.component)) == 8  # a batch was sealed before it broke off
        assert rows_of(home, t.media)[0].component is None
        site.says("/f", whole)
        run(home, channel)
        row = rows_of(home, t.media)[0]
        assert joined(home, row.version, row.number) == data
        assert_sound(home)


# --- killed --------------------------------------------------------------------------------------


def work(folder: str) -> None:
    """A worker's life: for each instant on standard input, a harvest in a child process, which
    tells its number and every head it acknowledged; it is reaped when the next line comes."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            home = make_home(Path(folder), clock=FakeClock(int(line)), create=False)
            channel = home.channels.channels()[0]
            inner = home.ledger.writer

            @contextmanager
            def writer() -> Iterator[Writer]:
                with inner() as one:  # noqa: B023 one child, one home
                    yield one
                log = home.ledger.log  # noqa: B023
                os.write(1, f"head {log.size} {log.frontier.root().hex()}\n".encode())

            home.ledger.writer = writer  # type: ignore[method-assign]
            run(home, channel)
            os._exit(0)
        os.write(1, f"child {child}\n".encode())
        sys.stdin.readline()
        os.write(1, f"ended {os.waitpid(child, 0)[1]}\n".encode())


class Worker:
    def __init__(self, folder: Path) -> None:
        code = "import sys; from tests.integration.test_harvest_kill import work; work(sys.argv[1])"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def _say(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line + "\n")

    def _words(self) -> list[str]:
        assert self._process.stdout
        return self._process.stdout.readline().split()

    def harvest(self, at: int, seconds: float | None) -> tuple[bool, list[tuple[int, str]]]:
        """One harvest, killed after that long (None: never): whether it was, and the heads that
        were acknowledged before."""
        self._say(str(at))
        words, heads = self._words(), list[tuple[int, str]]()
        while words[0] == "head":  # it may be faster than its parent
            heads.append((int(words[1]), words[2]))
            words = self._words()
        child = int(words[1])
        if seconds is not None:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)  # not yet reaped, so the number is still its own
        self._say("reap")
        while (words := self._words())[0] == "head":
            heads.append((int(words[1]), words[2]))
        status = int(words[1])
        assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL
        return status != 0, heads

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)
        assert self._process.stdout
        self._process.stdout.close()


def picture(it: Town, rng: random.Random) -> None:
    """A post with a picture of its own, of two chunks."""
    data = b"\x89PNG\r\n\x1a\n" + rng.randbytes(1_200_000)
    number = it.site.add_media(at=it.at, filename=f"bild{len(it.site.media())}.png", data=data)
    path = next(media.path for media in it.site.media() if media.id == number)
    it.post(f"Bild {number}", f'<p><img src="{{home}}/wp-content/uploads/{path}"></p>')


@pytest.mark.server  # a quarter of a minute
@pytest.mark.timeout(180)
def test_nothing_is_lost_or_doubled_by_kills(tmp_path: Path) -> None:
    rng, held, killed, tries = random.Random(7), Held(), 0, 0
    with town(tmp_path, login=False) as it, Worker(tmp_path) as worker:
        it.meanwhile = lambda _address: time.sleep(0.002)
        for _ in range(2):  # the second time, everything is imported
            picture(it, rng)
            begun = time.monotonic()
            assert not worker.harvest(it.clock.wall, None)[0]
            whole = time.monotonic() - begun
        while killed < KILLS:
            tries += 1
            assert tries < 3 * KILLS
            it.clock.advance(60_000)
            for _ in range(rng.randint(2, 5)):
                random_change(it, rng)
            if tries % 6 == 0:
                picture(it, rng)
            was_killed, heads = worker.harvest(it.clock.wall, rng.uniform(0, whole))
            killed += was_killed
            result = it.harvest()
            assert result.status is Status.COMPLETE, result
            log = it.home.ledger.log
            for size, root in heads:
                assert log.frontier_at(size).root().hex() == root
            note(held, it.site, login=False)
            with it.home.ledger.database.read() as connection:
                count = connection.scalar(select(func.count()).select_from(t.version))
            assert count == sum(len(versions) for _, versions in held.values())
        assert bare(it) == held
        files = {media.data for media in it.site.media()}
        rows = rows_of(it.home, t.media)
        assert {joined(it.home, row.version, row.number) for row in rows} <= files
        assert len(rows) >= 5


def bare(it: Town) -> Held:
    """What the archive holds, without what each version changed, nor how sure it is of an absence:
    that depends on when a run was killed."""
    unsure = ("missing_suspected", "unknown_access", "gone_confirmed")
    return {
        key: (
            ABSENT if state in unsure else state,
            [seen._replace(changes="") for seen in versions],
        )
        for key, (state, versions) in archived(it.home).items()
    }


# --- disks and clocks ----------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["pwrite", "write", "fdatasync"])
def test_a_full_disk_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    with town(tmp_path, login=False) as it:
        it.comment(it.post())
        it.harvest()
        inner, left = getattr(os, call), [0]

        def full(*args: Any) -> Any:
            left[0] -= 1
            if left[0] == -1:
                raise OSError(errno.ENOSPC, "No space left on device")
            return inner(*args)

        for number in range(12):
            it.comment(it.post(f"Nyhet {number}"), f"fråga {number}")
            size = it.home.ledger.log.size
            left[0] = number
            monkeypatch.setattr(os, call, full)
            with suppress(StoreUnavailable):  # a run has fewer writes than the later strikes
                it.harvest()
                assert left[0] >= 0
            monkeypatch.undo()
            assert it.home.ledger.log.size >= size
        assert it.harvest().status is Status.COMPLETE
        assert {seen.text for _, versions in archived(it.home).values() for seen in versions} >= {
            f"fråga {number}" for number in range(12)
        }


def test_a_small_limit_on_files_ends_a_run_and_nothing_else(tmp_path: Path) -> None:
    with town(tmp_path, login=False) as it:
        post = it.post()
        it.harvest()
        for number in range(60):
            it.comment(post, f"{number} " + random.Random(number).randbytes(400).hex())

        def limited() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))
            home = make_home(tmp_path, clock=FakeClock(it.clock.wall + 1), create=False)
            with pytest.raises(StoreUnavailable):
                run(home, home.channels.channels()[0])

        assert os.waitstatus_to_exitcode(os.waitpid(spawn(limited), 0)[1]) == 0
        assert it.harvest().count("created") == 60


def test_a_folder_that_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town(tmp_path, login=False) as it:
        it.post()
        it.harvest()
        it.post("Mer")
        inner = os.open

        def read_only(path: Any, flags: int, *args: Any, **how: Any) -> int:
            if flags & (os.O_WRONLY | os.O_RDWR) and str(path).startswith(str(tmp_path)):
                raise OSError(errno.EROFS, "Read-only file system", str(path))
            return inner(path, flags, *args, **how)

        monkeypatch.setattr(os, "open", read_only)
        with pytest.raises(StoreUnavailable):
            it.harvest()
        monkeypatch.undo()
        assert it.harvest().count("created") == 1


def test_a_clock_that_jumps_is_told_and_dates_nothing_wrongly(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        it.post()
        it.harvest()
        for number, jump in enumerate((90 * 86_400_000, -180 * 86_400_000, 90 * 86_400_000)):
            it.clock.jump(jump)
            it.site.history.clear()  # the site's own clock knows nothing of ours
            it.comment(it.site.posts()[0].id, f"nr {number}")
            assert it.harvest().status is Status.COMPLETE
        entries = rows_of(it.home, t.entry)
        assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
        assert sum(entry.type == "clock_jumped" for entry in entries) == 3
        rows = rows_of(it.home, t.record)
        assert len(rows) == 4
        assert all(row.legal_at <= row.captured_at for row in rows)
        assert all(len(versions) == 1 for _, versions in archived(it.home).values())


def test_two_who_add_the_same_at_once(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    home.add_channel("feed", "https://a.example/" + "x" * 300, "10.0.0.1:80")
    with pytest.raises(ConfigError):  # no harvest of it could ever begin
        home.add_channel("feed", "https://b.example/", "10.0.0.1")

    def add() -> None:
        with suppress(ConfigError):
            home.channels.add_authority("BUN", "Barn- och utbildningsnämnden")
        with suppress(ConfigError):
            home.add_channel("feed", "https://c.example/", "10.0.0.1:80")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: add(), range(8)))
    assert [one.code for one in home.channels.authorities()] == ["KS", "BUN"]
    assert [one.url[8] for one in home.channels.channels()] == ["a", "c"]
