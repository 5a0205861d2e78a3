"""What is tried on the archive's bucket, one method a check: each does what must work, or what must
be refused, and says in words what that means.

Objects lie below `probe/`; those that are locked are so for half a minute.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from enum import IntEnum
from hashlib import md5
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from archiver.core.ports import Clock
from archiver.errors import LockInForce
from archiver.store.replica import Mode
from archiver.store.s3 import BucketAddress, Clients, S3Store, code_of

PLACE = "probe"
_LOCKED_FOR = 30_000  # milliseconds
_SKEW = 60_000
_PART = 5 * 2**20


class Check(IntEnum):
    """What is tried; the numbers stand in the log and never change their meaning."""

    REACHED = 1
    CLOCK = 2
    RIGHTS = 3
    IF_NONE_MATCH = 4
    IF_MATCH = 5
    VERSIONING = 6
    OBJECT_LOCK = 7
    GOVERNANCE = 8
    BYPASS = 9
    COMPLIANCE = 10
    LEGAL_HOLD = 11
    MULTIPART = 12
    LEFT_BEHIND = 13
    KEYS_PLAIN = 14
    KEYS_APART = 15


class State(IntEnum):
    """How a check ended."""

    PASSED = 0
    ATTENTION = 1
    FAILED = 2


class Outcome(NamedTuple):
    """One check: how it ended, what was seen, what to do."""

    check: Check
    state: State
    what: str
    remedy: str = ""


class Probed(NamedTuple):
    """A place that is probed."""

    connected: Clients
    address: BucketAddress


def is_refused(call: Callable[[], object]) -> bool:
    """Whether the server says no; an answer of another kind is raised."""
    try:
        call()
    except ClientError as error:
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if 400 <= status < 500 and status != 404:
            return True
        raise
    return False


class Trial:
    """The checks of the archive's bucket."""

    def __init__(self, place: Probed, clock: Clock, mark: str) -> None:
        self._s3, self._address, self._clock = place.connected.once, place.address, clock
        self._store = S3Store(place.connected, place.address, clock)
        self._mark = mark

    def _at(self, name: str) -> dict[str, str]:
        key = f"{self._address.prefix}{PLACE}/{self._mark}-{name}"
        return {"Bucket": self._address.bucket, "Key": key}

    def _put(self, name: str, data: bytes, **more: object) -> str:
        digest = b64encode(md5(data, usedforsecurity=False).digest()).decode()
        answer = self._s3.put_object(**self._at(name), Body=data, ContentMD5=digest, **more)
        return str(answer.get("VersionId", ""))

    def _until(self) -> datetime:
        at = self._clock.now() + _LOCKED_FOR
        return datetime.fromtimestamp(at // 1000, UTC)

    def _locked(self, name: str, mode: Mode) -> dict[str, str]:
        """Where a new object lies, in just that version, that is locked for half a minute."""
        until = self._until()
        version = self._put(
            name, b"probe", ObjectLockMode=mode.value, ObjectLockRetainUntilDate=until
        )
        return {**self._at(name), **({"VersionId": version} if version else {})}

    def reached(self) -> Outcome:
        self._s3.head_bucket(Bucket=self._address.bucket)
        return Outcome(
            Check.REACHED, State.PASSED, "The bucket answers, and knows the credentials."
        )

    def clock(self) -> Outcome:
        answer = self._s3.head_bucket(Bucket=self._address.bucket)
        said = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
        try:
            there = datetime.strptime(said, "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=UTC)
        except ValueError:
            return Outcome(Check.CLOCK, State.ATTENTION, "The server does not say what time it is.")
        skew = abs(there.timestamp() * 1000 - self._clock.now())
        if skew > _SKEW:
            return Outcome(
                Check.CLOCK,
                State.FAILED,
                f"The server's clock and this machine's differ by {skew / 1000:.0f} seconds.",
                "Set the clock that is wrong; locks end by the server's.",
            )
        return Outcome(Check.CLOCK, State.PASSED, "The clocks agree to within a minute.")

    def rights(self) -> Outcome:
        at = self._at("rights")
        self._put("rights", b"probe")
        same = self._s3.get_object(**at)["Body"].read() == b"probe"
        listed = list(self._store.names(PLACE))
        self._store.delete(f"{PLACE}/{self._mark}-rights")
        if not same or not any(name.endswith("-rights") for name in listed):
            return Outcome(
                Check.RIGHTS,
                State.FAILED,
                "What was written is not what is read or listed.",
                "Ask the storage's operator; this server cannot be used.",
            )
        return Outcome(Check.RIGHTS, State.PASSED, "Objects can be written, read, listed, removed.")

    def if_none_match(self) -> Outcome:
        self._put("once", b"first", IfNoneMatch="*")
        refused = is_refused(lambda: self._put("once", b"second", IfNoneMatch="*"))
        if not refused or self._s3.get_object(**self._at("once"))["Body"].read() != b"first":
            return Outcome(
                Check.IF_NONE_MATCH,
                State.FAILED,
                "If-None-Match is not honoured: an object can be overwritten unseen.",
                "Use a server that honours conditional writes.",
            )
        return Outcome(Check.IF_NONE_MATCH, State.PASSED, "If-None-Match keeps what is there.")

    def if_match(self) -> Outcome:
        self._put("swap", b"first")
        tag = self._s3.head_object(**self._at("swap"))["ETag"]
        self._put("swap", b"second", IfMatch=tag)
        refused = is_refused(lambda: self._put("swap", b"third", IfMatch=tag))
        if not refused or self._s3.get_object(**self._at("swap"))["Body"].read() != b"second":
            return Outcome(
                Check.IF_MATCH,
                State.FAILED,
                "If-Match is not honoured: two copies of this home would not be told apart.",
                "Use a server that honours conditional writes.",
            )
        return Outcome(Check.IF_MATCH, State.PASSED, "If-Match lets one of two writers win.")

    def versioning(self) -> Outcome:
        if self._store.is_versioned():
            return Outcome(
                Check.VERSIONING, State.PASSED, "The bucket keeps versions, as locks need."
            )
        return Outcome(
            Check.VERSIONING,
            State.FAILED,
            "The bucket keeps no versions: a locked object could be written over.",
            "Make a new bucket with Object Lock, which brings versions with it.",
        )

    def object_lock(self) -> Outcome:
        try:
            found = self._s3.get_object_lock_configuration(Bucket=self._address.bucket)
        except ClientError as error:
            if code_of(error) not in {"ObjectLockConfigurationNotFoundError", "404"}:
                raise
            found = {}
        rule: dict[str, Any] = found.get("ObjectLockConfiguration", {})
        if rule.get("ObjectLockEnabled") != "Enabled":
            return Outcome(
                Check.OBJECT_LOCK,
                State.FAILED,
                "Object Lock is off.",
                "Make a new bucket with Object Lock; most servers cannot turn it on later.",
            )
        if rule.get("Rule"):
            return Outcome(
                Check.OBJECT_LOCK,
                State.ATTENTION,
                "The bucket locks everything by a rule of its own.",
                "Remove the default retention: it keeps every version of the open ends, and can "
                "reach past the day something is due for disposal.",
            )
        return Outcome(Check.OBJECT_LOCK, State.PASSED, "Object Lock is on.")

    def governance(self) -> Outcome:
        at = self._locked("governance", Mode.GOVERNANCE)
        if not is_refused(lambda: self._s3.delete_object(**at)):
            return Outcome(
                Check.GOVERNANCE,
                State.FAILED,
                "A locked object (GOVERNANCE) was removed.",
                "Use a server whose Object Lock works.",
            )
        return Outcome(
            Check.GOVERNANCE, State.PASSED, "An object under GOVERNANCE cannot be removed."
        )

    def bypass(self) -> Outcome:
        at = self._locked("bypass", Mode.GOVERNANCE)
        if not is_refused(lambda: self._s3.delete_object(**at, BypassGovernanceRetention=True)):
            return Outcome(
                Check.BYPASS,
                State.ATTENTION,
                "These credentials may pass over GOVERNANCE locks.",
                "Take s3:BypassGovernanceRetention from them; Diarkiv never uses it.",
            )
        return Outcome(
            Check.BYPASS, State.PASSED, "These credentials cannot pass over GOVERNANCE locks."
        )

    def compliance(self) -> Outcome:
        at = self._locked("compliance", Mode.COMPLIANCE)
        sooner = datetime.fromtimestamp(self._clock.now() // 1000 + 5, UTC)
        shorter = {"Mode": Mode.COMPLIANCE.value, "RetainUntilDate": sooner}
        calls: tuple[Callable[[], object], ...] = (
            lambda: self._s3.put_object_retention(**at, Retention=shorter),
            lambda: self._s3.put_object_retention(
                **at, Retention=shorter, BypassGovernanceRetention=True
            ),
            lambda: self._s3.delete_object(**at),
            lambda: self._s3.delete_object(**at, BypassGovernanceRetention=True),
        )
        if not all(is_refused(call) for call in calls):
            return Outcome(
                Check.COMPLIANCE,
                State.FAILED,
                "A lock in COMPLIANCE mode was shortened or passed over.",
                "Use a server whose Object Lock works.",
            )
        return Outcome(
            Check.COMPLIANCE,
            State.PASSED,
            "A lock in COMPLIANCE mode can be neither shortened nor passed over.",
        )

    def legal_hold(self) -> Outcome:
        version = self._put("hold", b"probe")
        at = {**self._at("hold"), **({"VersionId": version} if version else {})}
        self._s3.put_object_legal_hold(**at, LegalHold={"Status": "ON"})
        refused = is_refused(lambda: self._s3.delete_object(**at))
        if refused:
            self._s3.put_object_legal_hold(**at, LegalHold={"Status": "OFF"})
            self._s3.delete_object(**at)
            return Outcome(
                Check.LEGAL_HOLD, State.PASSED, "A legal hold keeps an object, and can be lifted."
            )
        return Outcome(
            Check.LEGAL_HOLD,
            State.FAILED,
            "An object on legal hold was removed.",
            "Use a server whose legal holds work.",
        )

    def multipart(self) -> Outcome:
        """Diarkiv writes each object at once; a copy made by another tool may come in parts."""
        at, until = self._at("multipart"), self._until()
        upload = self._s3.create_multipart_upload(
            **at, ObjectLockMode=Mode.GOVERNANCE.value, ObjectLockRetainUntilDate=until
        )["UploadId"]
        try:
            part = self._s3.upload_part(**at, UploadId=upload, PartNumber=1, Body=b"x" * _PART)
            parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
            self._s3.complete_multipart_upload(**at, UploadId=upload, MultipartUpload=parts)
        except (ClientError, BotoCoreError):
            with suppress(ClientError, BotoCoreError):  # the first error is the one to be told
                self._s3.abort_multipart_upload(**at, UploadId=upload)
            raise
        if not self._s3.head_object(**at).get("ObjectLockRetainUntilDate"):
            return Outcome(
                Check.MULTIPART,
                State.ATTENTION,
                "An object that is written in parts gets no lock.",
                "Diarkiv writes none so; copy nothing into this bucket with other tools.",
            )
        return Outcome(
            Check.MULTIPART, State.PASSED, "An object that is written in parts is locked too."
        )

    def clean(self) -> Outcome:
        """Remove what this probe and earlier ones left, as far as it may be."""
        left = 0
        for name in list(self._store.names(PLACE)):
            try:
                self._store.delete(name)
            except LockInForce:
                left += 1
        what = "Nothing of the probe was left behind."
        if left:
            what = f"{left} small objects below {PLACE}/ are locked for half a minute; the next "
            what += "probe removes them."
        return Outcome(Check.LEFT_BEHIND, State.PASSED, what)
