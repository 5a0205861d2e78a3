"""What refusals mean, and when a thread holds more than is shown."""

from __future__ import annotations

import pytest

from archiver.connectors import mastodon_read as read
from archiver.core.connector import Target
from archiver.errors import (
    SourceChanged,
    SourceError,
    SourceLoginExpired,
    SourceMissingRights,
    SourceRefusedLogin,
    SourceVersionSunset,
)
from tests.fakes import Answer, FakeHttp
from tests.unit.connectors.mastodon_site import URL


def exchange_of(status: int, body: bytes = b"", **headers: str):  # type: ignore[no-untyped-def]
    answer = Answer(body=body, status=status, headers=headers)
    return read.ask(Target(url=URL), FakeHttp(lambda _: answer), "/statuses/{id}", "1 1/7")


def test_an_id_is_quoted_in_the_address_and_missing_in_the_template() -> None:
    exchange = exchange_of(200)
    assert exchange.url == "https://social.testkoping.example/api/v1/statuses/1%201%2F7"
    assert exchange.template == "/api/v1/statuses/{id}"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, b'{"error":"The access token was revoked"}', SourceRefusedLogin),
        (401, b'{"error":"The access token expired"}', SourceLoginExpired),
        (401, b"<html>", SourceRefusedLogin),
        (403, b'{"error":"This action is outside the authorized scopes"}', SourceMissingRights),
        (403, b'{"error":"Your login is currently disabled"}', SourceRefusedLogin),
        (422, b'{"error":"This method requires an authenticated user"}', SourceRefusedLogin),
        (410, b'{"error":"Gone"}', SourceVersionSunset),
        (410, b"<html>", SourceChanged),
        (404, b'{"error":"Record not found"}', SourceChanged),
        (200, b"<html>", SourceChanged),
    ],
)
def test_a_refusal_has_a_name(status: int, body: bytes, error: type[SourceError]) -> None:
    with pytest.raises(SourceError) as caught:
        read.answer(exchange_of(status, body))
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("status", "body", "gone"),
    [
        (404, b'{"error":"Record not found"}', True),
        (410, b'{"error":"Gone"}', True),
        (404, b"<html>", False),
        (404, b"[]", False),
        (404, b'{"error":null}', False),
        (401, b'{"error":"x"}', False),
        (200, b'{"error":"x"}', False),
    ],
)
def test_only_the_instance_itself_says_gone(status: int, body: bytes, gone: bool) -> None:
    assert read.is_gone(exchange_of(status, body)) is gone


def answers(count: int, *, login: bool = False, parents: bool = False) -> list[dict[str, object]]:
    told = {"favourited": False} if login else {}
    return [
        {
            "id": str(n),
            "in_reply_to_id": str(n - 1) if parents else "0",
            "replies_count": int(parents and n < count),
            **told,
        }
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("found", "cut"),
    [
        (answers(0), False),
        (answers(59), False),
        (answers(60), True),
        (answers(60, login=True), False),
        (answers(4_096, login=True), True),
        (answers(19, parents=True), False),
        (answers(20, parents=True), True),
        (answers(30, parents=True, login=True), False),
        ([{"id": "1", "in_reply_to_id": "0", "replies_count": 2}], True),
        ([{"id": "1", "in_reply_to_id": "0", "replies_count": 2, "favourited": True}], False),
        ([{"id": "1", "in_reply_to_id": "borta"}, {"id": None}], False),
    ],
)
def test_a_thread_may_hold_more_than_is_shown(found: list[dict[str, object]], cut: bool) -> None:
    assert read.is_cut_short("0", found) is cut


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"ancestors":[],"descendants":null}', b"null"])
def test_what_is_no_thread_is_told(body: bytes) -> None:
    with pytest.raises(SourceChanged):
        read.thread(exchange_of(200, body))
