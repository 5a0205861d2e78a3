"""Against a real S3 (SeaweedFS): shipping over connections that are cut, the probe, the commands,
and that what is removed is gone from the server's own disk."""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from archiver.__main__ import main
from archiver.clock import SystemClock
from archiver.config import Settings
from archiver.core.event import EventType, parse
from archiver.errors import ConfigError, LockInForce, StoreUnavailable
from archiver.ledger import writer as writer_module
from archiver.ledger.fetch import fetch
from archiver.ledger.shipping import Shipping
from archiver.store.place import StorePlace
from archiver.store.probe import Check, State, probe
from archiver.store.replica import Lock, Mode
from archiver.store.s3 import Access, BucketAddress, S3Store, clients
from tests.buckets import Cut
from tests.build import Book, add_batch, add_mixed, assert_whole, create_home, make_ledger, verify
from tests.servers.seaweed import Credentials, Seaweed

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "SEAL_AT", 32_000)


@pytest.fixture
def bucket(weed: Seaweed, request: pytest.FixtureRequest) -> str:
    """A new bucket with Object Lock; its name."""
    name = f"b{abs(hash(request.node.name)) % 10**9}-{os.getpid()}"
    weed.make_bucket(name)
    return name


@pytest.fixture
def key_bucket(weed: Seaweed, bucket: str) -> str:
    weed.make_bucket(f"{bucket}-keys", locked=False)
    return f"{bucket}-keys"


def _store(
    weed: Seaweed, bucket: str, *, endpoint: str = "", who: Credentials | None = None
) -> S3Store:
    who = who or weed.credentials
    access = Access(
        endpoint=endpoint or weed.endpoint,
        region="",
        access_key=who.access_key,
        secret_key=who.secret_key,
    )
    return S3Store(clients(access), BucketAddress(bucket, "hem/"), SystemClock())


def _in(seconds: float) -> int:
    now = SystemClock().now() + int(seconds * 1000)
    return now - now % 1000


# --- cut connections -------------------------------------------------------------------------


class Line(ThreadingHTTPServer):
    """A line to the server that cuts the connection at one write: before it is passed on, or after
    the server has done it and before its answer is."""

    daemon_threads = True

    def __init__(self, weed: Seaweed) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.there = urlsplit(weed.endpoint).netloc
        self.strike: int | None = None
        self.how = Cut.LOST
        self.writes = 0
        self.turn = threading.Lock()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def arm(self, strike: int | None, how: Cut) -> None:
        self.strike, self.how, self.writes = strike, how, 0

    def is_struck(self) -> bool:
        with self.turn:
            self.writes += 1
            return self.writes - 1 == self.strike


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Line

    def log_message(self, *_: object) -> None:
        """Nothing is said."""

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        struck = self.command in ("PUT", "POST", "DELETE") and self.server.is_struck()
        if struck and self.server.how is Cut.LOST:
            self._cut()
            return
        line = http.client.HTTPConnection(self.server.there, timeout=30)
        line.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() != "expect":
                line.putheader(name, value)
        line.endheaders(body)
        answer = line.getresponse()
        data = answer.read()
        line.close()
        if struck:
            self._cut()
            return
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass


@pytest.fixture
def line(weed: Seaweed) -> Iterator[Line]:
    with Line(weed) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("how", list(Cut))
