"""A small AT Protocol network in memory: directory, data server and AppView in one, with real keys
and real proofs, and every way to fail. `answer` is what any of them says to a request."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import libipld

from archiver.connectors.bluesky_proof import cid_of
from tests.fakes import Answer, Request
from tests.unit.connectors.bluesky_repository import Repository, Signer, signed_car

POST, GATE, REPOST = "app.bsky.feed.post", "app.bsky.feed.threadgate", "app.bsky.feed.repost"
BASE = "https://at.testkoping.example"
START = 1_795_000_000_000  # milliseconds: in November 2026
_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"


def tid(milliseconds: int) -> str:
    """A record key or revision of that instant."""
    number = milliseconds * 1000 << 10 | 7
    return "".join(_DIGITS[number >> shift & 31] for shift in range(60, -1, -5))


def said(value: object, status: int = 200, **headers: str) -> Answer:
    return Answer(body=json.dumps(value).encode(), status=status, headers=headers)


def refused(code: str, status: int = 400) -> Answer:
    return said({"error": code, "message": "…"}, status)


@dataclass
class Person:
    """An account: its records by path ("collection/key"), its log, and whether it is there."""

    network: Network
    handle: str
    signer: Signer = field(default_factory=Signer)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    status: str = ""  # "" is active; "deleted here" answers as a server that never knew it
    log: list[dict[str, Any]] = field(default_factory=list)
    did: str = ""
    rev: str = ""

    def __post_init__(self) -> None:
        self.operate()
        first = libipld.encode_dag_cbor(self.log[0]["operation"])
        name = base64.b32encode(sha256(first).digest()).decode().lower()[:24]
        self.did = self.log[0]["did"] = f"did:plc:{name}"
        self.rev = tid(self.network.tick())

    def operate(self, **more: object) -> None:
        """Change the account's keys, names or server in the directory."""
        operation: dict[str, Any] = {
            "type": "plc_operation",
            "rotationKeys": [self.signer.did_key],
            "verificationMethods": {"atproto": self.signer.did_key},
            "alsoKnownAs": [f"at://{self.handle}"],
            "services": {"atproto_pds": {"type": "x", "endpoint": self.network.base}},
            "prev": self.log[-1]["cid"] if self.log else None,
            **more,
        }
        signature = self.signer.sign(libipld.encode_dag_cbor(operation))
        operation["sig"] = base64.urlsafe_b64encode(signature).decode().rstrip("=")
        cid = cid_of(libipld.encode_dag_cbor(operation))
        entry = {"did": self.did, "operation": operation, "cid": cid, "nullified": False}
        self.log.append(entry)

    def write(self, collection: str, value: Mapping[str, Any], rkey: str = "") -> str:
        """A record; gives its address."""
        at = self.network.tick()
        rkey = rkey or tid(at)
        when = datetime.fromtimestamp(at / 1000, UTC).isoformat().replace("+00:00", "Z")
        self.records[f"{collection}/{rkey}"] = {"$type": collection, "createdAt": when, **value}
        self.rev = tid(self.network.tick())
        return f"at://{self.did}/{collection}/{rkey}"

    def post(self, text: str, **more: object) -> str:
        return self.write(POST, {"text": text, **more})

    def reply(self, text: str, parent: str, root: str = "") -> str:
        return self.post(text, reply={"root": pointer(root or parent), "parent": pointer(parent)})

    def delete(self, address: str) -> None:
        del self.records[address.partition(f"{self.did}/")[2]]
        self.rev = tid(self.network.tick())


def pointer(address: str) -> dict[str, str]:
    return {"uri": address, "cid": cid_of(address.encode())}


