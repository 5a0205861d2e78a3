"""Meta's greeting and signature, and what Facebook's webhooks say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.connectors import hub
from archiver.connectors.facebook import connector
from archiver.connectors.facebook_push import read_hints
from archiver.core.connector import Credential
from archiver.core.observation import COMMENT, POST, REPLY, ItemRef
from archiver.core.push import Hint, PushConnector
from archiver.errors import PushForged, SourceChanged

APP = Credential(secret="EAAtoken", signing="0123456789abcdef0123456789abcdef")
PAGE = "100200300400500"


def signed(body: bytes, secret: str = APP.signing) -> dict[str, str]:
    return {hub.SIGNATURE_HEADER: f"sha256={hub.sign(body, secret)}"}


def message(*values: dict[str, Any], field: str = "feed") -> bytes:
    changes = [{"field": field, "value": value} for value in values]
    entry = {"id": PAGE, "time": 1770107000, "changes": changes}
    return json.dumps({"object": "page", "entry": [entry]}).encode()


def about(verb: str, **fields: Any) -> dict[str, Any]:
    value = {"item": "comment", "verb": verb, "post_id": f"{PAGE}_42", "comment_id": "42_9"}
    return value | {"parent_id": f"{PAGE}_42", "from": {"id": "24", "name": "Åsa"}} | fields


def test_facebook_is_a_push_connector() -> None:
    assert isinstance(connector, PushConnector)


# --- greeting --------------------------------------------------------------------------------


def greeting(**changed: str) -> dict[str, str]:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    return query | {"hub.verify_token": hub.verify_token(APP)} | changed


def test_the_platform_is_greeted_back() -> None:
    assert connector.greet(greeting(), APP) == "1158201444"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "query",
    [
        {},
        greeting(**{"hub.verify_token": ""}),
        greeting(**{"hub.verify_token": "fel"}),
        greeting(**{"hub.verify_token": "åäö"}),
        greeting(**{"hub.mode": "unsubscribe"}),
        greeting(**{"hub.challenge": ""}),
        greeting(**{"hub.challenge": "<script>"}),
    ],
)
def test_nobody_else_is(query: dict[str, str]) -> None:
    assert hub.greeting(query, APP) is None


def test_without_an_app_secret_nobody_is_greeted() -> None:
    assert hub.verify_token(Credential(secret="x")) == ""
    assert hub.greeting(greeting(**{"hub.verify_token": ""}), Credential(secret="x")) is None


def test_the_verify_token_tells_nothing_of_the_secret() -> None:
    token = hub.verify_token(APP)
    assert len(token) == 40
    assert APP.signing not in token
    assert token != hub.verify_token(Credential(signing="annan"))


# --- signatures ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {hub.SIGNATURE_HEADER: ""},
        {hub.SIGNATURE_HEADER: "sha256="},
        {hub.SIGNATURE_HEADER: "sha1=" + "0" * 40},
        {hub.SIGNATURE_HEADER: "sha256=" + "0" * 64},
        signed(message(about("add")), "fel hemlighet"),
        signed(message(about("add")) + b" "),
    ],
)
def test_what_is_not_signed_is_forged(headers: dict[str, str]) -> None:
    body = message(about("add"))
    with pytest.raises(PushForged):
        connector.hints(headers, body, APP)  # type: ignore[attr-defined]


def test_the_name_of_the_header_is_written_in_any_case() -> None:
    body = message(about("add"))
    headers = {name.lower(): value for name, value in signed(body).items()}
    assert connector.hints(headers, body, APP)  # type: ignore[attr-defined]


def test_an_empty_app_secret_signs_nothing() -> None:
    body = message(about("add"))
    with pytest.raises(PushForged):
        hub.check_signature(signed(body, ""), body, Credential(secret="x"))


@given(body=st.binary(max_size=60), at=st.integers(0, 59))
def test_any_other_byte_breaks_the_signature(body: bytes, at: int) -> None:
    headers = signed(body)
    hub.check_signature(headers, body, APP)
    changed = body + b"x" if at >= len(body) else body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    with pytest.raises(PushForged):
        hub.check_signature(headers, changed, APP)


# --- hints -----------------------------------------------------------------------------------

POST_42 = ItemRef(POST, "42")


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (about("add"), Hint(ref=ItemRef(COMMENT, "42_9"), root=POST_42, verb="add")),
        (
            about("add", parent_id="42_8"),
            Hint(ref=ItemRef(REPLY, "42_9"), root=POST_42, verb="add"),
        ),
        (about("edited"), Hint(ref=ItemRef(COMMENT, "42_9"), root=POST_42, verb="edited")),
        (about("EDIT"), Hint(ref=ItemRef(COMMENT, "42_9"), root=POST_42, verb="edited")),
        (
            about("hide", **{"from": {"id": PAGE}}),
            Hint(ref=ItemRef(COMMENT, "42_9"), root=POST_42, verb="hide", by_owner=True),
        ),
        (
            {"item": "post", "verb": "remove", "post_id": f"{PAGE}_42", "sender_id": int(PAGE)},
            Hint(ref=POST_42, root=POST_42, verb="remove", by_owner=True),
        ),
        (
            {"item": "photo", "verb": "hide", "post_id": f"{PAGE}_42_0"},
            Hint(ref=POST_42, root=POST_42, verb="hide"),
        ),
        (
            {"item": "video", "verb": "unblock", "video_id": "5"},
            Hint(ref=None, root=None, verb="unblock"),
        ),
    ],
)
def test_what_a_change_hints_at(value: dict[str, Any], hint: Hint) -> None:
    assert read_hints(message(value)) == [hint]


@pytest.mark.parametrize("item", ["like", "reaction"])
def test_likes_are_about_nothing_that_is_archived(item: str) -> None:
    assert read_hints(message(about("add", item=item))) == []


def test_other_fields_say_nothing() -> None:
    assert read_hints(message(about("add"), field="mention")) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"object":"user","entry":[]}',
        b'{"object":"page","entry":[7]}',
        b'{"object":"page","entry":[{"changes":{}}]}',
    ],
)
def test_unknown_shapes_are_said_to_be(body: bytes) -> None:
    with pytest.raises(SourceChanged):
        read_hints(body)


def test_a_message_about_another_page_of_the_app_is_not_ours() -> None:
    changes = [{"field": "feed", "value": {"verb": "add", "item": "post"}}]
    entries = [{"id": page, "changes": changes} for page in ("100", "200")]
    body = json.dumps({"object": "page", "entry": entries}).encode()
    assert len(read_hints(body)) == 2
    assert len(read_hints(body, page="100")) == 1
    assert read_hints(body, page="300") == []