def test_cut_at_every_write_and_resumed_without_loss(
    weed: Seaweed, line: Line, bucket: str, key_bucket: str, tmp_path: Path, how: Cut
) -> None:
    """One shipment, cut again and again. The second write of each attempt is lost, so that every
    attempt gets one further; where writes land unseen it is the first and the second in turn. A
    whole archive comes back from the bucket at any time."""
    book, home = Book(), tmp_path / "home"
    ledger = make_ledger(home)
    create_home(ledger, home)
    through = _store(weed, bucket, endpoint=line.endpoint)
    keys = _store(weed, key_bucket, endpoint=line.endpoint)
    shipping = Shipping(ledger, through, SystemClock(), home=home, log_days=1, keys=keys)
    shipping.ship()
    add_mixed(ledger)
    with ledger.writer() as writer:
        for number in range(250):
            writer.append_clear("marker", {"number": number})
    add_batch(ledger, 6, padding=9_000)
    book.note(ledger)
    failures: list[StoreUnavailable] = []
    while len(failures) < 60:
        line.arm(len(failures) % 2 if how is Cut.LANDED else 1, how)
        try:
            shipping.ship()
        except StoreUnavailable as error:
            failures.append(error)
        else:
            break
        if len(failures) % 5 == 1:
            _come_back(weed, bucket, key_bucket, tmp_path / f"cut{len(failures)}")
    assert 10 < len(failures) < 60
    said = " ".join(map(str, failures))
    assert weed.credentials.secret_key not in said
    assert "127.0.0.1" not in said
    line.arm(None, how)
    assert shipping.ship().entries == ledger.log.size
    back = _come_back(weed, bucket, key_bucket, tmp_path / "back")
    back.rebuild()
    assert_whole(tmp_path / "back", back, book)


def _come_back(weed: Seaweed, bucket: str, key_bucket: str, folder: Path) -> Any:
    fetch(_store(weed, bucket), _store(weed, key_bucket), folder)
    assert verify(folder).findings == []
    return make_ledger(folder)


def test_a_swap_that_landed_unseen_is_no_fork(weed: Seaweed, line: Line, bucket: str) -> None:
    through = _store(weed, bucket, endpoint=line.endpoint)
    through.swap("log/checkpoint", b"one", expect=None)
    line.arm(0, Cut.LANDED)
    with pytest.raises(StoreUnavailable):
        through.swap("log/checkpoint", b"two", expect=b"one")
    assert through.get("log/checkpoint") == b"two"


# --- what is gone is gone --------------------------------------------------------------------


def test_after_the_lock_and_a_vacuum_no_byte_is_left(weed: Seaweed, bucket: str) -> None:
    """A deleted object's bytes lie on the server's disk until it is vacuumed; then nowhere."""
    store = _store(weed, bucket)
    canary = random.Random(1).randbytes(400_000)
    mark = canary[200_000:200_064]
    until = _in(3)
    store.put_locked("packs/1-0.pack", canary, Lock(Mode.GOVERNANCE, until))
    assert weed.holding(mark)
    with pytest.raises(LockInForce):
        store.delete("packs/1-0.pack")
    weed.vacuum()
    assert store.get("packs/1-0.pack") == canary
    time.sleep(max(0, until - SystemClock().now()) / 1000 + 0.2)
    store.delete("packs/1-0.pack")
    assert weed.holding(mark)  # removed, and still there for whoever has the disk
    weed.vacuum()
    assert weed.holding(mark) == []


def test_what_a_swap_replaced_is_no_version_any_more(weed: Seaweed, bucket: str) -> None:
    store = _store(weed, bucket)
    for number in range(4):
        old = b"%d" % (number - 1) if number else None
        store.swap("log/checkpoint", b"%d" % number, expect=old)
    listed = weed.client().list_object_versions(Bucket=bucket)
    assert len(listed["Versions"]) == 1
    assert "DeleteMarkers" not in listed


# --- who may ---------------------------------------------------------------------------------


def test_credentials_that_are_wrong_or_see_too_little(weed: Seaweed, bucket: str) -> None:
    wrong = Credentials(weed.credentials.access_key, "h3mligt")
    for who in (wrong, Credentials("nobody", "h3mligt"), weed.reader):
        with pytest.raises(StoreUnavailable) as caught:
            _store(weed, bucket, who=who).put("x", b"x")
        assert caught.value.remedy
        assert "h3mligt" not in str(caught.value)
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        _store(weed, "there-is-none", who=weed.admin).get("x")


