"""The S3 adapter: objects in a bucket, written under conditions and locked.

Implements `BlobStore` and `store.replica.Bucket` on boto3. `put` is If-None-Match, `swap` If-Match
with the ETag of the bytes that were compared. A write is sent once: whether a write that failed has
landed is for the caller to see, by writing again. Reads are repeated by boto3 itself.

Invariants: of an object that is deleted or swapped no older version stays, as far as no lock keeps
it; no message holds a secret, an endpoint or a bucket's name. Every write bears the MD5 of its
bytes, which S3 asks of locked objects, and which keeps a damaged transfer from being kept.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from archiver.core.ports import Clock
from archiver.errors import (
    AlreadyExists,
    ConfigError,
    LockInForce,
    NotFound,
    StoreUnavailable,
)
from archiver.store.filesystem import checked_name
from archiver.store.replica import Kept, Lock, refuse_removal

_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9._/-]*))?")
_LOCAL = {"127.0.0.1", "::1", "localhost"}
_CONNECT, _READ, _READ_ATTEMPTS, _CONFLICTS = 10, 60, 4, 5
_NOT_THERE = {"404", "NoSuchKey", "NoSuchVersion", "NotFound"}
_REMEDIES = {
    "NoSuchBucket": "Make the bucket, with Object Lock; see the operator's guide.",
    "InvalidAccessKeyId": "Check DIARKIV_S3_ACCESS_KEY, or its systemd credential.",
    "SignatureDoesNotMatch": "Check DIARKIV_S3_SECRET_KEY, or its systemd credential.",
    "RequestTimeTooSkewed": "Set this machine's clock.",
    "AccessDenied": "Give the credentials the rights in the operator's guide.",
    "403": "Give the credentials the rights in the operator's guide.",
}


class BucketAddress(NamedTuple):
    """`s3://BUCKET/PREFIX`. The prefix is empty or ends with a slash."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, url: str) -> BucketAddress:
        """`ConfigError` if it is no such address."""
        found = _ADDRESS.fullmatch(url)
        prefix = (found[2] or "").strip("/") if found else ""
        if not found or (prefix and ("//" in prefix or ".." in prefix)):
            raise ConfigError("A store's address is written s3://BUCKET or s3://BUCKET/PREFIX.")
        return cls(found[1], f"{prefix}/" if prefix else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a store is reached. `endpoint` is empty for Amazon's own; `named` is what the credentials
    are called. Nothing of it is shown."""

    endpoint: str
    region: str
    access_key: str
    secret_key: str
    named: str = "S3"

    def __repr__(self) -> str:
        return "<Access>"

    def check(self) -> None:
        """`ConfigError` unless there are credentials, and the endpoint is one to send them to."""
        parts = urlsplit(self.endpoint)
        if parts.username or parts.password or "@" in parts.netloc:
            raise ConfigError("store_endpoint must hold no credentials.")
        plain = parts.scheme == "http" and parts.hostname in _LOCAL
        if self.endpoint and (not parts.hostname or not (parts.scheme == "https" or plain)):
            raise ConfigError(
                "store_endpoint must be an https address.",
                remedy="http is for a server on this machine only.",
            )
        if not (self.access_key and self.secret_key):
            raise ConfigError(
                "The store has no credentials.",
                remedy=f"Give DIARKIV_{self.named}_ACCESS_KEY and DIARKIV_{self.named}_SECRET_KEY, "
                "or systemd credentials of these names in small letters with hyphens.",
            )


class Clients(NamedTuple):
    """Two clients of one store: what changes something is sent once, reads are repeated."""

    once: Any
    again: Any


def clients(access: Access) -> Clients:
    """Connect lazily; `ConfigError` if the access is not well set. Safe to share over threads."""
    access.check()
    session = boto3.session.Session(
        aws_access_key_id=access.access_key,
        aws_secret_access_key=access.secret_key,
        region_name=access.region or "us-east-1",
    )

    def made(attempts: int) -> Any:
        return session.client(
            "s3",
            endpoint_url=access.endpoint or None,
            config=Config(
                connect_timeout=_CONNECT,
                read_timeout=_READ,
                retries={"mode": "standard", "total_max_attempts": attempts},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path"} if access.endpoint else {},
            ),
        )

    return Clients(made(1), made(_READ_ATTEMPTS))


def code_of(error: ClientError) -> str:
    """S3's code of what went wrong."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn boto3's errors into ones that say which object and what to do, and nothing else."""
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if code in _NOT_THERE:
            raise NotFound(f"The bucket has no object {name}.") from None
        remedy = _REMEDIES.get(code, "It is tried again; see the store's own status.")
        shown = code if re.fullmatch(r"\w{1,40}", code) else "an error"
        raise StoreUnavailable(f"The store answered {shown} for {name}.", remedy=remedy) from None
    except BotoCoreError as error:
        raise StoreUnavailable(
            f"The store could not be reached for {name} ({type(error).__name__}).",
            remedy="Check store_endpoint and the network; nothing was lost.",
        ) from None


class S3Store:
    """The objects of one bucket below a prefix."""

    def __init__(self, connected: Clients, address: BucketAddress, clock: Clock) -> None:
        self._once, self._again = connected
        self._bucket, self._prefix = address
        self._clock = clock

    def _at(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + checked_name(name)}

    # --- BlobStore ---------------------------------------------------------------------------

    def put(self, name: str, data: bytes) -> None:
        self.put_locked(name, data, None)

    def put_locked(self, name: str, data: bytes, lock: Lock | None) -> None:
        """As `put`; a new object is locked from its first instant."""
        more: dict[str, object] = {"IfNoneMatch": "*"}
        if lock:
            more |= {
                "ObjectLockMode": lock.mode.value,
                "ObjectLockRetainUntilDate": _instant(lock.until),
            }
        if not self._write(name, data, more) and self.get(name) != data:
            raise AlreadyExists(f"The object {name} exists with other bytes.")

    def swap(self, name: str, data: bytes, *, expect: bytes | None) -> None:
        at = self._at(name)
        more: dict[str, object] = {"IfNoneMatch": "*"}
        if expect is not None:
            try:
                with explained(name):
                    found = self._again.get_object(**at)
                    same = found["Body"].read() == expect
            except NotFound:
                same = False
            if not same:
                raise AlreadyExists(f"The object {name} was changed by another process.")
            more = {"IfMatch": found["ETag"]}
        if not self._write(name, data, more):
            raise AlreadyExists(f"The object {name} was changed by another process.")
        if expect is not None:
            self._forget_older(name)

    def get(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        at = self._at(name)
        if length == 0:
            if self.size(name) is None:
                raise NotFound(f"The bucket has no object {name}.")
            return b""
        end = "" if length is None else start + length - 1
        more = {"Range": f"bytes={start}-{end}"} if start or length is not None else {}
        with explained(name):
            try:
                data: bytes = self._again.get_object(**at, **more)["Body"].read()
            except ClientError as error:
                if code_of(error) not in {"InvalidRange", "416"}:
                    raise
                return b""
        return data

    def size(self, name: str) -> int | None:
        kept = self.kept(name)
        return kept.size if kept else None

    def names(self, prefix: str) -> Iterator[str]:
        yield from (name for name, _ in self.sizes(prefix))

    def delete(self, name: str) -> None:
        versions = self._versions(name)
        if not versions:
            raise NotFound(f"The bucket has no object {name}.")
        for version in versions:  # all of them are looked at before any is removed
            if version.is_object:
                refuse_removal(name, self._kept(name, version.id), self._clock.now())
        for version in versions:
            self._remove(name, version)

    # --- Bucket ------------------------------------------------------------------------------

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """(name, bytes) of the objects under a folder, sorted."""
        folder = self._at(prefix.removesuffix("/"))["Key"] + "/"
        found = []
        with explained(prefix):
            pages = self._again.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=folder):
                for one in page.get("Contents", ()):
                    found.append((one["Key"].removeprefix(self._prefix), int(one["Size"])))
        yield from sorted(found)

    def kept(self, name: str) -> Kept | None:
        """How an object stands, None if there is none."""
        try:
            return self._kept(name)
        except NotFound:
            return None

    def lock(self, name: str, lock: Lock) -> None:
        """Lock an object for longer."""
        until = {"Mode": lock.mode.value, "RetainUntilDate": _instant(lock.until)}
        with explained(name):
            self._once.put_object_retention(**self._at(name), Retention=until)

    def hold(self, name: str, *, on: bool) -> None:
        """Put an object on legal hold, or lift it."""
        status = {"Status": "ON" if on else "OFF"}
        with explained(name):
            self._once.put_object_legal_hold(**self._at(name), LegalHold=status)

    def replace(self, name: str, data: bytes) -> None:
        """Write an object whatever it held: for buckets without versions or locks."""
        self._write(name, data, {})

    def is_versioned(self) -> bool:
        """Whether the bucket keeps what is overwritten or deleted."""
        with explained("(versioning)"):
            found = self._again.get_bucket_versioning(Bucket=self._bucket)
        return bool(found.get("Status"))

    # --- inside ------------------------------------------------------------------------------

    def _write(self, name: str, data: bytes, more: Mapping[str, object]) -> bool:
        """Whether it was written; False if the condition in `more` does not hold."""
        digest = b64encode(md5(data, usedforsecurity=False).digest()).decode()
        at = self._at(name)
        for attempt in range(_CONFLICTS):
            with explained(name):
                try:
                    self._once.put_object(**at, Body=data, ContentMD5=digest, **more)
                except ClientError as error:
                    code = code_of(error)
                    if code in {"PreconditionFailed", "412"}:
                        return False
                    if "IfMatch" in more and code in _NOT_THERE:
                        return False
                    # Two conditional writes at once: S3 judges neither, and asks for another try.
                    if code != "ConditionalRequestConflict" or attempt + 1 == _CONFLICTS:
                        raise
                else:
                    return True
        return False

    def _kept(self, name: str, version: str = "") -> Kept:
        more = {"VersionId": version} if version else {}
        with explained(name):
            found = self._again.head_object(**self._at(name), **more)
        until = found.get("ObjectLockRetainUntilDate")
        return Kept(
            int(found["ContentLength"]),
            None if until is None else int(until.timestamp() * 1000),
            found.get("ObjectLockLegalHoldStatus") == "ON",
        )

    def _versions(self, name: str) -> list[_Version]:
        """Every version of an object and every mark of its deletion, the newest first."""
        at, found = self._at(name), []
        with explained(name):
            pages = self._again.get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self._bucket, Prefix=at["Key"]):
                for kind in ("Versions", "DeleteMarkers"):
                    for one in page.get(kind, ()):
                        if one["Key"] == at["Key"]:
                            is_newest = bool(one.get("IsLatest"))
                            found.append(_Version(one["VersionId"], kind == "Versions", is_newest))
        return found

    def _remove(self, name: str, version: _Version) -> None:
        with explained(name):
            try:
                self._once.delete_object(**self._at(name), VersionId=version.id)
            except ClientError as error:
                if code_of(error) not in {"AccessDenied", "403"} or not version.is_object:
                    raise
                kept = self._kept(name, version.id)
                refuse_removal(name, kept, self._clock.now())
                raise

    def _forget_older(self, name: str) -> None:
        """What a swap replaced is not to lie about; what a lock of the bucket's own keeps stays."""
        for version in self._versions(name):
            if not version.is_newest:
                with suppress(LockInForce, NotFound):
                    self._remove(name, version)


class _Version(NamedTuple):
    id: str
    is_object: bool
    is_newest: bool


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
