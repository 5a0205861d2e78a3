"""What the WordPress connector asks for, and what it makes of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from archiver.connectors.wordpress import connector
from archiver.connectors.wordpress_read import MAX_PAGES, PER_PAGE
from archiver.core.connector import (
    Collection,
    ControlStatus,
    Credential,
    Page,
    Scan,
    Target,
    Wanted,
)
from archiver.core.observation import COMMENT, POST, Access, ItemRef
from archiver.errors import (
    ConfigError,
    SourceChanged,
    SourceRefusedLogin,
    SourceUnavailable,
)
from tests.fakes import Answer, FakeHttp, Request
from tests.unit.connectors.wordpress_rows import HOME, comment, post

PUBLIC = Target(url=HOME)
STAFF = Target(url=HOME, credential=Credential(user="åsa", secret="abcd efgh"))
POSTS, COMMENTS = connector.collections(PUBLIC)


def error(code: str, status: int) -> Answer:
    return Answer(
        body=json.dumps({"code": code, "data": {"status": status}}).encode(), status=status
    )


class Site:
    """A list of rows as `wp/v2` pages it. `meanwhile` is called after each answer."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self.rows = list(rows)
        self.meanwhile: Callable[[int], None] = lambda page: None
        self.totals = True

    def __call__(self, request: Request) -> Answer:
        number = int(request.params.get("page", "1"))
        rows = sorted(self.rows, key=lambda row: int(row["id"]))
        if "include" in request.params:
            wanted = set(request.params["include"].split(","))
            rows = [row for row in rows if str(row["id"]) in wanted]
        pages = -(-len(rows) // PER_PAGE)
        if number > max(pages, 1):
            return error("rest_post_invalid_page_number", 400)
        shown = rows[(number - 1) * PER_PAGE : number * PER_PAGE]
        headers = {"x-wp-total": str(len(rows)), "x-wp-totalpages": str(pages)}
        answer = Answer(body=json.dumps(shown).encode(), headers=headers if self.totals else {})
        self.meanwhile(number)
        return answer


def pages(http: FakeHttp, collection: Collection = COMMENTS, target: Target = PUBLIC) -> list[Page]:
    return list(connector.pages(target, Scan(collection=collection), http))


def ids(found: Iterable[Page]) -> set[int]:
    return {row["id"] for page in found for row in json.loads(page.exchange.body)}


# Addresses.


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("Testkoping.example", "https://testkoping.example"),
        ("http://testkoping.example:80/blogg/", "http://testkoping.example/blogg"),
        ("https://testkoping.example:8443", "https://testkoping.example:8443"),
        ("https://testköping.example/wp-json/wp/v2/posts", "https://xn--testkping-47a.example"),
        ("https://testkoping.example/wp-admin/", "https://testkoping.example"),
        ("https://testkoping.example./#topp", "https://testkoping.example"),
        ("http://127.0.0.1:8080/index.php", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_one_site_has_one_address(typed: str, url: str) -> None:
    assert connector.normalise_target(typed) == url


def test_an_address_with_a_query_is_refused() -> None:
    with pytest.raises(ConfigError, match="question mark"):
        connector.normalise_target("https://testkoping.example/?p=1")


def test_own_media_lie_at_the_same_origin() -> None:
    assert connector.owns_media(PUBLIC, f"{HOME}:443/wp-content/uploads/a.png")
    assert not connector.owns_media(PUBLIC, "http://blogg.testkoping.example/a.png")


# Control.


def test_without_login_the_api_must_be_there() -> None:
    http = FakeHttp(lambda _: Answer(body=b'{"namespaces":["wp/v2"]}'))
    assert connector.control(PUBLIC, http).status is ControlStatus.OK
    assert http.requests[0].url == f"{HOME}/wp-json/"
    assert "Authorization" not in http.requests[0].headers


def test_with_login_the_account_must_be_a_moderator() -> None:
    def answer(may: bool) -> FakeHttp:
        body = {"id": 1, "capabilities": {"read": True, "moderate_comments": may}}
        return FakeHttp(lambda _: Answer(body=json.dumps(body).encode()))

    http = answer(True)
    control = connector.control(STAFF, http)
    assert (control.status, control.authenticated) == (ControlStatus.OK, True)
    assert http.requests[0].url == f"{HOME}/wp-json/wp/v2/users/me"
    assert http.requests[0].params == {"context": "edit", "_fields": "id,capabilities"}
    assert connector.control(STAFF, answer(False)).status is ControlStatus.MISSING_RIGHTS


@pytest.mark.parametrize(
    ("answer", "status", "detail"),
    [
        (error("incorrect_password", 401), ControlStatus.LOGIN_REFUSED, "incorrect_password"),
        (error("rest_no_route", 404), ControlStatus.CHANGED, "rest_no_route"),
        (Answer(body=b"<html>"), ControlStatus.CHANGED, "http:200"),
        (Answer(status=503), ControlStatus.UNREACHABLE, "source-unavailable"),
    ],
)
def test_control_names_what_is_wrong(answer: Answer, status: ControlStatus, detail: str) -> None:
    control = connector.control(STAFF, FakeHttp(lambda _: answer))
    assert (control.status, control.detail) == (status, detail)


# Listing.


def test_every_state_of_a_comment_is_a_collection_of_its_own() -> None:
    assert [c.name for c in connector.collections(PUBLIC)] == ["posts:publish", "comments:approve"]
    assert [c.name for c in connector.collections(STAFF)] == [
        "posts:publish",
        "posts:trash",
        "comments:approve",
        "comments:hold",
        "comments:spam",
        "comments:trash",
        "comments:post-trashed",
    ]
    assert all(c.exhaustive for c in connector.collections(STAFF))


def test_a_list_is_read_to_its_end_by_rising_id() -> None:
    http = FakeHttp(Site(comment(n) for n in range(1, 251)))
    found = pages(http)
    assert [len(json.loads(page.exchange.body)) for page in found] == [100, 100, 50]
    assert {page.expected for page in found} == {250}
    first = http.requests[0]
    assert first.url == f"{HOME}/wp-json/wp/v2/comments"
    assert first.params == {"orderby": "id", "order": "asc", "per_page": "100", "page": "1"}
    assert first.template == "/wp/v2/comments?page=1"


def test_with_login_the_state_is_asked_for_by_name() -> None:
    http = FakeHttp(Site([comment(1, status="spam")]))
    spam = next(c for c in connector.collections(STAFF) if c.name == "comments:spam")
    pages(http, spam, STAFF)
    assert http.requests[0].params["status"] == "spam"
    assert http.requests[0].params["context"] == "edit"
    assert http.requests[0].template == "/wp/v2/comments?status=spam&page=1"


def test_an_empty_list_is_one_page() -> None:
    found = pages(FakeHttp(Site([])))
    assert [page.expected for page in found] == [0]


@pytest.mark.parametrize("totals", [True, False])
def test_items_that_leave_while_the_list_is_read_hide_no_others(totals: bool) -> None:
    site = Site(comment(n) for n in range(1, 351))

    def remove(page: int) -> None:
        site.rows = [row for row in site.rows if row["id"] not in (page, 10 + page)]

    site.meanwhile = remove
    site.totals = totals
    found = ids(pages(FakeHttp(site)))
    if totals:
        assert found == set(range(1, 351))
    else:  # nothing tells; those not seen are probed if known, and seen by the next run if not
        assert found >= {350}


def test_a_last_page_that_vanishes_is_looked_for_on_the_one_before() -> None:
    site = Site(comment(n) for n in range(1, 102))

    def remove(_: int) -> None:
        site.rows = [row for row in site.rows if row["id"] > 5]

    site.meanwhile = remove
    assert ids(pages(FakeHttp(site))) == set(range(1, 102))


def test_items_that_come_are_read_too() -> None:
    site = Site(comment(n) for n in range(1, 101))

    def add(page: int) -> None:
        if page < 3:
            site.rows += [comment(1000 * page + n) for n in range(100)]

    site.meanwhile = add
    site.rows.append(comment(999))
    assert len(ids(pages(FakeHttp(site)))) == 301


def test_a_list_that_shrinks_all_the_time_is_incomplete() -> None:
    site = Site(comment(n) for n in range(1, 1001))

    def remove(_: int) -> None:
        del site.rows[0]

    site.meanwhile = remove
    with pytest.raises(SourceUnavailable):
        pages(FakeHttp(site))


def test_a_list_without_end_is_given_up() -> None:
    http = FakeHttp(lambda _: Answer(body=json.dumps([{"id": len(http.requests)}]).encode()))
    with pytest.raises(SourceChanged):
        pages(http)
    assert len(http.requests) == MAX_PAGES


def test_pages_that_show_less_than_they_count_are_passed() -> None:
    """WordPress counts comments on posts that the reader may not see, and leaves them out."""

    def script(request: Request) -> Answer:
        page = int(request.params["page"])
        rows = [] if page == 2 else [comment(page)]
        headers = {"X-WP-Total": "300", "X-WP-TotalPages": "3"}
        return Answer(body=json.dumps(rows).encode(), headers=headers)

    assert ids(pages(FakeHttp(script))) == {1, 3}


def test_one_bad_item_does_not_end_the_list() -> None:
    body = rb'[{"id":1,"t":"\ud800"},{"id":"x"},7,{"id":2}]'
    found = pages(FakeHttp(lambda _: Answer(body=body, headers={"X-WP-TotalPages": "1"})))
    assert [page.exchange.body for page in found] == [body]


@pytest.mark.parametrize("code", ["rest_forbidden_context", "rest_forbidden_param"])
def test_a_refused_list_is_a_refused_login(code: str) -> None:
    with pytest.raises(SourceRefusedLogin, match=code):
        pages(FakeHttp(lambda _: error(code, 403)))


def test_the_lead_picture_is_asked_for_with_posts_only() -> None:
    for collection, embedded in ((POSTS, "wp:featuredmedia"), (COMMENTS, None)):
        http = FakeHttp(Site([]))
        pages(http, collection)
        assert http.requests[0].params.get("_embed") == embedded


# The trash.


def test_drafts_in_the_trash_are_never_fetched() -> None:
    draft = post(5, status="trash", slug="__trashed", content={"rendered": "Utkast"})
    site = Site([post(4, status="trash", slug="gammal__trashed"), draft])

    def script(request: Request) -> Answer:
        answer = site(request)
        if "_fields" not in request.params:
            return answer
        fields = request.params["_fields"].split(",")
        rows = [{k: row[k] for k in fields} for row in json.loads(answer.body)]
        return Answer(body=json.dumps(rows).encode(), headers=answer.headers)

    http = FakeHttp(script)
    trash = next(c for c in connector.collections(STAFF) if c.name == "posts:trash")
    found = pages(http, trash, STAFF)
    assert ids(found) == {4}
    assert [page.expected for page in found] == [1]
    assert http.requests[1].params["include"] == "4"
    assert http.requests[1].params["status"] == "trash"
    assert http.requests[1].template == "/wp/v2/posts?include={ids}&status=trash"


# Probing.


def probed(http: FakeHttp, target: Target, *refs: ItemRef) -> dict[str, tuple[Access, str, str]]:
    return {
        p.ref.native_id: (p.access, p.collection.name if p.collection else "", p.reason)
        for p in connector.probe(target, [Wanted(ref=r) for r in refs], http)
    }


def by_path(answers: dict[str, Answer], listed: Iterable[dict[str, Any]]) -> FakeHttp:
    site = Site(listed)

    def script(request: Request) -> Answer:
        path = request.url.removeprefix(f"{HOME}/wp-json/wp/v2/")
        if "/" not in path:
            return site(request)
        return answers[
            path + ("?" + request.params["_fields"] if "_fields" in request.params else "")
        ]

    return FakeHttp(script)


def test_comments_are_probed_by_the_hundred_then_one_by_one() -> None:
    http = by_path(
        {
            "comments/3": error("rest_comment_invalid_id", 404),
            "comments/4": error("rest_cannot_read", 401),
            "comments/5": Answer(body=b"<html>", status=404),
            "comments/6": Answer(body=json.dumps(comment(6)).encode()),
        },
        [comment(1), comment(2, status="hold")],
    )
    refs = [ItemRef(COMMENT, str(n)) for n in (1, 2, 3, 4, 5, 6, 1)]
    assert probed(http, STAFF, *refs) == {
        "1": (Access.PRESENT, "comments:approve", ""),
        "2": (Access.PRESENT, "comments:hold", ""),
        "3": (Access.NOT_FOUND, "", "rest_comment_invalid_id"),
        "4": (Access.NO_ACCESS, "", "rest_cannot_read"),
        "5": (Access.FAILED, "", "http:404"),
        "6": (Access.PRESENT, "comments:approve", ""),
    }
    assert http.requests[0].params["include"] == "1,2,3,4,5,6"
    assert http.requests[0].params["status"] == "any"
    assert http.requests[1].template == "/wp/v2/comments/{id}"


def test_a_post_that_is_a_draft_again_is_not_read() -> None:
    http = by_path(
        {
            "posts/1?id,status": Answer(body=b'{"id":1,"status":"draft"}'),
            "posts/2?id,status": Answer(body=b'{"id":2,"status":"private"}'),
            "posts/2": Answer(body=json.dumps(post(2, status="private")).encode()),
            "posts/3?id,status": error("rest_post_invalid_id", 404),
        },
        [post(4, status="trash")],
    )
    refs = [ItemRef(POST, str(n)) for n in (1, 2, 3, 4)]
    assert probed(http, STAFF, *refs) == {
        "1": (Access.HIDDEN, "", "status:draft"),
        "2": (Access.PRESENT, "posts:publish", ""),
        "3": (Access.NOT_FOUND, "", "rest_post_invalid_id"),
        "4": (Access.PRESENT, "posts:trash", ""),
    }
    assert http.requests[0].params["status"] == "publish,private,trash"


def test_without_login_a_post_is_asked_for_directly() -> None:
    http = by_path({"posts/1": error("rest_forbidden", 401)}, [post(2)])
    refs = [ItemRef(POST, "1"), ItemRef(POST, "2")]
    assert probed(http, PUBLIC, *refs) == {
        "1": (Access.NO_ACCESS, "", "rest_forbidden"),
        "2": (Access.PRESENT, "posts:publish", ""),
    }
    assert "status" not in http.requests[0].params


def test_a_lost_login_is_one_request_not_a_hundred() -> None:
    http = FakeHttp(lambda _: error("rest_forbidden_context", 401))
    refs = [ItemRef(COMMENT, str(n)) for n in range(1, 81)]
    assert set(probed(http, STAFF, *refs).values()) == {
        (Access.NO_ACCESS, "", "rest_forbidden_context")
    }
    assert len(http.requests) == 1


def test_another_item_under_the_id_is_no_answer() -> None:
    http = by_path({"comments/1": Answer(body=json.dumps(comment(2)).encode())}, [])
    assert probed(http, STAFF, ItemRef(COMMENT, "1"))["1"][0] is Access.FAILED


def test_an_answer_that_is_no_json_is_no_answer() -> None:
    http = by_path({"comments/1": Answer(body=b"<html>")}, [])
    assert probed(http, STAFF, ItemRef(COMMENT, "1"))["1"] == (Access.FAILED, "", "http:200")
