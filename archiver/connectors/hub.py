"""Push messages as Meta's platforms send them: the greeting, and the signature over the raw body.

Source: "Webhooks: Getting Started" in Meta's Graph API documentation. What decides how this reads:

- A new address is greeted by GET with `hub.mode=subscribe`, `hub.verify_token` (a word the owner of
  the address chose) and `hub.challenge`, which is to be sent back as it is.
- A message is signed: `X-Hub-Signature-256: sha256=<HMAC-SHA256 of the raw body, key = the app's
  secret>`. The older SHA-1 header is not accepted.
- The word to choose is derived from the app's secret, so that there is no second secret to keep;
  it tells nothing of the first.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256

from archiver.core.connector import Credential
from archiver.errors import PushForged

SIGNATURE_HEADER = "X-Hub-Signature-256"

_LABEL = b"diarkiv/hub/verify-token/v1"
_CHALLENGE = re.compile(r"[A-Za-z0-9_.-]{1,128}")  # nothing a browser could take for a page
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")


def verify_token(credential: Credential) -> str:
    """The word to enter as "verify token" where the platform asks for one; empty without the
    app's secret (`Credential.signing`)."""
    if not credential.signing:
        return ""
    return hmac.new(credential.signing.encode(), _LABEL, sha256).hexdigest()[:40]


def greeting(query: Mapping[str, str], credential: Credential) -> str | None:
    """What to answer to the platform's greeting; None for anybody else's."""
    due, given = verify_token(credential), query.get("hub.verify_token", "")
    challenge = query.get("hub.challenge", "")
    known = hmac.compare_digest(given.encode("utf-8", "replace"), due.encode())
    if not due or not known or query.get("hub.mode") != "subscribe":
        return None
    return challenge if _CHALLENGE.fullmatch(challenge) else None


def check_signature(headers: Mapping[str, str], body: bytes, credential: Credential) -> None:
    """`PushForged` unless the app's secret signed just these bytes. Header names in any case."""
    value = next((v for k, v in headers.items() if k.lower() == SIGNATURE_HEADER.lower()), "")
    found = _SIGNATURE.fullmatch(value)
    due = sign(body, credential.signing)
    given = found[1] if found else ""
    if not hmac.compare_digest(given, due) or not credential.signing:
        raise PushForged(
            "A push message does not bear the platform's signature.",
            remedy="If it came from the platform, enter the app's secret anew.",
        )


def sign(body: bytes, secret: str) -> str:
    """The signature in hex, as the platform makes it."""
    return hmac.new(secret.encode(), body, sha256).hexdigest()