def test_a_server_that_is_away(weed: Seaweed, bucket: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(StoreUnavailable) as caught:
            _store(weed, bucket, endpoint=away).put("x", b"x")
    assert "127.0.0.1" not in str(caught.value)


# --- the probe -------------------------------------------------------------------------------


def _place(
    weed: Seaweed, who: Credentials, keys: Credentials | None = None, **settings: Any
) -> StorePlace:
    keys = keys or weed.keys
    secrets = {
        "S3_ACCESS_KEY": who.access_key,
        "S3_SECRET_KEY": who.secret_key,
        "S3_KEYS_ACCESS_KEY": keys.access_key,
        "S3_KEYS_SECRET_KEY": keys.secret_key,
    }
    made = Settings(store_endpoint=weed.endpoint, **settings)
    return StorePlace(made, secrets.__getitem__, SystemClock())


def _states(place: StorePlace, mark: str = "aa") -> dict[Check, State]:
    return {one.check: one.state for one in probe(*place.probed(), SystemClock(), mark)}


def test_a_good_bucket_passes_every_check(weed: Seaweed, bucket: str) -> None:
    """With keys in a bucket and under credentials of their own."""
    place = _place(weed, weed.archivist, store=f"s3://{weed.apart[0]}/hem", store_keys="s3://keys")
    assert _states(place) == dict.fromkeys(Check, State.PASSED)
    left = [one["Key"] for one in weed.client().list_objects_v2(Bucket=weed.apart[0])["Contents"]]
    assert all(name.startswith("hem/probe/aa-") for name in left)
    assert len(left) == 4  # locked for half a minute


def test_rights_that_are_too_wide_are_named(weed: Seaweed, bucket: str, key_bucket: str) -> None:
    settings = {"store": f"s3://{bucket}", "store_keys": f"s3://{key_bucket}"}
    place = _place(weed, weed.admin, weed.credentials, **settings)
    states = _states(place)
    weak = {check for check, state in states.items() if state is State.ATTENTION}
    assert {Check.BYPASS, Check.KEYS_APART} <= weak
    assert states[Check.COMPLIANCE] is State.PASSED


def test_a_bucket_without_locks_fails(weed: Seaweed, key_bucket: str) -> None:
    states = _states(_place(weed, weed.credentials, store=f"s3://{key_bucket}"))
    failed = {check for check, state in states.items() if state is State.FAILED}
    assert {Check.VERSIONING, Check.OBJECT_LOCK, Check.GOVERNANCE, Check.COMPLIANCE} <= failed
    assert not failed & {Check.RIGHTS, Check.IF_MATCH, Check.IF_NONE_MATCH}


def test_a_default_retention_is_named(weed: Seaweed, bucket: str) -> None:
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    weed.client().put_object_lock_configuration(
        Bucket=bucket,
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule},
    )
    states = _states(_place(weed, weed.credentials, store=f"s3://{bucket}"))
    assert states[Check.OBJECT_LOCK] is State.ATTENTION


def test_versions_are_nothing_for_keys(weed: Seaweed, bucket: str) -> None:
    settings = {"store": "s3://warm", "store_keys": f"s3://{bucket}"}
    place = _place(weed, weed.credentials, weed.credentials, **settings)
    assert _states(place)[Check.KEYS_PLAIN] is State.FAILED


def test_a_bucket_that_cannot_be_reached_says_so_once(weed: Seaweed) -> None:
    for place in (
        _place(weed, weed.credentials, store="s3://there-is-none"),
        _place(weed, Credentials("nobody", "h3mligt"), store="s3://warm"),
    ):
        assert _states(place) == {Check.REACHED: State.FAILED}


def test_the_same_bucket_twice_is_refused(weed: Seaweed) -> None:
    place = _place(weed, weed.credentials, store="s3://warm/a", store_keys="s3://warm/b")
    with pytest.raises(ConfigError, match="another bucket"):
        place.opened()


