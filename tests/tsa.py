"""A time-stamp authority of one's own: certificates, `openssl ts -reply`, and a server over HTTP.

Nothing is feigned: replies are signed by a real program. What goes wrong with a reply is done to it
on its way. Without the `openssl` program such tests are skipped with their reason; the run with
servers (`make test-servers`) fails then.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

POLICY = "1.2.3.4.1"
OTHER_POLICY = "1.2.3.4.2"
_DAY = timedelta(days=1)
_CONFIG = """\
[tsa]
default_tsa = one
[one]
dir = .
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = {policy}
other_policies = {other}
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


_SHA256 = bytes.fromhex("300d06096086480165030402010500")


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    return bytes([tag, 0x82]) + size.to_bytes(2, "big") + content


def program() -> str:
    """The `openssl` program."""
    found = shutil.which("openssl")
    if not found:
        pytest.skip("needs the openssl program: apt install openssl")
    return found


def _name(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    *,
    usage: x509.ObjectIdentifier | None,
    valid: tuple[datetime, datetime],
) -> x509.Certificate:
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.BasicConstraints(ca=usage is None, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=usage is not None,
                key_cert_sign=usage is None,
                crl_sign=usage is None,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if usage is not None:
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    return made.sign(signer, hashes.SHA256())


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that is well."""
    program()
    return Authority(tmp_path_factory.mktemp("tsa"))


class Authority:
    """A root, an authority under it, and the program that signs. `ended`: its certificate ran out
    yesterday; `usage`: what its certificate is for."""

    def __init__(
        self,
        folder: Path,
        *,
        ended: bool = False,
        usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._lock = threading.Lock()
        now = datetime.now(UTC)
        root, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        long = (datetime(2020, 1, 1, tzinfo=UTC), now + 900 * _DAY)
        valid = (now - 30 * _DAY, now - _DAY) if ended else long
        ca = _certificate("Testrot", root, "Testrot", root, usage=None, valid=long)
        one = _certificate("Teststämpel", key, "Testrot", root, usage=usage, valid=valid)
        self.roots = ca.public_bytes(Encoding.PEM)
        self.roots_file = folder / "roots.pem"
        self.roots_file.write_bytes(self.roots)
        (folder / "tsa.pem").write_bytes(one.public_bytes(Encoding.PEM))
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "tsa.key").write_bytes(secret)
        config = _CONFIG.format(policy=POLICY, other=OTHER_POLICY)
        (folder / "tsa.cnf").write_text(config, "utf-8")
        (folder / "serial").write_text("01\n")

    def reply(self, query: bytes, *words: str) -> bytes:
        """The reply to a TimeStampReq; `words` go to openssl."""
        with self._lock:  # the serial number is a file
            (self.folder / "q.tsq").write_bytes(query)
            command = [program(), "ts", "-reply", "-config", "tsa.cnf", "-section", "one"]
            command += ["-queryfile", "q.tsq", "-signer", "tsa.pem", "-inkey", "tsa.key"]
            command += [*words, "-out", "r.tsr"]
            done = subprocess.run(command, cwd=self.folder, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr
            return (self.folder / "r.tsr").read_bytes()

    def says(self, data: bytes, at: int, nonce: int | None = None) -> bytes:
        """A reply over SHA-256 of `data` of any instant at all (milliseconds UTC), signed as CMS:
        `openssl ts` itself has no other time than now, and no certificate for anything else."""
        when = datetime.fromtimestamp(at // 1000, UTC).strftime("%Y%m%d%H%M%SZ").encode()
        parts = [
            _der(0x02, b"\x01"),
            _der(0x06, bytes.fromhex("2a030401")),
            _der(0x30, _SHA256 + _der(0x04, sha256(data).digest())),
            _der(0x02, b"\x07"),
            _der(0x18, when),
        ]
        if nonce is not None:
            parts.append(_der(0x02, nonce.to_bytes(nonce.bit_length() // 8 + 1, "big")))
        command = [program(), "cms", "-sign", "-binary", "-nodetach", "-cades", "-outform", "DER"]
        command += ["-econtent_type", "1.2.840.113549.1.9.16.1.4", "-md", "sha256"]
        command += ["-signer", "tsa.pem", "-inkey", "tsa.key"]
        info = _der(0x30, b"".join(parts))
        done = subprocess.run(
            command, cwd=self.folder, input=info, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return _der(0x30, b"\x30\x03\x02\x01\x00" + done.stdout)

    def stamp(self, data: bytes) -> bytes:
        """A reply over SHA-256 of `data`, with the certificate in it."""
        return self.reply(self.query(sha256(data).hexdigest(), "-sha256"))

    def query(self, digest: str, *words: str) -> bytes:
        """A TimeStampReq over a digest (hex)."""
        command = [program(), "ts", "-query", "-digest", digest, "-cert", *words]
        return subprocess.run(command, capture_output=True, check=True).stdout


Handler = Callable[[bytes], tuple[int, bytes]]


@dataclass
class TsaServer:
    """An authority over HTTP. `answer` gives (status, body) for a query; `queries` are kept."""

    answer: Handler
    url: str = ""
    delay: float = 0.0
    queries: list[bytes] = field(default_factory=list)


def granting(authority: Authority, *words: str) -> Handler:
    """What a well-behaved authority does."""
    return lambda query: (200, authority.reply(query, *words))


@contextmanager
def serving(answer: Handler) -> Iterator[TsaServer]:
    """Serve it on this machine until the block ends."""
    served = TsaServer(answer)

    class Handling(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            served.queries.append(query)
            time.sleep(served.delay)
            status, body = served.answer(query)
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            if status in (301, 302, 307):
                self.send_header("Location", served.url)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handling)
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_address[1]}/tsr"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
