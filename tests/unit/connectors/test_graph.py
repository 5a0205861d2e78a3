"""The Graph API's usage headers and errors."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from archiver.connectors import graph
from archiver.core.connector import Usage
from archiver.core.exchange import Exchange


def exchange(headers: Mapping[str, str], body: bytes = b"{}", status: int = 200) -> Exchange:
    return Exchange(
        number=1,
        method="GET",
        url="https://graph.facebook.com/v26.0/1",
        template="/v26.0/{id}",
        status=status,
        request_headers=(),
        response_headers=tuple(headers.items()),
        body=body,
        started_at=0,
        ended_at=0,
    )


def test_the_highest_share_and_the_longest_wait_count() -> None:
    business = {
        "1": [{"call_count": 28, "total_time": 25, "estimated_time_to_regain_access": 0}],
        "2": [{"call_count": 3, "total_cputime": 91, "estimated_time_to_regain_access": 7}],
    }
    headers = {
        "x-business-use-case-usage": json.dumps(business),
        "X-App-Usage": '{"call_count":40,"total_time":1,"total_cputime":1}',
        "X-Page-Usage": '{"call_count":12}',
    }
    assert graph.usage(exchange(headers)) == Usage(percent=91.0, pause=420.0)


@pytest.mark.parametrize("value", ["", "{", "[]", "null", '{"1":[null,3]}', '{"call_count":"9"}'])
def test_headers_that_say_nothing(value: str) -> None:
    assert graph.usage(exchange({"X-App-Usage": value})) is None


def test_no_wait_is_no_pause() -> None:
    told = graph.usage(exchange({"X-App-Usage": '{"call_count":9}'}))
    assert told == Usage(percent=9.0, pause=None)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"error":"x"}', b'{"error":{"code":"1"}}']
)
def test_what_is_no_error_of_the_graph(body: bytes) -> None:
    assert graph.fault(exchange({}, body, 400)) is None


def test_an_error_tells_codes_and_never_its_words() -> None:
    body = b'{"error":{"message":"Hemliga Hedvig","code":100,"error_subcode":33}}'
    found = exchange({}, body, 400)
    assert str(graph.fault(found)) == "100/33"
    assert "Hedvig" not in str(graph.refusal(found))
