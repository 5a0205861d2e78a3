"""The nginx configuration of docs/webdiarium.md, really started: it shows the pages, and no log of
the proxy or the program knows who read them."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.integration.test_webdiary_program import running
from tests.unit.webdiary.books import make

pytestmark = pytest.mark.server

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
DOCS = Path(__file__).parents[2] / "docs" / "webdiarium.md"
VISITOR = "127.0.0.77"  # an address of this machine that nothing else uses
BROWSER = "Kanariewebb/1.0"


class Proxy(NamedTuple):
    """The proxy over the program, and the folder that holds whatever either of them writes."""

    address: str
    folder: Path

    def visitor(self) -> httpx.Client:
        """Somebody with an address and a browser that can be looked for."""
        return httpx.Client(
            base_url=self.address,
            transport=httpx.HTTPTransport(local_address=VISITOR, verify=False),
            headers={
                "User-Agent": BROWSER,
                "Referer": "https://kanarie.example/",
                "Cookie": "kanarie=1",
                "X-Forwarded-For": VISITOR,
                "Accept-Language": "kanarie",
            },
        )

    def written(self) -> dict[str, bytes]:
        """Every file that was written since, by its name."""
        kept = {"web.sqlite", "key.pem", "cert.pem", "nginx.conf"}
        return {
            str(one.relative_to(self.folder)): one.read_bytes()
            for one in self.folder.rglob("*")
            if one.is_file() and one.name not in kept
        }


def configured(folder: Path, port: int, upstream: str) -> Path:
    """The configuration as it stands in the document; only places and ports are the test's."""
    text = DOCS.read_text("utf-8").partition("<!-- nginx:start -->")[2].partition("<!--")[0]
    server = text.partition("```nginx\n")[2].partition("```")[0]
    for given, ours in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("/etc/ssl/diarium.pem", str(folder / "cert.pem")),
        ("/etc/ssl/private/diarium.key", str(folder / "key.pem")),
        ("http://127.0.0.1:8467", upstream),
    ):
        assert server.count(given) == 1, given
        server = server.replace(given, ours)
    # Round it: what Debian's nginx.conf sets, with the logs that it keeps unless told otherwise.
    temporary = "\n".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "nginx.conf"
    path.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log info;\n"
        f"worker_processes 1; events {{ worker_connections 64; }}\n"
        f"http {{ access_log {folder}/access.log; {temporary}\n{server} }}\n"
    )
    return path


def certify(folder: Path) -> None:
    """A certificate that nobody vouches for."""
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=diarium.testkoping.example"
    subprocess.run(
        ["openssl", *words.split(), "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    if not Path(NGINX).exists():
        pytest.skip("nginx is not installed")
    make(tmp_path / "web.sqlite")
    certify(tmp_path)
    command = [sys.executable, "-m", "archiver.webdiary", "--json", "--port", "0"]
    command += ["--database", str(tmp_path / "web.sqlite")]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running(command, log=tmp_path / "program.log") as upstream:
        path = configured(tmp_path, port, upstream)
        with (tmp_path / "nginx.out").open("wb") as said:
            nginx = subprocess.Popen([NGINX, "-c", str(path)], stdout=said, stderr=said)
            try:
                _wait(port, nginx)
                yield Proxy(f"https://127.0.0.1:{port}", tmp_path)
            finally:
                nginx.terminate()
                nginx.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx did not start")


def test_nobody_is_written_down(proxy: Proxy) -> None:
    with proxy.visitor() as visitor:
        for path in ("/", "/en/", "/?q=kanariesak", "/post/7", "/om", "/static/diarium.css"):
            answer = visitor.get(path)
            assert answer.status_code == 200, path
            assert "noindex" in answer.headers["X-Robots-Tag"]
            assert "Set-Cookie" not in answer.headers
        assert visitor.get("/kanariesida").status_code == 404
        assert visitor.get("/?since=kanarie").status_code == 400
        assert visitor.post("/", data={"q": "kanarie"}).status_code in (403, 405)
        assert visitor.get("/" + "k" * 20_000).status_code == 414
        flood = [visitor.get("/static/diarium.svg").status_code for _ in range(150)]
        assert 429 in flood  # held off, and that is not written down either
    with socket.create_connection(("127.0.0.1", int(proxy.address.rpartition(":")[2]))) as odd:
        odd.sendall(b"this is no TLS from 127.0.0.77\r\n\r\n")
        odd.recv(100)
    written = proxy.written()
    assert "error.log" in written  # the logs were on, and are where we look
    for name, text in written.items():
        for trace in (VISITOR, "Kanarie", "kanarie"):
            assert trace.encode() not in text, name
    assert not written.get("access.log")
    assert written["program.log"] == b""


def test_without_these_lines_the_visitor_is_written_down(proxy: Proxy) -> None:
    """The test above can fail: the same configuration with its logs on."""
    text = (proxy.folder / "nginx.conf").read_text()
    port = int(proxy.address.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", 0)) as free:
        other = free.getsockname()[1]
    text = re.sub(r"access_log off;|error_log /dev/null crit;", "", text)
    text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{other}").replace("nginx.pid", "2.pid")
    (proxy.folder / "logging.conf").write_text(text)
    nginx = subprocess.Popen([NGINX, "-c", str(proxy.folder / "logging.conf")])
    try:
        _wait(other, nginx)
        with Proxy(f"https://127.0.0.1:{other}", proxy.folder).visitor() as visitor:
            assert visitor.get("/").status_code == 200
    finally:
        nginx.terminate()
        nginx.wait(20)
    assert VISITOR.encode() in proxy.written()["access.log"]


def test_the_program_is_told_nothing_of_the_visitor(tmp_path: Path) -> None:
    """What reaches the program of a request, told by something that listens in its place."""
    if not Path(NGINX).exists():
        pytest.skip("nginx is not installed")
    certify(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)
        upstream = f"http://127.0.0.1:{listening.getsockname()[1]}"
        nginx = subprocess.Popen([NGINX, "-c", str(configured(tmp_path, port, upstream))])
        try:
            _wait(port, nginx)
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            raw = socket.create_connection(("127.0.0.1", port), source_address=(VISITOR, 0))
            with context.wrap_socket(raw) as visitor:
                lines = ["GET /om?q=x HTTP/1.1", "Host: diarium.testkoping.example", "Cookie: k=1"]
                lines += [f"User-Agent: {BROWSER}", f"X-Forwarded-For: {VISITOR}", "", ""]
                visitor.sendall("\r\n".join(lines).encode())
                reaching, _ = listening.accept()
                told = reaching.recv(4096).decode()
                reaching.close()
        finally:
            nginx.terminate()
            nginx.wait(20)
    names = {line.partition(":")[0] for line in told.split("\r\n")[1:] if line}
    assert told.startswith("GET /om?q=x HTTP/1")
    assert names == {"Host", "Connection"}
