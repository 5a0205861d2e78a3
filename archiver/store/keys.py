"""Keys: root → one KEK per cohort generation → one random data key (DEK) per frame.

Two kinds of file:
- `keys/secrets`, small, rewritten atomically: each line is `name hex(nonce ‖ AES-256-GCM under the
  root key, name as associated data)`, the last line `sha256 <digest of all lines before>`. It
  holds `kek/<cohort>.<generation>`, `channel/<seq>` and `signing/<origin>`; of a quarantine
  `quarantine/<cohort>.<generation>`, its KEK under a public key whose other half is not here.
- `keys/<cohort>.<generation>`, append-only: one fixed-width line per live frame,
  `<id, 32 hex> <wrapped DEK, 96 hex> <SHA-256 of the line so far, 64 hex>`, so that a keyless
  verify finds its rot. A DEK is wrapped with AES-256-GCM, nonce = the first 12 bytes of the
  frame's random id, the whole id as associated data. Where a key has left, its line is void.

Destroying a KEK (its line in `secrets`) makes every frame of that generation unreadable.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Iterator, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from archiver.core.layout import SECRETS, key_line, parse_secrets, render_secrets
from archiver.core.ports import BlobStore, Random
from archiver.errors import SealBroken

_NONCE = 12
_GENERATION = re.compile(r"(?:kek|quarantine)/([0-9]+)\.([0-9]+)")
_INTENT = b"diarkiv/intent/v1"
_LOOKUP = b"diarkiv/lookup/v1"


def kek_name(cohort: int, generation: int) -> str:
    return f"kek/{cohort}.{generation}"


def quarantine_name(cohort: int, generation: int) -> str:
    return f"quarantine/{cohort}.{generation}"


def channel_key_name(channel: int) -> str:
    return f"channel/{channel}"


def signing_key_name(origin: str) -> str:
    return f"signing/{origin}"


def wrap_line(kek: AESGCM, frame_id: bytes, dek: bytes) -> bytes:
    """The key file's line for one frame, 195 bytes."""
    return key_line(frame_id, kek.encrypt(frame_id[:_NONCE], dek, frame_id))


def unwrap_line(kek: AESGCM, frame_id: bytes, line: bytes) -> bytes:
    """The data key in a line; `SealBroken` if the line is another frame's or damaged."""
    try:
        if line[:32] != frame_id.hex().encode():
            raise SealBroken("A key line belongs to another frame.")
        return kek.decrypt(frame_id[:_NONCE], bytes.fromhex(line[33:129].decode()), frame_id)
    except (InvalidTag, ValueError) as error:
        raise SealBroken("A wrapped key does not open under its cohort's key.") from error


def lookup_key(dek: bytes) -> bytes:
    """HMAC key for the digests of one frame's content in the tables, 32 bytes. It follows from
    the frame's own key: it goes where that goes, and dies with it."""
    return hmac.digest(dek, _LOOKUP, "sha256")


