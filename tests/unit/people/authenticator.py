"""An authenticator in software, as Web Authentication describes one (Level 2, 6.1, 6.3, 6.5)."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def data_of(words: str) -> bytes:
    return base64.urlsafe_b64decode(words + "=" * (-len(words) % 4))


@dataclass
class Authenticator:
    """One that holds one passkey. Everything an attacker would change can be changed."""

    origin: str = "http://localhost:8465"
    domain: str = "localhost"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    step: int = 1
    credential: bytes = field(default_factory=lambda: os.urandom(32))
    handle: bytes = b""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def _client(self, what: str, challenge: str, **more: Any) -> bytes:
        said = {"type": what, "challenge": challenge, "origin": self.origin, **more}
        return json.dumps(said).encode()

    def _said(self, flags: int) -> bytes:
        self.count += self.step
        return (
            sha256(self.domain.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")
        )

    def make(self, options: Mapping[str, Any], **more: Any) -> str:
        """The answer of `navigator.credentials.create`."""
        self.handle = data_of(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        x, y = (n.to_bytes(32, "big") for n in (numbers.x, numbers.y))
        cose = encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        length = len(self.credential).to_bytes(2, "big")
        said = self._said(self.flags | ATTESTED) + bytes(16) + length + self.credential + cose
        response = {
            "clientDataJSON": text(self._client("webauthn.create", options["challenge"], **more)),
            "attestationObject": text(
                encode_cbor({"fmt": "none", "attStmt": {}, "authData": said})
            ),
        }
        return self._spoken(response)

    def answer(self, options: Mapping[str, Any], **more: Any) -> str:
        """The answer of `navigator.credentials.get`."""
        client = self._client("webauthn.get", options["challenge"], **more)
        said = self._said(self.flags)
        signed = self.key.sign(said + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": text(client),
            "authenticatorData": text(said),
            "signature": text(signed),
            "userHandle": text(self.handle),
        }
        return self._spoken(response)

    def _spoken(self, response: Mapping[str, str]) -> str:
        return json.dumps(
            {
                "id": text(self.credential),
                "rawId": text(self.credential),
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )
