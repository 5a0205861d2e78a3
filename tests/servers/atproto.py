"""Real AT Protocol servers for the tests: a PLC directory, a PDS and, if asked for, an AppView.

The programs are the protocol's own (`@atproto/dev-env` from npm, pinned in package.json); nothing
here imitates them. Everything listens on the loopback only, lies in one private directory and ends
with the tests: see `tests.servers.wordpress` for the caretaker. What is missing is an error, never
a skip.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from tests.servers.wordpress import ServerDidNotStart, ServerNotInstalled

HERE = Path(__file__).parent
INSTALLED = HERE.parents[1] / ".cache" / "atproto"
READY_WITHIN = 120.0
_CARETAKER = """
read -r _
kill -s KILL -- "-$1"
rm -rf -- "$2" || { sleep 1; rm -rf -- "$2"; }
"""
POST = "app.bsky.feed.post"
GATE = "app.bsky.feed.threadgate"


@dataclass(slots=True)
class _Processes:
    """The one process group everything runs in, and the caretaker who ends it."""

    node: subprocess.Popen[str]
    caretaker: subprocess.Popen[bytes]


class AtprotoServer:
    """A PLC directory and a PDS on free loopback ports for as long as the `with` block lasts.

    `appview=True` adds an AppView, which needs PostgreSQL and Redis. `options` are settings of the
    PDS in the words of its own configuration (`rateLimitsEnabled`).
    """

    def __init__(
        self, *, appview: bool = False, options: Mapping[str, object] | None = None
    ) -> None:
        self._appview = appview
        self._options = dict(options or {})
        self._running: _Processes | None = None
        self._directory = Path()
        self.ports: dict[str, int] = {}

    def __enter__(self) -> AtprotoServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def plc(self) -> str:
        """The directory's address."""
        return f"http://localhost:{self.ports['plc']}"

    @property
    def pds(self) -> str:
        """The data server's address, as accounts' DID documents name it."""
        return f"http://localhost:{self.ports['pds']}"

    @property
    def appview(self) -> str:
        """The AppView's address, empty if there is none."""
        return f"http://localhost:{self.ports['appview']}" if self._appview else ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """What a harvester must be allowed to visit, as `IP:PORT`."""
        web = [self.ports[name] for name in ("plc", "pds", "appview") if name in self.ports]
        return tuple(f"{ip}:{port}" for port in web for ip in ("127.0.0.1", "[::1]"))

    @property
    def settings(self) -> dict[str, str]:
        """The channel's options that point a connector here."""
        return {"plc": self.plc, "pds": "", "appview": self.appview}

    def start(self) -> None:
        """Start everything and wait until it answers, or leave nothing behind."""
        require_programs(appview=self._appview)
        self._directory = Path(tempfile.mkdtemp(prefix="diarkiv-at-", dir="/tmp"))
        self._directory.chmod(0o755)  # PostgreSQL is not root, and has its own folder in it
        names = ("plc", "pds", *(("appview", "database", "redis") if self._appview else ()))
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        founder = subprocess.Popen(["sleep", "infinity"], process_group=0)
        caretaker = subprocess.Popen(
            ["sh", "-c", _CARETAKER, "caretaker", str(founder.pid), str(self._directory)],
            stdin=subprocess.PIPE,
            process_group=0,
        )
        try:
            if self._appview:
                self._start_database(founder.pid)
            self._running = _Processes(self._start_node(founder.pid), caretaker)
            self._answer()
        except BaseException:
            caretaker.communicate(timeout=READY_WITHIN)
            founder.wait()
            self._running = None
            raise

    def stop(self) -> None:
        """End every process and remove every file; safe to call twice."""
        running, self._running = self._running, None
        if running is not None:
            running.caretaker.communicate(timeout=READY_WITHIN)
            running.node.wait()

    def command(self, line: str) -> None:
        """Have the servers do something that no API can: `stop-pds`, `start-pds` (with its data),
        `settle` (until the AppView has seen what the PDS has), `pause-appview` and `resume-appview`
        (it sees nothing new in between)."""
        node = self._node
        assert node.stdin is not None
        node.stdin.write(line + "\n")
        node.stdin.flush()
        self._answer()

    def account(self, name: str) -> Account:
        """A new account `name`.test."""
        made = call(
            self.pds,
            "com.atproto.server.createAccount",
            {
                "handle": f"{name}.test",
                "email": f"{name}@example.invalid",
                "password": "lösenord-för-prov",
            },
        )
        return Account(self, made["did"], made["handle"], made["accessJwt"])

    @property
    def _node(self) -> subprocess.Popen[str]:
        if self._running is None:
            raise RuntimeError("The AT Protocol servers are not running.")
        return self._running.node

    def _answer(self) -> dict[str, Any]:
        """The next line that is an answer of ours: the servers may write to their log as well."""
        node = self._node
        assert node.stdout is not None
        for line in node.stdout:
            if line.startswith(('{"ready"', '{"done"')):
                answer: dict[str, Any] = json.loads(line)
                return answer
        raise ServerDidNotStart(f"It ended with {node.wait()}", self._directory / "node.log")

    def _start_node(self, group: int) -> subprocess.Popen[str]:
        pds: dict[str, object] = {
            "port": self.ports["pds"],
            "hostname": "localhost",
            "enableDidDocWithSession": True,
            **self._options,
        }
        config: dict[str, object] = {"plc": self.ports["plc"], "pds": pds}
        environment = os.environ | {"TMPDIR": str(self._directory), "LOG_ENABLED": "false"}
        if not self._appview:  # a whole network has a second PDS, with the same settings
            data = self._directory / "pds"
            data.mkdir()
            pds["dataDirectory"] = str(data)
            pds["blobstoreDiskLocation"] = str(data / "blobs")
            pds["plcRotationKeyK256PrivateKeyHex"] = os.urandom(32).hex()
        else:
            database = f"postgresql://postgres@127.0.0.1:{self.ports['database']}/postgres"
            config["appview"] = {"port": self.ports["appview"], "database": database}
            environment["REDIS_HOST"] = f"127.0.0.1:{self.ports['redis']}"
            environment["DB_POSTGRES_URL"] = database
        with (self._directory / "node.log").open("ab") as log:
            return subprocess.Popen(
                ["node", str(HERE / "atproto.mjs"), str(INSTALLED), json.dumps(config)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                process_group=group,
                env=environment,
            )

    def _start_database(self, group: int) -> None:
        """PostgreSQL and Redis, without anything that makes them slow and safe."""
        folder, programs = self._directory / "db", postgres_programs()
        folder.mkdir()
        as_user: dict[str, Any] = {}
        if os.geteuid() == 0:  # it refuses to be root
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
            as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        common: dict[str, Any] = {"cwd": folder, "process_group": group}
        subprocess.run(
            [
                *(programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust"),
                *("-E", "UTF8", "--locale=C.UTF-8", "--no-sync"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **as_user,
        )
        port = self.ports["database"]
        with (self._directory / "database.log").open("ab") as log:
            subprocess.Popen(
                [
                    *(programs / "postgres", "-D", folder / "data"),
                    *("-h", "127.0.0.1", "-p", str(port), "-k", folder),
                    *("-c", "fsync=off", "-c", "max_connections=300"),
                ],
                stdout=log,
                stderr=log,
                **common,
                **as_user,
            )
            subprocess.Popen(
                [
                    *("redis-server", "--port", str(self.ports["redis"]), "--bind", "127.0.0.1"),
                    *("--save", "", "--dir", str(self._directory)),
                ],
                stdout=log,
                stderr=log,
                process_group=group,
            )
        for name in ("database", "redis"):
            wait_for(lambda name=name: answers(self.ports[name]), self._directory / "database.log")


@dataclass(frozen=True, slots=True)
class Account:
    """An account and the hand that writes with it: what a person does in an app."""

    server: AtprotoServer
    did: str
    handle: str
    token: str

    def post(self, text: str, **more: object) -> str:
        """Publish; `more` are further fields of the record. Gives its address (at://…)."""
        return self.create(POST, {"text": text, **more})

    def reply(self, text: str, parent: str, root: str = "") -> str:
        """Answer a post or a reply under `root` (default: the parent itself)."""
        return self.post(
            text, reply={"root": self.pointer(root or parent), "parent": self.pointer(parent)}
        )

    def create(self, collection: str, record: Mapping[str, object], rkey: str = "") -> str:
        """Write a new record."""
        body = {
            "repo": self.did,
            "collection": collection,
            "record": {"$type": collection, "createdAt": now(), **record},
        }
        uri: str = self.call(
            "com.atproto.repo.createRecord", body | {"rkey": rkey} if rkey else body
        )["uri"]
        return uri

    def put(self, uri: str, record: Mapping[str, object]) -> None:
        """Write a record where one stands, or stood."""
        did, collection, rkey = uri.removeprefix("at://").split("/")
        body = {"repo": did, "collection": collection, "rkey": rkey}
        body["record"] = {"$type": collection, "createdAt": now(), **record}
        self.call("com.atproto.repo.putRecord", body)

    def delete(self, uri: str) -> None:
        """Take a record away."""
        did, collection, rkey = uri.removeprefix("at://").split("/")
        body = {"repo": did, "collection": collection, "rkey": rkey}
        self.call("com.atproto.repo.deleteRecord", body)

    def hide(self, root: str, replies: Sequence[str]) -> None:
        """Hide replies under an own post."""
        gate = root.replace(POST, GATE)
        self.put(gate, {"post": root, "hiddenReplies": list(replies)})

    def upload(self, data: bytes, mime: str) -> dict[str, Any]:
        """Send a file; gives what a record refers to it by."""
        answer = httpx.post(
            f"{self.server.pds}/xrpc/com.atproto.repo.uploadBlob",
            content=data,
            headers={"Content-Type": mime, "Authorization": f"Bearer {self.token}"},
            timeout=30,
        )
        blob: dict[str, Any] = answer.raise_for_status().json()["blob"]
        return blob

    def pointer(self, uri: str) -> dict[str, str]:
        """Address and CID of a record, as replies name it."""
        did, collection, rkey = uri.removeprefix("at://").split("/")
        asked = {"repo": did, "collection": collection, "rkey": rkey}
        found = ask(self.server.pds, "com.atproto.repo.getRecord", asked)
        return {"uri": found["uri"], "cid": found["cid"]}

    def deactivate(self) -> None:
        """Switch the account off; it and all it wrote can come back."""
        self.call("com.atproto.server.deactivateAccount", {})

    def activate(self) -> None:
        """Switch it on again."""
        self.call("com.atproto.server.activateAccount", None)

    def rename(self, name: str) -> None:
        """Take another handle."""
        self.call("com.atproto.identity.updateHandle", {"handle": f"{name}.test"})

    def call(self, method: str, body: object) -> dict[str, Any]:
        """A procedure of the PDS, as this account."""
        return call(self.server.pds, method, body, self.token)


def call(base: str, method: str, body: object, token: str = "") -> dict[str, Any]:
    """A procedure of XRPC; raises `httpx.HTTPStatusError` if it is refused."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    sent = {} if body is None else {"json": body}
    answer = httpx.post(f"{base}/xrpc/{method}", headers=headers, timeout=30, **sent)
    if answer.is_error:
        raise RuntimeError(f"{method} answers {answer.status_code}: {answer.text}")
    told: dict[str, Any] = answer.json() if answer.content else {}
    return told


def ask(base: str, method: str, params: Mapping[str, str]) -> dict[str, Any]:
    """A query of XRPC, whatever its status."""
    told: dict[str, Any] = httpx.get(
        f"{base}/xrpc/{method}", params=dict(params), timeout=30
    ).json()
    return told


def now() -> str:
    """The time as records carry it; in whole seconds, writing one again would change nothing."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def require_programs(*, appview: bool) -> None:
    """Raise `ServerNotInstalled` naming everything missing, and the script that installs it."""
    missing = [] if shutil.which("node") else ["node"]
    if not (INSTALLED / "installed").is_file():
        missing.append("@atproto/dev-env (npm)")
    if appview:
        missing += [] if shutil.which("redis-server") else ["redis-server"]
        missing += [] if postgres_programs().is_dir() else ["PostgreSQL"]
    if missing:
        raise ServerNotInstalled(missing)


def postgres_programs() -> Path:
    """Where the newest PostgreSQL of Debian has its programs."""
    found = Path("/usr/lib/postgresql").glob("*/bin")
    return max(found, key=lambda path: float(path.parent.name), default=Path("/nonexistent"))


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def answers(port: int) -> bool:
    """Whether something listens on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(true: Callable[[], bool], log: Path, seconds: float = READY_WITHIN) -> None:
    """Poll until `true`."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise ServerDidNotStart("It never answered", log)
        time.sleep(0.05)