class Secrets:
    """The root-sealed secret store. Values are bytes; they never leave this object but to callers
    that use them at once, and `repr` shows none."""

    def __init__(self, store: BlobStore, root: bytes, random: Random) -> None:
        self._store = store
        self._root = AESGCM(root)
        self._random = random
        self._data: bytes | None = None
        self._lines: dict[str, str] = {}
        self._opened: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return "<Secrets>"

    def load(self) -> None:
        """Read the file if it changed; `DigestMismatch` if its digest line does not fit."""
        size = self._store.size(SECRETS)
        data = None if size is None else self._store.get(SECRETS)
        if data != self._data:
            self._lines = parse_secrets(data) if data is not None else {}
            self._opened = {}
            self._data = data

    def get(self, name: str) -> bytes:
        """The secret of that name; `SealBroken` if it is absent (destroyed) or the root differs."""
        found = self._opened.get(name)
        if found is None:
            if name not in self._lines:
                self.load()
            line = self._lines.get(name)
            if line is None:
                raise SealBroken(f"The key {name} is not in this home's secret store.")
            sealed = bytes.fromhex(line)
            try:
                found = self._root.decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
            except InvalidTag as error:
                raise SealBroken(
                    "The root key does not open this home's secrets.",
                    remedy="Use the root key or passphrase this home was created with.",
                ) from error
            self._opened[name] = found
        return found

    def has(self, name: str) -> bool:
        """Whether a secret of that name exists."""
        if name not in self._lines:
            self.load()
        return name in self._lines

    def add(self, secrets: Mapping[str, bytes]) -> None:
        """Store new secrets durably. The caller holds the writer's lock."""
        self.load()
        lines = dict(self._lines)
        for name, value in secrets.items():
            nonce = self._random(_NONCE)
            lines[name] = (nonce + self._root.encrypt(nonce, value, name.encode())).hex()
        self._replace(lines)
        self._opened.update(secrets)

    def remove(self, names: Iterable[str]) -> None:
        """Destroy secrets, durably. The caller holds the writer's lock."""
        self.load()
        gone = set(names)
        if gone & self._lines.keys():
            self._replace({name: line for name, line in self._lines.items() if name not in gone})
        for name in gone:
            self._opened.pop(name, None)

    def names(self) -> list[str]:
        """Names of all secrets there are."""
        self.load()
        return list(self._lines)

    def _replace(self, lines: dict[str, str]) -> None:
        data = render_secrets(lines)
        self._store.swap(SECRETS, data, expect=self._data)
        self._data, self._lines = data, lines  # only now: a key that is not durable does not exist


class KeyRing:
    """Key-encryption keys, channel keys and the log's signing key."""

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets
        self._keks: dict[tuple[int, int], AESGCM] = {}

    def reload(self) -> None:
        """Forget what is cached and read the secret store again: another process may have written,
        or a batch that opened a cohort may have been cut."""
        self._keks.clear()
        self.secrets.load()

    def kek(self, cohort: int, generation: int) -> AESGCM:
        """The cipher that wraps a cohort generation's data keys."""
        found = self._keks.get((cohort, generation))
        if found is None:
            kek = self.secrets.get(kek_name(cohort, generation))
            found = AESGCM(kek)
            # An older generation's KEK was destroyed: a process that goes on forgets it too.
            self._keks = {key: kept for key, kept in self._keks.items() if key[0] != cohort}
            self._keks[(cohort, generation)] = found
        return found

    def is_closed(self, cohort: int, generation: int) -> bool:
        """Whether the generation's KEK lies under a key that is not in this home."""
        return self.secrets.has(quarantine_name(cohort, generation))

    def generations(self) -> Iterator[tuple[str, int, int]]:
        """(name, cohort, generation) of each KEK in the secret store, closed ones too."""
        for name in self.secrets.names():
            if found := _GENERATION.fullmatch(name):
                yield name, int(found[1]), int(found[2])

    def destroy(self, names: Iterable[str]) -> None:
        """Destroy KEKs by name, here and in the secret store, durably."""
        names = list(names)
        for name in names:
            if found := _GENERATION.fullmatch(name):
                self._keks.pop((int(found[1]), int(found[2])), None)
        self.secrets.remove(names)

    def channel(self, channel: int) -> bytes:
        """HMAC key for native and author ids of a channel, 32 bytes."""
        return self.secrets.get(channel_key_name(channel))

    def intent_mac(self, origin: str, body: bytes) -> bytes:
        """MAC over a head that is about to be written, 32 bytes; only a holder of keys makes it."""
        key = hmac.digest(self.secrets.get(signing_key_name(origin)), _INTENT, "sha256")
        return hmac.digest(key, body, "sha256")

    def signer(self, origin: str) -> Ed25519PrivateKey:
        """The log's signing key."""
        return Ed25519PrivateKey.from_private_bytes(self.secrets.get(signing_key_name(origin)))


def new_keys(names: Iterable[str], random: Random) -> dict[str, bytes]:
    """Fresh 32-byte secrets for `Secrets.add`."""
    return {name: random(32) for name in names}
