"""Who an AT Protocol account is: its key, its data server and its names, out of its DID. Pure.

Source: https://web.plc.directory/spec/v0.1/did-plc and https://atproto.com/specs/did.

A `did:plc` is the hash of its first operation; each later operation names the one before it and is
signed by a key which that one allowed. So the directory's log of operations (`/{did}/log/audit`)
proves by itself whose key a key is, and is kept beside every signed proof. What is believed of the
directory: that the log is whole to its end, and which branch holds where an operation was undone
within the 72 hours that the protocol gives (`nullified`). A `did:web` is only as good as the web
server that gave it: nothing in it is signed.
"""

from __future__ import annotations

import base64
import re
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import libipld
import orjson

from archiver.connectors.bluesky_proof import Flaw, RecordProofInvalid, cid_of, verify_signature
from archiver.errors import SourceChanged

PLC = re.compile(r"did:plc:[a-z2-7]{24}")
WEB = re.compile(r"did:web:((?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+)")
_SERVICE, _KEY = "atproto_pds", "atproto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a DID says of its account now: data server (no final slash), signing key, handles.
    `ended`: the DID was given up for good. `proven`: the account's own operations say so."""

    did: str
    pds: str = ""
    key: str = ""
    handles: tuple[str, ...] = ()
    ended: bool = False
    proven: bool = False


def is_did(text: str) -> bool:
    """Whether this is a DID that AT Protocol knows."""
    return bool(PLC.fullmatch(text) or (len(text) <= 253 and WEB.fullmatch(text)))


def identity_from_log(did: str, log: bytes) -> Identity:
    """What the directory's log of operations (JSON, RFC 8259) proves of `did:plc`.

    `SourceChanged` if it is no such log, `RecordProofInvalid` if it does not hold together.
    """
    try:
        entries = orjson.loads(log)
    except orjson.JSONDecodeError as error:
        raise SourceChanged("The directory of accounts gave no log.") from error
    if not isinstance(entries, list) or not entries:
        raise SourceChanged("The directory of accounts gave no log.")
    known: dict[str, Mapping[str, Any]] = {}
    newest = ""
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("operation"), dict):
            raise SourceChanged("The directory of accounts gave no log.")
        operation: Mapping[str, Any] = entry["operation"]
        cid = _checked(did, operation, known)
        if entry.get("cid") != cid or entry.get("did") != did:
            raise RecordProofInvalid(Flaw.LOG)
        if not entry.get("nullified"):
            if (operation["prev"] or "") != newest:  # what holds is one chain
                raise RecordProofInvalid(Flaw.LOG)
            newest = cid
        known[cid] = operation
    if not newest:
        raise RecordProofInvalid(Flaw.LOG)
    return _identity(did, _modern(known[newest]))


def identity_from_document(did: str, document: bytes) -> Identity:
    """What a DID document (https://www.w3.org/TR/did-1.0/) of a `did:web` says; `SourceChanged` if
    it is none of this account."""
    try:
        told = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise SourceChanged("The account's document is not JSON.") from error
    if not isinstance(told, dict) or told.get("id") != did:
        raise SourceChanged("The account's document is of another account.")
    key = pds = ""
    for method in _objects(told, "verificationMethod"):
        named = str(method.get("id", "")).removeprefix(did) == f"#{_KEY}"
        if named and method.get("type") == "Multikey" and not key:
            key = f"did:key:{method.get('publicKeyMultibase', '')}"
    for service in _objects(told, "service"):
        if str(service.get("id", "")).removeprefix(did) == f"#{_SERVICE}" and not pds:
            pds = _address(service.get("serviceEndpoint"))
    return Identity(did=did, pds=pds, key=key, handles=_handles(told))


# The log.


def _checked(did: str, operation: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> str:
    """The CID of an operation, once it has been found to belong where it stands."""
    try:
        whole = libipld.encode_dag_cbor(dict(operation))
        unsigned = {name: value for name, value in operation.items() if name != "sig"}
        message = libipld.encode_dag_cbor(unsigned)
        signature = _signature(operation["sig"])
        before = operation["prev"]
        if before is None:  # the first one: it makes the DID, and is signed by its own keys
            name = base64.b32encode(sha256(whole).digest()).decode("ascii").lower()[:24]
            if did != f"did:plc:{name}" or known:
                raise RecordProofInvalid(Flaw.LOG)
            allowed = _modern(operation)["rotationKeys"]
        else:
            allowed = _modern(known[before])["rotationKeys"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise RecordProofInvalid(Flaw.LOG) from error
    if not isinstance(allowed, list) or not any(
        isinstance(key, str) and verify_signature(key, signature, message) for key in allowed[:10]
    ):
        raise RecordProofInvalid(Flaw.LOG)
    return cid_of(whole)


def _signature(text: object) -> bytes:
    if not isinstance(text, str) or not re.fullmatch(r"[A-Za-z0-9_-]{86}", text):
        raise RecordProofInvalid(Flaw.LOG)
    try:
        return base64.urlsafe_b64decode(f"{text}==")
    except Base64Error as error:
        raise RecordProofInvalid(Flaw.LOG) from error


def _modern(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """An operation in today's form: the first accounts were made in another one."""
    if operation["type"] != "create":
        return operation
    return {
        "type": "plc_operation",
        "rotationKeys": [operation["recoveryKey"], operation["signingKey"]],
        "verificationMethods": {_KEY: operation["signingKey"]},
        "alsoKnownAs": [f"at://{operation['handle']}"],
        "services": {_SERVICE: {"endpoint": operation["service"]}},
    }


def _identity(did: str, operation: Mapping[str, Any]) -> Identity:
    if operation.get("type") == "plc_tombstone":
        return Identity(did=did, ended=True, proven=True)
    keys, services = operation.get("verificationMethods"), operation.get("services")
    service = services.get(_SERVICE) if isinstance(services, dict) else None
    key = keys.get(_KEY) if isinstance(keys, dict) else None
    return Identity(
        did=did,
        pds=_address(service.get("endpoint") if isinstance(service, dict) else None),
        key=key if isinstance(key, str) else "",
        handles=_handles(operation),
        proven=True,
    )


# What both have in common.


def _objects(told: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    values = told.get(key)
    return (
        [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
    )


def _address(value: object) -> str:
    """The address of a data server: an origin and nothing else."""
    if not isinstance(value, str):
        return ""
    value = value if "://" in value else f"https://{value}"
    found = re.fullmatch(r"(https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?)/?", value)
    return found[1] if found else ""


def _handles(told: Mapping[str, Any]) -> tuple[str, ...]:
    names = told.get("alsoKnownAs")
    return tuple(
        name.removeprefix("at://").lower()
        for name in (names if isinstance(names, list) else ())
        if isinstance(name, str) and name.startswith("at://")
    )
