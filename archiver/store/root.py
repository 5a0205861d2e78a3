"""The root key file: 32 random bytes, plain (0600) or under a passphrase (scrypt).

    {"key":"<64 hex>","sha256":"…","v":1}                       plain
    {"n":…,"p":…,"r":…,"salt":"…","sealed":"…","sha256":"…","v":1}   under a passphrase

`sha256` is over the object without it, so that rot is found without the passphrase.
Unattended starts read the key from the file, a systemd credential (`CREDENTIALS_DIRECTORY`), or
the environment (`DIARKIV_ROOT_KEY`, `DIARKIV_PASSPHRASE`). scrypt: RFC 7914.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import scrypt
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from archiver.core.canonical import Json
from archiver.core.layout import ROOT_KEY, parse_root, render_root
from archiver.core.ports import Random
from archiver.errors import ConfigError, DigestMismatch, SealBroken

_N, _R, _P = 2**15, 8, 1  # 32 MiB, about 0.1 s
_MAX_MEMORY = 128 * 2**20


def render(root: bytes, passphrase: str | None, random: Random) -> bytes:
    """The file's bytes for a 32-byte root key."""
    if passphrase is None:
        return render_root({"key": root.hex(), "v": 1})
    salt = random(16)
    sealed = _cipher(passphrase, salt, _N, _R, _P).encrypt(salt[:12], root, b"diarkiv/root/v1")
    costs: dict[str, Json] = {"n": _N, "p": _P, "r": _R}
    return render_root({**costs, "salt": salt.hex(), "sealed": sealed.hex(), "v": 1})


def needs_passphrase(data: bytes) -> bool:
    """Whether the key in the file is under a passphrase."""
    return "sealed" in parse_root(data)


def unlock(data: bytes, passphrase: str | None) -> bytes:
    """The 32-byte root key; `SealBroken` if the passphrase is wrong, `ConfigError` if missing."""
    fields = parse_root(data)
    if "key" in fields:
        return bytes.fromhex(str(fields["key"]))
    if passphrase is None:
        raise ConfigError(
            "This home's root key is under a passphrase.",
            remedy="Set DIARKIV_PASSPHRASE, give the systemd credential diarkiv-passphrase, or run "
            "the command in a terminal.",
        )
    salt = bytes.fromhex(str(fields["salt"]))
    n, r, p = (int(str(fields[key])) for key in ("n", "r", "p"))
    try:
        return _cipher(passphrase, salt, n, r, p).decrypt(
            salt[:12], bytes.fromhex(str(fields["sealed"])), b"diarkiv/root/v1"
        )
    except InvalidTag as error:
        raise SealBroken(
            "The passphrase is wrong.", remedy="Nothing was changed; try again."
        ) from error


def find(home: Path, environment: Mapping[str, str], passphrase: str | None) -> bytes:
    """The root key from the environment, a systemd credential or the home's own file."""
    if key := environment.get("DIARKIV_ROOT_KEY"):
        return _from_hex(key, "DIARKIV_ROOT_KEY")
    folder = environment.get("CREDENTIALS_DIRECTORY")
    if folder and (credential := Path(folder) / "diarkiv-root-key").exists():
        return _from_hex(credential.read_text().strip(), "the systemd credential")
    if folder and (credential := Path(folder) / "diarkiv-passphrase").exists():
        passphrase = credential.read_text().rstrip("\n")
    passphrase = environment.get("DIARKIV_PASSPHRASE", passphrase)
    path = home / ROOT_KEY
    if not path.exists():
        raise ConfigError(
            f"{path} does not exist.", remedy="Run `diarkiv init`, or restore the escrow copy."
        )
    return unlock(path.read_bytes(), passphrase)


def _from_hex(text: str, source: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigError(f"The root key in {source} is not 64 hexadecimal digits.")
    return key


def _cipher(passphrase: str, salt: bytes, n: int, r: int, p: int) -> AESGCM:
    if n > 2**20 or r > 32 or p > 16:
        raise DigestMismatch("root.key asks for unreasonable scrypt costs.")
    key = scrypt(passphrase.encode(), salt=salt, n=n, r=r, p=p, maxmem=_MAX_MEMORY * 8, dklen=32)
    return AESGCM(key)
