"""The one tree of errors.

Each error says what happened, where, and what to do about it; none carries personal data
(file names, sequence numbers and codes only). They are caught in three places: the web shell
(problem page, RFC 9457), the command line (exit code) and the job runner (retry or park).
Standard library only: the offline verifier carries this module.
"""

from __future__ import annotations

from typing import ClassVar


class DiarkivError(Exception):
    """Base of every error of the product.

    `code` is stable data for machines, `remedy` one sentence on what to do now.
    `exit_code` is what the command line ends with: 0 complete, 1 partial (gaps recorded),
    2 usage or configuration, 3 a rule says no, 4 a source failed wholly, 5 integrity.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class ConfigError(DiarkivError):
    """Usage or settings are wrong; nothing was done."""

    code = "config"


class HomeBusy(ConfigError):
    """Another worker already serves this home."""

    code = "home-busy"


class RuleViolation(DiarkivError):
    """A rule of law or of the authority says no."""

    code = "rule"
    exit_code = 3


class AccessRefused(RuleViolation):
    """The person may not see or do this."""

    code = "access-refused"


class DisposalNotAuthorised(RuleViolation):
    """No decision in force lets it go (arkivlagen 1990:782), or it is not due."""

    code = "disposal-not-authorised"


class HoldInForce(RuleViolation):
    """A disposal hold keeps it."""

    code = "hold-in-force"


class SecondPersonNeeded(RuleViolation):
    """Somebody else has to do this."""

    code = "second-person-needed"


class SetChanged(RuleViolation):
    """It is no longer the set that was looked at."""

    code = "set-changed"


class LockInForce(RuleViolation):
    """A stored object is locked or on legal hold, and is not removed before its time."""

    code = "lock-in-force"


class IntegrityError(DiarkivError):
    """Stored bytes are not what was sealed. Nothing is repaired silently."""

    code = "integrity"
    exit_code = 5


class NotCanonical(IntegrityError):
    """Bytes that are not the one canonical form of their value."""

    code = "not-canonical"


class DigestMismatch(IntegrityError):
    """A stored object does not have the digest the log gives it."""

    code = "digest-mismatch"


class ProofInvalid(IntegrityError):
    """An inclusion, consistency or disclosure proof does not compute."""

    code = "proof-invalid"


class CheckpointForked(IntegrityError):
    """The log on disk contradicts, or is shorter than, a head that was signed."""

    code = "checkpoint-forked"


class SignatureInvalid(IntegrityError):
    """A signature does not verify under the expected key."""

    code = "signature-invalid"


class SealBroken(IntegrityError):
    """A frame or a wrapped key does not open under its key."""

    code = "seal-broken"


class SourceError(DiarkivError):
    """The platform did not give what was asked for."""

    code = "source"
    exit_code = 4


class SourceUnavailable(SourceError):
    """The platform cannot be reached or asks us to wait; `retry_after` is in seconds."""

    code = "source-unavailable"

    def __init__(self, message: str, *, remedy: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class SourceQuotaExhausted(SourceUnavailable):
    """The platform's limit is used up; `retry_after` says until when, in seconds."""

    code = "source-quota-exhausted"


class SourceRefusedLogin(SourceError):
    """The platform does not accept the credential, or the credential sees too little."""

    code = "source-refused-login"


class SourceLoginExpired(SourceRefusedLogin):
    """The credential was good and has run out."""

    code = "source-login-expired"


class SourceMissingRights(SourceRefusedLogin):
    """The credential is accepted, but sees too little."""

    code = "source-missing-rights"


class SourceAccountGone(SourceError):
    """The account is deactivated, suspended, unpublished or deleted: it may come back."""

    code = "source-account-gone"


class SourceRefusedAddress(SourceError):
    """The address is private, local or otherwise not one a harvester may visit."""

    code = "source-refused-address"


class SourceChanged(SourceError):
    """The platform answered in a shape this connector does not know; its bytes are kept."""

    code = "source-changed"


class SourceLoops(SourceChanged):
    """A list leads back to where it began, or never ends."""

    code = "source-loops"


class SourceVersionSunset(SourceChanged):
    """The platform no longer serves the version of its API that this connector speaks."""

    code = "source-version-sunset"


class PushForged(SourceError):
    """A push message does not bear the platform's signature; nothing of it was kept."""

    code = "push-forged"


class NotDelivered(DiarkivError):
    """An alert did not reach anybody; it is kept and sent again. `reason` is a code."""

    code = "not-delivered"
    exit_code = 1

    def __init__(self, message: str, *, remedy: str = "", reason: str = "nobody") -> None:
        super().__init__(message, remedy=remedy)
        self.reason = reason


class TimestampUnavailable(DiarkivError):
    """No time-stamp authority gave a stamp that holds; what waits for one waits."""

    code = "timestamp-unavailable"
    exit_code = 4


class StoreError(DiarkivError):
    """The storage did not do what was asked."""

    code = "store"


class NotFound(StoreError):
    """No such object."""

    code = "not-found"


class AlreadyExists(StoreError):
    """An object of that name exists with other bytes, or changed since it was read."""

    code = "already-exists"


class StoreUnavailable(StoreError):
    """The storage is full, read-only or gone."""

    code = "store-unavailable"


class ExportError(DiarkivError):
    """A document or a package could not be made; nothing left the archive."""

    code = "export"


class RenderFailed(ExportError):
    """A document could not be set as PDF. The message holds nothing of its text."""

    code = "render-failed"


class CannotRedact(ExportError):
    """A received file cannot be masked so that nothing is left; it is withheld. `reason` is a code
    (`gdpr.redaction.answer`), `number` what was too many. The message holds nothing of the file."""

    code = "cannot-redact"

    def __init__(
        self, message: str, *, remedy: str = "", reason: str = "corrupt", number: int = 0
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.reason = reason
        self.number = number


class DocumentInvalid(IntegrityError):
    """A document of record lacks what it must say, or says what cannot be; each fault is named."""

    code = "document-invalid"
