"""Whose key a key is: the account's log of operations, made and tampered with."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import libipld
import pytest

from archiver.connectors.bluesky_did import (
    Identity,
    identity_from_document,
    identity_from_log,
    is_did,
)
from archiver.connectors.bluesky_proof import Flaw, RecordProofInvalid, cid_of
from archiver.errors import SourceChanged
from tests.unit.connectors.bluesky_repository import Signer

MADE = Path(__file__).parent / "bluesky"
CASE = json.loads((MADE / "case.json").read_text())
LOG = json.loads((MADE / "log.json").read_text())
OWNER, SPARE, STRANGER = Signer(), Signer(), Signer()


def read(log: object, did: str = CASE["did"]) -> Identity:
    return identity_from_log(did, json.dumps(log).encode())


def signed(operation: dict[str, Any], signer: Signer) -> dict[str, Any]:
    signature = signer.sign(libipld.encode_dag_cbor(operation))
    sig = base64.urlsafe_b64encode(signature).decode().rstrip("=")
    return {**operation, "sig": sig}


def operation(prev: str | None, handle: str, **more: object) -> dict[str, Any]:
    return {
        "type": "plc_operation",
        "rotationKeys": [OWNER.did_key],
        "verificationMethods": {"atproto": SPARE.did_key},
        "alsoKnownAs": [f"at://{handle}"],
        "services": {
            "atproto_pds": {
                "type": "AtprotoPersonalDataServer",
                "endpoint": "https://pds.testkoping.example",
            }
        },
        "prev": prev,
        **more,
    }


def log_of(*operations: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    first = libipld.encode_dag_cbor(operations[0])
    did = f"did:plc:{base64.b32encode(sha256(first).digest()).decode().lower()[:24]}"
    entries = [
        {
            "did": did,
            "operation": one,
            "cid": cid_of(libipld.encode_dag_cbor(one)),
            "nullified": False,
        }
        for one in operations
    ]
    return did, entries


FIRST = signed(operation(None, "ett.example"), OWNER)
FIRST_CID = cid_of(libipld.encode_dag_cbor(FIRST))


def test_the_real_directory_s_log_holds() -> None:
    found = read(LOG)
    assert found.handles == ("provkonto-nytt.test",)
    assert found.key.startswith("did:key:zQ3s")
    assert found.pds.startswith("http://localhost:")
    assert (found.proven, found.ended) == (True, False)


def test_every_change_to_the_log_is_found() -> None:
    def set_in(at: int, *path: str, value: object) -> Callable[[list[Any]], None]:
        def change(log: list[Any]) -> None:
            place = log[at]
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value

        return change

    changes = [
        set_in(
            0, "operation", "services", "atproto_pds", "endpoint", value="https://annan.example"
        ),
        set_in(1, "operation", "verificationMethods", "atproto", value=STRANGER.did_key),
        set_in(1, "operation", "alsoKnownAs", value=["at://annan.example"]),
        set_in(1, "operation", "prev", value=None),
        set_in(1, "operation", "prev", value="bafyrei"),
        set_in(1, "operation", "sig", value=LOG[0]["operation"]["sig"]),
        set_in(1, "operation", "sig", value="AAAA"),
        set_in(1, "operation", "sig", value=None),
        set_in(0, "operation", "rotationKeys", value=None),
        set_in(0, "operation", "rotationKeys", value=[7]),
        set_in(1, "cid", value=LOG[0]["cid"]),
        set_in(1, "did", value="did:plc:" + "a" * 24),
        set_in(0, "nullified", value=True),
        lambda log: log.reverse(),
        lambda log: log.pop(0),
        lambda log: log.append(log[0]),
    ]
    for change in changes:
        log = json.loads(json.dumps(LOG))
        change(log)
        with pytest.raises(RecordProofInvalid) as caught:
            read(log)
        assert caught.value.flaw is Flaw.LOG


def test_a_log_is_of_the_account_it_names() -> None:
    with pytest.raises(RecordProofInvalid):
        read(LOG, "did:plc:" + "a" * 24)


@pytest.mark.parametrize("junk", [[], {}, None, "x", [7], [{}], [{"operation": 7}]])
def test_what_is_no_log_is_source_changed(junk: object) -> None:
    with pytest.raises(SourceChanged):
        read(junk)


def test_a_tombstone_ends_the_account() -> None:
    end = signed({"type": "plc_tombstone", "prev": FIRST_CID}, OWNER)
    did, log = log_of(FIRST, end)
    assert read(log, did) == Identity(did=did, ended=True, proven=True)


def test_only_a_key_that_was_allowed_may_change_the_account() -> None:
    thief = signed(operation(FIRST_CID, "stulen.example"), STRANGER)
    did, log = log_of(FIRST, thief)
    with pytest.raises(RecordProofInvalid):
        read(log, did)


def test_a_branch_that_was_undone_does_not_count() -> None:
    undone = signed(operation(FIRST_CID, "undone.example"), OWNER)
    kept = signed(operation(FIRST_CID, "kept.example"), OWNER)
    did, log = log_of(FIRST, undone, kept)
    with pytest.raises(RecordProofInvalid):  # two branches, and neither is said to be undone
        read(log, did)
    log[1]["nullified"] = True
    assert read(log, did).handles == ("kept.example",)


def test_the_first_accounts_were_made_in_another_form() -> None:
    old = {
        "type": "create",
        "signingKey": SPARE.did_key,
        "recoveryKey": OWNER.did_key,
        "handle": "gammal.example",
        "service": "https://pds.testkoping.example/",
        "prev": None,
    }
    did, log = log_of(signed(old, SPARE))
    found = read(log, did)
    assert found.key == SPARE.did_key
    assert found.pds == "https://pds.testkoping.example"
    assert found.handles == ("gammal.example",)


@pytest.mark.parametrize(
    "endpoint", ["https://u:p@x.example", "ftp://x.example", "https://x.example/väg", "", 7, None]
)
def test_a_data_server_is_an_origin_or_none(endpoint: object) -> None:
    services = {"atproto_pds": {"endpoint": endpoint}}
    did, log = log_of(signed(operation(None, "ett.example", services=services), OWNER))
    assert read(log, did).pds == ""


# did:web


DOCUMENT = {
    "id": "did:web:testkoping.example",
    "alsoKnownAs": ["at://Testkoping.example", 7, "https://x.example"],
    "verificationMethod": [
        {"id": "#annan", "type": "Multikey", "publicKeyMultibase": "zAnnan"},
        {
            "id": "did:web:testkoping.example#atproto",
            "type": "Multikey",
            "publicKeyMultibase": OWNER.did_key.removeprefix("did:key:"),
        },
    ],
    "service": [{"id": "#atproto_pds", "serviceEndpoint": "https://pds.testkoping.example"}],
}


def test_a_document_tells_the_account() -> None:
    did = "did:web:testkoping.example"
    found = identity_from_document(did, json.dumps(DOCUMENT).encode())
    assert found == Identity(
        did=did,
        pds="https://pds.testkoping.example",
        key=OWNER.did_key,
        handles=("testkoping.example",),
    )
    assert not found.proven


@pytest.mark.parametrize("junk", [b"", b"[]", b"{}", b'{"id":"did:web:annan.example"}'])
def test_another_s_document_is_source_changed(junk: bytes) -> None:
    with pytest.raises(SourceChanged):
        identity_from_document("did:web:testkoping.example", junk)


def test_what_is_a_did() -> None:
    assert is_did("did:plc:" + "a" * 24)
    assert is_did("did:web:testkoping.example")
    for text in ("", "did:plc:a", "did:web:x", "did:web:-x.se", "did:key:z", "testkoping.example"):
        assert not is_did(text)
    assert not is_did("did:web:" + "a." * 130 + "se")
