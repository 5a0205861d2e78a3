"""Which revisions the WordPress connector asks for, and what it makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from archiver.connectors.wordpress import MAX_FAILURES, PER_PAGE, connector
from archiver.connectors.wordpress_item import shown_between
from archiver.core.agent import Agent
from archiver.core.connector import Credential, Page, Target
from archiver.core.observation import (
    COMMENT,
    POST,
    REVISION,
    Attachment,
    Item,
    ItemRef,
    Moderation,
)
from archiver.errors import (
    SourceChanged,
    SourceError,
    SourceRefusedLogin,
    SourceUnavailable,
)
from tests.fakes import Answer, FakeHttp, Request
from tests.unit.connectors.wordpress_rows import HOME, post

PUBLIC = Target(url=HOME)
STAFF = Target(url=HOME, credential=Credential(user="åsa", secret="abcd efgh"))
LOOK = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def revision(number: int, at: str, *, of: int = 11, **changed: Any) -> dict[str, Any]:
    return {
        "author": 3,
        "date_gmt": f"2026-11-20T{at}",
        "id": number,
        "parent": of,
        "slug": f"{of}-revision-v1",
        "title": {"raw": "Badet – öppnar", "rendered": "Badet &#8211; öppnar"},
        "content": {"raw": "…", "rendered": f"<p>Lydelse {number}</p>\n"},
        "_links": {"parent": [{"href": f"{HOME}/wp-json/wp/v2/posts/{of}"}]},
        **changed,
    }


class Site:
    """Posts and their revisions as `wp/v2` gives them; `answers` go before."""

    def __init__(
        self,
        posts: Iterable[dict[str, Any]],
        revisions: Mapping[int, list[dict[str, Any]]],
        answers: Mapping[str, Answer] | None = None,
    ) -> None:
        self.posts, self.revisions, self.answers = list(posts), revisions, answers or {}

    def __call__(self, request: Request) -> Answer:
        path = request.url.removeprefix(f"{HOME}/wp-json/wp/v2/posts")
        if path in self.answers:
            return self.answers[path]
        rows = self.posts if not path else self.revisions[int(path.split("/")[1])]
        if "include" in request.params:
            rows = [r for r in rows if str(r["id"]) in request.params["include"].split(",")]
        fields = request.params.get("_fields")
        shown = [{k: v for k, v in r.items() if not fields or k in fields.split(",")} for r in rows]
        return Answer(body=json.dumps(shown).encode())


def history(http: FakeHttp, *posts: int, target: Target = STAFF) -> list[Page]:
    refs = [ItemRef(POST, str(number)) for number in posts]
    return list(connector.history(target, refs, LOOK, http))


def ids(found: Iterable[Page]) -> list[int]:
    return [row["id"] for page in found for row in json.loads(page.exchange.body)]


def error(code: str, status: int) -> Answer:
    return Answer(body=json.dumps({"code": code}).encode(), status=status)


# Which.


def test_first_which_there_are_then_those_to_keep_and_no_others() -> None:
    site = Site(
        [post(11)],
        {
            11: [
                revision(21, "08:14:59"),  # a draft
                revision(22, "08:59:59"),  # seen at the last look, or before it
                revision(23, "09:00:00"),
                revision(24, "10:30:00"),
                revision(25, "10:31:00", slug="11-autosave-v1"),
                revision(26, "11:00:00"),  # the text of today
            ]
        },
    )
    http = FakeHttp(site)
    assert ids(history(http, 11, 11)) == [23, 24]
    which, listed, fetched = http.requests
    assert which.params["_fields"] == "id,date_gmt"
    assert which.params["status"] == "publish,trash"
    assert listed.params == {"context": "edit", "_fields": "id,slug,date_gmt,parent"}
    assert fetched.params == {"context": "edit", "include": "23,24", "per_page": "100"}
    assert {request.template for request in (listed, fetched)} == {
        "/wp/v2/posts/{id}/revisions",
        "/wp/v2/posts/{id}/revisions?include={ids}",
    }


@pytest.mark.parametrize(
    ("row", "rows", "kept"),
    [
        ({}, [], []),
        ({}, [revision(1, "10:00:00")], []),  # the newest is what is shown now
        ({}, [revision(1, "10:00:00"), revision(2, "10:00:00")], [1]),
        ({}, [revision(2, "10:00:00"), revision(1, "11:00:00")], [1]),  # the id tells, not the date
        ({}, [revision(1, "10:00:00", of=12), revision(2, "10:30:00")], []),
        ({}, [revision(1, "10:00:00", slug=None), revision(2, "10:30:00")], []),
        ({}, [revision(1, "10:00:00", date_gmt=None), revision(2, "10:30:00")], []),
        (
            {"date_gmt": "2026-11-20T10:15:00"},
            [revision(1, "10:00:00"), revision(2, "10:30:00")],
            [],
        ),
        ({"date_gmt": None}, [revision(1, "10:00:00"), revision(2, "10:30:00")], []),
        ({}, [revision(1, "10:00:00", slug="11-revision"), revision(2, "10:30:00")], [1]),
        ({}, [revision(1, "10:00:00"), revision(2, "10:30:00", slug="11-autosave-v1")], []),
    ],
)
def test_which_revisions_were_shown(
    row: dict[str, Any], rows: list[dict[str, Any]], kept: list[int]
) -> None:
    assert shown_between(post(11) | row, rows, LOOK) == kept


def test_many_revisions_are_fetched_a_hundred_at_a_time() -> None:
    rows = [revision(n, "10:00:00") for n in range(100, 100 + 2 * PER_PAGE + 2)]
    http = FakeHttp(Site([post(11)], {11: rows}))
    found = history(http, 11)
    assert ids(found) == list(range(100, 100 + 2 * PER_PAGE + 1))
    assert len(found) == 3


def test_nothing_new_costs_one_request_for_each_post_and_one_for_each_hundred() -> None:
    posts = [post(n) for n in range(1, 151)]
    http = FakeHttp(Site(posts, {n: [] for n in range(1, 151)}))
    assert history(http, *range(1, 151)) == []
    assert len(http.requests) == 150 + 2


def test_only_posts_have_revisions_and_only_a_login_reads_them() -> None:
    assert connector.history_collection(PUBLIC) is None
    collection = connector.history_collection(STAFF)
    assert collection is not None
    assert (collection.shows, collection.of, collection.exhaustive) == ((REVISION,), (POST,), False)
    http = FakeHttp(Site([post(11)], {}))
    assert history(http, 11, target=PUBLIC) == []
    assert list(connector.history(STAFF, [ItemRef(COMMENT, "1")], LOOK, http)) == []
    assert http.requests == []


# When it does not go well.


@pytest.mark.parametrize("code", ["rest_post_invalid_parent", "rest_no_route"])
def test_a_post_that_is_gone_or_keeps_none_has_none(code: str) -> None:
    http = FakeHttp(Site([post(11)], {}, {"/11/revisions": error(code, 404)}))
    assert history(http, 11) == []


def test_a_post_that_is_a_draft_or_private_again_is_left_alone() -> None:
    http = FakeHttp(Site([], {}))  # the list, which is asked for by status, does not give it
    assert history(http, 11) == []
    assert len(http.requests) == 1


def test_posts_nobody_asked_for_are_not_read() -> None:
    http = FakeHttp(lambda _: Answer(body=json.dumps([post(12)]).encode()))
    assert history(http, 11) == []
    assert len(http.requests) == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (error("rest_cannot_read", 403), SourceRefusedLogin),
        (Answer(body=b"<html>"), SourceChanged),
        (Answer(status=500), SourceUnavailable),
    ],
)
def test_one_post_that_cannot_be_read_is_told_after_the_others(
    answer: Answer, expected: type[SourceError]
) -> None:
    rows = [revision(n, "10:00:00", of=12) for n in (21, 22)]
    site = Site([post(11), post(12)], {12: rows}, {"/11/revisions": answer})
    found = connector.history(
        STAFF, [ItemRef(POST, "11"), ItemRef(POST, "12")], LOOK, FakeHttp(site)
    )
    assert ids([next(found)]) == [21]
    with pytest.raises(expected):
        next(found)


def test_a_site_that_fails_is_not_asked_for_every_post() -> None:
    posts = range(1, 51)
    broken = {f"/{n}/revisions": Answer(status=500) for n in posts}
    http = FakeHttp(Site([post(n) for n in posts], {}, broken))
    with pytest.raises(SourceUnavailable):
        history(http, *posts)
    assert len(http.requests) == 1 + MAX_FAILURES


# What is made of it.


def read(row: Mapping[str, Any]) -> Item:
    return connector.normalise("posts:revisions", json.dumps(row).encode())


def test_a_revision_is_an_item_of_its_own_below_its_post() -> None:
    html = '<p>Se <a href="/karta/">kartan</a> <img src="/a.png" alt="Bad"></p>'
    assert read(revision(21, "10:00:00", content={"rendered": html})) == Item(
        ref=ItemRef(REVISION, "21"),
        author=Agent(native_id="3"),
        text="Se kartan",
        own=True,
        title="Badet – öppnar",
        moderation=Moderation.HIDDEN,
        parent=ItemRef(POST, "11"),
        root=ItemRef(POST, "11"),
        created_at=datetime(2026, 11, 20, 10, 0, tzinfo=UTC),
        links=(f"{HOME}/karta/",),
        attachments=(Attachment(url=f"{HOME}/a.png", alt="Bad"),),
    )


@pytest.mark.parametrize("links", [None, 7, {}, {"parent": []}, {"parent": [7]}, {"parent": [{}]}])
def test_a_revision_needs_no_links(links: object) -> None:
    assert read(revision(21, "10:00:00", _links=links)).text == "Lydelse 21"


@pytest.mark.parametrize(
    "changed", [{"parent": 0}, {"parent": None}, {"id": "21"}, {"content": {}}, {"title": None}]
)
def test_a_revision_of_another_shape_is_source_changed(changed: dict[str, Any]) -> None:
    with pytest.raises(SourceChanged):
        read(revision(21, "10:00:00", **changed))
