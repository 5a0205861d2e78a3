"""The local Graph API answers as Meta's: fields, lists, rights, quotas, failures, pushes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from archiver.connectors.hub import SIGNATURE_HEADER, sign
from archiver.demo.graph import ENGAGEMENT, FAILURES, GraphServer, Token
from archiver.demo.graph_page import GraphPage
from archiver.demo.graph_query import GraphError, nested, picked

AT = datetime(2026, 2, 3, 8, 0, tzinfo=UTC)
PAGE = "100200300400500"
TOKEN, FEW, SYSTEM = "EAAsida0123456789", "EAAsvag0123456789", "EAAsystem012345678"


@pytest.fixture
def page() -> GraphPage:
    page = GraphPage(id=PAGE, name="Testköpings kommun")
    page.publish(at=AT, text="Så plogar vi ❄️", ref="sno", pictures=(b"png1", b"png2"))
    page.publish(at=AT, text="Läs mer", ref="lank", link="https://testkoping.example/val")
    for minute in range(5):
        at = AT + timedelta(minutes=minute)
        page.comment(at=at, on="sno", by="Åsa Björkåsen", text=f"nr {minute}", ref=f"c{minute}")
    page.comment(at=AT + timedelta(hours=1), on="sno", to="c1", text="Hej!", ref="svar")
    return page


@pytest.fixture
def server(page: GraphPage) -> Iterator[GraphServer]:
    tokens = (
        Token(secret=TOKEN),
        Token(secret=FEW, scopes=frozenset({ENGAGEMENT})),
        Token(secret=SYSTEM, page=False),
    )
    server = GraphServer(page, tokens)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def get(server: GraphServer, path: str, token: str = TOKEN, **params: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(trust_env=False) as client:
        return client.get(f"{server.url}/v26.0/{path}", params=params, headers=headers)


def code(answer: httpx.Response) -> tuple[int, int, int]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("error_subcode", 0)


def thread(server: GraphServer, page: GraphPage, **params: str) -> dict[str, Any]:
    asked = {"filter": "stream", "fields": "id,parent{id},message,from{id,name}"} | params
    answer: dict[str, Any] = get(server, f"{PAGE}_{page.id_of('sno')}/comments", **asked).json()
    return answer


def test_only_what_is_asked_for_is_told(server: GraphServer) -> None:
    row = get(server, f"{PAGE}/published_posts", fields="message").json()["data"][0]
    assert row.keys() == {"id", "message"}


def test_unknown_fields_are_refused(server: GraphServer) -> None:
    assert code(get(server, PAGE, fields="genre")) == (400, 100, 0)


def test_answers_are_ascii_with_escaped_slashes(server: GraphServer) -> None:
    body = get(server, f"{PAGE}/published_posts", fields="permalink_url,message").content
    assert body.isascii()
    assert b"https:\\/\\/www.facebook.com" in body


def test_lists_come_in_pages_whose_next_repeats_the_token(
    server: GraphServer, page: GraphPage
) -> None:
    found, after = [], ""
    for _ in range(9):
        answer = thread(server, page, limit="2", **({"after": after} if after else {}))
        found += [row["message"] for row in answer["data"]]
        if "next" not in answer["paging"]:
            break
        after = answer["paging"]["cursors"]["after"]
        assert parse_qs(urlsplit(answer["paging"]["next"]).query)["access_token"] == [TOKEN]
    assert found == ["nr 0", "nr 1", "nr 2", "nr 3", "nr 4", "Hej!"]


def test_replies_come_in_the_stream_only(server: GraphServer, page: GraphPage) -> None:
    assert len(thread(server, page)["data"]) == 6
    assert len(thread(server, page, filter="toplevel")["data"]) == 5
    assert thread(server, page)["data"][-1]["parent"] == {"id": page.id_of("c1")}


def test_cursors_expire(server: GraphServer, page: GraphPage) -> None:
    after = thread(server, page, limit="2")["paging"]["cursors"]["after"]
    server.expire_cursors()
    assert thread(server, page, after=after)["error"]["code"] == 100


def test_a_cursor_stays_good_when_its_item_goes(server: GraphServer, page: GraphPage) -> None:
    after = thread(server, page, limit="2")["paging"]["cursors"]["after"]
    page.remove("c1", at=AT)
    assert [row["message"] for row in thread(server, page, after=after)["data"]] == [
        "nr 2",
        "nr 3",
        "nr 4",
    ]


def test_tokens_and_rights(server: GraphServer) -> None:
    assert code(get(server, PAGE, token="")) == (400, 104, 0)
    assert code(get(server, PAGE, token="EAAfel")) == (400, 190, 0)
    assert get(server, PAGE, token="", access_token=TOKEN).status_code == 200
    assert code(get(server, "me/permissions"))[1] == 100
    told = get(server, "me/permissions", token=SYSTEM).json()["data"]
    assert {one["permission"] for one in told} == {ENGAGEMENT, "pages_read_user_content"}


def test_who_wrote_is_told_by_right(server: GraphServer, page: GraphPage) -> None:
    path = page.id_of("c0")
    assert get(server, path, fields="from{id,name}").json()["from"]["name"] == "Åsa Björkåsen"
    assert "from" not in get(server, path, token=FEW, fields="from{id,name}").json()
    server.fail("nameless")
    assert "from" not in get(server, path, fields="from{id,name}").json()


def test_what_is_gone_and_what_never_was_are_one(server: GraphServer, page: GraphPage) -> None:
    gone = page.id_of("c1")
    page.remove("c1", at=AT, by="Åsa Björkåsen")
    assert code(get(server, gone)) == code(get(server, "1_2")) == (400, 100, 33)
    assert code(get(server, page.id_of("svar"))) == (400, 100, 33)


def test_who_goes_away_takes_all_along_and_comes_back(server: GraphServer, page: GraphPage) -> None:
    page.set_away("Åsa Björkåsen")
    assert thread(server, page)["data"] == []
    page.set_away("Åsa Björkåsen", away=False)
    assert len(thread(server, page)["data"]) == 6


def test_several_ids_at_once_are_no_more(server: GraphServer, page: GraphPage) -> None:
    assert code(get(server, "", ids=f"{PAGE},{page.id_of('c0')}"))[1] in (12, 100)


@pytest.mark.parametrize("mode", FAILURES)
def test_failures_begin_after_so_many_calls(server: GraphServer, mode: str) -> None:
    server.fail(mode, after=1)
    assert get(server, PAGE).status_code == 200
    status, number, subcode, _text = FAILURES[mode]
    assert code(get(server, PAGE)) == (status, number, subcode)
    server.fail()
    assert get(server, PAGE).status_code == 200


def test_an_unknown_failure_is_refused(server: GraphServer) -> None:
    with pytest.raises(ValueError, match="cannot fail"):
        server.fail("regn")


def test_another_version_is_past_its_day(server: GraphServer) -> None:
    with httpx.Client(trust_env=False) as client:
        assert code(client.get(f"{server.url}/v19.0/{PAGE}"))[1] == 2635


def test_every_call_counts_towards_the_quota(page: GraphPage) -> None:
    server = GraphServer(page, [Token(secret=TOKEN)], limit=4)
    server.start()
    try:
        shares = [get(server, PAGE).headers["X-Page-Usage"] for _ in range(4)]
        assert [f'"call_count": {share}' in shares[i] for i, share in enumerate((25, 50, 75, 100))]
        last = get(server, PAGE)
        assert code(last)[1] == 80_001
        assert '"estimated_time_to_regain_access": 27' in last.headers["X-Business-Use-Case-Usage"]
    finally:
        server.stop()


def test_half_an_answer_is_announced_as_a_whole(server: GraphServer) -> None:
    server.fail("cut-off")
    with pytest.raises(httpx.RemoteProtocolError):
        get(server, PAGE)


def test_pictures_need_their_signature_and_have_another_address_each_time(
    server: GraphServer, page: GraphPage
) -> None:
    fields = "attachments{type,target{id},media{image{src}},subattachments{media{image{src}}}}"
    first, second = (
        get(server, f"{PAGE}_{page.id_of('sno')}", fields=fields).json() for _ in range(2)
    )
    album = first["attachments"]["data"][0]
    assert album["type"] == "album"
    src = album["subattachments"]["data"][1]["media"]["image"]["src"]
    assert first != second
    with httpx.Client(trust_env=False) as client:
        assert client.get(src).content == b"png2"
        assert client.get(src.partition("?")[0]).status_code == 403


def test_the_page_may_change_while_it_is_read(server: GraphServer, page: GraphPage) -> None:
    def insert(_call: int) -> None:
        page.comment(at=AT + timedelta(hours=2), on="sno", by="Omar", text="mitt i", ref="mitt")
        server.between = lambda _call: None

    server.between = insert
    assert thread(server, page)["data"][-1]["message"] == "mitt i"


def test_what_webhooks_tell_is_signed_and_spelt_in_two_ways(
    server: GraphServer, page: GraphPage
) -> None:
    page.edit("c0", "ändrad", at=AT)
    page.edit("sno", "ändrat", at=AT)
    page.hide("c1", at=AT)
    page.hide("c1", at=AT, hidden=False)
    page.remove("c2", at=AT)
    assert [c["verb"] for c in page.changes[-5:]] == ["edit", "edited", "hide", "unhide", "remove"]
    assert "message" not in page.changes[-1]
    heard: list[tuple[bytes, str]] = []

    class Listener(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            heard.append((request.read(), request.headers[SIGNATURE_HEADER]))
            return httpx.Response(200)

    body = server.message(page.changes)
    address = "http://diarkiv.example/hooks/1"
    assert server.push(address, "hemlig", page.changes, transport=Listener()) == 200
    assert heard == [(body, f"sha256={sign(body, 'hemlig')}")]


def test_fields_of_fields() -> None:
    assert nested("a,b{c,d{e}},f") == {"a": {}, "b": {"c": {}, "d": {"e": {}}}, "f": {}}
    row = {"id": "1", "b": {"c": 1, "x": 2}, "z": 3}
    assert picked(row, nested("b{c}")) == {"id": "1", "b": {"c": 1}}
    with pytest.raises(GraphError):
        picked(row, nested("email"), "Comment")