@dataclass
class Network:
    """Everybody there is. `faults` answers a method in its own way, `meanwhile` is called after
    each answer, `unseen` are addresses the AppView shows no more, `copies` old texts it shows."""

    base: str = BASE
    now: int = START
    people: dict[str, Person] = field(default_factory=dict)
    faults: dict[str, Answer | Callable[[Mapping[str, str]], Answer | None]] = field(
        default_factory=dict
    )
    meanwhile: Callable[[str], object] = lambda _method: None
    unseen: set[str] = field(default_factory=set)
    copies: dict[str, str] = field(default_factory=dict)
    depth: int = 1000
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def tick(self) -> int:
        self.now += 1000
        return self.now

    def join(self, handle: str) -> Person:
        person = Person(self, handle)
        self.people[person.did] = person
        return person

    def script(self, request: Request) -> Answer:
        """For `FakeHttp`."""
        parts = urlsplit(request.url)
        asked = parse_qs(parts.query) | {k: [v] for k, v in request.params.items()}
        return self.answer(parts.path, asked)

    def answer(self, path: str, asked: Mapping[str, list[str]]) -> Answer:
        method = path.rpartition("/")[2] if path.startswith("/xrpc/") else path.lstrip("/")
        one = {name: values[0] for name, values in asked.items()}
        self.asked.append(method)
        fault = self.faults.get(method) or self.faults.get(
            "log" if method.endswith("/log/audit") else "-"
        )
        found = fault(one) if callable(fault) else fault
        if found is None:
            found = self._answer(method, one, asked)
        self.meanwhile(method)
        return found

    def _answer(self, method: str, one: Mapping[str, str], many: Mapping[str, list[str]]) -> Answer:
        if method.endswith("/log/audit"):
            person = self.people.get(method.partition("/")[0])
            return said(person.log) if person else said({"message": "DID not registered"}, 404)
        if method == "com.atproto.identity.resolveHandle":
            named = [p.did for p in self.people.values() if p.handle == one["handle"]]
            return said({"did": named[0]}) if named else refused("InvalidRequest")
        if method == "app.bsky.feed.getPosts":
            return said({"posts": [v for uri in many["uris"] if (v := self._view(uri))]})
        if method == "app.bsky.feed.getPostThread":
            return self._thread(one["uri"], int(one["depth"]))
        person = self.people.get(one.get("did") or one.get("repo") or "")
        if person is None or person.status == "deleted here":
            return refused("RepoNotFound")
        if method == "com.atproto.sync.getRepoStatus":
            told = {"did": person.did, "active": not person.status, "rev": person.rev}
            return said(told | ({"status": person.status} if person.status else {}))
        if person.status:
            return refused("RepoDeactivated")
        return self._repository(method, person, one)

    def _repository(self, method: str, person: Person, one: Mapping[str, str]) -> Answer:
        if method == "com.atproto.repo.listRecords":
            return self._list(person, one)
        if method == "com.atproto.sync.getBlob":
            data = self.files.get(one["cid"])
            return Answer(body=data) if data is not None else refused("BlobNotFound")
        path = f"{one['collection']}/{one['rkey']}"
        if method == "com.atproto.repo.getRecord":
            row = _row(person, path)
            return said(row) if row else refused("RecordNotFound")
        if method == "com.atproto.sync.getRecord":
            tree = Repository(person.records)
            odd = {"did": person.did, "rev": person.rev}
            return Answer(body=signed_car(tree.root, tree.way_to(path), person.signer, odd))
        return refused("MethodNotImplemented", 404)

    def _list(self, person: Person, one: Mapping[str, str]) -> Answer:
        paths = sorted(
            (p for p in person.records if p.startswith(one["collection"] + "/")), reverse=True
        )
        rest = [p for p in paths if "cursor" not in one or p.rpartition("/")[2] < one["cursor"]]
        page = rest[: int(one["limit"])]
        told: dict[str, object] = {"records": [_row(person, path) for path in page]}
        if page:
            told["cursor"] = page[-1].rpartition("/")[2]
        return said(told, **{"RateLimit-Limit": "3000", "RateLimit-Remaining": "2999"})

    # What the AppView shows.

    def _view(self, uri: str) -> dict[str, Any] | None:
        did, _, path = uri.removeprefix("at://").partition("/")
        person = self.people.get(did)
        if person is None or person.status or path not in person.records or uri in self.unseen:
            return None
        row = _row(person, path)
        assert row is not None
        record = dict(row["value"])
        if uri in self.copies:
            record["text"] = self.copies[uri]
        author = {"did": did, "handle": person.handle, "displayName": person.handle.title()}
        view = {"uri": uri, "cid": row["cid"], "author": author, "record": record}
        gate = self._gate(uri)
        return view | {"replyCount": len(self._below(uri))} | ({"threadgate": gate} if gate else {})

    def _gate(self, uri: str) -> dict[str, Any] | None:
        did, _, path = uri.removeprefix("at://").partition("/")
        row = _row(self.people[did], path.replace(POST, GATE)) if did in self.people else None
        if row is None:
            return None
        return {"uri": row["uri"], "cid": row["cid"], "record": row["value"], "lists": []}

    def _below(self, uri: str) -> list[str]:
        return [
            f"at://{person.did}/{path}"
            for person in self.people.values()
            for path, value in person.records.items()
            if value.get("reply", {}).get("parent", {}).get("uri") == uri
        ]

    def _branch(self, uri: str, depth: int) -> dict[str, Any] | None:
        view = self._view(uri)
        if view is None:
            return None
        branch: dict[str, Any] = {"$type": "app.bsky.feed.defs#threadViewPost", "post": view}
        if depth:
            below = [self._branch(one, depth - 1) for one in self._below(uri)]
            branch["replies"] = [one for one in below if one]
        return branch | {"threadContext": {}}

    def _thread(self, uri: str, depth: int) -> Answer:
        branch = self._branch(uri, min(depth, self.depth))
        if branch is None:
            return refused("NotFound")
        record = branch["post"]["record"]
        root = record.get("reply", {}).get("root", {}).get("uri", uri)
        gate = self._gate(root)
        told: dict[str, object] = {"thread": branch}
        if gate:
            told["threadgate"] = gate
        return said(told)

    @contextmanager
    def served(self) -> Iterator[str]:
        """The network on a loopback port, for real HTTP; gives `IP:PORT`."""
        network = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                told = network.answer(parts.path, parse_qs(parts.query))
                self.send_response(told.status)
                for name, value in {**told.headers, "Content-Length": str(len(told.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(told.body)

            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string(network.now / 1000)

            def log_message(self, *_: object) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.base = f"http://127.0.0.1:{server.server_port}"
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _row(person: Person, path: str) -> dict[str, Any] | None:
    if path not in person.records:
        return None
    value = person.records[path]
    cid = cid_of(libipld.encode_dag_cbor(value))
    return {"uri": f"at://{person.did}/{path}", "cid": cid, "value": value}