# --- the commands ----------------------------------------------------------------------------


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_the_commands(
    weed: Seaweed,
    bucket: str,
    key_bucket: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(home: Path, *words: str) -> tuple[int, Any]:
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(home), *words])
        out = capsys.readouterr().out
        assert weed.credentials.secret_key not in out
        code = ended.value.code
        assert isinstance(code, int)
        return code, json.loads(out) if "--json" in words else out

    values = {
        "DIARKIV_STORE": f"s3://{bucket}/hem",
        "DIARKIV_STORE_KEYS": f"s3://{key_bucket}",
        "DIARKIV_STORE_ENDPOINT": weed.endpoint,
        "DIARKIV_S3_ACCESS_KEY": weed.credentials.access_key,
        "DIARKIV_S3_SECRET_KEY": weed.credentials.secret_key,
        "DIARKIV_S3_KEYS_ACCESS_KEY": weed.credentials.access_key,
        "DIARKIV_S3_KEYS_SECRET_KEY": weed.credentials.secret_key,
    }
    home, back = tmp_path / "home", tmp_path / "back"
    with _environment(values):
        assert run(home, "init")[0] == 0
        assert run(home, "s3", "status", "--json")[1]["shipped_at"] is None
        code, found = run(home, "doctor", "s3", "--json")
        lights = {one["check"]: one["light"] for one in found["findings"]}
        assert code == 0
        assert lights["compliance"] == "ok"
        assert lights["keys_apart"] == "attention"
        assert run(home, "doctor", "s3")[0] == 0
        code, shipped = run(home, "s3", "ship", "--json")
        assert (code, shipped["written"] > 3) == (0, True)
        assert run(home, "s3", "status", "--json")[1]["entries"] == shipped["entries"]
        code, renewed = run(home, "s3", "renew", "--json")
        assert (code, renewed["waiting"]) == (0, [])
        code, doctor = run(home, "doctor", "--json")
        assert any("is shipped" in one["what"] for one in doctor["findings"])
        assert any("(store)" in one for one in doctor["egress"])
        code, fetched = run(back, "s3", "fetch", str(back), "--json")
        assert (code, fetched["entries"]) == (0, shipped["entries"])
        (back / "root.key").write_bytes((home / "root.key").read_bytes())
        assert run(back, "verify", "--json")[0] == 0
        assert run(back, "rebuild", "--json")[0] == 0
        assert run(back, "authority", "add", "KS", "Kommunstyrelsen")[0] == 0
        assert run(back, "s3", "ship")[0] == 0
        assert run(home, "s3", "ship")[0] == 5  # the old copy
        assert run(home, "authority", "add", "BUN", "Barnnämnden")[0] == 5
    log = make_ledger(home).log
    log.load()
    types = [parse(entry).type for entry in log.entries(0, log.size)]
    assert types.count(EventType.STORE_PROBED) == 2


def _until(condition: Any, seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.2)


def test_the_worker_ships_and_ends_where_another_copy_has_written(
    weed: Seaweed, bucket: str, tmp_path: Path
) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DIARKIV_")},
        "DIARKIV_STORE": f"s3://{bucket}/hem",
        "DIARKIV_STORE_ENDPOINT": weed.endpoint,
        "DIARKIV_S3_ACCESS_KEY": weed.credentials.access_key,
        "DIARKIV_S3_SECRET_KEY": weed.credentials.secret_key,
    }
    home, twin = tmp_path / "home", tmp_path / "twin"

    def start(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "archiver", "--home", str(home), *words]
        return subprocess.Popen(
            command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    assert start("init").wait(60) == 0
    shutil.copytree(home, twin)
    worker = start("worker")
    try:
        _until(lambda: _store(weed, bucket).size("log/checkpoint") is not None)
        assert [name for name, _ in _store(weed, bucket).sizes("keys")] == []
    finally:
        worker.terminate()
        _, said = worker.communicate(timeout=60)
    assert worker.returncode == 0, said
    assert weed.credentials.secret_key not in said
    # The other copy has the home's key, goes on from the same entry, and ships first.
    with _environment({**environment, "DIARKIV_HOME": str(twin)}):
        for words in (["authority", "add", "KS", "Kommunstyrelsen"], ["s3", "ship"]):
            with pytest.raises(SystemExit) as ended:
                main(["--home", str(twin), *words])
            assert ended.value.code == 0
    worker = start("worker")
    _out, said = worker.communicate(timeout=60)
    assert worker.returncode == 5, said
    assert (home / "log/forked").read_bytes() == (twin / "log/checkpoint").read_bytes()
    assert start("s3", "ship").wait(60) == 5
    assert start("verify").wait(60) == 0
